"""What a file of segments changes, in words: to be read by an editor before it is so."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils import formats, timezone
from django.utils.text import capfirst
from django.utils.translation import gettext

from ...models import Segment
from ...models.words import rules_in_words
from ...portable import Change
from ...portable.exporting import example_entry, in_order, rule_entry
from ...portable.values import content_fields, content_of, key_of

# Said apart, in the line about who sees what; and the slug is what the rows are told apart by.
SAID_APART = frozenset({"slug", "archived", "live"})

NEW, GONE = "new", "gone"


@dataclass(frozen=True, slots=True)
class Part:
    """A rule or a signal in words; `mark` says that it comes ("new") or goes ("gone")."""

    text: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Parts:
    """Rules or signals, below the words that join them."""

    beginning: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that changes: what it is called, what it was and what it will be; "" is nothing."""

    label: str
    before: str | Parts
    after: str | Parts


@dataclass(frozen=True, slots=True)
class ChangeInWords:
    change: Change
    name: str
    outcome: str  # who sees what of it then
    rows: tuple[Row, ...]
    warnings: tuple[str, ...]


def in_words(change: Change) -> ChangeInWords:
    """A change, told while the database is as it makes it: within `rehearsed_import`."""
    is_segment = change.kind == "segment"
    return ChangeInWords(
        change,
        str(change.after),
        _outcome(change.before, change.after) if is_segment else gettext("It counts for visitors at once."),
        tuple(_rows(change)),
        tuple(_warnings(change.before, change.after)) if is_segment else (),
    )


def fingerprint(changes: Sequence[Change]) -> str:
    """Equal for equal changes: what is said of them before is then still true."""
    told = [[change.kind, change.slug, change.what, change.lines] for change in changes]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _rows(change: Change) -> Iterator[Row]:
    before, after = change.before, change.after
    old, new = content_of(before) if before else {}, content_of(after)
    for field in content_fields(type(after)):
        if field.name in SAID_APART or (before and old[key_of(field)] == new[key_of(field)]):
            continue
        if before or not _says_nothing(field, after):
            yield Row(capfirst(str(field.verbose_name)), _shown(field, before) if before else "", _shown(field, after))
    yield from _rows_of_parts(before, after)


def _says_nothing(field: Any, row: Any) -> bool:
    """Whether a field of something new is as it would be if nobody had touched it."""
    value = field.value_from_object(row)
    return field.name in {"name", "match"} or value in field.empty_values or value == field.get_default()


def _shown(field: Any, row: Any) -> str:
    """The value of a field as an editor would read it; "" for none."""
    value = field.value_from_object(row)
    if value in field.empty_values:
        return ""
    if field.is_relation:
        return str(getattr(row, field.name))
    if field.flatchoices:
        return str(getattr(row, f"get_{field.name}_display")())
    if isinstance(field, models.BooleanField):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return str(formats.localize(value))


# Rules, signals and examples


@dataclass(frozen=True, slots=True)
class Told:
    """A rule, a signal or an example in words; in full; and as the text that tells it from all others."""

    sentence: str
    in_full: str
    identity: str


def _rows_of_parts(before: Any, after: Any) -> Iterator[Row]:
    label = gettext("Rules") if isinstance(after, Segment) else gettext("What suggests it")
    old, new = _told(before) if before else None, _told(after)
    if old is None or _identities(old) != _identities(new):
        yield _compared(label, old, new, _beginning(before) if before else "", _beginning(after))
    if isinstance(after, Segment):
        old, new = _examples(before) if before else None, _examples(after)
        if new if old is None else _identities(old) != _identities(new):
            yield _compared(gettext("Example visits"), old, new)


def _compared(label: str, old: list[Told] | None, new: list[Told], was: str = "", becomes: str = "") -> Row:
    """Each side with the words that it begins with, and marked where the other side has it not. None: no other side."""
    if old is None:
        return Row(label, "", Parts(becomes, tuple(Part(told.sentence) for told in new)))
    here, there = _identities(old), _identities(new)
    if sorted(here) == sorted(there):
        label = gettext("%s, in another order") % label
    gone, come = _without(old, there), _without(new, here)
    # Two that differ may say the same; then what they hold is told too.
    alike = {told.sentence for told in gone} & {told.sentence for told in come}
    return Row(label, _parts(was, old, gone, GONE, alike), _parts(becomes, new, come, NEW, alike))


