"""What an import changes, for people to read before and after."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.translation import gettext

from .documents import to_text


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one segment or intent. `lines` is a unified diff of its entry in the file; none if unchanged.

    `before` and `after` are the objects with that content, for whoever tells it in words; `before` is None if it is
    new. Rows that they point at may be taken back with a dry run.
    """

    kind: Literal["intent", "segment"]
    slug: str
    what: Literal["new", "changed", "unchanged"]
    lines: tuple[str, ...] = ()
    before: Any = field(default=None, compare=False, repr=False)
    after: Any = field(default=None, compare=False, repr=False)


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """From one document to the other: a change for each entry of `after`, intents first, in its order.

    What only `before` has is not mentioned, since an import takes nothing away.
    """
    return [
        *_changes("intent", before["intents"], after["intents"]),
        *_changes("segment", before["segments"], after["segments"]),
    ]


def _changes(
    kind: Literal["intent", "segment"], before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> list[Change]:
    old = {entry["slug"]: entry for entry in before}
    return [_change(kind, old.get(entry["slug"]), entry) for entry in after]


def _change(kind: Literal["intent", "segment"], old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> Change:
    slug = str(new["slug"])
    if old == new:
        return Change(kind, slug, "unchanged")
    lines = difflib.unified_diff(
        to_text(old).splitlines() if old else [],
        to_text(new).splitlines(),
        f"{slug} ({gettext('on this site')})",
        f"{slug} ({gettext('in the file')})",
        lineterm="",
    )
    return Change(kind, slug, "changed" if old else "new", tuple(lines))
