"""Counts that wait in Redis: each is moved to the daily totals once, and pages go on while Redis is away."""

import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, OperationalError, connection, transaction

from wagtail_personalise_gov.core.counting import Arm, Exposure, Tally
from wagtail_personalise_gov.counting import redis as moving
from wagtail_personalise_gov.counting.redis import RedisBuffer, field_of, increments_in, tally_in
from wagtail_personalise_gov.models import DailyTally

from .processes import REDIS, nobody_listens, total
from .tallies import DAY, tally
from .test_buffer import locked, refuse, table_away, within


class Line:
    """A line to Redis that can be cut: what a network is between two machines."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.redis = (parts.hostname, parts.port or 6379)
        self.database = parts.path
        self.open: list[socket.socket] = []
        self.mute = False  # sends on what it is given, and brings no answer back
        self.restore(0)

    def restore(self, port: int | None = None) -> None:
        self.listening = socket.create_server(("127.0.0.1", self.port if port is None else port))
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self._take_calls, args=(self.listening,), daemon=True).start()

    @property
    def address(self) -> str:
        return f"redis://127.0.0.1:{self.port}{self.database}"

    def cut(self) -> None:
        for end in (self.listening, *self.open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.open.clear()

    def _take_calls(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                caller = listening.accept()[0]
                redis = socket.create_connection(self.redis)
                self.open += [caller, redis]
                for ends in ((caller, redis, False), (redis, caller, True)):
                    threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, given: socket.socket, to: socket.socket, back: bool) -> None:
        with suppress(OSError):
            while data := given.recv(65536):
                if not (back and self.mute):
                    to.sendall(data)


@pytest.fixture
def line(configure: Any, settings: Any) -> Iterator[Line]:
    made = Line(settings.CACHES["default"]["LOCATION"])
    configure(COUNTING_REDIS=made.address)
    yield made
    made.cut()


@pytest.fixture
def gathering() -> Iterator[RedisBuffer]:
    made = RedisBuffer()
    yield made
    made.close()


# Fields


@pytest.mark.parametrize(
    "written",
    [
        tally(1),
        tally(1, goal="licence-applied"),
        Tally(DAY, Exposure("a", Arm.STANDARD)),
        Tally(DAY, Exposure("a", Arm.HOLDOUT, "b", "new-parents", 10_000), "éœ\x00|:"),
        Tally(0, Exposure("", Arm.LEARNING)),
    ],
)
def test_a_field_says_all_of_a_tally(written: Tally) -> None:
    assert tally_in(field_of(written).encode()) == written


@pytest.mark.parametrize(
    "field",
    [
        b"",
        b"\xff",
        b"7",
        b"[]",
        b"null",
        field_of(tally()).replace("[1,", "[2,", 1).encode(),  # of a later version
        b'[1,20000,"sideways","a","","",0,""]',
        b'[1,"20000","variant","a","","",0,""]',
        b'[1,20000,"variant",["a"],"","",0,""]',
        b'[1,20000,["variant"],"a","","",0,""]',
        b"[" * 100_000,
    ],
    ids=lambda field: field[:40].decode("latin-1"),
)
def test_what_can_not_be_read_is_left_out_and_told(field: bytes, caplog: Any) -> None:
    readable = field_of(tally()).encode()
    assert increments_in({field: b"3", readable: b"2"}) == {tally(): 2}
    assert "can't be read" in caplog.text


# On their way


@pytest.mark.redis
@pytest.mark.django_db
def test_what_is_counted_waits_in_redis_until_it_is_moved(gathering: RedisBuffer) -> None:
    gathering.add([tally(1), tally(1), tally(2)])
    other = RedisBuffer()  # as that of another process
    other.add([tally(1)])
    assert total() == 0
    assert other.flush() == 4
    assert sorted(DailyTally.objects.values_list("count", flat=True)) == [1, 3]
    assert gathering.flush() == 0
    left = gathering._redis.keys("*tallies*")
    assert set(left) <= {buffer._arrived[0].encode() for buffer in (gathering, other)}
    assert all(0 < gathering._redis.ttl(key) <= moving.NUMBER_SECONDS for key in left)
    other.close()


@pytest.mark.redis
@pytest.mark.django_db
def test_what_another_process_took_first_is_no_fault(gathering: RedisBuffer, monkeypatch: pytest.MonkeyPatch) -> None:
    other, asked, done = RedisBuffer(), gathering._redis.exists, gathering._done

    def another_is_faster(*keys: str) -> Any:
        there = asked(*keys)
        assert other.flush() == 1
        return there

    def somebody_counts_again(number: Any) -> None:
        done(number)
        other.add([tally(2)])

    gathering.add([tally(1)])
    with monkeypatch.context() as patched:
        patched.setattr(gathering._redis, "exists", another_is_faster)
        patched.setattr(gathering, "_done", somebody_counts_again)
        assert gathering.flush() == 0
    assert gathering.flush() == 1
    assert total() == 2
    other.close()


@pytest.mark.redis
@pytest.mark.django_db
def test_numbers_of_what_has_arrived_do_not_pile_up_in_redis(gathering: RedisBuffer) -> None:
    for number in range(300):
        gathering.add([tally(number)])
    assert len(gathering._redis.keys("*:number:*")) == 1


@pytest.mark.redis
@pytest.mark.django_db(transaction=True)
def test_the_thread_moves_what_is_there(gathering: RedisBuffer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wagtail_personalise_gov.counting.background.FLUSH_SECONDS", 0.05)
    gathering.add([tally()])
    within(20, lambda: total() == 1)


@pytest.mark.redis
@pytest.mark.django_db(transaction=True)
def test_without_a_thread_a_request_moves_what_is_overdue(
    gathering: RedisBuffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    gathering._start = lambda: None
    gathering.add([tally()])
    assert total() == 0
    monkeypatch.setattr(moving, "OVERDUE_SECONDS", -1)
    gathering.add([tally()])
    assert total() == 2
    gathering.add([tally()])  # it was somebody's turn just now
    assert total() == 2


@pytest.mark.redis
@pytest.mark.django_db(transaction=True)
def test_within_a_transaction_that_is_rolled_back_nothing_is_lost(gathering: RedisBuffer) -> None:
    gathering._start = lambda: None
    with transaction.atomic():
        gathering.add([tally()])
        assert gathering.flush() == 0
        transaction.set_rollback(True)
    assert gathering.flush() == 1
    assert total() == 1


@pytest.mark.redis
@pytest.mark.django_db
def test_what_the_database_refuses_stays_in_redis(gathering: RedisBuffer) -> None:
    gathering.add([tally(1)])
    with table_away():
        for _twice in range(2):
            with pytest.raises(DatabaseError):
                gathering.flush()
            gathering.add([tally(2)])
    assert gathering.flush() == 3
    assert total() == 3


@pytest.mark.redis
@pytest.mark.django_db
def test_what_was_counted_while_redis_is_away_is_added_all_the_same(line: Line, caplog: Any) -> None:
    gathering = RedisBuffer()
    gathering.add([tally(1)])
    line.cut()
    gathering.add([tally(1)])
    gathering.add([tally(2)])
    with pytest.raises(OperationalError, match="Redis can't be asked"):
        gathering.flush()
    assert total() == 2  # from the process itself
    line.restore()
    gathering.add([tally(3)])  # Redis is not asked again so soon
    gathering._away_until = 0
    gathering.add([tally(4)])
    assert gathering._redis.hlen(gathering._hash) == 2
    assert gathering.flush() == 3
    assert total() == 5
    assert caplog.text.count("Redis takes no counts") == 1
    gathering.close()


@pytest.mark.redis
@pytest.mark.django_db
def test_what_redis_took_without_answering_in_time_is_counted_once(line: Line) -> None:
    gathering = RedisBuffer()
    gathering.add([tally()])
    line.mute = True
    gathering.add([tally()])
    line.mute = False
    line.cut()
    line.restore()
    gathering.flush()
    assert total() == 2
    gathering.close()


@pytest.mark.django_db
def test_where_no_line_to_redis_is_had_what_is_counted_goes_to_the_database(configure: Any) -> None:
    pytest.importorskip("redis")
    configure(COUNTING_REDIS=nobody_listens())
    gathering = RedisBuffer()
    gathering.add([tally()])
    assert not gathering._unsure
    with pytest.raises(OperationalError, match="Redis can't be asked"):
        gathering.flush()
    assert total() == 1
    gathering.close()


# A Redis of our own, which may stand still or be killed


class OwnRedis:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.port = listening.getsockname()[1]
        self.start()

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
        within(20, self.answers)

    def answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as line:
            line.sendall(b"PING\r\n")
            return line.recv(7) == b"+PONG\r\n"
        return False

    @property
    def address(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def stand_still(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def own_redis(configure: Any, tmp_path: Path) -> Iterator[OwnRedis]:
    pytest.importorskip("redis")
    if shutil.which("redis-server") is None:
        pytest.skip("there is no redis-server that the test could start, stop and kill")
    made = OwnRedis(tmp_path)
    configure(COUNTING_REDIS=made.address)
    yield made
    made.kill()


def add_at_once(gathering: RedisBuffer, number: int) -> None:
    """From so many threads, each as a request does."""
    begin = threading.Barrier(number)

    def add() -> None:
        begin.wait()
        gathering.add([tally(1), tally(2)])

    threads = [threading.Thread(target=add) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db
@pytest.mark.parametrize("lines", ["open", "new"])
def test_while_redis_stands_still_nothing_is_lost_and_nothing_counted_twice(own_redis: OwnRedis, lines: str) -> None:
    gathering = RedisBuffer()
    gathering._start = gathering._meanwhile._start = lambda: None
    add_at_once(gathering, 6)
    if lines == "new":  # of these nothing was sent but a greeting
        gathering._redis.connection_pool.disconnect()
    own_redis.stand_still()
    add_at_once(gathering, 6)
    assert 1 <= len(gathering._unsure) <= 6
    gathering.add([tally(3)])  # Redis is not asked again so soon
    for _again in range(2):  # and each try sends the same
        gathering._away_until = 0
        unsure = len(gathering._unsure)
        gathering.add([tally(3)])
        assert len(gathering._unsure) == unsure
    own_redis.go_on()
    within(20, own_redis.answers)
    gathering._away_until = 0
    gathering.add([tally(3)])
    assert not gathering._unsure
    gathering.flush()
    assert total() == 2 * (6 + 6) + 4
    gathering.close()


@pytest.mark.django_db(transaction=True)
def test_the_thread_sends_again_what_may_not_have_arrived(own_redis: OwnRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wagtail_personalise_gov.counting.background.FLUSH_SECONDS", 0.05)
    gathering = RedisBuffer()
    start, gathering._start = gathering._start, lambda: None
    own_redis.stand_still()
    gathering.add([tally()])
    assert gathering._unsure
    start()
    own_redis.go_on()
    within(30, lambda: total() == 1)
    assert not gathering._unsure
    gathering.close()


@pytest.mark.django_db
def test_a_redis_that_is_killed_and_comes_back_empty_has_lost_what_it_had_and_no_more(own_redis: OwnRedis) -> None:
    gathering = RedisBuffer()
    gathering.add([tally(1)] * 5)
    own_redis.stand_still()
    gathering.add([tally(2)] * 7)  # sent, and never read
    own_redis.kill()
    gathering._away_until = 0
    gathering.add([tally(3)] * 11)  # nobody listens
    own_redis.start()
    gathering._away_until = 0
    gathering.add([tally(4)] * 13)
    gathering.flush()
    assert total() == 7 + 11 + 13
    gathering.close()


@pytest.mark.django_db
def test_what_redis_refuses_is_added_from_the_process(own_redis: OwnRedis) -> None:
    gathering = RedisBuffer()
    gathering.add([tally()])
    gathering._redis.config_set("maxmemory", 1)  # full
    gathering.add([tally()] * 2)
    assert not gathering._unsure
    gathering._redis.config_set("maxmemory", 0)
    gathering.flush()
    assert total() == 3
    gathering.close()


@pytest.mark.django_db
@pytest.mark.parametrize("end", ["of the process", "of the number's time"])
def test_what_stays_unsure_is_given_up_rather_than_counted_twice(
    own_redis: OwnRedis, monkeypatch: pytest.MonkeyPatch, caplog: Any, end: str
) -> None:
    gathering = RedisBuffer()
    gathering.add([tally()])
    own_redis.stand_still()
    gathering.add([tally()] * 3)  # arrives, though nobody says so
    if end == "of the process":
        gathering._exit()
        gathering.close()
        gathering = RedisBuffer()
        own_redis.go_on()
    else:
        own_redis.go_on()
        monkeypatch.setattr(moving, "SENT_AGAIN_SECONDS", -1)
        within(20, lambda: gathering._redis.hvals(gathering._hash) == [b"4"])
        gathering._redis.delete(gathering._number(gathering._unsure[0]))  # Redis has forgotten it
    within(20, lambda: gathering._redis.hvals(gathering._hash) == [b"4"])
    gathering.flush()
    assert "It is not known whether Redis has 3 counts" in caplog.text
    assert total() == 4
    gathering.close()


@pytest.mark.django_db(transaction=True)
def test_with_a_thread_no_request_waits_for_the_database(
    own_redis: OwnRedis, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr(moving, "OVERDUE_SECONDS", -1)
    gathering = RedisBuffer()
    with locked() as let_go, connection.execute_wrapper(refuse):
        gathering.add([tally()])
        gathering._wake.set()
        gathering.add([tally()])
        assert not let_go.is_set()
    assert "a request asked" not in caplog.text
    gathering.flush()
    within(30, lambda: total() == 2)
    gathering.close()


@pytest.mark.django_db(transaction=True)
def test_without_one_a_request_has_little_patience(own_redis: OwnRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "OVERDUE_SECONDS", -1)
    gathering = RedisBuffer()
    gathering._start = lambda: None
    with locked() as let_go:
        gathering.add([tally()])
        assert not let_go.is_set()
    assert gathering.flush() == 1
    gathering.close()


@pytest.mark.django_db
def test_staging_and_production_on_one_redis_have_each_their_own(
    own_redis: OwnRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    production = RedisBuffer()
    with monkeypatch.context() as patched:
        patched.setitem(connection.settings_dict, "NAME", "staging")
        staging = RedisBuffer()
    staging.add([tally()])
    assert production.flush() == 0
    another_process = RedisBuffer()
    production.add([tally()] * 2)
    assert another_process.flush() == 2
    for buffer in (production, staging, another_process):
        buffer.close()


@pytest.mark.redis
@pytest.mark.django_db
def test_two_sites_on_one_redis_have_each_their_own(gathering: RedisBuffer, settings: Any) -> None:
    gathering.add([tally()])
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": "other"}}
    other = RedisBuffer()
    assert other.flush() == 0
    other.close()
    assert gathering.flush() == 1


@pytest.mark.redis
@pytest.mark.django_db
def test_the_command_adds_what_waits_and_says_how_many(configure: Any, gathering: RedisBuffer, capsys: Any) -> None:
    configure(COUNTING_BUFFER=REDIS)
    gathering.add([tally()] * 1234)
    call_command("add_tallies")
    assert "1,234" in capsys.readouterr().out
    assert total() == 1234


@pytest.mark.django_db
def test_the_command_says_why_it_can_not(configure: Any) -> None:
    pytest.importorskip("redis")
    configure(COUNTING_BUFFER=REDIS, COUNTING_REDIS=nobody_listens())
    with pytest.raises(CommandError, match=r"Nothing is lost.*Redis can't be asked"):
        call_command("add_tallies")
