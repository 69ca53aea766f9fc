"""Add increments to the daily totals: all of them or none, and a batch once, however many processes do so at a time."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F
from django.utils import timezone

from ..core.counting import LOTS, MAX_GOAL, Arm, Tally
from ..models import DailyTally, TallyBatch
from ..plugged import log_once_a_minute

FIRST_DAY = datetime.date(1970, 1, 1)
LAST_DAY = (datetime.date.max - FIRST_DAY).days
MAX_ID = 36  # characters of a block's or a version's id
ROWS_AT_ONCE = 500  # in one statement; fewer where the database takes fewer parameters
CAN_ADD_IN_ONE_STATEMENT = frozenset({"postgresql", "sqlite"})  # INSERT … ON CONFLICT DO UPDATE

BATCH_MAX_AGE = timedelta(days=7)  # no process that was interrupted is still at a batch of then

Row = tuple[datetime.date, str, str, str, str, int, str]  # as DailyTally.KEY


def add_to_tallies(
    increments: Mapping[Tally, int], batch: UUID | None = None, patience_seconds: float | None = None
) -> int:
    """Add these to the daily totals, in one transaction of its own; how many increments that were.

    Of a `batch` that was added before, by whomever, nothing is added again: it is 0. Raises DatabaseError where it
    can't be done, or not with this patience, and RuntimeError within a transaction of the caller's, who could take it
    back; nothing is added then.
    """
    rows = _rows(increments)
    if not rows:
        return 0
    using = database()
    # Always in the same order, so that two processes wait for each other, and never each for the other.
    ordered = sorted(rows.items())
    with _own_transaction(using, patience_seconds):
        if batch is not None and not TallyBatch.objects.using(using).get_or_create(pk=batch)[1]:
            return 0
        if connections[using].vendor in CAN_ADD_IN_ONE_STATEMENT:
            _add_in_one_statement(connections[using], ordered)
        else:
            _add_row_by_row(using, ordered)
    return sum(rows.values())


def forget_batches(*numbers: UUID, patience_seconds: float | None = None) -> None:
    """Forget that these were added: nobody can come with them again."""
    with _own_transaction(database(), patience_seconds):
        TallyBatch.objects.using(database()).filter(pk__in=numbers).delete()


def old_batches() -> Any:
    """The batches that nobody can come with again, for their age."""
    return TallyBatch.objects.using(database()).filter(added_at__lt=timezone.now() - BATCH_MAX_AGE)


def database() -> str:
    """The alias of the database that has the daily totals."""
    return router.db_for_write(DailyTally)


def in_callers_transaction() -> bool:
    """Whether the caller could still take back what is written now. The transaction around a test is not meant."""
    blocks = connections[database()].atomic_blocks
    return bool(blocks) and not _is_a_tests(blocks[-1])


def in_tests_transaction() -> bool:
    """Whether all this takes place in a test that takes back whatever it writes."""
    return any(map(_is_a_tests, connections[database()].atomic_blocks))


@contextmanager
def _own_transaction(using: str, patience_seconds: float | None) -> Iterator[None]:
    """A transaction of its own. With a patience no statement in it waits longer for others that lock the database.

    PostgreSQL and SQLite can be told so. Other databases wait as long as they always do.
    """
    connection = connections[using]
    patience = None if patience_seconds is None else int(patience_seconds * 1000)
    with _busy_timeout(connection, patience), transaction.atomic(using=using, durable=True):
        if patience is not None and connection.vendor == "postgresql":
            with connection.cursor() as cursor:  # until the end of the transaction
                cursor.execute(
                    "SELECT set_config('lock_timeout', %s, true), set_config('statement_timeout', %s, true)",
                    [str(patience), str(patience)],
                )
        yield


@contextmanager
def _busy_timeout(connection: BaseDatabaseWrapper, milliseconds: int | None) -> Iterator[None]:
    """On SQLite, have this connection wait so long for another that writes, and afterwards as long as before."""
    if milliseconds is None or connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        (before,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute(f"PRAGMA busy_timeout = {milliseconds}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {before}")


def _is_a_tests(block: transaction.Atomic) -> bool:
    return bool(getattr(block, "_from_testcase", False))  # what Django itself asks of a durable block


def _rows(increments: Mapping[Tally, int]) -> dict[Row, int]:
    """What is to be added to each row. What no row can hold is left out, for else it would stop all the others."""
    rows: dict[Row, int] = {}
    for tally, number in increments.items():
        if not _fits_a_row(tally):
            log_once_a_minute("tallies", "A count can't be stored, and is left out: %r.", tally)
        elif number > 0:
            row = _row(tally)
            rows[row] = rows.get(row, 0) + number
    return rows


def _row(tally: Tally) -> Row:
    shown = tally.exposure
    day = FIRST_DAY + timedelta(days=tally.day)
    return (day, shown.block, shown.variant, shown.segment, str(shown.arm), shown.share, tally.goal)


def _fits_a_row(tally: Tally) -> bool:
    shown = tally.exposure
    texts = ((shown.block, MAX_ID), (shown.variant, MAX_ID), (shown.segment, MAX_GOAL), (tally.goal, MAX_GOAL))
    return (
        0 <= tally.day <= LAST_DAY
        and 0 <= shown.share <= LOTS
        and shown.arm in set(Arm)
        and all(len(text) <= longest and "\x00" not in text for text, longest in texts)
    )


def _add_in_one_statement(connection: BaseDatabaseWrapper, rows: Sequence[tuple[Row, int]]) -> None:
    """One statement for up to ROWS_AT_ONCE rows: insert them, or add to those that are there."""
    named = {field.name: field for field in DailyTally._meta.concrete_fields}
    fields = [named[name] for name in (*DailyTally.KEY, "count")]
    quoted = connection.ops.quote_name
    table, columns = quoted(DailyTally._meta.db_table), [quoted(str(field.column)) for field in fields]
    count = columns[-1]
    most = connection.features.max_query_params or ROWS_AT_ONCE * len(fields)
    for some in _portions(rows, min(ROWS_AT_ONCE, most // len(fields))):
        values = ", ".join(["(" + ", ".join(["%s"] * len(fields)) + ")"] * len(some))
        parameters = [
            field.get_db_prep_save(value, connection)
            for key, number in some
            for field, value in zip(fields, (*key, number), strict=True)
        ]
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES {values} "  # noqa: S608  names of our own model
                f"ON CONFLICT ({', '.join(columns[:-1])}) DO UPDATE SET {count} = {table}.{count} + excluded.{count}",
                parameters,
            )


def _add_row_by_row(using: str, rows: Sequence[tuple[Row, int]]) -> None:
    """The same in the words of every database: see that the rows are there, then add to each."""
    tallies = DailyTally.objects.using(using)
    new = [DailyTally(**dict(zip(DailyTally.KEY, key, strict=True)), count=0) for key, _number in rows]
    tallies.bulk_create(new, batch_size=ROWS_AT_ONCE, ignore_conflicts=True)
    for key, number in rows:
        tallies.filter(**dict(zip(DailyTally.KEY, key, strict=True))).update(count=F("count") + number)


def _portions(rows: Sequence[tuple[Row, int]], size: int) -> Iterator[Sequence[tuple[Row, int]]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))
