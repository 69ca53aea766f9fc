"""VisitorMemory: the little that is kept between requests, in the visitor's own browser.

It has parts that live differently. `ThisVisit` ends with the browser or after a while of silence: how the visit began
and what the visitor said it is for. `Past` says how often and when they came before. `Counted` is what this visit was
counted for. None holds an identifier, an address or a time finer than ten minutes, and each item is kept only while a
live rule or a comparison needs it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar

from .counting import LOTS, Counted
from .pages import NO_PAGES, NOTHING_WATCHED, PagesSeen, ServedPage, Watched, Watching
from .quiet import Quiet

Part = TypeVar("Part", "ThisVisit", "Past")

STEP_MINUTES = 10  # the grain of the time of last activity; coarser writes fewer cookies and tells less
MINUTES_PER_DAY = 24 * 60

# The items whose value is only seen on landing, or that count visits: to know them, a visit must be told from the next.
NEED_A_VISIT = frozenset({"visits", "last_visit", "referrer", "campaign", "intent", "pages"})

# The items that outlive the visit.
NEED_A_PAST = frozenset({"visits", "last_visit", "past_pages", "lot"})

# Bounds, so that each of the two cookies stays under 2 KB whatever a request brings. Those of texts count bytes of JSON
# in UTF-8: a letter of English takes one, of Greek two, an emoji four, a control character six.
MAX_KIND = 12
MAX_HOST = 80
MAX_CAMPAIGN_PART = 100  # what a campaign rule has room for
MAX_RECOGNISED = 5
MAX_SLUG = 50
MAX_PLACE_PART = 100  # a town's name of 50 letters in any European script
MAX_VISITS = 9999
MAX_WHOLE = 999_999_999  # ten-minute steps since 1970 will take until the year 20983 to be more

FIRST_DAY = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, repr=False)
class Referrer(Quiet):
    """Where a visit came from: a kind ("search", "government", …) and a host ("" for none)."""

    kind: str
    host: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", clipped(self.kind, MAX_KIND))
        # The end of a host's name says whose it is: "www.gov.uk.example.com" belongs to example.com.
        object.__setattr__(self, "host", clipped(self.host[::-1], MAX_HOST)[::-1])


@dataclass(frozen=True, slots=True, repr=False)
class Campaign(Quiet):
    """The campaign that a visit's landing address named; "" for a part that it did not."""

    source: str = ""
    medium: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        for part in ("source", "medium", "name"):
            object.__setattr__(self, part, clipped(getattr(self, part), MAX_CAMPAIGN_PART))


@dataclass(frozen=True, slots=True, repr=False)
class DeclaredPlace(Quiet):
    """Where the visitor said they are. All parts blank: not where we guessed, and no more than that."""

    country: str = ""  # ISO 3166-1 alpha-2
    subdivision: str = ""  # ISO 3166-2
    city: str = ""

    def __post_init__(self) -> None:
        for part in ("country", "subdivision", "city"):
            object.__setattr__(self, part, clipped(getattr(self, part), MAX_PLACE_PART))

    @property
    def says_where(self) -> bool:
        return bool(self.country or self.subdivision or self.city)


@dataclass(frozen=True, slots=True, repr=False)
class ThisVisit(Quiet):
    """What is kept of this visit, at most until the browser closes.

    `step` is the time of last activity in ten-minute steps since 1970. `landed` is False when the visit was joined
    midway, so that how it began can't be told. `seen` is None where the pages that were seen can't be told.
    """

    step: int
    landed: bool = False
    referrer: Referrer | None = None
    campaign: Campaign | None = None
    recognised: Mapping[str, float] = field(default_factory=dict)
    intent: str = ""  # the slug that the visitor declared
    place: DeclaredPlace | None = None
    seen: PagesSeen | None = None
    began: int = 0  # the step in which it began, while pages are noted

    def __post_init__(self) -> None:
        if self.recognised:
            strongest = sorted(self.recognised.items(), key=lambda item: -item[1])[:MAX_RECOGNISED]
            recognised = {clipped(slug, MAX_SLUG): confidence for slug, confidence in strongest}
            object.__setattr__(self, "recognised", recognised)
        if self.intent:
            object.__setattr__(self, "intent", clipped(self.intent, MAX_SLUG))


