"""Conditions: questions put to Facts, answered True, False or None (unknown).

Conditions are data: frozen values that go to and from JSON, so that case files, the API and other runtimes hold the
same thing. They are made of what joins (`logic.py`) and what asks (`questions/`); this module is both, and the way
back from JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any as AnyValue

from .logic import All, Answer, Any, Condition, ConditionError, Group, InSegment, Not
from .questions import (
    QUESTIONS,
    AtLeast,
    AtLeastIn,
    AtMost,
    Between,
    ContainsAny,
    Equals,
    InNetwork,
    Matches,
    OneOf,
    OnWeekday,
    Question,
    SpeaksLanguage,
    Within,
)
from .questions.question import is_text, shown

__all__ = [
    "QUESTIONS",
    "All",
    "Answer",
    "Any",
    "AtLeast",
    "AtLeastIn",
    "AtMost",
    "Between",
    "Condition",
    "ConditionError",
    "ContainsAny",
    "Equals",
    "Group",
    "InNetwork",
    "InSegment",
    "Matches",
    "Not",
    "OnWeekday",
    "OneOf",
    "Question",
    "SpeaksLanguage",
    "Within",
    "from_json",
    "questions_in",
]

# Deeper than any editor's form can build. Bounds the work on JSON from outside, and Python's own recursion.
MAX_DEPTH = 20

GROUPS: dict[str, type[Group]] = {"all": All, "any": Any}
SHAPES = '{"fact", "op", "value"}, {"all": […]}, {"any": […]}, {"not": …} or {"segment": slug}'


def from_json(data: object, depth: int = 0) -> Condition:
    """The condition that JSON data stands for.

    Raises ConditionError, which names what is wrong and what to write instead, for data of any other shape.
    """
    if depth > MAX_DEPTH:
        raise ConditionError(f"Conditions are nested more than {MAX_DEPTH} deep. Use segments inside segments instead.")
    if not isinstance(data, dict):
        raise ConditionError(f"A condition is one of {SHAPES}; got {type(data).__name__}.")
    if "fact" in data:
        return _question(data)
    if len(data) != 1:
        raise ConditionError(f"A condition is one of {SHAPES}; got the keys {_listed(data)}.")
    ((word, inner),) = data.items()
    if word in GROUPS:
        if not isinstance(inner, list):
            raise ConditionError(f'"{word}" holds a list of conditions; got {type(inner).__name__}.')
        return GROUPS[word](*(from_json(item, depth + 1) for item in inner))
    if word == "not":
        return Not(from_json(inner, depth + 1))
    if word == "segment":
        if not is_text(inner) or not inner:
            raise ConditionError('"segment" holds the slug of a segment, such as "new-parents".')
        return InSegment(inner)
    raise ConditionError(f"A condition is one of {SHAPES}; got the keys {_listed(data)}.")


def questions_in(condition: Condition) -> Iterator[Question]:
    """Every question of a condition; segments inside it are not followed."""
    if isinstance(condition, Question):
        yield condition
    elif isinstance(condition, Not):
        yield from questions_in(condition.of)
    elif isinstance(condition, Group):
        for part in condition.of:
            yield from questions_in(part)


def _question(data: dict[AnyValue, AnyValue]) -> Question:
    if set(data) != {"fact", "op", "value"}:
        raise ConditionError('A question has the keys "fact", "op" and "value", and no others.')
    operator = data["op"]
    if not isinstance(operator, str) or operator not in QUESTIONS:
        raise ConditionError(f'"op" is one of {", ".join(QUESTIONS)}; got {shown(operator)}.')
    return QUESTIONS[operator](data["fact"], data["value"])


def _listed(data: dict[AnyValue, AnyValue]) -> str:
    return ", ".join(sorted(map(shown, data))[:10]) or "none"
