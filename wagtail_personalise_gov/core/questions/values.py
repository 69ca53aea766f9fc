"""Questions about what a fact is, or holds: one of some values, the very value, one of a list, enough of a weight."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..facts import Partly
from ..logic import Answer
from .question import (
    MAX_VALUES,
    Listed,
    Question,
    Test,
    fold,
    is_number,
    is_text,
    items_of,
    kind_of,
    text,
    texts_or_numbers,
)


class OneOf(Question):
    """Whether the fact is one of the values."""

    __slots__ = ()
    operator = "in"
    takes = "a list of texts, or a list of numbers"
    asks = frozenset({"text", "int"})

    def read(self, value: Any) -> Any:
        return texts_or_numbers(self, value)

    def test(self) -> Test:
        return _test_of(self)

    def listed(self) -> Listed:
        return Listed(frozenset(map(fold, self.value)), kind_of(self.value[0]))


class Equals(Question):
    """Whether the fact is the value, of the same type: true is not 1."""

    __slots__ = ()
    operator = "equals"
    takes = "a text, a number, true or false"
    asks = frozenset({"bool", "int", "text"})

    def read(self, value: Any) -> Any:
        if isinstance(value, bool) or is_number(value):
            return value
        return text(self, value, blank=True)

    def test(self) -> Test:
        return _test_of(self)

    def listed(self) -> Listed:
        # True == 1 in Python and in sets; the kind keeps them apart.
        return Listed(frozenset([fold(self.value)]), kind_of(self.value))

    def value_json(self) -> Any:
        return self.value

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Equals)
            and (self.fact, self.value) == (other.fact, other.value)
            and kind_of(self.value) is kind_of(other.value)
        )

    def __hash__(self) -> int:
        return hash((Equals, self.fact, self.value, kind_of(self.value)))


class ContainsAny(Question):
    """Whether the fact, a list, holds at least one of the values."""

    __slots__ = ()
    operator = "contains_any"
    takes = "a list of texts, or a list of numbers"
    asks = frozenset({"texts", "pages"})

    def read(self, value: Any) -> Any:
        return texts_or_numbers(self, value)

    def test(self) -> Test:
        values, kind, _of_items = self.listed()

        def test(known: Any) -> Answer:
            holds = not values.isdisjoint(map(fold, items_of(known, kind)))
            if not isinstance(known, Partly):
                return holds
            may_hold = known.untold is None or not values.isdisjoint(map(fold, items_of(known.untold, kind)))
            return True if holds else None if may_hold else False

        return test

    def listed(self) -> Listed:
        return Listed(frozenset(map(fold, self.value)), kind_of(self.value[0]), of_items=True)


class AtLeastIn(Question):
    """Whether the fact, a weighted map, gives at least one of the keys the weight asked of it, or more."""

    __slots__ = ()
    operator = "at_least_in"
    takes = "weights of more than 0 up to 1 by slug, such as {slug: 0.5}"
    asks = frozenset({"weights"})

    def read(self, value: Any) -> Any:
        if isinstance(value, tuple):  # the canonical form
            value = dict(value)
        if not isinstance(value, Mapping) or not 0 < len(value) <= MAX_VALUES:
            raise self.refusal(value)
        for slug, weight in value.items():
            if not is_text(slug) or not slug or not is_number(weight) or not 0 < weight <= 1:
                raise self.refusal(value)
        return tuple(sorted(value.items()))

    def test(self) -> Test:
        asked = self.value

        def test(known: Any) -> Answer:
            if not all(map(is_number, known.values())):
                return None
            return any(known.get(slug, 0) >= weight for slug, weight in asked)

        return test

    def value_json(self) -> Any:
        return dict(self.value)


def _test_of(question: OneOf | Equals) -> Test:
    values, kind, _of_items = question.listed()
    return lambda known: fold(known) in values if kind_of(known) is kind else None
