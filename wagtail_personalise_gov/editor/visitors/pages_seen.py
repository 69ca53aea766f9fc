"""The pages and sections that it makes a difference to have looked at: those that rules ask about, drafts' included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.apps import apps
from django.utils.translation import gettext

from ...compiling import current_ruleset
from ...models import PagesViewedRule, Segment
from ...models.addresses import PAGE_MODEL

PAGE, SECTION = "page", "section"
MAX_PAGES_ASKED = 200  # that are offered; a form with more is of no use to anybody
MAX_DRAFTS = 200  # of live segments that are looked into, the latest first


@dataclass(frozen=True, slots=True)
class PageSeen:
    """A page that a rule asks about, or a section: a page and all below it. `path` is its place in the tree."""

    kind: str
    number: int
    title: str
    path: str

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.number}"

    @property
    def words(self) -> str:
        return gettext("“%s” or a page below it") % self.title if self.kind == SECTION else self.title


def pages_asked_about() -> list[PageSeen]:
    """Those that rules ask about, by title. At most four queries."""
    asked = sorted(set(_asked_about()))
    numbers = sorted({number for _kind, number in asked})[:MAX_PAGES_ASKED]
    pages = {
        number: (title, path)
        for number, title, path in apps.get_model(PAGE_MODEL)
        .objects.filter(pk__in=numbers)
        .values_list("pk", "title", "path")
    }
    return sorted(
        (PageSeen(kind, number, *pages[number]) for kind, number in asked if number in pages),
        key=lambda page: (page.title.lower(), page.path, page.kind),
    )


def _asked_about() -> Iterator[tuple[str, int]]:
    watching = current_ruleset().watching
    for watched in (watching.visit, watching.ever):
        yield from ((PAGE, number) for number in watched.pages)
        yield from ((SECTION, number) for number in watched.sections)
    kinds = {PagesViewedRule.PAGE: PAGE, PagesViewedRule.SECTION: SECTION}
    rows = PagesViewedRule.objects.filter(page__isnull=False, what__in=kinds).order_by()
    yield from ((kinds[what], page) for what, page in rows.values_list("what", "page").distinct()[:MAX_PAGES_ASKED])
    # What is changed and not published stands in a revision, beside the rows of what is live.
    relation = PagesViewedRule._meta.get_field("segment").remote_field.get_accessor_name()
    drafts = Segment.objects.filter(live=True, has_unpublished_changes=True).order_by("-latest_revision")
    for content in drafts.values_list("latest_revision__content", flat=True)[:MAX_DRAFTS]:
        for row in (content or {}).get(relation, ()):
            if row.get("what") in kinds and isinstance(row.get("page"), int):
                yield kinds[row["what"]], row["page"]


def numbers_of(keys: Iterable[str], kind: str) -> list[int]:
    """The numbers of those keys that are of this kind."""
    return [int(number) for of, _dash, number in (key.partition("-") for key in keys) if of == kind]


def sections_around(pages: Sequence[PageSeen], seen: Iterable[int]) -> list[int]:
    """The numbers of the sections that these pages stand in: whoever looked at a page looked at its sections."""
    paths = [page.path for page in pages if page.number in set(seen)]
    return [page.number for page in pages if page.kind == SECTION and any(path.startswith(page.path) for path in paths)]
