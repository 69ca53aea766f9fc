"""An editor who publishes a segment that has nobody in it hears so at once."""

import pytest
from django.test import Client

from tests.factories import make_segment
from wagtail_personalise_gov.editor.addresses import address_of, addresses_for
from wagtail_personalise_gov.models import FirstTimeVisitorRule, LocationRule, Segment

from .forms import Card, saved_cards, segment_form

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
