"""What responses say to caches, and that no cache ever serves one visitor's version to another."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from wagtail.models import Page

from tests.agency.models import AgencyPage
from tests.factories import make_page, make_segment, personalised
from tests.requirements.marks import requirement
from tests.requirements.visitors import (
    ABOUT,
    API,
    CHOICE,
    FIREFOX,
    HILLTOP,
    IPHONE,
    NOWHERE,
    RIVERSIDE,
    Visitor,
    directives,
    vary,
)
from wagtail_personalise_gov import models
from wagtail_personalise_gov.middleware import PersonaliseMiddleware
from wagtail_personalise_gov.models import FirstTimeVisitorRule, Segment

VERSION, STANDARD = "Sandbags in Riverside", "Be ready"
OURS = "wagtail_personalise_gov.middleware.PersonaliseMiddleware"
PAGE_CACHES = {"Django's": "django.middleware.cache", "wagtail-cache": "wagtailcache.cache"}


def through(request: HttpRequest, view: Callable[[HttpRequest], HttpResponse]) -> Any:
    """A view behind the middleware and nothing else."""
    return PersonaliseMiddleware(view)(request)


def asks(**headers: str) -> Callable[[HttpRequest], HttpResponse]:
    """A view that asks about its visitor, and sets these headers itself."""

    def view(request: HttpRequest) -> HttpResponse:
        request.visit.includes("riverside")  # type: ignore[attr-defined]
        return HttpResponse(headers={name.replace("_", "-"): value for name, value in headers.items()})

    return view


# --- 52 to 56: headers ------------------------------------------------------------------------------------------------


@requirement(52)
@pytest.mark.parametrize("address, text", [(RIVERSIDE, VERSION), (HILLTOP, STANDARD), (NOWHERE, STANDARD)])
@pytest.mark.parametrize("choice", ["", "allowed.1", "refused.1"])
def test_a_page_that_asked_about_its_visitor_is_private_whatever_it_shows(
    site: Segment, address: str, text: str, choice: str
) -> None:
    visitor = Visitor(address)
    if choice:
        visitor.cookies["personalise_choice"] = choice
    answer = visitor.get("/flood/")
    assert (STANDARD if choice == "refused.1" else text) in answer.content.decode()
    assert "private" in directives(answer)
    assert not {part.partition("=")[0] for part in directives(answer)} & {"public", "s-maxage", "max-age"}
    assert "Expires" not in answer.headers
    plain = visitor.get("/plain/")
    assert "private" not in directives(plain)


@requirement(52)
@pytest.mark.parametrize(
    "given", ["public", "public, max-age=600", "S-MaxAge=600, PUBLIC", "max-age=60, stale-while-revalidate=600", ""]
)
def test_what_a_view_itself_says_to_caches_does_not_make_it_public(
    rf: RequestFactory, site: Segment, given: str
) -> None:
    answer = through(
        rf.get("/"), asks(Cache_Control=given, CDN_Cache_Control="max-age=600", Surrogate_Control="max-age=9")
    )
    assert directives(answer) == {"private", "no-cache"}
    assert not {"CDN-Cache-Control", "Surrogate-Control"} & set(answer.headers)
    untouched = through(rf.get("/"), lambda request: HttpResponse(headers={"Cache-Control": given}))
    assert untouched.headers["Cache-Control"] == given


@requirement(53)
def test_vary_is_the_same_for_who_gets_a_version_and_who_gets_the_standard_one(site: Segment) -> None:
    answers = [
        Visitor(RIVERSIDE).get("/flood/"),
        Visitor(HILLTOP).get("/flood/"),
        Visitor(NOWHERE).get("/flood/"),
        Visitor(RIVERSIDE, Sec_GPC="1").get("/flood/"),
        Visitor(RIVERSIDE, DNT="1").get("/flood/"),
    ]
    for choice in ("allowed.1", "refused.1", "nonsense"):
        visitor = Visitor(RIVERSIDE)
        visitor.cookies["personalise_choice"] = choice
        answers.append(visitor.get("/flood/"))
    assert len({VERSION in answer.content.decode() for answer in answers}) == 2
    assert {frozenset(vary(answer)) for answer in answers} == {
        frozenset({"Cookie", "Sec-GPC", "DNT", "X-Forwarded-For"})
    }
    assert "Sec-GPC" not in vary(Visitor().get("/plain/"))


@requirement(54)
@pytest.mark.parametrize(
    "rule, headers",
    [
        (lambda: models.DeviceRule(kinds=["mobile"]), {"User-Agent", "Sec-CH-UA-Mobile"}),
        (lambda: models.LanguageRule(languages=["cy"]), {"Accept-Language"}),
        (lambda: models.ReferrerRule(kinds=["search"]), {"Referer"}),
        (lambda: models.LocationRule(countries=["GB"]), {"CF-IPCountry", "cf-ipcity", "cf-region-code"}),
        (lambda: models.NetworkRule(name="n", networks=["192.0.2.0/24"]), {"X-Forwarded-For"}),
        (lambda: models.QueryRule(parameter="topic"), set()),  # it is part of the address
    ],
    ids=["device", "language", "referrer", "place", "network", "query"],
)
def test_vary_names_every_header_that_was_read(
    home: AgencyPage, configure: Any, rule: Callable[[], Any], headers: set[str]
) -> None:
    configure(
        GEO_PROVIDER="wagtail_personalise_gov.visit.geo.HeaderGeo",
        GEO_HEADERS="cloudflare",
        TRUSTED_PROXIES=["10.0.0.0/8"],
    )
    who = make_segment("who", rule())
    make_page("Tried", ("line", personalised("All", (who, "Some"))), parent=home, slug="tried")
    named = vary(Visitor().get("/tried/"))
    assert {"cookie", "sec-gpc", "dnt"} | {name.lower() for name in headers} <= {name.lower() for name in named}
    others = {"User-Agent", "Accept-Language", "CF-IPCountry"} - headers
    assert not others & set(named)
    assert len(named) == len({name.lower() for name in named})


@requirement(54)
def test_vary_that_stood_there_stays(rf: RequestFactory, site: Segment) -> None:
    named = vary(through(rf.get("/"), asks(Vary="Accept-Encoding, cookie")))
    assert named[:2] == ["Accept-Encoding", "cookie"]
    assert [name.lower() for name in named].count("cookie") == 1
    assert {"sec-gpc", "dnt"} <= {name.lower() for name in named}


@requirement(55)
@pytest.mark.parametrize("choice", ["allowed", "refused", "hide", "no such choice"])
def test_the_answer_to_a_choice_is_kept_by_no_cache(site: Segment, choice: str) -> None:
    answers = [
        Visitor().sends(CHOICE, choice=choice),
        Visitor().sends("/personalisation/forget/"),
        Visitor().post(CHOICE, {"choice": choice}, headers={"Sec-Fetch-Site": "cross-site"}),
        Visitor().put(f"{API}/preference/", {"preference": choice}, content_type="application/json"),
    ]
    assert all("no-store" in directives(answer) for answer in answers)


@requirement(56)
def test_no_response_that_a_shared_cache_may_keep_sets_a_cookie(site: Segment, configure: Any, clock: Any) -> None:
    """With everything switched on that sets one, on any page, over two visits."""
    configure(COUNTING=True, REMEMBER_LANDING="everywhere", BANNER="everywhere")
    make_segment("new", FirstTimeVisitorRule())
    make_segment("from-search", models.ReferrerRule(kinds=["search"]))
    paths = ("/", "/plain/", "/flood/", "/nowhere/", ABOUT, "/personalisation/register.json", f"{API}/visit/")
    set_somewhere = set()
    for path in paths:
        for headers in ({}, {"Referer": "https://duckduckgo.com/"}):
            answer = Visitor().get(path, headers=headers)
            set_somewhere |= set(answer.cookies)
            assert not answer.cookies or "private" in directives(answer), path
    assert {"personalise_visit", "personalise_memory", "personalise_count"} & set_somewhere
    assert not Visitor().get("/personalisation/register.json").cookies  # which is public


# --- 57 to 59: caches -------------------------------------------------------------------------------------------------


@pytest.fixture(params=PAGE_CACHES)
def page_cache(request: pytest.FixtureRequest, settings: Any) -> str:
    """A page cache before the site, and our middleware directly after its update half, as the system check asks."""
    module = PAGE_CACHES[request.param]
    if request.param == "wagtail-cache":
        reason = "wagtail-cache is not installed, or not one for this Wagtail"
        pytest.importorskip(module, reason=reason, exc_type=ImportError)
    others = [name for name in settings.MIDDLEWARE if name != OURS]
    settings.MIDDLEWARE = [f"{module}.UpdateCacheMiddleware", OURS, *others, f"{module}.FetchFromCacheMiddleware"]
    settings.CACHE_MIDDLEWARE_SECONDS = 600
    return str(request.param)


WHO: dict[str, tuple[str, dict[str, str], str, str]] = {  # address, headers, choice, what they see
    "in Riverside": (RIVERSIDE, {}, "", VERSION),
    "in Hilltop": (HILLTOP, {}, "", STANDARD),
    "refused": (RIVERSIDE, {}, "refused.1", STANDARD),
    "with GPC": (RIVERSIDE, {"Sec_GPC": "1"}, "", STANDARD),
}


@requirement(57)
@pytest.mark.parametrize("first, second", list(permutations(WHO, 2)))
def test_a_page_cache_never_serves_one_visitors_page_to_another(
    page_cache: str, site: Segment, first: str, second: str
) -> None:
    for who in (first, second, first):
        address, headers, choice, expected = WHO[who]
        visitor = Visitor(address, **headers)
        if choice:
            visitor.cookies["personalise_choice"] = choice
        html = visitor.reads("/flood/")
        assert expected in html
        assert ({VERSION, STANDARD} - {expected}).pop() not in html


@requirement(57, 59)
def test_the_page_cache_does_serve_what_is_the_same_for_all(page_cache: str, site: Segment) -> None:
    """Else the test above would prove nothing."""
    first = Visitor(RIVERSIDE).get("/plain/")
    refuser = Visitor(HILLTOP, IPHONE, Sec_GPC="1")
    refuser.cookies["personalise_choice"] = "refused.1"
    with CaptureQueriesContext(connection) as queries:
        second = refuser.get("/plain/")
    assert second.content == first.content
    assert len(queries) == 0
    assert not second.cookies


class CacheThatIgnoresVary:
    """A network's edge: keeps by address alone whatever it may keep, and knows no Vary (requirement 58)."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def get(self, visitor: Visitor, path: str) -> str:
        if path not in self.kept:
            answer = visitor.get(path)
            if not {"private", "no-store", "no-cache"} & directives(answer):
                self.kept[path] = answer.content
            return str(answer.content.decode())
        return self.kept[path].decode()


