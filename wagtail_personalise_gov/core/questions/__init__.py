"""Questions: what a condition can ask of a single fact, one class per operator.

A question is ``Class(fact, value)``, where `value` is just what stands in the JSON; it is checked and brought into one
canonical, hashable form when the question is made. A fact that is unknown, or of a type that the operator can't ask,
gives None: unknown. Texts are compared without regard to case. A number never answers for a text, nor true for 1.
"""

from __future__ import annotations

from .places import InNetwork, Within
from .question import MAX_TEXT, MAX_VALUES, Question, Test, ask
from .ranges import AtLeast, AtMost, Between, OnWeekday
from .texts import Matches, SpeaksLanguage
from .values import AtLeastIn, ContainsAny, Equals, OneOf

__all__ = [
    "MAX_TEXT",
    "MAX_VALUES",
    "QUESTIONS",
    "AtLeast",
    "AtLeastIn",
    "AtMost",
    "Between",
    "ContainsAny",
    "Equals",
    "InNetwork",
    "Matches",
    "OnWeekday",
    "OneOf",
    "Question",
    "SpeaksLanguage",
    "Test",
    "Within",
    "ask",
]

QUESTIONS: dict[str, type[Question]] = {
    question.operator: question
    for question in (
        OneOf,
        Equals,
        AtLeast,
        AtMost,
        Between,
        OnWeekday,
        ContainsAny,
        Matches,
        Within,
        InNetwork,
        SpeaksLanguage,
        AtLeastIn,
    )
}
