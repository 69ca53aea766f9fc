"""On the admin's home page: what of personalisation needs a hand, and nothing where nothing does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import ngettext_lazy
from wagtail.admin.ui.components import Component

from ..permissions import may_see_segments
from .base import CSS, TEMPLATES
from .reasons import ARCHIVED_USED, BROKEN, DRAFT_USED, NEVER, OVERDUE, SOON, URGENT, counts

SENTENCES: Mapping[str, Any] = {
    BROKEN: ngettext_lazy(
        "Something is wrong with %(number)s segment", "Something is wrong with %(number)s segments", "number"
    ),
    DRAFT_USED: ngettext_lazy(
        "%(number)s segment is used, and only a draft", "%(number)s segments are used, and only drafts", "number"
    ),
    ARCHIVED_USED: ngettext_lazy(
        "%(number)s segment in the archive is still used",
        "%(number)s segments in the archive are still used",
        "number",
    ),
    OVERDUE: ngettext_lazy(
        "The review of %(number)s segment is overdue", "The reviews of %(number)s segments are overdue", "number"
    ),
    SOON: ngettext_lazy(
        "The review of %(number)s segment is due within 30 days",
        "The reviews of %(number)s segments are due within 30 days",
        "number",
    ),
    NEVER: ngettext_lazy(
        "%(number)s segment had no visits for 30 days", "%(number)s segments had no visits for 30 days", "number"
    ),
}


class NeedsAHand(Component):
    """The counts, each with the way to the report that lists what it counts."""

    order = 150  # below what waits for the editor's own moderation
    template_name = f"{TEMPLATES}/needs_a_hand.html"

    class Media:
        css = {"all": [CSS]}

    def __init__(self, counted: Mapping[str, int]) -> None:
        self.counted = counted

    def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        report = reverse("personalise_reports:segments")
        return {
            "report": report,
            "notes": [
                (SENTENCES[reason] % {"number": number}, f"{report}?{urlencode({'reason': reason})}")
                for reason, number in self.counted.items()
                if number
            ],
        }


def show_on_home_page(request: HttpRequest, panels: list[Any]) -> None:
    """For those who may open the reports, where something is to be done."""
    if may_see_segments(request.user) and any((counted := counts(URGENT)).values()):
        panels.append(NeedsAHand(counted))
