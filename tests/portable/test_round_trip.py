"""Out of one site and into another: the same segments, and the same file."""

import json
import random
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import models

from wagtail_personalise_gov.models import (
    Intent,
    LocationRule,
    Rule,
    RuleTypeInUse,
    Segment,
    SegmentRule,
    VisitIntentRule,
)
from wagtail_personalise_gov.portable import SegmentFileError, export_segments, from_text, import_segments, to_text
from wagtail_personalise_gov.portable.references import References
from wagtail_personalise_gov.portable.values import decode, encode

from ..factories import make_intent, make_segment
from .conftest import FIRST_TIME, document, everything, rule, segment, take_in
from .examples import EXAMPLES, empty, example_of, fill, rule_types, slug_of, what_is_asked, what_rules_need


@pytest.mark.parametrize("model", rule_types(), ids=lambda model: model._meta.label)
def test_every_installed_rule_type_has_an_example_here(model: type[Rule]) -> None:
    assert model._meta.label in EXAMPLES, "Write one in examples.py, so that its way out and in is tried."


@pytest.mark.usefixtures("filled")
def test_an_emptied_site_gets_the_same_segments_back() -> None:
    before, text = list(what_is_asked()), to_text(export_segments())
    empty()
    assert not list(what_is_asked())
    changes = take_in(from_text(text))
    assert list(what_is_asked()) == before
    assert {change.what for change in changes} == {"new"}


@pytest.mark.usefixtures("filled")
def test_a_second_export_is_the_same_byte_for_byte() -> None:
    text = to_text(export_segments())
    empty()
    take_in(from_text(text))
    assert to_text(export_segments()) == text


@pytest.mark.parametrize("model", rule_types(), ids=lambda model: model._meta.label)
def test_every_field_of_a_rule_comes_back_as_it_was(model: type[Rule]) -> None:
    what_rules_need()
    make_segment("one", example_of(model, negated=True))
    before = values_of(model)
    exported = export_segments()
    empty()
    take_in(exported)
    assert values_of(model) == before


def values_of(model: type[Rule]) -> list[dict[str, Any]]:
    """The fields of the rules of this type. Primary keys of segments and intents are other ones on another site."""
    return [
        {
            field.name: str(getattr(rule, field.name)) if field.is_relation else getattr(rule, field.attname)
            for field in model._meta.concrete_fields
            if field.name != "id" and field.serialize
        }
        for rule in model._default_manager.filter(segment__slug="one")
    ]


@pytest.mark.usefixtures("filled")
def test_taking_in_what_is_there_already_changes_nothing() -> None:
    before = everything()
    changes = take_in(export_segments())
    assert {change.what for change in changes} == {"unchanged"}
    assert everything() == before


@pytest.mark.usefixtures("filled")
def test_a_file_names_nothing_by_a_number_of_the_database() -> None:
    """Far from 1, primary keys would show."""
    text = to_text(export_segments())
    empty()
    Segment.objects.bulk_create([Segment(pk=424242, slug="placeholder", name="To start counting from here")])
    Intent.objects.bulk_create([Intent(pk=434343, slug="placeholder", name="As above")])
    fill()
    again = to_text(export_segments())
    assert "4242" not in again
    assert "4343" not in again
    assert {entry["slug"] for entry in json.loads(again)["segments"]} == {
        *(entry["slug"] for entry in json.loads(text)["segments"]),
        "placeholder",
    }


# What of a segment is its content


def test_of_a_live_segment_it_is_what_visitors_get() -> None:
    one = make_segment("one", LocationRule(cities=["Riverside"]))
    one.name = "As an editor would have it"
    one.wagtail_personalise_gov_locationrule_rules = [LocationRule(cities=["Hilltop"])]
    one.save_revision()
    (entry,) = export_segments()["segments"]
    assert (entry["name"], entry["rules"][0]["cities"]) == ("Name of one", ["Riverside"])


def test_of_a_draft_it_is_its_latest_revision() -> None:
    one = make_segment("one", LocationRule(cities=["Riverside"]), live=False)
    one.wagtail_personalise_gov_locationrule_rules = [LocationRule(cities=["Hilltop"])]
    one.save_revision()
    (entry,) = export_segments()["segments"]
    assert (entry["live"], entry["rules"][0]["cities"]) == (False, ["Hilltop"])


@pytest.mark.usefixtures("filled")
def test_rules_stand_by_type_in_an_order_that_no_language_changes() -> None:
    (entry,) = export_segments(["everything"])["segments"]
    types = [each["type"] for each in entry["rules"]]
    assert types == sorted(model._meta.label for model in rule_types())


def test_rules_of_one_type_keep_the_order_of_the_editor() -> None:
    make_segment("one", *(LocationRule(cities=[city]) for city in ("Zwolle", "Aachen", "Metz")))
    exported = export_segments()
    assert [entry["cities"] for entry in exported["segments"][0]["rules"]] == [["Zwolle"], ["Aachen"], ["Metz"]]
    empty()
    take_in(exported)
    assert [each.cities for each in LocationRule.objects.order_by("sort_order")] == [["Zwolle"], ["Aachen"], ["Metz"]]


