"""What editors are told of versions: for whom each is, and which of them nobody will ever see."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.test.utils.form_data import nested_form_data, rich_text, streamfield

from wagtail_personalise_gov.compiling import pause
from wagtail_personalise_gov.editor.versions import audiences
from wagtail_personalise_gov.editor.versions.said import Kind, SaidOfVersion, said_of, said_of_blocks
from wagtail_personalise_gov.editor.versions.unseen import warn_of_unseen_in_page, warn_of_unseen_in_snippet
from wagtail_personalise_gov.models import FirstTimeVisitorRule, LocationRule, ReferrerRule, Segment, SegmentRule

from ..agency.models import AgencyPage, AskRule
from ..factories import make_segment, personalised, raw_stream

pytestmark = pytest.mark.django_db


@pytest.fixture
def hilltop() -> Segment:
    return make_segment("hilltop", LocationRule(cities=["Hilltop"]), name="Hilltop")


@pytest.fixture
def riverside() -> Segment:
    return make_segment("riverside", LocationRule(cities=["Riverside"]), name="Riverside")


@pytest.fixture
def valley() -> Segment:
    """Riverside and Hilltop."""
    return make_segment("valley", LocationRule(cities=["Riverside", "Hilltop"]), name="The valley")


def kinds(said: list[SaidOfVersion]) -> list[list[Kind]]:
    return [[warning.kind for warning in version.warnings] for version in said]


# For whom


def test_a_version_is_titled_by_its_segments(riverside: Segment, hilltop: Segment, valley: Segment) -> None:
    one, three = said_of([[riverside.pk], [riverside.pk, hilltop.pk, valley.pk]])
    assert one.title == "For Riverside"
    assert three.title == "For Riverside, Hilltop or The valley"
    assert (one.number, three.number) == (1, 2)


def test_what_its_segments_say_stands_with_it(riverside: Segment) -> None:
    (version,) = said_of([[riverside.pk]])
    assert [str(audience.words) for audience in version.audiences] == [
        "Visitors of whom this is true: They seem to be in Riverside"
    ]


def test_a_version_that_all_its_visitors_can_see_has_no_warning(riverside: Segment, hilltop: Segment) -> None:
    assert kinds(said_of([[riverside.pk], [hilltop.pk]])) == [[], []]


# Never reached


def test_a_version_for_the_segment_of_an_earlier_one_is_never_seen(riverside: Segment) -> None:
    first, second = said_of([[riverside.pk], [riverside.pk]])
    assert not first.warnings
    assert second.is_unreachable
    assert "version 1 comes first" in second.warnings[0].text


def test_so_is_one_for_people_who_are_all_in_an_earlier_one(riverside: Segment, valley: Segment) -> None:
    assert kinds(said_of([[valley.pk], [riverside.pk]])) == [[], [Kind.UNREACHABLE]]
    # The narrow one first leaves the wide one some.
    assert kinds(said_of([[riverside.pk], [valley.pk]])) == [[], []]


def test_several_earlier_versions_may_take_all_of_its_visitors(
    riverside: Segment, hilltop: Segment, valley: Segment
) -> None:
    third = said_of([[riverside.pk], [hilltop.pk], [valley.pk]])[2]
    assert third.is_unreachable
    assert "versions 1 and 2 come first" in third.warnings[0].text


def test_one_segment_with_visitors_left_is_enough(riverside: Segment, hilltop: Segment, valley: Segment) -> None:
    abroad = make_segment("abroad", LocationRule(countries=["FR"]))
    assert kinds(said_of([[valley.pk], [riverside.pk, abroad.pk]])) == [[], []]
    assert kinds(said_of([[valley.pk], [riverside.pk, hilltop.pk]])) == [[], [Kind.UNREACHABLE]]


def test_segments_inside_segments_are_looked_into(riverside: Segment, valley: Segment) -> None:
    new_there = make_segment("new-there", SegmentRule(other=riverside), FirstTimeVisitorRule())
    assert kinds(said_of([[valley.pk], [new_there.pk]])) == [[], [Kind.UNREACHABLE]]
    elsewhere = make_segment("elsewhere", SegmentRule(other=valley, negated=True))
    assert kinds(said_of([[valley.pk], [elsewhere.pk]])) == [[], []]


def test_a_segment_in_learning_mode_takes_nobody(riverside: Segment, valley: Segment) -> None:
    valley.learning = True
    valley.save()
    assert kinds(said_of([[valley.pk], [riverside.pk]])) == [[Kind.LEARNING], []]


def test_a_draft_takes_nobody_yet(riverside: Segment) -> None:
    draft = make_segment("draft", LocationRule(cities=["Riverside", "Hilltop"]), live=False)
    assert kinds(said_of([[draft.pk], [riverside.pk]])) == [[Kind.DRAFT], []]


def test_a_share_held_back_does_not_open_the_way_to_later_versions(riverside: Segment, valley: Segment) -> None:
    valley.holdout_percent = 50
    valley.save()
    assert kinds(said_of([[valley.pk], [riverside.pk]])) == [[], [Kind.UNREACHABLE]]


def test_nothing_is_claimed_of_rules_that_can_not_be_asked() -> None:
    first, second = (
        make_segment(slug, AskRule(question={"fact": "location.city", "op": "in", "value": ["Riverside"]}))
        for slug in ("first", "second")
    )
    AskRule.objects.update(question={"fact": "location.city", "op": "no such operator", "value": 7})
    assert kinds(said_of([[first.pk], [second.pk]])) == [[Kind.NOBODY], [Kind.NOBODY]]


def test_it_is_told_during_a_pause_too(riverside: Segment) -> None:
    pause(by="Ada")
    assert kinds(said_of([[riverside.pk], [riverside.pk]])) == [[], [Kind.UNREACHABLE]]


# Segments that nobody is in


def test_a_version_without_a_segment_is_for_nobody_yet() -> None:
    (version,) = said_of([[]])
    assert version.title == "For nobody yet"
    assert kinds([version]) == [[Kind.NO_SEGMENT]]


def test_a_segment_that_was_deleted_is_named_as_gone() -> None:
    (version,) = said_of([[4711]])
    assert version.title == "For a segment that was deleted"
    assert kinds([version]) == [[Kind.GONE]]


def test_drafts_archived_segments_and_those_that_nobody_can_be_in_are_warned_of() -> None:
    archived = make_segment("archived", FirstTimeVisitorRule())
    archived.archive()
    nobody = make_segment("nobody", ReferrerRule(kinds=["search"]), ReferrerRule(kinds=["search"], negated=True))
    empty = make_segment("empty")
    draft = make_segment("draft", FirstTimeVisitorRule(), live=False)
    versions = said_of([[archived.pk], [nobody.pk], [empty.pk], [draft.pk]])
    assert kinds(versions) == [[Kind.ARCHIVED], [Kind.NOBODY], [Kind.NOBODY], [Kind.DRAFT]]
    assert "“Name of archived” is archived" in versions[0].warnings[0].text
    assert "can’t both be true" in versions[1].warnings[0].text


def test_a_review_that_is_due_is_said_softly() -> None:
    overdue = make_segment("overdue", FirstTimeVisitorRule(), review_by="2020-01-31")
    (version,) = said_of([[overdue.pk]])
    assert kinds([version]) == [[Kind.OVERDUE]]
    assert not version.warnings[0].is_serious
    assert "31 January 2020" in version.warnings[0].text or "Jan" in version.warnings[0].text


# Cost


def test_many_blocks_and_segments_cost_as_many_queries_as_one() -> None:
    def queries(segments: list[Segment]) -> int:
        with CaptureQueriesContext(connection) as captured:
            said_of_blocks([[[segment.pk] for segment in segments]] * len(segments))
        return len(captured)

    def town(number: int) -> Segment:
        inner = make_segment(f"inner-{number}", LocationRule(cities=[f"Town {number}"]))
        return make_segment(f"town-{number}", SegmentRule(other=inner), FirstTimeVisitorRule())

    segments = [town(number) for number in range(6)]
    assert queries(segments) == queries(segments[:1])


def test_no_versions_cost_no_query(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert said_of_blocks([[], []]) == [[], []]


# The view that the form asks


def ask(desk: Client, blocks: Any, **more: Any) -> Any:
    body = json.dumps({"blocks": blocks, **more})
    return desk.post(reverse("personalise_versions"), body, content_type="application/json")


def test_the_form_is_told_of_all_its_blocks(desk: Client, riverside: Segment, hilltop: Segment) -> None:
    answer = ask(desk, [[[riverside.pk], [riverside.pk]], [[hilltop.pk]]])
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    (first, second), (other,) = answer.json()["blocks"]
    assert (first["title"], other["title"]) == ("For Riverside", "For Hilltop")
    assert "They seem to be in Riverside" in first["html"]
    assert (first["serious"], second["serious"]) == (False, True)
    assert "No visitor ever sees this version" in second["html"]


def test_a_name_is_no_html(desk: Client) -> None:
    segment = make_segment("odd", LocationRule(cities=["<i>x"]), name="<script>", live=False)
    said = ask(desk, [[[segment.pk]]]).json()["blocks"][0][0]
    assert "&lt;script&gt;" in said["html"]
    assert "<script>" not in said["html"]
    assert "<i>" not in said["html"]


def test_who_may_not_see_segments_reads_no_rules(desk_of: Callable[..., Client], riverside: Segment) -> None:
    broken = make_segment("broken", LocationRule(cities=["Atlantis"]), LocationRule(cities=["Hilltop"]))
    insider = ask(desk_of("view_segment"), [[[riverside.pk], [broken.pk]]]).content.decode()
    outsider = ask(desk_of(), [[[riverside.pk], [broken.pk]]]).content.decode()
    assert "They seem to be in Riverside" in insider
    assert "Atlantis" in insider
    assert "They seem to be" not in outsider
    assert "Atlantis" not in outsider
    assert "Nobody can be in \\u201cName of broken\\u201d as it stands." in outsider


def test_nobody_asks_who_is_not_in_the_admin(client: Client, django_user_model: Any, riverside: Segment) -> None:
    client.force_login(django_user_model.objects.create_user("citizen"))
    for browser in (client, Client()):
        answer = ask(browser, [[[riverside.pk]]])
        assert answer.status_code == 302
        assert "login" in answer["Location"]


def test_another_site_can_not_ask(admin: Any, riverside: Segment) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(admin)
    assert ask(browser, [[[riverside.pk]]]).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "7",
        '{"blocks": 7}',
        '{"blocks": [7]}',
        '{"blocks": [[7]]}',
        '{"blocks": [[["7"]]]}',
        '{"blocks": [[[true]]]}',
        '{"blocks": [[[1.5]]]}',
        '{"blocks": [[[-1]]]}',
        '{"blocks": [[[99999999999999999999]]]}',
        '{"blocks": [[[NaN]]]}',
        '{"blocks": ' + "[" * 20_000 + "]" * 20_000 + "}",
        b"\xff\xfe\x00",
    ],
    ids=range(15),
)
def test_nonsense_is_answered_with_a_sentence(desk: Client, body: Any) -> None:
    answer = desk.post(reverse("personalise_versions"), body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["problem"].endswith(".")


@pytest.mark.parametrize(
    "blocks",
    [
        [[[1]] * (audiences.MOST_VERSIONS + 1)],
        [[]] * (audiences.MOST_VERSIONS + 1),
        [[[1] * (audiences.MOST_CHOSEN + 1)]],
        [[[1] * 50] * 61],
        [[[10**17]] * 9000],
    ],
    ids=["versions", "blocks", "segments", "segments together", "bytes"],
)
def test_no_more_is_answered_than_a_page_may_hold(desk: Client, blocks: Any) -> None:
    assert ask(desk, blocks).status_code == 400


@pytest.mark.parametrize(
    "blocks",
    [
        [[[1]] * (audiences.MOST_FOR_OTHERS + 1)],
        [[]] * (audiences.MOST_FOR_OTHERS + 1),
        [[[1] * (audiences.MOST_FOR_OTHERS + 1)]],
    ],
    ids=["versions", "blocks", "segments"],
)
def test_who_may_not_see_segments_may_ask_less_at_once(
    desk: Client, desk_of: Callable[..., Client], blocks: Any
) -> None:
    assert ask(desk, blocks).status_code == 200
    assert ask(desk_of(), blocks).status_code == 400
    assert ask(desk_of(), [[[1]] * audiences.MOST_FOR_OTHERS]).status_code == 200


def test_a_version_for_many_segments_silences_no_other(desk: Client, riverside: Segment) -> None:
    answer = ask(desk, [[[riverside.pk]], [list(range(1, 201))]])
    assert answer.status_code == 200
    assert answer.json()["blocks"][0][0]["title"] == "For Riverside"


def test_the_view_changes_nothing_and_is_only_posted_to(desk: Client) -> None:
    assert desk.get(reverse("personalise_versions")).status_code == 405


# Publishing


def posted(*blocks: list[list[int]], action: str = "action-publish") -> dict[str, Any]:
    """The form of an agency's page with these versions, a block each."""

    def hero(heading: str) -> dict[str, Any]:
        return {"heading": heading, "text": rich_text(""), "page": ""}

    def version(segments: list[int]) -> tuple[str, dict[str, Any]]:
        items = {
            str(place): {"deleted": "", "order": str(place), "id": "", "value": str(key)}
            for place, key in enumerate(segments)
        }
        return "variant", {"segments": {"count": str(len(segments)), **items}, "content": hero("Some")}

    stream = [("offer", {"variants": streamfield(map(version, block)), "default": hero("All")}) for block in blocks]
    comments = {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": ""}
    form: dict[str, Any] = nested_form_data(
        {"title": "Flood", "slug": "flood", "comments": comments, "body": streamfield(stream), action: "1"}
    )
    return form


def told(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request) if "warning" in message.tags]


