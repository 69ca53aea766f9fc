"""The shape of a document, looked at before the database is asked anything: what each entry is, and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext

from ..models import Intent, IntentSignal, Rule, Segment
from ..models.examples import MOST_EXAMPLES, ExampleVisit
from .documents import FORMAT, VERSION, Problems, SegmentFileError, nearest, shown
from .places import Place
from .values import TYPE, content_fields, key_of

LIVE = "live"
EXAMPLES = "examples"
EXAMPLE_FIELDS = ("name", "must_match", "visit")
MAX_NAME = ExampleVisit._meta.get_field("name").max_length or 0
PARTS: Mapping[type[Model], str] = {Segment: "rules", Intent: "signals"}
# What may not be left out: a slip here would turn a segment off, or leave it without rules.
REQUIRED: Mapping[type[Model], tuple[str, ...]] = {
    Segment: ("slug", "name", LIVE, "rules"),
    Intent: ("slug", "name", "signals"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One object of the file that stands for a row. `place` is where, for messages.

    One that is not `understood` has keys that nobody knows, so what it lacks may stand under one of them.
    """

    model: type[Model]
    place: Place
    values: Mapping[str, Any]
    parts: tuple[Entry, ...] = ()  # the rules of a segment, the signals of an intent
    understood: bool = True

    @property
    def slug(self) -> str:
        return str(self.values["slug"])

    def says(self) -> Iterator[tuple[Any, Any]]:
        """(field, JSON value) of each field that it names; the others have their defaults."""
        for field in content_fields(self.model):
            if (key := key_of(field)) in self.values:
                yield field, self.values[key]


def entries_of(document: Any, problems: Problems) -> tuple[list[Entry], list[Entry]]:
    """The intents and the segments of a document; those that are no entries at all are left out, with a problem.

    Raises SegmentFileError for a document of another kind.
    """
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise SegmentFileError(
            [gettext("This is not a file of segments: its “format” is not “%s”.") % FORMAT], is_other_file=True
        )
    if document.get("version") != VERSION or isinstance(document["version"], bool):
        raise SegmentFileError(
            [
                gettext("The file is of version %(version)s, and this site reads version %(known)s.")
                % {"version": shown(document.get("version")), "known": VERSION}
            ]
        )
    _refuse_unknown(document, ["format", "version", "intents", "segments"], gettext("the file"), problems)
    return _listed(document, "intents", Intent, problems), _listed(document, "segments", Segment, problems)


def _listed(document: Mapping[str, Any], key: str, model: type[Model], problems: Problems) -> list[Entry]:
    values = document.get(key, [])
    if not isinstance(values, list):
        problems.add(Place().at(key), gettext("%s is not a list.") % shown(values))
        return []
    found: dict[str, Entry] = {}
    for position, value in enumerate(values):
        place = Place().at(key, position)
        if not isinstance(value, dict):
            problems.add(place, gettext("%s is not an object.") % shown(value))
        elif not isinstance(value.get("slug"), str) or not value["slug"]:
            problems.add(place, gettext("It has no slug, which is the name that it is known by. Give it one."))
        elif value["slug"] in found:
            problems.add(place, gettext("The slug “%s” stands in the file twice. Remove one.") % value["slug"])
        else:
            found[value["slug"]] = _entry(model, Place().at(key, position, slug=value["slug"]), value, problems)
    return list(found.values())


def _entry(model: type[Model], place: Place, value: Mapping[str, Any], problems: Problems) -> Entry:
    parts_key = PARTS[model]
    own = [LIVE, EXAMPLES] if model is Segment else []
    _refuse_unknown(value, [*map(key_of, content_fields(model)), *own, parts_key], place, problems)
    for key in REQUIRED[model]:
        if key not in value:
            problems.add(place, gettext("“%s” is missing.") % key)
    parts = value.get(parts_key, [])
    if not isinstance(parts, list):
        problems.add(place.at(parts_key), gettext("%s is not a list.") % shown(parts))
        parts = []
    found = (_part(model, place, (parts_key, position), part, problems) for position, part in enumerate(parts))
    if model is Segment:
        _check_state(place, value, problems)
        _check_examples(place, value.get(EXAMPLES, []), problems)
    return Entry(model, place, value, tuple(part for part in found if part))


