"""Segments out of the admin as a file, and in from one: looked at first, and only then so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings as django_settings
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import Button
from wagtail.log_actions import log
from wagtail.snippets.bulk_actions.snippet_bulk_action import SnippetBulkAction

from ...models import Segment
from ...portable import (
    SegmentFileError,
    export_segments,
    from_text,
    import_segments,
    rehearsed_import,
    to_text,
)
from ...visit.simulation import problem_of_visit
from ..addresses import address_of, addresses_for
from ..permissions import kept_from_importing, may_export, may_import
from ..segments.listing import SegmentIndexView
from ..segments.views import SegmentEditView, SegmentInspectView
from .changes import ChangeInWords, fingerprint, in_words
from .problems import in_words as problems_in_words

TEMPLATES = "wagtail_personalise_gov/editor/exchange"

MAX_BYTES = 2_000_000  # of a file; one of five hundred segments of twelve rules has half of that
MAX_CHANGES = 100  # that are made within one request: each is a revision, which takes up to 0.1 s to write
MAX_PROBLEMS = 100  # that are listed; whoever mends these sees the rest next time
SALT = "wagtail_personalise_gov.editor.exchange.views"
MAX_AGE_SECONDS = 24 * 60 * 60  # that a look at the changes may last
FORM_BYTES = 10_000  # of the form's other fields, beside the file that it holds


# Out


class SegmentListView(SegmentIndexView):
    """The list of segments, with the way out and the way in."""

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        buttons: list[Any] = super().header_more_buttons
        return [*buttons, *self._file_buttons()]

    def _file_buttons(self) -> Iterator[Button]:
        if may_export(self.request.user):
            query = self.request.GET.copy()
            query.pop(self.page_kwarg, None)
            url = addresses_for("export", Segment) + (f"?{query.urlencode()}" if query else "")
            label = gettext("Export these as a file") if self.is_narrowed else gettext("Export as a file")
            yield Button(label, url=url, icon_name="download", priority=110)
        if may_import(self.request.user):
            yield Button(
                gettext("Import from a file"),
                url=addresses_for("import", Segment),
                icon_name="upload",
                priority=120,
            )

    @property
    def is_narrowed(self) -> bool:
        return bool(self.is_searching or self.is_filtering)


class ExportView(SegmentIndexView):
    """The segments that the list shows with the same search and filters, on all of its pages, as a file."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_export(request.user):
            raise PermissionDenied
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return segments_as_file(request, self.get_queryset().values_list("slug", flat=True))


class ExportOneView(TemplateView):
    """One segment as a file, with those that its rules ask about."""

    def get(self, request: HttpRequest, *args: Any, pk: Any, **kwargs: Any) -> HttpResponse:
        if not may_export(request.user):
            raise PermissionDenied
        segments = Segment.objects.filter(pk=pk)
        return segments_as_file(request, segments.values_list("slug", flat=True))


class ExportBulkAction(SnippetBulkAction):
    """Those that are ticked in the list. It changes nothing, so it asks nothing first."""

    models = [Segment]
    display_name = _("Export as a file")
    action_type = "export"
    aria_label = _("Export selected segments as a file")
    action_priority = 20

    http_method_names = ["get"]

    def check_perm(self, segment: Segment) -> bool:
        return may_export(self.request.user)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        segments, _rest = self.get_actionable_objects()
        if not segments:
            raise PermissionDenied
        return segments_as_file(request, [segment.slug for segment in segments])


