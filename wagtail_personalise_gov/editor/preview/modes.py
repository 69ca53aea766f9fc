"""Preview a draft as the visitors that it is written for.

A preview knows nothing of the editor's own browser: the default one shows what nobody in particular sees, each of the
others what the visitors of its segment see, and one shows the draft to the visitor whom the editor chose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core import checks
from django.db import models
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import get_language, gettext

from ...models import Segment
from ...visit.simulation import CannotSimulate
from ...visit.visit import Visit
from ..addresses import content_address
from .named import segments_named_in
from .viewpoints import Viewpoint, kept_viewpoint

PREFIX = "segment-"
KEPT = "_preview_modes"  # on the object
AS_VISITOR = "personalise-visitor"  # the mode that shows a draft to the visitor whom the editor chose


@dataclass(frozen=True, slots=True)
class _Kept:
    """The modes that were added to an object's own, for as long as it names the same segments."""

    segments: list[Segment]
    own: list[tuple[str, Any]]
    language: str | None
    added: list[tuple[str, Any]]


def mode_of(segment: Segment) -> str:
    """The name of the preview mode that shows a draft as this segment sees it."""
    return f"{PREFIX}{segment.pk}"


class PersonalisedPreviewMixin(models.Model):
    """For a page or a snippet that holds personalised blocks: a preview mode for a visitor of the editor's choice, and
    one for each segment used in this draft.

    It stands before the class that it extends: ``class HomePage(PersonalisedPreviewMixin, Page)``. A class with modes
    of its own adds them to ``super().preview_modes``.
    """

    class Meta:
        abstract = True

    @property
    def preview_modes(self) -> list[tuple[str, Any]]:
        own: list[tuple[str, Any]] = list(super().preview_modes)  # type: ignore[misc]
        segments = self.segments_in_draft() if own else []  # none: the site turned the preview of this model off
        if not segments:
            return own
        # Wagtail asks for all of them again at each of them.
        kept: _Kept | None = self.__dict__.get(KEPT)
        if kept is None or kept.segments is not segments or (kept.own, kept.language) != (own, get_language()):
            added: list[tuple[str, Any]] = [
                (AS_VISITOR, gettext("As a visitor…")),
                *((mode_of(segment), gettext("As: “%s”") % segment.name) for segment in segments),
            ]
            kept = self.__dict__[KEPT] = _Kept(segments, own, get_language(), added)
        return [*own, *kept.added]

    def serve_preview(self, request: HttpRequest, mode_name: str) -> Any:
        segments = [segment for segment in self.segments_in_draft() if mode_of(segment) == mode_name]
        if not hasattr(request, "personalise_preview"):  # else the visit is settled already
            viewpoint = Viewpoint()
            if mode_name == AS_VISITOR:
                kept = kept_viewpoint(request)
                if kept is None:
                    return nobody_chosen(request, self)
                viewpoint = kept
            try:
                request.visit = (  # type: ignore[attr-defined]
                    Visit.preview(request, segments=segments) if segments else viewpoint.visit_maker(self)(request)
                )
            except CannotSimulate as error:
                return nobody_chosen(request, self, str(error))
        if segments or mode_name not in dict(self.preview_modes) or mode_name == AS_VISITOR:
            mode_name = self.default_preview_mode  # type: ignore[attr-defined]
        return super().serve_preview(request, mode_name)  # type: ignore[misc]

    def segments_in_draft(self) -> list[Segment]:
        """The segments that this object's content names as it stands in memory, in the order of the content.

        Drafts and archived segments are among them: an editor may look before a segment is live.
        """
        return segments_named_in(self)

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


def nobody_chosen(request: HttpRequest, instance: Any, problem: str = "") -> TemplateResponse:
    """In the place of a preview as a visitor: why there is none, and where to choose one."""
    context = {"object": instance, "problem": problem, "overview": content_address("overview", instance)}
    return TemplateResponse(request, "wagtail_personalise_gov/editor/overview/nobody_chosen.html", context)
