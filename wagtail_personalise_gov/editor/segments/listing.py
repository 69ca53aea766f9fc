"""The list of segments: who is in each, in words, and where each is used; at as many queries for 50 as for one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import django_filters
from django import forms
from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Exists, OuterRef, Prefetch, Q, QuerySet, prefetch_related_objects
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column
from wagtail.models import ReferenceIndex, Revision, Site, WorkflowState
from wagtail.snippets.views.snippets import IndexView

from ...models import Segment
from ...models.inner import make_ready
from ...models.problems import found_in
from ...models.segments import rule_lookups
from ..addresses import address_of
from ..pausing import paused_state
from ..permissions import has_permission, may_pause
from .finding import matching, of_use_on

CELLS = "wagtail_personalise_gov/editor/cells"

LIVE, LEARNING, CHANGED, MODERATION = "live", "learning", "changed", "moderation"
SCHEDULED, DRAFT = "scheduled", "draft"
OVERDUE, ARCHIVED = "overdue", "archived"


def scheduled_revisions() -> QuerySet[Revision]:
    """The revisions of segments that are waiting to be published."""
    segments = ContentType.objects.get_for_model(Segment)
    revisions: QuerySet[Revision] = Revision.objects.filter(base_content_type=segments)
    return revisions.filter(approved_go_live_at__isnull=False)


class SegmentFilterSet(WagtailFilterSet):
    """Segments by status. Those in the archive are left out unless they are asked for."""

    status = django_filters.MultipleChoiceFilter(
        label=_("Status"),
        choices=[
            (LIVE, _("Live")),
            (LEARNING, _("Learning")),
            (CHANGED, _("Live, with unpublished changes")),
            (MODERATION, _("In moderation")),
            (SCHEDULED, _("Scheduled")),
            (DRAFT, _("Draft")),
            (OVERDUE, _("Review overdue")),
            (ARCHIVED, _("Archived")),
        ],
        method="of_status",
        widget=forms.CheckboxSelectMultiple,
    )
    site = django_filters.ModelChoiceFilter(
        label=_("For use on"), queryset=Site.objects.all(), empty_label=_("All sites"), method="of_site"
    )

    class Meta:
        model = Segment
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if Site.objects.count() < 2:
            del self.filters["site"]

    def of_site(self, segments: QuerySet[Segment], name: str, site: Site) -> QuerySet[Segment]:
        return of_use_on(segments, site)

    def of_status(self, segments: QuerySet[Segment], name: str, chosen: Sequence[str]) -> QuerySet[Segment]:
        """Those that have any of the chosen statuses."""
        key = Cast(OuterRef("pk"), CharField())
        kind = ContentType.objects.get_for_model(Segment)
        submitted = WorkflowState.objects.filter(base_content_type=kind, status=WorkflowState.STATUS_IN_PROGRESS)
        having = {
            LIVE: Q(live=True),
            LEARNING: Q(live=True, learning=True),
            CHANGED: Q(live=True, has_unpublished_changes=True),
            MODERATION: Exists(submitted.filter(object_id=key)),
            SCHEDULED: Exists(scheduled_revisions().filter(object_id=key)),
            DRAFT: Q(live=False),
            OVERDUE: Q(review_by__lt=timezone.localdate()),
        }
        wanted = Q()
        for status in chosen:
            wanted |= Q(archived=True) if status == ARCHIVED else Q(having[status], archived=False)
        return segments.filter(wanted) if chosen else segments


class StatusColumn(Column):
    cell_template_name = f"{CELLS}/status.html"


class InWordsColumn(Column):
    """Who is in it; and why nobody is, where something is wrong with it."""

    cell_template_name = f"{CELLS}/in_words.html"

    def get_cell_context_data(self, instance: Segment, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        context = super().get_cell_context_data(instance, parent_context)
        # That it has no rules is what the words say.
        return {**context, "problems": [problem for problem in found_in(instance) if not problem.unfinished]}

    class Media:
        css = {"all": ["wagtail_personalise_gov/css/editor.css"]}


class UsedColumn(Column):
    """How many objects use the segment, with the way to the list of them for those who may see it."""

    cell_template_name = f"{CELLS}/used.html"

    def get_cell_context_data(self, instance: Segment, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        context: dict[str, Any] = super().get_cell_context_data(instance, parent_context)
        user = parent_context["request"].user
        context["url"] = address_of("usage", instance) if has_permission(user, "change") else None
        return context


class SegmentIndexView(IndexView):
    """The list, its results for the search as one types, and its export."""

    def filter_queryset(self, queryset: QuerySet[Segment]) -> QuerySet[Segment]:
        queryset = super().filter_queryset(queryset)
        return queryset if self._archive_is_asked_for() else queryset.filter(archived=False)

    def search_queryset(self, queryset: QuerySet[Segment]) -> QuerySet[Segment]:
        return matching(queryset, self.search_query) if self.is_searching else queryset

    def _archive_is_asked_for(self) -> bool:
        return bool(self.filters and self.filters.is_valid() and ARCHIVED in self.filters.form.cleaned_data["status"])

    def get_table(self, object_list: Iterable[Segment]) -> Any:
        return super().get_table(prepare(list(object_list)))

    def as_spreadsheet(self, queryset: QuerySet[Segment], spreadsheet_format: str) -> Any:
        prepare(list(queryset))  # fills the very objects that the queryset keeps and the export goes through
        return super().as_spreadsheet(queryset, spreadsheet_format)

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(*args, **kwargs),
            "paused": paused_state(),
            "may_pause": may_pause(self.request.user),
        }


def prepare(segments: list[Segment]) -> list[Segment]:
    """Give the segments what the list shows of them: their rules, `use_count`, and whether they are scheduled."""
    # Wagtail's own status looks into this attribute, and at the schedule, before it asks the database.
    moderation = Prefetch(
        "workflow_states", WorkflowState.objects.active().order_by("created_at"), to_attr="_current_workflow_states"
    )
    prefetch_related_objects(segments, moderation, *rule_lookups())
    keys = [str(segment.pk) for segment in segments]
    scheduled = {revision.object_id: revision for revision in scheduled_revisions().filter(object_id__in=keys)}
    users = (
        ReferenceIndex.objects.filter(to_content_type=ContentType.objects.get_for_model(Segment), to_object_id__in=keys)
        .order_by()
        .values_list("to_object_id", "base_content_type", "object_id")
        .distinct()
    )
    uses = Counter(used for used, *_user in users)
    for segment in segments:
        segment.use_count = uses[str(segment.pk)]
        segment.scheduled_revision = scheduled.get(str(segment.pk))
    return make_ready(segments)
