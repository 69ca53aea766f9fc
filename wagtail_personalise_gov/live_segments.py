"""Live segments, each compiled by itself: what it asks, and what follows from that. All of them are read, or some.

It costs one query for the segments, one per rule type and one per kind of thing that rules point to (pages, sites),
however many segments there are.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Any

from django.db.models import Value

from .core.conditions import Condition, ConditionError, OneOf, questions_in
from .models import Rule, Segment, SegmentRule
from .models.missing import missing_rule_types, rule_models
from .models.segments import joined
from .models.sensitive import sensitive_page_asked
from .models.site_settings import LOTS_PER_PERCENT

logger = logging.getLogger("wagtail_personalise_gov")

# What a rule that can't be asked becomes: a question about a fact that nobody knows, so unknown, and never wider.
CANNOT_TELL = OneOf("rule.broken", ["-"])

WATCHED_PARTS = ("pages", "sections")
NOBODY_WATCHES: Mapping[str, frozenset[int]] = {}


@dataclass(frozen=True, slots=True)
class LiveSegment:
    """A live segment, compiled.

    `facts` are the names of what it asks, and `segments` the slugs of those inside it. `watches` are the pages and
    sections of which it asks who looked at them, by the fact that tells: 0 stands for every page. `since` says from
    which minute each of these is noted.
    """

    key: int
    slug: str
    condition: Condition
    learning: bool
    holdout_share: int  # how many of 10,000 lots are held back from it
    facts: frozenset[str]
    segments: frozenset[str]
    watches: Mapping[str, frozenset[int]]
    since: Mapping[tuple[str, int], int]

    def untellable(self) -> LiveSegment:
        """The same segment, of which nothing can be told, so that it asks nothing."""
        return replace(
            self, condition=CANNOT_TELL, facts=CANNOT_TELL.facts, segments=frozenset(), watches=NOBODY_WATCHES, since={}
        )


def read_live(keys: Collection[int] | None = None) -> dict[int, LiveSegment]:
    """The live segments by their primary keys; of these keys only, if some are given. Raises DatabaseError."""
    live = Segment.objects.live_for_visitors()
    if keys is not None:
        live = live.filter(pk__in=keys)
    # Not as models: to make thousands of them, with room for their rules, would take a third of the time.
    rows = list(live.order_by("pk").values_list("pk", "slug", "match", "learning", "holdout_percent"))
    asked: dict[int, list[Condition]] = defaultdict(list)
    since: dict[int, dict[tuple[str, int], int]] = defaultdict(dict)
    for rule in _rules(keys):
        condition = asked_by_rule(rule)
        asked[rule.segment_id].append(condition)
        for what, minute in _noted_since(rule, condition):
            since[rule.segment_id][what] = max(minute, since[rule.segment_id].get(what, 0))
    stop_asking_about_sensitive_pages(asked)
    missing = missing_rule_types([key for key, *_rest in rows])
    found: dict[int, LiveSegment] = {}
    for key, slug, match, learning, percent in rows:
        condition = CANNOT_TELL if key in missing else joined(match, asked[key])
        if key in missing:
            _log_missing(slug, missing[key])
        found[key] = LiveSegment(
            key=key,
            slug=slug,
            condition=condition,
            learning=learning,
            holdout_share=percent * LOTS_PER_PERCENT,
            facts=condition.facts,
            segments=condition.segments,
            watches=watched_by(condition),
            since=since.get(key, {}),
        )
    return found


def naming(keys: Iterable[int]) -> list[tuple[int, str]]:
    """The keys of segments, live or not, that have a rule about one of these; each with the slug of that one now."""
    return list(SegmentRule.objects.filter(other__in=list(keys)).values_list("segment_id", "other__slug"))


def _rules(keys: Collection[int] | None) -> Iterator[Rule]:
    for model in rule_models() if keys is None else _types_of_rules(keys):
        links = [field.name for field in model._meta.fields if field.many_to_one and field.name != "segment"]
        rows = model._default_manager.filter(segment__live=True, segment__archived=False)
        if keys is not None:
            rows = rows.filter(segment__in=keys)
        yield from rows.prefetch_related(*links) if links else rows


def _types_of_rules(keys: Collection[int]) -> list[type[Rule]]:
    """The types of which these segments have rules, by one query: a busy process waits at each of many for its turn."""
    models = rule_models()
    each = [
        model._default_manager.filter(segment__in=keys).order_by().values_list(Value(position))
        for position, model in enumerate(models)
    ]
    # Django 6.1 would order what comes out as the first model is ordered, by a column that is not in it.
    found = each[0].union(*each[1:]).order_by()
    return [models[position] for (position,) in sorted(found)]


def asked_by_rule(rule: Rule, quiet: bool = False) -> Condition:
    """What a rule asks. `quiet`: the rule is of a draft, which need not be finished; it says so where it is tried."""
    try:
        condition = rule.asked()
        if isinstance(condition, Condition):
            return condition
        raise ConditionError(f"its condition() gave {type(condition).__name__}, which is no condition.")
    except Exception as error:  # a rule of anybody's; whatever it raises, pages must go on
        if quiet:
            return CANNOT_TELL
        what = error if isinstance(error, ConditionError) else f"{type(error).__name__}: {error}"
        logger.error(
            "Segment %s: rule %r (%s) can't be asked: %s. Mend or delete the rule; until then nobody matches by it.",
            rule.segment_id,
            str(rule._meta.verbose_name),
            rule.pk,
            str(what).rstrip("."),
        )
        return CANNOT_TELL


def _log_missing(slug: str, missing: Sequence[str]) -> None:
    logger.error(
        "Segment %r has rules of a type that is not installed: %s. Nobody is in it until that app is back, or an "
        "editor settles it.",
        slug,
        ", ".join(missing),
    )


def stop_asking_about_sensitive_pages(asked: Mapping[Any, list[Condition]], quiet: bool = False) -> None:
    """Make those rules untellable, of whatever type, that ask who looked at a page which was marked as sensitive."""
    of_all = list(chain.from_iterable(asked.values()))
    titles = iter(sensitive_page_asked(of_all))
    for segment, conditions in asked.items():
        for position, title in enumerate([next(titles) for _condition in conditions]):
            if not title:
                continue
            conditions[position] = CANNOT_TELL
            if not quiet:
                logger.error(
                    "Segment %s: a rule asks who looked at %r, which is marked as sensitive. Nobody matches by it, and "
                    "nothing is noted of that page. Delete the rule.",
                    segment,
                    title,
                )


def watched_by(condition: Condition) -> Mapping[str, frozenset[int]]:
    """The pages and sections that a condition asks about, by the fact that tells of them, whoever's rules it is of."""
    watched: dict[str, frozenset[int]] = {}
    for question in questions_in(condition):
        scope, _dot, part = question.fact.partition(".")
        if scope not in ("visit", "visitor"):
            continue
        if part in WATCHED_PARTS:
            numbers = frozenset(key for key in question.value if isinstance(key, int))
            watched[question.fact] = watched.get(question.fact, frozenset()) | numbers
        elif part == "page_count":
            watched[question.fact] = frozenset({0})
    return watched or NOBODY_WATCHES


def _noted_since(rule: Rule, condition: Condition) -> Iterator[tuple[tuple[str, int], int]]:
    """From which minute the pages and sections that a rule asks about are noted, by scope and number."""
    began: datetime | None = getattr(rule, "watched_since", None)
    if began is None:
        return
    minute = int(began.timestamp()) // 60
    for question in questions_in(condition):
        scope, _dot, part = question.fact.partition(".")
        if part in WATCHED_PARTS:
            for number in question.value:
                yield (scope, number), minute
