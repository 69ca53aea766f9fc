"""The cache or the database goes away while deciding: the last good ruleset, else standard versions; one log line."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.cache.backends.base import BaseCache
from django.db import OperationalError, connection
from django.test import Client

from tests.agency.models import AgencyPage, AskRule
from tests.factories import hero, make_page, make_segment, personalised
from tests.visit.answers import log_lines
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.models import FirstTimeVisitorRule, Segment

RIVERSIDE = {"REMOTE_ADDR": "192.0.2.7"}


class BrokenCache(BaseCache):
    """A cache whose server is gone."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def get(self, *args: Any, **kwargs: Any) -> Any:
        raise ConnectionError("connection refused")

    add = set = delete = touch = clear = get


@contextmanager
def database_gone() -> Iterator[None]:
    """Every query about our own tables fails as it does when the connection is lost; the page itself is still found."""

    def fail(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "wagtail_personalise_gov_" in sql:
            raise OperationalError("server closed the connection unexpectedly")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        yield


@pytest.fixture(autouse=True)
def own_cache(settings: Any) -> None:
    """Each process for itself, so that the database is asked for the version."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


@pytest.fixture
def checks_always(configure: Callable[..., None]) -> None:
    """Each request asks whether the ruleset is current, and not one a second."""
    configure(RULESET_CHECK_SECONDS=0)


@pytest.fixture
def broken_cache(own_cache: None, settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": f"{__name__}.BrokenCache"}}


def text(client: Client, **extra: Any) -> str:
    answer = client.get("/flood/", **{**RIVERSIDE, **extra})
    assert answer.status_code == 200
    return answer.content.decode()


def test_without_the_database_the_last_good_ruleset_goes_on(
    client: Client,
    agency_page: AgencyPage,
    places_by_address: Any,
    checks_always: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert "Sandbags in Riverside" in text(client)
    with database_gone():
        for _ in range(5):
            assert "Sandbags in Riverside" in text(client)
    assert len(log_lines(caplog)) == 1
    assert "Pages go on with the last ones, or with standard versions." in log_lines(caplog)[0]


def test_a_process_that_starts_without_the_database_shows_standard_versions_until_it_is_back(
    client: Client,
    agency_page: AgencyPage,
    places_by_address: Any,
    checks_always: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    compiling.holder = compiling.new_holder()  # a new process; the fixture puts the old one back
    with database_gone():
        for _ in range(3):
            assert "Be ready" in text(client)
    assert len(log_lines(caplog)) == 1
    assert "Sandbags in Riverside" in text(client)


def test_a_page_stays_private_while_nothing_can_be_decided(
    client: Client, agency_page: AgencyPage, places_by_address: Any, checks_always: None
) -> None:
    """Else a cache would keep the standard version for those who should see another when the database is back."""
    compiling.holder = compiling.new_holder()
    with database_gone():
        answer = client.get("/flood/", **RIVERSIDE)
    assert "Be ready" in answer.content.decode()
    assert "private" in answer["Cache-Control"]


def test_memory_outlives_an_outage(client: Client, home: AgencyPage, checks_always: None) -> None:
    """A ruleset that could not be loaded asks for no memory; what is kept must not be taken for superfluous."""
    new = make_segment("new", FirstTimeVisitorRule())
    make_page("Flood", ("offer", personalised(hero("Back"), (new, hero("New")))), parent=home, slug="flood")
    client.get("/flood/")
    kept = {name: cookie.value for name, cookie in client.cookies.items()}
    assert kept
    compiling.holder = compiling.new_holder()
    with database_gone():
        client.get("/flood/")
    assert {name: cookie.value for name, cookie in client.cookies.items()} == kept


def test_without_the_cache_the_database_tells_the_version(
    client: Client,
    agency_page: AgencyPage,
    riverside: Segment,
    places_by_address: Any,
    checks_always: None,
    broken_cache: None,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Any,
) -> None:
    assert compiling.shared_cache()
    for _ in range(3):
        assert "Sandbags in Riverside" in text(client)
    with django_capture_on_commit_callbacks(execute=True):
        riverside.unpublish()
    assert "Be ready" in text(client)
    assert sum("can't be loaded" in line for line in log_lines(caplog)) == 1


def test_without_cache_and_database_the_last_good_ruleset_goes_on(
    client: Client, agency_page: AgencyPage, places_by_address: Any, checks_always: None, broken_cache: None
) -> None:
    assert "Sandbags in Riverside" in text(client)
    with database_gone():
        assert "Sandbags in Riverside" in text(client)


def test_publishing_works_without_the_cache(
    agency_page: AgencyPage, broken_cache: None, caplog: pytest.LogCaptureFixture
) -> None:
    make_segment("hilltop")
    assert Segment.objects.get(slug="hilltop").live
    assert any("The cache can't be told of version" in line for line in log_lines(caplog))


def test_a_database_that_hangs_is_asked_once_a_second_and_not_by_every_visitor(
    client: Client, agency_page: AgencyPage, places_by_address: Any
) -> None:
    text(client)
    asked = []

    def fail(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "wagtail_personalise_gov_" in sql:
            asked.append(time.monotonic())
            raise OperationalError("timeout")
        return execute(sql, params, many, context)

    compiling.holder.check_again()
    with connection.execute_wrapper(fail):
        start = time.monotonic()
        for _ in range(5):
            text(client)
    assert len(asked) <= 1 + (time.monotonic() - start)


# One rule of many


def test_a_rule_that_can_not_be_asked_takes_nobody_in_and_no_other_segment_out(
    client: Client, agency_page: AgencyPage, places_by_address: Any, caplog: pytest.LogCaptureFixture
) -> None:
    broken = make_segment("broken", AskRule(question={"fact": "location.city", "op": "in", "value": ["Riverside"]}))
    AskRule.objects.filter(segment=broken).update(question={"fact": "location.city", "op": "no such operator"})
    compiling.holder.check_again()
    page = personalised("Standard", (broken, "For the broken one"))
    make_page("Broken", ("line", page), parent=agency_page, slug="broken")
    assert "Standard" in client.get("/flood/broken/", **RIVERSIDE).content.decode()
    assert "Sandbags in Riverside" in text(client)
    (line,) = log_lines(caplog)
    assert "Mend or delete the rule" in line
