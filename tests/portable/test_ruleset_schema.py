"""The published schema of rulesets and conditions: what it takes is what the core takes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.core.cases import cases
from tests.factories import make_segment
from wagtail_personalise_gov.core.conditions import QUESTIONS, ConditionError, from_json
from wagtail_personalise_gov.models import DateRangeRule

from .rulesets import IS_CONDITION, IS_RULESET, SCHEMA, document


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.usefixtures("live_ones")
def test_a_real_ruleset_is_what_the_schema_says() -> None:
    make_segment("april", DateRangeRule(first_day=date(2026, 4, 1)))
    told = document()
    IS_RULESET.validate(told)
    assert set(SCHEMA["properties"]) == set(told)
    for name in ("segment", "fact"):
        (one, *_others) = told[f"{name}s"].values()
        assert set(SCHEMA["$defs"][name]["properties"]) == set(one)
    assert set(SCHEMA["properties"]["preference"]["properties"]) == set(told["preference"])


def test_the_schema_has_every_operator_and_every_case_is_valid() -> None:
    operators = {name.removeprefix("op_") for name in SCHEMA["$defs"] if name.startswith("op_")}
    assert operators == set(QUESTIONS)
    assert {ref["$ref"] for ref in SCHEMA["$defs"]["question"]["oneOf"]} == {f"#/$defs/op_{name}" for name in QUESTIONS}
    for case in cases():
        IS_CONDITION.validate(case.condition.to_json())


@pytest.mark.parametrize(
    "condition",
    [
        {},
        [],
        {"fact": "location.country", "op": "in"},
        {"fact": "location.country", "op": "is", "value": ["GB"]},
        {"fact": "", "op": "in", "value": ["GB"]},
        {"fact": "location.country", "op": "in", "value": []},
        {"fact": "location.country", "op": "in", "value": "GB"},
        {"fact": "location.country", "op": "in", "value": ["GB", 1]},
        {"fact": "location.country", "op": "in", "value": ["GB"], "and": 1},
        {"fact": "a", "op": "equals", "value": None},
        {"fact": "a", "op": "at_least", "value": "3"},
        {"fact": "a", "op": "at_most", "value": True},
        {"fact": "a", "op": "between", "value": [1]},
        {"fact": "a", "op": "between", "value": [None, None]},
        {"fact": "a", "op": "between", "value": [1, "2026-04-18"]},
        {"fact": "a", "op": "between", "value": ["22:00", None]},
        {"fact": "a", "op": "between", "value": [1, 2, "Europe/London"]},
        {"fact": "a", "op": "weekday", "value": ["Montag"]},
        {"fact": "a", "op": "within", "value": {"lat": 91, "lng": 0, "km": 1}},
        {"fact": "a", "op": "within", "value": {"lat": 51, "lng": 0}},
        {"fact": "a", "op": "matches", "value": [""]},
        {"fact": "a", "op": "language", "value": ["en_GB"]},
        {"fact": "a", "op": "at_least_in", "value": {"a": 0}},
        {"fact": "a", "op": "at_least_in", "value": {}},
        {"all": {}},
        {"all": [], "any": []},
        {"any": [{"nor": []}]},
        {"not": []},
        {"segment": ""},
        {"segment": 1},
    ],
    ids=str,
)
def test_what_the_core_refuses_the_schema_refuses_too(condition: Any) -> None:
    with pytest.raises(ConditionError):
        from_json(condition)
    assert not IS_CONDITION.is_valid(condition)


@pytest.mark.usefixtures("live_ones")
@pytest.mark.parametrize(
    "path, value",
    [
        (["format"], "another"),
        (["format_version"], 2),
        (["version"], None),
        (["paused"], "no"),
        (["segments"], []),
        (["segments", "riverside", "condition"], {"fact": "x"}),
        (["segments", "riverside", "held_back"], 10_001),
        (["segments", "Not A Slug"], {}),
        (["facts", "location.city", "kind"], "shoe size"),
        (["preference", "mode"], "on"),
        (["not_portable"], {"riverside": ""}),
    ],
    ids=str,
)
def test_a_malformed_ruleset_is_not_what_the_schema_says(path: list[str], value: Any) -> None:
    told = document()
    assert IS_RULESET.is_valid(told)
    *way, last = path
    place = told
    for key in way:
        place = place[key]
    place[last] = value
    assert not IS_RULESET.is_valid(told)


@pytest.mark.parametrize("key", SCHEMA["required"])
def test_a_ruleset_without_one_of_its_keys_is_none(key: str) -> None:
    told = document()
    del told[key]
    assert not IS_RULESET.is_valid(told)
