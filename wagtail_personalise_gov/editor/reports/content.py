"""The report "Personalised content": every block that has versions, where it stands, and whether they can be seen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any

import django_filters
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column
from wagtail.coreutils import get_content_languages
from wagtail.models import Locale, Site

from ...models import Segment
from .base import CSS, TEMPLATES, Chain, DeskReport, ObjectsPaginator
from .rows import ContentRow, ContentRows
from .standing import DRAFT, SAVED, Wanted, blocks_with_versions, kinds_with_versions, objects_with_versions


def sites() -> list[tuple[str, str]]:
    return [(site.root_page.path, str(site)) for site in Site.objects.select_related("root_page")]


def locales() -> list[tuple[str, str]]:
    known = set(Locale.objects.values_list("language_code", flat=True))
    return [(code, name) for code, name in get_content_languages().items() if code in known]


class ContentFilterSet(WagtailFilterSet):
    """What is asked for. The choices are what there is, and what leaves no choice is not offered."""

    content = django_filters.ChoiceFilter(
        label=_("Which content"), choices=[(DRAFT, _("Unpublished changes"))], empty_label=_("As it was saved last")
    )
    segment = django_filters.ModelChoiceFilter(
        label=_("Segment"), queryset=Segment.objects.only("name"), empty_label=_("All")
    )
    block = django_filters.ChoiceFilter(label=_("Block"), choices=(), empty_label=_("All"))
    kind = django_filters.ChoiceFilter(label=_("Kind of page or snippet"), choices=(), empty_label=_("All"))
    status = django_filters.ChoiceFilter(
        label=_("Status"), choices=[("live", _("Live")), (DRAFT, _("Draft"))], empty_label=_("All")
    )
    site = django_filters.ChoiceFilter(label=_("Site"), choices=sites, empty_label=_("All"))
    language = django_filters.ChoiceFilter(label=_("Language"), choices=locales, empty_label=_("All"))

    class Meta:
        model = Segment
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, of_user in (("block", blocks_with_versions), ("kind", kinds_with_versions)):
            self.filters[name].extra["choices"] = partial(of_user, self.request.user)
        for name, choices in (("site", sites()), ("language", locales())):
            if len(choices) < 2:
                del self.filters[name]


class WhereColumn(Column):
    cell_template_name = f"{TEMPLATES}/cells/where.html"

    class Media:
        css = {"all": [CSS]}


class VersionsColumn(Column):
    cell_template_name = f"{TEMPLATES}/cells/versions.html"


class StatusColumn(Column):
    cell_template_name = f"{TEMPLATES}/cells/status.html"


class ContentReport(DeskReport):
    page_title = _("Personalised content")
    header_icon = "personalise-segment"
    paginator_class = ObjectsPaginator
    template_name = f"{TEMPLATES}/content.html"
    index_url_name = "personalise_reports:content"
    index_results_url_name = "personalise_reports:content_results"
    filterset_class = ContentFilterSet
    nothing = _("Of the pages and snippets that you may see, none has versions for some visitors.")
    columns = [
        WhereColumn("title", label=_("Where"), width="30%"),
        VersionsColumn("versions", label=_("Versions, in their order")),
        Column("others_see", label=_("Everyone else sees"), width="15%"),
        StatusColumn("status", label=_("Status"), width="15%"),
    ]
    list_export = [
        "title",
        "kind",
        "name",
        "versions_in_words",
        "others_see",
        "status",
        "warnings_in_words",
    ]
    export_headings = {
        "title": _("Where"),
        "kind": _("Kind of page or snippet"),
        "name": _("Block"),
        "versions_in_words": _("Versions, in their order"),
        "others_see": _("Everyone else sees"),
        "status": _("Status"),
        "warnings_in_words": _("What is wrong"),
    }
    export_filename = "personalised-content"

    @cached_property
    def wanted(self) -> Wanted:
        chosen = self.chosen
        return Wanted(
            drafts=(chosen.get("content") or SAVED) == DRAFT,
            segment=chosen.get("segment"),
            block=chosen.get("block") or "",
            kind=chosen.get("kind") or "",
            status=chosen.get("status") or "",
            root=chosen.get("site") or "",
            locale=chosen.get("language") or "",
            words=self.search_query,
        )

    @cached_property
    def rows(self) -> ContentRows:
        return ContentRows(self.request.user, self.wanted)

    def get_queryset(self) -> Chain:
        return objects_with_versions(self.request.user, self.wanted)

    def rows_of(self, objects: Sequence[Any]) -> list[ContentRow]:
        return self.rows.of(objects)
