"""The pages about signals and webhooks name all that there is, and what they teach a receiver is enough."""

import time
from typing import Any

from django.dispatch import Signal

from tests.docs.samples import DOCS, samples
from tests.factories import committed
from wagtail_personalise_gov import signals
from wagtail_personalise_gov.core.events import ABOUT_VISITORS, Event, Purpose, Route, SegmentChange
from wagtail_personalise_gov.events.sending import PAUSES_SECONDS
from wagtail_personalise_gov.models import Segment

from .receiver import OLD_SECRET, SECRET, Receiver

HOW_TO, REFERENCE = DOCS / "how-to" / "webhooks.md", DOCS / "reference" / "signals.md"


def test_every_signal_and_every_word_is_on_its_page() -> None:
    text = REFERENCE.read_text()
    names = [name for name, value in vars(signals).items() if isinstance(value, Signal)]
    assert set(Event) <= set(names)
    assert [word for word in (*names, *SegmentChange, *Purpose, *Route) if f"`{word}`" not in text] == []


def test_every_event_and_every_change_is_on_the_page_about_webhooks() -> None:
    text = HOW_TO.read_text()
    assert [word for word in (*Event, *SegmentChange) if f"`{word}`" not in text] == []
    assert [event for event in ABOUT_VISITORS if f"\n| `{event}` |" not in text] == []
    assert PAUSES_SECONDS == (5, 300, 1800, 7200, 18000, 28800, 36000)  # as the page says them in words


def test_the_receiver_of_the_page_takes_our_messages_and_no_others(
    riverside: Segment, receiver: Receiver, configure: Any
) -> None:
    [code] = [sample.text for sample in samples(HOW_TO) if "def is_genuine" in sample.text]
    taught: dict[str, Any] = {}
    exec(code, taught)  # noqa: S102  our own documentation
    configure(WEBHOOKS=[receiver.hook("segment_changed")])
    with committed():
        riverside.save_revision().publish()
    [message] = receiver.messages
    headers, body = message.headers, message.body.encode()
    assert taught["is_genuine"](headers, body, SECRET)
    assert not taught["is_genuine"](headers, body, OLD_SECRET)
    assert not taught["is_genuine"](headers, body.replace(b"riverside", b"hilltop"), SECRET)
    assert not taught["is_genuine"]({**headers, "webhook-id": "another"}, body, SECRET)
    late = {**headers, "webhook-timestamp": str(int(time.time()) - 301)}
    assert not taught["is_genuine"](late, body, SECRET)
