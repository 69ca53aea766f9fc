"""Counting in the API: a purpose of its own, told only by a site that counts."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client

from tests.agency.models import AgencyPage
from tests.api.calling import API, put
from tests.choices import without_days
from tests.counting.gathered import PATH
from wagtail_personalise_gov import compiling


@pytest.fixture
def counting(configure: Callable[..., None]) -> None:
    configure(COUNTING=True, COUNTING_BUFFER=PATH)


def told(client: Client, **headers: str) -> Any:
    return client.get(f"{API}/visit/", headers=headers).json().get("counting")


def test_a_site_that_does_not_count_says_nothing_of_it(client: Client, home: AgencyPage) -> None:
    assert "counting" not in client.get(f"{API}/visit/").json()
    assert "counting" not in put(client, "preference", {"preference": "allowed"}).json()


@pytest.mark.parametrize(
    "cookie, headers, on, why",
    [
        (None, {}, True, "Your visits are counted until you turn that off."),
        ("allowed-counted.1", {}, True, "You chose that your visits are counted."),
        ("allowed-uncounted.1", {}, False, "You chose that your visits are not counted."),
        ("refused-uncounted.1", {}, False, "You chose that your visits are not counted."),
        ("refused.1", {}, False, "Visits are counted only while this site changes to suit them."),
        ("allowed-counted.1.g", {"Sec-GPC": "1"}, False, "(Global Privacy Control)."),
        (None, {"DNT": "1"}, False, "(Do Not Track)."),
    ],
)
def test_visit_tells_whether_it_is_counted_and_why(
    client: Client, home: AgencyPage, counting: None, cookie: str | None, headers: dict[str, str], on: bool, why: str
) -> None:
    if cookie:
        client.cookies["personalise_choice"] = cookie
    answer = told(client, **headers)
    assert answer["on"] is on
    assert why in answer["why"]


@pytest.mark.parametrize(
    "cookie, why",
    [
        (None, "Visits are counted only while this site changes to suit them."),
        ("allowed.1", "Your visits are not counted unless you turn that on."),
    ],
)
def test_with_opt_in_nothing_is_counted_without_a_yes(
    client: Client, home: AgencyPage, counting: None, configure: Any, cookie: str | None, why: str
) -> None:
    configure(MODE="opt_in")
    if cookie:
        client.cookies["personalise_choice"] = cookie
    assert told(client) == {"on": False, "why": why}


def test_while_paused_nothing_is_counted(client: Client, agency_page: AgencyPage, counting: None) -> None:
    compiling.pause(by="a test")
    compiling.holder.check_again()
    assert told(client) == {"on": False, "why": "Nothing is counted at the moment."}


def test_either_or_both_may_be_said(client: Client, home: AgencyPage, counting: None) -> None:
    answer = put(client, "preference", {"counting": "refused"})
    assert answer.json()["preference"] == "undecided"
    assert answer.json()["counting"] == {"on": False, "why": "You chose that your visits are not counted."}
    assert without_days(answer.cookies["personalise_choice"].value) == "undecided-uncounted.1"
    answer = put(client, "preference", {"preference": "allowed"})
    assert without_days(answer.cookies["personalise_choice"].value) == "allowed-uncounted.1"
    answer = put(client, "preference", {"preference": "allowed", "counting": "allowed"})
    assert answer.json()["counting"] == {"on": True, "why": "You chose that your visits are counted."}
    assert without_days(answer.cookies["personalise_choice"].value) == "allowed-counted.1"


def test_each_has_the_time_of_its_own_here_too(
    client: Client, home: AgencyPage, counting: None, configure: Callable[..., None]
) -> None:
    begin = datetime.datetime(2026, 11, 26, 12, tzinfo=datetime.UTC)
    with time_machine.travel(begin, tick=False) as clock:
        put(client, "preference", {"preference": "allowed"})
        clock.shift(datetime.timedelta(days=100))
        answer = put(client, "preference", {"counting": "refused"})
        cookie = answer.cookies["personalise_choice"]
        assert (cookie.value, cookie["max-age"]) == ("allowed-uncounted.1.20783-20883", 365 * 86_400)
        for days, preference in ((82, "allowed"), (2, "undecided"), (282, "undecided")):
            clock.shift(datetime.timedelta(days=days))
            said = client.get(f"{API}/visit/").json()
            assert said["preference"] == preference
            assert ("You chose that your visits are not counted." in said["counting"]["why"]) is (days < 282)


@pytest.mark.parametrize(
    "body, errors",
    [
        ({}, {"preference": ['Say "allowed" or "refused", here or in the field "counting".']}),
        ({"counting": "perhaps"}, {"counting": ['Say "allowed" or "refused".']}),
        ({"counting": None}, {"counting": ['Say "allowed" or "refused".']}),
        ({"counting": True}, {"counting": ['Say "allowed" or "refused".']}),
        ({"preference": "refused", "counting": "no"}, {"counting": ['Say "allowed" or "refused".']}),
    ],
)
def test_what_will_not_do_is_named_by_its_field_and_changes_nothing(
    client: Client, home: AgencyPage, counting: None, body: object, errors: dict[str, list[str]]
) -> None:
    answer = put(client, "preference", body)
    assert answer.status_code == 400
    assert answer.json()["errors"] == errors
    assert not answer.cookies


def test_another_site_can_not_say_it(client: Client, home: AgencyPage, counting: None) -> None:
    for said in ("allowed", "refused"):
        answer = put(client, "preference", {"counting": said}, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403
        assert not answer.cookies
