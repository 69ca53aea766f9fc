"""Facts that are read when they are asked: those first that tell least, and none on which no answer hangs any more."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.strategies import conditions, facts
from tests.core.test_properties import NESTED
from wagtail_personalise_gov.core.conditions import All, Condition, Equals, InSegment, Not, OneOf
from wagtail_personalise_gov.core.conditions import Any as AnyOf
from wagtail_personalise_gov.core.decision import Reason
from wagtail_personalise_gov.core.facts import Facts, family
from wagtail_personalise_gov.core.ruleset import Ruleset

PATH = OneOf("request.path", ["/a/"])
CITY = OneOf("location.city", ["Riverside"])
VISITS = OneOf("visitor.visits", [3])
ORDER = {"request.path": 0, "location.city": 1, "visitor.visits": 7}


class Read(Facts):
    """Facts that note which of them are read."""

    __slots__ = ("asked",)

    read_when_asked = True

    def __init__(self, known: Facts | dict[str, Any], refused: frozenset[str] = frozenset()) -> None:
        super().__init__(known, refused)
        self.asked: list[str] = []

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.append(name)
        return super().get(name, default)


KNOWN = {"request.path": "/a/", "location.city": "Riverside", "visitor.visits": 3}
ELSEWHERE = {**KNOWN, "request.path": "/b/"}


@pytest.mark.parametrize(
    "condition, known, asked",
    [
        (All(PATH, CITY, VISITS), {"request.path": "/b/"}, ["request.path"]),  # one False settles ALL
        (All(PATH, CITY, VISITS), KNOWN, ["request.path", "location.city", "visitor.visits"]),
        (AnyOf(PATH, CITY, VISITS), KNOWN, ["request.path"]),  # one True settles ANY
        (AnyOf(PATH, CITY, VISITS), ELSEWHERE, ["request.path", "location.city"]),
        (All(PATH, CITY), {"location.city": "Hilltop"}, ["request.path", "location.city"]),  # unknown settles nothing
        (AnyOf(PATH, CITY), {"location.city": "Hilltop"}, ["request.path", "location.city"]),
        (All(Not(PATH), CITY), KNOWN, ["request.path"]),
        (AnyOf(Not(PATH), CITY), {"request.path": "/b/"}, ["request.path"]),
        (All(PATH, AnyOf(CITY, VISITS)), KNOWN, ["request.path", "location.city"]),
        (CITY, KNOWN, ["location.city"]),  # a question that is all of a segment
        (Not(CITY), KNOWN, ["location.city"]),
    ],
)  # fmt: skip
def test_a_fact_is_read_only_while_an_answer_hangs_on_it(
    condition: Condition, known: dict[str, Any], asked: list[str]
) -> None:
    read = Read(known)
    ruleset = Ruleset(segments={"a": condition}, order=ORDER)
    assert ruleset.decide(read) == ruleset.decide(Facts(known))
    assert read.asked == asked


def test_a_fact_is_read_as_long_as_one_of_several_segments_needs_it() -> None:
    segments = {"a": All(PATH, CITY), "b": All(Equals("visitor.first_visit", True), CITY), "c": All(PATH, VISITS)}
    read = Read({"request.path": "/b/", "location.city": "Riverside", "visitor.first_visit": True})
    decision = Ruleset(segments=segments, order={**ORDER, "visitor.first_visit": 0}).decide(read)
    assert read.asked == ["request.path", "visitor.first_visit", "location.city"]
    assert decision["b"] is Reason.MATCHED


def test_a_segment_inside_another_is_asked_like_any_other() -> None:
    segments = {"inner": All(PATH, CITY), "outer": All(InSegment("inner"), VISITS)}
    read = Read({"request.path": "/b/"})
    decision = Ruleset(segments=segments, order=ORDER).decide(read)
    assert decision == {"inner": Reason.NOT_MATCHED, "outer": Reason.NOT_MATCHED}
    assert "location.city" not in read.asked


@settings(max_examples=300, deadline=None)
@given(NESTED, facts(), st.randoms(use_true_random=False))
def test_sparing_facts_changes_no_answer(segments: dict[str, Condition], known: Facts, random: Any) -> None:
    names = sorted({family(name) for condition in segments.values() for name in condition.facts})
    refused = frozenset(random.sample(names, len(names) // 3))
    told = {name: value for name, value in known.items() if name not in refused}
    ruleset = Ruleset(segments=segments, order={name: random.randrange(4) for name in names})
    read = Read(told, refused)
    assert ruleset.decide(read) == ruleset.decide(Facts(told, refused))
    assert len(read.asked) == len(set(read.asked))
    assert set(read.asked) <= set(names)


@settings(max_examples=200, deadline=None)
@given(st.lists(conditions(), min_size=2, max_size=4), facts())
def test_what_tells_least_is_asked_first(parts: list[Condition], known: Facts) -> None:
    names = sorted({family(name) for part in parts for name in part.facts}, reverse=True)
    order = {name: place for place, name in enumerate(names)}
    read = Read(known)
    Ruleset(segments={"a": All(*parts)}, order=order).decide(read)
    assert read.asked == sorted(read.asked, key=order.__getitem__)
