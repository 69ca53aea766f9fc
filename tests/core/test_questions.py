"""Questions: which values each operator takes, which it refuses, and in which words."""

from typing import Any

import pytest

from wagtail_personalise_gov.core.conditions import (
    QUESTIONS,
    ConditionError,
    ContainsAny,
    Equals,
    from_json,
)
from wagtail_personalise_gov.core.facts import Partly

TAKEN: dict[str, list[Any]] = {
    "in": [["GB"], ["", "x"], [1, 2.5], ["x"] * 1000, ["x" * 500], {"GB", "FR"}],
    "equals": ["", "GB", 0, -1.5, True, False, "x" * 500],
    "at_least": [0, -3, 2.5, 10**300],
    "at_most": [0, -3, 2.5, 10**300],
    "between": [
        [1, 2],
        [2, 2],
        [None, 2],
        [2, None],
        ["2026-04-01", "2026-04-18"],
        ["2026-04-18", "2026-04-18"],
        ["2026-04-18", None],
        [None, "2028-02-29"],
        ["12-20", "01-06"],
        ["02-29", "02-29"],
        ["22:00", "06:00"],
        ["00:00", "23:59"],
        ["00:00", "23:59", "Europe/London"],
        ["2026-04-01", None, "America/Argentina/Buenos_Aires"],
        ["12-20", "01-06", "UTC"],
    ],
    "weekday": [["monday"], ["Saturday", "SUNDAY"]],
    "contains_any": [["GB-WLS"], [1, 2], [""]],
    "matches": [["*.gov.uk"], ["*"], ["a", "b*"]],
    "within": [{"lat": 90, "lng": -180, "km": 0.1}, {"lat": -90.0, "lng": 180, "km": 20_100}],
    "in_network": [["192.0.2.0/24"], ["192.0.2.1"], ["2001:db8::/32", "10.0.0.0/8"], ["0.0.0.0/0"]],
    "language": [["cy"], ["en-GB", "cy"], ["*"], ["zh-Hant-TW"], ["de-1996"], ["x-klingon"]],
    "at_least_in": [{"restaurant": 0.5}, {"restaurant": 1, "daycare": 0.001}],
}

NOT_LISTS: list[Any] = ["GB", b"GB", 5, None, True, {"GB": 1}, []]
REFUSED: dict[str, list[Any]] = {
    "in": [*NOT_LISTS, [True], [None], [["GB"]], ["GB", 1], ["x" * 501], ["x"] * 1001, [float("nan")], [10**309]],
    "equals": [None, ["GB"], {"GB": 1}, float("nan"), float("-inf"), 10**309, "x" * 501, b"GB"],
    "at_least": ["3", True, None, [3], float("nan"), float("inf"), 10**309],
    "at_most": ["3", False, None, {}, float("nan"), float("inf"), -(10**309)],
    "between": [
        "09:00",
        [],
        [1],
        [1, 2, 3],
        [None, None],
        [2, 1],
        [1, "2"],
        [True, 2],
        [float("nan"), 2],
        ["2026-04-18", "2026-04-01"],
        ["2026-04-18", "17:00"],
        ["2026-04-18", "04-18"],
        ["2026-02-29", None],  # no leap year
        ["02-30", "03-01"],
        ["13-01", "13-02"],
        ["04-18", None],
        ["09:00", None],
        [None, "17:00"],
        ["09:00", "09:00"],  # nothing, or the whole day?
        ["09:00", "24:00"],
        ["9:00", "17:00"],
        ["09:00:00", "17:00:00"],
        ["09:60", "17:00"],
        ["18/04/2026", None],
        ["2026-4-1", None],
        ["2026-W16-6", None],
        ["W16-6", "W17-6"],
        ["20260418", None],
        ["2026-04-18T09:00", None],
        {"low": 1, "high": 2},
        [1, 2, "Europe/London"],
        ["09:00", "17:00", "Europe/London", "UTC"],
        ["09:00", "17:00", "Europe/Lundon"],
        ["09:00", "17:00", "Europe"],  # a folder of zones
        ["09:00", "17:00", "../../etc/passwd"],
        ["09:00", "17:00", ""],
        ["09:00", "17:00", "x" * 501],
        ["09:00", "17:00", None],
    ],
    "weekday": [*NOT_LISTS, ["mon"], [""], [1], ["samedi"]],
    "contains_any": [*NOT_LISTS, [True], [None], ["GB", 1]],
    "matches": [*NOT_LISTS, [""], [1], ["x" * 501], ["*"] * 1001],
    "within": [
        {},
        {"lat": 51.5, "lng": -0.1},
        {"lat": 51.5, "lng": -0.1, "km": 5, "miles": 3},
        {"lat": 90.1, "lng": 0, "km": 5},
        {"lat": 0, "lng": -180.1, "km": 5},
        {"lat": 0, "lng": 0, "km": 0},
        {"lat": 0, "lng": 0, "km": -5},
        {"lat": 0, "lng": 0, "km": 20_101},
        {"lat": "51.5", "lng": "-0.1", "km": "5"},
        {"lat": True, "lng": 0, "km": 5},
        {"lat": float("nan"), "lng": 0, "km": 5},
        [51.5, -0.1, 5],
        None,
    ],
    "in_network": [
        *NOT_LISTS,
        ["192.0.2.1/24"],
        ["192.0.2.0/33"],
        ["office"],
        ["192.0.2"],
        [167772161],
        [""],
        ["::1%"],
    ],
    "language": [*NOT_LISTS, [""], ["en_GB"], ["welsh and english"], ["en-"], ["-en"], ["1996"], ["abcdefghi"], ["cý"]],
    "at_least_in": [
        {},
        ["restaurant"],
        [["restaurant", 0.5]],
        {"restaurant": 0},
        {"restaurant": -0.5},
        {"restaurant": 1.1},
        {"restaurant": "0.5"},
        {"restaurant": True},
        {"restaurant": float("nan")},
        {"": 0.5},
        "restaurant",
        None,
    ],
}


