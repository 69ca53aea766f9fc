"""Slips of a client: a field that nobody knows, a body that does not say its length."""

import json
from io import BytesIO
from typing import Any

import pytest
from django.test import Client

from tests.agency.models import AgencyPage
from tests.api.calling import API, put
from tests.api.tokens import bearer
from wagtail_personalise_gov.models import Segment
from wagtail_personalise_gov.models.api_tokens import Scope

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "name, body, field, meant",
    [
        ("preference", {"preference": "allowed", "countng": "refused"}, "countng", "counting"),
        ("place", {"country": "GB", "citty": "Riverside"}, "citty", "city"),
        ("intent", {"intent": None, "intents": "restaurant"}, "intents", "intent"),
    ],
)
def test_a_field_that_is_not_known_is_named_and_nothing_is_done(
    client: Client, licence: Segment, name: str, body: dict[str, Any], field: str, meant: str
) -> None:
    answer = put(client, name, body)
    assert answer.status_code == 400
    assert answer.json()["errors"] == {field: [f"There is no such field. Did you mean “{meant}”?"]}
    assert not answer.cookies


class Terminated(BytesIO):
    """A body in pieces as gunicorn hands it on: it ends by itself, whatever is asked of it."""


@pytest.mark.parametrize("size, status", [(0, 200), (4096, 413)])
def test_a_refusal_in_pieces_is_heard(client: Client, home: AgencyPage, size: int, status: int) -> None:
    text = json.dumps({"preference": "refused"}).encode() + b" " * size
    answer = client.generic(
        "PUT",
        f"{API}/preference/",
        CONTENT_TYPE="application/json",
        CONTENT_LENGTH="",
        **{"wsgi.input": Terminated(text), "wsgi.input_terminated": True},
    )
    assert answer.status_code == status
    assert ("personalise_choice" in answer.cookies) is (status == 200)


def test_decisions_in_pieces_are_made(riverside: Segment) -> None:
    text = json.dumps({"facts": {"location.city": "Riverside"}}).encode()
    answer = Client().generic(
        "POST",
        f"{API}/decisions/",
        CONTENT_TYPE="application/json",
        CONTENT_LENGTH="",
        headers=bearer(Scope.DECISIONS),
        **{"wsgi.input": Terminated(text), "wsgi.input_terminated": True},
    )
    assert answer.json() == {"riverside": {"matched": True, "reason": "matched"}}


def test_more_segments_than_are_answered_at_once_are_refused(home: AgencyPage) -> None:
    body = {"facts": {}, "segments": [f"s{number}" for number in range(1001)]}
    answer = Client().post(
        f"{API}/decisions/", json.dumps(body), content_type="application/json", headers=bearer(Scope.DECISIONS)
    )
    assert answer.status_code == 400
    assert answer.json()["errors"] == {"segments": ["Name at most 1000 at once, or leave it out to ask all."]}
