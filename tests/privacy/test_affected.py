"""The pages that a group changes: live ones that anybody can read, on this site, as they stand now."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Model
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from wagtail.models import Page, PageViewRestriction, ReferenceIndex, Site

from tests.agency.models import AgencyPage, PlainPage
from tests.factories import hero, make_page, make_segment, personalised, raw_stream
from wagtail_personalise_gov.models import Goal, LocationRule, Segment, SegmentRule
from wagtail_personalise_gov.privacy.affected import AffectedPage, pages_affected


def affected(*slugs: str, host: str = "testserver") -> dict[str, list[AffectedPage]]:
    return pages_affected(RequestFactory().get("/", headers={"host": host}), slugs)


def titles(slug: str, host: str = "testserver") -> list[str]:
    return [page.title for page in affected(slug, host=host)[slug]]


def offer(*variants: tuple[Segment, str]) -> tuple[str, Any]:
    return ("offer", personalised(hero("Standard"), *((segment, hero(words)) for segment, words in variants)))


def test_a_page_with_a_version_for_the_group_is_named_and_one_for_others_is_not(
    agency_page: AgencyPage, plain_page: PlainPage, riverside: Segment
) -> None:
    hilltop = make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    make_page("Bins", offer((hilltop, "On Monday")), parent=agency_page.get_parent(), slug="bins")
    found = affected("riverside", "hilltop", "nobody")
    assert found == {
        "riverside": [AffectedPage("Flood", "/flood/", "en")],
        "hilltop": [AffectedPage("Bins", "/bins/", "en")],
        "nobody": [],
    }


def test_the_title_is_what_visitors_read_and_a_version_in_a_draft_does_not_count(
    home: AgencyPage, agency_page: AgencyPage, riverside: Segment
) -> None:
    hilltop = make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    page = AgencyPage.objects.get(pk=agency_page.pk)
    page.title, page.body = "Secret plans", raw_stream(offer((hilltop, "Later")))
    page.save_revision()
    assert titles("riverside") == ["Flood"]
    assert titles("hilltop") == []
    page.get_latest_revision().publish()
    assert titles("riverside") == []
    assert titles("hilltop") == ["Secret plans"]


@pytest.mark.parametrize("hidden", ["unpublished", "closed", "closed above"])
def test_a_page_that_not_everybody_can_read_is_not_named(
    home: AgencyPage, riverside: Segment, plain_page: PlainPage, hidden: str
) -> None:
    page = make_page("Staff only", offer((riverside, "Come in")), parent=plain_page, slug="staff")
    assert titles("riverside") == ["Staff only"]
    if hidden == "unpublished":
        page.unpublish()
    else:
        closed: Page = page if hidden == "closed" else plain_page
        PageViewRestriction.objects.create(page=closed, restriction_type=PageViewRestriction.LOGIN)
    assert titles("riverside") == []


def test_each_site_names_its_own_pages(agency_page: AgencyPage, riverside: Segment) -> None:
    root = Page.objects.get(depth=1)
    other = make_page("Other home", offer((riverside, "Hello")), parent=root, slug="other")
    Site.objects.create(hostname="other.example", root_page=other, site_name="Other")
    assert titles("riverside") == ["Flood"]
    assert titles("riverside", host="other.example") == ["Other home"]


def test_a_group_changes_the_pages_of_those_that_depend_on_it(home: AgencyPage, riverside: Segment) -> None:
    near = make_segment("near", SegmentRule(other=riverside))
    farther = make_segment("farther", SegmentRule(other=near, negated=True))
    draft = make_segment("draft", SegmentRule(other=riverside), live=False)
    make_page("For farther", offer((farther, "Hello")), parent=home, slug="farther")
    make_page("For a draft", offer((draft, "Hello")), parent=home, slug="draft")
    assert titles("riverside") == ["For farther"]
    assert titles("near") == ["For farther"]
    assert titles("farther") == ["For farther"]
    assert titles("draft") == []


def test_a_group_that_changes_nothing_changes_no_page(home: AgencyPage) -> None:
    learning = make_segment("learning", LocationRule(cities=["Riverside"]), learning=True)
    make_page("Flood", offer((learning, "Hello")), parent=home, slug="flood")
    assert titles("learning") == []


def test_a_version_within_a_version_and_in_a_column_counts(home: AgencyPage, riverside: Segment) -> None:
    hilltop = make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    inner = [{"type": "inner", "id": "a", "value": personalised("Standard", (riverside, "Inner"))}]
    make_page("Nested", ("nested", personalised([], (hilltop, inner))), parent=home, slug="nested")
    column = {"title": "Column", "offer": personalised(hero("Standard"), (hilltop, hero("Hello")))}
    make_page("Columns", ("column", column), parent=home, slug="columns")
    assert titles("riverside") == ["Nested"]
    assert titles("hilltop") == ["Columns", "Nested"]


def test_a_page_that_only_links_to_one_with_versions_does_not_count(agency_page: AgencyPage, home: AgencyPage) -> None:
    make_page("Links", ("hero", hero("See", page=agency_page.pk)), parent=home, slug="links")
    assert ReferenceIndex.get_references_to(agency_page).exists()
    assert titles("riverside") == ["Flood"]


def refers(user: Model, used: Model, path: str) -> None:
    """A row of the index, as if content of `user` named `used`: the agency has no snippet with streams."""
    users, kinds = ContentType.objects.get_for_model(user), ContentType.objects.get_for_model(used)
    ReferenceIndex.objects.create(
        base_content_type=ContentType.objects.get_for_model(Page) if isinstance(user, Page) else users,
        content_type=users,
        object_id=user.pk,
        to_content_type=kinds,
        to_object_id=used.pk,
        model_path=path,
        content_path=f"{path}.{user.pk}",
        content_path_hash=uuid4(),
    )


@pytest.mark.parametrize("live", [True, False])
def test_a_page_that_uses_a_snippet_with_versions_counts_unless_the_snippet_is_a_draft(
    home: AgencyPage, plain_page: PlainPage, agency_page: AgencyPage, riverside: Segment, live: bool
) -> None:
    inner = Goal.objects.create(name="Inner", slug="inner", live=live)
    outer = Goal.objects.create(name="Outer", slug="outer", live=True)
    refers(inner, riverside, "body.offer.variants.variant.segments.item")
    refers(outer, inner, "body.snippet")
    refers(plain_page, outer, "body.snippet")
    refers(home, riverside, "favourite")  # it names the group, and has no version for it
    assert titles("riverside") == (["Flood", "Plain"] if live else ["Flood"])


def test_a_group_that_asks_about_a_snippet_shows_it_nowhere(
    home: AgencyPage, agency_page: AgencyPage, riverside: Segment
) -> None:
    hilltop = make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    snippet = Goal.objects.create(name="Inner", slug="inner", live=True)
    refers(snippet, hilltop, "body.offer.variants.variant.segments.item")
    refers(riverside, snippet, "rules.item.snippet")
    assert titles("hilltop") == []


def test_forty_pages_cost_no_more_queries_than_one(home: AgencyPage, riverside: Segment) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            affected("riverside")
        return len(asked)

    make_page("Page 0", offer((riverside, "Hello")), parent=home, slug="page-0")
    affected("riverside")  # content types are read once
    one = queries()
    for number in range(1, 40):
        make_page(f"Page {number}", offer((riverside, "Hello")), parent=home, slug=f"page-{number}")
    assert queries() == one
    assert len(titles("riverside")) == 40
    assert one <= 8
