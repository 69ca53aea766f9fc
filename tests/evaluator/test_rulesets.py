"""What a ruleset decides in JavaScript, and which variant follows, is what the core says."""

from itertools import product
from typing import Any

import pytest

from wagtail_personalise_gov.core.conditions import from_json
from wagtail_personalise_gov.core.decision import Decision, Reason
from wagtail_personalise_gov.core.facts import Facts
from wagtail_personalise_gov.core.ruleset import Ruleset
from wagtail_personalise_gov.core.variants import Variant, choose

from .node import Node

pytestmark = pytest.mark.node

ABROAD = {"not": {"fact": "location.country", "op": "in", "value": ["GB"]}}
WELSH = {"fact": "language", "op": "language", "value": ["cy"]}


def ruleset(segments: dict[str, Any], **others: Any) -> dict[str, Any]:
    of = {slug: segment if "condition" in segment else {"condition": segment} for slug, segment in segments.items()}
    return {"format_version": 1, "version": "v", "paused": False, "segments": of, "facts": {}, **others}


def test_a_visitor_inside_and_one_outside(evaluator: Node) -> None:
    rules = ruleset({"abroad": ABROAD})
    assert evaluator.decide(rules, {"location.country": "FR"}) == {"abroad": "matched"}
    assert evaluator.decide(rules, {"location.country": "GB"}) == {"abroad": "not_matched"}
    assert evaluator.decide(rules, {}) == {"abroad": "unknown"}


def test_a_fact_that_is_refused_is_told_from_one_that_is_unknown_through_segments_too(evaluator: Node) -> None:
    rules = ruleset({"abroad": ABROAD, "tourist": {"all": [{"segment": "abroad"}, WELSH]}})
    options = {"refused": ["location.country"]}
    assert evaluator.decide(rules, {"language": ["cy"]}, options) == {"abroad": "refused", "tourist": "refused"}
    assert evaluator.decide(rules, {"language": ["fr"]}, options) == {"abroad": "refused", "tourist": "not_matched"}
    assert evaluator.decide(rules, {}, {"refused": ["clock.local"]}) == {"abroad": "unknown", "tourist": "unknown"}


def test_learning_and_holding_back_change_only_who_would_match(evaluator: Node) -> None:
    rules = ruleset({"abroad": ABROAD, "quiet": {"condition": ABROAD, "learning": True}})
    held = {"heldBack": ["abroad", "quiet"]}
    assert evaluator.decide(rules, {"location.country": "FR"}, held) == {"abroad": "holdout", "quiet": "learning"}
    assert evaluator.decide(rules, {"location.country": "GB"}, held) == {
        "abroad": "not_matched",
        "quiet": "not_matched",
    }


@pytest.mark.parametrize("others", [{"paused": True}, {"format_version": 2}])
def test_a_ruleset_that_is_paused_or_of_another_format_decides_nothing(evaluator: Node, others: dict[str, Any]) -> None:
    rules = ruleset({"abroad": ABROAD}, **others)
    assert evaluator.decide(rules, {"location.country": "FR"}) == {}
    assert evaluator.needs(rules) == []


def test_only_live_segments_that_are_asked_are_decided_and_those_inside_them_are_needed(evaluator: Node) -> None:
    rules = ruleset({"abroad": ABROAD, "welsh": WELSH, "both": {"all": [{"segment": "abroad"}, {"segment": "welsh"}]}})
    facts = {"location.country": "FR", "language": ["cy"]}
    assert evaluator.decide(rules, facts, {"segments": ["both", "not-live"]}) == {"both": "matched"}
    assert set(evaluator.needs(rules, ["both"])) == {"location.country", "language"}
    assert evaluator.needs(rules, ["welsh"]) == ["language"]
    assert evaluator.needs(rules, []) == []


def test_the_query_is_needed_as_a_whole(evaluator: Node) -> None:
    rules = ruleset({"housing": {"fact": "request.query.topic", "op": "in", "value": ["housing"]}})
    assert evaluator.needs(rules) == ["request.query"]
    assert evaluator.decide(rules, {"request.query": {"topic": "Housing"}}) == {"housing": "matched"}
    assert evaluator.decide(rules, {"request.query": {}}) == {"housing": "not_matched"}


@pytest.mark.parametrize(
    "kind, value, operator, asked",
    [
        ("moment", "2026-04-18T09:30:00+01:00", "weekday", ["saturday"]),
        ("address", "192.0.2.7", "in_network", ["192.0.2.0/24"]),
    ],
)
def test_a_sites_own_fact_is_read_as_the_ruleset_describes_it(
    evaluator: Node, kind: str, value: str, operator: str, asked: list[str]
) -> None:
    own = {"fact": "office.own", "op": operator, "value": asked}
    as_text = {"fact": "office.own", "op": "in", "value": [value]}
    segments = {"own": own, "as-text": as_text}
    described = {"office.own": {"kind": kind}}
    assert evaluator.decide(ruleset(segments, facts=described), {"office.own": value}) == {
        "own": "matched",
        "as-text": "unknown",  # it is no text
    }
    assert evaluator.answer(own, {"office.own": value}, {}, described) is True
    assert evaluator.answer(as_text, {"office.own": value}) is True  # of a fact that nobody described


def test_segments_inside_themselves_cannot_be_told_and_only_what_hangs_on_them_cannot_either(evaluator: Node) -> None:
    true = {"not": {"all": []}}
    conditions = {
        "itself": {"any": [{"segment": "itself"}, true]},
        "one": {"any": [{"segment": "other"}, true]},
        "other": {"segment": "one"},
        "hangs": {"all": [{"segment": "one"}, true]},
        "stands": {"any": [{"segment": "one"}, true]},
    }
    decided = evaluator.decide(ruleset(conditions), {})
    core = Ruleset(segments={slug: from_json(condition) for slug, condition in conditions.items()}).decide(Facts())
    assert decided == dict(core)
    assert decided == {slug: "matched" if slug == "stands" else "unknown" for slug in conditions}


def test_the_same_variant_is_chosen_for_every_decision(evaluator: Node) -> None:
    variants = [Variant("one", ("a",)), Variant("two", ("b",)), Variant("three", ("a", "c"))]
    as_json = [{"id": variant.id, "segments": variant.segments} for variant in variants]
    chosen = set()
    for reasons in product(Reason, repeat=3):
        decision = dict(zip("abc", reasons, strict=True))
        expected = choose(variants, Decision(decision))
        shown = evaluator.choose(as_json, decision)
        assert (shown and shown["id"]) == (expected and expected.id), decision
        chosen.add(expected and expected.id)
    assert chosen == {"one", "two", "three", None}


def test_a_slug_that_every_object_inherits_is_a_slug_like_any_other(evaluator: Node) -> None:
    rules = ruleset({"__proto__": ABROAD, "constructor": {"segment": "__proto__"}})
    decided = evaluator.decide(rules, {"location.country": "FR"})
    assert decided == {"__proto__": "matched", "constructor": "matched"}
    variant = {"segments": ["toString", "constructor"]}
    assert evaluator.choose([variant], decided) == variant
    assert evaluator.choose([{"segments": ["toString", "hasOwnProperty"]}], decided) is None
