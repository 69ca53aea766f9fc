"""Every row of the case files gets its answer, by each of the three ways in which a condition can be put to facts."""

import json
from collections import Counter

import pytest

from tests.core.cases import FOLDER, KINDS, Case, cases
from wagtail_personalise_gov.core.conditions import QUESTIONS, Answer, Condition, Not, Question, from_json
from wagtail_personalise_gov.core.decision import Reason
from wagtail_personalise_gov.core.facts import Facts
from wagtail_personalise_gov.core.ruleset import Ruleset

CASES = cases()

every_case = pytest.mark.parametrize("case", CASES, ids=str)

REASONS = {True: Reason.MATCHED, False: Reason.NOT_MATCHED, None: Reason.UNKNOWN}


def is_inside_itself(slug: str, segments: dict[str, Condition]) -> bool:
    seen: set[str] = set()
    waiting = [slug]
    while waiting:
        asked = segments[waiting.pop()].segments & segments.keys()
        if slug in asked:
            return True
        waiting += asked - seen
        seen |= asked
    return False


def answer_of(slug: str, segments: dict[str, Condition], facts: Facts) -> Answer:
    """The plain reading of a segment: its own answer, given the answers of those inside it."""
    if slug not in segments or is_inside_itself(slug, segments):
        return None
    inner = {other: answer_of(other, segments, facts) for other in segments[slug].segments}
    return segments[slug].answer(facts, inner)


@every_case
def test_a_row_gets_its_answer_by_every_way(case: Case) -> None:
    inner = {slug: answer_of(slug, case.segments, case.facts) for slug in case.condition.segments}
    assert case.condition.answer(case.facts, inner) is case.answer, "Condition.answer"

    ruleset = Ruleset(segments={**case.segments, "the-row": case.condition})
    assert ruleset.decide(case.facts)["the-row"] is REASONS[case.answer], "Ruleset.decide, with every segment"
    assert ruleset.decide(case.facts, ["the-row"])["the-row"] is REASONS[case.answer], "Ruleset.decide, alone"

    explanation = ruleset.explain("the-row", case.facts)
    assert explanation is not None
    assert explanation.answer is case.answer, "Ruleset.explain"
    assert explanation.condition == case.condition


def test_the_opposite_of_every_row_gets_the_opposite_answer_and_unknown_stays_unknown() -> None:
    for case in CASES:
        opposite = None if case.answer is None else not case.answer
        ruleset = Ruleset(segments={**case.segments, "the-row": Not(case.condition)})
        assert ruleset.decide(case.facts)["the-row"] is REASONS[opposite], str(case)


def test_the_condition_of_every_row_survives_json() -> None:
    for case in CASES:
        assert from_json(json.loads(json.dumps(case.condition.to_json()))) == case.condition, str(case)


def test_there_are_enough_rows_and_each_says_something_of_its_own() -> None:
    assert len(CASES) >= 200
    assert [what for what, count in Counter(map(str, CASES)).items() if count > 1] == []


def questions(condition: Condition) -> list[Question]:
    if isinstance(condition, Question):
        return [condition]
    inner = getattr(condition, "of", ())
    return [question for part in (inner if isinstance(inner, tuple) else (inner,)) for question in questions(part)]


@pytest.mark.parametrize("operator", QUESTIONS)
def test_every_operator_is_shown_answering_true_false_and_unknown(operator: str) -> None:
    shown = {
        case.answer for case in CASES if isinstance(case.condition, Question) and case.condition.operator == operator
    }
    assert shown == {True, False, None}


def test_where_nothing_is_known_no_question_of_any_row_is_answered() -> None:
    for case in CASES:
        for question in questions(case.condition):
            assert question.answer(Facts()) is None, str(case)


def test_every_operator_is_put_only_to_the_kinds_of_fact_that_it_states() -> None:
    from wagtail_personalise_gov.facts import FACTS

    # Rows that show a wrong kind say so by their answer: unknown.
    wrong = [
        str(case)
        for case in CASES
        if case.answer is not None
        for question in questions(case.condition)
        if question.fact in FACTS and FACTS[question.fact].kind not in question.asks
    ]
    assert wrong == []


def test_the_loader_knows_every_fact_whose_value_json_cannot_hold() -> None:
    from wagtail_personalise_gov.facts import FACTS

    kinds = {"moment", "address", "point"}
    assert {name: fact.kind for name, fact in FACTS.items() if fact.kind in kinds} == KINDS


def test_the_files_are_written_one_row_under_the_other() -> None:
    for file in FOLDER.glob("*.json"):
        lines = file.read_text("utf-8").splitlines()
        assert max(map(len, lines)) <= 120, file.name
        assert sum(line.startswith('  ["') for line in lines) == len(json.loads("\n".join(lines))), file.name
