"""Building a segment: the menu of rules, the cards, and what happens on saving."""

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

import wagtail_personalise_gov
from example_site.models import WardRule
from wagtail_personalise_gov.editor.addresses import address_of, addresses_for
from wagtail_personalise_gov.models import (
    AccountRule,
    CampaignRule,
    FirstTimeVisitorRule,
    LastVisitRule,
    LocationRule,
    QueryRule,
    ReferrerRule,
    Segment,
    SegmentRule,
    VisitCountRule,
    VisitIntentRule,
)

from ..factories import make_intent, make_segment
from .forms import relation_of, saved_cards, segment_form

pytestmark = pytest.mark.django_db

PUBLISH = {"action-publish": "1"}


def create(desk: Client, *cards: Any, **fields: Any) -> Any:
    return desk.post(addresses_for("add", Segment), segment_form(*cards, **fields))


def errors_of(response: Any, rule: type) -> dict[str, list[str]]:
    """The messages at the fields of the first card of a rule type."""
    errors: dict[str, list[str]] = response.context["form"].formsets[relation_of(rule)].forms[0].errors
    return errors


# The menu


def test_one_menu_offers_every_installed_rule_type_with_its_description(desk: Client) -> None:
    page = desk.get(addresses_for("add", Segment)).content.decode()
    offered = re.findall(r'personalise-rule-menu#choose" data-prefix="([^"]+)"', page)
    assert offered == [relation.get_accessor_name() for relation in Segment.rule_relations()]
    assert relation_of(WardRule) in offered  # a rule of the site's own
    assert html.escape(str(LocationRule.description)) in page
    assert html.escape(str(WardRule.description)) in page


def test_rule_types_stand_in_groups_and_those_of_the_site_come_last(desk: Client) -> None:
    page = desk.get(addresses_for("add", Segment)).content.decode()
    groups = re.findall(r'<h3 class="personalise-rules__group-name"[^>]*>([^<]+)</h3>', page)
    own = ["How they arrived", "The visitor", "Their device and language", "Where they are", "When it is"]
    assert groups == [*own, "What they look at", "Other segments", "Northmoor"]


def test_every_card_begins_with_whether_it_is_so_though_no_rule_lists_that_field(desk: Client) -> None:
    form = desk.get(addresses_for("add", Segment)).context["form"]
    for relation in Segment.rule_relations():
        fields = list(form.formsets[relation.get_accessor_name()].empty_form.fields)
        assert fields[0] == "negated"
        assert fields.count("negated") == 1


def test_a_rule_that_asks_nothing_further_says_itself_in_that_choice(desk: Client) -> None:
    page = desk.get(addresses_for("add", Segment)).content.decode()
    assert '<option value="False" selected>This is their first visit</option>' in page
    assert f'<option value="True">{FirstTimeVisitorRule(negated=True).sentence()}</option>' in page


def test_no_template_of_ours_holds_a_script_or_a_style() -> None:
    """Wagtail's own panels do, but a site that forbids them one day must not find ours among them."""
    templates = list((Path(wagtail_personalise_gov.__file__).parent / "templates").rglob("editor/**/*.html"))
    assert templates
    for template in templates:
        assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", template.read_text()), template.name


# Saving


@pytest.mark.parametrize("action", [{}, PUBLISH], ids=["save draft", "publish"])
def test_a_rule_left_at_its_defaults_is_saved(desk: Client, action: dict[str, str]) -> None:
    """Django takes an unchanged form for an empty one; the order that a card posts makes it count."""
    assert create(desk, (FirstTimeVisitorRule, {}), **action).status_code == 302
    segment = Segment.objects.get()
    assert segment.live is bool(action)
    assert [rule.sentence() for rule in segment.get_rules()] == ["This is their first visit"]
    assert [rule.sentence() for rule in segment.get_latest_revision_as_object().get_rules()] == [
        "This is their first visit"
    ]


