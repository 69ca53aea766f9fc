"""Where requests hand in what they count. What gathers it until it is added to the daily totals is a site's choice.

`count` and `flush` are what other parts call. `Buffer` is the contract, in `database.py` and `redis.py` are those that
we ship, and ``COUNTING_BUFFER`` names the one in force.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from django.core.signals import setting_changed

from ..conf import settings
from ..core.counting import Tally
from ..plugged import log_once_a_minute, plugged


class Buffer(ABC):
    """What gathers increments of daily totals. Named by the setting ``COUNTING_BUFFER``, made without arguments."""

    @abstractmethod
    def add(self, tallies: Sequence[Tally]) -> None:
        """Gather these, each an increment of one. Called while a visitor waits: it never raises."""

    @abstractmethod
    def flush(self) -> int:
        """Add to the daily totals all that this process can reach; how many increments that were.

        Raises DatabaseError where they can't be added; they stay gathered then. Within a transaction of the caller's,
        who may still take it back, nothing is added now.
        """

    def close(self) -> None:  # noqa: B027  a buffer that holds nothing in the process has nothing to do
        """Drop what is gathered in this process, and end what runs in it. Called where settings change in tests."""


class NoBuffer(Buffer):
    """Gathers nothing: in the stead of a buffer that can't be had."""

    def add(self, tallies: Sequence[Tally]) -> None:
        pass

    def flush(self) -> int:
        return 0


_in_force: dict[str, Buffer] = {}


def buffer() -> Buffer:
    """The buffer in force; one that gathers nothing where the setting names none. Never raises."""
    path = settings.COUNTING_BUFFER
    made = _in_force.get(path)
    if made is None:
        # Two threads may each make one at once. Both use the one that is first put here.
        made = _in_force.setdefault(path, plugged("COUNTING_BUFFER", path, NoBuffer()))
    return made


def count(tallies: Sequence[Tally]) -> None:
    """Let these totals grow by one, some seconds from now. Never raises."""
    if not tallies:
        return
    try:
        buffer().add(tallies)
    except Exception as error:  # a buffer of anybody's; the visitor gets the page
        log_once_a_minute("COUNTING_BUFFER", "Nothing could be counted (%s: %s).", type(error).__name__, error)


def flush() -> int:
    """Add to the daily totals all that this process can reach; how many increments that were.

    Raises DatabaseError where they can't be added; they stay gathered then.
    """
    return buffer().flush()


def _forget_buffer(**kwargs: Any) -> None:
    # Only tests change settings. What was counted under the old ones belongs to their database, which may be gone.
    for made in _in_force.values():
        made.close()
    _in_force.clear()


setting_changed.connect(_forget_buffer)
