"""One thread compiles, the others serve the last good ruleset: a publication makes nobody wait."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.factories import make_segment
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.core.ruleset import Ruleset
from wagtail_personalise_gov.models import LocationRule, RulesetState, Segment


class SlowCompile:
    """Compiles when it is let, however many segments there are; 10,000 take a second or so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.let_go = threading.Event(), threading.Event()
        self.number = 0
        self._compile = compiling.compile_ruleset
        monkeypatch.setattr(compiling, "compile_ruleset", self)

    def __call__(self) -> Ruleset:
        self.number += 1
        self.begun.set()
        assert self.let_go.wait(20)
        return self._compile()


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
    compiling.holder = compiling.RulesetHolder()
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
    holder = compiling.RulesetHolder()
    clock = compiling.time.monotonic

    def meanwhile() -> float:
        monkeypatch.setattr(compiling.time, "monotonic", clock)
        holder.current()
        return clock()

    monkeypatch.setattr(compiling.time, "monotonic", meanwhile)
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
