"""Preview a draft as each segment that it is written for.

A preview knows nothing of the editor's own browser: it matches the segment of its mode, and in every other mode none.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from operator import is_not
from typing import Any

from django.core import checks
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel, get_all_child_relations

from ..models import Segment
from ..visit.visit import Visit

PREFIX = "segment-"


def mode_of(segment: Segment) -> str:
    """The name of the preview mode that shows a draft as this segment sees it."""
    return f"{PREFIX}{segment.pk}"


class PersonalisedPreviewMixin(models.Model):
    """For a page or a snippet that holds personalised blocks: one more preview mode per segment used in this draft.

    It stands before the class that it extends: ``class HomePage(PersonalisedPreviewMixin, Page)``. A class with modes
    of its own adds them to ``super().preview_modes``.
    """

    class Meta:
        abstract = True

    @property
    def preview_modes(self) -> list[tuple[str, Any]]:
        own: list[tuple[str, Any]] = list(super().preview_modes)  # type: ignore[misc]
        if not own:
            return own  # the site turned the preview of this model off
        return [
            *own,
            *((mode_of(segment), gettext("As: %s") % segment.name) for segment in self.segments_in_draft()),
        ]

    def serve_preview(self, request: HttpRequest, mode_name: str) -> Any:
        segments = [segment for segment in self.segments_in_draft() if mode_of(segment) == mode_name]
        request.visit = Visit.preview(request, segments=segments)  # type: ignore[attr-defined]
        if segments or mode_name not in dict(self.preview_modes):
            mode_name = self.default_preview_mode  # type: ignore[attr-defined]
        return super().serve_preview(request, mode_name)  # type: ignore[misc]

    def segments_in_draft(self) -> list[Segment]:
        """The segments that this object's content names as it stands in memory, in the order of the content.

        Drafts and archived segments are among them: an editor may look before a segment is live.
        """
        content = list(_content(self))
        values = [value for _field, value in content]
        kept: tuple[list[Any], list[Segment]] | None = self.__dict__.get("_segments_in_draft")
        # A form that is applied to the object replaces its values, so the same values mean the same segments.
        if kept is None or len(kept[0]) != len(values) or any(map(is_not, kept[0], values)):
            keys = dict.fromkeys(key for field, value in content for key in _segment_keys(field, value))
            found = Segment.objects.in_bulk(keys)
            kept = self.__dict__["_segments_in_draft"] = (values, [found[key] for key in keys if key in found])
        return kept[1]

    @classmethod
    def check(cls, **kwargs: Any) -> list[checks.CheckMessage]:
        problems = super().check(**kwargs)
        if not cls._meta.abstract and not isinstance(cls.preview_modes, property):
            problems.append(
                checks.Warning(
                    f"{cls.__name__}.preview_modes is a list, which hides the preview modes of its segments.",
                    hint=(
                        "Name PersonalisedPreviewMixin before the other base classes, and make preview_modes a "
                        "property that adds to super().preview_modes."
                    ),
                    obj=cls,
                    id="wagtail_personalise_gov.W030",
                )
            )
        return problems


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
