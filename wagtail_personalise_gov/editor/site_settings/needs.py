"""On the admin's home page: sites that want looking after, for those who may see to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext
from wagtail.admin.ui.components import Component

from ...models import PersonalisationSettings
from ...models.site_needs import NOBODY, OVERDUE, SiteNeed, site_needs
from .preview import TEMPLATES


class SitesNeedAHand(Component):
    """What sites want, each with the way to where that is seen to."""

    order = 160  # below what segments want
    template_name = f"{TEMPLATES}/needs.html"

    class Media:
        css = {"all": ["wagtail_personalise_gov/css/editor.css"]}

    def __init__(self, notes: Sequence[tuple[str, str]]) -> None:
        self.notes = notes

    def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return {"notes": self.notes}


def show_on_home_page(request: HttpRequest, panels: list[Any]) -> None:
    """For those who may change a site's settings, where that site wants something."""
    if notes := needs_for(request.user):
        panels.append(SitesNeedAHand(notes))


def needs_for(user: Any) -> list[tuple[str, str]]:
    """(what a site wants, where that is seen to) for each site whose settings the user may change."""
    policy = PersonalisationSettings.get_permission_policy()
    theirs = {site.pk for site in policy.sites_user_has_permission_for(user, "change")}
    if not theirs:
        return []
    return [(_in_words(need), edit_address(need.site)) for need in site_needs() if need.site.pk in theirs]


def edit_address(site: Any) -> str:
    opts = PersonalisationSettings._meta
    return reverse("wagtailsettings:edit", args=[opts.app_label, opts.model_name, site.pk])


def _in_words(need: SiteNeed) -> str:
    named = {"site": need.site.site_name or need.site.hostname, "date": date_format(need.since) if need.since else ""}
    if need.what == NOBODY:
        return gettext("%(site)s: visitors are not told who answers for what adapts, or whom to ask") % named
    if need.what == OVERDUE:
        return gettext("%(site)s: what adapts was last reviewed on %(date)s, more than a year ago") % named
    return gettext("%(site)s: something has adapted since %(date)s, and no review was ever noted") % named
