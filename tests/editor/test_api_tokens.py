"""API tokens in the admin: who may do what, the secret that is shown once, and the list."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from tests.visit.leftovers import everything_in_the_cache, everything_in_the_database
from wagtail_personalise_gov.models import ApiToken
from wagtail_personalise_gov.models.api_tokens import SECRET, Scope

pytestmark = pytest.mark.django_db

LIST, MAKE = "personalise_tokens:index", "personalise_tokens:make"
FORM = {"name": "Worker at the CDN", "scopes": ["ruleset", "variants"], "expires_on": "2999-01-01"}


def make(browser: Client, **changes: Any) -> HttpResponse:
    return browser.post(reverse(MAKE), {**FORM, **changes})


def secret_on(page: HttpResponse) -> str:
    found = SECRET.search(page.content.decode())
    assert found is not None
    return found[0]


def words_of(page: HttpResponse) -> str:
    main = BeautifulSoup(page.content, "html.parser").select_one("main")
    assert main is not None
    return re.sub(r"\s+", " ", main.get_text(" "))


def revoke_address(token: ApiToken) -> str:
    return reverse("personalise_tokens:revoke", args=[token.pk])


# Making one


def test_the_form_suggests_a_last_day_in_a_year(desk: Client) -> None:
    page = desk.get(reverse(MAKE)).content.decode()
    assert f'value="{timezone.localdate() + timedelta(days=365)}"' in page
    assert "Variants: read pages with all their versions, and for whom each is." in page


def test_the_secret_is_shown_on_the_next_page_and_works(desk: Client) -> None:
    page = make(desk)
    assert page.status_code == 200
    token = ApiToken.with_secret(secret_on(page))
    assert token is not None
    assert (token.name, token.scopes, token.expires_on) == (
        "Worker at the CDN",
        ["ruleset", "variants"],
        date(2999, 1, 1),
    )
    assert token.made_by == "Ada Byron"
    assert "it is not shown again" in words_of(page)


def test_the_secret_can_be_selected_where_no_script_copies_it(desk: Client) -> None:
    page = make(desk)
    box = BeautifulSoup(page.content, "html.parser").select_one("#token-secret")
    assert box is not None
    assert (box.name, box["value"], box.has_attr("readonly")) == ("input", secret_on(page), True)


def test_the_secret_is_kept_nowhere_and_no_other_page_shows_it(desk: Client) -> None:
    page = make(desk)
    secret = secret_on(page)
    assert {"private", "no-store"} <= set(page["Cache-Control"].split(", "))
    assert page["Referrer-Policy"] == "no-referrer"
    assert secret not in everything_in_the_database()
    assert secret not in everything_in_the_cache()
    for address in (reverse(LIST), reverse("wagtailadmin_reports:site_history"), reverse("wagtailadmin_home")):
        assert secret not in desk.get(address).content.decode()
    assert f"wpg_…{secret[-4:]}" in desk.get(reverse(LIST)).content.decode()


@pytest.mark.parametrize(
    "changes, problem",
    [
        ({"name": ""}, "This field is required."),
        ({"name": "Taken"}, "There is a token with this name. Give another name, or revoke that one first."),
        ({"scopes": []}, "Choose at least one thing that it is good for."),
        ({"scopes": ["everything"]}, "Select a valid choice."),
        ({"expires_on": "2020-01-01"}, "This day is over. Give today or a later day."),
        ({"expires_on": "some day"}, "Enter a valid date."),
    ],
)
def test_what_can_be_no_token_is_said_at_its_field(desk: Client, changes: dict[str, Any], problem: str) -> None:
    ApiToken.make("Taken", [Scope.RULESET])
    page = make(desk, **changes)
    assert problem in words_of(page)
    assert ApiToken.objects.count() == 1
    (field,) = changes
    wrong = BeautifulSoup(page.content, "html.parser").select_one(
        f"#panel-child-{field}-errors, #id_{field}-errors, .w-field__errors:not(:empty)"
    )
    assert wrong is not None


def test_sending_the_same_form_again_makes_no_second_token(desk: Client) -> None:
    make(desk)
    assert SECRET.search(make(desk).content.decode()) is None
    assert ApiToken.objects.count() == 1


# The list


def test_the_list_says_what_each_is_good_for_and_whether_it_works(desk: Client) -> None:
    ApiToken.make("In use", [Scope.DECISIONS], by="Ada Byron")[0].note_use()
    ApiToken.make("Over", [Scope.RULESET])
    ApiToken.objects.filter(name="Over").update(expires_on=date(2020, 1, 1))
    ApiToken.make("Ended", [Scope.RULESET])[0].revoke(by="Grace Hopper")
    ApiToken.make("Until then", [Scope.VARIANTS], date(2999, 1, 1))
    page = desk.get(reverse(LIST))
    rows = {
        row.select_one("td").get_text(strip=True): re.sub(r"\s+", " ", row.get_text(" "))
        for row in BeautifulSoup(page.content, "html.parser").select("tbody tr")
    }
    assert "Decisions: ask which segments a visit is in" in rows["In use"]
    assert "by Ada Byron" in rows["In use"]
    assert "Never" not in rows["In use"]
    assert "Works until it is revoked" in rows["In use"]
    assert "Never" in rows["Over"]
    assert "Expired: its last day was 1 Jan 2020" in rows["Over"]
    assert "by Grace Hopper" in rows["Ended"]
    assert "Revoke " not in rows["Ended"]
    assert "Works until" in rows["Until then"]


@pytest.mark.parametrize("tokens", [1, 20])
def test_the_list_costs_no_query_for_each_token(desk: Client, tokens: int, django_assert_max_num_queries: Any) -> None:
    for number in range(tokens):
        ApiToken.make(f"token {number}", [Scope.RULESET])
    with django_assert_max_num_queries(14):
        desk.get(reverse(LIST))


# Revoking one


def test_revoking_asks_first_and_then_ends_it(desk: Client) -> None:
    token, secret = ApiToken.make("Worker", [Scope.RULESET])
    assert "This can’t be undone" in words_of(desk.get(revoke_address(token)))
    assert ApiToken.objects.get().revoked_at is None
    page = desk.post(revoke_address(token), follow=True)
    assert "“Worker” is revoked. From now on it does not work." in page.content.decode()
    token = ApiToken.with_secret(secret)
    assert token is not None
    assert token.revoked_by == "Ada Byron"
    first = token.revoked_at
    assert "Yes, revoke" not in words_of(desk.get(revoke_address(token)))
    desk.post(revoke_address(token))
    assert ApiToken.objects.get().revoked_at == first


def test_a_token_that_is_not_there_is_a_404(desk: Client) -> None:
    address = reverse("personalise_tokens:revoke", args=[999])
    assert desk.get(address).status_code == desk.post(address).status_code == 404


def test_both_acts_are_in_the_site_history(desk: Client) -> None:
    make(desk)
    desk.post(revoke_address(ApiToken.objects.get()))
    entries = ModelLogEntry.objects.order_by("pk")
    assert [(entry.action, entry.user.username) for entry in entries] == [
        ("wagtail_personalise_gov.make_token", "admin"),
        ("wagtail_personalise_gov.revoke_token", "admin"),
    ]
    history = desk.get(reverse("wagtailadmin_reports:site_history")).content.decode()
    assert "API token made" in history
    assert "API token revoked" in history


# Who may


@pytest.mark.parametrize(
    "permission, sees, makes, revokes",
    [
        ("view_apitoken", True, False, False),
        ("add_apitoken", True, True, False),
        ("change_apitoken", True, False, True),
        ("publish_segment", False, False, False),
    ],
)
def test_each_act_needs_its_own_permission(
    desk_of: Callable[..., Client], permission: str, sees: bool, makes: bool, revokes: bool
) -> None:
    token, _secret = ApiToken.make("Worker", [Scope.RULESET])
    browser = desk_of(permission)
    home = browser.get(reverse("wagtailadmin_home")).content.decode()
    assert (reverse(LIST) in home) is sees
    listed = browser.get(reverse(LIST))
    assert (listed.status_code == 200) is sees
    assert (reverse(MAKE) in listed.content.decode()) is makes
    assert (revoke_address(token) in listed.content.decode()) is revokes
    assert (browser.get(reverse(MAKE)).status_code == 200) is makes
    made = make(browser)
    assert (SECRET.search(made.content.decode()) is not None) is makes
    assert (browser.get(revoke_address(token)).status_code == 200) is revokes
    browser.post(revoke_address(token))
    assert (ApiToken.objects.get(pk=token.pk).revoked_at is not None) is revokes


def test_groups_can_be_given_these_permissions_in_the_admin(desk: Client) -> None:
    page = desk.get(reverse("wagtailusers_groups:add")).content.decode()
    for permission in Permission.objects.filter(
        content_type__app_label="wagtail_personalise_gov", content_type__model="apitoken"
    ):
        assert f'value="{permission.pk}"' in page
