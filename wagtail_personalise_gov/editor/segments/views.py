"""What a segment's own pages do beyond those of any snippet."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages
from wagtail.admin.widgets.button import Button
from wagtail.snippets.views.snippets import CopyView, CreateView, EditView, InspectView

from ...models import Segment
from ...models.locks import ArchivedLock
from ..addresses import address_of
from ..permissions import may_archive, may_give_up_rules, may_restore
from ..trying.panel import with_try_panel
from .archiving import archive_address
from .in_words import form_in_words


class SegmentCreateView(CreateView):
    """With the panel in which the segment is tried before it is there."""

    def get_side_panels(self) -> Any:
        partial = getattr(self, "expects_json_response", False)
        return with_try_panel(super().get_side_panels(), self.form.instance, self.request, partial=partial)


class SegmentEditView(EditView):
    """With autosave, what the rules say in words comes back to the page with every save."""

    partials_template_name = "wagtail_personalise_gov/editor/segment_partials.html"

    def get_lock(self) -> Any:
        lock = super().get_lock()
        if isinstance(lock, ArchivedLock) and may_restore(self.request.user, self.object):
            return RestorableLock(self.object)
        return lock

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        buttons: list[Any] = super().header_more_buttons
        here = address_of("edit", self.object)
        if may_archive(self.request.user, self.object):
            url = archive_address("archive", [self.object])
            buttons.append(Button(gettext("Archive"), url=url, icon_name="personalise-archive", priority=25))
        if may_restore(self.request.user, self.object):
            url = archive_address("restore", [self.object], here)
            buttons.append(Button(gettext("Restore"), url=url, icon_name="personalise-restore", priority=5))
        if self.object.missing_rule_types and may_give_up_rules(self.request.user, self.object):
            url = archive_address("give_up", [self.object], here)
            buttons.append(Button(gettext("Give up missing rules"), url=url, icon_name="warning", priority=6))
        return buttons

    def get_side_panels(self) -> Any:
        partial = getattr(self, "expects_json_response", False)
        return with_try_panel(super().get_side_panels(), self.object, self.request, partial=partial)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if context["is_partial"]:
            context |= form_in_words(self.form)
        return context


class RestorableLock(ArchivedLock):
    """The lock of an archived segment, for those who may lift it."""

    def get_message(self, user: Any) -> str:
        return format_html(
            '{} <span class="buttons"><a href="{}" class="button button-small button-secondary">{}</a></span>',
            super().get_message(user),
            archive_address("restore", [self.object], address_of("edit", self.object)),
            gettext("Restore"),
        )


class SegmentCopyView(CopyView):
    """A copy is a new segment: it needs a slug of its own, and may still choose it.

    It is one of what the editor sees: of the unpublished changes, where there are some.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        source: Segment = self.get_object()
        if source.missing_rule_types:
            # The copy's form could not hold them, and without them it would be of more people.
            messages.error(request, gettext("“%s” can't be copied while rules of it are missing.") % source)
            return redirect(address_of("edit", source))
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def get_initial_form_instance(self) -> Segment:
        segment: Segment = self.get_object().get_latest_revision_as_object()
        segment.slug = free_slug(segment.slug)
        segment.name = gettext("%s (copy)") % segment.name[:100]
        segment.first_published_at = None
        return segment


def free_slug(slug: str) -> str:
    """A slug of no segment, made of another: riverside-2."""
    stem = slug[:45].rstrip("-")
    taken = set(Segment.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    number = 2
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"


class SegmentInspectView(InspectView):
    """Everything about a segment, for those who may only look."""

    labels = {"in_words": _("Who is in it"), "problems": _("What is wrong with it"), "status_string": _("Status")}

    def get_field_label(self, field_name: str, field: Any) -> str:
        if field_name in self.labels:
            return str(self.labels[field_name])
        return str(super().get_field_label(field_name, field))

    def get_in_words_display_value(self) -> str:
        return str(self.object.in_words())

    def get_problems_display_value(self) -> str:
        return " ".join([*self.object.problems(), *self.object.warnings()]) or gettext("Nothing")

    def get_review_by_display_value(self) -> Any:
        return self.object.review_by or ""

    def get_status_string_display_value(self) -> str:
        return str(capfirst(self.object.status_string))
