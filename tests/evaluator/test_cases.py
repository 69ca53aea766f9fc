"""Every row of the case files, and every example of the reference, gets its answer from the evaluator too."""

import json
from typing import Any

import pytest

from tests.core.cases import FOLDER
from tests.core.test_conditions_page import ANSWERS, EXAMPLES
from tests.core.test_conditions_page import rows as rows_of_the_page

from .node import Node

pytestmark = pytest.mark.node

REASONS = {True: "matched", False: "not_matched", None: "unknown"}
ROWS = [
    pytest.param(condition, facts, answer, *(segments or [{}]), id=f"{file.stem}: {what}")
    for file in sorted(FOLDER.glob("*.json"))
    for what, condition, facts, answer, *segments in json.loads(file.read_text("utf-8"))
]


@pytest.mark.parametrize("condition, facts, answer, others", ROWS)
def test_a_row_gets_its_answer(evaluator: Node, condition: Any, facts: Any, answer: Any, others: Any) -> None:
    segments = {slug: {"condition": other} for slug, other in {**others, "the-row": condition}.items()}
    decided = evaluator.decide({"format_version": 1, "segments": segments}, facts)
    assert decided["the-row"] == REASONS[answer]
    if not others:
        assert evaluator.answer(condition, facts) is answer


@pytest.mark.parametrize(
    "example, fact, answer",
    [(example, fact, answer) for example, table in EXAMPLES for fact, answer in rows_of_the_page(table)],
)
def test_an_example_of_the_reference_gets_the_answer_that_stands_below_it(
    evaluator: Node, example: str, fact: str, answer: str
) -> None:
    condition = json.loads(example)
    assert evaluator.answer(condition, {condition["fact"]: json.loads(fact)}) is ANSWERS[answer]
