"""A buffer that a thread of its own empties, in each process that counts.

Servers fork, and a thread does not go along; nor may a child add what its parent has gathered, or wait for a lock that
a thread of the parent holds. So a forked child begins with nothing, as a process does that has just started.
"""

from __future__ import annotations

import os
import threading
import time
from abc import abstractmethod
from contextlib import suppress
from weakref import WeakSet

from django.db import connections

from ..plugged import log_once_a_minute
from .adding import in_tests_transaction
from .buffer import Buffer

FLUSH_SECONDS = 10  # from one emptying to the next
OVERDUE_SECONDS = 2 * FLUSH_SECONDS  # then no thread runs: some servers let none (uWSGI without enable-threads)
PATIENCE_SECONDS = 0.25  # where a request must add by itself: how long a statement waits for others, beginning and end
LONGEST_PAUSE = 60  # seconds from one try to the next, while tries fail

_buffers: WeakSet[BackgroundBuffer] = WeakSet()


class BackgroundBuffer(Buffer):
    """Empties itself every FLUSH_SECONDS, and when woken. What that means is told by `_empty`.

    The thread may have to wait for a database, however long. A request does the thread's work only where none runs.
    """

    def __init__(self) -> None:
        self._begin_anew()
        _buffers.add(self)

    def _begin_anew(self) -> None:
        """Be as in a process that has just started: nothing gathered, no thread, no lock that anybody holds."""
        self._process = os.getpid()
        self._lock = threading.Lock()  # held for moments only, never while a database or a network answers
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._at_work: threading.Thread | None = None  # the thread, while it empties
        self._came_by = float("-inf")  # when the thread was last seen to run
        self._failures = 0  # in a row
        self._pause_until = float("-inf")  # seconds of the monotonic clock

    @abstractmethod
    def _empty(self) -> None:
        """What the thread does each time. Whatever it raises is logged, and tried again after a pause."""

    def close(self) -> None:
        with self._lock:
            thread, self._thread = self._thread, None
        self._wake.set()
        if thread is not None and thread.is_alive():
            thread.join(1)  # it may be waiting for a database; then it ends after that

    def _check_process(self) -> None:
        # After a fork by Python, `_begin_anew` was called already. This is for those in C (uWSGI).
        if self._process != os.getpid():
            self._begin_anew()

    def _start(self) -> None:
        """Have a thread. Not within a test that takes back what it writes: another connection could not see that."""
        if self._thread is not None or in_tests_transaction():
            return
        with self._lock:
            if self._thread is not None:
                return
            self._came_by = time.monotonic()
            self._thread = thread = threading.Thread(target=self._run, name="wagtail_personalise_gov", daemon=True)
        # No thread can be had, or the process is about to end: then requests empty what is overdue.
        with suppress(RuntimeError):
            thread.start()

    def _run(self) -> None:
        wake, this = self._wake, threading.current_thread()
        while True:
            wake.wait(FLUSH_SECONDS)
            wake.clear()
            if self._thread is not this:
                return  # closed
            self._came_by = time.monotonic()
            if self._pausing:
                continue
            self._at_work = this
            try:
                self._empty()
            except Exception as error:  # the thread must go on, whatever a driver raises
                self._failed(error)
            finally:
                self._came_by, self._at_work = time.monotonic(), None
                connections.close_all()  # those of this thread: none is kept open while nothing happens

    @property
    def _has_thread(self) -> bool:
        """Whether a thread does the work, also while a database keeps it waiting: then a request must not."""
        thread = self._thread
        if thread is None or not thread.is_alive():
            return False
        return self._at_work is thread or time.monotonic() - self._came_by < OVERDUE_SECONDS

    @property
    def _pausing(self) -> bool:
        """Whether it failed just now, so that it is not yet tried again."""
        return time.monotonic() < self._pause_until

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        pause = min(FLUSH_SECONDS * 2 ** min(self._failures - 1, 10), LONGEST_PAUSE)
        self._pause_until = time.monotonic() + pause
        log_once_a_minute(
            type(self).__name__,
            "Counts can't be added to the daily totals (%s: %s). They are kept, and tried again in %s s.",
            type(error).__name__,
            error,
            pause,
        )

    def _succeeded(self) -> None:
        self._failures, self._pause_until = 0, float("-inf")


def _begin_anew_in_child() -> None:
    for buffer in list(_buffers):
        buffer._begin_anew()


if hasattr(os, "register_at_fork"):  # not on Windows, which can't fork
    os.register_at_fork(after_in_child=_begin_anew_in_child)
