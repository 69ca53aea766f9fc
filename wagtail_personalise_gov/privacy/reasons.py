"""Why a visitor saw what they saw: for each group whether they are in it, sentence by sentence, and for the page that
they came from which version of each part they get.

All of it is told from one decision, the one that pages go by, so that it can't differ from what is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext

from ..core.conditions import Condition
from ..core.contents import Path
from ..core.counting import Arm
from ..core.decision import MATCHING, Decision, Reason
from ..core.facts import Facts, family
from ..core.ruleset import Explanation, Ruleset, explain
from ..core.variants import Outcome, Variant, outcome
from ..models.streams import FoundContent, personalised_of
from ..visit.visit import Visit
from ..wording.words import listed
from .counted import held_back_now
from .live import PublicSegment


class Said(StrEnum):
    """The answer to one sentence."""

    YES = "yes"
    NO = "no"
    CANNOT_TELL = "cannot-tell"
    NOT_USED = "not-used"


@dataclass(frozen=True, slots=True)
class Answered:
    """A sentence that says who is in a group, and whether it is so of this visitor; "" where nothing is decided."""

    sentence: str
    said: Said | str = ""

    @property
    def answer(self) -> str:
        match self.said:
            case Said.YES:
                return gettext("This is so for you.")
            case Said.NO:
                return gettext("This is not so for you.")
            case Said.CANNOT_TELL:
                return gettext("We can’t tell whether this is so for you.")
            case Said.NOT_USED:
                return gettext("We do not look, because this is off.")
        return ""


@dataclass(frozen=True, slots=True)
class Because:
    """Whether the visitor is in a group (`standing`, in a sentence), and why, sentence by sentence."""

    inside: bool
    standing: str
    sentences: tuple[Answered, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the page that the visitor came from: which version of it they get, and for which group."""

    number: int
    words: str
    others: tuple[str, ...]  # the other groups that it has words of their own for


def decided(visit: Visit) -> Decision:
    """About every live group, as this visitor's pages go by it. A lot that is not kept yet holds nobody back."""
    decision, held = visit.decide(visit.ruleset.segments), held_back_now(visit)
    return Decision(
        {
            slug: Reason.MATCHED if reason is Reason.HOLDOUT and slug not in held else reason
            for slug, reason in decision.items()
        }
    )


def reasons(visit: Visit, decision: Decision, segments: Iterable[PublicSegment]) -> dict[str, Because]:
    """By the group's slug. Pure: what was gathered to decide is all that is looked at."""
    facts = visit.facts
    explanations = visit.ruleset.explanations(facts)
    return {
        segment.slug: Because(
            decision.get(segment.slug) in MATCHING | {Reason.HOLDOUT, Reason.LEARNING},
            _standing(decision.get(segment.slug), bool(decision)),
            _sentences(segment, facts, explanations, visit.ruleset) if decision else _unanswered(segment),
        )
        for segment in segments
    }


def parts_of(page: Any, ruleset: Ruleset, decision: Decision, names: Mapping[str, str]) -> list[Part]:
    """What this page's own content shows of its versions. `names` are those of the live groups, by slug."""
    shown: list[tuple[FoundContent, Variant | None]] = []
    parts: list[Part] = []
    for found in personalised_of(page):
        variants = [
            Variant(version.id or f"variant-{position}", ruleset.slugs(version.segments))
            for position, version in enumerate(found.content.versions)
        ]
        if not _is_seen(found.content.place, shown):
            continue
        out = outcome(variants, decision)
        shown.append((found, out.variant))
        live = list(dict.fromkeys(slug for variant in variants for slug in variant.segments if slug in names))
        others = tuple(names[slug] for slug in live if slug != out.segment)
        parts.append(Part(len(parts) + 1, _part_in_words(out, found.content.nothing_for_others, names), others))
    return parts


def _standing(reason: Reason | None, anything_decided: bool) -> str:
    if not anything_decided:
        return ""
    match reason:
        case Reason.MATCHED | Reason.LEARNING | Reason.PREVIEW:
            return gettext("You are in this group now.")
        case Reason.HOLDOUT:
            return gettext("You are in this group now, and see the standard version, for comparison.")
        case Reason.NOT_MATCHED:
            return gettext("You are not in this group now.")
        case Reason.REFUSED:
            return gettext("We do not look whether you are in this group, because this is off.")
    return gettext("We can’t tell whether you are in this group, so we treat you as if you were not.")


def _unanswered(segment: PublicSegment) -> tuple[Answered, ...]:
    return tuple(Answered(sentence) for sentence in segment.sentences)


def _sentences(
    segment: PublicSegment, facts: Facts, explanations: Mapping[str, Explanation], ruleset: Ruleset
) -> tuple[Answered, ...]:
    answers = [_answer(condition, facts, explanations) for condition in segment.asked]
    told = [
        Answered(sentence, _said(answer, condition, facts, ruleset))
        for sentence, answer, condition in zip(segment.sentences, answers, segment.asked, strict=True)
    ]
    explanation = explanations.get(segment.slug)
    if explanation is not None and explanation.answer is not _joined(answers, segment.any_of):
        told.append(Answered(gettext("There is more to this group than can be told in words here.")))
    return tuple(told)


def _answer(condition: Condition | None, facts: Facts, explanations: Mapping[str, Explanation]) -> bool | None:
    if condition is None:
        return None
    try:
        return explain(condition, facts, explanations).answer
    except Exception:  # a condition of anybody's
        return None


def _said(answer: bool | None, condition: Condition | None, facts: Facts, ruleset: Ruleset) -> Said:
    if answer is not None:
        return Said.YES if answer else Said.NO
    if condition is not None and not facts.refused.isdisjoint(_asks(condition, ruleset)):
        return Said.NOT_USED
    return Said.CANNOT_TELL


def _asks(condition: Condition, ruleset: Ruleset) -> frozenset[str]:
    """What a condition asks, through other groups too."""
    inside = ruleset.only(condition.segments).needs if condition.segments else frozenset()
    return frozenset(map(family, condition.facts)) | inside


def _joined(answers: Sequence[bool | None], any_of: bool) -> bool | None:
    """As a group joins the answers of its sentences."""
    if not answers:
        return False
    if any_of in answers:
        return any_of
    return None if None in answers else not any_of


def _is_seen(place: Path, shown: Iterable[tuple[FoundContent, Variant | None]]) -> bool:
    """Whether a block stands in what the blocks around it show."""
    for around, variant in shown:
        outer = around.content.place
        if not outer or place[: len(outer)] != outer or len(place) <= len(outer):
            continue
        inner = place[len(outer) :]
        within = inner[1] if inner[0] == "variants" and len(inner) > 1 else None
        if within != (variant.id if variant else None):
            return False
    return True


def _part_in_words(out: Outcome, nothing_for_others: bool, names: Mapping[str, str]) -> str:
    if out.segment is not None:
        return gettext("You see the version for this group, because you are in it: %(group)s") % {
            "group": names.get(out.segment, gettext("Some visitors"))
        }
    held = [names[slug] for arm, _variant, slug in out.arms if arm is Arm.HOLDOUT and slug in names]
    if nothing_for_others:
        words = gettext("You see nothing here, because we count you among none of the groups that it is for.")
    else:
        words = gettext("You see the standard version.")
    if held:
        words = gettext("You see the standard version, for comparison, although you are in this group: %(group)s") % {
            "group": listed(held)
        }
    return words
