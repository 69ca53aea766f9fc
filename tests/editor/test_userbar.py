"""The userbar on the live site: what an editor sees and why, and that they view as others."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.admin.userbar import Userbar
from wagtail.models import PageViewRestriction

from wagtail_personalise_gov.compiling import pause
from wagtail_personalise_gov.core.pages import ServedPage
from wagtail_personalise_gov.models import FirstTimeVisitorRule, LocationRule, ReferrerRule, Segment
from wagtail_personalise_gov.visit.middleware import visit_for
from wagtail_personalise_gov.visit.own import OwnVisit

from ..agency.models import AgencyPage, PlainPage
from ..factories import hero, make_page, make_segment, personalised, raw_stream
from .pages import desk_of_user, make_editor

pytestmark = pytest.mark.django_db

WORDS = "What you see here, and why"
RIVER = {"X-City": "Riverside"}


def userbar(user: Any, page: Any, path: str = "/flood/?a=b", browser: Client | None = None, **attributes: Any) -> str:
    """Wagtail's userbar as it is rendered on a page of the site."""
    request: Any = RequestFactory().get(path)
    if browser is not None:
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
        request = RequestFactory().get(path, headers={"Cookie": cookies})
    request.user = user
    for name, value in attributes.items():
        setattr(request, name, value)
    request.visit = visit_for(request)
    html: str = Userbar(object=page).render_html({"request": request})
    return html


@pytest.fixture
def ada(db: None, home: AgencyPage) -> User:
    return make_editor("ada", home, permissions=("view_segment",))


def explained(client: Client, page: Any, path: str = "/flood/", **headers: str) -> str:
    answer = client.get(reverse("personalise_seen:index"), {"page": page.pk, "path": path}, headers=headers)
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text


def test_it_leads_to_what_is_seen_on_a_page_that_can_adapt(ada: User, agency_page: AgencyPage) -> None:
    html = userbar(ada, agency_page)
    assert WORDS in html
    assert f"page={agency_page.pk}&amp;path=%2Fflood%2F%3Fa%3Db" in html


def test_it_does_not_on_a_page_that_never_adapts_nor_in_a_preview(
    ada: User, agency_page: AgencyPage, plain_page: PlainPage
) -> None:
    assert WORDS not in userbar(ada, plain_page)
    assert WORDS not in userbar(ada, None)
    assert WORDS not in userbar(ada, agency_page, is_preview=True)


def test_who_may_not_see_segments_is_not_led_there(home: AgencyPage, agency_page: AgencyPage) -> None:
    outsider = make_editor("outsider", home)
    assert WORDS not in userbar(outsider, agency_page)
    assert WORDS not in userbar(AnonymousUser(), agency_page)
    for client in (desk_of_user(outsider), Client()):
        answer = client.get(reverse("personalise_seen:index"), {"page": agency_page.pk, "path": "/flood/"})
        assert answer.status_code == 302


def test_it_says_as_whom_one_views_the_site_and_offers_to_stop(
    ada: User, agency_page: AgencyPage, riverside: Segment
) -> None:
    browser = desk_of_user(ada)
    browser.post(reverse("personalise_seen:start"), {"segments": riverside.pk, "next": "/flood/"})
    html = userbar(ada, agency_page, browser=browser)
    assert "You are viewing as “Name of riverside”" in html
    assert (
        f'action="http://testserver{reverse("personalise_seen:stop")}"' in html
        or reverse("personalise_seen:stop") in html
    )
    assert "csrfmiddlewaretoken" in html
    assert "You are viewing as" not in userbar(ada, agency_page)


def test_it_asks_the_database_nothing_about_segments(ada: User, agency_page: AgencyPage) -> None:
    page = AgencyPage.objects.get(pk=agency_page.pk)
    with CaptureQueriesContext(connection) as captured:
        userbar(ada, page)
    assert not [query for query in captured.captured_queries if "personalise" in query["sql"]]


# What you see here, and why


