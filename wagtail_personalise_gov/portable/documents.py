"""The file as text, and what is wrong with one."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext

from .places import Place, Problem

FORMAT = "wagtail_personalise_gov.segments"
VERSION = 1

MAX_DEPTH = 50  # of objects and lists in one another; a condition that somebody wrote has less than ten
MOST_PROBLEMS = 300  # that are looked for in one file
MOST_KNOWN = 1_000  # words that a word is compared with, to say which one may have been meant
LONGEST_WORD = 100  # that is compared; no slug and no key is longer
MAX_SHOWN = 60  # characters of a value in a message
NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # as json.dumps writes the character that no text column holds


class SegmentFileError(Exception):
    """Why segments can't be taken out or in. `problems` has a sentence for each reason, with its place first.

    `is_other_file`: it is not a file of segments at all.
    """

    def __init__(self, problems: Iterable[str], *, is_other_file: bool = False) -> None:
        self.problems = tuple(problems)
        self.is_other_file = is_other_file
        super().__init__("\n".join(self.problems))


class Problems:
    """Collects what is wrong and raises it together, so that whoever mends the file sees all at once.

    Of a file that is wrong throughout, no more is looked at once there are MOST_PROBLEMS.
    """

    def __init__(self) -> None:
        self._found: list[str] = []

    def add(self, place: Place | str, message: Any) -> None:
        self._found.append(Problem(place, message))
        if len(self._found) >= MOST_PROBLEMS:
            more = gettext("There may be more: after %d the rest is not looked at.") % MOST_PROBLEMS
            raise SegmentFileError([*self._found, more])

    def raise_any(self) -> None:
        if self._found:
            raise SegmentFileError(self._found)


def to_text(document: Any) -> str:
    """A document as it stands in a file: one value on each line, so that a diff shows what changed."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def from_text(text: str | bytes) -> Any:
    """What the text of a file says. Raises SegmentFileError where it is not JSON, or no database could hold it."""
    try:
        document = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_each_key_once)
        if _is_too_deep(document):
            raise RecursionError
        again = json.dumps(document, ensure_ascii=False)
        again.encode()  # half of a pair of surrogates is no text
    except RecursionError as error:
        too_deep = gettext("The file has lists and objects nested more than %d deep, which no segment has.") % MAX_DEPTH
        raise SegmentFileError([too_deep]) from error
    except ValueError as error:
        raise SegmentFileError(
            [gettext("The file is not JSON in UTF-8: %s") % error],
            is_other_file=isinstance(error, json.JSONDecodeError | UnicodeDecodeError),
        ) from error
    if NUL.search(again):
        raise SegmentFileError([gettext("The file holds the character \\u0000, which no database takes. Remove it.")])
    return document


def _refuse_constant(name: str) -> None:
    raise ValueError(gettext("%s is no number") % name)


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(gettext("the key “%s” stands twice in one object") % key)
        found[key] = value
    return found


def _is_too_deep(document: Any) -> bool:
    """Whether objects and lists stand in one another deeper than any segment needs; models and databases recurse."""
    level = [document]
    for _deeper in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return any(isinstance(value, dict | list) for value in level)


def shown(value: Any) -> str:
    """A value in a message, as it stands in the file."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def nearest(word: Any, known: Iterable[str]) -> str:
    """ " Did you mean …?" where one of the known words is near; else ""."""
    near = _nearest(str(word), tuple(known))
    return " " + gettext("Did you mean “%s”?") % near if near else ""


@lru_cache(maxsize=512)  # a slip is often made throughout a file
def _nearest(word: str, known: tuple[str, ...]) -> str:
    if len(word) > LONGEST_WORD or len(known) > MOST_KNOWN:
        return ""
    near = difflib.get_close_matches(word, known, n=1)
    return near[0] if near else ""
