"""Case files: conditions as data, with the answers expected of them.

A row of ``tests/cases/*.json`` is [what it shows, condition, facts, answer]. The answer is true, false or null: it
can't be told. A fifth element, where there is one, holds other segments: {slug: condition}. Facts stand as JSON holds
them: a moment as text with its offset from UTC, an address as text, a point as [latitude, longitude, accuracy in km].
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wagtail_personalise_gov.core import facts_json
from wagtail_personalise_gov.core.conditions import Answer, Condition, from_json
from wagtail_personalise_gov.core.facts import Facts

FOLDER = Path(__file__).resolve().parent.parent / "cases"

# The facts whose value JSON can't hold as it is, by the kind of their row. Every other fact is taken as it stands.
KINDS = {"clock.local": "moment", "location.point": "point", "network.ip": "address"}


@dataclass(frozen=True)
class Case:
    """One row: what it shows, and the condition with the facts it is put to and the answer it must get."""

    file: str
    what: str
    condition: Condition
    facts: Facts
    answer: Answer
    segments: dict[str, Condition] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


def cases() -> list[Case]:
    """Every row of every file, the files by name and the rows in their order."""
    return [case for file in sorted(FOLDER.glob("*.json")) for case in rows(file)]


def rows(file: Path) -> list[Case]:
    return [
        Case(
            file.stem,
            what,
            from_json(condition),
            facts_from_json(facts),
            answer,
            {slug: from_json(other) for others in segments for slug, other in others.items()},
        )
        for what, condition, facts, answer, *segments in json.loads(file.read_text("utf-8"))
    ]


def facts_from_json(facts: dict[str, Any]) -> Facts:
    """Facts as a case file holds them, in Python. What is not of its fact's kind stays as it is."""
    return facts_json.facts_from_json(facts, KINDS)
