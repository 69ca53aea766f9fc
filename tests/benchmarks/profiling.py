"""What share of a request's time is spent in functions of ours, by cProfile.

The profiler makes each call dearer, so code of many small calls looks worse than it is: shares are an upper bound.
"""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Callable
from typing import Any

PACKAGE = "/wagtail_personalise_gov/"
TEMPLATES = "/tests/benchmarks/"


def profiled(ask: Callable[[], Any], times: int) -> dict[str, Any]:
    """Shares of the whole time between the request's arrival and its end, of `times` requests.

    `own`: time within a function of ours itself, without what it calls. `entered`: time from the moment that anybody
    calls a function of ours until it returns, with all that it calls (so also Django's own rendering of what we chose).
    """
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(times):
        ask()
    profiler.disable()
    rows = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    total = sum(own for _calls, _prime, own, _entered, _callers in rows.values())
    own, modules, entered = [], {}, []
    for (file, line, name), (_calls, count, own_time, _entered, callers) in rows.items():
        if PACKAGE not in file:
            continue
        place = file.rpartition(PACKAGE)[2]
        own.append((own_time / total, count / times, f"{place}:{line} {name}"))
        modules[place] = modules.get(place, 0.0) + own_time / total
        from_outside = sum(row[3] for (caller, _line, _name), row in callers.items() if PACKAGE not in caller)
        if from_outside:
            entered.append((from_outside / total, count / times, f"{place}:{line} {name}"))
    return {
        "seconds": total / times,
        "own_total": sum(modules.values()),
        "own": sorted(own, reverse=True)[:25],
        "modules": sorted(((share, place) for place, share in modules.items()), reverse=True)[:20],
        "entered": sorted(entered, reverse=True)[:20],
    }
