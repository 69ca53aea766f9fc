"""``?personalise=standard`` and ``?personalise_as=<slug>``: this page alone, for anybody, with nothing read or kept."""

import datetime
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, RequestFactory
from django.urls import reverse
from django.views.decorators.cache import cache_page

from tests.agency.geo import NetworkGeo
from tests.agency.models import AgencyPage, PlainPage
from tests.counting.gathered import BROWSER, PATH, GatheredBuffer
from tests.factories import committed, make_page, make_segment, personalised
from wagtail_personalise_gov.compiling import pause
from wagtail_personalise_gov.models import (
    DateRangeRule,
    FirstTimeVisitorRule,
    PagesViewedRule,
    QueryRule,
    Segment,
    SegmentRule,
)
from wagtail_personalise_gov.visit import gathering
from wagtail_personalise_gov.visit.asked import AskedVisit, plain_address, seen_by_address, standard_address
from wagtail_personalise_gov.visit.middleware import PersonaliseMiddleware, visit_for
from wagtail_personalise_gov.visit.visit import Visit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("places_by_address")]

SANDBAGS, STANDARD = "Sandbags in Riverside", "Be ready"
IN_RIVERSIDE, IN_HILLTOP = {"REMOTE_ADDR": "192.0.2.7"}, {"REMOTE_ADDR": "198.51.100.7"}
ASK = "/flood/?personalise=standard"
AS_RIVERSIDE = "/flood/?personalise_as=riverside"


@pytest.fixture
def local() -> Client:
    """Somebody in Riverside, by their address."""
    return Client(HTTP_USER_AGENT=BROWSER, HTTP_SEC_FETCH_SITE="same-origin", **IN_RIVERSIDE)


