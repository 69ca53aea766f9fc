"""The request that a page would have been, as the script on it tells: for pages that are the same for everybody.

A visitor may tell anything here, and can only lie about themselves: what they tell decides what they are shown, and no
more. The host, cookies, network and account are those of the request that really came.
"""

from __future__ import annotations

from urllib.parse import unquote

from django.http import HttpRequest, QueryDict

from .entrance import Entrance
from .visit import Visit

MAX_ADDRESS = 2000  # characters of a path with its query; a longer query says nothing
MAX_REFERRER = 2048  # characters

# What Django notes while a token for a form is made, for the response to set its cookie.
NOTED_FOR_FORMS = ("CSRF_COOKIE", "CSRF_COOKIE_NEEDS_UPDATE")


class BadAddress(ValueError):
    """What is told is no address of a page."""


class PageRequest(Entrance):
    """A GET of the page at `path`, by the very browser of `request`, as it entered.

    `query` is without its question mark, `referrer` the page that the visitor came from; both are "" where no live rule
    asks. Raises BadAddress for a path that is none. With `proven` False nobody knows who sent it: a HEAD, of which
    nothing is counted.
    """

    def __init__(
        self, request: HttpRequest, path: str, query: str = "", referrer: str = "", proven: bool = True
    ) -> None:
        if not path.startswith("/") or path.startswith(("//", "/\\")) or len(path) > MAX_ADDRESS or not path.isascii():
            raise BadAddress
        query = query if query.isprintable() and len(path) + len(query) <= MAX_ADDRESS else ""
        referrer = referrer if referrer.isprintable() and len(referrer) <= MAX_REFERRER else ""
        at = unquote(path)
        if not at.isprintable():
            raise BadAddress
        visit = getattr(request, "visit", None)
        entered = visit.request if isinstance(visit, Visit) else request  # other middleware may have stripped cookies
        noted = {"QUERY_STRING": query, "REQUEST_METHOD": "GET" if proven else "HEAD", "PATH_INFO": at}
        if "HTTP_COOKIE" in entered.META:
            noted["HTTP_COOKIE"] = entered.META["HTTP_COOKIE"]
        if referrer:
            noted["HTTP_REFERER"] = referrer
        super().__init__(request, noted, at)
        self.method = noted["REQUEST_METHOD"]
        self.path_info = at
        self.POST = QueryDict()
        # By what address of ours it was told is nothing that the page would know.
        self.resolver_match = None

    def hand_back(self) -> None:
        """Let the request that really came know of a token that was made for a form."""
        for key in NOTED_FOR_FORMS:
            if key in self.META:
                self._request.META[key] = self.META[key]
