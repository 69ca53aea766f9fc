"""Who somebody is, and what is remembered of their visits, are joined only where visitors were asked first."""

from typing import Any

import pytest

from tests.factories import make_segment
from wagtail_personalise_gov.compiling import CANNOT_TELL, compile_ruleset
from wagtail_personalise_gov.models import (
    AccountRule,
    FirstTimeVisitorRule,
    LocationRule,
    ReferrerRule,
    Rule,
    SegmentRule,
    VisitCountRule,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "other", [FirstTimeVisitorRule(), VisitCountRule(visits=3), ReferrerRule(kinds=["search"])], ids=str
)
@pytest.mark.parametrize("mode, joined", [("opt_out", False), ("opt_in", True)])
def test_both_in_one_segment_need_visitors_who_were_asked(
    configure: Any, other: Rule, mode: str, joined: bool, caplog: pytest.LogCaptureFixture
) -> None:
    configure(MODE=mode)
    other.pk = None
    segment = make_segment("both", AccountRule(), other)
    assert (compile_ruleset().segments["both"] != CANNOT_TELL) is joined
    assert bool(segment.problems()) is not joined
    assert ("'both' asks both about accounts" in caplog.text) is not joined


def test_also_through_another_segment() -> None:
    inner = make_segment("new", FirstTimeVisitorRule())
    make_segment("both", AccountRule(), SegmentRule(other=inner))
    ruleset = compile_ruleset()
    assert ruleset.segments["both"] == CANNOT_TELL
    assert ruleset.segments["new"] != CANNOT_TELL


@pytest.mark.parametrize("rules", [[AccountRule()], [AccountRule(), LocationRule(countries=["GB"])]])
def test_an_account_alone_or_with_a_place_joins_nothing(rules: list[Rule]) -> None:
    for rule in rules:
        rule.pk = None
    segment = make_segment("some", *rules)
    assert compile_ruleset().segments["some"] != CANNOT_TELL
    assert segment.problems() == []
