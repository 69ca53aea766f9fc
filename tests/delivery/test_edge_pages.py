"""A page of which the CDN has decided everything is for all who get the same answers; others are private as ever."""

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, AsyncRequestFactory, Client

from tests.agency.models import AgencyPage, PlainPage
from tests.factories import committed, hero, make_page, make_segment, personalised
from wagtail_personalise_gov.compiling import pause
from wagtail_personalise_gov.middleware import PersonaliseMiddleware
from wagtail_personalise_gov.models import LocationRule, PagesViewedRule, Segment, SegmentRule

HEADER = "X-Edge-Riverside"


@pytest.fixture(autouse=True)
def edge(configure: Callable[..., None], places_by_address: Any) -> Any:
    """A CDN at 127.0.0.1 decides who is in Riverside; by their addresses all visitors are somewhere else."""
    configure(EDGE_ANSWERS={"riverside": HEADER}, TRUSTED_PROXIES=["127.0.0.1"])
    return places_by_address


def get(path: str = "/flood/", said: str | None = "1", address: str = "127.0.0.1", **headers: str) -> Any:
    told = {} if said is None else {HEADER: said}
    return Client(REMOTE_ADDR=address).get(path, headers={"X-Forwarded-For": "198.51.100.7", **told, **headers})


def vary(response: Any) -> set[str]:
    return {name.strip() for name in response.headers.get("Vary", "").split(",") if name.strip()} - {"origin", "Accept"}


def is_private(response: Any) -> bool:
    return "private" in response.headers.get("Cache-Control", "")


@pytest.mark.parametrize("said, words", [("1", "Sandbags"), ("0", "Be ready")])
def test_a_page_that_the_cdn_decided_is_public_and_varies_on_the_answer_alone(
    agency_page: AgencyPage, edge: Any, said: str, words: str
) -> None:
    response = get(said=said)
    assert words in response.content.decode()
    assert HEADER in vary(response)
    assert "Sec-GPC" not in vary(response)
    assert "Cache-Control" not in response.headers
    assert not response.cookies
    assert edge.looked == 0


@pytest.mark.parametrize("cookie", ["personalise_choice=refused.1", "personalise_choice=allowed.1", "a=b"])
def test_nothing_else_of_the_visitor_changes_it_since_the_copy_is_for_all(agency_page: AgencyPage, cookie: str) -> None:
    assert get(Cookie=cookie, **{"Sec-GPC": "1"}).content == get().content


@pytest.mark.parametrize("asked", [{"said": None}, {"said": "yes"}, {"address": "203.0.113.9"}])
def test_without_an_answer_from_the_cdn_the_rules_decide_and_the_page_is_private(
    agency_page: AgencyPage, asked: dict[str, Any]
) -> None:
    response = get(**asked)
    assert "Be ready" in response.content.decode()
    assert is_private(response)
    assert {"Cookie", "Sec-GPC"} <= vary(response)


def test_a_page_that_asks_another_segment_too_is_private_and_varies_on_both(
    agency_page: AgencyPage, home: AgencyPage, riverside: Segment
) -> None:
    hilltop = make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    offer = personalised(hero("Nobody's"), (riverside, hero("Sandbags")), (hilltop, hero("Hill")))
    make_page("Both", ("offer", offer), parent=home, slug="both")
    assert "Sandbags" in get("/both/").content.decode()
    response = get("/both/", said="0")
    assert "Hill" in response.content.decode()
    assert is_private(response)
    assert {HEADER, "Cookie", "X-Forwarded-For"} <= vary(response)


def test_a_version_for_a_segment_that_is_not_live_keeps_no_page_private(
    agency_page: AgencyPage, home: AgencyPage, riverside: Segment
) -> None:
    draft = make_segment("draft", LocationRule(cities=["Hilltop"]), live=False)
    offer = personalised(hero("Standard"), (draft, hero("Draft")), (riverside, hero("Sandbags")))
    make_page("Both", ("offer", offer), parent=home, slug="both")
    response = get("/both/")
    assert "Sandbags" in response.content.decode()
    assert not is_private(response)


def test_a_segment_with_a_rule_about_it_asks_its_own_facts(home: AgencyPage, riverside: Segment) -> None:
    near = make_segment("near", SegmentRule(other=riverside))
    make_page("Near", ("offer", personalised(hero("Far"), (near, hero("Near")))), parent=home, slug="near")
    response = get("/near/")
    assert ">Far<" in response.content.decode()
    assert is_private(response)