def test_it_tells_which_version_is_seen_and_why(
    ada: User, agency_page: AgencyPage, riverside: Segment, places_by_header: None
) -> None:
    text = explained(desk_of_user(ada), agency_page, **RIVER)
    assert "Version 1: For Name of riverside" in text
    assert "In this segment" in text
    assert "They seem to be in Riverside" in text
    text = explained(desk_of_user(ada), agency_page, **{"X-City": "Hilltop"})
    assert "The standard version" in text
    assert "Not in this segment" in text
    assert "Can’t tell" in explained(desk_of_user(ada), agency_page)


@pytest.mark.parametrize("headers", [RIVER, {"X-City": "Hilltop"}, {}, RIVER | {"Sec-GPC": "1"}], ids=repr)
def test_it_tells_what_the_page_itself_shows(
    ada: User, agency_page: AgencyPage, places_by_header: None, headers: dict[str, str]
) -> None:
    browser = desk_of_user(ada)
    shown = "Sandbags" in browser.get("/flood/", headers=headers).content.decode()
    assert ("Version 1: For Name of riverside" in explained(browser, agency_page, **headers)) is shown


def test_what_was_remembered_on_the_page_is_told_there(ada: User, home: AgencyPage) -> None:
    """How one came is in the memory, and not in the way to this screen."""
    search = make_segment("search", ReferrerRule(kinds=["search"]))
    page = make_page("Licence", ("line", personalised("All", (search, "Searched"))), parent=home, slug="licence")
    browser = desk_of_user(ada)
    assert "Searched" in browser.get("/licence/", headers={"Referer": "https://www.google.com/"}).content.decode()
    assert "Version 1: For Name of search" in explained(browser, page, "/licence/")


def test_what_was_not_remembered_can_not_be_told(ada: User, home: AgencyPage) -> None:
    new = make_segment("new", FirstTimeVisitorRule())
    page = make_page("Welcome", ("line", personalised("All", (new, "New"))), parent=home, slug="welcome")
    assert "Can’t tell" in explained(desk_of_user(ada), page, "/welcome/")


def test_it_leads_back_to_the_very_address(ada: User, agency_page: AgencyPage, home: AgencyPage) -> None:

    assert "Back to /flood/?a=b" in explained(desk_of_user(ada), agency_page, "/flood/?a=b")


def test_looking_keeps_nothing(ada: User, home: AgencyPage, configure: Callable[..., None]) -> None:
    configure(COUNTING=True)
    new = make_segment("new", FirstTimeVisitorRule())
    page = make_page("Welcome", ("line", personalised("All", (new, "New"))), parent=home, slug="welcome")
    answer = desk_of_user(ada).get(reverse("personalise_seen:index"), {"page": page.pk, "path": "/welcome/"})
    assert not [name for name in answer.cookies if name.startswith("personalise")]


def test_while_viewing_as_others_it_tells_what_one_sees_as_oneself(
    ada: User, agency_page: AgencyPage, riverside: Segment
) -> None:
    browser = desk_of_user(ada)
    browser.post(reverse("personalise_seen:start"), {"segments": riverside.pk, "next": "/flood/"})
    text = explained(browser, agency_page)
    assert "you are viewing as “Name of riverside”" in text
    assert "The standard version" in text


def test_it_tells_of_segments_that_are_not_live(ada: User, home: AgencyPage, riverside: Segment) -> None:
    students = make_segment("students", FirstTimeVisitorRule(), live=False)
    page = make_page("Term", ("line", personalised("All", (riverside, "a"), (students, "b"))), parent=home, slug="term")
    text = explained(desk_of_user(ada), page, "/term/")
    assert "“Name of students” is a draft. Nobody is in it, so nobody sees its version." in text
    assert "“Name of riverside” is a draft" not in text


def test_it_is_honest_about_those_held_back_and_about_learning(
    ada: User, home: AgencyPage, places_by_header: None
) -> None:
    from wagtail_personalise_gov.models import LocationRule

    held = make_segment("held", LocationRule(cities=["Riverside"]), holdout_percent=10)
    learning = make_segment("learning", LocationRule(cities=["Riverside"]), learning=True)
    line = personalised("All", (learning, "Learnt"), (held, "Held"))
    page = make_page("Line", ("line", line), parent=home, slug="line")
    text = explained(desk_of_user(ada), page, "/line/", **RIVER)
    assert "10% of the visitors in “Name of held”" in text
    assert "It is in learning mode" in text
    assert "Version 2: For Name of held" in text


