"""What is found out about segments once, for all versions of a page that are for them.

Who is in each, in words; why nobody can be; and whose visitors are all among those of others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from ...core.conditions import Any, Condition
from ...core.contradictions import implies
from ...models import Rule, Segment
from ...models.inner import in_bulk, inner_segments, prepare_problems, written_out
from ...models.problems import found_in
from ...models.words import InWords, rules_in_words

MOST_COMPARED = 2_000  # pairs of conditions that are compared in one call; of more, nothing is claimed
MOST_QUESTIONS = 200  # in a condition with the segments inside it written out


@dataclass(frozen=True, slots=True)
class Known:
    """A segment, and what was found out about it once for all versions that are for it.

    `problems`: why nobody can be in it, live or not, a sentence each. `condition`: what it asks, segments inside it
    written out; None where versions for it are not shown.
    """

    segment: Segment
    words: InWords
    problems: Sequence[str]
    condition: Condition | None


def known_of(keys: Iterable[int]) -> dict[int, Known]:
    """Those of the segments that exist, by primary key. Constant queries."""
    wanted = set(keys)
    if not wanted:
        return {}
    segments = in_bulk(wanted)
    # Looked up once: for each segment anew, it would take longer than all the rest.
    relations = [relation.get_accessor_name() for relation in Segment.rule_relations()]
    rules_of = {
        key: [rule for name in relations for rule in getattr(segment, name).all()] for key, segment in segments.items()
    }
    rules = [rule for own in rules_of.values() for rule in own]
    inner = inner_segments(rules)
    prepare_problems(rules)
    known = {}
    for key, segment in segments.items():
        own = rules_of[key]
        problems = [problem.text for problem in found_in(segment, own, inner) if problem.nobody]
        condition = _asked(segment, own) if takes_visitors(segment) and not problems else None
        known[key] = Known(
            segment,
            rules_in_words(own, segment.match == Segment.ANY, bool(segment.missing_rule_types), inner),
            problems,
            written_out(condition, inner, MOST_QUESTIONS) if condition is not None else None,
        )
    return known


def takes_visitors(segment: Segment) -> bool:
    """Whether versions for it are shown. A share that is held back counts too: it does not get a later version."""
    return segment.live and not segment.archived and not segment.learning


def _asked(segment: Segment, rules: Iterable[Rule]) -> Condition | None:
    if segment.missing_rule_types:
        return None
    try:
        return segment.join(rule.asked() for rule in rules)
    except Exception:  # a rule of anybody's; its segment says what is wrong with it, and nothing is claimed
        return None


@dataclass(slots=True)
class Comparing:
    """Whose visitors are all among those of other segments, by what the segments ask. Each pair is compared once."""

    conditions: Mapping[int, Condition]
    left: int = MOST_COMPARED
    _known: dict[tuple[int, tuple[int, ...]], bool] = field(default_factory=dict)

    def all_in(self, key: int, *others: int) -> bool:
        """Whether every visitor of a segment is in one of the others. False also where that can't be worked out."""
        pair = (key, others)
        if pair not in self._known:
            self._known[pair] = self._compare(key, others)
        return self._known[pair]

    def _compare(self, key: int, others: tuple[int, ...]) -> bool:
        condition = self.conditions.get(key)
        conditions = [self.conditions[other] for other in others if other in self.conditions]
        if condition is None or not conditions or self.left < len(conditions):
            return False
        wanted = conditions[0] if len(conditions) == 1 else Any(*conditions)
        if not (condition.facts & wanted.facts or condition.segments & wanted.segments):
            return False  # what they ask has nothing to do with one another
        self.left -= len(conditions)
        try:
            return _implies(condition, wanted)
        except Exception:  # conditions of anybody's, which may not even compare; nothing is claimed of them
            return False


@lru_cache(maxsize=4096)
def _implies(condition: Condition, other: Condition) -> bool:
    """As `implies`, kept: an editor who goes on writing asks for the same again and again."""
    return implies(condition, other)
