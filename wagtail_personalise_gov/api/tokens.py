"""Who calls from server to server: a token in ``Authorization: Bearer wpg_…``, and what it is good for.

No visitor's browser makes these calls, so nothing here answers CORS, reads a cookie or sets one.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed, NotAuthenticated, PermissionDenied, Throttled
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from ..conf import settings
from ..models.api_tokens import PREFIX, ApiToken, Scope, State
from ..visit.limits import Rate, seconds_to_wait
from .json_view import JSONView

__all__ = ["Scope", "TokenAuthentication", "TokenView", "count_call", "needs_scope", "token_of"]

SCHEME = "Bearer"
REALM = "wagtail_personalise_gov"
LONGEST_HEADER = 500  # characters that are looked at

calls = Rate()  # of each token in the minute that runs, in this process


class Unavailable(APIException):
    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    default_code = "unavailable"


class WrongScope(PermissionDenied):
    """The token works, but not for this. `auth_header` is what REST framework answers as WWW-Authenticate."""

    def __init__(self, scope: Scope) -> None:
        self.auth_header = f'{SCHEME} realm="{REALM}", error="insufficient_scope", scope="{scope}"'
        super().__init__(
            _("This token is not good for “%(scope)s”. Use one that is, or make a new one with this scope.")
            % {"scope": str(scope)}
        )


@sensitive_variables()
def secret_in(request: HttpRequest) -> str | None:
    """What a request shows as its token; None where it shows none, or proves itself in another way."""
    scheme, _blank, secret = request.META.get("HTTP_AUTHORIZATION", "")[:LONGEST_HEADER].strip().partition(" ")
    return secret.strip() if scheme.lower() == SCHEME.lower() else None


def token_of(request: HttpRequest) -> ApiToken | None:
    """The working token with which a request comes; None where it comes with none, or with one that does not work.

    Whether it `is_good_for` what is asked is for the caller to say. Never raises. One query, and one write a day.
    """
    try:
        return _checked_token(request)
    except APIException:
        return None


@sensitive_variables()
def _checked_token(request: HttpRequest) -> ApiToken | None:
    """As `token_of`; but AuthenticationFailed, with the remedy, for a token that does not work."""
    secret = secret_in(request)
    if secret is None:
        return None
    try:
        token = ApiToken.with_secret(secret)
    except DatabaseError as error:
        raise Unavailable(_("Tokens can’t be looked up at the moment. Try again in a minute.")) from error
    if token is None:
        raise AuthenticationFailed(
            _(
                "There is no such token. Send one of this site’s as a whole: it begins with %s. Secrets are shown "
                "only once, so make a new token if this one is lost."
            )
            % PREFIX
        )
    if token.state is State.REVOKED:
        raise AuthenticationFailed(_("This token was revoked. Ask for a new one."))
    if token.state is State.EXPIRED:
        raise AuthenticationFailed(_("This token has expired. Make a new one."))
    token.note_use()
    return token


class TokenAuthentication(BaseAuthentication):
    """``request.auth`` is the `ApiToken`; nobody is signed in by it."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        token = _checked_token(request._request)
        return None if token is None else (AnonymousUser(), token)

    def authenticate_header(self, request: Request) -> str:
        shown = secret_in(request._request) is not None
        return f'{SCHEME} realm="{REALM}"' + (', error="invalid_token"' if shown else "")


class OwnTokenAuthentication(TokenAuthentication):
    """The same, beside other ways of a site's to sign in by `Bearer`: what does not begin as ours do is for those."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        secret = secret_in(request._request)
        return super().authenticate(request) if secret is not None and secret.startswith(PREFIX) else None


def needs_scope(scope: Scope) -> type[BasePermission]:
    """A permission: the request comes with a token that is good for this."""

    class NeedsScope(BasePermission):
        def has_permission(self, request: Request, view: Any) -> bool:
            if not isinstance(request.auth, ApiToken):
                raise NotAuthenticated(
                    _("This call needs a token. Send it as “Authorization: Bearer %s…”; editors make one in the admin.")
                    % PREFIX
                )
            if not request.auth.is_good_for(scope):
                raise WrongScope(scope)
            return True

    return NeedsScope


def count_call(request: Request) -> None:
    """Count a call for its token, if it has one. Raises Throttled after `TOKEN_CALLS_PER_MINUTE`."""
    limit = settings.TOKEN_CALLS_PER_MINUTE
    if limit and isinstance(request.auth, ApiToken) and calls.add(str(request.auth.pk).encode()) > limit:
        raise Throttled(seconds_to_wait())


class TokenView(JSONView):
    """The base of every call with a token. What the site has set for its own REST framework does not reach it."""

    authentication_classes: Sequence[Any] = (TokenAuthentication,)

    def check_permissions(self, request: Request) -> None:
        count_call(request)  # also one that the token is not good for
        super().check_permissions(request)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response
