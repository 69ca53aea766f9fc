"""Choosing a segment for content, or in a rule about another segment."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from wagtail_personalise_gov.models import Segment

from ..factories import make_segment

pytestmark = pytest.mark.django_db


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
