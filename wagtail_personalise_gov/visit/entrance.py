"""The request as it entered.

Middleware further in may change it before a page is rendered: a page cache strips cookies from it (wagtail-cache does),
others rewrite the path. What a visitor said when they came must not get lost on the way, so `Visit` notes it at the
entrance, and every reader is given this copy.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, QueryDict
from django.http.cookie import parse_cookie


class Entrance(HttpRequest):
    """A request with the cookies, query, path and referrer that it entered with.

    Everything else (``user``, ``session``, …) is asked of the request itself, at the time of asking.
    """

    def __init__(self, request: HttpRequest, noted: dict[str, str], path: str) -> None:
        super().__init__()
        self._request = request
        self.META = {**request.META, **noted}
        for key in ("HTTP_COOKIE", "HTTP_REFERER"):
            if key not in noted:
                self.META.pop(key, None)
        self.method = request.method
        self.path = path
        self.path_info = request.path_info
        self.GET = QueryDict(noted.get("QUERY_STRING", ""))
        self.COOKIES = parse_cookie(noted.get("HTTP_COOKIE", ""))

    def _get_scheme(self) -> str:
        return self._request.scheme or "http"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_request":
            raise AttributeError(name)
        return getattr(self._request, name)
