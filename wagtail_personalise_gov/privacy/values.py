"""What is known, in words for the visitor of whom it is known: "Riverside", "Welsh, then English", "3 days ago".

Every kind of fact has its words, a site's own facts too. Nothing here reads anything of a visitor.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.utils import formats
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from ..core.facts import Fact
from ..core.intents import Intent
from ..models.addresses import PAGE_MODEL
from ..models.iso import CONTINENTS
from ..models.names import country_in_words, language_in_words, region_in_words
from ..wording.words import listed

LONGEST = 200  # characters of a text that a visitor brought along, or that a site's own reader gave

# Apart from the words of the rule: "People who do not use a phone" may need other ones in another language.
DEVICES = {
    "mobile": pgettext_lazy("what the visitor uses", "a phone"),
    "tablet": pgettext_lazy("what the visitor uses", "a tablet"),
    "desktop": pgettext_lazy("what the visitor uses", "a computer"),
}
SOURCES = {
    "search": _("a search engine"),
    "social": _("social media"),
    "email": _("an e-mail"),
    "government": _("a government website"),
    "internal": _("this site"),
    "other": _("another website"),
    "direct": _("no other website: you typed the address, or opened a bookmark"),
}


@dataclass(frozen=True, slots=True)
class Telling:
    """What is needed to tell values: the answers to our question, titles of public pages, and which keys are asked."""

    intents: Mapping[str, Intent] = field(default_factory=dict)
    declared: str = ""  # the slug of what the visitor told us
    titles: Mapping[int, str] = field(default_factory=dict)
    keys: Collection[str] = ()  # of a mapping: what live groups ask of it, and nothing else is told


def in_words(fact: Fact, value: Any, telling: Telling) -> str:
    """The value of a fact; "" for None, and for what can't be put into words."""
    if value is None:
        return ""
    say = OF_FACT.get(fact.name) or OF_KIND.get(fact.kind) or _text
    try:
        return say(value, telling)
    except Exception:  # a reader of anybody's may give anything, and this page must go on
        return ""


def public_titles(numbers: Iterable[int]) -> dict[int, str]:
    """The titles of those of these pages that anybody may read. No query for none."""
    wanted = {number for number in numbers if isinstance(number, int)}
    if not wanted:
        return {}
    pages = apps.get_model(PAGE_MODEL).objects.live().public().filter(pk__in=wanted)
    return dict(pages.values_list("pk", "title"))


def pages_in_words(numbers: Iterable[int], titles: Mapping[int, str]) -> str:
    """Pages by their titles; those that not everybody may read by their number only."""
    known = list(dict.fromkeys(numbers))
    words = [quoted(titles[number]) for number in known if number in titles]
    if others := len(known) - len(words):
        words.append(
            ngettext(
                "%(count)d page that not everybody may read", "%(count)d pages that not everybody may read", others
            )
            % {"count": others}
        )
    return listed(words) if words else gettext("None of them")


def weights_in_words(weights: Mapping[str, float], telling: Telling) -> str:
    """What a visit seems to be for, the surest first."""
    words = []
    for slug, weight in sorted(weights.items(), key=lambda item: -item[1]):
        label = telling.intents[slug].label if slug in telling.intents else quoted(slug)
        if weight >= 1:
            words.append(label)
        else:
            words.append(
                gettext("%(what)s (a guess: we are %(percent)d%% sure)")
                % {"what": label, "percent": round(weight * 100)}
            )
    return "; ".join(words) if words else gettext("Nothing in particular")


def source_in_words(kind: str) -> str:
    """The kind of website that a visit came from."""
    return capfirst(str(SOURCES.get(kind, kind)))


def quoted(text: Any) -> str:
    return gettext("“%(text)s”") % {"text": Truncator(str(text)).chars(LONGEST)}


def moment_in_words(moment: datetime) -> str:
    return formats.date_format(moment, "DATETIME_FORMAT")


def days_in_words(days: int) -> str:
    return ngettext("%(count)d day ago", "%(count)d days ago", days) % {"count": days} if days else gettext("Today")


def _bool(value: Any, telling: Telling) -> str:
    return gettext("Yes") if value else gettext("No")


def _number(value: Any, telling: Telling) -> str:
    return str(formats.localize(value, use_l10n=True))


def _text(value: Any, telling: Telling) -> str:
    return Truncator(str(value)).chars(LONGEST) or gettext("Nothing")


def _quoted(value: Any, telling: Telling) -> str:
    return quoted(value) if value else gettext("Nothing")


def _texts(value: Any, telling: Telling) -> str:
    return listed([Truncator(str(text)).chars(LONGEST) for text in value]) if value else gettext("None")


def _regions(value: Any, telling: Telling) -> str:
    # A database may give the code and the name of the same region.
    return ", ".join(dict.fromkeys(region_in_words(str(text)) for text in value))


def _languages(value: Any, telling: Telling) -> str:
    return gettext(", then ").join(dict.fromkeys(language_in_words(str(tag)) for tag in value))


def _point(value: Any, telling: Telling) -> str:
    """One decimal of a degree is some ten kilometres: no finer than the name of a town, which may be told."""
    latitude, longitude, radius = value
    place = {"latitude": round(float(latitude), 1), "longitude": round(float(longitude), 1)}
    if radius is None or not math.isfinite(radius):
        return gettext("Roughly at latitude %(latitude).1f, longitude %(longitude).1f") % place
    return gettext("Roughly at latitude %(latitude).1f, longitude %(longitude).1f, or within %(km)d km of that") % {
        **place,
        "km": max(10, round(radius)),
    }


def _mapping(value: Mapping[Any, Any], telling: Telling) -> str:
    told = [
        gettext("%(key)s: %(value)s") % {"key": quoted(key), "value": quoted(value[key])}
        for key in sorted(telling.keys)
        if key in value
    ]
    return "; ".join(told) if told else gettext("None of what we look for")


OF_KIND: dict[str, Callable[[Any, Telling], str]] = {
    "bool": _bool,
    "int": _number,
    "text": _text,
    "texts": _texts,
    "weights": weights_in_words,
    "point": _point,
    "moment": lambda value, telling: moment_in_words(value),
    "address": _text,
    "mapping": _mapping,
    "pages": lambda value, telling: pages_in_words(value, telling.titles),
}

OF_FACT: dict[str, Callable[[Any, Telling], str]] = {
    "location.continent": lambda value, telling: str(dict(CONTINENTS).get(value, value)),
    "location.country": lambda value, telling: country_in_words(value),
    "location.subdivisions": _regions,
    "device.kind": lambda value, telling: capfirst(str(DEVICES.get(value, value))),
    "language": _languages,
    "language.preferred": _languages,
    "visit.referrer.kind": lambda value, telling: source_in_words(value),
    "visit.referrer.host": lambda value, telling: value or gettext("None"),
    "visit.campaign.source": _quoted,
    "visit.campaign.medium": _quoted,
    "visit.campaign.name": _quoted,
    "visitor.days_since_last_visit": lambda value, telling: days_in_words(value),
}
