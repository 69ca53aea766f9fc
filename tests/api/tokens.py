"""How tests call with a token."""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

from tests.api.calling import API
from wagtail_personalise_gov.models import ApiToken
from wagtail_personalise_gov.models.api_tokens import Scope

NAMES = iter(f"token {number}" for number in range(1_000_000))


def make_token(*scopes: Scope) -> str:
    """The secret of a new token that is good for these."""
    return ApiToken.make(next(NAMES), scopes)[1]


def bearer(*scopes: Scope) -> dict[str, str]:
    """The header of a call with a new token that is good for these."""
    return {"Authorization": f"Bearer {make_token(*scopes)}"}


def ask(body: object, headers: dict[str, str] | None = None, **more: Any) -> HttpResponse:
    """POST decisions/, with a token that is good for it unless other `headers` are given."""
    text = body if isinstance(body, bytes | str) else json.dumps(body)
    headers = bearer(Scope.DECISIONS) if headers is None else headers
    more = {"content_type": "application/json", **more}
    return Client().post(f"{API}/decisions/", text, headers=headers, **more)
