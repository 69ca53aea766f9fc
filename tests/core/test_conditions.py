"""Conditions as values: what may be asked, what is refused and in which words, and when two are the same."""

import dataclasses
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wagtail_personalise_gov.core.conditions import (
    QUESTIONS,
    All,
    AtLeast,
    AtLeastIn,
    AtMost,
    Between,
    Condition,
    ConditionError,
    ContainsAny,
    Equals,
    InNetwork,
    InSegment,
    Matches,
    Not,
    OneOf,
    Within,
    from_json,
)
from wagtail_personalise_gov.core.conditions import Any as AnyOf
from wagtail_personalise_gov.core.questions import distance_km, like

FRENCH = OneOf("location.country", {"FR"})
SIGNED_IN = Equals("account.signed_in", True)


# What a condition is made of


def test_conditions_are_joined_by_operators_as_by_their_names() -> None:
    assert All(FRENCH, SIGNED_IN) == FRENCH & SIGNED_IN
    assert AnyOf(FRENCH, SIGNED_IN) == FRENCH | SIGNED_IN
    assert Not(FRENCH) == ~FRENCH


def test_a_condition_names_the_facts_and_segments_that_it_asks() -> None:
    condition = (FRENCH & ~SIGNED_IN) | InSegment("new-parents") | ~InSegment("abroad")
    assert condition.facts == {"location.country", "account.signed_in"}
    assert condition.segments == {"new-parents", "abroad"}


def test_a_condition_of_nothing_asks_nothing() -> None:
    assert All().facts == AnyOf().facts == frozenset()
    assert All().segments == AnyOf().segments == frozenset()


@pytest.mark.parametrize(
    "condition", [FRENCH, All(FRENCH), Not(FRENCH), InSegment("abroad")], ids=lambda c: type(c).__name__
)
def test_a_condition_never_changes(condition: Condition) -> None:
    field = dataclasses.fields(condition)[0].name  # type: ignore[arg-type]
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(condition, field, "other")


def test_a_condition_can_be_copied_to_another_process() -> None:
    condition = (FRENCH & ~SIGNED_IN) | InSegment("abroad") | Within("location.point", {"lat": 1, "lng": 2, "km": 3})
    assert pickle.loads(pickle.dumps(condition)) == condition  # noqa: S301


@pytest.mark.parametrize("strange", [None, "FR", True, {"fact": "a"}, object()], ids=repr)
def test_a_group_holds_conditions_and_nothing_else(strange: Any) -> None:
    for shell in (lambda: All(FRENCH, strange), lambda: AnyOf(strange), lambda: Not(strange)):
        with pytest.raises(ConditionError, match="made of conditions; got"):
            shell()


# When two are the same


@pytest.mark.parametrize(
    "one, other",
    [
        (OneOf("a", ["x", "y"]), OneOf("a", ("y", "x", "x"))),  # a set: neither order nor repeats count
        (OneOf("a", [1, 2]), OneOf("a", [2.0, 1.0])),
        (Equals("a", 1), Equals("a", 1.0)),
        (InNetwork("a", ["192.0.2.7"]), InNetwork("a", [" 192.0.2.7/32 "])),
        (InNetwork("a", ["2001:DB8::/32"]), InNetwork("a", ["2001:0db8::/32"])),
        (AtLeastIn("a", {"x": 1, "y": 0.5}), AtLeastIn("a", {"y": 0.5, "x": 1.0})),
        (Between("a", ["09:00", "17:00"]), Between("a", ("09:00", "17:00"))),
    ],
    ids=lambda c: str(c.to_json()),
)
def test_what_asks_the_same_is_equal(one: Condition, other: Condition) -> None:
    assert one == other
    assert hash(one) == hash(other)


@pytest.mark.parametrize(
    "one, other",
    [
        (Equals("a", True), Equals("a", 1)),  # equal in Python, another question here
        (Equals("a", False), Equals("a", 0)),
        (Equals("a", "1"), Equals("a", 1)),
        (AtLeast("a", 1), AtMost("a", 1)),
        (OneOf("a", ["x"]), ContainsAny("a", ["x"])),
        (OneOf("a", ["x"]), Matches("a", ["x"])),
        (OneOf("a", ["x"]), OneOf("b", ["x"])),
        (All(FRENCH), AnyOf(FRENCH)),
        (All(FRENCH), FRENCH),
        (All(), AnyOf()),
        (Not(FRENCH), FRENCH),
        (Equals("a", "x"), "x"),
    ],
    ids=str,
)
def test_what_asks_something_else_is_not_equal(one: Any, other: Any) -> None:
    assert one != other
    assert len({one, other}) == 2


