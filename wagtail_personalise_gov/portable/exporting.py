"""Segments, and the intents that they ask about, as one document: the same for the same content, byte for byte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext

from ..models import ExampleVisit, Intent, Rule, Segment
from ..models.missing import missing_rule_types
from ..models.segments import SegmentQuerySet
from .checking import EXAMPLE_FIELDS, EXAMPLES
from .circles import all_asked_by
from .documents import FORMAT, VERSION, Problems, SegmentFileError, nearest
from .values import TYPE, content_fields, content_of, encode

Entry = dict[str, Any]


def export_segments(slugs: Iterable[str] | None = None, *, with_inner: bool = False) -> dict[str, Any]:
    """Every segment and every intent; with `slugs` those segments and the intents that their rules ask about.

    `with_inner`: and the segments that their rules ask about, so that a site which has none of them can take the file.
    Of a live segment it is what visitors get; of another one its latest draft. Raises SegmentFileError for a slug that
    no segment has, and for what a file can't hold.
    """
    wanted = None if slugs is None else list(dict.fromkeys(slugs))
    if wanted is not None and with_inner:
        wanted = all_asked_by(wanted)
    segments = with_rules(Segment.objects.all() if wanted is None else Segment.objects.filter(slug__in=wanted))
    problems = Problems()
    if missing := sorted(set(wanted or ()) - {segment.slug for segment in segments}):
        known = list(Segment.objects.values_list("slug", flat=True))
        for slug in missing:
            problems.add(slug, gettext("There is no segment with this slug.") + nearest(slug, known))
    entries = []
    for segment in segments:
        try:
            entries.append(existing_entry(segment))
        except SegmentFileError as error:
            for problem in error.problems:
                problems.add(gettext("segment “%s”") % segment.slug, problem)
    problems.raise_any()
    intents = with_signals(Intent.objects.all())
    if wanted is not None:
        asked = _with_parents(intents, {pk for segment in segments for pk in _intents_asked(segment)})
        intents = [intent for intent in intents if intent.pk in asked]
    return as_document([intent_entry(intent) for intent in intents], entries)


def as_document(intents: Iterable[Entry], segments: Iterable[Entry]) -> dict[str, Any]:
    """Entries as a document, in an order that no database decides."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "intents": sorted(intents, key=lambda entry: str(entry["slug"])),
        "segments": sorted(segments, key=lambda entry: str(entry["slug"])),
    }


def existing_entry(segment: Segment) -> Entry:
    """A segment as it stands on this site. Raises SegmentFileError for what a file can't hold."""
    return entry_of(segment, shown_or_drafted(segment))


def entry_of(segment: Segment, content: Segment) -> Entry:
    """A segment with that content of it which `shown_or_drafted` gives. Raises SegmentFileError as above."""
    if missing := content.missing_rule_types:
        raise SegmentFileError(
            [
                gettext(
                    "It has rules whose type is not installed: %s. Install their app, or let an editor decide to go on "
                    "without them."
                )
                % ", ".join(missing)
            ]
        )
    # By the slug of its row everything else knows it; a draft may be about to change it.
    entry = segment_entry(content, slug=segment.slug, live=segment.live)
    examples = [example_entry(example) for example in segment.examples.all()]
    return {**entry, EXAMPLES: examples} if examples else entry


def example_entry(example: ExampleVisit) -> Entry:
    """An example visit, which belongs to the segment whatever its content is."""
    return {name: encode(example._meta.get_field(name), example) for name in EXAMPLE_FIELDS}


def shown_or_drafted(segment: Segment) -> Segment:
    """The segment as visitors get it if it is live, else as its latest draft is."""
    if segment.live:
        return segment
    draft: Segment = segment.get_latest_revision_as_object()
    return draft


def segment_entry(content: Segment, *, slug: str, live: bool) -> Entry:
    """A segment with this content, saved or not. Raises SegmentFileError for what a file can't hold."""
    return {
        **content_of(content),
        "slug": slug,
        "live": live,
        "rules": [rule_entry(rule) for rule in rules_in_order(content)],
    }


def rules_in_order(content: Segment) -> Iterator[Rule]:
    """By type, and within a type as the editor ordered them."""
    for relation in sorted(Segment.rule_relations(), key=lambda relation: str(relation.related_model._meta.label)):
        yield from in_order(getattr(content, relation.get_accessor_name()).all())


def in_order(rows: Iterable[Any]) -> list[Any]:
    """Children in the editor's order. One without a place comes last, as it does in the form."""
    return sorted(rows, key=lambda row: (row.sort_order is None, row.sort_order or 0))


def rule_entry(rule: Rule) -> Entry:
    return {TYPE: rule._meta.label, **content_of(rule)}


def intent_entry(intent: Intent) -> Entry:
    return {**content_of(intent), "signals": [content_of(signal) for signal in in_order(intent.signals.all())]}


def with_rules(segments: SegmentQuerySet) -> list[Segment]:
    """These segments with their rules, what those ask about, and the types of rules that are not installed."""
    found = list(segments.select_related("latest_revision").with_rules().prefetch_related("examples"))
    missing = missing_rule_types([segment.pk for segment in found])
    for segment in found:
        segment.missing_rule_types = missing.get(segment.pk, [])
    return found


def with_signals(intents: QuerySet[Intent]) -> list[Intent]:
    return list(intents.select_related("parent").prefetch_related("signals__page"))


def _intents_asked(segment: Segment) -> Iterator[int]:
    for rule in rules_in_order(shown_or_drafted(segment)):
        for field in content_fields(type(rule)):
            if field.is_relation and issubclass(field.related_model, Intent) and (pk := getattr(rule, field.attname)):
                yield pk


def _with_parents(intents: Iterable[Intent], asked: set[int]) -> set[int]:
    parents = {intent.pk: intent.parent_id for intent in intents}
    waiting, found = list(asked), set()
    while waiting:
        pk = waiting.pop()
        if pk not in found:
            found.add(pk)
            waiting += [parent for parent in [parents.get(pk)] if parent]
    return found
