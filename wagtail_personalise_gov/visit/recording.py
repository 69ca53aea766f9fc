"""On the way out: what a response must say to caches, and what the visitor's memory keeps."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control, patch_vary_headers

from ..conf import settings
from .cookies import CHOICE, COOKIES
from .devices import is_crawler
from .preference import preference_headers, write_choice
from .stores import visitor_store
from .visit import PreviewVisit, Visit


def finish(visit: Visit, request: HttpRequest, response: HttpResponseBase) -> None:
    """Make a response that considered the visitor private, and keep their memory where it changed."""
    if not visit.considered and _is_landing(visit, request, response):
        visit.consider()
    # Nothing that is rendered from here on (a streaming response) can still be marked: it shows standard versions.
    visit.closed = True
    if not visit.considered:
        return
    keep_private(visit, response)
    if isinstance(visit, PreviewVisit) or getattr(request, "is_dummy", False):
        return
    if visit.choice_to_keep is not None:
        write_choice(response, visit.choice_to_keep)
    if visit.forgets:
        forget(visit, response)
    else:
        remember(visit, response)


def keep_private(visit: Visit, response: HttpResponseBase) -> None:
    """Tell every cache that this response is one visitor's, and which request headers it was made from."""
    for directive in ("public", "s-maxage"):
        _drop_directive(response, directive)
    _drop_directive(response, "max-age")
    patch_cache_control(response, private=True, no_cache=True)
    response.headers.pop("Expires", None)
    patch_vary_headers(response, sorted(preference_headers() | visit.varies_on))


def remember(visit: Visit, response: HttpResponseBase) -> None:
    """Keep what live rules need of this visit, if the visitor lets us; drop what is kept beyond that."""
    if visit.ruleset.paused or not (visit.ruleset.remembers or visit.stored):
        return
    store = visitor_store()
    if not visit.standing.adapts:
        if visit.stored:
            store.forget(visit.request, response)
        return
    if visit.only_looks or is_crawler(visit.request.META.get("HTTP_USER_AGENT", "")):
        return
    memory = visit.memory.keeping(visit.ruleset.remembers)
    if memory != visit.stored:
        if memory:
            store.save(visit.request, response, memory)
        else:
            store.forget(visit.request, response)


def forget(visit: Visit, response: HttpResponseBase) -> None:
    """Drop everything that is kept of the visitor, but for their choice; also what can't be read any more."""
    for cookie in COOKIES:
        if cookie is not CHOICE:
            cookie.expire(visit.request, response)
    visitor_store().forget(visit.request, response)


def _is_landing(visit: Visit, request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether the site remembers landings on any page, and this is one."""
    if settings.REMEMBER_LANDING != "everywhere" or request.method != "GET" or response.status_code != 200:
        return False
    if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
        return False
    if not visit.ruleset.landing or visit.ruleset.paused or visit.source.kind == "internal":
        return False
    return visit.stored.visit is None or visit.memory.visit != visit.stored.visit


def _drop_directive(response: HttpResponseBase, directive: str) -> None:
    given = response.headers.get("Cache-Control", "")
    kept = [part.strip() for part in given.split(",") if part.strip().split("=")[0].lower() != directive]
    if given:
        response.headers["Cache-Control"] = ", ".join(part for part in kept if part)
