"""Find the personalised blocks in a stream as it stands in the database, without its block types.

What is counted names versions by their ids. Where these stand is found here, in raw JSON: to expand every stream of a
site for it would ask the database for each thing that the content refers to.
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
    if isinstance(raw, dict) or isinstance(raw, Mapping):  # noqa: SIM101  the first is quick, the second complete
        if is_personalised(raw):
            yield from _of_personalised(raw, path, place)
        elif isinstance(name := raw.get("type"), str) and "value" in raw:
            # A child of a stream, or an item of a list, whose type says nothing.
            yield from personalised_in(raw["value"], path if name == "item" else (*path, name), (*place, _id(raw)))
        else:
            for name, value in raw.items():
                yield from personalised_in(value, (*path, str(name)), (*place, str(name)))
    elif isinstance(raw, Sequence):
        for item in raw:
            yield from personalised_in(item, path, place)


def is_personalised(raw: Mapping[str, Any]) -> bool:
    """Whether raw JSON is that of a personalised block."""
    variants = raw.get("variants")
    return variants is not None and set(raw) <= PARTS and isinstance(variants, list) and all(map(_is_variant, variants))


def _is_variant(item: Any) -> bool:
    return isinstance(item, Mapping) and item.get("type") == "variant" and isinstance(item.get("value"), Mapping)


def _of_personalised(raw: Mapping[str, Any], path: Path, place: Path) -> Iterator[PersonalisedContent]:
    variants = raw["variants"]
    if variants:
        versions = (Version(_id(variant), tuple(_segments(variant["value"].get("segments")))) for variant in variants)
        yield PersonalisedContent(path, tuple(versions), known(place), raw.get("nothing_for_others") is True)
    for variant in variants:
        yield from personalised_in(variant["value"].get("content"), path, (*place, "variants", _id(variant), "content"))
    yield from personalised_in(raw.get("default"), path, (*place, "default"))


def known(place: Path) -> Path:
    """As much of a place as has ids."""
    return place[: place.index("")] if "" in place else place


def _id(child: Mapping[str, Any]) -> str:
    given = child.get("id")
    return given if isinstance(given, str) else ""


def _segments(raw: Any) -> Iterator[int]:
    """Primary keys, as Wagtail writes the items of a list or bare."""
    for item in raw if isinstance(raw, list) else []:
        key = item.get("value") if isinstance(item, Mapping) and item.get("type") == "item" else item
        if isinstance(key, int) and not isinstance(key, bool):
            yield key
