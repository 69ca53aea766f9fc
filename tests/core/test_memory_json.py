"""VisitorMemory: how it travels in a cookie, and what becomes of a cookie that we did not write."""

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.strategies import any_json
from tests.core.visits import DAY, EVERYTHING, FULL, STRANGER, arriving, as_bytes, opened
from wagtail_personalise_gov.core.memory import (
    MAX_VISITS,
    Campaign,
    DeclaredPlace,
    Past,
    Referrer,
    ThisVisit,
    VisitorMemory,
    past_from_json,
    past_to_json,
    visit_from_json,
    visit_to_json,
)

texts = st.text(max_size=150)
visits = st.builds(
    ThisVisit,
    step=st.integers(0, 10**7),
    landed=st.booleans(),
    referrer=st.none() | st.builds(Referrer, texts, texts),
    campaign=st.none() | st.builds(Campaign, texts, texts, texts),
    recognised=st.dictionaries(texts, st.floats(0, 1, exclude_min=True), max_size=8),
    intent=texts,
    place=st.none() | st.builds(DeclaredPlace, texts, texts, texts),
)
days = st.integers(0, 10**6)
pasts = st.one_of(
    st.builds(Past, days, st.integers(0, MAX_VISITS)),
    st.builds(Past, days, st.integers(0, MAX_VISITS), days, st.none() | days),
)


@settings(max_examples=200, deadline=None)
@given(visits)
def test_a_visit_survives_json(visit: ThisVisit) -> None:
    assert visit_from_json(json.loads(as_bytes(visit_to_json(visit)))) == visit


@settings(max_examples=200, deadline=None)
@given(pasts)
def test_a_past_survives_json(past: Past) -> None:
    assert past_from_json(json.loads(as_bytes(past_to_json(past)))) == past


def test_the_json_is_short_and_leaves_out_what_is_not_kept() -> None:
    assert visit_to_json(ThisVisit(2_880_072, landed=True)) == {"t": 2_880_072, "l": 1}
    assert past_to_json(Past(DAY, visits=2)) == {"b": DAY, "v": 2}
    assert FULL.visit is not None
    assert visit_to_json(FULL.visit) == {
        "t": 2_880_072,
        "l": 1,
        "r": ["search", "www.bing.com"],
        "c": ["newsletter", "email", "start-up-week"],
        "s": {"parking": 0.6},
        "i": "licence",
        "p": ["GB", "GB-ENG", "Riverside"],
        "g": "c.f/7",
        "b": 0,
    }


def test_memory_holds_nothing_that_tells_one_visitor_from_another() -> None:
    # Two who came at the same time, in the same way, hold the same bytes.
    one, other = (opened(STRANGER, arriving()) for _visitor in range(2))
    assert one == other
    assert {field.name for part in (ThisVisit, Past) for field in dataclasses.fields(part)} == {
        *("step", "landed", "referrer", "campaign", "recognised", "intent", "place", "seen", "began"),
        *("began", "visits", "this_day", "last_day", "seen"),
        "lot",  # one of 10,000, so many share it; drawn only while a share of visitors is held back
    }


VISIT = {"t": 1, "l": 1}
HOSTILE_VISITS: list[Any] = [
    None,
    5,
    "t",
    [],
    [["t", 1], ["l", 1]],
    {},
    {"t": 1},
    {"l": 1},
    *({**VISIT, "t": value} for value in (None, -1, 1.5, True, "1", [], 10**9, 10**400, float("nan"))),
    *({**VISIT, "l": value} for value in (None, 2, -1, True, "1", [])),
    *(
        {**VISIT, "r": value}
        for value in (None, [], ["search"], ["search", None], ["a", "b", "c"], "ab", {"a": 1, "b": 2})
    ),
    *({**VISIT, "c": value} for value in (None, ["a", "b"], ["a", "b", 3], "abc", [["a"], "b", "c"])),
    *({**VISIT, "s": value} for value in (None, [], "ab", 5, {"a": "1"}, {"a": None}, {"a": True}, {"a": [1]})),
    *({**VISIT, "s": {"a": value}} for value in (0, -0.1, 1.1, float("nan"), float("inf"), 10**400)),
    *({**VISIT, "i": value} for value in (None, 5, ["parking"], {"a": 1}, True)),
    *({**VISIT, "p": value} for value in (None, [], ["GB", "", 1], ["GB"], "GBx")),
]
HOSTILE_PASTS: list[Any] = [
    None,
    5,
    "b",
    [],
    {},
    {"b": 1},
    {"v": 1},
    *({"b": value, "v": 1} for value in (None, -1, 1.5, True, "1", [], 10**400, float("inf"))),
    *({"b": 1, "v": value} for value in (None, -1, 1.5, True, "1", {}, 10**400)),
    *(
        {"b": 1, "v": 1, "d": value}
        for value in (None, [], [1], [1, 2, 3], 5, "ab", [1, "2"], [True, 1], [1.5, 1], [-1, 1])
    ),
]


@pytest.mark.parametrize("data", HOSTILE_VISITS, ids=lambda data: repr(data)[:40])
def test_a_visit_that_we_did_not_write_is_no_visit(data: Any) -> None:
    assert visit_from_json(data) is None


@pytest.mark.parametrize("data", HOSTILE_PASTS, ids=lambda data: repr(data)[:40])
def test_a_past_that_we_did_not_write_is_no_past(data: Any) -> None:
    assert past_from_json(data) is None


def keyed(*keys: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(
        st.sampled_from(keys), any_json | st.integers(0, 99) | st.lists(st.text(max_size=3), max_size=3)
    )


@settings(max_examples=200, deadline=None)
@given(any_json | keyed("t", "l", "r", "c", "s", "i", "p"), any_json | keyed("b", "v", "d"))
def test_any_json_is_a_memory_or_none_and_goes_on_working(visit_data: Any, past_data: Any) -> None:
    memory = VisitorMemory(visit_from_json(visit_data), past_from_json(past_data))
    later = opened(memory, arriving())
    assert later.first_visit in (True, False, None)
    assert later.keeping(EVERYTHING).visit is not None
    if memory.visit is not None:
        assert visit_from_json(json.loads(as_bytes(visit_to_json(memory.visit)))) == memory.visit


def test_json_nested_without_end_is_no_memory() -> None:
    data: Any = 1
    for _ in range(100_000):
        data = [data]
    for key in "tlrcsip":
        assert visit_from_json({**VISIT, key: data}) is None
    for key in "bvd":
        assert past_from_json({"b": 1, "v": 1, key: data}) is None
