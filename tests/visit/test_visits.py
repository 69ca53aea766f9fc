"""Where a visit begins and ends, seen from outside: what a browser is shown, and which cookies it is given."""

import datetime
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client

from tests.agency.models import AgencyPage
from tests.factories import hero, make_intent, make_page, make_segment, personalised
from wagtail_personalise_gov.models import (
    CampaignRule,
    FirstTimeVisitorRule,
    IntentSignal,
    LocationRule,
    ReferrerRule,
    Segment,
    VisitIntentRule,
)

INTERNAL = {"Referer": "http://testserver/news/"}
SEARCH = {"Referer": "https://duckduckgo.com/"}
NOON = datetime.datetime(2026, 4, 18, 12, 0, tzinfo=datetime.UTC)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def new() -> Segment:
    return make_segment("new", FirstTimeVisitorRule())


@pytest.fixture
def welcome(home: AgencyPage, new: Segment, clock: Any) -> AgencyPage:
    """At /welcome/: "New here?" on the first visit, else "Welcome back"."""
    return make_page(
        "Welcome", ("offer", personalised(hero("Welcome back"), (new, hero("New here?")))), parent=home, slug="welcome"
    )


def is_new(client: Client, **headers: str) -> bool:
    answer = client.get("/welcome/", headers=headers)
    text = answer.content.decode()
    assert ("New here?" in text) != ("Welcome back" in text)
    return "New here?" in text


# First visit


def test_the_first_visit_is_the_whole_visit_and_the_second_is_not(
    client: Client, welcome: AgencyPage, clock: Any
) -> None:
    assert is_new(client)
    clock.shift(60)
    assert is_new(client, **INTERNAL)
    clock.shift(20 * 60)
    assert is_new(client)  # typed in again, minutes later: still the same visit
    clock.shift(41 * 60)
    assert not is_new(client)
    clock.shift(60)
    assert not is_new(client, **INTERNAL)


def test_somebody_whose_cookies_are_not_kept_is_new_at_the_door_only(welcome: AgencyPage) -> None:
    """Without cookies nobody can be told from a newcomer; who comes from a page of this site is not one for certain."""
    assert is_new(Client())
    assert is_new(Client(), **SEARCH)
    assert not is_new(Client(), **INTERNAL)


def test_who_has_been_here_before_is_not_unknown_either(client: Client, welcome: AgencyPage, clock: Any) -> None:
    back = make_segment("back", FirstTimeVisitorRule(negated=True))
    make_page("Back", ("line", personalised("Standard", (back, "Nice to see you again"))), parent=welcome, slug="back")
    assert "Standard" in client.get("/welcome/back/").content.decode()
    assert "Standard" in Client().get("/welcome/back/", headers=INTERNAL).content.decode()  # can't be told
    clock.shift(60 * 60)
    assert "Nice to see you again" in client.get("/welcome/back/").content.decode()


# The end of a visit


@pytest.mark.parametrize("minute", range(0, 10, 3))  # where in its ten-minute step the visit begins
def test_a_visit_ends_after_30_to_40_quiet_minutes(
    client: Client, welcome: AgencyPage, clock: Any, minute: int
) -> None:
    clock.shift(minute * 60)
    assert is_new(client)
    clock.shift(30 * 60)
    assert is_new(client)
    clock.shift(40 * 60)
    assert not is_new(client)


def test_a_link_from_this_site_never_ends_a_visit(client: Client, welcome: AgencyPage, clock: Any) -> None:
    assert is_new(client)
    clock.shift(2 * 60 * 60)  # a long read
    assert is_new(client, **INTERNAL)


def test_a_visit_is_forgotten_after_four_hours_in_a_browser_that_never_closes(
    client: Client, welcome: AgencyPage, clock: Any
) -> None:
    assert is_new(client)
    clock.shift(4 * 60 * 60 + 60)
    assert not is_new(client, **INTERNAL)


def test_the_timeout_is_a_setting(client: Client, welcome: AgencyPage, clock: Any, configure: Any) -> None:
    configure(VISIT_TIMEOUT_MINUTES=60)
    assert is_new(client)
    clock.shift(59 * 60)
    assert is_new(client)
    clock.shift(71 * 60)
    assert not is_new(client)


# How the visit began


