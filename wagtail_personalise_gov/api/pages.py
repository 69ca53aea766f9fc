"""Pages for a front end: as one visitor gets them, and what they depend on, so that each outcome may be kept."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control
from rest_framework.request import Request
from rest_framework.response import Response

from ..conf import settings
from ..core.pages import ServedPage
from ..core.preference import Mode
from ..core.ruleset import Ruleset
from ..delivery.representations import PARAMETER
from ..facts import facts_named
from ..models.asked_by import segments_asked_by
from ..models.sensitive import is_sensitive
from ..visit.asked import query_of
from ..visit.front_end import stand_at
from ..visit.gathering import headers_of
from ..visit.preference import preference_headers
from ..visit.recording import is_for_everybody
from .base import VisitorView
from .conditional import tag
from .every_version import EveryVersionView
from .finding import public_page
from .page_json import page_json

SEGMENTS_MAX_AGE_SECONDS = 60  # for which a cache may tell which segments a page asks, without asking us


class PageView(VisitorView):
    """A public page of this site, as this visitor gets it; or with every version, for those who may have it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if PARAMETER in query_of(request):
            return EveryVersionView.as_view()(request, *args, **kwargs)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: Request, pk: int | None = None) -> Response:
        """Without `pk` the page is named by its path: ``?path=/services/``."""
        page = public_page(request._request, pk)
        stand_at(self.visit, page.get_full_url(request._request))
        self.visit.page = ServedPage(page.pk, page.path)
        if not is_sensitive(page):
            self.visit.note_page(self.visit.page)
        return Response(page_json(page, request._request))


class PageSegmentsView(VisitorView):
    """The segments that a public page asks, and what those are told from. The same for everybody."""

    for_everybody = True

    def get(self, request: Request, pk: int) -> Response:
        page = public_page(request._request, pk)
        ruleset = self.visit.ruleset
        # While everything is paused or off no page asks anything, and the ruleset has no segments.
        slugs = () if settings.MODE is Mode.OFF else sorted(ruleset.slugs(segments_asked_by(page)))
        needs = ruleset.only(slugs).needs
        response = Response(
            {
                "page": page.pk,
                "segments": slugs,
                "varies_on": sorted(preference_headers() | headers_of(needs)) if slugs else [],
                "facts": [{"name": fact.name, "meaning": str(fact.meaning)} for fact in facts_named(needs)],
                "noted": is_noted(page, ruleset),
            }
        )
        # Not kept while paused: whoever believes that a page asks nothing takes one visitor's for everybody's.
        seconds = 0 if ruleset.paused else SEGMENTS_MAX_AGE_SECONDS
        patch_cache_control(response, public=True, max_age=seconds)
        is_for_everybody(response)
        tag(request._request, response)
        return response


def is_noted(page: Any, ruleset: Ruleset) -> bool:
    """Whether it is noted of visitors that they look at a page: a rule asks who has seen it, or it is a goal."""
    if ruleset.paused or settings.MODE is Mode.OFF:
        return False
    if settings.COUNTING and any(ruleset.goals.at(page.pk, urlsplit(page.get_url() or "").path, form=False)):
        return True
    return not is_sensitive(page) and ruleset.watching.watches(ServedPage(page.pk, page.path))
