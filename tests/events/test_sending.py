"""What becomes of a message that does not arrive, and what is never said of a webhook."""

import gzip
import logging
import socket
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import repeat
from typing import Any

import pytest
import requests
import time_machine
from django_tasks.backends.immediate import ImmediateBackend

from tests.factories import committed
from wagtail_personalise_gov.core.webhooks import webhooks_in
from wagtail_personalise_gov.events import posting, sending
from wagtail_personalise_gov.models import Segment

from .receiver import SECRET, Queue, Receiver

Configure = Callable[..., None]
NOON = datetime(2026, 4, 18, 12, tzinfo=UTC)


@pytest.fixture
def told(riverside: Segment, receiver: Receiver, configure: Configure) -> Segment:
    """A segment of which the receiver is told."""
    configure(WEBHOOKS=[receiver.hook("segment_changed")])
    return riverside


def change(segment: Segment) -> None:
    with committed():
        segment.save_revision().publish()


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "wagtail_personalise_gov"]


# With a queue that can wait


def test_a_message_is_tried_again_with_longer_and_longer_pauses_until_it_arrives(
    told: Segment, receiver: Receiver, queue: Queue
) -> None:
    receiver.answers = [500, 503, 302]
    with time_machine.travel(NOON, tick=False) as clock:
        change(told)
        waited = []
        while queue.waiting:
            [(task, _args)] = queue.waiting
            if task.run_after is not None:
                waited.append((task.run_after - datetime.now(UTC)).total_seconds())
                queue.work()  # too early
                assert len(receiver.messages) == len(waited)
                clock.move_to(task.run_after)
            queue.work()
    assert len(waited) == 3
    assert all(low <= seconds <= low * 1.1 for low, seconds in zip((5, 300, 1800), waited, strict=True))
    ids = {message.headers["webhook-id"] for message in receiver.messages}
    bodies = {message.body for message in receiver.messages}
    assert (len(receiver.messages), len(ids), len(bodies)) == (4, 1, 1)
    times = [int(message.headers["webhook-timestamp"]) for message in receiver.messages]
    assert times == sorted(set(times))  # each try has its own, and is signed with it
    assert all(message.is_signed_by(SECRET) for message in receiver.messages)


