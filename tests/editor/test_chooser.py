"""Choosing a segment for content, or in a rule about another segment."""

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import Page, Site

from wagtail_personalise_gov.models import LocationRule, Rule, Segment, SiteRule

from ..factories import make_page, make_segment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("searchable")]


def address(view: str, *args: object) -> str:
    return reverse(Segment.snippet_viewset.chooser_viewset.get_url_name(view), args=args)


@pytest.mark.parametrize("view", ["choose", "choose_results"])
def test_archived_segments_are_not_offered_and_drafts_say_so(desk: Client, view: str) -> None:
    make_segment("live-one")
    make_segment("draft-one", live=False)
    make_segment("archived-one").archive()
    response = desk.get(address(view))
    page = response.json()["html"] if view == "choose" else response.content.decode()
    assert "Name of live-one" in page
    assert "Name of draft-one" in page
    assert "Name of archived-one" not in page
    assert page.index("Name of draft-one") < page.index("draft\n") < page.index("Name of live-one")


def test_archived_segments_are_not_found_by_searching_either(desk: Client) -> None:
    make_segment("archived-one").archive()
    make_segment("live-one")
    page = desk.get(address("choose_results"), {"q": "Name"}).content.decode()
    assert "Name of live-one" in page
    assert "Name of archived-one" not in page


def test_a_chosen_draft_is_shown_as_one(desk: Client) -> None:
    draft, live = make_segment("draft-one", live=False), make_segment("live-one")
    assert desk.get(address("chosen", draft.pk)).json()["result"]["string"] == "Name of draft-one (draft)"
    assert desk.get(address("chosen", live.pk)).json()["result"]["string"] == "Name of live-one"


def test_the_chooser_makes_the_same_queries_whatever_the_number_of_segments(desk: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(address("choose_results")).status_code == 200
        return len(captured)

    make_segment("s0")
    queries()
    few = queries()
    for number in range(1, 20):
        make_segment(f"s{number}", live=number % 2 == 0)
    assert queries() == few


# Several sites


@pytest.fixture
def two_sites(home: Page) -> tuple[Site, Site]:
    """The agency's own site, and one of the museum."""
    museum = make_page("Museum", parent=home, slug="museum")
    return Site.objects.get(), Site.objects.create(hostname="museum.example.org", root_page=museum, site_name="Museum")


def offered(desk: Client, **query: object) -> set[str]:
    """The slugs of the segments that the chooser offers."""
    page = desk.get(address("choose_results"), query).content.decode()
    return set(re.findall(r"Name of ([a-z0-9-]+)\s*</a>", page))


def test_where_there_is_one_site_the_chooser_does_not_ask_for_one(desk: Client, home: Page) -> None:
    make_segment("one")
    assert 'name="site"' not in desk.get(address("choose")).json()["html"]
    assert offered(desk, site=Site.objects.get().pk) == {"one"}


def test_where_there_are_several_the_chooser_asks_for_one(desk: Client, two_sites: tuple[Site, Site]) -> None:
    form = desk.get(address("choose")).json()["html"]
    assert 'name="site"' in form
    assert "All sites" in form
    assert "Museum" in form


@pytest.mark.parametrize(
    "match, rules, on_agency, on_museum",
    [
        ("all", [], True, True),  # not limited to any site
        ("all", ["elsewhere"], True, True),
        ("all", ["on agency", "elsewhere"], True, False),
        ("all", ["not on agency"], False, True),
        ("all", ["on agency", "on museum"], False, False),  # nobody looks at two sites at once
        ("any", ["on agency"], True, False),
        ("any", ["on agency", "on museum"], True, True),
        ("any", ["on agency", "elsewhere"], True, True),  # whoever is abroad is in it, on every site
        ("any", ["not on museum"], True, False),
    ],
)
def test_a_site_leaves_out_the_segments_that_nobody_on_it_can_be_in(
    desk: Client, two_sites: tuple[Site, Site], match: str, rules: list[str], on_agency: bool, on_museum: bool
) -> None:
    agency, museum = two_sites
    written: dict[str, Callable[[], Rule]] = {
        "on agency": lambda: SiteRule(site=agency),
        "not on agency": lambda: SiteRule(site=agency, negated=True),
        "on museum": lambda: SiteRule(site=museum),
        "not on museum": lambda: SiteRule(site=museum, negated=True),
        "elsewhere": lambda: LocationRule(countries=["FR"]),
    }
    make_segment("one", *(written[rule]() for rule in rules), match=match)
    assert offered(desk) == {"one"}
    assert (offered(desk, site=agency.pk) == {"one"}) is on_agency
    assert (offered(desk, site=museum.pk) == {"one"}) is on_museum


def test_a_segment_for_a_site_that_was_deleted_is_of_use_on_none(desk: Client, two_sites: tuple[Site, Site]) -> None:
    agency, museum = two_sites
    third = Site.objects.create(hostname="third.example.org", root_page=museum.root_page, port=8080)
    make_segment("one", SiteRule(site=third))
    third.delete()
    assert offered(desk) == {"one"}
    assert offered(desk, site=agency.pk) == set()


def test_a_site_and_words_are_searched_together(desk: Client, two_sites: tuple[Site, Site]) -> None:
    agency, museum = two_sites
    make_segment("flood-agency", SiteRule(site=agency))
    make_segment("flood-museum", SiteRule(site=museum))
    make_segment("parents-museum", SiteRule(site=museum))
    assert offered(desk, site=museum.pk, q="flood") == {"flood-museum"}


def test_a_site_that_is_none_is_no_error(desk: Client, two_sites: tuple[Site, Site]) -> None:
    make_segment("one")
    assert offered(desk, site="x") == {"one"}


def test_the_chooser_for_a_site_makes_the_same_queries_whatever_the_number_of_segments(
    desk: Client, two_sites: tuple[Site, Site]
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            offered_now = desk.get(address("choose_results"), {"site": two_sites[1].pk, "q": "Name"})
        assert offered_now.status_code == 200
        return len(captured)

    make_segment("s0", SiteRule(site=two_sites[1]))
    queries()
    few = queries()
    for number in range(1, 20):
        make_segment(f"s{number}", SiteRule(site=two_sites[number % 2]))
    assert queries() == few
