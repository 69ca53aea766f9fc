"""Rules follow what they ask about: pages that move, sites that are renamed, revisions of rows that are gone."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from wagtail.models import PageViewRestriction, Site

from tests.agency.models import AgencyPage
from tests.factories import make_page, make_plain_page, make_segment
from wagtail_personalise_gov.compiling import compile_ruleset
from wagtail_personalise_gov.editor.addresses import address_of, addresses_for
from wagtail_personalise_gov.models import (
    AccountRule,
    LanguageRule,
    LocationRule,
    PagesViewedRule,
    PathRule,
    QueryRule,
    Segment,
)

pytestmark = pytest.mark.django_db


def test_a_section_whose_address_is_not_ascii(home: AgencyPage) -> None:
    about = make_page("Über uns", parent=home, slug="über-uns").page_ptr
    asked = PathRule(section=about).condition()
    assert asked.answer({"request.site": "testserver", "request.path": "/über-uns/team/"}) is True
    assert asked.answer({"request.site": "testserver", "request.path": "/news/"}) is False


def test_a_section_of_two_sites_that_share_their_pages(home: AgencyPage) -> None:
    section = make_page("Housing", parent=home, slug="housing").page_ptr
    Site.objects.create(hostname="twin.example.gov", port=8443, root_page=home)
    asked = PathRule(section=section).condition()
    for site, answer in (("testserver", True), ("twin.example.gov:8443", True), ("other.example.gov", False)):
        assert asked.answer({"request.site": site, "request.path": "/housing/"}) is answer


@pytest.mark.parametrize("change", [{"hostname": "www.example.gov"}, {"port": 8443}])
def test_a_site_that_is_renamed_compiles_the_rules_about_its_pages_again(
    home: AgencyPage, change: dict[str, Any]
) -> None:
    make_segment("housing", PathRule(section=make_page("Housing", parent=home, slug="housing").page_ptr))
    before = compile_ruleset()
    with TestCase.captureOnCommitCallbacks(execute=True) as callbacks:
        site = Site.objects.get()
        for field, value in change.items():
            setattr(site, field, value)
        site.save()
    assert callbacks
    assert compile_ruleset().version != before.version
    assert compile_ruleset().segments["housing"] != before.segments["housing"]


def test_a_group_that_is_renamed_is_asked_by_its_new_name() -> None:
    group = Group.objects.create(name="Housing team")
    make_segment("team", AccountRule(who="in_group", user_group=group))
    with TestCase.captureOnCommitCallbacks(execute=True) as callbacks:
        group.name = "Homes team"
        group.save()
    assert callbacks
    assert "Homes team" in str(compile_ruleset().segments["team"].to_json())


def test_groups_that_differ_in_capitals_only_are_not_mistaken_for_each_other() -> None:
    group = Group.objects.create(name="Councillors")
    AccountRule(who="in_group", user_group=group).clean()
    Group.objects.create(name="COUNCILLORS")
    with pytest.raises(ValidationError, match="can't be told apart"):
        AccountRule(who="in_group", user_group=group).clean()


@pytest.mark.parametrize(
    "rule, field, words",
    [
        (LanguageRule(languages="cy, en-GB"), "languages", ["cy", "en-GB"]),
        (LocationRule(postcodes="OX"), "postcodes", ["OX"]),
        (QueryRule(parameter="topic", values="housing; rent"), "values", ["housing", "rent"]),
    ],
)
def test_a_line_of_words_is_a_list_of_words_and_never_one_of_letters(rule: Any, field: str, words: list[str]) -> None:
    assert getattr(rule, field) == words


def test_the_public_page_asks_as_little_for_many_rules_about_pages_as_for_one(client: Client, home: AgencyPage) -> None:
    pages = [make_plain_page(f"Page {number}", parent=home).page_ptr for number in range(12)]
    PageViewRestriction.objects.create(page=pages[1], restriction_type="password", password="x")
    for page in pages[:2]:
        make_segment(f"seen-{page.pk}", PagesViewedRule(page=page))
    client.get("/personalisation/")
    with CaptureQueriesContext(connection) as few:
        text = client.get("/personalisation/").content.decode()
    assert "Page 0" in text
    assert "Page 1" not in text  # which not everybody may read
    for page in pages[2:]:
        make_segment(f"seen-{page.pk}", PagesViewedRule(page=page))
    client.get("/personalisation/")
    with CaptureQueriesContext(connection) as many:
        client.get("/personalisation/")
    assert len(many) <= len(few) + 1


def test_an_earlier_version_whose_rule_was_deleted_since_can_be_published_again(admin_client: Client) -> None:
    segment = make_segment("some", LocationRule(countries=["FR"]), by_editor=True)
    first = segment.latest_revision
    for rule in list(segment.get_rules()):
        rule.delete()
    old = first.as_object()
    assert [rule.pk for rule in old.get_rules()] == [None]
    with TestCase.captureOnCommitCallbacks(execute=True):
        first.publish()
    assert [rule.sentence() for rule in Segment.objects.get().get_rules()] == ["They seem to be in France"]


def test_a_copy_is_one_of_the_unpublished_changes(admin_client: Client) -> None:
    segment = make_segment("some", LocationRule(countries=["FR"]))
    draft = Segment.objects.get(pk=segment.pk)
    draft.purpose = "A purpose that is only in the draft"
    draft.save_revision()
    page = admin_client.get(addresses_for("list", Segment) + f"copy/{segment.pk}/").content.decode()
    assert "A purpose that is only in the draft" in page
    assert address_of("edit", segment)
