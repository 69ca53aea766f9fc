"""What is asked for before a segment is published, and what its editor hears if something is wrong with it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.utils import timezone
from wagtail.models import GroupApprovalTask, Workflow, WorkflowContentType, WorkflowTask

from tests.factories import make_segment
from wagtail_personalise_gov.editor.addresses import address_of, addresses_for
from wagtail_personalise_gov.models import FirstTimeVisitorRule, LocationRule, Segment, SegmentRule

from .forms import READY, Card, saved_cards, segment_form

pytestmark = pytest.mark.django_db

PUBLISH = {"action-publish": "1"}
RIVERSIDE: Card = (LocationRule, {"cities": "Riverside"})
HILLTOP: Card = (LocationRule, {"cities": "Hilltop"})
WARNING = "nobody sees anything of it"


def heard(desk: Client, address: str, form: dict[str, str]) -> str:
    response = desk.post(address, form, follow=True)
    assert response.status_code == 200
    return "\n".join(str(message) for message in response.context["messages"])


def test_a_new_segment_whose_rules_contradict_each_other(desk: Client) -> None:
    words = heard(desk, addresses_for("add", Segment), segment_form(RIVERSIDE, HILLTOP, **PUBLISH))
    assert Segment.objects.get().live
    assert WARNING in words
    assert "can’t both be true" in words


def test_a_segment_that_is_changed_so(desk: Client) -> None:
    segment = make_segment("riverside", LocationRule(cities=["Riverside"]))
    cards = saved_cards(segment)
    assert WARNING not in heard(desk, address_of("edit", segment), segment_form(*cards, slug="riverside", **PUBLISH))
    form = segment_form(*saved_cards(segment), HILLTOP, slug="riverside", **PUBLISH)
    assert WARNING in heard(desk, address_of("edit", segment), form)


def test_a_segment_without_rules(desk: Client) -> None:
    assert "It has no rules" in heard(desk, addresses_for("add", Segment), segment_form(**PUBLISH))


def test_one_that_works_and_a_draft_that_does_not_are_no_news(desk: Client) -> None:
    works = segment_form((FirstTimeVisitorRule, {}), **PUBLISH)
    assert WARNING not in heard(desk, addresses_for("add", Segment), works)
    draft = segment_form(RIVERSIDE, HILLTOP, slug="draft")
    assert WARNING not in heard(desk, addresses_for("add", Segment), draft)


def test_one_that_is_only_worth_a_look_is_told_so_and_not_that_nobody_is_in_it(desk: Client) -> None:
    draft = make_segment("draft", FirstTimeVisitorRule(), live=False)
    cards: list[Card] = [RIVERSIDE, (SegmentRule, {"other": str(draft.pk)})]
    words = heard(desk, addresses_for("add", Segment), segment_form(*cards, match="any", **PUBLISH))
    assert WARNING not in words
    assert "Have a look at this" in words
    assert "is a draft" in words


# What is asked for before


@pytest.mark.parametrize("name", sorted(READY))
def test_each_of_these_is_asked_for_before_a_segment_is_published(desk: Client, name: str) -> None:
    form = segment_form(RIVERSIDE, **{name: "", **PUBLISH})
    response = desk.post(addresses_for("add", Segment), form)
    assert response.status_code == 200
    [message] = response.context["form"].errors[name]
    assert message.startswith(("Say ", "Choose "))  # what to do, and not that the field is required
    assert list(response.context["form"].errors) == [name]
    assert not Segment.objects.exists()


def test_a_draft_needs_none_of_them(desk: Client) -> None:
    form = segment_form(RIVERSIDE, **dict.fromkeys(READY, ""))
    assert desk.post(addresses_for("add", Segment), form).status_code == 302
    assert desk.post(address_of("edit", Segment.objects.get()), form).status_code == 302


def test_autosave_needs_none_of_them(desk: Client) -> None:
    form = segment_form(RIVERSIDE, **dict.fromkeys(READY, ""))
    answer = desk.post(addresses_for("add", Segment), form, headers={"Accept": "application/json"})
    assert answer.json()["success"]


def test_a_day_of_review_that_is_past_is_asked_for_again(desk: Client) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    response = desk.post(addresses_for("add", Segment), segment_form(RIVERSIDE, review_by=str(yesterday), **PUBLISH))
    assert "is past" in response.context["form"].errors["review_by"][0]
    assert str(yesterday.year) in response.context["form"].errors["review_by"][0]
    assert (
        desk.post(addresses_for("add", Segment), segment_form(RIVERSIDE, review_by=str(yesterday))).status_code == 302
    )


def test_today_is_not_past(desk: Client) -> None:
    form = segment_form(RIVERSIDE, review_by=str(timezone.localdate()), **PUBLISH)
    assert desk.post(addresses_for("add", Segment), form).status_code == 302


def test_they_are_asked_for_before_it_is_submitted_too(desk: Client, admin: Any) -> None:
    task = GroupApprovalTask.objects.create(name="Approval")
    task.groups.add(Group.objects.create(name="Approvers"))
    workflow = Workflow.objects.create(name="Segments")
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=1)
    WorkflowContentType.objects.create(content_type=ContentType.objects.get_for_model(Segment), workflow=workflow)
    submit = {"action-submit": "1"}
    refused = desk.post(addresses_for("add", Segment), segment_form(RIVERSIDE, owner="", **submit))
    assert list(refused.context["form"].errors) == ["owner"]
    assert desk.post(addresses_for("add", Segment), segment_form(RIVERSIDE, **submit)).status_code == 302
    assert Segment.objects.get().current_workflow_state is not None


def test_code_publishes_what_it_likes() -> None:
    assert make_segment("bare", FirstTimeVisitorRule(), public_name="").live
