"""Which segments a page asks: the same for everybody, so that a front end can keep a page for each outcome."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from wagtail.models import PageViewRestriction

from tests.agency.models import AgencyPage, PlainPage
from tests.api.calling import API, FrontEnd
from tests.delivery.page_caches import PAGE_CACHES, behind
from tests.factories import hero, make_page, make_segment, personalised, raw_stream
from tests.privacy.test_affected import refers
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.api.pages import PageSegmentsView
from wagtail_personalise_gov.models import (
    FirstTimeVisitorRule,
    Goal,
    LocationRule,
    PagesViewedRule,
    Segment,
    SegmentRule,
)

pytestmark = pytest.mark.django_db


def ask(page: Any, client: Client | None = None, **more: Any) -> Any:
    return (client or Client()).get(f"{API}/pages/{page.pk}/segments/", **more)


def segments(page: Any) -> list[str]:
    answer = ask(page)
    assert answer.status_code == 200
    return answer.json()["segments"]


def test_it_names_the_segments_the_headers_and_what_they_are_told_from(
    agency_page: AgencyPage, places_by_header: None
) -> None:
    assert ask(agency_page).json() == {
        "page": agency_page.pk,
        "segments": ["riverside"],
        "varies_on": ["Cookie", "DNT", "Sec-GPC", "X-City", "X-Country", "X-Region"],
        "facts": [{"name": "location.city", "meaning": "the town or city that you seem to be in"}],
        "noted": False,
    }


NOTHING: dict[str, Any] = {"segments": [], "varies_on": [], "facts": [], "noted": False}


def test_that_live_segments_ask_who_looked_at_a_page_is_told(
    plain_page: PlainPage, agency_page: AgencyPage, configure: Any
) -> None:
    """A front end that keeps such a page must call for each visitor all the same, or nobody has seen it."""
    make_segment("readers", PagesViewedRule(page=plain_page))
    assert ask(plain_page).json() == {"page": plain_page.pk, **NOTHING, "noted": True}
    assert ask(agency_page).json()["noted"] is False
    make_segment("many", PagesViewedRule(what="number", number=2))
    assert ask(agency_page).json()["noted"] is True  # every page
    configure(MODE="off")
    assert ask(plain_page).json()["noted"] is False


def test_a_page_is_not_noted_while_paused_nor_one_that_is_sensitive(
    plain_page: PlainPage,
    agency_page: AgencyPage,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    make_segment("many", PagesViewedRule(what="number", number=2))
    assert ask(plain_page).json()["noted"] is True
    monkeypatch.setattr(PlainPage, "sensitive", True, raising=False)
    assert ask(plain_page).json()["noted"] is False
    assert ask(agency_page).json()["noted"] is True
    with django_capture_on_commit_callbacks(execute=True):
        compiling.pause(by="a test")
    assert ask(agency_page).json()["noted"] is False


def test_that_a_page_is_a_goal_is_told_while_the_site_counts(
    plain_page: PlainPage, configure: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        Goal.objects.create(name="Read", slug="read", kind=Goal.PAGE, page=plain_page, live=True)
    assert ask(plain_page).json()["noted"] is False
    configure(COUNTING=True)
    assert ask(plain_page).json()["noted"] is True


def test_the_answer_that_notes_who_looked_at_a_page_is_theirs_alone(
    plain_page: PlainPage, agency_page: AgencyPage, riverside: Segment
) -> None:
    front_end = FrontEnd()
    answer = front_end.get(f"pages/{plain_page.pk}/")
    assert not answer.has_header("Cache-Control")
    make_segment("readers", PagesViewedRule(page=plain_page))
    answer = front_end.get(f"pages/{plain_page.pk}/")
    assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", "))
    assert {"Personalise-Visitor", "Personalise-Page", "Personalise-Referrer"} <= set(answer["Vary"].split(", "))
    assert [segment["slug"] for segment in front_end.get("visit/").json()["segments"]] == ["readers"]


def test_what_caches_give_to_everybody_is_not_in_the_language_of_whoever_asked_first(
    agency_page: AgencyPage, places_by_header: None, settings: Any
) -> None:
    settings.MIDDLEWARE = ["django.middleware.locale.LocaleMiddleware", *settings.MIDDLEWARE]
    in_english = ask(agency_page).json()
    for headers in ({"Cookie": "django_language=cy"}, {"Accept-Language": "cy"}):
        assert ask(agency_page, headers=headers).json() == in_english
    in_welsh = Client().get(f"{API}/pages/{agency_page.pk}/segments/?lang=cy").json()
    view = PageSegmentsView.as_view()(
        RequestFactory().get(f"/cy{API}/pages/{agency_page.pk}/segments/"), agency_page.pk
    )
    assert view.data == in_welsh  # where a site's addresses begin with the language
    assert in_welsh["facts"][0]["meaning"] != in_english["facts"][0]["meaning"]


def test_a_page_without_versions_asks_nothing(plain_page: PlainPage, riverside: Segment) -> None:
    assert ask(plain_page).json() == {"page": plain_page.pk, **NOTHING}


def test_what_the_page_varies_on_is_what_its_own_answer_says(
    agency_page: AgencyPage, places_by_header: None, client: Client
) -> None:
    headers = {"Personalise-Page", "Personalise-Referrer", "Personalise-Visitor"}  # of the API alone
    page = client.get(f"{API}/pages/{agency_page.pk}/")
    assert set(page["Vary"].split(", ")) - headers == set(ask(agency_page).json()["varies_on"])


def test_versions_within_versions_and_in_columns_are_found(home: AgencyPage, riverside: Segment) -> None:
    hilltop = make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    inner = [{"type": "inner", "id": "a", "value": personalised("Standard", (riverside, "Inner"))}]
    nested = make_page("Nested", ("nested", personalised([], (hilltop, inner))), parent=home, slug="nested")
    column = {"title": "Column", "offer": personalised(hero("Standard"), (hilltop, hero("Hello")))}
    columns = make_page("Columns", ("column", column), parent=home, slug="columns")
    assert segments(nested) == ["hilltop", "riverside"]
    assert segments(columns) == ["hilltop"]


def test_what_a_segment_asks_through_another_is_told_of_and_that_one_is_not_named(
    home: AgencyPage, riverside: Segment, places_by_header: None
) -> None:
    near = make_segment("near", SegmentRule(other=riverside))
    page = make_page("Near", ("line", personalised("All", (near, "Near"))), parent=home)
    told = ask(page).json()
    assert told["segments"] == ["near"]
    assert [fact["name"] for fact in told["facts"]] == ["location.city"]


@pytest.mark.parametrize("live", [True, False])
def test_a_snippet_that_the_page_shows_counts_unless_it_is_a_draft(
    plain_page: PlainPage, riverside: Segment, live: bool
) -> None:
    inner = Goal.objects.create(name="Inner", slug="inner", live=live)
    outer = Goal.objects.create(name="Outer", slug="outer", live=True)
    refers(inner, riverside, "body.offer.variants.variant.segments.item")
    refers(outer, inner, "body.snippet")
    refers(plain_page, outer, "body.snippet")
    assert segments(plain_page) == (["riverside"] if live else [])


def test_a_snippet_that_a_segment_asks_about_shows_nothing(agency_page: AgencyPage, riverside: Segment) -> None:
    hilltop = make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    snippet = Goal.objects.create(name="Inner", slug="inner", live=True)
    refers(snippet, hilltop, "body.offer.variants.variant.segments.item")
    refers(riverside, snippet, "rules.item.snippet")
    assert segments(agency_page) == ["riverside"]


def test_a_page_that_only_links_to_one_with_versions_asks_nothing(home: AgencyPage, agency_page: AgencyPage) -> None:
    links = make_page("Links", ("hero", hero("See", page=agency_page.pk)), parent=home, slug="links")
    assert segments(links) == []
    assert segments(agency_page) == ["riverside"]


def test_only_live_segments_are_named_learning_ones_too_as_in_the_register(home: AgencyPage) -> None:
    draft = make_segment("draft", FirstTimeVisitorRule(), live=False)
    archived = make_segment("archived", FirstTimeVisitorRule(), archived=True)
    learning = make_segment("learning", FirstTimeVisitorRule(), learning=True)
    offer = personalised("All", (draft, "a"), (archived, "b"), (learning, "c"), (999_999, "d"))
    page = make_page("Mixed", ("line", offer), parent=home)
    answer = ask(page)
    assert answer.json()["segments"] == ["learning"]
    in_register = {one["slug"] for one in Client().get("/personalisation/register.json").json()["segments"]}
    assert set(answer.json()["segments"]) <= in_register
    assert "Name of" not in answer.content.decode()


def test_a_draft_of_the_page_is_not_read(home: AgencyPage, agency_page: AgencyPage) -> None:
    hilltop = make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    page = AgencyPage.objects.get(pk=agency_page.pk)
    page.body = raw_stream(("line", personalised("All", (hilltop, "Later"))))
    page.save_revision()
    assert segments(page) == ["riverside"]


def test_any_cache_may_keep_it_and_it_is_the_same_for_everybody(
    agency_page: AgencyPage, places_by_header: None
) -> None:
    new = ask(agency_page)
    known = Client()
    known.cookies["personalise_choice"] = "refused.1"
    other = ask(agency_page, known, headers={"X-City": "Riverside", "Sec-GPC": "1", "Accept-Language": "cy"})
    for answer in (new, other):
        assert {part.strip() for part in answer["Cache-Control"].split(",")} == {"public", "max-age=60"}
        assert not answer.has_header("Vary")
        assert not answer.cookies
    assert new.content == other.content
    assert new["ETag"] == other["ETag"]


def test_who_has_it_already_is_told_so_until_the_page_asks_others(agency_page: AgencyPage) -> None:
    etag = ask(agency_page)["ETag"]
    again = ask(agency_page, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert "public" in again["Cache-Control"]
    hilltop = make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    agency_page.body = raw_stream(("line", personalised("All", (hilltop, "Uphill"))))
    agency_page.save()
    changed = ask(agency_page, headers={"If-None-Match": etag})
    assert (changed.status_code, changed.json()["segments"]) == (200, ["hilltop"])


def test_a_front_end_on_another_host_may_read_that_nothing_changed(agency_page: AgencyPage, configure: Any) -> None:
    configure(API_ORIGINS=["https://app.example.gov"])
    origin = {"Origin": "https://app.example.gov"}
    etag = ask(agency_page, headers=origin)["ETag"]
    again = ask(agency_page, headers={**origin, "If-None-Match": etag})
    assert again.status_code == 304
    assert again["Access-Control-Allow-Origin"] == "https://app.example.gov"
    assert again["Vary"] == "Origin"


@pytest.mark.parametrize("again", [False, True])
def test_a_cookie_that_something_else_sets_makes_it_private(
    agency_page: AgencyPage, settings: Any, again: bool
) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.setting_a_cookie"]
    answer = ask(agency_page, headers={"If-None-Match": ask(agency_page)["ETag"]} if again else {})
    assert answer.status_code == (304 if again else 200)
    assert answer.cookies
    assert "private" in answer["Cache-Control"]
    assert "public" not in answer["Cache-Control"]


def setting_a_cookie(get_response: Any) -> Any:
    """A middleware of the site's own, which sets a cookie on whatever leaves."""

    def middleware(request: Any) -> Any:
        response = get_response(request)
        response.set_cookie("of-the-site", "anything")
        return response

    return middleware


