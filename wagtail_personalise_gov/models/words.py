"""Rules in words for editors, on screens that must stand whatever a rule does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext

from .rules.base import Gone, Rule


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
    text = gettext("%s (what it asked about was deleted)") if is_gone(rule) else gettext("%s (not finished)")
    return text % capfirst(str(rule._meta.verbose_name))


@dataclass(frozen=True, slots=True)
class InWords:
    """Who is in a segment: a beginning, and what must be true of the visitor."""

    beginning: str
    sentences: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join([self.beginning, "; ".join(self.sentences)]).strip()


def rules_in_words(rules: Sequence[Rule], any_of_them: bool, missing: bool = False) -> InWords:
    """Whom these rules describe, all of them together or any of them. `missing`: it has others, out of reach."""
    sentences = tuple(rule_in_words(rule) for rule in rules)
    if missing:
        return InWords(gettext("Nobody: rules of it are missing. What is left:"), sentences)
    if not sentences:
        return InWords(gettext("Nobody: it has no rules."), ())
    if len(sentences) == 1:
        return InWords(gettext("Visitors of whom this is true:"), sentences)
    if any_of_them:
        return InWords(gettext("Visitors of whom any of these is true:"), sentences)
    return InWords(gettext("Visitors of whom all of these are true:"), sentences)
