"""What holds of every condition, put to any facts: tried with thousands of random ones."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core import naive
from tests.core.strategies import any_json, conditions, facts, nearly_conditions, question
from wagtail_personalise_gov.core.conditions import All, Condition, ConditionError, Not, Question, from_json
from wagtail_personalise_gov.core.conditions import Any as AnyOf
from wagtail_personalise_gov.core.decision import Reason
from wagtail_personalise_gov.core.facts import Facts, family
from wagtail_personalise_gov.core.ruleset import Ruleset

thorough = settings(max_examples=200, deadline=None)
REASONS = {True: Reason.MATCHED, False: Reason.NOT_MATCHED, None: Reason.UNKNOWN}

# Each may ask about those before it, so none is inside itself.
NESTED = st.tuples(
    conditions(), conditions(("first",)), conditions(("first", "second", "not-live")), conditions(("second", "third"))
).map(lambda parts: dict(zip(("first", "second", "third", "fourth"), parts, strict=True)))


@thorough
@given(conditions(("some-segment",)))
def test_a_condition_survives_json(condition: Condition) -> None:
    again = from_json(json.loads(json.dumps(condition.to_json())))
    assert again == condition
    assert hash(again) == hash(condition)
    assert again.to_json() == condition.to_json()


@thorough
@given(NESTED, facts(), st.permutations(["first", "second", "third", "fourth"]))
def test_a_ruleset_decides_as_the_plain_reading_does(
    segments: dict[str, Condition], known: Facts, order: list[str]
) -> None:
    ruleset = Ruleset(segments={slug: segments[slug] for slug in order})
    plain = {slug: condition.to_json() for slug, condition in segments.items()}
    expected = {slug: naive.answer(plain[slug], known, plain) for slug in segments}

    assert dict(ruleset.decide(known)) == {slug: REASONS[answer] for slug, answer in expected.items()}
    for slug, answer in expected.items():
        assert ruleset.decide(known, [slug])[slug] is REASONS[answer]  # alone as together
        explanation = ruleset.explain(slug, known)
        assert explanation is not None
        assert explanation.answer is answer


@thorough
@given(conditions(), facts())
def test_a_condition_answers_as_the_plain_reading_does(condition: Condition, known: Facts) -> None:
    assert condition.answer(known) is naive.answer(condition.to_json(), known, {})


@thorough
@given(st.lists(conditions(), min_size=1, max_size=4), facts())
def test_not_all_is_any_not_and_not_any_is_all_not(parts: list[Condition], known: Facts) -> None:
    opposites = [Not(part) for part in parts]
    assert Not(All(*parts)).answer(known) is AnyOf(*opposites).answer(known)
    assert Not(AnyOf(*parts)).answer(known) is All(*opposites).answer(known)


@thorough
@given(conditions(), facts())
def test_not_not_changes_nothing(condition: Condition, known: Facts) -> None:
    assert (~~condition).answer(known) is condition.answer(known)


@thorough
@given(st.lists(conditions(), min_size=1, max_size=4), facts(), st.randoms(use_true_random=False))
def test_the_order_of_rules_changes_no_answer(parts: list[Condition], known: Facts, random: Any) -> None:
    shuffled = random.sample(parts, len(parts))
    assert All(*shuffled).answer(known) is All(*parts).answer(known)
    assert AnyOf(*shuffled).answer(known) is AnyOf(*parts).answer(known)


@thorough
@given(NESTED, facts(), st.data())
def test_to_learn_more_never_turns_an_answer_round(
    segments: dict[str, Condition], known: Facts, data: st.DataObject
) -> None:
    ruleset = Ruleset(segments=segments)
    fewer = Facts({name: known[name] for name in known if data.draw(st.booleans(), label=name)})
    for slug, reason in ruleset.decide(fewer).items():
        if reason is not Reason.UNKNOWN:
            assert ruleset.decide(known)[slug] is reason


@thorough
@given(question())
def test_a_question_about_the_unknown_is_unanswered_and_so_is_its_opposite(asked: Question) -> None:
    assert asked.answer(Facts()) is None
    assert Not(asked).answer(Facts()) is None


class Overheard(Facts):
    """Facts that note which of them were asked."""

    def __init__(self, known: Facts) -> None:
        super().__init__(known)
        self.asked: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return super().__getitem__(name)


@thorough
@given(NESTED, facts(), st.sets(st.sampled_from(["first", "second", "third", "fourth", "not-live"])))
def test_the_needs_of_a_plan_are_exactly_the_facts_that_it_asks(
    segments: dict[str, Condition], known: Facts, slugs: set[str]
) -> None:
    plan = Ruleset(segments=segments).only(slugs)
    overheard = Overheard(known)
    plan.decide(overheard)
    assert overheard.asked == plan.needs


@thorough
@given(NESTED, facts(), st.sets(st.sampled_from(["first", "second", "third", "fourth"])))
def test_facts_that_are_not_needed_change_no_decision(
    segments: dict[str, Condition], known: Facts, slugs: set[str]
) -> None:
    plan = Ruleset(segments=segments).only(slugs)
    needed = Facts({name: value for name, value in known.items() if name in plan.needs})
    assert plan.decide(needed) == plan.decide(known)


@thorough
@given(conditions())
def test_a_ruleset_needs_what_its_conditions_ask(condition: Condition) -> None:
    ruleset = Ruleset(segments={"it": condition})
    assert ruleset.needs == {family(name) for name in condition.facts} == ruleset.only(["it"]).needs


class Hostile:
    """A value that raises whatever is done with it."""

    def _raise(self, *args: Any) -> Any:
        raise RuntimeError("hands off")

    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = _raise  # type: ignore[assignment]
    __iter__ = __len__ = __bool__ = __str__ = __getattr__ = __getitem__ = __contains__ = _raise


class HostileMapping(dict[str, str]):
    def get(self, *args: Any) -> Any:
        raise LookupError("no such key, and no default either")


HOSTILE = {
    "raises": Hostile,
    "mapping that raises": HostileMapping,
    "nothing in particular": object,
    "a class": lambda: object,
    "a list of what raises": lambda: [Hostile()],
    "weights that raise": lambda: {"daycare": Hostile()},
    "a huge number": lambda: 10**400,
}
hostile = st.sampled_from(sorted(HOSTILE)).map(lambda name: HOSTILE[name]())


@thorough
@given(NESTED, facts(), st.dictionaries(st.sampled_from(["text.one", "number", "weights", "request.query"]), hostile))
def test_deciding_never_raises_whatever_the_facts_hold(
    segments: dict[str, Condition], known: Facts, worse: dict[str, Any]
) -> None:
    ruleset = Ruleset(segments=segments)
    worst = Facts({**known, **worse})
    assert set(ruleset.decide(worst)) == set(segments)
    for slug in segments:
        assert ruleset.explain(slug, worst) is not None


def nested(shell: Any, depth: int, core: Any) -> Any:
    for _ in range(depth):
        core = shell(core)
    return core


def check_that_it_is_read_or_refused(data: Any) -> None:
    try:
        condition = from_json(data)
    except ConditionError as error:
        message = str(error)
        assert message
        assert len(message) < 2_000
        message.encode()  # it can be shown
        return
    written = json.dumps(condition.to_json(), ensure_ascii=False, allow_nan=False).encode()
    assert from_json(json.loads(written)) == condition


@settings(max_examples=500, deadline=None)
@given(any_json | nearly_conditions())
def test_any_json_makes_a_condition_or_a_condition_error(data: Any) -> None:
    check_that_it_is_read_or_refused(data)


def asked(value: Any, operator: Any = "in", fact: Any = "a") -> dict[str, Any]:
    return {"fact": fact, "op": operator, "value": value}


WORST: dict[str, Callable[[], Any]] = {
    "lists without end": lambda: nested(lambda inner: [inner], 100_000, 1),
    "a value without end": lambda: asked(nested(lambda inner: [inner], 100_000, 1)),
    "a weight without end": lambda: asked(nested(lambda inner: {"a": inner}, 100_000, 1), "at_least_in"),
    "an operator without end": lambda: asked(1, nested(lambda inner: [inner], 100_000, 1)),
    "a fact without end": lambda: asked(1, "in", nested(lambda inner: [inner], 100_000, 1)),
    "a not without end": lambda: nested(lambda inner: {"not": inner}, 100_000, {"segment": "a"}),
    "an all without end": lambda: nested(lambda inner: {"all": [inner]}, 100_000, {"segment": "a"}),
    "a number of 5000 digits": lambda: asked(10**5000, "equals"),
    "a range up to a number of 400 digits": lambda: asked([1, 10**400], "between"),
    "numbers and texts": lambda: asked([1, "1", 10**5000]),
    "not a number": lambda: asked(float("nan"), "equals"),
    "infinity": lambda: asked(float("inf"), "at_most"),
    "a thousand and one values": lambda: asked(["x"] * 1001),
    "a million values": lambda: asked(["x"] * 1_000_000),
    "a pattern of 501 stars": lambda: asked(["*" * 501], "matches"),
    "half a character in the fact": lambda: asked(1, "equals", "\ud800"),
    "half a character in the value": lambda: asked("\ud800", "equals"),
    "half a character in a slug": lambda: {"segment": "\ud800"},
    "half a character in a weight's slug": lambda: asked({"\ud800": 1}, "at_least_in"),
    "half a character in a key": lambda: {"\ud800": 1, "b": 2},
    "a null character": lambda: asked(["\0"]),
    "a slug of ten thousand characters": lambda: {"segment": "a" * 10_000},
    "keys of a million characters": lambda: {"x" * 1_000_000: 1, "y": 2},
    "ten thousand keys": lambda: {str(key): 1 for key in range(10_000)},
    "an empty object": lambda: {},
    "a week, which Python's dates know": lambda: asked(["2026-W16-6", None], "between"),
    "a week of every year": lambda: asked(["W16-6", "W17-6"], "between"),
    "digits of another script": lambda: asked(["\u0660\u0669:\u0660\u0660", "17:00"], "between"),
}


@pytest.mark.parametrize("data", WORST.values(), ids=WORST)
def test_the_worst_json_is_refused_with_a_message(data: Callable[[], Any]) -> None:
    with pytest.raises(ConditionError) as caught:
        from_json(data())
    assert 0 < len(str(caught.value)) < 2_000
    str(caught.value).encode()


@pytest.mark.parametrize("depth, fits", [(20, True), (21, False)])
def test_conditions_may_be_nested_twenty_deep(depth: int, fits: bool) -> None:
    data = nested(lambda inner: {"not": inner}, depth, {"segment": "a"})
    if fits:
        assert from_json(data).segments == {"a"}
    else:
        with pytest.raises(ConditionError, match="nested more than 20 deep"):
            from_json(data)
