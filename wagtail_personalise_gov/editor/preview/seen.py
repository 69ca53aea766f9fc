"""What an editor sees on a live page, and why; and the site seen as others see it.

The same facts are asked as on the page, by the same browser, so the answer is the page's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View
from wagtail.admin import messages
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.permission_policies.pages import PagePermissionPolicy

from ...conf import settings
from ...core.pages import ServedPage
from ...core.preference import Mode
from ...models import Segment
from ...models.addresses import PAGE_MODEL
from ...models.inner import is_live, look_inside
from ...models.rules.base import not_live_message
from ...visit.own import OwnVisit
from ...visit.viewing import MOST_SEGMENTS, asked_in, begin, end, may_see_segments, settled
from ..pausing import paused_state
from ..trying.traces import Trace, traces
from ..versions.said import SaidOfVersion
from .screens import TellsOfVersions
from .userbar import names_of

TEMPLATES = "wagtail_personalise_gov/editor/userbar"
MAX_ADDRESS = 2000  # characters
MAX_DIGITS = 19  # of a primary key; with more it fits no database column


def local_address(request: HttpRequest, address: str | None) -> str:
    """A path and query of this very host that one may be sent to; "" for anything else."""
    address = address or ""
    if not address.startswith("/") or len(address) > MAX_ADDRESS or not address.isprintable():
        return ""
    allowed = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if allowed and not address.startswith(("//", "/\\")) else ""


class SeesSegments:
    """For who may use the admin and see segments."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_see_segments(request.user):
            raise PermissionDenied
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return response


@dataclass(frozen=True, slots=True)
class SeenBlock:
    """A personalised block: its versions, and which of them is shown (None: the standard version)."""

    number: int
    name: str
    versions: list[SaidOfVersion]
    shown: SaidOfVersion | None
    nothing_for_others: bool


class SeenView(SeesSegments, TellsOfVersions, WagtailAdminTemplateMixin, TemplateView):
    """Which version of each block the user gets on a live page, and why."""

    template_name = f"{TEMPLATES}/seen.html"
    page_title = _("What you see here, and why")
    header_icon = "view"
    request: HttpRequest

    @cached_property
    def page(self) -> Any:
        """A live page that the user may see. 404 for any other."""
        key = self.request.GET.get("page", "")
        pages = apps.get_model(PAGE_MODEL).objects.filter(live=True)
        page = pages.filter(pk=key).first() if key.isdecimal() and len(key) < MAX_DIGITS else None
        if page is None or not self._may_see(page):
            raise Http404
        return page.specific

    def _may_see(self, page: Any) -> bool:
        if all(restriction.accept_request(self.request) for restriction in page.get_view_restrictions()):
            return True
        return bool(PagePermissionPolicy().explorable_instances(self.request.user).filter(pk=page.pk).exists())

    @cached_property
    def address(self) -> str:
        return local_address(self.request, self.request.GET.get("path")) or self.page.get_url(self.request) or "/"

    def get_page_subtitle(self) -> str:
        return str(self.page)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.get_page_title(), "sublabel": str(self.page)}]

    def told_of(self) -> Any:
        return self.page

    @cached_property
    def visit(self) -> OwnVisit:
        return OwnVisit(self.request, ServedPage(self.page.pk, self.page.path), self.address)

    def blocks(self) -> list[SeenBlock]:
        chosen = self.visit.choose_each(
            tuple((str(position), tuple(version.segments)) for position, version in enumerate(found.content.versions))
            for found in self.found
        )
        return [
            SeenBlock(
                number,
                found.name,
                said,
                None if choice.position is None else said[choice.position],
                found.content.nothing_for_others,
            )
            for number, (found, said, choice) in enumerate(zip(self.found, self.said, chosen, strict=True), 1)
        ]

    def traces(self) -> list[Trace]:
        """Why they are in each of the page's segments or not; of those that are live."""
        live = [segment for segment in self.segments if is_live(segment)]
        look_inside(live)
        return traces(self.visit, live)

    def not_live(self) -> list[str]:
        """Which of the page's segments nobody is in yet, or any more, a sentence each."""
        return [not_live_message(segment) for segment in self.segments if not is_live(segment)]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = asked_in(self.request)
        viewing = settled(self.request, asked) if asked else None
        paused, off = paused_state(), settings.MODE is Mode.OFF
        return {
            **super().get_context_data(**kwargs),
            "page": self.page,
            "address": self.address,
            "blocks": self.blocks(),
            "traces": [] if paused or off else self.traces(),
            "not_live": self.not_live(),
            "segments": self.segments,
            "held_back": [segment for segment in self.segments if segment.live and segment.holdout_percent],
            "refused": not self.visit.standing.adapts,
            "viewing": viewing,
            "viewing_names": names_of(viewing) if viewing else "",
            "paused": paused,
            "off": off,
        }


class StartView(SeesSegments, View):
    """POST: the user's browser sees the site as these `segments`, or as nobody in particular, for half an hour."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponseBase:
        keys = [int(key) for key in request.POST.getlist("segments") if key.isdecimal() and len(key) < MAX_DIGITS]
        found = set(Segment.objects.filter(pk__in=keys).values_list("pk", flat=True))
        segments = [key for key in dict.fromkeys(keys) if key in found][:MOST_SEGMENTS]
        back = local_address(request, request.POST.get("next")) or "/"
        if not segments and request.POST.get("as") != "nobody":
            messages.error(request, gettext("Choose as whom you want to see the site."))
            return redirect(local_address(request, request.POST.get("from")) or "wagtailadmin_home")
        response = redirect(back)
        begin(response, request.user, segments)
        return response


class StopView(View):
    """POST: the user's browser is an ordinary one again. It takes something away, so it needs no permission."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponseBase:
        response = redirect(local_address(request, request.POST.get("next")) or "/")
        end(request, response)
        return response
