"""Gather in the process, add to the database. Needs nothing beyond the database that every site has."""

from __future__ import annotations

import atexit
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from threading import Condition, Lock
from uuid import UUID, uuid4

from django.db import DatabaseError, OperationalError, connections

from ..core.counting import Tally
from ..plugged import log_once_a_minute
from .adding import add_to_tallies, database, forget_batches, in_callers_transaction, in_tests_transaction
from .background import FLUSH_SECONDS, OVERDUE_SECONDS, PATIENCE_SECONDS, BackgroundBuffer

FLUSH_COUNT = 500  # increments that wake the thread before its time
MOST_GATHERED = 2 * FLUSH_COUNT  # increments; a request that finds so many waits a moment for the thread
MAX_KEYS = 10_000  # different totals held while the database is away; no further ones are begun
ROOM_SECONDS = 0.05  # that moment


class DatabaseBuffer(BackgroundBuffer):
    """A process that is killed loses at most 1,000 increments, those of its last 10 seconds or so; one that ends by
    itself loses none.

    That holds as long as the database takes what is added in time. While it does not, all is kept, for up to 10,000
    different totals, and added when it does again.

    A thread adds. A request that finds 1,000 waits for it, 50 ms at most, and goes on counting. After a wait in vain no
    other waits until something was added; nor does any within a transaction, which might be what the thread waits for.
    Only where no thread runs does a request add by itself, with little patience.
    """

    def __init__(self) -> None:
        self._exits = False  # whether it was arranged that what is left is added at the end of the process
        self._place = ""  # the name of the database that it is meant for
        super().__init__()

    def _begin_anew(self) -> None:
        super()._begin_anew()
        self._adding = Lock()  # held by whoever adds to the database
        self._room = Condition(self._lock)  # told when some of it was added
        self._in_vain = False  # whether somebody waited for room in vain since then
        self._fresh: Counter[Tally] = Counter()
        self._leaving: tuple[UUID, Counter[Tally]] | None = None  # on its way; the number stays until it has arrived
        self._gathered = 0  # increments in both
        self._since = time.monotonic()  # when the oldest in `_fresh` was gathered

    def add(self, tallies: Sequence[Tally]) -> None:
        try:
            self._check_process()
            self._start_gathering()
            self._make_room(len(tallies))
            self._gather(tallies)
            if self._gathered >= FLUSH_COUNT and not self._pausing:
                self._wake.set()
            if self._overdue and not self._has_thread:
                self._add_in_request()
        except Exception as error:
            log_once_a_minute("add", "Something could not be counted (%s: %s).", type(error).__name__, error)

    def flush(self) -> int:
        self._check_process()
        if in_callers_transaction():
            self._wake.set()  # to the thread: the caller might take it back
            return 0
        return self._add_all(-1)

    def close(self) -> None:
        super().close()
        atexit.unregister(self._exit)
        self._exits = False
        with self._lock:
            self._fresh, self._leaving, self._gathered = Counter(), None, 0

    def _empty(self) -> None:
        self._add_all(-1)

    def _start_gathering(self) -> None:
        if self._thread is not None and self._exits:
            return
        self._start()
        if not self._exits and not in_tests_transaction():
            self._exits = True
            self._place = str(connections[database()].settings_dict["NAME"])
            atexit.register(self._exit)

    def _make_room(self, coming: int) -> None:
        """Where too much is gathered already, see that it is added, as far as a request may wait for that."""
        if self._has_room(coming) or self._pausing or connections[database()].in_atomic_block:
            return
        if not self._has_thread:
            self._add_in_request()
        elif not self._in_vain:
            self._wake.set()
            with self._room:
                self._in_vain = not self._room.wait_for(lambda: self._has_room(coming), ROOM_SECONDS)

    def _has_room(self, coming: int) -> bool:
        return not self._gathered or self._gathered + coming <= MOST_GATHERED

    def _gather(self, tallies: Sequence[Tally]) -> None:
        dropped = 0
        with self._lock:
            if not self._fresh:
                self._since = time.monotonic()
            for tally in tallies:
                if len(self._fresh) < MAX_KEYS or tally in self._fresh:
                    self._fresh[tally] += 1
                    self._gathered += 1
                else:
                    dropped += 1
        if dropped:
            log_once_a_minute(
                "MAX_KEYS", "%s different totals wait for the database. No further ones are counted.", MAX_KEYS
            )

    @property
    def _overdue(self) -> bool:
        return bool(self._fresh) and time.monotonic() - self._since > OVERDUE_SECONDS

    def _add_in_request(self) -> None:
        """Where no thread runs: add what is gathered, unless another request is at it. Never raises."""
        if self._pausing or connections[database()].in_atomic_block or not self._adding.acquire(blocking=False):
            return
        try:
            self._add_those_gathered(PATIENCE_SECONDS)
        except Exception as error:
            self._failed(error)
        finally:
            self._adding.release()

    def _add_all(self, wait_seconds: float, patience_seconds: float | None = None) -> int:
        """Add what is gathered; how many increments. Waits so long for another thread that adds; -1: for ever."""
        if not self._adding.acquire(timeout=wait_seconds):
            raise OperationalError(f"another thread has been adding for more than {wait_seconds} s")
        try:
            return self._add_those_gathered(patience_seconds)
        finally:
            self._adding.release()

    def _add_those_gathered(self, patience_seconds: float | None) -> int:
        """Add what is gathered, holding `_adding`.

        What leaves has a number, under which the database notes it. If a connection breaks just when all is committed,
        the next try finds the number there and adds nothing twice.
        """
        added = 0
        for _turn in range(1 if self._leaving is None else 2):  # what was left by a try that failed comes first
            if self._leaving is None and not self._leave():
                break
            added += self._arrive(patience_seconds)
        return added

    def _leave(self) -> bool:
        with self._lock:
            if self._fresh:
                self._leaving, self._fresh = (uuid4(), self._fresh), Counter()
        return self._leaving is not None

    def _arrive(self, patience_seconds: float | None) -> int:
        leaving = self._leaving
        if leaving is None:  # closed meanwhile
            return 0
        number, increments = leaving
        add_to_tallies(increments, batch=number, patience_seconds=patience_seconds)
        with self._lock:
            if self._leaving is leaving:
                self._leaving = None
                self._gathered -= increments.total()
                self._in_vain = False
                self._room.notify_all()
        self._succeeded()
        with suppress(DatabaseError):  # then prune_tallies does it
            forget_batches(number, patience_seconds=patience_seconds)
        return increments.total()

    def _exit(self) -> None:
        """At the end of a process, but for a child that was forked: add what is left."""
        self._check_process()
        if not self._gathered or self._place != str(connections[database()].settings_dict["NAME"]):
            return  # the database of a test run is gone; what was counted there does not belong to the real one
        try:
            self._add_all(FLUSH_SECONDS, patience_seconds=FLUSH_SECONDS)
        except Exception as error:
            self._failed(error)
        finally:
            connections.close_all()
