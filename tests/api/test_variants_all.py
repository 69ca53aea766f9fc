"""Pages with every version (``?variants=all``): for those who may have them, and in one form for any front end."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from wagtail.models import GroupPagePermission, Page, PageViewRestriction

from tests.agency.models import AgencyPage, PlainPage
from tests.api.calling import API
from tests.api.tokens import bearer
from tests.counting.gathered import BROWSER, PATH, GatheredBuffer
from tests.factories import block_id, hero, make_page, make_segment, personalised
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.models import ApiToken, FirstTimeVisitorRule, LocationRule, Segment
from wagtail_personalise_gov.models.api_tokens import Scope

pytestmark = pytest.mark.django_db

UNCACHED = {"private", "no-cache"}


@pytest.fixture
def token() -> dict[str, str]:
    """The header of a server that may read every version."""
    return bearer(Scope.VARIANTS)


def address(page: Page, query: str = "?variants=all") -> str:
    return f"{API}/pages/{page.pk}/{query}"


def directives(answer: Any) -> set[str]:
    return {part.strip() for part in answer["Cache-Control"].split(",")}


def editor_of(page: Page | None, name: str = "editor") -> User:
    """Somebody who may sign in to the admin, and edit this page and what is below it."""
    user = User.objects.create_user(name)
    if page is not None:
        group = Group.objects.create(name=f"Editors of {page.title}")
        GroupPagePermission.objects.create(group=group, page=page, permission_type="change")
        user.groups.add(group)
    return user


# The form


def test_a_block_comes_with_every_version_and_the_slugs_that_each_is_for(
    client: Client, agency_page: AgencyPage, token: dict[str, str]
) -> None:
    told = client.get(address(agency_page), headers=token).json()
    assert told["body"][0]["value"]["heading"] == "For everyone"
    assert told["body"][1]["value"] == {
        "variants": [
            {"id": block_id("variant", 0), "segments": ["riverside"], "content": hero("Sandbags in Riverside")},
        ],
        "default": hero("Be ready"),
        "nothing_for_others": False,
    }
    assert (told["id"], told["url"], told["locale"]) == (agency_page.pk, "http://testserver/flood/", "en")


def test_where_others_see_nothing_there_is_no_standard_version(
    client: Client, home: AgencyPage, riverside: Segment, token: dict[str, str]
) -> None:
    alone = personalised("left over", (riverside, "Sandbags"), nothing_for_others=True)
    page = make_page("Alone", ("line", alone), parent=home)
    (block,) = client.get(address(page), headers=token).json()["body"]
    assert block["value"]["default"] is None
    assert block["value"]["nothing_for_others"] is True
    assert block["value"]["variants"][0]["content"] == "Sandbags"


def test_what_stands_inside_comes_whole_too(
    client: Client, home: AgencyPage, riverside: Segment, token: dict[str, str]
) -> None:
    hilltop = make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    inner = [{"type": "inner", "id": block_id("inner", 0), "value": personalised("plain", (hilltop, "hilly"))}]
    page = make_page("Nested", ("nested", personalised(inner, (riverside, inner))), parent=home)
    (block,) = client.get(address(page), headers=token).json()["body"]
    for content in (block["value"]["default"], block["value"]["variants"][0]["content"]):
        assert content[0]["value"]["variants"][0]["segments"] == ["hilltop"]
        assert content[0]["value"]["default"] == "plain"


def test_only_live_segments_are_named_and_a_version_for_none_of_them_can_match_nobody(
    client: Client, home: AgencyPage, riverside: Segment, token: dict[str, str]
) -> None:
    draft = make_segment("draft", LocationRule(cities=["Hilltop"]), live=False)
    archived = make_segment("archived", LocationRule(cities=["Hilltop"]), archived=True)
    offer = personalised("all", ([draft, riverside], "both"), ([draft, archived, 999_999], "nobody"))
    page = make_page("Mixed", ("line", offer), parent=home)
    answer = client.get(address(page), headers=token)
    (block,) = answer.json()["body"]
    assert [version["segments"] for version in block["value"]["variants"]] == [["riverside"], []]
    assert [version["content"] for version in block["value"]["variants"]] == ["both", "nobody"]


def test_a_version_without_an_id_is_known_by_its_place_as_it_is_to_visitors(
    client: Client, home: AgencyPage, riverside: Segment, token: dict[str, str], places_by_header: None
) -> None:
    offer = personalised("all", (riverside, "Sandbags"))
    del offer["variants"][0]["id"]
    page = make_page("By hand", ("line", offer), parent=home)
    seen = client.get(address(page, ""), headers={"X-City": "Riverside"}).json()["body"][0]["value"]["variant"]
    (block,) = client.get(address(page), headers=token).json()["body"]
    assert block["value"]["variants"][0]["id"] == seen == "variant-0"


def test_a_pause_changes_nothing_of_what_is_written(
    client: Client, agency_page: AgencyPage, token: dict[str, str], django_capture_on_commit_callbacks: Any
) -> None:
    before = client.get(address(agency_page), headers=token).json()
    with django_capture_on_commit_callbacks(execute=True):
        compiling.pause(by="a test")
    assert client.get(address(agency_page), headers=token).json() == before


# Who may


def test_an_editor_of_the_page_may_read_every_version(client: Client, agency_page: AgencyPage) -> None:
    client.force_login(editor_of(agency_page))
    answer = client.get(address(agency_page))
    assert answer.status_code == 200
    assert answer.json()["body"][1]["value"]["variants"][0]["segments"] == ["riverside"]


def test_an_editor_of_another_page_may_not(client: Client, agency_page: AgencyPage, plain_page: PlainPage) -> None:
    client.force_login(editor_of(plain_page))
    answer = client.get(address(agency_page))
    assert answer.status_code == 403
    assert "You may not edit “Flood”" in answer.json()["detail"]
    assert "Sandbags" not in answer.content.decode()


@pytest.mark.parametrize(
    "who, status, said",
    [
        ("nobody", 401, "Send a token that is good for “variants”"),
        ("a member of the public", 403, "You may not edit “Flood”"),
        ("a token for something else", 403, "not good for “variants”"),
        ("a token that is none", 401, "There is no such token"),
        ("a revoked token", 401, "was revoked"),
    ],
)
@pytest.mark.parametrize("query", ["?variants=all", "?variants=all&personalise=standard"])
def test_all_others_are_told_why_not(
    client: Client, agency_page: AgencyPage, who: str, status: int, said: str, query: str
) -> None:
    headers = {}
    if who == "a member of the public":
        client.force_login(editor_of(None))
    elif who == "a token for something else":
        headers = bearer(Scope.RULESET, Scope.DECISIONS)
    elif who == "a token that is none":
        headers = {"Authorization": f"Bearer wpg_{'0' * 48}"}
    elif who == "a revoked token":
        headers = bearer(Scope.VARIANTS)
        ApiToken.objects.get().revoke(by="a test")
    answer = client.get(address(agency_page, query), headers=headers)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert said in answer.json()["detail"]
    assert "no-store" in directives(answer)
    assert ("WWW-Authenticate" in answer) is (status == 401 or who.startswith("a token"))
    for secret in ("Sandbags", "Be ready", "riverside"):
        assert secret not in answer.content.decode()


def test_a_page_that_not_everybody_may_read_is_not_found_by_a_token_either(
    client: Client, home: AgencyPage, token: dict[str, str]
) -> None:
    draft = make_page("Draft", parent=home, live=False)
    private = make_page("Private", parent=home)
    PageViewRestriction.objects.create(page=private, restriction_type=PageViewRestriction.LOGIN)
    for page in (draft, private):
        answer = client.get(address(page), headers=token)
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("query", ["?variants=some", "?variants=", "?variants", "?variants=all&variants=all"])
def test_a_value_that_means_nothing_is_refused_with_the_one_that_does(
    client: Client, agency_page: AgencyPage, token: dict[str, str], query: str
) -> None:
    answer = client.get(address(agency_page, query), headers=token)
    assert answer.status_code == 400
    assert answer.json()["errors"] == {
        "variants": ["Say “all”, once; or leave it out, for what this visitor gets."],
    }


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_written(client: Client, agency_page: AgencyPage, token: dict[str, str], method: str) -> None:
    assert getattr(client, method)(address(agency_page), headers=token).status_code == 405


# What it reads, and who may keep it


@pytest.fixture
def welcome(home: AgencyPage) -> AgencyPage:
    """Whoever comes here for the first time is remembered."""
    new = make_segment("new", FirstTimeVisitorRule())
    return make_page("Welcome", ("line", personalised("All", (new, "New"))), parent=home, slug="welcome")


def test_nothing_of_a_visitor_is_read_kept_or_counted(
    client: Client, welcome: AgencyPage, token: dict[str, str], configure: Callable[..., None]
) -> None:
    configure(COUNTING=True, COUNTING_BUFFER=PATH)
    GatheredBuffer.totals.clear()
    browser = {"User-Agent": BROWSER}
    assert client.get(address(welcome, ""), headers=browser).cookies  # a visitor's own look is remembered, and counted
    assert GatheredBuffer.totals
    GatheredBuffer.totals.clear()
    answer = Client().get(address(welcome), headers={**token, **browser})
    assert answer.status_code == 200
    assert not answer.cookies
    assert directives(answer) == UNCACHED
    assert set(answer["Vary"].split(", ")) == {"Authorization", "Cookie"}
    assert not GatheredBuffer.totals


def test_who_has_it_already_is_told_so_until_it_changes(
    client: Client, agency_page: AgencyPage, token: dict[str, str]
) -> None:
    first = client.get(address(agency_page), headers=token)
    again = client.get(address(agency_page), headers={**token, "If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert directives(again) == UNCACHED
    agency_page.title = "Flood warning"
    agency_page.save()
    changed = client.get(address(agency_page), headers={**token, "If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_the_etag_does_not_depend_on_who_asks(client: Client, agency_page: AgencyPage, token: dict[str, str]) -> None:
    editor = Client()
    editor.force_login(editor_of(agency_page))
    assert editor.get(address(agency_page))["ETag"] == client.get(address(agency_page), headers=token)["ETag"]


def test_a_page_cache_gives_it_to_nobody_else(
    client: Client, agency_page: AgencyPage, token: dict[str, str], settings: Any
) -> None:
    settings.MIDDLEWARE = [
        "django.middleware.cache.UpdateCacheMiddleware",
        *settings.MIDDLEWARE,
        "django.middleware.cache.FetchFromCacheMiddleware",
    ]
    assert client.get(address(agency_page), headers=token).status_code == 200
    assert Client().get(address(agency_page)).status_code == 401


def test_without_the_parameter_a_token_gets_what_any_visitor_gets(
    client: Client, agency_page: AgencyPage, token: dict[str, str]
) -> None:
    told = client.get(address(agency_page, ""), headers=token).json()
    assert told["body"][1]["value"] == {"variant": None, "content": hero("Be ready")}


def test_it_works_without_the_middleware(
    client: Client, agency_page: AgencyPage, token: dict[str, str], settings: Any
) -> None:
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.endswith("PersonaliseMiddleware")]
    answer = client.get(address(agency_page), headers=token)
    assert answer.json()["body"][1]["value"]["variants"][0]["segments"] == ["riverside"]
    assert directives(answer) == UNCACHED
    assert client.get(address(agency_page)).status_code == 401
