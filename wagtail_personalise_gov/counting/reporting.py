"""The report on what was counted, for one user: the blocks that they may see, and what the totals tell of each.

The admin's pages, their CSV and the API are made of this, so that they say the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from typing import Any

from django.utils import timezone

from ..models import Goal
from ..plugged import log_once_a_minute
from .buffer import flush
from .contents import CountedBlock, StandingBlocks
from .results import COLUMNS, BlockResult, results_of

CSV_COLUMNS = ("where", *COLUMNS)

# A cell that begins so may be run as a formula by a spreadsheet (OWASP, CSV Injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}")


class Report:
    """For the length of a request.

    It is always made of all goals: of fewer, others might be judged on other days, and two reports of the same visits
    up to different days could give away what each withholds.
    """

    def __init__(self, user: Any) -> None:
        self.standing = StandingBlocks(user)
        self.goals = list(Goal.objects.all())

    def results(self, blocks: Iterable[CountedBlock]) -> dict[str, BlockResult]:
        """What the totals tell of these blocks, by their ids. Two queries for all of them."""
        flush_or_log()
        today = timezone.now().astimezone(UTC).date()
        return results_of({block.id: block.version_ids for block in blocks}, self.goals, today)

    def table(self, blocks: Iterable[CountedBlock]) -> list[list[Any]]:
        """The rows for a spreadsheet, under their headings, in the order of CSV_COLUMNS."""
        blocks = list(blocks)
        results = self.results(blocks)
        rows = [{"where": in_words(block), **row} for block in blocks for row in results[block.id].rows()]
        return [list(CSV_COLUMNS), *([harmless(row[column]) for column in CSV_COLUMNS] for row in rows)]


def flush_or_log() -> None:
    """Add what this process has counted and not yet added; the totals can be read without it."""
    try:
        flush()
    except Exception as error:  # a buffer of anybody's
        log_once_a_minute(
            "COUNTING_BUFFER",
            "What was counted last could not be added to the totals (%s: %s).",
            type(error).__name__,
            error,
        )


def in_words(block: CountedBlock) -> str:
    """Where a block stands, in one line."""
    return "; ".join(f"{place.title}: {place.name}" for place in block.places)


def harmless(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula. Numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
