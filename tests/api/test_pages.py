"""A page by its path, as front ends know it; which pages are found at all; and what of a page is given."""

from typing import Any

import pytest
from django.test import Client
from rest_framework import serializers
from wagtail.api import APIField
from wagtail.api.v2.serializers import StreamField
from wagtail.models import Locale, Page, PageViewRestriction, Site

from tests.agency.models import AgencyPage, PlainPage
from tests.api.calling import API
from tests.api.tokens import bearer
from tests.factories import hero, make_page, make_segment, personalised
from wagtail_personalise_gov.models import PagesViewedRule
from wagtail_personalise_gov.models.api_tokens import Scope

pytestmark = pytest.mark.django_db

RIVERSIDE = {"X-City": "Riverside"}


def at(client: Client, path: str, **more: Any) -> Any:
    return client.get(f"{API}/pages/", {"path": path}, **more)


@pytest.mark.parametrize("path", ["/flood/", "/flood", "/flood//"])
def test_a_page_is_found_by_its_path_and_comes_as_by_its_id(
    client: Client, agency_page: AgencyPage, places_by_header: None, path: str
) -> None:
    answer = at(client, path, headers=RIVERSIDE)
    assert answer.status_code == 200
    assert answer.json() == client.get(f"{API}/pages/{agency_page.pk}/", headers=RIVERSIDE).json()
    assert answer.json()["body"][1]["value"]["content"]["heading"] == "Sandbags in Riverside"
    assert "no-store" in answer["Cache-Control"]
    assert "X-City" in answer["Vary"]


def test_the_home_page_is_at_a_slash(client: Client, home: AgencyPage) -> None:
    assert at(client, "/").json()["id"] == home.pk


def test_a_page_below_another_is_found(client: Client, agency_page: AgencyPage) -> None:
    below = make_page("Sandbags", ("hero", hero("Where to get them")), parent=agency_page, slug="sandbags")
    assert at(client, "/flood/sandbags/").json()["id"] == below.pk


def test_every_version_can_be_had_by_path_too(client: Client, agency_page: AgencyPage) -> None:
    answer = client.get(f"{API}/pages/", {"path": "/flood/", "variants": "all"}, headers=bearer(Scope.VARIANTS))
    assert answer.json()["body"][1]["value"]["variants"][0]["segments"] == ["riverside"]
    assert at(client, "/flood/&variants=all").status_code == 404  # that is no parameter but a path


def test_the_standard_version_can_be_asked_for(client: Client, agency_page: AgencyPage, places_by_header: None) -> None:
    answer = client.get(f"{API}/pages/", {"path": "/flood/", "personalise": "standard"}, headers=RIVERSIDE)
    assert answer.json()["body"][1]["value"]["variant"] is None


@pytest.mark.parametrize("path", ["/nowhere/", "/flood/nowhere/", "/\0/", "/flood\0/", "/" + "a/" * 900, "/../", "/%/"])
def test_a_path_of_no_page_is_not_found(client: Client, agency_page: AgencyPage, path: str) -> None:
    answer = at(client, path)
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("query", [{}, {"path": ""}, {"path": "flood/"}, {"path": "http://testserver/flood/"}])
def test_what_is_no_path_is_refused_with_an_example(client: Client, home: AgencyPage, query: dict[str, str]) -> None:
    answer = client.get(f"{API}/pages/", query)
    assert answer.status_code == 400
    assert answer.json()["errors"] == {"path": ["Say which page, by its path on this site, such as “/services/”."]}


def test_a_page_that_nobody_may_see_is_not_found_by_its_path(client: Client, home: AgencyPage) -> None:
    make_page("Draft", parent=home, live=False, slug="draft")
    private = make_page("Private", parent=home, slug="private")
    PageViewRestriction.objects.create(page=private, restriction_type=PageViewRestriction.LOGIN)
    make_page("Below", parent=private, slug="below")
    for path in ("/draft/", "/private/", "/private/below/"):
        assert at(client, path).status_code == 404


