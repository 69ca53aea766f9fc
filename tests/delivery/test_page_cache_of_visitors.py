"""Behind a page cache, what is one visitor's stays theirs: counts, answers, pages seen, cookies, looks of editors."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.middleware.cache import FetchFromCacheMiddleware, UpdateCacheMiddleware
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.test import AsyncClient, Client, RequestFactory
from django.urls import reverse
from django.views.decorators.cache import cache_page

from tests.agency.models import AgencyPage, PlainPage
from tests.counting.gathered import BROWSER, PATH, GatheredBuffer
from tests.factories import hero, make_intent, make_page, make_segment, personalised
from wagtail_personalise_gov.core.counting import Arm
from wagtail_personalise_gov.core.decision import Reason
from wagtail_personalise_gov.middleware import PageCacheMiddleware, PersonaliseMiddleware
from wagtail_personalise_gov.models import (
    AccountRule,
    LocationRule,
    PagesViewedRule,
    Segment,
    VisitIntentRule,
)

from .page_caches import HILLTOP, NOWHERE, RIVERSIDE, looking, text, vary, visitor

VERSION, STANDARD = "Sandbags in Riverside", "Be ready"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


# What is counted


@pytest.fixture
def counting(configure: Any, places_by_address: Any) -> type[GatheredBuffer]:
    GatheredBuffer.totals.clear()
    configure(COUNTING=True, COUNTING_BUFFER=PATH)
    return GatheredBuffer


def arms(totals: Any) -> dict[Arm, int]:
    counted: dict[Arm, int] = {}
    for tally, number in totals.items():
        counted[tally.exposure.arm] = counted.get(tally.exposure.arm, 0) + number
    return counted


def test_who_is_shown_a_kept_page_is_counted_as_whom_it_was_made_for(
    page_cache: str, agency_page: AgencyPage, counting: type[GatheredBuffer]
) -> None:
    for address in (RIVERSIDE, "192.0.2.8", "192.0.2.9", HILLTOP, NOWHERE):
        assert visitor(address, User_Agent=BROWSER).get("/flood/").status_code == 200
    assert arms(counting.totals) == {Arm.VARIANT: 3, Arm.STANDARD: 2}


def test_a_page_made_for_somebody_who_is_not_counted_counts_those_it_is_kept_for(
    page_cache: str, agency_page: AgencyPage, counting: type[GatheredBuffer]
) -> None:
    visitor(RIVERSIDE, "personalise_choice=undecided-uncounted.1", User_Agent=BROWSER).get("/flood/")
    visitor(RIVERSIDE, User_Agent="Googlebot/2.1 (+http://www.google.com/bot.html)").get("/flood/")
    assert not counting.totals
    with looking(hit=True):
        visitor(RIVERSIDE, User_Agent=BROWSER).get("/flood/")
    assert arms(counting.totals) == {Arm.VARIANT: 1}
    with looking(hit=True):
        visitor(RIVERSIDE, User_Agent="Googlebot/2.1 (+http://www.google.com/bot.html)").get("/flood/")
    assert arms(counting.totals) == {Arm.VARIANT: 1}


def test_who_is_held_back_is_kept_apart_from_who_is_not_in_the_segment(
    page_cache: str, home: AgencyPage, counting: type[GatheredBuffer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They see the standard version, and others the next one that is for them."""
    monkeypatch.setattr("wagtail_personalise_gov.visit.visit.held_back", lambda lot, slug, *shares: True)
    everywhere = make_segment("riverside", LocationRule(cities=["Riverside"]), holdout_percent=50)
    england = make_segment("england", LocationRule(cities=["Riverside", "Hilltop"]))
    offer = personalised(hero(STANDARD), (everywhere, hero(VERSION)), (england, hero("In England")))
    make_page("Flood", ("offer", offer), parent=home, slug="flood")
    for _twice in range(2):
        held = text(visitor(RIVERSIDE, User_Agent=BROWSER).get("/flood/"))
        assert STANDARD in held
        assert "In England" in text(visitor(HILLTOP, User_Agent=BROWSER).get("/flood/"))
        uncounted = visitor(RIVERSIDE, "personalise_choice=undecided-uncounted.1", User_Agent=BROWSER)
        assert VERSION in text(uncounted.get("/flood/"))
    assert arms(counting.totals) == {Arm.HOLDOUT: 2, Arm.VARIANT: 2}


