"""Everything that Wagtail offers for a snippet works for segments and their rules."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import GroupApprovalTask, Workflow, WorkflowContentType, WorkflowTask

from wagtail_personalise_gov.editor.addresses import address_of, addresses_for
from wagtail_personalise_gov.models import FirstTimeVisitorRule, LocationRule, Segment

from ..factories import make_segment
from .forms import saved_cards, segment_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def segment() -> Segment:
    """Live, with a draft on top of it whose rules are others."""
    in_riverside = LocationRule(cities=["Riverside"])
    segment = make_segment("riverside", in_riverside, purpose="To help in a flood.", by_editor=True)
    draft = Segment.objects.get(pk=segment.pk)
    draft.wagtail_personalise_gov_locationrule_rules = []
    draft.wagtail_personalise_gov_firsttimevisitorrule_rules = [FirstTimeVisitorRule()]
    draft.save_revision()
    return Segment.objects.get(pk=segment.pk)


def name(view: str) -> str:
    return str(Segment.snippet_viewset.get_url_name(view))


@pytest.mark.parametrize(
    "view", ["edit", "delete", "usage", "history", "history_results", "copy", "inspect", "unpublish"]
)
def test_each_view_of_a_segment_opens(desk: Client, segment: Segment, view: str) -> None:
    assert desk.get(address_of(view, segment)).status_code == 200


@pytest.mark.parametrize("view", ["list", "list_results", "add"])
def test_each_view_of_all_segments_opens(desk: Client, segment: Segment, view: str) -> None:
    assert desk.get(addresses_for(view, Segment)).status_code == 200


def test_revisions_are_compared_rule_by_rule(desk: Client, segment: Segment) -> None:
    response = desk.get(reverse(name("revisions_compare"), args=[segment.pk, "live", "latest"]))
    page = response.content.decode()
    assert response.status_code == 200
    assert "Location" in page
    assert "Riverside" in page
    assert "First-time visitor" in page


def test_an_earlier_revision_can_be_reviewed_and_brought_back(desk: Client, segment: Segment) -> None:
    first = segment.revisions.order_by("pk").first()
    revert = desk.get(reverse(name("revisions_revert"), args=[segment.pk, first.pk]))
    assert revert.status_code == 200
    assert "They seem to be in Riverside" in revert.content.decode()
    view = desk.get(reverse(name("revisions_view"), args=[segment.pk, first.pk]))
    assert "They seem to be in Riverside" in view.content.decode()


def test_a_segment_can_be_locked_and_unlocked(desk: Client, segment: Segment) -> None:
    desk.post(address_of("lock", segment))
    assert Segment.objects.get().locked
    assert desk.get(address_of("edit", segment)).status_code == 200
    desk.post(address_of("unlock", segment))
    assert not Segment.objects.get().locked


def test_a_segment_can_be_scheduled_and_unscheduled(desk: Client, segment: Segment) -> None:
    tomorrow = (timezone.localtime() + timedelta(days=1)).strftime("%Y-%m-%d %H:%M")
    form = segment_form(*saved_cards(segment), slug="riverside", go_live_at=tomorrow, **{"action-publish": "1"})
    assert desk.post(address_of("edit", segment), form).status_code == 302
    revision = Segment.objects.get().scheduled_revision
    assert desk.get(address_of("edit", segment)).status_code == 200
    address = reverse(name("revisions_unschedule"), args=[segment.pk, revision.pk])
    assert desk.get(address).status_code == 200
    desk.post(address)
    assert Segment.objects.get().scheduled_revision is None


def test_a_segment_goes_through_a_workflow_with_its_rules(desk: Client, admin: User) -> None:
    workflow = Workflow.objects.create(name="Check")
    task = GroupApprovalTask.objects.create(name="Legal")
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=1)
    WorkflowContentType.objects.create(workflow=workflow, content_type=ContentType.objects.get_for_model(Segment))
    desk.post(addresses_for("add", Segment), segment_form((FirstTimeVisitorRule, {}), **{"action-submit": "1"}))
    segment = Segment.objects.get()
    assert segment.workflow_in_progress
    state = segment.current_workflow_task_state
    assert desk.get(address_of("edit", segment)).status_code == 200
    assert desk.get(reverse(name("workflow_preview"), args=[segment.pk, task.pk])).status_code == 200
    assert desk.get(address_of("workflow_history", segment)).status_code == 200
    desk.post(reverse(name("workflow_action"), args=[segment.pk, "approve", state.pk]), {"comment": ""})
    segment = Segment.objects.get()
    assert segment.live
    assert segment.in_words().sentences == ("This is their first visit",)


def test_a_copy_has_rules_of_its_own_and_a_slug_of_its_own(desk: Client, segment: Segment) -> None:
    make_segment("riverside-2")
    form = desk.get(address_of("copy", segment)).context["form"]
    assert form["slug"].value() == "riverside-3"
    assert form["name"].value() == "Name of riverside (copy)"
    assert not form.fields["slug"].disabled
    cards = saved_cards(segment)
    desk.post(addresses_for("add", Segment), segment_form(*cards, slug="riverside-3", **{"action-publish": "1"}))
    copy = Segment.objects.get(slug="riverside-3")
    assert copy.in_words() == segment.in_words()
    assert {rule.pk for rule in copy.get_rules()}.isdisjoint(rule.pk for rule in segment.get_rules())
    assert Segment.objects.get(slug="riverside").in_words().sentences == ("They seem to be in Riverside",)


def test_inspecting_says_who_is_in_it_in_words(desk_of: Any, segment: Segment) -> None:
    page = desk_of("view_segment").get(address_of("inspect", segment)).content.decode()
    assert "Who is in it" in page
    assert "They seem to be in Riverside" in page
    assert "None" not in re.sub(r"<[^>]+>", "", page)


def test_the_preview_says_who_is_in_it_in_words(desk: Client) -> None:
    address = addresses_for("preview_on_add", Segment)
    form = segment_form((FirstTimeVisitorRule, {}), public_name="New here?", public_explanation="A warm welcome.")
    assert desk.post(address, form).json() == {"is_valid": True, "is_available": True}
    page = desk.get(address).content.decode()
    assert "This is their first visit" in page
    assert "New here?" in page
    assert "People on their first visit here" in page
    assert "A warm welcome." in page


def test_the_preview_of_a_rule_that_is_not_finished_stands(desk: Client) -> None:
    draft = make_segment("draft", live=False)
    draft.wagtail_personalise_gov_visitintentrule_rules = []
    address = address_of("preview_on_edit", draft)
    assert desk.post(address, segment_form(slug="draft")).status_code == 200
    assert "Nobody: it has no rules." in desk.get(address).content.decode()
