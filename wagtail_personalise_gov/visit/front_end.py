"""The visit of a request that a front end of its own makes, for a visitor whose browser asks us for no page.

What a browser would have sent with the page, the front end tells in headers: what is kept of the visitor (a token in
the place of cookies), the address of the page, and from where the visitor came to it. Only the API takes them: a page
in HTML would have to vary on them. A visitor can tell anything here, and only lie about themselves.
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.functional import cached_property  # the standard library's takes a lock

from ..conf import settings
from .asked import shows_as_asked
from .grounds import BEYOND, tells
from .header_token import HEADER, META, HeaderToken
from .page_request import MAX_ADDRESS, MAX_REFERRER, BadAddress
from .referrers import Source, source_of
from .stores import SignedCookieStore, VisitorStore
from .viewing import ViewingVisit
from .visit import Visit

PAGE_HEADER, PAGE_META = "Personalise-Page", "HTTP_PERSONALISE_PAGE"
REFERRER_HEADER, REFERRER_META = "Personalise-Referrer", "HTTP_PERSONALISE_REFERRER"

HEADERS = (HEADER, PAGE_HEADER, REFERRER_HEADER)
BY_A_BROWSER = ("HTTP_ORIGIN", "HTTP_SEC_FETCH_SITE")  # a front end's own server passes neither on


class HeaderTokenStore(SignedCookieStore):
    """Memory in the values of signed cookies, none of which is sent: a header carries them both ways."""


class FrontEndVisit(Visit):
    """A visit as its front end tells of it. `token` is None where the visitor is known by cookies.

    With a token, memory is kept in it and nowhere else, whatever `VISITOR_STORE` is, and none of our cookies is read or
    set. Raises BadAddress where the address of the page is none.
    """

    def __init__(self, instead_of: Visit) -> None:
        request = instead_of._request
        super().__init__(request)
        self.closed, self.only_looks = instead_of.closed, instead_of.only_looks
        self._noted, self._path = {**instead_of._noted}, instead_of._path
        told = request.META
        self.token = HeaderToken.read(told[META]) if META in told else None
        if self.token is not None:
            self._noted["HTTP_COOKIE"] = self.token.as_cookies(self._noted.get("HTTP_COOKIE", ""))
        if PAGE_META in told:
            try:
                self._path, self._noted["QUERY_STRING"] = page_at(told[PAGE_META])
            except BadAddress:
                if self.method_reads:
                    raise  # but nobody is kept from refusing or erasing by where they do it
        if REFERRER_META in told or any(key in told for key in BY_A_BROWSER):
            # A browser's own Referer is the front end, from where every call of its script comes.
            self._noted["HTTP_REFERER"] = referrer_in(told.get(REFERRER_META, ""))

    @cached_property
    def store(self) -> VisitorStore:
        return super().store if self.token is None else HeaderTokenStore()

    @tells(BEYOND)
    def source(self) -> Source:
        """Where the visitor came from. A page of a front end that the site names is one of this site."""
        referrer = self.request.META.get("HTTP_REFERER", "")
        source = source_of(referrer, self.host)
        is_ours = source.host in {urlsplit(origin).hostname for origin in settings.API_ORIGINS}
        return source_of(referrer, source.host) if is_ours else source

    def hand_over(self, response: HttpResponseBase) -> None:
        """Put what a finished response keeps of the visitor into its header, in the place of cookies."""
        if self.considered:  # also where it only notes that the visitor was here
            patch_vary_headers(response, HEADERS)
            patch_cache_control(response, private=True, no_store=True)
        if self.token is None:
            return
        token = self.token.taking(response)
        # What could not be read is replaced too, as such a cookie would be.
        if token.values != self.token.values or (self.considered and not self.token.sound):
            response.headers[HEADER] = token.written()


def front_end_visit(visit: Visit) -> Visit:
    """The visit of a call, as its front end tells of it; the very one where it tells nothing. Raises BadAddress.

    So too where the address asks for the standard version, and nothing of the visitor is read; and where an editor's
    cookie asks to view as others, unless a token stands in its place.
    """
    told = visit._request.META
    if not any(key in told for key in (META, PAGE_META, REFERRER_META)) or shows_as_asked(visit):
        return visit
    return visit if isinstance(visit, ViewingVisit) and META not in told else FrontEndVisit(visit)


def stand_at(visit: Visit, address: str) -> None:
    """Have the visit of a call be at the page of this address, unless its front end told at which it is."""
    if not (isinstance(visit, FrontEndVisit) and PAGE_META in visit._request.META):
        visit._path = unquote(urlsplit(address).path)
        visit.__dict__.pop("request", None)  # made anew where it is asked next


def page_at(address: str) -> tuple[str, str]:
    """(path, query) of an address of a page, with or without its host. A query that is too long says nothing.

    Raises BadAddress.
    """
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise BadAddress from error
    path = unquote(parts.path) or "/"
    plain = address.isascii() and address.isprintable() and path.isprintable()
    if len(path) > MAX_ADDRESS or not plain or not path.startswith("/") or path.startswith(("//", "/\\")):
        raise BadAddress
    return path, parts.query if len(path) + len(parts.query) <= MAX_ADDRESS else ""


def referrer_in(address: str) -> str:
    """An address that a visitor is said to come from, as much of it as is read; "" for what no browser would send."""
    return address[:MAX_REFERRER] if address.isprintable() else ""
