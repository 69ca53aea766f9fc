"""What the reports share: who may open them, spreadsheets that are written in batches, and the menu."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.menu import MenuItem
from wagtail.admin.paginator import WagtailPaginator
from wagtail.admin.views.generic import BaseListingView
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.views.mixins import SpreadsheetExportMixin
from wagtail.permission_policies import ModelPermissionPolicy

from ...counting.reporting import harmless
from ...models import Segment
from ...visit.viewing import SEEING
from ..permissions import may_see_segments

TEMPLATES = "wagtail_personalise_gov/editor/reports"
CSS = "wagtail_personalise_gov/css/editor.css"
BATCH = 100  # objects that an export holds in memory at once


class ReportMenuItem(MenuItem):
    """For who may see segments. Of pages and snippets, each sees in the reports those that they see elsewhere."""

    def is_shown(self, request: HttpRequest) -> bool:
        return may_see_segments(request.user)


def menu_item(view: type[DeskReport], order: int) -> ReportMenuItem:
    return ReportMenuItem(
        view.page_title,
        reverse(view.index_url_name),
        name=view.index_url_name.replace(":", "-").replace("_", "-"),
        icon_name=view.header_icon,
        order=order,
    )


class Chain(Sequence[Any]):
    """Querysets one after another, as one list: counted by the database, and no more is read than is asked for."""

    def __init__(self, querysets: Iterable[QuerySet[Any]]) -> None:
        self.querysets = list(querysets)

    @cached_property
    def counts(self) -> list[int]:
        return [queryset.count() for queryset in self.querysets]

    def __len__(self) -> int:
        return sum(self.counts)

    def __getitem__(self, wanted: Any) -> Any:
        if not isinstance(wanted, slice):
            return self[wanted : wanted + 1][0]
        start, stop, _step = wanted.indices(len(self))
        found: list[Any] = []
        for queryset, count in zip(self.querysets, self.counts, strict=True):
            if start < min(stop, count):
                found += queryset[max(start, 0) : min(stop, count)]
            start, stop = max(start - count, 0), stop - count
            if stop <= 0:
                break
        return found


class ObjectsPaginator(WagtailPaginator):
    """Pages are of objects, each of which may have several rows."""

    verbose_name = _("page or snippet")
    verbose_name_plural = _("pages or snippets")


class DeskReport(SpreadsheetExportMixin, PermissionCheckedMixin, BaseListingView):
    """A list of objects, a page at a time, of which rows are made for those that are shown."""

    permission_policy = ModelPermissionPolicy(Segment)
    any_permission_required = SEEING
    results_template_name = f"{TEMPLATES}/results.html"
    is_searchable = True
    paginate_by = 50
    nothing: Any = ""  # what stands in place of an empty list, where nothing was searched for
    page_title: Any
    header_icon: str
    index_url_name: str
    request: HttpRequest

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.is_export:
            response: HttpResponseBase = self.as_spreadsheet(self.rows_to_export(), request.GET["export"])
            return response
        listing: HttpResponseBase = super().get(request, *args, **kwargs)
        return listing

    def get_queryset(self) -> Any:
        """The objects, as the filters and the search would have them."""
        raise NotImplementedError

    def rows_of(self, objects: Sequence[Any]) -> list[Any]:
        """The rows of some objects, at a number of queries that does not grow with theirs."""
        raise NotImplementedError

    def get_table(self, object_list: Sequence[Any]) -> Any:
        return super().get_table(self.rows_of(list(object_list)))

    def rows_to_export(self) -> Iterator[Any]:
        objects = self.get_queryset()
        total = objects.count() if isinstance(objects, QuerySet) else len(objects)
        for start in range(0, total, BATCH):
            yield from self.rows_of(list(objects[start : start + BATCH]))

    def write_csv_row(self, writer: Any, row_dict: dict[str, Any]) -> Any:
        return super().write_csv_row(writer, {name: harmless(value) for name, value in row_dict.items()})

    @cached_property
    def chosen(self) -> dict[str, Any]:
        """What the filters ask for: {} of each that was not understood."""
        return dict(self.filters.form.cleaned_data) if self.filters and self.filters.is_valid() else {}
