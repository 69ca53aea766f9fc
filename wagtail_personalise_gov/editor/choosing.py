"""Choosing a segment, in blocks and in rules: what is archived is not offered, and each says whether it is live."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column, StatusTagColumn
from wagtail.snippets.views.chooser import (
    ChooseResultsView,
    ChooseView,
    SnippetChooserViewSet,
    SnippetChosenView,
)

from ..models import Segment


def status_in_a_word(segment: Segment) -> str:
    """Live, draft or archived; a schedule is not looked up, since a chooser lists many."""
    if segment.archived:
        return gettext("archived")
    return gettext("live") if segment.live else gettext("draft")


class OfferedSegments:
    """The columns and the rows of the chooser."""

    def get_object_list(self) -> QuerySet[Segment]:
        return Segment.objects.filter(archived=False)

    @property
    def columns(self) -> list[Column]:
        shown = [column for column in super().columns if column.name != "status_string"]  # type: ignore[misc]
        return [
            *shown,
            Column("purpose", label=_("Purpose")),
            StatusTagColumn(
                "status", label=_("Status"), accessor=status_in_a_word, primary=lambda segment: segment.live
            ),
        ]


class SegmentChooseView(OfferedSegments, ChooseView):
    pass


class SegmentChooseResultsView(OfferedSegments, ChooseResultsView):
    pass


class SegmentChosenView(SnippetChosenView):
    def get_display_title(self, instance: Segment) -> str:
        """What the field shows once a segment was chosen: nobody should think that a draft has visitors."""
        if instance.live:
            return str(instance)
        return gettext("%(segment)s (%(status)s)") % {"segment": instance, "status": status_in_a_word(instance)}


class SegmentChooserViewSet(SnippetChooserViewSet):
    choose_view_class = SegmentChooseView
    choose_results_view_class = SegmentChooseResultsView
    chosen_view_class = SegmentChosenView
