"""What is wrong with a file is said at once, and with its place."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from django.test import Client
from wagtail.signals import published, unpublished

from wagtail_personalise_gov.editor.addresses import addresses_for
from wagtail_personalise_gov.editor.exchange import views as exchange
from wagtail_personalise_gov.models import (
    FirstTimeVisitorRule,
    Segment,
)

from ...factories import make_segment
from ...portable.conftest import FIRST_TIME, document, everything, intent, rule, segment
from .desk import EVERYTHING, IN_RIVERSIDE, agree, read, upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("searchable")]


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
