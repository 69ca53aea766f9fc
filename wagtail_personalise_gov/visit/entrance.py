"""The request as it entered.

Middleware further in may change it before a page is rendered: a page cache strips cookies from it (wagtail-cache does),
others rewrite the path. What a visitor said when they came must not get lost on the way, so `Visit` notes it at the
entrance, and every reader is given this copy.
"""

from __future__ import annotations

from typing import Any, cast

from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, QueryDict
from django.http.cookie import parse_cookie
from django.utils.functional import cached_property  # the standard library's takes a lock


class Entrance(HttpRequest):
    """A request with the cookies, query, path and referrer that it entered with.

    Everything else (``user``, ``session``, …) is asked of the request itself, at the time of asking.
    """

    def __init__(self, request: HttpRequest, noted: dict[str, str], path: str) -> None:
        # Not HttpRequest's own: what it would set here would stand before what the request itself has.
        self._request = request
        self._query = noted.get("QUERY_STRING", "")
        self.META = {**request.META, **noted}
        for key in ("HTTP_COOKIE", "HTTP_REFERER"):
            if key not in noted:
                self.META.pop(key, None)
        self.path = path

    @cached_property
    def COOKIES(self) -> dict[str, str]:  # type: ignore[override]
        return parse_cookie(self.META.get("HTTP_COOKIE", ""))

    @cached_property
    def GET(self) -> QueryDict:  # type: ignore[override]
        try:
            # WSGI hands bytes on as Latin-1; ASGI's text that is more than Latin-1 is text already.
            query: str | bytes = self._query.encode("latin-1")
        except UnicodeEncodeError:
            query = self._query
        try:
            return QueryDict(query)
        except TooManyFieldsSent:
            return QueryDict()  # says nothing, rather than refuse a page that would not have looked at it

    @property
    def query(self) -> dict[str, str]:
        """The last value of each parameter of the address; without one, as at most pages, nothing is parsed."""
        return cast("dict[str, str]", self.GET.dict()) if self._query else {}

    @property
    def body(self) -> bytes:
        return self._request.body

    def _get_scheme(self) -> str:
        return self._request.scheme or "http"

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"  # Django's own would tell the whole address, and with it what was searched

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_request":
            raise AttributeError(name)
        return getattr(self._request, name)
