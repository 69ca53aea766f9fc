"""Words on blocks that stay out of other people's migrations."""

from __future__ import annotations

from typing import Any, TypeVar

from wagtail import blocks

AnyBlock = TypeVar("AnyBlock", bound=blocks.Block)


def worded(block: AnyBlock, **meta: Any) -> AnyBlock:
    """The block with these words and options, set after it was made.

    What a block is made with is frozen into the migrations of every site that uses it: a reworded label of ours would
    ask all of them for a new migration.
    """
    for key, value in meta.items():
        setattr(block.meta, key, value)
    if "label" in meta:
        block.label = meta["label"]
    if "help_text" in meta and isinstance(block, blocks.FieldBlock):
        block.field.help_text = meta["help_text"]
    return block
