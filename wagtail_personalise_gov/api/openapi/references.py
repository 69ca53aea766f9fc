"""Which schemas a piece of the document needs, those included that these need themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .building import REFERENCE, Piece


def referred_to(piece: Any, schemas: Mapping[str, Piece]) -> list[str]:
    """The names of the schemas to which a piece refers, in order."""
    found: set[str] = set()
    waiting = [piece]
    while waiting:
        for name in _names_in(waiting.pop()):
            if name not in found:
                found.add(name)
                waiting.append(schemas[name])
    return sorted(found)


def _names_in(piece: Any) -> Iterator[str]:
    if isinstance(piece, dict):
        where = piece.get("$ref")
        if isinstance(where, str):
            yield where.removeprefix(REFERENCE)
        piece = list(piece.values())
    if isinstance(piece, list):
        for inner in piece:
            yield from _names_in(inner)
