"""What the daily totals tell, as it may be shown: pages, CSV and API take every figure and every sentence from here.

Counts are made publishable first (`publishing.py`), and all else is computed from what is published: so nothing that is
shown can be reckoned back to a count that is withheld, or to the exact one behind a rounded one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from django.utils.translation import gettext_lazy as _

from ..conf import settings
from ..core.counting import LOTS, Arm
from ..models import Goal
from . import statistics, wording
from .looks import SETTLING, Fourfold, Looks, Plan, fourfold, last_day_of_a_week, more_visits, take_looks
from .publishing import Published, publish, publish_part, shown
from .totals import COMPARED, DAY, Days, Tallies, Totals, read_tallies

Key = TypeVar("Key")


class Finding(StrEnum):
    """What can be concluded about a version and a goal."""

    HIGHER = "higher"  # the version gets more visits to the goal than the standard version does
    LOWER = "lower"
    LEANING_HIGHER = "leaning_higher"  # more likely than not, but short of what is asked here
    LEANING_LOWER = "leaning_lower"
    NO_DIFFERENCE = "no_difference"  # none was found: if there is one, it is probably too small to matter
    WAITING = "waiting"  # for the end of the week by which it is judged; there are enough visits
    NOT_ENOUGH = "not_enough"  # visits, so far
    WITHHELD = "withheld"  # a count is too small to be shown, and so is what follows from it
    TOO_OLD = "too_old"  # the first days of the comparison are no longer kept
    NO_HOLDOUT = "no_holdout"  # nobody is held back, so there is nothing to compare with
    SAMPLE_RATIO = "sample_ratio"  # the held back are far more or fewer than drawn: something is broken
    NO_STATISTICS = "no_statistics"  # scipy is not installed

    @property
    def label(self) -> str:
        """In a word or two, for a list."""
        return str(LABELS[self])


LABELS = {
    Finding.HIGHER: _("Higher"),
    Finding.LOWER: _("Lower"),
    Finding.LEANING_HIGHER: _("Perhaps higher"),
    Finding.LEANING_LOWER: _("Perhaps lower"),
    Finding.NO_DIFFERENCE: _("No difference found"),
    Finding.WAITING: _("Verdict soon"),
    Finding.NOT_ENOUGH: _("Not enough visits yet"),
    Finding.WITHHELD: _("Too few to show"),
    Finding.TOO_OLD: _("Too long ago"),
    Finding.NO_HOLDOUT: _("Nothing to compare with"),
    Finding.SAMPLE_RATIO: _("Don’t rely on it"),
    Finding.NO_STATISTICS: _("Can’t be judged here"),
}

# What is most worth knowing comes first. A version that does harm comes before one that helps.
WORTH_KNOWING = (
    Finding.SAMPLE_RATIO,
    Finding.LOWER,
    Finding.HIGHER,
    Finding.LEANING_LOWER,
    Finding.LEANING_HIGHER,
    Finding.NO_DIFFERENCE,
    Finding.TOO_OLD,
    Finding.WAITING,
    Finding.NOT_ENOUGH,
    Finding.WITHHELD,
    Finding.NO_STATISTICS,
    Finding.NO_HOLDOUT,
)


@dataclass(frozen=True, slots=True)
class Rate:
    """How many visits of one arm reached a goal. `rate` is a fraction; None where a count is withheld or 0 visits."""

    visits: Published
    reached: Published
    rate: float | None

    @property
    def percent(self) -> str:
        """Such as "12.3%"; "" for None."""
        return wording.percent(self.rate)


@dataclass(frozen=True, slots=True)
class GoalRate:
    """How many visits of an arm that is not compared (learning, standard) reached a goal, since it can be reached."""

    goal: str  # its slug
    goal_name: str
    rate: Rate
    since: date  # the first UTC day of these visits
    began_later: bool = False  # than the visits that the arm has in all

    @property
    def words(self) -> str:
        """Since when, where it began later; else ""."""
        return wording.counted_since(self.since) if self.began_later else ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A version beside the standard version, for one goal.

    Once it has been judged (`looked_on`), all its figures are those up to that day, and stay so; until then they are
    the totals so far. `difference`, `low` and `high` (the 95 % interval) are fractions: 0.021 is 2.1 percentage points.
    """

    goal: str  # its slug
    goal_name: str
    variant: Rate
    holdout: Rate | None  # None: nobody is held back
    finding: Finding
    words: str  # the finding, as a few sentences for editors
    since: date | None = None  # the first UTC day of its visits; None where its figures did not begin yet
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    more_visits: int | None = None  # roughly, of both arms together, until it can be judged
    looked_on: date | None = None  # the last UTC day of the visits it was judged by

    @property
    def difference_text(self) -> str:
        """Such as "+2.1 points"; "" for None."""
        return wording.points(self.difference)

    @property
    def interval_text(self) -> str:
        """Such as "+0.3 to +3.9 points"; "" for None."""
        return wording.interval(self.low, self.high)


