"""Segments out of the admin as a file and in from one, with a look at what changes before it does."""

import json
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from wagtail.models import ModelLogEntry, Page, Site
from wagtail.signals import published, unpublished

from wagtail_personalise_gov.editor.addresses import address_of, addresses_for
from wagtail_personalise_gov.editor.exchange import views as exchange
from wagtail_personalise_gov.models import (
    FirstTimeVisitorRule,
    Intent,
    IntentSignal,
    LocationRule,
    ReferrerRule,
    RuleTypeInUse,
    Segment,
    SegmentRule,
    SiteRule,
    VisitIntentRule,
)
from wagtail_personalise_gov.portable import export_segments, to_text

from ..agency.models import AgencyPage, AskRule
from ..factories import make_intent, make_page, make_segment
from ..portable.conftest import FIRST_TIME, document, everything, intent, rule, segment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("searchable")]

IN_RIVERSIDE = rule("LocationRule", cities=["Riverside"])
EVERYTHING = ("add_segment", "change_segment", "publish_segment", "add_intent", "change_intent")


# Out


def export_address(**query: Any) -> tuple[str, dict[str, Any]]:
    return addresses_for("export", Segment), query


def slugs_in(response: HttpResponse) -> set[str]:
    return {entry["slug"] for entry in json.loads(response.content)["segments"]}


def test_the_list_is_exported_as_a_file_that_the_command_would_write(desk: Client) -> None:
    make_segment("one", LocationRule(cities=["Riverside"]))
    make_segment("two", FirstTimeVisitorRule(), live=False)
    response = desk.get(*export_address())
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Content-Disposition"].startswith('attachment; filename="segments-')
    assert response.content.decode() == to_text(export_segments())


def test_what_the_list_leaves_out_the_file_leaves_out(desk: Client) -> None:
    make_segment("live-one")
    make_segment("draft-one", live=False)
    make_segment("archived-one").archive()
    assert slugs_in(desk.get(*export_address())) == {"live-one", "draft-one"}
    assert slugs_in(desk.get(*export_address(status="draft"))) == {"draft-one"}
    assert slugs_in(desk.get(*export_address(status="archived"))) == {"archived-one"}
    assert slugs_in(desk.get(*export_address(q="draft"))) == {"draft-one"}


def test_the_file_has_what_stands_on_all_pages_of_the_list(desk: Client) -> None:
    for number in range(25):
        make_segment(f"s{number}")
    assert len(slugs_in(desk.get(*export_address(p=1)))) == 25


def test_the_list_leads_to_the_file_of_what_it_shows(desk: Client) -> None:
    make_segment("one")
    page = desk.get(addresses_for("list", Segment), {"status": "draft", "p": "1"}).content.decode()
    assert f'href="{addresses_for("export", Segment)}?status=draft"' in page
    assert "Export these as a file" in page


def test_one_segment_takes_with_it_what_its_rules_ask_about(desk: Client) -> None:
    start = make_intent("start")
    make_intent("unasked")
    deep = make_segment("deep", VisitIntentRule(intent=start))
    inner = make_segment("inner", SegmentRule(other=deep))
    one = make_segment("one", SegmentRule(other=inner))
    make_segment("other")
    response = desk.get(reverse(Segment.snippet_viewset.get_url_name("export_one"), args=[one.pk]))
    assert slugs_in(response) == {"one", "inner", "deep"}
    assert [entry["slug"] for entry in json.loads(response.content)["intents"]] == ["start"]
    assert response.headers["Content-Disposition"] == 'attachment; filename="one.json"'


@pytest.mark.parametrize("view", ["edit", "inspect"])
def test_a_segment_leads_to_its_file(desk: Client, view: str) -> None:
    one = make_segment("one")
    own = reverse(Segment.snippet_viewset.get_url_name("export_one"), args=[one.pk])
    assert f'href="{own}"' in desk.get(address_of(view, one)).content.decode()
    assert f'href="{own}"' in desk.get(addresses_for("list", Segment)).content.decode()


