"""Plans: how to decide the segments that are asked together, compiled once.

Each distinct question becomes one number, so it is answered once however many segments ask it; all that list values of
one fact are answered by one look-up. The opposite of an answer is a literal of its own. A segment, and every all/any
inside a condition, is then a *group*: a set of literals, tested against the sets of literals known to hold and known
not to hold. Groups inside groups, and segments inside segments, are literals that become known later; they are ordered
so that each stands after what it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any as AnyValue

from .conditions import QUESTIONS, All, Condition, Group, InSegment, Not, Question
from .decision import NOTHING_DECIDED, Decision, Reason
from .facts import Facts, Partly, family
from .questions import Test
from .questions.question import fold, items_of, kind_of, part_of, part_test

NONE: frozenset[int] = frozenset()


class Plan:
    """How to decide some segments: what to ask, and in which order to put the answers together."""

    __slots__ = ("_groups", "_lists", "_negated", "_questions", "_segments", "needs", "slugs")

    def __init__(
        self, segments: Mapping[str, Condition], slugs: list[str], learning: frozenset[str] = frozenset()
    ) -> None:
        self.slugs = tuple(slugs)
        compiler = _Compiler()
        for slug in in_order(segments, slugs):
            compiler.add(slug, segments[slug])
        self._segments: list[tuple[str, int, frozenset[str], Reason]] = [
            (
                slug,
                compiler.segment(slug),
                compiler.needs.get(slug, frozenset()),
                Reason.LEARNING if slug in learning else Reason.MATCHED,
            )
            for slug in slugs
        ]
        self._questions: list[tuple[str, Test, int]] = compiler.questions
        self._lists: list[_List] = list(compiler.lists.values())
        self._negated: list[int] = sorted(compiler.negated - {literal for _, _, literal in compiler.groups})
        self._groups: list[tuple[bool, frozenset[int], int, bool]] = [
            (every, literals, literal, literal in compiler.negated) for every, literals, literal in compiler.groups
        ]
        # The facts to gather before deciding; nothing else is asked.
        self.needs: frozenset[str] = frozenset(
            [*(name for name, _, _ in self._questions), *(of.fact for of in self._lists)]
        )

    def decide(self, facts: Facts) -> Decision:
        """Each segment's `Reason`. Pure; never raises."""
        if not self.slugs:
            return NOTHING_DECIDED
        holds: set[int] = set()
        fails: set[int] = set()
        for of in self._lists:
            of.answer(facts, holds, fails)
        # This loop is what a page pays for: `ask` says the same in one line, at twice the price.
        known_of = facts.get
        for name, test, literal in self._questions:
            if (known := known_of(name)) is None:
                continue
            try:
                answer = test(known)
            except Exception:  # noqa: S112  a value of anybody's fact, which may raise anything when it is looked at
                continue
            if answer:
                holds.add(literal)
            elif answer is not None:
                fails.add(literal)
        # A literal is even, its opposite the odd one after it; of most, nobody asks the opposite.
        for literal in self._negated:
            _note_opposite(literal, holds, fails)
        for every, literals, literal, negated in self._groups:
            if every:
                if not fails.isdisjoint(literals):
                    fails.add(literal)
                elif literals <= holds:
                    holds.add(literal)
            elif not holds.isdisjoint(literals):
                holds.add(literal)
            elif literals <= fails:
                fails.add(literal)
            if negated:
                _note_opposite(literal, holds, fails)
        refused = facts.refused
        return Decision(
            {
                slug: matched
                if literal in holds
                else Reason.NOT_MATCHED
                if literal in fails
                else Reason.REFUSED
                if refused and not refused.isdisjoint(needs)
                else Reason.UNKNOWN
                for slug, literal, needs, matched in self._segments
            }
        )


def _note_opposite(literal: int, holds: set[int], fails: set[int]) -> None:
    if literal in holds:
        fails.add(literal + 1)
    elif literal in fails:
        holds.add(literal + 1)


