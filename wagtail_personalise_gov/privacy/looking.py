"""Whose visit the page about personalisation tells of: the visitor's own, on the page that they came from.

Some of what a page asks depends on the page itself: its address, or what a link says. So that the reasons are those for
what the visitor really saw, they are told as on that page; where it can't be told which it was, as on this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from django.apps import apps
from django.core.exceptions import DisallowedHost
from django.db import DataError
from django.http import Http404, HttpRequest
from django.urls import get_script_prefix, resolve, reverse
from django.utils.translation import get_language, get_language_from_path, override

from ..core.pages import ServedPage
from ..models.addresses import PAGE_MODEL
from ..visit.asked import query_of
from ..visit.own import at_page
from ..visit.viewing import views_as_others
from ..visit.visit import Visit
from .returning import way_back

SERVES_PAGES = "wagtail_serve"  # the name of the address at which Wagtail serves pages
SERVER = ("HTTP_HOST", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT", "SERVER_NAME", "SERVER_PORT")


class VisitBefore(Visit):
    """The visitor's visit to the page that they came from. It only looks: nothing is counted or kept."""

    def __init__(self, request: HttpRequest, visit: Visit, page: ServedPage, address: str) -> None:
        super().__init__(at_page(request, address))
        self.only_looks = True
        # One ruleset for all that is told, even when a segment is published in its middle.
        self.ruleset, self.now, self.site, self.stored = visit.ruleset, visit.now, visit.site, visit.stored
        self.note_page(page)


@dataclass(frozen=True, slots=True)
class Looked:
    """The visit that is told of. `address` is where the visitor came from, "" if that can't be told; `page` what
    stands there, None where that is none of Wagtail's pages, or one that this visitor may not read."""

    visit: Visit
    address: str
    page: Any


def looked(request: HttpRequest, visit: Visit) -> Looked:
    address = page_before(request, visit)
    page = page_at(request, address) if address else None
    if page is None or views_as_others(visit):
        return Looked(visit, address, page)
    return Looked(VisitBefore(request, visit, ServedPage(page.pk, page.path), address), address, page)


def page_before(request: HttpRequest, visit: Visit) -> str:
    """The page that the visitor was looking at, where it is one of ours; "" where that can't be told."""
    here = reverse("personalise:about")
    for address in (query_of(request).get("back"), visit.request.META.get("HTTP_REFERER")):
        page = way_back(request, address)
        if page is not None and here not in page:
            return page
    return ""


def page_at(request: HttpRequest, address: str) -> Any:
    """The live page at an address of this host; None for none, and for one that this visitor may not read."""
    path = unquote(urlsplit(address).path)
    prefix = get_script_prefix()
    path_info = f"/{path.removeprefix(prefix)}"
    try:
        # Where addresses begin with a language, they lead there in that language only.
        with override(get_language_from_path(path_info) or get_language()):
            match = resolve(path_info)
            if match.url_name != SERVES_PAGES:
                return None
            asked = HttpRequest()
            asked.method, asked.path, asked.path_info = "GET", path, path_info
            asked.META = {key: request.META[key] for key in SERVER if key in request.META}
            found = apps.get_model(PAGE_MODEL).route_for_request(asked, match.args[0])
        return found.page.specific if found is not None and _may_read(request, found.page) else None
    except (Http404, DisallowedHost, ValueError, DataError):  # the last two: no database takes such a path
        return None


def _may_read(request: HttpRequest, page: Any) -> bool:
    restrictions = page.get_view_restrictions()
    if restrictions and not (hasattr(request, "user") and hasattr(request, "session")):
        return False
    return all(restriction.accept_request(request) for restriction in restrictions)
