"""The report "Personalisation results": what was shown, what it achieved, and what can be concluded from that.

Every figure and every sentence about figures comes from `counting/results.py`, which knows what may be shown.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import BaseListingView, WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.widgets.button import Button
from wagtail.permission_policies import ModelPermissionPolicy

from ...core.counting import Arm
from ...counting.contents import CountedBlock, Place
from ...counting.reporting import Report
from ...counting.results import WORTH_KNOWING, BlockResult, Comparison, Finding, Rate, VersionResult
from ...models import DailyTally, Goal, Segment
from ..addresses import addresses_for
from ..goals import may_see_results
from .chart import Chart, chart_of
from .stopped import stopped_for

TEMPLATES = "wagtail_personalise_gov/editor"
CSS = "wagtail_personalise_gov/css/results.css"

# With which sign a finding is shown beside its words: the icons of Wagtail.
ICONS = {
    Finding.HIGHER: "arrow-up",
    Finding.LOWER: "arrow-down",
    Finding.SAMPLE_RATIO: "warning",
}

# What was found of a version and a goal; the other findings say why nothing is known yet.
FOUND = frozenset({Finding.LOWER, Finding.HIGHER, Finding.LEANING_LOWER, Finding.LEANING_HIGHER, Finding.NO_DIFFERENCE})


class ResultsMenuItem(MenuItem):
    def __init__(self, order: int) -> None:
        super().__init__(
            _("Personalisation results"),
            reverse("personalise_results:index"),
            name="personalisation-results",
            icon_name="personalise-goal",
            order=order,
        )

    def is_shown(self, request: HttpRequest) -> bool:
        return may_see_results(request.user)


class ResultsView(PermissionCheckedMixin, WagtailAdminTemplateMixin):
    """What both pages of the report share."""

    permission_policy = ModelPermissionPolicy(DailyTally)
    permission_required = "view"
    page_title = _("Personalisation results")
    header_icon = "personalise-goal"
    request: HttpRequest

    @cached_property
    def report(self) -> Report:
        return Report(self.request.user)

    @property
    def header_more_buttons(self) -> list[Button]:
        query = urlencode({**self.request.GET.dict(), "export": "csv"})
        return [Button(gettext("Download CSV"), url=f"{self.request.path}?{query}", icon_name="download", priority=90)]

    def blocks_to_export(self) -> Sequence[CountedBlock]:
        raise NotImplementedError

    @property
    def csv_is_asked_for(self) -> bool:
        return self.request.GET.get("export") == "csv"

    def as_csv(self) -> HttpResponse:
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        name = f"personalisation-results-{timezone.localdate().isoformat()}.csv"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response.write("\ufeff")  # or Excel takes the text for another encoding
        csv.writer(response).writerows(self.report.table(self.blocks_to_export()))
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "stopped": stopped_for(self.request.user),
            "goals": self.report.goals,
            "may_add_goal": self.request.user.has_perm("wagtail_personalise_gov.add_goal"),
            "add_goal_url": addresses_for("add", Goal),
        }


# Versions in words


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version as shown for one of its segments. `number` names it on the page, such as "1" or "1a"."""

    number: str
    segment_name: str
    segment: Segment | None  # None where no version names it any more, or where nothing was counted yet
    result: VersionResult

    @property
    def name(self) -> str:
        return gettext("Version %s") % self.number

    @property
    def alarm(self) -> str:
        """Why none of its figures is to be relied on; "" where they are."""
        return self.result.words[0] if self.result.sample_ratio_alarm else ""

    @property
    def notes(self) -> Sequence[str]:
        """The sentences about all of its figures, without the alarm, which is the first."""
        return self.result.words[1:] if self.result.sample_ratio_alarm else self.result.words

    def visits(self) -> list[tuple[str, str]]:
        """(what these visits saw, how many they are), as far as there are any."""
        words = {
            Arm.VARIANT: gettext("Saw this version"),
            Arm.HOLDOUT: gettext("Held back for comparison"),
            Arm.LEARNING: gettext("Learning mode: would have seen it"),
        }
        counted = self.result.visits
        return [(label, counted[arm].text) for arm, label in words.items() if arm in counted]


