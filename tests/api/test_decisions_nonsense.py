"""POST decisions/ and bodies that will not do: a problem that names the field and the remedy."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.utils.translation import override
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.api.tokens import ask
from wagtail_personalise_gov.facts import known_facts
from wagtail_personalise_gov.models import Segment

pytestmark = pytest.mark.usefixtures("home")

RIVERSIDE = {"location.city": "Riverside"}
MISSING = "Send what is known of the visit, as an object that holds facts by their names. It may be empty."
MOMENT = 'Send a date and time with its offset from UTC, such as "2026-04-18T09:00:00+01:00".'


def problem(body: object) -> Any:
    answer = ask(body)
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    return answer.json()


NAME_SEGMENTS = "Name segments by their slugs, or leave it out to ask all."
TAKES = "Send a JSON object with what this address takes: facts, refused, segments."


@pytest.mark.usefixtures("several")
@pytest.mark.parametrize(
    "body, errors",
    [
        ({}, {"facts": MISSING}),
        ({"facts": None}, {"facts": MISSING}),
        ({"facts": []}, {"facts": "Send an object that holds facts by their names."}),
        ({"facts": "x"}, {"facts": "Send an object that holds facts by their names."}),
        *((nothing, {"non_field_errors": TAKES}) for nothing in ([], None, 1, '"facts"')),
        ({"factz": {}, "facts": {}}, {"factz": "There is no such field. Did you mean “facts”?"}),
        ({"x": {}}, {"x": "There is no such field. This address takes: facts, refused, segments."}),
        (
            {"facts": {"location.cuntry": "GB"}},
            {"facts.location.cuntry": "There is no such fact. Did you mean “location.country”?"},
        ),
        ({"facts": {"shoes": 44}}, {"facts.shoes": "There is no such fact. The reference of facts lists them all."}),
        (
            {"facts": {"request.query.topic": "housing"}},
            {
                "facts.request.query.topic": "This is a part of the fact “request.query”. Send it there, as "
                '{"request.query": {…}}.'
            },
        ),
        ({"facts": {"location.country": 44}}, {"facts.location.country": 'Send a text, such as "GB".'}),
        ({"facts": {"visitor.first_visit": 1}}, {"facts.visitor.first_visit": "Send true or false."}),
        ({"facts": {"visitor.visits": "3"}}, {"facts.visitor.visits": "Send a number."}),
        ({"facts": {"language": "en"}}, {"facts.language": 'Send a list of texts, such as ["en-GB", "cy"].'}),
        (
            {"facts": {"clock.local": "2026-04-18T09:00:00"}},
            {"facts.clock.local": MOMENT},
        ),
        (
            {"facts": {"location.city": 1, "device.kind": 2}},
            {"facts.location.city": 'Send a text, such as "GB".', "facts.device.kind": 'Send a text, such as "GB".'},
        ),
        ({"facts": {}, "segments": "riverside"}, {"segments": 'Send a list of texts, such as ["new-parents"].'}),
        ({"facts": {}, "segments": [1]}, {"segments": 'Send a list of texts, such as ["new-parents"].'}),
        ({"facts": {}, "segments": {}}, {"segments": 'Send a list of texts, such as ["new-parents"].'}),
        (
            {"facts": {}, "segments": ["riversid"]},
            {"segments": "There is no segment 'riversid'. Did you mean “riverside”?"},
        ),
        ({"facts": {}, "segments": ["\ud800"]}, {"segments": f"There is no segment '\\ud800'. {NAME_SEGMENTS}"}),
        ({"facts": {}, "segments": ["\x00"]}, {"segments": f"There is no segment '\\x00'. {NAME_SEGMENTS}"}),
        ({"facts": {}, "segmnets": []}, {"segmnets": "There is no such field. Did you mean “segments”?"}),
        ({"facts": {}, "refused": "x"}, {"refused": 'Send a list of texts, such as ["location.city"].'}),
        ({"facts": {}, "refused": None}, {"refused": 'Send a list of texts, such as ["location.city"].'}),
        (
            {"facts": {}, "refused": ["location.cuntry"]},
            {"refused": "There is no fact 'location.cuntry'. Did you mean “location.country”?"},
        ),
        (
            {"facts": RIVERSIDE, "refused": ["location.city"]},
            {"refused": "location.city is refused, and yet it stands in “facts”. Leave it out there."},
        ),
    ],
    ids=str,
)
def test_a_wrong_body_is_told_the_field_and_the_remedy(body: object, errors: dict[str, str]) -> None:
    told = problem(body)
    assert told["errors"] == {field: [message] for field, message in errors.items()}
    assert all(message in told["detail"] for message in errors.values())


def test_every_kind_of_fact_has_its_remedy(riverside: Segment) -> None:
    for name in known_facts():
        assert problem({"facts": {name: [[]]}})["errors"][f"facts.{name}"][0].startswith("Send ")


def test_no_problem_repeats_a_value_since_values_are_about_a_visitor(riverside: Segment) -> None:
    told = ask({"facts": {"location.city": ["Trait77"], "network.ip": "Trait77"}})
    assert told.status_code == 400
    assert b"Trait77" not in told.content


def test_names_that_no_text_can_hold_are_told_all_the_same(riverside: Segment) -> None:
    told = problem('{"facts": {"\\ud800": 1, "\\u0000": 2, "%s": 3}}' % ("x" * 5000))
    assert len(told["errors"]) == 3
    assert len(problem('{"facts": {}, "\\ud800": 1}')["errors"]) == 1
    assert all(len(field) < 120 for field in told["errors"])


def test_of_a_body_that_is_wrong_throughout_a_few_problems_are_told(riverside: Segment) -> None:
    assert len(problem({"facts": {f"strange.{number}": 1 for number in range(3000)}})["errors"]) == 20


@pytest.mark.parametrize(
    "body, content_type, status",
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b'{"facts": {"visitor.visits": ' + b"9" * 5000 + b"}}", "application/json", 400),
        (b'{"facts": {"visitor.visits": 1e999}}', "application/json", 400),
        (b'{"facts": {"visitor.visits": NaN}}', "application/json", 400),
        (b'{"facts": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}", "application/json", 400),
        (b" " * (64 * 1024) + b"{}", "application/json", 413),
        (b"facts=1", "application/x-www-form-urlencoded", 415),
        (b"{}", "text/plain", 415),
    ],
)
def test_nonsense_gets_a_problem(riverside: Segment, body: bytes, content_type: str, status: int) -> None:
    answer = ask(body, content_type=content_type)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_the_largest_body_is_said(riverside: Segment) -> None:
    answer = ask(b" " * 70_000)
    assert answer.json()["detail"] == "The body has more than 65536 bytes. Send fewer facts, or ask less at once."


def test_problems_are_told_in_the_language_of_who_asks(riverside: Segment) -> None:
    with override("cy"):  # a language without texts of these falls back to English: it must not fail
        assert ask({"facts": {"location.city": 1}}).status_code == 400


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(sorted(known_facts())) | st.text(max_size=20)


@given(
    body=st.binary(max_size=100)
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.fixed_dictionaries(
        {"facts": st.dictionaries(NAMES, JSON, max_size=3) | JSON},
        optional={
            "segments": st.lists(st.text(max_size=9) | JSON, max_size=3) | JSON,
            "refused": st.lists(NAMES) | JSON,
        },
    ).map(lambda value: json.dumps(value).encode())
)
@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_body_gets_an_answer(riverside: Segment, body: bytes) -> None:
    answer: HttpResponse = ask(body)
    assert answer.status_code in (200, 400)
