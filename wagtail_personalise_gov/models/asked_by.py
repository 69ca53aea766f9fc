"""The segments that a page asks: in its own streams, and in the snippets that it shows.

`using.py` looks from segments up to all that leads to them; this looks from one page down.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from wagtail.models import ReferenceIndex

from .segments import Segment
from .streams import is_page, personalised_of
from .using import MOST_LEVELS, Thing, kind_of_pages, shown


def segments_asked_by(page: Any) -> set[int]:
    """The primary keys of the segments that a page's versions are for, as the page stands in memory; of deleted
    segments too, which nobody is in.

    What its snippets ask is as they are saved, by Wagtail's reference index: a query or two for each level of snippets
    within snippets. What a template asks by `{% segment %}` stands in no database and is not found.
    """
    own = {key for found in personalised_of(page) for version in found.content.versions for key in version.segments}
    return own | _asked_below(page)


def _asked_below(page: Any) -> set[int]:
    kind_of_segments = ContentType.objects.get_for_model(Segment, for_concrete_model=False).pk
    asked: set[int] = set()
    seen: set[Thing] = set()
    level: set[Thing] = {(kind_of_pages(), str(page.pk))}
    for _deeper in range(MOST_LEVELS + 1):
        below = _used_by(level) - seen
        seen |= below
        asked |= {int(key) for kind, key in below if kind == kind_of_segments and key.isdigit()}
        # What a segment asks about is not shown by it, and a page that is linked to is not shown by the link.
        level = set(shown({thing: None for thing in below if thing[0] != kind_of_segments and not _is_page(thing)}))
        if not level:
            break
    return asked


def _is_page(thing: Thing) -> bool:
    model = ContentType.objects.get_for_id(thing[0]).model_class()
    return model is not None and is_page(model)


def _used_by(things: set[Thing]) -> set[Thing]:
    by_kind: dict[int, list[str]] = defaultdict(list)
    for kind, key in things:
        by_kind[kind].append(key)
    any_of_them = Q()
    for kind, keys in by_kind.items():
        any_of_them |= Q(base_content_type=kind, object_id__in=keys)
    rows = ReferenceIndex.objects.filter(any_of_them).order_by()
    return set(rows.values_list("to_content_type", "to_object_id").distinct())
