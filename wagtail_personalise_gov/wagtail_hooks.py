"""What Wagtail gets from us. Registration only: what the admin gets stands in `editor/`."""

from __future__ import annotations

from typing import Any

from wagtail import hooks
from wagtail.snippets.models import register_snippet

from .editor.archiving import ArchiveMenuItem, listing_buttons
from .editor.deletion import refuse_deletion_of_used
from .editor.logs import register_actions
from .editor.pausing import warn_on_home_page
from .editor.viewsets import PersonalisationGroup
from .models import Segment
from .visit.served import AFTER_RESTRICTIONS, note_served_page

ICONS = ("archive", "intent", "pause", "restore", "segment")

register_snippet(PersonalisationGroup)

hooks.register("register_log_actions", register_actions)
hooks.register("before_delete_snippet", refuse_deletion_of_used)
hooks.register("register_snippet_listing_buttons", listing_buttons)
hooks.register("construct_homepage_panels", warn_on_home_page)
hooks.register("on_serve_page", note_served_page, order=AFTER_RESTRICTIONS)


@hooks.register("register_snippet_action_menu_item")
def archive_in_action_menu(model: Any) -> ArchiveMenuItem | None:
    return ArchiveMenuItem(order=25) if model is Segment else None


@hooks.register("register_icons")
def icons(names: list[str]) -> list[str]:
    return [*names, *(f"wagtail_personalise_gov/icons/{name}.svg" for name in ICONS)]
