"""What joins questions into conditions: all, any, not, and "is in another segment".

Three-valued logic after Kleene: NOT unknown = unknown; False AND unknown = False; True OR unknown = True.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any as AnyValue
from typing import ClassVar

Answer = bool | None
NO_SEGMENTS: Mapping[str, Answer] = {}


class ConditionError(ValueError):
    """A condition that can't be asked. The message is written for the editor or client who wrote it."""


class Condition:
    """A question put to `Facts`. Equal conditions are equal values, so that shared questions are asked once."""

    __slots__ = ()

    def answer(self, facts: Mapping[str, AnyValue], segments: Mapping[str, Answer] = NO_SEGMENTS) -> Answer:
        """True, False, or None where it can't be told. `segments` holds the answers of other segments. Never raises.

        This is the plain reading of the logic; a `Ruleset` gives the same answers faster.
        """
        raise NotImplementedError

    def to_json(self) -> dict[str, AnyValue]:
        """The condition as JSON data; `conditions.from_json` gives an equal condition back."""
        raise NotImplementedError

    @property
    def facts(self) -> frozenset[str]:
        """The names of the facts it asks, segments inside it not followed."""
        return frozenset()

    @property
    def segments(self) -> frozenset[str]:
        """The slugs of the segments it asks about."""
        return frozenset()

    def __and__(self, other: Condition) -> Condition:
        return All(self, other)

    def __or__(self, other: Condition) -> Condition:
        return Any(self, other)

    def __invert__(self) -> Condition:
        return Not(self)


@dataclass(frozen=True, slots=True, init=False)
class Group(Condition):
    """Several conditions as one."""

    of: tuple[Condition, ...]
    word: ClassVar[str]

    def __init__(self, *of: Condition) -> None:
        for condition in of:
            _check(condition)
        object.__setattr__(self, "of", tuple(of))

    def to_json(self) -> dict[str, AnyValue]:
        return {self.word: [condition.to_json() for condition in self.of]}

    @property
    def facts(self) -> frozenset[str]:
        return frozenset().union(*(condition.facts for condition in self.of))

    @property
    def segments(self) -> frozenset[str]:
        return frozenset().union(*(condition.segments for condition in self.of))


class All(Group):
    """True when every condition is; False when one is False, whatever the others. Of nothing: False.

    The empty case departs from logic on purpose: a segment with no rules must match nobody, not everybody.
    """

    __slots__ = ()
    word = "all"

    def answer(self, facts: Mapping[str, AnyValue], segments: Mapping[str, Answer] = NO_SEGMENTS) -> Answer:
        answers = [condition.answer(facts, segments) for condition in self.of]
        if False in answers or not answers:
            return False
        return None if None in answers else True


class Any(Group):
    """True when one condition is, whatever the others; False when every one is False. Of nothing: False."""

    __slots__ = ()
    word = "any"

    def answer(self, facts: Mapping[str, AnyValue], segments: Mapping[str, Answer] = NO_SEGMENTS) -> Answer:
        answers = [condition.answer(facts, segments) for condition in self.of]
        if True in answers:
            return True
        return None if None in answers else False


@dataclass(frozen=True, slots=True)
class Not(Condition):
    """The opposite; unknown stays unknown, so that "not in Wales" never means "somewhere, who knows where"."""

    of: Condition

    def __post_init__(self) -> None:
        _check(self.of)

    def answer(self, facts: Mapping[str, AnyValue], segments: Mapping[str, Answer] = NO_SEGMENTS) -> Answer:
        answer = self.of.answer(facts, segments)
        return None if answer is None else not answer

    def to_json(self) -> dict[str, AnyValue]:
        return {"not": self.of.to_json()}

    @property
    def facts(self) -> frozenset[str]:
        return self.of.facts

    @property
    def segments(self) -> frozenset[str]:
        return self.of.segments


@dataclass(frozen=True, slots=True)
class InSegment(Condition):
    """Whether the visitor is in another segment; unknown while that segment is not live."""

    slug: str

    def answer(self, facts: Mapping[str, AnyValue], segments: Mapping[str, Answer] = NO_SEGMENTS) -> Answer:
        return segments.get(self.slug)

    def to_json(self) -> dict[str, AnyValue]:
        return {"segment": self.slug}

    @property
    def segments(self) -> frozenset[str]:
        return frozenset({self.slug})


def _check(condition: object) -> None:
    # A rule of anybody's may forget to return one; said here, it names the rule and not every page that asks it.
    if not isinstance(condition, Condition):
        raise ConditionError(f"Conditions are made of conditions; got {type(condition).__name__}.")
