"""Wagtail's API v3: visitors get pages resolved; editors get what they can send back, so that no version is lost."""

import copy
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory
from django.urls import resolve as resolve_path

from tests.agency.models import AgencyPage, PlainPage
from tests.api.test_variants_all import editor_of
from tests.conftest import ROOT
from tests.counting.gathered import BROWSER, PATH, GatheredBuffer
from tests.delivery.page_caches import behind
from tests.factories import block_id, hero, make_page, make_segment, personalised
from wagtail_personalise_gov.blocks import wagtail_v3
from wagtail_personalise_gov.checks import check_api_v3
from wagtail_personalise_gov.models import FirstTimeVisitorRule, LocationRule, Segment

pytest.importorskip("wagtail.api.v3", reason="Wagtail's API v3 is new in Wagtail 8.0")

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.urls_of_wagtail_v3")]

RIVERSIDE, HILLTOP = {"X-City": "Riverside"}, {"X-City": "Hilltop"}
ALL = {"variants": "all"}
PARAGRAPH_KEY = re.compile(' data-block-key="[^"]*"')


def address(page: Any) -> str:
    return f"/api/v3/pages/{page.pk}/"


def token_for(user: User) -> dict[str, str]:
    """The header of a call with a new token of this user's, for Wagtail's API."""
    from wagtail.models import APIToken  # Wagtail 7.4 has none

    return {"Authorization": f"Bearer {APIToken.create_token(user=user, name='test')[1]}"}


@pytest.fixture
def editor() -> dict[str, str]:
    """The header of an editor who may do anything."""
    return token_for(User.objects.create_superuser("editor"))


def directives(answer: Any) -> set[str]:
    return {part.strip() for part in answer.headers.get("Cache-Control", "").split(",")}


def body_of(answer: Any) -> Any:
    assert answer.status_code == 200, answer.content
    return answer.json()["body"]


def patch(page: Any, body: Any, headers: dict[str, str], **meta: str) -> Any:
    client = Client(raise_request_exception=False)
    sent = json.dumps({"body": body, **({"meta": meta} if meta else {})})
    return client.patch(address(page), sent, content_type="application/json", headers=headers)


def stored(page: Any) -> Any:
    """The body as it is in the database."""
    return list(AgencyPage.objects.get(pk=page.pk).body.raw_data)


def drafted(page: Any) -> Any:
    """The body as it is in the latest draft."""
    return list(AgencyPage.objects.get(pk=page.pk).get_latest_revision_as_object().body.raw_data)


# Visitors


def test_a_page_comes_with_the_version_for_this_visitor_and_says_so_to_caches(
    client: Client, agency_page: AgencyPage, places_by_header: None
) -> None:
    for headers, words in ((RIVERSIDE, "Sandbags in Riverside"), (HILLTOP, "Be ready")):
        answer = client.get(address(agency_page), headers=headers)
        assert body_of(answer)[1]["value"]["content"]["heading"] == words
        assert {"private", "no-cache"} <= directives(answer)
        assert {"Cookie", "Sec-GPC", "X-City"} <= set(answer["Vary"].split(", "))
        assert "segments" not in answer.content.decode()


def test_a_page_without_versions_is_everybodys(client: Client, plain_page: PlainPage, riverside: Segment) -> None:
    answer = client.get(address(plain_page))
    assert answer.status_code == 200
    assert "private" not in directives(answer)
    assert not answer.cookies


def test_without_the_middleware_everybody_gets_the_standard_version(
    client: Client, agency_page: AgencyPage, places_by_header: None, settings: Any, editor: dict[str, str]
) -> None:
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.endswith("PersonaliseMiddleware")]
    assert body_of(client.get(address(agency_page), headers=RIVERSIDE))[1]["value"]["variant"] is None
    assert "variants" in body_of(client.get(address(agency_page), headers=editor))[1]["value"]


def test_a_session_is_no_token_so_an_editor_in_a_browser_gets_what_a_visitor_gets(
    client: Client, agency_page: AgencyPage, places_by_header: None
) -> None:
    client.force_login(User.objects.create_superuser("root"))
    told = body_of(client.get(address(agency_page), {"version": "draft"}, headers=RIVERSIDE))
    assert told[1]["value"] == {"variant": block_id("variant", 0), "content": hero("Sandbags in Riverside")}


