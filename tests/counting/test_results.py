"""What the report says of what was counted."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wagtail_personalise_gov.core.counting import Arm
from wagtail_personalise_gov.counting import results, statistics
from wagtail_personalise_gov.counting.looks import days_to_judge
from wagtail_personalise_gov.counting.results import COLUMNS, Finding, block_results, results_of
from wagtail_personalise_gov.counting.totals import COMPARED, Tallies, Totals
from wagtail_personalise_gov.models import Goal

from .given import compared, counted, publishing, version_id

pytestmark = pytest.mark.django_db

BEGAN = date(2026, 3, 2)
PARENTS, CARERS, OTHER = version_id("for parents"), version_id("for carers"), version_id("of another block")


def days_later(days: int) -> date:
    return BEGAN + timedelta(days)


@pytest.fixture
def goal() -> Goal:
    return Goal.objects.create(slug="applied", name="Licence applied for", smallest_difference=Decimal("6"))


def the_comparison(goal, today, version=PARENTS):
    (result,) = block_results([version], [goal], today).versions
    (comparison,) = result.comparisons
    return comparison


# Verdicts


@pytest.mark.parametrize(
    "reached, finding",
    [
        ((60, 40), Finding.HIGHER),
        ((40, 60), Finding.LOWER),
        ((50, 43), Finding.LEANING_HIGHER),
        ((43, 50), Finding.LEANING_LOWER),
        ((50, 50), Finding.NO_DIFFERENCE),
    ],
)
def test_a_version_is_judged_beside_the_standard_version(goal, reached, finding):
    compared(BEGAN, 9, PARENTS, (200, 200), reached, share=5000)
    comparison = the_comparison(goal, days_later(12))
    assert comparison.finding is finding
    assert comparison.variant.visits.count == comparison.holdout.visits.count == 1600
    assert comparison.variant.rate == reached[0] / 200
    assert comparison.difference == pytest.approx((reached[0] - reached[1]) / 200)
    assert comparison.low < comparison.difference < comparison.high
    assert goal.name in comparison.words
    assert "9 Mar 2026" in comparison.words


def test_the_figures_in_words(goal):
    compared(BEGAN, 9, PARENTS, (200, 200), (60, 40), share=5000)
    comparison = the_comparison(goal, days_later(12))
    assert (comparison.variant.percent, comparison.holdout.percent) == ("30.0%", "20.0%")
    assert comparison.difference_text == "+10.0 points"
    assert comparison.interval_text == "+7.0 to +13.0 points"
    assert comparison.words.startswith(
        "With this version more visits reach “Licence applied for”: 30.0%, and 20.0% without it. "
        "The difference lies between +7.0 and +13.0 percentage points"
    )
    assert comparison.finding.label == "Higher"


def test_a_loss_is_written_with_a_minus_sign(goal):
    compared(BEGAN, 9, PARENTS, (200, 200), (40, 60), share=5000)
    assert the_comparison(goal, days_later(12)).difference_text == "\N{MINUS SIGN}10.0 points"


def test_what_came_after_the_day_of_the_verdict_changes_nothing(goal):
    compared(BEGAN, 9, PARENTS, (200, 200), (60, 40), share=5000)
    first = the_comparison(goal, days_later(9))
    compared(days_later(9), 30, PARENTS, (200, 200), (10, 90), share=5000)
    for today in (10, 15, 16, 39, 60):
        assert the_comparison(goal, days_later(today)) == first
    (version,) = block_results([PARENTS], [goal], days_later(39)).versions
    assert version.visits[Arm.VARIANT].count == 39 * 200  # it goes on being shown, and counted
    assert first.looked_on == days_later(7)


def test_enough_visits_on_the_first_day_wait_for_a_whole_week_to_end(goal):
    """And two days more: a visit that began before midnight may reach a goal after it."""
    compared(BEGAN, 8, PARENTS, (3000, 3000), (900, 600), share=5000)
    for today in range(9):
        comparison = the_comparison(goal, days_later(today))
        assert (comparison.finding, comparison.more_visits) == (Finding.NOT_ENOUGH, 0)
        assert comparison.difference is comparison.low is comparison.looked_on is None
        assert "9 Mar 2026" in comparison.words
    assert the_comparison(goal, days_later(9)).finding is Finding.HIGHER


def test_a_verdict_waits_for_the_planned_visits_and_says_how_many_are_missing(goal):
    compared(BEGAN, 16, PARENTS, (100, 100), (30, 20), share=5000)
    early = the_comparison(goal, days_later(9))
    needed = statistics.visits_needed(0.25, 0.06, 5000, 11)
    assert 8 * 200 < needed <= 15 * 200
    assert early.finding is Finding.NOT_ENOUGH
    assert early.more_visits == statistics.two_digits_up(needed - 2000) > 0
    assert f"About {early.more_visits:,} more" in early.words
    assert early.low is None  # an interval to stare at would be a verdict in disguise
    late = the_comparison(goal, days_later(16))
    assert (late.finding, late.looked_on) == (Finding.HIGHER, days_later(14))


def test_a_smaller_difference_that_is_worth_knowing_takes_longer(goal):
    compared(BEGAN, 9, PARENTS, (200, 200), (60, 40), share=5000)
    goal.smallest_difference = Decimal("1")
    assert the_comparison(goal, days_later(12)).finding is Finding.NOT_ENOUGH


def test_each_goal_is_judged_on_its_own_day(goal):
    rare = Goal.objects.create(slug="appealed", name="Appealed", smallest_difference=Decimal("3"))
    for offset in range(30):
        counted(days_later(offset), PARENTS, Arm.VARIANT, 200, share=5000, applied=60, appealed=60)
        counted(days_later(offset), PARENTS, Arm.HOLDOUT, 200, share=5000, applied=40, appealed=40)
    (version,) = block_results([PARENTS], [goal, rare], days_later(40)).versions
    assert [comparison.looked_on for comparison in version.comparisons] == [days_later(7), days_later(28)]
    assert [comparison.variant.visits.count for comparison in version.comparisons] == [1600, 5800]


# What stands in the way of one


def test_where_nobody_is_held_back_there_is_nothing_to_compare_with(goal):
    counted(BEGAN, PARENTS, Arm.VARIANT, 5000, applied=600)
    comparison = the_comparison(goal, days_later(30))
    assert (comparison.finding, comparison.holdout) == (Finding.NO_HOLDOUT, None)
    assert comparison.variant.rate == 0.12
    assert "hold back" in comparison.words
    assert comparison.difference_text == comparison.interval_text == ""


def test_the_period_and_the_share_are_told(goal):
    counted(BEGAN, PARENTS, Arm.VARIANT, 20)
    compared(BEGAN, 2, CARERS, (90, 10), (9, 1))
    nobody, tenth = block_results([PARENTS, CARERS], [goal], days_later(1)).versions
    assert nobody.words == ["Visits from 2 Mar 2026 to 2 Mar 2026."]
    assert tenth.words == ["Visits from 2 Mar 2026 to 3 Mar 2026, of which 10% were to be held back."]


def test_too_many_or_too_few_held_back_make_all_figures_void(goal):
    compared(BEGAN, 9, PARENTS, (200, 170), (60, 34), share=5000)
    result = block_results([PARENTS], [goal], days_later(12))
    (version,) = result.versions
    (comparison,) = version.comparisons
    assert version.sample_ratio_alarm
    assert "50%" in version.words[0]
    assert "Don’t rely" in version.words[0]
    assert comparison.finding is result.finding is Finding.SAMPLE_RATIO
    assert comparison.difference is comparison.low is None


def test_as_many_held_back_as_were_drawn_raise_no_alarm(goal):
    compared(BEGAN, 9, PARENTS, (200, 196), (60, 39), share=5000)
    (version,) = block_results([PARENTS], [goal], days_later(12)).versions
    assert not version.sample_ratio_alarm
    assert "Don’t rely" not in " ".join(version.words)


def test_a_small_count_withholds_all_that_follows_from_it(goal):
    compared(BEGAN, 9, PARENTS, (180, 20), (20, 1))
    comparison = the_comparison(goal, days_later(12))
    assert comparison.finding is Finding.WITHHELD
    assert comparison.holdout.reached.text == "fewer than 11"
    assert comparison.holdout.rate is comparison.difference is comparison.low is comparison.more_visits is None
    assert comparison.variant.rate is not None


def test_an_arm_without_visits_is_not_enough_and_nothing_is_withheld(goal):
    counted(BEGAN, PARENTS, Arm.VARIANT, 20, share=1000, applied=0)
    comparison = the_comparison(goal, days_later(12))
    assert (comparison.finding, comparison.more_visits) == (Finding.NOT_ENOUGH, None)
    assert comparison.holdout.visits.text == "0"


def test_a_comparison_whose_beginning_will_soon_be_deleted_is_no_longer_judged(goal):
    compared(BEGAN, 9, PARENTS, (200, 200), (60, 40), share=5000)
    with publishing(TALLIES_MAX_AGE_DAYS=60):
        assert the_comparison(goal, days_later(54)).finding is Finding.HIGHER
        comparison = the_comparison(goal, days_later(55))
    assert (comparison.finding, comparison.difference) == (Finding.TOO_OLD, None)
    assert "60 days" in comparison.words


def test_without_scipy_everything_but_the_conclusion_is_shown(goal, monkeypatch):
    compared(BEGAN, 9, PARENTS, (200, 200), (60, 40), share=5000)
    monkeypatch.setattr(statistics, "find_spec", lambda name: None)
    comparison = the_comparison(goal, days_later(12))
    assert comparison.finding is Finding.NO_STATISTICS
    assert comparison.difference == pytest.approx(0.1)
    assert comparison.low is comparison.looked_on is None
    assert 'pip install "wagtail-personalise-gov[statistics]"' in comparison.words


# One share


def test_only_the_newest_share_is_compared_and_the_report_says_so(goal):
    compared(BEGAN, 9, PARENTS, (900, 100), (90, 50), share=1000)
    compared(days_later(8), 9, PARENTS, (200, 200), (60, 40), share=2500)  # both on the day of the change
    (version,) = block_results([PARENTS], [goal], days_later(16)).versions
    assert (version.share, version.share_percent) == (2500, "25%")
    assert (version.since, version.until) == (days_later(8), days_later(16))
    assert version.visits[Arm.HOLDOUT].count == 1800
    assert version.others_left_out
    assert any("another share" in sentence for sentence in version.words)


@pytest.mark.parametrize(
    "today, share, since",
    [
        (3, 1000, 0),
        (4, 2500, 4),  # on the day of the change visits are counted under both
        (7, 2500, 4),
        (9, 1000, 0),  # changed back: the same lots as before
    ],
)
def test_the_newest_share_is_the_one_that_was_in_force_last(goal, today, share, since):
    compared(BEGAN, 5, PARENTS, (900, 100), (90, 10), share=1000)
    compared(days_later(4), 4, PARENTS, (750, 250), (75, 25), share=2500)
    compared(days_later(8), 2, PARENTS, (900, 100), (90, 10), share=1000)
    (version,) = block_results([PARENTS], [goal], days_later(today)).versions
    assert (version.share, version.since) == (share, days_later(since))


def test_with_one_share_nothing_is_left_out(goal):
    compared(BEGAN, 9, PARENTS, (900, 100), (90, 10))
    (version,) = block_results([PARENTS], [goal], days_later(16)).versions
    assert not version.others_left_out
    assert version.ended is None
    assert not any("another share" in sentence for sentence in version.words)


def test_when_nobody_is_held_back_any_more_the_comparison_goes_on_telling(goal):
    compared(BEGAN, 9, PARENTS, (200, 200), (60, 40), share=5000)
    counted(days_later(9), PARENTS, Arm.VARIANT, 400, applied=120)
    (version,) = block_results([PARENTS], [goal], days_later(12)).versions
    assert version.ended == days_later(9)
    assert version.comparisons[0].finding is Finding.HIGHER
    assert any("nobody is held back" in sentence for sentence in version.words)


def test_what_ended_too_early_asks_for_no_more_visits(goal):
    compared(BEGAN, 2, PARENTS, (200, 200), (60, 40), share=5000)
    counted(days_later(2), PARENTS, Arm.VARIANT, 400, applied=120)
    comparison = the_comparison(goal, days_later(12))
    assert (comparison.finding, comparison.more_visits) == (Finding.NOT_ENOUGH, None)
    assert "ended" in comparison.words


# What belongs to a block


def test_what_is_counted_later_than_today_is_not_told(goal):
    counted(BEGAN, PARENTS, Arm.VARIANT, 20)
    counted(days_later(1), PARENTS, Arm.VARIANT, 30)
    (version,) = block_results([PARENTS], [goal], BEGAN).versions
    assert version.visits[Arm.VARIANT].count == 20


def test_a_version_for_two_segments_has_a_result_for_each(goal):
    compared(BEGAN, 9, PARENTS, (200, 200), (60, 40), share=5000, segment="parents")
    compared(BEGAN, 9, PARENTS, (200, 200), (40, 60), share=5000, segment="grandparents")
    found = block_results([PARENTS], [goal], days_later(12)).versions
    assert [(version.segment, version.comparisons[0].finding) for version in found] == [
        ("grandparents", Finding.LOWER),
        ("parents", Finding.HIGHER),
    ]


def test_versions_stand_in_their_order_and_without_those_of_other_blocks(goal):
    for version in (CARERS, PARENTS, OTHER):
        compared(BEGAN, 1, version, (200, 200), (60, 40), share=5000)
    found = block_results([PARENTS, CARERS], [goal], BEGAN).versions
    assert [version.variant for version in found] == [PARENTS, CARERS]
    assert all(version.visits[Arm.VARIANT].count == 200 for version in found)


def test_the_same_version_on_copies_of_a_page_is_counted_together(goal):
    counted(BEGAN, PARENTS, Arm.VARIANT, 20, block=PARENTS)
    counted(BEGAN, PARENTS, Arm.VARIANT, 30, block=CARERS)  # in the copy another version comes first
    (version,) = block_results([PARENTS], [goal], BEGAN).versions
    assert version.visits[Arm.VARIANT].count == 50


def test_the_standard_version_is_told_beside_them_whichever_version_was_first(goal):
    counted(BEGAN, PARENTS, Arm.STANDARD, 70, applied=14)
    counted(days_later(1), CARERS, Arm.STANDARD, 30, applied=11)
    counted(BEGAN, OTHER, Arm.STANDARD, 999, applied=99)
    result = block_results([PARENTS, CARERS], [goal], days_later(1))
    assert result.standard_visits.count == 100
    assert result.standard[0].rate.reached.count == 25
    assert result.standard_days == (BEGAN, days_later(1))


def test_learning_mode_is_told_by_itself(goal):
    counted(BEGAN, PARENTS, Arm.LEARNING, 100, applied=40)
    (version,) = block_results([PARENTS], [goal], BEGAN).versions
    assert version.visits == {Arm.LEARNING: version.learning[0].rate.visits}
    assert version.learning[0].rate.rate == 0.4
    assert (version.since, version.comparisons) == (None, ())
    assert "learning" in version.words[0]


def test_where_nothing_was_counted_it_says_so(goal):
    result = block_results([PARENTS], [goal], BEGAN)
    (version,) = result.versions
    assert (version.segment, version.since, version.visits, version.comparisons) == ("", None, {}, ())
    assert version.words == ["Nothing was counted for this version yet."]
    assert (result.finding, result.standard_visits.text, result.rows()) == (None, "0", [])


def test_the_worst_is_told_first(goal):
    compared(BEGAN, 9, PARENTS, (200, 200), (60, 40), share=5000)
    compared(BEGAN, 9, CARERS, (200, 200), (40, 60), share=5000)
    assert block_results([PARENTS, CARERS], [goal], days_later(12)).finding is Finding.LOWER
    assert block_results([PARENTS], [goal], days_later(12)).finding is Finding.HIGHER


def test_every_finding_has_a_label_and_a_place_among_the_others():
    assert {*results.LABELS} == {*results.WORTH_KNOWING} == {*Finding}


@pytest.mark.parametrize("blocks", [1, 30])
def test_many_blocks_take_as_many_queries_as_one(goal, blocks):
    ids = [version_id(str(number)) for number in range(blocks)]
    for version in ids:
        counted(BEGAN, version, Arm.VARIANT, 20)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = results_of({version: [version] for version in ids}, [goal], BEGAN)
    assert len(queries) == 2
    assert all(found[version].versions[0].visits[Arm.VARIANT].count == 20 for version in ids)


def test_more_versions_than_a_database_takes_in_one_query(goal):
    ids = [version_id(str(number)) for number in range(1001)]
    counted(BEGAN, ids[-1], Arm.VARIANT, 20)
    found = results_of({"block": ids}, [goal], BEGAN)["block"].versions
    assert found[-1].visits[Arm.VARIANT].count == 20


# Rows, for CSV and API


def test_rows_say_what_the_page_says(goal):
    compared(BEGAN, 9, PARENTS, (200, 200), (60, 40), share=5000)
    counted(BEGAN, PARENTS, Arm.LEARNING, 5, applied=1)
    counted(BEGAN, PARENTS, Arm.STANDARD, 100, applied=20)
    rows = block_results([PARENTS], [goal], days_later(12)).rows()
    assert all(tuple(row) == COLUMNS for row in rows)
    shown = [[row[name] for name in ("arm", "until", "visits", "reached", "rate", "finding")] for row in rows]
    assert shown == [
        ["variant", "2026-03-09", 1600, 480, 0.3, "higher"],
        ["holdout", "2026-03-09", 1600, 320, 0.2, ""],
        ["learning", "2026-03-02", "fewer than 11", "fewer than 11", "", ""],
        ["standard", "2026-03-02", 100, 20, 0.2, ""],
    ]
    assert (rows[0]["difference"], rows[0]["share_percent"], rows[0]["looked_on"]) == (0.1, 50, "2026-03-09")


def test_rows_without_a_goal_tell_the_visits():
    counted(BEGAN, PARENTS, Arm.VARIANT, 20)
    counted(BEGAN, PARENTS, Arm.STANDARD, 5)
    rows = block_results([PARENTS], [], BEGAN).rows()
    assert [(row["arm"], row["goal"], row["visits"]) for row in rows] == [
        ("variant", "", 20),
        ("standard", "", "fewer than 11"),
    ]


# Nothing withheld can be worked out


def test_a_total_shown_for_two_days_gives_away_no_few_visits_between_them(goal):
    """The verdict's visits stay on the page, and so do today's: these wait until enough were added."""
    compared(BEGAN, 8, PARENTS, (200, 200), (60, 40), share=5000)
    compared(days_later(8), 1, PARENTS, (3, 3), (0, 0), share=5000)
    (version,) = block_results([PARENTS], [goal], days_later(9)).versions
    assert version.comparisons[0].looked_on == version.until == days_later(7)
    assert version.visits[Arm.VARIANT].count == 1600
    compared(days_later(9), 1, PARENTS, (9, 9), (0, 0), share=5000)
    (version,) = block_results([PARENTS], [goal], days_later(9)).versions
    assert version.until == days_later(9)
    assert version.visits[Arm.VARIANT].count == 1612


def test_a_week_that_added_few_visits_is_no_week_to_judge_at():
    daily = [(days_later(day), arm, "", 1 if 7 < day < 22 else 9) for arm in COMPARED for day in range(29)]
    assert list(days_to_judge(Totals(daily), days_later(40))) == [days_later(day) for day in (7, 21, 28, 35)]


def everything_that_could_be_counted(goal):
    """All that is shown of two arms → all counts of which it could be told. Few and many visits, all of small parts."""
    cells = [
        (visits, part)
        for visits in (0, 1, 2, 3, 4, 5, 30, 31, 32)
        for part in range(visits + 1)
        if visits < 10 or part < 5 or part > visits - 5 or part in (15, 16)
    ]
    pages: dict[str, list[tuple[int, ...]]] = {}
    for variant, holdout in product(cells, cells):
        daily = [
            (BEGAN, arm, name, count)
            for arm, counts in ((Arm.VARIANT, variant), (Arm.HOLDOUT, holdout))
            for name, count in zip(("", goal.slug), counts, strict=True)
        ]
        tallies = Tallies(compared={PARENTS: {"parents": {5000: Totals(daily)}}})
        page = results.result_from(tallies, [PARENTS], [goal], days_later(20))
        pages.setdefault(f"{page} {page.rows()} {page.versions[0].words}", []).append((*variant, *holdout))
    return pages


def test_whoever_sees_a_whole_report_can_work_out_no_small_count(goal):
    goal.smallest_difference = Decimal("50")  # so that a few visits are enough for a verdict
    with publishing(3):
        pages = everything_that_could_be_counted(goal)
        assert any("looked_on=datetime" in page for page in pages)
        for page, possible in pages.items():
            for small in (
                {row[0] for row in possible},
                {row[1] for row in possible},
                {row[0] - row[1] for row in possible},
                {row[2] for row in possible},
                {row[3] for row in possible},
                {row[2] - row[3] for row in possible},
            ):
                assert len(small) > 1 or not small & {1, 2}, page