@pytest.fixture
def opening(home: AgencyPage, clock: Any) -> AgencyPage:
    """At /licence/, and below it, a line for those from search engines and one for those who followed a campaign."""
    search = make_segment("from-search", ReferrerRule(kinds=["search"]))
    campaign = make_segment("from-campaign", CampaignRule(source="newsletter", name="start-*"))
    line = personalised("Apply here", (campaign, "Start-up week"), (search, "You searched for a licence"))
    page = make_page("Licence", ("line", line), parent=home, slug="licence")
    make_page("Next", ("line", line), parent=page, slug="next")
    return page


def opening_of(client: Client, path: str = "/licence/", **headers: str) -> str:
    text = client.get(path, headers=headers).content.decode()
    (found,) = [line for line in ("Apply here", "Start-up week", "You searched for a licence") if line in text]
    return found


def test_the_landing_referrer_lasts_for_the_visit(client: Client, opening: AgencyPage, clock: Any) -> None:
    assert opening_of(client, **SEARCH) == "You searched for a licence"
    assert opening_of(client, "/licence/next/", **INTERNAL) == "You searched for a licence"
    clock.shift(25 * 60)
    assert opening_of(client) == "You searched for a licence"  # typed in, in the same visit
    clock.shift(41 * 60)
    assert opening_of(client) == "Apply here"  # a new visit, from nowhere


def test_another_link_in_the_middle_of_a_visit_begins_none(client: Client, opening: AgencyPage, clock: Any) -> None:
    assert opening_of(client) == "Apply here"
    clock.shift(60)
    assert opening_of(client, **SEARCH) == "Apply here"


def test_a_visitor_from_elsewhere_does_not_see_the_opening(opening: AgencyPage) -> None:
    assert opening_of(Client(), **{"Referer": "https://news.example/"}) == "Apply here"
    assert opening_of(Client()) == "Apply here"


def test_the_campaign_lasts_for_the_visit(client: Client, opening: AgencyPage) -> None:
    link = "/licence/?utm_source=Newsletter&utm_medium=email&utm_campaign=start-up-week"
    assert opening_of(client, link) == "Start-up week"
    assert opening_of(client, "/licence/next/", **INTERNAL) == "Start-up week"
    assert opening_of(Client(), "/licence/?utm_source=poster&utm_campaign=start-up-week") == "Apply here"


def test_a_posted_form_never_begins_a_visit(client: Client, opening: AgencyPage) -> None:
    assert opening_of(client, **SEARCH) == "You searched for a licence"
    client.post("/licence/", headers={"Referer": "https://news.example/"})
    assert opening_of(client) == "You searched for a licence"
    stranger = Client()
    stranger.post("/licence/", headers=SEARCH)
    assert opening_of(stranger, **INTERNAL) == "Apply here"


def test_a_landing_suggests_an_intent_for_the_whole_visit(client: Client, home: AgencyPage, clock: Any) -> None:
    page = make_page("Business", parent=home, slug="business")
    signal = IntentSignal(kind=IntentSignal.SECTION, page=page, confidence=0.6)
    intent = make_intent("start-a-business", signal)
    founders = make_segment("founders", VisitIntentRule(intent=intent))
    said = make_segment("said", VisitIntentRule(intent=intent, certainty=VisitIntentRule.SAID))
    line = personalised("Hello", (said, "You told us"), (founders, "Next steps"))
    make_page("Guide", ("line", line), parent=page, slug="guide")
    make_page("Bins", ("line", line), parent=home, slug="bins")
    assert "Next steps" in client.get("/business/guide/").content.decode()
    assert "Next steps" in client.get("/bins/", headers=INTERNAL).content.decode()
    assert "Hello" in Client().get("/bins/").content.decode()


# What is kept, and when


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


def test_refusing_over_https_expires_the_prefixed_cookies(
    client: Client, welcome: AgencyPage, configure: Any
) -> None:
    configure(COOKIE_SECURE=True)
    client.get("/welcome/", secure=True)
    client.cookies["__Host-personalise_choice"] = "refused.1"
    cookies = client.get("/welcome/", secure=True).cookies
    assert set(cookies) == {"__Host-personalise_visit", "__Host-personalise_memory"}
    for cookie in cookies.values():
        assert (cookie.value, cookie["max-age"], cookie["path"], bool(cookie["secure"])) == ("", 0, "/", True)


def test_a_choice_cookie_of_http_does_not_count_over_https(
    client: Client, welcome: AgencyPage, configure: Any
) -> None:
    """Without its prefix another host of the domain may have set it."""
    configure(COOKIE_SECURE=True, MODE="opt_in")
    client.cookies["personalise_choice"] = "allowed.1"
    assert "Welcome back" in client.get("/welcome/", secure=True).content.decode()
