"""A Ruleset: every live segment as a condition, immutable, with a version.

How the segments that are asked together are decided is compiled once, in `plan.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any as AnyValue
from typing import TypeVar

from .conditions import Answer, Any, Condition, Group, InSegment, Not, Question
from .decision import Decision
from .facts import Facts, family
from .goals import NO_GOALS, Goals
from .intents import Intents
from .pages import NOTHING_WATCHED, Watching
from .plan import Plan, in_order
from .site_words import NO_WORDS, SiteWords
from .variants import Variant

Made = TypeVar("Made")
KeyedVariants = tuple[tuple[str, tuple[int, ...]], ...]

PLANS_KEPT = 512  # the sets of segments that pages ask together; one page asks one set


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a condition has its answer: the condition, the answer, and the same for each part of it."""

    condition: Condition
    answer: Answer
    parts: tuple[Explanation, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedVariants:
    """The variants of blocks, in the editor's order, and the slugs of all segments that they are for."""

    blocks: tuple[tuple[Variant, ...], ...]
    slugs: frozenset[str]


def planner(
    segments: Mapping[str, Condition], learning: frozenset[str], order: Mapping[str, int]
) -> Callable[[frozenset[str]], Plan]:
    """What makes the plan of the segments that are asked together."""
    return lambda asked: Plan(segments, sorted(asked & segments.keys()), learning, order)


def namer(keys: Mapping[int, str]) -> Callable[[tuple[KeyedVariants, ...]], NamedVariants]:
    """What names the segments of variants. A key of no live segment is left out."""

    def named(blocks: tuple[KeyedVariants, ...]) -> NamedVariants:
        variants = tuple(
            tuple(Variant(name, tuple(keys[key] for key in own if key in keys)) for name, own in block)
            for block in blocks
        )
        return NamedVariants(
            variants, frozenset(slug for block in variants for variant in block for slug in variant.segments)
        )

    return named


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
    `order` is that in which facts are asked, by name; one that is not in it comes first.
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
    order: Mapping[str, int] = field(default_factory=dict)
    paused: bool = False

    def __post_init__(self) -> None:
        # Copies, so that whoever made the ruleset can't change it under the threads that read it.
        object.__setattr__(self, "segments", MappingProxyType({} if self.paused else dict(self.segments)))
        object.__setattr__(self, "keys", MappingProxyType(dict(self.keys)))
        # Made for the ruleset's parts and not for itself: what held itself would be collected late.
        object.__setattr__(self, "_plan_of", lru_cache(PLANS_KEPT)(planner(self.segments, self.learning, self.order)))
        object.__setattr__(self, "_named", lru_cache(PLANS_KEPT)(namer(self.keys)))

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
        return tuple([self.keys[key] for key in keys if key in self.keys])

    def named(self, blocks: tuple[KeyedVariants, ...]) -> NamedVariants:
        """The variants of blocks, given as (id, keys of segments), with their segments by name. Kept, as plans are."""
        named: NamedVariants = self._named(blocks)  # type: ignore[attr-defined]
        return named

    def only(self, slugs: Iterable[str]) -> Plan:
        """How to decide just these segments. Slugs of no live segment are left out. Plans are kept and bounded."""
        plan: Plan = self._plan_of(frozenset(slugs))  # type: ignore[attr-defined]
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
