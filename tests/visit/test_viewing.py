"""View as: an editor sees the live site as others do, and nobody else notices."""

import datetime
from typing import Any

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.conf import settings as django_settings
from django.contrib.auth.models import Permission, User
from django.core import signing
from django.db import connection
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.agency.models import AgencyPage, PlainPage
from tests.factories import make_page, make_segment, personalised
from wagtail_personalise_gov.compiling import pause
from wagtail_personalise_gov.models import DailyTally, FirstTimeVisitorRule, Segment
from wagtail_personalise_gov.visit.cookies import VIEW_AS
from wagtail_personalise_gov.visit.viewing import SALT

pytestmark = pytest.mark.django_db

SANDBAGS, STANDARD = "Sandbags in Riverside", "Be ready"


def make_user(name: str, *codenames: str) -> User:
    user = User.objects.create_user(name, password=name)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


@pytest.fixture
def ada(db: None) -> User:
    return make_user("ada", "access_admin", "view_segment")


@pytest.fixture
def browser(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def view_as(client: Client, *segments: Segment, **more: Any) -> Any:
    keys = [segment.pk for segment in segments]
    return client.post(reverse("personalise_seen:start"), {"segments": keys, "next": "/flood/", **more})


def seen(client: Client, path: str = "/flood/") -> str:
    text: str = client.get(path).content.decode()
    return text


def signed(user: User, *segments: Segment, minutes: float = 20) -> str:
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=minutes)
    said = {"user": str(user.pk), "segments": [s.pk for s in segments], "until": int(until.timestamp())}
    return signing.Signer(salt=SALT).sign_object(said)


def test_an_editor_sees_the_site_as_a_segment_and_stops(
    browser: Client, agency_page: AgencyPage, riverside: Segment
) -> None:
    assert STANDARD in seen(browser)
    answer = view_as(browser, riverside)
    assert (answer.status_code, answer["Location"]) == (302, "/flood/")
    assert SANDBAGS in seen(browser)
    assert browser.post(reverse("personalise_seen:stop"), {"next": "/flood/"})["Location"] == "/flood/"
    assert STANDARD in seen(browser)


def test_nobody_else_sees_it(browser: Client, agency_page: AgencyPage, riverside: Segment) -> None:
    view_as(browser, riverside)
    assert STANDARD in seen(Client())


def test_one_may_view_as_several_segments_and_as_nobody(
    browser: Client, agency_page: AgencyPage, riverside: Segment
) -> None:
    draft = make_segment("draft", live=False)
    line = personalised("For all", (draft, "For the draft"))
    make_page("Line", ("line", line), parent=agency_page, slug="line")
    view_as(browser, riverside, draft)
    assert SANDBAGS in seen(browser)
    assert "For the draft" in seen(browser, "/flood/line/")


def test_as_nobody_in_particular_the_standard_version_is_seen(
    browser: Client, agency_page: AgencyPage, riverside: Segment, places_by_header: None
) -> None:
    at_home = {"X-City": "Riverside"}
    assert SANDBAGS in browser.get("/flood/", headers=at_home).content.decode()
    view_as(browser, **{"as": "nobody"})
    assert STANDARD in browser.get("/flood/", headers=at_home).content.decode()


def test_the_cookie_is_for_this_browser_alone_and_lasts_half_an_hour(
    browser: Client, agency_page: AgencyPage, riverside: Segment
) -> None:
    cookie = view_as(browser, riverside).cookies[VIEW_AS.name]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 30 * 60
    assert not cookie["domain"]


def test_it_ends_by_itself_even_in_a_browser_that_keeps_cookies(
    browser: Client, agency_page: AgencyPage, riverside: Segment
) -> None:
    with time_machine.travel(datetime.datetime.now(datetime.UTC), tick=False) as clock:
        view_as(browser, riverside)
        kept = browser.cookies[VIEW_AS.name].value
        clock.shift(datetime.timedelta(minutes=29))
        assert SANDBAGS in seen(browser)
        clock.shift(datetime.timedelta(minutes=2))
        browser.cookies[VIEW_AS.name] = kept
        assert STANDARD in seen(browser)


def test_a_cookie_that_claims_to_last_longer_is_not_believed(
    browser: Client, ada: User, agency_page: AgencyPage, riverside: Segment
) -> None:
    browser.cookies[VIEW_AS.name] = signed(ada, riverside, minutes=600)
    assert STANDARD in seen(browser)


def test_it_goes_on_when_the_secret_key_is_rotated(
    ada: User, agency_page: AgencyPage, riverside: Segment, settings: Any
) -> None:
    browser = Client()
    cookie = signed(ada, riverside)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "a new one"
    browser.force_login(ada)
    browser.cookies[VIEW_AS.name] = cookie
    assert STANDARD in seen(browser)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert SANDBAGS in seen(browser)


