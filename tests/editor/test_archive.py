"""The archive: out of use, and back."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from wagtail_personalise_gov.editor.addresses import address_of, addresses_for
from wagtail_personalise_gov.editor.segments.archiving import archive_address
from wagtail_personalise_gov.models import FirstTimeVisitorRule, Segment

from ..factories import make_segment
from .forms import saved_cards, segment_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def segment() -> Segment:
    return make_segment("new-parents", FirstTimeVisitorRule())


def test_archiving_asks_first(desk: Client, segment: Segment) -> None:
    assert "Nobody is in an archived segment." in desk.get(archive_address("archive", [segment])).content.decode()
    assert not Segment.objects.get().archived


def test_archiving_takes_a_segment_from_visitors_and_is_noted(desk: Client, segment: Segment) -> None:
    assert desk.post(archive_address("archive", [segment])).status_code == 302
    segment = Segment.objects.get()
    assert (segment.archived, segment.live, segment.status_string) == (True, False, "archived")
    entry = ModelLogEntry.objects.get(action="wagtail_personalise_gov.archive")
    assert (entry.user.username, entry.message) == ("admin", "Moved to the archive")
    assert "Moved to the archive" in desk.get(address_of("history", segment)).content.decode()


def test_restoring_makes_it_a_draft_again_and_is_noted(desk: Client, segment: Segment) -> None:
    segment.archive()
    assert desk.get(archive_address("restore", [segment])).status_code == 200
    desk.post(archive_address("restore", [segment]))
    segment = Segment.objects.get()
    assert (segment.archived, segment.live, segment.status_string) == (False, False, "draft")
    assert ModelLogEntry.objects.get(action="wagtail_personalise_gov.restore").user.username == "admin"


def test_an_archived_segment_is_locked_and_its_page_offers_to_restore_it(desk: Client, segment: Segment) -> None:
    segment.archive()
    page = desk.get(address_of("edit", segment)).content.decode()
    assert "This segment is in the archive." in page
    assert archive_address("restore", [segment]).replace("&", "&amp;") in page
    form = segment_form(*saved_cards(segment), name="Renamed", **{"action-publish": "1"})
    desk.post(address_of("edit", segment), form)
    segment = Segment.objects.get()
    assert (segment.archived, segment.live, segment.name) == (True, False, "Name of new-parents")


def test_saving_a_draft_from_before_does_not_bring_it_back(segment: Segment) -> None:
    """A revision holds every field, so without care an old one would say that the segment is not archived."""
    segment.name = "Changed"
    revision = segment.save_revision()
    Segment.objects.get().archive()
    draft = Segment.objects.get().get_latest_revision_as_object()
    assert draft.archived
    revision.refresh_from_db()
    revision.publish()
    assert Segment.objects.get().archived
    assert not Segment.objects.live_for_visitors().exists()


def test_what_was_scheduled_does_not_bring_it_back(segment: Segment) -> None:
    segment.go_live_at = timezone.now() + timedelta(days=1)
    revision = segment.save_revision()
    revision.publish()
    Segment.objects.get().archive()
    revision.refresh_from_db()
    assert revision.approved_go_live_at is None
    call_command("publish_scheduled")
    assert not Segment.objects.live_for_visitors().exists()


def test_archive_and_restore_are_offered_where_they_make_sense(desk: Client, segment: Segment) -> None:
    listing = desk.get(addresses_for("list", Segment)).content.decode()
    form = desk.get(address_of("edit", segment)).content.decode()
    archive, restore = archive_address("archive", [segment]), archive_address("restore", [segment])
    assert archive in listing
    assert archive in form
    assert restore not in listing + form
    segment.archive()
    listing = desk.get(addresses_for("list", Segment), {"status": "archived"}).content.decode()
    assert restore in listing
    assert archive not in listing


def test_archiving_a_live_segment_needs_the_permission_to_publish(desk_of: Any, segment: Segment) -> None:
    editor, publisher = desk_of("change_segment"), desk_of("change_segment", "publish_segment")
    assert archive_address("archive", [segment]) not in editor.get(address_of("edit", segment)).content.decode()
    assert editor.post(archive_address("archive", [segment])).status_code in (302, 403)
    assert not Segment.objects.get().archived
    publisher.post(archive_address("archive", [segment]))
    assert Segment.objects.get().archived


def test_what_somebody_else_has_locked_is_not_archived(desk: Client, desk_of: Any, segment: Segment) -> None:
    desk.post(reverse(Segment.snippet_viewset.get_url_name("lock"), args=[segment.pk]))
    others = desk_of("view_segment", "change_segment", "publish_segment")
    assert archive_address("archive", [segment]) not in others.get(addresses_for("list", Segment)).content.decode()
    others.post(archive_address("archive", [segment]))
    assert not Segment.objects.get().archived
    desk.post(archive_address("archive", [segment]))  # who locked it may
    assert Segment.objects.get().archived


def test_an_editor_may_archive_and_restore_a_draft(desk_of: Any) -> None:
    draft = make_segment("draft", live=False)
    editor = desk_of("change_segment")
    editor.post(archive_address("archive", [draft]))
    assert Segment.objects.get().archived
    editor.post(archive_address("restore", [draft]))
    assert not Segment.objects.get().archived


@pytest.mark.parametrize("query", ["", "?id=", "?id=x", "?id=0", "?id=²", f"?id={'9' * 40}", "?id=-1"])
def test_archiving_nothing_is_not_found(desk: Client, query: str) -> None:
    for view in ("archive", "restore"):
        assert desk.get(addresses_for(view, Segment) + query).status_code == 404
        assert desk.post(addresses_for(view, Segment) + query).status_code == 404


def test_the_way_back_stays_on_this_site(desk: Client, segment: Segment) -> None:
    response = desk.post(archive_address("archive", [segment], "https://elsewhere.example/"))
    assert response["Location"] == addresses_for("list", Segment)
