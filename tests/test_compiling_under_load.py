"""One thread compiles, the others serve the last good ruleset; what takes long makes nobody wait."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.factories import make_segment
from wagtail_personalise_gov import compiling, holding
from wagtail_personalise_gov.core.ruleset import Ruleset
from wagtail_personalise_gov.live_segments import read_live
from wagtail_personalise_gov.models import LocationRule, RulesetState, Segment


class SlowCompile:
    """Compiles when it is let, however many segments there are; 10,000 take a second or so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.let_go = threading.Event(), threading.Event()
        self.number = 0
        self._compile = compiling.Compiler.compile
        monkeypatch.setattr(compiling.Compiler, "compile", lambda *args, **kwargs: self(*args, **kwargs))

    def __call__(self, compiler: compiling.Compiler, only_changes: bool = False) -> Ruleset:
        self.number += 1
        self.begun.set()
        assert self.let_go.wait(20)
        return self._compile(compiler, only_changes)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowCompile]:
    made = SlowCompile(monkeypatch)
    yield made
    made.let_go.set()


def ask() -> set[str]:
    from django.db import connections

    try:
        return set(compiling.current_ruleset().segments)
    finally:
        connections.close_all()


def test_while_one_compiles_all_others_are_served_the_last_good_ruleset(
    transactional_db: None, slow: SlowCompile
) -> None:
    slow.let_go.set()
    make_segment("one", LocationRule(cities=["Riverside"]))
    assert ask() == {"one"}
    slow.let_go.clear()
    slow.begun.clear()
    before = slow.number
    make_segment("two", LocationRule(cities=["Hilltop"]))
    with ThreadPoolExecutor(6) as threads:
        first = threads.submit(ask)
        assert slow.begun.wait(20)
        compiling.holder.check_again()
        others = [threads.submit(ask) for _visitor in range(20)]
        assert [other.result(20) for other in others] == [{"one"}] * 20  # though none has compiled yet
        assert not first.done()
        slow.let_go.set()
        assert first.result(20) == {"one", "two"}
        assert ask() == {"one", "two"}
    assert slow.number == before + 1


def test_only_the_first_of_a_process_wait_and_none_of_them_sees_a_site_without_segments(
    transactional_db: None, slow: SlowCompile
) -> None:
    slow.let_go.set()
    make_segment("one", LocationRule(cities=["Riverside"]))
    compiling.holder = compiling.new_holder()
    slow.let_go.clear()
    slow.begun.clear()
    with ThreadPoolExecutor(6) as threads:
        first = [threads.submit(ask) for _visitor in range(6)]
        assert slow.begun.wait(20)
        slow.let_go.set()
        assert [one.result(20) for one in first] == [{"one"}] * 6


