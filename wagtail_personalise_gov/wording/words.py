"""Words that several places tell visitors: what is used, as the live segments really ask for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import get_language, gettext, pgettext
from django.utils.translation import gettext_lazy as _

from ..conf import settings
from ..core.facts import Fact
from ..core.preference import Mode
from ..core.ruleset import Ruleset
from ..core.site_words import NO_WORDS, SiteWords, Wording
from ..facts import FACTS, facts_named
from ..models.fields import joined
from ..visit.geo import HeaderGeo, geo_provider
from ..visit.visit import Visit
from .written import Written

# The beginning of a fact's name → what it is in a few words. A site's own facts speak for themselves, by their meaning.
SHORT: tuple[tuple[str, Any], ...] = (
    ("location.", _("roughly where you are")),
    ("visit.referrer.", _("how you got here")),
    ("visit.campaign.", _("how you got here")),
    ("request.query", _("how you got here")),
    ("visit.intent", _("what you are here to do")),
    ("visitor.", _("whether you have been here before")),
    ("device.", _("what kind of device you use")),
    ("language", _("the languages that your browser asks for")),
    ("account.", _("your account here")),
)
NAMES_YOU = "account."


def site_words(visit: Visit | None) -> SiteWords:
    """What the site of this visit says of itself. Costs no query but that for the site, and that only where needed."""
    if visit is None or not visit.ruleset.sites:
        return NO_WORDS
    return visit.ruleset.words_of(visit.site.pk if visit.site else None)


def wording(visit: Visit | None) -> Wording:
    """The site's own words in the language of the page. Its name is that of the settings where it gives none."""
    site = site_words(visit)
    words = site.in_language(get_language() or "")
    for part in ("banner_heading", "banner_introduction"):
        if (said := getattr(words, part)) and said == getattr(site.own, part):  # not said in this language
            words = replace(words, **{part: Written(said)})
    return words if words.service_name else replace(words, service_name=settings.SERVICE_NAME)


def about_title(visit: Visit | None) -> str:
    """The title of the page about personalisation, and of the links to it."""
    if service := wording(visit).service_name:
        return gettext("How %(service)s adapts to you") % {"service": service}
    return gettext("How this site adapts to you")


def is_running(visit: Visit) -> bool:
    """Whether pages change for anybody at all."""
    return settings.MODE is not Mode.OFF and not visit.ruleset.paused


def used(ruleset: Ruleset) -> list[Fact]:
    """What live segments ask about the visitor; what is the same for everybody is left out."""
    return [fact for fact in facts_named(ruleset.needs) if fact.about_visitor]


def used_in_short(facts: Iterable[Fact]) -> list[str]:
    """What is used, in a few words each."""
    given = list(facts)
    own = {fact.name for fact in given if fact.name in FACTS}
    short = [str(words) for start, words in SHORT if any(name.startswith(start) for name in own)]
    told = tuple(start for start, _words in SHORT)
    long = [str(fact.meaning) for fact in given if fact.name not in own or not fact.name.startswith(told)]
    return list(dict.fromkeys([*short, *long]))


def may_know_names(facts: Iterable[Fact]) -> bool:
    """Whether something that is used may name the visitor: their account, or what a site added itself."""
    return any(fact.name not in FACTS or fact.name.startswith(NAMES_YOU) for fact in facts)


def how_places_are_known(visit: Visit) -> str:
    """How we know where this visitor is, in a sentence: they told us, or it was guessed, by us or by the network."""
    if visit.declared_place is not None:
        return gettext("You told us where you are.")
    if isinstance(geo_provider(), HeaderGeo):
        return gettext(
            "The network that carries this site to you guessed where you are, and that is often wrong. We do not keep "
            "it."
        )
    return gettext(
        "We guessed where you are from your internet address, and that is often wrong. We have not kept the address."
    )


def listed(words: Sequence[Any]) -> str:
    """Words as a list in a sentence: "a", "a and b", "a, b and c"."""
    return joined(words, pgettext("before the last thing of a list", "and"))
