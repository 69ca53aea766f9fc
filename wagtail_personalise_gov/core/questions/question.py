"""Question: the base of all questions, how one is put to facts, and how what it is given is read."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from ..facts import family
from ..logic import NO_SEGMENTS, Answer, Condition, ConditionError

Test = Callable[[Any], Answer]

MAX_VALUES = 1000  # in one question; more is a sign of a list that wants to be a fact of its own
MAX_TEXT = 500  # characters of one text in a question
SMALL_SIGMAS = ("\N{GREEK SMALL LETTER FINAL SIGMA}", "\N{GREEK SMALL LETTER SIGMA}")
UNWRITABLE = re.compile("[\\x00\\ud800-\\udfff]")  # what PostgreSQL and UTF-8 have no place for


class Listed(NamedTuple):
    """A question that is true of known values in a list, and false of all others of their kind.

    `values` are folded. `of_items`: the fact is itself a list, of which one item has to be among them.
    """

    values: frozenset[Any]
    kind: type | None
    of_items: bool = False


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

    def listed(self) -> Listed | None:
        """The list of values by which it tells; None where it tells in another way."""
        return None

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
    key = part_named(name)
    return facts.get(name) if key is None else part_of(facts.get(family(name)), key)


def part_of(mapping: Any, key: str) -> Any:
    """The value of a key of a mapping fact, "" where it is absent; None where the fact is no mapping."""
    # Ours is a dict, of which Python need not ask the abstract class.
    return mapping.get(key, "") if type(mapping) is dict or isinstance(mapping, Mapping) else None


def part_named(name: str) -> str | None:
    """The key of a mapping fact that a name ends with ("topic" in "request.query.topic"); None: the whole fact."""
    whole = family(name)
    return None if whole == name else name[len(whole) + 1 :]


def part_test(test: Test, name: str) -> Test:
    """The same test, to be put to the whole fact where `name` is a key of a mapping; as `fact_value` finds it."""
    key = part_named(name)
    if key is None:
        return test

    def of_part(mapping: Any) -> Answer:
        known = part_of(mapping, key)
        return None if known is None else test(known)

    return of_part


def fold(value: Any) -> Any:
    """Texts without regard to case and numbers as 64-bit floats, as other runtimes have them; anything else as it is.

    The two small sigmas are one letter: which of them a capital becomes hangs on what stands around it.
    """
    if isinstance(value, str):
        return value.lower().replace(*SMALL_SIGMAS)
    return float(value) if isinstance(value, int) else value


def is_number(value: object) -> bool:
    """Whether it is a number that any runtime can hold: no boolean, no infinity, nothing larger than a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def is_text(value: object) -> bool:
    """Whether it is a text of bounded length that any database and any JSON can hold."""
    return isinstance(value, str) and len(value) <= MAX_TEXT and UNWRITABLE.search(value) is None


def text(question: Question, value: Any, *, blank: bool = False) -> str:
    """The value as a text of bounded length; ConditionError when it is none, or is empty and may not be."""
    if not is_text(value) or not (value or blank):
        raise question.refusal(value)
    return str(value)


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


def shown(value: object) -> str:
    """A value as a message shows it: short, and safe whatever it is."""
    try:
        words = repr(value)
    except (RecursionError, ValueError):  # nested without end, or a number of thousands of digits
        return type(value).__name__
    return words if len(words) <= 80 else words[:79] + "…"


def kind_of(value: object) -> type | None:
    if isinstance(value, bool):
        return bool
    if isinstance(value, str):
        return str
    return float if is_number(value) else None


def items_of(known: Any, kind: type | None) -> list[Any]:
    """What a list holds; TypeError for what is no list, or holds anything of another kind."""
    # A list, of which Python need not ask the abstract class, and texts in it, are what a page has most often.
    if type(known) is not list and isinstance(known, str | bytes | Mapping):
        raise TypeError("not a list")
    items = list(known)
    for item in items:
        if (str if type(item) is str else kind_of(item)) is not kind:
            raise TypeError("not a list of one kind")
    return items