@requirement(58)
@pytest.mark.parametrize("first, second", list(permutations(WHO, 2)))
def test_an_edge_that_ignores_vary_serves_nobodys_version_to_another(site: Segment, first: str, second: str) -> None:
    edge = CacheThatIgnoresVary()
    for who in (first, second):
        address, headers, choice, expected = WHO[who]
        visitor = Visitor(address, **headers)
        if choice:
            visitor.cookies["personalise_choice"] = choice
        assert expected in edge.get(visitor, "/flood/")
        edge.get(visitor, "/plain/")
    assert set(edge.kept) == {"/plain/"}


@requirement(59)
def test_a_page_that_asks_nothing_is_public_and_the_same_for_all_and_no_fragment_is_public(site: Segment) -> None:
    answers = [
        Visitor(RIVERSIDE, IPHONE).get("/plain/"),
        Visitor(HILLTOP, FIREFOX, Sec_GPC="1", Referer="https://duckduckgo.com/").get("/plain/"),
    ]
    assert answers[0].content == answers[1].content
    for answer in answers:
        assert not answer.cookies
        assert not directives(answer) & {"private", "no-store"}
    page = Page.objects.get(slug="flood")
    content = Visitor(RIVERSIDE).get(f"{API}/pages/{page.pk}/")  # a version by itself is to be had here only
    assert VERSION in content.content.decode()
    assert {"private", "no-store"} <= directives(content)
    assert not content.cookies


