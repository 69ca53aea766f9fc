"""The daily totals as they are read from the database, exact: none of them may be shown as it is (`publishing.py`)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate

from django.db.models import Q, QuerySet, Sum

from ..core.counting import Arm
from ..models import DailyTally

COMPARED = (Arm.VARIANT, Arm.HOLDOUT)
SHOWN = ""  # where a goal's slug would stand: all visits that were shown it
IDS_IN_A_QUERY = 400  # SQLite may take no more than 999 values, and here each is asked for twice

DAY = timedelta(days=1)

Daily = tuple[date, Arm, str, int]  # day, arm, goal or SHOWN, count
Days = tuple[date, date]  # the first and the last, in UTC


class Totals:
    """Daily totals of what belongs together, asked for as what they add up to until the end of some day.

    It is a version under one share, or in learning mode; or the standard version of a block.
    """

    def __init__(self, daily: Iterable[Daily]) -> None:
        """In any order; at least one."""
        sums: dict[tuple[Arm, str], dict[date, int]] = {}
        for day, arm, goal, count in daily:
            days = sums.setdefault((arm, goal), {})
            days[day] = days.get(day, 0) + count
        self._days = {key: sorted(days) for key, days in sums.items()}
        self._sums = {key: list(accumulate(sums[key][day] for day in days)) for key, days in self._days.items()}
        self._every_day = sorted({day for days in self._days.values() for day in days})

    @property
    def since(self) -> date:
        return self._every_day[0]

    @property
    def until(self) -> date:
        return self._every_day[-1]

    @property
    def arms(self) -> frozenset[Arm]:
        return frozenset(arm for arm, _goal in self._days)

    def first_after(self, day: date) -> date | None:
        """The first day after that one on which something was counted."""
        return next((later for later in self._every_day if later > day), None)

    def up_to(self, day: date, arm: Arm, goal: str = SHOWN) -> int:
        """How many visits of this arm were counted until the end of that day: all, or those that reached this goal."""
        days = self._days.get((arm, goal), [])
        place = bisect_right(days, day)
        return self._sums[arm, goal][place - 1] if place else 0

    def between(self, since: date, until: date, arm: Arm, goal: str = SHOWN) -> int:
        """The same from the first of these days to the end of the last; 0 where that one comes before."""
        return max(self.up_to(until, arm, goal) - self.up_to(since - DAY, arm, goal), 0)


@dataclass(slots=True)
class Tallies:
    """What was read, by where it belongs. A version that stands in several copies of a block is counted as one."""

    compared: dict[str, dict[str, dict[int, Totals]]] = field(default_factory=dict)  # by version, segment, share
    learning: dict[str, dict[str, Totals]] = field(default_factory=dict)  # by version, segment
    standard: dict[str, list[Daily]] = field(default_factory=dict)  # by the block's id at the time

    def segments_of(self, variant: str) -> list[str]:
        """The slugs for which this version was counted."""
        return sorted({*self.compared.get(variant, {}), *self.learning.get(variant, {})})

    def shares_of(self, variant: str, segment: str) -> dict[int, Totals]:
        return self.compared.get(variant, {}).get(segment, {})

    def learning_of(self, variant: str, segment: str) -> Totals | None:
        return self.learning.get(variant, {}).get(segment)

    def standard_of(self, versions: Sequence[str]) -> Totals | None:
        """The visits that were shown the standard version of the block, whichever of these was its first one then."""
        daily = [row for version in dict.fromkeys(versions) for row in self.standard.get(version, ())]
        return Totals(daily) if daily else None


def read_tallies(versions: Collection[str], goals: Collection[str], today: date) -> Tallies:
    """What was counted until `today` of the blocks with these versions, for these goals. Two queries for each 400."""
    tallies = Tallies()
    ids = sorted(versions)
    for start in range(0, len(ids), IDS_IN_A_QUERY):
        rows = DailyTally.objects.filter(day__lte=today, goal__in=[SHOWN, *goals])
        _read(tallies, rows, ids[start : start + IDS_IN_A_QUERY])
    return tallies


def _read(tallies: Tallies, rows: QuerySet[DailyTally], ids: Sequence[str]) -> None:
    compared: dict[tuple[str, str, int], list[Daily]] = {}
    columns = ("variant", "segment", "share", "day", "arm", "goal")
    found = rows.filter(variant__in=ids, arm__in=COMPARED).order_by().values_list(*columns)
    for variant, segment, share, day, arm, goal, count in found.annotate(Sum("count")):
        compared.setdefault((variant, segment, share), []).append((day, Arm(arm), goal, count))
    for (variant, segment, share), daily in compared.items():
        tallies.compared.setdefault(variant, {}).setdefault(segment, {})[share] = Totals(daily)

    learning: dict[tuple[str, str], list[Daily]] = {}
    columns = ("block", "variant", "segment", "day", "arm", "goal")
    others = rows.filter(Q(arm=Arm.LEARNING, variant__in=ids) | Q(arm=Arm.STANDARD, block__in=ids))
    for block, variant, segment, day, arm, goal, count in (
        others.order_by().values_list(*columns).annotate(Sum("count"))
    ):
        row = (day, Arm(arm), goal, count)
        if arm == Arm.STANDARD:
            tallies.standard.setdefault(block, []).append(row)
        else:
            learning.setdefault((variant, segment), []).append(row)
    for (variant, segment), daily in learning.items():
        tallies.learning.setdefault(variant, {})[segment] = Totals(daily)
