"""A personalised block in JSON, whole: for who decides elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..models.inner import is_live

if TYPE_CHECKING:
    from .values import PersonalisedValue


def portable(value: PersonalisedValue, context: Mapping[str, Any] | None) -> dict[str, Any]:
    """Every version in the editor's order, and the standard version; None for it where others see nothing.

    Segments are named by their slugs, as a ruleset names them; only live ones. A version for none of those can match
    nobody. Nothing is asked of a visitor.
    """
    variants = []
    for position, variant in enumerate(value["variants"] or ()):
        content = variant.value.bound_blocks["content"]
        variants.append(
            {
                "id": variant.id or f"variant-{position}",
                "segments": [segment.slug for segment in variant.value["segments"] if segment and is_live(segment)],
                "content": content.block.get_api_representation(content.value, context=context),
            }
        )
    nothing_for_others = bool(value["nothing_for_others"])
    default = value.bound_blocks["default"]
    standard = None if nothing_for_others else default.block.get_api_representation(default.value, context=context)
    return {"variants": variants, "default": standard, "nothing_for_others": nothing_for_others}