def version_rows(block: CountedBlock, result: BlockResult, report: Report) -> Iterator[VersionRow]:
    """The versions of a block in the order of its content, each once for each of its segments that was counted."""
    by_key = report.standing.segments
    by_slug = {segment.slug: segment for segment in by_key.values()}
    for number, version in enumerate(block.versions, start=1):
        order = [by_key[key].slug for key in version.segments if key in by_key]
        results = sorted(
            (own for own in result.versions if own.variant == version.id),
            key=lambda own: (order.index(own.segment) if own.segment in order else len(order), own.segment),
        )
        names = ", ".join(str(by_key[key]) for key in version.segments if key in by_key)
        for position, own in enumerate(results):
            segment = by_slug.get(own.segment)
            yield VersionRow(
                number=f"{number}{_letter(position)}" if len(results) > 1 else str(number),
                # A segment that no version names any more goes by its slug.
                segment_name=str(segment or own.segment) or names or gettext("no segment any more"),
                segment=segment,
                result=own,
            )


def was_counted(result: BlockResult) -> bool:
    return result.standard_days is not None or any(version.visits for version in result.versions)


def _letter(position: int) -> str:
    """a, b, … z; nobody has more segments in one version, and if they do, they are numbered."""
    return chr(ord("a") + position) if position < 26 else f".{position + 1}"


# The list of blocks


@dataclass(frozen=True)
class BlockRow:
    """A block in the list."""

    block: CountedBlock
    result: BlockResult
    versions: Sequence[VersionRow]
    has_goals: bool  # whether the site has any

    @property
    def place(self) -> Place:
        return self.block.places[0]

    @property
    def other_places(self) -> int:
        return len(self.block.places) - 1

    @property
    def address(self) -> str:
        return reverse("personalise_results:block", args=[self.block.id])

    @property
    def anything_counted(self) -> bool:
        return was_counted(self.result)

    @property
    def finding(self) -> Finding | None:
        return self.result.finding

    @property
    def finding_icon(self) -> str:
        return ICONS.get(self.finding, "") if self.finding else ""

    @cached_property
    def found_of(self) -> list[str]:
        """What the finding is of, each in words; [] where it says that nothing is known yet."""
        if self.finding is Finding.SAMPLE_RATIO:
            return [version.segment_name for version in self.versions if version.alarm]
        return [
            gettext("%(version)s, “%(goal)s”") % {"version": version.segment_name, "goal": comparison.goal_name}
            for version in self.versions
            for comparison in version.result.comparisons
            if comparison.finding is self.finding and comparison.finding in FOUND
        ]

    @property
    def others_found(self) -> int:
        """Of how many besides the first it is."""
        return len(self.found_of) - 1


class BlockColumn(Column):
    cell_template_name = f"{TEMPLATES}/cells/result_block.html"

    class Media:
        css = {"all": [CSS]}


class VersionsColumn(Column):
    cell_template_name = f"{TEMPLATES}/cells/result_versions.html"


class FindingColumn(Column):
    cell_template_name = f"{TEMPLATES}/cells/result_finding.html"


class ResultsIndexView(ResultsView, BaseListingView):
    """One row for each block that has versions, as far as the user may see where it stands."""

    template_name = f"{TEMPLATES}/results.html"
    results_template_name = f"{TEMPLATES}/results_listing.html"
    index_url_name = "personalise_results:index"
    index_results_url_name = "personalise_results:index_results"
    is_searchable = True
    paginate_by = 50
    columns = [
        BlockColumn("block", label=_("Where")),
        VersionsColumn("versions", label=_("Versions")),
        FindingColumn("finding", label=_("Finding"), width="25%"),
    ]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = self.as_csv() if self.csv_is_asked_for else super().get(request, *args, **kwargs)
        return response

    def get_queryset(self) -> list[CountedBlock]:
        """All blocks, or those that a search finds."""
        return self.report.standing.found_by(self.search_query) if self.search_query else self.report.standing.all

    def blocks_to_export(self) -> list[CountedBlock]:
        return self.get_queryset()

    def get_table(self, object_list: Sequence[CountedBlock]) -> Any:
        results = self.report.results(object_list)
        rows = [
            BlockRow(
                block,
                results[block.id],
                list(version_rows(block, results[block.id], self.report)),
                has_goals=bool(self.report.goals),
            )
            for block in object_list
        ]
        return super().get_table(rows)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["nothing_stands"] = not self.report.standing.all
        return context


# One block


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """Where a block stands, with the ways there."""

    place: Place
    edit_address: str | None
    view_address: str | None


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    version: VersionRow
    comparison: Comparison

    @property
    def icon(self) -> str:
        return ICONS.get(self.comparison.finding, "")


