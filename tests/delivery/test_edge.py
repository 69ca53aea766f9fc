"""Behind a CDN that decides: a real Varnish, with the file that the documentation shows, before a real site.

What is looked for is one visitor's version with another: whoever comes first, whatever they send.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer
from wagtail.models import Site

from tests.agency.models import AgencyPage, PlainPage
from tests.conftest import skip_or_fail
from tests.delivery.varnish import Answer, Varnish, varnish, varnish_lacks
from tests.factories import hero, make_page, make_segment, personalised
from wagtail_personalise_gov.compiling import pause, resume
from wagtail_personalise_gov.models import LocationRule, Segment

STANDARD, RIVERSIDE = "Be ready", "Sandbags in Riverside"


@pytest.fixture
def cdn(
    live_server: LiveServer,
    home: AgencyPage,
    configure: Callable[..., None],
    places_by_address: Any,
    settings: Any,
    tmp_path: Path,
) -> Iterator[Varnish]:
    """The agency's site behind its CDN, which decides who is in Riverside."""
    if lacks := varnish_lacks():
        skip_or_fail("varnish", lacks)
    configure(EDGE_ANSWERS={"riverside": "X-Edge-Riverside"}, TRUSTED_PROXIES=["127.0.0.1"], BANNER="by_script")
    host, port = live_server.thread.host, live_server.thread.port
    Site.objects.update(hostname=host, port=port)
    with varnish(tmp_path, f"{host}:{port}") as cdn:
        settings.WAGTAILFRONTENDCACHE = {
            "varnish": {"BACKEND": "tests.delivery.test_edge.ThroughProxy", "LOCATION": "unused", "CDN": cdn}
        }
        yield cdn


class ThroughProxy:
    """Wagtail's HTTPBackend, whose PURGE comes by the way that the tests' Varnish listens on."""

    def __init__(self, params: dict[str, Any]) -> None:
        self.cdn: Varnish = params["CDN"]

    def invalidates_hostname(self, hostname: str) -> bool:
        return True

    def purge_batch(self, urls: list[str]) -> None:
        for url in urls:
            path = "/" + url.split("/", 3)[3]
            assert self.cdn.ask(path, address="127.0.0.1", method="PURGE").status == 200


def version(answer: Answer) -> str:
    """Which version stands on the page; never both, and never none."""
    [found] = [words for words in (STANDARD, RIVERSIDE) if words in answer.text]
    return found


VISITORS: dict[str, tuple[dict[str, str], str]] = {
    "in Riverside": ({}, RIVERSIDE),
    "elsewhere": ({"address": "198.51.100.7"}, STANDARD),
    "in Riverside, allowed": ({"Cookie": "a=b; personalise_choice=allowed.1"}, RIVERSIDE),
    "in Riverside, refused": ({"Cookie": "personalise_choice=refused.1"}, STANDARD),
    "in Riverside, refused over https": ({"Cookie": "a=b; __Host-personalise_choice=refused.1.x"}, STANDARD),
    "in Riverside, refused among others": (
        {"Cookie": "personalise_choice=allowed.1; personalise_choice=refused.1"},
        STANDARD,
    ),
    "in Riverside, refused in quotes": ({"Cookie": 'personalise_choice="refused.1"'}, STANDARD),
    "in Riverside, with GPC": ({"Sec_GPC": "1"}, STANDARD),
    "in Riverside, with DNT": ({"DNT": "1"}, STANDARD),
    "elsewhere, saying otherwise": ({"address": "198.51.100.7", "X_Edge_Riverside": "1"}, STANDARD),
    "elsewhere, shouting otherwise": ({"address": "198.51.100.7", "X_EDGE_RIVERSIDE": "1"}, STANDARD),
    "elsewhere, from far away": ({"address": "198.51.100.7", "X_Forwarded_For": "192.0.2.7"}, STANDARD),
    "in Riverside, saying otherwise": ({"X_Edge_Riverside": "0"}, RIVERSIDE),
}


def test_nobody_gets_the_version_of_another_whoever_came_first(cdn: Varnish, agency_page: AgencyPage) -> None:
    for first, second in permutations(VISITORS, 2):
        cdn.ask("/flood/", address="127.0.0.1", method="PURGE")
        for who in (first, second, first):
            sent, expected = VISITORS[who]
            answer = cdn.ask("/flood/", **sent)
            assert (who, version(answer)) == (who, expected)
            assert answer.headers["Set-Cookie"] is None


