"""Webhooks are told of visitors only as counts of many, at full hours, and only of those who let us count them."""

import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from tests.agency.models import AgencyPage
from tests.counting.gathered import PATH
from wagtail_personalise_gov.core.events import Event
from wagtail_personalise_gov.events import gathering
from wagtail_personalise_gov.events.gathering import Gathered, gathered
from wagtail_personalise_gov.signals import goal_reached, intent_declared, preference_changed

from .receiver import SECRET, Receiver
from .visitors import CHOICE, INTENT, browser

Configure = Callable[..., None]

NOON = datetime(2026, 4, 18, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON.replace(minute=17, second=3), tick=False) as traveller:
        yield traveller


@pytest.fixture
def told(clock: Any, receiver: Receiver, configure: Configure) -> Receiver:
    """A receiver that wants to hear of visitors."""
    hook = receiver.hook("goal_reached", "intent_declared", "preference_changed")
    configure(WEBHOOKS=[hook], COUNTING=True, COUNTING_BUFFER=PATH)
    return receiver


def apply(visitor: Client) -> None:
    visitor.get("/licence/")
    assert visitor.get("/plain/").status_code == 200


def test_eleven_visits_are_one_message_at_the_full_hour_and_none_before(
    told: Receiver, licence: AgencyPage, clock: Any
) -> None:
    for _visitor in range(11):
        apply(browser())
    gathered.hand_over()
    assert told.messages == []  # the hour is not over
    clock.move_to(NOON.replace(hour=13, second=20))
    gathered.hand_over()
    [message] = told.messages
    assert message.said == {
        "type": "goal_reached",
        "timestamp": "2026-04-18T13:00:00+00:00",
        "data": {"goal": "applied", "count": 11, "since": "2026-04-18T12:00:00+00:00"},
    }
    assert message.is_signed_by(SECRET)
    gathered.hand_over()
    assert len(told.messages) == 1


def test_ten_visits_are_not_told_until_another_hour_has_made_them_more(
    told: Receiver, licence: AgencyPage, clock: Any
) -> None:
    for _visitor in range(10):
        apply(browser())
    clock.move_to(NOON.replace(hour=13))
    gathered.hand_over()
    assert told.messages == []
    apply(browser())
    clock.move_to(NOON.replace(hour=15))
    gathered.hand_over()
    data = {"goal": "applied", "count": 11, "since": "2026-04-18T12:00:00+00:00"}
    assert told.said == [("goal_reached", data)]


def test_counts_are_rounded_as_everywhere(
    told: Receiver, licence: AgencyPage, clock: Any, configure: Configure
) -> None:
    configure(SMALLEST_COUNT=3, ROUND_COUNTS_TO=5)
    for _visitor in range(6):
        apply(browser())
    clock.move_to(NOON.replace(hour=13))
    gathered.hand_over()
    assert [data["count"] for _event, data in told.said] == [5]


def test_choices_and_intents_are_told_so_too(told: Receiver, moving: None, clock: Any, configure: Configure) -> None:
    configure(SMALLEST_COUNT=3)
    for _visitor in range(3):
        visitor = browser()
        visitor.post(CHOICE, {"choice": "allowed"})
        visitor.post(INTENT, {"intent": "moving"})
    clock.move_to(NOON.replace(hour=13))
    gathered.hand_over()
    many = {"count": 3, "since": "2026-04-18T12:00:00+00:00"}
    assert sorted(told.said) == [
        ("intent_declared", {"intent": "moving", **many}),
        ("preference_changed", {"purpose": "adapting", "preference": "allowed", **many}),
    ]


def test_those_who_object_to_being_counted_are_in_no_message(
    told: Receiver, licence: AgencyPage, moving: None, clock: Any, configure: Configure
) -> None:
    configure(SMALLEST_COUNT=3)
    for _visitor in range(4):
        refuser, uncounted, signalling, crawler = (
            browser(),
            browser(),
            browser(**{"sec-gpc": "1"}),
            browser(**{"user-agent": "Googlebot/2.1"}),
        )
        refuser.post(CHOICE, {"choice": "refused"})
        uncounted.post(CHOICE, {"choice": "allowed", "counting": "refused"})
        for visitor in (refuser, uncounted, signalling, crawler):
            visitor.post(INTENT, {"intent": "moving"})
            apply(visitor)
    clock.move_to(NOON.replace(hour=13))
    gathered.hand_over()
    assert told.messages == []


