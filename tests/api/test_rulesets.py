"""GET ruleset/: the bytes of the export, kept up to date by an ETag, and signed."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client

from tests.api.calling import API
from tests.api.tokens import bearer
from tests.factories import committed, make_segment
from wagtail_personalise_gov import plugged
from wagtail_personalise_gov.api.tokens import Scope
from wagtail_personalise_gov.compiling import current_ruleset, pause
from wagtail_personalise_gov.models import FirstTimeVisitorRule, LocationRule, Segment
from wagtail_personalise_gov.portable.signing import RulesetKey

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def get(home: Any) -> Callable[..., HttpResponse]:
    """A call with a token, of a server that has nothing yet but what its headers say."""
    token = bearer(Scope.RULESET)

    def call(method: str = "get", **headers: str) -> HttpResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer: HttpResponse = getattr(Client(), method)(f"{API}/ruleset/", headers={**token, **named})
        return answer

    return call


def test_it_is_the_bytes_that_the_command_writes(
    riverside: Segment, get: Callable[..., HttpResponse], tmp_path: Path
) -> None:
    call_command("export_ruleset", str(tmp_path / "ruleset.json"))
    answer = get()
    assert answer.content == (tmp_path / "ruleset.json").read_bytes()
    assert list(json.loads(answer.content)["segments"]) == ["riverside"]
    assert answer["Content-Type"] == "application/json"
    assert answer["Personalise-Ruleset"] == current_ruleset().version
    assert not answer.cookies


def test_no_cache_in_between_keeps_what_came_with_a_token(get: Callable[..., HttpResponse]) -> None:
    assert get()["Cache-Control"] == "private, no-cache"


def test_whoever_has_it_already_gets_a_304_until_something_changes(
    riverside: Segment, get: Callable[..., HttpResponse]
) -> None:
    etag = get()["ETag"]
    for asked in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        same = get(If_None_Match=asked)
        assert (same.status_code, same.content, same["ETag"]) == (304, b"", etag)
        assert same["Cache-Control"] == "private, no-cache"
    assert get(If_None_Match='"other"').status_code == 200
    make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    changed = get(If_None_Match=etag)
    assert changed.status_code == 200
    assert changed["ETag"] != etag
    assert sorted(json.loads(changed.content)["segments"]) == ["hilltop", "riverside"]


def test_a_setting_that_an_edge_must_know_changes_the_etag(
    get: Callable[..., HttpResponse], configure: Callable[..., None]
) -> None:
    etag = get()["ETag"]
    configure(POLICY_VERSION=2)
    changed = get(If_None_Match=etag)
    assert changed.status_code == 200
    assert json.loads(changed.content)["preference"]["policy_version"] == 2


def test_the_name_of_the_choice_cookie_is_the_one_that_is_set(
    get: Callable[..., HttpResponse], configure: Callable[..., None]
) -> None:
    configure(COOKIE_SECURE=True)
    assert json.loads(get().content)["preference"]["cookie"] == "__Host-personalise_choice"


def test_head_says_the_same_without_the_body(riverside: Segment, get: Callable[..., HttpResponse]) -> None:
    whole, head = get(), get("head")
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", whole["ETag"])


def test_paused_it_has_no_segments(riverside: Segment, get: Callable[..., HttpResponse]) -> None:
    etag = get()["ETag"]
    with committed():
        pause()
    told = get(If_None_Match=etag)
    assert (told.status_code, json.loads(told.content)["segments"]) == (200, {})
    assert json.loads(told.content)["paused"] is True


def test_asking_again_costs_the_look_at_the_token_and_no_more(
    riverside: Segment, get: Callable[..., HttpResponse], django_assert_num_queries: Any
) -> None:
    etag = get()["ETag"]
    with django_assert_num_queries(1):
        assert get(If_None_Match=etag).status_code == 304
    with django_assert_num_queries(1):
        assert get().status_code == 200


def test_nothing_of_a_segment_that_is_not_live_is_told(get: Callable[..., HttpResponse]) -> None:
    make_segment("not-yet-announced", FirstTimeVisitorRule(), live=False)
    assert b"not-yet-announced" not in get().content


# Signed


@pytest.fixture
def key_file(tmp_path: Path, configure: Callable[..., None]) -> Path:
    path = tmp_path / "ruleset.pem"
    path.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    configure(RULESET_KEY=path)
    return path


def test_it_comes_with_the_signature_of_its_bytes(
    riverside: Segment, get: Callable[..., HttpResponse], key_file: Path
) -> None:
    answer = get()
    # tests/portable/test_signing.py verifies such a signature by its public key.
    assert answer["Personalise-Signature"] == RulesetKey.from_file(key_file).sign(answer.content)
    assert get(If_None_Match=answer["ETag"])["Personalise-Signature"] == answer["Personalise-Signature"]


def test_without_a_key_there_is_no_signature(get: Callable[..., HttpResponse]) -> None:
    assert "Personalise-Signature" not in get()


def test_a_key_that_is_gone_makes_no_500_and_is_logged_once(
    get: Callable[..., HttpResponse],
    configure: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(plugged, "_logged_at", {})
    configure(RULESET_KEY="/nowhere/ruleset.pem")
    with caplog.at_level(logging.ERROR):
        answer = get()
        get()
    assert answer.status_code == 200
    assert "Personalise-Signature" not in answer
    assert [record.getMessage() for record in caplog.records] == [
        "Rulesets are not signed. The file can’t be read: No such file or directory."
    ]
