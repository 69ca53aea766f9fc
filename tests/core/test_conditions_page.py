"""docs/reference/conditions.md says what the code does."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.core.cases import facts_from_json
from wagtail_personalise_gov.core import conditions, questions
from wagtail_personalise_gov.core.conditions import QUESTIONS, Question, from_json
from wagtail_personalise_gov.core.facts import KINDS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "conditions.md").read_text("utf-8")

ANSWERS = {"yes": True, "no": False, "can't tell": None}

# Each block of JSON, with the table of facts and answers that follows it, where one does.
EXAMPLES = re.findall(r"```json\n([^`]+)```\n(?:\n\| fact \| answer \|\n\|---\|---\|\n((?:\|.*\n)+))?", PAGE)


def rows(table: str) -> list[tuple[str, str]]:
    return [(fact, answer) for fact, answer in re.findall(r"\| `(.*)` \| (.*) \|", table)]


def section(operator: str) -> str:
    return PAGE.partition(f"\n### {operator}\n")[2].partition("\n#")[0]


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_every_operator_stands_in_the_table_as_the_code_states_it(question: type[Question]) -> None:
    kinds = ", ".join(sorted(question.asks))
    assert f"| `{question.operator}` | `{question.__name__}` | {question.takes} | {kinds} |\n" in PAGE


def test_the_table_names_no_operator_that_is_gone() -> None:
    assert re.findall(r"^\| `(\w+)` \| `\w+` \| .* \| .* \|$", PAGE, re.MULTILINE) == list(QUESTIONS)
    assert re.findall(r"^### (\w+)$", PAGE, re.MULTILINE) == list(QUESTIONS)


@pytest.mark.parametrize("operator", QUESTIONS)
def test_every_operator_has_an_example_that_shows_yes_no_and_cannot_tell(operator: str) -> None:
    blocks = re.findall(r"```json\n(.*?)```", section(operator), re.DOTALL)
    assert blocks
    assert {json.loads(block)["op"] for block in blocks} == {operator}
    assert {answer for _fact, answer in rows(section(operator))} == set(ANSWERS)


@pytest.mark.parametrize("example", [example for example, _table in EXAMPLES])
def test_every_example_is_a_condition(example: str) -> None:
    data = json.loads(example)
    assert from_json(data).to_json().keys() == data.keys()


@pytest.mark.parametrize(
    "example, fact, answer",
    [(example, fact, answer) for example, table in EXAMPLES for fact, answer in rows(table)],
)
def test_every_example_gives_the_answers_that_stand_below_it(example: str, fact: str, answer: str) -> None:
    question: Any = from_json(json.loads(example))
    assert question.answer(facts_from_json({question.fact: json.loads(fact)})) is ANSWERS[answer]


@pytest.mark.parametrize("example", [example for example, table in EXAMPLES if table])
def test_every_example_asks_a_fact_of_a_kind_that_its_operator_can_be_put_to(example: str) -> None:
    from wagtail_personalise_gov.facts import FACTS

    question: Any = from_json(json.loads(example))
    assert FACTS[question.fact].kind in question.asks


def test_every_kind_of_fact_is_shown_in_json() -> None:
    table = PAGE.partition("## Facts in JSON")[2].partition("\n## ")[0]
    shown = {kind: json.loads(value) for kind, value in re.findall(r"^\| (\w+) \| `(.*?)` \|", table, re.MULTILINE)}
    assert set(shown) == set(KINDS)


@pytest.mark.parametrize("word, joined", [("all", all), ("any", any)])
def test_the_tables_of_three_values_are_those_of_the_code(word: str, joined: Any) -> None:
    lines = PAGE.partition(f"| `{word}` | yes | no | can't tell |")[2].splitlines()[2:5]
    for line in lines:
        left, *answers = [cell.strip(" *") for cell in line.strip("|").split("|")]
        for right, answer in zip(ANSWERS, answers, strict=True):
            parts = [{"fact": name, "op": "equals", "value": True} for name in ("left", "right")]
            known = {name: ANSWERS[value] for name, value in (("left", left), ("right", right))}
            assert from_json({word: parts}).answer(facts_from_json(known)) is ANSWERS[answer]


def test_the_bounds_are_those_of_the_code() -> None:
    bounds = PAGE.partition("## Bounds")[2].partition("##")[0]
    assert f"nested {conditions.MAX_DEPTH} deep" in bounds
    assert f"up to {questions.MAX_VALUES} values" in bounds
    assert f"up to {questions.MAX_TEXT} characters" in bounds


def test_the_python_on_the_page_runs() -> None:
    for code in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(code, "conditions.md", "exec"), {})  # noqa: S102
