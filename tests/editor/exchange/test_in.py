"""A file comes in, with a look at what changes before it does; also from another site."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry, Page, Site

from wagtail_personalise_gov.editor.addresses import address_of, addresses_for
from wagtail_personalise_gov.editor.exchange import views as exchange
from wagtail_personalise_gov.models import (
    FirstTimeVisitorRule,
    Intent,
    IntentSignal,
    LocationRule,
    ReferrerRule,
    Segment,
    SegmentRule,
    SiteRule,
    VisitIntentRule,
)
from wagtail_personalise_gov.portable import export_segments

from ...agency.models import AgencyPage, AskRule
from ...factories import make_intent, make_page, make_segment
from ...portable.conftest import FIRST_TIME, document, everything, intent, rule, segment
from .desk import EVERYTHING, IN_RIVERSIDE, agree, agreement, import_it, read, upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("searchable")]


def test_a_file_is_shown_before_anything_is_written(desk: Client) -> None:
    make_segment("one", FirstTimeVisitorRule())
    before = everything()
    response = upload(desk, document(segment("one", IN_RIVERSIDE), segment("two", FIRST_TIME)))
    assert "“council.json” holds: 1 new, 1 changed. Nothing has been changed yet." in read(response)
    assert everything() == before


def test_what_was_agreed_to_is_done(desk: Client) -> None:
    make_segment("one", FirstTimeVisitorRule())
    page = import_it(desk, document(segment("one", IN_RIVERSIDE), segment("two", FIRST_TIME)))
    assert "Imported from “council.json”: 1 new, 1 changed." in page
    assert Segment.objects.get(slug="one").sentences() == ["They seem to be in Riverside"]
    assert Segment.objects.get(slug="two").live


def test_each_change_says_in_the_history_that_it_came_from_a_file(desk: Client) -> None:
    make_segment("same", FirstTimeVisitorRule(), name="Same", public_name="")
    import_it(desk, document(segment("same", FIRST_TIME), segment("one", FIRST_TIME), intents=[intent("start")]))
    entries = ModelLogEntry.objects.filter(action="wagtail_personalise_gov.import")
    assert {(entry.label, entry.user.username, entry.data["file"]) for entry in entries} == {
        ("One", "admin", "council.json"),
        ("Start", "admin", "council.json"),
    }
    one = Segment.objects.get(slug="one")
    assert "Taken in from a file" in desk.get(address_of("history", one)).content.decode()


def test_a_change_is_told_in_words(desk: Client) -> None:
    make_segment(
        "one",
        LocationRule(cities=["Hilltop"]),
        FirstTimeVisitorRule(),
        name="One",
        public_name="People in Hilltop",
        owner="Web team",
    )
    page = read(
        upload(
            desk,
            document(segment("one", FIRST_TIME, IN_RIVERSIDE, public_name="People in Riverside", match="any")),
        )
    )
    assert "Public name People in Hilltop People in Riverside" in page
    assert "Owner Web team nothing" in page
    assert "Who is in it Visitors who match all of the rules Visitors who match any of the rules" in page
    assert (
        "Rules Visitors of whom all of these are true: This is their first visit Goes: They seem to be in Hilltop "
        "Visitors of whom any of these is true: This is their first visit New: They seem to be in Riverside" in page
    )
    assert "cities" not in page
    assert "Name One" not in page  # that stays as it is


def test_what_is_new_is_told_in_words(desk: Client) -> None:
    page = read(upload(desk, document(segment("one", IN_RIVERSIDE, name="Riverside", purpose="Floods", live=False))))
    assert "Segment “Riverside” new one – It is a draft: nobody is in it until it is published." in page
    assert "Purpose Floods Rules Visitors of whom this is true: They seem to be in Riverside" in page
    assert "Owner" not in page


def test_an_intent_is_told_in_words(desk: Client) -> None:
    make_intent("start", IntentSignal(kind="campaign", text="spring", sort_order=0))
    changed = intent("start", {"kind": "campaign", "text": "autumn"}, question_label="Begin")
    page = read(upload(desk, document(intents=[changed])))
    assert "Intent “Start” changed start – It counts for visitors at once." in page
    assert "Answer nothing Begin" in page
    assert "Goes: the visit follows a link of this campaign (utm_campaign): spring" in page
    assert "New: the visit follows a link of this campaign (utm_campaign): autumn" in page


def test_example_visits_are_told_in_words(desk: Client) -> None:
    riverside = {"name": "From Riverside", "must_match": True, "visit": {}}
    page = read(upload(desk, document(segment("one", FIRST_TIME, examples=[riverside]))))
    assert "Example visits From Riverside: This visitor must be in the segment" in page
    import_it(desk, document(segment("one", FIRST_TIME, examples=[riverside])))
    page = read(upload(desk, document(segment("one", FIRST_TIME, examples=[{**riverside, "visit": {"path": "/x/"}}]))))
    assert "Goes: From Riverside: This visitor must be in the segment {}" in page
    assert 'New: From Riverside: This visitor must be in the segment {"path": "/x/"}' in page
    assert "Rules" not in page


def test_rules_that_say_the_same_and_differ_are_told_in_full(desk: Client) -> None:
    make_segment("one", AskRule(question={"fact": "location.country", "op": "in", "value": ["FR"]}))
    other = rule("agency.AskRule", question={"fact": "location.country", "op": "in", "value": ["DE"]})
    page = read(upload(desk, document(segment("one", other))))
    assert 'Goes: question [question: {"fact": "location.country", "op": "in", "value": ["FR"]}]' in page
    assert 'New: question [question: {"fact": "location.country", "op": "in", "value": ["DE"]}]' in page


def test_rules_in_another_order_are_told_as_that(desk: Client) -> None:
    make_segment(
        "one", LocationRule(cities=["Riverside"]), LocationRule(cities=["Hilltop"]), name="One", public_name=""
    )
    hilltop = rule("LocationRule", cities=["Hilltop"])
    page = read(upload(desk, document(segment("one", hilltop, IN_RIVERSIDE))))
    assert "Rules, in another order" in page
    assert "New:" not in page


@pytest.mark.parametrize(
    "now, then, told",
    [
        ("nothing", {"live": True}, "It goes live at once."),
        ("nothing", {"live": False}, "It is a draft: nobody is in it until it is published."),
        ("nothing", {"live": False, "archived": True}, "It goes into the archive: nobody is in it."),
        ("draft", {"live": True}, "It goes live at once."),
        ("draft", {"live": False}, "It is a draft: nobody is in it until it is published."),
        ("live", {"live": True}, "It stays live: the changes count for visitors at once."),
        ("live", {"live": False}, "It is unpublished: nobody is in it any more."),
        ("live", {"live": False, "archived": True}, "It is taken from visitors and goes into the archive"),
        ("archived", {"live": True}, "It goes live at once."),
        ("archived", {"live": False}, "It comes back from the archive, as a draft"),
        ("archived", {"live": False, "archived": True}, "It stays in the archive: nobody is in it."),
    ],
)
def test_each_change_says_who_is_in_it_then(desk: Client, now: str, then: dict[str, bool], told: str) -> None:
    if now != "nothing":
        one = make_segment("one", FirstTimeVisitorRule(), live=now != "draft")
        if now == "archived":
            one.archive()
    given = document(segment("one", IN_RIVERSIDE, **then))
    assert told in read(upload(desk, given))
    import_it(desk, given)
    one = Segment.objects.get()
    assert {"live": one.live, "archived": one.archived} == {"archived": False, **then}


def test_an_editor_hears_what_would_be_set_aside(desk: Client) -> None:
    one = make_segment("one", FirstTimeVisitorRule())
    one.owner = "Being written"
    one.save_revision()
    two = make_segment("two", FirstTimeVisitorRule(), live=False)
    two.go_live_at = timezone.now() + timedelta(days=3)
    two.save_revision().publish()
    page = read(upload(desk, document(segment("one", IN_RIVERSIDE), segment("two", IN_RIVERSIDE))))
    assert "It has unpublished changes on this site. They are set aside, and stay in its history." in page
    assert "On this site it was to go live on" in page


def test_an_editor_hears_that_nobody_would_be_in_it(desk: Client) -> None:
    page = read(upload(desk, document(segment("one"))))
    assert "Nobody will be in it: It has no rules" in page


def test_a_file_that_changes_nothing_says_so_and_has_no_button(desk: Client) -> None:
    make_segment("one", FirstTimeVisitorRule())
    response = upload(desk, export_segments())
    assert "changes nothing: all that it holds is on this site already" in read(response)
    assert agreement(response) == ""


def test_what_changed_in_between_is_shown_again_and_not_done(desk: Client) -> None:
    one = make_segment("one", FirstTimeVisitorRule())
    first = upload(desk, document(segment("one", IN_RIVERSIDE, name="From the file")))
    one.name = "Another editor was quicker"
    one.save_revision().publish()
    before = everything()
    second = agree(desk, first)
    assert "Nothing was imported: somebody changed this site in the meantime." in read(second)
    assert "Name Another editor was quicker From the file" in read(second)
    assert everything() == before
    assert "Imported from" in read(agree(desk, second, follow=True))
    assert Segment.objects.get().name == "From the file"


def test_what_changed_in_between_elsewhere_does_not_matter(desk: Client) -> None:
    first = upload(desk, document(segment("one", IN_RIVERSIDE)))
    make_segment("other")
    assert "Imported from" in read(agree(desk, first, follow=True))


def test_what_the_file_needs_may_be_gone_in_between(desk: Client, home: AgencyPage) -> None:
    page = make_page("News", parent=home, slug="news")
    news = rule("PathRule", where="section", section={"page": page.url_path})
    first = upload(desk, document(segment("one", news)))
    page.delete()
    second = agree(desk, first)
    assert "Nothing of “council.json” was imported" in read(second)
    assert "This site has no page" in read(second)
    assert not Segment.objects.exists()


@pytest.mark.parametrize("spoil", [lambda text: "", lambda text: text[:-2], lambda text: "x" + text])
def test_an_agreement_that_was_tampered_with_is_none(desk: Client, spoil: Callable[[str], str]) -> None:
    signed = agreement(upload(desk, document(segment("one", IN_RIVERSIDE))))
    answer = desk.post(addresses_for("import", Segment), {"agreed": spoil(signed)}, follow=True)
    assert "Choose the file again." in read(answer)
    assert not Segment.objects.exists()


def test_an_agreement_of_somebody_else_is_none(desk: Client, desk_of: Callable[..., Client]) -> None:
    first = upload(desk, document(segment("one", IN_RIVERSIDE)))
    assert "Choose the file again." in read(agree(desk_of(*EVERYTHING), first, follow=True))
    assert not Segment.objects.exists()


def test_an_agreement_lasts_a_day(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    first = upload(desk, document(segment("one", IN_RIVERSIDE)))
    monkeypatch.setattr(exchange, "MAX_AGE_SECONDS", -1)
    assert "looked at too long ago" in read(agree(desk, first, follow=True))
    assert not Segment.objects.exists()


def test_a_segment_that_another_site_gave_is_taken_in_with_all_that_it_asks_about(
    desk: Client, home: AgencyPage
) -> None:
    start = make_intent("start", IntentSignal(kind="page", page=Page.objects.get(pk=home.pk), sort_order=0))
    inner = make_segment("inner", VisitIntentRule(intent=start), SiteRule(site=Site.objects.get()))
    one = make_segment("one", SegmentRule(other=inner), ReferrerRule(hosts=["*.gov.uk"]))
    file = desk.get(reverse(Segment.snippet_viewset.get_url_name("export_one"), args=[one.pk])).content
    was = export_segments()
    for segment_here in (one, inner):
        segment_here.delete()
    Intent.objects.all().delete()
    assert "Imported from" in read(agree(desk, upload(desk, file), follow=True))
    assert export_segments() == was


def test_what_the_other_site_lacks_is_named(desk: Client, home: AgencyPage) -> None:
    museum = rule("SiteRule", site=["museum.example.org", 443])
    account = rule("AccountRule", who="in_group", user_group=["Curators"])
    page = read(upload(desk, document(segment("one", museum, account))))
    assert 'This site has no site ["museum.example.org", 443]. Make it first, or change the file.' in page
    assert 'This site has no group ["Curators"]. Make it first, or change the file.' in page
