"""Rulesets: every live segment compiled once, and what is decided by it."""

import dataclasses
import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings

from tests.core.strategies import conditions, facts
from wagtail_personalise_gov.core import ruleset as ruleset_module
from wagtail_personalise_gov.core.conditions import All, Condition, Equals, InSegment, Not, OneOf
from wagtail_personalise_gov.core.conditions import Any as AnyOf
from wagtail_personalise_gov.core.decision import Reason
from wagtail_personalise_gov.core.facts import Facts
from wagtail_personalise_gov.core.ruleset import NO_RULES, PLANS_KEPT, Explanation, Ruleset

FRENCH = OneOf("location.country", ["FR"])
SIGNED_IN = Equals("account.signed_in", True)
TOPIC = Equals("request.query.topic", "housing")
PAGE = Equals("request.query.page", "2")

SITE = Ruleset(
    version="one",
    segments={
        "french": FRENCH,
        "members": SIGNED_IN,
        "french-members": All(InSegment("french"), InSegment("members")),
        "housing": TOPIC,
    },
    keys={1: "french", 2: "members", 3: "french-members", 4: "housing"},
)


# What is asked


def test_a_ruleset_needs_the_facts_of_all_its_segments_and_a_plan_only_its_own() -> None:
    assert SITE.needs == {"location.country", "account.signed_in", "request.query"}
    assert SITE.only(["french"]).needs == {"location.country"}
    assert SITE.only(["housing"]).needs == {"request.query"}
    assert SITE.only([]).needs == frozenset()


def test_a_segment_needs_the_facts_of_the_segments_inside_it() -> None:
    assert SITE.only(["french-members"]).needs == {"location.country", "account.signed_in"}


def test_two_keys_of_one_mapping_are_one_fact_to_gather() -> None:
    ruleset = Ruleset(segments={"a": All(TOPIC, PAGE)})
    assert ruleset.needs == ruleset.only(["a"]).needs == {"request.query"}


