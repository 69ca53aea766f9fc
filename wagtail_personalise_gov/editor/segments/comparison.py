"""Two revisions of a segment side by side: its rules as sentences, and what became of each.

Wagtail would show what each field of a card held. Editors know their rules by what they say.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from wagtail.admin.compare import ChildObjectComparison, ChildRelationComparison

from ...models import Rule
from ...models.words import rule_in_words


class SentenceComparison:
    """One rule in two revisions, as Wagtail shows one field. None: it was not there."""

    is_field = True
    is_child_relation = False

    def __init__(self, before: Rule | None, after: Rule | None) -> None:
        self.before, self.after = before, after
        self.said_before = rule_in_words(before) if before is not None else ""
        self.says = rule_in_words(after) if after is not None else ""

    def field_label(self) -> str:
        """What became of the rule: colours alone would not tell everybody."""
        if self.before is None:
            return gettext("Added")
        if self.after is None:
            return gettext("Removed")
        if not self.has_changed():
            return gettext("Unchanged")
        if self._only_turned():
            return gettext("Turned round")
        return gettext("Changed")

    def _only_turned(self) -> bool:
        """Whether all that changed is that the rule is now to be not true of them, or true of them again."""
        own = type(self.after).own_fields() if self.after is not None else ()
        return getattr(self.before, "negated", None) != getattr(self.after, "negated", None) and all(
            _value(self.before, name) == _value(self.after, name) for name in own
        )

    def has_changed(self) -> bool:
        return self.said_before != self.says

    def htmldiff(self) -> SafeString:
        """The sentence; where it changed, both, each called what it is."""
        if self.before is None or self.after is None or not self.has_changed():
            return format_html("{}", self.says or self.said_before)
        return format_html(
            '<p class="personalise-diff"><del class="deletion">{}</del></p>'
            '<p class="personalise-diff"><ins class="addition">{}</ins></p>',
            self.said_before,
            self.says,
        )


class RuleComparison(ChildObjectComparison):
    """One rule in two revisions."""

    def get_position_change(self) -> None:
        """None: all or any of the rules, their order says nothing."""

    def get_field_comparisons(self) -> list[Any]:
        """What the rule says; where that does not tell a change apart, the fields that changed too."""
        sentence = SentenceComparison(self.obj_a, self.obj_b)
        if self.obj_a is None or self.obj_b is None or sentence.has_changed():
            return [sentence]
        with suppress(Exception):  # a field of anybody's; the sentence stands without it
            fields = [field for field in super().get_field_comparisons() if field.has_changed()]
            return [sentence, *fields]
        return [sentence]


class RulesComparison(ChildRelationComparison):
    """The rules of one type in two revisions, those that changed."""

    def get_child_comparison(self, obj_a: Rule | None, obj_b: Rule | None) -> RuleComparison:
        return RuleComparison(self.field.related_model, self.field_comparisons, obj_a, obj_b)

    def get_child_comparisons(self) -> list[RuleComparison]:
        return [
            comparison
            for comparison in super().get_child_comparisons()
            if comparison.is_addition() or comparison.is_deletion() or comparison.has_changed()
        ]


def _value(rule: Rule | None, name: str) -> Any:
    return rule._meta.get_field(name).value_from_object(rule) if rule is not None else None