# Editors


@pytest.mark.parametrize("query", [{}, {"version": "live"}, {"version": "draft"}])
def test_an_editor_gets_what_is_stored_and_no_cache_keeps_it(
    client: Client, agency_page: AgencyPage, places_by_header: None, editor: dict[str, str], query: dict[str, str]
) -> None:
    answer = client.get(address(agency_page), query, headers={**editor, **RIVERSIDE})
    assert body_of(answer)[1]["value"] == {
        "variants": [
            {
                "type": "variant",
                "id": block_id("variant", 0),
                "value": {
                    "segments": [Segment.objects.get(slug="riverside").pk],
                    "content": hero("Sandbags in Riverside"),
                },
            }
        ],
        "default": hero("Be ready"),
        "nothing_for_others": False,
    }
    assert {"private", "no-cache"} <= directives(answer)


def test_an_editor_of_other_pages_gets_no_version_of_this_one(
    client: Client, agency_page: AgencyPage, plain_page: PlainPage
) -> None:
    headers = token_for(editor_of(plain_page))
    for query in ({}, ALL):
        answer = client.get(address(agency_page), query, headers=headers)
        assert answer.status_code == 404
        assert "Sandbags" not in answer.content.decode()


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


# Every version, for who decides elsewhere


def test_an_editor_may_have_every_version_by_the_slugs_that_each_is_for(
    client: Client, agency_page: AgencyPage, editor: dict[str, str]
) -> None:
    answer = client.get(address(agency_page), ALL, headers=editor)
    assert body_of(answer)[1]["value"] == {
        "variants": [
            {"id": block_id("variant", 0), "segments": ["riverside"], "content": hero("Sandbags in Riverside")},
        ],
        "default": hero("Be ready"),
        "nothing_for_others": False,
    }
    assert {"private", "no-cache"} <= directives(answer)


def test_nobody_else_gets_it(client: Client, agency_page: AgencyPage, places_by_header: None) -> None:
    client.force_login(User.objects.create_superuser("root"))
    for headers in ({}, {"Authorization": "Bearer nonsense"}):
        answer = client.get(address(agency_page), ALL, headers={**headers, **RIVERSIDE})
        assert 400 <= answer.status_code < 500
        assert "for those who may edit this" in answer.content.decode()
        for secret in ("Sandbags", "Be ready", "riverside"):
            assert secret not in answer.content.decode()


def test_reading_it_is_nobodys_visit(
    home: AgencyPage, editor: dict[str, str], configure: Callable[..., None], settings: Any
) -> None:
    configure(COUNTING=True, COUNTING_BUFFER=PATH)
    new = make_segment("new", FirstTimeVisitorRule())
    page = make_page("Welcome", ("line", personalised("All", (new, "New"))), parent=home, slug="welcome")
    browser = {"User-Agent": BROWSER}
    GatheredBuffer.totals.clear()
    assert Client().get(address(page), headers=browser).cookies
    assert GatheredBuffer.totals
    GatheredBuffer.totals.clear()
    for query in ({}, ALL):
        answer = Client().get(address(page), query, headers={**editor, **browser})
        assert answer.status_code == 200
        assert not answer.cookies
    assert not GatheredBuffer.totals


def test_a_page_cache_gives_what_an_editor_read_to_nobody(
    agency_page: AgencyPage, places_by_header: None, editor: dict[str, str], settings: Any
) -> None:
    behind("Django's", settings)
    for _time in range(2):
        assert "variants" in body_of(Client().get(address(agency_page), headers=editor))[1]["value"]
        told = body_of(Client().get(address(agency_page), headers=HILLTOP))
        assert told[1]["value"] == {"variant": None, "content": hero("Be ready")}


