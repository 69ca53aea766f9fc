"""What a visit is counted for, and lots: pure, without a request."""

import json
from dataclasses import fields
from itertools import combinations
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagtail_personalise_gov.core.counting import (
    LOTS,
    MAX_COUNTED_BYTES,
    Arm,
    Counted,
    Exposure,
    Tally,
    counted_from_json,
    counted_to_json,
    dealt,
    held_back,
    share_held_back,
)


def uuid(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


SEEN = Exposure(uuid("offer"), Arm.VARIANT, uuid("offer"), "riverside", 1000)
HELD = Exposure(uuid("offer"), Arm.HOLDOUT, uuid("second"), "hilltop", 1000)
STANDARD = Exposure(uuid("line"), Arm.STANDARD)
NEW = Counted(day=20_000, step=2_880_000)


def test_what_is_shown_counts_once_a_visit() -> None:
    counted, tallies = NEW.noting([SEEN, STANDARD, SEEN])
    assert tallies == [Tally(20_000, SEEN), Tally(20_000, STANDARD)]
    assert counted.noting([STANDARD, SEEN]) == (counted, [])


def test_the_standard_version_and_then_a_variant_are_two_things() -> None:
    counted, _tallies = NEW.noting([STANDARD])
    other = Exposure(STANDARD.block, Arm.VARIANT, STANDARD.block, "riverside")
    assert counted.noting([other])[1] == [Tally(20_000, other)]


def test_a_goal_counts_once_for_everything_that_was_shown_before_it() -> None:
    counted, _tallies = NEW.noting([SEEN, STANDARD])
    counted, tallies = counted.reaching(["applied", "applied"])
    assert tallies == [Tally(20_000, SEEN, "applied"), Tally(20_000, STANDARD, "applied")]
    counted, _tallies = counted.noting([HELD])
    assert counted.reaching(["applied"])[1] == []
    assert [tally.exposure for tally in counted.reaching(["rang-us"])[1]] == [SEEN, STANDARD, HELD]


def test_a_goal_of_a_visit_that_was_shown_nothing_is_not_counted_and_not_noted() -> None:
    assert NEW.reaching(["applied"]) == (NEW, [])
    assert not NEW


@pytest.mark.parametrize(
    "exposure",
    [
        Exposure("variant-0", Arm.STANDARD),  # written by hand, without ids: the same in every such block
        Exposure(uuid("offer"), Arm.VARIANT, "variant-1", "riverside"),
        Exposure("", Arm.STANDARD),
        Exposure(uuid("offer").upper(), Arm.STANDARD),  # would be another block than in small letters
    ],
)
def test_a_block_that_can_not_be_told_from_others_is_not_counted(exposure: Exposure) -> None:
    assert NEW.noting([exposure]) == (NEW, [])


def test_what_does_not_fit_into_the_cookie_is_not_counted_either() -> None:
    many = [Exposure(uuid(f"block {n}"), Arm.HOLDOUT, uuid(f"variant {n}"), "s" * 50, 1000) for n in range(99)]
    counted, tallies = NEW.noting(many)
    assert 9 <= len(tallies) < 99
    assert [tally.exposure for tally in tallies] == list(counted.exposures)
    # Else the next page would count it again, and again.
    again, more = counted.noting(many)
    assert (again, more) == (counted, [])
    text = json.dumps(counted_to_json(counted), separators=(",", ":"))
    assert len(text) <= MAX_COUNTED_BYTES


def test_what_was_shown_leaves_room_for_goals() -> None:
    # Else it would depend on what was shown whether a goal is counted.
    many = [Exposure(uuid(f"block {n}"), Arm.HOLDOUT, uuid(f"variant {n}"), "s" * 43, 1000) for n in range(99)]
    counted, _tallies = NEW.noting(many)
    goals = [f"{n}-{'g' * 40}" for n in range(4)]
    counted, tallies = counted.reaching(goals)
    assert counted.goals == tuple(goals)
    assert len(tallies) == 4 * len(counted.exposures)


def test_forty_blocks_that_show_their_standard_version_fit() -> None:
    _counted, tallies = NEW.noting(Exposure(uuid(f"block {n}"), Arm.STANDARD) for n in range(40))
    assert len(tallies) == 40


exposures = st.builds(
    Exposure,
    block=st.uuids().map(str),
    arm=st.sampled_from([Arm.VARIANT, Arm.HOLDOUT, Arm.LEARNING]),
    variant=st.uuids().map(str),
    segment=st.from_regex(r"\A[a-z0-9]{1,10}(-[a-z0-9]{1,10})?\Z"),
    share=st.integers(0, LOTS),
) | st.builds(Exposure, block=st.uuids().map(str), arm=st.just(Arm.STANDARD))


@given(st.lists(exposures, max_size=8), st.lists(st.from_regex(r"\A[a-z0-9]{1,20}\Z"), max_size=3))
def test_what_is_kept_is_read_back_as_it_was(shown: list[Exposure], goals: list[str]) -> None:
    counted, _tallies = NEW.noting(shown)
    counted, _tallies = counted.reaching(goals)
    assert counted_from_json(json.loads(json.dumps(counted_to_json(counted)))) == counted


GOOD = {"d": 1, "t": 1, "e": []}
HOSTILE: list[Any] = [
    *(None, 5, "d", [], {}, {"d": 1}, {"d": 1, "t": 1}),
    *({**GOOD, "d": value} for value in (None, -1, 1.5, True, "1", [], 10**9)),
    *({**GOOD, "t": value} for value in (None, -1, True, "1")),
    *({**GOOD, "g": value} for value in ("abc", [1], [""], ["g" * 51], 5, {"a": 1})),
    *(
        {**GOOD, "e": [value]}
        for value in (None, 5, [], ["x"], ["s"], ["s", 5], ["s", "short"], ["s", "!" * 22], ["v"])
    ),
    {**GOOD, "e": [["v", "A" * 22, 5]]},
    {**GOOD, "e": [["v", "A" * 22, "s" * 51]]},
    {**GOOD, "e": [["v", "A" * 22, "riverside", "", -1]]},
    {**GOOD, "e": [["v", "A" * 22, "riverside", "", 10_001]]},
    {**GOOD, "e": [["v", "A" * 22, "riverside", "", True]]},
    {**GOOD, "e": [["v", "A" * 22, "riverside", "", 1, 2]]},
    {**GOOD, "e": [[["v"], "A" * 22]]},
    {**GOOD, "e": 5},
]


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_anything_else_is_read_as_nothing(data: Any) -> None:
    assert counted_from_json(data) is None


def test_nothing_that_is_counted_has_room_for_a_person() -> None:
    assert {field.name for kind in (Exposure, Tally, Counted) for field in fields(kind)} == {
        *("block", "arm", "variant", "segment", "share"),
        *("day", "exposure", "goal"),
        *("step", "exposures", "goals"),
    }


# Lots


@pytest.mark.parametrize("segment", ["riverside", "hilltop", "a", "new-parents"])
def test_each_segment_deals_every_lot_to_a_place_of_its_own(segment: str) -> None:
    assert sorted(dealt(segment, lot) for lot in range(LOTS)) == list(range(LOTS))


def test_dealing_is_the_same_in_every_process_and_release() -> None:
    # Another order would move visitors from one side of a comparison to the other in its middle.
    assert [dealt("riverside", lot) for lot in (0, 1, 4_999, 9_999)] == [7958, 2634, 8344, 1888]


@pytest.mark.parametrize("share", [0, 1, 500, 1_000, 5_000])
def test_exactly_the_share_is_held_back(share: int) -> None:
    assert share_held_back("riverside", 0, share) == share
    assert share_held_back("riverside", share, 0) == share


def test_those_held_back_for_one_segment_are_not_those_of_another() -> None:
    held = [
        {lot for lot in range(LOTS) if held_back(lot, segment, 0, 1_000)}
        for segment in ("riverside", "hilltop", "abroad", "from-search", "new")
    ]
    # Two random tenths share a hundredth: 100 lots, give or take five standard deviations of 9.
    assert all(55 <= len(one & other) <= 145 for one, other in combinations(held, 2))


def test_the_share_of_the_site_is_held_back_from_everything() -> None:
    assert all(held_back(lot, segment, 500, 1_000) for lot in range(500) for segment in ("riverside", "hilltop"))
    # A twentieth, and a tenth of the rest.
    assert share_held_back("riverside", 500, 1_000) == pytest.approx(1_450, abs=40)
