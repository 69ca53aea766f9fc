"""Wagtail's API v3 is written: what an editor read, changed and sent back has lost no version."""

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.agency.models import AgencyPage
from tests.api.wagtail_v3 import (
    ALL,
    RIVERSIDE,
    address,
    body_of,
    drafted,
    patch,
    stored,
)
from tests.factories import block_id, hero, make_page, make_segment, personalised
from wagtail_personalise_gov.models import FirstTimeVisitorRule, LocationRule, Segment

pytest.importorskip("wagtail.api.v3", reason="Wagtail's API v3 is new in Wagtail 8.0")

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.urls_of_wagtail_v3")]

PARAGRAPH_KEY = re.compile(' data-block-key="[^"]*"')


@pytest.mark.parametrize("publish", [True, False])
def test_what_an_editor_read_changed_and_sent_back_has_lost_nothing(
    client: Client, home: AgencyPage, riverside: Segment, editor: dict[str, str], publish: bool
) -> None:
    hilltop = make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    draft = make_segment("draft", FirstTimeVisitorRule(), live=False)
    inner = [{"type": "inner", "id": block_id("inner", 0), "value": personalised("plain", (hilltop, "uphill"))}]
    offer = personalised(written("Standard"), ([riverside, hilltop], written("Both")), (draft, written("Later")))
    page = make_page(
        "Everything",
        ("hero", written("For everyone")),
        ("offer", offer),
        ("line", personalised("", (riverside, "Only by the river"), nothing_for_others=True)),
        ("nested", personalised([], (riverside, inner), nothing_for_others=True)),
        ("column", {"title": "Column", "offer": personalised(written("Side"), (hilltop, written("Hillside")))}),
        parent=home,
    )
    before = stored(page)
    body = body_of(client.get(address(page), headers=editor))
    body[1]["value"]["variants"][0]["value"]["content"]["heading"] = "Both, rewritten"

    answer = patch(page, body, editor, **({"action": "publish"} if publish else {}))
    assert answer.status_code == 200, answer.content
    assert written_of(body_of(answer)) == written_of(body)

    expected = copy.deepcopy(before)
    expected[1]["value"]["variants"][0]["value"]["content"]["heading"] = "Both, rewritten"
    assert written_of(drafted(page)) == written_of(expected)
    assert written_of(stored(page)) == written_of(expected if publish else before)


def written(heading: str) -> dict[str, Any]:
    """A hero with a text: of one without, Wagtail's API makes an empty paragraph."""
    return hero(heading, text=f"<p>{heading}, in <b>full</b></p>")


def written_of(raw: Any) -> Any:
    """A stream but for what Wagtail's API itself gives out anew at each write: ids of a list's items, and the keys of
    paragraphs."""
    if isinstance(raw, str):
        return PARAGRAPH_KEY.sub("", raw)
    if isinstance(raw, list):
        return [written_of(one) for one in raw]
    if isinstance(raw, dict):
        is_item = raw.get("type") == "item"
        return {key: written_of(value) for key, value in raw.items() if not (is_item and key == "id")}
    return raw


def resolved(page: AgencyPage) -> Any:
    """The body as a visitor by the river gets it."""
    return body_of(Client().get(address(page), headers=RIVERSIDE))


def without_the_tick(page: AgencyPage) -> Any:
    (variant,) = stored(page)[1]["value"]["variants"]
    sent = {**variant, "value": {**variant["value"], "segments": [Segment.objects.get(slug="riverside").pk]}}
    return [{"type": "offer", "value": {"variants": [sent], "default": hero("New")}, "id": block_id("offer", 1)}]


def offering(value: Any) -> Any:
    return [{"type": "offer", "value": value, "id": block_id("offer", 1)}]


def only_a_standard_version(page: AgencyPage) -> Any:
    return offering({"default": hero("New")})


def without_versions(page: AgencyPage) -> Any:
    return offering({"default": hero("New"), "nothing_for_others": False})


def null_for_versions(page: AgencyPage) -> Any:
    return offering({"variants": None, "default": hero("New"), "nothing_for_others": False})


def without_a_standard_version(page: AgencyPage) -> Any:
    return offering({"variants": [], "nothing_for_others": False})


def no_block_at_all(page: AgencyPage) -> Any:
    return offering(None)


