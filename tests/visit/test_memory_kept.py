"""What is kept of a visitor, when, and in which cookies."""

import time
from typing import Any

import pytest
from django.core import signing
from django.test import Client

from tests.agency.models import AgencyPage
from tests.factories import make_segment
from tests.visit.answers import is_new
from wagtail_personalise_gov.models import (
    LocationRule,
    Segment,
)

SEARCH = {"Referer": "https://duckduckgo.com/"}


def test_nothing_is_kept_where_no_live_rule_asks_for_memory(
    client: Client, agency_page: AgencyPage, places_by_address: Any
) -> None:
    answer = client.get("/flood/", REMOTE_ADDR="192.0.2.7", headers=SEARCH)
    assert "Sandbags in Riverside" in answer.content.decode()
    assert not answer.cookies


def test_what_is_kept_is_what_live_rules_ask_for(client: Client, opening: AgencyPage) -> None:
    """A rule about referrers needs the visit; nothing needs the number of visits, so it is not kept."""
    answer = client.get("/licence/", headers=SEARCH)
    assert set(answer.cookies) == {"personalise_visit"}


def test_a_form_that_another_site_sends_replaces_nothing_that_is_kept(client: Client, opening: AgencyPage) -> None:
    """It comes without our cookies, so what would be kept is a stranger's beginning, in the place of what there is."""
    client.get("/licence/", headers=SEARCH)
    kept = client.cookies["personalise_visit"].value
    sent_elsewhere = Client(headers={"Sec-Fetch-Site": "cross-site"}).post("/licence/", headers=SEARCH)
    assert sent_elsewhere.status_code == 200
    assert not sent_elsewhere.cookies
    assert client.cookies["personalise_visit"].value == kept


def test_what_is_no_longer_asked_for_is_dropped(
    client: Client, welcome: AgencyPage, new: Segment, django_capture_on_commit_callbacks: Any
) -> None:
    assert is_new(client)
    with django_capture_on_commit_callbacks(execute=True):
        new.unpublish()
    make_segment("here", LocationRule(countries=["GB"]))
    answer = client.get("/welcome/")
    assert {name: cookie["max-age"] for name, cookie in answer.cookies.items()} == {
        "personalise_visit": 0,
        "personalise_memory": 0,
    }


@pytest.mark.parametrize(
    "mode, choice, headers",
    [
        ("opt_in", None, {}),
        ("opt_in", "refused.1", {}),
        ("opt_out", "refused.1", {}),
        ("opt_out", None, {"Sec-GPC": "1"}),
        ("opt_out", None, {"DNT": "1"}),
        ("off", None, {}),
        ("off", "allowed.1", {}),
    ],
)
def test_nothing_is_kept_of_those_who_have_not_let_us(
    client: Client, welcome: AgencyPage, configure: Any, mode: str, choice: str | None, headers: dict[str, str]
) -> None:
    configure(MODE=mode)
    if choice:
        client.cookies["personalise_choice"] = choice
    answer = client.get("/welcome/", headers=headers)
    assert "Welcome back" in answer.content.decode()  # unknown, not new
    assert not answer.cookies


def test_gpc_in_the_middle_of_a_visit_erases_what_was_kept(client: Client, welcome: AgencyPage) -> None:
    assert is_new(client)
    answer = client.get("/welcome/", headers={"Sec-GPC": "1"})
    assert "Welcome back" in answer.content.decode()
    assert {name: cookie["max-age"] for name, cookie in answer.cookies.items()} == {
        "personalise_visit": 0,
        "personalise_memory": 0,
    }


CHROME = "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/537.36"
GOOGLEBOT = f"{CHROME} (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def test_a_crawler_sees_what_a_visitor_sees_and_gets_no_cookies(welcome: AgencyPage) -> None:
    human = Client().get("/welcome/", headers={"User-Agent": CHROME})
    robot = Client().get("/welcome/", headers={"User-Agent": GOOGLEBOT})
    assert human.content == robot.content
    assert human.cookies
    assert not robot.cookies


# Cookies


def test_cookies_are_not_renewed_by_a_page_that_changes_nothing(
    client: Client, welcome: AgencyPage, clock: Any
) -> None:
    assert set(client.get("/welcome/").cookies) == {"personalise_visit", "personalise_memory"}
    clock.shift(60)
    assert not client.get("/welcome/").cookies
    clock.shift(10 * 60)  # another ten-minute step: the visit is still going on, and only that is noted
    assert set(client.get("/welcome/").cookies) == {"personalise_visit"}


def test_the_memory_cookie_dies_on_the_day_it_was_given(client: Client, welcome: AgencyPage, clock: Any) -> None:
    day = 24 * 60 * 60
    assert client.get("/welcome/").cookies["personalise_memory"]["max-age"] == 180 * day
    clock.shift(100 * day)
    assert client.get("/welcome/").cookies["personalise_memory"]["max-age"] == 80 * day
    clock.shift(80 * day)  # a browser that keeps it longer than it was told
    assert is_new(client)


def test_the_visit_cookie_goes_when_the_browser_closes(client: Client, welcome: AgencyPage) -> None:
    assert client.get("/welcome/").cookies["personalise_visit"]["max-age"] == ""


@pytest.mark.parametrize("secure", [False, True])
def test_cookies_are_as_narrow_as_they_can_be(
    client: Client, welcome: AgencyPage, configure: Any, secure: bool
) -> None:
    configure(COOKIE_SECURE=secure)
    cookies = client.get("/welcome/", secure=secure).cookies
    assert len(cookies) == 2
    for name, cookie in cookies.items():
        assert name.startswith("__Host-") is secure
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
        assert not cookie["domain"]
        assert bool(cookie["secure"]) is secure


def test_refusing_over_https_expires_the_prefixed_cookies(client: Client, welcome: AgencyPage, configure: Any) -> None:
    configure(COOKIE_SECURE=True)
    client.get("/welcome/", secure=True)
    client.cookies["__Host-personalise_choice"] = "refused.1"
    cookies = client.get("/welcome/", secure=True).cookies
    assert set(cookies) == {"__Host-personalise_visit", "__Host-personalise_memory"}
    for cookie in cookies.values():
        assert (cookie.value, cookie["max-age"], cookie["path"], bool(cookie["secure"])) == ("", 0, "/", True)


def test_a_choice_cookie_of_http_does_not_count_over_https(client: Client, welcome: AgencyPage, configure: Any) -> None:
    """Without its prefix another host of the domain may have set it."""
    configure(COOKIE_SECURE=True, MODE="opt_in")
    client.cookies["personalise_choice"] = "allowed.1"
    assert "Welcome back" in client.get("/welcome/", secure=True).content.decode()


@pytest.mark.parametrize("name, grain", [("personalise_visit", 600), ("personalise_memory", 24 * 60 * 60)])
def test_a_signature_tells_no_finer_time_than_what_is_signed(
    client: Client, welcome: AgencyPage, clock: Any, name: str, grain: int
) -> None:
    """The second at which somebody came would be as good as a number for them."""
    clock.shift(777)
    client.get("/welcome/")
    written = signing.b62_decode(client.cookies[name].value.rsplit(":", 2)[1])
    assert written % grain == 0
    assert 0 < int(time.time()) - written < grain