@dataclass(frozen=True, slots=True, repr=False)
class Past(Quiet):
    """What is kept of earlier visits. Days are counted since 1970, as `day_number` does."""

    began: int  # the day this memory began; its age is counted from here and never renewed
    visits: int = 0  # this one included; 0 while no live rule counts them
    this_day: int | None = None  # the day of the latest visit
    last_day: int | None = None  # the day of the visit before that
    seen: PagesSeen | None = None  # in all visits; None where that can't be told
    lot: int | None = None  # from 0 to 9999, drawn once, while a share of visitors is held back for comparison


@dataclass(frozen=True, slots=True, repr=False)
class Arrival(Quiet):
    """How a request arrives, as far as memory asks. `internal`: it was linked from a page of this very site.

    The day is given apart from the minute, because it is the site's own: in summer, London's begins before UTC's.
    """

    minute: int  # minutes since 1970
    day: int  # as `day_number` counts
    internal: bool
    referrer: Referrer
    campaign: Campaign
    recognised: Mapping[str, float] = field(default_factory=dict)

    @property
    def step(self) -> int:
        return self.minute // STEP_MINUTES

    @property
    def utc_day(self) -> int:
        """Days since 1970 in UTC, for totals that all sites keep alike."""
        return self.minute // MINUTES_PER_DAY


