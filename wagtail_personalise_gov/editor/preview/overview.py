"""A page's or snippet's screen "Personalisation": every personalised block of its draft, for whom each version is, what
everyone else sees, and the draft as any of them sees it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import Button

from ...conf import settings
from ...core.preference import Mode
from ...models import Segment
from ...models.streams import FoundContent, is_page, personalised_of
from ...visit.simulation import CannotSimulate
from ..addresses import address_of, content_address
from ..pausing import paused_state
from ..permissions import has_permission
from ..segments.choosing import status_in_a_word
from ..versions.said import Audience, SaidOfVersion, said_of_blocks
from ..visitors.form import VisitorForm
from ..visitors.words import in_words
from .contents import can_hold, draft_of, editable, is_previewable, may_edit, model_of
from .modes import AS_VISITOR, PREFIX, nobody_chosen
from .sharing import ShareForm, ShareView, why_not_shared
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


class ContentView(WagtailAdminTemplateMixin):
    """What the screens about one page or snippet share: it, its draft, and that the user may edit it."""

    header_icon = "personalise-segment"
    request: HttpRequest

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.object = editable(request.user, kwargs["app_label"], kwargs["model_name"], kwargs["pk"])

    @cached_property
    def draft(self) -> Any:
        return draft_of(self.object)

    def get_page_subtitle(self) -> str:
        return str(self.draft)

    @cached_property
    def edit_address(self) -> str:
        return AdminURLFinder(self.request.user).get_edit_url(self.object) or ""


class OverviewView(ContentView, TemplateView):
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

    @cached_property
    def found(self) -> list[FoundContent]:
        return list(personalised_of(self.draft))

    @cached_property
    def said(self) -> list[list[SaidOfVersion]]:
        return said_of_blocks([[version.segments for version in found.content.versions] for found in self.found])

    @cached_property
    def segments(self) -> list[Segment]:
        """Those that the draft's versions are for, in their order."""
        audiences = [audience for block in self.said for version in block for audience in version.audiences]
        return list({one.key: one.segment for one in audiences if one.segment}.values())

    def rows(self) -> Iterator[BlockRow]:
        may_open, previewable = has_permission(self.request.user, "change"), is_previewable(self.draft)
        preview = content_address("preview", self.object) if previewable else ""
        names: dict[str, int] = {}
        for number, (found, said) in enumerate(zip(self.found, self.said, strict=True), 1):
            name = found.name
            names[name] = names.get(name, 0) + 1
            versions = tuple(
                VersionRow(one, tuple(_audience_row(audience, may_open, preview) for audience in one.audiences))
                for one in said
            )
            place = f"#:w:contentpath={found.place}" if found.place and self.edit_address else ""
            yield BlockRow(
                number,
                name if names[name] == 1 else f"{name} ({names[name]})",
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
    return ", ".join(names[key] for key in viewpoint.segments if key in names)


class PreviewView(ContentView, View):
    """The draft as the segment, or as the visitor, that `mode` names; without, as nobody in particular."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not is_previewable(self.draft):
            return TemplateResponse(
                request, f"{TEMPLATES}/nobody_chosen.html", {"object": self.object, "not_previewable": True}, status=404
            )
        mode, viewpoint = request.GET.get("mode", ""), Viewpoint()
        if mode == AS_VISITOR:
            kept = kept_viewpoint(request)
            if kept is None:
                return nobody_chosen(request, self.object)
            viewpoint = kept
        elif (key := mode.removeprefix(PREFIX)).isdecimal() and mode.startswith(PREFIX) and len(key) < 19:
            viewpoint = Viewpoint(segments=(int(key),))
        try:
            make = viewpoint.visit_maker(self.draft)
        except CannotSimulate as error:
            return nobody_chosen(request, self.object, str(error))
        # The object's own first mode: whether it knows modes of ours does not matter here.
        response: HttpResponse = self.draft.make_preview_request(
            request, self.draft.default_preview_mode, {"personalise_preview": make}
        )
        return response


PLACE = "<str:app_label>/<str:model_name>/<str:pk>/"

urlpatterns: list[URLPattern] = [
    path(PLACE, OverviewView.as_view(), name="overview"),
    path(f"{PLACE}preview/", PreviewView.as_view(), name="preview"),
    path(f"{PLACE}share/", ShareView.as_view(), name="share"),
]


# The ways there


def overview_button(instance: Any, user: Any, priority: int) -> Iterator[Button]:
    """A button to the screen, for who may edit the page or snippet. No query for each row of a list."""
    model = model_of(instance)
    if model is None or not can_hold(model) or not may_edit(user, instance):
        return
    opts = model._meta
    address = reverse("personalise_content:overview", args=[opts.app_label, opts.model_name, instance.pk])
    yield Button(gettext("Personalisation"), url=address, icon_name="personalise-segment", priority=priority)


def page_header_buttons(page: Any, user: Any, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    yield from overview_button(page, user, 62)


def page_listing_buttons(page: Any, user: Any, next_url: str | None = None) -> Iterator[Button]:
    yield from overview_button(page, user, 45)


def snippet_listing_buttons(snippet: Any, user: Any, next_url: str | None = None) -> Iterator[Button]:
    yield from overview_button(snippet, user, 45)
