"""Intents in the admin."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.test.utils.form_data import inline_formset, nested_form_data

from wagtail_personalise_gov.editor.addresses import address_of, addresses_for
from wagtail_personalise_gov.models import Intent, IntentSignal, VisitIntentRule

from ..agency.models import AgencyPage
from ..factories import make_intent, make_segment

pytestmark = pytest.mark.django_db


def intent_form(*signals: dict[str, Any], **fields: Any) -> dict[str, Any]:
    items = [{"id": "", "page": "", "text": "", "confidence": "0.6", "ORDER": "1", **signal} for signal in signals]
    data = {"name": "Start a business", "slug": "start-a-business", "sort_order": "1", "asked": "on", **fields}
    form: dict[str, Any] = nested_form_data({**data, "signals": inline_formset(items)})
    return form


def test_the_list_says_the_answer_what_suggests_it_and_how_often_it_is_asked(desk: Client, home: AgencyPage) -> None:
    intent = make_intent(
        "start-a-business",
        IntentSignal(kind="campaign", text="start-up-week"),
        IntentSignal(kind="section", page=home),
        question_label="Start or grow a business",
    )
    make_intent("restaurant", parent=intent)
    make_segment("starters", VisitIntentRule(intent=intent))
    page = desk.get(addresses_for("list", Intent)).content.decode()
    assert "Start or grow a business" in page
    assert "start-up-week</li>" in page
    assert "the visit begins on this page or below it: Agency</li>" in page
    assert [intent.segment_count for intent in desk.get(addresses_for("list", Intent)).context["table"].data] == [0, 1]


def test_the_list_makes_the_same_queries_whatever_the_number_of_intents(desk: Client, home: AgencyPage) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            desk.get(addresses_for("list", Intent))
        return len(captured)

    parent = make_intent("parent", IntentSignal(kind="page", page=home))
    make_segment("s", VisitIntentRule(intent=parent))
    make_intent("i0", IntentSignal(kind="page", page=home), parent=parent)
    queries()
    few = queries()
    for number in range(1, 15):
        intent = make_intent(f"i{number}", IntentSignal(kind="page", page=home), parent=parent)
        make_segment(f"s{number}", VisitIntentRule(intent=intent))
    assert queries() == few


def test_an_intent_is_saved_with_its_signals(desk: Client, home: AgencyPage) -> None:
    signals = ({"kind": "page", "page": str(home.pk)}, {"kind": "words", "text": "open a restaurant"})
    assert desk.post(addresses_for("add", Intent), intent_form(*signals)).status_code == 302
    assert [str(signal) for signal in Intent.objects.get().signals.all()] == [
        "the visit begins on this page: Agency",
        "the visit comes from a search for these words: open a restaurant",
    ]


@pytest.mark.parametrize(
    "signal, field",
    [
        ({"kind": "page"}, "page"),
        ({"kind": "section"}, "page"),
        ({"kind": "campaign"}, "text"),
        ({"kind": "words", "text": "  "}, "text"),
    ],
)
def test_a_signal_that_says_nothing_gets_a_message_at_its_field(
    desk: Client, signal: dict[str, str], field: str
) -> None:
    response = desk.post(addresses_for("add", Intent), intent_form(signal))
    assert response.status_code == 200
    assert response.context["form"].formsets["signals"].forms[0].errors[field]


def test_the_question_has_two_levels(desk: Client) -> None:
    business = make_intent("business")
    restaurant = make_intent("restaurant", parent=business)
    form = intent_form(slug="pizzeria", parent=str(restaurant.pk))
    assert "two levels" in desk.post(addresses_for("add", Intent), form).context["form"].errors["parent"][0]


@pytest.mark.parametrize("view", ["edit", "delete", "usage", "history", "copy"])
def test_each_view_of_an_intent_opens(desk: Client, view: str) -> None:
    assert desk.get(address_of(view, make_intent("start-a-business"))).status_code == 200


def test_intents_can_be_put_into_another_order(desk: Client) -> None:
    first, second = make_intent("first", sort_order=0), make_intent("second", sort_order=1)
    assert desk.get(addresses_for("list", Intent), {"ordering": "sort_order"}).status_code == 200
    address = reverse(Intent.snippet_viewset.get_url_name("reorder"), args=[second.pk])
    assert desk.post(f"{address}?position=0").status_code == 200
    assert list(Intent.objects.all()) == [second, first]


def test_the_list_can_be_exported(desk: Client, home: AgencyPage) -> None:
    make_intent("start-a-business", IntentSignal(kind="page", page=home))
    response = desk.get(addresses_for("list", Intent), {"export": "csv"})
    assert "the visit begins on this page: Agency" in b"".join(response.streaming_content).decode()