def read_by(user: User, owner: Any, address_called: str, rf: RequestFactory, **query: str) -> Any:
    """The stream of a page as the schema that Wagtail made for its API reads it, in a call by this user's token."""
    from wagtail.api.v3.registry import registry
    from wagtail.models import APIToken

    request = rf.get(address_called, query)
    request.resolver_match = resolve_path(address_called)
    request.user = User.objects.get(pk=user.pk)
    request.auth = APIToken.create_token(user=user, name="test")[0]
    return registry.get(owner._meta.label).read_schema.resolve_body(owner, {"request": request})


def test_who_may_edit_a_page_gets_no_version_of_what_the_page_leads_to(
    agency_page: AgencyPage, home: AgencyPage, riverside: Segment, rf: RequestFactory
) -> None:
    """As by `api_fields` that name a relation: Wagtail gives the pages behind it, and each stream by its schema."""
    other = make_page("Other", ("line", personalised("All", (riverside, "By the river"))), parent=home)
    user = editor_of(agency_page)
    assert "variants" in read_by(user, agency_page, address(agency_page), rf)[1]["value"]
    assert read_by(user, other, address(agency_page), rf)[0]["value"] == {"variant": None, "content": "All"}
    assert "variants" in read_by(user, agency_page, address(agency_page), rf, **ALL)[1]["value"]
    with pytest.raises(PermissionDenied, match="ask for each by itself"):
        read_by(user, other, address(agency_page), rf, **ALL)


def test_where_nobody_says_whose_a_stream_is_it_comes_resolved(agency_page: AgencyPage, rf: RequestFactory) -> None:
    """As where the API was made ready before this app: then it can't be told what whoever calls may edit."""
    request = rf.get(address(agency_page))
    request.resolver_match = resolve_path(address(agency_page))
    request.user = request.auth = User.objects.create_superuser("root")
    body = AgencyPage.objects.get(pk=agency_page.pk).body
    told = body.stream_block.get_api_representation(body, {"request": request})
    assert told[1]["value"] == {"variant": None, "content": hero("Be ready")}


def test_another_api_of_the_site_gives_no_version_to_an_editor(agency_page: AgencyPage, rf: RequestFactory) -> None:
    """One by Django Ninja that lets in by a session is no API of Wagtail's."""
    request = rf.get("/flood/")
    request.resolver_match = resolve_path("/flood/")
    request.user = request.auth = User.objects.create_superuser("root")
    body = AgencyPage.objects.get(pk=agency_page.pk).body
    told = body.stream_block.get_api_representation(body, {"request": request})
    assert told[1]["value"] == {"variant": None, "content": hero("Be ready")}


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


# An app that stands after Wagtail's

STARTED_LAST = """
from django.conf import settings
import tests.settings as site

named = {name: getattr(site, name) for name in dir(site) if name.isupper()}
ours = "wagtail_personalise_gov"
named["INSTALLED_APPS"] = [*(app for app in named["INSTALLED_APPS"] if app != ours), ours]
settings.configure(**named)

import django

django.setup()

from wagtail_personalise_gov.blocks import wagtail_v3
from wagtail_personalise_gov.checks import check_api_v3

for problem in check_api_v3(None):
    print(problem.id, problem.msg)
"""


def test_a_check_tells_of_streams_that_the_api_would_write_unguarded() -> None:
    """Wagtail's redirects make the API ready when Django starts; by then it must have been told of us."""
    assert check_api_v3(None) == []  # in these tests it stands before them
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    started = subprocess.run(
        [sys.executable, "-c", STARTED_LAST], capture_output=True, text=True, cwd=ROOT, env=environment, check=True
    )
    (told,) = started.stdout.splitlines()
    assert told.startswith("wagtail_personalise_gov.E006 agency.AgencyPage.body is an api_field of Wagtail's API v3")


def test_a_site_starts_where_the_api_is_another_one_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a preview, so a later Wagtail may have changed it."""
    from wagtail.api.v3.schemas import generators

    monkeypatch.setattr(wagtail_v3, "told_in_vain", False)
    monkeypatch.delattr(generators, "read_generator")
    wagtail_v3.tell_wagtail_v3()
    assert [problem.id for problem in check_api_v3(None)] == ["wagtail_personalise_gov.E006"]