@pytest.mark.parametrize(
    "sent",
    [
        resolved,
        without_the_tick,
        only_a_standard_version,
        without_versions,
        null_for_versions,
        without_a_standard_version,
        no_block_at_all,
    ],
)
@pytest.mark.parametrize("meta", [{}, {"action": "publish"}])
def test_what_lacks_its_versions_is_refused_and_nothing_is_written(
    agency_page: AgencyPage,
    places_by_header: None,
    editor: dict[str, str],
    sent: Callable[[AgencyPage], Any],
    meta: dict[str, str],
) -> None:
    before = stored(agency_page)
    answer = patch(agency_page, sent(agency_page), editor, **meta)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert re.match(r"body\[[01]\]\.value: .* came without some of its parts\. Send “variants”", error["msg"])
    assert stored(agency_page) == before
    assert AgencyPage.objects.get(pk=agency_page.pk).latest_revision is None


@pytest.mark.parametrize(
    "version, words",
    [
        ({"id": block_id("variant", 0), "segments": ["riverside"], "content": "x"}, "A version is sent as this API"),
        ({"type": "variant", "value": {"segments": ["riverside"], "content": "x"}}, "A version is sent as this API"),
        ({"type": "variant", "value": {"segments": [True], "content": "x"}}, "A version is sent as this API"),
        ({"type": "variant", "value": {"segments": 7, "content": "x"}}, "A version is sent as this API"),
        ({"type": "variant", "value": {"segments": [7]}}, "A version is sent as this API"),
        ({"type": "variant", "value": {"content": "x"}}, "A version is sent as this API"),
        ({"type": "variant", "value": None}, "A version is sent as this API"),
        ({"type": "other", "value": {"segments": [7], "content": "x"}}, "A version is sent as this API"),
        (None, "A version is sent as this API"),
        ({"type": "variant", "value": {"segments": [987], "content": "x"}}, "There is no segment 987."),
        ({"type": "variant", "value": {"segments": [10**30], "content": "x"}}, f"There is no segment {10**30}."),
    ],
)
def test_a_version_that_is_not_as_it_was_read_is_refused(
    agency_page: AgencyPage, editor: dict[str, str], version: Any, words: str
) -> None:
    before = stored(agency_page)
    block = {"variants": [version], "default": "For all", "nothing_for_others": False}
    answer = patch(agency_page, [{"type": "line", "value": block}], editor)
    assert answer.status_code == 422, answer.content
    (error,) = answer.json()["errors"]
    assert error["msg"].startswith(f"body[0].value.variants[0]: {words}")
    assert stored(agency_page) == before
    assert AgencyPage.objects.get(pk=agency_page.pk).latest_revision is None


def test_a_segment_that_is_no_more_is_written_back_as_it_is_read(
    client: Client, home: AgencyPage, riverside: Segment, editor: dict[str, str]
) -> None:
    page = make_page("Old", ("line", personalised("All", ([riverside, 987], "Some"))), parent=home)
    body = body_of(client.get(address(page), headers=editor))
    assert body[0]["value"]["variants"][0]["value"]["segments"] == [riverside.pk, None]
    assert patch(page, body, editor).status_code == 200
    (line,) = drafted(page)
    assert line["value"]["variants"][0]["value"]["content"] == "Some"


def test_a_block_inside_a_column_is_refused_alike(
    client: Client, home: AgencyPage, riverside: Segment, places_by_header: None, editor: dict[str, str]
) -> None:
    column = {"title": "Column", "offer": personalised(hero("Side"), (riverside, hero("Riverside")))}
    page = make_page("Columns", ("column", column), parent=home)
    before = stored(page)
    for value in (resolved(page)[0]["value"], {"title": "Column"}, {"title": "Column", "offer": None}, {}, None):
        answer = patch(page, [{**before[0], "value": value}], editor)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["msg"].startswith("body[0].value.offer: ")
    assert stored(page) == before


def test_a_version_that_holds_such_blocks_is_not_written_without_its_content(
    home: AgencyPage, riverside: Segment, places_by_header: None, editor: dict[str, str]
) -> None:
    inner = [{"type": "inner", "id": block_id("inner", 0), "value": personalised("plain", (riverside, "by the river"))}]
    page = make_page("Nested", ("nested", personalised([], (riverside, inner), nothing_for_others=True)), parent=home)
    version = {"type": "variant", "value": {"segments": [riverside.pk], "content": None}}
    block = {"variants": [version], "default": [], "nothing_for_others": True}
    answer = patch(page, [{"type": "nested", "value": block}], editor)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["msg"].startswith("body[0].value.variants[0].value.content: What stands here may hold blocks")
    version["value"]["content"] = []
    assert patch(page, [{"type": "nested", "value": block}], editor).status_code == 200


