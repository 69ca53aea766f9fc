"""A page that adapts, behind a page cache: a copy for each outcome, served without the view, and never a wrong one."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from tests.agency.models import AgencyPage, PlainPage
from tests.factories import committed, hero, make_page, make_segment, personalised
from wagtail_personalise_gov import plugged
from wagtail_personalise_gov.compiling import CACHE_KEY, holder, pause, resume
from wagtail_personalise_gov.delivery.page_cache import Outcomes
from wagtail_personalise_gov.models import FirstTimeVisitorRule, LocationRule, RulesetState, Segment

from .page_caches import HILLTOP, NOWHERE, RIVERSIDE, looking, text, vary, visitor

VERSION, STANDARD = "Sandbags in Riverside", "Be ready"

# address, cookie, header → what they are to see
VISITORS: dict[str, tuple[tuple[str, str], dict[str, str], str]] = {
    "in Riverside": ((RIVERSIDE, ""), {}, VERSION),
    "in Riverside, who said yes": ((RIVERSIDE, "personalise_choice=allowed.1"), {}, VERSION),
    "in Hilltop": ((HILLTOP, ""), {}, STANDARD),
    "of no known place": ((NOWHERE, ""), {}, STANDARD),
    "in Riverside, who refused": ((RIVERSIDE, "personalise_choice=refused.1"), {}, STANDARD),
    "in Riverside, with GPC": ((RIVERSIDE, ""), {"Sec_GPC": "1"}, STANDARD),
}
ASKS = "personalise-banner"  # in a page with the banner


@pytest.mark.parametrize("order", list(permutations(VISITORS, 2)))
def test_each_sees_their_own_version_made_or_kept(
    page_cache: str, agency_page: AgencyPage, places_by_address: Any, order: tuple[str, str]
) -> None:
    for _round in range(2):
        for who in order:
            given, headers, expected = VISITORS[who]
            shown = text(visitor(*given, **headers).get("/flood/"))
            assert expected in shown
            assert ({VERSION, STANDARD} - {expected}).pop() not in shown


def test_the_second_of_a_kind_is_served_without_a_query_and_the_first_of_another_is_not(
    page_cache: str, agency_page: AgencyPage, places_by_address: Any
) -> None:
    with looking(hit=False):
        first = visitor(RIVERSIDE).get("/flood/")
    with looking(hit=True):
        second = visitor("192.0.2.99").get("/flood/")
    assert text(first) == text(second)
    with looking(hit=False):
        other = visitor(HILLTOP).get("/flood/")
    with looking(hit=True):
        assert text(visitor(NOWHERE).get("/flood/")) == text(other)  # in no segment either
    with looking(hit=False):
        refused = visitor(RIVERSIDE, "personalise_choice=refused.1").get("/flood/")
    assert text(refused) != text(other)  # there is nothing to ask them
    with looking(hit=True):
        assert text(visitor(RIVERSIDE, Sec_GPC="1").get("/flood/")) == text(refused)


def test_what_leaves_the_server_is_private_and_says_nothing_of_how_it_was_kept(
    page_cache: str, agency_page: AgencyPage, places_by_address: Any
) -> None:
    for _made, _kept in ((1, 0), (0, 1)):
        response = visitor(RIVERSIDE).get("/flood/")
        assert response["Cache-Control"] == "private, no-cache"
        assert "Expires" not in response.headers
        assert {"Cookie", "Sec-GPC", "DNT"} <= vary(response)
        assert "personalise" not in str(response.headers).lower()


@pytest.mark.parametrize("answer", ["y", "1", "v.y", "-", ""])
def test_nobody_chooses_an_outcome_by_sending_a_header(
    page_cache: str, agency_page: AgencyPage, riverside: Segment, places_by_address: Any, answer: str
) -> None:
    text(visitor(RIVERSIDE).get("/flood/"))
    for name in (f"X-Personalise-v-b-y{riverside.pk}", f"X-Personalise-v-y{riverside.pk}", "X-Personalise-v"):
        for _again in range(2):
            assert STANDARD in text(visitor(HILLTOP, **{name.replace("-", "_"): answer}).get("/flood/"))
    assert VERSION in text(visitor(RIVERSIDE).get("/flood/"))


def test_a_publication_reaches_a_kept_page_at_once(
    page_cache: str, agency_page: AgencyPage, riverside: Segment, places_by_address: Any
) -> None:
    for _twice in range(2):
        assert VERSION in text(visitor(RIVERSIDE).get("/flood/"))
        assert STANDARD in text(visitor(HILLTOP).get("/flood/"))
    rule = riverside.get_rules()[0]
    rule.cities = ["Hilltop"]
    with committed():
        rule.save()
    for _twice in range(2):
        assert STANDARD in text(visitor(RIVERSIDE).get("/flood/"))
        assert VERSION in text(visitor(HILLTOP).get("/flood/"))
    with committed():
        riverside.unpublish()
    for _twice in range(2):
        assert STANDARD in text(visitor(HILLTOP).get("/flood/"))


def test_a_segment_that_goes_live_reaches_a_page_that_was_kept_before(
    page_cache: str, home: AgencyPage, places_by_address: Any
) -> None:
    draft = make_segment("riverside", LocationRule(cities=["Riverside"]), live=False)
    offer = personalised(hero(STANDARD), (draft, hero(VERSION)))
    make_page("Flood", ("offer", offer), parent=home, slug="flood")
    for _twice in range(2):
        assert STANDARD in text(visitor(RIVERSIDE).get("/flood/"))
    with committed():
        draft.save_revision().publish()
    for _twice in range(2):
        assert VERSION in text(visitor(RIVERSIDE).get("/flood/"))


def test_a_site_on_which_nothing_was_ever_published_keeps_its_pages(
    page_cache: str, home: AgencyPage, places_by_address: Any
) -> None:
    draft = make_segment("riverside", LocationRule(cities=["Riverside"]), live=False)
    offer = personalised(hero(STANDARD), (draft, hero(VERSION)))
    make_page("Flood", ("offer", offer), parent=home, slug="flood")
    RulesetState.objects.all().delete()
    cache.delete(CACHE_KEY)
    holder.check_again()
    visitor(RIVERSIDE).get("/flood/")
    with looking(hit=True):
        assert STANDARD in text(visitor(HILLTOP).get("/flood/"))


def test_a_pause_and_its_end_reach_a_kept_page(
    page_cache: str, agency_page: AgencyPage, places_by_address: Any
) -> None:
    client = visitor(RIVERSIDE)
    assert VERSION in text(client.get("/flood/"))
    with committed():
        pause(by="a test")
    for hit in (False, True):
        with looking(hit=hit):
            paused = visitor(RIVERSIDE).get("/flood/")
        assert STANDARD in text(paused)
        assert "private" not in paused.headers.get("Cache-Control", "")
        assert "personalise" not in str(paused.headers).lower()
    with committed():
        resume()
    for _twice in range(2):
        assert VERSION in text(visitor(RIVERSIDE).get("/flood/"))


def test_a_page_that_asks_nothing_is_as_it_is_without_our_line(
    page_cache: str, plain_page: PlainPage, settings: Any
) -> None:
    ours = [visitor(cookie=cookie).get("/plain/") for cookie in ("", "personalise_choice=refused.1")]
    cache.clear()
    settings.MIDDLEWARE = [line for line in settings.MIDDLEWARE if "personalise" not in line]
    plain = [Client().get("/plain/") for _twice in range(2)]
    for response, without in zip(ours, plain, strict=True):
        assert response.content == without.content
        assert dict(response.headers) | {"Expires": ""} == dict(without.headers) | {"Expires": ""}


def test_copies_are_bounded_and_all_others_are_still_served_their_own(
    page_cache: str, home: AgencyPage, places_by_address: Any, configure: Any
) -> None:
    configure(OUTCOMES_PER_PAGE=2)
    riverside = make_segment("riverside", LocationRule(cities=["Riverside"]))
    hilltop = make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    offer = personalised(hero(STANDARD), (riverside, hero(VERSION)), (hilltop, hero("Roads closed")))
    make_page("Flood", ("offer", offer), parent=home, slug="flood")
    expected = {RIVERSIDE: VERSION, HILLTOP: "Roads closed", NOWHERE: STANDARD}
    for _round in range(3):
        for address, words in expected.items():
            assert words in text(visitor(address).get("/flood/"))
    kept = Outcomes("http://testserver/flood/").kept()
    assert len(kept) == 2
    assert all(str(riverside.pk) in outcome and str(hilltop.pk) in outcome for outcome in kept)
    with looking(hit=True):
        visitor(RIVERSIDE).get("/flood/")
    with looking(hit=False):
        visitor(NOWHERE).get("/flood/")  # came third


@pytest.mark.parametrize("said", ["no-store", "private", "max-age=0"])
def test_a_view_that_wants_no_copy_has_none(
    page_cache: str, agency_page: AgencyPage, places_by_address: Any, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    serve = AgencyPage.serve

    def and_say(page: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        response = serve(page, request, *args, **kwargs)
        response["Cache-Control"] = said
        return response

    monkeypatch.setattr(AgencyPage, "serve", and_say)
    for _twice in range(2):
        with looking(hit=False):
            assert VERSION in text(visitor(RIVERSIDE).get("/flood/"))
    assert not Outcomes("http://testserver/flood/").kept()


def test_where_the_outcomes_cannot_be_asked_pages_go_on_and_the_log_says_so_once(
    page_cache: str,
    agency_page: AgencyPage,
    places_by_address: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def away(*args: Any, **kwargs: Any) -> Any:
        raise ConnectionError("away")

    monkeypatch.setattr(plugged, "_logged_at", {})
    monkeypatch.setattr(type(cache._connections["default"]), "get_many", away)
    for _three in range(3):
        assert VERSION in text(visitor(RIVERSIDE).get("/flood/"))
        assert STANDARD in text(visitor(HILLTOP).get("/flood/"))
    assert caplog.text.count("can't be asked for its outcomes (ConnectionError)") == 1


def test_a_page_that_asks_more_of_some_visitors_settles_on_asking_it_of_all(
    page_cache: str, home: AgencyPage, places_by_address: Any
) -> None:
    """Else the copies of two kinds of visitors would drive each other out for ever."""
    riverside = make_segment("riverside", LocationRule(cities=["Riverside"]))
    england = make_segment("england", LocationRule(subdivisions=["GB-ENG"]))
    page = make_page("Flood", ("hero", hero(STANDARD)), parent=home, slug="flood")
    page.body = [
        {
            "type": "offer",
            "id": "0e2b9d0e-6f0b-4b8a-9d3e-8a5f3c1a2b3c",
            "value": personalised(hero(STANDARD), (riverside, hero(VERSION))),
        }
    ]
    page.save()
    asked: list[str] = []

    def ask_more(request: Any) -> None:
        if request.visit.includes("riverside"):
            asked.append("more")
            request.visit.includes("england")

    original = AgencyPage.get_context
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            AgencyPage,
            "get_context",
            lambda self, request, *args, **kwargs: (ask_more(request), original(self, request, *args, **kwargs))[1],
        )
        for _until_settled in range(2):
            visitor(RIVERSIDE).get("/flood/")
            visitor(NOWHERE).get("/flood/")
        for address in (RIVERSIDE, NOWHERE, RIVERSIDE, NOWHERE):
            with looking(hit=True):
                visitor(address).get("/flood/")
    assert asked
    assert england.pk


def test_memory_is_kept_of_whom_a_kept_page_is_shown_and_of_nobody_else(page_cache: str, home: AgencyPage) -> None:
    new = make_segment("new", FirstTimeVisitorRule())
    make_page("Welcome", ("offer", personalised(hero("Back"), (new, hero("New")))), parent=home, slug="welcome")
    first, second, refuses = Client(), Client(), visitor(cookie="personalise_choice=refused.1")
    assert ">New<" in text(first.get("/welcome/"))
    assert "personalise_visit" in first.cookies
    with looking(hit=True):
        shown = second.get("/welcome/")
    assert ">New<" in text(shown)
    assert second.cookies["personalise_memory"].value  # a cookie of their own, though the view was not run
    refuses.get("/welcome/")
    assert set(refuses.cookies) == {"personalise_choice"}
    del first.cookies["personalise_visit"]  # the browser was closed
    assert ">Back<" in text(first.get("/welcome/"))
    with looking(hit=True):
        del second.cookies["personalise_visit"]
        assert ">Back<" in text(second.get("/welcome/"))


def test_a_choice_is_confirmed_once_and_to_nobody_else(
    page_cache: str, agency_page: AgencyPage, places_by_address: Any
) -> None:
    client = visitor(RIVERSIDE)
    assert ASKS in text(client.get("/flood/"))
    answer = client.post(
        "/personalisation/choice/", {"choice": "refused", "next": "/flood/"}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert answer.status_code == 303
    confirmed = text(client.get("/flood/"))
    assert STANDARD in confirmed
    assert ASKS in confirmed
    for _twice in range(2):
        assert ASKS not in text(client.get("/flood/"))
    other = text(visitor(RIVERSIDE).get("/flood/"))
    assert VERSION in other
    assert "refused" in other  # the button
    assert other != confirmed
