"""Facts: what may be known about a visit, and what is known now.

A rule never looks at a request. It asks facts by name, and may be told "unknown". Everything that laziness, caching,
privacy and the public page need to know about a fact stands in its one row, `Fact`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Any, ClassVar

KINDS = frozenset(
    {
        "bool",
        "int",
        "text",
        "texts",  # a list of texts; for languages, best first
        "weights",  # {slug: confidence 0..1}
        "point",  # (latitude, longitude, accuracy radius in km or None)
        "moment",  # an aware datetime in the site's zone
        "address",  # an ipaddress.IPv4Address or IPv6Address
        "mapping",  # {text: text}; a key is asked as "<fact>.<key>"
        "pages",  # page ids
    }
)

# The things that a visitor's own browser may be asked to remember, each only while a live rule needs it.
MEMORY_ITEMS = frozenset({"visits", "last_visit", "referrer", "campaign", "intent", "place", "pages", "past_pages"})


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that may be known about a visit.

    `meaning` is a noun phrase in plain words (it may be a lazy translation), for editors and for the public page.
    `varies_on` names the request headers that the value is read from; a page that asks this fact varies on them.
    `reads_device` says that the value is read from, or kept on, the visitor's device.
    `about_visitor` is False for what is the same for everybody (the clock, the path): it goes on working after refusal.
    `remembers` names the items of memory that the fact cannot be known without.
    `landing` marks what is seen on the first request of a visit only.
    `read_from` says in plain words where the value comes from ("your internet address"); "" for a site's own reader.
    """

    name: str
    meaning: object
    varies_on: frozenset[str] = frozenset()
    kind: str = "text"
    reads_device: bool = False
    about_visitor: bool = True
    remembers: frozenset[str] = frozenset()
    landing: bool = False
    read_from: object = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"Fact {self.name!r}: kind {self.kind!r} is none of {', '.join(sorted(KINDS))}.")
        if strange := set(self.remembers) - MEMORY_ITEMS:
            raise ValueError(f"Fact {self.name!r}: remembers {', '.join(sorted(strange))}, which memory does not keep.")
        # Sets may be given as any iterable, so that a custom fact can be written as {"Cookie"}.
        object.__setattr__(self, "varies_on", frozenset(self.varies_on))
        object.__setattr__(self, "remembers", frozenset(self.remembers))

    @property
    def tells(self) -> int:
        """How much it takes of the visitor to know it; what takes least is asked first, and may spare the rest.

        Nothing; what a request says anyway; what their device holds; what was kept of them there.
        """
        return self.about_visitor + 2 * self.reads_device + 4 * bool(self.remembers)


class Partly(tuple[Any, ...]):
    """A list of which only a part is told: what is in it is known; of what is not in it, some can't be told.

    `untold` says of what; None: of nothing that is absent.
    """

    untold: frozenset[Any] | None

    def __new__(cls, told: Iterable[Any], untold: Iterable[Any] | None = None) -> Partly:
        made = super().__new__(cls, told)
        made.untold = None if untold is None else frozenset(untold)
        return made


def kind_problem(fact: Fact, value: Any) -> str | None:
    """What is wrong with a value that somebody gives for a fact, in words; None for nothing.

    Readers are not held to it: what they give of another kind just can't be asked.
    """
    if value is None or VALUES[fact.kind](value):
        return None
    return f"{fact.name} is of kind {fact.kind!r}, which {value!r} is not."


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_list_of(value: Any, kind: type) -> bool:
    return isinstance(value, list | tuple | set | frozenset) and all(
        isinstance(item, kind) and not isinstance(item, bool) for item in value
    )


VALUES: dict[str, Callable[[Any], bool]] = {
    "bool": lambda value: isinstance(value, bool),
    "int": _is_number,
    "text": lambda value: isinstance(value, str),
    "texts": lambda value: _is_list_of(value, str),
    "weights": lambda value: isinstance(value, Mapping) and all(map(_is_number, value.values())),
    "point": lambda value: isinstance(value, list | tuple) and len(value) == 3,
    "moment": lambda value: isinstance(value, datetime) and value.tzinfo is not None,
    "address": lambda value: isinstance(value, str | IPv4Address | IPv6Address),
    "mapping": lambda value: isinstance(value, Mapping),
    "pages": lambda value: _is_list_of(value, int),
}


class Facts(Mapping[str, Any]):
    """What is known now, by name; immutable. A name that is absent, or None, is unknown.

    `refused` names the facts that were needed and not gathered because the visitor does not want them used: they are
    unknown like any other, and only the reason of a decision tells the difference.
    """

    __slots__ = ("_known", "refused")

    read_when_asked: ClassVar[bool] = False  # whether a fact that is not asked is spared something

    def __init__(self, known: Mapping[str, Any] | None = None, refused: Iterable[str] = ()) -> None:
        self._known: dict[str, Any] = {name: value for name, value in (known or {}).items() if value is not None}
        self.refused: frozenset[str] = frozenset(refused)

    def __getitem__(self, name: str) -> Any:
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def get(self, name: str, default: Any = None) -> Any:
        return self._known.get(name, default)

    def __repr__(self) -> str:
        # Values stay out: a repr ends up in logs, and logs must hold nothing about a visitor.
        return f"Facts({', '.join(sorted(self._known))})"


def family(name: str, mappings: Iterable[str] = ("request.query",)) -> str:
    """The fact that a name in a condition belongs to: "request.query.topic" is a key of the fact "request.query"."""
    for mapping in mappings:
        if name.startswith(mapping + "."):
            return mapping
    return name