def test_the_form_for_front_ends_can_not_be_written_back(
    client: Client, agency_page: AgencyPage, editor: dict[str, str]
) -> None:
    before = stored(agency_page)
    answer = patch(agency_page, body_of(client.get(address(agency_page), ALL, headers=editor)), editor)
    assert answer.status_code == 422
    assert "What “variants=all” gives can’t be sent back." in answer.json()["errors"][0]["msg"]
    assert stored(agency_page) == before
    assert AgencyPage.objects.get(pk=agency_page.pk).latest_revision is None


@pytest.mark.parametrize("ticked", [True, False])
def test_a_new_page_may_be_written_with_its_versions(
    home: AgencyPage, riverside: Segment, editor: dict[str, str], ticked: bool
) -> None:
    version = {"type": "variant", "value": {"segments": [riverside.pk], "content": "Sandbags"}}
    block = {"variants": [version], "default": "" if ticked else "Be ready", "nothing_for_others": ticked}
    sent = {
        "title": "New",
        "body": [{"type": "line", "value": block}],
        "meta": {"type": "agency.AgencyPage", "parent_id": home.pk, "action": "publish"},
    }
    answer = Client().post("/api/v3/pages/", json.dumps(sent), content_type="application/json", headers=editor)
    assert answer.status_code == 201, answer.content
    (line,) = stored(AgencyPage.objects.get(title="New"))
    assert line["value"]["nothing_for_others"] is ticked
    (written,) = line["value"]["variants"]
    assert written["id"]
    assert [item["value"] for item in written["value"]["segments"]] == [riverside.pk]


def test_a_page_that_code_made_is_read_so_that_it_can_be_written_back(
    client: Client, home: AgencyPage, riverside: Segment, editor: dict[str, str]
) -> None:
    block = {"default": "All", "variants": [("variant", {"segments": [riverside], "content": "By the river"})]}
    page = home.add_child(instance=AgencyPage(title="Made by code", body=[("line", block)]))
    body = body_of(client.get(address(page), headers=editor))
    assert body[0]["value"]["nothing_for_others"] is False
    assert patch(page, body, editor).status_code == 200
    assert drafted(page)[0]["value"]["variants"][0]["value"]["content"] == "By the river"


@pytest.mark.parametrize("key", [7, True, 1.5, [], {}])
def test_the_id_of_a_version_is_a_text(
    agency_page: AgencyPage, riverside: Segment, editor: dict[str, str], key: Any
) -> None:
    version = {"type": "variant", "id": key, "value": {"segments": [riverside.pk], "content": "x"}}
    block = {"variants": [version, version], "default": "For all", "nothing_for_others": False}
    answer = patch(agency_page, [{"type": "line", "value": block}], editor)
    assert answer.status_code == 422
    assert "variants[0]: A version is sent as this API gives it" in answer.json()["errors"][0]["msg"]


@pytest.mark.parametrize("key", [None, ""])
def test_versions_without_an_id_get_one_each(
    agency_page: AgencyPage, riverside: Segment, editor: dict[str, str], key: Any
) -> None:
    version = {"type": "variant", "id": key, "value": {"segments": [riverside.pk], "content": "x"}}
    block = {"variants": [version, version], "default": "For all", "nothing_for_others": False}
    assert patch(agency_page, [{"type": "line", "value": block}], editor).status_code == 200
    assert len({version["id"] for version in drafted(agency_page)[0]["value"]["variants"]} - {None, ""}) == 2


def test_two_versions_never_share_an_id(agency_page: AgencyPage, riverside: Segment, editor: dict[str, str]) -> None:
    version = {"type": "variant", "id": "one", "value": {"segments": [riverside.pk], "content": "x"}}
    block = {"variants": [version, version], "default": "For all", "nothing_for_others": False}
    answer = patch(agency_page, [{"type": "line", "value": block}], editor)
    assert answer.status_code == 422
    assert "variants[1]: Two versions have the id “one”." in answer.json()["errors"][0]["msg"]
