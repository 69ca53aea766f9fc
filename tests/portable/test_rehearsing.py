"""What an import would do is told without doing it: nobody hears of what may never be, and it is what is then done."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save
from django.dispatch import Signal
from wagtail.signals import published, unpublished

from wagtail_personalise_gov.editor.exchange.changes import ChangeInWords, in_words
from wagtail_personalise_gov.models import FirstTimeVisitorRule, LocationRule, Segment, SegmentRule
from wagtail_personalise_gov.portable import (
    Change,
    SegmentFileError,
    export_segments,
    import_segments,
    rehearsed_import,
)

from ..factories import make_intent, make_segment
from .conftest import FIRST_TIME, document, everything, intent, rule, segment, take_in
from .examples import empty

IN_RIVERSIDE = rule("LocationRule", cities=["Riverside"])
EXAMPLE = {"name": "One", "must_match": True, "visit": {}}

HEARD: list[Signal] = [published, unpublished, pre_save, post_save, pre_delete, post_delete]


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """What the signals told of, by the names of models."""
    told: list[str] = []

    def listen(sender: Any, **kwargs: Any) -> None:
        told.append(sender.__name__)

    for signal in HEARD:
        signal.connect(listen)
    yield told
    for signal in HEARD:
        signal.disconnect(listen)


def stand() -> None:
    """A site with a segment in each state, and one that asks about another."""
    make_segment("live", FirstTimeVisitorRule(), name="Live", public_name="")
    make_segment("draft", LocationRule(cities=["Hilltop"]), live=False)
    make_segment("archived", FirstTimeVisitorRule()).archive()
    inner = make_segment("inner", FirstTimeVisitorRule())
    make_segment("outer", SegmentRule(other=inner))
    written = make_segment("written", FirstTimeVisitorRule())
    written.owner = "Being written"
    written.save_revision()
    Segment.objects.get(slug="draft").examples.create(**{**EXAMPLE, "name": "Old"})
    make_intent("start")


KINDS: dict[str, Callable[[], dict[str, Any]]] = {
    "new": lambda: document(segment("new", IN_RIVERSIDE, FIRST_TIME, examples=[EXAMPLE])),
    "a new draft": lambda: document(segment("new", IN_RIVERSIDE, live=False)),
    "a draft that is not finished": lambda: document(
        segment("new", rule("VisitIntentRule", intent=None), FIRST_TIME, live=False)
    ),
    "new in the archive": lambda: document(segment("new", FIRST_TIME, live=False, archived=True)),
    "other rules": lambda: document(segment("live", IN_RIVERSIDE, match="any", owner="Web team")),
    "without rules": lambda: document(segment("live")),
    "unpublished": lambda: document(segment("live", FIRST_TIME, live=False)),
    "into the archive": lambda: document(segment("live", FIRST_TIME, live=False, archived=True)),
    "the same": lambda: document(segment("live", FIRST_TIME)),
    "published": lambda: document(segment("draft", IN_RIVERSIDE)),
    "a draft changes": lambda: document(segment("draft", IN_RIVERSIDE, live=False)),
    "from the archive": lambda: document(segment("archived", IN_RIVERSIDE)),
    "set aside": lambda: document(segment("written", IN_RIVERSIDE)),
    "examples of a draft": lambda: document(segment("draft", FIRST_TIME, live=False, examples=[EXAMPLE])),
    "nobody is in the inner one": lambda: document(
        segment("inner", IN_RIVERSIDE, rule("LocationRule", cities=["Riverside"], negated=True)),
        segment("outer", rule("SegmentRule", other="inner"), FIRST_TIME),
    ),
    "one that asks about a new one": lambda: document(
        segment("outer", rule("SegmentRule", other="new")), segment("new", IN_RIVERSIDE, name="Quite new")
    ),
    "one that it asks about is renamed": lambda: document(
        segment("inner", IN_RIVERSIDE, name="Renamed"),
        segment("outer", rule("SegmentRule", other="inner"), FIRST_TIME),
        segment("new", rule("SegmentRule", other="inner"), rule("VisitIntentRule", intent=None), live=False),
    ),
    "intents": lambda: document(
        segment("live", rule("VisitIntentRule", intent="cafe")),
        intents=[
            intent("start", {"kind": "campaign", "text": "spring"}, question_label="Begin"),
            intent("cafe", {"kind": "words", "text": "cafe"}, parent="start"),
        ],
    ),
}


def told(change: Change) -> ChangeInWords:
    return in_words(change)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_told_before_is_what_is_then_done(kind: str, heard: list[str]) -> None:
    stand()
    given = KINDS[kind]()
    before = everything()
    heard.clear()
    with rehearsed_import(given) as rehearsed:
        words = [told(change) for change in rehearsed]
    assert heard == []
    assert everything() == before
    done = take_in(given)
    assert rehearsed == done
    assert words == [told(change) for change in done]


@pytest.mark.usefixtures("filled")
def test_of_every_rule_type_it_is_told_as_it_is_done(heard: list[str]) -> None:
    exported = export_segments()
    empty()
    heard.clear()
    rehearsed = import_segments(exported, dry_run=True)
    assert heard == []
    assert not Segment.objects.exists()
    assert take_in(exported) == rehearsed


def test_nobody_hears_of_an_import_that_is_refused(heard: list[str]) -> None:
    make_intent("start")
    heard.clear()
    with pytest.raises(SegmentFileError):
        take_in(
            document(
                segment("one", FIRST_TIME), segment("two", rule("NoSuchRule")), intents=[intent("start", name="X")]
            )
        )
    assert heard == []


def test_of_an_import_itself_they_hear(heard: list[str]) -> None:
    take_in(document(segment("one", IN_RIVERSIDE), intents=[intent("start")]))
    assert {"Segment", "LocationRule", "Intent"} <= set(heard)
