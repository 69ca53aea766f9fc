"""What the script of a page with fragments asks: which of them differ for this visitor.

It is a POST, so that how a visitor came stands in no log of addresses, and no cache answers. It stands for their look
at the page: pages seen, counts and memory are kept with this answer, as they would be with the page.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.apps import apps
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.template.backends.django import Template
from django.template.context import make_context
from django.template.loader import get_template
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from wagtail import hooks
from wagtail.models import Site

from ..core.pages import ServedPage
from ..delivery.fragments import fragment
from ..models.addresses import PAGE_MODEL
from ..models.sensitive import is_sensitive
from ..plugged import log_once_a_minute
from ..visit.limits import is_too_large
from ..visit.middleware import visit_for
from ..visit.origin import Origin, origin_of
from ..visit.page_request import BadAddress, PageRequest
from ..visit.visit import Visit
from .fragments import fragments_for

logger = logging.getLogger("wagtail_personalise_gov")

MAX_DIGITS = 19  # of a primary key; with more it fits no database column


@csrf_exempt  # a token would need a cookie on every page; `origin_of` guards instead
@require_POST
@sensitive_post_parameters()
def fragments(request: HttpRequest) -> HttpResponse:
    """``page``, ``path``, and where live rules ask ``query`` and ``referrer``: what differs there for this visitor.

    HTML, of an element for each fragment; empty where all stays as it is, and where something fails.
    """
    response = HttpResponse()
    try:
        response.status_code, response.content = _answer(request)
    except Exception as error:  # the database, a page's own code; the standard versions stay
        log_once_a_minute("fragments", "Fragments can't be told (%s).", type(error).__name__)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _answer(request: HttpRequest) -> tuple[int, str]:
    """The status and HTML of an answer."""
    origin = origin_of(request)
    if origin is Origin.CROSS:
        return HTTPStatus.FORBIDDEN, ""
    if is_too_large(request):
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, ""
    try:
        told = request.POST
        at = told.get("path", ""), told.get("query", ""), told.get("referrer", "")
        page_request = PageRequest(request, *at, proven=origin is Origin.SAME)
    except (
        BadAddress,
        ValueError,
        LookupError,
        OSError,
        BadRequest,
        SuspiciousOperation,
        MultiPartParserError,
    ) as error:
        logger.info("Fragments were asked for in a way that can't be read (%s).", type(error).__name__)
        request._mark_post_parse_error()  # type: ignore[attr-defined]  # else whoever asks for the form next fails again
        return HTTPStatus.BAD_REQUEST, ""
    if getattr(request, "visit", None) is None:
        return HTTPStatus.OK, ""  # the middleware is missing; a check says so
    page = _page(page_request, told.get("page", ""))
    if page is None or _is_refused(page, page_request):
        return HTTPStatus.NOT_FOUND, ""
    # From here on this is the visit of the page: it is asked, counted and remembered as such.
    visit = visit_for(page_request)
    request.visit = page_request.visit = visit  # type: ignore[attr-defined]
    # Who can't be told apart from another site's page may look; and a look as somebody else is nobody's visit.
    visit.only_looks = origin is not Origin.SAME or type(visit) is not Visit
    visit.page = ServedPage(page.pk, page.path)
    if not is_sensitive(page):
        visit.note_page(visit.page)
    found = list(fragments_for(page, visit, lambda: _context(page, page_request)))
    page_request.hand_back()
    return HTTPStatus.OK, "".join(fragment(key, html) for key, html in found)


def _page(request: PageRequest, key: str) -> Any:
    """The live page of this site that the browser of `request` may read; None for any other."""
    site = Site.find_for_request(request)
    if site is None or not (key.isascii() and key.isdecimal()) or len(key) > MAX_DIGITS:
        return None
    pages = apps.get_model(PAGE_MODEL).objects.live().descendant_of(site.root_page, inclusive=True)
    page = pages.filter(pk=int(key)).specific().first()
    if page is None or not all(one.accept_request(request) for one in page.get_view_restrictions()):
        return None
    return page


def _is_refused(page: Any, request: PageRequest) -> bool:
    """Whether the site's own hooks would answer in the stead of the page."""
    return any(hook(page, request, [], {}) is not None for hook in hooks.get_hooks("before_serve_page"))


def _context(page: Any, request: PageRequest) -> Mapping[str, Any]:
    """What the templates of the page have, context processors included."""
    given: dict[str, Any] = page.get_context(request)
    template = get_template(page.get_template(request))
    if not isinstance(template, Template):
        return given  # of another engine, which has no such processors
    context = make_context(given, request)
    with context.bind_template(template.template):
        flat: dict[str, Any] = context.flatten()  # type: ignore[assignment]
    return flat
