"""The report "Everyone must see": the blocks and pages that are marked so, and whether somebody misses one.

Editors are stopped from putting such content into a version. An import or a script is not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import django_filters
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet, prefetch_related_objects
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column
from wagtail.models import ReferenceIndex, get_page_models
from wagtail.snippets.models import get_snippet_models

from ...counting.contents import visible_to
from ...models import MustSeeMixin, Segment
from ...models.must_see import versions_in
from ...models.streams import is_page, lookups_of_streams, way_in_words
from .base import BATCH, TEMPLATES, Chain, DeskReport, ObjectsPaginator
from .content import StatusColumn, WhereColumn
from .must_see_found import Standing, may_be_missed, may_hold, must_see_of, texts_of
from .standing import ordered, page_model, with_words

MISSED = "missed"
IN_VERSIONS = ".variants.variant.content."  # in the reference index: a link that stands in a version


@dataclass(frozen=True)
class MustSeeRow:
    """A block or a whole page that everyone must see. `missed`: why somebody does not; `note`: what to know of it."""

    instance: Any
    name: str
    text: str
    form_address: str | None
    place: str = ""
    missed: str = ""
    note: str = ""

    @property
    def title(self) -> str:
        return str(self.instance)

    @property
    def kind(self) -> str:
        return str(capfirst(self.instance._meta.verbose_name))

    @property
    def address(self) -> str | None:
        if self.form_address is None or not self.place:
            return self.form_address
        return f"{self.form_address}#:w:contentpath={self.place}"

    @property
    def live(self) -> bool:
        return bool(getattr(self.instance, "live", True))

    @property
    def status(self) -> str:
        if not self.live:
            return gettext("Draft")
        if getattr(self.instance, "has_unpublished_changes", False):
            return gettext("Live, with unpublished changes")
        return gettext("Live")

    @property
    def seen_by(self) -> str:
        return self.missed or self.note or gettext("Everyone")


def objects_to_see(user: Any, words: str = "", missed_only: bool = False) -> Chain:
    """The objects with marks that a user may see, by kind. Queries: one for each model that may have marks."""
    found = []
    models: Iterable[type[Any]] = [*get_page_models(), *get_snippet_models()]
    for model in sorted(set(models), key=lambda one: (not is_page(one), one._meta.label)):
        if (marked := may_hold(model)) is None:
            continue
        objects = model._default_manager.alias(**texts_of(model)).filter(marked)
        if is_page(model):
            # Without the pages of a kind that extends this one: these have their own turn.
            objects = objects.filter(content_type=ContentType.objects.get_for_model(model))
            objects = objects.filter(pk__in=visible_to(user, page_model()).order_by().values("pk"))
        else:
            objects = objects.filter(pk__in=visible_to(user, model).order_by().values("pk"))
        if words:
            objects = objects.filter(with_words(model, words))
        if missed_only:
            objects = _missed(model, objects.filter(may_be_missed(model)))
        found.append(ordered(objects, model))
    return Chain(found)


def _missed(model: type[Any], objects: QuerySet[Any]) -> QuerySet[Any]:
    """Those of which something is missed. Few have both marks and versions, and only those are read."""
    keys: list[Any] = []
    objects = ordered(objects, model)
    for start in range(0, objects.count(), BATCH):
        keys += {row.instance.pk for row in MustSeeRows(None).of(list(objects[start : start + BATCH])) if row.missed}
    missed: QuerySet[Any] = model._default_manager.filter(pk__in=keys)
    return missed


@dataclass
class MustSeeRows:
    """Makes rows of objects; without a user, rows that lead nowhere."""

    user: Any
    missed_only: bool = False
    _links: dict[str, list[str]] = field(default_factory=dict)

    @cached_property
    def finder(self) -> AdminURLFinder:
        return AdminURLFinder(self.user)

    def of(self, objects: Sequence[Any]) -> list[MustSeeRow]:
        """The rows of these objects, in their order. Queries: some for each model among them."""
        grouped: dict[type[Any], list[Any]] = defaultdict(list)
        for one in objects:
            grouped[type(one)].append(one)
        for model, same in grouped.items():
            prefetch_related_objects(same, *lookups_of_streams(model))
        self._read_links([one for one in objects if isinstance(one, MustSeeMixin) and one.must_see])
        rows = [row for one in objects for row in self._of(one)]
        return [row for row in rows if row.missed] if self.missed_only else rows

    def _of(self, one: Any) -> Iterator[MustSeeRow]:
        address = self.finder.get_edit_url(one) if self.user is not None else None
        if isinstance(one, MustSeeMixin) and one.must_see:
            if versions := ", ".join(f"“{name}”" for name in versions_in(one)):
                versions = gettext("Not everyone: there are versions for some visitors in %s.") % versions
            yield MustSeeRow(
                one,
                gettext("The whole page") if is_page(type(one)) else gettext("All of it"),
                "",
                address,
                missed=versions,
                note=self._only_in_versions(one),
            )
        for found in must_see_of(one):
            name = way_in_words(found.stream, found.path)
            yield MustSeeRow(one, name, found.text, address, found.place, str(_WHO_MISSES.get(found.standing, "")))

    def _read_links(self, marked: Sequence[Any]) -> None:
        """From where pages that are marked are linked: as far as the index knows saved content."""
        keys = [str(one.pk) for one in marked if is_page(type(one))]
        if not keys:
            return
        pages = ContentType.objects.get_for_model(page_model())
        links = ReferenceIndex.objects.filter(to_content_type=pages, to_object_id__in=keys).order_by()
        for key, path in links.values_list("to_object_id", "model_path"):
            self._links.setdefault(key, []).append(path)

    def _only_in_versions(self, one: Any) -> str:
        """A link in a version hides nothing, so nobody is stopped from it; that it is the only one is worth knowing."""
        paths = self._links.get(str(one.pk), []) if is_page(type(one)) else []
        if paths and all(IN_VERSIONS in path for path in paths):
            return gettext("Everyone who finds it: only versions for some visitors link to it.")
        return ""


_WHO_MISSES = {
    Standing.IN_VERSION: _("Not everyone: it stands in a version for some visitors, so others miss it."),
    Standing.REPLACED: _("Not everyone: those who get a version for some visitors miss it."),
}


class MustSeeFilterSet(WagtailFilterSet):
    show = django_filters.ChoiceFilter(
        label=_("Show"), choices=[(MISSED, _("Only what some visitors miss"))], empty_label=_("All")
    )

    class Meta:
        model = Segment
        fields: list[str] = []


class WhatColumn(Column):
    cell_template_name = f"{TEMPLATES}/cells/what.html"


class SeenByColumn(Column):
    cell_template_name = f"{TEMPLATES}/cells/seen_by.html"


class MustSeeReport(DeskReport):
    page_title = _("Everyone must see")
    header_icon = "warning"
    paginator_class = ObjectsPaginator
    template_name = f"{TEMPLATES}/must_see.html"
    index_url_name = "personalise_reports:must_see"
    index_results_url_name = "personalise_reports:must_see_results"
    filterset_class = MustSeeFilterSet
    nothing = _("Nothing that you may see is marked as what everyone must see.")
    columns = [
        WhereColumn("title", label=_("Where"), width="30%"),
        WhatColumn("text", label=_("What")),
        SeenByColumn("seen_by", label=_("Who sees it"), width="25%"),
        StatusColumn("status", label=_("Status"), width="15%"),
    ]
    list_export = ["title", "kind", "name", "text", "seen_by", "status"]
    export_headings = {
        "title": _("Where"),
        "kind": _("Kind of page or snippet"),
        "name": _("Block"),
        "text": _("What"),
        "seen_by": _("Who sees it"),
        "status": _("Status"),
    }
    export_filename = "everyone-must-see"

    @property
    def missed_only(self) -> bool:
        return self.chosen.get("show") == MISSED

    @cached_property
    def rows(self) -> MustSeeRows:
        return MustSeeRows(self.request.user, self.missed_only)

    def get_queryset(self) -> Chain:
        return objects_to_see(self.request.user, self.search_query, self.missed_only)

    def rows_of(self, objects: Sequence[Any]) -> list[MustSeeRow]:
        return self.rows.of(objects)
