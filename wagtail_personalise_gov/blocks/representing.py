"""A personalised block in JSON, whole: for who decides elsewhere; and what must not be written back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from wagtail import blocks

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


class NothingForOthersBlock(blocks.BooleanBlock):
    """The tick "Others see nothing here". In a write of Wagtail's API, not ticked differs from not there.

    That API fills up what a StructBlock was sent without. So it would take the JSON that a visitor gets, a block's
    `variant` and `content`, for a block that has neither versions nor a standard version, and empty it.
    """

    def value_for_form(self, value: Any) -> Any:
        """Asked by Wagtail's API v3. Raises ValidationError, also for a draft: else versions would be lost."""
        if value is None:
            raise ValidationError(
                gettext(
                    "A block with versions for some visitors came without some of its parts. Send “variants”, "
                    "“default” and “nothing_for_others” together, as this API gives them to you with your token. What "
                    "visitors get, “variant” and “content”, can’t be sent back."
                )
            )
        return value

    def clean(self, value: Any) -> Any:
        return super().clean(bool(value))  # what code made without it is not ticked

    def deconstruct(self) -> tuple[str, tuple[()], dict[str, Any]]:
        return "wagtail.blocks.BooleanBlock", (), self._constructor_args[1]
