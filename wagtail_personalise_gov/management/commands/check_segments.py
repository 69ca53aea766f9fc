"""Run the example visits of segments: for deployments and nightly jobs, which must notice when a segment changed."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import translation

from ...compiling import ruleset_with
from ...editor.segments.drafts import as_drafted
from ...editor.trying.examples import Ran, examples_of, run
from ...editor.trying.traces import Trace, traces
from ...models import Segment
from ...models.inner import make_ready
from ...visit.simulation import Addresses, default_host
from ..answering import WRONG_USE, AnsweringCommand

FAILED = 1


class Command(AnsweringCommand):
    help = (
        "Try the example visits of all live segments, and name those that do not come out as expected, with every "
        "rule's own answer. Ends with 0 if all do, 1 if some do not, 3 if the question can't be put. Examples that say "
        "no date and time are tried as of now."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--segment",
            action="append",
            default=[],
            metavar="SLUG",
            help="only this segment; may be given several times",
        )
        parser.add_argument(
            "--drafts",
            action="store_true",
            help="as the segments would be if their latest drafts were published, those that are not live included",
        )
        parser.add_argument("--format", choices=["text", "json"], default="text", help="default: %(default)s")

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override(None if options["format"] == "text" else "en"):
            try:
                segments = chosen(options["segment"], drafts=options["drafts"])
                ran = run_all(segments)
                write = as_json if options["format"] == "json" else as_text
                self.stdout.write(write(ran))
            except CommandError:
                raise
            except Exception as error:  # whatever it is, it must not end with the code of an answer
                message = f"The examples can't be tried ({type(error).__name__}: {error})."
                raise CommandError(message, returncode=WRONG_USE) from error
        if any(not one.passed for _segment, tried in ran for one in tried):
            sys.exit(FAILED)


def chosen(slugs: Sequence[str], *, drafts: bool) -> list[Segment]:
    """The segments to be tried, by slug, as they are to be tried. Raises CommandError for one that can't be."""
    segments = Segment.objects.filter(archived=False) if drafts else Segment.objects.live_for_visitors()
    if slugs:
        known = set(segments.filter(slug__in=slugs).values_list("slug", flat=True))
        for slug in slugs:
            if slug not in known:
                there = Segment.objects.filter(slug=slug).exists()
                raise CommandError(
                    f"Segment {slug!r} is not live. Try its draft with --drafts."
                    if there and not drafts
                    else f"There is no segment {slug!r}, or it is archived.",
                    returncode=WRONG_USE,
                )
        segments = segments.filter(slug__in=slugs)
    found = list(segments.filter(examples__isnull=False).distinct().with_rules().order_by("slug"))
    return as_drafted(found) if drafts else make_ready(found)


def run_all(segments: Sequence[Segment]) -> list[tuple[Segment, list[Ran]]]:
    """Each segment with its examples, all against one ruleset."""
    ruleset, kept, host, addresses = ruleset_with(segments), examples_of(segments), default_host(), Addresses()
    return [(segment, run(ruleset, segment, kept[segment.pk], host, addresses)) for segment in segments]


def why(segment: Segment, ran: Ran) -> Trace | None:
    """The rules of a segment, each with its answer; None where the example could not be tried."""
    return traces(ran.visit, [segment])[0] if ran.visit is not None else None


def as_text(ran: list[tuple[Segment, list[Ran]]]) -> str:
    lines = []
    for segment, tried in ran:
        for one in tried:
            if one.passed:
                continue
            lines.append(f"{segment.slug}: “{one.example.name}” {one.expected}; {one.got}.")
            trace = why(segment, one)
            for rule in trace.rules if trace else ():
                lines.append(f"  {str(rule.verdict.word).lower()}: {rule.sentence}")
                lines += [f"    {fact.name}: {fact.value} ({fact.source})" for fact in rule.facts]
                lines += [f"    {reason}" for reason in rule.why]
            lines += [f"  ! {note}" for note in (trace.notes if trace else ())]
    total = sum(len(tried) for _segment, tried in ran)
    failed = sum(not one.passed for _segment, tried in ran for one in tried)
    if not total:
        return "No segment has an example."
    examples = "1 example" if total == 1 else f"{total} examples"
    of_segments = "1 segment" if len(ran) == 1 else f"{len(ran)} segments"
    return "\n".join([*lines, f"{examples} of {of_segments}: {total - failed} as expected, {failed} not."])


def as_json(ran: list[tuple[Segment, list[Ran]]]) -> str:
    told = [
        {
            "segment": segment.slug,
            "example": one.example.name,
            "passed": one.passed,
            "expected": one.example.must_match,
            "answer": one.answer,
            **({"problem": one.problem} if one.problem else {}),
            **(
                {}
                if one.passed or (trace := why(segment, one)) is None
                else {
                    "rules": [
                        {"answer": rule.verdict.key, "sentence": rule.sentence, "why": list(rule.why)}
                        for rule in trace.rules
                    ]
                }
            ),
        }
        for segment, tried in ran
        for one in tried
    ]
    return json.dumps({"examples": told}, indent=2, ensure_ascii=False)
