"""Goals are counted beside what the visit was shown before."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.agency.models import AgencyPage, ContactField, ContactPage, PlainPage
from wagtail_personalise_gov.core.counting import Tally
from wagtail_personalise_gov.models import (
    Goal,
)

from .totals import SEARCH, SEEN, achieved, browser, in_cookie, make_goal


def test_a_goal_is_counted_once_for_what_the_visit_was_shown(
    licence: AgencyPage, thanks: PlainPage, totals: Counter[Tally], visitor: Client
) -> None:
    make_goal("applied", page=thanks)
    visitor.get("/licence/", **SEARCH)
    visitor.get("/thanks/")
    visitor.get("/thanks/")
    assert achieved(totals) == {("applied", SEEN): 1}


def test_a_goal_of_who_was_shown_nothing_is_not_counted(
    licence: AgencyPage, thanks: PlainPage, totals: Counter[Tally], visitor: Client
) -> None:
    make_goal("applied", page=thanks)
    visitor.get("/thanks/")
    assert not totals
    assert in_cookie(visitor) is None


def test_what_is_shown_only_with_the_goal_did_not_lead_to_it(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client
) -> None:
    make_goal("looked", page=licence)
    visitor.get("/licence/", **SEARCH)
    assert achieved(totals) == {}
    visitor.get("/licence/")  # it counts once a visit, and that was before it was shown anything
    assert achieved(totals) == {("looked", SEEN): 1}


def test_the_page_of_a_goal_is_private_for_everybody(
    licence: AgencyPage, thanks: PlainPage, totals: Counter[Tally]
) -> None:
    assert "Cache-Control" not in browser().get("/thanks/").headers
    make_goal("applied", page=thanks)
    # Else a cache would keep the answer to somebody who is not counted, and answer for all others.
    assert browser().get("/thanks/")["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("path, goals", [("/hello/", 1), ("/hello", 1), ("/other/", 0)])
def test_a_goal_may_be_an_address(
    path: str, goals: int, licence: AgencyPage, totals: Counter[Tally], visitor: Client, settings: Any
) -> None:
    settings.ROOT_URLCONF = "tests.visit.counted.addresses"
    make_goal("hello", path=path)
    visitor.get("/licence/", **SEARCH)
    visitor.get("/hello/")
    assert sum(achieved(totals).values()) == goals


def test_a_goal_that_is_not_live_is_not_counted(
    licence: AgencyPage, thanks: PlainPage, totals: Counter[Tally], visitor: Client
) -> None:
    make_goal("applied", page=thanks, live=False)
    visitor.get("/licence/", **SEARCH)
    assert "Cache-Control" not in visitor.get("/thanks/").headers
    assert achieved(totals) == {}


@pytest.mark.parametrize(
    "answer, goals",
    [("redirect", 1), ("again", 0), ("login", 0)],
    ids=["taken in", "with mistakes", "sign in first"],
)
def test_a_form_counts_when_it_was_taken_in(
    answer: str, goals: int, licence: AgencyPage, totals: Counter[Tally], visitor: Client, settings: Any
) -> None:
    settings.ROOT_URLCONF = "tests.visit.counted.addresses"
    make_goal("sent", kind=Goal.FORM, path="/form/")
    visitor.get("/licence/", **SEARCH)
    visitor.get("/form/")
    assert achieved(totals) == {}  # to look at the form is not to send it
    visitor.post("/form/", {"answer": answer})
    visitor.post("/form/", {"answer": answer})
    assert sum(achieved(totals).values()) == goals


def test_a_form_page_of_wagtail_counts_when_it_was_taken_in(
    licence: AgencyPage, home: AgencyPage, totals: Counter[Tally], visitor: Client
) -> None:
    page = ContactPage(title="Contact", slug="contact")
    page.form_fields = [ContactField(label="name", field_type="singleline", required=True)]
    home.add_child(instance=page)
    make_goal("sent", kind=Goal.FORM, page=page)
    visitor.get("/licence/", **SEARCH)
    visitor.get("/contact/")
    assert b"Thank you" not in visitor.post("/contact/", {"name": ""}).content
    assert achieved(totals) == {}
    assert b"Thank you" in visitor.post("/contact/", {"name": "Ada"}).content
    assert achieved(totals) == {("sent", SEEN): 1}


def test_a_form_sent_from_another_site_reaches_nothing(
    licence: AgencyPage, totals: Counter[Tally], settings: Any
) -> None:
    settings.ROOT_URLCONF = "tests.visit.counted.addresses"
    make_goal("sent", kind=Goal.FORM, path="/form/")
    # The browser leaves our cookies out, so nothing is known of what the visit was shown.
    browser().post("/form/", {"answer": "redirect"}, headers={"sec-fetch-site": "cross-site"})
    assert not totals


def test_a_link_counts_and_leads_on(licence: AgencyPage, totals: Counter[Tally], visitor: Client) -> None:
    make_goal("apply", kind=Goal.LINK, link="https://apply.example.gov/start?a=1")
    visitor.get("/licence/", **SEARCH)
    for _time in range(2):
        response = visitor.get("/personalisation/goal/apply/")
        assert (response.status_code, response["Location"]) == (302, "https://apply.example.gov/start?a=1")
        assert "no-store" in response["Cache-Control"]
    assert achieved(totals) == {("apply", SEEN): 1}


def test_a_link_leads_on_for_those_who_are_not_counted_too(
    licence: AgencyPage, totals: Counter[Tally], configure: Callable[..., None]
) -> None:
    make_goal("apply", kind=Goal.LINK, link="tel:+441134960000")
    make_goal("old", kind=Goal.LINK, link="/licence/", live=False)
    assert browser(**{"sec-gpc": "1"}).get("/personalisation/goal/apply/")["Location"] == "tel:+441134960000"
    assert browser().get("/personalisation/goal/old/")["Location"] == "/licence/"
    configure(COUNTING=False)
    assert browser().get("/personalisation/goal/apply/")["Location"] == "tel:+441134960000"
    assert not totals


@pytest.mark.parametrize("slug", ["unknown", "applied"])
def test_there_is_no_link_but_those_of_goals(slug: str, licence: AgencyPage, thanks: PlainPage) -> None:
    make_goal("applied", page=thanks)
    assert browser().get(f"/personalisation/goal/{slug}/?to=https://evil.example/").status_code == 404


@pytest.mark.parametrize("link", ["https://[::1", "http://]", "//evil.example/", "javascript:alert(1)", " ", "x" * 50])
def test_a_link_that_no_form_would_take_leads_nowhere(link: str, home: AgencyPage) -> None:
    Goal.objects.create(name="Odd", slug="odd", kind=Goal.LINK, link=link)
    assert browser().get("/personalisation/goal/odd/").status_code == 404


def test_a_page_that_is_reached_through_the_api_counts_too(
    licence: AgencyPage, thanks: PlainPage, totals: Counter[Tally], visitor: Client
) -> None:
    make_goal("applied", page=thanks)
    visitor.get(f"/api/personalise/v1/pages/{licence.pk}/", **SEARCH)
    visitor.get(f"/api/personalise/v1/pages/{thanks.pk}/")
    assert achieved(totals) == {("applied", SEEN): 1}


def test_code_says_that_a_goal_is_reached(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client, settings: Any
) -> None:
    settings.ROOT_URLCONF = "tests.visit.counted.addresses"
    make_goal("by-code", kind=Goal.CODE)
    visitor.get("/licence/", **SEARCH)
    for _time in range(2):
        assert visitor.get("/reaching/?goal=by-code")["Cache-Control"] == "private, no-cache"
    assert achieved(totals) == {("by-code", SEEN): 1}


def test_what_fails_after_all_has_reached_nothing(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client, settings: Any
) -> None:
    settings.ROOT_URLCONF = "tests.visit.counted.addresses"
    visitor.raise_request_exception = False
    make_goal("by-code", kind=Goal.CODE)
    visitor.get("/licence/", **SEARCH)
    assert visitor.get("/reaching/?goal=by-code&then=fail").status_code == 500
    assert achieved(totals) == {}


def test_a_site_without_accounts_of_its_own_counts_forms_too(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client, settings: Any
) -> None:
    settings.ROOT_URLCONF = "tests.visit.counted.addresses"
    settings.LOGIN_URL = "no-such-view"
    make_goal("sent", kind=Goal.FORM, path="/form/")
    visitor.get("/licence/", **SEARCH)
    visitor.post("/form/", {"answer": "redirect"})
    assert sum(achieved(totals).values()) == 1


def test_a_goal_that_nobody_made_is_told_in_the_log(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client, settings: Any, caplog: Any
) -> None:
    settings.ROOT_URLCONF = "tests.visit.counted.addresses"
    visitor.get("/licence/", **SEARCH)
    assert visitor.get("/reaching/?goal=never-made").status_code == 200
    assert achieved(totals) == {}
    assert "'never-made'" in caplog.text
