"""A Ruleset: every live segment as a condition, compiled once, immutable, with a version.

How it is compiled. Each distinct question becomes one number, so it is answered once however many segments ask it; all
that list values of one fact are answered by one look-up. The opposite of an answer is a literal of its own. A segment,
and every all/any inside a condition, is then a *group*: a set of literals, tested against the sets of literals known to
hold and known not to hold. Groups inside groups, and segments inside segments, are literals that become known later;
they are ordered so that each stands after what it needs.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from threading import Lock
from types import MappingProxyType
from typing import Any as AnyValue
from typing import TypeVar

from .conditions import QUESTIONS, All, Answer, Any, Condition, Group, InSegment, Not, Question
from .decision import NOTHING_DECIDED, Decision, Reason
from .facts import Facts, Partly, family
from .goals import NO_GOALS, Goals
from .intents import Intents
from .pages import NOTHING_WATCHED, Watching
from .questions import Test
from .questions.question import fold, items_of, kind_of, part_of, part_test
from .site_words import NO_WORDS, SiteWords

Made = TypeVar("Made")

PLANS_KEPT = 512  # the sets of segments that pages ask together; one page asks one set


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a condition has its answer: the condition, the answer, and the same for each part of it."""

    condition: Condition
    answer: Answer
    parts: tuple[Explanation, ...] = ()


@dataclass(frozen=True)
class Ruleset:
    """Every live segment as a condition. Values are shared by threads and never change.

    `keys` maps the number by which content refers to a segment (its primary key) to its slug.
    `remembers` names the items of memory that its facts need; `landing` says whether one is seen on landing only.
    `watching` says which pages must be noted for its rules.
    `learning` are the slugs of segments that are counted and change nothing. `holdouts` says how many of 10,000 lots
    are held back from a segment, `site_holdouts` how many from all segments on a site, by its key; no entry means none.
    The site's share leaves out `for_everybody`: segments that ask nothing about the visitor, but the date, say.
    `sites` holds what sites say of themselves, by the site's key; it is there also while paused.
    `paused` means: nothing is decided, every page shows its standard version. A paused ruleset holds no segments.
    """

    version: str = ""
    segments: Mapping[str, Condition] = field(default_factory=dict)
    keys: Mapping[int, str] = field(default_factory=dict)
    intents: Intents = field(default_factory=Intents)
    remembers: frozenset[str] = frozenset()
    landing: bool = False
    watching: Watching = NOTHING_WATCHED
    learning: frozenset[str] = frozenset()
    holdouts: Mapping[str, int] = field(default_factory=dict)
    site_holdouts: Mapping[int, int] = field(default_factory=dict)
    for_everybody: frozenset[str] = frozenset()
    goals: Goals = NO_GOALS
    sites: Mapping[int, SiteWords] = field(default_factory=dict)
    paused: bool = False

    def __post_init__(self) -> None:
        # Copies, so that whoever made the ruleset can't change it under the threads that read it.
        object.__setattr__(self, "segments", MappingProxyType({} if self.paused else dict(self.segments)))
        object.__setattr__(self, "keys", MappingProxyType(dict(self.keys)))
        object.__setattr__(self, "_plans", OrderedDict())
        object.__setattr__(self, "_lock", Lock())

    @property
    def needs(self) -> frozenset[str]:
        """The names of the facts that any live segment asks."""
        return self._once(
            "_needs", lambda: frozenset(family(name) for one in self.segments.values() for name in one.facts)
        )

    @property
    def numbers(self) -> Mapping[str, int]:
        """The primary key of each live segment, by its slug."""
        return self._once("_numbers", lambda: MappingProxyType({slug: key for key, slug in self.keys.items()}))

    def _once(self, name: str, make: Callable[[], Made]) -> Made:
        """What follows from all the segments is put together when it is first asked for, and kept."""
        if name not in self.__dict__:
            object.__setattr__(self, name, make())
        made: Made = self.__dict__[name]
        return made

    def words_of(self, site: int | None) -> SiteWords:
        """What the site with this key says of itself; empty words where nothing was written."""
        return NO_WORDS if site is None else self.sites.get(site, NO_WORDS)

    def slugs(self, keys: Iterable[int]) -> tuple[str, ...]:
        """The slugs of the live segments with these keys, in order. A key of no live segment is left out."""
        return tuple(self.keys[key] for key in keys if key in self.keys)

    def only(self, slugs: Iterable[str]) -> Plan:
        """How to decide just these segments. Slugs of no live segment are left out. Plans are kept and bounded."""
        asked = frozenset(slugs)
        plans: OrderedDict[frozenset[str], Plan] = self._plans  # type: ignore[attr-defined]
        with self._lock:  # type: ignore[attr-defined]
            if (plan := plans.get(asked)) is not None:
                plans.move_to_end(asked)
                return plan
        plan = Plan(self.segments, sorted(asked & self.segments.keys()), self.learning)
        with self._lock:  # type: ignore[attr-defined]
            plans[asked] = plan
            while len(plans) > PLANS_KEPT:
                plans.popitem(last=False)
        return plan

    def decide(self, facts: Facts, slugs: Iterable[str] | None = None) -> Decision:
        """Each segment's `Reason` from what is known; all live ones unless `slugs` names some. Pure; never raises."""
        return self.only(self.segments if slugs is None else slugs).decide(facts)

    def explain(self, slug: str, facts: Facts) -> Explanation | None:
        """A segment's answer, and every rule's own; None for a slug of no live segment."""
        return self.explanations(facts, [slug]).get(slug)

    def explanations(self, facts: Facts, slugs: Iterable[str] | None = None) -> dict[str, Explanation]:
        """The answers of these segments, of all live ones unless some are named, and of those inside them; with why."""
        asked = [slug for slug in (self.segments if slugs is None else slugs) if slug in self.segments]
        explained: dict[str, Explanation] = {}
        for inner in in_order(self.segments, asked):
            explained[inner] = explain(self.segments[inner], facts, explained)
        return {**{slug: Explanation(self.segments[slug], None) for slug in asked}, **explained}


NO_RULES = Ruleset()


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


NONE: frozenset[int] = frozenset()


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


def explain(condition: Condition, facts: Facts, segments: Mapping[str, Explanation]) -> Explanation:
    """The answer of a condition with the answers of its parts. Never raises.

    `segments` holds what is explained already; a segment that is not in it can't be told.
    """
    if isinstance(condition, Not):
        inner = explain(condition.of, facts, segments)
        return Explanation(condition, None if inner.answer is None else not inner.answer, (inner,))
    if isinstance(condition, InSegment):
        segment = segments.get(condition.slug)
        return Explanation(condition, segment.answer, (segment,)) if segment else Explanation(condition, None)
    if isinstance(condition, Group):
        parts = tuple(explain(part, facts, segments) for part in condition.of)
        answers: list[AnyValue] = [part.answer for part in parts]
        decisive = isinstance(condition, Any)  # one True settles ANY, one False settles ALL
        if decisive in answers or not parts:
            return Explanation(condition, decisive if parts else False, parts)
        return Explanation(condition, None if None in answers else not decisive, parts)
    return Explanation(condition, condition.answer(facts) if isinstance(condition, Question) else None)