def bulk_address() -> str:
    return reverse("wagtail_bulk_action", args=["wagtail_personalise_gov", "segment", "export"])


def test_ticked_segments_are_exported(desk: Client) -> None:
    one, two = make_segment("one"), make_segment("two")
    make_segment("three")
    assert slugs_in(desk.get(bulk_address(), {"id": [one.pk, two.pk]})) == {"one", "two"}
    assert slugs_in(desk.get(bulk_address(), {"id": "all"})) == {"one", "two", "three"}


def test_a_segment_that_no_file_can_hold_is_a_page_that_says_so(desk: Client) -> None:
    one = make_segment("one", FirstTimeVisitorRule())
    RuleTypeInUse.objects.create(segment=one, rule_type="weather.WeatherRule")
    response = desk.get(*export_address())
    assert response.status_code == 409
    assert "segment “one”: It has rules whose type is not installed: weather.WeatherRule" in response.content.decode()
    assert "Content-Disposition" not in response.headers


def test_a_file_is_for_those_who_may_read_segments(desk_of: Callable[..., Client]) -> None:
    one = make_segment("one")
    addresses = [
        addresses_for("export", Segment),
        reverse(Segment.snippet_viewset.get_url_name("export_one"), args=[one.pk]),
        f"{bulk_address()}?id={one.pk}",
    ]
    for codename in ("view_segment", "change_segment"):
        reader = desk_of(codename)
        assert [reader.get(address).status_code for address in addresses] == [200, 200, 200]
    for codenames in ((), ("add_segment",), ("change_page",)):
        stranger = desk_of(*codenames)
        assert all("one" not in stranger.get(address).content.decode() for address in addresses)
        assert all(stranger.get(address).status_code in {302, 403} for address in addresses)


