"""A document into the database: all of it, or nothing.

Everything is checked before a segment is written. What the entries point at must have a row to be pointed at, so new
segments and intents get theirs first; where something is wrong after that, the transaction takes them away again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext
from wagtail.actions.unpublish import UnpublishAction
from wagtail.log_actions import log

from ..models import Intent, Rule, Segment, SegmentRule
from ..models.examples import ExampleVisit
from .checking import EXAMPLES, LIVE, Entry, entries_of
from .circles import circles, nesting
from .differences import Change, difference
from .documents import Problems, SegmentFileError
from .exporting import (
    as_document,
    entry_of,
    intent_entry,
    segment_entry,
    shown_or_drafted,
    with_rules,
    with_signals,
)
from .reading import Reader
from .references import References
from .values import content_fields


def import_segments(
    document: Any, *, user: Any = None, dry_run: bool = False, at_most: int | None = None
) -> list[Change]:
    """Make the segments and intents of this site what a document says; what it does not name stays. What changed.

    With `dry_run` the same is done and taken back. `user` is whom the log names; whether they may is the caller's to
    ask. More than `at_most` changes are refused before they are made, where somebody waits for the answer. Raises
    SegmentFileError, with every problem that was found; then nothing is written.
    """
    with transaction.atomic():
        changes = _Import(document, user, at_most).run()
        if dry_run:
            transaction.set_rollback(True)
    return changes


@dataclass(slots=True)
class _Incoming:
    """A segment or an intent of the file. `new` is what it is to be, and never saved; `row` is its row, if it has one.

    `is_sound` says that `new` is whole, so that it can be compared with what stands on the site.
    """

    entry: Entry
    new: Any
    row: Any = None
    is_sound: bool = False
    is_new: bool = False
    asks: dict[str, str] = field(default_factory=dict)  # slugs of other segments, and the places of the rules

    @property
    def live(self) -> bool:
        return self.entry.values.get(LIVE) is True


class _Import:
    def __init__(self, document: Any, user: Any, at_most: int | None = None) -> None:
        self.user = user
        self.at_most = at_most
        self.problems = Problems()
        self.intents, self.segments = entries_of(document, self.problems)
        self.broken: set[tuple[type[Model], str]] = set()
        self.references = References(self.broken)
        self.reader = Reader(self.references, self.problems)

    def run(self) -> list[Change]:
        before, found_before = self._as_it_stands()
        self._take_intents({entry["slug"]: entry for entry in before["intents"]})
        segments = self._read_segments()
        old = {entry["slug"]: entry for entry in before["segments"]}
        changed = [incoming for incoming in segments if self._is_changed(incoming, old)]
        self._refuse_circles(segments, changed)
        self.problems.raise_any()
        other_examples = [incoming for incoming in segments if _has_other_examples(incoming, old)]
        self._refuse_too_many(len({incoming.entry.slug for incoming in [*changed, *other_examples]}))
        for incoming in changed:
            with _refused_by_the_database(incoming.entry):
                self._write(incoming)
        for incoming in other_examples:
            _write_examples(incoming)
        after, found_after = self._as_it_stands()
        return [
            replace(
                change,
                before=found_before.get((change.kind, change.slug)),
                after=found_after.get((change.kind, change.slug)),
            )
            for change in difference(before, after)
        ]

    def _as_it_stands(self) -> tuple[dict[str, Any], dict[tuple[str, str], Any]]:
        """What the database has of all that the file names: as a document, and as objects by kind and slug."""
        places = {entry.slug: entry.place for entry in self.segments}
        entries = []
        found: dict[tuple[str, str], Any] = {}
        for segment in with_rules(Segment.objects.filter(slug__in=places)):
            content = shown_or_drafted(segment)
            try:
                entries.append(entry_of(segment, content))
                found["segment", segment.slug] = content
            except SegmentFileError as error:
                for problem in error.problems:
                    self.problems.add(places[segment.slug], gettext("On this site: %s") % problem)
        intents = with_signals(Intent.objects.filter(slug__in=[entry.slug for entry in self.intents]))
        found |= {("intent", intent.slug): intent for intent in intents}
        return as_document(map(intent_entry, intents), entries), found

    def _refuse_too_many(self, number: int) -> None:
        if self.at_most is not None and number > self.at_most:
            raise SegmentFileError(
                [
                    gettext(
                        "The file changes %(number)d segments or intents, and at most %(most)d can be changed at once "
                        "here. Export fewer at once, or ask your developers to take it in with the command "
                        "import_segments."
                    )
                    % {"number": number, "most": self.at_most}
                ]
            )

    # Intents

    def _take_intents(self, old: Mapping[str, Any]) -> None:
        """Write what changed. The question has two levels: whether that still holds is seen when all are written."""
        written = []
        for incoming in self._with_rows(self.intents, Intent):
            linked = self.reader.links(incoming.new, incoming.entry)
            signals = [self.reader.part(part, incoming.new) for part in incoming.entry.parts]
            if not (incoming.is_sound and linked and all(signals)):
                continue
            incoming.new.signals = _placed(signals)
            if incoming.is_new or intent_entry(incoming.new) != old.get(incoming.entry.slug):
                written.append(incoming)
        self._refuse_too_many(len(written))
        for incoming in written:
            with _refused_by_the_database(incoming.entry):
                self._write_intent(incoming)
        for incoming in written:
            try:
                Intent.objects.select_related("parent").get(pk=incoming.row.pk).clean()
            except ValidationError as error:
                for message in error.messages:
                    self.problems.add(incoming.entry.place, message)

    def _write_intent(self, incoming: _Incoming) -> None:
        row = incoming.row
        _copy_content(incoming.new, row)
        row.signals = list(incoming.new.signals.all())
        row.save()
        log(row, "wagtail.create" if incoming.is_new else "wagtail.edit", user=self.user, content_changed=True)

    # Segments

    def _read_segments(self) -> list[_Incoming]:
        segments = self._with_rows(self.segments, Segment)
        for incoming in segments:
            entry = incoming.entry
            linked = self.reader.links(incoming.new, entry)
            rules = [self.reader.part(part, incoming.new, finished=incoming.live) for part in entry.parts]
            incoming.is_sound = incoming.is_sound and linked and all(rules)
            _give_rules(incoming.new, _placed(rule for rule in rules if rule))
            for part, rule in zip(entry.parts, rules, strict=True):
                if isinstance(rule, SegmentRule) and rule.other_id:
                    incoming.asks.setdefault(rule.other.slug, part.place)
        return segments

    def _is_changed(self, incoming: _Incoming, old: Mapping[str, Any]) -> bool:
        if not incoming.is_sound:
            return False
        wanted = segment_entry(incoming.new, slug=incoming.entry.slug, live=incoming.live)
        there = {key: value for key, value in old.get(incoming.entry.slug, {}).items() if key != EXAMPLES}
        return incoming.is_new or wanted != there

    def _refuse_circles(self, segments: Iterable[_Incoming], changed: Iterable[_Incoming]) -> None:
        # What a segment asks now does not count where the file says otherwise; of one that stays, its draft counts too.
        leads_to = {**nesting(), **{incoming.entry.slug: set(incoming.asks) for incoming in changed}}
        asks = {incoming.entry.slug: incoming.asks for incoming in segments}
        for circle in circles({slug: set(asked) for slug, asked in asks.items()}, leads_to):
            names = " → ".join(f"“{slug}”" for slug in [*circle, circle[0]])
            place = asks[circle[0]][circle[1] if len(circle) > 1 else circle[0]]
            self.problems.add(
                f"{place}, other",
                gettext("This would go round in a circle: %s. Choose another segment.") % names,
            )

    def _write(self, incoming: _Incoming) -> None:
        """As an editor would: a draft, then published, unpublished, archived or restored as the file says."""
        new, row = incoming.new, incoming.row
        if row.archived and not new.archived:
            row.restore(user=self.user)
        if row.live and not incoming.live:
            UnpublishAction(row, user=self.user).execute(skip_permission_checks=True)
        stays_archived = row.archived
        _copy_content(new, row)
        row.archived = stays_archived
        # A schedule of this site would put off what the file says, or undo it at once. An end yet to come stays.
        row.go_live_at = None
        if row.expire_at and row.expire_at <= timezone.now():
            row.expire_at = None
        rules = new.get_rules()
        if not incoming.live:
            # As in Wagtail the rows of what is not live follow its draft. An unfinished rule has no row to be in.
            _give_rules(row, [rule for rule in rules if _has_all(rule)])
            row.save()
        _give_rules(row, rules)
        action = "wagtail.create" if incoming.is_new else "wagtail.edit"
        revision = row.save_revision(user=self.user, log_action=action, clean=False)
        if incoming.live:
            revision.publish(user=self.user, skip_permission_checks=True)
        if new.archived and not row.archived:
            Segment.objects.get(pk=row.pk).archive(user=self.user)

    # Both

    def _with_rows(self, entries: Sequence[Entry], model: type[Any]) -> list[_Incoming]:
        """The entries with their heads filled in and, where those are sound, each with a row to be pointed at."""
        rows = {row.slug: row for row in model._default_manager.all()}
        self._refuse_too_many(sum(entry.slug not in rows for entry in entries))
        found = []
        for entry in entries:
            incoming = _Incoming(entry, model())
            incoming.is_sound = self.reader.head(
                incoming.new, entry, finished=model is not Segment or entry.values.get(LIVE) is True
            )
            incoming.is_new = entry.slug not in rows
            if not incoming.is_sound:
                self.broken.add((model, entry.slug))
            elif incoming.is_new:
                with _refused_by_the_database(entry):
                    rows[entry.slug] = _first_row(incoming.new)
            incoming.row = rows.get(entry.slug)
            found.append(incoming)
        self.references.know(model, rows)
        return found


def _has_other_examples(incoming: _Incoming, old: Mapping[str, Any]) -> bool:
    """Whether the file says of its example visits what is not so; one that says nothing of them leaves them."""
    examples = incoming.entry.values.get(EXAMPLES)
    return examples is not None and examples != old.get(incoming.entry.slug, {}).get(EXAMPLES, [])


def _write_examples(incoming: _Incoming) -> None:
    ExampleVisit.objects.filter(segment=incoming.row).delete()
    ExampleVisit.objects.bulk_create(
        ExampleVisit(segment=incoming.row, **example) for example in incoming.entry.values[EXAMPLES]
    )


def _first_row(new: Any) -> Any:
    """The row of something new: for a segment a draft without rules.

    No signal is sent: it is only there to be pointed at. When it has its content it is saved again, and is heard of.
    """
    model = type(new)
    row = model()
    _copy_content(new, row)
    if isinstance(row, Segment):
        row.live = row.archived = False
    model._default_manager.bulk_create([row])
    return row


def _copy_content(source: Model, target: Model) -> None:
    for content in content_fields(type(source)):
        setattr(target, content.name, getattr(source, content.name))


def _placed(rows: Iterable[Any]) -> list[Any]:
    """Rows in their order within their type, which is what an editor orders."""
    rows, places = list(rows), Counter[type[Model]]()
    for row in rows:
        row.sort_order = places[type(row)]
        places[type(row)] += 1
    return rows


def _give_rules(segment: Segment, rules: Iterable[Rule]) -> None:
    by_type: dict[type[Model], list[Rule]] = defaultdict(list)
    for rule in rules:
        by_type[type(rule)].append(rule)
    for relation in Segment.rule_relations():
        setattr(segment, relation.get_accessor_name(), by_type[relation.related_model])


def _has_all(rule: Rule) -> bool:
    return all(content.null or getattr(rule, content.attname) is not None for content in content_fields(type(rule)))


@contextmanager
def _refused_by_the_database(entry: Entry) -> Iterator[None]:
    """What only the database knows, such as a constraint of somebody's rule type, as a problem of the file."""
    try:
        yield
    except (IntegrityError, DataError) as error:
        raise SegmentFileError([f"{entry.place}: " + gettext("The database refuses it: %s") % error]) from error
