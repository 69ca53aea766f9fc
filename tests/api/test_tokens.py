"""Calls with a token: which are let in, what the others are told, and what is said and kept of any."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.signals import got_request_exception
from django.db import OperationalError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.utils import timezone
from django.views.debug import ExceptionReporter
from rest_framework.permissions import DjangoModelPermissionsOrAnonReadOnly, IsAuthenticated
from rest_framework.views import APIView

from tests.agency.models import AgencyPage
from tests.api.calling import API
from tests.api.tokens import ask, bearer, make_token
from tests.factories import make_segment
from tests.visit.leftovers import everything_logged
from wagtail_personalise_gov.api import tokens
from wagtail_personalise_gov.api.tokens import Scope, token_of
from wagtail_personalise_gov.models import ApiToken, FirstTimeVisitorRule

pytestmark = pytest.mark.usefixtures("home")

EMPTY = {"facts": {}}


def get_ruleset(**headers: str) -> Any:
    return Client().get(f"{API}/ruleset/", headers=headers)


def expired() -> str:
    secret = make_token(Scope.DECISIONS)
    ApiToken.objects.update(expires_on=timezone.localdate() - timedelta(days=1))
    return f"Bearer {secret}"


def revoked() -> str:
    secret = make_token(Scope.DECISIONS)
    ApiToken.objects.get().revoke()
    return f"Bearer {secret}"


def working() -> str:
    return f"Bearer {make_token(Scope.DECISIONS)}"


NO_TOKEN = "This call needs a token. Send it as “Authorization: Bearer wpg_…”; editors make one in the admin."
UNKNOWN = "There is no such token. Send one of this site’s as a whole: it begins with wpg_."


@pytest.mark.parametrize(
    "header, status, detail, challenge",
    [
        (working, 200, "", ""),
        (lambda: working().replace("Bearer ", "bearer   "), 200, "", ""),
        (lambda: "", 401, NO_TOKEN, ""),
        (lambda: "Basic YTpi", 401, NO_TOKEN, ""),  # of a proxy before the site, perhaps
        (lambda: working().removeprefix("Bearer "), 401, NO_TOKEN, ""),
        (lambda: "Bearer", 401, UNKNOWN, ', error="invalid_token"'),
        (lambda: "Bearer wpg_" + "0" * 48, 401, UNKNOWN, ', error="invalid_token"'),
        (lambda: working()[:-1], 401, UNKNOWN, ', error="invalid_token"'),
        (lambda: "Bearer " + "x" * 9000, 401, UNKNOWN, ', error="invalid_token"'),
        (lambda: "Bearer \xff\x00", 401, UNKNOWN, ', error="invalid_token"'),
        (expired, 401, "This token has expired. Make a new one.", ', error="invalid_token"'),
        (revoked, 401, "This token was revoked. Ask for a new one.", ', error="invalid_token"'),
    ],
)
def test_only_a_token_that_works_lets_in_and_the_others_are_told_why(
    header: Callable[[], str], status: int, detail: str, challenge: str
) -> None:
    answer = ask(EMPTY, {"Authorization": header()})
    assert answer.status_code == status
    assert answer["Cache-Control"] == "private, no-store"
    if status == 401:
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["WWW-Authenticate"] == f'Bearer realm="wagtail_personalise_gov"{challenge}'
        assert answer.json()["detail"].startswith(detail)


def test_a_token_that_is_good_for_something_else_is_refused_and_told_what_is_needed() -> None:
    answer = ask(EMPTY, bearer(Scope.RULESET, Scope.VARIANTS))
    assert answer.status_code == 403
    assert answer["WWW-Authenticate"].endswith('error="insufficient_scope", scope="decisions"')
    assert answer.json()["detail"] == (
        "This token is not good for “decisions”. Use one that is, or make a new one with this scope."
    )
    assert get_ruleset(**bearer(Scope.DECISIONS)).status_code == 403
    assert get_ruleset(**bearer(Scope.RULESET)).status_code == 200


def test_being_signed_in_lets_nobody_in(admin_client: Client) -> None:
    answer = admin_client.post(f"{API}/decisions/", "{}", content_type="application/json")
    assert answer.status_code == 401
    assert admin_client.get(f"{API}/ruleset/").status_code == 401


def test_a_token_is_taken_from_no_address(client: Client) -> None:
    secret = make_token(Scope.RULESET)
    assert client.get(f"{API}/ruleset/?token={secret}&access_token={secret}").status_code == 401


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options"])
def test_decisions_take_no_other_method(client: Client, method: str) -> None:
    answer = getattr(client, method)(f"{API}/decisions/", headers=bearer(Scope.DECISIONS))
    assert answer.status_code == 405
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Allow"] == "POST"


@pytest.mark.parametrize("path, takes", [("decisions/", "POST"), ("ruleset/", "GET"), ("results/", "GET")])
def test_a_method_that_is_not_taken_is_told_before_anybody_is_asked_for_a_token(path: str, takes: str) -> None:
    answer = Client().put(f"{API}/{path}")
    assert answer.status_code == 405
    assert takes in answer["Allow"]
    assert answer.json()["detail"] == f"This address takes no such method. It takes {answer['Allow']}."


def test_what_a_site_has_set_for_its_own_rest_framework_does_not_reach_calls_with_a_token(
    agency_page: AgencyPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by the settings of REST framework's own quick start, which ask each view for its queryset."""
    monkeypatch.setattr(APIView, "permission_classes", [DjangoModelPermissionsOrAnonReadOnly, IsAuthenticated])
    address = f"{API}/pages/{agency_page.pk}/?variants=all"
    assert Client().get(address).status_code == 401
    assert Client().get(address, headers=bearer(Scope.VARIANTS)).status_code == 200
    assert ask(EMPTY).status_code == 200
    assert Client().get(f"{API}/visit/").status_code == 200