def test_a_draft_that_lost_what_it_asks_about_comes_back_unfinished() -> None:
    """A draft may hold what could not be published, and a rule that points at nothing has no row to be in."""
    gone = make_intent("gone")
    one = make_segment("one", live=False)
    one.wagtail_personalise_gov_visitintentrule_rules = [VisitIntentRule(intent=gone)]
    one.save_revision()
    gone.delete()
    text = to_text(export_segments())
    assert json.loads(text)["segments"][0]["rules"][0]["intent"] is None
    empty()
    take_in(from_text(text))
    assert to_text(export_segments()) == text
    assert not VisitIntentRule.objects.exists()


def test_a_draft_is_known_by_the_slug_that_others_know_it_by() -> None:
    one = make_segment("one", live=False)
    one.slug = "two"
    one.save_revision()
    assert [entry["slug"] for entry in export_segments()["segments"]] == ["one"]


# Which segments


@pytest.mark.usefixtures("filled")
def test_some_segments_come_with_the_intents_that_they_ask_about_and_those_above_them() -> None:
    make_intent("unasked")
    exported = export_segments([slug_of(VisitIntentRule), "nobody"])
    assert [entry["slug"] for entry in exported["segments"]] == ["nobody", slug_of(VisitIntentRule)]
    assert [entry["slug"] for entry in exported["intents"]] == ["cafe", "start"]
    assert export_segments(["nobody"])["intents"] == []


@pytest.mark.usefixtures("filled")
def test_all_segments_come_with_all_intents() -> None:
    make_intent("unasked")
    exported = export_segments()
    assert [entry["slug"] for entry in exported["intents"]] == ["cafe", "start", "unasked"]
    assert {"a-draft", "in-the-archive", "everything"} < {entry["slug"] for entry in exported["segments"]}


def test_a_segment_that_is_not_there_is_named_with_one_that_is_near() -> None:
    make_segment("riverside")
    with pytest.raises(SegmentFileError) as error:
        export_segments(["riverside", "riversied", "zzz"])
    assert error.value.problems == (
        "riversied: There is no segment with this slug. Did you mean “riverside”?",
        "zzz: There is no segment with this slug.",
    )


@pytest.mark.parametrize("live", [True, False])
def test_rules_of_a_type_that_is_not_installed_are_not_left_out_in_silence(live: bool) -> None:
    make_segment("one")
    RuleTypeInUse.objects.create(segment=make_segment("two", live=live), rule_type="gone.GoneRule")
    assert export_segments(["one"])
    with pytest.raises(SegmentFileError, match=r"segment “two”: .*not installed: gone\.GoneRule"):
        export_segments()
    # Nor does a file replace them.
    with pytest.raises(SegmentFileError, match=r'segments\[0\] "two": On this site: .*not installed: gone\.GoneRule'):
        import_segments(document(segment("two", FIRST_TIME)))


def test_a_draft_with_rules_that_nobody_can_read_any_more_is_not_exported() -> None:
    one = make_segment("one", live=False)
    revision = one.save_revision()
    revision.content["gone_gonerule_rules"] = [{"pk": None, "segment": one.pk, "negated": False}]
    revision.save()
    with pytest.raises(SegmentFileError, match="not installed: gone_gonerule_rules"):
        export_segments()


# Order


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("turn", ["reversed", 1, 2, 3])
def test_a_file_may_be_in_any_order(turn: Any) -> None:
    for number in range(6):
        previous = Segment.objects.filter(slug=f"chain-{number - 1}").first()
        make_segment(f"chain-{number}", *([SegmentRule(other=previous)] if previous else []))
    text = to_text(export_segments())
    shuffled = json.loads(text)
    for key in ("intents", "segments"):
        if turn == "reversed":
            shuffled[key].reverse()
        else:
            random.Random(turn).shuffle(shuffled[key])
    empty()
    take_in(shuffled)
    assert to_text(export_segments()) == text


def test_what_the_file_does_not_hold_may_stand_on_the_site() -> None:
    make_segment("there")
    make_intent("here-for")
    asks = [rule("SegmentRule", other="there"), rule("VisitIntentRule", intent="here-for")]
    take_in(document(segment("one", *asks)))
    one = Segment.objects.get(slug="one")
    assert one.condition().segments == {"there"}
    assert one.condition().facts == {"visit.intent"}


# Values


@pytest.mark.parametrize(
    "field, value, text",
    [
        (models.DateTimeField(), datetime(2026, 7, 1, 12, tzinfo=UTC), "2026-07-01T12:00:00+00:00"),
        (models.DecimalField(max_digits=5, decimal_places=2), "1.5", "1.50"),
        (models.UUIDField(), "0" * 32, "00000000-0000-0000-0000-000000000000"),
        (models.DurationField(), "1 02:00:00", "1 02:00:00"),
        (models.JSONField(), {"b": 1, "a": [{"d": 1, "c": 2}]}, {"a": [{"c": 2, "d": 1}], "b": 1}),
        (models.IntegerField(), 5, 5),
        (models.FloatField(), 5, 5.0),
        (models.BooleanField(), True, True),
        (models.CharField(null=True), None, None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, models.Field) else "",
)
def test_a_value_of_any_field_goes_out_and_in(field: Any, value: Any, text: Any) -> None:
    field.set_attributes_from_name("it")
    python = field.to_python(value)
    written = encode(field, SimpleNamespace(it=python))
    assert json.dumps(written) == json.dumps(text)
    assert decode(field, written, References(set())) == python