def _check_state(place: Place, value: Mapping[str, Any], problems: Problems) -> None:
    if not isinstance(value.get(LIVE, False), bool):
        problems.add(place.at(LIVE), gettext("%s is not true or false.") % shown(value[LIVE]))
    elif value.get(LIVE) and value.get("archived") is True:
        problems.add(place, gettext("It can't be live and archived. Make one of them false."))


def _check_examples(owner: Place, examples: Any, problems: Problems) -> None:
    place = owner.at(EXAMPLES)
    if not isinstance(examples, list):
        problems.add(place, gettext("%s is not a list.") % shown(examples))
        return
    if len(examples) > MOST_EXAMPLES:
        problems.add(place, gettext("There are more than %d. Remove some.") % MOST_EXAMPLES)
    names = set()
    for position, example in enumerate(examples):
        at = owner.at(EXAMPLES, position)
        if not isinstance(example, dict) or set(example) != set(EXAMPLE_FIELDS):
            problems.add(
                at, gettext("%s is not an object with just “name”, “must_match” and “visit”.") % shown(example)
            )
            continue
        name, visit = example["name"], example["visit"]
        if not isinstance(name, str) or not 0 < len(name.strip()) <= MAX_NAME:
            problems.add(at.at("name"), gettext("%s is not a name.") % shown(name))
        elif name in names:
            problems.add(at.at("name"), gettext("The name “%s” stands there twice. Change one.") % name)
        else:
            names.add(name)
        if not isinstance(example["must_match"], bool):
            problems.add(at.at("must_match"), gettext("%s is not true or false.") % shown(example["must_match"]))
        if not is_visit(visit):
            problems.add(at.at("visit"), gettext("%s is not what a visit is written as.") % shown(visit))


def is_visit(value: Any) -> bool:
    """Whether it has the shape that a visit is written in; what it says is looked at by whoever can read visits."""
    return isinstance(value, dict) and all(isinstance(said, str | dict) for said in value.values())


def check_visits(segments: Iterable[Entry], problem_of: Callable[[Any], str], problems: Problems) -> None:
    """Report the visits of examples that are none, as `problem_of` says why. Those of another shape are reported."""
    for segment in segments:
        examples = segment.values.get(EXAMPLES)
        for position, example in enumerate(examples if isinstance(examples, list) else ()):
            visit = example.get("visit") if isinstance(example, dict) else None
            if is_visit(visit) and (problem := problem_of(visit)):
                problems.add(segment.place.at(EXAMPLES, position).at("visit"), problem)


def _part(
    owner: type[Model], place_of_owner: Place, at: tuple[str, int], value: Any, problems: Problems
) -> Entry | None:
    place = place_of_owner.at(*at)
    if not isinstance(value, dict):
        problems.add(place, gettext("%s is not an object.") % shown(value))
        return None
    if owner is Intent:
        return _of_type(IntentSignal, place, value, [], problems)
    label, known = value.get(TYPE), rule_types()
    if not isinstance(label, str) or label not in known:
        problems.add(place, _unknown_type(label, known))
        return None
    return _of_type(known[label], place_of_owner.at(*at, model=known[label]), value, [TYPE], problems)


def _of_type(
    model: type[Model], place: Place, value: Mapping[str, Any], own: list[str], problems: Problems
) -> Entry | None:
    try:
        fields = content_fields(model)
    except SegmentFileError as error:
        problems.add(place, error)
        return None
    understood = _refuse_unknown(value, [*own, *map(key_of, fields)], place, problems)
    return Entry(model, place, value, understood=understood)


def rule_types() -> dict[str, type[Rule]]:
    """Every installed rule type by its label."""
    return {relation.related_model._meta.label: relation.related_model for relation in Segment.rule_relations()}


def _unknown_type(label: Any, known: Collection[str]) -> str:
    if label is None:
        return gettext("It has no “type”, such as “%s”.") % min(known)
    message = gettext("There is no rule type %s. Is its app installed?") % shown(label)
    return message + nearest(label, known)


def _refuse_unknown(value: Mapping[str, Any], known: Collection[str], place: Place | str, problems: Problems) -> bool:
    """Whether all keys are known."""
    unknown = [key for key in value if key not in known]
    for key in unknown:
        problems.add(place, gettext("“%s” is not known here.") % key + nearest(key, known))
    return not unknown
