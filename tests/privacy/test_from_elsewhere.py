"""What another site's page sends changes nothing, and a token is worth something only in the browser that got it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.agency.models import AgencyPage
from wagtail_personalise_gov.privacy.proof import TOKEN_FIELD

CHOICE = "/personalisation/choice/"
CROSS = [
    {"HTTP_SEC_FETCH_SITE": "cross-site"},
    {"HTTP_ORIGIN": "https://elsewhere.example"},
    {"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_ORIGIN": "http://testserver"},
]


@pytest.mark.parametrize("sent", CROSS, ids=["verdict", "origin", "both"])
@pytest.mark.parametrize(
    "path, data",
    [
        ("choice", {"choice": "refused"}),
        ("choice", {"choice": "allowed"}),
        ("choice", {"counting": "refused"}),
        ("choice", {"choice": "hide"}),
        ("forget", {}),
        ("intent", {"intent": "restaurant"}),
        ("intent", {"intent": ""}),
        ("place", {"city": "Hilltop"}),
    ],
)
def test_a_form_of_another_site_changes_nothing_and_the_visitor_is_told_so(
    visitor: Client, full_page: AgencyPage, sent: dict[str, str], path: str, data: dict[str, str]
) -> None:
    visitor.get("/full/")
    before = {name: cookie.value for name, cookie in visitor.cookies.items()}
    elsewhere = Client(**sent)  # type: ignore[arg-type]
    elsewhere.cookies = visitor.cookies
    response = elsewhere.post(f"/personalisation/{path}/", data)
    assert response.status_code == 403
    assert "Nothing was changed" in response.content.decode()
    assert not response.cookies
    assert {name: cookie.value for name, cookie in visitor.cookies.items()} == before
    # The same from a page of ours does change something, or is answered.
    assert visitor.post(f"/personalisation/{path}/", data).status_code == 303


@pytest.mark.parametrize("sent", CROSS, ids=["verdict", "origin", "both"])
@pytest.mark.parametrize(
    "call, data",
    [
        ("preference", {"preference": "refused"}),
        ("preference", {"preference": "allowed"}),
        ("intent", {"intent": "restaurant"}),
        ("intent", {"intent": None}),
    ],
    ids=["refuse", "allow", "answer", "withdraw"],
)
def test_nor_does_a_call_of_another_site(
    visitor: Client, full_page: AgencyPage, sent: dict[str, str], call: str, data: dict[str, Any]
) -> None:
    path = f"/api/personalise/v1/{call}/"
    response = Client(**sent).put(path, data, content_type="application/json")  # type: ignore[arg-type]
    assert response.status_code == 403
    assert not response.cookies
    assert visitor.put(path, data, content_type="application/json").status_code == 200


def asked_to_confirm(client: Client) -> str:
    """The token in the form of the page that asks once more, whose twin the browser gets as a cookie."""
    response = client.post(CHOICE, {"choice": "allowed"})
    assert response.status_code == 403
    token: str = response.context["token"]
    return token


def confirm(client: Client, token: str) -> int:
    return int(client.post(CHOICE, {"choice": "allowed", TOKEN_FIELD: token}).status_code)


def test_a_token_is_worth_nothing_in_another_browser(full_page: AgencyPage) -> None:
    """Anybody may get one of their own, put it into a form, and have it sent by somebody else."""
    attacker, visitor = Client(), Client()
    of_the_attacker = asked_to_confirm(attacker)
    of_the_visitor = asked_to_confirm(visitor)
    assert confirm(visitor, of_the_attacker) == 403
    assert "personalise_choice" not in visitor.cookies
    assert confirm(Client(), of_the_attacker) == 403  # without any cookie
    assert confirm(visitor, of_the_visitor) == 303
    assert visitor.cookies["personalise_choice"].value.startswith("allowed")
