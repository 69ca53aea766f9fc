"""VisitorMemory: what is kept, which is what live rules need and nothing more."""

from dataclasses import replace

import pytest

from tests.core.visits import DAY, EVERYTHING, FULL, NOON, STRANGER
from wagtail_personalise_gov.core.facts import MEMORY_ITEMS
from wagtail_personalise_gov.core.memory import (
    DeclaredPlace,
    Past,
    ThisVisit,
    VisitorMemory,
)
from wagtail_personalise_gov.core.pages import PagesSeen, Watched, Watching

ALL_PAGES = Watching(visit=Watched(every=True, sections={7: ""}), ever=Watched(every=True, sections={7: ""}))


def test_when_every_item_is_needed_everything_is_kept() -> None:
    assert FULL.keeping(EVERYTHING, ALL_PAGES) == FULL


def test_when_no_item_is_needed_nothing_is_kept() -> None:
    kept = FULL.keeping(frozenset())
    assert kept == STRANGER
    assert not kept


@pytest.mark.parametrize(
    "item, field",
    [
        ("referrer", "referrer"),
        ("campaign", "campaign"),
        ("intent", "intent"),
        ("intent", "recognised"),
        ("place", "place"),
        ("pages", "seen"),
    ],
)
def test_an_item_of_the_visit_that_no_rule_needs_is_dropped(item: str, field: str) -> None:
    kept = FULL.keeping(EVERYTHING - {item}, ALL_PAGES).visit
    assert kept is not None
    assert not getattr(kept, field)
    assert getattr(FULL.keeping(frozenset({item}), ALL_PAGES).visit, field) == getattr(FULL.visit, field)


@pytest.mark.parametrize(
    "items, past",
    [
        ({"visits"}, Past(DAY - 3, visits=2)),  # no days
        ({"visits", "last_visit"}, Past(DAY - 3, 2, DAY, DAY - 2)),
        ({"last_visit"}, Past(DAY - 3, 0, DAY, DAY - 2)),  # no count
        ({"past_pages"}, Past(DAY - 3, seen=PagesSeen((15,)))),
        ({"referrer", "campaign", "intent", "place"}, None),
    ],
)
def test_earlier_visits_are_kept_only_as_far_as_they_are_needed(items: set[str], past: Past | None) -> None:
    assert FULL.keeping(frozenset(items), ALL_PAGES).past == past


@pytest.mark.parametrize("item", ["visits", "last_visit", "referrer", "campaign", "intent", "pages"])
def test_what_is_seen_on_landing_or_counts_visits_needs_the_time_of_last_activity(item: str) -> None:
    kept = FULL.keeping(frozenset({item})).visit
    assert kept is not None
    assert (kept.step, kept.landed) == (NOON // 10, True)


def test_a_place_alone_is_kept_when_it_was_declared_and_nothing_when_it_was_not() -> None:
    assert FULL.visit is not None
    assert FULL.keeping(frozenset({"place"})).visit == ThisVisit(
        NOON // 10, landed=True, place=DeclaredPlace("GB", "GB-ENG", "Riverside")
    )
    undeclared = VisitorMemory(replace(FULL.visit, place=None), FULL.past)
    assert undeclared.keeping(frozenset({"place"})) == STRANGER


def test_keeping_forgets_nothing_more_the_second_time() -> None:
    for item in MEMORY_ITEMS:
        once = FULL.keeping(frozenset({item}))
        assert once.keeping(frozenset({item})) == once


def test_nothing_can_be_kept_of_a_stranger() -> None:
    assert STRANGER.keeping(EVERYTHING, ALL_PAGES) == STRANGER
    assert not STRANGER


@pytest.mark.parametrize(
    "place, says_where",
    [
        (DeclaredPlace("GB"), True),
        (DeclaredPlace(subdivision="GB-ENG"), True),
        (DeclaredPlace(city="Riverside"), True),
        (DeclaredPlace(), False),  # "I'm not there", and no more
    ],
)
def test_a_declared_place_may_only_say_where_the_visitor_is_not(place: DeclaredPlace, says_where: bool) -> None:
    assert place.says_where is says_where
