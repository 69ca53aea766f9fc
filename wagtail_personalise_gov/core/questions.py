"""Questions: what a condition can ask of a single fact, one class per operator.

A question is ``Class(fact, value)``, where `value` is just what stands in the JSON; it is checked and brought into one
canonical, hashable form when the question is made. A fact that is unknown, or of a type that the operator can't ask,
gives None: unknown. Texts are compared without regard to case. A number never answers for a text, nor true for 1.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, ClassVar

from .facts import family
from .logic import NO_SEGMENTS, Answer, Condition, ConditionError

Test = Callable[[Any], Answer]

MAX_VALUES = 1000  # in one question; more is a sign of a list that wants to be a fact of its own
MAX_TEXT = 500  # characters of one text in a question
UNWRITABLE = re.compile("[\\x00\\ud800-\\udfff]")  # what PostgreSQL and UTF-8 have no place for
EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG 1980

# What "between" can range over besides numbers: name, shape, and how it is read. Python's own reading alone would take
# more, such as weeks ("2026-W16-6"), which do not sort as texts.
SCALES: tuple[tuple[str, re.Pattern[str], Callable[[str], object]], ...] = (
    ("date", re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}"), date.fromisoformat),
    ("day", re.compile("[0-9]{2}-[0-9]{2}"), lambda day: date.fromisoformat(f"2000-{day}")),  # a leap year: 29 February
    ("time", re.compile("(?:[01][0-9]|2[0-3]):[0-5][0-9]"), time.fromisoformat),
)


@dataclass(frozen=True, slots=True)
class Question(Condition):
    """One fact, one operator, one value."""

    fact: str
    value: Any

    operator: ClassVar[str]
    takes: ClassVar[str]  # the stated type of the value, for the reference and for messages
    asks: ClassVar[frozenset[str]]  # the kinds of fact that it can be put to

    def __post_init__(self) -> None:
        if not is_text(self.fact) or not self.fact:
            raise ConditionError('A question names its fact by text, such as "location.country".')
        object.__setattr__(self, "value", self.read(self.value))

    def read(self, value: Any) -> Any:
        """The value in its canonical, hashable form. Raises ConditionError for one that can't be asked."""
        raise NotImplementedError

    def test(self) -> Test:
        """A function from a known value of the fact to the answer. Where it raises, the answer is unknown."""
        raise NotImplementedError

    def value_json(self) -> Any:
        return list(self.value)

    def answer(self, facts: Mapping[str, Any], segments: Mapping[str, Answer] = NO_SEGMENTS) -> Answer:
        return ask(self.test(), facts, self.fact)

    def to_json(self) -> dict[str, Any]:
        return {"fact": self.fact, "op": self.operator, "value": self.value_json()}

    @property
    def facts(self) -> frozenset[str]:
        return frozenset({self.fact})

    def refusal(self, got: object) -> ConditionError:
        return ConditionError(f'"{self.operator}" asked of {self.fact!r} takes {self.takes}; got {shown(got)}.')


def ask(test: Test, facts: Mapping[str, Any], name: str) -> Answer:
    """The answer of a test to a fact; None when that is unknown, or of a type that can't be asked. Never raises."""
    try:
        known = fact_value(facts, name)
        return None if known is None else test(known)
    except Exception:  # a value of anybody's fact, which may raise anything when it is looked at: it can't be told
        return None


def fact_value(facts: Mapping[str, Any], name: str) -> Any:
    """The value of a fact, or of a key of a mapping fact ("request.query.topic"). A key that is absent is ""."""
    whole = family(name)
    if whole == name:
        return facts.get(name)
    mapping = facts.get(whole)
    return mapping.get(name[len(whole) + 1 :], "") if isinstance(mapping, Mapping) else None


def fold(value: Any) -> Any:
    """Texts without regard to case, as other runtimes can do it too; anything else as it is."""
    return value.lower() if isinstance(value, str) else value


