"""When a comparison is judged: once, when the planned visits were counted, however often anybody looks at it before.

Whoever looks every day and stops at the first good news finds some where there is none. So the day is fixed by a plan
that does not know which arm does better, and the verdict rests on the totals of that day for good.

Of a goal that was made later than the version was first counted, only the visits since then are asked.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from . import statistics
from .publishing import may_follow, shown, shown_part, smallest_count
from .totals import COMPARED, DAY, Totals

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
class Plan:
    """What is to be known of a goal, to say from when it is counted and when it is judged."""

    goal: str  # its slug
    smallest_difference: float  # worth knowing, a fraction
    counted_from: date  # the first whole UTC day on which it could be reached
    place: Hashable  # what reaches it; two goals of the same place count the same visits


@dataclass(frozen=True, slots=True)
class Looks:
    """The days between which a version's visits are shown: from each goal's own beginning to its own look, or `now`."""

    now: date
    began: Mapping[str, date] = field(default_factory=dict)  # goal → its first day; without those that didn't begin
    taken: Mapping[str, date] = field(default_factory=dict)  # goal → the day by whose totals it was judged


def fourfold(totals: Totals, goal: str, since: date, until: date) -> Fourfold | None:
    """The counts of these days as they are shown; None where one is withheld, or an arm has no visits."""
    shown_counts: list[int | None] = []
    for arm in COMPARED:
        visits = totals.between(since, until, arm)
        shown_counts += [shown(visits) or None, shown_part(totals.between(since, until, arm, goal), visits)]
    variant, variant_reached, holdout, holdout_reached = shown_counts
    if variant is None or variant_reached is None or holdout is None or holdout_reached is None:
        return None
    return Fourfold(variant, variant_reached, holdout, holdout_reached)


def more_visits(counts: Fourfold, smallest_difference: float, share: int) -> int:
    """How many are missing until it can be judged; 0 for none."""
    needed = statistics.visits_needed(counts.pooled, smallest_difference, share, smallest_count())
    return max(needed - counts.visits, 0)


def take_looks(totals: Totals, plans: Collection[Plan], today: date, share: int = 0) -> Looks:
    """Each goal's beginning and, where a share was held back, its look: the day on which it was judged.

    That is the end of the first week by which its plan was fulfilled, somebody reached it, and nothing of it is
    withheld. What follows from the totals of one day never changes on a later one, nor by a goal that is made later.
    """
    cuts = _Cuts(totals, plans)
    taken: dict[str, date] = {}
    for days in range((today - totals.since).days):
        day = totals.since + days * DAY
        for plan in plans:
            if plan.goal not in cuts.began and plan.counted_from <= day + DAY:
                cuts.begin(plan, day + DAY)
            elif share and plan.goal not in taken and day <= today - SETTLING and cuts.ends_a_week(plan, day):
                counts = fourfold(totals, plan.goal, cuts.began[plan.goal], day)
                if counts and _fulfilled(plan, counts, share) and cuts.look(plan, day):
                    taken[plan.goal] = day
    return Looks(cuts.now(today), cuts.began, taken)


def _fulfilled(plan: Plan, counts: Fourfold, share: int) -> bool:
    """Whether so many visits were counted as were planned. A goal that nobody reached may be out of reach: it waits."""
    return counts.pooled > 0 and more_visits(counts, plan.smallest_difference, share) == 0


def last_day_of_a_week(totals: Totals, began: date, today: date) -> date:
    """The next day on which a goal that began then may be judged."""
    first = _first_whole_day(totals, began)
    weeks = max((today - SETTLING - first + DAY) // WEEK + 1, 1)
    return first - DAY + weeks * WEEK


def _first_whole_day(totals: Totals, began: date) -> date:
    """The day on which a version began to be counted was not whole; later, goals begin with a whole day."""
    return began + DAY if began == totals.since else began


# What was counted between two days that are shown


@dataclass(frozen=True, slots=True)
class _Cut:
    """The end of a day, where something that is shown begins or ends."""

    day: date
    places: frozenset[Hashable] = frozenset()  # of the goals that begin or end there
    is_look: bool = False


class _Cuts:
    """All of a version. Two totals that are shown give away what lies between them, so no few visits may lie there.

    Nor may few that reached a goal, or few that did not: two goals of the same place, of which one was judged later or
    began later, would tell them.
    """

    def __init__(self, totals: Totals, plans: Collection[Plan]) -> None:
        self.totals, self.plans = totals, plans
        # On one day both began: the first is no whole one anyway, and what is new shall be seen at once.
        self.began = {plan.goal: totals.since for plan in plans if plan.counted_from <= totals.since + DAY}
        places = frozenset(plan.place for plan in plans if plan.goal in self.began)
        self.cuts = [_Cut(totals.since - DAY, places)]

    def begin(self, plan: Plan, first: date) -> None:
        """Let a goal begin with this day, if that may be shown."""
        if self._add(_Cut(first - DAY, frozenset({plan.place}))):
            self.began[plan.goal] = first

    def look(self, plan: Plan, day: date) -> bool:
        """Whether a goal may be judged by the end of this day; from then on it is."""
        return self._add(_Cut(day, frozenset({plan.place}), is_look=True))

    def now(self, today: date) -> date:
        """Today, or the last look where too little was added since one. (What began is withheld where it is small.)"""
        looks = [cut for cut in self.cuts if cut.is_look]
        return today if all(self._may_follow(cut, _Cut(today)) for cut in looks) else looks[-1].day

    def ends_a_week(self, plan: Plan, day: date) -> bool:
        if plan.goal not in self.began:
            return False
        whole = day - _first_whole_day(self.totals, self.began[plan.goal]) + DAY
        return whole >= WEEK and not whole % WEEK

    def _add(self, cut: _Cut) -> bool:
        may = all(self._may_follow(earlier, cut) for earlier in self.cuts)
        if may:
            self.cuts.append(cut)
        return may

    def _may_follow(self, earlier: _Cut, later: _Cut) -> bool:
        # Of a beginning only goals of the same place are asked: a rare one would keep the others from being judged. One
        # that was judged is not rare, and is asked for whatever other goal may count the same.
        places = earlier.places if earlier.is_look else earlier.places & later.places
        goals = [
            plan.goal
            for plan in self.plans
            if plan.place in places and plan.goal in self.began and self.began[plan.goal] <= earlier.day + DAY
        ]
        return all(
            may_follow(before, after)
            for before, after in zip(self._up_to(earlier.day, goals), self._up_to(later.day, goals), strict=True)
        )

    def _up_to(self, day: date, goals: Collection[str]) -> Iterator[int]:
        """The visits until then, of each arm; and of these, for each goal, those that reached it and the others."""
        for arm in self.totals.arms:
            visits = self.totals.up_to(day, arm)
            yield visits
            for goal in goals:
                reached = self.totals.up_to(day, arm, goal)
                yield from (reached, visits - reached)
