"""Decisions: who is in, and why."""

import pytest

from wagtail_personalise_gov.core.decision import NOTHING_DECIDED, Decision, Reason


@pytest.mark.parametrize(
    "reason, included",
    [
        (Reason.MATCHED, True),
        (Reason.PREVIEW, True),  # an editor looks at the page as this segment
        (Reason.NOT_MATCHED, False),
        (Reason.UNKNOWN, False),
        (Reason.REFUSED, False),
    ],
)
def test_only_a_match_and_a_preview_put_a_visitor_into_a_segment(reason: Reason, included: bool) -> None:
    decision = Decision({"riverside": reason})
    assert decision.includes("riverside") is included
    assert decision.matched == (("riverside",) if included else ())


def test_every_reason_is_a_word_of_its_own() -> None:
    assert [str(reason) for reason in Reason] == [
        *("matched", "not_matched", "unknown", "refused", "preview"),
        *("holdout", "learning"),
    ]


def test_a_segment_that_was_not_asked_about_is_not_in_the_decision() -> None:
    decision = Decision({"riverside": Reason.MATCHED})
    assert not decision.includes("hilltop")
    assert "hilltop" not in decision
    assert dict(decision) == {"riverside": Reason.MATCHED}
    assert len(decision) == 1


def test_matched_segments_come_in_the_order_of_the_decision() -> None:
    decision = Decision({"b": Reason.MATCHED, "c": Reason.UNKNOWN, "a": Reason.PREVIEW})
    assert decision.matched == ("b", "a")


def test_a_decision_does_not_change_with_what_it_was_made_from() -> None:
    reasons = {"riverside": Reason.UNKNOWN}
    decision = Decision(reasons)
    reasons["riverside"] = Reason.MATCHED
    assert decision["riverside"] is Reason.UNKNOWN
    assert not decision.includes("riverside")
    with pytest.raises(TypeError):
        decision["riverside"] = Reason.MATCHED  # type: ignore[index]


def test_nothing_decided_includes_nobody() -> None:
    assert dict(NOTHING_DECIDED) == {}
    assert NOTHING_DECIDED.matched == ()
    assert repr(NOTHING_DECIDED) == "Decision()"
