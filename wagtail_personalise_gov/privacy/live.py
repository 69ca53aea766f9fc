"""The live segments as the public may read of them, straight from the database.

A segment that is published appears here without any other edit; a draft never does, nor does an editor's own name for
a segment. One query for the segments and one for each rule type, however many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from ..conf import settings
from ..core.conditions import Condition, ConditionError
from ..core.facts import Fact
from ..core.preference import Mode
from ..facts import facts_named
from ..models import Rule, Segment, SegmentRule
from ..models.missing import missing_rule_types
from ..models.problems import joins_account_to_memory
from ..models.sensitive import sensitive_page_asked
from ..wording.written import Written


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
    asked: tuple[Condition | None, ...] = ()  # what each sentence asks; None where that can't be asked
    last_changed: datetime | None = None
    sensitive: bool = False  # it asks who looked at a sensitive page, so that rule of it is stopped


def live_segments(slugs: Iterable[str] | None = None) -> list[PublicSegment]:
    """Every live segment, by its public name; or only those of these slugs."""
    segments = list(Segment.objects.live_for_visitors())
    rules = _rules_of(segments)
    live = {segment.pk: segment for segment in segments}
    asked, sensitive = _asked_by_each(rules)
    stopped = _stopped(segments, asked)
    conditions = {segment.slug: () if segment.slug in stopped else _given(asked[segment.pk]) for segment in segments}
    wanted = None if slugs is None else frozenset(slugs)
    public = []
    for segment in segments:
        if wanted is not None and segment.slug not in wanted:
            continue  # read all the same: one that is wanted may depend on it
        said: list[tuple[str, Condition | None]]
        if segment.slug in stopped:
            said = [(gettext("Nobody at the moment: this can’t be told"), None)]
        else:
            both = zip(rules[segment.pk], asked[segment.pk], strict=True)
            said = [(text, condition) for rule, condition in both if (text := _sentence(rule, condition, live))]
        sentences = tuple(sentence for sentence, _condition in said)
        public.append(
            PublicSegment(
                slug=segment.slug,
                name=public_name(segment, () if segment.slug in stopped else sentences),
                explanation=Written(segment.public_explanation),
                purpose=Written(segment.purpose),
                owner=Written(segment.owner),
                since=segment.first_published_at,
                any_of=segment.match == Segment.ANY,
                sentences=sentences,
                reads=tuple(facts_named(_asked(segment.slug, conditions))),
                learning=segment.learning,
                holdout_percent=segment.holdout_percent,
                asked=tuple(condition for _sentence, condition in said),
                last_changed=segment.last_published_at,
                sensitive=segment.pk in sensitive,
            )
        )
    return sorted(public, key=lambda segment: segment.name.casefold())


def public_name(segment: Segment, sentences: Iterable[str] = ()) -> str:
    """What visitors call a segment; its one sentence where no editor gave it a public name."""
    given = list(sentences)
    return Written(segment.public_name) or (given[0] if len(given) == 1 else gettext("Some visitors"))


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


def _asked_by_each(rules: Mapping[int, list[Rule]]) -> tuple[dict[int, list[Condition | None]], frozenset[int]]:
    """(what each rule asks, as compiling has it: None for what can't be asked, or may not be; whose rules may not)."""
    asked = {key: [_condition(rule) for rule in of_one] for key, of_one in rules.items()}
    titles = iter(sensitive_page_asked([condition for of_one in asked.values() for condition in _given(of_one)]))
    sensitive = set()
    for key, of_one in asked.items():
        for position, condition in enumerate(of_one):
            if condition is not None and next(titles):
                of_one[position] = None
                sensitive.add(key)
    return asked, frozenset(sensitive)


def _stopped(segments: Iterable[Segment], asked: Mapping[int, list[Condition | None]]) -> frozenset[str]:
    """The slugs of those that nobody is in, whatever their rules say: rules are missing, or join what is kept apart."""
    of_all = list(segments)
    missing = missing_rule_types([segment.pk for segment in of_all])
    stopped = {segment.slug for segment in of_all if segment.pk in missing}
    if settings.MODE is not Mode.OPT_IN:
        conditions = {segment.slug: _given(asked[segment.pk]) for segment in of_all}
        stopped |= {slug for slug in conditions if joins_account_to_memory(facts_named(_asked(slug, conditions)))}
    return frozenset(stopped)


def _given(asked: Iterable[Condition | None]) -> tuple[Condition, ...]:
    return tuple(condition for condition in asked if condition is not None)


def _condition(rule: Rule) -> Condition | None:
    """What a rule asks; None where it can't be asked (nobody matches by it, and it reads nothing)."""
    try:
        asked: Any = rule.asked()
    except Exception:  # a rule of anybody's; compiling has logged it, and this page must go on
        return None
    return asked if isinstance(asked, Condition) else None


def _sentence(rule: Rule, asked: Condition | None, live: Mapping[int, Segment]) -> str:
    """A rule in words for visitors."""
    if isinstance(rule, SegmentRule) and rule.other_id not in live:
        return gettext("Nobody at the moment: it depends on a group that is not in use")
    if isinstance(rule, SegmentRule) and not rule.other.public_name:
        name = public_name(rule.other)  # the rule's own words would give away the editor's name for it
        return gettext("Not: %s") % name if rule.negated else name
    try:
        if asked is None:
            raise ConditionError
        return str(rule.public_sentence())
    except Exception:  # as above
        return gettext("Nobody at the moment: this can’t be told")


def _asked(slug: str, conditions: Mapping[str, Sequence[Condition]]) -> set[str]:
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