# What visitors say and do


def test_an_intent_is_asked_answered_and_shown_to_nobody_else(page_cache: str, home: AgencyPage) -> None:
    permit, repair = make_intent("permit"), make_intent("repair")
    wants = make_segment("wants-a-permit", VisitIntentRule(intent=permit))
    offer = personalised(hero("Everything"), (wants, hero("How to get a permit")))
    question = {"heading": "What do you need?", "hint": ""}
    make_page("Start", ("intent_question", question), ("offer", offer), parent=home, slug="start")
    client = Client()
    assert "Everything" in text(client.get("/start/"))
    answer = client.post("/personalisation/intent/", {"intent": "permit", "next": "/start/"}, headers=SAME_ORIGIN)
    assert answer.status_code == 303
    for _twice in range(2):
        told = text(client.get("/start/"))
        assert "How to get a permit" in told
        other = text(Client().get("/start/"))
        assert "Everything" in other
        assert "How to get a permit" not in other
    assert "checked" in told or "Permit" in told
    assert other != told
    with looking(hit=True):
        again = Client()
        again.cookies["personalise_visit"] = client.cookies["personalise_visit"].value
        assert text(again.get("/start/")) == told
    assert repair.slug


def test_a_page_that_was_seen_is_noted_from_a_kept_copy_too(page_cache: str, home: AgencyPage) -> None:
    fees = make_page("Fees", ("hero", hero("The fees")), parent=home, model=PlainPage, slug="fees")
    seen = make_segment("saw-the-fees", PagesViewedRule(page=fees))
    offer = personalised(hero(STANDARD), (seen, hero("You saw the fees")))
    make_page("Apply", ("offer", offer), parent=home, slug="apply")
    for _visitor in range(3):
        client = Client()
        assert STANDARD in text(client.get("/apply/"))
        client.get("/fees/", headers={"Referer": "http://testserver/apply/"})
        assert "You saw the fees" in text(client.get("/apply/", headers={"Referer": "http://testserver/fees/"}))
    with looking(hit=True):
        noted = Client().get("/fees/")
    assert "personalise_visit" in noted.cookies
    assert "private" in noted["Cache-Control"]


def test_a_page_that_asks_whether_it_was_seen_itself_is_right_from_the_first_look(
    page_cache: str, home: AgencyPage
) -> None:
    page = make_page("Fees", ("hero", hero("x")), parent=home, slug="fees")
    seen = make_segment("saw-the-fees", PagesViewedRule(page=page))
    page.body = [
        {
            "type": "offer",
            "id": "6c1f5b5e-27ad-4b60-9c4d-0a4f0b9c2d11",
            "value": personalised(hero(STANDARD), (seen, hero("You are here"))),
        }
    ]
    page.save()
    for _visitor in range(3):
        client = Client()
        for _look in range(3):
            assert "You are here" in text(client.get("/fees/"))


# Accounts


def test_who_is_signed_in_and_who_is_not_are_kept_apart(page_cache: str, home: AgencyPage, configure: Any) -> None:
    staff = make_segment("signed-in", AccountRule())
    make_page("Mine", ("offer", personalised(hero("Sign in"), (staff, hero("Welcome back")))), parent=home, slug="mine")
    member = Client()
    member.force_login(User.objects.create_user("member"))
    for _twice in range(2):
        assert "Welcome back" in text(member.get("/mine/"))
        assert "Sign in" in text(Client().get("/mine/"))


# Cookies of others


