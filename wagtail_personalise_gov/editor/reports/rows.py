"""The rows of the report on personalised content: each block of the objects shown, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils.text import capfirst
from django.utils.translation import gettext
from wagtail.admin.admin_url_finder import AdminURLFinder

from ...core.conditions import Condition
from ...core.contents import Version
from ...models import Segment
from ...models.streams import FoundContent, is_page, lookups_of_streams, personalised_in_revision, personalised_of
from ..versions.known import MOST_COMPARED, Comparing, Known, known_of
from ..versions.said import warnings_of
from .standing import Wanted, is_wanted, specific_model


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version: the segments that it is for, those that are gone left out, and what keeps it from being seen."""

    number: int
    segments: Sequence[Segment]
    warnings: Sequence[str]

    @property
    def name(self) -> str:
        return ", ".join(str(segment) for segment in self.segments) or gettext("no segment any more")


@dataclass(frozen=True)
class ContentRow:
    """A personalised block, where it stands, and its versions in their order."""

    instance: Any
    kind: str
    found: FoundContent
    versions: Sequence[VersionRow]
    form_address: str | None
    is_draft: bool

    @property
    def title(self) -> str:
        """Of unpublished changes, the title in these."""
        return str(getattr(self.instance, "draft_title", "") if self.is_draft else "") or str(self.instance)

    @cached_property
    def name(self) -> str:
        return self.found.name

    @property
    def address(self) -> str | None:
        """Of the block in the form, for those who may edit it."""
        if self.form_address is None or not self.found.place:
            return self.form_address
        return f"{self.form_address}#:w:contentpath={self.found.place}"

    @property
    def live(self) -> bool:
        return bool(getattr(self.instance, "live", True))

    @property
    def status(self) -> str:
        if not self.live:
            return gettext("Draft")
        if self.is_draft or getattr(self.instance, "has_unpublished_changes", False):
            return gettext("Live, with unpublished changes")
        return gettext("Live")

    @property
    def others_see(self) -> str:
        return gettext("Nothing") if self.found.content.nothing_for_others else gettext("The standard version")

    # For spreadsheets

    @property
    def versions_in_words(self) -> str:
        return "; ".join(f"{version.number}. {version.name}" for version in self.versions)

    @property
    def warnings_in_words(self) -> str:
        return " ".join(warning for version in self.versions for warning in version.warnings)


@dataclass
class ContentRows:
    """Makes rows of objects, some at a time. What it has found out about segments serves for all of them."""

    user: Any
    wanted: Wanted
    known: dict[int, Known] = field(default_factory=dict)
    conditions: dict[int, Condition] = field(default_factory=dict)
    asked: set[int] = field(default_factory=set)

    @cached_property
    def finder(self) -> AdminURLFinder:
        return AdminURLFinder(self.user)

    @cached_property
    def comparing(self) -> Comparing:
        return Comparing(self.conditions)

    def of(self, objects: Sequence[Any]) -> list[ContentRow]:
        """The rows of these objects, in their order. Queries: some for each model among them."""
        found = list(self._found(objects))
        keys = {key for _one, content in found for version in content.content.versions for key in version.segments}
        self._find_out(keys - self.asked)
        addresses = {id(one): self.finder.get_edit_url(one) for one, _content in found}
        return [
            ContentRow(
                one,
                str(capfirst((specific_model(one) or type(one))._meta.verbose_name)),
                content,
                list(self._versions(content.content.versions)),
                addresses[id(one)],
                self.wanted.drafts,
            )
            for one, content in found
        ]

    def _found(self, objects: Sequence[Any]) -> Iterator[tuple[Any, FoundContent]]:
        for one in objects if self.wanted.drafts else specific(objects):
            if self.wanted.drafts:
                model = specific_model(one)
                contents = personalised_in_revision(model, one.latest_revision.content) if model else iter(())
            else:
                contents = personalised_of(one)
            for content in contents:
                if is_wanted(content.content, self.wanted):
                    yield one, content

    def _find_out(self, keys: set[int]) -> None:
        """Of segments that are new here. As much may be compared for each lot of objects as for a page of the list."""
        found = known_of(keys)
        self.known |= found
        self.conditions |= {key: one.condition for key, one in found.items() if one.condition is not None}
        self.asked |= keys
        self.comparing.left = MOST_COMPARED

    def _versions(self, versions: Sequence[Version]) -> Iterator[VersionRow]:
        warnings = warnings_of([version.segments for version in versions], self.known, self.comparing)
        for number, (version, found) in enumerate(zip(versions, warnings, strict=True), start=1):
            segments = [self.known[key].segment for key in version.segments if key in self.known]
            yield VersionRow(number, segments, [warning.text for warning in found])


def specific(objects: Sequence[Any]) -> list[Any]:
    """The objects as their own kind of page or snippet, with inline children that may hold streams."""
    pages = [one for one in objects if is_page(type(one))]
    own: dict[Any, Any] = {}
    if pages:
        manager = type(pages[0])._default_manager
        own = {page.pk: page for page in manager.filter(pk__in=[page.pk for page in pages]).specific()}
    ready = [own.get(one.pk, one) if is_page(type(one)) else one for one in objects]
    for model, same in _by_model(ready).items():
        prefetch_related_objects(same, *lookups_of_streams(model))
    return ready


def _by_model(objects: Iterable[Any]) -> dict[type[Any], list[Any]]:
    grouped: dict[type[Any], list[Any]] = {}
    for one in objects:
        grouped.setdefault(type(one), []).append(one)
    return grouped