def is_number(value: object) -> bool:
    """Whether it is a number that any runtime can hold: no boolean, no infinity, nothing larger than a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


class OneOf(Question):
    """Whether the fact is one of the values."""

    __slots__ = ()
    operator = "in"
    takes = "a list of texts, or a list of numbers"
    asks = frozenset({"text", "int"})

    def read(self, value: Any) -> Any:
        return texts_or_numbers(self, value)

    def test(self) -> Test:
        values, kind = frozenset(fold(value) for value in self.value), _kind(self.value[0])
        return lambda known: fold(known) in values if _kind(known) is kind else None


class Equals(Question):
    """Whether the fact is the value, of the same type: true is not 1."""

    __slots__ = ()
    operator = "equals"
    takes = "a text, a number, true or false"
    asks = frozenset({"bool", "int", "text"})

    def read(self, value: Any) -> Any:
        if isinstance(value, bool) or is_number(value):
            return value
        return text(self, value, blank=True)

    def test(self) -> Test:
        # True == 1 in Python and in sets; the kind keeps them apart.
        value, kind = fold(self.value), _kind(self.value)
        return lambda known: fold(known) == value if _kind(known) is kind else None

    def value_json(self) -> Any:
        return self.value

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Equals)
            and (self.fact, self.value) == (other.fact, other.value)
            and _kind(self.value) is _kind(other.value)
        )

    def __hash__(self) -> int:
        return hash((Equals, self.fact, self.value, _kind(self.value)))


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


class ContainsAny(Question):
    """Whether the fact, a list, holds at least one of the values."""

    __slots__ = ()
    operator = "contains_any"
    takes = "a list of texts, or a list of numbers"
    asks = frozenset({"texts", "pages"})

    def read(self, value: Any) -> Any:
        return texts_or_numbers(self, value)

    def test(self) -> Test:
        values, kind = frozenset(fold(value) for value in self.value), _kind(self.value[0])
        return lambda known: not values.isdisjoint(map(fold, _items(known, kind)))


class Matches(Question):
    """Whether the fact, a text, is like one of the patterns as a whole, where * stands for any run of characters.

    Not a regular expression: each pattern is matched in time linear in the text, whatever the text.
    """

    __slots__ = ()
    operator = "matches"
    takes = 'a list of patterns, in which * stands for any characters, such as "*.gov.uk"'
    asks = frozenset({"text"})

    def read(self, value: Any) -> Any:
        return several(self, value, lambda item: text(self, item))

    def test(self) -> Test:
        # The pieces between the stars must follow one another; an empty piece follows anything.
        patterns = [tuple(pattern.lower().split("*")) for pattern in self.value]

        def test(known: Any) -> Answer:
            if not isinstance(known, str):
                return None
            subject = known.lower()
            return any(like(pieces, subject) for pieces in patterns)

        return test


class Within(Question):
    """Whether the fact, a point, lies within so many kilometres of a place, along the Earth's surface.

    A point that is less exact than the distance asked (its accuracy radius is larger) gives unknown: an address that
    may be anywhere in a country is not "within 5 km" of its middle.
    """

    __slots__ = ()
    operator = "within"
    takes = '{"lat": -90 to 90, "lng": -180 to 180, "km": more than 0}'
    asks = frozenset({"point"})

    def read(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            if set(value) != {"lat", "lng", "km"}:
                raise self.refusal(value)
            value = (value["lat"], value["lng"], value["km"])
        if not isinstance(value, tuple) or len(value) != 3 or not all(is_number(number) for number in value):
            raise self.refusal(value)
        lat, lng, km = value
        if not (_on_earth(lat, lng) and 0 < km <= 20_100):  # half the Earth's girth
            raise self.refusal(value)
        return (lat, lng, km)

    def test(self) -> Test:
        lat, lng, km = self.value

        def test(known: Any) -> Answer:
            if not isinstance(known, tuple | list):
                return None  # the keys of an object, or a set, have no order to be coordinates in
            known_lat, known_lng, radius_km = known
            if not _on_earth(known_lat, known_lng):
                return None
            if radius_km is not None and not (is_number(radius_km) and 0 <= radius_km <= km):
                return None
            return bool(distance_km(lat, lng, known_lat, known_lng) <= km)

        return test

    def value_json(self) -> Any:
        return dict(zip(("lat", "lng", "km"), self.value, strict=True))


class InNetwork(Question):
    """Whether the fact, an internet address, lies in one of the networks."""

    __slots__ = ()
    operator = "in_network"
    takes = 'a list of networks, such as "192.0.2.0/24" or "2001:db8::/32"'
    asks = frozenset({"address"})

    def read(self, value: Any) -> Any:
        def network(item: Any) -> str:
            try:
                return str(ip_network(text(self, item).strip()))
            except ValueError as error:
                raise ConditionError(f"{item!r} is not a network: {error}. Write it as 192.0.2.0/24.") from None

        return several(self, value, network)

    def test(self) -> Test:
        networks: list[IPv4Network | IPv6Network] = [ip_network(item) for item in self.value]

        def test(known: Any) -> Answer:
            if not isinstance(known, str | IPv4Address | IPv6Address):
                return None  # a number would be read as an address
            address = ip_address(known)
            # An IPv4 visitor may be reported as ::ffff:192.0.2.1, by a socket that speaks both.
            forms = {address, getattr(address, "ipv4_mapped", None) or address}
            return any(form in network for network in networks for form in forms)

        return test


class SpeaksLanguage(Question):
    """Whether one of the visitor's languages is in one of the ranges, by basic filtering (RFC 4647 section 3.3.1)."""

    __slots__ = ()
    operator = "language"
    takes = 'a list of language ranges, such as "cy" or "en-GB"'
    asks = frozenset({"texts"})

    def read(self, value: Any) -> Any:
        def language_range(item: Any) -> str:
            wanted = text(self, item)
            subtags = wanted.split("-")
            well_formed = all(1 <= len(tag) <= 8 and tag.isascii() and tag.isalnum() for tag in subtags)
            if wanted != "*" and not (well_formed and subtags[0].isalpha()):
                raise ConditionError(f"{item!r} is not a language. Write it as cy, or as en-GB.")
            return wanted

        return several(self, value, language_range)

    def test(self) -> Test:
        ranges = [wanted.lower() for wanted in self.value]

        def test(known: Any) -> Answer:
            tags = [tag.lower() for tag in _items(known, str)]
            return any(r == "*" or tag == r or tag.startswith(r + "-") for r in ranges for tag in tags)

        return test


