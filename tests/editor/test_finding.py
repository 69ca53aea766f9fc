"""The list of segments, searched and filtered at the same time."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.models import Page, Site

from wagtail_personalise_gov.editor.addresses import addresses_for
from wagtail_personalise_gov.models import Segment, SiteRule

from ..factories import make_page, make_segment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("searchable")]


@pytest.fixture
def museum(home: Page) -> Site:
    """The second site of two."""
    page = make_page("Museum", parent=home, slug="museum")
    return Site.objects.create(hostname="museum.example.org", root_page=page, site_name="Museum")


def listed(desk: Client, **query: object) -> set[str]:
    """The slugs of the segments in the list."""
    page = desk.get(addresses_for("list_results", Segment), query).content.decode()
    return set(re.findall(r"Name of ([a-z0-9-]+)\s*<", page))


@pytest.mark.parametrize(
    "status, found",
    [
        ("live", {"flood-one", "flood-late"}),
        ("learning", {"flood-one"}),
        ("draft", {"flood-two"}),
        ("scheduled", set()),
        ("moderation", set()),
        ("overdue", {"flood-late"}),
        ("archived", {"flood-old"}),
    ],
)
def test_words_and_a_status_are_looked_for_together(desk: Client, status: str, found: set[str]) -> None:
    make_segment("flood-one", learning=True)
    make_segment("flood-two", live=False)
    make_segment("flood-late", review_by="2020-01-01")
    make_segment("flood-old").archive()
    make_segment("parents", learning=True, review_by="2020-01-01")
    assert listed(desk, q="flood", status=status) == found


def test_the_list_can_be_narrowed_to_what_is_of_use_on_a_site(desk: Client, museum: Site) -> None:
    make_segment("everywhere")
    make_segment("museum-only", SiteRule(site=museum))
    make_segment("not-museum", SiteRule(site=museum, negated=True))
    assert listed(desk) == {"everywhere", "museum-only", "not-museum"}
    assert listed(desk, site=museum.pk) == {"everywhere", "museum-only"}
    assert listed(desk, site=museum.pk, q="only") == {"museum-only"}


def test_where_there_is_one_site_the_list_does_not_ask_for_one(desk: Client, home: Page) -> None:
    make_segment("one", SiteRule(site=Site.objects.get(), negated=True))
    assert 'name="site"' not in desk.get(addresses_for("list", Segment)).content.decode()
    assert listed(desk, site=Site.objects.get().pk) == {"one"}


def test_a_list_searched_and_filtered_makes_the_same_queries_whatever_is_found(desk: Client, museum: Site) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            listed(desk, q="Name", site=museum.pk, status="live")
        return len(captured)

    make_segment("s0", SiteRule(site=museum))
    queries()
    few = queries()
    for number in range(1, 20):
        make_segment(f"s{number}", SiteRule(site=museum))
    assert queries() == few
