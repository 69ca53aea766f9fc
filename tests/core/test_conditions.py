"""Conditions as values: what may be asked, what is refused and in which words, and when two are the same."""

import dataclasses
import pickle
from typing import Any

import pytest

from wagtail_personalise_gov.core.conditions import (
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


@pytest.mark.parametrize(
    "strange", [None, "FR", True, {"fact": "a"}, object()], ids=lambda strange: type(strange).__name__
)
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
