"""What the report says of what was counted."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations, product
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wagtail_personalise_gov.core.counting import Arm
from wagtail_personalise_gov.counting import results, statistics, wording
from wagtail_personalise_gov.counting.looks import take_looks
from wagtail_personalise_gov.counting.publishing import shown, shown_part
from wagtail_personalise_gov.counting.results import COLUMNS, Finding, block_results, results_of
from wagtail_personalise_gov.counting.totals import COMPARED, DAY, Tallies, Totals
from wagtail_personalise_gov.models import Goal

from .given import compared, counted, plan, publishing, version_id

pytestmark = pytest.mark.django_db

BEGAN = date(2026, 3, 2)
PARENTS, CARERS, OTHER = version_id("for parents"), version_id("for carers"), version_id("of another block")


def days_later(days: int) -> date:
    return BEGAN + timedelta(days)


def make_goal(slug: str, smallest_difference: str, made: int = -1, **more: object) -> Goal:
    """`made` so many days after the version was first counted; the day before, if nothing else is said."""
    more = {"name": slug.capitalize(), "kind": Goal.CODE, **more}
    worth_knowing = Decimal(smallest_difference)
    return Goal.objects.create(slug=slug, smallest_difference=worth_knowing, counted_since=days_later(made), **more)


@pytest.fixture
def goal() -> Goal:
    return make_goal("applied", "6", name="Licence applied for")


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
        assert (comparison.finding, comparison.more_visits) == (Finding.WAITING, 0)
        assert comparison.difference is comparison.low is comparison.looked_on is None
        assert "comes on 11 Mar 2026, by the visits up to 9 Mar 2026" in comparison.words
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
    rare = make_goal("appealed", "3")
    for offset in range(30):
        counted(days_later(offset), PARENTS, Arm.VARIANT, 200, share=5000, applied=60, appealed=60)
        counted(days_later(offset), PARENTS, Arm.HOLDOUT, 200, share=5000, applied=40, appealed=40)
    (version,) = block_results([PARENTS], [goal, rare], days_later(40)).versions
    assert [comparison.looked_on for comparison in version.comparisons] == [days_later(7), days_later(28)]
    assert [comparison.variant.visits.count for comparison in version.comparisons] == [1600, 5800]


# Goals that were made later than the version was first counted


def test_a_goal_that_was_made_later_is_judged_by_the_visits_since_then():
    later = make_goal("later", "6", made=10)
    compared(BEGAN, 11, PARENTS, (200, 200), (0, 0), share=5000, goal="later")
    compared(days_later(11), 9, PARENTS, (200, 200), (60, 40), share=5000, goal="later")
    (version,) = block_results([PARENTS], [later], days_later(18)).versions
    assert version.comparisons[0].finding is Finding.WAITING
    assert "19 Mar 2026" in version.comparisons[0].words
    (version,) = block_results([PARENTS], [later], days_later(19)).versions
    (comparison,) = version.comparisons
    assert (version.since, comparison.since, comparison.looked_on) == (BEGAN, days_later(11), days_later(17))
    assert (comparison.finding, comparison.variant.visits.count, comparison.variant.rate) == (
        Finding.HIGHER,
        7 * 200,
        0.3,
    )
    assert "Counted since 13 Mar 2026" in comparison.words


def test_a_goal_that_was_there_before_is_counted_since_the_version_is(goal):
    compared(BEGAN, 9, PARENTS, (200, 200), (60, 40), share=5000)
    comparison = the_comparison(goal, days_later(12))
    assert comparison.since == BEGAN
    assert "Counted since" not in comparison.words


def test_of_the_day_on_which_it_was_made_no_visit_is_asked():
    """Some may have come before it was made; and what had its name before is not what it is now."""
    goal = make_goal("applied", "6", made=1)
    compared(BEGAN, 2, PARENTS, (200, 200), (150, 150), share=5000)
    comparison = the_comparison(goal, days_later(1))
    assert (comparison.since, comparison.finding, comparison.variant.visits.text) == (None, Finding.NOT_ENOUGH, "0")
    assert "next whole day" in comparison.words
    (row, _holdout) = block_results([PARENTS], [goal], days_later(1)).rows()
    assert (row["since"], row["until"], row["visits"]) == ("", "", 0)
    compared(days_later(2), 1, PARENTS, (100, 100), (50, 50), share=5000)
    comparison = the_comparison(goal, days_later(2))
    assert (comparison.since, comparison.variant.visits.count, comparison.variant.rate) == (days_later(2), 100, 0.5)


@pytest.mark.parametrize("made", [-1, 0, None])  # None: before anything was counted
def test_what_is_made_with_the_version_is_seen_on_the_same_day(made):
    goal = make_goal("applied", "6", made=made or 0)
    if made is None:
        Goal.objects.update(counted_since=None)
        goal.refresh_from_db()
    compared(BEGAN, 1, PARENTS, (100, 100), (50, 50), share=5000)
    comparison = the_comparison(goal, BEGAN)
    assert (comparison.since, comparison.variant.visits.count, comparison.variant.rate) == (BEGAN, 100, 0.5)
    assert "Counted since" not in comparison.words


def test_what_is_told_besides_is_told_since_then_too(goal):
    later = make_goal("later", "6", made=1)
    for day in range(3):
        counted(days_later(day), PARENTS, Arm.STANDARD, 100, applied=20, later=50)
        counted(days_later(day), PARENTS, Arm.LEARNING, 40, applied=20, later=20)
    result = block_results([PARENTS], [goal, later], days_later(2))
    for rates, visits in ((result.standard, 100), (result.versions[0].learning, 40)):
        assert [(rate.since, rate.rate.visits.count, bool(rate.words)) for rate in rates] == [
            (BEGAN, 3 * visits, False),
            (days_later(2), visits, True),
        ]
        assert rates[1].rate.rate == 0.5
    assert [(row["arm"], row["goal"], row["since"]) for row in result.rows()] == [
        ("learning", "applied", "2026-03-02"),
        ("learning", "later", "2026-03-04"),
        ("standard", "applied", "2026-03-02"),
        ("standard", "later", "2026-03-04"),
    ]


def test_a_goal_that_nobody_reached_is_not_judged(goal):
    compared(BEGAN, 30, PARENTS, (200, 200), (0, 0), share=5000)
    comparison = the_comparison(goal, days_later(30))
    assert (comparison.finding, comparison.more_visits) == (Finding.NOT_ENOUGH, None)
    assert "can be reached" in comparison.words
    compared(days_later(30), 9, PARENTS, (200, 200), (20, 0), share=5000)
    assert the_comparison(goal, days_later(39)).finding is Finding.HIGHER


def test_a_goal_that_is_made_later_changes_no_verdict(goal):
    compared(BEGAN, 30, PARENTS, (200, 200), (60, 40), share=5000)
    before = the_comparison(goal, days_later(12))
    for made in range(12, 30):
        later = make_goal(f"later-{made}", "1", made=made)
        first, _second = block_results([PARENTS], [goal, later], days_later(30)).versions[0].comparisons
        assert first == before


@pytest.mark.parametrize("visits, since", [(0, 2), (5, 3), (11, 2)])
def test_few_visits_before_a_goal_was_made_put_its_beginning_off(visits, since):
    """Else the version's visits, less those of the goal, would be they. A day later there are enough."""
    later = make_goal("applied", "6", made=1)
    counted(BEGAN, PARENTS, Arm.VARIANT, 50, share=5000)
    counted(BEGAN, PARENTS, Arm.HOLDOUT, visits, share=5000)
    compared(days_later(2), 9, PARENTS, (50, 50), (20, 20), share=5000)
    assert the_comparison(later, days_later(10)).since == days_later(since)


