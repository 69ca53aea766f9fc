"""wagtail-cache forgets the pages that a segment changes, however they were asked for, and keeps the others."""

import logging
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from tests.agency.models import AgencyPage, PlainPage
from tests.factories import committed
from wagtail_personalise_gov.compiling import pause, resume
from wagtail_personalise_gov.models import Segment

OURS = "wagtail_personalise_gov.middleware.PersonaliseMiddleware"


@pytest.fixture(autouse=True)
def wagtail_cache(settings: Any) -> None:
    reason = "wagtail-cache is not installed, or not one for this Wagtail"
    pytest.importorskip("wagtailcache.cache", reason=reason, exc_type=ImportError)
    settings.MIDDLEWARE = [
        "wagtailcache.cache.UpdateCacheMiddleware",
        OURS,
        *(name for name in settings.MIDDLEWARE if name != OURS),
        "wagtailcache.cache.FetchFromCacheMiddleware",
    ]
    settings.WAGTAIL_CACHE_KEYRING = True
    settings.ALLOWED_HOSTS = ["*"]


def get(address: str, host: str = "testserver") -> tuple[str, str]:
    """(hit, miss or skip; the text), of a visitor in Riverside."""
    response = Client(REMOTE_ADDR="192.0.2.7").get(address, headers={"host": host})
    return response.headers["X-Wagtail-Cache"], response.content.decode()


def test_what_was_kept_during_a_pause_goes_with_it_and_other_pages_stay(
    agency_page: AgencyPage, plain_page: PlainPage, places_by_address: Any
) -> None:
    asked = [("/flood/", "testserver"), ("/flood/?page=2", "testserver"), ("/flood/", "www.agency.example:8000")]
    with committed():
        pause(by="test")
    for expected in ("miss", "hit"):
        for address, host in [*asked, ("/plain/", "testserver")]:
            told, text = get(address, host)
            assert told == expected
            assert "Sandbags" not in text
    with committed():
        resume()
    for address, host in asked:
        told, text = get(address, host)
        assert told != "hit"
        assert "Sandbags" in text
    assert get("/plain/")[0] == "hit"


def test_a_cache_that_has_kept_nothing_yet_is_not_emptied(
    agency_page: AgencyPage, riverside: Segment, places_by_address: Any
) -> None:
    """wagtail-cache by itself would empty all of it, sessions included."""
    cache.set("session", 1)
    with committed():
        riverside.archive()
    assert cache.get("session") == 1


def test_without_a_keyring_the_default_cache_is_not_emptied_and_the_log_says_what_to_do(
    agency_page: AgencyPage, riverside: Segment, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.WAGTAIL_CACHE_KEYRING = False
    cache.set("session", 1)
    with caplog.at_level(logging.WARNING), committed():
        riverside.archive()
    assert cache.get("session") == 1
    [record] = caplog.records
    assert "set WAGTAIL_CACHE_KEYRING" in record.getMessage()


def test_without_a_keyring_a_cache_of_its_own_is_emptied(
    agency_page: AgencyPage, plain_page: PlainPage, riverside: Segment, settings: Any
) -> None:
    pages = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "pages"}
    settings.CACHES = {**settings.CACHES, "pages": pages}
    settings.WAGTAIL_CACHE_KEYRING, settings.WAGTAIL_CACHE_BACKEND = False, "pages"
    assert [get("/plain/")[0] for _again in range(2)] == ["miss", "hit"]
    cache.set("session", 1)
    with committed():
        riverside.archive()
    assert get("/plain/")[0] == "miss"
    assert cache.get("session") == 1
