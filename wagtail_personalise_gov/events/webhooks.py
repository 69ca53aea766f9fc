"""The webhooks in force hear of what the signals tell: each of the events that the setting ``WEBHOOKS`` names for it.

They are receivers like a site's own, and connected only while a webhook wants the event.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.signals import setting_changed

from ..conf import NAME, settings
from ..core.events import ABOUT_VISITORS, Event, Purpose, SegmentChange
from ..core.preference import Preference
from ..signals import SafeSignal, goal_reached, intent_declared, preference_changed, segment_changed
from .gathering import gathered
from .sending import now_in_utc, send, webhooks

UID = "wagtail_personalise_gov.webhooks"


def send_segment(segment: str, change: SegmentChange, **kwargs: Any) -> None:
    send(Event.SEGMENT_CHANGED, {"segment": segment, "change": str(change)}, at=now_in_utc())


def gather_preference(purpose: Purpose, preference: Preference, may_be_counted: bool, **kwargs: Any) -> None:
    """Who refuses is not counted, and so not sent: an objection must not end up as a number of ours."""
    if may_be_counted:
        gathered.add(Event.PREFERENCE_CHANGED, {"purpose": str(purpose), "preference": str(preference)})


def gather_intent(intent: str | None, may_be_counted: bool, **kwargs: Any) -> None:
    if may_be_counted:
        gathered.add(Event.INTENT_DECLARED, {"intent": intent})


def gather_goal(goal: str, **kwargs: Any) -> None:
    """It is told only where it was counted, so with the visitor's leave."""
    gathered.add(Event.GOAL_REACHED, {"goal": goal})


RECEIVERS: dict[Event, tuple[SafeSignal, Callable[..., None]]] = {
    Event.SEGMENT_CHANGED: (segment_changed, send_segment),
    Event.PREFERENCE_CHANGED: (preference_changed, gather_preference),
    Event.INTENT_DECLARED: (intent_declared, gather_intent),
    Event.GOAL_REACHED: (goal_reached, gather_goal),
}


def wanted() -> frozenset[Event]:
    """The events that the webhooks in force want to hear of."""
    return frozenset().union(*(hook.events for hook in webhooks()))


def counts_sent() -> list[Event]:
    """The events of which webhooks are told how many visitors they were; none while the site does not count."""
    return [event for event in Event if event in ABOUT_VISITORS & wanted()] if settings.COUNTING else []


def listen() -> None:
    """Connect what the webhooks in force want to hear of, and nothing else."""
    heard = wanted()
    for event, (signal, receiver) in RECEIVERS.items():
        if event in heard:
            signal.connect(receiver, weak=False, dispatch_uid=UID)
        else:
            signal.disconnect(dispatch_uid=UID)


def _listen_anew(setting: str, **kwargs: Any) -> None:
    # Only tests change settings. What was gathered under the old ones is theirs.
    if setting == NAME:
        gathered.close()
        listen()


setting_changed.connect(_listen_anew)