def test_publishing_a_version_that_nobody_sees_is_warned_of(
    desk: Client, agency_page: AgencyPage, riverside: Segment, hilltop: Segment
) -> None:
    address = reverse("wagtailadmin_pages:edit", args=[agency_page.pk])
    answer = desk.post(address, posted([[hilltop.pk], [riverside.pk], [riverside.pk]]))
    assert answer.status_code == 302
    (warning,) = told(answer)
    assert "Body → Offer, version 3 (For Riverside): No visitor ever sees this version" in warning
    assert f"{address}#:w:contentpath=body." in warning
    assert AgencyPage.objects.get(pk=agency_page.pk).body[0].value["default"]["heading"] == "All"  # published it is


def test_of_many_the_first_are_named(desk: Client, agency_page: AgencyPage, riverside: Segment) -> None:
    address = reverse("wagtailadmin_pages:edit", args=[agency_page.pk])
    answer = desk.post(address, posted(*[[[riverside.pk], [riverside.pk]]] * 5))
    (warning,) = told(answer)
    assert warning.count("version 2 (For Riverside)") == 3
    assert "Body → Offer (2), version 2" in warning
    assert "And 2 more versions." in warning


def test_publishing_what_all_can_see_is_not_warned_of(
    desk: Client, agency_page: AgencyPage, riverside: Segment, hilltop: Segment
) -> None:
    address = reverse("wagtailadmin_pages:edit", args=[agency_page.pk])
    assert told(desk.post(address, posted([[hilltop.pk], [riverside.pk]]))) == []


