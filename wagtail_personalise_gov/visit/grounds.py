"""Grounds: what about its visitor a response was made from, so that a page cache may keep it for all others alike.

`Visit` notes them as they are asked. What depends on anything that stands in no row here is `beyond` what a cache can
tell visitors apart by: such a response is kept for nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, overload

from django.http import HttpRequest

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


class Noting:
    """What of a visit notes the grounds of its response, and tells page caches whether they may keep it.

    `considered` turns True as soon as anything is asked whose answer may differ between visitors: from then on the
    response is private.
    """

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.considered = False
        self.grounds = Grounds()  # what the response was made from
        self.unnoted = 0  # more than none: what is asked now is asked by us, and noted where it began
        self.told: dict[str, Any] = {}  # what was told of the visitor so far, by the name of its property
        self._looks_ahead = False
        self._cache_would_update = self._cache_would_not_skip = False

    def consider(self) -> None:
        """Note that what is shown differs between visitors by what only the caller knows: no cache may keep it."""
        self.grounds.others.add(BEYOND)
        self.make_private()

    def make_private(self) -> None:
        """Note that what is shown may differ between visitors: the response becomes private.

        A page cache that stands further in than our middleware (around a view, or in a wrong order) looks at the
        response before we can mark it, so it is told on the request.
        """
        if self._looks_ahead:
            return
        self.considered = True
        self.let_no_cache_keep()

    def let_no_cache_keep(self) -> None:
        """Tell page caches, of Django and wagtail-cache, that they are not to keep the response."""
        request: Any = self._request
        self._cache_would_update |= getattr(request, "_cache_update_cache", False)
        request._cache_update_cache = False  # also that of `cache_page`
        self._cache_would_not_skip |= not getattr(request, "_wagtailcache_skip", False)
        request._wagtailcache_skip = True

    def let_caches_keep(self) -> None:
        """Take that back: what they would have done, they may do."""
        request: Any = self._request
        if self._cache_would_update:
            request._cache_update_cache = True
        if self._cache_would_not_skip:
            request._wagtailcache_skip = False

    def asking_for(self, ground: str) -> Unnoted:
        """What is asked within is asked for the sake of this ground, and of no other."""
        self._note(ground)
        return Unnoted(self)

    def _note(self, ground: str) -> None:
        if not self.unnoted:
            self.grounds.others.add(ground)


class Unnoted:
    """Within, what a visit is asked is asked by the package itself, and noted where that began."""

    __slots__ = ("visit",)

    def __init__(self, visit: Noting) -> None:
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
    def __get__(self, visit: Noting, owner: type | None = None) -> T: ...
    def __get__(self, visit: Noting | None, owner: type | None = None) -> Told[T] | T:
        if visit is None:
            return self
        if not visit.unnoted:
            visit.grounds.others.add(self.ground)
            visit.make_private()
        elif self.considers:
            visit.make_private()
        told: dict[str, T] = visit.told
        if self.name in told:
            return told[self.name]
        visit.unnoted += 1  # as `Unnoted` does, which would cost a page three calls for each of these
        try:
            value = told[self.name] = self.read(visit)
        finally:
            visit.unnoted -= 1
        return value

    def __set__(self, visit: Noting, value: T) -> None:
        visit.told[self.name] = value


def tells(ground: str, *, considers: bool = False) -> Callable[[Callable[[Any], T]], Told[T]]:
    """Makes a method of a `Visit` such a property."""
    return lambda read: Told(read, ground, considers)
