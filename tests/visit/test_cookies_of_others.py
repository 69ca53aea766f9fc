"""Cookies that we did not write as they come: tampered with, foreign, expired, too long, or too many."""

import base64
import json
import time
from typing import Any

import pytest
import time_machine
from django.core import signing
from django.http import HttpResponse
from django.test import Client, RequestFactory
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.agency.models import AgencyPage
from tests.factories import hero, make_intent, make_page, make_segment, personalised
from wagtail_personalise_gov.core.memory import Campaign, DeclaredPlace, Past, Referrer, ThisVisit, VisitorMemory
from wagtail_personalise_gov.core.preference import Choice
from wagtail_personalise_gov.models import (
    CampaignRule,
    FirstTimeVisitorRule,
    LocationRule,
    ReferrerRule,
    VisitIntentRule,
)
from wagtail_personalise_gov.visit.cookies import CHOICE, MEMORY, VISIT
from wagtail_personalise_gov.visit.preference import choice_of
from wagtail_personalise_gov.visit.stores import SignedCookieStore

MAX_BOTH = 2048  # bytes, names and attributes of both cookies included


@pytest.fixture
def welcome(home: AgencyPage) -> AgencyPage:
    new = make_segment("new", FirstTimeVisitorRule())
    make_segment("from-search", ReferrerRule(kinds=["search"]))
    make_segment("from-campaign", CampaignRule(source="x"))
    make_segment("riverside", LocationRule(cities=["Riverside"]))
    make_segment("founders", VisitIntentRule(intent=make_intent("start-a-business")))
    return make_page(
        "Welcome", ("offer", personalised(hero("Welcome back"), (new, hero("New here?")))), parent=home, slug="welcome"
    )


def signed(cookie: Any, data: Any, **kwargs: Any) -> str:
    salt = kwargs.pop("salt", f"wagtail_personalise_gov.{cookie.base_name}")
    return signing.TimestampSigner(salt=salt, **kwargs).sign_object(data)


def test_a_second_visit_is_told_from_sound_cookies(client: Client, welcome: AgencyPage) -> None:
    """What the rows below spoil: with these cookies, a visitor is not new."""
    client.cookies["personalise_memory"] = signed(MEMORY, {"b": today(), "v": 1, "d": [today(), None]})
    assert "Welcome back" in client.get("/welcome/").content.decode()


def today() -> int:
    return int(time.time()) // (24 * 60 * 60)


