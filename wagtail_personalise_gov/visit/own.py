"""The visit of somebody who asks what they themselves see on a page: the same browser, at that page's address."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from django.http import HttpRequest, QueryDict

from ..core.pages import ServedPage
from .simulation import Addresses, SimulatedVisit
from .visit import Visit


class OwnVisit(SimulatedVisit):
    """What a visit of this very browser to a page of this host finds now. It only looks: nothing is counted or kept.

    Cookies, address and headers are those of the request. How the visitor came to the page is known only as far as it
    was remembered, so the request counts as one from this site.
    """

    def __init__(self, request: HttpRequest, page: ServedPage, address: str) -> None:
        Visit.__init__(self, at_page(request, address))
        self.only_looks = True
        self.given = {}
        self._addresses = Addresses()
        self.note_page(page)

    @property
    def _adapting(self) -> bool:
        """As on any real visit: nothing adapts where the site is off."""
        return super(SimulatedVisit, self)._adapting


def at_page(request: HttpRequest, address: str) -> HttpRequest:
    """A request for that address by the very browser of this one, as a link from this site would make it."""
    parts = urlsplit(address)
    visit = getattr(request, "visit", None)
    entered = visit.request if isinstance(visit, Visit) else request  # other middleware may have stripped cookies
    at_page = HttpRequest()
    at_page.method = "GET"
    at_page.path = at_page.path_info = unquote(parts.path)
    at_page.META = {
        **entered.META,
        "REQUEST_METHOD": "GET",
        "PATH_INFO": at_page.path_info,
        "QUERY_STRING": parts.query,
        "HTTP_REFERER": f"{request.scheme}://{request.get_host()}/",
    }
    at_page.COOKIES = dict(entered.COOKIES)
    at_page.GET = QueryDict(parts.query)
    for name in ("user", "session"):
        if hasattr(request, name):
            setattr(at_page, name, getattr(request, name))
    return at_page
