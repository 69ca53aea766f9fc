"""Note the page that Wagtail serves, for rules about the pages that a visitor has seen, and for goals.

A page that is marked as sensitive is no page that anybody has seen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ..core.pages import ServedPage
from ..models.sensitive import is_sensitive
from .arriving import READING
from .visit import Visit

Serve = Callable[[Any, HttpRequest, Any, Any], HttpResponseBase]

# Wagtail's own wrapper (order 0) asks for a password where a page needs one: whoever comes here may see the page.
AFTER_RESTRICTIONS = 100


def note_served_page(serve: Serve) -> Serve:
    """Wraps the serving of a page (Wagtail's hook ``on_serve_page``)."""

    def serve_and_note(page: Any, request: HttpRequest, args: Any, kwargs: Any) -> HttpResponseBase:
        response = serve(page, request, args, kwargs)
        visit = getattr(request, "visit", None)
        if isinstance(visit, Visit) and not getattr(request, "is_preview", False):
            visit.page = ServedPage(page.pk, page.path)
            if response.status_code == 200 and request.method in READING and not is_sensitive(page):
                # Before most pages are rendered: their templates are, once Wagtail has returned.
                visit.note_page(visit.page)
        return response

    return serve_and_note
