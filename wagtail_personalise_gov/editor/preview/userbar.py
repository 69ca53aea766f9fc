"""On the live site, for editors: what of a page they see and why, and the site as others see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from wagtail.admin.userbar import BaseItem
from wagtail.models.pages import AbstractPage

from ...visit.viewing import Viewing, ViewingVisit, may_see_segments
from .contents import can_hold

TEMPLATES = "wagtail_personalise_gov/editor/userbar"


class SeenItem(BaseItem):
    """The way to what is seen on this page, and why."""

    template_name = f"{TEMPLATES}/item_seen.html"

    def __init__(self, address: str) -> None:
        self.address = address


class ViewingItem(BaseItem):
    """As whom the site is seen now, and the way to stop. It stands first."""

    template_name = f"{TEMPLATES}/item_viewing.html"

    class Media:
        css = {"all": ["wagtail_personalise_gov/css/userbar.css"]}

    def __init__(self, viewing: Viewing, address: str) -> None:
        self.viewing, self.address = viewing, address

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **super().get_context_data(parent_context),
            "names": names_of(self.viewing),
            "until": self.viewing.until,
            "csrf_token": get_token(parent_context["request"]),
        }


def names_of(viewing: Viewing) -> str:
    """As whom, in words: the names of the segments in quotation marks."""
    return ", ".join(f"“{segment.name}”" for segment in viewing.segments) or gettext("nobody in particular")


def viewing_now(request: Any) -> Viewing | None:
    """As whom the user of a request views the site; None where they are themselves."""
    visit = getattr(request, "visit", None)
    return visit.viewing if isinstance(visit, ViewingVisit) else None


def add_to_userbar(request: Any, items: list[Any], page: Any) -> None:
    """For who may see segments; not in previews, which are nobody's visit."""
    if request is None or getattr(request, "is_preview", False) or not may_see_segments(request.user):
        return
    here = request.get_full_path()
    if (viewing := viewing_now(request)) is not None:
        items.insert(0, ViewingItem(viewing, here))
    if isinstance(page, AbstractPage) and page.pk and can_hold(page.specific_class or type(page)):
        query = urlencode({"page": page.pk, "path": here})
        items.append(SeenItem(f"{reverse('personalise_seen:index')}?{query}"))
