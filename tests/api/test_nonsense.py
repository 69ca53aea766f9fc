"""What the API answers to other sites and to nonsense: a problem that says what is wrong."""

import json

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.agency.models import AgencyPage
from tests.api.calling import API, put
from wagtail_personalise_gov.models import (
    Segment,
)

# Other sites


@pytest.mark.parametrize(
    "headers, status",
    [
        ({}, 200),  # no browser at all
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://testserver"}, 200),  # TLS may end at a proxy
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 200),
    ],
)
@pytest.mark.parametrize("name, body", [("preference", {"preference": "refused"}), ("intent", {"intent": None})])
def test_what_another_site_sends_is_refused(
    client: Client, home: AgencyPage, name: str, body: object, headers: dict[str, str], status: int
) -> None:
    answer = put(client, name, body, headers=headers)
    assert answer.status_code == status
    if status == 403:
        assert not answer.cookies
        detail = answer.json()["detail"]
        assert detail.startswith("This was sent from another website. Send it from a page of this one")
        assert "API_ORIGINS" in detail


@pytest.mark.parametrize(
    "headers, status",
    [
        ({}, 200),  # a front end's own server
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 200),  # with "Referrer-Policy: no-referrer"
        ({"Origin": "http://testserver"}, 200),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://testserver:8001"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"}, 403),
        ({"Sec-Fetch-Site": "nonsense"}, 403),
    ],
    ids=str,
)
def test_what_widens_what_we_may_use_needs_the_browsers_word(
    client: Client, licence: Segment, headers: dict[str, str], status: int
) -> None:
    for name, body in (
        ("preference", {"preference": "allowed"}),
        ("preference", {"counting": "allowed"}),
        ("intent", {"intent": "restaurant"}),
    ):
        answer = put(client, name, body, headers=headers)
        assert answer.status_code == status, body
        if status == 403:
            assert not answer.cookies
            assert answer.json()["detail"].startswith(
                "Your browser does not say that a page of this website sent this."
            )
    # What refuses is done whoever sends it, but for another site; also together with what is not.
    answer = put(client, "preference", {"preference": "refused", "counting": "allowed"}, headers=headers)
    assert answer.status_code == status
    assert answer.cookies["personalise_choice"].value.startswith("refused-counted." if status == 200 else "refused.")
    assert put(client, "intent", {"intent": None}, headers=headers).status_code == 200


def test_no_token_and_no_account_is_needed(home: AgencyPage) -> None:
    assert put(Client(enforce_csrf_checks=True), "preference", {"preference": "refused"}).status_code == 200


# Nonsense


@pytest.mark.parametrize(
    "body, content_type, status",
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"null", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"allowed"', "application/json", 400),
        (b"{}", "application/json", 400),
        (b'{"preference": null, "intent": 5}', "application/json", 400),
        (b'{"preference": ["allowed"], "intent": {}}', "application/json", 400),
        (b'{"preference": "\\ud800", "intent": "\\ud800"}', "application/json", 400),
        (b'{"preference": "\\u0000", "intent": "\\u0000"}', "application/json", 400),
        (b'{"preference": NaN, "intent": NaN}', "application/json", 400),
        (b"[" * 4000, "application/json", 400),
        (b'{"preference": "' + b"a" * 4000 + b'", "intent": "' + b"a" * 4000 + b'"}', "application/json", 413),
        (b" " * 5000, "application/json", 413),
        (b"preference=allowed", "application/x-www-form-urlencoded", 415),
        (b"<allowed/>", "text/xml", 415),
        (b"x", "application/json" + "x" * 5000, 415),
        (b"x", ";;;=/", 415),
    ],
)
@pytest.mark.parametrize("name", ["preference", "intent"])
def test_nonsense_gets_a_problem_that_says_what_is_wrong(
    client: Client, licence: Segment, name: str, body: bytes, content_type: str, status: int
) -> None:
    answer = put(client, name, body, content_type=content_type)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["type"], problem["status"]) == ("about:blank", status)
    assert problem["title"]
    assert problem["detail"]
    assert not answer.cookies


@pytest.mark.parametrize(
    "name, body", [("place", {"city": 7}), ("place", {"country": "GB", "city": 1.5}), ("intent", {"intent": 0})]
)
def test_a_number_is_no_text(client: Client, licence: Segment, name: str, body: dict[str, object]) -> None:
    answer = put(client, name, body)
    assert answer.status_code == 400
    assert answer.json()["errors"] == {list(body)[-1]: ["Send a text, in quotation marks."]}
    assert not answer.cookies


@pytest.mark.parametrize(
    "method, name", [("post", "visit"), ("delete", "preference"), ("put", "visit"), ("get", "preference")]
)
def test_other_methods_are_not_allowed(client: Client, home: AgencyPage, method: str, name: str) -> None:
    answer = getattr(client, method)(f"{API}/{name}/")
    assert answer.status_code == 405
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "*", "", "a" * 9000, "/;q=,"])
def test_answers_are_json_whatever_is_asked_for(client: Client, home: AgencyPage, accept: str) -> None:
    answer = client.get(f"{API}/visit/?format=xml", headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
    max_leaves=5,
)


@given(
    body=st.binary(max_size=100)
    | JSON.map(lambda value: json.dumps(value).encode())
    | JSON.map(lambda value: json.dumps({"preference": value, "intent": value}).encode())
)
@hypothesis_settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_body_gets_an_answer(client: Client, licence: Segment, body: bytes) -> None:
    for name in ("preference", "intent"):
        assert put(client, name, body).status_code in (200, 400)