@pytest.mark.parametrize(
    "rule, shown",
    [
        (FirstTimeVisitorRule, {}),
        (VisitCountRule, {"visits": "2"}),
        (LastVisitRule, {"days": "30"}),
        (AccountRule, {}),
    ],
    ids=["first visit", "visits", "last visit", "account"],
)
@pytest.mark.parametrize("action", [{}, PUBLISH], ids=["save draft", "publish"])
def test_a_draft_keeps_a_rule_at_its_defaults_when_it_is_saved_again(
    desk: Client, rule: type, shown: dict[str, str], action: dict[str, str]
) -> None:
    """It has no row yet, so its card comes back without a number, and says nothing new."""
    segment = make_segment("riverside", LocationRule(cities=["Riverside"]))
    for cards in ([*saved_cards(segment), (rule, shown)], [*saved_cards(segment), (rule, {"id": "", **shown})]):
        response = desk.post(address_of("edit", segment), segment_form(*cards, slug="riverside", **action))
        assert response.status_code == 302
    draft = Segment.objects.get().get_latest_revision_as_object()
    assert {type(kept) for kept in draft.get_rules()} == {LocationRule, rule}
    live = {type(kept) for kept in Segment.objects.get().get_rules()}
    assert live == ({LocationRule, rule} if action else {LocationRule})


def test_a_deleted_card_of_a_draft_is_not_kept(desk: Client) -> None:
    segment = make_segment("riverside", LocationRule(cities=["Riverside"]))
    for card in ({}, {"id": "", "DELETE": "1"}):
        cards = [*saved_cards(segment), (VisitCountRule, {"visits": "2", **card})]
        desk.post(address_of("edit", segment), segment_form(*cards, slug="riverside"))
    draft = Segment.objects.get().get_latest_revision_as_object()
    assert [type(kept) for kept in draft.get_rules()] == [LocationRule]


def test_going_back_to_an_older_version_brings_its_rules_back(desk: Client) -> None:
    """Also one that has no row any more."""
    segment = make_segment("often", LocationRule(cities=["Riverside"]), VisitCountRule(), by_editor=True)
    before = segment.latest_revision
    shown = saved_cards(segment)
    cards = [(rule, {**card, "DELETE": "1"} if rule is VisitCountRule else card) for rule, card in shown]
    desk.post(address_of("edit", segment), segment_form(*cards, slug="often", **PUBLISH))
    assert [type(rule) for rule in Segment.objects.get().get_rules()] == [LocationRule]
    revert = reverse(Segment.snippet_viewset.get_url_name("revisions_revert"), args=[segment.pk, before.pk])
    cards = [(rule, {**card, "id": ""} if rule is VisitCountRule else card) for rule, card in shown]
    assert desk.post(revert, segment_form(*cards, slug="often", **PUBLISH)).status_code == 302
    assert {type(rule) for rule in Segment.objects.get().get_rules()} == {LocationRule, VisitCountRule}


def test_rules_of_all_kinds_are_saved_together_with_their_negations(desk: Client) -> None:
    licence, intent = make_segment("licence", FirstTimeVisitorRule()), make_intent("start-a-business")
    cards = [
        (FirstTimeVisitorRule, {"negated": "True"}),
        (LocationRule, {"countries": "France; de", "in_eu": "on"}),
        (ReferrerRule, {"kinds": ("search", "social"), "hosts": "*.GOV.uk"}),
        (CampaignRule, {"name": "start-up-week"}),
        (QueryRule, {"parameter": "topic", "values": "housing"}),
        (VisitIntentRule, {"intent": str(intent.pk), "certainty": "said"}),
        (SegmentRule, {"other": str(licence.pk), "negated": "True"}),
        (WardRule, {"ward": WardRule._meta.get_field("ward").choices[0][0]}),
    ]
    assert create(desk, *cards, match="any", **PUBLISH).status_code == 302
    segment = Segment.objects.get(slug="new-parents")
    assert {type(rule) for rule in segment.get_rules()} == {rule for rule, _card in cards}
    expected = [
        FirstTimeVisitorRule(negated=True),
        LocationRule(countries=["FR", "DE"], in_eu=True),
        ReferrerRule(kinds=["search", "social"], hosts=["*.gov.uk"]),
    ]
    nested = f"{SegmentRule(other=licence, negated=True).sentence()} (this is their first visit)"
    assert {nested, *(rule.sentence() for rule in expected)} < set(segment.in_words().sentences)


def test_a_draft_of_a_live_segment_leaves_the_live_rules_alone(desk: Client) -> None:
    segment = make_segment("riverside", LocationRule(cities=["Riverside"]))
    [(rule, card)] = saved_cards(segment)
    data = segment_form((rule, {**card, "cities": "Hilltop"}), (FirstTimeVisitorRule, {}), slug=segment.slug)
    assert desk.post(address_of("edit", segment), data).status_code == 302
    live = Segment.objects.get(pk=segment.pk)
    assert live.in_words().sentences == ("They seem to be in Riverside",)
    draft = live.get_latest_revision_as_object()
    assert set(draft.in_words().sentences) == {"They seem to be in Hilltop", "This is their first visit"}


