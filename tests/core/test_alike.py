"""What other runtimes would see otherwise is settled, so that all of them answer alike."""

import pytest

from wagtail_personalise_gov.core.conditions import Between, ConditionError, ContainsAny, Equals, Matches, Within
from wagtail_personalise_gov.core.facts import Facts, Partly
from wagtail_personalise_gov.core.ruleset import Ruleset


@pytest.mark.parametrize(
    "zone", ["posix/Europe/London", "right/UTC", "localtime", "posixrules", "Factory", "europe/london"]
)
def test_a_zone_that_only_some_machines_have_is_none(zone: str) -> None:
    with pytest.raises(ConditionError, match="There is no time zone"):
        Between("clock.local", ["09:00", "17:00", zone])


def test_both_small_sigmas_are_one_letter_in_lists_too() -> None:
    asked = ContainsAny("account.groups", ["ΠΥΡΓΟΣ"])
    for told in (["πυργος"], ["πυργοσ"], ["Πυργοσ", "a"]):
        assert asked.answer(Facts({"account.groups": told})) is True
        assert Ruleset(segments={"it": asked}).decide(Facts({"account.groups": told})).includes("it")
    assert asked.answer(Facts({"account.groups": Partly([], ["πυργοσ"])})) is None
    assert asked.answer(Facts({"account.groups": ["πυργο"]})) is False
    assert Matches("location.city", ["*Σ"]).answer(Facts({"location.city": "πυργοσ"})) is True


def test_numbers_are_compared_as_floats_and_still_not_with_truths() -> None:
    asked = Equals("visitor.visits", 2**53 + 1)
    assert asked.answer(Facts({"visitor.visits": 2**53})) is True
    assert asked.answer(Facts({"visitor.visits": 2**53 - 1})) is False
    assert Equals("visitor.visits", 1).answer(Facts({"visitor.visits": True})) is None
    assert asked.to_json()["value"] == 2**53 + 1  # what was written stands


def test_a_circle_ends_a_metre_beyond_its_distance() -> None:
    degree_km = 111.19508
    here = Facts({"location.point": (0, 1, None)})
    assert Within("location.point", {"lat": 0, "lng": 0, "km": degree_km - 0.0009}).answer(here) is True
    assert Within("location.point", {"lat": 0, "lng": 0, "km": degree_km - 0.0011}).answer(here) is False


@pytest.mark.parametrize("strange", [10**400, True, "1", None, float("inf")])
def test_what_may_be_in_a_list_is_of_the_kind_that_is_asked_or_nothing_can_be_told(strange: object) -> None:
    asked = ContainsAny("visit.pages", [1])
    facts = Facts({"visit.pages": Partly([1], [strange])})
    assert asked.answer(facts) is None
    assert Ruleset(segments={"it": asked}).decide(facts)["it"] == "unknown"