class Counting(Facts):
    """Facts that count how often each is asked."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.counts: dict[str, int] = {}

    def get(self, name: str, default: Any = None) -> Any:
        self.counts[name] = self.counts.get(name, 0) + 1
        return super().get(name, default)


def test_a_question_that_many_segments_ask_is_answered_once() -> None:
    ruleset = Ruleset(
        segments={
            **{f"s{number}": All(OneOf("location.country", ["FR"]), Not(SIGNED_IN)) for number in range(100)},
            "nested": AnyOf(InSegment("s1"), All(FRENCH)),
        }
    )
    known = Counting({"location.country": "FR", "account.signed_in": False})
    assert len(ruleset.decide(known).matched) == 101
    assert known.counts == {"location.country": 1, "account.signed_in": 1}


# Which segments


def test_only_the_segments_that_are_named_are_decided() -> None:
    decision = SITE.decide(Facts({"location.country": "FR"}), ["french"])
    assert dict(decision) == {"french": Reason.MATCHED}


def test_slugs_of_no_live_segment_are_left_out() -> None:
    assert dict(SITE.decide(Facts(), ["gone", "french"])) == {"french": Reason.UNKNOWN}
    assert dict(SITE.decide(Facts(), ["gone"])) == {}
    assert SITE.only(["gone", "french", "french"]).slugs == ("french",)


def test_keys_are_answered_by_slugs_in_their_order_and_dead_keys_are_left_out() -> None:
    assert SITE.slugs([3, 99, 1]) == ("french-members", "french")
    assert SITE.slugs([99]) == SITE.slugs([]) == ()


def test_matched_segments_come_in_one_order_however_they_are_asked() -> None:
    known = Facts({"location.country": "FR", "account.signed_in": True})
    orders = itertools.permutations(["members", "french", "french-members"])
    assert {SITE.decide(known, order).matched for order in orders} == {("french", "french-members", "members")}


def test_a_ruleset_without_segments_decides_nothing_and_explains_nothing() -> None:
    assert dict(NO_RULES.decide(Facts({"location.country": "FR"}))) == {}
    assert NO_RULES.needs == frozenset()
    assert NO_RULES.slugs([1]) == ()
    assert NO_RULES.explain("french", Facts()) is None


def test_a_paused_ruleset_decides_nothing_whatever_it_was_given() -> None:
    paused = dataclasses.replace(SITE, paused=True)
    known = Facts({"location.country": "FR"})
    assert dict(paused.decide(known)) == dict(paused.decide(known, ["french"])) == {}
    assert paused.needs == frozenset()
    assert paused.explain("french", known) is None


@pytest.mark.parametrize("empty", [All(), AnyOf()])
def test_a_segment_without_rules_matches_nobody(empty: Condition) -> None:
    ruleset = Ruleset(segments={"empty": empty})
    assert ruleset.decide(Facts())["empty"] is Reason.NOT_MATCHED
    assert ruleset.only(["empty"]).needs == frozenset()


# Reasons


@pytest.mark.parametrize(
    "condition, known, refused, reason",
    [
        (FRENCH, {}, ["location.country"], Reason.REFUSED),
        (FRENCH, {}, [], Reason.UNKNOWN),
        (FRENCH, {}, ["account.signed_in"], Reason.UNKNOWN),  # refused, but not what this asks
        (TOPIC, {}, ["request.query"], Reason.REFUSED),  # a key of what was refused
        (FRENCH, {"location.country": "FR"}, ["location.country"], Reason.MATCHED),  # known after all
        (FRENCH & SIGNED_IN, {"account.signed_in": True}, ["location.country"], Reason.REFUSED),
        (FRENCH & SIGNED_IN, {"account.signed_in": False}, ["location.country"], Reason.NOT_MATCHED),  # settled anyway
        (FRENCH | SIGNED_IN, {"account.signed_in": True}, ["location.country"], Reason.MATCHED),
        (~FRENCH, {}, ["location.country"], Reason.REFUSED),
        (InSegment("inner"), {}, ["location.city"], Reason.REFUSED),  # refused inside another segment
        (~InSegment("inner"), {}, ["location.city"], Reason.REFUSED),
        (InSegment("gone"), {}, ["location.city"], Reason.UNKNOWN),
    ],
    ids=str,
)
def test_a_refused_fact_is_unknown_and_only_the_reason_tells_the_difference(
    condition: Condition, known: dict[str, Any], refused: list[str], reason: Reason
) -> None:
    ruleset = Ruleset(segments={"it": condition, "inner": OneOf("location.city", ["Riverside"])})
    assert ruleset.decide(Facts(known, refused))["it"] is reason


# Explanations


def test_an_explanation_holds_the_answer_of_every_rule() -> None:
    explanation = SITE.explain("french-members", Facts({"location.country": "FR"}))
    assert explanation == Explanation(
        All(InSegment("french"), InSegment("members")),
        None,
        (
            Explanation(InSegment("french"), True, (Explanation(FRENCH, True),)),
            Explanation(InSegment("members"), None, (Explanation(SIGNED_IN, None),)),
        ),
    )


def test_an_explanation_shows_what_a_not_turns_round() -> None:
    explanation = Ruleset(segments={"abroad": ~FRENCH}).explain("abroad", Facts({"location.country": "FR"}))
    assert explanation == Explanation(~FRENCH, False, (Explanation(FRENCH, True),))


def test_an_explanation_of_a_segment_that_is_not_live_is_that_it_cannot_be_told() -> None:
    explanation = Ruleset(segments={"it": InSegment("gone")}).explain("it", Facts())
    assert explanation == Explanation(InSegment("gone"), None)


def test_there_is_no_explanation_of_a_slug_of_no_live_segment() -> None:
    assert SITE.explain("gone", Facts()) is None


def test_two_keys_of_a_mapping_are_two_questions() -> None:
    ruleset = Ruleset(segments={"both": All(TOPIC, PAGE)})
    assert ruleset.decide(Facts({"request.query": {"topic": "housing", "page": "2"}})).includes("both")
    assert ruleset.decide(Facts({"request.query": {"topic": "housing"}}))["both"] is Reason.NOT_MATCHED


class Whim(Condition):
    """A condition of somebody's own, which no ruleset can compile. Their own questions are subclasses of Question."""

    def answer(self, facts: Any, segments: Any = None) -> bool:
        return True


