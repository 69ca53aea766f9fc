"""Rules about other segments, which is how groups of rules are nested."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel

from ...core.conditions import Condition, InSegment
from .base import OTHERS, Rule, not_live_message


class SegmentRule(Rule):
    """Whether the visitor is in another segment; can't be told while that segment is not live."""

    other = models.ForeignKey(
        "wagtail_personalise_gov.Segment",
        on_delete=models.PROTECT,
        related_name="segment_rules_about_it",
        verbose_name=_("segment"),
    )

    ways: Ways | None = None  # as one form has read them for all its cards

    icon = "group"
    group = OTHERS
    description = _("People who are, or are not, in another segment")
    also_called = _("group, audience, combine, exclude, nested, and, or, not")
    panels = [FieldPanel("other")]

    class Meta(Rule.Meta):
        verbose_name = _("another segment")
        verbose_name_plural = _("rules about other segments")

    def clean(self) -> None:
        super().clean()
        if self.other_id is None or self.segment_id is None:
            return
        if chain := (self.ways or Ways()).back(self.other_id, self.segment_id):
            names = " → ".join(f"“{name}”" for name in chain)
            raise ValidationError(
                {
                    "other": gettext("This would go round in a circle: %s. Choose another segment.")
                    % f"“{self.segment}” → {names}"
                }
            )

    def condition(self) -> Condition:
        return InSegment(self.other.slug)

    def cannot_match(self) -> str:
        message = not_live_message(self.other)
        return gettext("%s Until it is live, this can’t be told of anybody.") % message if message else ""

    def sentence(self) -> str:
        text = gettext("We can tell they are not in “%s”") if self.negated else gettext("They are in “%s”")
        return text % str(self.other)

    def public_sentence(self) -> str:
        # A segment's own name is for editors, and may say what visitors should not read.
        name = self.other.public_name or gettext("People of another group")
        return (gettext("Not: %s") if self.negated else "%s") % name


class Ways:
    """Which segments lead to which through rules, drafts included. Read when it is first asked, and not again."""

    @cached_property
    def _names(self) -> dict[int, str]:
        return dict(_segments().values_list("pk", "name"))

    @cached_property
    def _leads_to(self) -> dict[int, set[int]]:
        leads_to: dict[int, set[int]] = {}
        for here, there in SegmentRule.objects.order_by().values_list("segment_id", "other_id"):
            leads_to.setdefault(here, set()).add(there)
        drafts = _segments().filter(has_unpublished_changes=True).order_by()
        for pk, content in drafts.values_list("pk", "latest_revision__content"):
            leads_to.setdefault(pk, set()).update(asked_in(content))
        return leads_to

    def back(self, start: int, target: int) -> list[str]:
        """The names on the way from a segment to another; [] where there is no way."""
        waiting = [(start, [start])]
        seen = set()
        while waiting:
            here, path = waiting.pop()
            if here == target:
                return [self._names[pk] for pk in path if pk in self._names]
            if here not in seen:
                seen.add(here)
                waiting += [(there, [*path, there]) for there in sorted(self._leads_to.get(here, ()))]
        return []


def _segments() -> models.QuerySet[Any]:
    segments: models.QuerySet[Any] = SegmentRule._meta.get_field("other").related_model._default_manager.all()
    return segments


def asked_in(content: Mapping[str, Any] | None) -> set[int]:
    """The primary keys of the segments that the rules of a segment's revision ask about, from its content."""
    relation = SegmentRule._meta.get_field("segment").remote_field.get_accessor_name()
    return {row["other"] for row in (content or {}).get(relation, []) if row.get("other")}