def test_during_a_pause_it_says_so_and_gives_no_reasons(
    ada: User, agency_page: AgencyPage, places_by_header: None
) -> None:
    pause(by="Ada")
    text = explained(desk_of_user(ada), agency_page, **RIVER)
    assert "The standard version" in text
    assert "Why</h2>" not in text
    assert "paused" in text


def test_where_the_site_is_off_they_are_in_no_segment_themselves(
    agency_page: AgencyPage, places_by_header: None, configure: Callable[..., None]
) -> None:
    make_segment("at-the-river", LocationRule(cities=["Riverside"]))
    served = ServedPage(agency_page.pk, agency_page.path)
    request = RequestFactory().get("/admin/", headers=RIVER)
    assert "at-the-river" in OwnVisit(request, served, "/flood/").segments
    configure(MODE="off")
    assert OwnVisit(request, served, "/flood/").segments == ()


@pytest.mark.parametrize("page", ["", "x", "999999", "9" * 40, "-1"])
def test_of_no_page_there_is_nothing_to_tell(ada: User, agency_page: AgencyPage, page: str) -> None:
    assert desk_of_user(ada).get(reverse("personalise_seen:index"), {"page": page}).status_code == 404


def test_neither_drafts_nor_private_pages_are_told_of_to_who_may_not_see_them(
    home: AgencyPage, agency_page: AgencyPage, ada: User
) -> None:
    elsewhere = make_page("Elsewhere", parent=home, slug="elsewhere")
    segments_only = desk_of_user(make_editor("segments", elsewhere, permissions=("view_segment",)))
    query = {"page": agency_page.pk, "path": "/flood/"}
    assert segments_only.get(reverse("personalise_seen:index"), query).status_code == 200
    PageViewRestriction.objects.create(page=agency_page, restriction_type=PageViewRestriction.PASSWORD, password="x")
    assert segments_only.get(reverse("personalise_seen:index"), query).status_code == 404
    assert desk_of_user(ada).get(reverse("personalise_seen:index"), query).status_code == 200
    agency_page.unpublish()
    assert desk_of_user(ada).get(reverse("personalise_seen:index"), query).status_code == 404


def test_it_tells_of_the_live_page_and_not_of_its_draft(ada: User, agency_page: AgencyPage, riverside: Segment) -> None:
    agency_page.body = raw_stream(("line", personalised("All", (riverside, "Drafted"))))
    agency_page.save_revision()
    text = explained(desk_of_user(ada), agency_page)
    assert "Body → Offer" in text
    assert "Body → Line" not in text


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"])
def test_a_foreign_address_is_not_led_back_to(ada: User, agency_page: AgencyPage, path: str) -> None:
    assert "evil" not in explained(desk_of_user(ada), agency_page, path)


def test_as_many_queries_for_many_segments_as_for_few(ada: User, home: AgencyPage, configure: Any) -> None:
    configure(RULESET_CHECK_SECONDS=60)  # else it depends on the clock whether the version is looked up

    def page_of(name: str, blocks: int, segments: int) -> AgencyPage:
        made = [make_segment(f"{name}-{n}", FirstTimeVisitorRule()) for n in range(segments)]
        lines = [("line", personalised("All", *((one, "Some") for one in made))) for _n in range(blocks)]
        return make_page(name, *lines, parent=home, slug=name)

    browser = desk_of_user(ada)
    counts = []
    for page in (page_of("few", 2, 2), page_of("many", 40, 20)):
        explained(browser, page, page.url)
        with CaptureQueriesContext(connection) as captured:
            explained(browser, page, page.url)
        counts.append(len(captured))
    assert counts[1] <= counts[0], counts


def test_it_tells_where_nothing_is_seen(ada: User, home: AgencyPage, riverside: Segment) -> None:
    offer = personalised(hero(""), (riverside, hero("Sandbags")), nothing_for_others=True)
    page = make_page("Only", ("offer", offer), parent=home, slug="only")
    assert "Nothing, as everyone else" in explained(desk_of_user(ada), page, "/only/")
