"""Which segments ask about which, and those that would ask about themselves by way of others.

Across a file and what stands on the site already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..models import Segment, SegmentRule
from ..models.rules.nesting import asked_in

LeadsTo = dict[str, set[str]]


def nesting() -> LeadsTo:
    """The slugs that each segment on this site asks about: as it is live, and as its latest draft is."""
    slugs: dict[int, str] = dict(Segment.objects.values_list("pk", "slug"))
    leads_to: LeadsTo = {slug: set() for slug in slugs.values()}
    for here, there in SegmentRule.objects.values_list("segment_id", "other_id"):
        leads_to[slugs[here]].add(slugs[there])
    drafts = Segment.objects.filter(has_unpublished_changes=True)
    for slug, live, content in drafts.values_list("slug", "live", "latest_revision__content"):
        drafted = {slugs[pk] for pk in asked_in(content) if pk in slugs}
        leads_to[slug] = leads_to[slug] | drafted if live or content is None else drafted
    return leads_to


def all_asked_by(slugs: Iterable[str]) -> list[str]:
    """These slugs, and those of all segments that they ask about, by way of others too."""
    leads_to = nesting()
    found: dict[str, None] = {}
    waiting = list(slugs)
    while waiting:
        if (slug := waiting.pop(0)) not in found:
            found[slug] = None
            waiting += sorted(leads_to.get(slug, ()))
    return list(found)


def circles(starts: Mapping[str, set[str]], leads_to: Mapping[str, set[str]]) -> Iterator[list[str]]:
    """Each circle that goes through one of the steps in `starts`, once, as slugs in order, the first one not repeated.

    `starts` maps a slug to those that it asks about.
    """
    seen = set()
    for here in starts:
        for there in sorted(starts[here]):
            way = _way(there, here, leads_to)
            if way and frozenset(way) not in seen:
                seen.add(frozenset(way))
                yield [here, *way[:-1]]


def _way(start: str, end: str, leads_to: Mapping[str, set[str]]) -> list[str]:
    """The slugs from `start` to `end`, both included; [] where there is no way."""
    came_from: dict[str, str | None] = {start: None}
    waiting = [start]
    while waiting:
        here = waiting.pop()
        if here == end:
            way: list[str] = []
            step: str | None = here
            while step is not None:
                way.append(step)
                step = came_from[step]
            return way[::-1]
        for there in sorted(leads_to.get(here, ())):
            if there not in came_from:
                came_from[there] = here
                waiting.append(there)
    return []