SPOILT = {
    "empty": lambda value: "",
    "tampered with": lambda value: ("e" if value[0] != "e" else "f") + value[1:],
    "cut off": lambda value: value[:-1],
    "signature of another": lambda value: value.rsplit(":", 1)[0] + ":" + "A" * 43,
    "unsigned": lambda value: base64.b64encode(json.dumps({"b": today(), "v": 1}).encode()).decode(),
    "signed with another salt": lambda value: signed(MEMORY, {"b": today(), "v": 1}, salt="other"),
    "of the other cookie": lambda value: signed(VISIT, {"b": today(), "v": 1}),
    "signed with another key": lambda value: signed(MEMORY, {"b": today(), "v": 1}, key="another"),
    "of another form": lambda value: signed(MEMORY, ["b", 1]),
    "of wrong types": lambda value: signed(MEMORY, {"b": "today", "v": None}),
    "of negative numbers": lambda value: signed(MEMORY, {"b": -1, "v": -1}),
    "of huge numbers": lambda value: signed(MEMORY, {"b": 10**30, "v": 10**30}),
    "of the future": lambda value: signed(MEMORY, {"b": today() + 100, "v": 5}),
    "begun too long ago": lambda value: signed(MEMORY, {"b": today() - 181, "v": 5}),
    "not JSON": lambda value: signing.TimestampSigner(salt="wagtail_personalise_gov.personalise_memory").sign("e30x"),
    "oversized": lambda value: "a" * 100_000,
    "oversized and signed": lambda value: signed(MEMORY, {"b": today(), "v": 1, "x": "a" * 8000}),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_memory_is_a_strangers(client: Client, welcome: AgencyPage, how: str) -> None:
    sound = signed(MEMORY, {"b": today(), "v": 1, "d": [today(), None]})
    client.cookies["personalise_memory"] = SPOILT[how](sound)
    answer = client.get("/welcome/")
    assert answer.status_code == 200
    assert "New here?" in answer.content.decode()


def test_an_old_visit_is_ignored(client: Client, welcome: AgencyPage) -> None:
    with time_machine.travel("2026-04-18T08:00:00Z"):
        client.cookies["personalise_visit"] = signed(VISIT, {"t": 0, "l": 1, "i": "start-a-business"})
    with time_machine.travel("2026-04-18T12:00:10Z"):
        answer = client.get("/api/personalise/v1/visit/")
    assert answer.json()["intent"] is None


@pytest.mark.parametrize(
    "value",
    ["", "allowed", "allowed.", "allowed.x", "allowed.1.x", "ALLOWED.1", "refused.1.ggg", "a" * 100_000, "%00", "\xff"],
)
def test_a_choice_that_we_did_not_write_is_no_choice(
    client: Client, welcome: AgencyPage, configure: Any, value: str
) -> None:
    configure(MODE="opt_in")
    answer = client.get("/welcome/", HTTP_COOKIE=f"personalise_choice={value}")
    assert "Welcome back" in answer.content.decode()
    assert client.get("/api/personalise/v1/visit/", HTTP_COOKIE=f"personalise_choice={value}").json()["banner"] == "ask"


# Another host below the same domain can set a second cookie of our name, which comes before ours or after it.
SEVERAL = [
    (["refused.1", "allowed.1"], "refused", None),
    (["refused.1", ""], "refused", None),
    (["refused.1", "junk"], "refused", None),
    (["refused.1", "a" * 5000], "refused", None),
    (["allowed.1", "junk"], "allowed", None),
    (["junk", "allowed-counted.1"], "allowed", True),
    (["allowed-uncounted.1", "allowed-counted.1"], "allowed", False),
    (["undecided-uncounted.1", "refused.1"], "refused", False),
    (["allowed.1", "allowed-counted.1"], None, None),
]


@pytest.mark.parametrize("values, preference, counting", SEVERAL)
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("secure", [False, True])
def test_of_several_choices_any_refusal_stands_else_the_first_holds(
    configure: Any, values: list[str], preference: str | None, counting: bool | None, turned: bool, secure: bool
) -> None:
    configure(COOKIE_SECURE=secure)
    sent = values[::-1] if turned else values
    header = "; ".join(f"{CHOICE.name}={value}" for value in sent)
    choice = choice_of(RequestFactory().get("/", HTTP_COOKIE=header))
    assert choice is not None
    if preference is None:
        assert choice == Choice.from_cookie(sent[0])
    else:
        assert (str(choice.preference), choice.counting) == (preference, counting)


@pytest.mark.parametrize("planted", ["allowed.1", "junk", ""])
def test_a_second_cookie_does_not_undo_a_refusal(client: Client, welcome: AgencyPage, planted: str) -> None:
    page = client.get("/welcome/", HTTP_COOKIE=f"personalise_choice=refused.1; personalise_choice={planted}")
    assert "Welcome back" in page.content.decode()
    assert not page.cookies
    assert "New here?" in client.get("/welcome/", HTTP_COOKIE=f"personalise_choice={planted}").content.decode()


@given(visit=st.binary(max_size=300), memory=st.text(max_size=300), choice=st.text(max_size=30))
@hypothesis_settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_cookies_get_a_page(client: Client, welcome: AgencyPage, visit: bytes, memory: str, choice: str) -> None:
    header = f"personalise_visit={visit.decode('latin-1')}; personalise_memory={memory}; personalise_choice={choice}"
    assert client.get("/welcome/", HTTP_COOKIE=header.encode().decode("latin-1")).status_code == 200


@given(
    visit=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("tlrcsipbvd"), inner, max_size=6),
        max_leaves=10,
    )
)
@hypothesis_settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_that_we_signed_gets_a_page(client: Client, welcome: AgencyPage, visit: Any) -> None:
    """An older or a newer version of this package may have written another form."""
    client.cookies["personalise_visit"] = signed(VISIT, visit)
    client.cookies["personalise_memory"] = signed(MEMORY, visit)
    assert client.get("/welcome/").status_code == 200


# Size

TEXT = st.text(max_size=400) | st.sampled_from(
    ["a" * 400, "ß" * 400, "\N{PILE OF POO}" * 400, "\x01" * 400, '"\\' * 200]
)


@given(texts=st.lists(TEXT, min_size=9, max_size=9), numbers=st.lists(st.integers(0, 10**8), min_size=4, max_size=4))
@hypothesis_settings(max_examples=200, deadline=None)
def test_both_cookies_stay_under_2_kb_and_come_back_as_they_went(texts: list[str], numbers: list[int]) -> None:
    memory = VisitorMemory(
        ThisVisit(
            step=numbers[0],
            landed=True,
            referrer=Referrer(texts[0], texts[1]),
            campaign=Campaign(*texts[2:5]),
            recognised={f"{text}{number}"[-50:]: 0.6 for number, text in enumerate(texts * 2)},
            intent=texts[5],
            place=DeclaredPlace(*texts[6:9]),
        ),
        Past(today() - numbers[1] % 180, 9999, numbers[2], numbers[3]),
    )
    store, response = SignedCookieStore(), HttpResponse()
    request = RequestFactory().get("/")
    store.save(request, response, memory)
    size = sum(len(cookie.OutputString().encode()) for cookie in response.cookies.values())
    assert len(response.cookies) == 2
    assert size < MAX_BOTH
    request.COOKIES = {name: cookie.value for name, cookie in response.cookies.items()}
    assert store.load(request) == memory


def test_a_visit_with_everything_in_it_stays_under_2_kb(client: Client, welcome: AgencyPage) -> None:
    campaign = "&".join(f"utm_{part}={'%F0%9F%92%A9' * 200}" for part in ("source", "medium", "campaign"))
    answer = client.get(f"/welcome/?{campaign}", headers={"Referer": f"https://{'a.' * 500}gov.uk/"})
    assert set(answer.cookies) == {"personalise_visit", "personalise_memory"}
    assert sum(len(cookie.OutputString().encode()) for cookie in answer.cookies.values()) < MAX_BOTH
