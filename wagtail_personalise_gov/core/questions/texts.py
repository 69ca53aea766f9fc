"""Questions about what a text is like: patterns, and ranges of languages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..facts import Partly
from ..logic import Answer, ConditionError
from .question import Question, Test, fold, items_of, several, text


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
        patterns = pieces_of(self.value)
        # Most patterns are a text, or its beginning or end: of all of these together Python says it in one go.
        whole = frozenset(pieces[0] for pieces in patterns if len(pieces) == 1)
        starts = tuple(pieces[0] for pieces in patterns if len(pieces) == 2 and not pieces[1])
        ends = tuple(pieces[1] for pieces in patterns if len(pieces) == 2 and not pieces[0])
        others = [pieces for pieces in patterns if len(pieces) > 2 or (len(pieces) == 2 and all(pieces))]

        def test(known: Any) -> Answer:
            if not isinstance(known, str):
                return None
            subject = fold(known)
            if subject in whole or subject.startswith(starts) or subject.endswith(ends):
                return True
            return any(like(pieces, subject) for pieces in others) if others else False

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
        starts, takes_any = tuple(f"{wanted}-" for wanted in ranges), "*" in ranges

        def speaks(tags: Iterable[Any]) -> bool:
            for tag in items_of(tags, str):  # noqa: SIM110  a page asks it: `any` is a call more for each
                if takes_any or f"{tag.lower()}-".startswith(starts):
                    return True
            return False

        def test(known: Any) -> Answer:
            holds = speaks(known)
            if not isinstance(known, Partly):
                return holds
            may_hold = known.untold is None or speaks(known.untold)
            return True if holds else None if may_hold else False

        return test


def pieces_of(patterns: Iterable[str]) -> list[tuple[str, ...]]:
    """What stands between the stars of each pattern: these must follow one another; an empty one follows anything."""
    return [tuple(fold(pattern).split("*")) for pattern in patterns]


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