def test_after_eight_tries_in_a_day_it_is_given_up_and_the_log_says_so(
    told: Segment, receiver: Receiver, queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = [500] * 20
    with time_machine.travel(NOON, tick=False) as clock:
        change(told)
        queue.work()
        while queue.waiting:
            assert lines(caplog) == []
            clock.move_to(queue.waiting[0][0].run_after)
            queue.work()
        day = datetime.now(UTC) - NOON
    assert timedelta(days=1) <= day <= timedelta(days=1.2)
    assert len(receiver.messages) == 8
    number = receiver.messages[0].headers["webhook-id"]
    assert lines(caplog) == [
        f"Webhook http://127.0.0.1:{receiver.server_port} was not told of message {number}: it answers 500. "
        "Given up at try 8."
    ]


def test_a_receiver_that_asks_for_a_pause_gets_it(told: Segment, receiver: Receiver, queue: Queue) -> None:
    receiver.answers, receiver.answer_headers = [429], {"Retry-After": "600"}
    with time_machine.travel(NOON, tick=False):
        change(told)
        queue.work()
        [(task, _args)] = queue.waiting
    assert timedelta(seconds=600) <= task.run_after - NOON <= timedelta(seconds=660)


def test_a_receiver_that_is_gone_is_not_asked_again(
    told: Segment, receiver: Receiver, queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = [410]
    change(told)
    queue.work()
    assert queue.waiting == []
    assert "take it out of WEBHOOKS. Given up at try 1." in lines(caplog)[0]


def test_a_webhook_that_was_taken_out_of_the_settings_is_not_told_what_waited(
    told: Segment, receiver: Receiver, queue: Queue, configure: Configure
) -> None:
    change(told)
    assert len(queue.waiting) == 1
    configure(WEBHOOKS=[])
    queue.work()
    assert (receiver.messages, queue.waiting) == ([], [])


def test_what_a_queue_stores_holds_neither_secret_nor_address(told: Segment, queue: Queue) -> None:
    change(told)
    [(_task, stored)] = queue.waiting
    assert "riverside" in stored
    for kept_apart in (SECRET, SECRET.removeprefix("whsec_"), "127.0.0.1", "hooks", "of-the-receiver"):
        assert kept_apart not in stored


# Where tasks are run at once


def test_without_a_queue_there_is_one_try_and_a_receiver_that_failed_is_left_alone_for_a_minute(
    told: Segment, receiver: Receiver, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.answers = [500]
    change(told)
    change(told)
    assert len(receiver.messages) == 1
    place = f"http://127.0.0.1:{receiver.server_port}"
    number = receiver.messages[0].headers["webhook-id"]
    assert lines(caplog) == [
        f"Webhook {place} was not told of message {number}: it answers 500. Given up at try 1.",
        f"Webhook {place} failed just now, and is not told of more.",
    ]
    monkeypatch.setattr(sending, "_away_until", dict.fromkeys(sending._away_until, 0.0))  # a minute later
    change(told)
    assert len(receiver.messages) == 2


def test_one_that_fails_does_not_keep_another_from_hearing(
    riverside: Segment, receiver: Receiver, configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    away = {**receiver.hook("segment_changed"), "url": "http://localhost:1/secret-path"}
    configure(WEBHOOKS=[away, receiver.hook("segment_changed")])
    change(riverside)
    assert receiver.said == [("segment_changed", {"segment": "riverside", "change": "published"})]
    [line] = lines(caplog)
    assert line.startswith("Webhook http://localhost:1 was not told of message ")
    assert line.endswith(": ConnectionError. Given up at try 1.")
    assert "secret-path" not in caplog.text


def test_one_that_does_not_answer_is_not_waited_for(
    told: Segment, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(posting, "ANSWER_SECONDS", 0.05)
    receiver.silent = True
    change(told)
    assert ": ReadTimeout. Given up at try 1." in lines(caplog)[0]
    assert Segment.objects.get(pk=told.pk).live


ENDLESS = {
    "a status line without end": repeat(b"H"),
    "100 Continue again and again": repeat(b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.mark.parametrize("drips", ENDLESS.values(), ids=ENDLESS)
def test_one_that_answers_bit_by_bit_is_hung_up_on_and_left_alone_for_a_minute(
    told: Segment,
    receiver: Receiver,
    drips: Iterable[bytes],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(posting, "TRY_SECONDS", 0.2)
    receiver.drips = drips
    change(told)
    change(told)
    assert len(receiver.messages) == 1
    first, second = lines(caplog)
    assert first.endswith(": no answer was whole within 0.2 seconds. Given up at try 1.")
    assert second.endswith(" failed just now, and is not told of more.")
    assert receiver.hung_up.wait(10)  # else a thread would go on listening to it
    assert Segment.objects.get(pk=told.pk).live


def test_one_that_answers_bit_by_bit_is_tried_again_where_a_queue_can_wait(
    told: Segment, receiver: Receiver, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "TRY_SECONDS", 0.2)
    receiver.drips = ENDLESS["a status line without end"]
    change(told)
    queue.work()
    [(task, _args)] = queue.waiting
    assert task.run_after > datetime.now(UTC)
    receiver.drips = ()
    with time_machine.travel(task.run_after, tick=False):
        queue.work()
    assert (len(receiver.messages), queue.waiting) == (2, [])


def test_an_answer_that_comes_slowly_but_in_time_is_heard(
    told: Segment, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.drips = [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 2", b"04 No Content\r\n", b"\r\n"]
    change(told)
    assert (len(receiver.messages), lines(caplog)) == (1, [])


def test_what_is_connected_too_late_is_sent_nothing(receiver: Receiver) -> None:
    line = posting.Line()
    line.cut()
    with pytest.raises(TimeoutError):
        line.hold(socket.create_connection(("127.0.0.1", receiver.server_port)))


def test_a_redirect_is_a_failure_and_not_followed(
    told: Segment, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = [302]
    receiver.answer_headers = {"Location": f"http://127.0.0.1:{receiver.server_port}/inside/"}
    change(told)
    assert [message.path for message in receiver.messages] == ["/hooks/?token=of-the-receiver"]
    assert "it answers 302" in lines(caplog)[0]


KIB = 1024
ENDLESS_BODIES = {
    "plain": (b"", bytes(256 * KIB)),
    "in chunks": (b"Transfer-Encoding: chunked\r\n", b"40000\r\n" + bytes(256 * KIB) + b"\r\n"),
    "packed": (b"Content-Encoding: gzip\r\n", gzip.compress(bytes(256 * KIB))),
}


@pytest.mark.parametrize("header, bit", ENDLESS_BODIES.values(), ids=ENDLESS_BODIES)
def test_of_a_redirect_no_body_is_read(
    told: Segment, receiver: Receiver, header: bytes, bit: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    sent = []

    def without_end() -> Iterator[bytes]:
        yield b"HTTP/1.1 302 Found\r\nLocation: /inside/\r\n" + header + b"\r\n"
        while True:
            yield bit
            sent.append(len(bit))

    receiver.drips = without_end()
    change(told)
    assert "it answers 302" in lines(caplog)[0]  # and not that no answer was whole in time
    assert receiver.hung_up.wait(10)
    assert sum(sent) < 8 * KIB * KIB  # what the two ends of a connection buffer, though nobody reads


class OutOfOrder(ImmediateBackend):
    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        if task.func is sending.send_task.func:
            raise ConnectionError("no broker")
        return super().enqueue(task, args, kwargs)


def test_a_queue_that_is_out_of_order_stops_no_save(
    told: Segment, receiver: Receiver, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.TASKS = {"default": {"BACKEND": f"{__name__}.OutOfOrder"}}
    change(told)
    assert Segment.objects.get(pk=told.pk).live
    assert receiver.messages == []
    assert lines(caplog) == ["Webhooks can't be told: the task queue fails (ConnectionError)."]


def test_no_password_that_this_machine_has_for_a_host_goes_along(
    told: Segment, receiver: Receiver, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    change(told)
    assert "authorization" not in receiver.messages[0].headers


def test_nothing_prints_a_secret_or_more_of_an_address_than_its_host(receiver: Receiver, caplog: Any) -> None:
    [hook] = webhooks_in([receiver.hook("segment_changed")])
    assert repr(hook) == str(hook) == f"<Webhook http://127.0.0.1:{receiver.server_port}>"


# Each of them has urllib3 log the address.
LOGGED_BY_URLLIB3 = {
    "a header without a colon": b"HTTP/1.1 500 No\r\nno colon\r\n\r\n",
    "an answer like any other": b"HTTP/1.1 500 No\r\n\r\n",
}


@pytest.mark.parametrize("answer", LOGGED_BY_URLLIB3.values(), ids=LOGGED_BY_URLLIB3)
def test_no_logger_is_told_more_of_an_address_than_its_host(
    told: Segment, receiver: Receiver, answer: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.drips = [answer]
    change(told)
    assert "it answers 500" in lines(caplog)[0]
    assert "of-the-receiver" not in caplog.text
    assert "/hooks/" not in caplog.text


@pytest.mark.parametrize("answer", LOGGED_BY_URLLIB3.values(), ids=LOGGED_BY_URLLIB3)
def test_what_else_a_site_asks_for_is_logged_as_ever(
    told: Segment, receiver: Receiver, answer: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    change(told)
    caplog.set_level(logging.DEBUG)
    receiver.drips = [answer]
    requests.post(f"http://127.0.0.1:{receiver.server_port}/elsewhere/", data="{}", timeout=10)
    assert "/elsewhere/" in caplog.text