def test_who_looks_just_when_the_first_ruleset_was_compiled_is_served_it(
    db: None, configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at what is there and the look at the clock, another thread was done."""
    make_segment("one", LocationRule(cities=["Riverside"]))
    holder = compiling.new_holder()
    clock = holding.time.monotonic

    def meanwhile() -> float:
        monkeypatch.setattr(holding.time, "monotonic", clock)
        holder.current()
        return clock()

    monkeypatch.setattr(holding.time, "monotonic", meanwhile)
    assert set(holder.current().segments) == {"one"}


@pytest.mark.redis
def test_a_copy_in_the_cache_that_missed_a_publication_makes_a_process_compile_once(
    db: None, configure: Any, slow: SlowCompile
) -> None:
    slow.let_go.set()
    configure(RULESET_CHECK_SECONDS=0)
    make_segment("one", LocationRule(cities=["Riverside"]))
    compiling.current_ruleset()
    Segment.objects.filter(slug="one").update(name="One")
    RulesetState.renew()  # the cache was away when it would have been told
    compiling.patient_cache().set(compiling.CACHE_KEY, "an older one", 60)
    before = slow.number
    for _visitor in range(5):
        assert compiling.current_ruleset().version == RulesetState.current().version
    assert slow.number == before + 1


# What takes longer than a visitor should wait


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "PATIENCE", 0)  # as if there were thousands of segments


def in_the_end() -> set[str]:
    """What is held once nothing compiles any more."""
    ask()  # finds out that there is something new
    holder = compiling.holder
    assert holder._beside is not None
    holder._beside.join(20)
    assert holder._ruleset is not None
    return set(holder._ruleset.segments)  # to ask again might begin again


@pytest.mark.usefixtures("transactional_db", "impatient")
def test_not_even_the_one_who_finds_a_publication_waits_for_a_long_compile(slow: SlowCompile) -> None:
    slow.let_go.set()
    make_segment("one", LocationRule(cities=["Riverside"]))
    assert ask() == {"one"}  # the first of a process waits: there is nothing to serve yet
    slow.let_go.clear()
    slow.begun.clear()
    before = slow.number
    make_segment("two", LocationRule(cities=["Hilltop"]))
    assert ask() == {"one"}
    assert slow.begun.wait(20)
    for _visitor in range(20):
        compiling.holder.check_again()
        assert ask() == {"one"}
    assert slow.number == before + 1  # and nobody has it compiled a second time meanwhile
    slow.let_go.set()
    assert in_the_end() == {"one", "two"}


@pytest.mark.usefixtures("transactional_db", "impatient")
def test_what_is_published_during_a_long_compile_comes_with_it_or_after_it(configure: Any, slow: SlowCompile) -> None:
    configure(RULESET_CHECK_SECONDS=0)
    slow.let_go.set()
    make_segment("one", LocationRule(cities=["Riverside"]))
    assert ask() == {"one"}
    slow.let_go.clear()
    slow.begun.clear()
    make_segment("two", LocationRule(cities=["Hilltop"]))
    assert ask() == {"one"}
    assert slow.begun.wait(20)
    make_segment("three", LocationRule(cities=["Hilltop"]))
    slow.let_go.set()
    assert {"one", "two"} <= in_the_end()
    assert in_the_end() == {"one", "two", "three"}


@pytest.mark.usefixtures("transactional_db")
def test_nobody_waits_for_the_end_of_a_pause_either(
    configure: Any, monkeypatch: pytest.MonkeyPatch, slow: SlowCompile
) -> None:
    """While paused a compile is quick; that says nothing of the one that follows."""
    configure(RULESET_CHECK_SECONDS=0)
    slow.let_go.set()
    make_segment("one", LocationRule(cities=["Riverside"]))
    assert ask() == {"one"}
    monkeypatch.setattr(holding, "PATIENCE", compiling.holder._took / 2)
    compiling.pause()
    compiling.holder._compile()  # at any speed
    assert ask() == set()
    slow.let_go.clear()
    compiling.resume()
    assert ask() == set()
    slow.let_go.set()
    assert in_the_end() == {"one"}


@pytest.mark.usefixtures("db", "impatient")
def test_within_a_transaction_what_it_changed_is_seen_at_once(slow: SlowCompile) -> None:
    slow.let_go.set()
    for slug in ("one", "two"):
        make_segment(slug, LocationRule(cities=["Riverside"]))
        compiling.holder.check_again()
        assert slug in compiling.current_ruleset().segments
    assert compiling.holder._beside is None


@pytest.mark.usefixtures("transactional_db", "impatient")
def test_after_what_changed_all_of_it_is_compiled_to_be_sure(configure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What code changed and told nobody of, the next publication brings along, if some seconds later."""
    configure(RULESET_CHECK_SECONDS=0)
    make_segment("one", LocationRule(cities=["Riverside"]))
    assert ask() == {"one"}
    Segment.objects.filter(slug="one").update(live=False)
    make_segment("two", LocationRule(cities=["Hilltop"]))
    assert in_the_end() == {"one", "two"}
    ask()
    assert compiling.holder._whole is None  # not at once: who publishes may publish again
    monkeypatch.setattr(compiling.holder, "_whole_at", 0)
    ask()
    assert compiling.holder._whole is not None
    compiling.holder._whole.join(20)
    assert ask() == {"two"}
    assert compiling.holder._whole_at == float("inf")


@pytest.mark.usefixtures("transactional_db", "impatient")
def test_a_publication_does_not_wait_for_the_compile_of_all(configure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(RULESET_CHECK_SECONDS=0)
    make_segment("one", LocationRule(cities=["Riverside"]))
    assert ask() == {"one"}
    reading, let_go = threading.Event(), threading.Event()

    def slowly(keys: Any = None) -> Any:
        read = read_live(keys)
        if keys is None:
            reading.set()
            assert let_go.wait(20)
        return read

    monkeypatch.setattr(compiling, "read_live", slowly)
    monkeypatch.setattr(compiling.holder, "_whole_at", 0)
    ask()
    assert reading.wait(20)
    make_segment("two", LocationRule(cities=["Hilltop"]))
    assert in_the_end() == {"one", "two"}
    let_go.set()
    assert compiling.holder._whole is not None
    compiling.holder._whole.join(20)
    assert ask() == {"one", "two"}  # and not what was read before


@pytest.mark.usefixtures("transactional_db", "impatient")
def test_a_pause_does_not_wait_for_a_long_compile(configure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(RULESET_CHECK_SECONDS=0)
    make_segment("one", LocationRule(cities=["Riverside"]))
    assert ask() == {"one"}
    reading, let_go = threading.Event(), threading.Event()

    def slowly(keys: Any = None) -> Any:
        reading.set()
        assert let_go.wait(20)
        return read_live(keys)

    monkeypatch.setattr(compiling, "read_live", slowly)
    make_segment("two", LocationRule(cities=["Hilltop"]))
    assert ask() == {"one"}
    assert reading.wait(20)
    compiling.pause()
    assert ask() == set()
    assert compiling.holder._beside is not None
    assert compiling.holder._beside.is_alive()
    let_go.set()
    assert in_the_end() == set()  # what was compiled meanwhile does not end the pause
    compiling.resume()
    ask()
    assert in_the_end() == {"one", "two"}


@pytest.mark.usefixtures("transactional_db", "impatient")
def test_a_long_compile_that_fails_is_told_of_and_tried_again(
    configure: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    configure(RULESET_CHECK_SECONDS=0)
    make_segment("one", LocationRule(cities=["Riverside"]))
    assert ask() == {"one"}
    make_segment("two", LocationRule(cities=["Hilltop"]))

    def fail(compiler: compiling.Compiler, only_changes: bool = False) -> Ruleset:
        raise OSError("the database is away")

    with monkeypatch.context() as broken, caplog.at_level(logging.ERROR):
        broken.setattr(compiling.Compiler, "compile", fail)
        assert in_the_end() == {"one"}
        assert in_the_end() == {"one"}
    assert [record.getMessage() for record in caplog.records] == [
        "The segments can't be loaded (OSError: the database is away). Pages go on with the last ones, or with "
        "standard versions."
    ]
    assert in_the_end() == {"one", "two"}


@pytest.mark.usefixtures("transactional_db", "impatient")
def test_where_no_thread_can_be_had_the_request_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    make_segment("one", LocationRule(cities=["Riverside"]))
    assert ask() == {"one"}
    make_segment("two", LocationRule(cities=["Hilltop"]))

    def none_left(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", none_left)
    assert ask() == {"one", "two"}
