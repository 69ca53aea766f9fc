"""Every process follows a publication, with a shared cache and without; and a pause turns everything to standard."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.agency.models import AgencyPage
from tests.factories import make_segment
from wagtail_personalise_gov import compiling, holding
from wagtail_personalise_gov.compiling import CACHE_KEY, new_holder
from wagtail_personalise_gov.models import LocationRule, RulesetState, Segment

RIVERSIDE = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture(params=["each for itself", "shared"])
def cache_kind(request: pytest.FixtureRequest, settings: Any, tmp_path: Any) -> str:
    """LocMem, which no other process sees, and a cache that all see."""
    if request.param == "shared":
        settings.CACHES = {
            "default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": str(tmp_path)}
        }
    else:
        settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    return str(request.param)


@pytest.fixture
def checks_always(configure: Callable[..., None]) -> None:
    configure(RULESET_CHECK_SECONDS=0)


def test_another_process_follows_each_publication(cache_kind: str, db: None, checks_always: None) -> None:
    other = new_holder()
    assert set(other.current().segments) == set()
    segment = make_segment("riverside", LocationRule(cities=["Riverside"]))
    assert set(other.current().segments) == {"riverside"}
    make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    assert set(other.current().segments) == {"riverside", "hilltop"}
    segment.unpublish()
    assert compiling.compile_ruleset().segments.keys() == {"hilltop"}


def test_another_process_follows_archiving_and_deletion(
    cache_kind: str, db: None, checks_always: None, django_capture_on_commit_callbacks: Any
) -> None:
    other = new_holder()
    riverside = make_segment("riverside", LocationRule(cities=["Riverside"]))
    hilltop = make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    assert set(other.current().segments) == {"riverside", "hilltop"}
    with django_capture_on_commit_callbacks(execute=True):
        riverside.archive()
    assert set(other.current().segments) == {"hilltop"}
    with django_capture_on_commit_callbacks(execute=True):
        hilltop.delete()
    assert set(other.current().segments) == set()


def test_a_process_asks_at_most_once_a_second(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(holding.time, "monotonic", lambda: now)
    holder = new_holder()
    holder.current()
    with CaptureQueriesContext(connection) as queries:
        now += 0.9
        for _ in range(10):
            holder.current()
    assert len(queries) == 0
    RulesetState.renew()
    now += 0.2
    before = holder.current().version
    assert before == RulesetState.current().version


def test_with_a_shared_cache_no_query_is_made_while_nothing_changes(
    settings: Any, tmp_path: Any, db: None, checks_always: None
) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": str(tmp_path)}
    }
    holder = new_holder()
    holder.current()
    holder.current()
    with CaptureQueriesContext(connection) as queries:
        for _ in range(10):
            holder.current()
    assert len(queries) == 0


def test_a_version_that_was_copied_too_late_does_not_stay(
    settings: Any, tmp_path: Any, db: None, checks_always: None
) -> None:
    """A process reads the row, another publishes and tells the cache, and only then the first copies what it read."""
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": str(tmp_path)}
    }
    make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    holder = new_holder()
    holder.current()
    caches["default"].delete(CACHE_KEY)
    read = RulesetState.current

    def publish_after_reading() -> RulesetState:
        state = read()
        RulesetState.current = read  # type: ignore[method-assign]
        make_segment("riverside", LocationRule(cities=["Riverside"]))
        return state

    RulesetState.current = publish_after_reading  # type: ignore[method-assign]
    try:
        holder.current()
    finally:
        RulesetState.current = read  # type: ignore[method-assign]
    assert set(holder.current().segments) == {"riverside", "hilltop"}
    assert caches["default"].get(CACHE_KEY) == RulesetState.current().version


def test_a_publication_in_the_middle_of_compiling_is_not_missed(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    compile_once = compiling.Compiler._compile
    pending = ["riverside"]

    def compile_and_publish(compiler: compiling.Compiler, state: RulesetState, only_changes: bool) -> Any:
        ruleset = compile_once(compiler, state, only_changes)
        if pending:
            make_segment(pending.pop(), LocationRule(cities=["Riverside"]))
        return ruleset

    monkeypatch.setattr(compiling.Compiler, "_compile", compile_and_publish)
    assert set(compiling.compile_ruleset().segments) == {"riverside"}


def test_a_draft_of_a_live_segment_changes_nothing(db: None) -> None:
    segment = make_segment("riverside", LocationRule(cities=["Riverside"]))
    before = compiling.compile_ruleset().segments
    rule = segment.wagtail_personalise_gov_locationrule_rules.get()
    rule.cities = ["Hilltop"]
    segment.wagtail_personalise_gov_locationrule_rules = [rule]
    segment.save_revision()
    assert dict(compiling.compile_ruleset().segments) == dict(before)


def test_many_threads_compile_once(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one thread compiles anew, the others go on with the last good ruleset and do not wait."""
    holder = new_holder()
    first = holder.current()
    holder.check_again()
    compiling_now, may_end = threading.Event(), threading.Event()

    def slow(compiler: compiling.Compiler, only_changes: bool = False) -> Any:
        compiling_now.set()
        assert may_end.wait(10)
        return compiling.Ruleset(version="new")

    monkeypatch.setattr(compiling.Compiler, "compile", slow)
    monkeypatch.setattr(holder, "_current_version", lambda: "new")
    worker = threading.Thread(target=holder.current)
    worker.start()
    assert compiling_now.wait(10)
    assert holder.current() is first
    may_end.set()
    worker.join()
    assert holder.current().version == "new"


# Pause


def text(client: Client) -> str:
    return client.get("/flood/", **RIVERSIDE).content.decode()


def test_a_pause_turns_everything_to_standard_and_pages_public(
    client: Client,
    agency_page: AgencyPage,
    places_by_address: Any,
    checks_always: None,
    django_capture_on_commit_callbacks: Any,
) -> None:
    assert "Sandbags in Riverside" in text(client)
    with django_capture_on_commit_callbacks(execute=True):
        compiling.pause(by="a test")
    answer = client.get("/flood/", **RIVERSIDE)
    assert "Be ready" in answer.content.decode()
    assert "Sandbags" not in answer.content.decode()
    assert "Cache-Control" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert places_by_address.looked == 1  # before the pause
    with django_capture_on_commit_callbacks(execute=True):
        compiling.resume()
    assert "Sandbags in Riverside" in text(client)


def test_a_pause_reaches_another_process(
    cache_kind: str, riverside: Segment, checks_always: None, django_capture_on_commit_callbacks: Any
) -> None:
    other = new_holder()
    assert not other.current().paused
    with django_capture_on_commit_callbacks(execute=True):
        compiling.pause(by="a test")
    assert other.current().paused
    with django_capture_on_commit_callbacks(execute=True):
        compiling.resume()
    assert set(other.current().segments) == {"riverside"}


def test_publishing_during_a_pause_does_not_end_it(db: None, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        compiling.pause(by="a test")
    make_segment("riverside", LocationRule(cities=["Riverside"]))
    assert compiling.compile_ruleset().paused


def test_the_commands_pause_and_resume(
    client: Client,
    agency_page: AgencyPage,
    places_by_address: Any,
    checks_always: None,
    django_capture_on_commit_callbacks: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        call_command("personalise_pause")
    assert "Be ready" in text(client)
    with django_capture_on_commit_callbacks(execute=True):
        call_command("personalise_resume")
    assert "Sandbags in Riverside" in text(client)
