"""The pages that a segment changes: those that anybody can read, as they stand for the public now.

Found by Wagtail's reference index, so that no page has to be read for it. What a template asks by `{% segment %}`
stands in no database and is not found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.http import HttpRequest
from wagtail.models import Locale, ReferenceIndex, Site

from ..models import Segment, SegmentRule
from ..models.addresses import PAGE_MODEL
from ..models.references import references_of_versions

MOST_LEVELS = 4  # of snippets within snippets that lead from a page to a version
MOST_KEYS = 10_000  # that a query names; databases take no more than some tens of thousands

Thing = tuple[int, str]  # a content type's and an object's primary key, as the index has them


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
    held = _held(concerned)
    page_kind = _kind_of(apps.get_model(PAGE_MODEL))
    pages = {page.pk: page for page in _public_pages(site, [int(key) for kind, key in held if kind == page_kind])}
    told: dict[int, AffectedPage] = {}
    of_segment: dict[str, set[int]] = defaultdict(set)
    for (kind, key), segments in held.items():
        page = pages.get(int(key)) if kind == page_kind else None
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


def _held(concerned: Mapping[int, Any]) -> dict[Thing, set[int]]:
    """Everything that leads to a version for one of these segments: pages, and what they use. To the segments."""
    held: dict[Thing, set[int]] = defaultdict(set)
    rows = references_of_versions().values_list("base_content_type", "object_id", "to_object_id").distinct()
    for kind, key, segment in rows:
        if segment.isdigit() and int(segment) in concerned:
            held[kind, key].add(int(segment))
    page_kind = _kind_of(apps.get_model(PAGE_MODEL))
    level = {thing: segments for thing, segments in held.items() if thing[0] != page_kind}
    for _deeper in range(MOST_LEVELS):
        level = _shown(level)
        if not level:
            break
        deeper: dict[Thing, set[int]] = defaultdict(set)
        for user, used in _uses(level):
            new = level[used] - held[user]
            held[user] |= new
            if new and user[0] != page_kind:
                deeper[user] |= new
        level = deeper
    return held


def _shown(things: Mapping[Thing, set[int]]) -> dict[Thing, set[int]]:
    """Those of these objects, which are no pages, that visitors may be shown: without drafts."""
    shown = dict(things)
    by_kind: dict[int, list[str]] = defaultdict(list)
    for kind, key in things:
        by_kind[kind].append(key)
    for kind, keys in by_kind.items():
        model = ContentType.objects.get_for_id(kind).model_class()
        if model is not None and any(field.name == "live" for field in model._meta.concrete_fields):
            drafts = model._default_manager.filter(pk__in=keys, live=False).values_list("pk", flat=True)
            for key in drafts:
                shown.pop((kind, str(key)), None)
    return shown


def _uses(things: Mapping[Thing, Any]) -> Iterator[tuple[Thing, Thing]]:
    """(an object that uses one of these, which one)."""
    by_kind: dict[int, list[str]] = defaultdict(list)
    for kind, key in things:
        by_kind[kind].append(key)
    anyone = Q()
    for kind, keys in by_kind.items():
        anyone |= Q(to_content_type=kind, to_object_id__in=keys)
    # A segment may ask about a snippet; that shows it nowhere.
    rows = ReferenceIndex.objects.filter(anyone).exclude(base_content_type=_kind_of(Segment)).order_by()
    columns = ("base_content_type", "object_id", "to_content_type", "to_object_id")
    for user_kind, user, used_kind, used in rows.values_list(*columns).distinct():
        yield (user_kind, user), (used_kind, used)


def _public_pages(site: Site, keys: Sequence[int]) -> Iterator[Any]:
    """Those of these pages that everybody may read on this site: published, and in no closed part of it."""
    below = Q()
    for root in Site.get_site_root_paths():  # the site's home page, and its translations; Wagtail keeps them
        if root.site_id == site.pk:
            below |= Q(url_path__startswith=root.root_path)
    if not below:
        return
    public = apps.get_model(PAGE_MODEL)._default_manager.filter(below).live().public()
    locales = Locale.objects.in_bulk()
    for start in range(0, len(keys), MOST_KEYS):
        # As their own kind, which may make its addresses itself, but without its own fields.
        for page in public.filter(pk__in=keys[start : start + MOST_KEYS]).specific(defer=True):
            page.locale = locales[page.locale_id]
            yield page


def _kind_of(model: type[Any]) -> int:
    return int(ContentType.objects.get_for_model(model, for_concrete_model=False).pk)
