"""Why somebody is in a segment or not: each segment's reason, each rule's own answer, and the facts behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..compiling import UNNAMED
from ..core.conditions import Answer
from ..core.decision import NOTHING_DECIDED, Reason
from ..core.ruleset import Explanation, Ruleset, explain
from ..facts import facts_named
from ..models import Rule, Segment
from ..models.inner import make_ready
from ..models.words import rule_in_words
from .simulation import SimulatedVisit

MOST_INSIDE = 300  # segments inside others that are read for one telling
MOST_DEEP = 4  # segments inside segments that are told; with more nobody would follow
MOST_TOLD = 200  # segments inside others, each as often as it is told


@dataclass(frozen=True, slots=True)
class ExplainedRule:
    """One rule: in words, its answer (None: can't tell), the facts that it asks, and why it can't be asked, if so.

    `inside` are the segments that it asks about, where they were to be told; `not_live` the slugs of those that are not
    live, so that nobody can be told to be in them.
    """

    rule_type: str
    sentence: str
    answer: Answer
    asks: tuple[str, ...]
    problem: str = ""
    inside: tuple[ExplainedSegment, ...] = ()
    not_live: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExplainedSegment:
    """One segment: its reason, and its rules, all or any (`match`) of which make it."""

    slug: str
    name: str
    match: str
    reason: Reason
    rules: tuple[ExplainedRule, ...]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExplainedFact:
    """One fact that was asked: its value (None: can't tell), and where that comes from, in words."""

    name: str
    meaning: str
    value: Any
    source: str
    refused: bool
    given: bool = False  # said outright, and not read


def explained_segments(visit: SimulatedVisit, slugs: Iterable[str] | None = None) -> Iterator[ExplainedSegment]:
    """Every live segment as it is decided for this visit, by slug; only those named, if any are."""
    asked = sorted(visit.ruleset.segments if slugs is None else slugs)
    segments = Segment.objects.filter(slug__in=visit.decide(asked)).with_rules().order_by("slug")
    return explained(visit, make_ready(segments))


def explained(
    visit: SimulatedVisit, segments: Sequence[Segment], inside: Mapping[str, Segment] | None = None
) -> Iterator[ExplainedSegment]:
    """These segments, as they stand in these objects, as they are decided for this visit.

    Those that are not live must be in the visit's ruleset: see `ruleset_with`. What is inside them is told too where
    `inside` holds it: see `segments_inside`.
    """
    slugs = [segment.slug or UNNAMED for segment in segments]
    decision = visit.decide(slugs)
    told = _Told(visit, visit.ruleset.explanations(visit.facts, slugs), inside or {})
    for slug, segment in zip(slugs, segments, strict=True):
        yield told.segment(segment, decision.get(slug, Reason.UNKNOWN))


def segments_inside(ruleset: Ruleset, slugs: Iterable[str], tried: Iterable[Segment] = ()) -> dict[str, Segment]:
    """The segments that stand inside these, by slug, however deep; those that are tried as they stand in the objects.

    A query for the segments and one for each rule type.
    """
    outer = set(slugs)
    asked = {slug for outer_slug in outer if outer_slug in ruleset.segments for slug in _inside(ruleset, outer_slug)}
    own = {segment.slug: segment for segment in tried if segment.slug in asked}
    rest = Segment.objects.filter(slug__in=asked - own.keys()).with_rules()[:MOST_INSIDE] if asked else ()
    return own | {segment.slug: segment for segment in make_ready(rest)}


def _inside(ruleset: Ruleset, slug: str) -> set[str]:
    found: set[str] = set()
    waiting = [slug]
    while waiting:
        condition = ruleset.segments.get(waiting.pop())
        new = condition.segments - found if condition is not None else set()
        found |= new
        waiting += new
    return found


class _Told:
    """What is told of one visit: the decision on each segment, and its rules."""

    def __init__(
        self, visit: SimulatedVisit, explanations: Mapping[str, Explanation], inside: Mapping[str, Segment]
    ) -> None:
        self.visit, self.explanations, self.inside = visit, explanations, inside
        self.decided = visit.ruleset.decide(visit.facts, inside) if inside else NOTHING_DECIDED
        self.left = MOST_TOLD  # segments inside others; the same one may stand in many

    def segment(self, segment: Segment, reason: Reason, within: tuple[str, ...] = ()) -> ExplainedSegment:
        slug = segment.slug or UNNAMED
        return ExplainedSegment(
            slug=segment.slug,
            name=segment.name,
            match=segment.match,
            reason=reason,
            rules=tuple(self.rule(rule, (*within, slug)) for rule in segment.get_rules()),
            problems=tuple(segment.problems()),
        )

    def rule(self, rule: Rule, within: tuple[str, ...]) -> ExplainedRule:
        name, sentence = type(rule).__name__, rule_in_words(rule)
        try:
            condition = rule.asked()
            answer = explain(condition, self.visit.facts, self.explanations).answer
            asked, asks = sorted(condition.segments), tuple(sorted(condition.facts))
        except Exception as error:  # a rule of anybody's
            return ExplainedRule(name, sentence, None, (), str(error))
        return ExplainedRule(
            name,
            sentence,
            answer,
            asks,
            inside=tuple(self.others(asked, within)),
            not_live=tuple(slug for slug in asked if slug not in self.visit.ruleset.segments),
        )

    def others(self, slugs: Iterable[str], within: tuple[str, ...]) -> Iterator[ExplainedSegment]:
        for slug in slugs:
            known = slug in self.inside and slug in self.decided
            if known and slug not in within and len(within) < MOST_DEEP and self.left > 0:
                self.left -= 1
                yield self.segment(self.inside[slug], self.decided[slug], within)


def explained_facts(visit: SimulatedVisit) -> list[ExplainedFact]:
    """Every fact that was asked, by name."""
    return [
        ExplainedFact(
            fact.name,
            str(fact.meaning),
            visit.facts.get(fact.name),
            visit.source_of_fact(fact.name),
            fact.name in visit.facts.refused,
            fact.name in visit.given,
        )
        for fact in facts_named(visit.asked)
    ]
