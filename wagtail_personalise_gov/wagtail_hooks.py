"""What Wagtail gets from us. Registration only: what the admin gets stands in `editor/`."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.urls import URLPattern, URLResolver, include, path
from wagtail import hooks
from wagtail.snippets.models import register_snippet

from .editor.exchange.views import ExportBulkAction, export_button
from .editor.logs import register_actions
from .editor.pausing import warn_on_home_page
from .editor.preview.buttons import page_header_buttons, page_listing_buttons, snippet_listing_buttons
from .editor.preview.urls import content_urlpatterns, seen_urlpatterns
from .editor.preview.userbar import add_to_userbar
from .editor.reports.base import ReportMenuItem
from .editor.reports.dashboard import show_on_home_page
from .editor.reports.urls import REPORTS, menu_items
from .editor.reports.urls import urlpatterns as reports_urlpatterns
from .editor.results.views import ResultsMenuItem
from .editor.results.views import urlpatterns as results_urlpatterns
from .editor.segments.archiving import ArchiveMenuItem, listing_buttons
from .editor.segments.deletion import refuse_deletion_of_used
from .editor.segments.publishing import warn_of_problems
from .editor.versions.audiences import urlpatterns as audiences_urlpatterns
from .editor.versions.unseen import warn_of_unseen_in_page, warn_of_unseen_in_snippet
from .editor.viewsets import PersonalisationGroup
from .models import PersonalisationSettings, Segment
from .visit.served import AFTER_RESTRICTIONS, note_served_page

ICONS = ("archive", "goal", "intent", "pause", "restore", "segment")

register_snippet(PersonalisationGroup)

if apps.is_installed("wagtail.contrib.settings"):
    from wagtail.contrib.settings.registry import register_setting

    from .editor.site_settings.changes import log_parts
    from .editor.site_settings.form import edit_handler
    from .editor.site_settings.needs import show_on_home_page as show_sites_on_home_page
    from .editor.site_settings.views import urlpatterns as site_settings_urlpatterns

    PersonalisationSettings.edit_handler = edit_handler  # where Wagtail looks for the form of a setting
    register_setting(PersonalisationSettings, icon="personalise-segment")
    hooks.register("after_edit_setting", log_parts)
    hooks.register("construct_homepage_panels", show_sites_on_home_page)
    hooks.register(
        "register_admin_urls",
        lambda: [
            path("personalisation/sites/", include((site_settings_urlpatterns, "personalise_site_settings"))),
        ],
    )

hooks.register("register_log_actions", register_actions)
hooks.register("before_delete_snippet", refuse_deletion_of_used)
hooks.register("register_snippet_listing_buttons", listing_buttons)
hooks.register("register_snippet_listing_buttons", export_button)
hooks.register("register_bulk_action", ExportBulkAction)
hooks.register("after_create_snippet", warn_of_problems)
hooks.register("after_edit_snippet", warn_of_problems)
hooks.register("after_publish_page", warn_of_unseen_in_page)
hooks.register("after_create_snippet", warn_of_unseen_in_snippet)
hooks.register("after_edit_snippet", warn_of_unseen_in_snippet)
hooks.register("construct_homepage_panels", warn_on_home_page)
hooks.register("construct_homepage_panels", show_on_home_page)
hooks.register("register_page_header_buttons", page_header_buttons)
hooks.register("register_page_listing_more_buttons", page_listing_buttons)
hooks.register("register_snippet_listing_buttons", snippet_listing_buttons)
hooks.register("construct_wagtail_userbar", add_to_userbar)
hooks.register("on_serve_page", note_served_page, order=AFTER_RESTRICTIONS)


@hooks.register("register_snippet_action_menu_item")
def archive_in_action_menu(model: Any) -> ArchiveMenuItem | None:
    return ArchiveMenuItem(order=25) if model is Segment else None


@hooks.register("register_icons")
def icons(names: list[str]) -> list[str]:
    return [*names, *(f"wagtail_personalise_gov/icons/{name}.svg" for name in ICONS)]


@hooks.register("register_admin_urls")
def results_urls() -> list[URLPattern | URLResolver]:
    return [path("reports/personalisation/", include((results_urlpatterns, "personalise_results")))]


@hooks.register("register_admin_urls")
def content_urls() -> list[URLPattern | URLResolver]:
    return [
        path("personalisation/content/", include((content_urlpatterns, "personalise_content"))),
        path("personalisation/seen/", include((seen_urlpatterns, "personalise_seen"))),
    ]


@hooks.register("register_reports_menu_item")
def results_in_reports_menu() -> ResultsMenuItem:
    return ResultsMenuItem(order=1100)


@hooks.register("register_permissions")
def permission_to_see_results() -> QuerySet[Permission]:
    return Permission.objects.filter(content_type__app_label="wagtail_personalise_gov", codename="view_dailytally")


@hooks.register("register_permissions")
def permissions_about_tokens() -> QuerySet[Permission]:
    return Permission.objects.filter(content_type__app_label="wagtail_personalise_gov", content_type__model="apitoken")


@hooks.register("register_admin_urls")
def audiences_urls() -> list[URLPattern]:
    return audiences_urlpatterns


@hooks.register("register_admin_urls")
def reports_urls() -> list[URLPattern | URLResolver]:
    return [path("reports/personalisation/", include((reports_urlpatterns, "personalise_reports")))]


def _report_menu_item(position: int) -> ReportMenuItem:
    return menu_items(first=1101)[position]


for position in range(len(REPORTS)):  # the hook takes one item at a time
    hooks.register("register_reports_menu_item", partial(_report_menu_item, position))