def test_without_counting_no_webhook_hears_of_visitors(
    told: Receiver, moving: None, clock: Any, configure: Configure
) -> None:
    configure(COUNTING=False, SMALLEST_COUNT=3)
    for _visitor in range(5):
        visitor = browser()
        visitor.post(CHOICE, {"choice": "allowed"})
        visitor.post(INTENT, {"intent": "moving"})
    clock.move_to(NOON.replace(hour=13))
    gathered.hand_over()
    assert told.messages == []


def test_what_a_message_holds_is_nothing_of_a_visitor(told: Receiver, licence: AgencyPage, clock: Any) -> None:
    for number in range(11):
        visitor = browser(referer="https://clinic.example/appointments")
        visitor.defaults["REMOTE_ADDR"] = f"192.0.2.{number + 1}"
        apply(visitor)
    clock.move_to(NOON.replace(hour=13))
    gathered.hand_over()
    [message] = told.messages
    for private in ("192.0.2", "Firefox", "clinic", "from-search", "12:17"):
        assert private not in message.body + str(message.headers)


def test_nothing_is_sent_while_a_visitor_waits(told: Receiver, licence: AgencyPage, configure: Configure) -> None:
    configure(SMALLEST_COUNT=3)
    for _visitor in range(5):
        apply(browser())
    assert told.messages == []


def test_where_no_webhook_wants_to_hear_of_visitors_nobody_listens(receiver: Receiver, configure: Configure) -> None:
    signals = (preference_changed, intent_declared, goal_reached)
    assert not any(signal.listened for signal in signals)
    configure(WEBHOOKS=[receiver.hook("goal_reached")])
    assert [signal.listened for signal in signals] == [False, False, True]
    configure(WEBHOOKS=[receiver.hook("segment_changed")])
    assert not any(signal.listened for signal in signals)


# The timer, and forks


def test_a_timer_waits_for_the_hour_once_for_all_that_is_gathered(
    told: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "in_tests_transaction", lambda: False)
    kept = Gathered()
    kept.add(Event.GOAL_REACHED, {"goal": "applied"})
    timer = kept._timer
    assert timer is not None
    assert timer.daemon  # it keeps no process from ending
    assert (42 * 60 + 57) < timer.interval <= (43 * 60 + 57)  # until 13:00, or a minute more
    kept.add(Event.GOAL_REACHED, {"goal": "other"})
    assert kept._timer is timer
    kept.close()
    assert timer.finished.is_set()


def test_when_the_hour_comes_the_timer_sends_and_waits_on_for_what_was_too_little(
    told: Receiver, configure: Configure, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(SMALLEST_COUNT=3)
    monkeypatch.setattr(gathering, "in_tests_transaction", lambda: False)
    kept = Gathered()
    for goal in ("applied", "applied", "applied", "other"):
        kept.add(Event.GOAL_REACHED, {"goal": goal})
    first = kept._timer
    assert first is not None
    first.cancel()
    clock.move_to(NOON.replace(hour=13))
    ran = threading.Thread(target=first.function)  # as the timer does, without the wait
    ran.start()
    ran.join(10)
    assert [data["goal"] for _event, data in told.said] == ["applied"]
    assert kept._timer not in (None, first)
    kept.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system can't fork")
def test_a_child_process_does_not_send_what_its_parent_has_gathered(told: Receiver, monkeypatch: Any) -> None:
    kept = Gathered()
    kept.add(Event.GOAL_REACHED, {"goal": "applied"})
    monkeypatch.setattr(os, "getpid", lambda: -1)  # what a server that forks in C leaves to be noticed
    kept.add(Event.GOAL_REACHED, {"goal": "other"})
    assert [dict(data)["goal"] for _event, data in kept._counts] == ["other"]
