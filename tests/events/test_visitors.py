"""What visitors choose, say and achieve is told to a site's own code, without anything about who they are."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from tests.agency.models import AgencyPage
from tests.factories import committed, make_intent
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.core.counting import Tally
from wagtail_personalise_gov.signals import goal_reached, intent_declared, preference_changed

from .conftest import Heard
from .visitors import API, CHOICE, FORGET, INTENT, browser

Listen = Callable[[Any], Heard]
Configure = Callable[..., None]


def put(client: Client, name: str, data: dict[str, Any], **headers: str) -> Any:
    return client.put(f"{API}{name}/", data, content_type="application/json", headers=headers)


# Preferences


@pytest.mark.parametrize("route", ["html", "api"])
@pytest.mark.parametrize("answer", ["allowed", "refused"])
def test_a_choice_is_told_by_its_purpose_and_the_way_it_came(
    visitor: Client, listen: Listen, route: str, answer: str
) -> None:
    heard = listen(preference_changed)
    if route == "api":
        assert put(visitor, "preference", {"preference": answer}).status_code == 200
    else:
        visitor.post(CHOICE, {"choice": answer})
    assert heard == [{"purpose": "adapting", "preference": answer, "route": route, "may_be_counted": False}]


def test_what_is_chosen_again_is_no_change_and_what_is_chosen_otherwise_is(visitor: Client, listen: Listen) -> None:
    heard = listen(preference_changed)
    for answer in ("refused", "refused", "allowed"):
        visitor.post(CHOICE, {"choice": answer})
    visitor.get("/personalisation/")  # where the choice is confirmed
    visitor.post(CHOICE, {"choice": "hide"})
    assert [told["preference"] for told in heard] == ["refused", "allowed"]


def test_both_purposes_are_told_apart(visitor: Client, listen: Listen, totals: Counter[Tally]) -> None:
    heard = listen(preference_changed)
    visitor.post(CHOICE, {"choice": "allowed", "counting": "refused"})
    visitor.post(CHOICE, {"counting": "allowed"})
    assert [(told["purpose"], told["preference"], told["may_be_counted"]) for told in heard] == [
        ("adapting", "allowed", False),
        ("counting", "refused", False),
        ("counting", "allowed", True),
    ]


def test_what_was_not_proven_is_not_told(visitor: Client, listen: Listen) -> None:
    heard = listen(preference_changed)
    response = Client().post(CHOICE, {"choice": "allowed"})  # a browser that does not say where it comes from
    assert response.status_code == 403
    assert Client().post(CHOICE, {"choice": "refused"}, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert heard == []


@pytest.mark.parametrize(
    "headers", [{"user-agent": "Googlebot/2.1"}, {"user-agent": ""}, {"sec-gpc": "1"}], ids=["crawler", "none", "GPC"]
)
def test_who_is_not_counted_is_said_to_be_so(
    db: None, listen: Listen, totals: Counter[Tally], headers: dict[str, str]
) -> None:
    heard = listen(preference_changed)
    browser(**headers).post(CHOICE, {"choice": "allowed"})
    browser().post(CHOICE, {"choice": "allowed"})
    assert [told["may_be_counted"] for told in heard] == [False, True]


# Intents


@pytest.mark.parametrize("route", ["html", "api"])
def test_an_intent_is_told_when_it_is_declared_and_when_it_is_withdrawn(
    visitor: Client, moving: None, listen: Listen, route: str
) -> None:
    def say(slug: str) -> None:
        if route == "api":
            assert put(visitor, "intent", {"intent": slug or None}).status_code == 200
        else:
            visitor.post(INTENT, {"intent": slug})

    heard = listen(intent_declared)
    visitor.get("/moving/")
    say("")
    say("moving")
    say("moving")
    visitor.get("/moving/")
    say("garden")
    say("")
    assert [told["intent"] for told in heard] == ["moving", "garden", None]
    assert {told["route"] for told in heard} == {route}
    assert set(heard[0]) == {"intent", "route", "may_be_counted"}


def test_an_intent_that_is_not_kept_is_not_told(
    visitor: Client, moving: None, listen: Listen, configure: Configure
) -> None:
    heard = listen(intent_declared)
    visitor.post(INTENT, {"intent": "nobody-offers-this"})
    browser(**{"user-agent": "Googlebot/2.1"}).post(INTENT, {"intent": "moving"})
    refuser = browser()
    refuser.post(CHOICE, {"choice": "refused"})
    refuser.post(INTENT, {"intent": "moving"})
    browser(**{"sec-gpc": "1"}).post(INTENT, {"intent": "moving"})
    with committed():
        compiling.pause(by="a test")
    visitor.post(INTENT, {"intent": "moving"})
    assert heard == []


def test_an_intent_for_which_no_live_rule_asks_is_not_told(visitor: Client, listen: Listen) -> None:
    make_intent("moving")
    heard = listen(intent_declared)
    visitor.post(INTENT, {"intent": "moving"})
    assert heard == []


def test_what_is_forgotten_or_ends_with_the_visit_was_not_withdrawn(
    visitor: Client, moving: None, listen: Listen
) -> None:
    visitor.post(INTENT, {"intent": "moving"})
    heard = listen(intent_declared)
    visitor.post(FORGET)
    visitor.get("/moving/")
    assert heard == []


def test_a_front_end_without_cookies_is_heard_the_same_way(visitor: Client, moving: None, listen: Listen) -> None:
    chosen, declared = listen(preference_changed), listen(intent_declared)
    token = "new"
    for name, data in (
        ("preference", {"preference": "allowed"}),
        ("preference", {"preference": "allowed"}),
        ("intent", {"intent": "moving"}),
        ("intent", {"intent": "moving"}),
        ("preference", {"preference": "refused"}),
    ):
        response = put(visitor, name, data, **{"personalise-visitor": token})
        token = response.headers.get("Personalise-Visitor", token)
    assert [(told["preference"], told["route"]) for told in chosen] == [("allowed", "api"), ("refused", "api")]
    assert [(told["intent"], told["route"]) for told in declared] == [("moving", "api")]
    assert not visitor.cookies


# Goals


def test_a_goal_is_told_once_a_visit_as_it_is_counted(
    visitor: Client, licence: AgencyPage, listen: Listen, totals: Counter[Tally]
) -> None:
    heard = listen(goal_reached)
    visitor.get("/plain/")  # before anything was shown: not counted
    assert heard == []
    visitor.get("/licence/")
    visitor.get("/plain/")
    visitor.get("/plain/")
    assert heard == [{"goal": "applied"}]
    assert sum(count for tally, count in totals.items() if tally.goal == "applied") == 1


@pytest.mark.parametrize("who", ["refused counting", "refused all", "sends GPC", "a crawler"])
def test_a_goal_of_somebody_who_is_not_counted_is_not_told(
    licence: AgencyPage, listen: Listen, totals: Counter[Tally], who: str
) -> None:
    headers = {"sends GPC": {"sec-gpc": "1"}, "a crawler": {"user-agent": "Googlebot/2.1"}}
    visitor = browser(**headers.get(who, {}))
    if who.startswith("refused"):
        visitor.post(CHOICE, {"counting": "refused"} if who == "refused counting" else {"choice": "refused"})
    heard = listen(goal_reached)
    visitor.get("/licence/")
    visitor.get("/plain/")
    assert heard == []


def test_without_counting_no_goal_is_told(visitor: Client, licence: AgencyPage, listen: Listen) -> None:
    heard = listen(goal_reached)
    visitor.get("/licence/")
    visitor.get("/plain/")
    assert heard == []


# Receivers


@pytest.fixture
def failing() -> Iterator[None]:
    def fail(**kwargs: Any) -> None:
        raise RuntimeError("somebody at 192.0.2.1")

    signals = (preference_changed, intent_declared, goal_reached)
    for signal in signals:
        signal.connect(fail, weak=False)
    yield
    for signal in signals:
        signal.disconnect(fail)


def test_a_receiver_that_fails_costs_the_visitor_nothing(
    visitor: Client, moving: None, licence: AgencyPage, failing: None, listen: Listen, totals: Any, caplog: Any
) -> None:
    heard = listen(goal_reached)
    with caplog.at_level(logging.INFO):
        assert visitor.post(CHOICE, {"choice": "allowed"}).status_code == 303
        assert visitor.cookies["personalise_choice"].value.startswith("allowed")
        assert visitor.post(INTENT, {"intent": "moving"}).status_code == 303
        assert b"Move" in visitor.get("/moving/").content
        visitor.get("/licence/")
        assert visitor.get("/plain/").status_code == 200
    assert heard == [{"goal": "applied"}]
    assert "192.0.2.1" not in caplog.text
    assert "could not be finished" not in caplog.text
    failed = [record.getMessage() for record in caplog.records if "fails" in record.getMessage()]
    assert len(failed) == 1  # the same one, within a minute
