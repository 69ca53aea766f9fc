"""The archive: how a segment goes out of use without breaking what uses it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.utils import get_valid_next_url_from_request
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import Button
from wagtail.snippets.action_menu import ActionMenuItem

from ..models import Segment
from .addresses import addresses_for
from .permissions import may_archive, may_restore


def archive_address(view: str, segments: Iterable[Segment], next_url: str = "") -> str:
    """The address that archives ("archive") or restores ("restore") these segments."""
    query: list[tuple[str, Any]] = [("id", segment.pk) for segment in segments]
    if next_url:
        query.append(("next", next_url))
    return f"{addresses_for(view, Segment)}?{urlencode(query)}"


MAX_DIGITS = 19  # of a primary key; with more it fits no database column


class ArchiveView(WagtailAdminTemplateMixin, TemplateView):
    """Ask, then archive the segments whose primary keys are given as `id`."""

    template_name = "wagtail_personalise_gov/editor/confirm_archive.html"
    header_icon = "personalise-archive"
    page_title = _("Archive")
    restores = False

    @cached_property
    def segments(self) -> list[Segment]:
        """Those that were named. 404 where there is none, 403 where the user may not archive one of them."""
        keys = [key for key in self.request.GET.getlist("id") if key.isdecimal() and len(key) < MAX_DIGITS]
        segments = list(Segment.objects.filter(pk__in=keys, archived=self.restores))
        if not segments:
            raise Http404
        allowed = may_restore if self.restores else may_archive
        if not all(allowed(self.request.user, segment) for segment in segments):
            raise PermissionDenied
        return segments

    def get_page_subtitle(self) -> str:
        return ", ".join(segment.name for segment in self.segments)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": addresses_for("list", Segment), "label": gettext("Segments")},
            {"url": "", "label": self.get_page_title(), "sublabel": self.get_page_subtitle()},
        ]

    def get_next_url(self) -> str:
        return get_valid_next_url_from_request(self.request) or addresses_for("list", Segment)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "segments": self.segments,
            "action_url": self.request.get_full_path(),
            "next_url": self.get_next_url(),
        }

    def post(self, request: HttpRequest) -> HttpResponse:
        with transaction.atomic():
            for segment in self.segments:
                self.do(segment)
        messages.success(request, self.said(self.segments))
        return redirect(self.get_next_url())

    def do(self, segment: Segment) -> None:
        segment.archive(user=self.request.user)

    def said(self, segments: list[Segment]) -> str:
        return ngettext(
            "%(names)s is in the archive. Nobody is in it any more.",
            "%(names)s are in the archive. Nobody is in them any more.",
            len(segments),
        ) % {"names": _listed(segments)}


class RestoreView(ArchiveView):
    """Ask, then bring segments back from the archive, as drafts."""

    template_name = "wagtail_personalise_gov/editor/confirm_restore.html"
    header_icon = "personalise-restore"
    page_title = _("Restore")
    restores = True

    def do(self, segment: Segment) -> None:
        segment.restore(user=self.request.user)

    def said(self, segments: list[Segment]) -> str:
        return ngettext(
            "%(names)s is a draft again. Publish it to make it live.",
            "%(names)s are drafts again. Publish them to make them live.",
            len(segments),
        ) % {"names": _listed(segments)}


def _listed(segments: list[Segment]) -> str:
    return ", ".join(f"“{segment}”" for segment in segments)


class ArchiveMenuItem(ActionMenuItem):
    """In the menu at the foot of a segment's form."""

    name = "action-archive"
    label = _("Archive")
    icon_name = "personalise-archive"

    def is_shown(self, context: Any) -> bool:
        return (
            context["view"] == "edit"
            and not context.get("locked_for_user")
            and may_archive(context["request"].user, context["instance"])
        )

    def get_url(self, context: Any) -> str:
        return archive_address("archive", [context["instance"]])


def listing_buttons(segment: Any, user: Any, next_url: str | None = None) -> Iterator[Button]:
    """In the menu of a segment in the list."""
    if not isinstance(segment, Segment):
        return
    if may_archive(user, segment):
        yield Button(
            gettext("Archive"),
            url=archive_address("archive", [segment], next_url or ""),
            icon_name="personalise-archive",
            priority=25,
        )
    if may_restore(user, segment):
        yield Button(
            gettext("Restore"),
            url=archive_address("restore", [segment], next_url or ""),
            icon_name="personalise-restore",
            priority=25,
        )