def test_a_rule_is_deleted_with_its_card(desk: Client) -> None:
    segment = make_segment("riverside", LocationRule(cities=["Riverside"]), FirstTimeVisitorRule())
    cards = [(rule, card | ({"DELETE": "1"} if rule is LocationRule else {})) for rule, card in saved_cards(segment)]
    desk.post(address_of("edit", segment), segment_form(*cards, slug=segment.slug, **PUBLISH))
    assert Segment.objects.get(pk=segment.pk).in_words().sentences == ("This is their first visit",)


# What can't be asked can't be saved


@pytest.mark.parametrize("action", [{}, PUBLISH], ids=["save draft", "publish"])
@pytest.mark.parametrize(
    "rule, card, field, message",
    [
        (LocationRule, {"radius_km": "20"}, "latitude", "Kilometres of what?"),
        (LocationRule, {"countries": "Frence"}, "countries", "Did you mean France?"),
        (LocationRule, {}, "countries", "Give at least one country"),
        (ReferrerRule, {}, "hosts", "Tick a kind of website"),
        (ReferrerRule, {"hosts": "https://www.nhs.uk/"}, "hosts", "is not the name of a website"),
        (CampaignRule, {}, "name", "Give at least one of"),
        (VisitIntentRule, {}, "intent", "This field is required."),
        (SegmentRule, {}, "other", "This field is required."),
    ],
)
def test_a_rule_that_can_not_be_asked_gets_a_message_at_its_field(
    desk: Client, rule: type, card: dict[str, str], field: str, message: str, action: dict[str, str]
) -> None:
    response = create(desk, (rule, card), (FirstTimeVisitorRule, {}), purpose="To welcome them.", **action)
    assert response.status_code == 200
    assert message in " ".join(errors_of(response, rule)[field])
    assert not Segment.objects.exists()


def test_after_an_error_nothing_that_was_filled_in_is_lost(desk: Client) -> None:
    response = create(
        desk,
        (LocationRule, {"countries": "Frence, DE", "radius_km": "20"}),
        (ReferrerRule, {"kinds": ("search",), "hosts": "www.nhs.uk"}),
        (FirstTimeVisitorRule, {"negated": "True"}),
        purpose="To welcome them.",
    )
    page = response.content.decode()
    for kept in ('value="Frence, DE"', 'value="20"', 'value="www.nhs.uk"', "To welcome them.", 'value="search"'):
        assert kept in page
    assert response.context["form"].formsets[relation_of(FirstTimeVisitorRule)].forms[0].instance.negated is True
    # What is wrong is not put into words.
    cards = json.loads(html.unescape(re.search(r'data-sentences="([^"]*)"', page)[1]))  # type: ignore[index]
    right = [FirstTimeVisitorRule(negated=True), ReferrerRule(kinds=["search"], hosts=["www.nhs.uk"])]
    assert set(cards.values()) == {rule.sentence() for rule in right}


# Segments inside segments


def test_a_segment_can_not_ask_about_itself(desk: Client) -> None:
    segment = make_segment("a", FirstTimeVisitorRule(), name="A")
    data = segment_form((SegmentRule, {"other": str(segment.pk)}), slug="a", name="A", **PUBLISH)
    response = desk.post(address_of("edit", segment), data)
    assert "“A” → “A”" in errors_of(response, SegmentRule)["other"][0]


@pytest.mark.parametrize("action", [{}, PUBLISH], ids=["save draft", "publish"])
def test_a_circle_of_segments_is_refused_with_the_chain_named(desk: Client, action: dict[str, str]) -> None:
    c = make_segment("c", FirstTimeVisitorRule(), name="C")
    b = make_segment("b", SegmentRule(other=c), name="B")
    a = make_segment("a", SegmentRule(other=b, negated=True), name="A")
    data = segment_form((SegmentRule, {"other": str(a.pk)}), slug="c", name="C", **action)
    response = desk.post(address_of("edit", c), data)
    assert response.status_code == 200
    assert "“C” → “A” → “B” → “C”" in errors_of(response, SegmentRule)["other"][0]


