"""What the calls of visitors have in common: who may send them, how they are read, and how they are answered.

No account is needed, and none is looked at but for a live rule that asks. What a visitor says is proved as in
`visit/origin.py`; besides, a browser sends a PUT or DELETE for a page of another host only after asking (CORS), and
only those that `API_ORIGINS` names are told yes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from ..visit.front_end import HEADERS, PAGE_HEADER, front_end_visit
from ..visit.middleware import finished
from ..visit.origin import Origin, origin_of
from ..visit.page_request import MAX_ADDRESS, BadAddress
from ..visit.visit import Visit
from ..wording.speaking import as_asked
from .cross_origin import CrossOriginView, named_origin
from .formats import ShallowJSONParser, refuse_large

READING = frozenset({"GET", "HEAD", "OPTIONS"})


def is_proven(request: Request) -> bool:
    """Whether it was a page of this site or of a named front end that sent this, or a front end's own server.

    With a PUT every browser says where it comes from, at least `Origin: null`: who says nothing is no browser.
    """
    meta = request._request.META
    by_a_browser = "HTTP_ORIGIN" in meta or "HTTP_SEC_FETCH_SITE" in meta
    return not by_a_browser or bool(named_origin(request._request)) or origin_of(request._request) is Origin.SAME


def not_proven() -> PermissionDenied:
    return PermissionDenied(
        _(
            "Your browser does not say that a page of this website sent this. Without that, nothing can be allowed. A "
            "front end on another host needs its origin named in the site’s API_ORIGINS."
        )
    )


class VisitorView(CrossOriginView):
    """The base of every call of a visitor. What the site has set for its own REST framework does not reach it."""

    parser_classes = (ShallowJSONParser,)
    http_method_names: Sequence[str] = ("get", "head", "options", "put", "delete")

    for_everybody = False  # whether its answers are the same for all, and caches may keep them
    visit: Visit
    own_visit = False  # the middleware is missing; a check says so

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """The view, whose words are in the language that ``?lang=`` asks for, else as the site speaks."""
        return as_asked(super().as_view(**initkwargs), for_everybody=cls.for_everybody)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        if getattr(request, "visit", None) is None:
            # Without the middleware everything is the standard version, but a choice is kept all the same.
            visit = request.visit = Visit(request)  # type: ignore[attr-defined]
            visit.closed = visit.only_looks = self.own_visit = True
        self.visit = request.visit  # type: ignore[attr-defined]
        return super().initialize_request(request, *args, **kwargs)

    def perform_authentication(self, request: Request) -> None:
        """Nobody's account is asked for here; REST framework would put "nobody" in the place of who is signed in.

        A rule that asks for accounts is told what it is told on a page.
        """

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        try:
            self.visit = request._request.visit = front_end_visit(self.visit)  # type: ignore[attr-defined]
        except BadAddress as error:
            problem = _("This is no address of a page. Give its path and query, with at most %d characters.")
            raise ValidationError({PAGE_HEADER: [problem % MAX_ADDRESS]}) from error
        if request.method not in READING:
            refuse_large(request._request)
            if origin_of(request._request) is Origin.CROSS and not named_origin(request._request):
                raise PermissionDenied(
                    _(
                        "This was sent from another website. Send it from a page of this one, or have the origin of "
                        "your front end named in the site’s API_ORIGINS."
                    )
                )

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.own_visit:
            finished(self.visit, request._request, response)
        if self.visit.considered or request.method not in READING:
            patch_vary_headers(response, HEADERS)
            patch_cache_control(response, private=True, no_store=True)
        return response
