"""Who may send a form: our own pages; visitors whose browsers don't say, once they are asked; and no other site."""

import re
from typing import Any

import pytest
import time_machine
from django.test import Client

from wagtail_personalise_gov.models import Intent, Segment

CHOICE = "/personalisation/choice/"
FORGET = "/personalisation/forget/"
INTENT = "/personalisation/intent/"
PLACE = "/personalisation/place/"

WIDENING = [
    (CHOICE, {"choice": "allowed"}),
    (CHOICE, {"counting": "allowed"}),
    (CHOICE, {"choice": "allowed", "counting": "allowed"}),
    (INTENT, {"intent": "restaurant"}),
    (PLACE, {"country": "FR"}),
]
NARROWING = [
    (CHOICE, {"choice": "refused"}),
    (CHOICE, {"counting": "refused"}),
    (CHOICE, {"choice": "hide"}),
    (FORGET, {}),
]

SAME = [
    {"HTTP_SEC_FETCH_SITE": "same-origin"},
    {"HTTP_SEC_FETCH_SITE": "none"},  # the visitor's own doing
    {"HTTP_ORIGIN": "http://testserver"},
    {"HTTP_ORIGIN": "https://testserver"},  # TLS ends at a proxy
    {"HTTP_ORIGIN": "HTTP://TESTSERVER:80"},
    {"HTTP_ORIGIN": "https://www.example.gov"},  # in CSRF_TRUSTED_ORIGINS
    {"HTTP_ORIGIN": "https://a.forms.example.gov"},  # below one of them
]
CANNOT_TELL = [
    {},
    {"HTTP_ORIGIN": "null"},  # Referrer-Policy: no-referrer, on an honest form too
    {"HTTP_ORIGIN": ""},
    {"HTTP_ORIGIN": "http://["},
    {"HTTP_ORIGIN": "http://testserver:8080"},  # a proxy may have dropped the port
    {"HTTP_REFERER": "http://testserver/full/"},  # proves nothing: it is not asked
]
CROSS = [
    {"HTTP_SEC_FETCH_SITE": "cross-site"},
    {"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_ORIGIN": "http://testserver"},  # the browser's verdict goes first
    {"HTTP_SEC_FETCH_SITE": "same-site", "HTTP_ORIGIN": "http://other.testserver"},
    {"HTTP_ORIGIN": "https://evil.example"},
    {"HTTP_ORIGIN": "https://testserver.evil.example"},
    {"HTTP_ORIGIN": "https://eviltestserver"},
    {"HTTP_ORIGIN": "https://forms.example.gov.evil.example"},
]


@pytest.fixture(autouse=True)
def trusted(settings: Any) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://www.example.gov", "https://*.forms.example.gov"]


def token_in(response: Any) -> dict[str, str]:
    """The hidden fields of the page that asks once more."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', response.content.decode()))


@pytest.mark.parametrize("headers", SAME)
def test_our_own_page_may_do_everything(restaurant: Intent, headers: dict[str, str]) -> None:
    for path, data in WIDENING + NARROWING:
        assert Client().post(path, data, **headers).status_code == 303


@pytest.mark.parametrize("headers", CROSS)
def test_another_sites_page_may_do_nothing(newcomers: Segment, headers: dict[str, str]) -> None:
    for path, data in WIDENING + NARROWING:
        response = Client().post(path, data, **headers)
        assert response.status_code == 403
        assert "sent from another website" in response.content.decode()
        assert not response.cookies  # nor is memory begun anew: the browser held back the cookies that there are


@pytest.mark.parametrize("headers", CANNOT_TELL)
def test_refusing_and_erasing_need_no_proof(db: None, headers: dict[str, str]) -> None:
    for path, data in NARROWING:
        assert Client().post(path, data, **headers).status_code == 303


@pytest.mark.parametrize("headers", CANNOT_TELL)
def test_what_widens_is_asked_once_more_and_then_done(openers: Segment, headers: dict[str, str]) -> None:
    for path, data in WIDENING:
        client = Client()
        asked = client.post(path, {**data, "next": "/full/?a=1&b=2"}, **headers)
        assert asked.status_code == 403
        assert set(asked.cookies) == {"personalise_confirm"}
        assert asked.cookies["personalise_confirm"]["httponly"]
        assert "no-store" in asked.headers["Cache-Control"]
        fields = {name: value.replace("&amp;", "&") for name, value in token_in(asked).items()}
        assert fields.items() >= {**data, "next": "/full/?a=1&b=2"}.items()
        done = client.post(path, fields, **headers)
        assert (done.status_code, done.headers["Location"]) == (303, "/full/?a=1&b=2")
        assert done.cookies["personalise_confirm"]["max-age"] == 0


def test_the_field_without_its_twin_proves_nothing(db: None) -> None:
    """The attacker's own token in a form that the victim's browser sends."""
    attacker, victim = Client(), Client()
    fields = token_in(attacker.post(CHOICE, {"choice": "allowed"}))
    response = victim.post(CHOICE, fields)
    assert response.status_code == 403
    assert "We still can’t tell" in response.content.decode()
    assert "personalise_choice" not in victim.cookies
    victim.post(CHOICE, {"choice": "allowed"})  # now the victim has a cookie, but not this one
    assert victim.post(CHOICE, fields).status_code == 403


def test_the_cookie_alone_proves_nothing(db: None) -> None:
    client = Client()
    client.post(CHOICE, {"choice": "allowed"})
    cookie = client.cookies["personalise_confirm"].value
    for field in ("", "x", cookie, cookie.split(":")[0]):
        assert client.post(CHOICE, {"choice": "allowed", "token": field}).status_code == 403


def test_a_token_is_no_pass_for_another_site(db: None) -> None:
    client = Client()
    fields = token_in(client.post(CHOICE, {"choice": "allowed"}))
    assert client.post(CHOICE, fields, HTTP_SEC_FETCH_SITE="cross-site").status_code == 403


def test_a_token_ends_after_an_hour(db: None) -> None:
    client = Client()
    with time_machine.travel("2026-03-01 12:00Z") as clock:
        fields = token_in(client.post(CHOICE, {"choice": "allowed"}))
        clock.shift(3601)
        assert client.post(CHOICE, fields).status_code == 403


def test_pages_open_side_by_side_both_work(restaurant: Intent) -> None:
    client = Client()
    first = token_in(client.post(CHOICE, {"choice": "allowed"}))
    second = token_in(client.post(INTENT, {"intent": "restaurant"}))
    # The first to be sent ends the cookie, so the second is asked again; neither is a dead end.
    assert client.post(INTENT, second).status_code == 303
    again = client.post(CHOICE, first)
    assert again.status_code == 403
    assert client.post(CHOICE, token_in(again)).status_code == 303


def test_what_was_posted_is_carried_as_text(db: None) -> None:
    asked = Client().post(INTENT, {"intent": '"><script>alert(1)</script>', "next": "/" + "x" * 9000, "other": "1"})
    html = asked.content.decode()
    assert "<script>" not in html
    assert 'name="other"' not in html
    assert len(html) < 12_000


def test_the_page_that_asks_works_where_cookies_are_secure(db: None, configure: Any) -> None:
    configure(COOKIE_SECURE=True)
    client = Client()
    fields = token_in(client.post(CHOICE, {"choice": "allowed"}, secure=True))
    assert set(client.cookies) == {"__Host-personalise_confirm"}
    assert client.post(CHOICE, fields, secure=True).status_code == 303
