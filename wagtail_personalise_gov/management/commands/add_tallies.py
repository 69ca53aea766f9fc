"""Daily totals as they stand now: for cron, and for whoever is about to read them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from ...counting.buffer import flush


class Command(BaseCommand):
    help = (
        "Add to the daily totals now what was counted and waits in Redis, where COUNTING_BUFFER is RedisBuffer. "
        "With DatabaseBuffer nothing waits outside the web server's own processes, which add it within 10 seconds."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            added = flush()
        except DatabaseError as error:
            raise CommandError(f"Nothing is lost, but not all could be added now: {error}") from error
        self.stdout.write(f"Added to the daily totals: {added:,}.")
