"""Where a visit begins and ends, seen from outside: what a browser is shown, and which cookies it is given."""

from typing import Any

import pytest
from django.test import Client

from tests.agency.models import AgencyPage
from tests.factories import make_intent, make_page, make_segment, personalised
from tests.visit.answers import is_new
from wagtail_personalise_gov.models import (
    FirstTimeVisitorRule,
    IntentSignal,
    VisitIntentRule,
)

INTERNAL = {"Referer": "http://testserver/news/"}
SEARCH = {"Referer": "https://duckduckgo.com/"}


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
