"""The pure core by itself: what it costs to decide, to explain and to compile. Prints JSON; no database, no Django.

The best of some rounds counts: the others were disturbed.
"""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from wagtail_personalise_gov.core.conditions import All
from wagtail_personalise_gov.core.facts import Facts
from wagtail_personalise_gov.core.questions import AtLeast, ContainsAny, Equals, Matches, OneOf
from wagtail_personalise_gov.core.ruleset import Ruleset

CONDITIONS = 4
FACTS = Facts(
    {
        "location.country": "GB",
        "location.city": "Town 3",
        "referrer.host": "www.google.com",
        "referrer.kinds": ["search"],
        "campaign.name": "campaign-7",
        "request.path": "/section-9/page/",
        "visitor.visits": 4,
        "device.kind": "mobile",
        "visitor.first_visit": False,
        "clock.weekday": "monday",
    }
)

MAKERS: list[Callable[[int], Any]] = [
    lambda n: OneOf("location.country", ["GB", "FR", "IE"] if n % 2 else ["DE"]),
    lambda n: OneOf("location.city", [f"Town {n}"]),
    lambda n: Matches("referrer.host", [f"*.host-{n}.example"]),
    lambda n: ContainsAny("referrer.kinds", ["search", "social"]),
    lambda n: OneOf("campaign.name", [f"campaign-{n}"]),
    lambda n: Matches("request.path", [f"/section-{n}/*"]),
    lambda n: AtLeast("visitor.visits", n % 20),
    lambda n: OneOf("device.kind", [["mobile", "tablet", "desktop"][n % 3]]),
    lambda n: Equals("visitor.first_visit", bool(n % 2)),
    lambda n: OneOf("clock.weekday", ["monday", "friday"]),
]


def ruleset(segments: int) -> Ruleset:
    """Segments of four conditions each, of ten kinds with values of their own."""
    return Ruleset(
        version="1",
        segments={
            f"segment-{number}": All(
                *(MAKERS[(number + 3 * turn) % len(MAKERS)](number + turn) for turn in range(CONDITIONS))
            )
            for number in range(segments)
        },
        keys={number: f"segment-{number}" for number in range(segments)},
    )


def best(what: Callable[[], Any], times: int, rounds: int = 25) -> float:
    """CPU seconds of one call."""
    costs = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(times):
            what()
        costs.append((time.process_time() - start) / times)
    return min(costs)


def measured(segments: int) -> dict[str, float]:
    rules = ruleset(segments)
    asked = frozenset(rules.segments)
    own = frozenset(sorted(asked)[:6])

    def compile_all() -> None:
        ruleset(segments).only(asked)

    def plan_of_six() -> None:
        Ruleset(segments={slug: rules.segments[slug] for slug in own}).only(own)

    start = time.process_time()
    compile_all()
    cold = time.process_time() - start
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = ruleset(segments)
    memory = tracemalloc.get_traced_memory()[0] - before
    kept.only(asked)
    with_plan = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    times = max(1, 1000 // segments)
    return {
        "segments": segments,
        "decide_us": best(lambda: rules.decide(FACTS, asked), times, 40) * 1e6,
        "decide_six_us": best(lambda: rules.decide(FACTS, own), 200) * 1e6,
        "explain_us": best(lambda: rules.explain("segment-0", FACTS), 200) * 1e6,
        "plan_of_six_us": best(plan_of_six, 30) * 1e6,
        "compile_all_ms": cold * 1e3,
        "memory_kb": memory / 1024,
        "memory_with_plan_kb": with_plan / 1024,
    }


if __name__ == "__main__":
    import sys

    print(json.dumps([measured(int(number)) for number in sys.argv[1:] or ("1", "50", "1000", "10000")]))
