"""A document into the database: all of it, or nothing.

Everything is checked before anything is saved. What the entries point at must have a row to be pointed at, so new
segments and intents get theirs first, and no signal tells of these; where something is wrong after that, the
transaction takes them away again. To say what an import would do, its rows are written in that way too (`writing`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from django.db.models import Model
from django.utils.translation import gettext

from ..models import Intent, Segment, SegmentRule
from .checking import EXAMPLES, LIVE, Entry, check_visits, entries_of
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
from .writing import Incoming, copy_content, give_rules, has_all, rehearse, rehearse_examples, save, save_examples


def import_segments(
    document: Any,
    *,
    user: Any = None,
    dry_run: bool = False,
    at_most: int | None = None,
    problem_of_visit: Callable[[Any], str] | None = None,
) -> list[Change]:
    """Make the segments and intents of this site what a document says; what it does not name stays. What changed.

    With `dry_run` it is only rehearsed, as `rehearsed_import` says. `user` is whom the log names; whether they may is
    the caller's to ask. More than `at_most` changes are refused before they are made, where somebody waits for the
    answer. `problem_of_visit` says why the visit of an example is none, which only what stands above can read. Raises
    SegmentFileError, with every problem that was found; then nothing is written.
    """
    if dry_run:
        with rehearsed_import(document, at_most=at_most, problem_of_visit=problem_of_visit) as changes:
            return changes
    with transaction.atomic():
        return _Import(document, user, at_most, problem_of_visit).run(save, save_examples)


@contextmanager
def rehearsed_import(
    document: Any, *, at_most: int | None = None, problem_of_visit: Callable[[Any], str] | None = None
) -> Iterator[list[Change]]:
    """What `import_segments` would change. Within the block the database is as it would be; then that is taken back.

    Nothing is published, logged or told to anybody's signals. Raises SegmentFileError as the import does.
    """
    with transaction.atomic():
        try:
            yield _Import(document, None, at_most, problem_of_visit).run(rehearse, rehearse_examples)
        finally:
            transaction.set_rollback(True)


class _Import:
    def __init__(
        self,
        document: Any,
        user: Any,
        at_most: int | None = None,
        problem_of_visit: Callable[[Any], str] | None = None,
    ) -> None:
        self.user = user
        self.at_most = at_most
        self.problems = Problems()
        self.intents, self.segments = entries_of(document, self.problems)
        if problem_of_visit is not None:
            check_visits(self.segments, problem_of_visit, self.problems)
        self.broken: set[tuple[type[Model], str]] = set()
        self.references = References(self.broken)
        self.reader = Reader(self.references, self.problems)

    def run(self, write: Callable[[Incoming, Any], None], write_examples: Callable[[Incoming], None]) -> list[Change]:
        before, found_before = self._as_it_stands()
        intents = self._read_intents({entry["slug"]: entry for entry in before["intents"]})
        segments = self._read_segments()
        old = {entry["slug"]: entry for entry in before["segments"]}
        changed = [incoming for incoming in segments if self._is_changed(incoming, old)]
        self._refuse_circles(segments, changed)
        self.problems.raise_any()
        other_examples = [incoming for incoming in segments if _has_other_examples(incoming, old)]
        self._refuse_too_many(len({incoming.entry.slug for incoming in [*changed, *other_examples]}))
        for incoming in [*intents, *changed]:
            with _refused_by_the_database(incoming.entry):
                write(incoming, self.user)
        for incoming in other_examples:
            with _refused_by_the_database(incoming.entry):
                write_examples(incoming)
        after, found_after = self._as_it_stands({incoming.entry.slug: incoming for incoming in changed})
        return [
            replace(
                change,
                before=found_before.get((change.kind, change.slug)),
                after=found_after.get((change.kind, change.slug)),
            )
            for change in difference(before, after)
        ]

    def _as_it_stands(
        self, changed: Mapping[str, Incoming] | None = None
    ) -> tuple[dict[str, Any], dict[tuple[str, str], Any]]:
        """What the database has of all that the file names: as a document, and as objects by kind and slug.

        `changed`: the segments that were written, by slug.
        """
        places = {entry.slug: entry.place for entry in self.segments}
        entries = []
        found: dict[tuple[str, str], Any] = {}
        for segment in with_rules(Segment.objects.filter(slug__in=places)):
            content = shown_or_drafted(segment)
            # They belong to the segment and not to its draft, and are read now, before they are others.
            content._prefetched_objects_cache = {**_read(content), "examples": _read(segment)["examples"]}
            if changed and segment.slug in changed and segment.latest_revision is None:
                rules = changed[segment.slug].new.get_rules()
                if not all(map(has_all, rules)):  # those that are not finished stand in no row
                    give_rules(content, rules)
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

    def _read_intents(self, old: Mapping[str, Any]) -> list[Incoming]:
        """Those that change. The question has two levels: whether that still holds is seen when all are written."""
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
        with transaction.atomic():
            for incoming in written:
                with _refused_by_the_database(incoming.entry):
                    rehearse(incoming)
            for incoming in written:
                try:
                    Intent.objects.select_related("parent").get(pk=incoming.row.pk).clean()
                except ValidationError as error:
                    for message in error.messages:
                        self.problems.add(incoming.entry.place, message)
            transaction.set_rollback(True)
        return written

    # Segments

    def _read_segments(self) -> list[Incoming]:
        segments = self._with_rows(self.segments, Segment)
        for incoming in segments:
            entry = incoming.entry
            linked = self.reader.links(incoming.new, entry)
            rules = [self.reader.part(part, incoming.new, finished=incoming.live) for part in entry.parts]
            incoming.is_sound = incoming.is_sound and linked and all(rules)
            give_rules(incoming.new, _placed(rule for rule in rules if rule))
            for part, rule in zip(entry.parts, rules, strict=True):
                if isinstance(rule, SegmentRule) and rule.other_id:
                    incoming.asks.setdefault(rule.other.slug, part.place)
        return segments

    def _is_changed(self, incoming: Incoming, old: Mapping[str, Any]) -> bool:
        if not incoming.is_sound:
            return False
        wanted = segment_entry(incoming.new, slug=incoming.entry.slug, live=incoming.live)
        there = {key: value for key, value in old.get(incoming.entry.slug, {}).items() if key != EXAMPLES}
        return incoming.is_new or wanted != there

    def _refuse_circles(self, segments: Iterable[Incoming], changed: Iterable[Incoming]) -> None:
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

    # Both

    def _with_rows(self, entries: Sequence[Entry], model: type[Any]) -> list[Incoming]:
        """The entries with their heads filled in and, where those are sound, each with a row to be pointed at."""
        rows = {row.slug: row for row in model._default_manager.all()}
        self._refuse_too_many(sum(entry.slug not in rows for entry in entries))
        found = []
        for entry in entries:
            incoming = Incoming(entry, model())
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


def _has_other_examples(incoming: Incoming, old: Mapping[str, Any]) -> bool:
    """Whether the file says of its example visits what is not so; one that says nothing of them leaves them."""
    examples = incoming.entry.values.get(EXAMPLES)
    return examples is not None and examples != old.get(incoming.entry.slug, {}).get(EXAMPLES, [])


def _first_row(new: Any) -> Any:
    """The row of something new: for a segment a draft without rules.

    No signal is sent: it is only there to be pointed at. When it has its content it is saved again, and is heard of.
    """
    model = type(new)
    row = model()
    copy_content(new, row)
    if isinstance(row, Segment):
        row.live = row.archived = False
    model._default_manager.bulk_create([row])
    return row


def _placed(rows: Iterable[Any]) -> list[Any]:
    """Rows in their order within their type, which is what an editor orders."""
    rows, places = list(rows), Counter[type[Model]]()
    for row in rows:
        row.sort_order = places[type(row)]
        places[type(row)] += 1
    return rows


def _read(segment: Segment) -> dict[str, Any]:
    """What was read of it in advance, by the names of relations."""
    return dict(getattr(segment, "_prefetched_objects_cache", {}))


@contextmanager
def _refused_by_the_database(entry: Entry) -> Iterator[None]:
    """What only the database knows, such as a constraint of somebody's rule type, as a problem of the file."""
    try:
        yield
    except (IntegrityError, DataError) as error:
        raise SegmentFileError([f"{entry.place}: " + gettext("The database refuses it: %s") % error]) from error
