"""Segments out of this site, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...portable import SegmentFileError, export_segments, to_text


class Command(BaseCommand):
    help = "Write segments, and the intents that they ask about, as JSON that import_segments reads."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "slugs", nargs="*", metavar="slug", help="the segments; without any, all segments and all intents"
        )
        parser.add_argument("--output", metavar="FILE", help="where to write it (default: standard output)")

    def handle(self, *args: Any, slugs: list[str], output: str | None, **options: Any) -> None:
        try:
            document = export_segments(slugs or None)
        except SegmentFileError as error:
            raise CommandError(f"Nothing was exported.\n{error}") from error
        if output is None:
            self.stdout.write(to_text(document), ending="")
            return
        try:
            Path(output).write_text(to_text(document), encoding="utf-8", newline="\n")
        except OSError as error:
            raise CommandError(f"{output} can't be written: {error}") from error
        self.stdout.write(f"Wrote {len(document['segments'])} segments and {len(document['intents'])} intents.")
