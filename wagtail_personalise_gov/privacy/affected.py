"""The pages that a segment changes: those that anybody can read, as they stand for the public now.

Found by Wagtail's reference index, so that no page has to be read for it. What a template asks by `{% segment %}`
stands in no database and is not found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from wagtail.models import Locale, Site

from ..models import Segment, SegmentRule
from ..models.public_pages import public_pages
from ..models.references import references_of_versions
from ..models.using import MOST_KEYS, pages_among, things_using


@dataclass(frozen=True, slots=True)
class AffectedPage:
    """A page that has words of its own for a segment: its title as visitors read it, its address, its language.

    The address is a path where the page is of the site that was asked, so that it is the same for everybody.
    """

    title: str
    url: str
    language: str


def pages_affected(request: HttpRequest, slugs: Iterable[str]) -> dict[str, list[AffectedPage]]:
    """By the segment's slug, the pages of this request's site that change for it, by title; an empty list for none.

    A page changes for a segment too where its version is for another one that depends on it, and where the version
    stands in a snippet that the page uses. Versions for a segment in learning mode are never shown, so they don't
    count. The number of queries depends on the kinds of snippets with versions, not on how many pages there are.
    """
    affected: dict[str, list[AffectedPage]] = {slug: [] for slug in slugs}
    site = Site.find_for_request(request)
    concerned = _concerned(affected) if site is not None else {}
    if not concerned or site is None:
        return affected
    using = pages_among(things_using(references_of_versions(), concerned))
    pages = {page.pk: page for page in _public_pages(site, list(using))}
    told: dict[int, AffectedPage] = {}
    of_segment: dict[str, set[int]] = defaultdict(set)
    for key, segments in using.items():
        page = pages.get(key)
        if page is None:
            continue
        if page.pk not in told:
            address = page.get_url(request)
            if not address:
                continue
            told[page.pk] = AffectedPage(page.title, address, page.locale.language_code)
        for segment in segments:
            for slug in concerned[segment]:
                of_segment[slug].add(page.pk)
    for slug, keys in of_segment.items():
        affected[slug] = sorted((told[key] for key in keys), key=lambda page: (page.title.casefold(), page.url))
    return affected


def _concerned(slugs: Iterable[str]) -> dict[int, set[str]]:
    """The live segments whose versions are shown, by primary key: to those of these slugs that decide about it."""
    live = {segment.pk: segment for segment in Segment.objects.live_for_visitors().only("slug", "learning")}
    leads_to: dict[int, set[int]] = defaultdict(set)  # from a segment to those that depend on it
    for here, other in SegmentRule.objects.order_by().values_list("segment_id", "other_id"):
        if here in live and other in live:
            leads_to[other].add(here)
    wanted = set(slugs)
    concerned: dict[int, set[str]] = defaultdict(set)
    for start in live.values():
        if start.slug not in wanted:
            continue
        waiting, seen = [start.pk], set[int]()
        while waiting:
            key = waiting.pop()
            if key not in seen:
                seen.add(key)
                waiting += leads_to[key]
                if not live[key].learning:
                    concerned[key].add(start.slug)
    return dict(concerned)


def _public_pages(site: Site, keys: Sequence[int]) -> Iterator[Any]:
    """Those of these pages that everybody may read on this site."""
    public = public_pages(site)
    locales = Locale.objects.in_bulk()
    for start in range(0, len(keys), MOST_KEYS):
        # As their own kind, which may make its addresses itself, but without its own fields.
        for page in public.filter(pk__in=keys[start : start + MOST_KEYS]).specific(defer=True):
            page.locale = locales[page.locale_id]
            yield page
