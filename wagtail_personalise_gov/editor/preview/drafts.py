"""A draft as one of those sees it whom the screen "Personalisation" offers, in a browser's window of its own."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.views.generic import View

from ...visit.simulation import CannotSimulate
from .contents import is_previewable
from .modes import AS_VISITOR, PREFIX, nobody_chosen
from .screens import ContentView
from .viewpoints import Viewpoint, kept_viewpoint

TEMPLATES = "wagtail_personalise_gov/editor/overview"


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