@pytest.mark.parametrize("value", ["", "x", "x:y", "W10:x", "a" * 5000])
def test_a_forged_cookie_is_ignored(browser: Client, agency_page: AgencyPage, riverside: Segment, value: str) -> None:
    browser.cookies[VIEW_AS.name] = value
    assert STANDARD in seen(browser)


def test_what_was_signed_for_something_else_is_ignored(
    browser: Client, ada: User, agency_page: AgencyPage, riverside: Segment
) -> None:
    said = {"user": str(ada.pk), "segments": [riverside.pk], "until": 9_999_999_999}
    browser.cookies[VIEW_AS.name] = signing.Signer(salt="another").sign_object(said)
    assert STANDARD in seen(browser)
    for nonsense in ([], {"user": "1"}, {**said, "segments": None}, {**said, "until": "x"}, {**said, "until": 1e300}):
        browser.cookies[VIEW_AS.name] = signing.Signer(salt=SALT).sign_object(nonsense)
        assert STANDARD in seen(browser)


def test_the_cookie_of_another_user_is_ignored(agency_page: AgencyPage, riverside: Segment, ada: User) -> None:
    """Also of one who may view as others themselves; and of one who is not signed in at all."""
    other = Client()
    other.force_login(make_user("other", "access_admin", "view_segment"))
    stranger = Client()
    for client in (other, stranger):
        client.cookies[VIEW_AS.name] = signed(ada, riverside)
        assert STANDARD in seen(client)


@pytest.mark.parametrize("codenames", [(), ("access_admin",), ("view_segment",)], ids=["none", "admin", "segments"])
def test_without_permission_nobody_may_and_what_they_had_ends(
    browser: Client, ada: User, agency_page: AgencyPage, riverside: Segment, codenames: tuple[str, ...]
) -> None:
    view_as(browser, riverside)
    assert SANDBAGS in seen(browser)
    ada.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    assert STANDARD in seen(browser)
    del browser.cookies[VIEW_AS.name]
    assert VIEW_AS.name not in view_as(browser, riverside).cookies


def test_who_is_no_longer_active_is_themselves(
    browser: Client, ada: User, agency_page: AgencyPage, riverside: Segment
) -> None:
    view_as(browser, riverside)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert STANDARD in seen(browser)


def test_signing_out_ends_it(browser: Client, ada: User, agency_page: AgencyPage, riverside: Segment) -> None:
    view_as(browser, riverside)
    kept = browser.cookies[VIEW_AS.name].value
    browser.logout()
    browser.cookies[VIEW_AS.name] = kept
    assert STANDARD in seen(browser)


def test_a_segment_that_is_gone_leaves_one_as_oneself(
    browser: Client, ada: User, agency_page: AgencyPage, places_by_header: None
) -> None:
    """And not as nobody in particular, which nobody asked for."""
    gone = make_segment("gone")
    view_as(browser, gone)
    gone.delete()
    assert SANDBAGS in browser.get("/flood/", headers={"X-City": "Riverside"}).content.decode()


@pytest.mark.parametrize("method", ["get", "put", "delete", "head"])
def test_only_a_post_starts_or_stops_it(browser: Client, agency_page: AgencyPage, method: str) -> None:
    for name in ("start", "stop"):
        assert getattr(browser, method)(reverse(f"personalise_seen:{name}")).status_code == 405


def test_another_sites_form_can_not_start_it(ada: User, agency_page: AgencyPage, riverside: Segment) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    answer = view_as(client, riverside)
    assert answer.status_code == 403
    assert VIEW_AS.name not in answer.cookies


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "javascript:alert(1)",
        "///evil.example",
        "/\t/evil.example",
        "/\r\nSet-Cookie: x=y",
        "evil",
        "",
        "/" + "a" * 3000,
    ],
)
def test_one_is_sent_to_this_site_only(
    browser: Client, agency_page: AgencyPage, riverside: Segment, address: str
) -> None:
    assert view_as(browser, riverside, next=address)["Location"] == "/"
    assert browser.post(reverse("personalise_seen:stop"), {"next": address})["Location"] == "/"


# Nobody notices


