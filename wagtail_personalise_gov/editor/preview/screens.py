"""What the screens about a page or snippet that holds personalised blocks share."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import cached_property
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from ...models import Segment
from ...models.streams import FoundContent, personalised_of
from ..versions.said import SaidOfVersion, said_for
from .contents import draft_of, editable


class ContentView(WagtailAdminTemplateMixin):
    """A view of one page or snippet, and of its draft, for who may edit it."""

    header_icon = "personalise-segment"
    request: HttpRequest

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.object = editable(request.user, kwargs["app_label"], kwargs["model_name"], kwargs["pk"])

    @cached_property
    def draft(self) -> Any:
        return draft_of(self.object)

    def get_page_subtitle(self) -> str:
        return str(self.draft)

    @cached_property
    def edit_address(self) -> str:
        return AdminURLFinder(self.request.user).get_edit_url(self.object) or ""


class TellsOfVersions:
    """A view that tells of the personalised blocks in an object, as much as its user may know."""

    request: HttpRequest

    def told_of(self) -> Any:
        """The object."""
        raise NotImplementedError

    @cached_property
    def found(self) -> list[FoundContent]:
        return list(personalised_of(self.told_of()))

    @cached_property
    def said(self) -> list[list[SaidOfVersion]]:
        """What is said of the versions of each block that was found."""
        blocks = [[version.segments for version in found.content.versions] for found in self.found]
        return said_for(self.request.user, blocks)

    @cached_property
    def segments(self) -> list[Segment]:
        """Those that the versions are for, in their order."""
        audiences = [audience for block in self.said for version in block for audience in version.audiences]
        return list({one.key: one.segment for one in audiences if one.segment}.values())
