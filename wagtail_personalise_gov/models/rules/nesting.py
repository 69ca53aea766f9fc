"""Rules about other segments, which is how groups of rules are nested."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel

from ...core.conditions import Condition, InSegment
from .base import OTHERS, Rule


class SegmentRule(Rule):
    """Whether the visitor is in another segment; can't be told while that segment is not live."""

    other = models.ForeignKey(
        "wagtail_personalise_gov.Segment",
        on_delete=models.PROTECT,
        related_name="segment_rules_about_it",
        verbose_name=_("segment"),
    )

    icon = "group"
    group = OTHERS
    description = _("People who are, or are not, in another segment")
    panels = [FieldPanel("other")]

    class Meta(Rule.Meta):
        verbose_name = _("another segment")
        verbose_name_plural = _("rules about other segments")

    def clean(self) -> None:
        super().clean()
        if self.other_id is None or self.segment_id is None:
            return
        if chain := chain_back(self.other_id, self.segment_id):
            names = " → ".join(f"“{name}”" for name in chain)
            raise ValidationError(
                {
                    "other": gettext("This would go round in a circle: %s. Choose another segment.")
                    % f"“{self.segment}” → {names}"
                }
            )

    def condition(self) -> Condition:
        return InSegment(self.other.slug)

    def sentence(self) -> str:
        text = gettext("We can tell they are not in “%s”") if self.negated else gettext("They are in “%s”")
        return text % str(self.other)

    def public_sentence(self) -> str:
        # A segment's own name is for editors, and may say what visitors should not read.
        name = self.other.public_name or gettext("People of another group")
        return (gettext("Not: %s") if self.negated else "%s") % name


def chain_back(start: int, target: int) -> list[str]:
    """The names on the way from a segment to another through rules, drafts included; [] where there is no way."""
    from ..segments import Segment  # segments hold rules, so their module imports this package

    segments = {segment.pk: segment for segment in Segment.objects.only("pk", "name", "latest_revision")}
    leads_to: dict[int, set[int]] = {pk: set() for pk in segments}
    for here, there in SegmentRule.objects.values_list("segment_id", "other_id"):
        leads_to.setdefault(here, set()).add(there)
    for pk, content in Segment.objects.filter(has_unpublished_changes=True).values_list(
        "pk", "latest_revision__content"
    ):
        leads_to[pk] |= asked_in(content)

    waiting = [(start, [start])]
    seen = set()
    while waiting:
        here, path = waiting.pop()
        if here == target:
            return [segments[pk].name for pk in path if pk in segments]
        if here not in seen:
            seen.add(here)
            waiting += [(there, [*path, there]) for there in sorted(leads_to.get(here, ()))]
    return []


def asked_in(content: Mapping[str, Any] | None) -> set[int]:
    """The primary keys of the segments that the rules of a segment's revision ask about, from its content."""
    relation = SegmentRule._meta.get_field("segment").remote_field.get_accessor_name()
    return {row["other"] for row in (content or {}).get(relation, []) if row.get("other")}
