"""Questions about where a fact lies: numbers, dates, days of the year, times of day and days of the week."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from ..logic import Answer, ConditionError
from .question import Question, Test, fold, is_number, is_text, several, shown, text

# As datetime.weekday() counts them.
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

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
        value = fold(self.value)
        return lambda known: fold(known) >= value if is_number(known) else None

    def value_json(self) -> Any:
        return self.value


class AtMost(AtLeast):
    """Whether the fact is the number or less."""

    __slots__ = ()
    operator = "at_most"

    def test(self) -> Test:
        value = fold(self.value)
        return lambda known: fold(known) <= value if is_number(known) else None


class Between(Question):
    """Whether the fact lies in a range.

    Numbers and dates ("2026-04-18") count both ends, and one end may be null: open. Days of the year ("04-18") count
    both ends and wrap over New Year. Times of day ("22:00") count the start, not the end, and wrap over midnight.

    Dates, days and times are read off the clock of the fact's own zone (the site's), or of the zone that is named as a
    third ("Europe/London"): what a clock on the wall there shows, so that summer time needs no thought.
    """

    __slots__ = ()
    operator = "between"
    takes = (
        'two numbers, two dates "YYYY-MM-DD" (one may be null), two days "MM-DD" or two times "HH:MM"; all but numbers '
        'with the name of a time zone behind them, if you like, such as "Europe/London"'
    )
    asks = frozenset({"int", "moment"})

    def read(self, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            raise self.refusal(value)
        value, zone = value[:2], value[2:]
        if len(value) != 2 or value[0] is value[1] is None or len(zone) > 1:
            raise self.refusal((*value, *zone))
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
        if zone and scale == "number":
            raise self.refusal((*value, *zone))
        return (low, high, *(zone_name(name) for name in zone))

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
        low, high, *zone = self.value
        scale = self._scale(low if low is not None else high)
        if scale == "number":
            low, high = fold(low), fold(high)
            return lambda known: _within(low, fold(known), high) if is_number(known) else None

        def on_a_date(now: datetime) -> Answer:
            return _within(low, _day(now), high)

        def on_a_day(now: datetime) -> Answer:
            day = _day(now)[len("2026-") :]
            return bool(low <= day <= high if low <= high else day >= low or day <= high)

        def at_a_time(now: datetime) -> Answer:
            minute = now.time().isoformat("minutes")
            return bool(low <= minute < high if low < high else minute >= low or minute < high)

        return _of_moments({"date": on_a_date, "day": on_a_day}.get(scale or "", at_a_time), *zone)


class OnWeekday(Question):
    """Whether the fact, a moment, is on one of these days of the week, by the clock of its own zone (the site's)."""

    __slots__ = ()
    operator = "weekday"
    takes = 'a list of days of the week in English, such as "monday"'
    asks = frozenset({"moment"})

    def read(self, value: Any) -> Any:
        def weekday(item: Any) -> str:
            name = text(self, item).lower()
            if name not in WEEKDAYS:
                raise ConditionError(f"{shown(item)} is not a day of the week. The days are {', '.join(WEEKDAYS)}.")
            return name

        return tuple(sorted(several(self, value, weekday), key=WEEKDAYS.index))

    def test(self) -> Test:
        days = frozenset(map(WEEKDAYS.index, self.value))
        return _of_moments(lambda now: now.weekday() in days)


def zone_name(name: Any) -> str:
    """The name of a time zone that there is. Raises ConditionError for any other."""
    try:
        # A zone is looked for in files by its name, so a name like "../../etc/passwd" is one that raises here. Some
        # machines have files besides that are no zones elsewhere: "posix/Europe/London", "localtime", "Factory".
        if is_text(name) and name[:1].isupper() and name != "Factory" and ZoneInfo(name).key == name:
            return str(name)
    except (OSError, ValueError, KeyError):  # KeyError: ZoneInfoNotFoundError; OSError: the name of a folder
        pass
    raise ConditionError(f"There is no time zone {shown(name)}. Write one such as Europe/London.")


def _of_moments(test: Callable[[datetime], Answer], zone: str = "") -> Test:
    """A test of moments, read off the clock of this zone, or of their own; of anything else it can't be told."""
    there = ZoneInfo(zone) if zone else None

    def of_a_moment(known: Any) -> Answer:
        if not isinstance(known, datetime):
            return None
        if there is None:
            return test(known)
        return None if known.tzinfo is None else test(known.astimezone(there))

    return of_a_moment


def _day(known: datetime) -> str:
    return known.date().isoformat()


def _within(low: Any, known: Any, high: Any) -> bool:
    return (low is None or low <= known) and (high is None or known <= high)
