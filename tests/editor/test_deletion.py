"""What is used is not deleted."""

from typing import Any

import pytest
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse
from django.utils.http import urlencode

from wagtail_personalise_gov.editor.addresses import address_of
from wagtail_personalise_gov.models import FirstTimeVisitorRule, Intent, Segment, SegmentRule, VisitIntentRule

from ..agency.models import AgencyPage
from ..factories import make_intent, make_segment, personalised, raw_stream
from .forms import segment_form

pytestmark = pytest.mark.django_db


def bulk_delete(model: Any, *instances: Any) -> str:
    address = reverse("wagtail_bulk_action", args=["wagtail_personalise_gov", model._meta.model_name, "delete"])
    return f"{address}?{urlencode([('id', instance.pk) for instance in instances])}"


def test_a_segment_that_content_uses_is_not_deleted(desk: Client, agency_page: AgencyPage, riverside: Segment) -> None:
    for send in (desk.get, desk.post):
        page = send(address_of("delete", riverside)).content.decode()
        assert "so it can&#x27;t be deleted" in page
        edit = reverse("wagtailadmin_pages:edit", args=[agency_page.pk])
        assert f'<a href="{edit}">Flood</a>' in page
        assert f"{edit}#:w:contentpath=body." in page  # to the very block
        assert "Archive “Name of riverside”" in page
    assert Segment.objects.filter(pk=riverside.pk).exists()


def test_a_segment_that_another_asks_about_is_not_deleted(desk: Client) -> None:
    first = make_segment("first", FirstTimeVisitorRule())
    second = make_segment("second", SegmentRule(other=first))
    page = desk.post(address_of("delete", first)).content.decode()
    assert f'<a href="{address_of("edit", second)}">Name of second</a>' in page
    assert Segment.objects.count() == 2


def test_a_segment_that_only_a_draft_asks_about_is_not_deleted(desk: Client) -> None:
    first, second = make_segment("first", FirstTimeVisitorRule()), make_segment("second", FirstTimeVisitorRule())
    card = (SegmentRule, {"other": str(first.pk)})
    desk.post(address_of("edit", second), segment_form(card, slug="second", name="Second"))
    page = desk.post(address_of("delete", first)).content.decode()
    assert "in its unpublished changes" in page
    assert Segment.objects.count() == 2


def test_a_segment_that_only_the_draft_of_a_page_uses_is_not_deleted(
    desk: Client, home: AgencyPage, riverside: Segment
) -> None:
    """The live page does not name it, so Wagtail's reference index does not know."""
    home.body = raw_stream(("line", personalised("For all", (riverside, "By the river"))))
    home.save_revision()
    page = desk.post(address_of("delete", riverside)).content.decode()
    assert "in its unpublished changes" in page
    assert reverse("wagtailadmin_pages:edit", args=[home.pk]) in page
    home.body = raw_stream(("line", personalised("For all")))
    home.save_revision()
    desk.post(address_of("delete", riverside))
    assert not Segment.objects.exists()


def test_one_button_archives_it_instead(desk: Client, agency_page: AgencyPage, riverside: Segment) -> None:
    response = desk.get(address_of("delete", riverside))
    desk.post(response.context["archive_url"])
    riverside.refresh_from_db()
    assert riverside.archived
    assert "Sandbags" not in Client().get("/flood/").content.decode()
    # Once archived, there is nothing more to offer.
    page = desk.get(address_of("delete", riverside)).content.decode()
    assert "It is in the archive already" in page
    assert 'type="submit"' not in page.split("personalise-refused")[1]


def test_bulk_deletion_of_a_used_segment_deletes_none(
    desk: Client, agency_page: AgencyPage, riverside: Segment
) -> None:
    unused = make_segment("unused")
    for send in (desk.get, desk.post):
        response = send(bulk_delete(Segment, riverside, unused))
        page = response.content.decode()
        assert "“Name of riverside” is used here" in page
        assert "Delete only “Name of unused”, which is not used" in page
    assert Segment.objects.count() == 2
    desk.post(response.context["rest_url"])
    assert list(Segment.objects.all()) == [riverside]


def test_bulk_deletion_offers_to_archive_all_that_are_used(desk: Client) -> None:
    first = make_segment("first", FirstTimeVisitorRule())
    second = make_segment("second", SegmentRule(other=first))
    make_segment("third", SegmentRule(other=second))
    response = desk.get(bulk_delete(Segment, first, second))
    assert "Archive these 2 segments" in response.content.decode()
    desk.post(response.context["archive_url"])
    assert set(Segment.objects.filter(archived=True)) == {first, second}


def test_a_segment_that_nothing_uses_is_deleted(desk: Client) -> None:
    segment = make_segment("unused", FirstTimeVisitorRule())
    assert desk.get(address_of("delete", segment)).status_code == 200
    desk.post(address_of("delete", segment))
    other = make_segment("unused-too")
    desk.post(bulk_delete(Segment, other))
    assert not Segment.objects.exists()


def test_code_can_not_delete_a_used_segment_either(agency_page: AgencyPage, riverside: Segment) -> None:
    with pytest.raises(ProtectedError, match="is used by “Flood"):
        riverside.delete()
    with pytest.raises(ProtectedError):
        Segment.objects.filter(slug="riverside").delete()
    agency_page.delete()
    riverside.delete()
    assert not Segment.objects.exists()


def test_who_may_delete_but_not_publish_is_told_who_can_archive(
    desk_of: Any, agency_page: AgencyPage, riverside: Segment
) -> None:
    page = desk_of("delete_segment", "change_segment").get(address_of("delete", riverside)).content.decode()
    assert "Someone who may publish segments can archive it instead." in page


def test_a_page_that_the_editor_may_not_edit_is_not_named(
    desk_of: Any, agency_page: AgencyPage, riverside: Segment
) -> None:
    page = desk_of("delete_segment").get(address_of("delete", riverside)).content.decode()
    assert "Something that you may not edit" in page
    assert "Flood" not in page


@pytest.mark.parametrize("bulk", [False, True])
def test_an_intent_that_a_segment_asks_for_is_not_deleted(desk: Client, bulk: bool) -> None:
    intent = make_intent("start-a-business")
    segment = make_segment("starters", VisitIntentRule(intent=intent))
    address = bulk_delete(Intent, intent) if bulk else address_of("delete", intent)
    page = desk.post(address).content.decode()
    assert f'<a href="{address_of("edit", segment)}">' in page
    assert "Archive" not in page
    assert Intent.objects.filter(pk=intent.pk).exists()


def test_an_intent_with_others_below_it_is_not_deleted(desk: Client) -> None:
    business = make_intent("start-a-business")
    make_intent("restaurant", parent=business)
    assert "Restaurant" in desk.post(address_of("delete", business)).content.decode()
    assert Intent.objects.count() == 2