class Longer(Equals):
    """A question of somebody's own."""

    operator = "longer"

    def test(self) -> Any:
        return lambda known: len(known) > self.value


def test_a_condition_of_an_unknown_kind_cannot_be_told_and_harms_no_other() -> None:
    ruleset = Ruleset(segments={"whim": Whim(), "not": ~Whim(), "beside": Whim() | FRENCH, "french": FRENCH})
    known = Facts({"location.country": "FR"})
    assert ruleset.decide(known).matched == ("beside", "french")
    explanation = ruleset.explain("whim", known)
    assert explanation is not None
    assert explanation.answer is None


def test_a_question_of_somebody_s_own_is_asked_like_any_other() -> None:
    ruleset = Ruleset(segments={"long": Longer("location.city", 5)})
    assert ruleset.decide(Facts({"location.city": "Riverside"})).includes("long")
    assert ruleset.decide(Facts({"location.city": "York"}))["long"] is Reason.NOT_MATCHED
    assert ruleset.decide(Facts({"location.city": 5}))["long"] is Reason.UNKNOWN


# Kept, shared, and never changed


def test_a_plan_is_made_once_for_the_same_segments_in_any_order() -> None:
    ruleset = Ruleset(segments={"a": FRENCH, "b": SIGNED_IN})
    assert ruleset.only(["a", "b"]) is ruleset.only(("b", "a", "b"))
    assert ruleset.only(["a"]) is not ruleset.only(["b"])


def test_no_more_plans_are_kept_than_are_meant_to_and_the_oldest_go_first() -> None:
    ruleset = Ruleset(segments={"a": FRENCH})
    first, second = ruleset.only(["a", "x0"]), ruleset.only(["a", "x1"])
    for number in range(PLANS_KEPT * 2):
        ruleset.only(["a", f"x{number}"])
        assert ruleset.only(["a", "x0"]) is first  # in use, so it stays
    assert ruleset.only(["a", "x1"]) is not second


def test_a_ruleset_does_not_change_with_what_it_was_made_from() -> None:
    segments: dict[str, Condition] = {"a": FRENCH}
    keys = {1: "a"}
    ruleset = Ruleset(segments=segments, keys=keys)
    segments["a"] = SIGNED_IN
    segments["b"] = SIGNED_IN
    keys[2] = "b"
    assert dict(ruleset.segments) == {"a": FRENCH}
    assert ruleset.slugs([1, 2]) == ("a",)


def test_a_ruleset_cannot_be_written_to() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        SITE.version = "two"  # type: ignore[misc]
    with pytest.raises(TypeError):
        SITE.segments["french"] = SIGNED_IN  # type: ignore[index]
    with pytest.raises(TypeError):
        SITE.keys[1] = "members"  # type: ignore[index]


def test_many_threads_get_the_same_decisions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ruleset_module, "PLANS_KEPT", 3)  # so that plans are made and dropped all the time
    slugs = [f"s{number}" for number in range(20)]
    countries = ["FR", "GB", "DE"]
    ruleset = Ruleset(
        segments={
            slug: OneOf("location.country", countries[: n % 3]) if n % 3 else All() for n, slug in enumerate(slugs)
        }
    )

    def visit(number: int) -> bool:
        country = countries[number % 3]
        asked = [slugs[(number + step) % 20] for step in range(4)]
        decision = ruleset.decide(Facts({"location.country": country}), asked)
        return all(decision.includes(slug) == (country in countries[: int(slug[1:]) % 3]) for slug in asked)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(visit, range(4_000)))


@settings(max_examples=100, deadline=None)
@given(conditions(), facts(), facts())
def test_deciding_leaves_no_trace_of_the_visitor_before(condition: Condition, one: Facts, other: Facts) -> None:
    ruleset = Ruleset(segments={"it": condition})
    fresh = dict(Ruleset(segments={"it": condition}).decide(one))
    ruleset.decide(other)
    assert dict(ruleset.decide(one)) == fresh