def test_a_segment_in_learning_mode_changes_nothing(home: AgencyPage) -> None:
    segment = make_segment("riverside", LocationRule(cities=["Riverside"]), learning=True)
    make_page("Flood", ("offer", personalised(hero("Be ready"), (segment, hero("No")))), parent=home, slug="flood")
    response = get()
    assert "Be ready" in response.content.decode()
    assert not is_private(response)


def test_counting_and_shares_held_back_leave_it_public(home: AgencyPage, configure: Callable[..., None]) -> None:
    configure(COUNTING=True)
    segment = make_segment("riverside", LocationRule(cities=["Riverside"]), holdout_percent=50)
    make_page(
        "Flood", ("offer", personalised(hero("Be ready"), (segment, hero("Sandbags")))), parent=home, slug="flood"
    )
    for _visitor in range(10):
        response = get()
        assert "Sandbags" in response.content.decode()
        assert not is_private(response)
        assert not response.cookies


def test_while_paused_or_off_it_depends_on_nothing(agency_page: AgencyPage, configure: Callable[..., None]) -> None:
    configure(MODE="off")
    assert "Be ready" in get().content.decode()
    assert HEADER not in vary(get())
    configure(MODE="opt_out")
    with committed():
        pause(by="test")
    assert "Be ready" in get().content.decode()
    assert HEADER not in vary(get())


def test_a_page_that_is_remembered_is_private_and_still_varies_on_the_answer(agency_page: AgencyPage) -> None:
    make_segment("reader", PagesViewedRule(page=agency_page))
    response = get()
    assert "Sandbags" in response.content.decode()
    assert is_private(response)
    assert HEADER in vary(response)


@pytest.mark.parametrize(
    "asks, words", [("personalise=standard", "Be ready"), ("personalise_as=riverside", "Sandbags")]
)
def test_what_an_address_asks_for_comes_before_the_answer(agency_page: AgencyPage, asks: str, words: str) -> None:
    for said in "01":
        response = get(f"/flood/?{asks}", said=said)
        assert words in response.content.decode()
        assert "private" in response.headers["Cache-Control"]


def test_the_banner_stands_on_it_the_same_for_everybody(agency_page: AgencyPage, plain_page: PlainPage) -> None:
    """Hidden, for a script to show to those who have not chosen."""
    pages = {
        get(Cookie=cookie).content for cookie in ("", "personalise_choice=refused.1", "personalise_choice=allowed.1")
    }
    [page] = pages
    assert b"personalise-banner" in page


OURS = "wagtail_personalise_gov.middleware.PersonaliseMiddleware"
OUTER = "wagtail_personalise_gov.middleware.PageCacheMiddleware"
UPDATE = "django.middleware.cache.UpdateCacheMiddleware"


@pytest.mark.parametrize("order", [[OURS, UPDATE], [UPDATE, OURS], [OUTER, UPDATE, OURS]])
def test_a_page_cache_of_the_site_leaves_it_to_the_cdn(
    agency_page: AgencyPage, plain_page: PlainPage, settings: Any, order: list[str]
) -> None:
    rest = [name for name in settings.MIDDLEWARE if name != OURS]
    settings.MIDDLEWARE = [*order, *rest, "django.middleware.cache.FetchFromCacheMiddleware"]
    settings.CACHE_MIDDLEWARE_SECONDS = 600
    asked = [("1", "Sandbags"), ("0", "Be ready"), (None, "Be ready"), ("1", "Sandbags"), (None, "Be ready")]
    for said, words in asked:
        response = get(said=said)
        assert words in response.content.decode()
        assert is_private(response) is (said is None)
        assert HEADER in vary(response) or said is None
    assert get("/plain/").headers["Expires"]  # which that cache did keep


def test_it_is_so_under_asgi_and_of_a_view_of_ones_own(agency_page: AgencyPage) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(await sync_to_async(request.visit.includes)("riverside")))

    page = async_to_sync(AsyncClient().get)("/flood/", headers={HEADER: "1"})
    own = async_to_sync(PersonaliseMiddleware(view))(AsyncRequestFactory().get("/", headers={HEADER: "1"}))
    assert "Sandbags" in page.content.decode()
    assert own.content == b"True"
    assert HEADER in vary(page) & vary(own)
    assert not is_private(page)
    assert not is_private(own)
