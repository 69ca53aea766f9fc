"""What is refused: every problem with its place, all of them together, and nothing written."""

from collections.abc import Callable
from time import process_time
from typing import Any

import pytest
from django.db import IntegrityError

from wagtail_personalise_gov.models import FirstTimeVisitorRule, LocationRule, Rule, Segment, SegmentRule
from wagtail_personalise_gov.portable import SegmentFileError, from_text
from wagtail_personalise_gov.portable.documents import MOST_PROBLEMS

from ..factories import make_intent, make_segment
from .conftest import FIRST_TIME, document, intent, rule, segment, take_in

Refused = Callable[[Any], tuple[str, ...]]


# The file


@pytest.mark.parametrize(
    "text, reason",
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "nested more than 50 deep"),  # deeper than Python goes
        ("[" * 900 + "]" * 900, "nested more than 50 deep"),
        ('{"a":' * 60 + "1" + "}" * 60, "nested more than 50 deep"),
        (b"\xff\xfe{", "not JSON"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": 1, "a": 2}', "the key “a” stands twice"),
        ('{"a": "\\ud800"}', "not JSON"),
        ('{"a": "b\\u0000c"}', "no database takes"),
    ],
    ids=lambda given: str(given)[:20],
)
def test_a_file_that_no_json_can_be_read_from(text: str | bytes, reason: str) -> None:
    with pytest.raises(SegmentFileError, match=reason):
        from_text(text)


def test_a_key_that_stands_twice_is_found_at_once_among_very_many() -> None:
    keys = ", ".join(f'"{number}": 1' for number in range(60_000))
    began = process_time()
    with pytest.raises(SegmentFileError, match="the key “59999” stands twice"):
        from_text(f'{{{keys}, "59999": 1}}')
    assert process_time() - began < 5  # comparing each with each takes minutes


def test_as_deep_as_a_condition_may_be_a_file_can_be_read() -> None:
    assert from_text("[" * 50 + "]" * 50)


