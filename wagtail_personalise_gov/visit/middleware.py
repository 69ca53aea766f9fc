"""The middleware: gives each request its ``visit`` and finishes each response. Nothing is read until it is asked."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ..conf import settings
from ..plugged import log_once_a_minute
from .asked import asked_visit
from .front_end import FrontEndVisit
from .grounds import Unnoted
from .recording import finish, keep_cookies_private
from .viewing import ViewingVisit, viewing_visit
from .visit import Visit

logger = logging.getLogger("wagtail_personalise_gov")


class VisitMiddleware(ABC):
    """What stands around a request with its visit. Sync and async."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self._async = iscoroutinefunction(get_response)
        if self._async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self._async:
            return self.__acall__(request)
        visit = self.enter(request)
        response: HttpResponseBase = self.get_response(request)
        if visit is not None:
            self.leave(visit_of(request, visit), request, response)
        return response

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        visit = self.enter(request)
        response: HttpResponseBase = await self.get_response(request)
        if visit is None:
            return response
        used = visit_of(request, visit)
        may_read = used.considered or used.shows or settings.COUNTING or isinstance(used, ViewingVisit)
        if may_read or settings.REMEMBER_LANDING == "everywhere" or self.concerns(used, response):
            # Finishing may read the database, once a second, for the version of the ruleset.
            await sync_to_async(self.leave, thread_sensitive=True)(used, request, response)
        else:
            self.leave(used, request, response)
        return response

    @abstractmethod
    def enter(self, request: HttpRequest) -> Visit | None:
        """The visit of a request that comes in; None where this middleware has nothing to do with it."""

    @abstractmethod
    def leave(self, visit: Visit, request: HttpRequest, response: HttpResponseBase) -> None:
        """What is to be done with a response on its way out. Never raises."""

    def concerns(self, visit: Visit, response: HttpResponseBase) -> bool:
        """Whether `leave` may have more to read than is plain from the visit."""
        return False


class PersonaliseMiddleware(VisitMiddleware):
    """Stands first, or directly after a page cache's update middleware."""

    def enter(self, request: HttpRequest) -> Visit | None:
        # `PageCacheMiddleware`, further out, may have made it.
        visit = getattr(request, "visit", None) if hasattr(request, "personalise_page_cache") else None
        if visit is None:
            visit = request.visit = visit_for(request)  # type: ignore[attr-defined]
        return visit

    def leave(self, visit: Visit, request: HttpRequest, response: HttpResponseBase) -> None:
        page_cache = getattr(request, "personalise_page_cache", None)
        if page_cache is None:
            finished(visit, request, response)
            return
        try:
            page_cache.let_keep(visit, request, response)
        except Exception as error:  # whatever fails here, the cache keeps nothing, and the visitor gets the page
            visit.make_private()
            log_once_a_minute("kept", "It can't be told how a page may be kept (%s).", type(error).__name__)

    def concerns(self, visit: Visit, response: HttpResponseBase) -> bool:
        return visit.grounds.would_ask


def visit_for(request: HttpRequest) -> Visit:
    """The visit of a request. Wagtail's preview of a page is nobody's visit: an editor's own cookies decide nothing.

    A preview may say of whom it is: by `personalise_preview`, which makes the visit of its request.
    """
    if getattr(request, "is_dummy", False):
        make: Callable[[HttpRequest], Visit] = getattr(request, "personalise_preview", Visit.preview)
        return make(request)
    # What the address asks for is meant for this page alone, so it comes before how an editor views all of the site.
    return asked_visit(request) or viewing_visit(request) or Visit(request)


def visit_of(request: HttpRequest, visit: Visit) -> Visit:
    """The visit that was used: a preview puts its own in the place of ours."""
    used: Visit = getattr(request, "visit", visit)
    return used


def finished(visit: Visit, request: HttpRequest, response: HttpResponseBase) -> None:
    """Finish a response. Whatever fails here, the visitor gets the page; private, since it may be theirs."""
    try:
        with Unnoted(visit):
            finish(visit, request, response)
    except Exception as error:
        # The message may hold what a request brought, so only the type is logged.
        logger.error(
            "A response could not be finished (%s). It is sent as private, and nothing is remembered.",
            type(error).__name__,
        )
        response.headers["Cache-Control"] = "private, no-store"
    if isinstance(visit, FrontEndVisit):
        visit.hand_over(response)
    keep_cookies_private(response)
