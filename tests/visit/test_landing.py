"""A landing on a page that asks nothing: remembered only where the site wants it, and on its first response only."""

from typing import Any

import pytest
from django.test import Client

from tests.agency.models import AgencyPage, PlainPage
from tests.factories import make_page, make_segment, personalised
from tests.visit.answers import directives
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.models import (
    ReferrerRule,
    Segment,
)

SEARCH = {"Referer": "https://duckduckgo.com/"}
INTERNAL = {"Referer": "http://testserver/"}


@pytest.fixture
def everywhere(configure: Any) -> None:
    configure(REMEMBER_LANDING="everywhere")


def test_by_default_a_plain_landing_is_not_remembered(plain_page: PlainPage, everything_live: None) -> None:
    assert not Client().get("/plain/", headers=SEARCH).cookies


def test_a_plain_landing_may_be_remembered_on_its_first_response_only(
    client: Client, plain_page: PlainPage, everything_live: None, everywhere: None
) -> None:
    landing = client.get("/plain/", headers=SEARCH)
    assert set(landing.cookies) == {"personalise_visit", "personalise_memory"}
    assert "private" in directives(landing)
    for headers in (INTERNAL, {}, SEARCH):
        later = client.get("/plain/", headers=headers)
        assert not later.cookies
        assert not directives(later)


@pytest.mark.parametrize("minutes", [1, 12, 29])
def test_a_page_typed_in_during_a_visit_is_left_alone(
    client: Client, plain_page: PlainPage, everything_live: None, everywhere: None, clock: Any, minutes: int
) -> None:
    client.get("/plain/", headers=SEARCH)
    clock.shift(minutes * 60)
    for headers in ({}, {"Referer": "https://news.example/"}):
        later = client.get("/plain/", headers=headers)
        assert not later.cookies
        assert not directives(later)
    clock.shift(60 * 60)
    assert "personalise_visit" in client.get("/plain/").cookies  # a new visit


def test_no_landing_is_remembered_where_the_site_never_adapts(
    client: Client, plain_page: PlainPage, everything_live: None, everywhere: None, configure: Any
) -> None:
    configure(MODE="off")
    landing = client.get("/plain/", headers=SEARCH)
    assert not landing.cookies
    assert not directives(landing)


def test_a_remembered_landing_decides_a_later_page(
    client: Client, plain_page: PlainPage, home: AgencyPage, everywhere: None
) -> None:
    search = make_segment("from-search", ReferrerRule(kinds=["search"]))
    make_page("Licence", ("line", personalised("Apply", (search, "You searched"))), parent=home, slug="licence")
    client.get("/plain/", headers=SEARCH)
    assert "You searched" in client.get("/licence/", headers=INTERNAL).content.decode()


@pytest.mark.parametrize(
    "path, method, headers",
    [
        ("/plain/", "get", INTERNAL),  # a link from this site begins no visit
        ("/plain/nowhere/", "get", SEARCH),  # nothing was found
        ("/plain/", "head", SEARCH),
        ("/plain/", "get", SEARCH | {"Sec-GPC": "1"}),
        ("/plain/", "get", SEARCH | {"User-Agent": "Googlebot/2.1"}),
    ],
)
def test_what_is_no_landing_is_not_remembered(
    client: Client, plain_page: PlainPage, everything_live: None, everywhere: None, path: str, method: str, headers: Any
) -> None:
    assert not getattr(client, method)(path, headers=headers).cookies


def test_no_landing_is_remembered_while_no_live_rule_asks_for_one(
    client: Client, plain_page: PlainPage, riverside: Segment, everywhere: None
) -> None:
    landing = client.get("/plain/", headers=SEARCH)
    assert not landing.cookies
    assert not directives(landing)


def test_no_landing_is_remembered_during_a_pause(
    client: Client,
    plain_page: PlainPage,
    everything_live: None,
    everywhere: None,
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        compiling.pause(by="a test")
    landing = client.get("/plain/", headers=SEARCH)
    assert not landing.cookies
    assert not directives(landing)
