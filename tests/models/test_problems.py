"""What is wrong with a segment: with its rules, with what they ask about, and with the segments inside it."""

from typing import Any

import pytest
from wagtail.models import Page

from tests.factories import make_intent, make_page, make_segment
from wagtail_personalise_gov.models import (
    FirstTimeVisitorRule,
    Intent,
    IntentSignal,
    LocationRule,
    PagesViewedRule,
    PathRule,
    Segment,
    SegmentRule,
    VisitIntentRule,
)
from wagtail_personalise_gov.models.inner import look_inside

pytestmark = pytest.mark.django_db


def riverside(**fields: Any) -> Segment:
    return make_segment("riverside", LocationRule(cities=["Riverside"]), name="Riverside", **fields)


def fresh(segment: Segment) -> Segment:
    return Segment.objects.get(pk=segment.pk)


# Other segments


def test_a_rule_about_a_draft_can_not_be_told() -> None:
    segment = make_segment("outer", SegmentRule(other=riverside(live=False)))
    assert segment.problems() == [
        "They are in “Riverside”: “Riverside” is a draft. Until it is live, this can’t be told of anybody."
    ]


def test_nor_can_it_be_told_who_is_not_in_a_draft() -> None:
    assert make_segment("outer", SegmentRule(other=riverside(live=False), negated=True)).problems()


def test_a_rule_about_a_segment_in_the_archive_or_unpublished_says_which() -> None:
    inner = riverside()
    outer = make_segment("outer", SegmentRule(other=inner))
    assert outer.problems() == []
    inner.unpublish()
    assert "is not published any more" in fresh(outer).problems()[0]
    inner.archive()
    assert "is in the archive" in fresh(outer).problems()[0]


def test_where_any_rule_will_do_a_draft_is_only_worth_a_look() -> None:
    segment = make_segment(
        "either", SegmentRule(other=riverside(live=False)), FirstTimeVisitorRule(), match=Segment.ANY
    )
    assert segment.problems() == []
    assert "“Riverside” is a draft" in segment.warnings()[0]


def test_where_none_of_any_can_be_told_nobody_is_in_it() -> None:
    segment = make_segment("either", SegmentRule(other=riverside(live=False)), match=Segment.ANY)
    assert len(segment.problems()) == 1
    assert segment.warnings() == []


def test_a_segment_without_anybody_has_nobody_outside_it_either() -> None:
    empty = make_segment("empty", name="Empty")
    torn = make_segment("torn", LocationRule(cities=["Riverside"]), LocationRule(cities=["Hilltop"]), name="Torn")
    through = make_segment("through", SegmentRule(other=torn), name="Through")
    assert make_segment("one", SegmentRule(other=empty)).problems() == [
        "They are in “Empty”: nobody is in “Empty” as it stands."
    ]
    assert make_segment("two", SegmentRule(other=torn)).problems()
    assert "“Through”" in make_segment("three", SegmentRule(other=through)).problems()[0]


def test_a_segment_without_rules_says_that_nobody_is_in_it() -> None:
    assert make_segment("empty").problems() == ["It has no rules, so nobody is in it."]
    assert make_segment("full", FirstTimeVisitorRule()).problems() == []


def test_what_a_segment_inside_asks_is_held_against_the_other_rules() -> None:
    inner = make_segment("middle", SegmentRule(other=riverside()), name="Middle")
    outer = make_segment("outer", SegmentRule(other=inner), LocationRule(cities=["Hilltop"]))
    [problem] = outer.problems()
    assert "“They seem to be in Hilltop” and “They are in “Middle”” can’t both be true" in problem or (
        "“They are in “Middle”” and “They seem to be in Hilltop” can’t both be true" in problem
    )


def test_what_goes_together_with_a_segment_inside_is_no_problem() -> None:
    inner = riverside()
    assert make_segment("new", SegmentRule(other=inner), FirstTimeVisitorRule()).problems() == []
    assert (
        make_segment("not", SegmentRule(other=inner, negated=True), LocationRule(cities=["Hilltop"])).problems() == []
    )


def test_account_and_memory_are_found_together_through_a_segment_inside(configure: Any) -> None:
    from wagtail_personalise_gov.models import AccountRule

    configure(MODE="opt_out")
    inner = make_segment("new", FirstTimeVisitorRule())
    assert "kept apart" in make_segment("both", AccountRule(), SegmentRule(other=inner)).problems()[0]


def test_circles_that_came_about_somehow_are_no_end_of_it() -> None:
    a = make_segment("a", FirstTimeVisitorRule())
    b = make_segment("b", SegmentRule(other=a))
    SegmentRule(segment=a, other=b).save()
    assert fresh(a).problems() == []
    assert "They are in" in str(fresh(a).in_words())


