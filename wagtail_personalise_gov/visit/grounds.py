"""Grounds: what about its visitor a response was made from, so that a page cache may keep it for all others alike.

`Visit` notes them as they are asked. What depends on anything that stands in no row here is `beyond` what a cache can
tell visitors apart by: such a response is kept for nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    from .visit import Visit

T = TypeVar("T")

# What a response may be made from, besides segments.
BANNER = "banner"  # whether the banner asks, and in which words
ADAPTS = "adapts"  # whether pages adapt to the visitor
STANDING = "standing"  # their preference, and all that it comes from
INTENT = "intent"  # what they said that the visit is for
PLACE = "place"  # where they said they are
BEYOND = "beyond"  # anything else
ADDRESS = "address"  # nothing of the visitor, but the whole address of the page: of no matter to who keeps whole pages


@dataclass(slots=True)
class Grounds:
    """What a response was made from so far.

    `segments` are the slugs of those of which it was asked whether the visitor is in them, `reasons` of those of which
    it was asked why. `would_ask` says that something would have been asked, but for a pause or the site's mode.
    """

    segments: set[str] = field(default_factory=set)
    reasons: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)
    would_ask: bool = False

    def take_in(self, part: Grounds) -> None:
        """Add what a part of the response was made from."""
        self.segments |= part.segments
        self.reasons |= part.reasons
        self.others |= part.others
        self.would_ask |= part.would_ask

    @property
    def beyond(self) -> bool:
        """Whether the response was made from more than what visitors can be told apart by."""
        return BEYOND in self.others


class Unnoted:
    """Within, what a visit is asked is asked by the package itself, and noted where that began."""

    __slots__ = ("visit",)

    def __init__(self, visit: Visit) -> None:
        self.visit = visit

    def __enter__(self) -> None:
        self.visit.unnoted += 1

    def __exit__(self, *error: object) -> None:
        self.visit.unnoted -= 1


class Told(Generic[T]):
    """A cached property of a `Visit` that tells of its visitor. Asked from outside, it is noted as this ground.

    Unlike `cached_property` it is found here at each look, or only the first would be noted. A look from outside makes
    the response private; with `considers`, each does.
    """

    def __init__(self, read: Callable[[Any], T], ground: str, considers: bool) -> None:
        self.read, self.ground, self.considers = read, ground, considers
        self.__doc__ = read.__doc__
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, visit: None, owner: type | None = None) -> Told[T]: ...
    @overload
    def __get__(self, visit: Visit, owner: type | None = None) -> T: ...
    def __get__(self, visit: Visit | None, owner: type | None = None) -> Told[T] | T:
        if visit is None:
            return self
        if not visit.unnoted:
            visit.grounds.others.add(self.ground)
        if self.considers or not visit.unnoted:
            visit.make_private()
        told: dict[str, Any] = visit.told
        if self.name not in told:
            with Unnoted(visit):
                told[self.name] = self.read(visit)
        value: T = told[self.name]
        return value

    def __set__(self, visit: Visit, value: T) -> None:
        visit.told[self.name] = value


def tells(ground: str, *, considers: bool = False) -> Callable[[Callable[[Any], T]], Told[T]]:
    """Makes a method of a `Visit` such a property."""
    return lambda read: Told(read, ground, considers)
