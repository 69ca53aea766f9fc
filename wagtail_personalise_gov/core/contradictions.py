"""Contradictions and consequences: conditions that can't all be true, and those that follow from others.

A segment of Monday and of Tuesday, or of two towns, has nobody in it, and looks like one that works. A version for
people in Riverside that stands after one for people in the whole county is never shown. Both are found by trying: for
each fact, the values at which the answers change are put to all that is asked of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from typing import Any as AnyValue

from .conditions import (
    All,
    Answer,
    Any,
    AtLeast,
    AtMost,
    Condition,
    ContainsAny,
    Equals,
    Group,
    InSegment,
    Not,
    OneOf,
    OnWeekday,
)
from .questions import Question, Test, ask
from .questions.question import fold, is_number

MOST_WAYS = 500  # in which conditions may come true; of more than that, none is claimed to be a contradiction

NO_SUCH_TEXT = "\N{REPLACEMENT CHARACTER}"  # stands for every text that nobody asks for

MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
WEEK = tuple(MONDAY + timedelta(minutes=15) * quarter for quarter in range(7 * 24 * 4))  # zones differ by no less

# The questions of which all values that matter can be tried. Others are left out: without them what remains is looser,
# so that a contradiction in it is one.
TRIED = (OneOf, Equals, AtLeast, AtMost, OnWeekday)

# Facts that say the same of a visitor in other words. They are told apart only by who is known: so they may contradict
# each other, but nothing is said to follow from one to the other.
OTHER_WORDS: Mapping[Condition, Condition] = {
    Equals("visitor.first_visit", True): AtMost("visitor.visits", 1),
    Equals("visitor.first_visit", False): AtLeast("visitor.visits", 2),
}

Way = frozenset[tuple[Condition, bool]]  # what has to be answered, and how


class _TooManyError(Exception):
    pass


def contradict(*conditions: Condition) -> bool:
    """Whether these can't all be true, whatever is known of a visitor. False also where that can't be worked out."""
    try:
        return not any(map(_possible, _joined(_ways(condition, True) for condition in conditions)))
    except _TooManyError:
        return False


def implies(condition: Condition, other: Condition) -> bool:
    """Whether the other is true of whomever the first is true of. False also where that can't be worked out.

    Somebody of whom the first is true may still be one of whom little is known, so nothing is taken from the other
    being true *or* false: it must follow from what the first has asked.
    """
    try:
        begun = [way for way in _ways(_one_by_one(condition), True) if _possible(way)]
        wanted = _ways(other, True)
    except _TooManyError:
        return False
    if len(begun) * len(wanted) > MOST_WAYS:
        return False
    return bool(begun) and all(any(_follows(way, goal) for goal in wanted) for way in begun)


def inlined(condition: Condition, segments: Mapping[str, Condition]) -> Condition:
    """The condition with the segments that it asks about written out, as far as they are given.

    One that is inside itself is left as it is, and so can't be worked out.
    """
    if isinstance(condition, Not):
        return Not(inlined(condition.of, segments))
    if isinstance(condition, Group):
        return type(condition)(*(inlined(part, segments) for part in condition.of))
    if isinstance(condition, InSegment) and condition.slug in segments:
        others = {slug: of for slug, of in segments.items() if slug != condition.slug}
        return inlined(segments[condition.slug], others)
    return condition


def _one_by_one(condition: Condition) -> Condition:
    """The condition with "one of these" taken apart, since another may ask for each of them by itself."""
    if isinstance(condition, Group):
        return type(condition)(*map(_one_by_one, condition.of))
    if isinstance(condition, OneOf) and len(condition.value) > 1:
        return Any(*(OneOf(condition.fact, [value]) for value in condition.value))
    return condition


def _ways(condition: Condition, answer: bool) -> list[Way]:
    """The ways in which a condition comes to this answer."""
    if isinstance(condition, Not):
        return _ways(condition.of, not answer)
    if isinstance(condition, Question | InSegment):
        return [frozenset({(condition, answer)})]
    if isinstance(condition, Group):
        if not condition.of:
            return [] if answer else [frozenset()]  # of nothing, both are False
        parts = (_ways(part, answer) for part in condition.of)
        every = isinstance(condition, All) is answer and isinstance(condition, All | Any)
        return _joined(parts) if every else _bounded([way for ways in parts for way in ways])
    return [frozenset()]  # of a kind that is not known here, which may be anything


def _joined(parts: Iterable[Sequence[Way]]) -> list[Way]:
    """Each way of the first, with each of the second, and so on."""
    joined: list[Way] = [frozenset()]
    for ways in parts:
        if len(joined) * len(ways) > MOST_WAYS:
            raise _TooManyError
        joined = [one | other for one, other in product(joined, ways)]
    return joined


def _bounded(ways: list[Way]) -> list[Way]:
    if len(ways) > MOST_WAYS:
        raise _TooManyError
    return ways


def _possible(way: Way) -> bool:
    """Whether a visitor can be thought of whose facts give all these answers."""
    if any((condition, not answer) in way for condition, answer in way):
        return False
    asked: dict[str, list[tuple[Question, bool]]] = defaultdict(list)
    for condition, answer in way:
        question = OTHER_WORDS.get(condition, condition)
        if isinstance(question, TRIED):
            asked[question.fact].append((question, answer))
    return all(map(_answerable, asked.values()))


def _follows(way: Way, wanted: Way) -> bool:
    """Whether a visitor who gives all these answers gives the wanted ones too."""
    return all((condition, answer) in way or _settled(way, condition, answer) for condition, answer in wanted)


def _settled(way: Way, condition: Condition, answer: bool) -> bool:
    """Whether what is asked of the same fact leaves a question only this answer."""
    if isinstance(condition, ContainsAny):
        return any(
            _of_more(condition, of) if answer else _of_more(of, condition)
            for of, given in way
            if given is answer and isinstance(of, ContainsAny) and of.fact == condition.fact
        )
    if not isinstance(condition, TRIED):
        return False
    asked = [(of, given) for of, given in way if isinstance(of, TRIED) and of.fact == condition.fact]
    tests = [(of.test(), given) for of, given in asked]
    test = condition.test()
    values = _worth_trying([condition, *(of for of, _given in asked)])
    return bool(asked) and all(
        _try(test, value) is answer for value in values if all(_try(of, value) is given for of, given in tests)
    )


def _of_more(one: ContainsAny, other: ContainsAny) -> bool:
    """Whether the first is content with all that the other is content with: Wales or England, and Wales."""
    return set(map(fold, other.value)) <= set(map(fold, one.value))


def _answerable(asked: Sequence[tuple[Question, bool]]) -> bool:
    tests = [(question.test(), answer) for question, answer in asked]
    values = _worth_trying(question for question, _answer in asked)
    return any(all(_try(test, value) is answer for test, answer in tests) for value in values)


def _try(test: Test, value: AnyValue) -> Answer:
    return ask(test, {"tried": value}, "tried")


def _worth_trying(questions: Iterable[Question]) -> Iterator[AnyValue]:
    """Values of a fact, among them one for each combination of answers that is possible."""
    asked = list(questions)
    values = [value for question in asked for value in _values_of(question)]
    if any(isinstance(question, OnWeekday) for question in asked):
        yield from WEEK
    yield from (True, False)
    yield from [value for value in values if isinstance(value, str)]
    yield NO_SUCH_TEXT
    numbers = sorted({value for value in values if is_number(value)} or {0})
    yield from (numbers[0] - 1, *numbers, numbers[-1] + 1)
    yield from [low / 2 + high / 2 for low, high in pairwise(numbers)]  # their sum may be too large for a number


def _values_of(question: Question) -> Iterable[AnyValue]:
    return question.value if isinstance(question, OneOf) else (question.value,)
