"""The side panel of a segment's form in which it is tried as it stands there, before anything is saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.forms import Media
from django.http import HttpRequest, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.staticfiles import versioned_static
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.ui.side_panels import BaseSidePanel
from wagtail.snippets.views.snippets import CreateView, EditView

from ...compiling import ruleset_with
from ...models import Segment
from ..addresses import address_of, addresses_for
from ..permissions import has_permission
from ..segments.in_words import InWordsMixin
from ..segments.unsaved import segment_of
from ..visitors.form import VisitorForm
from .examples import kept_of
from .page import TEMPLATES, preset_links
from .traces import traces


class TrySidePanel(BaseSidePanel):
    """Its form is fetched when the panel is opened, so that a segment's page costs nothing more."""

    class SidePanelToggle(BaseSidePanel.SidePanelToggle):
        aria_label = _("Toggle “Try as a visitor”")
        icon_name = "user"
        has_counter = False

    name = "try"
    title = _("Try as a visitor")
    template_name = f"{TEMPLATES}/panel.html"
    order = 350

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        saved = self.object.pk is not None
        page = reverse("personalise_try:index")
        return {
            **super().get_context_data(parent_context),
            "try_url": address_of("try", self.object) if saved else addresses_for("try_new", Segment),
            "page_url": f"{page}?segments={self.object.pk}" if saved else page,
            "fields_url": reverse("personalise_try:fields"),
            "presets": preset_links(page, [self.object.pk] if saved else []),
        }

    @property
    def media(self) -> Media:
        return Media(
            js=[versioned_static("wagtail_personalise_gov/js/try-visitor.js")],
            css={"all": [versioned_static("wagtail_personalise_gov/css/editor.css")]},
        )


def with_try_panel(panels: MediaContainer, instance: Any, request: HttpRequest, *, partial: bool) -> MediaContainer:
    """The side panels of a segment's form with ours; not in what autosave sends back, which would replace it."""
    return panels if partial else MediaContainer([*panels, TrySidePanel(instance, request)])


class TryFormMixin(InWordsMixin):
    """Answers whether the visitor is in the segment as the posted form has it, and how its examples fare there.

    `result` and `examples` are HTML, `fields` too where the visitor's form has errors; `said` is for those who listen.
    """

    def read(self, form: Any) -> Segment:
        return segment_of(form)

    def answer(self, read: Any) -> HttpResponseBase:
        visitor = QueryDict(self.request.POST.get("visitor", "")[:8000])  # type: ignore[attr-defined]
        return JsonResponse(self.tried(read, visitor))

    def tried(self, segment: Segment, said: QueryDict) -> dict[str, Any]:
        ruleset = ruleset_with([segment])
        visitor = VisitorForm(said)
        visit = visitor.visit(ruleset)
        context: dict[str, Any] = {
            "may_keep": segment.pk is not None and has_permission(self.request.user, "change"),  # type: ignore[attr-defined]
            "segment": segment,
            "in_panel": True,
            "kept": kept_of(segment, ruleset, visitor.pages, beside_saved=True),
            "page_url": reverse("personalise_try:index"),
        }
        if visit is None:
            return {
                "said": gettext("Something that you say of the visitor can’t be read."),
                "fields": self.html("fields", {"form": visitor, "compact": True}),
                "result": "",
                "examples": self.html("examples", context),
            }
        titles = {page.number: page.title for page in visitor.pages}
        (trace,) = traces(visit, [segment], titles)
        context |= {"trace": trace, "in_words": visitor.in_a_line(), "visitor": visitor.as_query()}
        return {
            "said": str(trace.verdict.word),
            "fields": "",
            "result": self.html("panel_result", context),
            "examples": self.html("examples", context),
        }

    def html(self, name: str, context: dict[str, Any]) -> str:
        return render_to_string(f"{TEMPLATES}/{name}.html", context, request=self.request)  # type: ignore[attr-defined]


class TryNewFormView(TryFormMixin, CreateView):
    """Of a segment that was never saved."""


class TryFormView(TryFormMixin, EditView):
    """Of a segment's form."""
