"""Counting: what a visit was shown and what it achieved, as increments of daily totals, and never who it was.

An `Exposure` is one thing that a visit may be shown: a version of a block, or its standard version, and in which arm of
the comparison. A visit adds at most one to each of its exposures, and at most one for each goal to what it was shown
before. To know that, `Counted` is kept in the visitor's own browser until it closes. There is no visitor's number.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from typing import Any
from uuid import UUID

from .quiet import Quiet

LOTS = 10_000  # a lot is a number from 0 to 9999, so a share of 1 in 10,000 is the finest that can be held back

MAX_COUNTED_BYTES = 1470  # of what is kept of a visit, as JSON: the cookie stays under 2 KB when it is signed
ROOM_FOR_GOALS = 190  # bytes of it; what is shown leaves them free, or what fits would depend on what was shown
MAX_GOAL = 50  # characters of a goal's slug

ROUNDS = 4  # of dealing; from four on such a shuffle is as good as a random one (Luby and Rackoff, 1988)
HALF = 100  # the lots as a square: LOTS = HALF × HALF


class Arm(StrEnum):
    """On which side of the comparison a visit stood when a block was shown."""

    VARIANT = "variant"  # it was shown a version for its segment
    HOLDOUT = "holdout"  # it would have been, and was shown the standard version, for comparison
    LEARNING = "learning"  # it would have been, but for the segment's learning mode, which changes nothing
    STANDARD = "standard"  # no version was for it, so it was shown the standard one


COMPARED = frozenset({Arm.VARIANT, Arm.HOLDOUT})  # the two that a lot decides between


@dataclass(frozen=True, slots=True, repr=False)
class Exposure(Quiet):
    """A block that was shown: by which version (`variant`, for the slug `segment`), in which arm.

    `block` is the id of the first of its variants, and `variant` that of the one in question; both are UUIDs as text.
    `share` is how many of the 10,000 lots were held back at the time. Of Arm.STANDARD, `variant` and `segment` are "".
    """

    block: str
    arm: Arm
    variant: str = ""
    segment: str = ""
    share: int = 0

    @property
    def countable(self) -> bool:
        """Whether it can be told from other blocks: content that was written by hand may lack ids."""
        return all(is_uuid(text) for text in (self.block, self.variant) if text) and bool(self.block)


@dataclass(frozen=True, slots=True, repr=False)
class Tally(Quiet):
    """One daily total that can grow. `goal` is "" for the exposure itself; `day` counts since 1970, in UTC."""

    day: int
    exposure: Exposure
    goal: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Counted(Quiet):
    """What a visit has been counted for. `day` is the UTC day to which all of it is added, that of its beginning."""

    day: int  # since 1970
    step: int  # the time of last activity, in ten-minute steps since 1970
    exposures: tuple[Exposure, ...] = ()
    goals: tuple[str, ...] = ()

    def opened(self, step: int, today: int, continues: bool) -> Counted | None:
        """As a request of now finds it; None where another visit begins.

        However a visit is drawn out, it adds nothing to a day before yesterday: what was concluded from that day's
        totals must stand.
        """
        if not continues or not today - 1 <= self.day <= today:
            return None
        return replace(self, step=step)

    def noting(self, exposures: Iterable[Exposure]) -> tuple[Counted, list[Tally]]:
        """With these exposures, and the totals that grow by one: for each that is new to this visit.

        What no longer fits into the cookie is not noted and not counted: it would be counted again at the next page.
        """
        counted, tallies = self, []
        for exposure in exposures:
            if exposure in counted.exposures or not exposure.countable:
                continue
            longer = replace(counted, exposures=(*counted.exposures, exposure))
            if longer.fits(ROOM_FOR_GOALS - longer.bytes_of_goals):
                counted = longer
                tallies.append(Tally(self.day, exposure))
        return counted, tallies

    def reaching(self, goals: Iterable[str]) -> tuple[Counted, list[Tally]]:
        """With these goals, and the totals that grow by one: each goal's, once a visit, for all that it was shown."""
        counted, tallies = self, []
        for goal in goals:
            if goal in counted.goals or not counted.exposures:
                continue
            longer = replace(counted, goals=(*counted.goals, goal[:MAX_GOAL]))
            if longer.fits():
                counted = longer
                tallies += [Tally(self.day, exposure, goal) for exposure in self.exposures]
        return counted, tallies

    def fits(self, spare: int = 0) -> bool:
        """Whether the cookie holds it, with so many bytes to spare."""
        return _bytes_of(counted_to_json(self)) + max(spare, 0) <= MAX_COUNTED_BYTES

    @property
    def bytes_of_goals(self) -> int:
        return _bytes_of(list(self.goals))

    def __bool__(self) -> bool:
        return bool(self.exposures)