def test_nothing_is_counted_or_remembered(
    browser: Client, home: AgencyPage, configure: Any, ada: User, agency_page: AgencyPage, riverside: Segment
) -> None:
    configure(COUNTING=True, REMEMBER_LANDING="everywhere")
    new = make_segment("new", FirstTimeVisitorRule())
    line = personalised("Back", (new, "New"))
    make_page("Welcome", ("line", line), parent=home, slug="welcome")
    view_as(browser, riverside)
    for path in ("/flood/", "/welcome/", "/"):
        answer = browser.get(path, headers={"User-Agent": "Mozilla/5.0", "Referer": "https://www.google.com/"})
        assert not answer.cookies
        assert answer["Cache-Control"] == "private, no-store"
    assert not DailyTally.objects.exists()
    # The same browser as itself: memory would be kept.
    browser.post(reverse("personalise_seen:stop"))
    assert "personalise_memory" in browser.get("/welcome/").cookies


def test_a_page_that_adapts_to_nobody_is_kept_by_no_cache_either(
    browser: Client, plain_page: PlainPage, riverside: Segment
) -> None:
    """It carries the userbar's word of it."""
    view_as(browser, riverside)
    assert browser.get("/plain/")["Cache-Control"] == "private, no-store"


def test_a_choice_made_meanwhile_is_kept(browser: Client, agency_page: AgencyPage, riverside: Segment) -> None:
    view_as(browser, riverside)
    answer = browser.post(
        reverse("personalise:choice"), {"choice": "refused"}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert answer.cookies["personalise_choice"].value.startswith("refused")
    answer = browser.post(reverse("personalise:forget"), headers={"Sec-Fetch-Site": "same-origin"})
    assert not answer.cookies[VIEW_AS.name].value  # everything else goes, this too


def test_a_visitor_without_the_cookie_costs_and_gets_what_they_did(
    browser: Client, agency_page: AgencyPage, plain_page: PlainPage, riverside: Segment
) -> None:
    for path in ("/flood/", "/plain/"):
        Client().get(path)  # caches are warm
        with CaptureQueriesContext(connection) as before:
            first = Client().get(path)
        view_as(browser, riverside)
        browser.get(path)
        with CaptureQueriesContext(connection) as after:
            second = Client().get(path)
        assert len(before) == len(after)
        assert first.headers == second.headers
        assert not any("auth_user" in query["sql"] for query in after.captured_queries)


def test_a_forged_cookie_makes_nobody_look_at_an_account(agency_page: AgencyPage, plain_page: PlainPage) -> None:
    for path in ("/flood/", "/plain/"):
        first = Client().get(path)
        client = Client()
        client.cookies[VIEW_AS.name] = "forged"
        with CaptureQueriesContext(connection) as captured:
            second = client.get(path)
        assert not any("auth_user" in q["sql"] or "session" in q["sql"] for q in captured.captured_queries)
        assert first.headers == second.headers


def test_a_page_cache_never_keeps_it(
    browser: Client, agency_page: AgencyPage, plain_page: PlainPage, riverside: Segment, settings: Any
) -> None:
    ours = "wagtail_personalise_gov.middleware.PersonaliseMiddleware"
    cache = "django.middleware.cache.UpdateCacheMiddleware", "django.middleware.cache.FetchFromCacheMiddleware"
    settings.MIDDLEWARE = [cache[0], ours, *(name for name in settings.MIDDLEWARE if name != ours), cache[1]]
    settings.CACHE_MIDDLEWARE_SECONDS = 600
    view_as(browser, riverside)
    assert SANDBAGS in seen(browser)
    assert STANDARD in seen(Client())
    assert SANDBAGS in seen(browser)
    browser.get("/plain/")
    with CaptureQueriesContext(connection) as captured:
        Client().get("/plain/")
    assert captured.captured_queries  # what the editor was sent was not there to be served


def test_it_works_under_asgi(ada: User, browser: Client, agency_page: AgencyPage, riverside: Segment) -> None:
    view_as(browser, riverside)
    client = AsyncClient()
    for name in (VIEW_AS.name, django_settings.SESSION_COOKIE_NAME):
        client.cookies[name] = browser.cookies[name].value
    answer = async_to_sync(client.get)("/flood/")
    assert SANDBAGS in answer.content.decode()
    assert answer["Cache-Control"] == "private, no-store"
    assert not answer.cookies


def test_it_works_during_a_pause(browser: Client, agency_page: AgencyPage, riverside: Segment) -> None:
    """As previews do: it is then that one looks for what went wrong."""
    pause(by="Ada")
    view_as(browser, riverside)
    assert SANDBAGS in seen(browser)


def test_the_public_page_tells_of_the_cookie_to_who_has_it_only(
    browser: Client, agency_page: AgencyPage, riverside: Segment
) -> None:
    about = reverse("personalise:about")
    assert VIEW_AS.base_name not in Client().get(about).content.decode()
    assert VIEW_AS.base_name not in browser.get(about).content.decode()
    view_as(browser, riverside)
    text = browser.get(about).content.decode()
    assert VIEW_AS.base_name in text
    assert "30 minutes" in text
