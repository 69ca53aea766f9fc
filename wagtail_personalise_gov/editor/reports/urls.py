"""Where the reports are, below "reports/personalisation/"."""

from __future__ import annotations

from django.urls import URLPattern, path

from .base import DeskReport, ReportMenuItem, menu_item
from .content import ContentReport
from .must_see import MustSeeReport
from .segments import SegmentsReport

REPORTS: tuple[tuple[str, type[DeskReport]], ...] = (
    ("content", ContentReport),
    ("segments", SegmentsReport),
    ("must_see", MustSeeReport),
)


def _patterns(name: str, view: type[DeskReport]) -> list[URLPattern]:
    address = name.replace("_", "-")
    return [
        path(f"{address}/", view.as_view(), name=name),
        path(f"{address}/results/", view.as_view(results_only=True), name=f"{name}_results"),
    ]


urlpatterns = [pattern for name, view in REPORTS for pattern in _patterns(name, view)]


def menu_items(first: int) -> list[ReportMenuItem]:
    """An item for each report, in their order."""
    return [menu_item(view, first + position) for position, (_name, view) in enumerate(REPORTS)]
