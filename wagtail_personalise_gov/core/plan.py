"""Plans: how to decide the segments that are asked together, compiled once.

Each distinct question becomes one number, so it is answered once however many segments ask it; all of one kind that are
asked of one fact are answered by one look, where there is a way (`questions/joint.py`). The opposite of an answer is a
literal of its own. A segment, and every all/any inside a condition, is then a *group*: a set of literals, tested
against the sets of literals known to hold and known not to hold. Groups inside groups, and segments inside segments,
are literals that become known later; they are ordered so that each stands after what it needs.

Facts are asked one after the other, those first that tell least of the visitor. One on which no answer hangs any more
need not be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any as AnyValue

from .conditions import All, Condition, Group, InSegment, Not, Question
from .decision import NOT_MATCHED, NOTHING_DECIDED, REFUSED, UNKNOWN, Decision, Reason
from .facts import Facts, family
from .questions import Test
from .questions.joint import Joint, joint_of
from .questions.question import part_named, part_of, part_test

NO_ORDER: Mapping[str, int] = {}


class Plan:
    """How to decide some segments: what to ask, in which order, and how to put the answers together."""

    __slots__ = ("_asked", "_groups", "_segments", "needs", "slugs")

    def __init__(
        self,
        segments: Mapping[str, Condition],
        slugs: list[str],
        learning: frozenset[str] = frozenset(),
        order: Mapping[str, int] = NO_ORDER,
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
        self._groups: list[tuple[bool, frozenset[int], int, bool]] = [
            (every, literals, literal, literal in compiler.negated) for every, literals, literal in compiler.groups
        ]
        # The facts that may have to be known to decide; nothing else is asked.
        self.needs: frozenset[str] = frozenset(compiler.facts)
        # In which order they are asked, and whether it takes anything of the visitor to know them.
        self._asked: list[tuple[_Asked, bool]] = [
            (compiler.facts[name], order.get(name, 0) > 0)
            for name in sorted(self.needs, key=lambda name: (order.get(name, 0), name))
        ]
        for asked in compiler.facts.values():
            asked.settle(compiler)

    def decide(self, facts: Facts) -> Decision:
        """Each segment's `Reason`. Pure; never raises.

        Of facts that are read when they are asked for, those are left out on which no answer hangs any more.
        """
        if not self.slugs:
            return NOTHING_DECIDED
        holds: set[int] = set()
        fails: set[int] = set()
        known_of, may_spare = facts.get, facts.read_when_asked
        for asked, costs in self._asked:
            if may_spare and costs and asked.is_spared(holds, fails):
                continue
            if (known := known_of(asked.fact)) is not None:
                asked.answer(known, holds, fails)
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
                else NOT_MATCHED
                if literal in fails
                else REFUSED
                if refused and not refused.isdisjoint(needs)
                else UNKNOWN
                for slug, literal, needs, matched in self._segments
            }
        )


def _note_opposite(literal: int, holds: set[int], fails: set[int]) -> None:
    if literal in holds:
        fails.add(literal + 1)
    elif literal in fails:
        holds.add(literal + 1)


class _Asked:
    """All that is asked of one fact."""

    __slots__ = ("_asked_by", "_joints", "_negated", "_questions", "fact")

    def __init__(self, fact: str) -> None:
        self.fact = fact
        self._questions: list[tuple[Test, int]] = []  # each asked by itself
        # Asked together: the key of a mapping, and what is asked of its value; by what they have in common.
        self._joints: dict[tuple[AnyValue, ...], tuple[str | None, Joint]] = {}
        self._negated: list[int] = []
        self._asked_by: list[tuple[bool, frozenset[int]]] | None = None

    def add(self, question: Question, literal: int) -> None:
        asked_with = joint_of(question)
        if asked_with is None:
            self._questions.append((part_test(question.test(), question.fact), literal))
            return
        common = (question.fact, *asked_with)
        if common not in self._joints:
            kind, *given = asked_with
            self._joints[common] = part_named(question.fact), kind(*given)
        self._joints[common][1].add(question, literal)

    def settle(self, compiler: _Compiler) -> None:
        """Note of whom its literals are asked, now that all of them are known."""
        literals = {literal for _test, literal in self._questions}.union(
            *(joint.literals for _part, joint in self._joints.values())
        )
        self._negated = sorted(literals & compiler.negated)
        both = literals | {literal + 1 for literal in self._negated}
        in_groups = [(every, parts) for every, parts, _literal in compiler.groups if not both.isdisjoint(parts)]
        # The answer to a question may also be that of a segment itself: such a fact is always asked.
        if both.isdisjoint(compiler.of_segments):
            self._asked_by = in_groups

    def is_spared(self, holds: set[int], fails: set[int]) -> bool:
        """Whether all who ask it have their answer already: one False settles ALL, one True settles ANY."""
        if self._asked_by is None:
            return False
        for every, parts in self._asked_by:  # noqa: SIM110  a page asks it of each fact: `all` is two calls more
            if (fails if every else holds).isdisjoint(parts):
                return False
        return True

    def answer(self, known: AnyValue, holds: set[int], fails: set[int]) -> None:
        """Add the literals that hold and those that fail. Never raises."""
        for part, joint in self._joints.values():
            try:
                whole = known if part is None else part_of(known, part)
                told = None if whole is None else joint.told(whole)
            except Exception:  # noqa: S112  a value of anybody's fact, which may raise anything when it is looked at
                continue
            if told is not None:
                true, unknown = told
                holds |= true
                fails |= joint.literals - true - unknown if unknown else joint.literals - true
        # This loop is what a page pays for: `ask` says the same in one line, at twice the price.
        for test, literal in self._questions:
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


class _Compiler:
    """Turns segments, each added after those inside it, into questions, groups and literals."""

    def __init__(self) -> None:
        self.facts: dict[str, _Asked] = {}
        self.groups: list[tuple[bool, frozenset[int], int]] = []
        self.negated: set[int] = set()  # of which somebody asks the opposite
        self.needs: dict[str, frozenset[str]] = {}  # the facts that a segment asks, directly or through others
        self.of_segments: set[int] = set()  # the literals of segments themselves
        self._literals: dict[Condition, int] = {}
        self._next = 0

    def add(self, slug: str, condition: Condition) -> None:
        self._literals[InSegment(slug)] = literal = self.literal(condition)
        self.of_segments.add(literal)
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
        name = family(question.fact)
        if name not in self.facts:
            self.facts[name] = _Asked(name)
        self.facts[name].add(question, literal)

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