def test_one_copy_is_kept_for_each_answer_and_no_fact_is_gathered(
    cdn: Varnish, agency_page: AgencyPage, places_by_address: Any
) -> None:
    kept = [cdn.ask("/flood/", **sent).from_cache for sent, _expected in VISITORS.values()]
    assert kept == [False, False, *[True] * (len(VISITORS) - 2)]
    assert places_by_address.looked == 0


def test_many_visitors_at_once_each_get_their_own_while_the_page_is_purged_again_and_again(
    cdn: Varnish, agency_page: AgencyPage
) -> None:
    def visit(number: int) -> str:
        if number % 25 == 0:
            cdn.ask("/flood/", address="127.0.0.1", method="PURGE")
        who = names[number % len(names)]
        sent, expected = VISITORS[who]
        got = version(cdn.ask("/flood/", **sent))
        return "" if got == expected else f"{who}: {got}"

    names = list(VISITORS)
    with ThreadPoolExecutor(max_workers=8) as visitors:
        wrong = [said for said in visitors.map(visit, range(400)) if said]
    assert wrong == []


def test_a_browser_is_told_that_the_page_is_its_own(cdn: Varnish, agency_page: AgencyPage) -> None:
    for _again in ("made", "kept"):
        answer = cdn.ask("/flood/")
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["Expires"] is answer.headers["Age"] is answer.headers["Last-Modified"] is None
        assert {"cookie", "sec-gpc", "dnt"} <= answer.varies_on
        assert not any(name.startswith("x-edge") for name in answer.varies_on)


def test_a_page_that_asks_nothing_is_left_as_it_is(cdn: Varnish, plain_page: PlainPage) -> None:
    first, second = cdn.ask("/plain/"), cdn.ask("/plain/", Cookie="personalise_choice=refused.1")
    assert (first.from_cache, second.from_cache) == (False, True)
    assert first.headers["Cache-Control"] is None
    assert "cookie" not in first.varies_on


def test_a_page_that_asks_something_else_too_is_never_kept(
    cdn: Varnish, agency_page: AgencyPage, home: AgencyPage, riverside: Segment
) -> None:
    hilltop = make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    both = ("offer", personalised(hero(STANDARD), (riverside, hero(RIVERSIDE)), (hilltop, hero("Hill"))))
    make_page("Both", both, parent=home, slug="both")
    for _again in range(2):
        for address, words in (("192.0.2.7", RIVERSIDE), ("198.51.100.7", "Hill"), ("203.0.113.7", STANDARD)):
            answer = cdn.ask("/both/", address=address)
            assert words in answer.text
            assert not answer.from_cache
            assert answer.headers["Cache-Control"].startswith("private")


def test_who_signs_in_views_as_others_or_asks_for_the_standard_version_is_served_by_the_site(
    cdn: Varnish, agency_page: AgencyPage
) -> None:
    assert version(cdn.ask("/flood/")) == RIVERSIDE
    for sent in ({"Cookie": "sessionid=x"}, {"Cookie": "a=b; personalise_view_as=x"}, {"Authorization": "Basic eDp4"}):
        assert not cdn.ask("/flood/", **sent).from_cache
    for _again in range(2):
        asked = cdn.ask("/flood/?personalise=standard")
        assert version(asked) == STANDARD
        assert "no-store" in asked.headers["Cache-Control"] or "private" in asked.headers["Cache-Control"]
        assert not asked.from_cache
    assert version(cdn.ask("/flood/")) == RIVERSIDE


def test_only_the_site_may_purge(cdn: Varnish, agency_page: AgencyPage) -> None:
    cdn.ask("/flood/")
    assert cdn.ask("/flood/", method="PURGE").status == 403
    assert cdn.ask("/flood/").from_cache
    assert cdn.ask("/flood/", address="127.0.0.1", method="PURGE").status == 200
    assert not cdn.ask("/flood/").from_cache


def test_what_was_kept_during_a_pause_goes_with_it_and_what_adapts_goes_when_a_segment_ends(
    cdn: Varnish, agency_page: AgencyPage, plain_page: PlainPage, settings: Any
) -> None:
    settings.WAGTAIL_PERSONALISE_GOV = {**settings.WAGTAIL_PERSONALISE_GOV, "RULESET_CHECK_SECONDS": 0}
    cdn.ask("/plain/")
    assert version(cdn.ask("/flood/")) == RIVERSIDE
    pause(by="test")
    assert [version(cdn.ask("/flood/")) for _again in range(2)] == [STANDARD, STANDARD]
    resume()
    assert [version(cdn.ask("/flood/")) for _again in range(2)] == [RIVERSIDE, RIVERSIDE]
    Segment.objects.get(slug="riverside").archive()
    assert version(cdn.ask("/flood/")) == STANDARD
    assert cdn.ask("/plain/").from_cache
