"""As whom a draft is looked at: nobody in particular, the visitors of some segments, or a visitor who is described.

Kept by the preview panel in the editor's own session, and by a link that is shared in the link itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext, ngettext

from ...compiling import ruleset_with
from ...core.pages import ServedPage
from ...models import Segment
from ...models.addresses import page_address
from ...models.streams import is_page
from ...visit.simulation import CannotSimulate, Described, SimulatedVisit
from ...visit.visit import Visit
from .named import segments_named_in

SESSION_KEY = "wagtail_personalise_gov.preview"
MOST_SEGMENTS = 50  # that one may look as at once
MOST_IN_A_KEY = 2**63  # no database column holds a greater one


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """As whom somebody looks: as these segments (primary keys), or as this described visitor; neither: as nobody."""

    segments: tuple[int, ...] = ()
    described: Described | None = None

    def as_data(self) -> dict[str, Any]:
        """As JSON holds it."""
        if self.described is not None:
            return {"visitor": self.described.as_data()}
        return {"segments": list(self.segments)} if self.segments else {}

    @classmethod
    def from_data(cls, data: Any) -> Viewpoint:
        """The one that `as_data` gave. Raises CannotSimulate for what is none."""
        if not isinstance(data, Mapping):
            raise CannotSimulate(f"A viewpoint is written as a mapping, and this is {type(data).__name__}.")
        if "visitor" in data:
            return cls(described=Described.from_data(data["visitor"]))
        keys = data.get("segments", [])
        if not isinstance(keys, list | tuple) or not all(type(key) is int and 0 < key < MOST_IN_A_KEY for key in keys):
            raise CannotSimulate(f"Segments are given by their numbers, and {keys!r} is none.")
        return cls(segments=tuple(keys[:MOST_SEGMENTS]))

    def visit_maker(self, instance: Any) -> Callable[[HttpRequest], Visit]:
        """What makes the visit for the request that shows this object. Raises CannotSimulate where there is none.

        Segments that the object names and that are not live count as live in it. With a segment that is gone there is
        no visit: without it, one would be shown what others see, under its name.
        """
        if self.described is None:
            segments = self._found_segments()
            return lambda request: Visit.preview(request, segments=segments)
        visit = visit_as_described(self.described, instance)
        return lambda request: visit

    def _found_segments(self) -> list[Segment]:
        if not self.segments:
            return []
        found = Segment.objects.in_bulk(self.segments)
        if gone := len(set(self.segments) - found.keys()):
            raise CannotSimulate(
                ngettext(
                    "%d of the segments that were chosen was deleted. Choose again.",
                    "%d of the segments that were chosen were deleted. Choose again.",
                    gone,
                )
                % gone
                if len(self.segments) > 1
                else gettext("The segment that was chosen was deleted. Choose another.")
            )
        return list(found.values())


def visit_as_described(described: Described, instance: Any) -> SimulatedVisit:
    """A described visitor's visit to an object: to the very page, if it is one and has an address."""
    drafts = [segment for segment in segments_named_in(instance) if not segment.live or segment.archived]
    page = instance if is_page(type(instance)) and instance.pk else None
    if page is not None and (address := page_address(page)) is not None:
        (host, *_others), path = address
        described = replace(described, host=host, path=path)
    visit = SimulatedVisit(described, ruleset_with(_with_rules(drafts)))
    if page is not None and page.path:
        visit.note_page(ServedPage(page.pk, page.path))  # a draft is no page that an address leads to
    return visit


def _with_rules(segments: list[Segment]) -> list[Segment]:
    return list(Segment.objects.filter(pk__in=[segment.pk for segment in segments]).with_rules()) if segments else []


# What the editor's session keeps


def keep_viewpoint(request: HttpRequest, viewpoint: Viewpoint) -> None:
    """Keep it for the editor's next previews as a visitor."""
    request.session[SESSION_KEY] = viewpoint.as_data()


def kept_viewpoint(request: HttpRequest) -> Viewpoint | None:
    """The one that the editor set last; None where none was set, or where it can't be read any more."""
    session = getattr(request, "session", None)
    data = session.get(SESSION_KEY) if session is not None else None
    if not data:
        return None
    try:
        return Viewpoint.from_data(data)
    except CannotSimulate:
        return None
