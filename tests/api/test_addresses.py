"""Below the API everything is JSON: where things are, which methods they take, and what is not there."""

from typing import Any

import pytest
from django.test import Client

from tests.agency.models import AgencyPage
from tests.api.calling import API, put


def test_the_root_tells_where_everything_is(client: Client, home: AgencyPage) -> None:
    answer = client.get(f"{API}/")
    told = answer.json()
    assert told["version"] == 1
    assert told["addresses"]["visit"] == f"http://testserver{API}/visit/"
    assert told["addresses"]["page"] == f"http://testserver{API}/pages/{{id}}/"
    assert {"preference", "intent", "place", "results", "decisions", "ruleset"} <= told["addresses"].keys()
    assert not answer.cookies
    assert not answer.has_header("Cache-Control")


def test_each_address_that_the_root_names_is_there(client: Client, home: AgencyPage) -> None:
    for address in client.get(f"{API}/").json()["addresses"].values():
        answer = client.options(address.replace("{id}", str(home.pk)))
        assert answer.status_code != 404, address


@pytest.mark.parametrize("method", ["get", "put", "post", "delete", "patch"])
@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize(
    "path, near",
    [("preference", "preference/"), ("prefrence/", "preference/"), ("pages/3", "pages/{id}/"), ("visits/", "visit/")],
)
def test_an_address_with_a_slip_is_told_the_nearest(
    client: Client, home: AgencyPage, settings: Any, method: str, debug: bool, path: str, near: str
) -> None:
    settings.DEBUG = debug  # then Django fails for a PUT without its slash, rather than redirect it
    answer = getattr(client, method)(f"{API}/{path}")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"] == f"There is no such address. The nearest is {near}, with its slash."


@pytest.mark.parametrize("path", ["zzz", "a/b/c", "%00", "%ff", "..%2f..", "x" * 3000, "é/", "visit//", "pages/-1/"])
def test_whatever_else_is_asked_for_is_not_found(client: Client, home: AgencyPage, path: str) -> None:
    answer = client.get(f"{API}/{path}")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"].startswith("There is no such address.")


def test_head_is_as_get_without_a_body(client: Client, home: AgencyPage) -> None:
    for name in ("", "visit/", "intent/", "place/", f"pages/{home.pk}/"):
        answer = client.head(f"{API}/{name}")
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "name, allowed",
    [
        ("", {"GET", "HEAD", "OPTIONS"}),
        ("visit/", {"GET", "HEAD", "OPTIONS", "DELETE"}),
        ("preference/", {"OPTIONS", "PUT"}),
        ("intent/", {"GET", "HEAD", "OPTIONS", "PUT"}),
        ("place/", {"GET", "HEAD", "OPTIONS", "PUT"}),
    ],
)
def test_options_and_405_tell_the_methods(client: Client, home: AgencyPage, name: str, allowed: set[str]) -> None:
    told = client.options(f"{API}/{name}")
    refused = client.generic("PATCH", f"{API}/{name}")
    assert (told.status_code, refused.status_code) == (204, 405)
    assert set(told["Allow"].split(", ")) == set(refused["Allow"].split(", ")) == allowed
    assert refused.json()["title"] == "Method Not Allowed"


@pytest.mark.parametrize(
    "body, words",
    [
        (b'{"preference": "refused", "preference": "allowed"}', "The JSON says 'preference' twice. Say each key once."),
        (b'{"preference": NaN}', "NaN is no number of JSON."),
        (b'{"preference": -Infinity}', "-Infinity is no number of JSON."),
        (b'{"preference": ' + b"9" * 4000 + b"}", "preference: "),
        (b'{"preference": 1e999}', "preference: "),
        (b'{"preference": {"a": {"a": "a"}}}', "preference: "),
        (b'{"preference"', "This is not JSON: "),
        (b"\xff", "This is not JSON: "),
    ],
)
def test_what_is_wrong_with_a_body_is_told(client: Client, home: AgencyPage, body: bytes, words: str) -> None:
    answer = put(client, "preference", body)
    assert answer.status_code == 400
    assert words in answer.json()["detail"]
    assert not answer.cookies


@pytest.mark.parametrize("body", [b"[" * 4000, b"[" * 2000 + b"]" * 2000, b'{"preference":' * 250 + b"1" + b"}" * 250])
def test_a_body_nested_without_end_is_refused(client: Client, home: AgencyPage, body: bytes) -> None:
    answer = put(client, "preference", body)
    assert answer.status_code == 400
    # How deep it can read, each Python knows for itself; the deepest that one reads is still no object of ours.
    told = ("nested too deep", "This is not JSON", "preference: ", "object")
    assert any(words in answer.json()["detail"] for words in told), answer.json()["detail"]
    assert not answer.cookies


def test_words_come_in_the_language_that_is_asked_for(client: Client, home: AgencyPage) -> None:
    answer = client.put(f"{API}/preference/?lang=cy", '{"preference": "allowed"}', content_type="application/json")
    assert answer["Content-Language"] == "cy"
    assert answer.json()["why"] != "You chose that this site changes to suit your visit."
