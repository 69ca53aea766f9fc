"""Whose data places are told by. Licences ask for a credit where the data is used, so it stands only then."""

from __future__ import annotations

from collections.abc import Iterable

from ..core.geography import Attribution
from ..visit.geo import attributions
from .live import PublicSegment


def credits_for(segments: Iterable[PublicSegment]) -> tuple[Attribution, ...]:
    """Whom to credit for what live segments ask; nobody where none of them asks for a place."""
    if any(fact.name.startswith("location.") for segment in segments for fact in segment.reads):
        return attributions()
    return ()
