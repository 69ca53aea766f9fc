"""Questions about where a fact lies: numbers, dates, days of the year and times of day."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from ..logic import Answer, ConditionError
from .question import Question, Test, is_number

# What "between" can range over besides numbers: name, shape, and how it is read. Python's own reading alone would take
# more, such as weeks ("2026-W16-6"), which do not sort as texts.
SCALES: tuple[tuple[str, re.Pattern[str], Callable[[str], object]], ...] = (
    ("date", re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}"), date.fromisoformat),
    ("day", re.compile("[0-9]{2}-[0-9]{2}"), lambda day: date.fromisoformat(f"2000-{day}")),  # a leap year: 29 February
    ("time", re.compile("(?:[01][0-9]|2[0-3]):[0-5][0-9]"), time.fromisoformat),
)


class AtLeast(Question):
    """Whether the fact is the number or more."""

    __slots__ = ()
    operator = "at_least"
    takes = "a number"
    asks = frozenset({"int"})

    def read(self, value: Any) -> Any:
        if not is_number(value):
            raise self.refusal(value)
        return value

    def test(self) -> Test:
        value = self.value
        return lambda known: known >= value if is_number(known) else None

    def value_json(self) -> Any:
        return self.value


class AtMost(AtLeast):
    """Whether the fact is the number or less."""

    __slots__ = ()
    operator = "at_most"

    def test(self) -> Test:
        value = self.value
        return lambda known: known <= value if is_number(known) else None


class Between(Question):
    """Whether the fact lies in a range.

    Numbers and dates ("2026-04-18") count both ends, and one end may be null: open. Days of the year ("04-18") count
    both ends and wrap over New Year. Times of day ("22:00") count the start, not the end, and wrap over midnight.
    """

    __slots__ = ()
    operator = "between"
    takes = 'two numbers, two dates "YYYY-MM-DD" (one may be null), two days "MM-DD" or two times "HH:MM"'
    asks = frozenset({"int", "moment"})

    def read(self, value: Any) -> Any:
        if not isinstance(value, list | tuple) or len(value) != 2 or value[0] is value[1] is None:
            raise self.refusal(value)
        kinds = {self._scale(end) for end in value if end is not None}
        if None in kinds or len(kinds) != 1:
            raise self.refusal(value)
        scale = kinds.pop()
        low, high = value
        if scale in ("time", "day"):
            if low is None or high is None or (scale == "time" and low == high):
                raise self.refusal(value)
        elif low is not None and high is not None and low > high:
            raise ConditionError(f'"between" asked of {self.fact!r} ends before it starts: {low} to {high}.')
        return (low, high)

    @staticmethod
    def _scale(end: Any) -> str | None:
        if is_number(end):
            return "number"
        if not isinstance(end, str):
            return None
        for scale, shape, read in SCALES:
            if shape.fullmatch(end):
                try:
                    read(end)
                except ValueError:
                    return None
                return scale
        return None

    def test(self) -> Test:
        low, high = self.value
        scale = self._scale(low if low is not None else high)
        if scale == "number":
            return lambda known: _within(low, known, high) if is_number(known) else None
        if scale == "date":
            return lambda known: _within(low, _day(known), high) if isinstance(known, datetime) else None
        if scale == "day":

            def on_a_day(known: Any) -> Answer:
                if not isinstance(known, datetime):
                    return None
                day = _day(known)[len("2026-") :]
                return bool(low <= day <= high if low <= high else day >= low or day <= high)

            return on_a_day

        def at_a_time(known: Any) -> Answer:
            if not isinstance(known, datetime):
                return None
            now = known.time().isoformat("minutes")
            return bool(low <= now < high if low < high else now >= low or now < high)

        return at_a_time


def _day(known: datetime) -> str:
    return known.date().isoformat()


def _within(low: Any, known: Any, high: Any) -> bool:
    return (low is None or low <= known) and (high is None or known <= high)
