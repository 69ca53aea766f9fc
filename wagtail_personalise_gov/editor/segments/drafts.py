"""Segments made ready to be tried: as they are saved, or as they would be if their latest drafts were published."""

from __future__ import annotations

from collections.abc import Iterable

from ...models import Segment
from ...models.inner import make_ready


def as_drafted(segments: Iterable[Segment]) -> list[Segment]:
    """Each segment as it would be if it were published now. A few queries for each that has unpublished changes."""
    return make_ready(
        segment.get_latest_revision_as_object() if segment.has_unpublished_changes else segment for segment in segments
    )
