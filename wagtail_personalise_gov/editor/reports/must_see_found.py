"""Find content that everyone must see in raw JSON, led by the definitions of its blocks; and say who misses it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache, reduce
from operator import or_
from typing import Any

from django.db.models import Q, TextField
from django.db.models.functions import Cast
from modelcluster.models import get_all_child_relations
from wagtail import blocks

from ...core.contents import PARTS, has_its_parts, value_of, variants_in
from ...models import MustSeeMixin
from ...models.streams import children_with_streams, raw_of, streams_of

BETWEEN = frozenset({"item", "content", "default", "variant", "variants"})  # names that say nothing of what they hold
MOST_OF_A_TEXT = 80  # characters


class Standing(Enum):
    """Where content stands, seen from those who must see it."""

    FOR_EVERYONE = auto()
    IN_VERSION = auto()  # others miss it
    REPLACED = auto()  # those who get a version miss it


@dataclass(frozen=True, slots=True)
class FoundMustSee:
    """A block that everyone must see: in which stream, the names that lead to it, its first words, and who sees it."""

    stream: Any
    path: tuple[str, ...]
    place: str
    text: str
    standing: Standing


@dataclass(frozen=True)
class Marks:
    """By which texts content that everyone must see is known in the JSON of a stream."""

    ticks: frozenset[str] = frozenset()  # names of ticks
    names: frozenset[str] = frozenset()  # names of blocks that are vital by their type

    def __bool__(self) -> bool:
        return bool(self.ticks or self.names)

    def __or__(self, other: Marks) -> Marks:
        return Marks(self.ticks | other.ticks, self.names | other.names)


# What to ask the database


def may_hold(model: type[Any]) -> Q | None:
    """A filter for the objects of a model that may hold something everyone must see; None where none can.

    JSON is written with a space after the colon, or by somebody's script without one.
    """
    questions: list[Q] = []
    if issubclass(model, MustSeeMixin):
        questions.append(Q(must_see=True))
    questions += _questions(model)
    questions += _of_children(model, {model})
    return reduce(or_, questions) if questions else None


def _of_children(model: type[Any], around: set[type[Any]]) -> Iterator[Q]:
    children = children_with_streams(model)
    for relation in get_all_child_relations(model) if children else ():
        child = relation.related_model
        if relation.get_accessor_name() not in children:
            continue
        questions = [*_questions(child), *(_of_children(child, around | {child}) if child not in around else ())]
        if questions:
            marked = child._default_manager.alias(**texts_of(child)).filter(reduce(or_, questions))
            yield Q(pk__in=marked.values(relation.field.attname))


def may_be_missed(model: type[Any]) -> Q:
    """A filter for those of them that also have versions. It may let some through that have none."""
    has_versions = [Q(**{f"{name}__contains": '"variant"'}) for name in texts_of(model)]
    if issubclass(model, MustSeeMixin):
        has_versions.append(Q(must_see=True))
    return Q() if children_with_streams(model) else reduce(or_, has_versions, Q(pk__in=[]))


def texts_of(model: type[Any]) -> dict[str, Cast]:
    """What these filters ask about, for ``alias()``."""
    return {
        f"text_of_{stream.name}": Cast(stream.name, TextField()) for stream in streams_of(model) if marks_of(stream)
    }


def _questions(model: type[Any]) -> list[Q]:
    questions = []
    for stream in streams_of(model):
        marks = marks_of(stream)
        wanted = [f'"{tick}":{space}true' for tick in sorted(marks.ticks) for space in (" ", "")]
        wanted += [f'"{name}"' for name in sorted(marks.names)]
        questions += [Q(**{f"text_of_{stream.name}__contains": text}) for text in wanted]
    return questions


@lru_cache(maxsize=256)
def marks_of(stream: Any) -> Marks:
    """Of a field, which is the same for as long as the process lives."""
    return _marks_in(stream.stream_block, "", set())


def _marks_in(block: Any, name: str, seen: set[tuple[int, str]]) -> Marks:
    """`name`: of the block, or of the nearest one around it that has a name of its own."""
    if (id(block), name) in seen:
        return Marks()
    seen.add((id(block), name))
    if getattr(block.meta, "must_see", False):
        return Marks(names=frozenset({name} if name else ()))
    if getattr(block, "ticks_must_see", False):
        return Marks(ticks=frozenset({name}))
    if isinstance(block, blocks.ListBlock):
        return _marks_in(block.child_block, name, seen)
    marks = Marks()
    for child_name, child in getattr(block, "child_blocks", {}).items():
        own = child_name if child_name not in BETWEEN or getattr(child, "ticks_must_see", False) else name
        marks |= _marks_in(child, own, seen)
    return marks


# What stands there


def must_see_of(instance: Any) -> Iterator[FoundMustSee]:
    """Everything in an object, and in its inline children, that everyone must see."""
    for stream in streams_of(type(instance)):
        if marks_of(stream):
            yield from (
                FoundMustSee(stream, step.path, ".".join((stream.name, *step.known())), text, step.standing)
                for step, text in _in(stream.stream_block, raw_of(stream, instance), Step())
            )
    for name in children_with_streams(type(instance)):
        for child in getattr(instance, name).all():
            yield from (
                FoundMustSee(found.stream, found.path, name, found.text, found.standing) for found in must_see_of(child)
            )


@dataclass(frozen=True, slots=True)
class Step:
    """How far the walk has come."""

    path: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    standing: Standing = field(default=Standing.FOR_EVERYONE)

    def to(self, name: str, place: Any, standing: Standing | None = None) -> Step:
        path = self.path if name in BETWEEN else (*self.path, name)
        given = place if isinstance(place, str) else ""
        # What stands in a version stands there however deep.
        worse = self.standing if self.standing is not Standing.FOR_EVERYONE else standing or self.standing
        return Step(path, (*self.place, given), worse)

    def known(self) -> tuple[str, ...]:
        return self.place[: self.place.index("")] if "" in self.place else self.place


def _in(block: Any, raw: Any, step: Step) -> Iterator[tuple[Step, str]]:
    if getattr(block.meta, "must_see", False):
        text = first_text(block, raw)
        if text or not hasattr(block, "child_blocks"):
            yield step, text
        return
    children = getattr(block, "child_blocks", {})
    if isinstance(block, blocks.ListBlock):
        for item in raw if isinstance(raw, list) else []:
            inner = value_of(item)
            yield from _in(block.child_block, inner, step.to("item", "" if inner is item else item["id"]))
    elif isinstance(block, blocks.BaseStreamBlock):
        for item in raw if isinstance(raw, list) else []:
            if isinstance(item, Mapping) and isinstance(item.get("type"), str) and item["type"] in children:
                yield from _in(children[item["type"]], item.get("value"), step.to(item["type"], item.get("id")))
    elif set(children) == PARTS:
        yield from _in_personalised(children, raw, step)
    elif isinstance(raw, Mapping):
        ticked = any(
            getattr(child, "ticks_must_see", False) and raw.get(name) is True for name, child in children.items()
        )
        if ticked:
            yield step, first_text(block, raw)
            return
        for name, child in children.items():
            if name in raw:
                yield from _in(child, raw[name], step.to(name, name))


def _in_personalised(children: Mapping[str, Any], raw: Any, step: Step) -> Iterator[tuple[Step, str]]:
    """Content that was saved before its block was wrapped is the standard version."""
    if not has_its_parts(raw):
        yield from _in(children["default"], raw, step.to("default", "default"))
        return
    content = children["variants"].child_blocks["variant"].child_blocks["content"]
    around = step.to("variants", "variants", Standing.IN_VERSION)
    variants = variants_in(raw)
    for variant in variants:
        inner = around.to("variant", variant.get("id")).to("content", "content")
        yield from _in(content, variant["value"].get("content"), inner)
    replaced = Standing.REPLACED if variants else None
    yield from _in(children["default"], raw.get("default"), step.to("default", "default", replaced))


def first_text(block: Any, raw: Any) -> str:
    """The first words in content, by which an editor knows it; "" where it has none."""
    for text in _texts_in(block, raw):
        if plain := " ".join(re.sub(r"<[^>]+>", " ", text).split()):
            return plain if len(plain) <= MOST_OF_A_TEXT else f"{plain[: MOST_OF_A_TEXT - 1]}…"
    return ""


def _texts_in(block: Any, raw: Any) -> Iterator[str]:
    if isinstance(raw, str):
        if isinstance(block, blocks.CharBlock | blocks.TextBlock | blocks.RichTextBlock):
            yield raw
    elif isinstance(raw, Mapping):
        for name, child in getattr(block, "child_blocks", {}).items():
            yield from _texts_in(child, raw.get(name))
    elif isinstance(raw, Sequence):
        for item in raw:
            if isinstance(item, Mapping) and "value" in item:
                inner = (
                    block.child_block
                    if isinstance(block, blocks.ListBlock)
                    else getattr(block, "child_blocks", {}).get(item.get("type"))
                )
                if inner is not None:
                    yield from _texts_in(inner, item["value"])
