"""Segments go out of the admin as a file."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from wagtail_personalise_gov.editor.addresses import address_of, addresses_for
from wagtail_personalise_gov.models import (
    FirstTimeVisitorRule,
    LocationRule,
    RuleTypeInUse,
    Segment,
    SegmentRule,
    VisitIntentRule,
)
from wagtail_personalise_gov.portable import export_segments, to_text

from ...factories import make_intent, make_segment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("searchable")]


def export_address(**query: Any) -> tuple[str, dict[str, Any]]:
    return addresses_for("export", Segment), query


def slugs_in(response: HttpResponse) -> set[str]:
    return {entry["slug"] for entry in json.loads(response.content)["segments"]}


def test_the_list_is_exported_as_a_file_that_the_command_would_write(desk: Client) -> None:
    make_segment("one", LocationRule(cities=["Riverside"]))
    make_segment("two", FirstTimeVisitorRule(), live=False)
    response = desk.get(*export_address())
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Content-Disposition"].startswith('attachment; filename="segments-')
    assert response.content.decode() == to_text(export_segments())


def test_what_the_list_leaves_out_the_file_leaves_out(desk: Client) -> None:
    make_segment("live-one")
    make_segment("draft-one", live=False)
    make_segment("archived-one").archive()
    assert slugs_in(desk.get(*export_address())) == {"live-one", "draft-one"}
    assert slugs_in(desk.get(*export_address(status="draft"))) == {"draft-one"}
    assert slugs_in(desk.get(*export_address(status="archived"))) == {"archived-one"}
    assert slugs_in(desk.get(*export_address(q="draft"))) == {"draft-one"}


def test_the_file_has_what_stands_on_all_pages_of_the_list(desk: Client) -> None:
    for number in range(25):
        make_segment(f"s{number}")
    assert len(slugs_in(desk.get(*export_address(p=1)))) == 25


def test_the_list_leads_to_the_file_of_what_it_shows(desk: Client) -> None:
    make_segment("one")
    page = desk.get(addresses_for("list", Segment), {"status": "draft", "p": "1"}).content.decode()
    assert f'href="{addresses_for("export", Segment)}?status=draft"' in page
    assert "Export these as a file" in page


def test_one_segment_takes_with_it_what_its_rules_ask_about(desk: Client) -> None:
    start = make_intent("start")
    make_intent("unasked")
    deep = make_segment("deep", VisitIntentRule(intent=start))
    inner = make_segment("inner", SegmentRule(other=deep))
    one = make_segment("one", SegmentRule(other=inner))
    make_segment("other")
    response = desk.get(reverse(Segment.snippet_viewset.get_url_name("export_one"), args=[one.pk]))
    assert slugs_in(response) == {"one", "inner", "deep"}
    assert [entry["slug"] for entry in json.loads(response.content)["intents"]] == ["start"]
    assert response.headers["Content-Disposition"] == 'attachment; filename="one.json"'


@pytest.mark.parametrize("view", ["edit", "inspect"])
def test_a_segment_leads_to_its_file(desk: Client, view: str) -> None:
    one = make_segment("one")
    own = reverse(Segment.snippet_viewset.get_url_name("export_one"), args=[one.pk])
    assert f'href="{own}"' in desk.get(address_of(view, one)).content.decode()
    assert f'href="{own}"' in desk.get(addresses_for("list", Segment)).content.decode()


def bulk_address() -> str:
    return reverse("wagtail_bulk_action", args=["wagtail_personalise_gov", "segment", "export"])


def test_ticked_segments_are_exported(desk: Client) -> None:
    one, two = make_segment("one"), make_segment("two")
    make_segment("three")
    assert slugs_in(desk.get(bulk_address(), {"id": [one.pk, two.pk]})) == {"one", "two"}
    assert slugs_in(desk.get(bulk_address(), {"id": "all"})) == {"one", "two", "three"}


def test_a_segment_that_no_file_can_hold_is_a_page_that_says_so(desk: Client) -> None:
    one = make_segment("one", FirstTimeVisitorRule())
    RuleTypeInUse.objects.create(segment=one, rule_type="weather.WeatherRule")
    response = desk.get(*export_address())
    assert response.status_code == 409
    assert "segment “one”: It has rules whose type is not installed: weather.WeatherRule" in response.content.decode()
    assert "Content-Disposition" not in response.headers


def test_a_file_is_for_those_who_may_read_segments(desk_of: Callable[..., Client]) -> None:
    one = make_segment("one")
    addresses = [
        addresses_for("export", Segment),
        reverse(Segment.snippet_viewset.get_url_name("export_one"), args=[one.pk]),
        f"{bulk_address()}?id={one.pk}",
    ]
    for codename in ("view_segment", "change_segment"):
        reader = desk_of(codename)
        assert [reader.get(address).status_code for address in addresses] == [200, 200, 200]
    for codenames in ((), ("add_segment",), ("change_page",)):
        stranger = desk_of(*codenames)
        assert all("one" not in stranger.get(address).content.decode() for address in addresses)
        assert all(stranger.get(address).status_code in {302, 403} for address in addresses)


def test_an_export_makes_the_same_queries_whatever_the_number_of_segments(desk: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(*export_address()).status_code == 200
        return len(captured)

    make_segment("s0", LocationRule(cities=["Riverside"]))
    queries()
    few = queries()
    for number in range(1, 20):
        make_segment(f"s{number}", LocationRule(cities=["Riverside"]))
    assert queries() == few
