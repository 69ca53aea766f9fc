"""Facts to and from JSON: how case files, the API and other runtimes write what is known of a visit.

Most values stand as they are. JSON has no moments, addresses or points, so these are written as `KINDS` says. A list of
which only a part is told is ``{"told": […], "untold": […]}``: of what stands in neither it is known to be absent;
``"untold": null`` says that nothing absent can be told. A fact that is unknown is left out, or null. Which facts the
visitor refused is said beside the facts, by their names.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from .facts import VALUES, Fact, Facts, Partly, family
from .questions.places import on_earth
from .questions.question import is_number

# ISO 8601 as every runtime reads it alike; Python alone would take more, such as weeks and 24:00.
MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
    r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
PARTS = frozenset({"told", "untold"})
LISTS = frozenset({"texts", "pages"})  # the kinds of which a part may be told
LONGEST_NAME = 200  # characters of a name that is compared with others


def moment(text: Any) -> datetime:
    """The moment that a text such as "2026-04-18T09:00:00+01:00" names. Raises ValueError for any other."""
    if not isinstance(text, str) or MOMENT.fullmatch(text) is None:
        raise ValueError("not a moment with its offset from UTC")
    return datetime.fromisoformat(text)


# How a value is read whose kind JSON has not. Each raises ValueError or TypeError for what is none.
KINDS: dict[str, Callable[[Any], Any]] = {
    "moment": moment,
    "address": lambda value: ip_address(value) if isinstance(value, str) else value,
    "point": lambda value: tuple(value) if isinstance(value, list) else value,
}


@dataclass(frozen=True, slots=True)
class FactProblem:
    """Why a fact can't be taken as it was given.

    `kind` is the kind of value that it has; "" where there is no such fact, and then `nearest` is the name that may
    have been meant, or "". The value itself stays out: it is about a visitor.
    """

    name: str
    kind: str = ""
    nearest: str = ""


def facts_from_json(given: Mapping[str, Any], kinds: Mapping[str, str], refused: Iterable[str] = ()) -> Facts:
    """Facts as JSON holds them, in Python; `kinds` says of which kind a fact is. Never raises.

    What is not of its fact's kind stays as it is: questions about it can't be told.
    """
    return Facts({name: _read(kinds.get(name, ""), value) for name, value in given.items()}, refused)


def problems_in(given: Mapping[str, Any], known: Mapping[str, Fact]) -> Iterator[FactProblem]:
    """What is wrong with facts that somebody sends: those that do not exist here, and values of another kind."""
    for name, value in given.items():
        if (problem := _problem(name, value, known)) is not None:
            yield problem


def nearest_name(name: str, known: Iterable[str]) -> str:
    """The known name that may have been meant; "" where none is near."""
    near = difflib.get_close_matches(name, known, n=1) if len(name) <= LONGEST_NAME else []
    return near[0] if near else ""


def _problem(name: str, value: Any, known: Mapping[str, Fact]) -> FactProblem | None:
    if name not in known:
        # A key of a mapping is asked by such a name, and given within its mapping.
        whole = family(name)
        return FactProblem(name, nearest=whole if whole in known else nearest_name(name, known))
    kind = known[name].kind
    return None if value is None or fits(kind, value) else FactProblem(name, kind)


def fits(kind: str, value: Any) -> bool:
    """Whether a value, as JSON holds it, is of a kind of fact."""
    try:
        read = _read_strictly(kind, value)
    except (TypeError, ValueError):
        return False
    if isinstance(read, Partly):
        return kind in LISTS and VALUES[kind](tuple(read)) and VALUES[kind](read.untold or ())
    return VALUES[kind](read) and (kind not in STRICTER or STRICTER[kind](read))


# What JSON from outside must be besides what `VALUES` asks of Python's values: numbers may be too large, or NaN.
STRICTER: dict[str, Callable[[Any], bool]] = {
    "int": is_number,
    "weights": lambda value: all(is_number(weight) and 0 <= weight <= 1 for weight in value.values()),
    "mapping": lambda value: all(isinstance(item, str) for item in value.values()),
    "point": lambda value: (
        on_earth(value[0], value[1]) and (value[2] is None or (is_number(value[2]) and value[2] >= 0))
    ),
}


def _read(kind: str, value: Any) -> Any:
    try:
        return _read_strictly(kind, value)
    except (TypeError, ValueError):
        return value


def _read_strictly(kind: str, value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == PARTS and isinstance(value["told"], list):
        told, untold = value["told"], value["untold"]
        return Partly(told, untold) if untold is None or isinstance(untold, list) else value
    return KINDS[kind](value) if kind in KINDS else value