@dataclass(frozen=True, slots=True)
class OtherRow:
    """Visits that are compared with nothing: in learning mode, or of everyone else."""

    name: str
    segment: str
    rate: Rate
    note: str  # since when the goal is counted, where it began later


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A finding in the short list. An alarm is of a version, the others of a version and a goal."""

    finding: Finding
    version: VersionRow
    goal: str = ""  # its slug
    goal_name: str = ""

    @property
    def icon(self) -> str:
        return ICONS.get(self.finding, "")


@dataclass(frozen=True, slots=True)
class GoalSection:
    """All that the page says about one goal."""

    slug: str
    name: str
    chart: Chart | None
    comparisons: Sequence[ComparisonRow]
    others: Sequence[OtherRow]

    @property
    def found(self) -> bool:
        """Whether something was found of any version."""
        return any(row.comparison.finding in FOUND for row in self.comparisons)


class BlockView(ResultsView, TemplateView):
    """The results of one block. `version` is the id of any of its versions."""

    template_name = f"{TEMPLATES}/results_block.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.as_csv() if self.csv_is_asked_for else super().get(request, *args, **kwargs)

    @cached_property
    def block(self) -> CountedBlock:
        """404 for none that the user may see."""
        version: UUID = self.kwargs["version"]
        block = self.report.standing.with_version(str(version))
        if block is None:
            raise Http404
        return block

    @cached_property
    def result(self) -> BlockResult:
        return self.report.results([self.block])[self.block.id]

    def blocks_to_export(self) -> list[CountedBlock]:
        return [self.block]

    def get_page_subtitle(self) -> str:
        place = self.block.places[0]
        return f"{place.title}: {place.name}"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("personalise_results:index"), "label": self.get_page_title()},
            {"url": "", "label": self.get_page_subtitle()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        versions = list(version_rows(self.block, self.result, self.report))
        sections = [self._section(goal, versions) for goal in self.report.goals]
        sections.sort(key=lambda section: not section.found)  # those with a finding first, each by name
        return {
            **super().get_context_data(**kwargs),
            "block": self.block,
            "places": list(self._places()),
            "versions": versions,
            "anything_counted": was_counted(self.result),
            "found": found_rows(versions),
            "sections": sections,
            "anything_compared": any(section.comparisons for section in sections),
            "anything_apart": any(section.others for section in sections),
            "standard_visits": self.result.standard_visits,
        }

    def _places(self) -> Iterator[PlaceRow]:
        finder = AdminURLFinder(self.request.user)
        for place in self.block.places:
            seen = place.instance.get_url(self.request) if place.page_id else None
            yield PlaceRow(place, finder.get_edit_url(place.instance), seen)

    def _section(self, goal: Goal, versions: Sequence[VersionRow]) -> GoalSection:
        comparisons = [
            ComparisonRow(version, comparison)
            for version in versions
            for comparison in version.result.comparisons
            if comparison.goal == goal.slug
        ]
        others = [
            OtherRow(gettext("%s, learning mode") % version.name, version.segment_name, own.rate, own.words)
            for version in versions
            for own in version.result.learning
            if own.goal == goal.slug
        ]
        others += [
            OtherRow(gettext("Everyone else"), "", own.rate, own.words)
            for own in self.result.standard
            if own.goal == goal.slug
        ]
        return GoalSection(
            slug=goal.slug,
            name=goal.name,
            chart=chart_of((row.version.name, row.comparison) for row in comparisons),
            comparisons=comparisons,
            others=others,
        )


def found_rows(versions: Sequence[VersionRow]) -> list[FoundRow]:
    """All that was found, what is most worth knowing first."""
    rows = [FoundRow(Finding.SAMPLE_RATIO, version) for version in versions if version.alarm]
    rows += [
        FoundRow(comparison.finding, version, comparison.goal, comparison.goal_name)
        for version in versions
        for comparison in version.result.comparisons
        if comparison.finding in FOUND
    ]
    return sorted(rows, key=lambda row: WORTH_KNOWING.index(row.finding))


urlpatterns = [
    path("", ResultsIndexView.as_view(), name="index"),
    path("results/", ResultsIndexView.as_view(results_only=True), name="index_results"),
    path("<uuid:version>/", BlockView.as_view(), name="block"),
]