@pytest.fixture
def outsider() -> Client:
    return Client(HTTP_USER_AGENT=BROWSER, HTTP_SEC_FETCH_SITE="same-origin", **IN_HILLTOP)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Which facts were read, and how often."""
    counted: Counter[str] = Counter()

    def spy(name: str, reader: Callable[[Visit], Any]) -> Callable[[Visit], Any]:
        def reads(visit: Visit) -> Any:
            counted[name] += 1
            return reader(visit)

        return reads

    monkeypatch.setattr(gathering, "READERS", {name: spy(name, reader) for name, reader in gathering.READERS.items()})
    return counted


def seen(client: Client, address: str, **headers: str) -> str:
    text: str = client.get(address, headers=headers).content.decode()
    return text


# What is shown


def test_the_standard_version_is_shown_on_this_page_alone(
    local: Client, outsider: Client, agency_page: AgencyPage
) -> None:
    assert SANDBAGS in seen(local, "/flood/")
    assert STANDARD in seen(local, ASK)
    assert SANDBAGS in seen(local, "/flood/")
    assert STANDARD in seen(outsider, ASK)


def test_the_page_is_shown_as_a_group_sees_it_to_anybody(
    local: Client, outsider: Client, agency_page: AgencyPage
) -> None:
    assert STANDARD in seen(outsider, "/flood/")
    assert SANDBAGS in seen(outsider, AS_RIVERSIDE)
    assert STANDARD in seen(outsider, "/flood/")


def test_as_one_group_nobody_is_in_another(home: AgencyPage, riverside: Segment, local: Client) -> None:
    newcomers = make_segment("newcomers", FirstTimeVisitorRule())
    make_page("Two", ("line", personalised("All", (riverside, "By place"), (newcomers, "By visit"))), parent=home)
    assert "By place" in seen(local, "/two/")
    assert "By visit" in seen(local, "/two/?personalise_as=newcomers")


@pytest.mark.parametrize(
    "headers", [{"Sec-GPC": "1"}, {"DNT": "1"}, {"Cookie": "personalise_choice=refused.1"}], ids=["GPC", "DNT", "no"]
)
def test_who_refused_may_look_and_nothing_is_read_of_them(
    agency_page: AgencyPage, local: Client, read: Counter[str], headers: dict[str, str]
) -> None:
    assert STANDARD in seen(local, "/flood/", **headers)
    assert SANDBAGS in seen(local, AS_RIVERSIDE, **headers)
    assert STANDARD in seen(local, ASK, **headers)
    assert read == Counter()
    assert NetworkGeo.looked == 0


def test_before_a_choice_where_it_is_asked_first_one_may_look_too(
    agency_page: AgencyPage, local: Client, configure: Any
) -> None:
    configure(MODE="opt_in")
    assert STANDARD in seen(local, "/flood/")
    assert SANDBAGS in seen(local, AS_RIVERSIDE)


def test_of_a_group_that_is_not_live_the_standard_version_is_shown(home: AgencyPage, local: Client) -> None:
    draft = make_segment("draft", FirstTimeVisitorRule(), live=False)
    learning = make_segment("learning", FirstTimeVisitorRule(), learning=True)
    line = personalised("All", (draft, "For the draft"), (learning, "For those who are learnt of"))
    make_page("Line", ("line", line), parent=home)
    for slug in ("draft", "learning", "nobody"):
        text = seen(local, f"/line/?personalise_as={slug}")
        assert "For" not in text.split("<h1>")[1].split("</main>")[0]
        assert "You see the standard version of this page." in text


def test_while_the_site_is_off_or_paused_every_address_shows_the_same(
    agency_page: AgencyPage, local: Client, configure: Any
) -> None:
    configure(MODE="off")
    assert STANDARD in seen(local, AS_RIVERSIDE)
    configure(MODE="opt_out")
    assert SANDBAGS in seen(local, AS_RIVERSIDE)
    with committed():
        pause()
    assert STANDARD in seen(local, AS_RIVERSIDE)
    assert "personalise-asked" not in seen(local, AS_RIVERSIDE)


def test_what_is_the_same_for_everybody_goes_on(home: AgencyPage, riverside: Segment, local: Client) -> None:
    spring = make_segment("spring", DateRangeRule(first_day=datetime.date(2026, 3, 1)))
    make_page("Dates", ("line", personalised("Later", (spring, "Register by 18 April"))), parent=home)
    make_page("Place", ("line", personalised("All", (riverside, "By place"))), parent=home)
    for query in ("?personalise=standard", "?personalise_as=riverside"):
        with time_machine.travel(datetime.datetime(2026, 4, 1, 12, tzinfo=datetime.UTC), tick=False):
            assert "Register by 18 April" in seen(local, f"/dates/{query}")
        with time_machine.travel(datetime.datetime(2026, 2, 1, 12, tzinfo=datetime.UTC), tick=False):
            assert "Register by 18 April" not in seen(local, f"/dates/{query}")
    assert "By place" not in seen(local, "/place/?personalise=standard")


def test_a_group_inside_another_is_not_taken_for_the_other(
    home: AgencyPage, riverside: Segment, outsider: Client
) -> None:
    both = make_segment("both", SegmentRule(other=riverside), FirstTimeVisitorRule())
    make_page("Line", ("line", personalised("All", (both, "For both"), (riverside, "By place"))), parent=home)
    assert "By place" in seen(outsider, "/line/?personalise_as=riverside")
    assert "For both" in seen(outsider, "/line/?personalise_as=both")


@pytest.mark.parametrize(
    "query",
    [
        "personalise=",
        "personalise=1",
        "personalise=Standard",
        "personalise=standard&personalise=standard",
        "personalise=standard&personalise_as=hilltop",
        "personalise_as=hilltop&personalise_as=hilltop",
        "personalise_as=",
        "personalise_as=Hilltop",
        "personalise_as=%00",
        "personalise_as=../hilltop",
        "personalise_as=hilltop%0a",
        "personalise_as[]=hilltop",
        "personalised=standard",
        "personalise=%ff%fe",
        "personalis%65=standard",
    ],
    ids=range(15),
)
def test_whatever_is_not_meant_so_is_an_ordinary_visit(agency_page: AgencyPage, local: Client, query: str) -> None:
    response = local.get(f"/flood/?{query}")
    assert response.status_code == 200
    assert SANDBAGS in response.content.decode()
    assert "personalise-asked" not in response.content.decode()
    assert "no-store" not in response["Cache-Control"]
    assert "X-Robots-Tag" not in response


def test_more_parameters_than_the_site_reads_are_an_ordinary_visit(
    agency_page: AgencyPage, local: Client, settings: Any
) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 2
    assert STANDARD in seen(local, f"{ASK}&a=1")
    assert SANDBAGS in seen(local, f"{ASK}&a=1&b=2")


def test_a_form_that_is_sent_to_such_an_address_is_an_ordinary_form(agency_page: AgencyPage, local: Client) -> None:
    sent = local.post(f"{reverse('personalise:choice')}?personalise=standard", {"choice": "refused", "next": "/flood/"})
    assert sent.status_code == 303
    assert STANDARD in seen(local, "/flood/")


# What is said of it


def test_a_notice_stands_in_the_place_of_the_banner(agency_page: AgencyPage, local: Client) -> None:
    text = seen(local, "/flood/?a=1&personalise=standard&b=%C3%A9")
    assert text.index("personalise-asked") < text.index("<main>")
    assert "govuk-cookie-banner" not in text
    assert "You see the standard version of this page." in text
    assert 'href="/flood/?a=1&amp;b=%C3%A9">Show what suits my visit</a>' in text
    text = seen(local, AS_RIVERSIDE)
    assert "You see this page as it is for “Public name of riverside”." in text
    assert 'href="/flood/">Show the page as it is for me</a>' in text
    assert 'href="/flood/?personalise=standard" rel="nofollow">Show the standard version</a>' in text
    assert "personalise-asked" not in seen(local, "/flood/")


def test_who_refused_is_not_promised_what_suits_them(agency_page: AgencyPage, local: Client) -> None:
    text = seen(local, ASK, **{"Sec-GPC": "1"})
    assert "Show the page as it is for me" in text
    assert "Show what suits my visit" not in text


def test_the_editors_own_name_of_a_group_is_not_told(agency_page: AgencyPage, local: Client) -> None:
    make_segment("secret", FirstTimeVisitorRule(), name="Newbies", public_name="")
    text = seen(local, "/flood/?personalise_as=secret")
    assert "Newbies" not in text
    assert "You see this page as it is for “" in text


# Nothing read, nothing kept, nothing counted


def test_no_fact_about_the_visitor_is_gathered(agency_page: AgencyPage, local: Client, read: Counter[str]) -> None:
    for address in (ASK, AS_RIVERSIDE):
        response = local.get(address)
        assert read == Counter()
        assert NetworkGeo.looked == 0
        assert dict(response.wsgi_request.visit.facts) == {}
    seen(local, "/flood/")
    assert read["location.city"] == 1


def test_the_response_is_nobodys_to_keep_or_to_find(agency_page: AgencyPage, local: Client) -> None:
    for address in (ASK, AS_RIVERSIDE):
        response = local.get(address)
        assert response["Cache-Control"] == "private, no-store"
        assert response["X-Robots-Tag"] == "noindex"
        assert local.head(address)["X-Robots-Tag"] == "noindex"
    ordinary = local.get("/flood/")
    assert "X-Robots-Tag" not in ordinary
    assert "no-store" not in ordinary["Cache-Control"]


def test_nothing_is_kept_and_what_was_kept_stays(home: AgencyPage, local: Client) -> None:
    newcomers = make_segment("newcomers", FirstTimeVisitorRule())
    make_page("Line", ("line", personalised("Again", (newcomers, "Welcome"))), parent=home)
    assert local.get("/line/?personalise=standard").cookies == {}
    assert local.get("/line/?personalise_as=newcomers").cookies == {}
    assert dict(local.cookies) == {}
    assert "Welcome" in seen(local, "/line/")
    kept = {name: cookie.value for name, cookie in local.cookies.items()}
    assert kept
    assert local.get("/line/?personalise=standard").cookies == {}
    assert {name: cookie.value for name, cookie in local.cookies.items()} == kept
    assert "Welcome" in seen(local, "/line/")


def test_a_page_that_is_watched_is_not_noted(home: AgencyPage, local: Client) -> None:
    watched = make_page("Watched", parent=home)
    readers = make_segment("readers", PagesViewedRule(what="page", page=watched, scope="visit"))
    make_page("Line", ("line", personalised("New", (readers, "Seen before"))), parent=home)
    response = local.get("/watched/?personalise=standard")
    assert (response.cookies, response.get("Cache-Control")) == ({}, None)
    assert "Seen before" not in seen(local, "/line/")
    assert local.get("/watched/").cookies
    assert "Seen before" in seen(local, "/line/")


@pytest.fixture
def counted(configure: Callable[..., None]) -> Counter[Any]:
    configure(COUNTING=True, COUNTING_BUFFER=PATH)
    GatheredBuffer.totals.clear()
    return GatheredBuffer.totals


def test_nothing_is_counted_and_no_lot_is_drawn(
    agency_page: AgencyPage, riverside: Segment, local: Client, counted: Counter[Any]
) -> None:
    riverside.holdout_percent = 50
    with committed():
        riverside.save_revision().publish()
    for address in (ASK, AS_RIVERSIDE):
        assert local.get(address).cookies == {}
    assert not counted
    assert "personalise_count" not in local.cookies
    seen(local, "/flood/")
    assert counted
    kept = {name: cookie.value for name, cookie in local.cookies.items()}
    before = Counter(counted)
    for address in (ASK, AS_RIVERSIDE):
        assert local.get(address).cookies == {}
    assert counted == before
    assert {name: cookie.value for name, cookie in local.cookies.items()} == kept


# Pages that do not adapt


def test_a_page_without_a_personalised_block_stays_as_it_is(
    plain_page: PlainPage, agency_page: AgencyPage, local: Client
) -> None:
    plain = local.get("/plain/")
    for query in ("?personalise=standard", "?personalise_as=riverside"):
        asked = local.get(f"/plain/{query}")
        assert asked.content == plain.content
        assert asked.headers == plain.headers
        assert asked.cookies == {}


@pytest.fixture(params=["django.middleware.cache", "wagtailcache.cache"])
def page_cache(request: pytest.FixtureRequest, settings: Any) -> None:
    """A page cache before the site, with our middleware directly after its update half."""
    pytest.importorskip(request.param, reason=f"{request.param} is not installed", exc_type=ImportError)
    ours = "wagtail_personalise_gov.middleware.PersonaliseMiddleware"
    others = [name for name in settings.MIDDLEWARE if name != ours]
    first, last = (f"{request.param}.{half}CacheMiddleware" for half in ("Update", "FetchFrom"))
    settings.MIDDLEWARE = [first, ours, *others, last]
    settings.CACHE_MIDDLEWARE_SECONDS = 600


@pytest.mark.usefixtures("page_cache")
def test_no_page_cache_serves_what_one_asked_for_to_another(
    agency_page: AgencyPage, local: Client, outsider: Client
) -> None:
    for _twice in range(2):
        assert STANDARD in seen(local, ASK)
        assert SANDBAGS in seen(outsider, AS_RIVERSIDE)
        assert SANDBAGS in seen(local, "/flood/")
        assert STANDARD in seen(outsider, "/flood/")
        assert SANDBAGS in seen(local, AS_RIVERSIDE)


@pytest.mark.usefixtures("page_cache")
def test_a_page_cache_goes_on_keeping_a_page_that_does_not_adapt(
    plain_page: PlainPage, local: Client, outsider: Client, django_assert_num_queries: Any
) -> None:
    first = local.get("/plain/?personalise=standard")
    with django_assert_num_queries(0):
        assert outsider.get("/plain/?personalise=standard").content == first.content


def test_a_cache_around_a_view_is_told(agency_page: AgencyPage) -> None:
    answer = PersonaliseMiddleware(
        cache_page(600)(lambda request: HttpResponse(str(request.visit.includes("riverside"))))  # type: ignore[attr-defined]
    )
    request = RequestFactory().get("/flood/", {"personalise_as": "riverside"})
    assert answer(request).content == b"True"
    assert request._cache_update_cache is False
    assert request._wagtailcache_skip is True


# Others


def test_what_the_address_asks_comes_before_how_an_editor_views_the_site(
    agency_page: AgencyPage, riverside: Segment
) -> None:
    ada = User.objects.create_user("ada", password="ada")
    ada.user_permissions.set(Permission.objects.filter(codename__in=("access_admin", "view_segment")))
    editor = Client()
    editor.force_login(ada)
    editor.post(reverse("personalise_seen:start"), {"segments": [riverside.pk], "next": "/flood/"})
    assert SANDBAGS in seen(editor, "/flood/")
    assert STANDARD in seen(editor, ASK)
    assert SANDBAGS in seen(editor, "/flood/")


def test_the_page_about_it_tells_how_things_are(agency_page: AgencyPage, local: Client) -> None:
    about = reverse("personalise:about")
    matched = "At the moment we count you among:"
    assert matched in seen(local, about)
    assert matched in seen(local, f"{about}?personalise=standard")


def test_asynchronously_it_is_the_same(agency_page: AgencyPage) -> None:
    response = async_to_sync(AsyncClient().get)(AS_RIVERSIDE)
    assert SANDBAGS in response.content.decode()
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Robots-Tag"] == "noindex"


def test_the_headless_call_for_a_page_takes_them_too(agency_page: AgencyPage, local: Client) -> None:
    page, visit = reverse("personalise_api:page", args=[agency_page.pk]), reverse("personalise_api:visit")
    assert SANDBAGS in seen(local, page)
    standard = local.get(f"{page}?personalise=standard")
    assert STANDARD in standard.content.decode()
    assert SANDBAGS not in standard.content.decode()
    assert "no-store" in standard["Cache-Control"]
    # What it says of the visitor stays true, whatever is asked of pages.
    assert local.get(visit).json() == local.get(f"{visit}?personalise=standard").json()
    assert local.get(visit).json()["segments"]


@pytest.mark.parametrize("parameter", ["personalise", "personalise_as"])
def test_no_rule_may_ask_these_parameters(parameter: str) -> None:
    with pytest.raises(ValidationError) as caught:
        QueryRule(parameter=parameter, values=["standard"]).clean()
    assert list(caught.value.message_dict) == ["parameter"]
    QueryRule(parameter="topic", values=["standard"]).clean()


# Addresses


@pytest.mark.parametrize(
    "address, asking",
    [
        ("/flood/", "/flood/?personalise=standard"),
        ("/flood/?a=1&a=2#top", "/flood/?a=1&a=2&personalise=standard#top"),
        ("/flood/?q=%C3%A9+b%20c&empty&x=", "/flood/?q=%C3%A9+b%20c&empty&x=&personalise=standard"),
        ("/flood/?personalise_as=x&a=1", "/flood/?a=1&personalise=standard"),
        ("https://example.gov/caf%C3%A9/?a=1", "https://example.gov/caf%C3%A9/?a=1&personalise=standard"),
        ("", "?personalise=standard"),
        ("http://[", "http://["),  # no address: left alone
    ],
)
def test_an_address_is_made_to_ask_and_keeps_all_else(address: str, asking: str) -> None:
    assert standard_address(address) == asking
    assert standard_address(asking) == asking


def test_an_address_asks_for_one_thing_at_a_time() -> None:
    assert seen_by_address("/a/?personalise=standard&b=1#c", "riverside") == "/a/?b=1&personalise_as=riverside#c"
    assert seen_by_address("/a/?personalise_as=hilltop", "riverside") == "/a/?personalise_as=riverside"
    assert plain_address("/a/?personalise_as=hilltop") == "/a/"
    assert plain_address("/a/?b=1&personalise=x&personalise=y#c") == "/a/?b=1#c"
    assert plain_address("/a/?personalised=1") == "/a/?personalised=1"


def test_a_visit_is_of_another_kind_only_where_something_is_asked() -> None:
    def made(method: str, query: str) -> type[Visit]:
        request = HttpRequest()
        request.method, request.META = method, {"QUERY_STRING": query}
        return type(visit_for(request))

    assert made("GET", "personalise=standard") is AskedVisit
    assert made("HEAD", "personalise_as=a") is AskedVisit
    assert made("POST", "personalise=standard") is Visit
    assert made("GET", "") is Visit
