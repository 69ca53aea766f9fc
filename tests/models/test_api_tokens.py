"""Tokens: what is kept of one, when it works, and what each act leaves in the history."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from wagtail.models import ModelLogEntry

from wagtail_personalise_gov.models import ApiToken
from wagtail_personalise_gov.models.api_tokens import SECRET, Scope, State, hash_of

pytestmark = pytest.mark.django_db


def everything_kept() -> str:
    """All of the token's row and of the log, as text."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {ApiToken._meta.db_table}")  # noqa: S608
        rows = cursor.fetchall()
    return repr(rows) + repr(list(ModelLogEntry.objects.values_list("action", "label", "data")))


def test_a_secret_has_192_random_bits_behind_a_prefix_that_scanners_know() -> None:
    secrets = {ApiToken.make(f"token {number}", [Scope.DECISIONS])[1] for number in range(20)}
    assert len(secrets) == 20
    assert all(re.fullmatch("wpg_[0-9a-f]{48}", secret) and SECRET.fullmatch(secret) for secret in secrets)


def test_the_secret_is_kept_nowhere() -> None:
    token, secret = ApiToken.make("Worker", [Scope.RULESET])
    kept = everything_kept()
    assert secret not in kept
    assert secret[4:-4] not in kept
    assert token.secret_hash == hash_of(secret)
    assert token.masked == f"wpg_…{secret[-4:]}"
    assert secret not in f"{token!r} {token} {vars(token)}"


def test_a_token_is_found_by_its_secret_and_by_nothing_else() -> None:
    token, secret = ApiToken.make("Worker", [Scope.RULESET])
    other, _other_secret = ApiToken.make("Other", [Scope.RULESET])
    assert ApiToken.with_secret(secret) == token != other
    for wrong in (
        token.secret_hash,
        secret[:-1],
        secret.upper(),
        f"{secret}0",
        f" {secret}",
        "",
        "\ud800",
        "wpg_" * 50,
    ):
        assert ApiToken.with_secret(wrong) is None


def test_what_is_no_secret_at_all_costs_no_query(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert ApiToken.with_secret("wpg_nonsense") is None


def test_a_token_works_on_its_last_day_and_not_the_day_after() -> None:
    today = timezone.localdate()
    token, _secret = ApiToken.make("Worker", [Scope.RULESET], today)
    assert token.state is State.WORKING
    token.expires_on = today - timedelta(days=1)
    assert token.state is State.EXPIRED
    token.expires_on = None
    assert token.state is State.WORKING


def test_a_revoked_token_never_works_again_and_keeps_who_revoked_it_first() -> None:
    token, _secret = ApiToken.make("Worker", [Scope.RULESET])
    assert token.revoke(by="Ada Byron")
    first = token.revoked_at
    assert not ApiToken.objects.get().revoke(by="Grace Hopper")
    token = ApiToken.objects.get()
    assert (token.state, token.revoked_by, token.revoked_at) == (State.REVOKED, "Ada Byron", first)


def test_every_act_is_in_the_history_with_what_the_token_is_good_for() -> None:
    token, _secret = ApiToken.make("Worker", [Scope.RULESET, Scope.DECISIONS], date(2999, 1, 1))
    token.revoke()
    assert list(ModelLogEntry.objects.order_by("pk").values_list("action", "label", "data")) == [
        (
            "wagtail_personalise_gov.make_token",
            "Worker",
            {"scopes": ["decisions", "ruleset"], "expires_on": "2999-01-01"},
        ),
        ("wagtail_personalise_gov.revoke_token", "Worker", {}),
    ]


@pytest.mark.parametrize(
    "fields, problem",
    [
        ({"name": ""}, "This field cannot be blank."),
        ({"name": "x" * 121}, "at most 120 characters"),
        ({"name": "Taken"}, "There is a token with this name. Give another name, or revoke that one first."),
        ({"scopes": []}, "This field cannot be blank."),
        ({"scopes": ["decisons"]}, "'decisons' is none of decisions, ruleset, variants."),
        ({"expires_on": date(2020, 1, 1)}, "This day is over. Give today or a later day."),
    ],
)
def test_what_can_be_no_token_is_refused_and_nothing_is_written(fields: dict[str, Any], problem: str) -> None:
    ApiToken.make("Taken", [Scope.RULESET])
    given = {"name": "New", "scopes": ["decisions"], "expires_on": None, **fields}
    with pytest.raises(ValidationError) as refused:
        ApiToken.make(**given)
    assert problem in " ".join(refused.value.messages)
    assert ApiToken.objects.count() == ModelLogEntry.objects.count() == 1


def test_a_name_is_free_again_once_its_token_is_revoked() -> None:
    token, _secret = ApiToken.make("Worker", [Scope.RULESET])
    token.revoke()
    again, _secret = ApiToken.make("Worker", [Scope.RULESET])
    assert again.pk != token.pk


def test_its_use_is_noted_by_the_day_and_by_one_write_a_day(django_assert_num_queries: Any) -> None:
    token, _secret = ApiToken.make("Worker", [Scope.RULESET])
    token.note_use()
    token = ApiToken.objects.get()
    assert token.last_used_on == timezone.localdate()
    with django_assert_num_queries(0):
        token.note_use()