class AtLeastIn(Question):
    """Whether the fact, a weighted map, gives at least one of the keys the weight asked of it, or more."""

    __slots__ = ()
    operator = "at_least_in"
    takes = "weights of more than 0 up to 1 by slug, such as {slug: 0.5}"
    asks = frozenset({"weights"})

    def read(self, value: Any) -> Any:
        if isinstance(value, tuple):  # the canonical form
            value = dict(value)
        if not isinstance(value, Mapping) or not 0 < len(value) <= MAX_VALUES:
            raise self.refusal(value)
        for slug, weight in value.items():
            if not is_text(slug) or not slug or not is_number(weight) or not 0 < weight <= 1:
                raise self.refusal(value)
        return tuple(sorted(value.items()))

    def test(self) -> Test:
        asked = self.value

        def test(known: Any) -> Answer:
            if not all(map(is_number, known.values())):
                return None
            return any(known.get(slug, 0) >= weight for slug, weight in asked)

        return test

    def value_json(self) -> Any:
        return dict(self.value)


QUESTIONS: dict[str, type[Question]] = {
    question.operator: question
    for question in (
        OneOf,
        Equals,
        AtLeast,
        AtMost,
        Between,
        ContainsAny,
        Matches,
        Within,
        InNetwork,
        SpeaksLanguage,
        AtLeastIn,
    )
}


def distance_km(lat: float, lng: float, other_lat: float, other_lng: float) -> float:
    """Kilometres between two points along the Earth's surface, by the haversine formula; right to about 0.5 %."""
    phi, other_phi = math.radians(lat), math.radians(other_lat)
    half = (
        math.sin((other_phi - phi) / 2) ** 2
        + math.cos(phi) * math.cos(other_phi) * math.sin(math.radians(other_lng - lng) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))


def text(question: Question, value: Any, *, blank: bool = False) -> str:
    """The value as a text of bounded length; ConditionError when it is none, or is empty and may not be."""
    if not is_text(value) or not (value or blank):
        raise question.refusal(value)
    return str(value)


def is_text(value: object) -> bool:
    """Whether it is a text of bounded length that any database and any JSON can hold."""
    return isinstance(value, str) and len(value) <= MAX_TEXT and UNWRITABLE.search(value) is None


def shown(value: object) -> str:
    """A value as a message shows it: short, and safe whatever it is."""
    try:
        words = repr(value)
    except (RecursionError, ValueError):  # nested without end, or a number of thousands of digits
        return type(value).__name__
    return words if len(words) <= 80 else words[:79] + "…"


def several(question: Question, values: Any, read: Callable[[Any], Any]) -> tuple[Any, ...]:
    """One or more values, each read, in one canonical order."""
    if not isinstance(values, Iterable) or isinstance(values, str | bytes | Mapping):
        raise question.refusal(values)
    given = list(values)
    if not 0 < len(given) <= MAX_VALUES:
        raise question.refusal(values)
    return tuple(sorted({read(value) for value in given}))


def texts_or_numbers(question: Question, values: Any) -> tuple[Any, ...]:
    def read(value: Any) -> Any:
        return value if is_number(value) else text(question, value, blank=True)

    try:
        return several(question, values, read)
    except TypeError:  # texts and numbers can't be sorted together: a list is of one or the other
        raise question.refusal(values) from None


def _kind(value: object) -> type | None:
    if isinstance(value, bool):
        return bool
    if isinstance(value, str):
        return str
    return float if is_number(value) else None


def _items(known: Any, kind: type | None) -> list[Any]:
    """What a list holds; TypeError for what is no list, or holds anything of another kind."""
    if isinstance(known, str | bytes | Mapping):
        raise TypeError("not a list")
    items = list(known)
    if not all(_kind(item) is kind for item in items):
        raise TypeError("not a list of one kind")
    return items


def _on_earth(lat: Any, lng: Any) -> bool:
    return is_number(lat) and is_number(lng) and -90 <= lat <= 90 and -180 <= lng <= 180


def _day(known: datetime) -> str:
    return known.date().isoformat()


def _within(low: Any, known: Any, high: Any) -> bool:
    return (low is None or low <= known) and (high is None or known <= high)


def like(pieces: tuple[str, ...], subject: str) -> bool:
    """Whether a text is these pieces in their order, with anything between them. Looks at each character once."""
    first, *middle = pieces
    if not middle:
        return subject == first
    *middle, last = middle
    if len(subject) < len(first) + len(last) or not subject.startswith(first) or not subject.endswith(last):
        return False
    start, end = len(first), len(subject) - len(last)
    for piece in middle:
        at = subject.find(piece, start, end)
        if at < 0:
            return False
        start = at + len(piece)
    return True
