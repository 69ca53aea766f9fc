"""Which front ends on other hosts a browser lets use the API (CORS): those that `API_ORIGINS` names, and nobody else.

The API answers for itself. django-cors-headers is the well-kept package for it, but a middleware for all of a site: a
package must not ask for that, nor let the front ends that are named here in at the site's other addresses. Where a site
has it all the same, its headers stand.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from rest_framework.request import Request
from rest_framework.response import Response

from ..conf import settings
from ..visit.front_end import HEADERS
from ..visit.header_token import HEADER
from .json_view import JSONView

PREFLIGHT_SECONDS = 600  # that a browser may keep an answer, so that who is named no longer is soon kept out

# The request headers that a script may set, besides those that it always may.
TAKEN = ", ".join(["Content-Type", "If-None-Match", *HEADERS])
GIVEN = ", ".join(["ETag", HEADER, "Retry-After"])  # the headers of an answer that a script may read


def named_origin(request: HttpRequest) -> str:
    """The origin that a request comes from, if `API_ORIGINS` names it; else ""."""
    origin = request.META.get("HTTP_ORIGIN", "")
    return origin if origin in settings.API_ORIGINS else ""


def let_in(request: HttpRequest, response: HttpResponseBase) -> None:
    """Tell a browser that the page which asked may read this answer, if it is named; with cookies, if they came.

    And tell caches that the answer tells this, so that none gives one front end what was told to another.
    """
    if not settings.API_ORIGINS:
        return
    patch_vary_headers(response, ["Origin"])
    if origin := named_origin(request):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Access-Control-Expose-Headers"] = GIVEN


class CrossOriginView(JSONView):
    """A view that front ends on other hosts may use, and that says which methods it takes."""

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """What may be sent here: nothing is read, and nothing about the visitor is asked."""
        response = Response(status=HTTPStatus.NO_CONTENT)
        response.headers["Allow"] = ", ".join(self.allowed_methods)
        if named_origin(request._request) and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request._request.META:
            response.headers["Access-Control-Allow-Methods"] = ", ".join(self.allowed_methods)
            response.headers["Access-Control-Allow-Headers"] = TAKEN
            response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
        return response

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        let_in(request._request, response)
        return response