def test_few_that_reached_another_goal_of_the_same_place_put_it_off_too():
    def begins(place):
        daily = [
            (days_later(day), arm, name, count)
            for arm in COMPARED
            for day, count in ((0, 3), (1, 0), (2, 30), (3, 30))
            for name, count in (("", 100), ("first", count), ("second", count))
        ]
        plans = [plan("first", place="/done/"), plan("second", counted_from=days_later(2), place=place)]
        return take_looks(Totals(daily), plans, days_later(6), 5000).began["second"]

    assert begins("/other/") == days_later(2)
    assert begins("/done/") == days_later(3)


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
    monkeypatch.setattr(statistics, "available", lambda: False)
    comparison = the_comparison(goal, days_later(12))
    assert comparison.finding is Finding.NO_STATISTICS
    assert comparison.variant.rate == pytest.approx(0.3)
    assert comparison.difference is comparison.low is comparison.looked_on is None
    assert 'pip install "wagtail-personalise-gov[statistics]"' in comparison.words


def test_rates_are_rounded_and_not_cut_off():
    assert wording.percent(0.17665) == "17.7%"
    assert wording.percent(0.0806) == "8.1%"
    assert wording.percent(1 / 3) == "33.3%"
    # A limit that lies just beside 0 is not 0.
    assert wording.interval(0.0003, 0.047) == "+0.03 to +4.7 points"
    assert wording.interval(-0.004, -0.0001) == "\N{MINUS SIGN}0.4 to \N{MINUS SIGN}0.01 points"
    assert wording.points(0.0) == "0.0 points"