def test_an_export_makes_the_same_queries_whatever_the_number_of_segments(desk: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(*export_address()).status_code == 200
        return len(captured)

    make_segment("s0", LocationRule(cities=["Riverside"]))
    queries()
    few = queries()
    for number in range(1, 20):
        make_segment(f"s{number}", LocationRule(cities=["Riverside"]))
    assert queries() == few


# In


def upload(desk: Client, given: Any, name: str = "council.json") -> HttpResponse:
    """What the admin answers to a file."""
    content = given if isinstance(given, bytes) else json.dumps(given).encode()
    return desk.post(addresses_for("import", Segment), {"file": SimpleUploadedFile(name, content)})


def read(response: HttpResponse) -> str:
    """The text of a page, a blank between words."""
    return " ".join(strip_tags(response.content.decode().split("<main")[1]).split()).replace("&quot;", '"')


def agreement(response: HttpResponse) -> str:
    """What the confirm button sends; "" where there is none."""
    return str(response.context["signed"])


def agree(desk: Client, response: HttpResponse, **options: Any) -> HttpResponse:
    return desk.post(addresses_for("import", Segment), {"agreed": agreement(response)}, **options)


def import_it(desk: Client, given: Any) -> str:
    """Look, agree, and what the page after that says."""
    return read(agree(desk, upload(desk, given), follow=True))


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


# What is wrong with a file


@pytest.mark.parametrize(
    "content, told",
    [
        (b"hello", "This is not a file made by “Export as a file”."),
        (b"\xff\xfe", "This is not a file made by “Export as a file”."),
        (b"[]", "This is not a file made by “Export as a file”."),
        (b"{}", "This is not a file made by “Export as a file”."),
        (b'{"format": "wagtail_personalise_gov.segments", "version": 2}', "and this site reads version 1"),
        (b"[" * 100_000, "nested more than 50 deep"),
        (b"[" * 900 + b"]" * 900, "nested more than 50 deep"),
        (b'{"a": "\\u0000"}', "which no database takes"),
        (b"", "The submitted file is empty."),
    ],
)
def test_what_is_no_file_of_segments_says_what_it_is_not(desk: Client, content: bytes, told: str) -> None:
    response = upload(desk, content)
    assert response.status_code == 200
    assert told in read(response)


def test_all_problems_are_listed_at_once_with_their_places(desk: Client) -> None:
    before = everything()
    page = read(
        upload(desk, document(segment("one", rule("LocationRul")), segment("two", rule("LocationRule")), {"slug": "x"}))
    )
    assert "Nothing of “council.json” was imported" in page
    assert "Segment “One”, rule 1: There is no rule type “wagtail_personalise_gov.LocationRul”. Is its app" in page
    assert "Segment “Two”, rule 1 (Location), countries: " in page
    assert "Segment “x”: “name” is missing." in page
    assert page.index("“One”") < page.index("“Two”") < page.index("Segment “x”")
    assert "segments[" not in page
    assert everything() == before


def test_a_problem_is_told_as_the_form_calls_things(desk: Client) -> None:
    given = document(
        segment("one", FIRST_TIME, rule("VisitIntentRule", intent="gone"), name="Returning licence seekers"),
        segment("two", FIRST_TIME, examples=[{"name": "", "must_match": True, "visit": {}}]),
        {"name": "No slug"},
        intents=[intent("start", {"kind": "page"}, sort_order="x")],
    )
    page = read(upload(desk, given))
    for told in (
        "Segment “Returning licence seekers”, rule 2 (Visit intent), intent: There is no intent “gone”",
        "Segment “Two”, example visit 1, name: “” is not a name.",
        "Segment “No slug”: It has no slug",
        "Intent “Start”, signal 1, page: Choose the page.",
        "Intent “Start”, order: ",
    ):
        assert told in page


def test_the_focus_goes_to_what_is_wrong(desk: Client) -> None:
    assert 'id="personalise-file-problems" tabindex="-1" autofocus' in upload(desk, b"hello").content.decode()


def test_who_only_looks_publishes_nothing(desk_of: Callable[..., Client]) -> None:
    make_segment("one", FirstTimeVisitorRule())
    told: list[str] = []

    def listen(sender: Any, instance: Any, **kwargs: Any) -> None:
        told.append(instance.slug)

    for signal in (published, unpublished):
        signal.connect(listen)
    try:
        given = document(segment("one", IN_RIVERSIDE, live=False), segment("two", FIRST_TIME))
        first = upload(desk_of("add_segment", "change_segment"), given)
        assert "Ask somebody who may publish." in read(first)
        able = desk_of(*EVERYTHING)
        second = upload(able, given)
        assert told == []
        agree(able, second)
        assert set(told) == {"one", "two"}
    finally:
        for signal in (published, unpublished):
            signal.disconnect(listen)


def test_of_very_many_problems_the_first_are_listed(desk: Client) -> None:
    page = read(upload(desk, document(*({"slug": f"s{number}"} for number in range(60)))))
    assert "“name” is missing" in page
    assert "more Mend the file" in page
    assert page.count("is missing") == exchange.MAX_PROBLEMS


def test_more_changes_than_one_request_can_make_are_refused(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MAX_CHANGES", 1)
    page = read(upload(desk, document(segment("one", FIRST_TIME), segment("two", FIRST_TIME))))
    assert "The file changes 2 segments or intents, and at most 1 can be changed at once here." in page


def test_what_the_file_holds_is_no_html(desk: Client) -> None:
    bad = document(segment("one", rule("<script>alert(1)</script>")))
    good = document(segment("one", FIRST_TIME, name="<script>alert(2)</script>"))
    for given in (bad, good):
        page = upload(desk, given, name="<img src=x>.json").content.decode()
        assert "<script>alert" not in page
        assert "<img src=x>" not in page


def test_no_file_is_said_at_the_field(desk: Client) -> None:
    assert "This field is required." in read(desk.post(addresses_for("import", Segment), {}))


def test_a_file_that_is_too_large_is_said_at_the_field(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MAX_BYTES", 100)
    page = read(upload(desk, document(segment("one", FIRST_TIME))))
    assert "at most 100" in page
    assert "import_segments" in page


def test_a_file_that_no_form_can_carry_back_is_too_large(desk: Client, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = exchange.FORM_BYTES + 200
    response = upload(desk, document(*(segment(f"s{number}", IN_RIVERSIDE) for number in range(20))))
    assert "Export fewer segments at once" in read(response)


def test_a_file_of_the_largest_size_can_be_agreed_to(desk: Client) -> None:
    hard_to_pack = "".join(sha256(str(number).encode()).hexdigest() for number in range(exchange.MAX_BYTES // 64 - 10))
    first = upload(desk, document(segment("one", IN_RIVERSIDE, public_explanation=hard_to_pack)))
    assert "Imported from" in read(agree(desk, first, follow=True))


# Who may


def test_the_way_in_is_for_those_who_may_add_or_change(desk_of: Callable[..., Client]) -> None:
    address = addresses_for("import", Segment)
    for codename in ("add_segment", "change_segment"):
        assert desk_of(codename).get(address).status_code == 200
        assert f'href="{address}"' in desk_of(codename).get(addresses_for("list", Segment)).content.decode()
    for codename in ("view_segment", "change_page", "publish_segment"):
        stranger = desk_of(codename)
        assert stranger.get(address).status_code in {302, 403}
        assert upload(stranger, document(segment("one", FIRST_TIME, live=False))).status_code in {302, 403}
    assert address not in desk_of("view_segment").get(addresses_for("list", Segment)).content.decode()
    assert not Segment.objects.exists()


@pytest.mark.parametrize(
    "lacking, given, told",
    [
        (
            "add_segment",
            document(segment("new", FIRST_TIME, live=False)),
            "You may not add segments, and these are new",
        ),
        ("change_segment", document(segment("a-draft", IN_RIVERSIDE, live=False)), "You may not change segments"),
        ("publish_segment", document(segment("new", FIRST_TIME)), "Ask somebody who may publish."),
        ("publish_segment", document(segment("is-live", IN_RIVERSIDE)), "Ask somebody who may publish."),
        ("publish_segment", document(segment("is-live", FIRST_TIME, live=False)), "Ask somebody who may publish."),
        ("publish_segment", document(segment("is-live", live=False, archived=True)), "Ask somebody who may publish."),
        ("add_intent", document(intents=[intent("new")]), "You may not add intents"),
        ("change_intent", document(intents=[intent("start", question_label="x")]), "You may not change intents"),
    ],
)
def test_whoever_may_not_do_it_all_may_look_and_hears_why_not(
    desk_of: Callable[..., Client], lacking: str, given: Any, told: str
) -> None:
    make_segment("a-draft", FirstTimeVisitorRule(), live=False)
    make_segment("is-live", FirstTimeVisitorRule())
    make_intent("start")
    before = everything()
    editor = desk_of(*(codename for codename in EVERYTHING if codename != lacking))
    response = upload(editor, given)
    assert told in read(response)
    assert agreement(response) == ""
    assert everything() == before
    able = upload(desk_of(*EVERYTHING), given)
    assert told not in read(able)
    assert agreement(able) != ""


def test_a_permission_that_was_taken_away_in_between_counts(desk_of: Callable[..., Client]) -> None:
    editor = desk_of(*EVERYTHING)
    first = upload(editor, document(segment("one", FIRST_TIME)))
    user = User.objects.get(pk=editor.session["_auth_user_id"])
    user.user_permissions.remove(user.user_permissions.get(codename="publish_segment"))
    assert "Ask somebody who may publish." in read(agree(editor, first))
    assert not Segment.objects.exists()


def test_what_somebody_else_has_locked_stays_locked(desk_of: Callable[..., Client], admin: Any) -> None:
    one = make_segment("one", FirstTimeVisitorRule())
    one.locked, one.locked_by, one.locked_at = True, admin, timezone.now()
    one.save()
    response = upload(desk_of(*EVERYTHING), document(segment("one", IN_RIVERSIDE)))
    assert "These are locked, and not for you to change: “One”." in read(response)
    assert agreement(response) == ""


# From one site to another


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
