"""The API's own front door: which addresses there are, and what is told to who misses them.

Below the API everything is JSON, also what is not found: so an address with a slip in it is never taken for a page of
the site, and a PUT without its last slash is no failure of Django's.
"""

from __future__ import annotations

import difflib
import re
from typing import Any

from django.urls import get_resolver
from django.urls.resolvers import RoutePattern, URLPattern
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from .base import VisitorView

VERSION = 1  # of the API: raised where what a client relies on changes its meaning or goes
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
MAX_COMPARED = 100  # characters of an address that are compared with ours


def addresses() -> dict[str, str]:
    """Name → path below the API, with "{id}" for what differs, of each address that has a name."""
    urls: Any = get_resolver("wagtail_personalise_gov.api.urls")
    return {
        pattern.name: PARAMETER.sub(r"{\1}", str(pattern.pattern)).replace("{pk}", "{id}")
        for pattern in urls.url_patterns
        if isinstance(pattern, URLPattern) and isinstance(pattern.pattern, RoutePattern) and pattern.name
    }


class IndexView(VisitorView):
    """Where everything is; the same for everybody."""

    def get(self, request: Request) -> Response:
        here = request._request.build_absolute_uri(request._request.path)
        named = {name: f"{here}{path}" for name, path in addresses().items() if path}
        return Response({"version": VERSION, "addresses": named})


class MissingView(VisitorView):
    """Whatever else is asked for below the API is not found; the nearest address is named."""

    def get(self, request: Request, path: str) -> Response:
        known = [known for known in addresses().values() if known]
        near = difflib.get_close_matches(re.sub(r"\d+", "{id}", path[:MAX_COMPARED]), known, n=1, cutoff=0.5)
        if near:
            raise NotFound(_("There is no such address. The nearest is %s, with its slash.") % near[0])
        raise NotFound(_("There is no such address. These are: %s.") % ", ".join(known))

    schema: Any = None  # no call of ours, so it is not described
    post = put = patch = delete = get
    http_method_names = ("get", "head", "options", "post", "put", "patch", "delete")