class _List:
    """All questions that list values of one fact, of one kind: one look-up answers them, however many there are."""

    __slots__ = ("_by_value", "_key", "_kind", "_literals", "_of_items", "fact")

    def __init__(self, name: str, kind: type | None, of_items: bool) -> None:
        self.fact, self._kind, self._of_items = family(name), kind, of_items
        self._key = None if name == self.fact else name[len(self.fact) + 1 :]  # of a mapping
        self._literals: set[int] = set()
        self._by_value: dict[AnyValue, set[int]] = {}

    def add(self, values: Iterable[AnyValue], literal: int) -> None:
        self._literals.add(literal)
        for value in values:
            self._by_value.setdefault(value, set()).add(literal)

    def answer(self, facts: Facts, holds: set[int], fails: set[int]) -> None:
        """Add the literals that hold and those that fail, as `ask` finds it for each question. Never raises."""
        if (known := facts.get(self.fact)) is None:
            return
        try:
            if self._key is not None and (known := part_of(known, self._key)) is None:
                return
            if self._of_items:
                true = self._of_any(items_of(known, self._kind))
                untold = known.untold if isinstance(known, Partly) else NONE
                unknown = self._literals if untold is None else self._of_any(untold)
            elif kind_of(known) is self._kind:
                true, unknown = self._by_value.get(fold(known), NONE), NONE
            else:
                return
        except Exception:  # a value of anybody's fact, which may raise anything when it is looked at
            return
        holds |= true
        fails |= self._literals - true - unknown if unknown else self._literals - true

    def _of_any(self, items: Iterable[AnyValue]) -> AbstractSet[int]:
        found = [self._by_value[value] for value in map(fold, items) if value in self._by_value]
        return NONE.union(*found)


class _Compiler:
    """Turns segments, each added after those inside it, into questions, groups and literals."""

    def __init__(self) -> None:
        self.questions: list[tuple[str, Test, int]] = []
        self.lists: dict[tuple[str, type | None, bool], _List] = {}
        self.groups: list[tuple[bool, frozenset[int], int]] = []
        self.negated: set[int] = set()  # of which somebody asks the opposite
        self.needs: dict[str, frozenset[str]] = {}  # the facts that a segment asks, directly or through others
        self._literals: dict[Condition, int] = {}
        self._next = 0

    def add(self, slug: str, condition: Condition) -> None:
        self._literals[InSegment(slug)] = self.literal(condition)
        inner = (self.needs.get(segment, frozenset()) for segment in condition.segments)
        self.needs[slug] = frozenset(map(family, condition.facts)).union(*inner)

    def segment(self, slug: str) -> int:
        """The literal of a segment; one that is never known for a segment that was not added."""
        condition = InSegment(slug)
        if condition not in self._literals:
            self._literals[condition] = self._new()
        return self._literals[condition]

    def literal(self, condition: Condition) -> int:
        """The literal of a condition; one that is never known for a condition that is of none of our kinds."""
        if isinstance(condition, Not):
            literal = self.literal(condition.of)
            self.negated.add(literal & ~1)
            return literal ^ 1
        if isinstance(condition, InSegment):
            return self.segment(condition.slug)
        if condition in self._literals:
            return self._literals[condition]
        if isinstance(condition, Group):
            every = isinstance(condition, All) and bool(condition.of)  # of nothing, both are False
            literals = frozenset(self.literal(part) for part in condition.of)
            literal = self._new()
            self.groups.append((every, literals, literal))
        else:
            literal = self._new()
            if isinstance(condition, Question):
                self._ask(condition, literal)
        self._literals[condition] = literal
        return literal

    def _ask(self, question: Question, literal: int) -> None:
        # A question of a site's own may extend one of these and tell in another way.
        listed = question.listed() if type(question) in QUESTIONS.values() else None
        if listed is None:
            self.questions.append((family(question.fact), part_test(question.test(), question.fact), literal))
            return
        key = (question.fact, listed.kind, listed.of_items)
        if key not in self.lists:
            self.lists[key] = _List(*key)
        self.lists[key].add(listed.values, literal)

    def _new(self) -> int:
        self._next += 2
        return self._next


def in_order(segments: Mapping[str, Condition], slugs: Iterable[str]) -> list[str]:
    """The slugs of these live segments and of those inside them, each after what it asks about.

    A segment that is inside itself is left out: it can't be told, and neither can what hangs on it. Such a cycle can't
    be saved, but two drafts published together could make one.
    """
    asks: dict[str, frozenset[str]] = {}
    waiting = list(slugs)
    while waiting:
        slug = waiting.pop()
        if slug in segments and slug not in asks:
            asks[slug] = segments[slug].segments & segments.keys()
            waiting += asks[slug]
    inside = {slug: _reached(slug, asks) for slug in asks}
    # Whoever asks about a segment holds it and all that it holds: the fewer inside, the earlier.
    return sorted((slug for slug in asks if slug not in inside[slug]), key=lambda slug: (len(inside[slug]), slug))


def _reached(start: str, asks: Mapping[str, frozenset[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        new = asks[waiting.pop()] - reached
        reached |= new
        waiting += new
    return reached
