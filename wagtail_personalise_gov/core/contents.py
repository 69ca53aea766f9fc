"""Read personalised blocks as they stand in the database, and find them in a stream without its block types.

What is counted names versions by their ids. Where these stand is found here, in raw JSON: to expand every stream of a
site for it would ask the database for each thing that the content refers to. What visitors get is read by the same
functions, so that nothing is shown which the reports do not know of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

PARTS = frozenset({"variants", "default", "nothing_for_others"})  # of a personalised block
SCALARS = (str, bytes, int, float)

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a block, for the segments with these primary keys. `id` is "" where the content has none."""

    id: str
    segments: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PersonalisedContent:
    """A personalised block: the names of the blocks that lead to it, the outermost first, and its versions in order.

    `place` leads to it as Wagtail's links to a part of a form do: by names, and by ids where there may be several. It
    ends where the content has no id. `nothing_for_others`: who gets no version sees nothing there.
    """

    path: Path
    versions: tuple[Version, ...]
    place: Path = field(default=(), compare=False)
    nothing_for_others: bool = False


def personalised_in(raw: Any, path: Path = (), place: Path = ()) -> Iterator[PersonalisedContent]:
    """The personalised blocks with versions in raw JSON, nested ones after the one that holds them. Never raises."""
    if raw is None or isinstance(raw, SCALARS):  # most of what there is, so it is asked first
        return
    if _is_mapping(raw):
        if is_personalised(raw):
            yield from _of_personalised(raw, path, place)
        elif isinstance(name := raw.get("type"), str) and "value" in raw:
            # A child of a stream, or an item of a list, whose type says nothing.
            yield from personalised_in(raw["value"], path if name == "item" else (*path, name), (*place, id_of(raw)))
        else:
            for name, value in raw.items():
                yield from personalised_in(value, (*path, str(name)), (*place, str(name)))
    elif isinstance(raw, Sequence):
        for item in raw:
            yield from personalised_in(item, path, place)


def is_personalised(raw: Mapping[str, Any]) -> bool:
    """Whether raw JSON of which nothing else is known is that of a personalised block: a site may have a block of its
    own with a part called "variants"."""
    variants = raw.get("variants")
    return isinstance(variants, list) and has_its_parts(raw) and (not variants or any(map(_is_variant, variants)))


def has_its_parts(raw: Any) -> bool:
    """Whether the raw JSON of a personalised block is in its form: else it is content saved before it was wrapped."""
    return _is_mapping(raw) and bool(raw) and raw.keys() <= PARTS


def variants_in(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The versions of a personalised block, as raw JSON. What is null or malformed is left out."""
    variants = raw.get("variants")
    return [variant for variant in variants if _is_variant(variant)] if isinstance(variants, list) else []


def _is_variant(item: Any) -> bool:
    return _is_mapping(item) and item.get("type") == "variant" and _is_mapping(item.get("value"))


def _is_mapping(raw: Any) -> bool:
    return isinstance(raw, dict) or isinstance(raw, Mapping)  # noqa: SIM101  the first is quick, the second complete


def segments_in(variant: Mapping[str, Any]) -> tuple[int, ...]:
    """The primary keys of the segments that a version is for, those that `variants_in` gave."""
    items = variant["value"].get("segments")
    return tuple([key for item in items if (key := key_of(item)) is not None]) if isinstance(items, list) else ()


def key_of(item: Any) -> int | None:
    """The primary key of the segment in an item of a list; None for anything else, and for true or false."""
    key = value_of(item)
    return key if isinstance(key, int) and not isinstance(key, bool) else None


def value_of(item: Any) -> Any:
    """What an item of a list holds, as Wagtail reads it: one without an id is bare, and is the value itself."""
    is_item = isinstance(item, dict) and item.get("type") == "item" and "id" in item and "value" in item
    return item["value"] if is_item else item


def _of_personalised(raw: Mapping[str, Any], path: Path, place: Path) -> Iterator[PersonalisedContent]:
    variants = variants_in(raw)
    if variants:
        versions = tuple(Version(id_of(variant), segments_in(variant)) for variant in variants)
        yield PersonalisedContent(path, versions, known(place), bool(raw.get("nothing_for_others")))
    for variant in variants:
        inner = (*place, "variants", id_of(variant), "content")
        yield from personalised_in(variant["value"].get("content"), path, inner)
    yield from personalised_in(raw.get("default"), path, (*place, "default"))


def known(place: Path) -> Path:
    """As much of a place as has ids."""
    return place[: place.index("")] if "" in place else place


def id_of(child: Mapping[str, Any]) -> str:
    """The id of a child of a stream; "" where it has none."""
    given = child.get("id")
    return given if isinstance(given, str) else ""
