"""The file as text, and what is wrong with one."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext

FORMAT = "wagtail_personalise_gov.segments"
VERSION = 1

MAX_SHOWN = 60  # characters of a value in a message
NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # as json.dumps writes the character that no text column holds


class SegmentFileError(Exception):
    """Why segments can't be taken out or in. `problems` has a sentence for each reason, with its place first."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class Problems:
    """Collects what is wrong and raises it together, so that whoever mends the file sees all at once."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def add(self, place: str, message: Any) -> None:
        self._found.append(f"{place}: {message}")

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
        again = json.dumps(document, ensure_ascii=False)
        again.encode()  # half of a pair of surrogates is no text
    except (ValueError, RecursionError) as error:
        raise SegmentFileError([gettext("The file is not JSON in UTF-8: %s") % error]) from error
    if NUL.search(again):
        raise SegmentFileError([gettext("The file holds the character \\u0000, which no database takes. Remove it.")])
    return document


def _refuse_constant(name: str) -> None:
    raise ValueError(gettext("%s is no number") % name)


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, _value in pairs if sum(key == other for other, _ in pairs) > 1)
        raise ValueError(gettext("the key “%s” stands twice in one object") % twice)
    return found


def shown(value: Any) -> str:
    """A value in a message, as it stands in the file."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def nearest(word: Any, known: Iterable[str]) -> str:
    """ " Did you mean …?" where one of the known words is near; else ""."""
    near = difflib.get_close_matches(str(word), list(known), n=1)
    return " " + gettext("Did you mean “%s”?") % near[0] if near else ""
