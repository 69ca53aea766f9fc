"""The change log for the public: what became of the groups, in public words; never who did it, nor what is drafted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.actions.unpublish import UnpublishAction
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry

from tests.factories import make_segment
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.models import LocationRule, Rule, Segment
from wagtail_personalise_gov.privacy.changes import changes

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def clock(db: None) -> Any:
    with time_machine.travel(START, tick=False) as clock:
        yield clock


@pytest.fixture
def residents(clock: Any) -> Segment:
    return make_published("riverside", LocationRule(cities=["Riverside"]), public_name="Riverside residents")


def make_published(slug: str, *rules: Rule, **fields: Any) -> Segment:
    """By an editor: what is told is read from the history."""
    return make_segment(slug, *rules, by_editor=True, **fields)


def again(segment: Segment) -> Segment:
    return Segment.objects.get(pk=segment.pk)


def publish(segment: Segment, **fields: Any) -> None:
    segment = again(segment)
    for name, value in fields.items():
        setattr(segment, name, value)
    segment.save_revision().publish()


def unpublish(segment: Segment) -> None:
    UnpublishAction(again(segment)).execute(skip_permission_checks=True)


def told(slug: str | None = None) -> list[str]:
    return [change.what for change in changes(slug=slug)]


def test_a_group_is_put_to_use_changed_and_no_longer_used_the_newest_first(clock: Any, residents: Segment) -> None:
    clock.shift(timedelta(days=1))
    publish(residents, purpose="Because of the flood.")
    clock.shift(timedelta(days=1))
    unpublish(residents)
    clock.shift(timedelta(days=1))
    publish(residents)
    assert told() == [
        "“Riverside residents” was put to use.",
        "“Riverside residents” is no longer used.",
        "“Riverside residents” was changed.",
        "“Riverside residents” was put to use.",
    ]
    first = changes()[-1]
    assert (first.when, first.slug, first.name) == (START, "riverside", "Riverside residents")


def test_a_draft_is_no_change_and_what_was_never_live_is_not_named(clock: Any, residents: Segment) -> None:
    make_published("secret", LocationRule(cities=["Hilltop"]), live=False, public_name="Secret plans")
    draft = again(residents)
    draft.public_name = "Drafted name"
    draft.save_revision(log_action=True)
    assert ModelLogEntry.objects.filter(action="wagtail.edit").exists()
    assert told() == ["“Riverside residents” was put to use."]
    assert changes(slug="secret") == []


def test_the_archive_is_an_end_and_coming_back_from_it_is_a_draft(clock: Any, residents: Segment) -> None:
    clock.shift(timedelta(days=1))
    again(residents).archive()
    clock.shift(timedelta(days=1))
    again(residents).restore()
    assert told() == ["“Riverside residents” is no longer used.", "“Riverside residents” was put to use."]
    clock.shift(timedelta(days=1))
    again(residents).archive()  # as a draft: nobody notices
    assert len(told()) == 2


def test_what_was_deleted_keeps_the_name_that_the_public_knew(clock: Any, residents: Segment) -> None:
    clock.shift(timedelta(days=1))
    log(again(residents), "wagtail.delete", deleted=True)  # as the admin does
    again(residents).delete()
    assert [(change.what, change.slug, change.name) for change in changes()] == [
        ("“Riverside residents” is no longer used.", "", "Riverside residents"),
        ("“Riverside residents” was put to use.", "", "Riverside residents"),
    ]


def test_the_name_is_the_public_one_of_then_and_never_a_drafted_one(clock: Any, residents: Segment) -> None:
    clock.shift(timedelta(days=1))
    publish(residents, public_name="People by the river")
    assert told() == [
        "“Riverside residents” was changed, and is called “People by the river” since.",
        "“Riverside residents” was put to use.",
    ]
    clock.shift(timedelta(days=1))
    unpublish(residents)
    assert told()[0] == "“People by the river” is no longer used."
    clock.shift(timedelta(days=1))
    draft = again(residents)
    draft.public_name = "Secret plans"
    draft.save()  # the row of what is not live follows its draft
    draft.save_revision()
    assert told()[0] == "“People by the river” is no longer used."
    assert not [change for change in changes() if "Secret" in repr(change)]


def test_of_what_was_logged_without_a_name_only_a_name_that_is_public_now_is_told(
    clock: Any, residents: Segment
) -> None:
    ModelLogEntry.objects.update(data={})
    assert told() == ["“Riverside residents” was put to use."]
    clock.shift(timedelta(days=1))
    unpublish(residents)
    clock.shift(timedelta(days=1))
    draft = again(residents)
    draft.public_name = "Secret plans"
    draft.save()
    draft.save_revision()
    assert told() == ["A group is no longer used.", "A group was put to use."]


def test_a_scheduled_publication_is_told_by_its_name_when_it_happens(clock: Any, residents: Segment) -> None:
    clock.shift(timedelta(days=1))
    planned = again(residents)
    planned.public_name, planned.go_live_at = "People by the river", START + timedelta(days=2)
    planned.save_revision().publish()
    assert told() == ["“Riverside residents” was put to use."]
    clock.shift(timedelta(days=2))
    call_command("publish_scheduled")
    assert told()[0] == "“Riverside residents” was changed, and is called “People by the river” since."


def test_another_name_is_told_even_within_minutes(clock: Any, residents: Segment) -> None:
    clock.shift(timedelta(minutes=2))
    publish(residents, public_name="People by the river")
    assert told() == [
        "“Riverside residents” was changed, and is called “People by the river” since.",
        "“Riverside residents” was put to use.",
    ]


def test_a_name_that_came_later_is_not_told_of_earlier_days(clock: Any) -> None:
    segment = make_published("abroad", LocationRule(countries=["FR"]), name="Frogs", public_name="")
    clock.shift(timedelta(days=1))
    publish(segment, public_name="People in France")
    assert told() == ["“People in France” was changed.", "A group was put to use."]


def test_what_goes_on_for_longer_than_ten_minutes_is_told_as_several_changes(clock: Any, residents: Segment) -> None:
    clock.shift(timedelta(days=1))
    for _time in range(6):
        publish(residents)
        clock.shift(timedelta(minutes=8))
    assert told() == ["“Riverside residents” was changed."] * 3 + ["“Riverside residents” was put to use."]
    assert [change.when - START - timedelta(days=1) for change in changes()[:3]] == [
        timedelta(minutes=40),
        timedelta(minutes=24),
        timedelta(minutes=8),
    ]


def test_a_change_soon_after_the_beginning_is_told(clock: Any, residents: Segment) -> None:
    clock.shift(timedelta(minutes=8))
    publish(residents)
    assert [(change.what, change.when) for change in changes()] == [
        ("“Riverside residents” was put to use.", START + timedelta(minutes=8)),
    ]
    clock.shift(timedelta(minutes=8))
    publish(residents)
    assert told() == ["“Riverside residents” was changed.", "“Riverside residents” was put to use."]


def test_a_group_without_a_public_name_goes_by_its_one_sentence_and_never_by_the_editors_name(clock: Any) -> None:
    segment = make_published("abroad", LocationRule(countries=["FR"]), name="Frogs", public_name="")
    assert told() == ["“People who seem to be in France” was put to use."]
    clock.shift(timedelta(days=1))
    unpublish(segment)
    assert told() == ["A group is no longer used.", "A group was put to use."]
    assert "Frogs" in ModelLogEntry.objects.latest("timestamp").label  # it was there to be told


def test_nobody_who_works_on_the_site_is_named(clock: Any, residents: Segment) -> None:
    editor = User.objects.create_user("ada", first_name="Ada", last_name="Lovelace")
    clock.shift(timedelta(days=1))
    again(residents).save_revision(user=editor).publish(user=editor, skip_permission_checks=True)
    assert ModelLogEntry.objects.filter(user=editor).exists()
    assert not [change for change in changes() if "ada" in repr(change).lower()]


def test_two_publications_within_minutes_are_one_change(clock: Any, residents: Segment) -> None:
    clock.shift(timedelta(minutes=5))
    publish(residents)
    clock.shift(timedelta(minutes=5))
    publish(residents)
    assert told() == ["“Riverside residents” was put to use."]
    clock.shift(timedelta(days=1))
    publish(residents)
    clock.shift(timedelta(minutes=9))
    publish(residents)
    assert told() == ["“Riverside residents” was changed.", "“Riverside residents” was put to use."]
    assert changes()[0].when == START + timedelta(days=1, minutes=19)


def test_the_pause_of_everything_is_told_but_not_as_something_of_one_group(clock: Any, residents: Segment) -> None:
    clock.shift(timedelta(days=1))
    compiling.pause(by="Ada")
    clock.shift(timedelta(hours=1))
    compiling.resume()
    assert told()[:2] == ["The pause of everything ended.", "Everything was paused."]
    assert told("riverside") == ["“Riverside residents” was put to use."]


def test_each_group_has_its_own_and_the_limit_counts_the_newest(clock: Any, residents: Segment) -> None:
    clock.shift(timedelta(days=1))
    make_published("hilltop", LocationRule(cities=["Hilltop"]))
    assert told("hilltop") == ["“Public name of hilltop” was put to use."]
    assert told("riverside") == ["“Riverside residents” was put to use."]
    assert [change.slug for change in changes(limit=1)] == ["hilltop"]


def test_what_was_live_before_the_log_began_was_changed_and_not_put_to_use(clock: Any, residents: Segment) -> None:
    ModelLogEntry.objects.all().delete()
    clock.shift(timedelta(days=400))
    publish(residents)
    assert told() == ["“Riverside residents” was changed."]


def test_many_changes_cost_no_more_queries_than_one(clock: Any, residents: Segment) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            changes()
        return len(asked)

    changes()  # content types are read once
    one = queries()
    for _day in range(20):
        clock.shift(timedelta(days=1))
        publish(residents)
    assert queries() == one == 2
    assert len(changes()) == 21
