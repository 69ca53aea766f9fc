"""The must-see mark: content that everyone must see can't be put into a variant, or replaced by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks


class MustSeeBlock(blocks.BooleanBlock):
    """A tick for editors: "Everyone must see this". Put it into any StructBlock whose content may be vital.

    Where a whole type of block is vital, its developer says so with ``must_see = True`` in its ``Meta``.
    """

    ticks_must_see = True  # by which reports find it without importing blocks

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(**kwargs)

    def deconstruct(self) -> tuple[str, tuple[()], dict[str, Any]]:
        return "wagtail.blocks.BooleanBlock", (), self._constructor_args[1]

    class Meta:
        label = _("Everyone must see this")
        help_text = _("For warnings, rights and deadlines. It then can't stand where only some visitors would see it.")
        icon = "warning"


def holds_must_see(block: blocks.Block, value: Any) -> bool:
    """Whether content is, or holds anywhere in it, something that everyone must see."""
    if getattr(block.meta, "must_see", False):
        return not says_nothing(block, value)
    if isinstance(block, MustSeeBlock):
        return bool(value)
    return any(holds_must_see(child, inner) for child, inner in parts(block, value) or ())


def says_nothing(block: blocks.Block, value: Any, inside: bool = False) -> bool:
    """Whether content shows a visitor nothing: every text in it is blank and nothing is chosen.

    Inside other content, a tick or a choice of style is no content of its own.
    """
    if isinstance(block, blocks.StaticBlock):
        return False
    if (inner := parts(block, value)) is not None:
        return all(says_nothing(child, part, True) for child, part in inner)
    if inside and isinstance(block, blocks.BooleanBlock | blocks.ChoiceBlock | blocks.MultipleChoiceBlock):
        return True
    if isinstance(block, blocks.RichTextBlock):
        return not any(text.strip() for text in block.get_searchable_content(value))
    return value is None or (isinstance(value, str) and not value.strip()) or value == []


def parts(block: blocks.Block, value: Any) -> list[tuple[blocks.Block, Any]] | None:
    """The blocks and values that content is made of; None for content that is one whole.

    A StructBlock may keep another kind of value than a mapping of its children: an ImageBlock's is an image.
    """
    if isinstance(block, blocks.BaseStructBlock) and isinstance(value, Mapping | None):
        return [(child, (value or {}).get(name)) for name, child in block.child_blocks.items()]
    if isinstance(block, blocks.BaseStreamBlock):
        return [(child.block, child.value) for child in value or ()]
    if isinstance(block, blocks.ListBlock):
        return [(block.child_block, item) for item in value or ()]
    return None
