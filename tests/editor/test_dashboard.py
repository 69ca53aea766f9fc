"""The panel on the admin's home page: what needs a hand, for those who have to do with segments."""

from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from wagtail_personalise_gov.editor.reports.broken import SOME, broken_segments
from wagtail_personalise_gov.models import LocationRule, PagesViewedRule, RulesetState, Segment

from ..agency.models import AgencyPage
from ..factories import make_page, make_segment
from .test_segments_report import in_order, use

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    cache.clear()


def notes(desk: Client) -> dict[str, str]:
    """The lines of the panel, with where they lead."""
    page = BeautifulSoup(desk.get(reverse("wagtailadmin_home")).content, "html.parser")
    report = reverse("personalise_reports:segments")
    links = page.select(f'main a[href^="{report}?"]')
    return {" ".join(link.get_text().split()): link["href"].removeprefix(report) for link in links}


def broken(slug: str) -> Segment:
    return in_order(slug, LocationRule(cities=["A"]), LocationRule(cities=["A"], negated=True))


def test_it_counts_what_needs_a_hand_and_leads_to_it(desk: Client, home: AgencyPage) -> None:
    use(home, in_order("draft", live=False), in_order("one", review_by="2020-01-01"), broken("two"), broken("three"))
    assert notes(desk) == {
        "Something is wrong with 2 segments": "?reason=broken",
        "1 segment is used, and only a draft": "?reason=draft-used",
        "The review of 1 segment is overdue": "?reason=overdue",
    }
    for address in notes(desk).values():
        assert "Name of" in desk.get(reverse("personalise_reports:segments") + address).content.decode()


def test_where_nothing_needs_a_hand_there_is_no_panel(desk: Client, home: AgencyPage) -> None:
    use(home, in_order("fine"))
    assert 'id="panel-personalisation' not in desk.get(reverse("wagtailadmin_home")).content.decode()
    assert notes(desk) == {}


def test_what_is_only_untidy_is_not_on_the_home_page(desk: Client, home: AgencyPage) -> None:
    make_segment("untidy", LocationRule(cities=["A"]), public_name="")  # no owner, no purpose, not used
    assert notes(desk) == {}
    assert "Name of untidy" in desk.get(reverse("personalise_reports:segments")).content.decode()


def test_it_is_for_those_who_have_to_do_with_segments(desk_of: Callable[..., Client]) -> None:
    in_order("one", review_by="2020-01-01")
    assert notes(desk_of("view_segment"))
    assert notes(desk_of("add_image")) == {}


def test_many_segments_cost_as_many_queries_as_few_and_rules_are_not_read_again(desk: Client) -> None:
    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            assert notes(desk)
        # The version of the ruleset is looked up once a second.
        return [query["sql"] for query in captured if "rulesetstate" not in query["sql"]]

    in_order("first", review_by="2020-01-01")
    queries()
    few = queries()
    for number in range(10):
        in_order(f"s{number}", review_by="2020-01-01")
    queries()
    many = queries()
    assert len(many) <= len(few)
    assert not any("locationrule" in sql for sql in many)


def test_of_very_many_segments_some_are_looked_at_each_time_until_all_are_known(desk: Client) -> None:
    for number in range(SOME + 3):
        segment = Segment.objects.create(name=f"s{number:03}", slug=f"s{number}", live=True)
        LocationRule.objects.create(segment=segment, cities=["A"])
    LocationRule.objects.create(segment=segment, cities=["A"], negated=True)
    assert notes(desk) == {}
    assert notes(desk) == {"Something is wrong with 1 segment": "?reason=broken"}


def test_what_changes_around_segments_is_found_though_none_of_them_changed(desk: Client, home: AgencyPage) -> None:
    page = make_page("Leaflet", parent=home)
    in_order("watchers", PagesViewedRule(page=page))
    use(home, Segment.objects.get(slug="watchers"))
    assert notes(desk) == {}
    page.delete()
    assert notes(desk) == {"Something is wrong with 1 segment": "?reason=broken"}


def test_of_very_many_it_is_found_after_some_visits_to_the_home_page(desk: Client, home: AgencyPage) -> None:
    page = make_page("Leaflet", parent=home)
    for number in range(SOME):
        in_order(f"s{number}", review_by="2020-01-01")
    in_order("watchers", PagesViewedRule(page=page))
    broken_segments()
    page.delete()
    told = [notes(desk).get("Something is wrong with 1 segment") for _visit in range(2)]
    assert told == [None, "?reason=broken"]
    with CaptureQueriesContext(connection) as captured:
        notes(desk)
    assert not any("pagesviewedrule" in query["sql"] for query in captured)  # all are known: none is looked at again


def test_those_that_were_looked_at_longest_ago_come_first_while_more_and_more_changes(
    desk: Client, home: AgencyPage
) -> None:
    page = make_page("Leaflet", parent=home)
    for number in range(SOME):
        in_order(f"s{number}")
    in_order("watchers", PagesViewedRule(page=page))
    broken_segments()
    page.delete()
    for _visit in range(2):
        RulesetState.renew()
        told = notes(desk)
    assert "Something is wrong with 1 segment" in told


def test_a_broken_segment_that_is_mended_is_forgotten(desk: Client) -> None:
    segment = broken("two")
    assert notes(desk)
    segment.match = Segment.ANY
    segment.save_revision().publish()
    assert notes(desk) == {}


def test_without_a_cache_it_works_too(desk: Client, settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    broken("two")

    def down(*args: object, **kwargs: object) -> None:
        raise ConnectionError

    monkeypatch.setattr("wagtail_personalise_gov.editor.reports.broken.cache.get", down)
    monkeypatch.setattr("wagtail_personalise_gov.editor.reports.broken.cache.set", down)
    assert len(broken_segments()) == 1
