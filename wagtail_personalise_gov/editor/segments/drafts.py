"""Segments made ready to be tried: as they are saved, or as they would be if their latest drafts were published."""

from __future__ import annotations

from collections.abc import Iterable

from ...models import Segment
from ...models.inner import look_inside
from ...models.missing import missing_rule_types


def as_saved(segments: Iterable[Segment]) -> list[Segment]:
    """The segments, with what is missing and what is inside read for all together. Have their rules prefetched."""
    ready = list(segments)
    missing = missing_rule_types([segment.pk for segment in ready])
    for segment in ready:
        segment.missing_rule_types = sorted({*missing.get(segment.pk, []), *segment._lost})
    look_inside(ready)
    return ready


def as_drafted(segments: Iterable[Segment]) -> list[Segment]:
    """Each segment as it would be if it were published now. A few queries for each that has unpublished changes."""
    return as_saved(
        segment.get_latest_revision_as_object() if segment.has_unpublished_changes else segment for segment in segments
    )
