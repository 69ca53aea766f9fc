"""What Wagtail's API v3 is told of streams with personalised blocks: whose each is, and what a write must hold.

It gives every version to who may edit; its schemas know what they read a stream from, which this asks about. And it
fills up what a block is sent without: the JSON that a visitor gets, `variant` and `content`, it would take for a block
that has neither versions nor a standard version, and empty it. So a stream is looked through before, as part of the
schema by which the API reads its fields: a slip is answered as any other slip of the schema is, with a 422.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from typing import Annotated, Any

from django.apps import apps
from django.utils.translation import gettext
from wagtail import blocks
from wagtail.api import APIField
from wagtail.fields import StreamField

from ..core.contents import PARTS
from ..delivery.representations import OWNER
from ..models import Segment
from .personalised import PersonalisedBlock

VERSION = frozenset({"segments", "content"})  # the parts of a version
MOST = 2**63 - 1  # the largest key that a database can be asked for

told_in_vain = False  # whether there is such an API, and it could not be told in time


class BadWrite(ValueError):
    """JSON that would take something from a personalised block. Says where, and what to send."""

    def __init__(self, place: str, remedy: str) -> None:
        super().__init__(f"{place}: {remedy}")


def tell_wagtail_v3() -> None:
    """Have Wagtail's API v3, where this Wagtail has one, say whose streams it reads, and refuse blocks not whole."""
    global told_in_vain
    told_in_vain = "wagtail.api.v3.registry" in sys.modules  # it made its schemas before
    try:
        from wagtail.api.v3.schemas.generators import create_generator, patch_generator, read_generator

        for generator, told in ((read_generator, _read), (create_generator, _guarded), (patch_generator, _guarded)):
            generator.register_field_schema(StreamField, partial(told, generator.field_schemas[StreamField]))
    except (ImportError, AttributeError, LookupError):  # Wagtail 7.4 has none; and a preview may change
        told_in_vain = find_spec("wagtail.api.v3") is not None


def _read(schema_of: Any, generator: Any, field: Any) -> Any:
    """The schema of a field as Wagtail, or the site, has it; but who reads it is told whose stream it is."""
    annotation, default, resolve = schema_of(generator, field)
    if resolve is None or not holds_personalised(field.stream_block):
        return annotation, default, resolve
    read = resolve.__func__ if isinstance(resolve, staticmethod) else resolve

    def of_owner(owner: Any, context: Any) -> Any:
        return read(owner, {**(context or {}), OWNER: owner})

    return annotation, default, staticmethod(of_owner)


def _guarded(schema_of: Any, generator: Any, field: Any) -> Any:
    """The schema of a field as Wagtail, or the site, has it; and that its personalised blocks are whole."""
    from pydantic import AfterValidator  # comes with the API

    schema = schema_of(generator, field)
    if schema is None or not holds_personalised(field.stream_block):
        return schema
    annotation, default = schema
    return Annotated[annotation, AfterValidator(partial(_checked, field))], default


def _checked(field: Any, stream: Any) -> Any:
    from pydantic_core import PydanticCustomError

    try:
        require_whole(field.stream_block, stream, field.name)
    except BadWrite as error:
        # The text is filled in, so that a brace in it is none of a template.
        raise PydanticCustomError("personalised_block", "{problem}", {"problem": str(error)}) from error
    return stream


def holds_personalised(block: blocks.Block) -> bool:
    """Whether a personalised block stands in this one, at any depth."""
    return isinstance(block, PersonalisedBlock) or any(map(holds_personalised, _inside(block)))


def _inside(block: blocks.Block) -> Iterator[blocks.Block]:
    if isinstance(block, blocks.ListBlock):
        yield block.child_block
    yield from getattr(block, "child_blocks", {}).values()


