"""Conditions that can't all be true are told, and those that follow from others; and no others are."""

from typing import Any

import pytest
from hypothesis import given, settings

from wagtail_personalise_gov.core.conditions import All, Condition, InSegment, Not, from_json
from wagtail_personalise_gov.core.conditions import Any as AnyOf
from wagtail_personalise_gov.core.contradictions import contradict, implies, inlined
from wagtail_personalise_gov.core.facts import Facts

from . import strategies


def asks(fact: str, operator: str, value: Any) -> Condition:
    return from_json({"fact": fact, "op": operator, "value": value})


def town(*names: str) -> Condition:
    return asks("location.city", "in", list(names))


def on(*days: str) -> Condition:
    return asks("clock.local", "weekday", list(days))


FIRST_VISIT = asks("visitor.first_visit", "equals", True)
GB, WALES = asks("location.country", "in", ["GB"]), asks("location.subdivisions", "contains_any", ["GB-WLS"])


@pytest.mark.parametrize(
    "together",
    [
        (town("Riverside"), town("Hilltop")),
        (town("Riverside", "Hilltop"), Not(town("hilltop", "RIVERSIDE"))),  # without regard to case, as they are asked
        (All(GB, town("Riverside")), All(GB, town("Hilltop"))),
        (on("monday"), on("tuesday")),
        (on("saturday", "sunday"), Not(on("saturday", "sunday"))),
        (FIRST_VISIT, Not(FIRST_VISIT)),
        (FIRST_VISIT, asks("visitor.visits", "at_least", 2)),
        (Not(FIRST_VISIT), asks("visitor.visits", "at_most", 1)),
        (asks("visitor.first_visit", "equals", False), asks("visitor.visits", "equals", 1)),
        (FIRST_VISIT, asks("visitor.first_visit", "equals", False)),
        (asks("visitor.visits", "at_least", 3), asks("visitor.visits", "at_most", 2)),
        (asks("visitor.visits", "equals", 1), asks("visitor.visits", "at_least", 2)),
        (InSegment("abroad"), Not(InSegment("abroad"))),
        (WALES, Not(WALES)),
        (AnyOf(town("Riverside"), town("Hilltop")), Not(town("Riverside")), Not(town("Hilltop"))),  # no two of them do
        (All(),),  # of nothing: nobody
    ],
)
def test_these_are_true_of_nobody(together: tuple[Condition, ...]) -> None:
    assert contradict(*together)


@pytest.mark.parametrize(
    "together",
    [
        (),
        (GB,),
        (town("Riverside"), town("riverside", "Hilltop")),
        (GB, town("Riverside")),
        (WALES, asks("location.subdivisions", "contains_any", ["GB-ENG"])),  # a list may hold both
        (on("monday", "tuesday"), on("tuesday", "wednesday")),
        (FIRST_VISIT, asks("visitor.visits", "at_most", 3)),
        (on("monday"), asks("clock.local", "between", ["09:00", "17:00"])),
        (asks("visitor.visits", "at_least", 3), asks("visitor.visits", "at_most", 3)),
        (Not(asks("a.number", "at_least", 2)), Not(asks("a.number", "at_most", 1))),  # 1.5
        (AnyOf(town("Riverside"), GB), town("Hilltop")),
        (InSegment("abroad"), Not(InSegment("first-time-visitors"))),
        (Not(All()),),
    ],
)
def test_these_may_be_true_of_somebody(together: tuple[Condition, ...]) -> None:
    assert not contradict(*together)


def test_what_has_too_many_ways_is_not_claimed_to_be_one() -> None:
    many = [AnyOf(*(asks(f"fact.{number}", "equals", value) for value in range(9))) for number in range(9)]
    assert not contradict(*many, FIRST_VISIT, Not(FIRST_VISIT))


@settings(max_examples=300)
@given(strategies.conditions(), strategies.conditions(), strategies.facts())
def test_nobody_is_ever_in_what_is_called_a_contradiction(one: Condition, other: Condition, facts: Facts) -> None:
    if contradict(one, other):
        assert not (one.answer(facts) is True and other.answer(facts) is True)


COUNTY, BOTH = town("Riverside", "Hilltop"), AnyOf(town("Riverside"), town("Hilltop"))
WALES_OR_ENGLAND = asks("location.subdivisions", "contains_any", ["gb-wls", "GB-ENG"])


@pytest.mark.parametrize(
    "one, other",
    [
        (GB, GB),
        (town("Riverside"), COUNTY),
        (town("Riverside"), BOTH),
        (COUNTY, BOTH),
        (BOTH, COUNTY),
        (All(GB, town("Riverside")), town("RIVERSIDE")),
        (town("Riverside"), AnyOf(GB, town("Riverside"))),
        (town("Riverside"), Not(town("Hilltop"))),  # whose town is known is known not to be in another
        (on("monday"), on("monday", "tuesday")),
        (asks("visitor.visits", "at_least", 3), asks("visitor.visits", "at_least", 2)),
        (WALES, WALES_OR_ENGLAND),
        (Not(WALES_OR_ENGLAND), Not(WALES)),
        (InSegment("abroad"), InSegment("abroad")),
        (All(InSegment("abroad"), GB), AnyOf(InSegment("abroad"), FIRST_VISIT)),
    ],
)
def test_the_other_follows(one: Condition, other: Condition) -> None:
    assert implies(one, other)


@pytest.mark.parametrize(
    "one, other",
    [
        (COUNTY, town("Riverside")),
        (GB, town("Riverside")),
        (town("Riverside"), GB),  # there is a Riverside elsewhere
        (AnyOf(town("Riverside"), GB), town("Riverside")),
        (GB, AnyOf(FIRST_VISIT, Not(FIRST_VISIT))),  # of whom nothing is remembered, neither is true
        (GB, Not(FIRST_VISIT)),
        (FIRST_VISIT, asks("visitor.visits", "at_most", 1)),  # one may be known without the other
        (on("monday", "tuesday"), on("monday")),
        (WALES_OR_ENGLAND, WALES),
        (InSegment("abroad"), Not(GB)),
        (All(town("Riverside"), town("Hilltop")), GB),  # nobody is in it, so nothing is said of anybody
        (All(), GB),
    ],
)
def test_the_other_does_not_follow(one: Condition, other: Condition) -> None:
    assert not implies(one, other)


def test_segments_are_written_out_to_see_what_follows() -> None:
    segments = {"abroad": Not(GB), "far": InSegment("abroad"), "circle": AnyOf(InSegment("circle"), GB)}
    assert inlined(All(InSegment("far"), FIRST_VISIT), segments) == All(Not(GB), FIRST_VISIT)
    assert implies(inlined(InSegment("far"), segments), Not(GB))
    assert inlined(InSegment("circle"), segments) == AnyOf(InSegment("circle"), GB)
    assert inlined(InSegment("gone"), segments) == InSegment("gone")


@settings(max_examples=400)
@given(strategies.conditions(), strategies.conditions(), strategies.facts())
def test_of_whom_the_first_is_true_the_other_is_if_it_is_said_to_follow(
    one: Condition, other: Condition, facts: Facts
) -> None:
    for first, second in ((one, other), (All(one, other), other), (one, AnyOf(other, one))):
        if first.answer(facts) is True and implies(first, second):
            assert second.answer(facts) is True