def test_publishing_names_a_version_whose_segment_is_a_draft(
    desk: Client, agency_page: AgencyPage, riverside: Segment
) -> None:
    draft = make_segment("draft", LocationRule(cities=["Hilltop"]), live=False)
    address = reverse("wagtailadmin_pages:edit", args=[agency_page.pk])
    (warning,) = told(desk.post(address, posted([[riverside.pk], [draft.pk]])))
    assert "version 2" in warning
    assert "draft" in warning
    assert "version 1" not in warning


def test_a_snippet_is_looked_at_too(rf: Any, admin: Any, agency_page: AgencyPage, riverside: Segment) -> None:
    """Whatever has streams and is published, pages in a snippet's place here: the agency has no snippet with blocks."""
    agency_page.body = json.dumps(raw_stream(("line", personalised("All", (riverside, "a"), (riverside, "b")))))
    for action, count in {"action-publish": 1, "action-save": 0}.items():
        request = rf.post("/", {action: "1"})
        request.user, request.session = admin, {}
        request._messages = FallbackStorage(request)
        warn_of_unseen_in_snippet(request, agency_page)
        warnings = [str(message) for message in get_messages(request)]
        assert len(warnings) == count
        assert all("Body → Line, version 2 (For Riverside)" in warning for warning in warnings)


def test_a_page_without_versions_costs_no_query(rf: Any, plain_page: Any, django_assert_num_queries: Any) -> None:
    request = rf.post("/", {"action-publish": "1"})
    with django_assert_num_queries(0):
        warn_of_unseen_in_page(request, plain_page)


def test_a_draft_is_saved_without_a_word(desk: Client, agency_page: AgencyPage, riverside: Segment) -> None:
    address = reverse("wagtailadmin_pages:edit", args=[agency_page.pk])
    answer = desk.post(address, posted([[riverside.pk], [riverside.pk]], action="action-save"))
    assert answer.status_code == 302
    assert told(answer) == []
    draft = AgencyPage.objects.get(pk=agency_page.pk).get_latest_revision_as_object()
    assert len(draft.body[0].value["variants"]) == 2
