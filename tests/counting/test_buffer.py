"""Increments on their way to the daily totals: gathered in the process, added all or none, lost by no failure."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from wagtail_personalise_gov import checks
from wagtail_personalise_gov.core.counting import Exposure, Tally
from wagtail_personalise_gov.counting import adding, background, database
from wagtail_personalise_gov.counting.adding import add_to_tallies
from wagtail_personalise_gov.counting.buffer import Buffer, NoBuffer, buffer, count, flush
from wagtail_personalise_gov.counting.database import FLUSH_COUNT, MAX_KEYS, MOST_GATHERED, DatabaseBuffer
from wagtail_personalise_gov.models import DailyTally, TallyBatch

from .processes import total
from .tallies import DAY, tally


@pytest.fixture
def gathering() -> Iterator[DatabaseBuffer]:
    made = DatabaseBuffer()
    yield made
    made.close()


@contextmanager
def table_away() -> Iterator[None]:
    """A database that really refuses: the table has another name meanwhile."""
    table = DailyTally._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO away_for_a_test")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE away_for_a_test RENAME TO {table}")


def within(seconds: float, condition: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"not within {seconds} s"
        time.sleep(0.02)


# Adding

VENDORS = ["its own", "any other"]  # of databases: PostgreSQL and SQLite have a statement of their own


@pytest.fixture(params=VENDORS)
def vendor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "any other":
        monkeypatch.setattr(adding, "CAN_ADD_IN_ONE_STATEMENT", frozenset())
    return request.param


@pytest.mark.django_db
def test_new_totals_begin_and_old_ones_grow(vendor: str) -> None:
    shown, achieved = tally(1), tally(1, goal="applied")
    assert add_to_tallies({shown: 3, achieved: 1}) == 4
    assert add_to_tallies({shown: 2, tally(2): 7}) == 9
    assert dict(DailyTally.objects.filter(goal="").values_list("variant", "count")) == {
        tally(1).exposure.variant: 5,
        tally(2).exposure.variant: 7,
    }
    row = DailyTally.objects.get(goal="applied")
    kept = (str(row.day), row.block, row.variant, row.segment, row.arm, row.share, row.count)
    exposure = achieved.exposure
    assert kept == ("2024-10-04", exposure.block, exposure.variant, "parents", "variant", 1000, 1)


@pytest.mark.django_db
def test_more_totals_than_one_statement_takes_are_added(vendor: str) -> None:
    many = {tally(number): 1 + number % 3 for number in range(1203)}
    for _twice in range(2):
        assert add_to_tallies(many) == sum(many.values())
    assert DailyTally.objects.count() == 1203
    assert total() == 2 * sum(many.values())


@pytest.mark.django_db
def test_a_batch_is_added_once(vendor: str) -> None:
    number = uuid4()
    assert add_to_tallies({tally(): 3}, batch=number) == 3
    assert add_to_tallies({tally(): 3}, batch=number) == 0
    assert add_to_tallies({tally(): 3}, batch=uuid4()) == 3
    assert total() == 6


@pytest.mark.django_db
def test_of_a_batch_that_fails_no_number_stays() -> None:
    number = uuid4()
    with table_away(), pytest.raises(DatabaseError):
        add_to_tallies({tally(): 3}, batch=number)
    assert add_to_tallies({tally(): 3}, batch=number) == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    "impossible",
    [
        Tally(10_000_000, tally().exposure),  # after the year 9999
        tally(goal="g" * 51),
        tally(goal="nul\x00"),
        Tally(DAY, Exposure("b" * 37, tally().exposure.arm)),
        Tally(DAY, Exposure("b", tally().exposure.arm, share=10_001)),
    ],
    ids=["day", "goal", "nul", "block", "share"],
)
def test_what_no_row_can_hold_does_not_stop_the_others(impossible: Tally, caplog: Any) -> None:
    assert add_to_tallies({impossible: 1, tally(): 2}) == 2
    assert total() == 2
    assert "can't be stored" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_nothing_is_added_within_a_transaction_that_the_caller_may_take_back() -> None:
    with transaction.atomic(), pytest.raises(RuntimeError):
        add_to_tallies({tally(): 1})
    assert total() == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_that_add_the_same_totals_in_opposite_order_do_not_lock_each_other_out() -> None:
    totals = [tally(number) for number in range(300)]
    errors: list[BaseException] = []

    def add(order: list[Tally]) -> None:
        try:
            for _turn in range(15):
                add_to_tallies(dict.fromkeys(order, 1))
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=add, args=(order,)) for order in (totals, totals[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert total() == 2 * 15 * 300


# Gathering


@pytest.mark.django_db
def test_a_request_writes_nothing_until_it_is_flushed(
    gathering: DatabaseBuffer, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        gathering.add([tally(1), tally(1), tally(2)])
        gathering.add([tally(1)])
    assert gathering.flush() == 4
    assert sorted(DailyTally.objects.values_list("count", flat=True)) == [1, 3]
    assert gathering.flush() == 0
    assert not TallyBatch.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_thread_adds_within_its_time(gathering: DatabaseBuffer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "FLUSH_SECONDS", 0.05)
    gathering.add([tally()])
    within(20, lambda: total() == 1)


@pytest.mark.django_db(transaction=True)
def test_many_increments_wake_the_thread_before_its_time(gathering: DatabaseBuffer) -> None:
    gathering.add([tally()] * FLUSH_COUNT)
    within(background.FLUSH_SECONDS / 2, lambda: total() == FLUSH_COUNT)


@pytest.mark.django_db(transaction=True)
def test_without_a_thread_a_request_adds_when_it_finds_too_many(gathering: DatabaseBuffer) -> None:
    gathering._start = lambda: None
    gathering.add([tally()] * (MOST_GATHERED - 1))
    gathering.add([tally()])
    assert total() == 0
    gathering.add([tally()])
    assert total() == MOST_GATHERED
    assert gathering.flush() == 1


@pytest.mark.django_db(transaction=True)
def test_without_a_thread_a_request_adds_what_is_overdue(
    gathering: DatabaseBuffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    gathering._start = lambda: None
    gathering.add([tally()])
    gathering.add([tally()])
    assert total() == 0
    monkeypatch.setattr(database, "OVERDUE_SECONDS", -1)
    gathering.add([tally()])
    assert total() == 3


@pytest.mark.django_db(transaction=True)
def test_within_a_transaction_that_is_rolled_back_nothing_is_lost(gathering: DatabaseBuffer) -> None:
    gathering._start = lambda: None
    with transaction.atomic():
        gathering.add([tally()] * MOST_GATHERED)
        gathering.add([tally()])
        assert gathering.flush() == 0
        transaction.set_rollback(True)
    assert gathering.flush() == MOST_GATHERED + 1
    assert total() == MOST_GATHERED + 1


@pytest.mark.django_db
def test_in_a_test_that_takes_back_what_it_writes_there_is_no_thread(gathering: DatabaseBuffer) -> None:
    gathering.add([tally()])
    assert gathering._thread is None


# Failures


@pytest.mark.django_db(transaction=True)
def test_what_is_counted_while_the_database_is_away_is_added_when_it_is_back(
    gathering: DatabaseBuffer, caplog: Any
) -> None:
    gathering._start = lambda: None
    gathering.add([tally(1)] * 3)
    with table_away():
        with pytest.raises(DatabaseError):
            gathering.flush()
        for _request in range(3 * MOST_GATHERED // 10):
            gathering.add([tally(2)] * 10)
        with pytest.raises(DatabaseError):
            gathering.flush()
    assert total() == 0
    assert caplog.text.count("can't be added to the daily totals") == 1  # of the request that found too many
    assert gathering.flush() == 3 + 3 * MOST_GATHERED
    assert total() == 3 + 3 * MOST_GATHERED


@pytest.mark.django_db(transaction=True)
def test_while_it_is_away_requests_do_not_try_again_and_again(gathering: DatabaseBuffer) -> None:
    gathering._start = lambda: None
    with table_away():
        gathering.add([tally()] * MOST_GATHERED)
        gathering.add([tally()])
    gathering.add([tally()])  # it is back, but was away a moment ago
    assert total() == 0
    gathering._pause_until = time.monotonic()
    gathering.add([tally()])
    assert total() == MOST_GATHERED + 2


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_is_lost_after_the_commit_makes_nothing_count_twice(
    gathering: DatabaseBuffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def added_but_unanswered(*arguments: Any, **options: Any) -> int:
        add_to_tallies(*arguments, **options)
        raise DatabaseError("the connection broke")

    gathering.add([tally()] * 3)
    with monkeypatch.context() as patched:
        patched.setattr(database, "add_to_tallies", added_but_unanswered)
        with pytest.raises(DatabaseError):
            gathering.flush()
    gathering.add([tally()])
    gathering.flush()
    assert total() == 4


@pytest.mark.django_db
def test_of_too_many_different_totals_those_that_have_begun_go_on(
    gathering: DatabaseBuffer, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    assert MAX_KEYS == 10_000
    monkeypatch.setattr(database, "MAX_KEYS", 3)
    gathering.add([tally(number) for number in range(5)])
    gathering.add([tally(0), tally(4)])
    assert gathering.flush() == 4
    assert DailyTally.objects.count() == 3
    assert "3 different totals wait" in caplog.text


# While somebody else has the database locked


@contextmanager
def locked() -> Iterator[threading.Event]:
    """A database in which somebody else has locked what we write. After 15 seconds they let go, and it says so."""
    other = connection.copy()
    postgres = connection.vendor == "postgresql"
    let_go = threading.Event()
    table = connection.ops.quote_name(DailyTally._meta.db_table)
    with other.cursor() as cursor:
        cursor.execute("BEGIN" if postgres else "BEGIN IMMEDIATE")
        if postgres:
            cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")

    def release() -> None:
        let_go.set()
        other.cursor().execute("ROLLBACK")

    other.inc_thread_sharing()
    timer = threading.Timer(15, release)
    timer.start()
    try:
        yield let_go
    finally:
        timer.cancel()
        timer.join()
        if not let_go.is_set():
            release()
        other.dec_thread_sharing()
        other.close()


def refuse(execute: Any, sql: str, *arguments: Any) -> None:
    raise AssertionError(f"a request asked the database: {sql}")


def patience() -> list[Any]:
    """How long this connection waits for others."""
    asked = ["SHOW lock_timeout", "SHOW statement_timeout"]
    with connection.cursor() as cursor:
        return [
            cursor.execute(sql).fetchone()
            for sql in (asked if connection.vendor == "postgresql" else ["PRAGMA busy_timeout"])
        ]


@pytest.mark.django_db(transaction=True)
def test_while_the_thread_waits_for_the_database_requests_go_on_and_all_is_counted(gathering: DatabaseBuffer) -> None:
    with locked() as let_go, connection.execute_wrapper(refuse):
        for _request in range(3 * MOST_GATHERED // 10):
            gathering.add([tally()] * 10)
        assert gathering._gathered == 3 * MOST_GATHERED
        assert not let_go.is_set()
    within(30, lambda: total() == 3 * MOST_GATHERED)


@pytest.mark.django_db(transaction=True)
def test_once_the_database_takes_it_again_requests_wait_for_room_again(gathering: DatabaseBuffer) -> None:
    with locked():
        gathering.add([tally()] * MOST_GATHERED)
        gathering.add([tally()])
        assert gathering._in_vain
    within(30, lambda: total() >= MOST_GATHERED)
    assert not gathering._in_vain


@pytest.mark.django_db(transaction=True)
def test_a_request_waits_for_room_as_long_as_it_may(gathering: DatabaseBuffer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "ROOM_SECONDS", 30)
    for _request in range(20 * MOST_GATHERED // 10):
        gathering.add([tally()] * 10)
        assert gathering._gathered <= MOST_GATHERED
    assert total() >= 19 * MOST_GATHERED


@pytest.mark.django_db(transaction=True)
def test_within_a_transaction_no_request_waits_for_the_thread_that_may_wait_for_it(
    gathering: DatabaseBuffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "ROOM_SECONDS", 15)
    with transaction.atomic():
        DailyTally.objects.create(day="2024-10-04", block="b")  # SQLite locks all that there is
        gathering._in_vain = False
        for _twice in range(2):
            gathering.add([tally()] * MOST_GATHERED)
        assert not gathering._in_vain  # nobody waited
    within(30, lambda: total() == 2 * MOST_GATHERED)


@pytest.mark.django_db(transaction=True)
def test_without_a_thread_a_request_has_little_patience(gathering: DatabaseBuffer, caplog: Any) -> None:
    gathering._start = lambda: None
    before = patience()
    gathering.add([tally()] * MOST_GATHERED)
    with locked() as let_go:
        gathering.add([tally()])
        assert not let_go.is_set()
    assert "can't be added to the daily totals" in caplog.text
    assert patience() == before
    assert gathering.flush() == MOST_GATHERED + 1
    assert total() == MOST_GATHERED + 1


@pytest.mark.django_db(transaction=True)
def test_after_a_request_has_added_by_itself_its_connection_is_as_before(gathering: DatabaseBuffer) -> None:
    gathering._start = lambda: None
    before = patience()
    gathering.add([tally()] * MOST_GATHERED)
    gathering.add([tally()])
    assert total() == MOST_GATHERED
    assert patience() == before
    assert not TallyBatch.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_thread_that_is_there_and_does_not_run_is_none(
    gathering: DatabaseBuffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    gathering.add([tally()])
    assert gathering._has_thread
    monkeypatch.setattr(database, "OVERDUE_SECONDS", -1)
    with connection.execute_wrapper(refuse):
        gathering.add([tally()])  # the thread will see to it
    gathering._came_by -= 2 * background.OVERDUE_SECONDS  # some servers let no thread run
    gathering.add([tally()])
    assert total() == 3


# The buffer in force


class Failing(Buffer):
    def add(self, tallies: Sequence[Tally]) -> None:
        raise RuntimeError("no")

    def flush(self) -> int:
        raise DatabaseError("no")


@pytest.mark.django_db
def test_what_is_counted_goes_to_the_buffer_that_the_setting_names(configure: Any) -> None:
    configure(COUNTING=True)
    assert isinstance(buffer(), DatabaseBuffer)
    assert buffer() is buffer()
    count([tally()])
    assert flush() == 1
    configure(COUNTING_BUFFER=f"{__name__}.Failing")
    count([tally()])  # raises nothing
    with pytest.raises(DatabaseError):
        flush()


@pytest.mark.django_db
def test_what_was_counted_under_other_settings_is_dropped(configure: Any) -> None:
    configure(COUNTING=True)
    count([tally()])
    configure(COUNTING=True)
    assert flush() == 0


@pytest.mark.parametrize("path", [f"{__name__}.VENDORS", "wagtail_personalise_gov.visit.stores.SignedCookieStore"])
def test_a_setting_that_names_no_buffer_is_told_and_pages_go_on(configure: Any, path: str) -> None:
    configure(COUNTING_BUFFER=path)
    (message,) = checks.check_plugged(None)
    assert message.id == "wagtail_personalise_gov.E004"
    assert "'COUNTING_BUFFER'" in message.msg
    assert isinstance(buffer(), NoBuffer)
    count([tally()])
    assert flush() == 0
