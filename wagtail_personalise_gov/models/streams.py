"""The streams of a page or snippet: which it has, what stands in them as raw JSON, and how editors know the way there.

Nothing here expands a stream: that would ask the database for each thing that the content refers to.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from django.apps import apps
from django.utils.text import capfirst
from django.utils.translation import get_language
from modelcluster.models import ClusterableModel, get_all_child_relations
from wagtail.blocks import BaseBlock, ListBlock
from wagtail.fields import StreamField

from ..core.contents import Path, PersonalisedContent, personalised_in
from .addresses import PAGE_MODEL


@dataclass(frozen=True, slots=True)
class FoundContent:
    """A personalised block in a stream of an object, or of one of its inline children.

    `place` leads to it in the form: what follows ``#:w:contentpath=`` in a link to that. "" where ids are missing.
    `number`: its place among those of the same name in the object, from 1.
    """

    stream: Any
    content: PersonalisedContent
    place: str = ""
    number: int = 1

    @property
    def name(self) -> str:
        """The way to it in words, with its number where it is not the first of that name."""
        words = way_in_words(self.stream, self.content.path)
        return words if self.number == 1 else f"{words} ({self.number})"


def is_page(model: type[Any]) -> bool:
    return issubclass(model, apps.get_model(PAGE_MODEL))


def streams_of(model: Any) -> tuple[Any, ...]:
    """A model's own streams, without those of inline children."""
    return _streams_of(model)


@cache
def _streams_of(model: Any) -> tuple[Any, ...]:
    return tuple(field for field in model._meta.get_fields() if isinstance(field, StreamField))


def children_of(model: type[Any]) -> dict[str, type[Any]]:
    """The relations of a model to its inline children, by name, and the models of those."""
    if not issubclass(model, ClusterableModel):
        return {}
    return {relation.get_accessor_name(): relation.related_model for relation in get_all_child_relations(model)}


def children_with_streams(model: Any) -> dict[str, type[Any]]:
    """Those of its inline children that have streams, themselves or in children of their own."""
    return _children_with_streams(model)


@cache
def _children_with_streams(model: Any) -> dict[str, type[Any]]:
    return {name: child for name, child in children_of(model).items() if _have_streams(child, {model})}


def _have_streams(model: type[Any], around: set[type[Any]]) -> bool:
    if streams_of(model):
        return True
    around = around | {model}
    return any(_have_streams(child, around) for child in children_of(model).values() if child not in around)


def lookups_of_streams(model: Any) -> tuple[str, ...]:
    """What to prefetch of objects of a model, so that all their streams are there."""
    return _lookups_of_streams(model)


@cache
def _lookups_of_streams(model: Any) -> tuple[str, ...]:
    return tuple(_lookups(model, {model}))


def _lookups(model: type[Any], around: set[type[Any]]) -> Iterator[str]:
    for name, child in children_with_streams(model).items():
        yield name
        if child not in around:
            yield from (f"{name}__{inner}" for inner in _lookups(child, around | {child}))


def personalised_of(instance: Any, roots: Collection[str] | None = None) -> Iterator[FoundContent]:
    """Everything personalised in an object and its inline children, as they stand in memory; or only in these fields
    and relations of it. Makes no query for it, save for children that were not prefetched."""
    return _numbered(_found(type(instance), instance, _of_instance, _children_of_instance, roots))


def personalised_in_revision(model: type[Any], content: Mapping[str, Any]) -> Iterator[FoundContent]:
    """Everything personalised in what a revision of a model holds."""
    return _numbered(_found(model, content, _of_revision, _children_of_revision))


def _numbered(found: Iterable[FoundContent]) -> Iterator[FoundContent]:
    numbers: dict[str, int] = {}
    for one in found:
        words = way_in_words(one.stream, one.content.path)
        number = numbers[words] = numbers.get(words, 0) + 1
        yield one if number == 1 else replace(one, number=number)


def raw_of(stream: Any, instance: Any) -> Any:
    """What a stream of an object holds, as JSON that may be saved. Values from a form too."""
    return stream.stream_block.get_prep_value(stream.value_from_object(instance))


def _found(
    model: type[Any],
    source: Any,
    raw: Callable[[Any, Any], Any],
    children: Callable[[str, Any], list[Any]],
    roots: Collection[str] | None = None,
) -> Iterator[FoundContent]:
    for stream in streams_of(model):
        if roots is not None and stream.name not in roots:
            continue
        for content in personalised_in(raw(stream, source)):
            yield FoundContent(stream, content, ".".join((stream.name, *content.place)))
    for name, child_model in children_with_streams(model).items():
        if roots is not None and name not in roots:
            continue
        for child in children(name, source):
            for found in _found(child_model, child, raw, children):
                yield FoundContent(found.stream, found.content, name)


def _of_instance(stream: Any, instance: Any) -> Any:
    return raw_of(stream, instance)


def _children_of_instance(name: str, instance: Any) -> list[Any]:
    return list(getattr(instance, name).all())


def _of_revision(stream: Any, content: Mapping[str, Any]) -> Any:
    """A revision keeps a stream as text."""
    text = content.get(stream.name)
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return []


def _children_of_revision(name: str, content: Mapping[str, Any]) -> list[Any]:
    rows = content.get(name)
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def way_in_words(stream: Any, path: Path) -> str:
    """How editors know the way to a block: the labels of the field and of the blocks that lead to it."""
    return _way_in_words(stream, path, get_language())


@lru_cache(maxsize=4096)  # thousands of pages have their blocks at a handful of places
def _way_in_words(stream: Any, path: Path, _language: str | None) -> str:
    words = [str(capfirst(stream.verbose_name))]
    block: BaseBlock | None = stream.stream_block
    for name in path:
        block = child_block(block, name)
        words.append(str(block.label or name) if block is not None else name)
    return " → ".join(words)


def child_block(block: Any, name: str) -> Any:
    """The block of that name within another; a list and a personalised block are only ways to what they hold."""
    while block is not None and name not in getattr(block, "child_blocks", {}):
        block = block.child_block if isinstance(block, ListBlock) else getattr(block, "child_blocks", {}).get("default")
    return block.child_blocks[name] if block is not None else None
