"""The pause: one page to turn every page of the site to its standard version, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component
from wagtail.admin.utils import get_user_display_name
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.viewsets.base import ViewSet
from wagtail.permission_policies import ModelPermissionPolicy

from ..compiling import pause, resume
from ..models import RulesetState, Segment
from .permissions import may_pause, may_see_segments


def paused_state() -> RulesetState | None:
    """The state while personalisation is paused, else None. One query, and no row is made."""
    return RulesetState.objects.filter(paused_at__isnull=False).first()


class PauseView(PermissionCheckedMixin, WagtailAdminTemplateMixin, TemplateView):
    """What the pause does, since when and by whom it is on, and the button."""

    permission_policy = ModelPermissionPolicy(Segment)
    permission_required = "publish"
    template_name = "wagtail_personalise_gov/editor/pause.html"
    page_title = _("Pause personalisation")
    header_icon = "personalise-pause"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.get_page_title()}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "paused": paused_state()}

    def post(self, request: HttpRequest) -> HttpResponse:
        """`action` is pause or resume. What is so already stays as it is, with its date and name."""
        action, paused = request.POST.get("action"), paused_state()
        if action == "pause" and paused is None:
            pause(request.user, by=get_user_display_name(request.user))
            messages.success(request, gettext("Personalisation is paused. Every page shows its standard version."))
        elif action == "resume" and paused is not None:
            resume(request.user)
            messages.success(request, gettext("Personalisation is on again."))
        return redirect(reverse("personalise_pause:index"))


class PauseMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return may_pause(request.user)


class PauseViewSet(ViewSet):
    name = "personalise_pause"
    url_prefix = "personalisation/pause"
    icon = "personalise-pause"
    menu_label = _("Pause")
    menu_item_class = PauseMenuItem

    def get_urlpatterns(self) -> list[URLPattern]:
        return [path("", self.construct_view(PauseView), name="index")]


class PausedWarning(Component):
    """On the admin's home page, while the pause is on: nobody should wonder why nothing adapts."""

    order = 10
    template_name = "wagtail_personalise_gov/editor/paused_warning.html"

    class Media:
        css = {"all": ["wagtail_personalise_gov/css/editor.css"]}

    def __init__(self, paused: RulesetState) -> None:
        self.paused = paused

    def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        request = (parent_context or {}).get("request")
        return {"paused": self.paused, "may_pause": request is not None and may_pause(request.user)}


def warn_on_home_page(request: HttpRequest, panels: list[Any]) -> None:
    """For those who have to do with segments."""
    if may_see_segments(request.user) and (paused := paused_state()):
        panels.append(PausedWarning(paused))