def test_a_form_s_cookie_is_never_kept_for_the_next_visitor(page_cache: str, settings: Any) -> None:
    """Of somebody who brings only cookies of ours, the cache sees none: what is set for them must not be kept."""

    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(get_token(request))

    inner = FetchFromCacheMiddleware(CsrfViewMiddleware(view))
    site = PageCacheMiddleware(UpdateCacheMiddleware(PersonaliseMiddleware(inner)))
    cache.clear()
    for cookie in ("personalise_choice=refused.1", "personalise_visit=x; personalise_memory=y", ""):
        first = site(RequestFactory().get("/form/", HTTP_COOKIE=cookie))
        second = site(RequestFactory().get("/form/", HTTP_COOKIE=cookie))
        assert first.cookies["csrftoken"].value != second.cookies["csrftoken"].value


def test_a_page_that_varies_on_cookies_is_kept_once_for_all_who_bring_only_ours(page_cache: str) -> None:
    made: list[int] = []

    def view(request: HttpRequest) -> HttpResponse:
        made.append(1)
        return HttpResponse(str(request.COOKIES.get("theme", "none")), headers={"Vary": "Cookie"})

    site = PageCacheMiddleware(UpdateCacheMiddleware(PersonaliseMiddleware(FetchFromCacheMiddleware(view))))
    cache.clear()

    def content(cookie: str) -> bytes:
        request = RequestFactory().get("/", HTTP_COOKIE=cookie)
        if not cookie:
            del request.META["HTTP_COOKIE"]  # a browser sends no header without a cookie, as this factory does
        return bytes(site(request).content)

    for cookie in ("", "personalise_choice=refused.1", "personalise_visit=x; personalise_memory=y"):
        assert content(cookie) == b"none"
    assert len(made) == 1
    for cookie in ("theme=dark", "personalise_choice=refused.1; theme=dark"):
        assert content(cookie) == b"dark"
    assert len(made) == 2