def segments_as_file(request: HttpRequest, slugs: Iterable[str]) -> HttpResponse:
    """These segments, those that their rules ask about and their intents; or a page that says why not."""
    slugs = list(slugs)
    try:
        text = to_text(export_segments(slugs, with_inner=True))
    except SegmentFileError as error:
        return _page_of_problems(request, error.problems)
    name = slugs[0] if len(slugs) == 1 else f"segments-{timezone.localdate().isoformat()}"
    response = HttpResponse(text, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return response


def _page_of_problems(request: HttpRequest, problems: Sequence[str]) -> HttpResponse:
    title = gettext("Nothing was exported")
    return TemplateResponse(
        request,
        f"{TEMPLATES}/export_refused.html",
        {
            "header_title": title,
            "page_title": title,
            "header_icon": "warning",
            "breadcrumbs_items": [
                {"url": reverse("wagtailadmin_home"), "label": gettext("Home")},
                {"url": addresses_for("list", Segment), "label": gettext("Segments")},
                {"url": "", "label": title},
            ],
            "problems": problems,
            "list_url": addresses_for("list", Segment),
        },
        status=409,
    )


def export_button(segment: Any, user: Any, next_url: str | None = None) -> Iterator[Button]:
    """In the menu of a segment: in the list, and on its own pages."""
    if isinstance(segment, Segment) and segment.pk and may_export(user):
        url = address_of("export_one", segment)
        yield Button(gettext("Export as a file"), url=url, icon_name="download", priority=28)


class ExportableEditView(SegmentEditView):
    @cached_property
    def header_more_buttons(self) -> list[Any]:
        return [*super().header_more_buttons, *export_button(self.object, self.request.user)]


class ExportableInspectView(SegmentInspectView):
    @cached_property
    def header_more_buttons(self) -> list[Any]:
        return [*super().header_more_buttons, *export_button(self.object, self.request.user)]


# In


class FileForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("As “Export as a file” gives it: on this site or on another one."),
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(_too_large(file.size))
        return file


def _too_large(size: int) -> str:
    return gettext(
        "The file has %(size)s, and at most %(most)s can be taken in here. Export fewer segments at once, or ask your "
        "developers to take it in with the command import_segments."
    ) % {"size": filesizeformat(size), "most": filesizeformat(MAX_BYTES)}


@dataclass(frozen=True, slots=True)
class Looked:
    """What taking in a file does, or did."""

    changes: tuple[ChangeInWords, ...]
    unchanged: tuple[str, ...]
    kept_from: tuple[str, ...]  # why this user may not do it
    fingerprint: str
    is_done: bool

    @property
    def summary(self) -> str:
        """ "2 new, 3 changed, 1 unchanged"."""
        new = sum(each.change.what == "new" for each in self.changes)
        changed, unchanged = len(self.changes) - new, len(self.unchanged)
        told = [
            (new, ngettext("%d new", "%d new", new)),
            (changed, ngettext("%d changed", "%d changed", changed)),
            (unchanged, ngettext("%d unchanged", "%d unchanged", unchanged)),
        ]
        return ", ".join(text % number for number, text in told if number)


def take_in(document: Any, user: Any, *, file_name: str, agreed_to: str | None = None) -> Looked:
    """Take in a document if what it does now is what was agreed to, and the user may; else only say what it would do.

    What it would do is rehearsed first, so nothing is written for somebody who may not, and nobody is told of what may
    never be. Raises SegmentFileError.
    """
    with transaction.atomic():
        with rehearsed_import(document, at_most=MAX_CHANGES, problem_of_visit=problem_of_visit) as changes:
            changed = [change for change in changes if change.what != "unchanged"]
            print_now = fingerprint(changes)
            kept_from = tuple(kept_from_importing(user, changed))
            looked = Looked(
                tuple(in_words(change) for change in changed),
                tuple(str(change.after) for change in changes if change.what == "unchanged"),
                kept_from,
                print_now,
                is_done=agreed_to == print_now and not kept_from,
            )
        if looked.is_done:
            done = import_segments(document, user=user, at_most=MAX_CHANGES, problem_of_visit=problem_of_visit)
            for change in done:
                if change.what != "unchanged":
                    log(change.after, "wagtail_personalise_gov.import", user=user, data={"file": file_name})
    return looked


class ImportView(WagtailAdminTemplateMixin, TemplateView):
    """Ask for a file; show what it changes; do it.

    Between the steps the file travels in the form, signed: nothing of it is kept here, and no process need know it.
    """

    page_title = _("Import from a file")
    header_icon = "upload"
    template_name = f"{TEMPLATES}/upload.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_import(request.user):
            raise PermissionDenied
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": addresses_for("list", Segment), "label": gettext("Segments")},
            {"url": "", "label": self.get_page_title()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = {"import_url": addresses_for("import", Segment), "list_url": addresses_for("list", Segment)}
        return {"form": FileForm(), **super().get_context_data(**kwargs), **own, **kwargs}

    def post(self, request: HttpRequest) -> HttpResponse:
        if "agreed" in request.POST:
            return self._carry_out(request.POST["agreed"])
        form = FileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        file, document = form.cleaned_data["file"], None
        try:
            document = from_text(file.read())
            looked = take_in(document, self.request.user, file_name=file.name)
        except SegmentFileError as error:
            return self._refuse(error, file.name, document)
        return self._show(looked, document, file.name)

    def _show(self, looked: Looked, document: Any, file_name: str, *, is_news: bool = False) -> HttpResponse:
        """The changes, and the button. `is_news`: they are others than those that were shown before."""
        signed = ""
        if looked.changes and not looked.kept_from:
            what = {"document": document, "agreed_to": looked.fingerprint, "file": file_name}
            signed = signing.dumps(what, salt=self._salt(), compress=True)
            most = django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            if most is not None and len(signed) + FORM_BYTES > most:
                return self._refuse(SegmentFileError([_too_large(len(to_text(document).encode()))]), file_name)
        context = self.get_context_data(looked=looked, signed=signed, file_name=file_name, is_news=is_news)
        self.template_name = f"{TEMPLATES}/preview.html"
        return self.render_to_response(context)

    def _carry_out(self, signed: str) -> HttpResponse:
        try:
            what = signing.loads(signed, salt=self._salt(), max_age=MAX_AGE_SECONDS)
        except signing.BadSignature:
            messages.error(
                self.request, gettext("That was looked at too long ago, or by somebody else. Choose the file again.")
            )
            return redirect(addresses_for("import", Segment))
        document, file_name = what["document"], what["file"]
        try:
            looked = take_in(document, self.request.user, file_name=file_name, agreed_to=what["agreed_to"])
        except SegmentFileError as error:
            return self._refuse(error, file_name, document)
        if not looked.is_done:
            return self._show(looked, document, file_name, is_news=True)
        messages.success(
            self.request,
            gettext("Imported from “%(file)s”: %(summary)s.") % {"file": file_name, "summary": looked.summary},
        )
        return redirect(addresses_for("list", Segment))

    def _refuse(self, error: SegmentFileError, file_name: str, document: Any = None) -> HttpResponse:
        problems = problems_in_words(error, document)
        more = max(0, len(problems) - MAX_PROBLEMS)
        context = self.get_context_data(problems=problems[:MAX_PROBLEMS], more_problems=more, file_name=file_name)
        return self.render_to_response(context)

    def _salt(self) -> str:
        """Somebody else's agreement is none of this user's."""
        return f"{SALT}.{self.request.user.pk}"
