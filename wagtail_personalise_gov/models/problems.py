"""What keeps a segment from having anybody in it, and what else is worth a look, in words for editors.

For screens that must stand whatever a rule does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Protocol

from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from ..conf import settings
from ..core.conditions import Condition, ConditionError, questions_in
from ..core.contradictions import contradict
from ..core.facts import Fact
from ..core.preference import Mode
from ..facts import facts_named
from .inner import Inner, is_live, written_out
from .rules.base import Rule
from .rules.nesting import SegmentRule
from .words import rule_in_words

if TYPE_CHECKING:
    from .segments import Segment

# Where somebody says that they are is asked of them and kept until they leave: no history, and no part of one.
NO_HISTORY = frozenset({"place"})

MOST_PAIRS = 3  # of rules that contradict each other; whoever mends these meets the next
MOST_COMPARED = 30  # rules that are held against one another; of more than an editor would make, no more are claimed
MOST_QUESTIONS = 60  # of a rule, once the segments in it are written out; with more they are not


@dataclass(frozen=True, slots=True)
class Problem:
    """A sentence for editors. `nobody`: while it is so, no visitor is in the segment.

    `unfinished`: it is so of whatever is only begun, and its words say so: "Nobody: it has no rules."
    """

    text: str
    nobody: bool
    unfinished: bool = False


@dataclass(slots=True)
class Looked:
    """What there is to say of one rule: why nobody can match by it (`dead`), and what else (`notes`)."""

    said: str
    asked: Condition | None = None
    dead: str = ""
    notes: list[str] = field(default_factory=list)


def problems_of(segment: Segment) -> list[str]:
    """What keeps a segment, as it stands in this object, from having anybody in it, a sentence each. Never raises."""
    return [problem.text for problem in found_in(segment) if problem.nobody]


def warnings_of(segment: Segment) -> list[str]:
    """What else is worth a look in it, a sentence each. Never raises."""
    return [problem.text for problem in found_in(segment) if not problem.nobody]


def found_in(segment: Segment, rules: Sequence[Rule] | None = None, inner: Inner | None = None) -> list[Problem]:
    """All that is wrong with a segment, the worst first. `rules`: in place of its own, as a form holds them."""
    rules = segment.get_rules() if rules is None else rules
    inner = segment.inner if inner is None else inner
    problems = []
    missing = segment.missing_rule_types
    if missing:
        problems.append(
            ngettext(
                "It has a rule of a type that is not installed any more: %s. Until its app is back, or you give the "
                "rule up, nobody is in this segment.",
                "It has rules of types that are not installed any more: %s. Until their apps are back, or you give the "
                "rules up, nobody is in this segment.",
                len(missing),
            )
            % ", ".join(missing)
        )
    if not rules and not missing:
        return [Problem(gettext("It has no rules, so nobody is in it."), nobody=True, unfinished=True)]
    looked = [_look_at(rule, inner) for rule in rules]
    asked = [look.asked for look in looked if look.asked is not None]
    if settings.MODE is not Mode.OPT_IN and joins_account_to_memory(
        facts_named(name for condition in asked for name in condition.facts)
    ):
        problems.append(
            gettext(
                "It asks both about the visitor’s account and about what is remembered of their visits. On this site "
                "these are kept apart, because visitors are not asked first; so nobody is in this segment."
            )
        )
    dead = [look.dead for look in looked if look.dead]
    everyone_needed = segment.match == segment.ALL
    if everyone_needed or len(dead) == len(looked):
        problems += dead
        notes = []
    else:
        notes = dead  # others of the rules may still be true of somebody
    notes += [note for look in looked for note in look.notes]
    if everyone_needed and not missing:
        alive = [(look.asked, look.said) for look in looked if look.asked is not None and not look.dead]
        with suppress(Exception):  # conditions of anybody's, which may not even compare; nothing is claimed of them
            problems += list(contradictions(*zip(*alive[:MOST_COMPARED], strict=True))) if alive else []
    return [Problem(text, True) for text in problems] + [Problem(text, False) for text in notes]


def _look_at(rule: Rule, inner: Inner) -> Looked:
    """What there is to say of a rule by itself. Never raises."""
    name = capfirst(str(rule._meta.verbose_name))
    try:
        asked = rule.asked()
        if not isinstance(asked, Condition):
            raise TypeError
        looked = Looked(rule_in_words(rule), written_out(asked, inner, MOST_QUESTIONS))
    except ConditionError as error:
        return Looked(name, dead=_about(name, error))
    except Exception:  # a rule of anybody's; the editor must be able to open it and mend it
        return Looked(name, dead=gettext("%s: this rule can’t be asked.") % name)
    try:
        reason = rule.cannot_match() or _nobody_inside(rule, inner)
        if not reason and looked.asked is not None and _asks_twice(looked.asked) and contradict(looked.asked):
            reason = gettext("this can’t be true of anybody.")
        looked.dead = _about(looked.said, reason) if reason else ""
        if not reason:
            looked.notes = [_about(looked.said, note) for note in rule.not_live()]
    except Exception:  # as above; it can be asked, so nothing is claimed of it
        return looked
    return looked


def _about(said: str, problem: object) -> str:
    return gettext("%(rule)s: %(problem)s") % {"rule": said, "problem": problem}


def _nobody_inside(rule: Rule, inner: Inner) -> str:
    """Why nobody is in the segment that the rule asks about; "" where somebody may be, or the rule is about others."""
    other = inner.get(rule.other_id) if isinstance(rule, SegmentRule) and not rule.negated else None
    if other is None or not is_live(other):
        return ""
    if other.pk not in inner.empty:
        inner.empty[other.pk] = False  # while it is looked at: one that is inside itself claims nothing
        inner.empty[other.pk] = any(found.nobody for found in found_in(other, inner=inner))
    return gettext("nobody is in “%s” as it stands.") % other if inner.empty[other.pk] else ""


def _asks_twice(condition: Condition) -> bool:
    """Whether a condition asks anything so that it may contradict itself: something twice, or nothing."""
    questions = [question.fact for question in questions_in(condition)]
    return len(questions) != len(set(questions)) or not questions


def contradictions(asked: Sequence[Condition], said: Sequence[str]) -> Iterator[str]:
    """Which of these rules can't all be true of a visitor, as sentences for editors. `said`: the rules in words."""
    about = [condition.facts | condition.segments for condition in asked]
    pairs = [
        (said[one], said[other])
        for one, other in combinations(range(len(asked)), 2)
        # Of different things both may be true. Working it out takes far longer than this.
        if not about[one].isdisjoint(about[other]) and contradict(asked[one], asked[other])
    ]
    for one, other in pairs[:MOST_PAIRS]:
        yield gettext("“%(one)s” and “%(other)s” can’t both be true, so nobody is in this segment.") % {
            "one": one,
            "other": other,
        }
    if not pairs and asked and contradict(*asked):
        yield gettext("Its rules can’t all be true of anybody, so nobody is in this segment.")


def joins_account_to_memory(facts: Iterable[Fact]) -> bool:
    """Whether these facts together join who somebody is to what is remembered of them.

    That needs visitors who were asked first (OMB M-10-22, tier 3): MODE "opt_in".
    """
    asked = list(facts)
    return any(fact.name.startswith("account.") for fact in asked) and any(
        fact.remembers - NO_HISTORY for fact in asked
    )


class Asking(Protocol):
    """What asks facts, and whether the visitor is in other segments: a condition, say."""

    @property
    def facts(self) -> frozenset[str]: ...

    @property
    def segments(self) -> frozenset[str]: ...


def asked_by(slug: str, conditions: Mapping[str, Asking]) -> list[Fact]:
    """The facts that a segment asks, through the segments inside it too."""
    return facts_named(names_asked_by(slug, conditions))


def names_asked_by(slug: str, conditions: Mapping[str, Asking]) -> set[str]:
    """The names of these, as they are asked: "request.query.topic"."""
    names: set[str] = set()
    waiting, seen = [slug], {slug}
    while waiting:
        condition = conditions[waiting.pop()]
        names |= condition.facts
        inner = {other for other in condition.segments if other in conditions} - seen
        seen |= inner
        waiting += inner
    return names
