"""In front of a page cache: what one visitor was shown is never served to another, in whatever order they come."""

from itertools import permutations
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.agency.models import AgencyPage, PlainPage
from tests.factories import hero, make_page, make_segment, personalised
from wagtail_personalise_gov.models import FirstTimeVisitorRule, ReferrerRule

OURS = "wagtail_personalise_gov.middleware.PersonaliseMiddleware"
CACHES = {
    "Django's cache": (
        "django.middleware.cache.UpdateCacheMiddleware",
        "django.middleware.cache.FetchFromCacheMiddleware",
    ),
    "wagtail-cache": (
        "wagtailcache.cache.UpdateCacheMiddleware",
        "wagtailcache.cache.FetchFromCacheMiddleware",
    ),
}


@pytest.fixture(params=CACHES)
def page_cache(request: pytest.FixtureRequest, settings: Any) -> str:
    """A page cache before the site, with our middleware directly after its update half, as the check asks for."""
    if request.param == "wagtail-cache":
        reason = "wagtail-cache is not installed, or not one for this Wagtail"
        pytest.importorskip("wagtailcache.cache", reason=reason, exc_type=ImportError)
    update, fetch = CACHES[request.param]
    others = [name for name in settings.MIDDLEWARE if name != OURS]
    settings.MIDDLEWARE = [update, OURS, *others, fetch]
    settings.CACHE_MIDDLEWARE_SECONDS = 600
    return str(request.param)


VISITORS: dict[str, tuple[dict[str, Any], str]] = {
    "in Riverside": ({"REMOTE_ADDR": "192.0.2.7"}, "Sandbags in Riverside"),
    "in Hilltop": ({"REMOTE_ADDR": "198.51.100.7"}, "Be ready"),
    "of no known place": ({"REMOTE_ADDR": "127.0.0.1"}, "Be ready"),
    "in Riverside who refused": (
        {"REMOTE_ADDR": "192.0.2.7", "HTTP_COOKIE": "personalise_choice=refused.1"},
        "Be ready",
    ),
    "in Riverside with GPC": ({"REMOTE_ADDR": "192.0.2.7", "HTTP_SEC_GPC": "1"}, "Be ready"),
}


@pytest.mark.parametrize("first, second", list(permutations(VISITORS, 2)))
def test_what_one_visitor_was_shown_is_not_served_to_another(
    page_cache: str, agency_page: AgencyPage, places_by_address: Any, first: str, second: str
) -> None:
    for who in (first, second, first):
        request, expected = VISITORS[who]
        text = Client().get("/flood/", **request).content.decode()
        assert expected in text
        assert ({"Sandbags in Riverside", "Be ready"} - {expected}).pop() not in text


def test_the_cache_does_work_for_a_page_that_asks_nothing(page_cache: str, plain_page: PlainPage) -> None:
    """Else the test above would prove nothing; and every visitor, cookies or not, shares the page."""
    first = Client().get("/plain/")
    with CaptureQueriesContext(connection) as queries:
        second = Client().get("/plain/", headers={"User-Agent": "another", "Sec-GPC": "1"})
        third = Client().get("/plain/", HTTP_COOKIE="personalise_choice=refused.1")
    assert first.content == second.content == third.content
    assert len(queries) == 0


def test_a_cached_page_does_not_stop_a_choice(page_cache: str, agency_page: AgencyPage, places_by_address: Any) -> None:
    client = Client(REMOTE_ADDR="192.0.2.7")
    assert "Sandbags" in client.get("/flood/").content.decode()
    client.cookies["personalise_choice"] = "refused.1"
    assert "Sandbags" not in client.get("/flood/").content.decode()
    client.cookies["personalise_choice"] = "allowed.1"
    assert "Sandbags" in client.get("/flood/").content.decode()


def test_the_referrer_and_the_campaign_are_read_before_a_cache_strips_them(page_cache: str, home: AgencyPage) -> None:
    """wagtail-cache takes foreign cookies and utm_ parameters out of the request that the page sees."""
    search = make_segment("from-search", ReferrerRule(kinds=["search"]))
    make_page("Licence", ("line", personalised("Apply", (search, "You searched"))), parent=home, slug="licence")
    client = Client()
    assert "You searched" in client.get("/licence/", headers={"Referer": "https://duckduckgo.com/"}).content.decode()
    assert "You searched" in client.get("/licence/", headers={"Referer": "http://testserver/"}).content.decode()


def test_a_first_visit_is_told_from_a_second_behind_the_cache(page_cache: str, home: AgencyPage) -> None:
    new = make_segment("new", FirstTimeVisitorRule())
    make_page("Welcome", ("offer", personalised(hero("Back"), (new, hero("New")))), parent=home, slug="welcome")
    client = Client()
    assert ">New<" in client.get("/welcome/").content.decode()
    del client.cookies["personalise_visit"]  # the browser was closed
    assert ">Back<" in client.get("/welcome/").content.decode()
    assert ">New<" in Client().get("/welcome/").content.decode()


def test_a_remembered_landing_on_a_cached_page_is_one_visitors(
    page_cache: str, plain_page: PlainPage, home: AgencyPage, configure: Any
) -> None:
    configure(REMEMBER_LANDING="everywhere")
    search = make_segment("from-search", ReferrerRule(kinds=["search"]))
    make_page("Licence", ("line", personalised("Apply", (search, "You searched"))), parent=home, slug="licence")
    internal = {"Referer": "http://testserver/plain/"}
    Client().get("/plain/", headers=internal)  # warms the cache with a page that nobody landed on
    searcher, reader = Client(), Client()
    landing = searcher.get("/plain/", headers={"Referer": "https://duckduckgo.com/"})
    assert set(landing.cookies) == {"personalise_visit"}
    assert "private" in landing["Cache-Control"]
    later = reader.get("/plain/", headers=internal)
    assert not later.cookies
    assert "You searched" in searcher.get("/licence/", headers=internal).content.decode()
    assert "You searched" not in reader.get("/licence/", headers=internal).content.decode()