@pytest.mark.parametrize("operator, value", [(op, value) for op, values in TAKEN.items() for value in values])
def test_a_question_takes_values_of_its_stated_type(operator: str, value: Any) -> None:
    question = QUESTIONS[operator]("some.fact", value)
    assert from_json(question.to_json()) == question
    assert QUESTIONS[operator]("some.fact", question.value) == question  # the canonical form is itself a value


@pytest.mark.parametrize("operator, value", [(op, value) for op, values in REFUSED.items() for value in values])
def test_a_question_refuses_other_values_and_says_what_it_takes(operator: str, value: Any) -> None:
    with pytest.raises(ConditionError) as caught:
        QUESTIONS[operator]("some.fact", value)
    words = str(caught.value)
    says_what_it_takes = f"\"{operator}\" asked of 'some.fact' takes {QUESTIONS[operator].takes}; got " in words
    assert says_what_it_takes or any(
        remedy in words
        for remedy in (
            "ends before it starts",
            "Write it as 192.0.2.0/24",
            "Write it as cy, or as en-GB",
            "Write one such as Europe/London",
            "The days are monday, tuesday",
        )
    )
    assert len(words) < 500


def test_every_operator_has_rows_here() -> None:
    assert set(TAKEN) == set(REFUSED) == set(QUESTIONS)


@pytest.mark.parametrize("fact", ["", None, 5, ["a"], "x" * 501, "a\0"], ids=repr)
def test_a_question_names_its_fact_by_text(fact: Any) -> None:
    with pytest.raises(ConditionError, match="names its fact by text"):
        Equals(fact, 1)


def test_a_condition_error_is_a_value_error() -> None:
    assert issubclass(ConditionError, ValueError)


@pytest.mark.parametrize(
    "known, answer",
    [
        (Partly([12]), True),
        (Partly([3]), None),  # it may be among those that are not told
        (Partly([]), None),
        (Partly([3], untold=[12]), None),
        (Partly([3], untold=[15]), False),  # of 12 it can be told
        (Partly([12], untold=[12]), True),
        ([3], False),
    ],
)
def test_what_is_absent_from_a_list_that_is_told_in_part_can_not_be_told(known: Any, answer: bool | None) -> None:
    assert ContainsAny("visit.pages", [12]).answer({"visit.pages": known}) is answer
