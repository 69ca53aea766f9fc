"""The report "Segments to look after": one row for each that needs a hand, with the reasons in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column

from ...conf import settings
from ...models import Segment
from ..addresses import address_of
from ..permissions import has_permission
from ..segments.listing import StatusColumn, prepare
from .base import CSS, TEMPLATES, DeskReport
from .reasons import LABELS, Reason, having, reasons_of, segments_with_reasons, visits_are_known


@dataclass(frozen=True)
class SegmentRow:
    """A segment and why it is in the list. What the list shows of a segment is asked of the segment itself."""

    segment: Segment
    reasons: Sequence[Reason]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.segment, name)

    @property
    def sentences(self) -> list[str]:
        return [sentence for reason in self.reasons for sentence in reason.sentences]

    @property
    def reasons_in_words(self) -> str:
        return " ".join(self.sentences)


class SegmentsFilterSet(WagtailFilterSet):
    reason = django_filters.MultipleChoiceFilter(
        label=_("Reason"), choices=list(LABELS.items()), method="with_reason", widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Segment
        fields: list[str] = []

    def with_reason(self, segments: QuerySet[Segment], name: str, chosen: Sequence[str]) -> QuerySet[Segment]:
        return having(segments, chosen) if chosen else segments


class NameColumn(Column):
    cell_template_name = f"{TEMPLATES}/cells/segment.html"

    def get_cell_context_data(self, instance: SegmentRow, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        context: dict[str, Any] = super().get_cell_context_data(instance, parent_context)
        user = parent_context["request"].user
        view = "edit" if has_permission(user, "change") else "inspect"
        context["url"] = address_of(view, instance.segment)
        return context

    class Media:
        css = {"all": [CSS]}


class ReasonsColumn(Column):
    cell_template_name = f"{TEMPLATES}/cells/reasons.html"


class SegmentsReport(DeskReport):
    page_title = _("Segments to look after")
    header_icon = "clipboard-list"
    template_name = f"{TEMPLATES}/segments.html"
    index_url_name = "personalise_reports:segments"
    index_results_url_name = "personalise_reports:segments_results"
    filterset_class = SegmentsFilterSet
    default_ordering = "name"
    nothing = _("No segment needs a hand.")
    columns = [
        NameColumn("name", label=_("Segment"), sort_key="name", width="25%"),
        ReasonsColumn("reasons", label=_("Why")),
        StatusColumn("status_string", label=_("Status"), width="12%"),
        Column("owner", label=_("Owner"), sort_key="owner", width="12%"),
        Column("review_by", label=_("Review by"), sort_key="review_by", width="12%"),
    ]
    list_export = ["name", "slug", "reasons_in_words", "status_string", "owner", "review_by"]
    export_headings = {
        "name": _("Segment"),
        "slug": _("Slug"),
        "reasons_in_words": _("Why"),
        "status_string": _("Status"),
        "owner": _("Owner"),
        "review_by": _("Review by"),
    }
    export_filename = "segments-to-look-after"

    @cached_property
    def all_with_reasons(self) -> QuerySet[Segment]:
        return having(segments_with_reasons(), LABELS)

    def get_queryset(self) -> QuerySet[Segment]:
        segments: QuerySet[Segment] = self.order_queryset(self.filter_queryset(self.all_with_reasons))
        if words := self.search_query:
            segments = segments.filter(Q(name__icontains=words) | Q(slug__icontains=words) | Q(owner__icontains=words))
        return segments

    def rows_of(self, objects: Sequence[Segment]) -> list[SegmentRow]:
        return [SegmentRow(segment, list(reasons_of(segment))) for segment in prepare(list(objects))]

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(*args, **kwargs),
            "visits_are_known": visits_are_known(),
            "counting_is_on": settings.COUNTING,
        }
