"""Gather what visitors do, until it is a count of many: only then, and only at a full hour, may it leave this server.

One message for each goal that is reached would say when somebody reached it. On a site with few visitors, whoever has
another list of times could tell who that was. So no message speaks of fewer visits than are ever shown anywhere
(SMALLEST_COUNT), and none of a time that is finer than an hour.

A count is of one process, and lost when that ends: the daily totals are what is kept.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import connections

from ..core.events import Event
from ..counting.adding import in_tests_transaction
from ..counting.publishing import shown
from ..plugged import log_once_a_minute
from .sending import now_in_utc, send

HOUR = timedelta(hours=1)
SPREAD_SECONDS = 60  # after the full hour, so that not all processes send at once

What = tuple[Event, tuple[tuple[str, str | None], ...]]


class Gathered:
    """What happened in this process, how often, and since which full hour."""

    def __init__(self) -> None:
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._counts: dict[What, tuple[int, datetime]] = {}
        self._timer: threading.Timer | None = None

    def add(self, event: Event, data: Mapping[str, str | None]) -> None:
        """One more. Called while a visitor waits: nothing is sent here."""
        if self._process != os.getpid():  # a fork; what was gathered before it is the parent's
            self._begin_anew()
        what, hour = (event, tuple(data.items())), _full_hour(now_in_utc())
        with self._lock:
            count, since = self._counts.get(what, (0, hour))
            self._counts[what] = count + 1, since
            self._wait_for_the_hour()

    def hand_over(self) -> None:
        """Send each count that is large enough, and begin it anew. The others go on."""
        hour = _full_hour(now_in_utc())
        with self._lock:
            self._timer = None
            large = {
                what: (number, since)
                for what, (count, since) in self._counts.items()
                if since < hour and (number := shown(count))
            }
            for what in large:
                del self._counts[what]
            if self._counts:
                self._wait_for_the_hour()
        for (event, data), (number, since) in large.items():
            send(event, {**dict(data), "count": number, "since": since.isoformat()}, at=hour)

    def close(self) -> None:
        """Drop what is gathered."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None
            self._counts = {}

    def _wait_for_the_hour(self) -> None:
        if self._timer is not None or in_tests_transaction():
            return
        now = now_in_utc()
        seconds = (_full_hour(now) + HOUR - now).total_seconds() + secrets.randbelow(SPREAD_SECONDS) + 1
        self._timer = threading.Timer(seconds, self._hand_over_quietly)
        self._timer.daemon = True
        try:
            self._timer.start()
        except RuntimeError:  # no thread can be had, or the process is about to end
            self._timer = None

    def _hand_over_quietly(self) -> None:
        try:
            self.hand_over()
        except Exception as error:
            log_once_a_minute("gathered", "Webhooks can't be told what was counted (%s).", type(error).__name__)
        finally:
            connections.close_all()  # those of this thread, which ends


def _full_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


gathered = Gathered()

if hasattr(os, "register_at_fork"):  # not on Windows, which can't fork
    os.register_at_fork(after_in_child=gathered._begin_anew)
