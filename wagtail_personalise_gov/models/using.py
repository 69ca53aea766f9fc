"""What leads to something that names segments: pages, and the snippets that they use, by Wagtail's reference index.

Nothing has to be read for it: the number of queries depends on the kinds of snippets, not on how many pages there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from wagtail.models import ReferenceIndex

from .addresses import PAGE_MODEL
from .segments import Segment

MOST_LEVELS = 4  # of snippets within snippets that lead from a page to a segment
MOST_KEYS = 10_000  # that a query names; databases take no more than some tens of thousands

Held = TypeVar("Held")
Thing = tuple[int, str]  # a content type's and an object's primary key, as the index has them


def things_using(rows: QuerySet[ReferenceIndex], concerned: Mapping[int, Any]) -> dict[Thing, set[int]]:
    """Everything that leads to one of these segments (primary keys) by one of these rows, to the segments it leads to.

    Pages, and what they use; a snippet that is a draft leads nowhere.
    """
    held: dict[Thing, set[int]] = defaultdict(set)
    for kind, key, segment in rows.values_list("base_content_type", "object_id", "to_object_id").distinct():
        if segment.isdigit() and int(segment) in concerned:
            held[kind, key].add(int(segment))
    page_kind = kind_of_pages()
    level = {thing: segments for thing, segments in held.items() if thing[0] != page_kind}
    for _deeper in range(MOST_LEVELS):
        level = shown(level)
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


def pages_among(held: Mapping[Thing, set[int]]) -> dict[int, set[int]]:
    """The primary keys of the pages among these, to the segments that they lead to."""
    page_kind = kind_of_pages()
    return {int(key): segments for (kind, key), segments in held.items() if kind == page_kind}


def kind_of_pages() -> int:
    """The primary key of the content type under which the index has every page."""
    return _kind_of(apps.get_model(PAGE_MODEL))


def shown(things: Mapping[Thing, Held]) -> dict[Thing, Held]:
    """Those of these objects, which are no pages, that visitors may be shown: without drafts."""
    without_drafts = dict(things)
    by_kind: dict[int, list[str]] = defaultdict(list)
    for kind, key in things:
        by_kind[kind].append(key)
    for kind, keys in by_kind.items():
        model = ContentType.objects.get_for_id(kind).model_class()
        if model is not None and any(field.name == "live" for field in model._meta.concrete_fields):
            drafts = model._default_manager.filter(pk__in=keys, live=False).values_list("pk", flat=True)
            for key in drafts:
                without_drafts.pop((kind, str(key)), None)
    return without_drafts


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


def _kind_of(model: type[Any]) -> int:
    return int(ContentType.objects.get_for_model(model, for_concrete_model=False).pk)
