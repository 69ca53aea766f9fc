"""Decisions: for each segment that was asked about, whether it matched, and why or why not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any


class Reason(StrEnum):
    """Why a visitor is, or is not, treated as one of a segment's visitors. Only MATCHED and PREVIEW put them in."""

    MATCHED = "matched"
    NOT_MATCHED = "not_matched"
    UNKNOWN = "unknown"  # a fact could not be told, so the rules have no answer
    REFUSED = "refused"  # the visitor does not want the fact used
    PREVIEW = "preview"  # an editor looks at a page as this segment
    HOLDOUT = "holdout"  # matched, and held back by lot: sees the standard version, for comparison
    LEARNING = "learning"  # matched, but the segment is in learning mode, which changes nothing


# By names of their own, for who looks at thousands: to find a member in its enumeration takes longer than to use it.
MATCHED, PREVIEW, NOT_MATCHED, UNKNOWN, REFUSED = (
    Reason.MATCHED,
    Reason.PREVIEW,
    Reason.NOT_MATCHED,
    Reason.UNKNOWN,
    Reason.REFUSED,
)
MATCHING = frozenset({MATCHED, PREVIEW})


class Decision(Mapping[str, Reason]):
    """Segment slug → `Reason`. A segment that was not asked about, or does not exist, is not in it."""

    __slots__ = ("_reasons", "matched")

    def __init__(self, reasons: Mapping[str, Reason]) -> None:
        self._reasons = dict(reasons)
        # Compared one by one: to look into a set, Python calls the hash of each.
        self.matched: tuple[str, ...] = tuple(
            [slug for slug, reason in self._reasons.items() if reason is MATCHED or reason is PREVIEW]
        )

    def includes(self, slug: str) -> bool:
        """Whether the visitor is in the segment; False for a slug that is not in this decision."""
        return slug in self.matched

    def holding_back(self, slugs: Iterable[str]) -> Decision:
        """The same, but for those of its matched segments that these visitors are held back from."""
        held = frozenset(slugs) & frozenset(self.matched)
        if not held:
            return self
        return Decision({slug: Reason.HOLDOUT if slug in held else reason for slug, reason in self._reasons.items()})

    def __getitem__(self, slug: str) -> Reason:
        return self._reasons[slug]

    def get(self, slug: str, default: Any = None) -> Any:
        return self._reasons.get(slug, default)  # `Mapping` would raise and catch a KeyError for each that is not there

    def __iter__(self) -> Iterator[str]:
        return iter(self._reasons)

    def __len__(self) -> int:
        return len(self._reasons)

    def __repr__(self) -> str:
        # Reasons stay out, as values do of `Facts`: in which groups somebody is goes into no error report.
        return f"Decision({', '.join(sorted(self._reasons))})"


NOTHING_DECIDED = Decision({})