def test_a_long_way_in_and_a_wide_one_are_bounded() -> None:
    below = make_segment("s0", FirstTimeVisitorRule())
    for number in range(1, 9):
        above = make_segment(f"s{number}", LocationRule(cities=["Riverside"]))
        for _again in range(2):
            SegmentRule(segment=above, other=below).save()
        below = above
    segment = fresh(below)
    assert segment.problems() == []
    assert len(str(segment.in_words())) < 2000


# Pages


def test_a_page_that_is_not_published_is_worth_a_look(home: Page) -> None:
    page = make_page("News", parent=home)
    page.save_revision().publish()
    segment = make_segment("news", PathRule(section=page))
    assert segment.warnings() == []
    Page.objects.get(pk=page.pk).unpublish()
    assert fresh(segment).problems() == []
    assert fresh(segment).warnings() == ["They look at “News” or a page below it: “News” is not published any more."]


def test_a_page_that_was_never_published_is_a_draft(home: Page) -> None:
    page = make_page("News", parent=home, live=False)
    [warning] = make_segment("news", PagesViewedRule(page=page)).warnings()
    assert warning.endswith("“News” is a draft.")


def test_a_page_that_is_gone_is_a_problem_and_where_any_rule_will_do_worth_a_look(home: Page) -> None:
    page = make_page("News", parent=home)
    every = make_segment("every", PathRule(section=page), FirstTimeVisitorRule())
    either = make_segment("either", PathRule(section=page), FirstTimeVisitorRule(), match=Segment.ANY)
    page.delete()
    assert "was deleted" in fresh(every).problems()[0]
    assert fresh(either).problems() == []
    assert "was deleted" in fresh(either).warnings()[0]


# Intents


HINT = IntentSignal(kind="campaign", text="move", confidence=0.3)
LIKELY = IntentSignal(kind="campaign", text="move", confidence=0.6)


@pytest.mark.parametrize(
    "certainty, asked, signal, anybody",
    [
        ("said", True, None, True),
        ("said", False, LIKELY, False),
        ("suggested", True, None, True),
        ("suggested", False, None, False),
        ("suggested", False, HINT, False),  # rules ask for more than a hint
        ("suggested", False, LIKELY, True),
    ],
    ids=["asked", "never asked", "said counts too", "neither", "only a hint", "suggested"],
)
def test_an_intent_that_nobody_can_have(
    certainty: str, asked: bool, signal: IntentSignal | None, anybody: bool
) -> None:
    signals = [] if signal is None else [IntentSignal(kind=signal.kind, text=signal.text, confidence=signal.confidence)]
    intent = make_intent("move-house", *signals, asked=asked)
    segment = make_segment("movers", VisitIntentRule(intent=intent, certainty=certainty))
    assert (segment.problems() == []) is anybody


def test_that_nobody_has_an_intent_keeps_nobody_from_not_having_it() -> None:
    intent = make_intent("move-house", asked=False)
    assert make_segment("others", VisitIntentRule(intent=intent, negated=True)).problems() == []


def test_what_is_part_of_an_intent_counts_for_it() -> None:
    whole = make_intent("start-a-business", asked=False)
    segment = make_segment("starters", VisitIntentRule(intent=whole, certainty="said"))
    assert segment.problems()
    make_intent("restaurant", parent=Intent.objects.get(pk=whole.pk))
    assert fresh(segment).problems() == []


# At large


def test_what_a_sites_own_rule_raises_keeps_nobody_from_the_form(monkeypatch: pytest.MonkeyPatch) -> None:
    segment = make_segment("riverside", LocationRule(cities=["Riverside"]))

    def fails(*arguments: object) -> str:
        raise RuntimeError("a rule of anybody's")

    for name in ("not_live", "cannot_match", "prepare_problems", "sentence"):
        monkeypatch.setattr(LocationRule, name, fails)
    assert segment.problems() == []
    assert segment.warnings() == []
    monkeypatch.setattr(LocationRule, "condition", fails)
    assert fresh(segment).problems() == ["Location: this rule can’t be asked."]


def test_many_segments_are_looked_into_at_as_many_queries_as_one(django_assert_max_num_queries: Any) -> None:
    inner = riverside()
    intent = make_intent("move-house", asked=False)

    def make(slug: str) -> None:
        make_segment(slug, SegmentRule(other=inner), VisitIntentRule(intent=intent))

    def look() -> None:
        segments = list(Segment.objects.exclude(pk=inner.pk).with_rules())
        for segment in segments:
            segment.missing_rule_types = []
        look_inside(segments)
        assert all(segment.problems() and segment.in_words() for segment in segments)

    make("first")
    with django_assert_max_num_queries(60) as one:
        look()
    for number in range(4):
        make(f"more-{number}")
    with django_assert_max_num_queries(len(one)):
        look()
