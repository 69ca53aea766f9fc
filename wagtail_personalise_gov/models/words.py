"""Rules in words for editors, on screens that must stand whatever a rule does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from .inner import NOTHING_INSIDE, Inner
from .rules.base import Gone, Rule
from .rules.nesting import SegmentRule

if TYPE_CHECKING:
    from .segments import Segment

MOST_TOLD = 6  # rules of a segment inside another that are told in place
MOST_DEPTH = 2  # of segments inside segments that are told in place; with more brackets nobody would follow
MOST_CHARACTERS = 400  # of what is told in place of one rule


def is_finished(rule: Rule) -> bool:
    """Whether the rule can be asked; a draft's may lack what it asks about."""
    try:
        rule.condition()
    except Exception:  # a rule of anybody's; the editor must be able to open it and mend it
        return False
    return True


def is_gone(rule: Rule) -> bool:
    """Whether what the rule asks about was deleted."""
    try:
        rule.condition()
    except Gone:
        return True
    except Exception:  # as above
        return False
    return False


def rule_in_words(rule: Rule) -> str:
    """What the rule says of a visitor: "They seem to be in Riverside". Never raises."""
    if is_finished(rule):
        try:
            return rule.sentence()
        except Exception:  # as above
            return capfirst(str(rule._meta.verbose_name))
    if is_gone(rule):
        return gettext("%s (what it asked about was deleted)") % capfirst(str(rule._meta.verbose_name))
    return unfinished(rule)


def unfinished(rule: Rule) -> str:
    """What stands for a rule that says nothing yet."""
    return gettext("%s (not finished)") % capfirst(str(rule._meta.verbose_name))


def rule_in_place(rule: Rule, inner: Inner = NOTHING_INSIDE, within: frozenset[int] = frozenset()) -> str:
    """As `rule_in_words`, and who is in the segment that it asks about.

    "They are in “Riverside” (they seem to be in Riverside)". `within`: the segments that this is told inside of.
    """
    sentence = rule_in_words(rule)
    if not isinstance(rule, SegmentRule) or len(within) >= MOST_DEPTH or rule.other_id in within:
        return sentence
    segment = inner.get(rule.other_id)
    told = segment_in_place(segment, inner, within | {segment.pk}) if segment else ""
    if not told or len(told) > MOST_CHARACTERS:
        return sentence
    return gettext("%(rule)s (%(segment)s)") % {"rule": sentence, "segment": told}


def segment_in_place(segment: Segment, inner: Inner, within: frozenset[int]) -> str:
    """Who is in a segment, for a sentence about it: "all of these are true: …; …"."""
    if segment.missing_rule_types:
        return gettext("nobody: rules of it are missing")
    rules = segment.get_rules()
    if not rules:
        return gettext("nobody: it has no rules")
    told = [small(rule_in_place(rule, inner, within)) for rule in rules[:MOST_TOLD]]
    if len(rules) == 1:
        return told[0]
    if more := len(rules) - len(told):
        told.append(ngettext("and %d more", "and %d more", more) % more)
    if segment.match == segment.ANY:
        return gettext("any of these is true: %s") % "; ".join(told)
    return gettext("all of these are true: %s") % "; ".join(told)


def small(sentence: str) -> str:
    """The sentence as it stands inside another: with a small letter, where it begins with no name."""
    # Translators: the words that sentences about a visitor begin with, and that are written small inside a sentence.
    beginnings = gettext("They Their This We It Today").split()
    return sentence[:1].lower() + sentence[1:] if sentence.split(" ", 1)[0] in beginnings else sentence


@dataclass(frozen=True, slots=True)
class InWords:
    """Who is in a segment: a beginning, and what must be true of the visitor."""

    beginning: str
    sentences: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join([self.beginning, "; ".join(self.sentences)]).strip()


def rules_in_words(
    rules: Sequence[Rule], any_of_them: bool, missing: bool = False, inner: Inner = NOTHING_INSIDE
) -> InWords:
    """Whom these rules describe, all of them together or any of them. `missing`: it has others, out of reach."""
    return sentences_in_words([rule_in_place(rule, inner) for rule in rules], any_of_them, missing)


def sentences_in_words(said: Sequence[str], any_of_them: bool, missing: bool = False) -> InWords:
    """As `rules_in_words`, of what the rules say."""
    sentences = tuple(said)
    if missing:
        return InWords(gettext("Nobody: rules of it are missing. What is left:"), sentences)
    if not sentences:
        return InWords(gettext("Nobody: it has no rules."), ())
    if len(sentences) == 1:
        return InWords(gettext("Visitors of whom this is true:"), sentences)
    if any_of_them:
        return InWords(gettext("Visitors of whom any of these is true:"), sentences)
    return InWords(gettext("Visitors of whom all of these are true:"), sentences)
