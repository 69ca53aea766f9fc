"""A described visitor as the form for one is filled in: the way back from `VisitorForm.described`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict

from ...core.preference import Preference
from ...visit.simulation import CannotSimulate, Described, moment_of
from .own_facts import fact_in_words, own_facts, own_name
from .pages_seen import PAGE, SECTION, PageSeen, sections_around
from .sayings import as_local, languages_in, place_in_words, whole_link

PREFIX = "visit"

NOT_SIGNED_IN, SIGNED_IN, CANT_TELL = "", "yes", "unknown"
SIGNED = "account.signed_in"
IN_GROUPS = "account.groups"
COUNTS = ("visit.page_count", "visitor.page_count")


def filled_in(described: Described, pages: Sequence[PageSeen] = (), prefix: str = PREFIX) -> QueryDict:
    """What the form posts for a visit that a form described. What no field can say is left out. No query."""
    data = QueryDict(mutable=True)
    for name, value in _answers(described, pages).items():
        if value not in (None, "", []):
            data.setlist(f"{prefix}-{name}", list(map(str, value)) if isinstance(value, list) else [str(value)])
    return data


def _answers(described: Described, pages: Sequence[PageSeen]) -> dict[str, Any]:
    facts, memory = dict(described.facts), described.memory
    now, ever = (_keys(pages, memory, scope) for scope in ("", "past_"))
    return {
        "referrer": described.referrer,
        "link": whole_link(described.host, described.path, described.query),
        "intent": described.intent,
        "ip": described.ip,
        **place_in_words(facts),
        "device": facts.get("device.kind"),
        "languages": ", ".join(languages_in(described.language)),
        "at": _local(described.at),
        "visits": memory.get("visits"),
        "days": memory.get("days_since_last_visit"),
        "seen_now": now,
        "seen_before": [key for key in ever if key not in now],
        "page_count": facts.get(COUNTS[0]),
        "account": (SIGNED_IN if facts[SIGNED] else CANT_TELL) if SIGNED in facts else NOT_SIGNED_IN,
        "groups": list(facts.get(IN_GROUPS) or ()),
        "refused": "on" if described.preference is Preference.REFUSED else "",
        **{
            own_name(fact): fact_in_words(fact, facts[fact.name])
            for fact in own_facts()
            if facts.get(fact.name) is not None
        },
    }


def _keys(pages: Sequence[PageSeen], memory: Mapping[str, Any], scope: str) -> list[str]:
    """The ticks for what was looked at; a section only where no page in it says so already."""
    seen = list(memory.get(f"{scope}pages", ()))
    implied = sections_around(pages, seen)
    sections = [number for number in memory.get(f"{scope}sections", ()) if number not in implied]
    return [*(f"{PAGE}-{number}" for number in seen), *(f"{SECTION}-{number}" for number in sections)]


def _local(at: str) -> str:
    try:
        return as_local(moment_of(at)) if at else ""
    except CannotSimulate:
        return at  # the field says what is wrong with it
