"""Each live group as the page tells of it: who is in it, why, and which pages it changes, with links to see them so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.http import HttpRequest

from ..visit.asked import seen_by_address, standard_address
from .affected import AffectedPage, pages_affected
from .counted import CountingTold, remark_on
from .live import PublicSegment
from .reasons import Because

MOST_AT_ONCE = 5  # pages of a group that are told before the rest is folded away


@dataclass(frozen=True, slots=True)
class ChangedPage:
    """A page that changes for a group: as it is for the visitor, as the group sees it, and as everybody else does."""

    page: AffectedPage
    as_group: str
    standard: str


@dataclass(frozen=True, slots=True)
class Group:
    """One live group. `because` says where this visitor stands; `remark` what sets the group apart from others."""

    segment: PublicSegment
    because: Because
    remark: str
    pages: tuple[ChangedPage, ...]

    @property
    def first_pages(self) -> tuple[ChangedPage, ...]:
        return self.pages[:MOST_AT_ONCE]

    @property
    def more_pages(self) -> tuple[ChangedPage, ...]:
        return self.pages[MOST_AT_ONCE:]


def groups(
    request: HttpRequest,
    segments: Iterable[PublicSegment],
    because: Mapping[str, Because],
    counting: CountingTold | None,
) -> list[Group]:
    """All of them, those that the visitor is in first."""
    listed = list(segments)
    pages = pages_affected(request, [segment.slug for segment in listed])
    told = [
        Group(
            segment,
            because[segment.slug],
            remark_on(segment, counting),
            tuple(
                ChangedPage(page, seen_by_address(page.url, segment.slug), standard_address(page.url))
                for page in pages.get(segment.slug, ())
            ),
        )
        for segment in listed
    ]
    return sorted(told, key=lambda group: not group.because.inside)
