"""Memory in Django's session: begun only where there is something to keep, and never in the way of signing in."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.middleware import SessionMiddleware
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.agency.models import AgencyPage, PlainPage
from tests.factories import make_segment
from tests.visit.answers import is_new, log_lines, vary
from wagtail_personalise_gov.core.memory import Past, ThisVisit, VisitorMemory
from wagtail_personalise_gov.models import ReferrerRule
from wagtail_personalise_gov.visit.cookies import SESSION
from wagtail_personalise_gov.visit.stores import DjangoSessionStore, SignedCookieStore

HOUR = 60 * 60  # seconds
DAY = 24 * HOUR
KEY = DjangoSessionStore.KEY
ENGINES = ["db", "cached_db", "cache", "signed_cookies", "file"]
TODAY = 20_561  # 18 April 2026, the clock's day
MEMORY = VisitorMemory(ThisVisit(step=1, landed=True), Past(began=TODAY, visits=2, this_day=TODAY))


@pytest.fixture(autouse=True)
def store(configure: Callable[..., None], clock: Any, settings: Any, tmp_path: Any) -> DjangoSessionStore:
    configure(VISITOR_STORE="wagtail_personalise_gov.visit.stores.DjangoSessionStore")
    settings.SESSION_FILE_PATH = str(tmp_path)
    return DjangoSessionStore()


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, settings: Any) -> str:
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{request.param}"
    return str(request.param)


def request_with(session_key: str | None = None) -> HttpRequest:
    request = RequestFactory().get("/")
    if session_key is not None:
        request.COOKIES[SESSION.name] = session_key
    SessionMiddleware(lambda request: HttpResponse()).process_request(request)
    return request


def kept(store: DjangoSessionStore, memory: VisitorMemory) -> str:
    """The key of a new session that holds this memory."""
    response = HttpResponse()
    store.save(request_with(), response, memory)
    return response.cookies[SESSION.name].value


# Remembered


def test_a_visitor_is_known_again(client: Client, welcome: AgencyPage, clock: Any, engine: str) -> None:
    answer = client.get("/welcome/")
    assert "New here?" in answer.content.decode()
    assert set(answer.cookies) == {"sessionid"}
    assert is_new(client)  # all through the first visit
    clock.shift(2 * HOUR)
    assert not is_new(client)
    assert is_new(Client())


def test_a_visitor_is_known_again_under_asgi(welcome: AgencyPage, clock: Any) -> None:
    client = AsyncClient()
    assert set(async_to_sync(client.get)("/welcome/").cookies) == {"sessionid"}
    clock.shift(2 * HOUR)
    assert "Welcome back" in async_to_sync(client.get)("/welcome/").content.decode()


def test_what_is_kept_is_plain_json_under_one_key(client: Client, welcome: AgencyPage) -> None:
    client.get("/welcome/")
    data = Session.objects.get().get_decoded()
    assert set(data) == {KEY}
    assert json.loads(json.dumps(data)) == data


def test_a_page_that_changes_nothing_writes_no_session(client: Client, welcome: AgencyPage) -> None:
    client.get("/welcome/")
    assert not client.get("/welcome/").cookies


def test_saving_what_is_kept_already_writes_no_session(store: DjangoSessionStore, db: None) -> None:
    request, response = request_with(kept(store, MEMORY)), HttpResponse()
    store.save(request, response, MEMORY)
    assert not response.cookies
    assert not request.session.modified


# No session without something to keep


def test_no_session_is_begun_where_no_live_rule_asks_for_memory(
    client: Client, agency_page: AgencyPage, places_by_address: Any
) -> None:
    answer = client.get("/flood/", REMOTE_ADDR="192.0.2.7")
    assert "Sandbags in Riverside" in answer.content.decode()
    assert not answer.cookies
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    "mode, choice, headers",
    [
        ("opt_in", None, {}),
        ("opt_out", "refused.1", {}),
        ("opt_out", None, {"Sec-GPC": "1"}),
        ("off", "allowed.1", {}),
    ],
)
def test_no_session_is_begun_for_those_who_have_not_let_us(
    client: Client, welcome: AgencyPage, configure: Any, mode: str, choice: str | None, headers: dict[str, str]
) -> None:
    configure(MODE=mode)
    if choice:
        client.cookies["personalise_choice"] = choice
    answer = client.get("/welcome/", headers=headers)
    assert "Welcome back" in answer.content.decode()
    assert not answer.cookies
    assert not Session.objects.exists()


def test_a_page_that_asks_nothing_leaves_the_session_alone(
    client: Client, plain_page: PlainPage, welcome: AgencyPage
) -> None:
    make_segment("from-search", ReferrerRule(kinds=["search"]))
    assert is_new(client)  # so there is a session
    answer = client.get("/plain/", headers={"Referer": "https://duckduckgo.com/"})
    assert not answer.cookies
    assert "Cookie" not in vary(answer)


def test_looking_for_a_strangers_memory_is_no_use_of_the_session(store: DjangoSessionStore) -> None:
    request = request_with()
    assert store.load(request) == VisitorMemory()
    assert not request.session.accessed


# Forgotten


def test_gpc_in_the_middle_of_a_visit_ends_a_session_that_holds_nothing_else(
    client: Client, welcome: AgencyPage, engine: str
) -> None:
    assert is_new(client)
    answer = client.get("/welcome/", headers={"Sec-GPC": "1"})
    assert "Welcome back" in answer.content.decode()
    assert answer.cookies["sessionid"]["max-age"] == 0
    assert not Session.objects.exists()


@pytest.mark.parametrize("headers", [{"Sec-GPC": "1"}, {"Sec-Fetch-Site": "same-origin"}])
def test_forgetting_leaves_the_rest_of_a_session_alone(
    client: Client, welcome: AgencyPage, engine: str, headers: dict[str, str]
) -> None:
    client.force_login(User.objects.create_user("somebody"))
    assert is_new(client)
    assert KEY in client.session
    if "Sec-GPC" in headers:
        client.get("/welcome/", headers=headers)
    else:
        client.post(reverse("personalise:forget"), headers=headers)
    assert KEY not in client.session
    assert "_auth_user_id" in client.session


def test_a_refusal_leaves_a_session_that_holds_nothing_of_ours_as_it_is(client: Client, welcome: AgencyPage) -> None:
    client.force_login(User.objects.create_user("somebody"))
    assert not client.get("/welcome/", headers={"Sec-GPC": "1"}).cookies


@pytest.mark.parametrize("said", ["refused", "forget", "by API"])
@pytest.mark.parametrize("signed_in", [False, True])
def test_no_is_heard_in_the_session_too_after_the_site_has_changed_to_cookies(
    client: Client, welcome: AgencyPage, configure: Any, engine: str, said: str, signed_in: bool
) -> None:
    if signed_in:
        client.force_login(User.objects.create_user("somebody"))
    assert is_new(client)
    assert KEY in client.session
    configure(VISITOR_STORE="wagtail_personalise_gov.visit.stores.SignedCookieStore")
    if said == "by API":
        client.put("/api/personalise/v1/preference/", {"preference": "refused"}, content_type="application/json")
    else:
        path = "personalise:forget" if said == "forget" else "personalise:choice"
        client.post(reverse(path), {"choice": said}, headers={"Sec-Fetch-Site": "same-origin"})
    assert KEY not in client.session
    assert ("_auth_user_id" in client.session) is signed_in


def test_of_who_has_no_session_none_is_looked_for(client: Client, welcome: AgencyPage, configure: Any) -> None:
    configure(VISITOR_STORE="wagtail_personalise_gov.visit.stores.SignedCookieStore")
    with CaptureQueriesContext(connection) as queries:
        answer = client.post(reverse("personalise:forget"), headers={"Sec-Fetch-Site": "same-origin"})
    assert not answer.cookies
    assert not [query for query in queries if "django_session" in query["sql"]]


def test_what_can_not_be_read_is_forgotten_too(store: DjangoSessionStore, db: None) -> None:
    session = SessionStore()
    session[KEY] = "nonsense"
    session.save()
    response = HttpResponse()
    store.forget(request_with(session.session_key), response)
    assert response.cookies[SESSION.name]["max-age"] == 0
    assert not Session.objects.exists()


# Signing in and out


def test_memory_outlives_signing_in(client: Client, welcome: AgencyPage, clock: Any, engine: str) -> None:
    assert is_new(client)
    before = client.cookies["sessionid"].value
    client.force_login(User.objects.create_user("somebody"))
    assert client.cookies["sessionid"].value != before
    clock.shift(2 * HOUR)
    assert not is_new(client)


def test_memory_ends_with_signing_out(client: Client, welcome: AgencyPage, clock: Any, engine: str) -> None:
    client.force_login(User.objects.create_superuser("somebody"))
    assert is_new(client)
    client.post(reverse("wagtailadmin_logout"))
    clock.shift(2 * HOUR)
    assert is_new(client)


def test_memory_does_not_follow_into_the_session_after_signing_out(store: DjangoSessionStore, db: None) -> None:
    """A page that was personalised may be the one that signs out, and may leave a message in the new session."""
    request, response = request_with(kept(store, MEMORY)), HttpResponse()
    assert store.load(request) == MEMORY
    request.session.flush()
    request.session["message"] = "You have signed out."
    store.save(request, response, VisitorMemory(MEMORY.visit, None))
    assert KEY not in request.session
    assert not response.cookies


def test_a_session_that_ended_in_another_window_keeps_nothing(store: DjangoSessionStore, db: None) -> None:
    request, response = request_with(kept(store, MEMORY)), HttpResponse()
    assert store.load(request) == MEMORY
    Session.objects.all().delete()
    store.save(request, response, VisitorMemory(MEMORY.visit, None))
    assert not response.cookies
    assert not Session.objects.exists()


# Ages


def test_a_visit_is_believed_for_four_hours_and_a_past_for_longer(
    store: DjangoSessionStore, db: None, clock: Any
) -> None:
    key = kept(store, MEMORY)
    clock.shift(4 * HOUR - 1)
    assert store.load(request_with(key)) == MEMORY
    clock.shift(1)
    assert store.load(request_with(key)) == VisitorMemory(None, MEMORY.past)


def test_keeping_another_past_does_not_renew_the_visit(store: DjangoSessionStore, db: None, clock: Any) -> None:
    key = kept(store, MEMORY)
    clock.shift(3 * HOUR)
    later = VisitorMemory(MEMORY.visit, Past(began=TODAY, visits=3))
    store.save(request_with(key), HttpResponse(), later)
    assert store.load(request_with(key)) == later
    clock.shift(1 * HOUR)
    assert store.load(request_with(key)) == VisitorMemory(None, later.past)


def test_a_past_is_kept_for_so_many_days_from_the_day_it_began(
    store: DjangoSessionStore, db: None, clock: Any, configure: Any
) -> None:
    configure(MEMORY_MAX_AGE_DAYS=5)
    key = kept(store, MEMORY)
    clock.shift(4 * DAY)
    assert store.load(request_with(key)).past == MEMORY.past
    clock.shift(1 * DAY)
    assert store.load(request_with(key)) == VisitorMemory()


# What goes wrong


@pytest.mark.parametrize(
    "junk",
    [
        None,
        "nonsense",
        [],
        {},
        7,
        {"visit": 1, "written": "now", "past": 1},
        {"visit": {"t": 1, "l": 1}},  # of no known age
        {"visit": {"t": 1, "l": 1}, "written": 10**12},  # of the future
        {"past": {"b": -1, "v": -1}},
    ],
)
def test_what_can_not_be_read_is_a_strangers(
    client: Client, welcome: AgencyPage, store: DjangoSessionStore, junk: Any
) -> None:
    session = client.session
    session[KEY] = junk
    session.save()
    assert store.load(request_with(session.session_key)) == VisitorMemory()
    client.cookies["sessionid"] = session.session_key
    assert is_new(client)


def test_where_sessions_are_away_every_visitor_is_a_stranger_with_a_page(
    client: Client, welcome: AgencyPage, clock: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert is_new(client)
    clock.shift(2 * HOUR)
    with monkeypatch.context() as patch:

        def away(self: Any) -> None:
            raise OperationalError(f"no session {self.session_key}")

        patch.setattr(SessionStore, "load", away)
        for _ in range(3):
            assert is_new(client)
    (line,) = log_lines(caplog)
    assert line.startswith("Sessions can't be read (OperationalError).")
    assert not is_new(client)  # what was kept has not been replaced by a stranger's beginning


def test_a_session_that_can_not_be_written_costs_nobody_their_page(
    client: Client, welcome: AgencyPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(self: Any, must_create: bool = False) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(SessionStore, "save", away)
    answer = client.get("/welcome/")
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


def test_without_sessions_on_the_site_nothing_is_kept(store: DjangoSessionStore) -> None:
    request, response = RequestFactory().get("/"), HttpResponse()
    request.COOKIES[SESSION.name] = "x"
    assert store.load(request) == VisitorMemory()
    store.save(request, response, MEMORY)
    store.forget(request, response)
    assert not response.cookies


def test_nothing_is_kept_of_a_page_that_failed(store: DjangoSessionStore, db: None) -> None:
    """As Django does with its sessions."""
    response = HttpResponse(status=500)
    store.save(request_with(), response, MEMORY)
    assert not response.cookies
    assert not Session.objects.exists()


@pytest.mark.parametrize("closes", [True, False])
def test_a_cookie_of_an_ended_session_is_replaced_and_not_expired(
    client: Client, welcome: AgencyPage, settings: Any, closes: bool
) -> None:
    settings.SESSION_EXPIRE_AT_BROWSER_CLOSE = closes
    client.cookies["sessionid"] = "0123456789abcdefghijklmnopqrstuv"
    answer = client.get("/welcome/")
    assert answer.cookies["sessionid"].value == Session.objects.get().session_key
    assert answer.cookies["sessionid"]["max-age"] == ("" if closes else settings.SESSION_COOKIE_AGE)
    assert (answer.cookies["sessionid"]["expires"] == "") is closes


# What visitors are told


def test_visitors_are_told_of_the_cookie_that_there_is(client: Client, welcome: AgencyPage, settings: Any) -> None:
    settings.SESSION_COOKIE_NAME = "council_session"
    text = client.get(reverse("personalise:about")).content.decode()
    assert "<code>council_session</code>" in text
    assert "14 days" in text
    assert "<code>personalise_visit</code>" not in text
    assert "<code>personalise_memory</code>" not in text


def test_the_cookie_lasts_as_long_as_sessions_do(settings: Any) -> None:
    assert SESSION.days == 14
    settings.SESSION_COOKIE_AGE = 1
    assert SESSION.days == 1
    settings.SESSION_EXPIRE_AT_BROWSER_CLOSE = True
    assert SESSION.days is None


def test_it_is_told_whether_the_memory_itself_is_in_the_browser(engine: str, store: DjangoSessionStore) -> None:
    assert store.in_browser is (engine == "signed_cookies")
    assert SignedCookieStore().in_browser
