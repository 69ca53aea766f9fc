"""Find the personalised blocks in a stream as it stands in the database, without its block types.

What is counted names versions by their ids. Where these stand is found here, in raw JSON: to expand every stream of a
site for it would ask the database for each thing that the content refers to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PARTS = frozenset({"variants", "default", "nothing_for_others"})  # of a personalised block

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a block, for the segments with these primary keys. `id` is "" where the content has none."""

    id: str
    segments: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PersonalisedContent:
    """A personalised block: the names of the blocks that lead to it, the outermost first, and its versions in order."""

    path: Path
    versions: tuple[Version, ...]


def personalised_in(raw: Any, path: Path = ()) -> Iterator[PersonalisedContent]:
    """The personalised blocks with versions in raw JSON, nested ones after the one that holds them. Never raises."""
    if isinstance(raw, Mapping):
        if is_personalised(raw):
            yield from _of_personalised(raw, path)
        elif isinstance(name := raw.get("type"), str) and "value" in raw:
            # A child of a stream, or an item of a list, whose type says nothing.
            yield from personalised_in(raw["value"], path if name == "item" else (*path, name))
        else:
            for name, value in raw.items():
                yield from personalised_in(value, (*path, str(name)))
    elif isinstance(raw, Sequence) and not isinstance(raw, str | bytes):
        for item in raw:
            yield from personalised_in(item, path)


def is_personalised(raw: Mapping[str, Any]) -> bool:
    """Whether raw JSON is that of a personalised block."""
    variants = raw.get("variants")
    return set(raw) <= PARTS and isinstance(variants, list) and all(map(_is_variant, variants))


def _is_variant(item: Any) -> bool:
    return isinstance(item, Mapping) and item.get("type") == "variant" and isinstance(item.get("value"), Mapping)


def _of_personalised(raw: Mapping[str, Any], path: Path) -> Iterator[PersonalisedContent]:
    variants = raw["variants"]
    if variants:
        versions = (Version(_id(variant), tuple(_segments(variant["value"].get("segments")))) for variant in variants)
        yield PersonalisedContent(path, tuple(versions))
    for variant in variants:
        yield from personalised_in(variant["value"].get("content"), path)
    yield from personalised_in(raw.get("default"), path)


def _id(variant: Mapping[str, Any]) -> str:
    given = variant.get("id")
    return given if isinstance(given, str) else ""


def _segments(raw: Any) -> Iterator[int]:
    """Primary keys, as Wagtail writes the items of a list or bare."""
    for item in raw if isinstance(raw, list) else []:
        key = item.get("value") if isinstance(item, Mapping) and item.get("type") == "item" else item
        if isinstance(key, int) and not isinstance(key, bool):
            yield key
