"""When a comparison is judged: once, when the planned visits were counted, however often anybody looks at it before.

Whoever looks every day and stops at the first good news finds some where there is none. So the day is fixed by a plan
that does not know which arm does better, and the verdict rests on the totals of that day for good.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from . import statistics
from .publishing import may_follow, shown, shown_part, smallest_count
from .totals import COMPARED, Totals

WEEK = timedelta(days=7)  # judged after whole ones: who comes on a Sunday is not who comes on a Monday
SETTLING = timedelta(days=2)  # a visit that began before midnight may reach a goal after it; then its day stands still


@dataclass(frozen=True, slots=True)
class Fourfold:
    """Visits of both arms, and those that reached a goal, as they are shown."""

    variant: int
    variant_reached: int
    holdout: int
    holdout_reached: int

    @property
    def visits(self) -> int:
        return self.variant + self.holdout

    @property
    def pooled(self) -> float:
        return (self.variant_reached + self.holdout_reached) / self.visits

    @property
    def rate(self) -> float:
        return self.variant_reached / self.variant

    @property
    def holdout_rate(self) -> float:
        return self.holdout_reached / self.holdout

    @property
    def difference(self) -> float:
        """The version's rate less the standard version's."""
        return self.rate - self.holdout_rate

    def interval(self, confidence: float) -> tuple[float, float]:
        """Within which the difference lies, with that confidence."""
        return statistics.difference_interval(
            self.variant_reached, self.variant, self.holdout_reached, self.holdout, confidence
        )


@dataclass(frozen=True, slots=True)
class Looks:
    """The days, and all that is shown of a version is as of one of them: each goal's own, or `now`."""

    now: date
    taken: Mapping[str, date] = field(default_factory=dict)  # goal → the day by whose totals it was judged


def fourfold(totals: Totals, goal: str, day: date) -> Fourfold | None:
    """The counts until that day as they are shown; None where one is withheld, or an arm has no visits."""
    shown_counts: list[int | None] = []
    for arm in COMPARED:
        visits = totals.up_to(day, arm)
        shown_counts += [shown(visits) or None, shown_part(totals.up_to(day, arm, goal), visits)]
    variant, variant_reached, holdout, holdout_reached = shown_counts
    if variant is None or variant_reached is None or holdout is None or holdout_reached is None:
        return None
    return Fourfold(variant, variant_reached, holdout, holdout_reached)


def more_visits(counts: Fourfold, smallest_difference: float, share: int) -> int:
    """How many are missing until it can be judged; 0 for none."""
    needed = statistics.visits_needed(counts.pooled, smallest_difference, share, smallest_count())
    return max(needed - counts.visits, 0)


def take_looks(totals: Totals, goals: Mapping[str, float], share: int, today: date) -> Looks:
    """Each goal's day: the first by whose end its plan was fulfilled and nothing of it is withheld.

    `goals` gives the smallest difference worth knowing, a fraction, for each.
    """
    taken: dict[str, date] = {}
    for day in days_to_judge(totals, today):
        for goal, smallest_difference in goals.items():
            counts = None if goal in taken else fourfold(totals, goal, day)
            if counts and more_visits(counts, smallest_difference, share) == 0:
                taken[goal] = day
    last = max(taken.values(), default=None)
    return Looks(today if last is None or _may_follow(totals, last, today) else last, taken)


def days_to_judge(totals: Totals, today: date) -> Iterator[date]:
    """The last days of whole weeks. The day of the beginning is not one of the seven, since it was not whole.

    A total that is shown as of two days gives away what was added between them. So a week that added few visits to an
    arm waits for the next.
    """
    last: date | None = None
    day = totals.since + WEEK
    while day <= today - SETTLING:
        if last is None or _may_follow(totals, last, day):
            yield day
            last = day
        day += WEEK


def next_look(since: date, today: date) -> date:
    """The last day of the whole week at whose end goals may be judged next."""
    weeks = max((today - SETTLING - since) // WEEK + 1, 1)
    return since + weeks * WEEK


def _may_follow(totals: Totals, earlier: date, later: date) -> bool:
    return all(may_follow(totals.up_to(earlier, arm), totals.up_to(later, arm)) for arm in COMPARED)
