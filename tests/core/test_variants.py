"""Variants: the editor's order is the priority."""

import pytest

from wagtail_personalise_gov.core.decision import NOTHING_DECIDED, Decision, Reason
from wagtail_personalise_gov.core.variants import Variant, choose

RIVERSIDE = Variant("1", ("riverside",))
NEARBY = Variant("2", ("riverside", "hilltop"))
ABROAD = Variant("3", ("abroad",))
FOR_NOBODY = Variant("4", ())


def matched(*slugs: str) -> Decision:
    return Decision(dict.fromkeys(slugs, Reason.MATCHED))


@pytest.mark.parametrize(
    "variants, decision, chosen",
    [
        ([RIVERSIDE, NEARBY], matched("riverside"), RIVERSIDE),  # both would do: the first one
        ([NEARBY, RIVERSIDE], matched("riverside"), NEARBY),  # turned round by the editor
        ([RIVERSIDE, NEARBY], matched("hilltop"), NEARBY),  # in any of its segments
        ([ABROAD, NEARBY], matched("hilltop", "abroad"), ABROAD),
        ([RIVERSIDE, NEARBY], matched("abroad"), None),  # the standard version
        ([RIVERSIDE], NOTHING_DECIDED, None),
        ([], matched("riverside"), None),
        ([FOR_NOBODY, RIVERSIDE], matched("riverside"), RIVERSIDE),
        ([FOR_NOBODY], matched("riverside"), None),
    ],
)
def test_the_first_variant_for_a_segment_of_the_visitor_is_chosen(
    variants: list[Variant], decision: Decision, chosen: Variant | None
) -> None:
    assert choose(variants, decision) is chosen


@pytest.mark.parametrize("reason", [Reason.NOT_MATCHED, Reason.UNKNOWN, Reason.REFUSED])
def test_whoever_is_not_in_the_segment_or_cannot_be_told_gets_the_standard_version(reason: Reason) -> None:
    assert choose([RIVERSIDE], Decision({"riverside": reason})) is None


def test_a_preview_chooses_as_a_match_does() -> None:
    assert choose([ABROAD, RIVERSIDE], Decision({"riverside": Reason.PREVIEW})) is RIVERSIDE


def test_a_variant_names_the_first_of_its_segments_that_matched() -> None:
    assert NEARBY.matched_by(matched("hilltop", "riverside")) == "riverside"
    assert NEARBY.matched_by(matched("hilltop")) == "hilltop"
    assert NEARBY.matched_by(matched("abroad")) is None


def test_variants_may_come_one_by_one() -> None:
    assert choose(iter([ABROAD, RIVERSIDE]), matched("riverside")) is RIVERSIDE
