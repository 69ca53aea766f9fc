"""Two revisions of a segment side by side, and the way back to an earlier one."""

import html
import re
from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.test import Client
from django.urls import reverse
from wagtail.models import ReferenceIndex

from wagtail_personalise_gov.editor.addresses import address_of
from wagtail_personalise_gov.models import (
    FirstTimeVisitorRule,
    LocationRule,
    PathRule,
    Segment,
    SegmentRule,
    VisitIntentRule,
)

from ..agency.models import AgencyPage
from ..factories import committed, make_intent, make_page, make_segment
from .forms import Card, saved_cards, segment_form

pytestmark = pytest.mark.django_db


def save_draft(desk: Client, segment: Segment, *cards: Card, **fields: Any) -> None:
    form = segment_form(*cards, **{"slug": segment.slug, "name": segment.name, **fields})
    assert desk.post(address_of("edit", segment), form).status_code == 302


def compared(desk: Client, segment: Segment) -> str:
    address = reverse(
        segment.snippet_viewset.get_url_name("revisions_compare"), args=[quote(segment.pk), "earliest", "latest"]
    )
    response = desk.get(address)
    assert response.status_code == 200
    table = response.content.decode().split('<table class="listing')[1].split("</table>")[0]
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", table)))


@pytest.fixture
def riverside(db: None) -> Segment:
    return make_segment("riverside", LocationRule(cities=["Riverside"]), by_editor=True)


def test_a_rule_that_was_added(desk: Client, riverside: Segment) -> None:
    save_draft(desk, riverside, *saved_cards(riverside), (FirstTimeVisitorRule, {}))
    words = compared(desk, riverside)
    assert "Added This is their first visit" in words
    assert "Riverside" not in words  # it did not change


def test_a_rule_that_was_removed(desk: Client, riverside: Segment) -> None:
    save_draft(desk, riverside, *[(rule, card | {"DELETE": "1"}) for rule, card in saved_cards(riverside)])
    assert "Removed They seem to be in Riverside" in compared(desk, riverside)


def test_a_rule_that_was_changed_is_told_before_and_after(desk: Client, riverside: Segment) -> None:
    save_draft(desk, riverside, *[(rule, card | {"cities": "Hilltop"}) for rule, card in saved_cards(riverside)])
    assert "Changed They seem to be in Riverside They seem to be in Hilltop" in compared(desk, riverside)


def test_a_rule_that_was_only_turned_round(desk: Client, riverside: Segment) -> None:
    save_draft(desk, riverside, *[(rule, card | {"negated": "True"}) for rule, card in saved_cards(riverside)])
    words = compared(desk, riverside)
    assert "Turned round They seem to be in Riverside" in words
    assert LocationRule(cities=["Riverside"], negated=True).sentence() in words


def test_of_several_rules_of_a_type_only_those_that_changed_are_told(desk: Client) -> None:
    towns = LocationRule(cities=["Riverside"]), LocationRule(cities=["Hilltop"])
    segment = make_segment("towns", *towns, match="any", by_editor=True)
    cards = saved_cards(segment)
    cards[1][1]["cities"] = "Eastfield"
    save_draft(desk, segment, *cards, match="any")
    words = compared(desk, segment)
    assert "They seem to be in Hilltop They seem to be in Eastfield" in words
    assert "Riverside" not in words


def test_all_that_became_any_is_told_in_words(desk: Client, riverside: Segment) -> None:
    save_draft(desk, riverside, *saved_cards(riverside), match="any")
    assert "any of the rules" in compared(desk, riverside)


def test_what_rules_asked_about_may_be_gone(desk: Client, home: AgencyPage) -> None:
    page, intent = make_page("News", parent=home), make_intent("move-house")
    other = make_segment("other", FirstTimeVisitorRule())
    segment = make_segment(
        "many",
        PathRule(section=page),
        VisitIntentRule(intent=intent),
        SegmentRule(other=other),
        match="any",
        by_editor=True,
    )
    removed = [(rule, card | {"DELETE": "1"}) for rule, card in saved_cards(segment)]
    with committed():
        save_draft(desk, segment, *removed, **{"action-publish": "1"})
    ReferenceIndex.create_or_update_for_object(Segment.objects.get(pk=segment.pk))
    for gone in (page, intent, other):
        gone.delete()
    words = compared(desk, segment)
    assert words.count("Removed") == 3
    assert "(what it asked about was deleted)" in words


def test_going_back_to_an_earlier_revision_brings_its_rules_back(desk: Client, riverside: Segment) -> None:
    before = riverside.latest_revision
    save_draft(
        desk,
        riverside,
        *[(rule, card | {"cities": "Hilltop", "negated": "True"}) for rule, card in saved_cards(riverside)],
        (FirstTimeVisitorRule, {}),
    )
    address = reverse(riverside.snippet_viewset.get_url_name("revisions_revert"), args=[quote(riverside.pk), before.pk])
    page = desk.get(address)
    assert page.status_code == 200
    assert "They seem to be in Riverside" in page.content.decode()
    form = segment_form(*saved_cards(riverside), slug="riverside", **{"action-publish": "1"})
    assert desk.post(address, form).status_code == 302
    assert Segment.objects.get(pk=riverside.pk).in_words().sentences == ("They seem to be in Riverside",)
