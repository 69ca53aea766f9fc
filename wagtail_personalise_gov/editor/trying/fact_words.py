"""What is known of a tried visitor, in words for editors: what each fact is called, its value, where it comes from.

The rows of facts speak to visitors ("the country that you seem to be in"); an editor reads about somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import formats, timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ... import facts as rows
from ...compiling import current_ruleset
from ...core.facts import Fact, family
from ...core.intents import DECLARED
from ...facts import known_facts
from ...models.fields import joined
from ...models.iso import CONTINENTS, country_name, subdivision_name
from ...models.languages import language_name
from ...models.rules.arrival import REFERRER_KINDS
from ...models.rules.browser import DEVICES
from ...visit.explaining import ExplainedFact
from ...visit.simulation import READ_BY_THE_SITE, TOLD_BY_VISITOR

NAMES: dict[str, Any] = {
    "visitor.first_visit": _("First visit"),
    "visitor.visits": _("Visits so far"),
    "visitor.days_since_last_visit": _("Days since the last visit"),
    "visitor.pages": _("Pages looked at, ever"),
    "visitor.sections": _("Parts of the site looked at, ever"),
    "visitor.page_count": _("Number of pages looked at, ever"),
    "visit.pages": _("Pages looked at on this visit"),
    "visit.sections": _("Parts of the site looked at on this visit"),
    "visit.page_count": _("Number of pages looked at on this visit"),
    "visit.referrer.host": _("Website they came from"),
    "visit.referrer.kind": _("Kind of website they came from"),
    "visit.campaign.source": _("Campaign source"),
    "visit.campaign.medium": _("Campaign medium"),
    "visit.campaign.name": _("Campaign"),
    "visit.intent": _("What the visit is for"),
    "location.continent": _("Continent"),
    "location.country": _("Country"),
    "location.subdivisions": _("Nation, region or county"),
    "location.city": _("Town or city"),
    "location.postcode": _("Postcode area"),
    "location.point": _("Point on the map"),
    "location.eu": _("In the European Union"),
    "device.kind": _("Device"),
    "language": _("Languages of the browser"),
    "language.preferred": _("First language of the browser"),
    "clock.local": _("Day and time"),
    "account.signed_in": _("Signed in"),
    "account.groups": _("Groups of the account"),
    "network.ip": _("Internet address"),
    "request.path": _("Address of the page"),
    "request.query": _("What stands after the question mark"),
    "request.site": _("Site"),
}

SOURCES: tuple[tuple[Any, Any], ...] = (
    (rows.MEMORY, _("what their browser keeps for us")),
    (rows.LANDING, _("how their visit began")),
    (rows.ACCOUNT, _("their account")),
    (rows.THIS_ADDRESS, _("the page they open")),
)

WORDS: dict[str, Mapping[Any, Any]] = {
    "device.kind": dict(DEVICES),
    "visit.referrer.kind": dict(REFERRER_KINDS),
    "location.continent": dict(CONTINENTS),
}


def fact_name(name: str) -> str:
    """What an editor reads for a fact, by the name that a condition asks it by."""
    fact = known_facts().get(family(name))
    own = NAMES.get(family(name)) or capfirst(str(fact.meaning if fact else name))
    return f"{own} ({name[len(fact.name) + 1 :]})" if fact and fact.name != name else str(own)


def fact_source(explained: ExplainedFact) -> str:
    """Where its value comes from: "as you say", "from their account". What reads it is named to nobody."""
    if explained.given:
        return gettext("as you say")
    if explained.source == TOLD_BY_VISITOR:
        return gettext("as they told us")
    if explained.source == READ_BY_THE_SITE:
        return gettext("as this site reads it")
    if explained.name.startswith("location."):
        return gettext("from their internet address, or what the request says of it")
    known = next((str(words) for source, words in SOURCES if str(source) == explained.source), explained.source)
    return gettext("from %s") % known


def fact_value(name: str, value: Any, pages: Mapping[int, str] | None = None) -> str:
    """Its value in words. `pages`: the titles of pages by their numbers."""
    fact = known_facts().get(family(name))
    if fact is not None and fact.name != name and isinstance(value, Mapping):
        text = str(value.get(name[len(fact.name) + 1 :], ""))
        return f"“{text}”" if text else gettext("nothing")
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, datetime):
        return formats.date_format(timezone.localtime(value, timezone.get_default_timezone()), "DATETIME_FORMAT")
    if name == "visit.intent" and isinstance(value, Mapping):
        return joined([_intent(slug, sure) for slug, sure in value.items()], gettext("and")) or gettext("nothing")
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {item}" for key, item in value.items()) or gettext("nothing")
    if isinstance(value, list | tuple | set | frozenset):
        return joined([_item(name, fact, item, pages or {}) for item in value], gettext("and")) or gettext("none")
    return _item(name, fact, value, pages or {})


def _intent(slug: str, sure: Any) -> str:
    """An intent as the rules name it, and how we know of it."""
    intent = current_ruleset().intents.by_slug.get(slug)
    label = str(intent.label) if intent else slug
    if sure == DECLARED:
        return gettext("“%s”, which they told us") % label
    return gettext("“%(intent)s”, which the way they arrived suggests (%(percent)d%%)") % {
        "intent": label,
        "percent": round(float(sure) * 100),
    }


def _item(name: str, fact: Fact | None, item: Any, pages: Mapping[int, str]) -> str:
    if name in WORDS:
        return str(WORDS[name].get(item, item))
    if name == "location.country":
        return country_name(str(item))
    if name == "location.subdivisions":
        return subdivision_name(str(item))
    if name in ("language", "language.preferred"):
        return language_name(str(item))
    if fact is not None and fact.kind == "pages":
        return f"“{pages.get(item, item)}”"
    return str(item)
