"""What the form of a segment says while it is filled in, before anything is saved."""

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from wagtail.models import ModelLogEntry, Revision

from wagtail_personalise_gov.editor.addresses import address_of, addresses_for
from wagtail_personalise_gov.editor.segments.in_words import MOST_CARDS
from wagtail_personalise_gov.models import (
    FirstTimeVisitorRule,
    LocationRule,
    ReferrerRule,
    Segment,
    SegmentRule,
    VisitCountRule,
)

from ..factories import make_segment
from .forms import relation_of, saved_cards, segment_form

pytestmark = pytest.mark.django_db

RIVERSIDE = (LocationRule, {"cities": "Riverside"})


def of_new() -> str:
    return addresses_for("in_words_of_new", Segment)


def words(response: Any) -> str:
    assert response.status_code == 200
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return html.unescape(re.sub(r"\s+", " ", text)).strip()


def headings(response: Any) -> dict[str, str]:
    """What the cards say, by the prefix of their fields."""
    found = re.search(r'data-sentences="([^"]*)"', response.content.decode())
    assert found
    sentences: dict[str, str] = json.loads(html.unescape(found[1]))
    return sentences


def test_a_new_segment_is_told_before_it_is_saved(desk: Client) -> None:
    response = desk.post(of_new(), segment_form(RIVERSIDE, (FirstTimeVisitorRule, {})))
    assert "Visitors of whom all of these are true:" in words(response)
    assert headings(response) == {
        f"{relation_of(FirstTimeVisitorRule)}-0": "This is their first visit",
        f"{relation_of(LocationRule)}-0": "They seem to be in Riverside",
    }


def test_one_that_is_only_begun_is_not_said_to_have_something_wrong_with_it(desk: Client) -> None:
    response = desk.post(of_new(), segment_form())
    assert 'data-said="Nobody: it has no rules."' in response.content.decode()
    assert words(response) == ""


def test_any_is_told_as_any(desk: Client) -> None:
    response = desk.post(of_new(), segment_form(RIVERSIDE, (FirstTimeVisitorRule, {}), match="any"))
    assert "Visitors of whom any of these is true:" in words(response)


def test_what_is_typed_is_told_and_not_what_is_saved(desk: Client) -> None:
    segment = make_segment("riverside", LocationRule(cities=["Riverside"]))
    [(rule, card)] = saved_cards(segment)
    form = segment_form((rule, {**card, "cities": "Hilltop", "negated": "True"}), slug="riverside")
    told = words(desk.post(address_of("in_words", segment), form))
    assert LocationRule(cities=["Hilltop"], negated=True).sentence() in told
    assert "Riverside" not in told


def test_nothing_is_saved_and_nothing_is_logged(desk: Client) -> None:
    segment = make_segment("riverside", LocationRule(cities=["Riverside"]))
    before = Revision.objects.count(), ModelLogEntry.objects.count()
    form = segment_form((FirstTimeVisitorRule, {}), slug="riverside", name="Another", **{"action-publish": "1"})
    desk.post(address_of("in_words", segment), form)
    desk.post(of_new(), segment_form((FirstTimeVisitorRule, {})))
    assert (Revision.objects.count(), ModelLogEntry.objects.count()) == before
    assert Segment.objects.get().name == "Name of riverside"
    assert not FirstTimeVisitorRule.objects.exists()


def test_a_card_that_is_deleted_is_told_no_more(desk: Client) -> None:
    segment = make_segment("riverside", LocationRule(cities=["Riverside"]), FirstTimeVisitorRule())
    cards = [(rule, card | ({"DELETE": "1"} if rule is LocationRule else {})) for rule, card in saved_cards(segment)]
    told = words(desk.post(address_of("in_words", segment), segment_form(*cards, slug="riverside")))
    assert "This is their first visit" in told
    assert "Riverside" not in told


@pytest.mark.parametrize(
    "rule, card",
    [
        (LocationRule, {}),
        (LocationRule, {"countries": "Frence"}),
        (LocationRule, {"latitude": "a lot", "longitude": "\x00", "radius_km": "-1"}),
        (VisitCountRule, {"visits": ""}),
        (VisitCountRule, {"visits": "9" * 400, "comparison": "sideways"}),
        (ReferrerRule, {"kinds": ("nothing", "of"), "hosts": "https://"}),
        (SegmentRule, {}),
        (SegmentRule, {"other": "999999"}),
        (SegmentRule, {"other": "no number"}),
        (FirstTimeVisitorRule, {"negated": "perhaps"}),
    ],
    ids=[
        "empty",
        "misspelt",
        "no numbers",
        "no number",
        "huge",
        "no kind",
        "no segment",
        "gone",
        "no key",
        "neither yes nor no",
    ],
)
def test_a_rule_that_is_not_finished_says_so_and_others_are_told(
    desk: Client, rule: type, card: dict[str, Any]
) -> None:
    told = words(
        desk.post(of_new(), segment_form((rule, card), RIVERSIDE if rule is not LocationRule else (rule, card)))
    )
    assert "(not finished)" in told
    if rule is not LocationRule:
        assert "They seem to be in Riverside" in told


def test_what_is_wrong_with_the_rest_of_the_form_is_no_matter(desk: Client) -> None:
    make_segment("taken")
    form = segment_form(RIVERSIDE, name="", slug="taken", review_by="soon", holdout_percent="many", owner="x" * 500)
    assert "They seem to be in Riverside" in words(desk.post(of_new(), form))


def test_rules_that_contradict_each_other_are_told_at_once(desk: Client) -> None:
    told = words(desk.post(of_new(), segment_form(RIVERSIDE, (LocationRule, {"cities": "Hilltop"}))))
    assert "Nobody can be in this segment as it stands" in told
    assert "can’t both be true" in told


