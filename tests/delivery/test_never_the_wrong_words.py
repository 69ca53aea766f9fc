"""Many visitors at once, over each way to deliver a page, while segments change: nobody is shown another's version.

What each is to see is told by `crowd.py`, by itself, and without asking the package.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache

from tests.agency.models import AgencyPage
from tests.counting.gathered import PATH
from tests.factories import make_page, make_segment, personalised
from wagtail_personalise_gov.compiling import Compiler
from wagtail_personalise_gov.models import LocationRule, NetworkRule

from .crowd import EVERYBODY, Crowd, Town
from .page_caches import PAGE_CACHES, behind, text, visitor

EXPIRING = 1  # seconds that a copy lives, in the tests with caches that expire
MODES = ["no page cache", *PAGE_CACHES, "fragments", "fragments behind Django's"]


@pytest.fixture
def town(transactional_db: None, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Town:
    """A page with a version for each kind of visitor. Of those who are counted all are held back from one."""
    monkeypatch.setattr("wagtail_personalise_gov.visit.visit.held_back", lambda lot, slug, *shares: True)
    configure(
        GEO_PROVIDER="tests.agency.geo.NetworkGeo", COUNTING=True, COUNTING_BUFFER=PATH, RULESET_CHECK_SECONDS=0.2
    )
    town = Town.founded()
    monkeypatch.setattr(Compiler, "compile", town.timing(Compiler.compile))
    return town


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest, settings: Any, configure: Callable[..., None]) -> str:
    name = request.param
    if name in PAGE_CACHES or "behind" in name:
        behind(name.removeprefix("fragments behind "), settings, seconds=EXPIRING)
    if "fragments" in name:
        configure(DELIVERY="fragment")
    cache.clear()
    return str(name)


def test_each_of_a_crowd_sees_their_own_version_whatever_is_kept_expires_or_changes(mode: str, town: Town) -> None:
    crowd = Crowd(town, by_fragment="fragments" in mode)
    with crowd.coming():
        time.sleep(0.5)  # cold, then warm
        for change in (
            lambda: town.unpublish("hilltop"),
            lambda: town.move("riverside", "Hilltop"),
            lambda: town.publish("hilltop"),
            town.pause,
            cache.clear,
            town.resume,
            lambda: town.move("riverside", "Riverside"),
        ):
            change()
            time.sleep(0.25)  # copies expire meanwhile
    assert not crowd.errors
    assert not crowd.wrong, crowd.wrong[:3]
    assert all(crowd.seen[name] for name in EVERYBODY)  # nobody was overlooked
    assert len(set().union(*crowd.seen.values())) > 10  # they saw many things


def test_a_version_for_one_in_the_place_of_another_would_be_noticed(
    town: Town, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The crowd itself is put to the test: a cache that takes all visitors for one."""
    behind("Django's", settings, seconds=EXPIRING)
    monkeypatch.setattr("wagtail_personalise_gov.delivery.page_cache.AnsweringMeta._answer", lambda meta, key: "-")
    crowd = Crowd(town)
    with crowd.coming():
        time.sleep(0.5)
    assert crowd.wrong


@pytest.mark.django_db
def test_answers_to_different_questions_are_not_taken_for_each_other(
    page_cache: str, home: AgencyPage, places_by_address: Any
) -> None:
    """A cache looks for a copy by what is answered, and forgets at any time what was asked."""
    riverside = make_segment("riverside", LocationRule(cities=["Riverside"]))
    office = make_segment("office", NetworkRule(networks=["192.0.2.9/32"], name="office"))
    depot = make_segment("depot", NetworkRule(networks=["192.0.2.8/32", "198.51.100.8/32"], name="depot"))
    at_office, at_depot = (
        [{"type": "inner", "id": name, "value": personalised(f"not at the {name}", (who, f"at the {name}"))}]
        for name, who in (("office", office), ("depot", depot))
    )
    page = personalised(at_depot, (riverside, at_office))
    make_page("Flood", ("nested", page), parent=home, slug="flood")

    def shown(address: str) -> set[str]:
        return set(re.findall(r"(?:not )?at the \w+", text(visitor(address).get("/flood/"))))

    assert shown("192.0.2.9") == {"at the office"}  # asked of: Riverside, the office
    forget_what_was_asked()
    assert shown("198.51.100.8") == {"at the depot"}  # of Riverside, the depot
    forget_what_was_asked()
    assert shown("203.0.113.8") == {"not at the depot"}
    assert shown("192.0.2.8") == {"not at the office"}  # in Riverside and at the depot


def forget_what_was_asked() -> None:
    """As a cache may that is full: its copies stay."""
    if isinstance(cache._cache, dict):  # that of the process
        names = list(cache._cache)
    else:
        names = [name.decode() for name in cache._cache.get_client().scan_iter()]
    for name in names:
        if "cache_header" in name:
            cache.delete(name.partition(":1:")[2])
