"""``?variants=all``: pages with every version, and for whom each is. For a server that decides itself, or an editor.

Nothing is read of whoever asks but what they may: no visitor sends this, nothing counts as shown, and what is answered
is the same for all who get it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext as _
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotAuthenticated, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from ..delivery.representations import ALL, GRANTED, PARAMETER, Representation
from ..models.api_tokens import ApiToken
from ..visit.asked import query_of
from ..visit.editors import may_edit
from .conditional import tag
from .finding import public_page
from .page_json import page_json
from .tokens import Scope, TokenAuthentication, TokenView, WrongScope

PORTABLE = {GRANTED: Representation.PORTABLE}  # for a serialiser's context


def asks_for_every_version(request: HttpRequest) -> bool:
    """Whether an address says which versions it wants. Raises ValidationError where it says what can't be had."""
    given = query_of(request).getlist(PARAMETER)
    if given and given != [ALL]:
        raise ValidationError({PARAMETER: [_("Say “all”, once; or leave it out, for what this visitor gets.")]})
    return bool(given)


def refuse_strangers(request: Request) -> None:
    """Raise unless the call comes with a token that is good for every version, or from somebody who is signed in."""
    if isinstance(request.auth, ApiToken):
        if not request.auth.is_good_for(Scope.VARIANTS):
            raise WrongScope(Scope.VARIANTS)
    elif request.user is None or not request.user.is_authenticated:
        raise NotAuthenticated(
            _(
                "“variants=all” is for those who may edit the page. Send a token that is good for “%s”, as "
                "“Authorization: Bearer wpg_…”, or sign in to the admin."
            )
            % Scope.VARIANTS.value
        )


def refuse_others(request: Request, objects: Iterable[Any]) -> None:
    """Raise unless whoever calls may have every version of these pages, or other objects."""
    refuse_strangers(request)
    if isinstance(request.auth, ApiToken):
        return
    for one in objects:
        if not may_edit(request.user, one):
            raise PermissionDenied(
                _("You may not edit “%(title)s”, so you can’t have it with every version.") % {"title": str(one)}
            )


def keep_for_asker(request: HttpRequest, response: Response) -> None:
    """Let whoever asked keep the answer, and ask each time whether it still holds; nobody else."""
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["Authorization", "Cookie"])
    tag(request, response)


class EveryVersionView(TokenView):
    """A public page with every version. `PageView` hands on to it."""

    authentication_classes = (TokenAuthentication, SessionAuthentication)
    http_method_names = ("get", "head")

    def get(self, request: Request, pk: int | None = None) -> Response:
        asks_for_every_version(request._request)
        refuse_strangers(request)
        page = public_page(request._request, pk)
        refuse_others(request, [page])
        response = Response(page_json(page, request._request, PORTABLE))
        keep_for_asker(request._request, response)
        return response
