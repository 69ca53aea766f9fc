"""The daily totals as they are read from the database, exact: none of them may be shown as it is (`publishing.py`)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate

from django.db.models import Max, Min, Q, QuerySet, Sum

from ..core.counting import Arm
from ..models import DailyTally

COMPARED = (Arm.VARIANT, Arm.HOLDOUT)
SHOWN = ""  # where a goal's slug would stand: all visits that were shown it
IDS_IN_A_QUERY = 400  # SQLite may take no more than 999 values, and here each is asked for twice

Days = tuple[date, date]  # the first and the last, in UTC


class Totals:
    """Daily totals of a version under one share, asked for as what they add up to until the end of some day."""

    def __init__(self, daily: Iterable[tuple[date, Arm, str, int]]) -> None:
        """`daily` is (day, arm, goal or SHOWN, count), in any order; at least one."""
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

    def first_after(self, day: date) -> date | None:
        """The first day after that one on which something was counted."""
        return next((later for later in self._every_day if later > day), None)

    def up_to(self, day: date, arm: Arm, goal: str = SHOWN) -> int:
        """How many visits of this arm were counted until the end of that day: all, or those that reached this goal."""
        days = self._days.get((arm, goal), [])
        place = bisect_right(days, day)
        return self._sums[arm, goal][place - 1] if place else 0


@dataclass(slots=True)
class Sums:
    """What was counted of an arm that is not compared, over all days."""

    counts: dict[str, int] = field(default_factory=dict)  # by goal, or SHOWN
    days: Days | None = None

    def add(self, goal: str, count: int, days: Days) -> None:
        self.counts[goal] = self.counts.get(goal, 0) + count
        self.days = (min(self.days[0], days[0]), max(self.days[1], days[1])) if self.days else days

    @property
    def visits(self) -> int:
        return self.counts.get(SHOWN, 0)

    def reached(self, goal: str) -> int:
        return self.counts.get(goal, 0)


@dataclass(slots=True)
class Tallies:
    """What was read, by where it belongs. A version that stands in several copies of a block is counted as one."""

    compared: dict[str, dict[str, dict[int, Totals]]] = field(default_factory=dict)  # by version, segment, share
    learning: dict[str, dict[str, Sums]] = field(default_factory=dict)  # by version, segment
    standard: dict[str, Sums] = field(default_factory=dict)  # by the block's id at the time

    def segments_of(self, variant: str) -> list[str]:
        """The slugs for which this version was counted."""
        return sorted({*self.compared.get(variant, {}), *self.learning.get(variant, {})})

    def shares_of(self, variant: str, segment: str) -> dict[int, Totals]:
        return self.compared.get(variant, {}).get(segment, {})

    def learning_of(self, variant: str, segment: str) -> Sums:
        return self.learning.get(variant, {}).get(segment, Sums())

    def standard_of(self, versions: Sequence[str]) -> Sums:
        """The visits that were shown the standard version of the block, whichever of these was its first one then."""
        together = Sums()
        for version in dict.fromkeys(versions):
            sums = self.standard.get(version)
            if sums and sums.days:
                for goal, count in sums.counts.items():
                    together.add(goal, count, sums.days)
        return together


def read_tallies(versions: Collection[str], goals: Collection[str], today: date) -> Tallies:
    """What was counted until `today` of the blocks with these versions, for these goals. Two queries for each 400."""
    tallies = Tallies()
    ids = sorted(versions)
    for start in range(0, len(ids), IDS_IN_A_QUERY):
        rows = DailyTally.objects.filter(day__lte=today, goal__in=[SHOWN, *goals])
        _read(tallies, rows, ids[start : start + IDS_IN_A_QUERY])
    return tallies


def _read(tallies: Tallies, rows: QuerySet[DailyTally], ids: Sequence[str]) -> None:
    daily: dict[tuple[str, str, int], list[tuple[date, Arm, str, int]]] = {}
    compared = rows.filter(variant__in=ids, arm__in=COMPARED).order_by()
    columns = ("variant", "segment", "share", "day", "arm", "goal")
    for variant, segment, share, day, arm, goal, count in compared.values_list(*columns).annotate(Sum("count")):
        daily.setdefault((variant, segment, share), []).append((day, Arm(arm), goal, count))
    for (variant, segment, share), parts in daily.items():
        tallies.compared.setdefault(variant, {}).setdefault(segment, {})[share] = Totals(parts)

    others = rows.filter(Q(arm=Arm.LEARNING, variant__in=ids) | Q(arm=Arm.STANDARD, block__in=ids)).order_by()
    sums = others.values_list("arm", "block", "variant", "segment", "goal")
    for arm, block, variant, segment, goal, *found in sums.annotate(Sum("count"), Min("day"), Max("day")):
        count, first, last = found
        if arm == Arm.STANDARD:
            tallies.standard.setdefault(block, Sums()).add(goal, count, (first, last))
        else:
            tallies.learning.setdefault(variant, {}).setdefault(segment, Sums()).add(goal, count, (first, last))
