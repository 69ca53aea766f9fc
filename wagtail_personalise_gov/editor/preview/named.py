"""Which segments an object names, as it stands in memory: in its streams, its own links, and its inline children."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from operator import is_not
from typing import Any

from django.db import models
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel, get_all_child_relations

from ...models import Segment

KEPT = "_segments_in_draft"  # on the object


def segments_named_in(instance: models.Model) -> list[Segment]:
    """The segments that an object's content names, in the order of the content; drafts and archived ones too.

    Looked up once for an object, and again when its values are replaced.
    """
    content = list(_content(instance))
    values = [value for _field, value in content]
    kept: tuple[list[Any], list[Segment]] | None = instance.__dict__.get(KEPT)
    # A form that is applied to the object replaces its values, so the same values mean the same segments.
    if kept is None or len(kept[0]) != len(values) or any(map(is_not, kept[0], values)):
        keys = dict.fromkeys(key for field, value in content for key in _segment_keys(field, value))
        found = Segment.objects.in_bulk(keys)
        kept = instance.__dict__[KEPT] = (values, [found[key] for key in keys if key in found])
    return kept[1]


@cache
def _sources(model: type[models.Model]) -> tuple[list[Any], list[str]]:
    """Where objects of a model may name segments: its own fields, and the names of relations to children that do."""
    fields = [
        field
        for field in model._meta.concrete_fields
        if hasattr(field, "extract_references")
        or (field.many_to_one and field.related_model is Segment and not isinstance(field, ParentalKey))
    ]
    children = []
    if issubclass(model, ClusterableModel):
        children = [
            relation.get_accessor_name()
            for relation in get_all_child_relations(model)
            if any(_sources(relation.related_model))
        ]
    return fields, children


def _content(instance: models.Model) -> Iterator[tuple[Any, Any]]:
    """(field, value) of everything that may name a segment, in the object and its children as they are in memory."""
    fields, children = _sources(type(instance))
    for field in fields:
        yield field, field.value_from_object(instance)
    for name in children:
        for child in getattr(instance, name).all():
            yield from _content(child)


def _segment_keys(field: Any, value: Any) -> Iterator[int]:
    """The primary keys of the segments that a field's value names, in order."""
    if value is None:
        return
    if not hasattr(field, "extract_references"):
        yield value
        return
    for model, key, *_path in field.extract_references(value):
        if model is Segment:
            yield Segment._meta.pk.to_python(key)
