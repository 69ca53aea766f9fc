"""The list of segments."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from wagtail_personalise_gov.compiling import pause
from wagtail_personalise_gov.editor.addresses import address_of, addresses_for
from wagtail_personalise_gov.models import (
    FirstTimeVisitorRule,
    LocationRule,
    ReferrerRule,
    Segment,
    SegmentRule,
    VisitIntentRule,
)

from ..agency.models import AgencyPage
from ..factories import make_intent, make_segment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("searchable")]


def listed(desk: Client, **query: Any) -> list[str]:
    """The slugs of the segments on the first page of the list, in its order."""
    response = desk.get(addresses_for("list", Segment), query)
    assert response.status_code == 200
    return [segment.slug for segment in response.context["object_list"]]


def test_each_segment_says_who_is_in_it(desk: Client) -> None:
    make_segment("riverside", LocationRule(cities=["Riverside"]), FirstTimeVisitorRule(negated=True), match="any")
    make_segment("empty")
    page = desk.get(addresses_for("list", Segment)).content.decode()
    assert "Visitors of whom any of these is true:" in page
    assert "<li>They seem to be in Riverside</li>" in page
    assert f"<li>{FirstTimeVisitorRule(negated=True).sentence()}</li>" in page
    assert "Nobody: it has no rules." in page
    assert "so nobody is in it" not in page  # once is enough


def test_each_segment_says_how_often_it_is_used_and_leads_there(desk: Client, agency_page: AgencyPage) -> None:
    riverside = Segment.objects.get(slug="riverside")
    make_segment("others", SegmentRule(other=riverside, negated=True))
    page = desk.get(addresses_for("list", Segment)).content.decode()
    assert f'<a href="{address_of("usage", riverside)}">' in page
    assert "Used in 2 places" in page
    assert "Not used" in page


def test_who_may_not_see_the_uses_sees_only_their_number(desk_of: Any, agency_page: AgencyPage) -> None:
    page = desk_of("view_segment").get(addresses_for("list", Segment)).content.decode()
    assert "Used in 1 place" in page
    assert address_of("usage", Segment.objects.get(slug="riverside")) not in page


def test_each_segment_says_its_status(desk: Client) -> None:
    make_segment("live-one")
    make_segment("draft-one", live=False)
    soon = timezone.now() + timedelta(days=2)
    scheduled = make_segment("scheduled-one", live=False)
    scheduled.go_live_at = soon
    scheduled.save_revision().publish()
    make_segment("overdue-one", review_by=timezone.localdate() - timedelta(days=1))
    make_segment("due-today", review_by=timezone.localdate())
    response = desk.get(addresses_for("list", Segment))
    statuses = {segment.slug: segment.status_string for segment in response.context["table"].data}
    assert statuses == {
        "live-one": "live",
        "draft-one": "draft",
        "scheduled-one": "scheduled",
        "overdue-one": "live",
        "due-today": "live",
    }
    assert response.content.decode().count("Review overdue</p>") == 1


def test_archived_segments_are_left_out_unless_they_are_asked_for(desk: Client) -> None:
    make_segment("kept")
    make_segment("gone").archive()
    assert listed(desk) == ["kept"]
    assert listed(desk, status="nonsense") == ["kept"]
    assert listed(desk, status="archived") == ["gone"]
    assert listed(desk, status=["archived", "live"]) == ["gone", "kept"]


def test_the_list_can_be_narrowed_to_a_status(desk: Client) -> None:
    make_segment("live-one")
    make_segment("draft-one", live=False)
    changed = make_segment("changed-one")
    changed.purpose = "Another"
    changed.save_revision()
    scheduled = make_segment("scheduled-one", live=False)
    scheduled.go_live_at = timezone.now() + timedelta(days=2)
    scheduled.save_revision().publish()
    make_segment("overdue-one", review_by=timezone.localdate() - timedelta(days=1))
    make_segment("archived-one", review_by=timezone.localdate() - timedelta(days=1)).archive()
    assert listed(desk, status="live") == ["changed-one", "live-one", "overdue-one"]
    assert listed(desk, status="draft") == ["draft-one", "scheduled-one"]
    assert listed(desk, status="changed") == ["changed-one"]
    assert listed(desk, status="scheduled") == ["scheduled-one"]
    assert listed(desk, status="overdue") == ["overdue-one"]


def test_segments_are_found_by_name_slug_and_owner(desk: Client) -> None:
    make_segment("riverside", name="People by the river", owner="Floods team")
    make_segment("hilltop", name="People on the hill", owner="Roads team")
    assert listed(desk, q="river") == ["riverside"]
    assert listed(desk, q="hilltop") == ["hilltop"]
    assert listed(desk, q="Floods") == ["riverside"]
    assert listed(desk, q="nobody") == []


@pytest.mark.parametrize("query", [{}, {"q": "Name"}, {"status": "live"}, {"export": "csv"}])
def test_the_list_makes_the_same_queries_whatever_the_number_of_segments(desk: Client, query: dict[str, str]) -> None:
    intent, other = make_intent("start-a-business"), make_segment("other", FirstTimeVisitorRule())

    def rules() -> list[Any]:
        return [
            LocationRule(cities=["Riverside"]),
            ReferrerRule(kinds=["search"]),
            VisitIntentRule(intent=intent),
            SegmentRule(other=other),
        ]

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            response = desk.get(addresses_for("list", Segment), query)
            b"".join(response.streaming_content) if response.streaming else response.content
        return len(captured)

    make_segment("s1", *rules())
    queries()  # content types and permissions are read once
    few = queries()
    for number in range(2, 51):
        make_segment(f"s{number}", *rules(), live=number % 3 != 0)
    assert queries() == few


def test_the_list_can_be_exported_with_rules_in_words(desk: Client) -> None:
    make_segment("riverside", LocationRule(cities=["Riverside"]), owner="Floods team")
    response = desk.get(addresses_for("list", Segment), {"export": "csv"})
    [row] = csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode()))
    assert row["Who is in it"] == "Visitors of whom this is true: They seem to be in Riverside"
    assert (row["Status"], row["Used"], row["Owner"]) == ("live", "0", "Floods team")
    assert desk.get(addresses_for("list", Segment), {"export": "xlsx"}).status_code == 200


def test_the_list_says_that_personalisation_is_paused(desk: Client) -> None:
    assert "Personalisation is paused" not in desk.get(addresses_for("list", Segment)).content.decode()
    pause(by="Ada Byron")
    page = desk.get(addresses_for("list", Segment)).content.decode()
    assert "Personalisation is paused" in page
    assert "Paused by Ada Byron." in page


def test_a_rule_that_fails_does_not_take_the_list_down(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    make_segment("riverside", LocationRule(cities=["Riverside"]), FirstTimeVisitorRule())

    def fail(self: Any) -> str:
        raise RuntimeError("a third party's bug")

    monkeypatch.setattr(LocationRule, "sentence", fail)
    page = desk.get(addresses_for("list", Segment)).content.decode()
    assert "<li>Location</li>" in page
    assert "<li>This is their first visit</li>" in page
