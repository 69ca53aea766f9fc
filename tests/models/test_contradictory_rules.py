"""Rules that can't all be true: the segment says so, in the rules' own words."""

import pytest

from tests.factories import make_segment
from wagtail_personalise_gov.models import (
    DayOfWeekRule,
    FirstTimeVisitorRule,
    LocationRule,
    Rule,
    Segment,
    SegmentRule,
    VisitCountRule,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "one, other, says",
    [
        (LocationRule(cities=["Riverside"]), LocationRule(cities=["Hilltop"]), ["in Riverside", "in Hilltop"]),
        (LocationRule(countries=["GB"]), LocationRule(countries=["GB"], negated=True), ["United Kingdom"]),
        (DayOfWeekRule(days=["monday"]), DayOfWeekRule(days=["tuesday"]), ["Monday", "Tuesday"]),
        (FirstTimeVisitorRule(), FirstTimeVisitorRule(negated=True), ["first visit"]),
        (VisitCountRule(visits=5), VisitCountRule(comparison="at_most", visits=2), ["5", "2"]),
    ],
    ids=["towns", "country", "days", "first visit", "visits"],
)
def test_two_rules_that_contradict_each_other_are_named(one: Rule, other: Rule, says: list[str]) -> None:
    (problem,) = make_segment("nobody", one, other).problems()
    assert "can’t both be true, so nobody is in this segment" in problem
    assert all(word in problem for word in says)


def test_where_any_rule_will_do_they_do_not_contradict() -> None:
    towns = LocationRule(cities=["Riverside"]), LocationRule(cities=["Hilltop"])
    assert make_segment("either", *towns, match=Segment.ANY).problems() == []


def test_rules_that_go_together_are_no_problem() -> None:
    rules = LocationRule(cities=["Riverside"]), DayOfWeekRule(days=["monday"]), FirstTimeVisitorRule()
    assert make_segment("mondays", *rules).problems() == []


def test_inside_and_not_inside_the_same_segment_is_nobody() -> None:
    inner = make_segment("inner", FirstTimeVisitorRule())
    outer = make_segment("outer", SegmentRule(other=inner), SegmentRule(other=inner, negated=True))
    assert len(outer.problems()) == 1


def test_of_many_contradictions_some_are_named() -> None:
    towns = [LocationRule(cities=[name]) for name in ("Riverside", "Hilltop", "Market", "Eastfield")]
    assert len(make_segment("nobody", *towns).problems()) == 3


def test_three_rules_of_which_no_two_contradict_each_other() -> None:
    either = LocationRule(cities=["Riverside", "Hilltop"])
    neither = [LocationRule(cities=[name], negated=True) for name in ("Riverside", "Hilltop")]
    assert make_segment("nobody", either, *neither).problems() == [
        "Its rules can’t all be true of anybody, so nobody is in this segment."
    ]


def test_what_a_sites_own_condition_raises_keeps_nobody_from_the_form(monkeypatch: pytest.MonkeyPatch) -> None:
    segment = make_segment("riverside", LocationRule(cities=["Riverside"]), LocationRule(cities=["Hilltop"]))

    def fails(*conditions: object) -> bool:
        raise TypeError("unhashable type")

    monkeypatch.setattr("wagtail_personalise_gov.models.problems.contradict", fails)
    assert segment.problems() == []
