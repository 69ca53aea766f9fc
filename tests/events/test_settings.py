"""The setting is checked when the server starts, and what can't work is said then."""

from collections.abc import Callable
from typing import Any

import pytest
from django.views.debug import SafeExceptionReporterFilter

from wagtail_personalise_gov.checks import check_events_about_visitors, check_queue_of_webhooks, check_settings

from .receiver import OLD_SECRET, SECRET, Queue, Receiver

Configure = Callable[..., None]


def test_a_slip_is_an_error_that_repeats_no_secret_and_nothing_is_sent(
    receiver: Receiver, configure: Configure
) -> None:
    configure(WEBHOOKS=[receiver.hook("segment_change")])
    [error] = check_settings(None)
    assert error.id == "wagtail_personalise_gov.E001"
    assert error.msg == (
        "WAGTAIL_PERSONALISE_GOV['WEBHOOKS']: it will not do; [0]['events']: there is no event 'segment_change'; "
        "the nearest is 'segment_changed'."
    )
    assert SECRET not in error.msg
    configure(WEBHOOKS=[receiver.hook("segment_changed")])
    assert check_settings(None) == []


@pytest.mark.parametrize("secret", [SECRET, [SECRET, OLD_SECRET]], ids=["one", "two"])
def test_an_error_report_shows_no_secret(receiver: Receiver, configure: Configure, secret: Any) -> None:
    configure(WEBHOOKS=[receiver.hook("segment_changed", secret=secret)])
    shown = str(SafeExceptionReporterFilter().get_safe_settings()["WAGTAIL_PERSONALISE_GOV"])
    assert "segment_changed" in shown
    assert "whsec_" not in shown


def test_events_about_visitors_need_counting(receiver: Receiver, configure: Configure) -> None:
    configure(WEBHOOKS=[receiver.hook("segment_changed")])
    assert check_events_about_visitors(None) == []
    configure(WEBHOOKS=[receiver.hook("segment_changed", "goal_reached", "intent_declared")])
    [warning] = check_events_about_visitors(None)
    assert warning.id == "wagtail_personalise_gov.W080"
    assert "asks for goal_reached, intent_declared, of which" in warning.msg
    configure(COUNTING=True)
    assert check_events_about_visitors(None) == []


def test_a_queue_that_can_not_wait_is_said(receiver: Receiver, configure: Configure) -> None:
    assert check_queue_of_webhooks(None) == []
    configure(WEBHOOKS=[receiver.hook("segment_changed")])
    [warning] = check_queue_of_webhooks(None)
    assert warning.id == "wagtail_personalise_gov.W081"


def test_a_queue_that_can_wait_is_well(receiver: Receiver, configure: Configure, queue: Queue) -> None:
    configure(WEBHOOKS=[receiver.hook("segment_changed")])
    assert check_queue_of_webhooks(None) == []
