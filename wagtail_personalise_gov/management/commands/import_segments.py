"""Segments of a file into this site."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...portable import SegmentFileError, from_text, import_segments
from ...visit.simulation import problem_of_visit


class Command(BaseCommand):
    help = "Make this site's segments and intents what a file of export_segments says; those it does not name stay."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the file; - is standard input")
        parser.add_argument("--dry-run", action="store_true", help="write nothing, and print what would change")

    def handle(self, *args: Any, file: str, dry_run: bool, **options: Any) -> None:
        try:
            text = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        except OSError as error:
            raise CommandError(f"{file} can't be read: {error}") from error
        try:
            changes = import_segments(from_text(text), dry_run=dry_run, problem_of_visit=problem_of_visit)
        except SegmentFileError as error:
            raise CommandError(f"Nothing was written. {_counted(len(error.problems))}:\n{error}") from error
        for change in changes:
            self.stdout.write(f"{change.kind} {change.slug}: {change.what}")
            if dry_run and change.lines:
                self.stdout.write("\n".join(change.lines) + "\n")
        if dry_run:
            self.stdout.write("This was a dry run: nothing was written.")


def _counted(problems: int) -> str:
    return "1 problem" if problems == 1 else f"{problems} problems"
