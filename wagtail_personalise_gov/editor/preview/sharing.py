"""Share a preview: an editor makes a review link, for people who have no account here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.log_actions import log

from ...conf import settings
from ...models import Segment
from ...models.addresses import page_address
from ...models.streams import is_page
from ...visit.simulation import CannotSimulate
from ..addresses import content_address
from .modes import AS_VISITOR, PREFIX
from .named import segments_named_in
from .review_links import Ended, new_token, read_token
from .screens import ContentView
from .viewpoints import Viewpoint, kept_viewpoint

TEMPLATES = "wagtail_personalise_gov/editor/overview"


def why_not_shared(page: Any) -> str:
    """Why no link can be made to a page as it stands; "" where one can."""
    if not page.is_previewable():
        return gettext("Pages of this kind have no preview, so there is nothing to share.")
    if page.latest_revision_id is None:
        return gettext("A link leads to what was saved. Save this page once, then share it.")
    if page.get_view_restrictions().exists():
        return gettext("This page is private. A link would show it to people who may not see it, so there is none.")
    try:
        reverse("personalise:review", args=["x"])
    except NoReverseMatch:
        return gettext(
            "The addresses of this package are not part of the website. Ask your developers to include "
            "wagtail_personalise_gov.urls."
        )
    return ""


class ShareForm(forms.Form):
    """As whom the link shows the page: nobody in particular, one of the segments, or who was chosen for previews."""

    shown_as = forms.ChoiceField(
        label=_("Show it as"),
        required=False,
        error_messages={"invalid_choice": _("That segment is not used on this page any more. Choose again.")},
    )

    def __init__(self, segments: Sequence[Segment], kept: Viewpoint | None, data: Any = None) -> None:
        super().__init__(data, prefix="share")
        self.kept = kept
        self.fields["shown_as"].choices = list(self._choices(segments))  # type: ignore[attr-defined]

    def _choices(self, segments: Sequence[Segment]) -> Iterator[tuple[str, str]]:
        yield "", gettext("Nobody in particular: the standard version")
        for segment in segments:
            yield f"{PREFIX}{segment.pk}", f"“{segment.name}”"
        if self.kept is not None:
            yield AS_VISITOR, gettext("The visitor whom you chose for “As a visitor…”")

    def viewpoint(self) -> Viewpoint:
        chosen = self.cleaned_data["shown_as"]
        if chosen == AS_VISITOR and self.kept is not None:
            return self.kept
        return Viewpoint(segments=(int(chosen.removeprefix(PREFIX)),) if chosen else ())


class ShareView(ContentView, TemplateView):
    """POST makes a link to the page as it was last saved; GET shows the link that was made."""

    template_name = f"{TEMPLATES}/share.html"
    page_title = _("Share a preview")
    header_icon = "link"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        if not is_page(type(self.object)):
            raise Http404

    @cached_property
    def overview_address(self) -> str:
        return content_address("overview", self.object)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": self.overview_address, "label": gettext("Personalisation")},
            {"url": "", "label": self.get_page_title(), "sublabel": self.get_page_subtitle()},
        ]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if problem := why_not_shared(self.object):
            messages.error(request, problem)
            return redirect(self.overview_address)
        form = ShareForm(segments_named_in(self.draft), kept_viewpoint(request), request.POST)
        if not form.is_valid():
            messages.error(request, form.errors["shown_as"][0])
            return redirect(self.overview_address)
        viewpoint = form.viewpoint()
        try:
            viewpoint.visit_maker(self.draft)
        except CannotSimulate as error:
            messages.error(request, str(error))
            return redirect(self.overview_address)
        try:
            token = new_token(self.object.latest_revision, request.user, viewpoint)
        except ValueError:
            messages.error(
                request, gettext("So much is said of this visitor that no link can hold it. Say less of them.")
            )
            return redirect(self.overview_address)
        days = settings.REVIEW_LINK_DAYS
        log(
            self.object,
            "wagtail_personalise_gov.share_preview",
            user=request.user,
            revision=self.object.latest_revision,
            data={"days": days, "segments": list(viewpoint.segments), "visitor": viewpoint.described is not None},
        )
        return redirect(f"{request.path}?{urlencode({'link': token})}")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        token = request.GET.get("link", "")
        if not token:
            return redirect(self.overview_address)
        try:
            link = read_token(token)
        except Ended:
            return redirect(self.overview_address)
        if link.user != str(request.user.pk):
            raise PermissionDenied
        response: HttpResponse = self.render_to_response(
            self.get_context_data(link=self._whole(token), until=link.until, overview_address=self.overview_address)
        )
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    def _whole(self, token: str) -> str:
        """The link with the host of the page's own site: the admin may stand where no visitor comes."""
        address = reverse("personalise:review", args=[token])
        parts = self.object.get_url_parts() if page_address(self.object) else None
        root = parts[1] if parts else ""
        # Wagtail's own site is called so until somebody says where the website is.
        if not root or urlsplit(root).hostname == "localhost":
            return str(self.request.build_absolute_uri(address))
        return f"{root}{address}"