@dataclass(frozen=True, slots=True)
class VersionResult:
    """A version of a block, as shown for one of its segments. Never add these up: their shares may differ."""

    variant: str  # the version's id
    segment: str  # slug; "" where nothing was counted for this version
    share: int = 0  # of 10,000 lots: how many were held back in what is compared; 0 for none
    since: date | None = None  # the first and the last UTC day with visits under that share; None where there are none
    until: date | None = None
    ended: date | None = None  # the first day on which nobody was held back any more, where that is so
    others_left_out: bool = False  # something was also counted under other shares, and is not in these figures
    visits: Mapping[Arm, Published] = field(default_factory=dict)  # VARIANT, HOLDOUT, LEARNING: those there are
    sample_ratio_alarm: bool = False
    comparisons: Sequence[Comparison] = ()  # one for each goal, in the order of the goals given
    learning: Sequence[GoalRate] = ()  # one for each goal that has begun, where visits were counted in learning mode
    learning_days: Days | None = None

    @property
    def share_percent(self) -> str:
        """Such as "10%"."""
        return wording.percent(self.share / LOTS, decimals=0 if self.share % (LOTS // 100) == 0 else 2)

    @property
    def words(self) -> Sequence[str]:
        """Sentences about all of its figures: the alarm (that one first), period and share, and what is left out."""
        if self.since is None or self.until is None:
            return [wording.nothing_compared(learning=Arm.LEARNING in self.visits)]
        sentences = []
        if self.sample_ratio_alarm:
            sentences.append(wording.sample_ratio(self.share_percent, self.visits))
        sentences.append(wording.period(self.since, self.until, self.share_percent if self.share else ""))
        if self.ended:
            sentences.append(wording.ended(self.ended))
        if self.others_left_out:
            sentences.append(wording.others_left_out())
        return sentences


@dataclass(frozen=True, slots=True)
class BlockResult:
    """All that can be told about one block."""

    versions: Sequence[VersionResult]  # in the order of the ids given
    standard_visits: Published  # shown the standard version because no version was for them
    standard: Sequence[GoalRate] = ()  # theirs, for each goal that has begun; not to be compared: they are other people
    standard_days: Days | None = None

    @property
    def finding(self) -> Finding | None:
        """The one most worth knowing, for a list of blocks; None where nothing was counted, or there is no goal."""
        findings = {comparison.finding for version in self.versions for comparison in version.comparisons}
        if any(version.sample_ratio_alarm for version in self.versions):
            return Finding.SAMPLE_RATIO
        return next((finding for finding in WORTH_KNOWING if finding in findings), None)

    def rows(self) -> list[dict[str, Any]]:
        """Flat, in the order of COLUMNS, as they stand in CSV and API. Withheld is a text such as "fewer than 11"."""
        rows = [row for version in self.versions for row in _version_rows(version)]
        if self.standard_days:
            rows += _plain_rows(Arm.STANDARD, self.standard_visits, self.standard, self.standard_days)
        return rows


# since, until and looked_on are ISO dates; since is the goal's, where that began later. What concludes (difference to
# words) stands with the arm "variant". Rates, differences and limits are fractions to four places. "" where there is
# none.
COLUMNS = (
    "since", "until", "variant", "segment", "arm", "share_percent", "goal", "visits", "reached", "rate",
    "difference", "low", "high", "finding", "looked_on", "words",
)  # fmt: skip


def block_results(versions: Sequence[str], goals: Iterable[Goal], today: date) -> BlockResult:
    """The results of the block whose versions have these ids. Two queries."""
    return results_of({None: versions}, goals, today)[None]


def results_of(blocks: Mapping[Key, Sequence[str]], goals: Iterable[Goal], today: date) -> dict[Key, BlockResult]:
    """The results of many blocks, by whatever the caller knows them by. `today` is the UTC day.

    It takes two queries, or two for each 400 versions.
    """
    goals = list(goals)
    ids = {version for versions in blocks.values() for version in versions}
    tallies = read_tallies(ids, [goal.slug for goal in goals], today)
    return {key: result_from(tallies, versions, goals, today) for key, versions in blocks.items()}


def result_from(tallies: Tallies, versions: Sequence[str], goals: Sequence[Goal], today: date) -> BlockResult:
    """What these tallies tell of the block with these versions; no query."""
    plans = [_plan_of(goal) for goal in goals]
    standard = tallies.standard_of(versions)
    return BlockResult(
        versions=[
            _version_result(variant, segment, goals, plans, tallies, today)
            for variant in versions
            for segment in tallies.segments_of(variant) or [""]
        ],
        standard_visits=publish(standard.up_to(today, Arm.STANDARD) if standard else 0),
        standard=_goal_rates(standard, Arm.STANDARD, goals, plans, today),
        standard_days=_days_of(standard),
    )


def _plan_of(goal: Goal) -> Plan:
    # Of the day on which it was made, or made anew, visits may have come before that.
    since = goal.counted_since + DAY if goal.counted_since else date.min
    return Plan(goal.slug, float(goal.smallest_difference) / 100, since, goal.reached_by)


def _version_result(
    variant: str, segment: str, goals: Sequence[Goal], plans: Sequence[Plan], tallies: Tallies, today: date
) -> VersionResult:
    learning = tallies.learning_of(variant, segment)
    result = VersionResult(
        variant,
        segment,
        learning=_goal_rates(learning, Arm.LEARNING, goals, plans, today),
        learning_days=_days_of(learning),
    )
    visits = {Arm.LEARNING: publish(learning.up_to(today, Arm.LEARNING))} if learning else {}
    shares = tallies.shares_of(variant, segment)
    if not shares:
        return replace(result, visits=visits)
    # The newest under which somebody was held back: it goes on telling when nobody is any more. On the day of a change
    # both shares were counted under, and the newer one began later.
    share = max(shares, key=lambda share: (share > 0, shares[share].until, shares[share].since))
    totals = shares[share]
    too_old = bool(share) and _too_old(totals.since, today)
    looks = take_looks(totals, plans, today, share if not too_old and statistics.available() else 0)
    if share and 0 in shares and not looks.taken and _was_a_trial(totals, shares[0], today):
        share, totals, too_old = 0, shares[0], False
        looks = take_looks(totals, plans, today, 0)
    alarm = bool(share) and any(_alarm(totals, share, day) for day in {looks.now, *looks.taken.values()})
    compared = {arm: publish(totals.up_to(looks.now, arm)) for arm in (COMPARED if share else COMPARED[:1])}
    ended = shares[0].first_after(totals.until) if share and 0 in shares else None
    judging = _Judging(totals, share, looks, today, alarm=alarm, too_old=too_old, ended=ended is not None)
    return replace(
        result,
        share=share,
        since=totals.since,
        until=min(totals.until, looks.now),
        ended=ended,
        others_left_out=len(shares) > 1,
        visits=compared | visits,
        sample_ratio_alarm=alarm,
        comparisons=[judging.comparison(goal) for goal in goals],
    )


@dataclass(frozen=True, slots=True)
class _Judging:
    """What is to be known of a version when its goals are compared."""

    totals: Totals
    share: int
    looks: Looks
    today: date
    alarm: bool
    too_old: bool
    ended: bool

    def comparison(self, goal: Goal) -> Comparison:
        since = self.looks.began.get(goal.slug)
        until = self.looks.taken.get(goal.slug, self.looks.now)
        days = (since or until + DAY, until)
        comparison = Comparison(
            goal=goal.slug,
            goal_name=goal.name,
            variant=_rate_between(self.totals, days, Arm.VARIANT, goal.slug),
            holdout=_rate_between(self.totals, days, Arm.HOLDOUT, goal.slug) if self.share else None,
            finding=Finding.NO_HOLDOUT,
            words=wording.no_holdout(),
            since=since,
        )
        if self.share:
            comparison = self._concluded(comparison, goal, days)
        if since and since > self.totals.since:
            comparison = replace(comparison, words=f"{comparison.words} {wording.counted_since(since)}")
        return comparison

    def _concluded(self, comparison: Comparison, goal: Goal, days: Days) -> Comparison:
        if self.alarm:
            return replace(comparison, finding=Finding.SAMPLE_RATIO, words=wording.do_not_rely())
        if self.too_old:
            return replace(comparison, finding=Finding.TOO_OLD, words=wording.too_old())
        if comparison.since is None:
            return replace(comparison, finding=Finding.NOT_ENOUGH, words=wording.begins_later())
        counts = fourfold(self.totals, goal.slug, *days)
        if not statistics.available():
            return replace(comparison, finding=Finding.NO_STATISTICS, words=wording.no_statistics())
        if counts and goal.slug in self.looks.taken:
            return _judged(comparison, counts, days[1])
        if counts is None and any(count.withheld for count in _counts_of(comparison)):
            return replace(comparison, finding=Finding.WITHHELD, words=wording.withheld())
        if counts and not counts.pooled and not self.ended:
            return replace(comparison, finding=Finding.NOT_ENOUGH, words=wording.nobody_reached_it())
        return self._not_yet(comparison, counts, goal, comparison.since)

    def _not_yet(self, comparison: Comparison, counts: Fourfold | None, goal: Goal, since: date) -> Comparison:
        more = None
        if counts and not self.ended:
            missing = more_visits(counts, float(goal.smallest_difference) / 100, self.share)
            more = statistics.two_digits_up(missing)
        if more == 0:
            until = last_day_of_a_week(self.totals, since, self.today)
            words = wording.waiting(until, until + SETTLING)
            return replace(comparison, finding=Finding.WAITING, words=words, more_visits=0)
        words = wording.not_enough(more, self.ended)
        return replace(comparison, finding=Finding.NOT_ENOUGH, words=words, more_visits=more)


def conclude(counts: Fourfold) -> Finding:
    """What these counts say, if this is the day on which they are to be judged."""
    low, high = counts.interval(statistics.ASKED)
    if low > 0:
        return Finding.HIGHER
    if high < 0:
        return Finding.LOWER
    low, high = counts.interval(statistics.SHOWN)
    if low > 0:
        return Finding.LEANING_HIGHER
    if high < 0:
        return Finding.LEANING_LOWER
    return Finding.NO_DIFFERENCE


def _judged(comparison: Comparison, counts: Fourfold, day: date) -> Comparison:
    finding = conclude(counts)
    low, high = counts.interval(statistics.SHOWN)
    return replace(
        comparison,
        finding=finding,
        words=wording.judged(finding, comparison.goal_name, counts, low, high, day),
        difference=counts.difference,
        low=low,
        high=high,
        looked_on=day,
    )


def _alarm(totals: Totals, share: int, day: date) -> bool:
    variant, holdout = (shown(totals.up_to(day, arm)) for arm in COMPARED)
    if variant is None or holdout is None or not statistics.available():
        return False
    return statistics.sample_ratio_alarm(variant, holdout, share)


def _was_a_trial(totals: Totals, unshared: Totals, today: date) -> bool:
    """Whether holding back ended before it told anything, and more visits came since than in all that time."""
    during = sum(totals.up_to(today, arm) for arm in COMPARED)
    since = unshared.up_to(today, Arm.VARIANT) - unshared.up_to(totals.until, Arm.VARIANT)
    return since > during


def _too_old(since: date, today: date) -> bool:
    """Whether the first days may soon be deleted, or were: a plan that loses its beginning would be judged again."""
    kept = int(settings.TALLIES_MAX_AGE_DAYS)
    return (today - since).days >= kept - kept // 12


def _rate_between(totals: Totals, days: Days, arm: Arm, goal: str) -> Rate:
    return _rate(totals.between(*days, arm), totals.between(*days, arm, goal))


def _rate(visits: int, reached: int) -> Rate:
    visits_shown, reached_shown = publish(visits), publish_part(reached, visits)
    rate = None
    if visits_shown.count and reached_shown.count is not None:
        rate = reached_shown.count / visits_shown.count
    return Rate(visits_shown, reached_shown, rate)


def _goal_rates(
    totals: Totals | None, arm: Arm, goals: Sequence[Goal], plans: Sequence[Plan], today: date
) -> list[GoalRate]:
    if totals is None:
        return []
    began = take_looks(totals, plans, today).began
    return [
        GoalRate(
            goal.slug,
            goal.name,
            _rate_between(totals, (began[goal.slug], today), arm, goal.slug),
            since=began[goal.slug],
            began_later=began[goal.slug] > totals.since,
        )
        for goal in goals
        if goal.slug in began
    ]


def _days_of(totals: Totals | None) -> Days | None:
    return (totals.since, totals.until) if totals else None


def _counts_of(comparison: Comparison) -> Iterator[Published]:
    for rate in (comparison.variant, comparison.holdout):
        if rate:
            yield from (rate.visits, rate.reached)


# Rows


def _version_rows(version: VersionResult) -> Iterator[dict[str, Any]]:
    about: dict[str, Any] = {"variant": version.variant, "segment": version.segment}
    if version.since and version.until:
        about["share_percent"] = version.share / (LOTS // 100)
        days = (version.since, version.until)
        for comparison in version.comparisons:
            goal_days = (comparison.since, comparison.looked_on or version.until)
            yield _row(
                Arm.VARIANT,
                goal_days,
                comparison.goal,
                comparison.variant,
                **about,
                difference=_fraction(comparison.difference),
                low=_fraction(comparison.low),
                high=_fraction(comparison.high),
                finding=comparison.finding.value,
                looked_on=comparison.looked_on.isoformat() if comparison.looked_on else "",
                words=comparison.words,
            )
            if comparison.holdout:
                yield _row(Arm.HOLDOUT, goal_days, comparison.goal, comparison.holdout, **about)
        if not version.comparisons:
            for arm in COMPARED:
                if arm in version.visits:
                    yield _row(arm, days, "", version.visits[arm], **about)
    if version.learning_days:
        about.pop("share_percent", None)
        visits = version.visits[Arm.LEARNING]
        yield from _plain_rows(Arm.LEARNING, visits, version.learning, version.learning_days, **about)


def _plain_rows(
    arm: Arm, visits: Published, rates: Sequence[GoalRate], days: Days, **about: Any
) -> Iterator[dict[str, Any]]:
    for rate in rates:
        yield _row(arm, (rate.since, days[1]), rate.goal, rate.rate, **about)
    if not rates:
        yield _row(arm, days, "", visits, **about)


def _row(arm: Arm, days: tuple[date | None, date], goal: str, counts: Rate | Published, **more: Any) -> dict[str, Any]:
    since, until = days
    row = {"arm": arm.value, "goal": goal, **more}
    if since and since <= until:  # else no day of it is shown yet
        row |= {"since": since.isoformat(), "until": until.isoformat()}
    if isinstance(counts, Rate):
        row |= {"visits": _cell(counts.visits), "reached": _cell(counts.reached), "rate": _fraction(counts.rate)}
    else:
        row["visits"] = _cell(counts)
    return {column: row.get(column, "") for column in COLUMNS}


def _cell(count: Published) -> int | str:
    return count.text if count.count is None else count.count


def _fraction(number: float | None) -> float | str:
    return "" if number is None else round(number, 4)