def test_who_is_in_another_segment_is_told_in_place(desk: Client) -> None:
    inner = make_segment("inner", LocationRule(cities=["Riverside"]), name="Inner")
    told = words(desk.post(of_new(), segment_form((SegmentRule, {"other": str(inner.pk)}))))
    assert "They are in “Inner” (they seem to be in Riverside)" in told


def test_a_circle_is_told_without_going_round(desk: Client) -> None:
    a = make_segment("a", FirstTimeVisitorRule(), name="A")
    b = make_segment("b", SegmentRule(other=a), name="B")
    told = words(desk.post(address_of("in_words", a), segment_form((SegmentRule, {"other": str(b.pk)}), slug="a")))
    assert "Another segment (not finished)" in told


@pytest.mark.parametrize("name", ["in_words_of_new", "try_new"])
def test_a_form_of_very_many_cards_is_not_read(desk: Client, name: str) -> None:
    form = segment_form((FirstTimeVisitorRule, {}))
    totals = [key for key in form if key.endswith("-TOTAL_FORMS")]
    many = form | dict.fromkeys(totals, str(MOST_CARDS // len(totals) + 1))
    answer = desk.post(addresses_for(name, Segment), many)
    assert answer.status_code == 400
    assert answer.content.decode() == "The form has more than 200 rules."
    assert desk.post(addresses_for(name, Segment), form).status_code == 200


@pytest.mark.parametrize("name", ["in_words", "try"])
def test_a_card_of_no_rule_is_refused(desk: Client, name: str) -> None:
    one = make_segment("one", FirstTimeVisitorRule())
    form = segment_form(*saved_cards(one), slug="one")
    (card,) = (key for key in form if key.endswith("-0-id"))
    assert desk.post(address_of(name, one), form | {card: "x"}).status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {"{}-TOTAL_FORMS": "many"},
        {"{}-TOTAL_FORMS": "-3"},
        {"{}-TOTAL_FORMS": "100000"},
        {"{}-INITIAL_FORMS": "5"},
        {"{}-INITIAL_FORMS": "1", "{}-0-id": "no number"},
        {"{}-INITIAL_FORMS": "1", "{}-0-id": "9" * 30},
    ],
    ids=["no number", "negative", "too many", "more than there are", "no key", "no such key"],
)
def test_cards_that_no_form_posts_are_refused_or_passed_over(desk: Client, change: dict[str, str]) -> None:
    form = segment_form((FirstTimeVisitorRule, {}))
    form |= {name.format(relation_of(FirstTimeVisitorRule)): value for name, value in change.items()}
    assert desk.post(of_new(), form).status_code in (200, 400)
    assert desk.post(of_new(), {}).status_code in (200, 400)


def test_one_that_is_locked_or_in_the_archive_is_told_too(desk: Client) -> None:
    segment = make_segment("riverside", LocationRule(cities=["Riverside"]))
    segment.archive()
    form = segment_form(*saved_cards(segment), slug="riverside")
    assert "They seem to be in Riverside" in words(desk.post(address_of("in_words", segment), form))


@pytest.mark.parametrize(
    "permission, of_another, of_a_new_one",
    [("change_segment", True, False), ("add_segment", False, True), ("view_segment", False, False)],
)
def test_only_who_may_fill_in_the_form_is_answered(
    desk_of: Callable[..., Client], permission: str, of_another: bool, of_a_new_one: bool
) -> None:
    segment = make_segment("riverside", LocationRule(cities=["Riverside"]))
    desk = desk_of(permission)
    form = segment_form(*saved_cards(segment), slug="riverside")
    assert (desk.post(address_of("in_words", segment), form).status_code == 200) is of_another
    assert (desk.post(of_new(), segment_form()).status_code == 200) is of_a_new_one


def test_a_stranger_is_sent_to_the_login_and_a_forged_request_is_refused(admin: Any) -> None:
    assert Client().post(of_new(), segment_form()).status_code == 302
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin)
    assert strict.post(of_new(), segment_form()).status_code == 403


def test_it_is_only_posted_to_and_only_about_segments_that_are(desk: Client) -> None:
    assert desk.get(of_new()).status_code == 405
    segment = make_segment("riverside")
    address = address_of("in_words", segment)
    segment.delete()
    assert desk.post(address, segment_form()).status_code == 404


def test_other_segments_cost_no_queries(desk: Client, django_assert_max_num_queries: Any) -> None:
    """Nor does how many there are inside, or inside these."""
    leaf = make_segment("leaf", FirstTimeVisitorRule())
    inner = [make_segment(f"inner-{number}", SegmentRule(other=leaf)) for number in range(2)]
    outer = make_segment("outer", SegmentRule(other=inner[0]), SegmentRule(other=inner[1]))
    form = segment_form(*saved_cards(outer), slug="outer")
    desk.post(address_of("in_words", outer), form)
    with django_assert_max_num_queries(70) as few:
        desk.post(address_of("in_words", outer), form)
    for number in range(6):
        more = make_segment(f"more-{number}", FirstTimeVisitorRule(), LocationRule(cities=["Riverside"]))
        for segment in inner:
            SegmentRule(segment=segment, other=more).save()
    with django_assert_max_num_queries(len(few)):
        desk.post(address_of("in_words", outer), form)


def test_the_page_knows_where_to_ask(desk: Client) -> None:
    segment = make_segment("riverside", LocationRule(cities=["Riverside"]))
    assert f'data-url="{of_new()}"' in desk.get(addresses_for("add", Segment)).content.decode()
    assert f'data-url="{address_of("in_words", segment)}"' in desk.get(address_of("edit", segment)).content.decode()
