"""What is done with segments only after asking: to the archive and back, and on without rules that are missing."""

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

from ...models import Segment
from ..addresses import addresses_for
from ..permissions import may_archive, may_give_up_rules, may_restore


def archive_address(view: str, segments: Iterable[Segment], next_url: str = "") -> str:
    """The address that archives ("archive") or restores ("restore") these, or gives up rules of theirs ("give_up")."""
    query: list[tuple[str, Any]] = [("id", segment.pk) for segment in segments]
    if next_url:
        query.append(("next", next_url))
    return f"{addresses_for(view, Segment)}?{urlencode(query)}"


MAX_DIGITS = 19  # of a primary key; with more it fits no database column


class AskFirstView(WagtailAdminTemplateMixin, TemplateView):
    """Ask, then do something with the segments whose primary keys are given as `id`."""

    @cached_property
    def segments(self) -> list[Segment]:
        """Those that were named. 404 where there is none, 403 where the user may not do it with one of them."""
        keys = [key for key in self.request.GET.getlist("id") if key.isdecimal() and len(key) < MAX_DIGITS]
        segments = [segment for segment in Segment.objects.filter(pk__in=keys) if self.concerns(segment)]
        if not segments:
            raise Http404
        if not all(self.may(self.request.user, segment) for segment in segments):
            raise PermissionDenied
        return segments

    def concerns(self, segment: Segment) -> bool:
        """Whether there is anything to do with it."""
        raise NotImplementedError

    def may(self, user: Any, segment: Segment) -> bool:
        raise NotImplementedError

    def do(self, segment: Segment) -> None:
        raise NotImplementedError

    def said(self, segments: list[Segment]) -> str:
        """What was done, for the message."""
        raise NotImplementedError

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


class ArchiveView(AskFirstView):
    """Take segments out of use."""

    template_name = "wagtail_personalise_gov/editor/confirm_archive.html"
    header_icon = "personalise-archive"
    page_title = _("Archive")

    def concerns(self, segment: Segment) -> bool:
        return not segment.archived

    def may(self, user: Any, segment: Segment) -> bool:
        return may_archive(user, segment)

    def do(self, segment: Segment) -> None:
        segment.archive(user=self.request.user)

    def said(self, segments: list[Segment]) -> str:
        return ngettext(
            "%(names)s is in the archive. Nobody is in it any more.",
            "%(names)s are in the archive. Nobody is in them any more.",
            len(segments),
        ) % {"names": _listed(segments)}


class RestoreView(AskFirstView):
    """Bring segments back from the archive, as drafts."""

    template_name = "wagtail_personalise_gov/editor/confirm_restore.html"
    header_icon = "personalise-restore"
    page_title = _("Restore")

    def concerns(self, segment: Segment) -> bool:
        return segment.archived

    def may(self, user: Any, segment: Segment) -> bool:
        return may_restore(user, segment)

    def do(self, segment: Segment) -> None:
        segment.restore(user=self.request.user)

    def said(self, segments: list[Segment]) -> str:
        return ngettext(
            "%(names)s is a draft again. Publish it to make it live.",
            "%(names)s are drafts again. Publish them to make them live.",
            len(segments),
        ) % {"names": _listed(segments)}


class GiveUpRulesView(AskFirstView):
    """Let segments go on without the rules whose app was removed."""

    template_name = "wagtail_personalise_gov/editor/confirm_give_up_rules.html"
    header_icon = "warning"
    page_title = _("Give up missing rules")

    def concerns(self, segment: Segment) -> bool:
        return bool(segment.missing_rule_types)

    def may(self, user: Any, segment: Segment) -> bool:
        return may_give_up_rules(user, segment)

    def do(self, segment: Segment) -> None:
        segment.give_up_missing_rules(user=self.request.user)

    def said(self, segments: list[Segment]) -> str:
        return ngettext(
            "%(names)s goes on without the missing rules.",
            "%(names)s go on without the missing rules.",
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
