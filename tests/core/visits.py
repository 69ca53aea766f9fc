"""Visits as the tests of memory make them."""

import json
from typing import Any

from wagtail_personalise_gov.core.facts import MEMORY_ITEMS
from wagtail_personalise_gov.core.memory import (
    MINUTES_PER_DAY,
    Arrival,
    Campaign,
    DeclaredPlace,
    Past,
    Referrer,
    ThisVisit,
    VisitorMemory,
)
from wagtail_personalise_gov.core.pages import PagesSeen

NOON = 20_000 * MINUTES_PER_DAY + 12 * 60  # minutes since 1970: noon of 4 October 2024, the first minute of a step
DAY = 20_000
TIMEOUT = 30  # minutes
MAX_AGE = 180  # days

SEARCH = Referrer("search", "www.bing.com")
NEWSLETTER = Campaign("newsletter", "email", "start-up-week")


def arriving(minute: int = NOON, internal: bool = False, **how: Any) -> Arrival:
    return Arrival(minute, minute // MINUTES_PER_DAY, internal, **{"referrer": SEARCH, "campaign": NEWSLETTER, **how})


def opened(memory: VisitorMemory, arrival: Arrival, timeout: int = TIMEOUT, max_age: int = MAX_AGE) -> VisitorMemory:
    return memory.opened(arrival, timeout, max_age)


STRANGER = VisitorMemory()
FIRST = opened(STRANGER, arriving())

FULL = VisitorMemory(
    ThisVisit(
        step=NOON // 10,
        landed=True,
        referrer=SEARCH,
        campaign=NEWSLETTER,
        recognised={"parking": 0.6},
        intent="licence",
        place=DeclaredPlace("GB", "GB-ENG", "Riverside"),
        seen=PagesSeen((12, 15), (7,)),
    ),
    Past(DAY - 3, visits=2, this_day=DAY, last_day=DAY - 2, seen=PagesSeen((15,), ())),
)
EVERYTHING = frozenset(MEMORY_ITEMS)


def as_bytes(data: Any) -> bytes:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
