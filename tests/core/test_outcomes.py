"""What a block shows when some visitors are held back, or a segment is in learning mode, and what that counts as."""

import pytest

from wagtail_personalise_gov.core.conditions import InSegment, OneOf
from wagtail_personalise_gov.core.counting import Arm
from wagtail_personalise_gov.core.decision import Decision, Reason
from wagtail_personalise_gov.core.facts import Facts
from wagtail_personalise_gov.core.ruleset import Ruleset
from wagtail_personalise_gov.core.variants import Variant, outcome

M, H, L, N, P = Reason.MATCHED, Reason.HOLDOUT, Reason.LEARNING, Reason.NOT_MATCHED, Reason.PREVIEW
FIRST, SECOND = Variant("1", ("a", "b")), Variant("2", ("c",))
STANDARD = (Arm.STANDARD, "", "")


@pytest.mark.parametrize(
    "a, b, c, shown, arms",
    [
        (N, N, N, None, [STANDARD]),
        (M, N, N, "1", [(Arm.VARIANT, "1", "a")]),
        (N, M, M, "1", [(Arm.VARIANT, "1", "b")]),
        (P, N, N, "1", [(Arm.VARIANT, "1", "a")]),
        # Held back from the first that they match, they are compared with those who see it, whatever comes after.
        (H, N, N, None, [(Arm.HOLDOUT, "1", "a")]),
        (H, M, M, None, [(Arm.HOLDOUT, "1", "a")]),
        (N, M, H, "1", [(Arm.VARIANT, "1", "b")]),  # held back from what they would not have reached
        (N, N, H, None, [(Arm.HOLDOUT, "2", "c")]),
        # Learning changes nothing, and notes what would have been shown.
        (L, N, N, None, [(Arm.LEARNING, "1", "a"), STANDARD]),
        (L, M, N, "1", [(Arm.LEARNING, "1", "a"), (Arm.VARIANT, "1", "b")]),
        (L, N, M, "2", [(Arm.LEARNING, "1", "a"), (Arm.VARIANT, "2", "c")]),
        (L, L, H, None, [(Arm.LEARNING, "1", "a"), (Arm.HOLDOUT, "2", "c")]),
        (M, L, L, "1", [(Arm.VARIANT, "1", "a")]),  # it would not have been reached
    ],
)
def test_what_is_shown_and_what_it_counts_as(
    a: Reason, b: Reason, c: Reason, shown: str | None, arms: list[tuple[Arm, str, str]]
) -> None:
    out = outcome([FIRST, SECOND], Decision({"a": a, "b": b, "c": c}))
    assert out.variant == {"1": FIRST, "2": SECOND, None: None}[shown]
    assert list(out.arms) == arms
    assert (out.segment is None) is (shown is None)


def test_holding_back_touches_only_those_that_matched() -> None:
    decision = Decision({"a": M, "b": N, "c": L, "d": M}).holding_back(["a", "b", "c", "e"])
    assert dict(decision) == {"a": H, "b": N, "c": L, "d": M}
    assert decision.matched == ("d",)


def test_a_segment_in_learning_mode_still_answers_for_segments_about_it() -> None:

    ruleset = Ruleset(
        segments={"gb": OneOf("location.country", ["GB"]), "inside": InSegment("gb")}, learning=frozenset({"gb"})
    )
    decided = ruleset.decide(Facts({"location.country": "GB"}))
    assert dict(decided) == {"gb": L, "inside": M}
    assert dict(ruleset.decide(Facts({"location.country": "FR"}))) == {"gb": N, "inside": N}