def test_a_share_that_was_tried_for_a_day_does_not_hide_what_came_after(goal):
    compared(BEGAN, 1, PARENTS, (20, 20), (3, 3), share=1000)
    compared(days_later(1), 9, PARENTS, (200, 0), (60, 0), share=0)
    (version,) = block_results([PARENTS], [goal], days_later(12)).versions
    assert (version.share, version.visits[Arm.VARIANT].count) == (0, 1800)
    assert version.comparisons[0].finding is Finding.NO_HOLDOUT
    assert version.others_left_out


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


@pytest.mark.parametrize(
    "visits, reached, looked_on",
    [
        (22, 11, 14),
        (22, 0, 14),
        (22, 22, 14),
        (7, 0, 21),  # few visits
        (22, 4, 21),  # few of them reached the goal that was judged the week before
        (22, 18, 21),  # few did not
    ],
)
def test_a_week_that_added_few_is_no_week_to_judge_at(visits, reached, looked_on):
    """Of the second goal too few can be shown until the second week, in which this was added to each arm."""
    weeks = [(0, 2000, 1000, 10), (8, visits, reached, 1), (15, 2000, 1000, 400)]
    daily = [
        (days_later(day), arm, name, count)
        for arm in COMPARED
        for day, *counts in weeks
        for name, count in zip(("", "first", "second"), counts, strict=True)
    ]
    taken = take_looks(Totals(daily), [plan("first"), plan("second")], days_later(40), 5000).taken
    assert taken == {"first": days_later(7), "second": days_later(looked_on)}


def test_two_goals_for_the_same_place_give_away_no_few_that_reached_it_between_their_looks():
    def looks(reached_later):
        """In the second week, of a hundred visits of each arm."""
        daily = [
            (days_later(day), arm, name, count)
            for arm in COMPARED
            for day, visits, reached in ((0, 600, 240), (8, 100, reached_later), (15, 600, 240))
            for name, count in (("", visits), ("applied", reached), ("again", reached))
        ]
        plans = [plan("applied", 0.12, place="/done/"), plan("again", 0.093, place="/done/")]
        return take_looks(Totals(daily), plans, days_later(40), 5000).taken

    assert looks(40) == {"applied": days_later(7), "again": days_later(14)}
    assert looks(3) == {"applied": days_later(7), "again": days_later(21)}


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


def worked_out(periods):
    """All (day before, last day) between which somebody knows the count who subtracts what is shown from each other."""
    groups = [{since - DAY, until} for since, until in periods]
    for one, other in combinations(groups * len(groups), 2):
        if one is not other and one & other:
            one |= other
            other.clear()
    return {pair for group in groups for pair in combinations(sorted(group), 2)}


def counted_on_few_days(random, goals):
    """Forty days with few visits or many, of which few reached these goals, or few did not; all of them the same."""
    for day, arm in product(range(40), COMPARED):
        visits = random.choice([20, 30, 40]) if random.random() < 0.2 else random.choice([0, 0, 0, 1, 2])
        reached = min(random.choice([0, 1, visits // 2, visits]), visits)
        yield from ((days_later(day), arm, goal, reached) for goal in goals)
        yield days_later(day), arm, "", visits


@pytest.mark.parametrize("seed", range(100))
def test_whoever_subtracts_what_is_shown_from_what_is_shown_gets_no_small_count(seed):
    """Of four goals for the same place, which were made on several days and are judged on several."""
    random = Random(seed)
    made = [date.min, *(days_later(random.choice([0, 1, 3, 8, 20])) for _ in range(3))]
    plans = [
        plan(f"goal-{number}", random.choice([0.5, 0.4, 0.3, 0.2]), day, "/done/") for number, day in enumerate(made)
    ]
    totals = Totals(counted_on_few_days(random, [plan.goal for plan in plans]))
    with publishing(5):
        for today, arm in product(range(0, 50, 7), COMPARED):
            looks = take_looks(totals, plans, days_later(today), 5000)
            of_goals = [(since, looks.taken.get(goal, looks.now)) for goal, since in looks.began.items()]
            of_goals = [days for days in of_goals if days[0] <= days[1]]
            of_visits = [
                days for days in [(totals.since, looks.now), *of_goals] if shown(totals.between(*days, arm)) is not None
            ]
            of_reached = [
                days
                for days in of_goals
                if shown_part(totals.between(*days, arm, "goal-0"), totals.between(*days, arm)) is not None
            ]
            for before, until in worked_out(of_visits):
                assert shown(totals.between(before + DAY, until, arm)) is not None
            for before, until in worked_out(of_reached):
                reached = totals.between(before + DAY, until, arm, "goal-0")
                assert shown(reached) is not None
                if (before, until) in worked_out(of_visits):
                    assert shown(totals.between(before + DAY, until, arm) - reached) is not None
