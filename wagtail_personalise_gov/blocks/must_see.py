"""The must-see mark: content that everyone must see can't be put into a variant, or replaced by one."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks


class MustSeeBlock(blocks.BooleanBlock):
    """A tick for editors: "Everyone must see this". Put it into any StructBlock whose content may be vital.

    Where a whole type of block is vital, its developer says so with ``must_see = True`` in its ``Meta``.
    """

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
        return True
    if isinstance(block, MustSeeBlock):
        return bool(value)
    if isinstance(block, blocks.BaseStructBlock):
        return any(holds_must_see(child, (value or {}).get(name)) for name, child in block.child_blocks.items())
    if isinstance(block, blocks.BaseStreamBlock):
        return any(holds_must_see(child.block, child.value) for child in value or ())
    if isinstance(block, blocks.ListBlock):
        return any(holds_must_see(block.child_block, item) for item in value or ())
    return False


def says_nothing(block: blocks.Block, value: Any, inside: bool = False) -> bool:
    """Whether content shows a visitor nothing: every text in it is blank and nothing is chosen.

    Inside other content, a tick or a choice of style is no content of its own.
    """
    if isinstance(block, blocks.StaticBlock):
        return False
    if isinstance(block, blocks.BaseStructBlock):
        return all(says_nothing(child, (value or {}).get(name), True) for name, child in block.child_blocks.items())
    if isinstance(block, blocks.BaseStreamBlock):
        return all(says_nothing(child.block, child.value, True) for child in value or ())
    if isinstance(block, blocks.ListBlock):
        return all(says_nothing(block.child_block, item, True) for item in value or ())
    if inside and isinstance(block, blocks.BooleanBlock | blocks.ChoiceBlock):
        return True
    if isinstance(block, blocks.RichTextBlock):
        return not block.get_searchable_content(value) or not any(
            text.strip() for text in block.get_searchable_content(value)
        )
    return value is None or (isinstance(value, str) and not value.strip()) or value == []
