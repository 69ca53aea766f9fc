"""A page's or snippet's screen "Personalisation": every personalised block of its draft, for whom each version is, what
everyone else sees, and the ways to the draft as any of them sees it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from ...conf import settings
from ...core.preference import Mode
from ...models import Segment
from ...models.streams import is_page
from ...visit.simulation import CannotSimulate
from ..addresses import address_of, content_address
from ..pausing import paused_state
from ..permissions import has_permission
from ..segments.choosing import status_in_a_word
from ..versions.said import Audience, SaidOfVersion
from ..visitors.form import VisitorForm
from ..visitors.words import in_words
from .contents import is_previewable
from .modes import AS_VISITOR, PREFIX
from .screens import ContentView, TellsOfVersions
from .sharing import ShareForm, why_not_shared
from .viewpoints import MOST_SEGMENTS, Viewpoint, keep_viewpoint, kept_viewpoint

TEMPLATES = "wagtail_personalise_gov/editor/overview"


@dataclass(frozen=True, slots=True)
class AudienceRow:
    """One of the segments of a version, with the ways to it. Addresses are "" where there is no way."""

    audience: Audience
    status: str
    edit_address: str
    preview_address: str


@dataclass(frozen=True, slots=True)
class VersionRow:
    said: SaidOfVersion
    audiences: tuple[AudienceRow, ...]


@dataclass(frozen=True, slots=True)
class BlockRow:
    """A personalised block. `edit_address` leads to it in the form."""

    number: int
    name: str
    edit_address: str
    nothing_for_others: bool
    versions: tuple[VersionRow, ...]


class OverviewView(TellsOfVersions, ContentView, TemplateView):
    """GET: the screen. POST: as whom "As a visitor…" shows drafts from now on, and on to that preview."""

    template_name = f"{TEMPLATES}/overview.html"
    page_title = _("Personalisation")
    visitor_form: VisitorForm | None = None

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.found  # noqa: B018  before anything expands the draft, which forgets segments that are gone

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": self.edit_address, "label": str(self.draft)},
            {"url": "", "label": self.get_page_title(), "sublabel": self.get_page_subtitle()},
        ]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.POST.get("as") == "segments":
            keys = {int(key) for key in request.POST.getlist("segments") if key.isdecimal() and len(key) < 19}
            viewpoint = Viewpoint(segments=tuple(sorted(keys & {segment.pk for segment in self.segments})))
            if not viewpoint.segments:
                return self.render_to_response(
                    self.get_context_data(segments_error=gettext("Tick at least one segment."))
                )
        else:
            self.visitor_form = form = VisitorForm(request.POST)
            if not form.is_valid():
                return self.render_to_response(self.get_context_data())
            viewpoint = Viewpoint(described=form.described())
            try:
                viewpoint.visit_maker(self.draft)
            except CannotSimulate as error:
                form.add_error(None, str(error))
                return self.render_to_response(self.get_context_data())
        keep_viewpoint(request, viewpoint)
        return redirect(f"{content_address('preview', self.object)}?mode={AS_VISITOR}")

    def told_of(self) -> Any:
        return self.draft

    def rows(self) -> Iterator[BlockRow]:
        may_open, previewable = has_permission(self.request.user, "change"), is_previewable(self.draft)
        preview = content_address("preview", self.object) if previewable else ""
        for number, (found, said) in enumerate(zip(self.found, self.said, strict=True), 1):
            versions = tuple(
                VersionRow(one, tuple(_audience_row(audience, may_open, preview) for audience in one.audiences))
                for one in said
            )
            place = f"#:w:contentpath={found.place}" if found.place and self.edit_address else ""
            yield BlockRow(
                number,
                found.name,
                f"{self.edit_address}{place}",
                found.content.nothing_for_others,
                versions,
            )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kept = kept_viewpoint(self.request)
        form = self.visitor_form
        if form is None:
            form = VisitorForm.of(kept.described) if kept and kept.described else VisitorForm()
        page = self.object if is_page(type(self.object)) else None
        not_shared = why_not_shared(page) if page is not None else ""
        return {
            **super().get_context_data(**kwargs),
            "object": self.object,
            "draft": self.draft,
            "is_page": page is not None,
            "rows": list(self.rows()),
            "segments": self.segments,
            "ticked": set(kept.segments) if kept else set(),
            "most_segments": MOST_SEGMENTS,
            "kept_words": viewpoint_in_words(kept, self.segments) if kept else "",
            "form": form,
            "as_visitor": AS_VISITOR,
            "previewable": is_previewable(self.draft),
            "preview_address": content_address("preview", self.object),
            "edit_address": self.edit_address,
            "unpublished": getattr(self.object, "has_unpublished_changes", False),
            "share_form": ShareForm(self.segments, kept) if page is not None and not not_shared else None,
            "share_address": content_address("share", self.object),
            "not_shared": not_shared,
            "paused": paused_state(),
            "off": settings.MODE is Mode.OFF,
        }


def _audience_row(audience: Audience, may_open: bool, preview: str) -> AudienceRow:
    segment = audience.segment
    if segment is None:
        return AudienceRow(audience, gettext("deleted"), "", "")
    return AudienceRow(
        audience,
        status_in_a_word(segment),
        address_of("edit", segment) if may_open else "",
        f"{preview}?mode={PREFIX}{segment.pk}" if preview else "",
    )


def viewpoint_in_words(viewpoint: Viewpoint, known: Sequence[Segment] = ()) -> str:
    """As whom somebody looks, in a few words: names of segments, or what is said of a visitor."""
    if viewpoint.described is not None:
        return ", ".join(in_words(viewpoint.described)) or gettext("First visit, nothing known")
    names = {segment.pk: segment.name for segment in known}
    if missing := set(viewpoint.segments) - names.keys():
        names |= dict(Segment.objects.filter(pk__in=missing).values_list("pk", "name"))
    return ", ".join(f"“{names[key]}”" for key in viewpoint.segments if key in names)