def test_no_browser_of_another_site_is_let_in_by_cors() -> None:
    answer = ask(EMPTY, {**bearer(Scope.DECISIONS), "Origin": "https://elsewhere.example"})
    assert not [header for header in answer.headers if header.lower().startswith("access-control-")]


def test_no_visit_begins_with_a_call_and_no_cookie_is_set(configure: Callable[..., None]) -> None:
    configure(REMEMBER_LANDING="everywhere")
    make_segment("new-here", FirstTimeVisitorRule())
    for answer in (ask(EMPTY), get_ruleset(**bearer(Scope.RULESET))):
        assert answer.status_code == 200
        assert not answer.cookies


def test_the_day_of_the_last_call_is_noted_once() -> None:
    headers = bearer(Scope.DECISIONS)
    ask(EMPTY, headers)
    assert ApiToken.objects.get().last_used_on == timezone.localdate()


def test_a_database_that_takes_no_writes_stops_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    headers = bearer(Scope.DECISIONS)

    def refuse(*args: Any, **kwargs: Any) -> int:
        raise OperationalError("read-only")

    monkeypatch.setattr(QuerySet, "update", refuse)
    assert ask(EMPTY, headers).status_code == 200


def test_a_database_that_is_away_gives_a_503_that_says_when_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    headers = bearer(Scope.DECISIONS)

    def away(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(QuerySet, "first", away)
    answer = ask(EMPTY, headers)
    assert answer.status_code == 503
    assert answer.json()["detail"] == "Tokens can’t be looked up at the moment. Try again in a minute."


# How often


@pytest.fixture
def new_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "calls", tokens.Rate())


@pytest.mark.usefixtures("new_minute")
def test_a_token_that_calls_too_often_waits_and_another_one_does_not(configure: Callable[..., None]) -> None:
    configure(TOKEN_CALLS_PER_MINUTE=2)
    busy, other = bearer(Scope.DECISIONS), bearer(Scope.DECISIONS)
    assert [ask(EMPTY, busy).status_code for _call in range(3)] == [200, 200, 429]
    answer = ask(EMPTY, busy)
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert answer["Content-Type"] == "application/problem+json"
    assert ask(EMPTY, other).status_code == 200


@pytest.mark.usefixtures("new_minute")
def test_a_token_that_is_good_for_something_else_waits_too(configure: Callable[..., None]) -> None:
    configure(TOKEN_CALLS_PER_MINUTE=2)
    headers = bearer(Scope.RULESET)
    assert [ask(EMPTY, headers).status_code for _call in range(4)] == [403, 403, 429, 429]


def test_without_a_limit_nothing_is_counted(configure: Callable[..., None]) -> None:
    configure(TOKEN_CALLS_PER_MINUTE=0)
    headers = bearer(Scope.DECISIONS)
    assert {ask(EMPTY, headers).status_code for _call in range(5)} == {200}


# For other parts of the package


def request_with(header: str) -> HttpRequest:
    return RequestFactory().get("/", headers={"Authorization": header} if header else {})


def test_any_view_can_ask_for_the_token_of_a_request() -> None:
    found = token_of(request_with(working()))
    assert found is not None
    assert found.is_good_for(Scope.DECISIONS)
    assert not found.is_good_for(Scope.VARIANTS)


@pytest.mark.parametrize("header", [expired, revoked, lambda: "", lambda: "Basic YTpi", lambda: "Bearer wpg_nonsense"])
def test_a_token_that_does_not_work_is_none(header: Callable[[], str]) -> None:
    assert token_of(request_with(header())) is None


# Nothing tells it


def test_no_log_and_no_error_report_tells_a_token(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    headers = bearer(Scope.DECISIONS)
    secret = headers["Authorization"].removeprefix("Bearer ")

    def fail(self: Any) -> bool:
        raise RuntimeError("something is wrong")

    monkeypatch.setattr(ApiToken, "note_use", fail)
    mailed: list[str] = []

    def report(request: HttpRequest, **kwargs: Any) -> None:
        reporter = ExceptionReporter(request, *sys.exc_info())
        mailed.append(reporter.get_traceback_text() + reporter.get_traceback_html())

    got_request_exception.connect(report)
    try:
        with caplog.at_level(logging.DEBUG):
            client = Client(raise_request_exception=False)
            body = {"data": "{}", "content_type": "application/json", "headers": headers}
            assert client.post(f"{API}/decisions/", **body).status_code == 500
    finally:
        got_request_exception.disconnect(report)
    assert "something is wrong" in mailed[0]
    assert secret not in mailed[0]
    assert secret not in everything_logged(caplog.records)
