"""How tests call Wagtail's API v3, which is new in Wagtail 8.0."""

import json
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from tests.agency.models import AgencyPage

RIVERSIDE, HILLTOP = {"X-City": "Riverside"}, {"X-City": "Hilltop"}
ALL = {"variants": "all"}


def address(page: Any) -> str:
    return f"/api/v3/pages/{page.pk}/"


def token_for(user: User) -> dict[str, str]:
    """The header of a call with a new token of this user's, for Wagtail's API."""
    from wagtail.models import APIToken  # Wagtail 7.4 has none

    return {"Authorization": f"Bearer {APIToken.create_token(user=user, name='test')[1]}"}


def directives(answer: Any) -> set[str]:
    return {part.strip() for part in answer.headers.get("Cache-Control", "").split(",")}


def body_of(answer: Any) -> Any:
    assert answer.status_code == 200, answer.content
    return answer.json()["body"]


def patch(page: Any, body: Any, headers: dict[str, str], **meta: str) -> Any:
    client = Client(raise_request_exception=False)
    sent = json.dumps({"body": body, **({"meta": meta} if meta else {})})
    return client.patch(address(page), sent, content_type="application/json", headers=headers)


def stored(page: Any) -> Any:
    """The body as it is in the database."""
    return list(AgencyPage.objects.get(pk=page.pk).body.raw_data)


def drafted(page: Any) -> Any:
    """The body as it is in the latest draft."""
    return list(AgencyPage.objects.get(pk=page.pk).get_latest_revision_as_object().body.raw_data)
