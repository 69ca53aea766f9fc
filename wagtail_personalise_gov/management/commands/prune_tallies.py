"""Daily totals are kept no longer than a site says. For cron, once a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet

from ...conf import SETTINGS, settings
from ...counting.adding import database, old_batches
from ...models import DailyTally

PORTION = 500  # rows deleted by one statement, so that none holds many for long


class Command(BaseCommand):
    help = (
        "Delete daily totals that are older than TALLIES_MAX_AGE_DAYS, by UTC day, and what is no longer needed to add "
        "new ones."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, help="days that are kept (default: TALLIES_MAX_AGE_DAYS)")
        parser.add_argument("--dry-run", action="store_true", help="delete nothing, and print how many it would be")

    def handle(self, *args: Any, days: int | None, dry_run: bool, **options: Any) -> None:
        kept = settings.TALLIES_MAX_AGE_DAYS if days is None else days
        if (problem := SETTINGS["TALLIES_MAX_AGE_DAYS"].check(kept)) is not None:
            raise CommandError(f"--days {kept}: {problem}. Daily totals are kept for at most 25 months, 760 days.")
        first = datetime.now(UTC).date() - timedelta(days=kept)
        rows = (DailyTally.objects.using(database()).filter(day__lt=first), old_batches())
        tallies, batches = (found.count() if dry_run else delete(found) for found in rows)
        verb = "Would delete" if dry_run else "Deleted"
        self.stdout.write(f"{verb} {tallies:,} daily totals from before {first}, and {batches:,} old batch numbers.")


def delete(rows: QuerySet[Any]) -> int:
    """Delete these in portions; how many they were."""
    deleted = 0
    while keys := list(rows.values_list("pk", flat=True)[:PORTION]):
        deleted += rows.model._base_manager.using(rows.db).filter(pk__in=keys).delete()[0]
    return deleted