@dataclass(frozen=True, slots=True, repr=False)
class VisitorMemory(Quiet):
    """Its parts; one that is None is not kept, or was not readable. `counted` serves counting alone."""

    visit: ThisVisit | None = None
    past: Past | None = None
    counted: Counted | None = None

    def __bool__(self) -> bool:
        return self.visit is not None or self.past is not None or self.counted is not None

    def continues(self, arrival: Arrival, timeout_minutes: int) -> bool:
        """Whether a request belongs to a visit that goes on, rather than beginning one.

        A visit ends after `timeout_minutes` of silence, in whole steps, and up to one step more. A link from this site
        never begins one: whoever reads a page for an hour and then follows a link has not left.
        """
        return arrival.internal or (self.visit is not None and _lately(self.visit.step, arrival.step, timeout_minutes))

    def goes_on(self, minute: int, timeout_minutes: int) -> bool:
        """Whether all that is kept of this visit goes on at this minute since 1970, however the request comes."""
        step = minute // STEP_MINUTES
        return (
            self.visit is not None
            and _lately(self.visit.step, step, timeout_minutes)
            and (self.counted is None or _lately(self.counted.step, step, timeout_minutes))
        )

    def opened(self, arrival: Arrival, timeout_minutes: int, max_age_days: int) -> VisitorMemory:
        """The memory as this request finds it: the visit goes on, or a new one begins.

        What the visitor said (intent, place) is carried into a new visit: it lasts until withdrawn or the browser
        closes. A past older than `max_age_days` is forgotten.
        """
        past = self.past if self.past and 0 <= arrival.day - self.past.began < max_age_days else None
        counted = self.counted and self.counted.opened(
            arrival.step,
            arrival.utc_day,
            arrival.internal or _lately(self.counted.step, arrival.step, timeout_minutes),
        )
        if self.continues(arrival, timeout_minutes):
            visit = self.visit or ThisVisit(arrival.step, began=arrival.step)
            if visit.step != arrival.step:
                visit = replace(visit, step=arrival.step)
            return VisitorMemory(visit, past or Past(arrival.day, visits=1, this_day=arrival.day), counted)
        # A visit that is followed from its landing on has seen no page yet; nor has a visitor without a past.
        visit = ThisVisit(
            step=arrival.step,
            landed=True,
            referrer=arrival.referrer,
            campaign=arrival.campaign,
            recognised=arrival.recognised,
            intent=self.visit.intent if self.visit else "",
            place=self.visit.place if self.visit else None,
            seen=NO_PAGES,
            began=arrival.step,
        )
        if past is not None and past.seen is not None:
            # What was doubtful about an earlier visit ends with it; what was dropped stays dropped.
            past = replace(past, seen=replace(past.seen, partial=past.seen.partial and past.seen.is_full))
        # A past that counted no visits is that of somebody who was here all the same.
        visits = min(max(past.visits, 1) + 1, MAX_VISITS) if past else 1
        past = past or Past(arrival.day, seen=NO_PAGES)
        past = replace(past, visits=visits, this_day=arrival.day, last_day=past.this_day)
        return VisitorMemory(visit, past, counted)

    def noting(self, page: ServedPage, watching: Watching) -> VisitorMemory:
        """With a page that is shown now, as far as it is watched."""
        visit, past = self.visit, self.past
        if visit is not None:
            visit = _changed(visit, seen=_noting(visit.seen, page, watching.visit))
        if past is not None:
            past = _changed(past, seen=_noting(past.seen, page, watching.ever))
        return VisitorMemory(visit, past, self.counted)

    def doubting(self) -> VisitorMemory:
        """With doubts about the pages that were seen: some may have been seen while nothing was remembered."""
        visit, past = self.visit, self.past
        if visit is not None:
            visit = replace(visit, seen=replace(visit.seen or NO_PAGES, partial=True))
        if past is not None:
            past = replace(past, seen=replace(past.seen or NO_PAGES, partial=True))
        return replace(self, visit=visit, past=past)

    def keeping(self, items: frozenset[str], watching: Watching = NOTHING_WATCHED) -> VisitorMemory:
        """Only what the named items of memory need, and of pages what is watched; empty parts are None.

        Pages that could not be told until now are told from here on: whoever had seen one that is watched, and allowed
        it, would have brought a memory along.
        """
        visit, past = self.visit, self.past
        if visit is not None:
            visit = _changed(
                visit,
                referrer=visit.referrer if "referrer" in items else None,
                campaign=visit.campaign if "campaign" in items else None,
                recognised=visit.recognised if "intent" in items else {},
                intent=visit.intent if "intent" in items else "",
                place=visit.place if "place" in items else None,
                seen=(visit.seen or NO_PAGES).keeping(watching.visit) if "pages" in items else None,
                began=visit.began if "pages" in items else 0,
            )
            if not items & NEED_A_VISIT and visit.place is None:
                visit = None
        if past is not None:
            days, pages = "last_visit" in items, "past_pages" in items
            if not items & NEED_A_PAST:
                past = None
            else:
                past = _changed(
                    past,
                    visits=past.visits if "visits" in items else 0,
                    this_day=past.this_day if days else None,
                    last_day=past.last_day if days else None,
                    seen=(past.seen or NO_PAGES).keeping(watching.ever) if pages else None,
                    lot=past.lot if "lot" in items else None,
                )
        if past is not None and past.lot is None and not items & (NEED_A_PAST - {"lot"}):
            past = None  # no lot has been drawn yet
        return VisitorMemory(visit, past, self.counted if "counted" in items else None)

    # What the memory can tell, each None where it can't be told.

    @property
    def first_visit(self) -> bool | None:
        """True for the whole of the first visit; None when the visit was joined midway and nothing was known before."""
        if self.past is None or self.visit is None or not self.past.visits:
            return None
        if self.past.visits > 1:
            return False
        return True if self.visit.landed else None

    @property
    def visits(self) -> int | None:
        """Visits so far, this one included."""
        return None if self.past is None or self.first_visit is None else self.past.visits

    @property
    def days_since_last_visit(self) -> int | None:
        """Days from the visit before to this one, by the site's calendar; None on a first visit."""
        if self.past is None or self.past.this_day is None or self.past.last_day is None:
            return None
        return self.past.this_day - self.past.last_day


# To and from JSON. Keys are short because they travel with every request; lists are in the order of the fields.


