"""Try as a visitor: describe one, and see which segments they are in, and why, rule by rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.viewsets.base import ViewSet
from wagtail.permission_policies import ModelPermissionPolicy

from ...compiling import current_ruleset, ruleset_with
from ...conf import settings
from ...core.decision import Reason
from ...core.preference import Mode
from ...models import Segment
from ...models.inner import make_ready
from ...visit.simulation import SimulatedVisit
from ...visit.viewing import SEEING
from ..permissions import has_permission, may_see_segments
from ..segments.choosing import status_in_a_word
from ..segments.drafts import as_drafted
from ..visitors.answers import filled_in
from ..visitors.form import VisitorForm
from ..visitors.words import PRESETS
from .examples import kept_of
from .keeping import DeleteExampleView, KeepView
from .traces import ORDER, Trace, answer_of, traces

PER_PAGE = 20  # segments whose rules are told
MOST_CHOSEN = 20  # segments that are chosen to be tried; of each, its latest draft is read
TEMPLATES = "wagtail_personalise_gov/editor/try"


@dataclass(frozen=True, slots=True)
class PresetLink:
    """A visitor to begin with: a name, and the link that fills the form in."""

    name: str
    url: str


def preset_links(address: str, segments: Sequence[int] = ()) -> list[PresetLink]:
    """The presets as links to an address, which keep the segments that were chosen."""
    kept = "".join(f"&segments={key}" for key in segments)
    return [
        PresetLink(str(preset.name), f"{address}?try=1{kept}&{filled_in(preset.described).urlencode()}".rstrip("&"))
        for preset in PRESETS
    ]


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it: how many segments the visitor is in, of how many, and why, for one page of them."""

    inside: int
    untold: int
    total: int
    traces: list[Trace]
    page: Page[Any]

    def __str__(self) -> str:
        said = ngettext("In %(inside)d of %(total)d segment.", "In %(inside)d of %(total)d segments.", self.total) % {
            "inside": self.inside,
            "total": self.total,
        }
        if self.untold:
            said += " " + ngettext("Of %d, we can’t tell.", "Of %d, we can’t tell.", self.untold) % self.untold
        return said


def tried(visit: SimulatedVisit, chosen: Sequence[Segment], number: Any, titles: dict[int, str]) -> Tried:
    """The chosen segments, or all that are live, the visitor's own first. As many queries for 500 as for one."""
    if chosen:
        listed = [(segment.slug, segment.name) for segment in chosen]
    else:
        listed = list(Segment.objects.live_for_visitors().order_by("name").values_list("slug", "name"))
    decision = visit.decide(slug for slug, _name in listed)
    listed.sort(key=lambda row: (ORDER.index(decision.get(row[0], Reason.UNKNOWN)), row[1].lower()))
    answers = [answer_of(decision.get(slug)) for slug, _name in listed]
    page = Paginator([slug for slug, _name in listed], PER_PAGE).get_page(number)
    if chosen:
        own = {segment.slug: segment for segment in chosen}
        shown = [own[slug] for slug in page]
    else:
        found = Segment.objects.filter(slug__in=list(page)).with_rules()
        shown = make_ready(sorted(found, key=lambda segment: list(page).index(segment.slug)))
    return Tried(answers.count(True), answers.count(None), len(answers), traces(visit, shown, titles), page)


class SeesSegments(PermissionCheckedMixin):
    """For whoever has to do with segments."""

    permission_policy = ModelPermissionPolicy(Segment)
    any_permission_required = SEEING


class TryView(SeesSegments, WagtailAdminTemplateMixin, TemplateView):
    """The page. Everything stands in its address, so that a visitor can be shown to others by a link."""

    template_name = f"{TEMPLATES}/page.html"
    page_title = _("Try as a visitor")
    header_icon = "view"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.get_page_title()}]

    @cached_property
    def form(self) -> VisitorForm:
        asked = "try" in self.request.GET or VisitorForm.is_in(self.request.GET)
        return VisitorForm(self.request.GET if asked else None)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        keys = [int(key) for key in self.request.GET.getlist("segments") if key.isdecimal() and len(key) < 10]
        offered = list(Segment.objects.filter(archived=False).order_by("name"))
        chosen = [segment for segment in offered if segment.pk in set(keys)][:MOST_CHOSEN]
        context = {
            **super().get_context_data(**kwargs),
            "form": self.form,
            "presets": preset_links(reverse("personalise_try:index"), [segment.pk for segment in chosen]),
            "offered": [(segment, status_of(segment), segment in chosen) for segment in offered],
            "too_many": len(set(keys)) > MOST_CHOSEN,
            "most_chosen": MOST_CHOSEN,
            "page_url": reverse("personalise_try:index"),
            "off": settings.MODE is Mode.OFF,
            "paused": current_ruleset().paused,
            "may_keep": has_permission(self.request.user, "change"),
            "chosen": chosen,
        }
        if self.form.is_bound:
            context |= self.outcome(chosen)
        return context

    def outcome(self, chosen: list[Segment]) -> dict[str, Any]:
        drafted = as_drafted(Segment.objects.filter(pk__in=[segment.pk for segment in chosen]).with_rules())
        ruleset = ruleset_with(drafted)
        visit = self.form.visit(ruleset)
        if visit is None:
            return {}
        titles = {page.number: page.title for page in self.form.pages}
        found = tried(visit, drafted, self.request.GET.get("p"), titles)
        told: dict[str, Any] = {
            "tried": found,
            "elided_page_range": found.page.paginator.get_elided_page_range(found.page.number),
            "visitor": self.form.as_query(),
            "in_words": self.form.in_a_line(),
            "drafts": [segment.name for segment in chosen if segment.has_unpublished_changes],
        }
        if len(drafted) == 1:
            told["kept"] = kept_of(drafted[0], ruleset, self.form.pages)
        return told


def status_of(segment: Segment) -> str:
    """What is tried of it: as it is live, or a draft."""
    if segment.live and segment.has_unpublished_changes:
        return gettext("live, with unpublished changes")
    return status_in_a_word(segment)


class FieldsView(SeesSegments, View):
    """The form's fields alone, filled in as the query says: for the panel beside a segment."""

    def get(self, request: HttpRequest) -> HttpResponse:
        form = VisitorForm(request.GET if VisitorForm.is_in(request.GET) else None)
        return render(request, f"{TEMPLATES}/fields.html", {"form": form, "compact": True})


class TryMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return may_see_segments(request.user)


class TryViewSet(ViewSet):
    name = "personalise_try"
    url_prefix = "personalisation/try"
    icon = "view"
    menu_label = _("Try as a visitor")
    menu_item_class = TryMenuItem

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            path("", self.construct_view(TryView), name="index"),
            path("fields/", self.construct_view(FieldsView), name="fields"),
            path("examples/<int:pk>/", self.construct_view(KeepView), name="keep"),
            path("examples/<int:pk>/delete/", self.construct_view(DeleteExampleView), name="delete"),
        ]
