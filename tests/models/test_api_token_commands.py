"""make_api_token and revoke_api_token at the command line."""

from __future__ import annotations

import io
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from wagtail_personalise_gov.models import ApiToken
from wagtail_personalise_gov.models.api_tokens import SECRET, Scope

pytestmark = pytest.mark.django_db


def run(*args: str) -> tuple[str, str]:
    """What a command prints, and what it says beside it."""
    out, err = io.StringIO(), io.StringIO()
    call_command(*args, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_secret_alone_is_printed_and_works() -> None:
    printed, said = run(
        "make_api_token", "Worker", "--scope", "ruleset", "--scope", "decisions", "--expires", "2999-01-01"
    )
    secret = printed.removesuffix("\n")
    assert SECRET.fullmatch(secret)
    token = ApiToken.with_secret(secret)
    assert token is not None
    assert (token.name, token.scopes, token.expires_on) == ("Worker", ["decisions", "ruleset"], date(2999, 1, 1))
    assert token.made_by == "the command line"
    assert said == "Made “Worker”, good for decisions, ruleset until the end of 2999-01-01. Keep the secret now.\n"


def test_a_token_without_a_last_day_says_so() -> None:
    assert "good for ruleset until it is revoked." in run("make_api_token", "Worker", "--scope", "ruleset")[1]


@pytest.mark.parametrize(
    "args, problem",
    [
        (["Worker"], "the following arguments are required: --scope"),
        (["Worker", "--scope", "everything"], "invalid choice: 'everything'"),
        (["Worker", "--scope", "ruleset", "--expires", "tomorrow"], "'tomorrow' is no day. Write it as 2027-01-01."),
        (["Worker", "--scope", "ruleset", "--expires", "2020-01-01"], "This day is over. Give today or a later day."),
        (["Taken", "--scope", "ruleset"], "There is a token with this name."),
        (["", "--scope", "ruleset"], "This field cannot be blank."),
    ],
)
def test_what_can_be_no_token_is_said_and_none_is_made(args: list[str], problem: str) -> None:
    ApiToken.make("Taken", [Scope.RULESET])
    with pytest.raises(CommandError) as refused:
        run("make_api_token", *args)
    assert problem in str(refused.value)
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize("by_number", [False, True])
def test_a_token_is_revoked_by_its_name_or_its_number(by_number: bool) -> None:
    token, _secret = ApiToken.make("Worker", [Scope.RULESET])
    other, _secret = ApiToken.make("Other", [Scope.RULESET])
    said = str(token.pk) if by_number else "Worker"
    assert run("revoke_api_token", said, "--by", "Ada Byron")[0] == f"Revoked “Worker” ({token.masked}).\n"
    assert ApiToken.objects.get(pk=token.pk).revoked_by == "Ada Byron"
    assert ApiToken.objects.get(pk=other.pk).revoked_at is None
    again = run("revoke_api_token", said)[0]
    assert again == f"Nothing to do: “Worker” ({token.masked}) is revoked already.\n"


def test_of_two_with_one_name_the_one_that_works_is_revoked() -> None:
    first, _secret = ApiToken.make("Worker", [Scope.RULESET])
    first.revoke()
    second, _secret = ApiToken.make("Worker", [Scope.RULESET])
    run("revoke_api_token", "Worker")
    assert ApiToken.objects.get(pk=second.pk).revoked_at is not None


@pytest.mark.parametrize(
    "said, problem",
    [
        ("Wroker", "There is no token 'Wroker'. Did you mean 'Worker'?"),
        ("x", "There is no token 'x'. The tokens are: Worker."),
        ("999999", "There is no token '999999'. The tokens are: Worker."),
        ("9" * 400, "There is no token"),
    ],
)
def test_a_token_that_is_not_there_is_said_with_the_nearest(said: str, problem: str) -> None:
    ApiToken.make("Worker", [Scope.RULESET])
    with pytest.raises(CommandError) as refused:
        run("revoke_api_token", said)
    assert problem in str(refused.value)