def visit_to_json(visit: ThisVisit) -> dict[str, Any]:
    data: dict[str, Any] = {"t": visit.step, "l": int(visit.landed)}
    if visit.referrer:
        data["r"] = [visit.referrer.kind, visit.referrer.host]
    if visit.campaign:
        data["c"] = [visit.campaign.source, visit.campaign.medium, visit.campaign.name]
    if visit.recognised:
        data["s"] = dict(visit.recognised)
    if visit.intent:
        data["i"] = visit.intent
    if visit.place:
        data["p"] = [visit.place.country, visit.place.subdivision, visit.place.city]
    if visit.seen is not None:
        data["g"], data["b"] = visit.seen.to_text(), visit.began
    return data


def visit_from_json(data: Any) -> ThisVisit | None:
    """What `visit_to_json` wrote; None for anything else, since a cookie may hold whatever someone likes."""
    try:
        return ThisVisit(
            step=_whole(data["t"]),
            landed=bool(_whole(data["l"], 1)),
            referrer=Referrer(*_texts(data["r"], 2)) if "r" in data else None,
            campaign=Campaign(*_texts(data["c"], 3)) if "c" in data else None,
            recognised={slug: _confidence(confidence) for slug, confidence in data.get("s", {}).items()},
            intent=_texts([data.get("i", "")], 1)[0],
            place=DeclaredPlace(*_texts(data["p"], 3)) if "p" in data else None,
            seen=_seen(data),
            began=_whole(data.get("b", 0)),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def past_to_json(past: Past) -> dict[str, Any]:
    data: dict[str, Any] = {"b": past.began, "v": past.visits}
    if past.this_day is not None:
        data["d"] = [past.this_day, past.last_day]
    if past.seen is not None:
        data["g"] = past.seen.to_text()
    if past.lot is not None:
        data["l"] = past.lot
    return data


def past_from_json(data: Any) -> Past | None:
    """What `past_to_json` wrote; None for anything else."""
    try:
        this_day, last_day = data.get("d", [None, None])
        return Past(
            began=_whole(data["b"]),
            visits=min(_whole(data["v"]), MAX_VISITS),
            this_day=None if this_day is None else _whole(this_day),
            last_day=None if last_day is None else _whole(last_day),
            seen=_seen(data),
            lot=_whole(data["l"], LOTS - 1) if "l" in data else None,
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - FIRST_DAY).days


def clipped(text: str, longest: int) -> str:
    """The beginning of a text that takes at most so many bytes as JSON in UTF-8; what UTF-8 can't hold becomes "?"."""
    if not text or (len(text) <= longest and text.isascii() and text.isprintable() and not {'"', "\\"} & set(text)):
        return text  # most are: each character is one byte
    text = text[:longest].encode(errors="replace").decode()
    while len(json.dumps(text, ensure_ascii=False).encode()) - len('""') > longest:
        text = text[:-1]
    return text


def _changed(part: Part, **fields: Any) -> Part:
    """The part with these fields; itself where they are so already, as they are at most pages of a visit."""
    for name, value in fields.items():
        before = getattr(part, name)
        if before is not value and before != value:
            return replace(part, **fields)
    return part


def _lately(step: int, now: int, timeout_minutes: int) -> bool:
    """Whether a request of this step comes so soon after the last that no visit has ended between them."""
    timeout_steps = max(1, -(-timeout_minutes // STEP_MINUTES))  # rounded up: never less silence than was set
    return 0 <= now - step <= timeout_steps


def _noting(seen: PagesSeen | None, page: ServedPage, watched: Watched) -> PagesSeen | None:
    return (seen or NO_PAGES).noting(page, watched) if watched.watches(page) else seen


def _seen(data: Mapping[str, Any]) -> PagesSeen | None:
    return PagesSeen.from_text(*_texts([data["g"]], 1)) if "g" in data else None


def _whole(value: Any, most: int = MAX_WHOLE) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise ValueError("not a whole number")
    return value


def _confidence(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise ValueError("not a confidence")
    return float(value)


def _texts(values: Any, count: int) -> list[str]:
    if not isinstance(values, list) or len(values) != count:
        raise ValueError("not texts")
    for value in values:
        if not isinstance(value, str):
            raise ValueError("not texts")
    return values
