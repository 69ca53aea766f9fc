"""The ways to the screen "Personalisation": from the page editor, and from the lists of pages and snippets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext
from wagtail.admin.widgets.button import Button

from ...visit.editors import may_edit
from ..addresses import content_address
from .contents import can_hold, model_of


def overview_button(instance: Any, user: Any, priority: int) -> Iterator[Button]:
    """A button to the screen, for who may edit the page or snippet. No query for each row of a list."""
    model = model_of(instance)
    if model is None or not can_hold(model) or not may_edit(user, instance):
        return
    yield Button(
        gettext("Personalisation"),
        url=content_address("overview", instance, model),
        icon_name="personalise-segment",
        priority=priority,
    )


def page_header_buttons(page: Any, user: Any, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    yield from overview_button(page, user, 62)


def page_listing_buttons(page: Any, user: Any, next_url: str | None = None) -> Iterator[Button]:
    yield from overview_button(page, user, 45)


def snippet_listing_buttons(snippet: Any, user: Any, next_url: str | None = None) -> Iterator[Button]:
    yield from overview_button(snippet, user, 45)