def _identities(some: Sequence[Told]) -> list[str]:
    return [told.identity for told in some]


def _told(row: Any) -> list[Told]:
    if isinstance(row, Segment):
        rules = row.get_rules()
        sentences = rules_in_words(rules, row.match == Segment.ANY).sentences
        return [
            Told(sentence, f"{sentence} {_content(rule)}", _as_text(rule_entry(rule)))
            for rule, sentence in zip(rules, sentences, strict=True)
        ]
    return [
        Told(str(signal), f"{signal} {_content(signal)}", _as_text(content_of(signal)))
        for signal in in_order(row.signals.all())
    ]


def _examples(segment: Segment) -> list[Told]:
    told = []
    for example in segment.examples.all():
        said = f"{example}: {example.get_must_match_display()}"
        told.append(Told(said, f"{said} {_as_text(example.visit)}", _as_text(example_entry(example))))
    return told


def _as_text(entry: Mapping[str, Any]) -> str:
    return json.dumps(entry, sort_keys=True)


def _beginning(row: Any) -> str:
    if isinstance(row, Segment):
        return rules_in_words(row.get_rules(), row.match == Segment.ANY).beginning
    return "" if row.signals.all() else gettext("Nothing.")


def _without(some: Sequence[Told], identities: Sequence[str]) -> list[Told]:
    """Those that are not among the identities; each of these stands for one."""
    left = Counter(identities)
    missing = []
    for told in some:
        if left[told.identity] > 0:
            left[told.identity] -= 1
        else:
            missing.append(told)
    return missing


def _parts(beginning: str, some: Sequence[Told], marked: Sequence[Told], mark: str, alike: set[str]) -> str | Parts:
    parts = tuple(
        Part(told.in_full if told.sentence in alike else told.sentence, mark)
        if any(told is each for each in marked)
        else Part(told.sentence)
        for told in some
    )
    return Parts(beginning, parts) if parts or beginning else ""


def _content(child: Any) -> str:
    """What a rule or a signal holds: "[certainty: at least likely; …]"."""
    fields = [
        f"{field.verbose_name}: {shown}"
        for field in content_fields(type(child))
        if field.name != "negated" and (shown := _shown(field, child))
    ]
    return f"[{'; '.join(fields)}]"


# Who sees what


def _outcome(before: Segment | None, after: Segment) -> str:
    """What becomes of a segment for visitors."""
    if after.archived:
        if before and before.archived:
            return gettext("It stays in the archive: nobody is in it.")
        if before and before.live:
            return gettext("It is taken from visitors and goes into the archive: nobody is in it any more.")
        return gettext("It goes into the archive: nobody is in it.")
    if after.live:
        if before is None or not before.live:
            return gettext("It goes live at once.")
        return gettext("It stays live: the changes count for visitors at once.")
    if before and before.live:
        return gettext("It is unpublished: nobody is in it any more.")
    if before and before.archived:
        return gettext("It comes back from the archive, as a draft: nobody is in it until it is published.")
    return gettext("It is a draft: nobody is in it until it is published.")


def _warnings(before: Segment | None, after: Segment) -> Iterator[str]:
    """What an editor should know before they agree."""
    if after.live and (problems := after.problems()):
        yield gettext("Nobody will be in it: %s") % " ".join(problems)
    if before is None:
        return
    if before.live and before.has_unpublished_changes:
        yield gettext("It has unpublished changes on this site. They are set aside, and stay in its history.")
    if before.go_live_at and before.go_live_at > timezone.now():
        yield gettext("On this site it was to go live on %s. That is dropped.") % formats.date_format(
            timezone.localtime(before.go_live_at), "DATETIME_FORMAT"
        )
