"""The header token: for front ends that cannot use cookies, what these would have held."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.contrib.sessions.models import Session
from django.test import AsyncClient, Client

from tests.agency.models import AgencyPage, PlainPage
from tests.api.calling import API, FrontEnd
from tests.choices import without_days
from tests.counting.gathered import BROWSER, PATH, GatheredBuffer
from tests.factories import hero, make_page, make_segment, personalised
from tests.test_key_rotation import SPOILT
from wagtail_personalise_gov.core.counting import MAX_COUNTED_BYTES
from wagtail_personalise_gov.models import FirstTimeVisitorRule, Segment, VisitCountRule
from wagtail_personalise_gov.visit import limits
from wagtail_personalise_gov.visit.header_token import MAX_LENGTH, NEW, HeaderToken
from wagtail_personalise_gov.visit.visit import Visit

RIVERSIDE = {"X-City": "Riverside"}
NOON = datetime.datetime(2026, 4, 18, 12, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


@pytest.fixture
def welcome(home: AgencyPage) -> AgencyPage:
    """At /welcome/: "New here?" for people on their first visit, else "Welcome back"."""
    new = make_segment("new", FirstTimeVisitorRule())
    return make_page(
        "Welcome", ("offer", personalised(hero("Welcome back"), (new, hero("New here?")))), parent=home, slug="welcome"
    )


def heading(answer: Any) -> str:
    assert answer.status_code == 200, answer.content
    told: str = answer.json()["body"][0]["value"]["content"]["heading"]
    return told


# What goes both ways


def test_who_is_kept_in_mind_gets_a_token_and_is_known_by_it(welcome: AgencyPage) -> None:
    front_end = FrontEnd()
    page = f"pages/{welcome.pk}/"
    with time_machine.travel(NOON, tick=False):
        assert heading(front_end.get(page)) == "New here?"
    assert front_end.holds == {"personalise_visit", "personalise_memory"}
    with time_machine.travel(NOON + DAY, tick=False):
        assert heading(front_end.get(page)) == "Welcome back"
        assert heading(FrontEnd().get(page)) == "New here?"  # somebody else


def test_an_answer_has_no_token_where_what_is_kept_stays_as_it_is(welcome: AgencyPage) -> None:
    with time_machine.travel(NOON, tick=False):
        front_end = FrontEnd()
        assert front_end.get("visit/").has_header("Personalise-Visitor")
        assert not front_end.get("visit/").has_header("Personalise-Visitor")


def test_nobody_gets_a_token_where_there_is_nothing_to_keep(
    agency_page: AgencyPage, plain_page: PlainPage, places_by_header: None
) -> None:
    for path in ("visit/", f"pages/{agency_page.pk}/", f"pages/{plain_page.pk}/", "pages/999999/"):
        assert not FrontEnd().get(path, **RIVERSIDE).has_header("Personalise-Visitor")


def test_who_sends_no_token_gets_none_but_cookies(welcome: AgencyPage) -> None:
    answer = Client().get(f"{API}/visit/")
    assert not answer.has_header("Personalise-Visitor")
    assert {"personalise_visit", "personalise_memory"} <= answer.cookies.keys()


def test_every_answer_that_could_have_been_another_by_token_says_so(welcome: AgencyPage) -> None:
    for answer in (Client().get(f"{API}/visit/"), FrontEnd().get("visit/")):
        assert "Personalise-Visitor" in answer["Vary"]
        assert "no-store" in answer["Cache-Control"]


def test_a_public_page_stays_everybodys_also_for_who_sends_a_token(plain_page: PlainPage) -> None:
    answer = FrontEnd().get(f"pages/{plain_page.pk}/")
    assert not answer.has_header("Cache-Control")
    assert not answer.has_header("Vary")


def test_a_page_in_html_knows_no_token(welcome: AgencyPage) -> None:
    front_end = FrontEnd()
    front_end.put("preference", {"preference": "refused"})
    answer = Client().get("/welcome/", headers={"Personalise-Visitor": front_end.token})
    assert "New here?" in answer.content.decode()  # as a visitor who has refused nothing
    assert "Personalise-Visitor" not in answer["Vary"]
    assert not answer.has_header("Personalise-Visitor")


def test_beside_a_token_our_cookies_are_neither_read_nor_set(welcome: AgencyPage) -> None:
    front_end = FrontEnd()
    cookies = {"personalise_choice": "refused.1", "personalise_visit": "junk", "__Host-personalise_choice": "refused.1"}
    front_end.client.cookies.load(cookies)
    assert front_end.get("visit/").json()["preference"] == "undecided"
    assert front_end.put("preference", {"preference": "allowed"}).json()["preference"] == "allowed"
    assert front_end.delete("visit").status_code == 204
    assert {name: front_end.client.cookies[name].value for name in cookies} == cookies


def test_with_a_token_memory_is_in_it_wherever_the_site_keeps_that_of_others(
    welcome: AgencyPage, configure: Callable[..., None]
) -> None:
    configure(VISITOR_STORE="wagtail_personalise_gov.visit.stores.DjangoSessionStore")
    front_end = FrontEnd()
    front_end.get("visit/")
    assert front_end.holds == {"personalise_visit", "personalise_memory"}
    assert not Session.objects.exists()
    Client().get(f"{API}/visit/")
    assert Session.objects.exists()


def test_a_link_to_the_standard_version_reads_and_changes_no_token(welcome: AgencyPage) -> None:
    front_end = FrontEnd()
    answer = front_end.get(f"pages/{welcome.pk}/?personalise=standard")
    assert heading(answer) == "Welcome back"
    assert front_end.token == NEW


def test_what_was_shown_is_counted_once_for_a_token(agency_page: AgencyPage, configure: Callable[..., None]) -> None:
    configure(COUNTING=True, COUNTING_BUFFER=PATH)
    GatheredBuffer.totals.clear()
    front_end = FrontEnd()
    for _ in range(3):
        front_end.get(f"pages/{agency_page.pk}/", **{"User-Agent": BROWSER})
    assert sum(GatheredBuffer.totals.values()) == 1
    assert "personalise_count" in front_end.holds


# The choice travels with it


def test_a_refusal_leaves_a_token_that_holds_nothing_else(welcome: AgencyPage) -> None:
    front_end = FrontEnd()
    front_end.get("visit/")
    assert front_end.put("preference", {"preference": "refused"}).json()["preference"] == "refused"
    assert front_end.holds == {"personalise_choice"}
    assert heading(front_end.get(f"pages/{welcome.pk}/")) == "Welcome back"
    told = front_end.get("visit/").json()
    assert (told["preference"], told["adapts"], told["facts"]) == ("refused", False, [])
    assert front_end.holds == {"personalise_choice"}


def test_all_who_refuse_on_the_same_day_hold_the_same_token(welcome: AgencyPage) -> None:
    tokens = set()
    for hour in (1, 23):
        with time_machine.travel(NOON.replace(hour=hour), tick=False):
            front_end = FrontEnd()
            front_end.get("visit/")
            front_end.put("preference", {"preference": "refused"})
            tokens.add(front_end.token)
    assert len(tokens) == 1


def test_an_acceptance_is_known_again_and_ends_like_its_cookie(
    welcome: AgencyPage, configure: Callable[..., None]
) -> None:
    configure(MODE="opt_in")
    front_end = FrontEnd()
    with time_machine.travel(NOON, tick=False):
        assert heading(front_end.get(f"pages/{welcome.pk}/")) == "Welcome back"
        front_end.put("preference", {"preference": "allowed"})
        assert front_end.get("visit/").json()["preference"] == "allowed"
    with time_machine.travel(NOON + 182 * DAY, tick=False):
        assert front_end.get("visit/").json()["preference"] == "allowed"
    with time_machine.travel(NOON + 184 * DAY, tick=False):
        assert front_end.get("visit/").json()["preference"] == "undecided"


@pytest.mark.parametrize("signal", ["Sec-GPC", "DNT"])
def test_a_browsers_signal_holds_for_a_token_too(welcome: AgencyPage, signal: str) -> None:
    front_end = FrontEnd()
    front_end.get("visit/")
    told = front_end.get("visit/", **{signal: "1"}).json()
    assert (told["preference"], told["facts"]) == ("refused", [])
    assert front_end.token == NEW  # what was kept goes, as a cookie would


def test_what_is_erased_leaves_the_choice(welcome: AgencyPage) -> None:
    front_end = FrontEnd()
    front_end.get("visit/")
    assert front_end.delete("visit").status_code == 204
    assert front_end.token == NEW
    front_end.put("preference", {"preference": "allowed"})
    front_end.get("visit/")
    assert "personalise_memory" in front_end.holds
    front_end.delete("visit")
    assert front_end.holds == {"personalise_choice"}


def test_a_choice_is_kept_in_a_token_even_without_the_middleware(welcome: AgencyPage, settings: Any) -> None:
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.endswith("PersonaliseMiddleware")]
    front_end = FrontEnd()
    assert front_end.put("preference", {"preference": "refused"}).status_code == 200
    assert front_end.get("visit/").json()["preference"] == "refused"


# What is no token of ours


@pytest.mark.parametrize("way", SPOILT)
def test_what_is_spoilt_is_a_strangers_and_is_replaced(welcome: AgencyPage, way: str) -> None:
    front_end = FrontEnd()
    with time_machine.travel(NOON - DAY, tick=False):
        front_end.get("visit/")
    front_end.token = SPOILT[way](front_end.token).encode("latin-1", "ignore").decode("latin-1")
    with time_machine.travel(NOON, tick=False):
        assert heading(front_end.get(f"pages/{welcome.pk}/")) == "New here?"
        assert front_end.holds == {"personalise_visit", "personalise_memory"}


def test_each_letter_of_a_token_is_guarded(welcome: AgencyPage) -> None:
    front_end = FrontEnd()
    front_end.get("visit/")
    token = front_end.token
    for position, letter in enumerate(token):
        other = token[:position] + ("A" if letter != "A" else "B") + token[position + 1 :]
        assert not HeaderToken.read(other).sound


def test_a_spoilt_token_is_dropped_where_nothing_is_to_be_kept(agency_page: AgencyPage, places_by_header: None) -> None:
    front_end = FrontEnd("spoilt")
    front_end.get("visit/", **RIVERSIDE)
    assert front_end.token == NEW


@pytest.mark.parametrize(
    "choice, told",
    [
        ("refused", "refused"),  # nobody who refused is asked again, or adapted to, for a key that was changed
        ("allowed", "undecided"),  # anybody could have written it
    ],
)
def test_a_refusal_outlives_every_key_and_an_acceptance_does_not(
    welcome: AgencyPage, settings: Any, choice: str, told: str
) -> None:
    front_end = FrontEnd()
    front_end.put("preference", {"preference": choice})
    settings.SECRET_KEY = "another"
    assert front_end.get("visit/").json()["preference"] == told


def test_a_token_outlives_a_new_name_of_the_cookies(welcome: AgencyPage, configure: Callable[..., None]) -> None:
    front_end = FrontEnd()
    with time_machine.travel(NOON - DAY, tick=False):
        front_end.get("visit/")
        front_end.put("preference", {"preference": "allowed"})
    configure(COOKIE_SECURE=True)
    with time_machine.travel(NOON, tick=False):
        assert heading(front_end.get(f"pages/{welcome.pk}/")) == "Welcome back"
        assert front_end.get("visit/").json()["preference"] == "allowed"


@pytest.mark.parametrize(
    "later, kept", [(datetime.timedelta(hours=4), True), (datetime.timedelta(hours=4, minutes=11), False)]
)
def test_what_a_visitor_said_ends_after_four_hours_wherever_the_token_is_kept(
    licence: Segment, later: datetime.timedelta, kept: bool
) -> None:
    front_end = FrontEnd()
    with time_machine.travel(NOON, tick=False):
        front_end.put("intent", {"intent": "restaurant"})
    with time_machine.travel(NOON + later, tick=False):
        assert front_end.get("visit/").json()["intent"] == ("restaurant" if kept else None)


def test_the_past_ends_with_its_days(home: AgencyPage, configure: Callable[..., None]) -> None:
    configure(MEMORY_MAX_AGE_DAYS=30)
    make_segment("often", VisitCountRule(visits=2))
    front_end = FrontEnd()
    with time_machine.travel(NOON, tick=False):
        front_end.get("visit/")
    with time_machine.travel(NOON + 29 * DAY, tick=False):
        assert [segment["slug"] for segment in front_end.get("visit/").json()["segments"]] == ["often"]
    with time_machine.travel(NOON + 31 * DAY, tick=False):
        assert front_end.get("visit/").json()["segments"] == []


def test_the_fullest_token_is_still_read() -> None:
    """Each part stays below 2 KB, as its cookie does (tests/visit/test_stores.py)."""
    full = {
        "personalise_choice": "undecided-uncounted.999999.999999-999999.gdn",
        **dict.fromkeys(("personalise_visit", "personalise_memory", "personalise_count"), "x" * 2048),
    }
    written = HeaderToken(full).written()
    assert len(written) <= MAX_LENGTH
    assert MAX_COUNTED_BYTES < 2048
    assert HeaderToken.read(written) == HeaderToken(full)


def test_a_token_names_nobody_where_a_program_prints_it() -> None:
    assert repr(HeaderToken({"personalise_choice": "refused.1"})) == "<HeaderToken>"


def test_the_choice_in_a_token_is_that_of_the_cookie(welcome: AgencyPage) -> None:
    front_end = FrontEnd()
    front_end.put("preference", {"preference": "refused"})
    assert without_days(HeaderToken.read(front_end.token).values["personalise_choice"]) == "refused.1"


# Around it


@pytest.mark.parametrize(
    "order",
    [
        ("update", "ours", "others", "fetch"),
        ("page cache", "update", "ours", "others", "fetch"),  # which keeps pages that adapt
    ],
    ids=len,
)
def test_no_page_cache_gives_one_visitors_answer_to_another(
    agency_page: AgencyPage, places_by_header: None, settings: Any, order: tuple[str, ...]
) -> None:
    ours = "wagtail_personalise_gov.middleware.PersonaliseMiddleware"
    named = {
        "page cache": ["wagtail_personalise_gov.middleware.PageCacheMiddleware"],
        "update": ["django.middleware.cache.UpdateCacheMiddleware"],
        "ours": [ours],
        "others": [name for name in settings.MIDDLEWARE if name != ours],
        "fetch": ["django.middleware.cache.FetchFromCacheMiddleware"],
    }
    settings.MIDDLEWARE = [path for name in order for path in named[name]]
    settings.CACHE_MIDDLEWARE_SECONDS = 600
    refuser, other = FrontEnd(), FrontEnd()
    refuser.put("preference", {"preference": "refused"})
    for _ in range(2):
        for front_end, shown in ((other, "Sandbags in Riverside"), (refuser, "Be ready")):
            assert shown in front_end.get(f"pages/{agency_page.pk}/", **RIVERSIDE).content.decode()
        assert "Be ready" in FrontEnd().get(f"pages/{agency_page.pk}/").content.decode()


def test_under_asgi_a_token_works_as_well(welcome: AgencyPage) -> None:
    token, told = NEW, []
    for _ in range(2):
        answer = async_to_sync(AsyncClient().get)(f"{API}/visit/", headers={"Personalise-Visitor": token})
        assert not answer.cookies
        token = answer.headers.get("Personalise-Visitor", token)
        told.append([segment["slug"] for segment in answer.json()["segments"]])
    assert told == [["new"], ["new"]]
    assert HeaderToken.read(token).values.keys() == {"personalise_visit", "personalise_memory"}


def test_a_call_that_fails_sets_no_cookie_either(welcome: AgencyPage, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(visit: Visit, request: Any) -> None:
        _ = visit.segments  # so that there is something to keep
        raise OSError("the database is away")

    monkeypatch.setattr("wagtail_personalise_gov.api.views.visit_json", failing)
    front_end = FrontEnd()
    front_end.client.raise_request_exception = False
    assert front_end.get("visit/").status_code == 500


def test_refusing_by_token_is_never_limited(
    licence: Segment, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "rate", limits.Rate())
    configure(FORMS_PER_MINUTE=1)
    front_end = FrontEnd()
    assert [front_end.put("intent", {"intent": "restaurant"}).status_code for _ in range(2)] == [200, 429]
    assert front_end.put("preference", {"preference": "refused"}).status_code == 200
    assert front_end.holds == {"personalise_choice"}