def require_whole(block: blocks.Block, value: Any, place: str) -> None:
    """Raise BadWrite where a personalised block in JSON, at any depth, lacks a part, or is for a segment unknown.

    JSON that is not in the form of its block is left to Wagtail, which answers for its own blocks.
    """
    keys: dict[int, str] = {}  # of segments, and where each is first named
    for personalised, at in _personalised_in(block, value, place):
        _require_parts(personalised, at)
        ids: set[str | None] = set()
        for position, version in enumerate(personalised["variants"]):
            _require_version(version, f"{at}.variants[{position}]", ids)
            for key in version["value"]["segments"]:
                if key is not None:  # as a segment that is no more is read
                    keys.setdefault(key, f"{at}.variants[{position}]")
    known = Segment.objects.filter(pk__in=[key for key in keys if abs(key) <= MOST]).values_list("pk", flat=True)
    for key in keys.keys() - set(known):
        raise BadWrite(keys[key], gettext("There is no segment %(key)s. Name segments that there are.") % {"key": key})


def _personalised_in(block: blocks.Block, value: Any, place: str) -> Iterator[tuple[Any, str]]:
    """The personalised blocks in JSON, and where each stands; outer ones before what is inside of them."""
    if isinstance(block, PersonalisedBlock):
        yield value, place
    for inner, content, at in _children(block, value, place):
        yield from _personalised_in(inner, content, at)


def _children(block: blocks.Block, value: Any, place: str) -> Iterator[tuple[blocks.Block, Any, str]]:
    """The blocks inside of one, each with its JSON and its place; also those left out that would be emptied for it."""
    if isinstance(block, blocks.BaseStructBlock):
        given = value if isinstance(value, dict) else {}
        for name, inner in block.child_blocks.items():
            if name in given or holds_personalised(inner):
                yield inner, given.get(name), f"{place}.{name}"
    elif isinstance(value, list):
        for position, item in enumerate(value):
            if isinstance(block, blocks.ListBlock):
                yield block.child_block, item, f"{place}[{position}]"
            elif isinstance(block, blocks.BaseStreamBlock) and (inner := _named(block, item)) is not None:
                yield inner, item.get("value"), f"{place}[{position}].value"
    elif isinstance(block, blocks.ListBlock | blocks.BaseStreamBlock) and holds_personalised(block):
        raise BadWrite(
            place,
            gettext(
                "What stands here may hold blocks with versions for some visitors, and it was left out. Send it as "
                "this API gives it to you with your token; or [], where you want it to be empty."
            ),
        )


def _named(block: Any, item: Any) -> Any:
    """The block that an item of a stream says it is of; None for what is no such item."""
    name = item.get("type") if isinstance(item, dict) else None
    return block.child_blocks.get(name) if isinstance(name, str) else None


def _require_parts(value: Any, place: str) -> None:
    whole = isinstance(value, dict) and value.keys() == PARTS
    if not whole or not isinstance(value["variants"], list) or not isinstance(value["nothing_for_others"], bool):
        raise BadWrite(
            place,
            gettext(
                "A block with versions for some visitors came without some of its parts. Send “variants” (a list), "
                "“default” and “nothing_for_others” (true or false) together, as this API gives them to you with your "
                "token. What visitors get, “variant” and “content”, can’t be sent back."
            ),
        )


def _require_version(version: Any, place: str, ids: set[str | None]) -> None:
    """`ids` are those of the versions before it in the block."""
    if not _is_version(version):
        raise BadWrite(
            place,
            gettext(
                "A version is sent as this API gives it to you with your token: its “type”, which is “variant”, and a "
                "“value” with “segments” (a list of their numbers) and “content”; and its “id”, unless it is new. What "
                "“variants=all” gives can’t be sent back."
            ),
        )

    if (key := version.get("id")) and key in ids:
        raise BadWrite(place, gettext("Two versions have the id “%(id)s”. Leave it out of the new one.") % {"id": key})
    ids.add(key)


def _is_version(version: Any) -> bool:
    if not isinstance(version, dict) or version.get("type") != "variant":
        return False
    if not isinstance(version.get("id"), str | None):
        return False
    value = version.get("value")
    if not isinstance(value, dict) or value.keys() != VERSION:
        return False
    return isinstance(value["segments"], list) and all(map(_may_be_key, value["segments"]))


def _may_be_key(key: Any) -> bool:
    return key is None or (isinstance(key, int) and not isinstance(key, bool))


def unguarded_streams() -> list[str]:
    """The streams with personalised blocks that the API lets write without a look through them."""
    if not told_in_vain:
        return []
    return [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, StreamField)
        and field.name in {writable.name for writable in APIField.get_writable_fields_for_model(model)}
        and holds_personalised(field.stream_block)
    ]
