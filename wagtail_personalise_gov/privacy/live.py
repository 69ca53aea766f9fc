"""The live segments as the public may read of them, straight from the database.

A segment that is published appears here without any other edit; a draft never does, nor does an editor's own name for
a segment. One query for the segments and one for each rule type, however many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from ..core.conditions import Condition
from ..core.facts import Fact
from ..facts import facts_named
from ..models import Rule, Segment, SegmentRule


@dataclass(frozen=True, slots=True)
class PublicSegment:
    """One live segment. `sentences` say who is in it, all of them or `any_of` them; `reads` is what that depends on.

    `learning`: it changes nothing. `holdout_percent`: how many of its own are held back for comparison.
    """

    slug: str
    name: str
    explanation: str
    purpose: str
    owner: str
    since: datetime | None
    any_of: bool
    sentences: tuple[str, ...]
    reads: tuple[Fact, ...]
    learning: bool
    holdout_percent: int


def live_segments() -> list[PublicSegment]:
    """Every live segment, by its public name."""
    segments = list(Segment.objects.live_for_visitors())
    rules = _rules_of(segments)
    live = {segment.pk: segment for segment in segments}
    conditions = {
        segment.slug: [condition for rule in rules[segment.pk] if (condition := _condition(rule)) is not None]
        for segment in segments
    }
    public = []
    for segment in segments:
        sentences = tuple(filter(None, (_sentence(rule, live) for rule in rules[segment.pk])))
        public.append(
            PublicSegment(
                slug=segment.slug,
                name=public_name(segment, sentences),
                explanation=segment.public_explanation,
                purpose=segment.purpose,
                owner=segment.owner,
                since=segment.first_published_at,
                any_of=segment.match == Segment.ANY,
                sentences=sentences,
                reads=tuple(facts_named(_asked(segment.slug, conditions))),
                learning=segment.learning,
                holdout_percent=segment.holdout_percent,
            )
        )
    return sorted(public, key=lambda segment: segment.name.casefold())


def public_name(segment: Segment, sentences: Iterable[str] = ()) -> str:
    """What visitors call a segment; its one sentence where no editor gave it a public name."""
    given = list(sentences)
    return segment.public_name or (given[0] if len(given) == 1 else gettext("Some visitors"))


def _rules_of(segments: Iterable[Segment]) -> dict[int, list[Rule]]:
    """The rules of live segments by the segment's primary key, in the order of the editor's menu."""
    rules: dict[int, list[Rule]] = {segment.pk: [] for segment in segments}
    for relation in Segment.rule_relations():
        model = relation.related_model
        links = [field.name for field in model._meta.fields if field.many_to_one and field.name != "segment"]
        rows = model._default_manager.filter(segment__live=True, segment__archived=False)
        found = [rule for rule in (rows.select_related(*links) if links else rows) if rule.segment_id in rules]
        model.prepare_public(found)
        for rule in found:
            rules[rule.segment_id].append(rule)
    return rules


def _condition(rule: Rule) -> Condition | None:
    """What a rule asks; None where it can't be asked (nobody matches by it, and it reads nothing)."""
    try:
        asked: Any = rule.asked()
    except Exception:  # a rule of anybody's; compiling has logged it, and this page must go on
        return None
    return asked if isinstance(asked, Condition) else None


def _sentence(rule: Rule, live: Mapping[int, Segment]) -> str:
    """A rule in words for visitors."""
    if isinstance(rule, SegmentRule) and rule.other_id not in live:
        return gettext("Nobody at the moment: it depends on a group that is not in use")
    if isinstance(rule, SegmentRule) and not rule.other.public_name:
        name = public_name(rule.other)  # the rule's own words would give away the editor's name for it
        return gettext("Not: %s") % name if rule.negated else name
    try:
        return str(rule.public_sentence())
    except Exception:  # as above
        return gettext("Nobody at the moment: this can’t be told")


def _asked(slug: str, conditions: Mapping[str, list[Condition]]) -> set[str]:
    """The names of the facts that a segment asks, through other live segments too."""
    names: set[str] = set()
    waiting, seen = [slug], set()
    while waiting:
        here = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        for condition in conditions.get(here, ()):
            names |= condition.facts
            waiting += condition.segments
    return names
