"""Wagtail's API v3 is read: visitors get pages resolved, and who may edit a page all that is stored."""

import os
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
from tests.api.wagtail_v3 import ALL, HILLTOP, RIVERSIDE, address, body_of, directives, token_for
from tests.conftest import ROOT
from tests.counting.gathered import BROWSER, PATH, GatheredBuffer
from tests.delivery.page_caches import behind
from tests.factories import block_id, hero, make_page, make_segment, personalised
from wagtail_personalise_gov.blocks import wagtail_v3
from wagtail_personalise_gov.checks import check_api_v3
from wagtail_personalise_gov.models import FirstTimeVisitorRule, Segment

pytest.importorskip("wagtail.api.v3", reason="Wagtail's API v3 is new in Wagtail 8.0")

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.urls_of_wagtail_v3")]


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
