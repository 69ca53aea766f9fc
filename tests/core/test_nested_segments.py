"""Segments inside segments, in whatever order they stand, and circles of them."""

import itertools

import pytest

from wagtail_personalise_gov.core.conditions import All, Condition, Equals, InSegment, Not, OneOf
from wagtail_personalise_gov.core.conditions import Any as AnyOf
from wagtail_personalise_gov.core.decision import Reason
from wagtail_personalise_gov.core.facts import Facts
from wagtail_personalise_gov.core.ruleset import Explanation, Ruleset

FRENCH = OneOf("location.country", ["FR"])
SIGNED_IN = Equals("account.signed_in", True)

CHAIN = {
    "a": FRENCH,
    "b": Not(InSegment("a")),
    "c": All(InSegment("b"), SIGNED_IN),
    "d": AnyOf(InSegment("c"), InSegment("a")),
}


@pytest.mark.parametrize("order", list(itertools.permutations(CHAIN)), ids="".join)
def test_nested_segments_are_decided_in_whatever_order_they_stand(order: tuple[str, ...]) -> None:
    ruleset = Ruleset(segments={slug: CHAIN[slug] for slug in order})
    decision = ruleset.decide(Facts({"location.country": "GB", "account.signed_in": True}))
    assert decision.matched == ("b", "c", "d")
    assert decision["a"] is Reason.NOT_MATCHED


def test_a_segment_inside_one_that_was_asked_about_is_not_in_the_decision() -> None:
    assert dict(Ruleset(segments=CHAIN).decide(Facts(), ["d"])) == {"d": Reason.UNKNOWN}


def test_a_thousand_segments_inside_one_another_are_decided_and_explained() -> None:
    ruleset = Ruleset(segments={"s0": FRENCH} | {f"s{n}": All(InSegment(f"s{n - 1}")) for n in range(1, 1_000)})
    known = Facts({"location.country": "FR"})
    assert ruleset.decide(known, ["s999"]).includes("s999")
    assert len(ruleset.decide(known).matched) == 1_000
    explanation = ruleset.explain("s999", known)
    assert explanation is not None
    assert explanation.answer is True


def test_segments_that_each_ask_the_one_before_twice_are_explained_without_doubling_the_work() -> None:
    segments: dict[str, Condition] = {"s0": FRENCH}
    for n in range(1, 60):
        segments[f"s{n}"] = AnyOf(All(InSegment(f"s{n - 1}"), SIGNED_IN), InSegment(f"s{n - 1}"))
    explanation = Ruleset(segments=segments).explain("s59", Facts({"location.country": "FR"}))
    assert explanation is not None
    assert explanation.answer is True


# Circles, which can't be saved, but which two drafts published together could make

CIRCLES = {
    "one inside itself": {"a": AnyOf(InSegment("a"), FRENCH)},
    "two inside one another": {"a": AnyOf(InSegment("b"), FRENCH), "b": AnyOf(InSegment("a"), SIGNED_IN)},
    "three in a ring": {
        "a": AnyOf(InSegment("b"), FRENCH),
        "b": Not(InSegment("c")),
        "c": AnyOf(InSegment("a"), SIGNED_IN),
    },
    "two circles that touch": {
        "a": AnyOf(InSegment("b"), FRENCH),
        "b": AnyOf(InSegment("a"), InSegment("c"), FRENCH),
        "c": AnyOf(InSegment("b"), SIGNED_IN),
    },
}


@pytest.mark.parametrize("segments", CIRCLES.values(), ids=CIRCLES)
def test_segments_in_a_circle_cannot_be_told(segments: dict[str, Condition]) -> None:
    known = Facts({"location.country": "FR", "account.signed_in": True})
    for order in itertools.permutations(segments):
        ruleset = Ruleset(segments={slug: segments[slug] for slug in order})
        assert set(ruleset.decide(known).values()) == {Reason.UNKNOWN}
        for slug in order:
            assert dict(ruleset.decide(known, [slug])) == {slug: Reason.UNKNOWN}
            explanation = ruleset.explain(slug, known)
            assert explanation == Explanation(segments[slug], None)


@pytest.mark.parametrize("segments", CIRCLES.values(), ids=CIRCLES)
def test_a_segment_that_only_asks_about_a_circle_goes_on(segments: dict[str, Condition]) -> None:
    ruleset = Ruleset(segments={**segments, "beside": AnyOf(InSegment("a"), SIGNED_IN), "outside": Not(InSegment("a"))})
    decision = ruleset.decide(Facts({"location.country": "FR", "account.signed_in": True}))
    assert decision["beside"] is Reason.MATCHED
    assert decision["outside"] is Reason.UNKNOWN


def test_a_circle_asks_nothing() -> None:
    assert Ruleset(segments=CIRCLES["three in a ring"]).only(["a"]).needs == frozenset()
