"""The middleware: gives each request its ``visit`` and finishes each response. Nothing is read until it is asked."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ..conf import settings
from .asked import asked_visit
from .recording import finish, keep_cookies_private
from .viewing import ViewingVisit, viewing_visit
from .visit import Visit

logger = logging.getLogger("wagtail_personalise_gov")


class PersonaliseMiddleware:
    """Stands first, or directly after a page cache's update middleware. Sync and async."""

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
        visit = request.visit = visit_for(request)  # type: ignore[attr-defined]
        response: HttpResponseBase = self.get_response(request)
        self._finish(visit, request, response)
        keep_cookies_private(response)
        return response

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        visit = request.visit = visit_for(request)  # type: ignore[attr-defined]
        response: HttpResponseBase = await self.get_response(request)
        used = self._visit_of(request, visit)
        may_read = used.considered or used.shows or settings.COUNTING or isinstance(used, ViewingVisit)
        if may_read or settings.REMEMBER_LANDING == "everywhere":
            # Finishing may read the database, once a second, for the version of the ruleset.
            await sync_to_async(self._finish, thread_sensitive=True)(visit, request, response)
        else:
            visit.closed = True
        keep_cookies_private(response)
        return response

    @staticmethod
    def _visit_of(request: HttpRequest, visit: Visit) -> Visit:
        """The visit that was used: a preview puts its own in the place of ours."""
        return getattr(request, "visit", visit)

    def _finish(self, visit: Visit, request: HttpRequest, response: HttpResponseBase) -> None:
        visit = self._visit_of(request, visit)
        try:
            finish(visit, request, response)
        except Exception as error:  # whatever fails here, the visitor gets the page; private, since it may be theirs
            # The message may hold what a request brought, so only the type is logged.
            logger.error(
                "A response could not be finished (%s). It is sent as private, and nothing is remembered.",
                type(error).__name__,
            )
            response.headers["Cache-Control"] = "private, no-store"


def visit_for(request: HttpRequest) -> Visit:
    """The visit of a request. Wagtail's preview of a page is nobody's visit: an editor's own cookies decide nothing.

    A preview may say of whom it is: by `personalise_preview`, which makes the visit of its request.
    """
    if getattr(request, "is_dummy", False):
        make: Callable[[HttpRequest], Visit] = getattr(request, "personalise_preview", Visit.preview)
        return make(request)
    # What the address asks for is meant for this page alone, so it comes before how an editor views all of the site.
    return asked_visit(request) or viewing_visit(request) or Visit(request)
