"""The segments that stand inside others, read together for whatever has to look into them.

What a rule asks by "They are in “Riverside”" is told in place, and two rules may contradict each other in there. Both
need the inner segments' rules; on a list for all its rows at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..core.conditions import Condition, questions_in
from ..core.contradictions import inlined
from .missing import missing_rule_types
from .rules.base import Rule
from .rules.nesting import SegmentRule

if TYPE_CHECKING:
    from .segments import Segment

MOST_LEVELS = 4  # of segments inside segments that are looked into; deeper ones are only named
MOST_SEGMENTS = 300  # that are read for one screen


@dataclass(slots=True)
class Inner:
    """The segments that were read, by primary key, and what was found out about them since, by whoever looks."""

    segments: Mapping[int, Segment] = field(default_factory=dict)
    conditions: dict[str, Condition] | None = None
    empty: dict[int, bool] = field(default_factory=dict)

    def get(self, key: int | None) -> Segment | None:
        return None if key is None else self.segments.get(key)


NOTHING_INSIDE = Inner()


def inner_segments(rules: Iterable[Rule]) -> Inner:
    """The segments that these rules ask about, and those inside them, by primary key, as they are saved.

    A query for each level, and one for each rule type, however many segments there are. None where no rule asks about
    another segment.
    """
    found: set[int] = set()
    level = asked_about(rules)
    for _deeper in range(MOST_LEVELS):
        level = set(sorted(level - found)[: MOST_SEGMENTS - len(found)])
        if not level:
            break
        found |= level
        level = set(SegmentRule.objects.filter(segment__in=level).order_by().values_list("other", flat=True))
    if not found:
        return NOTHING_INSIDE
    inner = Inner(segments := in_bulk(found))
    for segment in segments.values():
        segment.inner = inner
    prepare_problems(rule for segment in segments.values() for rule in segment.get_rules())
    return inner


def in_bulk(keys: Iterable[int]) -> dict[int, Segment]:
    """Segments by primary key, with their rules, and which of these are missing."""
    from .segments import Segment  # segments use this module

    segments = {segment.pk: segment for segment in Segment.objects.filter(pk__in=keys).with_rules()}
    _tell_missing(segments.values())
    return segments


def make_ready(segments: Iterable[Segment]) -> list[Segment]:
    """Read for all of these together what telling and trying each would read. Have their rules prefetched."""
    ready = list(segments)
    _tell_missing(ready)
    look_inside(ready)
    return ready


def _tell_missing(segments: Collection[Segment]) -> None:
    missing = missing_rule_types([segment.pk for segment in segments])
    for segment in segments:
        segment.missing_rule_types = sorted({*missing.get(segment.pk, []), *segment._lost})


def asked_about(rules: Iterable[Rule]) -> set[int]:
    """The primary keys of the segments that these rules name."""
    return {rule.other_id for rule in rules if isinstance(rule, SegmentRule) and rule.other_id is not None}


def prepare_problems(rules: Iterable[Rule]) -> None:
    """Let each rule type read for all its rules together what tells whether anybody can match them."""
    by_type: dict[type[Rule], list[Rule]] = {}
    for rule in rules:
        by_type.setdefault(type(rule), []).append(rule)
    for rule_type, own in by_type.items():
        with suppress(Exception):  # a rule type of anybody's; each rule can still look for itself
            rule_type.prepare_problems(own)


def look_inside(segments: Iterable[Segment]) -> None:
    """Read for all of these together what their summaries and problems look into: for lists, before each is told."""
    listed = list(segments)
    rules = [rule for segment in listed for rule in segment.get_rules()]
    inner = inner_segments(rules)
    prepare_problems(rules)
    for segment in listed:
        segment.inner = inner


def is_live(segment: Segment) -> bool:
    """Whether visitors can be in it."""
    return segment.live and not segment.archived


def written_out(condition: Condition, inner: Inner, most: int) -> Condition:
    """The condition with the segments inside it written out, as deep as it asks no more than `most` questions then."""
    if not condition.segments:
        return condition
    conditions = _conditions(inner)
    near = {slug: conditions[slug] for slug in condition.segments if slug in conditions}
    for known in (conditions, near):
        if _length(condition, known, most) <= most:
            return inlined(condition, known)
    return condition


def _conditions(inner: Inner) -> Mapping[str, Condition]:
    """What the segments inside ask of visitors, by slug; without those that can't be asked, or are not live."""
    if inner.conditions is None:
        inner.conditions = {}
        for segment in inner.segments.values():
            if is_live(segment) and not segment.missing_rule_types:
                with suppress(Exception):  # it is said of that segment
                    inner.conditions[segment.slug] = segment.condition()
    return inner.conditions


def _length(
    condition: Condition, conditions: Mapping[str, Condition], most: int, above: frozenset[str] = frozenset()
) -> int:
    """How many questions a condition has when the segments in it are written out; more than the most, if too many."""
    length = sum(1 for _question in questions_in(condition))
    for slug in condition.segments - above:
        if length > most:
            break
        if slug in conditions:
            length += _length(conditions[slug], conditions, most, above | {slug})
    return length