# What may be asked

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
    ],
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
    ],
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
        for remedy in ("ends before it starts", "Write it as 192.0.2.0/24", "Write it as cy, or as en-GB")
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


# From JSON


@pytest.mark.parametrize(
    "data, words",
    [
        ([], "A condition is one of .*; got list"),
        ("location.country", "A condition is one of .*; got str"),
        (None, "A condition is one of .*; got NoneType"),
        ({}, "got the keys none"),
        ({"every": []}, "got the keys 'every'"),
        ({"all": [], "any": []}, "got the keys 'all', 'any'"),
        ({"all": {}}, '"all" holds a list of conditions; got dict'),
        ({"any": "x"}, '"any" holds a list of conditions; got str'),
        ({"all": [5]}, "got int"),
        ({"not": []}, "got list"),
        ({"segment": ""}, '"segment" holds the slug of a segment'),
        ({"segment": 7}, '"segment" holds the slug of a segment'),
        ({"segment": ["a"]}, '"segment" holds the slug of a segment'),
        ({"fact": "a"}, 'A question has the keys "fact", "op" and "value", and no others'),
        ({"fact": "a", "op": "in", "value": ["x"], "not": True}, "and no others"),
        ({"fact": "a", "op": "regex", "value": "x"}, "\"op\" is one of in, equals, .*; got 'regex'"),
        ({"fact": "a", "op": ["in"], "value": ["x"]}, r"got \['in'\]"),
        ({"fact": "a", "op": None, "value": ["x"]}, "got None"),
        ({"fact": "a", "op": "in", "value": "x"}, "takes a list of texts, or a list of numbers; got 'x'"),
        ({"fact": 5, "op": "in", "value": ["x"]}, "names its fact by text"),
    ],
    ids=str,
)
def test_json_of_another_shape_is_refused_with_what_is_wrong(data: Any, words: str) -> None:
    with pytest.raises(ConditionError, match=words):
        from_json(data)


def test_a_long_value_is_shown_in_short() -> None:
    with pytest.raises(ConditionError) as caught:
        from_json({"fact": "a", "op": "at_least", "value": "x" * 10_000})
    assert str(caught.value).endswith("xxx….")


# Patterns


class Counted(str):
    """A text that counts the characters that are looked at while something is searched in it."""

    looked_at = 0

    def find(self, piece: str, start: int = 0, end: int | None = None) -> int:  # type: ignore[override]
        end = len(self) if end is None else end
        at = super().find(piece, start, end)
        self.looked_at += (end if at < 0 else at + len(piece)) - start
        return at


NASTY = st.text("ab", max_size=60)


@settings(max_examples=500, deadline=None)
@given(st.lists(NASTY, min_size=2, max_size=30), NASTY.map(lambda text: text * 20))
def test_a_pattern_looks_at_no_character_twice(pieces: list[str], text: str) -> None:
    counted = Counted(text)
    like(tuple(pieces), counted)
    assert counted.looked_at <= len(text)


@pytest.mark.parametrize(
    "pattern",
    ["*a" * 250, "*" * 500, "a*" * 249 + "b", "*" + "a" * 498 + "b", "*ab" * 160 + "c", "*a*a*a*a*a*a*a*a*a*a*a*a*b"],
)
def test_a_nasty_pattern_has_no_more_work_than_the_text_is_long(pattern: str) -> None:
    counted = Counted("a" * 100_000)
    like(tuple(pattern.split("*")), counted)
    assert counted.looked_at <= len(counted)


# Distances


@pytest.mark.parametrize(
    "one, other, km",
    [
        ((51.5074, -0.1278), (48.8566, 2.3522), 343.6),  # London to Paris
        ((0, 0), (0, 180), 20015.1),  # half way round the equator
        ((90, 0), (-90, 0), 20015.1),  # pole to pole
        ((90, 10), (90, -170), 0),  # the pole is one place
        ((0, 179.5), (0, -179.5), 111.2),  # over the antimeridian
        ((60, 10), (60, 11), 55.6),
        ((12.3, 45.6), (12.3, 45.6), 0),
    ],
)
def test_distances_follow_the_surface_of_the_earth(
    one: tuple[float, float], other: tuple[float, float], km: float
) -> None:
    assert distance_km(*one, *other) == pytest.approx(km, abs=0.1)
    assert distance_km(*other, *one) == pytest.approx(km, abs=0.1)