def test_each_site_gives_its_own_pages(
    client: Client, home: AgencyPage, agency_page: AgencyPage, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    other = make_page("Other home", parent=Page.get_first_root_node(), slug="other")
    Site.objects.create(hostname="other.example", root_page=other, site_name="Other")
    assert at(client, "/").json()["id"] == home.pk
    there = {"Host": "other.example"}
    assert at(client, "/", headers=there).json()["id"] == other.pk
    assert at(client, "/flood/", headers=there).status_code == 404
    assert client.get(f"{API}/pages/{agency_page.pk}/", headers=there).status_code == 404
    assert client.get(f"{API}/pages/{other.pk}/").status_code == 404


def test_a_site_without_a_page_has_none(client: Client, home: AgencyPage) -> None:
    Site.objects.all().delete()
    assert at(client, "/").status_code == 404
    assert client.get(f"{API}/pages/{home.pk}/").status_code == 404


@pytest.fixture
def welsh(home: AgencyPage, agency_page: AgencyPage) -> AgencyPage:
    """The flood page in Welsh, below a home page in Welsh that stands beside the English one."""
    locale = Locale.objects.create(language_code="cy")
    page = agency_page.copy_for_translation(locale, copy_parents=True)
    page.save_revision().publish()
    return AgencyPage.objects.get(pk=page.pk)


def test_pages_in_other_languages_are_found_by_id_and_under_their_language(
    client: Client, agency_page: AgencyPage, welsh: AgencyPage
) -> None:
    told = client.get(f"{API}/pages/{welsh.pk}/").json()
    assert (told["id"], told["locale"]) == (welsh.pk, "cy")
    slug = welsh.slug
    assert at(client, f"/cy/{slug}/").json()["id"] == welsh.pk
    assert at(client, "/cy/").json()["id"] == welsh.get_parent().pk
    assert at(client, "/en/flood/").json()["id"] == agency_page.pk
    assert at(client, "/fr/flood/").status_code == 404


def test_a_page_whose_slug_is_a_language_is_found(client: Client, home: AgencyPage) -> None:
    page = make_page("Cymraeg", parent=home, slug="cy")
    below = make_page("Llifogydd", parent=page, slug="llifogydd")
    assert at(client, "/cy/").json()["id"] == page.pk
    assert at(client, "/cy/llifogydd/").json()["id"] == below.pk


def test_plain_fields_that_the_model_names_are_given_and_no_others(client: Client, plain_page: PlainPage) -> None:
    told = client.get(f"{API}/pages/{plain_page.pk}/").json()
    assert set(told) == {"body", "id", "type", "title", "slug", "url", "locale"}
    page = make_page("Dated", parent=plain_page)
    page.save_revision().publish()
    told = client.get(f"{API}/pages/{page.pk}/").json()
    assert set(told) == {"body", "first_published_at", "id", "type", "title", "slug", "url", "locale"}
    assert told["first_published_at"].endswith("Z")


class Masked(serializers.Field):
    """Says no more than the first letter."""

    def to_representation(self, value: str) -> str:
        return f"{value[0]}…"


def test_a_field_with_a_serialiser_of_the_sites_is_given_as_that_gives_it(
    client: Client, agency_page: AgencyPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency_page.seo_title, agency_page.search_description = "Internal", "Public"
    agency_page.save()
    described = APIField("search_description", serializer=Masked(source="seo_title"))
    fields = ["body", APIField("seo_title", serializer=Masked()), APIField("title", serializer=Masked()), described]
    for query, headers in ((None, {}), ({"variants": "all"}, bearer(Scope.VARIANTS))):
        monkeypatch.setattr(AgencyPage, "api_fields", fields)
        answer = client.get(f"{API}/pages/{agency_page.pk}/", query, headers=headers)
        told = answer.json()
        assert (told["seo_title"], told["title"], told["search_description"]) == ("I…", "F…", "I…")
        assert "Internal" not in answer.content.decode()
        assert told["slug"] == "flood"
        monkeypatch.setattr(AgencyPage, "api_fields", ["body", "seo_title", "search_description"])
        told = client.get(f"{API}/pages/{agency_page.pk}/", query, headers=headers).json()
        assert (told["seo_title"], told["title"], told["search_description"]) == ("Internal", "Flood", "Public")


class OfAnotherView(serializers.Field):
    """Looks for what only Wagtail's own views put into its context."""

    def to_representation(self, value: str) -> str:
        return str(self.context["router"].get_model_listing_urlpath(AgencyPage))


def test_a_field_whose_serialiser_fails_is_left_out_and_takes_no_page_down(
    client: Client, agency_page: AgencyPage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fields = [APIField("seo_title", serializer=OfAnotherView()), APIField("title", serializer=Masked())]
    monkeypatch.setattr(AgencyPage, "api_fields", fields)
    for _call in range(2):
        answer = client.get(f"{API}/pages/{agency_page.pk}/")
        assert answer.status_code == 200
        assert "seo_title" not in answer.json()
        assert answer.json()["title"] == "F…"
    (line,) = [record.getMessage() for record in caplog.records if record.name == "wagtail_personalise_gov"]
    assert (
        line
        == "The serializer of agency.AgencyPage.seo_title fails in pages/ (KeyError), so the field is left out there."
    )


def test_a_stream_with_a_serialiser_of_the_sites_is_resolved_and_never_comes_with_every_version(
    client: Client, agency_page: AgencyPage, places_by_header: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, every = f"{API}/pages/{agency_page.pk}/", {"variants": "all"}
    monkeypatch.setattr(AgencyPage, "api_fields", [APIField("body", serializer=StreamField())])
    for headers, words in ((RIVERSIDE, "Sandbags in Riverside"), ({"X-City": "Hilltop"}, "Be ready")):
        told = client.get(address, headers=headers).json()
        assert told["body"][1]["value"]["content"]["heading"] == words
    token = bearer(Scope.VARIANTS)
    refused = client.get(address, every, headers=token)
    assert refused.status_code == 403
    assert "Sandbags" not in refused.content.decode()
    monkeypatch.setattr(AgencyPage, "api_fields", [APIField("body")])
    assert client.get(address, every, headers=token).status_code == 200


@pytest.mark.parametrize("sensitive, told", [(False, "Seen two"), (True, "All")])
def test_that_a_sensitive_page_was_seen_is_not_noted(
    client: Client, home: AgencyPage, monkeypatch: pytest.MonkeyPatch, sensitive: bool, told: str
) -> None:
    monkeypatch.setattr(PlainPage, "sensitive", sensitive, raising=False)
    readers = make_segment("readers", PagesViewedRule(what="number", number=2))
    clinic = make_page("Clinic", ("hero", hero("Open at nine")), parent=home, model=PlainPage, slug="clinic")
    make_page("Ask", ("line", personalised("All", (readers, "Seen two"))), parent=home, slug="ask")
    internal = {"Personalise-Referrer": "http://testserver/"}
    client.get(f"{API}/pages/{clinic.pk}/", headers=internal)
    assert at(client, "/ask/", headers=internal).json()["body"][0]["value"]["content"] == told