# --- 60 and 61 --------------------------------------------------------------------------------------------------------


@requirement(60)
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver"])
def test_answers_of_the_api_are_private_and_open_to_no_origin_at_large(site: Segment, origin: str) -> None:
    page = Page.objects.get(slug="flood")
    visitor = Visitor(RIVERSIDE)
    visitor.get("/flood/")
    put = {"content_type": "application/json", "headers": {"Origin": origin}}
    for answer in (
        visitor.get(f"{API}/visit/", headers={"Origin": origin}),
        visitor.get(f"{API}/pages/{page.pk}/", headers={"Origin": origin}),
        visitor.put(f"{API}/preference/", {"preference": "refused"}, **put),
        visitor.put(f"{API}/intent/", {"intent": None}, **put),
    ):
        assert {"private", "no-store"} <= directives(answer)
        assert "public" not in directives(answer)
        assert answer.headers.get("Access-Control-Allow-Origin") is None
        assert answer.headers.get("Access-Control-Allow-Credentials") is None
    plain = Page.objects.get(slug="plain")
    assert not directives(visitor.get(f"{API}/pages/{plain.pk}/")) & {"public"}


@requirement(61)
def test_browsers_are_asked_for_no_hints_and_only_one_that_arrives_unasked_is_read(home: AgencyPage) -> None:
    phones = make_segment("phones", models.DeviceRule(kinds=["mobile"]))
    make_page("Tried", ("line", personalised("All", (phones, "Phones"))), parent=home, slug="tried")
    for path in ("/tried/", ABOUT, f"{API}/visit/"):
        answer = Visitor(agent=FIREFOX).get(path)
        assert not {name.lower() for name in answer.headers} & {"accept-ch", "critical-ch"}
        assert not re.search(r"<meta[^>]+accept-ch", answer.content.decode(), re.IGNORECASE)
    assert "Phones" in Visitor(agent=FIREFOX, Sec_CH_UA_Mobile="?1").reads("/tried/")
    assert "Phones" not in Visitor(agent=FIREFOX, Sec_CH_UA_Mobile="?0").reads("/tried/")
    asked_for = Visitor(agent=FIREFOX, Sec_CH_UA_Model="Pixel 9", Sec_CH_UA_Form_Factors='"Mobile"')
    assert "Phones" not in asked_for.reads("/tried/")
    assert {name for name in vary(asked_for.get("/tried/")) if name.startswith("Sec-CH")} == {"Sec-CH-UA-Mobile"}
