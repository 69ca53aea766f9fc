"""What may be used, one thing at a time: what it is, where it is read, whether it is kept, which groups ask and why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext, ngettext

from ..conf import settings
from ..core.facts import Fact
from ..core.memory import NEED_A_PAST
from ..facts import FACTS
from ..visit.geo import HeaderGeo, MaxMindGeo, geo_provider
from ..visit.keeping import Keeping, keeping, kept_until, where_from
from ..wording.written import meaning_of
from .live import PublicSegment


@dataclass(frozen=True, slots=True)
class Use:
    """One thing that live groups ask. `groups` are those that do, `purposes` why, each once."""

    fact: Fact
    source: str
    kept: str
    groups: tuple[PublicSegment, ...]
    purposes: tuple[str, ...]

    @property
    def meaning(self) -> str:
        return meaning_of(self.fact)


def uses(segments: Collection[PublicSegment]) -> list[Use]:
    """Everything that these groups ask, by name."""
    asking: dict[str, list[PublicSegment]] = {}
    rows: dict[str, Fact] = {}
    for segment in segments:
        for fact in segment.reads:
            rows[fact.name] = fact
            asking.setdefault(fact.name, []).append(segment)
    return [
        Use(
            fact=rows[name],
            source=read_from(rows[name]),
            kept=kept_in_words(rows[name]),
            groups=tuple(asking[name]),
            purposes=tuple(dict.fromkeys(segment.purpose for segment in asking[name] if segment.purpose)),
        )
        for name in sorted(rows)
    ]


def read_from(fact: Fact) -> str:
    """Where it is read from, in a sentence."""
    if fact.name.startswith("location."):
        return places_in_words()
    if not fact.read_from:
        return gettext("Read by a part that this site added.")
    return gettext("Where it comes from: %(source)s.") % {"source": where_from(fact)}


def places_in_words() -> str:
    """How a place is told, by the provider that the site has chosen."""
    provider = geo_provider()
    if isinstance(provider, HeaderGeo):
        return gettext(
            "The network that carries this site to you guesses it from your internet address and tells us, unless you "
            "told us yourself."
        )
    if isinstance(provider, MaxMindGeo):
        return gettext(
            "We look your internet address up in a list on our own server, unless you told us yourself. Nobody else "
            "learns of it."
        )
    return gettext("A part that this site added guesses it, unless you told us yourself.")


def kept_in_words(fact: Fact) -> str:
    """Whether it is kept, and for how long."""
    if fact.remembers and keeping() is not Keeping.COOKIES:
        return f"{_used_in_words(fact)} {kept_until()}"
    if fact.remembers & NEED_A_PAST:
        days = settings.MEMORY_MAX_AGE_DAYS
        return ngettext(
            "Kept for %(count)d day at most, counted from your first visit.",
            "Kept for %(count)d days at most, counted from your first visit.",
            days,
        ) % {"count": days}
    if fact.name.startswith("location."):
        return gettext("Not kept, unless you tell us yourself: then until you close your browser.")
    if fact.remembers:
        return gettext("Kept for this visit only: until you close your browser, at the latest.")
    if fact.name not in FACTS:
        return gettext("We keep nothing for it. Whether that part of the site does, its privacy policy says.")
    return gettext("Not kept: looked at anew on each page.")


def _used_in_words(fact: Fact) -> str:
    """For how long what is kept is used, where it is not the store that ends it."""
    if fact.remembers & NEED_A_PAST:
        days = settings.MEMORY_MAX_AGE_DAYS
        return ngettext(
            "Used for %(count)d day at most, counted from your first visit.",
            "Used for %(count)d days at most, counted from your first visit.",
            days,
        ) % {"count": days}
    if fact.name.startswith("location."):
        return gettext("Not kept, unless you tell us yourself: then it is used for this visit only.")
    return gettext("Used for this visit only.")