def test_a_slip_that_is_everywhere_is_looked_up_once_and_the_rest_is_not_looked_at(
    refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[str] = []
    monkeypatch.setattr("difflib.get_close_matches", lambda word, *args, **kwargs: looked_up.append(word) or [])
    problems = refused(document(segment("a", *[rule("NoSuchRule")] * 5_000)))
    assert looked_up == ["wagtail_personalise_gov.NoSuchRule"]
    assert len(problems) == MOST_PROBLEMS + 1
    assert problems[-1] == f"There may be more: after {MOST_PROBLEMS} the rest is not looked at."


def test_a_text_about_that_character_is_no_such_character() -> None:
    assert from_text('{"a": "b\\\\u0000c"}') == {"a": "b\\u0000c"}


def test_a_file_may_begin_with_a_byte_order_mark() -> None:
    assert from_text(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    "given, reason",
    [
        ([], "its “format” is not “wagtail_personalise_gov.segments”"),
        ({}, "its “format” is not"),
        ({"format": "wagtail_personalise_gov.segments"}, "version null, and this site reads version 1"),
        ({"format": "wagtail_personalise_gov.segments", "version": 2}, "version 2, and this site reads version 1"),
        ({"format": "wagtail_personalise_gov.segments", "version": True}, "version true"),
    ],
    ids=str,
)
def test_a_file_of_another_kind(refused: Refused, given: Any, reason: str) -> None:
    (problem,) = refused(given)
    assert reason in problem


# Entries


@pytest.mark.parametrize(
    "given, problem",
    [
        ({"segments": 5}, "segments: 5 is not a list."),
        ({"segments": [5]}, "segments[0]: 5 is not an object."),
        ({"segment": []}, "the file: “segment” is not known here. Did you mean “segments”?"),
        ({"segments": [{"name": "A"}]}, "segments[0]: It has no slug, which is the name that it is known by. Give it"),
        ({"segments": [segment("a"), segment("a")]}, "segments[1]: The slug “a” stands in the file twice. Remove one."),
        ({"intents": [intent("a"), intent("a")]}, "intents[1]: The slug “a” stands in the file twice. Remove one."),
        ({"segments": [segment("a", onwer="Me")]}, 'segments[0] "a": “onwer” is not known here. Did you mean “owner”?'),
        ({"segments": [segment("a", pk=7)]}, 'segments[0] "a": “pk” is not known here.'),
        ({"segments": [segment("a", latest_revision=7)]}, 'segments[0] "a": “latest_revision” is not known here.'),
        ({"segments": [{"slug": "a", "name": "A", "live": True}]}, 'segments[0] "a": “rules” is missing.'),
        ({"segments": [{"slug": "a", "name": "A", "rules": []}]}, 'segments[0] "a": “live” is missing.'),
        ({"segments": [{**segment("a"), "rules": {}}]}, 'segments[0] "a", rules: {} is not a list.'),
        ({"segments": [segment("a", live="yes")]}, 'segments[0] "a", live: "yes" is not true or false.'),
        ({"segments": [segment("a", archived=1)]}, 'segments[0] "a", archived: 1 is not true or false.'),
        ({"segments": [segment("a", archived=True)]}, 'segments[0] "a": It can\'t be live and archived.'),
        ({"segments": [segment("New Parents")]}, 'segments[0] "New Parents", slug: Use small letters, digits and'),
        ({"segments": [segment("a", name="")]}, 'segments[0] "a", name: This field cannot be blank.'),
        ({"segments": [segment("a", name=5)]}, 'segments[0] "a", name: 5 is not a text.'),
        ({"segments": [segment("a", match="some")]}, "segments[0] \"a\", match: Value 'some' is not a valid choice."),
        (
            {"segments": [segment("a", review_by="soon")]},
            'segments[0] "a", review_by: “soon” value has an invalid date',
        ),
        ({"segments": [segment("a", review_by=2027)]}, 'segments[0] "a", review_by: 2027 is not a value that this'),
        ({"intents": [intent("a", sort_order=1.5)]}, 'intents[0] "a", sort_order: 1.5 would become 1.'),
        ({"intents": [intent("a", sort_order=True)]}, 'intents[0] "a", sort_order: true is not a number.'),
        ({"intents": [intent("a", sort_order=-1)]}, 'intents[0] "a", sort_order: Ensure this value is greater than'),
        ({"intents": [intent("a", parent="b")]}, 'intents[0] "a", parent: There is no intent “b”, neither in the file'),
        ({"intents": [intent("a", parent=7)]}, 'intents[0] "a", parent: 7 is not a slug.'),
        ({"intents": [intent("a", parent="a")]}, 'intents[0] "a": An intent can\'t be part of itself.'),
        ({"intents": [intent("a", 5)]}, 'intents[0] "a", signals[0]: 5 is not an object.'),
        ({"intents": [intent("a", {"kind": "page"})]}, 'intents[0] "a", signals[0], page: Choose the page.'),
        (
            {"intents": [intent("a", {"kind": "page", "page": {"page": "/nowhere/"}})]},
            'intents[0] "a", signals[0], page: This site has no page "/nowhere/". Make it first, or change the file.',
        ),
        (
            {"intents": [intent("a", {"kind": "page", "page": 3})]},
            'intents[0] "a", signals[0], page: 3 is not the path of a page, such as {"page": "/home/services/"}.',
        ),
    ],
    ids=lambda given: str(given)[:60],
)
def test_an_entry_that_is_wrong(refused: Refused, given: dict[str, Any], problem: str) -> None:
    problems = refused({**document(), **given})
    assert len(problems) == 1, problems
    assert problems[0].startswith(problem)


# Rules


@pytest.mark.parametrize(
    "given, problem",
    [
        (5, 'segments[0] "a", rules[0]: 5 is not an object.'),
        ({}, 'segments[0] "a", rules[0]: It has no “type”, such as “'),
        (
            rule("LocatonRule"),
            'segments[0] "a", rules[0]: There is no rule type "wagtail_personalise_gov.LocatonRule". Is its app '
            "installed? Did you mean “wagtail_personalise_gov.LocationRule”?",
        ),
        (rule("northmoor.MoonRule"), 'segments[0] "a", rules[0]: There is no rule type "northmoor.MoonRule". Is its'),
        ({"type": ["LocationRule"]}, 'segments[0] "a", rules[0]: There is no rule type ["LocationRule"]. Is its'),
        (
            rule("LocationRule", cuntries=[]),
            'segments[0] "a", rules[0] (LocationRule): “cuntries” is not known here. Did you mean “countries”?',
        ),
        (
            rule("LocationRule", countries=["Frankreich"]),
            'segments[0] "a", rules[0] (LocationRule), countries: There is no country “Frankreich”.',
        ),
        (
            rule("LocationRule", countries="GB"),
            'segments[0] "a", rules[0] (LocationRule), countries: "GB" is not a list of texts.',
        ),
        (
            rule("LocationRule", countries=["GB", 5]),
            'segments[0] "a", rules[0] (LocationRule), countries: ["GB", 5] is not a list of texts.',
        ),
        (
            rule("LocationRule", cities=["A"], latitude=91, longitude=0, radius_km=5),
            'segments[0] "a", rules[0] (LocationRule), latitude: Ensure this value is less than or equal to 90.',
        ),
        (
            rule("LocationRule", cities=["A"], latitude="51.5"),
            'segments[0] "a", rules[0] (LocationRule), latitude: "51.5" is not a number.',
        ),
        (
            rule("LocationRule", cities=["A"], in_eu="t"),
            'segments[0] "a", rules[0] (LocationRule), in_eu: "t" is not true or false.',
        ),
        (
            rule("VisitIntentRule", intent="gone"),
            'segments[0] "a", rules[0] (VisitIntentRule), intent: There is no intent “gone”, neither in the file nor',
        ),
        (
            rule("VisitIntentRule", intent=None),
            'segments[0] "a", rules[0] (VisitIntentRule), intent: This field cannot be null.',
        ),
        (
            rule("SegmentRule", other="riversied"),
            'segments[0] "a", rules[0] (SegmentRule), other: There is no segment “riversied”, neither in the file nor '
            "on this site. Did you mean “riverside”?",
        ),
        (
            rule("agency.AskRule", question={"fact": "moon.phase", "op": "equals", "value": "full"}),
            'segments[0] "a", rules[0] (AskRule): This rule asks something that this site does not know: moon.phase.',
        ),
    ],
    ids=lambda given: str(given)[:60],
)
def test_a_rule_that_is_wrong(refused: Refused, riverside: Segment, given: Any, problem: str) -> None:
    problems = refused(document(segment("a", given)))
    assert len(problems) == 1, problems
    assert problems[0].startswith(problem)


def test_a_rule_that_breaks_while_it_is_checked(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a rule of anybody's."""

    def clean(self: Rule) -> None:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(FirstTimeVisitorRule, "clean", clean)
    (problem,) = refused(document(segment("a", FIRST_TIME)))
    assert problem == (
        'segments[0] "a", rules[0] (FirstTimeVisitorRule): It can\'t be checked: ZeroDivisionError: by nought'
    )


def test_what_only_the_database_knows_is_a_problem_of_the_file_too(
    refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    def save(self: Rule, *args: Any, **kwargs: Any) -> None:
        raise IntegrityError("only one of these")

    monkeypatch.setattr(LocationRule, "save", save)
    (problem,) = refused(document(segment("b", FIRST_TIME), segment("a", rule("LocationRule", cities=["Riverside"]))))
    assert problem == 'segments[1] "a": The database refuses it: only one of these'


# Together


def test_all_problems_are_told_at_once(refused: Refused) -> None:
    problems = refused(
        document(
            segment("a", rule("LocationRule", countries=["XX"], latitude="north")),
            segment("b", rule("MoonRule"), FIRST_TIME, rule("SegmentRule", other="nowhere"), onwer="Me"),
            segment("c", name=""),
            segment("fine", FIRST_TIME),
            intents=[intent("d", {"kind": "words", "text": ""})],
        )
    )
    assert {problem.partition(":")[0] for problem in problems} == {
        'segments[0] "a", rules[0] (LocationRule), latitude',
        'segments[1] "b"',
        'segments[1] "b", rules[0]',
        'segments[1] "b", rules[2] (SegmentRule), other',
        'segments[2] "c", name',
        'intents[0] "d", signals[0], text',
    }


def test_what_points_at_something_broken_is_no_problem_of_its_own(refused: Refused) -> None:
    problems = refused(
        document(
            segment("a", rule("SegmentRule", other="b"), rule("VisitIntentRule", intent="i")),
            segment("b", FIRST_TIME, name=""),
            intents=[intent("i", name="")],
        )
    )
    assert [problem.partition(":")[0] for problem in problems] == ['intents[0] "i", name', 'segments[1] "b", name']


def test_segments_that_stand_on_the_site_are_left_as_they_were_too(refused: Refused) -> None:
    make_segment("a", FirstTimeVisitorRule())
    make_intent("i")
    refused(
        document(
            segment("a", rule("LocationRule", cities=["Riverside"]), name="Renamed"),
            segment("b", rule("LocationRule")),
            intents=[intent("i", name="Renamed"), intent("j", parent="i")],
        )
    )


# Circles


def circle_at(place: str, names: str) -> str:
    return f"{place} (SegmentRule), other: This would go round in a circle: {names}. Choose another segment."


def asks(slug: str, *others: str, **more: Any) -> dict[str, Any]:
    return segment(slug, *(rule("SegmentRule", other=other) for other in others), **more)


def test_a_segment_that_asks_about_itself(refused: Refused) -> None:
    assert refused(document(asks("a", "a"))) == (circle_at('segments[0] "a", rules[0]', "“a” → “a”"),)


@pytest.mark.parametrize("live", [True, False])
def test_a_circle_within_the_file_is_told_once(refused: Refused, live: bool) -> None:
    given = document(segment("z", FIRST_TIME), asks("a", "b", live=live), asks("b", "z", "c"), asks("c", "a"))
    assert refused(given) == (circle_at('segments[1] "a", rules[0]', "“a” → “b” → “c” → “a”"),)


def test_a_circle_that_goes_through_what_stands_on_the_site(refused: Refused) -> None:
    a = make_segment("a", FirstTimeVisitorRule())
    make_segment("b", SegmentRule(other=a))
    assert refused(document(asks("a", "b"))) == (circle_at('segments[0] "a", rules[0]', "“a” → “b” → “a”"),)


def test_a_circle_that_goes_through_a_draft_on_the_site(refused: Refused) -> None:
    """Harmless until somebody publishes the draft."""
    a, b = make_segment("a", FirstTimeVisitorRule()), make_segment("b", FirstTimeVisitorRule())
    b.wagtail_personalise_gov_segmentrule_rules = [SegmentRule(other=a)]
    b.save_revision()
    assert refused(document(asks("a", "b"))) == (circle_at('segments[0] "a", rules[0]', "“a” → “b” → “a”"),)


def test_what_a_draft_does_not_ask_any_more_makes_no_circle() -> None:
    """A draft that was never live has rows too, from when it was made; what counts is its latest revision."""
    b = make_segment("b", FirstTimeVisitorRule())
    a = make_segment("a", SegmentRule(other=b), live=False)
    a.wagtail_personalise_gov_segmentrule_rules = []
    a.save_revision()
    take_in(document(asks("b", "a")))
    assert Segment.objects.get(slug="b").condition().segments == {"a"}


def test_turning_the_nesting_round_is_no_circle() -> None:
    """What the rules of the site ask now does not count where the file says otherwise."""
    a = make_segment("a", FirstTimeVisitorRule())
    make_segment("b", SegmentRule(other=a))
    take_in(document(segment("b", FIRST_TIME), asks("a", "b")))
    assert Segment.objects.get(slug="a").condition().segments == {"b"}
    assert not Segment.objects.get(slug="b").condition().segments


def test_turning_the_question_round_is_no_third_level(refused: Refused) -> None:
    make_intent("below", parent=make_intent("above"))
    take_in(document(intents=[intent("above", parent="below"), intent("below")]))
    (problem,) = refused(document(intents=[intent("new", parent="above")]))
    assert problem.startswith('intents[0] "new": “Above” is itself part of another.')
