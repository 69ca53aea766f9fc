"""What happens to a segment is told once it is committed: to a site's own code, and to webhooks, signed."""

import logging
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import committed, make_segment
from wagtail_personalise_gov.models import Goal, LocationRule, Segment
from wagtail_personalise_gov.signals import segment_changed

from .conftest import Heard
from .receiver import OLD_SECRET, SECRET, Receiver

Listen = Callable[[Any], Heard]


def publish(segment: Segment) -> None:
    segment.save_revision().publish()


def unpublish(segment: Segment) -> None:
    segment.unpublish()


def archive(segment: Segment) -> None:
    segment.archive()


def restore(segment: Segment) -> None:
    segment.restore()


def delete(segment: Segment) -> None:
    segment.delete()


def learn(segment: Segment) -> None:
    segment.learning = True
    publish(segment)


CHANGES: list[tuple[Callable[[Segment], None], list[str]]] = [
    (publish, ["published"]),
    (unpublish, ["unpublished"]),
    (archive, ["unpublished", "archived"]),
    (restore, ["restored"]),
    (delete, ["deleted"]),
    (learn, ["learning_began", "published"]),
]


@pytest.mark.parametrize("change, told", CHANGES)
def test_what_happens_to_a_segment_is_told_by_its_slug(
    riverside: Segment, listen: Listen, change: Callable[[Segment], None], told: list[str]
) -> None:
    make_segment("hilltop", LocationRule(cities=["Hilltop"]))  # the outsider, of whom nothing is told
    if change is restore:
        riverside.archive()
    heard = listen(segment_changed)
    with committed():
        change(Segment.objects.get(pk=riverside.pk))
    assert heard == [{"segment": "riverside", "change": name} for name in told]


def test_the_end_of_learning_is_told_and_learning_on_is_not(riverside: Segment, listen: Listen) -> None:
    with committed():
        learn(Segment.objects.get(pk=riverside.pk))
    heard = listen(segment_changed)
    with committed():
        publish(Segment.objects.get(pk=riverside.pk))
    assert [told["change"] for told in heard] == ["published"]
    heard.clear()
    with committed():
        segment = Segment.objects.get(pk=riverside.pk)
        segment.learning = False
        publish(segment)
    assert [told["change"] for told in heard] == ["learning_ended", "published"]


def test_drafts_and_other_things_are_no_change_of_a_segment(riverside: Segment, listen: Listen) -> None:
    heard = listen(segment_changed)
    with committed():
        segment = Segment.objects.get(pk=riverside.pk)
        segment.learning, segment.purpose = True, "Later"
        segment.save_revision()
        Goal.objects.create(name="Goal", slug="riverside")
    assert heard == []


def test_what_is_to_be_published_some_other_day_is_not_yet_told(riverside: Segment, listen: Listen) -> None:
    with committed():
        riverside.unpublish()
    heard = listen(segment_changed)
    with committed():
        segment = Segment.objects.get(pk=riverside.pk)
        segment.go_live_at = timezone.now() + timedelta(days=1)
        publish(segment)
    assert heard == []


def test_what_is_rolled_back_is_told_nobody(
    riverside: Segment, listen: Listen, receiver: Receiver, configure: Any
) -> None:
    configure(WEBHOOKS=[receiver.hook("segment_changed")])
    heard = listen(segment_changed)
    with committed(), transaction.atomic():
        publish(riverside)
        transaction.set_rollback(True)
    assert heard == []
    assert receiver.messages == []


def test_where_nobody_listens_nothing_is_asked(riverside: Segment, listen: Listen) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            riverside.save()
        return len(asked)

    queries()  # what the first save of a process looks up
    unheard = queries()
    assert not segment_changed.listened
    listen(segment_changed)
    assert queries() > unheard


# Webhooks


def test_a_webhook_hears_of_it_in_a_signed_message(riverside: Segment, receiver: Receiver, configure: Any) -> None:
    configure(WEBHOOKS=[receiver.hook("segment_changed")])
    before = datetime.now(UTC).replace(microsecond=0)
    with committed():
        publish(riverside)
    [message] = receiver.messages
    assert message.path == "/hooks/?token=of-the-receiver"
    assert message.headers["content-type"] == "application/json"
    assert message.said["type"] == "segment_changed"
    assert message.said["data"] == {"segment": "riverside", "change": "published"}
    assert set(message.said) == {"type", "timestamp", "data"}
    assert before <= datetime.fromisoformat(message.said["timestamp"]) <= datetime.now(UTC)
    assert uuid.UUID(message.headers["webhook-id"])
    assert int(message.headers["webhook-timestamp"]) >= before.timestamp()
    assert message.is_signed_by(SECRET)
    assert not message.is_signed_by(OLD_SECRET)


def test_while_a_secret_is_changed_both_sign(riverside: Segment, receiver: Receiver, configure: Any) -> None:
    configure(WEBHOOKS=[receiver.hook("segment_changed", secret=[SECRET, OLD_SECRET])])
    with committed():
        publish(riverside)
    [message] = receiver.messages
    assert message.is_signed_by(SECRET)
    assert message.is_signed_by(OLD_SECRET)


def test_who_published_it_is_not_told(riverside: Segment, receiver: Receiver, configure: Any, admin_user: User) -> None:
    configure(WEBHOOKS=[receiver.hook("segment_changed")])
    with committed():
        riverside.save_revision(user=admin_user).publish(user=admin_user)
    [message] = receiver.messages
    assert admin_user.username not in message.body + str(message.headers)


def test_a_webhook_that_wants_other_events_hears_nothing(
    riverside: Segment, receiver: Receiver, configure: Any
) -> None:
    configure(WEBHOOKS=[receiver.hook("goal_reached")])
    with committed():
        publish(riverside)
    assert receiver.messages == []
    assert not segment_changed.listened


@pytest.fixture
def failing() -> Any:
    def fail(**kwargs: Any) -> None:
        raise RuntimeError("a message of somebody's: 192.0.2.1")

    segment_changed.connect(fail, weak=False)
    yield
    segment_changed.disconnect(fail)


def test_a_receiver_that_fails_stops_no_save_and_no_other_and_is_one_line_by_its_kind(
    riverside: Segment, failing: None, listen: Listen, caplog: pytest.LogCaptureFixture
) -> None:
    heard = listen(segment_changed)
    with caplog.at_level(logging.INFO), committed():
        publish(riverside)
        unpublish(riverside)
    assert [told["change"] for told in heard] == ["published", "unpublished"]
    lines = [record for record in caplog.records if "receiver" in record.getMessage()]
    assert [record.exc_info for record in lines] == [None]
    assert lines[0].getMessage().endswith("fail of a signal fails (RuntimeError).")
    assert "192.0.2.1" not in caplog.text