def test_a_page_that_sets_a_cookie_for_one_visitor_is_kept_for_nobody(
    page_cache: str, agency_page: AgencyPage, places_by_address: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve = AgencyPage.serve

    def and_set(page: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = serve(page, request, *args, **kwargs)
        response.set_cookie("survey", request.META["REMOTE_ADDR"])
        return response

    monkeypatch.setattr(AgencyPage, "serve", and_set)
    for address in (RIVERSIDE, "192.0.2.8", "192.0.2.9"):
        assert visitor(address, "personalise_choice=allowed.1").get("/flood/").cookies["survey"].value == address


# What is asked besides


@pytest.mark.parametrize(
    "ask",
    [
        lambda visit: visit.consider(),
        lambda visit: visit.facts.get("location.city"),
        lambda visit: visit.memory.visits,
        lambda visit: visit.place,
        lambda visit: visit.arrival(),
        lambda visit: visit.lot,
        lambda visit: visit.source.host,
        lambda visit: visit.counts,
    ],
)
def test_a_page_made_from_what_cannot_be_told_apart_is_kept_for_nobody(
    page_cache: str, agency_page: AgencyPage, places_by_address: Any, monkeypatch: pytest.MonkeyPatch, ask: Any
) -> None:
    original = AgencyPage.get_context
    monkeypatch.setattr(
        AgencyPage,
        "get_context",
        lambda page, request, *args, **kwargs: (ask(request.visit), original(page, request, *args, **kwargs))[1],
    )
    for _three in range(3):
        with looking(hit=False):
            assert VERSION in text(visitor(RIVERSIDE).get("/flood/"))


def test_a_page_that_says_why_a_segment_matched_or_not_is_kept_by_the_reason(
    page_cache: str, agency_page: AgencyPage, places_by_address: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[Reason | None] = []
    original = AgencyPage.get_context
    monkeypatch.setattr(
        AgencyPage,
        "get_context",
        lambda page, request, *args, **kwargs: (
            said.append(request.visit.decide(["riverside"]).get("riverside")),
            original(page, request, *args, **kwargs),
        )[1],
    )
    for address in (HILLTOP, NOWHERE):  # not in it, and not to be told: the same version, for another reason
        visitor(address).get("/flood/")
    assert said == [Reason.NOT_MATCHED, Reason.UNKNOWN]
    with looking(hit=True):
        visitor(NOWHERE).get("/flood/")


def test_why_a_version_is_shown_is_said_to_each_by_itself(
    page_cache: str, agency_page: AgencyPage, places_by_address: Any, configure: Any
) -> None:
    configure(SAY_WHY=True)
    for _twice in range(2):
        assert "Why am I seeing this?" in text(visitor(RIVERSIDE).get("/flood/"))
        assert "Why am I seeing this?" not in text(visitor(HILLTOP).get("/flood/"))


# Looks that are nobody's visit


def test_what_an_address_asks_to_see_is_neither_kept_nor_taken_from_what_is_kept(
    page_cache: str, agency_page: AgencyPage, places_by_address: Any
) -> None:
    for _twice in range(2):
        assert VERSION in text(visitor(RIVERSIDE).get("/flood/"))
        assert STANDARD in text(visitor(RIVERSIDE).get("/flood/?personalise=standard"))
        assert VERSION in text(visitor(HILLTOP).get("/flood/?personalise_as=riverside"))
        assert STANDARD in text(visitor(HILLTOP).get("/flood/"))


def test_an_editor_who_views_as_others_neither_fills_the_cache_nor_is_served_from_it(
    page_cache: str, agency_page: AgencyPage, riverside: Segment, places_by_address: Any
) -> None:
    editor = visitor(HILLTOP)
    editor.force_login(User.objects.create_superuser("admin"))
    assert STANDARD in text(visitor(HILLTOP).get("/flood/"))
    editor.post(reverse("personalise_seen:start"), {"segments": [riverside.pk], "next": "/flood/"})
    assert editor.cookies.get("personalise_view_as")
    for _twice in range(2):
        seen = editor.get("/flood/")
        assert VERSION in text(seen)
        assert "no-store" in seen["Cache-Control"]
        assert STANDARD in text(visitor(HILLTOP).get("/flood/"))


# Ways in


def test_a_view_s_own_cache_keeps_nothing_of_one_visitor(
    page_cache: str, riverside: Segment, places_by_address: Any
) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(request.visit.includes("riverside")))  # type: ignore[attr-defined]

    site = PageCacheMiddleware(
        UpdateCacheMiddleware(PersonaliseMiddleware(FetchFromCacheMiddleware(cache_page(600)(view))))
    )
    cache.clear()
    for _twice in range(2):
        for address, answer in ((RIVERSIDE, b"True"), (HILLTOP, b"False")):
            response = site(RequestFactory().get("/", REMOTE_ADDR=address))
            assert response.content == answer
            assert response["Cache-Control"] == "private, no-cache"


def test_a_form_that_is_sent_is_never_kept(page_cache: str, riverside: Segment, places_by_address: Any) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(f"{request.method} {request.visit.includes('riverside')}")  # type: ignore[attr-defined]

    site = PageCacheMiddleware(UpdateCacheMiddleware(PersonaliseMiddleware(FetchFromCacheMiddleware(view))))
    cache.clear()
    assert site(RequestFactory().post("/", REMOTE_ADDR=RIVERSIDE)).content == b"POST True"
    assert site(RequestFactory().get("/", REMOTE_ADDR=RIVERSIDE)).content == b"GET True"
    assert site(RequestFactory().post("/", REMOTE_ADDR=HILLTOP)).content == b"POST False"


@pytest.mark.django_db(transaction=True)
def test_under_asgi_pages_are_kept_as_under_wsgi(
    page_cache: str, agency_page: AgencyPage, places_by_header: None
) -> None:
    if page_cache == "wagtail-cache":
        pytest.skip("wagtail-cache's middleware is tried under WSGI; under ASGI it is Django's adapter around the same")

    def get(city: str, **headers: str) -> Any:
        return async_to_sync(AsyncClient().get)("/flood/", headers={"X-City": city, **headers})

    for _twice in range(2):
        for city, words in (("Riverside", VERSION), ("Hilltop", STANDARD)):
            answer = get(city)
            assert words in text(answer)
            assert answer["Cache-Control"] == "private, no-cache"
            assert not any(name.startswith("X-Personalise") for name in vary(answer))
        assert STANDARD in text(get("Riverside", **{"Sec-GPC": "1"}))