def test_a_circle_through_drafts_is_refused_too(desk: Client) -> None:
    """Two drafts, each harmless by itself, would make a circle once both are published."""
    a, b = make_segment("a", FirstTimeVisitorRule(), name="A"), make_segment("b", FirstTimeVisitorRule(), name="B")
    first = segment_form((SegmentRule, {"other": str(b.pk)}), slug="a", name="A")
    assert desk.post(address_of("edit", a), first).status_code == 302  # only a draft
    assert not SegmentRule.objects.exists()
    second = segment_form((SegmentRule, {"other": str(a.pk)}), slug="b", name="B")
    response = desk.post(address_of("edit", b), second)
    assert "“B” → “A” → “B”" in errors_of(response, SegmentRule)["other"][0]


def test_a_segment_that_is_only_a_draft_may_be_asked_about(desk: Client) -> None:
    draft = make_segment("draft", FirstTimeVisitorRule(), live=False)
    assert create(desk, (SegmentRule, {"other": str(draft.pk)}), **PUBLISH).status_code == 302


# Its names


def test_the_slug_may_change_until_the_segment_is_published(desk: Client) -> None:
    segment = make_segment("a-draft", live=False)
    desk.post(address_of("edit", segment), segment_form(slug="renamed"))
    assert Segment.objects.get().slug == "renamed"


def test_the_slug_of_a_published_segment_stands_fast_and_the_form_says_why(desk: Client) -> None:
    segment = make_segment("riverside", FirstTimeVisitorRule())
    page = desk.get(address_of("edit", segment))
    assert page.context["form"].fields["slug"].disabled
    assert "It can&#x27;t change any more" in page.content.decode()
    desk.post(address_of("edit", segment), segment_form(*saved_cards(segment), slug="another", **PUBLISH))
    assert Segment.objects.get().slug == "riverside"


@pytest.mark.parametrize("slug", ["New Parents", "new_parents", "eltern-mit-säugling", "-new"])
def test_a_slug_that_could_not_be_a_name_in_links_is_refused(desk: Client, slug: str) -> None:
    response = create(desk, slug=slug)
    assert "small letters, digits and single hyphens" in response.context["form"].errors["slug"][0]


def test_two_segments_can_not_have_one_slug(desk: Client) -> None:
    make_segment("new-parents")
    assert "already exists" in create(desk).context["form"].errors["slug"][0]


# Autosave


def test_autosave_saves_rules_once_and_sends_back_what_they_say(desk: Client) -> None:
    headers = {"HTTP_ACCEPT": "application/json"}
    answer = desk.post(addresses_for("add", Segment), segment_form((FirstTimeVisitorRule, {})), **headers).json()
    segment = Segment.objects.get()
    hydrated = desk.get(answer["hydrate_url"]).content.decode()
    assert "This is their first visit" in hydrated

    [rule] = segment.get_rules()
    card = (FirstTimeVisitorRule, {"id": str(rule.pk), "negated": "True"})
    answer = desk.post(address_of("edit", segment), segment_form(card), **headers).json()
    assert answer["success"]
    said = FirstTimeVisitorRule(negated=True).sentence()
    assert f"<li>{said}</li>" in answer["html"]  # the summary
    assert f'"{relation_of(FirstTimeVisitorRule)}-0": "{said}"' in html.unescape(answer["html"])  # the card's heading
    assert FirstTimeVisitorRule.objects.count() == 1


# What is gone


def test_a_draft_whose_rule_asks_about_something_gone_can_still_be_opened_and_mended(desk: Client) -> None:
    """The rows protect what they ask about; a draft's rule has no row, so its intent may go."""
    segment = make_segment("riverside", FirstTimeVisitorRule())
    intent, other = make_intent("gone"), make_intent("here")
    card = (VisitIntentRule, {"intent": str(intent.pk), "certainty": "said"})
    desk.post(address_of("edit", segment), segment_form(card, slug=segment.slug))
    intent.delete()

    page = desk.get(address_of("edit", segment))
    assert page.status_code == 200
    assert "Visit intent (not finished)" in page.content.decode()
    refused = desk.post(
        address_of("edit", segment),
        segment_form((VisitIntentRule, {"certainty": "said"}), slug=segment.slug, **PUBLISH),
    )
    assert errors_of(refused, VisitIntentRule)["intent"] == ["This field is required."]
    card = (VisitIntentRule, {"intent": str(other.pk), "certainty": "said"})
    assert desk.post(address_of("edit", segment), segment_form(card, slug=segment.slug, **PUBLISH)).status_code == 302
