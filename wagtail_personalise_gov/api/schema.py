"""The API described for machines, where drf-spectacular is installed."""

from __future__ import annotations

from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from ..visit.recording import is_for_everybody
from .base import VisitorView
from .conditional import tag
from .openapi.describing import IS_INSTALLED

EXTRA = "wagtail-personalise-gov[openapi]"
MAX_AGE_SECONDS = 300  # for which a cache may tell it without asking us


class SchemaView(VisitorView):
    """The OpenAPI document of these addresses; the same for everybody."""

    for_everybody = True
    is_there = IS_INSTALLED

    def get(self, request: Request) -> Response:
        if not self.is_there:
            raise NotFound(
                _("This site does not describe its API for machines. Its developers can change that: pip install %s")
                % EXTRA
            )
        from .openapi.document import own_document  # not above: it needs the extra

        here = request._request.build_absolute_uri("../")
        response = Response({**own_document(), "servers": [{"url": here.rstrip("/")}]})
        patch_cache_control(response, public=True, max_age=MAX_AGE_SECONDS)
        is_for_everybody(response)
        tag(request._request, response)
        return response
