"""What browsers and researchers are told of Global Privacy Control, at the root of the host."""

import datetime
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

GPC = "/.well-known/gpc.json"
PUBLIC = [
    GPC,
    "/personalisation/register/",
    "/personalisation/register.json",
    "/personalisation/register.schema.json",
]


@pytest.mark.django_db
def test_a_site_that_honours_the_signal_says_so(client: Client) -> None:
    response = client.get(GPC)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    data = response.json()
    assert data.keys() == {"gpc", "lastUpdate"}
    assert data["gpc"] is True
    assert datetime.date.fromisoformat(data["lastUpdate"]) <= datetime.datetime.now(datetime.UTC).date()


@pytest.mark.django_db
def test_a_site_that_does_not_says_nothing(client: Client, configure: Any) -> None:
    configure(HONOUR_GPC=False)
    assert client.get(GPC).status_code == 404


def test_it_is_the_same_for_everybody(client: Client) -> None:
    response = client.get(GPC, HTTP_SEC_GPC="1", HTTP_COOKIE="personalise_choice=allowed.1")
    assert response.content == client.get(GPC).content
    assert "public" in response.headers["Cache-Control"]
    assert not response.cookies
    assert "Vary" not in response.headers or "Cookie" not in response.headers["Vary"]
    assert client.post(GPC).status_code == 405


@pytest.mark.parametrize("path", PUBLIC)
@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("sent", ["csrftoken=x", "sessionid=x"])
@pytest.mark.django_db(transaction=True)
def test_no_cache_keeps_an_answer_with_a_cookie_that_other_middleware_set(
    path: str, asynchronous: bool, sent: str
) -> None:
    """Django replaces a token that it can't read, and drops a session's key that is none."""
    if asynchronous:
        answer = async_to_sync(AsyncClient().get)(path, headers={"Cookie": sent})
        stranger = async_to_sync(AsyncClient().get)(path)
    else:
        answer, stranger = Client().get(path, HTTP_COOKIE=sent), Client().get(path)
    assert list(answer.cookies) == [sent.partition("=")[0]]
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "public" in stranger.headers["Cache-Control"]  # and everybody else's is kept
    assert not stranger.cookies


@pytest.mark.parametrize("path", PUBLIC)
@pytest.mark.parametrize("method", ["post", "put", "delete"])
@pytest.mark.django_db
def test_what_only_tells_says_so_to_other_methods_too(path: str, method: str) -> None:
    answer = getattr(Client(enforce_csrf_checks=True), method)(path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
