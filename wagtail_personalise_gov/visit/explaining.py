"""Why somebody is in a segment or not: each segment's reason, each rule's own answer, and the facts behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..compiling import UNNAMED
from ..core.conditions import Answer
from ..core.decision import Reason
from ..core.ruleset import Explanation, explain
from ..facts import facts_named
from ..models import Rule, Segment
from ..models.missing import missing_rule_types
from ..models.words import rule_in_words
from .simulation import SimulatedVisit


@dataclass(frozen=True, slots=True)
class ExplainedRule:
    """One rule: in words, its answer (None: can't tell), the facts that it asks, and why it can't be asked, if so."""

    rule_type: str
    sentence: str
    answer: Answer
    asks: tuple[str, ...]
    problem: str = ""


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


def explained_segments(visit: SimulatedVisit, slugs: Iterable[str] | None = None) -> Iterator[ExplainedSegment]:
    """Every live segment as it is decided for this visit, by slug; only those named, if any are."""
    asked = sorted(visit.ruleset.segments if slugs is None else slugs)
    segments = list(Segment.objects.filter(slug__in=visit.decide(asked)).with_rules().order_by("slug"))
    missing = missing_rule_types([segment.pk for segment in segments])
    for segment in segments:
        segment.missing_rule_types = missing.get(segment.pk, [])
    return explained(visit, segments)


def explained(visit: SimulatedVisit, segments: Sequence[Segment]) -> Iterator[ExplainedSegment]:
    """These segments, as they stand in these objects, as they are decided for this visit.

    Those that are not live must be in the visit's ruleset: see `ruleset_with`.
    """
    slugs = [segment.slug or UNNAMED for segment in segments]
    decision = visit.decide(slugs)
    explanations = visit.ruleset.explanations(visit.facts, slugs)
    for slug, segment in zip(slugs, segments, strict=True):
        yield ExplainedSegment(
            slug=segment.slug,
            name=segment.name,
            match=segment.match,
            reason=decision.get(slug, Reason.UNKNOWN),
            rules=tuple(_rule(rule, visit, explanations) for rule in segment.get_rules()),
            problems=tuple(segment.problems()),
        )


def _rule(rule: Rule, visit: SimulatedVisit, segments: Mapping[str, Explanation]) -> ExplainedRule:
    name, sentence = type(rule).__name__, rule_in_words(rule)
    try:
        condition = rule.asked()
        answer = explain(condition, visit.facts, segments).answer
    except Exception as error:  # a rule of anybody's
        return ExplainedRule(name, sentence, None, (), str(error))
    return ExplainedRule(name, sentence, answer, tuple(sorted(condition.facts)))


def explained_facts(visit: SimulatedVisit) -> list[ExplainedFact]:
    """Every fact that was asked, by name."""
    return [
        ExplainedFact(
            fact.name,
            str(fact.meaning),
            visit.facts.get(fact.name),
            visit.source_of_fact(fact.name),
            fact.name in visit.facts.refused,
        )
        for fact in facts_named(visit.asked)
    ]
