"""Intervals, alarms and plans, against what is printed elsewhere and what can be counted out."""

import builtins
from math import comb

import pytest

from wagtail_personalise_gov.counting import statistics


@pytest.mark.parametrize(
    "hits, visits, other_hits, other_visits, low, high",
    [
        # Newcombe 1998, table II, method 10
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (0, 10, 0, 10, -0.2775, 0.2775),
        (10, 10, 0, 20, 0.6791, 1.0000),
        (10, 10, 0, 10, 0.6075, 1.0000),
    ],
)
def test_the_interval_of_a_difference_is_as_printed_in_newcombes_table(
    hits, visits, other_hits, other_visits, low, high
):
    found = statistics.difference_interval(hits, visits, other_hits, other_visits, 0.95)
    assert found == pytest.approx((low, high), abs=0.00005)


def test_the_other_way_round_the_interval_is_its_mirror():
    low, high = statistics.difference_interval(56, 70, 48, 80, 0.95)
    assert statistics.difference_interval(48, 80, 56, 70, 0.95) == pytest.approx((-high, -low))


def test_more_confidence_is_a_wider_interval():
    low, high = statistics.difference_interval(120, 1000, 90, 1000, 0.95)
    strict_low, strict_high = statistics.difference_interval(120, 1000, 90, 1000, 0.99)
    assert strict_low < low < 0.03 < high < strict_high


def test_a_limit_is_never_beyond_all_or_nothing():
    for hits in (0, 1, 10):
        for other in (0, 1, 10):
            low, high = statistics.difference_interval(hits, 10, other, 10, 0.99)
            assert -1 - 1e-12 <= low <= (hits - other) / 10 <= high <= 1 + 1e-12


def chance_of_at_most(hits: int, visits: int, share: float) -> float:
    return sum(comb(visits, k) * share**k * (1 - share) ** (visits - k) for k in range(hits + 1))


def test_the_alarm_sounds_where_chance_would_hardly_do_it():
    # Of 1,000 visits 100 should be held back. By chance alone 69 or fewer are in about 4 of 10,000 cases.
    assert chance_of_at_most(69, 1000, 0.1) < 0.0005
    assert statistics.sample_ratio_alarm(931, 69, 1000)
    assert chance_of_at_most(72, 1000, 0.1) > 0.0005
    assert not statistics.sample_ratio_alarm(928, 72, 1000)


@pytest.mark.parametrize(
    "variant, holdout, share, alarm",
    [
        (900, 100, 1000, False),
        (900_000, 100_000, 1000, False),
        (900_000, 101_500, 1000, True),  # 1.5 % too many is much, of so many
        (100, 0, 1000, True),
        (0, 0, 1000, False),
        (5, 5, 1000, False),  # too few to say
        (100, 0, 0, False),  # nobody was to be held back
    ],
)
def test_the_alarm_weighs_how_far_off_it_is_and_of_how_many(variant, holdout, share, alarm):
    assert statistics.sample_ratio_alarm(variant, holdout, share) is alarm


def test_the_plan_is_the_textbooks_where_both_arms_are_equal():
    # 10 % against 12 %, half and half, 99 %, 80 % power: 11.68 × (0.1 × 0.9 + 0.12 × 0.88) / 0.02² = 5,711 for each arm
    needed = statistics.visits_needed(0.11, 0.02, 5000, 11)
    assert needed == pytest.approx(2 * 5711, rel=0.001)


def test_a_smaller_share_or_difference_needs_more_visits():
    half, tenth = (statistics.visits_needed(0.1, 0.02, share, 11) for share in (5000, 1000))
    assert tenth > 2.5 * half
    assert statistics.visits_needed(0.1, 0.01, 5000, 11) == pytest.approx(4 * half, rel=0.05)


def test_the_plan_sees_to_it_that_the_smaller_arm_can_be_shown():
    # A difference of 20 points is soon found. But of 1 in 10 visits held back, 2 × 11 should reach the goal.
    needed = statistics.visits_needed(0.12, 0.2, 1000, 11)
    assert needed * 0.1 * 0.12 >= 22
    assert statistics.visits_needed(0.12, 0.2, 1000, 3) < needed


@pytest.mark.parametrize("pooled", [0.0, 1.0])
def test_a_goal_that_nobody_or_everybody_reaches_has_a_plan_too(pooled):
    assert 0 < statistics.visits_needed(pooled, 0.02, 1000, 11) < 100_000


@pytest.mark.parametrize(
    "number, rounded", [(0, 0), (7, 7), (99, 99), (100, 100), (101, 110), (12_001, 13_000), (990_001, 1_000_000)]
)
def test_what_is_missing_is_rounded_up_to_two_digits(number, rounded):
    assert statistics.two_digits_up(number) == rounded


@pytest.mark.parametrize("error", [ImportError, OSError])  # not there; or built for another machine
def test_without_scipy_it_says_so(error, monkeypatch):
    real_import = builtins.__import__

    def without_scipy(name, *args, **kwargs):
        if name.startswith("scipy"):
            raise error(name)
        return real_import(name, *args, **kwargs)

    assert statistics.available()
    statistics.available.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without_scipy)
    assert not statistics.available()
    statistics.available.cache_clear()
