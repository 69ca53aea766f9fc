"""Joint questions: those of one kind about one fact, which one look answers together, however many there are.

Each is known by a number, its literal. A site of 10,000 segments may ask as many addresses of pages: one look-up for
each length that these have tells all of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any

from ..facts import Partly
from .question import Question, fold, is_number, items_of, kind_of
from .ranges import AtLeast, AtMost
from .texts import Matches, like, pieces_of
from .values import ContainsAny, Equals, OneOf

NONE: frozenset[int] = frozenset()

Told = tuple[AbstractSet[int], AbstractSet[int]]


class Joint(ABC):
    """Questions of one kind about one fact."""

    __slots__ = ("literals",)

    def __init__(self) -> None:
        self.literals: set[int] = set()

    def add(self, question: Question, literal: int) -> None:
        self.literals.add(literal)
        self._add(question, literal)

    @abstractmethod
    def _add(self, question: Any, literal: int) -> None: ...

    @abstractmethod
    def told(self, known: Any) -> Told | None:
        """The literals that hold, and those that can't be told; all others fail. None where none can be told.

        Where it raises, none can be told either. It says what `Question.test` says of each.
        """


class Values(Joint):
    """Questions that list values, of one kind: of the fact itself, or of the items that it lists."""

    __slots__ = ("_by_value", "_kind", "_of_items")

    def __init__(self, kind: type | None, of_items: bool) -> None:
        super().__init__()
        self._kind, self._of_items = kind, of_items
        self._by_value: defaultdict[Any, set[int]] = defaultdict(set)

    def _add(self, question: Any, literal: int) -> None:
        for value in question.listed().values:
            self._by_value[value].add(literal)

    def told(self, known: Any) -> Told | None:
        if not self._of_items:
            return (self._by_value.get(fold(known), NONE), NONE) if kind_of(known) is self._kind else None
        true = self._of_any(items_of(known, self._kind))
        if not isinstance(known, Partly):
            return true, NONE
        return true, self.literals if known.untold is None else self._of_any(items_of(known.untold, self._kind))

    def _of_any(self, items: Iterable[Any]) -> AbstractSet[int]:
        found = [self._by_value[value] for value in map(fold, items) if value in self._by_value]
        return NONE.union(*found)


class Patterns(Joint):
    """Patterns of a text. Most are a text, or its beginning or end: these are looked up by their lengths."""

    __slots__ = ("_ends", "_others", "_starts", "_whole")

    def __init__(self) -> None:
        super().__init__()
        self._whole: defaultdict[str, set[int]] = defaultdict(set)
        self._starts: defaultdict[int, defaultdict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        self._ends: defaultdict[int, defaultdict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        self._others: list[tuple[tuple[str, ...], int]] = []

    def _add(self, question: Any, literal: int) -> None:
        for pieces in pieces_of(question.value):
            if len(pieces) == 1:
                self._whole[pieces[0]].add(literal)
            elif len(pieces) == 2 and not pieces[1]:
                self._starts[len(pieces[0])][pieces[0]].add(literal)
            elif len(pieces) == 2 and not pieces[0]:
                self._ends[len(pieces[1])][pieces[1]].add(literal)
            else:
                self._others.append((pieces, literal))

    def told(self, known: Any) -> Told | None:
        if not isinstance(known, str):
            return None
        subject = fold(known)
        found = set(self._whole.get(subject, NONE))
        for length, starts in self._starts.items():
            found |= starts.get(subject[:length], NONE)
        for length, ends in self._ends.items():
            found |= ends.get(subject[-length:], NONE)
        for pieces, literal in self._others:
            if literal not in found and like(pieces, subject):
                found.add(literal)
        return found, NONE


class Bounds(Joint):
    """Numbers that a fact has to reach, or that it may reach at most."""

    __slots__ = ("_at_most", "_literals", "_numbers")

    def __init__(self, at_most: bool) -> None:
        super().__init__()
        self._at_most = at_most
        self._numbers: list[float] = []  # in order, and their literals in the same
        self._literals: list[int] = []

    def _add(self, question: Any, literal: int) -> None:
        number = fold(question.value)
        place = bisect_right(self._numbers, number)
        self._numbers.insert(place, number)
        self._literals.insert(place, literal)

    def told(self, known: Any) -> Told | None:
        if not is_number(known):
            return None
        if self._at_most:
            return set(self._literals[bisect_left(self._numbers, fold(known)) :]), NONE
        return set(self._literals[: bisect_right(self._numbers, fold(known))]), NONE


def joint_of(question: Question) -> tuple[Any, ...] | None:
    """What it is asked together with: a class of `Joint`, and what that is made with. None where it is asked by itself.

    A question of a site's own may extend one of ours and tell in another way, so it is.
    """
    kind = type(question)
    if kind in (OneOf, Equals, ContainsAny):
        listed = question.listed()
        return None if listed is None else (Values, listed.kind, listed.of_items)
    if kind is Matches:
        return (Patterns,)
    return (Bounds, kind is AtMost) if kind in (AtLeast, AtMost) else None
