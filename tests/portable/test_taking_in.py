"""What an import does to what stands on the site: as an editor would have done it."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import TestCase
from django.utils import timezone
from wagtail.models import ModelLogEntry, Revision

from wagtail_personalise_gov.compiling import current_ruleset
from wagtail_personalise_gov.models import FirstTimeVisitorRule, Intent, LocationRule, Segment
from wagtail_personalise_gov.models.examples import ExampleVisit
from wagtail_personalise_gov.portable import Change, SegmentFileError, difference, export_segments, import_segments
from wagtail_personalise_gov.signals import ruleset_retired
from wagtail_personalise_gov.visit.simulation import problem_of_visit

from ..docs.samples import DOCS, samples
from ..factories import make_intent, make_segment
from .conftest import FIRST_TIME, document, everything, intent, rule, segment, take_in

IN_RIVERSIDE = rule("LocationRule", cities=["Riverside"])


def actions() -> list[str]:
    return list(ModelLogEntry.objects.order_by("pk").values_list("action", flat=True))


def test_a_new_segment_is_made_and_published_with_a_history() -> None:
    take_in(document(segment("one", IN_RIVERSIDE)))
    one = Segment.objects.get()
    assert (one.live, one.has_unpublished_changes, one.first_published_at is None) == (True, False, False)
    assert [each.cities for each in LocationRule.objects.filter(segment=one)] == [["Riverside"]]
    assert one.live_revision == one.latest_revision == Revision.objects.get()
    assert actions() == ["wagtail.create", "wagtail.publish"]


def test_what_a_segment_leaves_out_has_its_default() -> None:
    make_segment("one", FirstTimeVisitorRule(), owner="Web team", match="any")
    take_in(document(segment("one", FIRST_TIME)))
    one = Segment.objects.get()
    assert (one.owner, one.match, one.public_name) == ("", "all", "")


def test_a_segment_that_is_there_becomes_as_the_file_says() -> None:
    one = make_segment("one", FirstTimeVisitorRule(), LocationRule(cities=["Hilltop"]), by_editor=True)
    take_in(document(segment("one", IN_RIVERSIDE, name="Renamed")))
    same = Segment.objects.get()
    assert (same.pk, same.name, same.first_published_at) == (one.pk, "Renamed", one.first_published_at)
    assert not FirstTimeVisitorRule.objects.exists()
    assert [each.cities for each in LocationRule.objects.all()] == [["Riverside"]]
    assert Revision.objects.count() == 2
    assert actions()[-2:] == ["wagtail.rename", "wagtail.publish"]


def test_what_the_file_does_not_name_stays() -> None:
    make_segment("other", FirstTimeVisitorRule())
    make_intent("other")
    take_in(document(segment("one", FIRST_TIME), intents=[intent("start")]))
    assert set(Segment.objects.live_for_visitors().values_list("slug", flat=True)) == {"one", "other"}
    assert set(Intent.objects.values_list("slug", flat=True)) == {"other", "start"}


def test_a_segment_that_is_the_same_keeps_the_draft_on_it() -> None:
    one = make_segment("one", FirstTimeVisitorRule())
    exported = export_segments()
    one.name = "An editor is at it"
    one.save_revision()
    (change,) = take_in(exported)
    assert change == Change("segment", "one", "unchanged")
    assert Segment.objects.get().get_latest_revision_as_object().name == "An editor is at it"


def test_a_new_draft_is_a_draft_with_its_rules() -> None:
    take_in(document(segment("one", IN_RIVERSIDE, live=False)))
    one = Segment.objects.get()
    assert (one.live, one.first_published_at, one.has_unpublished_changes) == (False, None, True)
    assert actions() == ["wagtail.create"]
    assert one.get_latest_revision_as_object().sentences() == one.sentences() == ["They seem to be in Riverside"]


def test_a_live_segment_is_unpublished_where_the_file_says_draft() -> None:
    make_segment("one", FirstTimeVisitorRule())
    take_in(document(segment("one", IN_RIVERSIDE, live=False)))
    one = Segment.objects.get()
    assert not one.live
    assert one.get_latest_revision_as_object().sentences() == ["They seem to be in Riverside"]
    assert "wagtail.unpublish" in actions()
    one.get_latest_revision().publish()
    assert Segment.objects.get().sentences() == ["They seem to be in Riverside"]


def test_a_live_segment_goes_into_the_archive() -> None:
    make_segment("one", FirstTimeVisitorRule())
    take_in(document(segment("one", FIRST_TIME, live=False, archived=True)))
    one = Segment.objects.get()
    assert (one.live, one.archived) == (False, True)
    assert actions()[-1] == "wagtail_personalise_gov.archive"


def test_a_new_segment_may_go_straight_into_the_archive() -> None:
    take_in(document(segment("one", FIRST_TIME, live=False, archived=True)))
    assert Segment.objects.get().archived
    assert actions() == ["wagtail.create", "wagtail_personalise_gov.archive"]


def test_a_segment_comes_back_from_the_archive() -> None:
    make_segment("one", FirstTimeVisitorRule()).archive()
    take_in(document(segment("one", FIRST_TIME)))
    one = Segment.objects.get()
    assert (one.live, one.archived) == (True, False)
    assert "wagtail_personalise_gov.restore" in actions()


def test_a_segment_in_the_archive_changes_and_stays_there() -> None:
    make_segment("one", FirstTimeVisitorRule()).archive()
    take_in(document(segment("one", IN_RIVERSIDE, live=False, archived=True, name="Renamed")))
    one = Segment.objects.get()
    assert (one.live, one.archived, one.name) == (False, True, "Renamed")
    assert actions().count("wagtail_personalise_gov.archive") == 1


def test_a_schedule_of_the_site_does_not_put_off_what_the_file_says() -> None:
    one = make_segment("one", FirstTimeVisitorRule(), live=False)
    one.go_live_at = timezone.now() + timedelta(days=1)
    one.save_revision().publish()
    assert (Segment.objects.get().live, Segment.objects.get().status_string) == (False, "scheduled")
    take_in(document(segment("one", IN_RIVERSIDE)))
    one = Segment.objects.get()
    assert (one.live, one.go_live_at, one.status_string) == (True, None, "live")


def test_an_end_yet_to_come_stays_and_one_that_is_past_does_not() -> None:
    make_segment("one", FirstTimeVisitorRule())
    tomorrow, yesterday = (timezone.now() + timedelta(days=days) for days in (1, -1))
    Segment.objects.update(expire_at=tomorrow)
    take_in(document(segment("one", IN_RIVERSIDE)))
    assert Segment.objects.get().expire_at == tomorrow
    Segment.objects.update(expire_at=yesterday)
    take_in(document(segment("one", FIRST_TIME)))
    assert Segment.objects.get().expire_at is None


def test_intents_change_with_their_signals(home: Any) -> None:
    start = make_intent("start")
    signals = [{"kind": "section", "page": {"page": home.url_path}}, {"kind": "campaign", "text": "x"}]
    take_in(document(intents=[intent("start", *signals, question_label="Start"), intent("cafe", parent="start")]))
    same = Intent.objects.get(slug="start")
    assert (same.pk, same.label) == (start.pk, "Start")
    assert [(each.kind, each.page_id) for each in same.signals.all()] == [("section", home.pk), ("campaign", None)]
    assert Intent.objects.get(slug="cafe").parent == same
    assert sorted(actions()) == ["wagtail.create", "wagtail.edit"]
    take_in(document(intents=[intent("start")]))
    assert not Intent.objects.get(slug="start").signals.exists()


def test_the_log_names_who_did_it() -> None:
    user = get_user_model().objects.create_user("amal")
    take_in(document(segment("one", FIRST_TIME), intents=[intent("start")]), user=user)
    assert {entry.user for entry in ModelLogEntry.objects.all()} == {user}
    assert Revision.objects.get().user == user


def test_visits_go_by_the_new_segments_when_it_is_committed() -> None:
    assert not current_ruleset().segments
    told: list[str] = []

    def listen(version: str, **kwargs: Any) -> None:
        told.append(version)

    ruleset_retired.connect(listen)
    try:
        with TestCase.captureOnCommitCallbacks(execute=True):
            import_segments(document(segment("one", FIRST_TIME), segment("draft", FIRST_TIME, live=False)))
            assert not told
    finally:
        ruleset_retired.disconnect(listen)
    assert told
    assert set(current_ruleset().segments) == {"one"}


def test_the_file_that_the_documentation_shows_can_be_taken_in() -> None:
    (shown,) = (each for each in samples(DOCS / "how-to" / "segments-as-files.md") if each.language == "json")
    take_in(json.loads(shown.text))
    assert Segment.objects.live_for_visitors().get().sentences() == ["They seem to be in Riverside"]


# Trying first


def test_a_dry_run_says_what_would_change_and_writes_nothing() -> None:
    make_segment("same", FirstTimeVisitorRule(), name="Same", public_name="")
    make_segment("one", LocationRule(cities=["Hilltop"]), name="One", public_name="")
    before = everything()
    given = document(segment("same", FIRST_TIME), segment("one", IN_RIVERSIDE), segment("two", FIRST_TIME))
    with TestCase.captureOnCommitCallbacks() as waiting:
        changes = import_segments(given, dry_run=True)
    assert everything() == before
    assert not waiting
    assert [(change.slug, change.what) for change in changes] == [
        ("one", "changed"),
        ("same", "unchanged"),
        ("two", "new"),
    ]
    one, same, two = changes
    assert [line for line in one.lines if line[0] in "+-"] == [
        "--- one (on this site)",
        "+++ one (in the file)",
        '-        "Hilltop"',
        '+        "Riverside"',
    ]
    assert same.lines == ()
    assert '+  "slug": "two",' in two.lines
    assert take_in(given) == changes


def test_a_dry_run_is_refused_for_the_same_reasons(refused: Any) -> None:
    given = document(segment("one", rule("LocationRule")))
    problems = refused(given)
    with pytest.raises(Exception, match="countries") as error:
        import_segments(given, dry_run=True)
    assert error.value.problems == problems


def test_the_difference_leaves_out_what_an_import_does_not_touch() -> None:
    before = document(segment("old"), segment("same"))
    after = document(segment("same"), segment("new"), intents=[intent("i")])
    assert [(change.kind, change.slug, change.what) for change in difference(before, after)] == [
        ("intent", "i", "new"),
        ("segment", "same", "unchanged"),
        ("segment", "new", "new"),
    ]


# Much of it


def test_many_segments_cost_no_more_each_than_few() -> None:
    def cost(number: int) -> float:
        chain = [
            segment(
                f"s{number}-{place}",
                rule("SegmentRule", other=f"s{number}-{place + 1}") if place + 1 < number else FIRST_TIME,
                IN_RIVERSIDE,
                live=place % 2 == 0,
            )
            for place in range(number)
        ]
        queries: list[str] = []

        def count(execute: Any, sql: str, *args: Any) -> Any:
            queries.append(sql)
            return execute(sql, *args)

        with connection.execute_wrapper(count):
            changes = import_segments(document(*chain))
        assert len(changes) == number
        return len(queries) / number

    few, many = cost(10), cost(100)
    assert many <= few


def test_more_changes_than_somebody_can_wait_for_are_refused_before_they_are_made() -> None:
    make_segment("same", FirstTimeVisitorRule(), name="Same", public_name="")
    three = [segment("one", FIRST_TIME), segment("two", FIRST_TIME), segment("same", FIRST_TIME)]
    assert len(import_segments(document(*three), at_most=2, dry_run=True)) == 3  # one of them is no change
    before = everything()
    with pytest.raises(SegmentFileError, match="changes 2 segments or intents, and at most 1 can be changed at once"):
        import_segments(document(*three), at_most=1)
    with pytest.raises(SegmentFileError, match="at most 0"):
        import_segments(document(segment("same", IN_RIVERSIDE)), at_most=0)
    with pytest.raises(SegmentFileError, match="at most 0"):
        import_segments(document(intents=[intent("start")]), at_most=0)
    assert everything() == before


# Example visits


def example(name: str, *, must_match: bool = True, **visit: Any) -> dict[str, Any]:
    return {"name": name, "must_match": must_match, "visit": visit}


def kept_examples() -> list[tuple[str, bool, Any]]:
    return list(ExampleVisit.objects.values_list("name", "must_match", "visit"))


FROM_RIVERSIDE = example("From Riverside", facts={"location.city": "Riverside"})
FROM_HILLTOP = example("From Hilltop", must_match=False, facts={"location.city": "Hilltop"})


def test_examples_go_with_their_segment() -> None:
    take_in(document(segment("one", IN_RIVERSIDE, examples=[FROM_RIVERSIDE, FROM_HILLTOP])))
    assert kept_examples() == [
        ("From Riverside", True, {"facts": {"location.city": "Riverside"}}),
        ("From Hilltop", False, {"facts": {"location.city": "Hilltop"}}),
    ]
    (entry,) = export_segments()["segments"]
    assert entry["examples"] == [FROM_RIVERSIDE, FROM_HILLTOP]
    assert [change.what for change in take_in(export_segments())] == ["unchanged"]


def test_other_examples_are_a_change_and_publish_nothing() -> None:
    take_in(document(segment("one", IN_RIVERSIDE, examples=[FROM_RIVERSIDE])))
    revisions = Revision.objects.count()
    given = document(segment("one", IN_RIVERSIDE, examples=[FROM_HILLTOP]))
    assert [change.what for change in import_segments(given, dry_run=True)] == ["changed"]
    assert [name for name, *_rest in kept_examples()] == ["From Riverside"]
    take_in(given)
    assert [name for name, *_rest in kept_examples()] == ["From Hilltop"]
    assert Revision.objects.count() == revisions


def test_a_file_that_says_nothing_of_examples_leaves_them() -> None:
    take_in(document(segment("one", IN_RIVERSIDE, examples=[FROM_RIVERSIDE])))
    (change,) = take_in(document(segment("one", IN_RIVERSIDE)))
    assert change.what == "unchanged"
    take_in(document(segment("one", FIRST_TIME)))
    assert [name for name, *_rest in kept_examples()] == ["From Riverside"]
    take_in(document(segment("one", FIRST_TIME, examples=[])))
    assert kept_examples() == []


@pytest.mark.parametrize(
    "examples, problem",
    [
        ("x", 'examples: "x" is not a list.'),
        ([1], "examples[0]: 1 is not an object with just"),
        ([{"name": "x"}], "is not an object with just"),
        ([example("")], 'examples[0], name: "" is not a name.'),
        ([example("x" * 121)], "is not a name."),
        ([FROM_HILLTOP, FROM_HILLTOP], "examples[1], name: The name “From Hilltop” stands there twice."),
        ([{**FROM_HILLTOP, "must_match": 1}], "examples[0], must_match: 1 is not true or false."),
        ([{**FROM_HILLTOP, "visit": []}], "examples[0], visit: [] is not what a visit is written as."),
        ([{**FROM_HILLTOP, "visit": {"preference": []}}], "is not what a visit is written as."),
        ([example(str(number)) for number in range(21)], "There are more than 20."),
    ],
)
def test_examples_that_are_none_are_refused(refused: Any, examples: Any, problem: str) -> None:
    (message,) = refused(document(segment("one", IN_RIVERSIDE, examples=examples)))
    assert message.startswith('segments[0] "one", examples')
    assert problem in message


@pytest.mark.parametrize(
    "visit, problem",
    [
        ({"path": "//["}, "No request can be made of this visit: "),
        ({"preference": {}}, "Of a visit, 'preference' can't be {}."),
        ({"query": "\ud800"}, "Of a visit, 'query' can't be '\\ud800'."),
        ({"at": "soon"}, "'soon' is no date and time."),
        ({"memory": {"visits": "many"}}, "What is remembered can't be read: visits takes whole numbers."),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_an_example_that_describes_nobody_is_refused_with_its_place(visit: dict[str, Any], problem: str) -> None:
    given = document(segment("one", IN_RIVERSIDE, examples=[FROM_HILLTOP, {**FROM_RIVERSIDE, "visit": visit}]))
    with pytest.raises(SegmentFileError) as error:
        take_in(given, problem_of_visit=problem_of_visit)
    (message,) = error.value.problems
    assert message.startswith(f'segments[0] "one", examples[1], visit: {problem}')
    assert not Segment.objects.exists()


@pytest.mark.parametrize("visit", [{"intent": "gone"}, {"facts": {"gone.fact": 1}}, {"host": "other.example"}])
def test_what_a_visit_says_of_things_that_this_site_lacks_is_taken_in(visit: dict[str, Any]) -> None:
    given = document(segment("one", IN_RIVERSIDE, examples=[{**FROM_RIVERSIDE, "visit": visit}]))
    take_in(given, problem_of_visit=problem_of_visit)
    assert kept_examples() == [("From Riverside", True, visit)]


def test_the_command_refuses_an_example_that_describes_nobody(tmp_path: Path) -> None:
    file = tmp_path / "segments.json"
    entry = segment("one", IN_RIVERSIDE, examples=[{**FROM_RIVERSIDE, "visit": {"path": "//["}}])
    file.write_text(json.dumps(document(entry)))
    with pytest.raises(CommandError, match=r"examples\[0\], visit: No request"):
        call_command("import_segments", str(file))