# Lots


@lru_cache(maxsize=4096)
def dealt(segment: str, lot: int) -> int:
    """The lot's place in the order of this segment's own, from 0 to 9999; each place is taken by one lot.

    Each segment deals the lots anew, so that those held back for one are not those held back for another. It is the
    same in every process and on every day.
    """
    left, right = divmod(lot, HALF)
    for turn in range(ROUNDS):
        digest = blake2b(f"{segment} {turn} {right}".encode(), digest_size=8).digest()
        left, right = right, (left + int.from_bytes(digest)) % HALF
    return left * HALF + right


def held_back(lot: int, segment: str, site_share: int, segment_share: int) -> bool:
    """Whether a lot sees the standard version in the stead of what this segment's visitors see.

    The site's share is held back from every segment, so that these visitors show what the site would be without any
    of it; the segment's own share is drawn among all lots.
    """
    return lot < site_share or (segment_share > 0 and dealt(segment, lot) < segment_share)


@lru_cache(maxsize=1024)
def share_held_back(segment: str, site_share: int, segment_share: int) -> int:
    """How many of the 10,000 lots are held back from a segment."""
    if segment_share == 0:
        return min(site_share, LOTS)
    return sum(held_back(lot, segment, site_share, segment_share) for lot in range(LOTS))


# To and from JSON. Short, because it travels with every request.

LETTERS = {Arm.VARIANT: "v", Arm.HOLDOUT: "h", Arm.LEARNING: "l", Arm.STANDARD: "s"}
ARMS = {letter: arm for arm, letter in LETTERS.items()}


def counted_to_json(counted: Counted) -> dict[str, Any]:
    data: dict[str, Any] = {"d": counted.day, "t": counted.step, "e": [_packed(item) for item in counted.exposures]}
    if counted.goals:
        data["g"] = list(counted.goals)
    return data


def counted_from_json(data: Any) -> Counted | None:
    """What `counted_to_json` wrote; None for anything else, since a cookie may hold whatever someone likes."""
    try:
        day, step, goals = data["d"], data["t"], data.get("g", [])
        if not (_is_whole(day) and _is_whole(step) and isinstance(goals, list)):
            return None
        if not all(isinstance(goal, str) and 0 < len(goal) <= MAX_GOAL for goal in goals):
            return None
        return Counted(day, step, tuple(_unpacked(item) for item in data["e"]), tuple(goals))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return None


def _bytes_of(data: Any) -> int:
    return len(json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode())


def _packed(exposure: Exposure) -> list[Any]:
    letter = LETTERS[exposure.arm]
    if exposure.arm is Arm.STANDARD:
        return [letter, _short(exposure.block)]
    packed = [letter, _short(exposure.variant), exposure.segment]
    rest = ["" if exposure.block == exposure.variant else _short(exposure.block), exposure.share]
    return packed + (rest if any(rest) else [])


def _unpacked(item: Any) -> Exposure:
    letter, *rest = item
    if ARMS[letter] is Arm.STANDARD:
        (block,) = rest
        return Exposure(_long(block), Arm.STANDARD)
    variant, segment, *more = rest
    block, share = more or ("", 0)
    if not isinstance(segment, str) or len(segment) > MAX_GOAL or not _is_whole(share) or share > LOTS:
        raise ValueError("not an exposure")
    variant = _long(variant)
    return Exposure(_long(block) if block else variant, ARMS[letter], variant, segment, share)


def _short(uuid: str) -> str:
    """22 letters for the 36 of a UUID."""
    return urlsafe_b64encode(UUID(uuid).bytes).decode().rstrip("=")


def _long(short: Any) -> str:
    if not isinstance(short, str) or len(short) != 22:
        raise ValueError("not a short UUID")
    return str(UUID(bytes=urlsafe_b64decode(short + "==")))


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 999_999_999


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID in its usual form, as Wagtail writes the ids of blocks."""
    try:
        return str(UUID(text)) == text
    except (ValueError, AttributeError, TypeError):
        return False
