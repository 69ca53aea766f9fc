"""How often the report is wrong: versions that change nothing, and versions that do, looked at every day."""

from collections import Counter
from datetime import date, timedelta

import numpy
import pytest

from wagtail_personalise_gov.core.counting import LOTS, Arm
from wagtail_personalise_gov.counting import statistics
from wagtail_personalise_gov.counting.looks import fourfold, take_looks
from wagtail_personalise_gov.counting.results import Finding, conclude
from wagtail_personalise_gov.counting.totals import Totals

from .given import plan

SINCE = date(2026, 3, 2)
GOAL = "applied"
RATES = (0.01, 0.05, 0.1, 0.3, 0.5)
SHARES = (1000, 5000)
WEEKS = 4  # until the plan is just fulfilled
DAYS = 6 * 7
LATER = 10  # days after the version a goal began, where it did
FALSE_ALARMS = {Finding.HIGHER, Finding.LOWER}


class Run:
    """A version that was counted for six weeks; `visits` is (day, arm), and `reached` those of them at the goal."""

    def __init__(
        self, random, standard_rate: float, version_rate: float, share: int, worth_knowing: float, later: int = 0
    ) -> None:
        self.share = share
        self.plan = plan(GOAL, worth_knowing, SINCE + timedelta(later))
        days = DAYS + later
        self.ends = SINCE + timedelta(days)
        pooled = (standard_rate * share + version_rate * (LOTS - share)) / LOTS
        a_day = -(-statistics.visits_needed(pooled, worth_knowing, share, 11) // (WEEKS * 7))
        held_back = random.binomial(a_day, share / LOTS, days)
        self.visits = numpy.array([a_day - held_back, held_back]).T
        self.reached = random.binomial(self.visits, [version_rate, standard_rate])
        self.reached[:later] = 0

    @property
    def totals(self) -> Totals:
        return Totals(
            (SINCE + timedelta(day), arm, goal, int(counts[day, column]))
            for goal, counts in (("", self.visits), (GOAL, self.reached))
            for column, arm in enumerate((Arm.VARIANT, Arm.HOLDOUT))
            for day in range(len(counts))
        )

    def verdicts_of_all_days(self) -> set[Finding | None]:
        """The verdict as somebody sees it who opens the report on every day until the end; None for no verdict."""
        totals, found = self.totals, set[Finding | None]()
        looked_on = None
        for days in (*range(9, (self.ends - SINCE).days, 7), (self.ends - SINCE).days + 9):
            # Between the days to judge nothing changes, as test_results.py shows.
            looks = take_looks(totals, [self.plan], SINCE + timedelta(days), self.share)
            assert looked_on in (None, looks.taken.get(GOAL))
            looked_on = looks.taken.get(GOAL)
            counts = fourfold(totals, GOAL, looks.began[GOAL], looked_on) if looked_on else None
            found.add(conclude(counts) if counts else None)
        return found - {None}

    def stops_at_the_first_good_news(self) -> bool:
        """Whether somebody finds a difference who tests at 95 % on every day, and stops when there is one."""
        visits, reached = self.visits.cumsum(axis=0), self.reached.cumsum(axis=0)
        pooled = reached.sum(axis=1) / visits.sum(axis=1)
        spread = numpy.sqrt(pooled * (1 - pooled) * (1 / visits).sum(axis=1))
        rates = reached / visits
        return bool((abs(rates[:, 0] - rates[:, 1]) > 1.96 * spread)[7:].any())


@pytest.fixture(scope="module")
def nothing_changes() -> list[Run]:
    """1,000 versions that do what the standard version does."""
    random = numpy.random.default_rng(20260302)
    return [
        Run(random, rate, rate, share, max(0.02, rate / 5)) for rate in RATES for share in SHARES for _ in range(100)
    ]


def test_of_a_thousand_versions_that_change_nothing_hardly_any_is_said_to(nothing_changes):
    verdicts = [run.verdicts_of_all_days() for run in nothing_changes]
    assert all(len(found) == 1 for found in verdicts), "each is judged, and its verdict never changes"
    count = Counter(finding for found in verdicts for finding in found)
    wrong = sum(count[finding] for finding in FALSE_ALARMS)
    leaning = count[Finding.LEANING_HIGHER] + count[Finding.LEANING_LOWER]
    assert wrong <= 20, count  # 1 % are to be expected, and 5 % would be too many
    assert wrong + leaning <= 70, count  # 5 % are to be expected: at 95 % it does miss so often


def test_nor_of_a_goal_that_was_made_later_than_the_version():
    random = numpy.random.default_rng(20260304)
    runs = [Run(random, rate, rate, 1000, max(0.02, rate / 5), LATER) for rate in RATES for _ in range(60)]
    count = Counter(finding for run in runs for finding in run.verdicts_of_all_days())
    assert count.total() == len(runs)
    wrong = sum(count[finding] for finding in FALSE_ALARMS)
    assert wrong <= 9, count  # of 300; 3 are to be expected, and more than 9 in 1 of 1,000 such tests
    assert wrong + count[Finding.LEANING_HIGHER] + count[Finding.LEANING_LOWER] <= 28, count


def test_whoever_stops_at_the_first_good_news_finds_a_difference_in_many_of_the_same(nothing_changes):
    assert sum(run.stops_at_the_first_good_news() for run in nothing_changes) > 150


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize(
    "standard_rate, version_rate, finding",
    [
        (0.10, 0.12, Finding.HIGHER),
        (0.12, 0.10, Finding.LOWER),
        (0.50, 0.52, Finding.HIGHER),
        (0.04, 0.02, Finding.LOWER),
    ],
)
def test_a_difference_of_the_size_that_is_worth_knowing_is_found_in_four_of_five_cases(
    standard_rate, version_rate, finding, share
):
    random = numpy.random.default_rng(20260303)
    found = Counter(
        verdict
        for _ in range(400)
        for verdict in Run(random, standard_rate, version_rate, share, 0.02).verdicts_of_all_days()
    )
    assert found.total() == 400
    assert found[finding] / 400 > 0.74, found  # 80 % are planned; by chance less than 74 % are in 2 of 1,000 such tests
    opposite = FALSE_ALARMS - {finding}
    assert not found.keys() & opposite
