"""The evaluator and the core agree on thousands of random conditions and facts, and rulesets of them.

EVALUATOR_PAIRS=100000 says how many conditions there are to be; a fifth as many rulesets follow. That takes minutes.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from wagtail_personalise_gov.core.conditions import QUESTIONS, Answer, from_json
from wagtail_personalise_gov.core.facts import Facts
from wagtail_personalise_gov.core.facts_json import facts_from_json
from wagtail_personalise_gov.core.ruleset import Ruleset

from .node import Node, as_json
from .strategies import DESCRIBED, KINDS, conditions_with_facts, rulesets_with_facts

pytestmark = pytest.mark.node

PAIRS = int(os.environ.get("EVALUATOR_PAIRS", "2000"))
RULESETS = PAIRS // 5
# Of an operator's questions that must get each of the three answers, or little is shown. Hypothesis draws what is like
# what it drew before, so in a short run chance may leave next to nothing: there, each answer must come at all.
SHARE = 0.05 if PAIRS >= 20_000 else 0


def at_random(examples: int) -> settings:
    return settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def as_sent(value: Any) -> Any:
    return json.loads(as_json(value))


def known(facts: dict[str, Any], refused: list[str] | None = None) -> Facts:
    return facts_from_json(as_sent(facts), KINDS, refused or [])


def test_random_conditions_get_the_same_answers(evaluator: Node) -> None:
    answers: Counter[tuple[str, Answer]] = Counter()

    @at_random(PAIRS)
    @given(conditions_with_facts())
    def compare(drawn: tuple[Any, list[Any], dict[str, Any]]) -> None:
        condition, questions, facts = drawn
        for asked in [condition, *questions]:
            expected = from_json(as_sent(asked)).answer(known(facts))
            assert evaluator.answer(asked, facts, {}, DESCRIBED) is expected, as_json([asked, facts])
            if asked in questions:
                answers[asked["op"], expected] += 1

    compare()
    for operator in QUESTIONS:
        asked = sum(answers[operator, answer] for answer in (True, False, None))
        shares = {answer: answers[operator, answer] / asked for answer in (True, False, None)}
        assert min(shares.values()) > SHARE, (
            f"{operator} is hardly ever {min(shares, key=shares.__getitem__)}: {shares}"
        )


def test_random_rulesets_get_the_same_reasons_and_needs(evaluator: Node) -> None:
    reasons: Counter[str] = Counter()

    @at_random(RULESETS)
    @given(rulesets_with_facts())
    def compare(drawn: tuple[dict[str, Any], dict[str, Any], list[str], list[str] | None]) -> None:
        document, facts, refused, asked = drawn
        segments = document["segments"]
        ruleset = Ruleset(
            segments={slug: from_json(as_sent(segment["condition"])) for slug, segment in segments.items()},
            learning=frozenset(slug for slug, segment in segments.items() if segment["learning"]),
            paused=document["paused"],
        )
        expected = ruleset.decide(known(facts, refused), asked)
        options = {"refused": refused} if asked is None else {"refused": refused, "segments": asked}
        shown = as_json([document, facts, options])
        assert evaluator.decide(document, facts, options) == dict(expected), shown
        only = [] if asked is None else [asked]
        assert set(evaluator.needs(document, *only)) == ruleset.only(*(only or [segments])).needs, shown
        reasons.update(expected.values())

    compare()
    assert set(reasons) == {"matched", "not_matched", "unknown", "refused", "learning"}
    assert min(reasons.values()) > SHARE / 5 * reasons.total(), reasons
