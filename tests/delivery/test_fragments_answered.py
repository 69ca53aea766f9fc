"""What the script of a page with fragments is told: what differs for this visitor, and to nobody else."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from wagtail.models import PageViewRestriction

from tests.agency.models import AgencyPage
from tests.counting.gathered import BROWSER, PATH, GatheredBuffer
from tests.delivery.asking import ADDRESS, SAME, ask, fragments_in, option, told_by
from tests.factories import block_id, committed, hero, make_intent, make_page, make_segment, personalised
from tests.privacy.doubles import CountingGeo
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.models import (
    AccountRule,
    CampaignRule,
    FirstTimeVisitorRule,
    IntentSignal,
    LocationRule,
    PagesViewedRule,
    PathRule,
    QueryRule,
    ReferrerRule,
    Segment,
    VisitIntentRule,
)

KEY = block_id("variant", 0)
RIVERSIDE = {"HTTP_X_CITY": "Riverside"}
SEARCH = "https://www.google.com/"


@pytest.fixture(autouse=True)
def by_fragment(configure: Callable[..., None], places_by_header: None) -> None:
    configure(DELIVERY="fragment")


@pytest.fixture
def visitor() -> Client:
    return Client(HTTP_USER_AGENT=BROWSER, **SAME)


@pytest.fixture
def offering(home: AgencyPage) -> Callable[..., AgencyPage]:
    """``offering(segment)``: a page at /offer/ with a version for it."""

    def make(*segments: Segment, slug: str = "offer") -> AgencyPage:
        variants = [(segment, hero(f"For {segment.slug}")) for segment in segments]
        return make_page("Offer", ("offer", personalised(hero("Plain"), *variants)), parent=home, slug=slug)

    return make


# What is told


def test_only_what_differs_is_told_and_to_whom_it_belongs(agency_page: AgencyPage, visitor: Client) -> None:
    told = fragments_in(ask(visitor, agency_page, **RIVERSIDE))
    assert list(told) == [KEY]
    assert 'data-story="riverside"' in told[KEY]
    assert "Sandbags in Riverside" in told[KEY]
    assert "Be ready" not in told[KEY]
    assert ask(visitor, agency_page, HTTP_X_CITY="Hilltop").content == b""


def test_the_answer_is_kept_by_no_cache_and_found_by_no_search(agency_page: AgencyPage, visitor: Client) -> None:
    for city in ("Riverside", "Hilltop"):
        headers = ask(visitor, agency_page, HTTP_X_CITY=city).headers
        assert {"private", "no-store"} <= set(headers["Cache-Control"].split(", "))
        assert headers["X-Robots-Tag"] == "noindex"
        assert headers["Content-Type"].startswith("text/html")
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_page_that_is_not_rendered_again_makes_few_queries(
    agency_page: AgencyPage, visitor: Client, django_assert_max_num_queries: Any
) -> None:
    ask(visitor, agency_page)
    with django_assert_max_num_queries(7):
        ask(visitor, agency_page, **RIVERSIDE)


def test_a_block_that_comes_with_its_page_is_no_fragment(agency_page: AgencyPage, visitor: Client) -> None:
    with option(AgencyPage, "offer", delivery="page"):
        assert ask(visitor, agency_page, **RIVERSIDE).content == b""


def test_of_nested_blocks_the_inner_one_is_told_only_where_the_outer_stays(home: AgencyPage, visitor: Client) -> None:
    riverside, wales = (
        make_segment("riverside", LocationRule(cities=["Riverside"])),
        make_segment("wales", LocationRule(subdivisions=["GB-WLS"])),
    )
    inner = personalised("Dry inside", (riverside, "Wet inside"))
    inner["variants"][0]["id"] = "inner"
    outer = personalised([{"type": "inner", "value": inner, "id": "1"}], (wales, [{"type": "line", "value": "x"}]))
    page = make_page("Nested", ("nested", outer), parent=home, slug="nested")
    assert fragments_in(ask(visitor, page, **RIVERSIDE)) == {"inner": "Wet inside"}
    both = fragments_in(ask(visitor, page, HTTP_X_CITY="Riverside", HTTP_X_REGION="GB-WLS", HTTP_X_COUNTRY="GB"))
    assert list(both) == [KEY]


def test_a_block_inside_a_version_is_decided_with_it(home: AgencyPage, riverside: Segment, visitor: Client) -> None:
    inner = personalised("Dry inside", (riverside, "Wet inside"))
    inner["variants"][0]["id"] = "inner"
    outer = personalised([{"type": "line", "value": "x"}], (riverside, [{"type": "inner", "value": inner, "id": "1"}]))
    page = make_page("Nested", ("nested", outer), parent=home, slug="nested")
    told = ask(visitor, page, **RIVERSIDE).content.decode()
    assert "Wet inside" in told
    assert told.count("<personalise-fragment") == 1


def test_a_block_within_another_block_is_found(home: AgencyPage, riverside: Segment, visitor: Client) -> None:
    column = {"title": "Column", "offer": personalised(hero("Plain"), (riverside, hero("In a column")))}
    page = make_page("Column", ("column", column), parent=home, slug="column")
    assert "In a column" in fragments_in(ask(visitor, page, **RIVERSIDE))[KEY]


def test_why_it_is_seen_is_said_in_the_fragment_with_the_way_back_to_the_page(
    agency_page: AgencyPage, visitor: Client, configure: Any
) -> None:
    configure(SAY_WHY=True)
    told = fragments_in(ask(visitor, agency_page, **RIVERSIDE))[KEY]
    assert "Why am I seeing this?" in told
    assert "Public name of riverside" in told
    assert 'href="/flood/?personalise=standard"' in told
    assert 'name="next" value="/flood/"' in told


@pytest.mark.parametrize("page_in, browser_in, words", [("en", "cy", "Why am I seeing this?"), ("cy", "en", "Pam")])
def test_what_comes_is_in_the_language_of_the_page_and_not_of_the_browser(
    agency_page: AgencyPage, configure: Any, settings: Any, page_in: str, browser_in: str, words: str
) -> None:
    configure(SAY_WHY=True)
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.middleware.locale.LocaleMiddleware"]
    address = told_by(Client(HTTP_ACCEPT_LANGUAGE=page_in).get("/flood/"))["fragments"]
    reader = Client(HTTP_ACCEPT_LANGUAGE=browser_in, **SAME, **RIVERSIDE)
    answer = reader.post(address, {"page": agency_page.pk, "path": "/flood/"})
    assert words in fragments_in(answer)[KEY]


# As whom the visitor looks at the page


def test_the_path_is_the_pages_and_not_the_scripts(offering: Any, visitor: Client) -> None:
    page = offering(make_segment("offers", PathRule(where="paths", paths=["/offer/*"])))
    assert KEY in fragments_in(ask(visitor, page))
    assert ask(visitor, page, path="/elsewhere/").content == b""


def test_what_the_script_tells_of_the_address_and_the_referrer_is_read(offering: Any, visitor: Client) -> None:
    page = offering(make_segment("leaflet", QueryRule(parameter="from", values=["leaflet"])))
    assert KEY in fragments_in(ask(visitor, page, query="from=leaflet"))
    assert ask(visitor, page, query="from=poster").content == b""


def test_the_referrer_is_that_of_the_page_and_is_remembered(offering: Any, visitor: Client) -> None:
    page = offering(make_segment("from-search", ReferrerRule(kinds=["search"])))
    assert ask(Client(**SAME), page, HTTP_REFERER=SEARCH).content == b""  # the script's own, which is the page
    assert KEY in fragments_in(ask(visitor, page, referrer=SEARCH))
    assert "personalise_visit" in visitor.cookies
    # On the next page they come from this site.
    assert KEY in fragments_in(ask(visitor, page, referrer="http://testserver/"))


def test_the_campaign_comes_along(offering: Any, visitor: Client) -> None:
    page = offering(make_segment("spring", CampaignRule(name="spring")))
    assert KEY in fragments_in(ask(visitor, page, query="utm_campaign=spring"))
    assert KEY in fragments_in(ask(visitor, page, referrer="http://testserver/"))


def test_an_intent_is_recognised_by_the_page_that_the_visit_begins_on(
    home: AgencyPage, offering: Any, visitor: Client
) -> None:
    intent = make_intent("permit", IntentSignal(kind="campaign", text="permits", confidence=0.9, sort_order=0))
    page = offering(make_segment("applicants", VisitIntentRule(intent=intent)))
    assert KEY in fragments_in(ask(visitor, page, query="utm_campaign=permits"))
    assert ask(Client(**SAME), page).content == b""


def test_a_first_visit_is_one_until_the_next(offering: Any, visitor: Client) -> None:
    page = offering(make_segment("new", FirstTimeVisitorRule()))
    assert KEY in fragments_in(ask(visitor, page))
    assert "personalise_memory" in visitor.cookies
    assert ask(Client(**SAME), page, referrer="http://testserver/x/").content == b""  # began where nobody noted it


def test_the_page_is_noted_as_seen(offering: Any, home: AgencyPage, visitor: Client) -> None:
    other = offering(slug="other")
    page = offering(make_segment("readers", PagesViewedRule(what="page", page=other.page_ptr)))
    assert ask(visitor, page).content == b""
    ask(visitor, other, referrer="http://testserver/")
    assert KEY in fragments_in(ask(visitor, page, referrer="http://testserver/"))


def test_a_sensitive_page_is_not_noted(
    offering: Any, home: AgencyPage, visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = offering(slug="other")
    page = offering(make_segment("readers", PagesViewedRule(what="page", page=other.page_ptr)))
    monkeypatch.setattr("wagtail_personalise_gov.blocks.answering.is_sensitive", lambda page: page.pk == other.pk)
    ask(visitor, other)
    assert ask(visitor, page, referrer="http://testserver/").content == b""


def test_an_account_is_that_of_who_asks(offering: Any, db: None) -> None:
    page = offering(make_segment("signed-in", AccountRule()))
    known = Client(**SAME)
    known.force_login(User.objects.create_user("somebody"))
    assert KEY in fragments_in(ask(known, page))
    assert ask(Client(**SAME), page).content == b""


def test_questions_are_told_to_those_who_may_answer(home: AgencyPage, visitor: Client) -> None:
    make_segment("applicants", VisitIntentRule(intent=make_intent("permit")))
    page = make_page("Ask", ("intent_question", {"heading": "Why are you here?", "hint": ""}), parent=home, slug="ask")
    told = fragments_in(ask(visitor, page))
    assert "Why are you here?" in told["question-intent"]
    assert 'name="next" value="/ask/"' in told["question-intent"]
    visitor.post("/personalisation/intent/", {"intent": "permit", "next": "/ask/"})
    assert "You told us" in fragments_in(ask(visitor, page))["question-intent"]
    assert ask(Client(HTTP_SEC_GPC="1", **SAME), page).content == b""


# Of whom nothing is read


@pytest.mark.parametrize(
    "refusing", [{"HTTP_COOKIE": "personalise_choice=refused.1"}, {"HTTP_SEC_GPC": "1"}, {"HTTP_DNT": "1"}]
)
def test_of_those_who_refuse_nothing_is_read_nor_kept(offering: Any, configure: Any, refusing: dict[str, str]) -> None:
    configure(GEO_PROVIDER="tests.privacy.doubles.CountingGeo")
    CountingGeo.asked = 0
    here = make_segment("here", PathRule(where="paths", paths=["/offer/"]))
    page = offering(
        make_segment("from-search", ReferrerRule(kinds=["search"])),
        make_segment("wet", LocationRule(cities=["Riverside"])),
    )
    response = ask(Client(**SAME, **refusing), page, referrer=SEARCH)
    assert response.content == b""
    assert CountingGeo.asked == 0
    assert not response.cookies
    # What is the same for everybody goes on.
    other = make_page(
        "Here", ("offer", personalised(hero("Plain"), (here, hero("Here")))), parent=page.get_parent(), slug="x"
    )
    assert KEY in fragments_in(ask(Client(**SAME, **refusing), other, path="/offer/"))


def test_paused_and_off_nothing_is_told(agency_page: AgencyPage, visitor: Client, configure: Any) -> None:
    assert ask(visitor, agency_page, **RIVERSIDE).content
    with committed():
        compiling.pause(by="a test")
    response = ask(visitor, agency_page, **RIVERSIDE)
    assert response.content == b""
    assert not response.cookies
    configure(MODE="off")
    assert ask(visitor, agency_page, **RIVERSIDE).content == b""


def test_an_address_that_asks_for_the_standard_version_gets_it(agency_page: AgencyPage, visitor: Client) -> None:
    assert ask(visitor, agency_page, query="personalise=standard", **RIVERSIDE).content == b""
    assert KEY in fragments_in(ask(visitor, agency_page, query="personalise_as=riverside"))


# Counting


@pytest.fixture
def counted(configure: Callable[..., None]) -> Any:
    configure(COUNTING=True, COUNTING_BUFFER=PATH)
    GatheredBuffer.totals.clear()
    yield GatheredBuffer.totals
    GatheredBuffer.totals.clear()


def test_what_is_shown_is_counted_once_a_visit_and_only_here(
    agency_page: AgencyPage, visitor: Client, counted: Any
) -> None:
    visitor.get("/flood/", **RIVERSIDE)
    assert not counted
    ask(visitor, agency_page, **RIVERSIDE)
    once = dict(counted)
    assert once
    ask(visitor, agency_page, **RIVERSIDE)
    assert dict(counted) == once


def test_standard_versions_are_counted_too(agency_page: AgencyPage, visitor: Client, counted: Any) -> None:
    ask(visitor, agency_page, HTTP_X_CITY="Hilltop")
    assert counted


def test_of_who_refused_and_of_crawlers_nothing_is_counted(agency_page: AgencyPage, counted: Any) -> None:
    ask(Client(HTTP_USER_AGENT=BROWSER, HTTP_SEC_GPC="1", **SAME), agency_page, **RIVERSIDE)
    ask(Client(HTTP_USER_AGENT="Googlebot/2.1", **SAME), agency_page, **RIVERSIDE)
    assert not counted


# Who may ask for what


def test_a_page_with_a_password_is_told_to_those_who_gave_it(agency_page: AgencyPage, visitor: Client) -> None:
    restriction = PageViewRestriction.objects.create(
        page=agency_page,
        restriction_type=PageViewRestriction.PASSWORD,
        password="open",
    )
    response = ask(visitor, agency_page, **RIVERSIDE)
    assert (response.status_code, response.content) == (404, b"")
    visitor.post(
        f"/_util/authenticate_with_password/{restriction.pk}/{agency_page.pk}/",
        {"password": "open", "return_url": "/flood/"},
    )
    assert KEY in fragments_in(ask(visitor, agency_page, **RIVERSIDE))


def test_a_draft_and_a_page_of_another_site_are_not_found(agency_page: AgencyPage, visitor: Client) -> None:
    agency_page.unpublish()
    assert ask(visitor, agency_page, path="/flood/", **RIVERSIDE).status_code == 404
    root = agency_page.get_root()
    elsewhere = make_page("Elsewhere", parent=root, slug="elsewhere")
    assert ask(visitor, elsewhere, path="/elsewhere/").status_code == 404


@pytest.mark.parametrize("page", ["", "0", "-1", "1e3", "٣", "9" * 19, "9" * 400, "1 OR 1=1"])
def test_what_is_no_page_is_not_found(agency_page: AgencyPage, visitor: Client, page: str) -> None:
    assert ask(visitor, agency_page, page=page).status_code == 404


@pytest.mark.parametrize(
    "path", ["", "flood/", "//evil.example/", "/\\evil.example", "/x" * 2000, "/%00", "/ü", "http://x/"]
)
def test_what_is_no_address_is_refused(agency_page: AgencyPage, visitor: Client, path: str) -> None:
    response = visitor.post(ADDRESS, {"page": agency_page.pk, "path": path})
    assert (response.status_code, response.content) == (400, b"")
    assert "no-store" in response.headers["Cache-Control"]


def test_what_is_too_long_says_nothing(offering: Any, visitor: Client) -> None:
    page = offering(make_segment("leaflet", QueryRule(parameter="from", values=["leaflet"])))
    assert ask(visitor, page, query="from=leaflet&" + "x" * 2000).content == b""
    assert ask(visitor, page, query="\x00&from=leaflet").content == b""
    assert ask(visitor, page, referrer="https://" + "x" * 5000).content == b""
    assert ask(visitor, page, referrer="x" * 20_000).status_code == 413


@pytest.mark.parametrize("body", [b"\xff\xfe", b"page=%ff&path=%ff", b"", b"a=1&" * 1500])
def test_whatever_is_sent_there_is_an_answer(agency_page: AgencyPage, visitor: Client, body: bytes) -> None:
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "x"):
        response = visitor.post(ADDRESS, body, content_type=kind)
        assert response.status_code in (400, 404), kind
        assert response.content == b""


def test_another_sites_page_gets_nothing_and_changes_nothing(offering: Any) -> None:
    page = offering(make_segment("from-search", ReferrerRule(kinds=["search"])))
    response = ask(Client(HTTP_SEC_FETCH_SITE="cross-site"), page, referrer=SEARCH)
    assert (response.status_code, response.content) == (403, b"")
    assert not response.cookies


def test_of_who_does_not_say_where_they_ask_from_nothing_is_kept_nor_counted(
    agency_page: AgencyPage, offering: Any, counted: Any
) -> None:
    page = offering(make_segment("from-search", ReferrerRule(kinds=["search"])))
    response = ask(Client(HTTP_USER_AGENT=BROWSER), page, referrer=SEARCH)
    assert KEY in fragments_in(response)
    assert not response.cookies
    assert not counted


def test_only_a_post_is_an_answer(agency_page: AgencyPage, visitor: Client) -> None:
    assert visitor.get(ADDRESS).status_code == 405
    assert "personalise_" not in json.dumps(dict(visitor.get(ADDRESS).headers))


# What fails


def test_a_fragment_that_fails_is_left_out_and_the_others_come(
    home: AgencyPage, riverside: Segment, visitor: Client, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    second = personalised(hero("Plain 2"), (riverside, hero("Wet 2")))
    second["variants"][0]["id"] = "second"
    first = personalised(hero("Plain 1"), (riverside, hero("secret words")))
    page = make_page("Two", ("offer", first), ("fixed_offer", second), parent=home, slug="two")
    block = AgencyPage.body.field.stream_block.child_blocks["offer"]
    monkeypatch.setattr(block, "render_fragment", lambda *args: 1 / 0)
    assert list(fragments_in(ask(visitor, page, **RIVERSIDE))) == ["second"]
    assert "ZeroDivisionError" in caplog.text
    assert "secret words" not in caplog.text


def test_where_everything_fails_the_answer_is_empty(
    agency_page: AgencyPage, visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError("the database is gone")

    monkeypatch.setattr("wagtail_personalise_gov.blocks.answering._page", fail)
    response = ask(visitor, agency_page, **RIVERSIDE)
    assert (response.status_code, response.content) == (200, b"")
    assert "no-store" in response.headers["Cache-Control"]
