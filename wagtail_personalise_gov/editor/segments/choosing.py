"""Choosing a segment, in blocks and in rules: what is archived is not offered, and each says whether it is live.

Where there are several sites, those that are of no use on one of them can be left out.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.choosers import BaseFilterForm, SearchFilterMixin
from wagtail.admin.ui.tables import Column, StatusTagColumn
from wagtail.models import Site
from wagtail.snippets.views.chooser import (
    ChooseResultsView,
    ChooseView,
    SnippetChooserViewSet,
    SnippetChosenView,
)

from ...models import Segment
from .finding import matching, of_use_on


def status_in_a_word(segment: Segment) -> str:
    """Live, draft or archived; a schedule is not looked up, since a chooser lists many."""
    if segment.archived:
        return gettext("archived")
    return gettext("live") if segment.live else gettext("draft")


class SegmentFilterForm(SearchFilterMixin, BaseFilterForm):
    """Words to search for; and a site, where there are several."""

    site = forms.ModelChoiceField(
        Site.objects.all(),
        label=_("For use on"),
        required=False,
        empty_label=_("All sites"),
        widget=forms.Select(attrs={"data-chooser-modal-search-filter": True}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if Site.objects.count() < 2:
            del self.fields["site"]

    def filter(self, objects: QuerySet[Segment]) -> QuerySet[Segment]:
        if site := self.cleaned_data.get("site"):
            objects = of_use_on(objects, site)
        if words := self.cleaned_data.get("q"):
            objects = matching(objects, words)
            self.is_searching, self.search_query = True, words
        return objects


class OfferedSegments:
    """The columns and the rows of the chooser."""

    filter_form_class = SegmentFilterForm

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