def test_during_a_pause_a_page_asks_nothing_and_nobody_may_rely_on_that(
    agency_page: AgencyPage, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        compiling.pause(by="a test")
    answer = ask(agency_page)
    assert answer.json()["segments"] == []
    assert "max-age=0" in answer["Cache-Control"]


def test_switched_off_a_page_asks_nothing(agency_page: AgencyPage, configure: Any) -> None:
    configure(MODE="off")
    assert ask(agency_page).json() == {"page": agency_page.pk, **NOTHING}


def test_a_page_that_nobody_may_see_is_not_found(home: AgencyPage, agency_page: AgencyPage) -> None:
    draft = make_page("Draft", parent=home, live=False)
    PageViewRestriction.objects.create(page=agency_page, restriction_type=PageViewRestriction.LOGIN)
    for page in (draft, agency_page):
        answer = ask(page)
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"


def test_many_snippets_cost_no_more_queries_than_one(plain_page: PlainPage, riverside: Segment) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            segments(plain_page)
        return len(asked)

    for number in range(20):
        snippet = Goal.objects.create(name=f"Snippet {number}", slug=f"snippet-{number}", live=True)
        refers(snippet, riverside, "body.offer.variants.variant.segments.item")
        refers(plain_page, snippet, f"body.snippet{number}")
        if number == 0:
            segments(plain_page)  # content types are read once
            one = queries()
    assert queries() == one
    assert one <= 8


@pytest.mark.parametrize("cache", PAGE_CACHES)
def test_who_has_no_copy_is_given_one_whoever_asked_for_news_before(
    agency_page: AgencyPage, cache: str, settings: Any
) -> None:
    behind(cache, settings)
    assert ask(agency_page, headers={"If-None-Match": "*"}).status_code == 304
    answer = ask(agency_page)
    assert answer.status_code == 200
    assert answer.json()["page"] == agency_page.pk
