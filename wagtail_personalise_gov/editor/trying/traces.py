"""Why a tried visitor is in a segment or not, as screens tell it: a word, an icon and the reasons, rule by rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ...compiling import UNNAMED
from ...core.conditions import Answer
from ...core.decision import Reason
from ...core.facts import Partly, family
from ...models import Segment
from ...visit.explaining import (
    ExplainedFact,
    ExplainedRule,
    ExplainedSegment,
    explained,
    explained_facts,
    segments_inside,
)
from ...visit.simulation import SimulatedVisit
from .fact_words import fact_name, fact_source, fact_value


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer as it is shown: never by colour alone."""

    key: str
    word: Any
    icon: str


IN, OUT, UNTOLD = (
    Verdict("yes", _("In this segment"), "check"),
    Verdict("no", _("Not in this segment"), "cross"),
    Verdict("untold", _("Can’t tell"), "help"),
)
RULE_VERDICTS: dict[Answer, Verdict] = {
    True: Verdict("yes", _("Yes"), "check"),
    False: Verdict("no", _("No"), "cross"),
    None: Verdict("untold", _("Can’t tell"), "help"),
}
ORDER = (Reason.MATCHED, Reason.LEARNING, Reason.UNKNOWN, Reason.REFUSED, Reason.NOT_MATCHED)


def answer_of(reason: Reason | None) -> Answer:
    """Whether the rules of a segment put the visitor in it; None where that can't be told."""
    if reason in (Reason.MATCHED, Reason.LEARNING, Reason.HOLDOUT, Reason.PREVIEW):
        return True
    return False if reason is Reason.NOT_MATCHED else None


def verdict_on(answer: Answer) -> Verdict:
    return UNTOLD if answer is None else IN if answer else OUT


@dataclass(frozen=True, slots=True)
class TracedFact:
    """What was asked: its name, its value ("" for none), where that comes from."""

    name: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class TracedRule:
    """One rule: its answer, its sentence, what was asked, why it can't be told, and the segments inside it."""

    verdict: Verdict
    sentence: str
    facts: tuple[TracedFact, ...]
    why: tuple[str, ...]
    inside: tuple[Trace, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """One segment: the answer, what to know of it, and its rules."""

    verdict: Verdict
    name: str
    slug: str
    all_of: bool
    notes: tuple[str, ...]
    rules: tuple[TracedRule, ...]
    segment: Segment | None = None


def traces(visit: SimulatedVisit, segments: list[Segment], pages: Mapping[int, str] | None = None) -> list[Trace]:
    """Why the visit is in each of these segments or not, with the segments inside them. `pages`: titles by number."""
    visit.decide([segment.slug or UNNAMED for segment in segments])
    inside = segments_inside(visit.ruleset, [segment.slug or UNNAMED for segment in segments], segments)
    told = list(explained(visit, segments, inside))
    facts = {fact.name: fact for fact in explained_facts(visit)}
    return [_trace(one, facts, pages or {}, segment) for one, segment in zip(told, segments, strict=True)]


def _trace(
    told: ExplainedSegment,
    facts: Mapping[str, ExplainedFact],
    pages: Mapping[int, str],
    segment: Segment | None = None,
) -> Trace:
    return Trace(
        verdict_on(answer_of(told.reason)),
        told.name or gettext("This segment"),
        told.slug,
        told.match == Segment.ALL,
        tuple(_notes(told)),
        tuple(_rule(rule, facts, pages) for rule in told.rules),
        segment,
    )


def _notes(told: ExplainedSegment) -> Iterator[str]:
    if told.reason is Reason.LEARNING:
        yield gettext("It is in learning mode: they are counted, and see what everyone else sees.")
    if told.reason is Reason.REFUSED:
        yield gettext("They have turned adapting off, so nothing is looked at that is about them.")
    yield from told.problems


def _rule(rule: ExplainedRule, facts: Mapping[str, ExplainedFact], pages: Mapping[int, str]) -> TracedRule:
    asked = [(name, facts[family(name)]) for name in rule.asks if family(name) in facts]
    return TracedRule(
        RULE_VERDICTS[rule.answer],
        rule.sentence,
        tuple(
            TracedFact(fact_name(name), fact_value(name, fact.value, pages), fact_source(fact))
            for name, fact in asked
            if fact.value is not None
        ),
        tuple(_why(rule, asked)) if rule.answer is None else (),
        tuple(_trace(inner, facts, pages) for inner in rule.inside),
    )


def _why(rule: ExplainedRule, asked: Iterable[tuple[str, ExplainedFact]]) -> Iterator[str]:
    """Why a rule can't be told, a sentence each."""
    if rule.problem:
        yield rule.problem
    for slug in rule.not_live:
        yield gettext("The segment “%s” is not live, so nobody can be told to be in it.") % slug
    for name, fact in asked:
        if fact.refused:
            yield gettext("%s: not looked at, since they have turned adapting off.") % fact_name(name)
        elif fact.value is None:
            yield gettext("%s: not known of this visitor.") % fact_name(name)
        elif isinstance(fact.value, Partly):
            yield gettext("%s: only a part of it is known.") % fact_name(name)
