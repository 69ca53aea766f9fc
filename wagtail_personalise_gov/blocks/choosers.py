"""A chooser for segments."""

from __future__ import annotations

from typing import Any

from wagtail.snippets.blocks import SnippetChooserBlock

SEGMENT = "wagtail_personalise_gov.Segment"


class SegmentChooserBlock(SnippetChooserBlock):
    """Choose a segment. In a site's migrations it is a stock block, so that they name nothing of ours but the model."""

    def __init__(self, target_model: str = SEGMENT, **kwargs: Any) -> None:
        super().__init__(target_model, **kwargs)

    def deconstruct(self) -> tuple[str, tuple[str], dict[str, Any]]:
        kwargs = {key: value for key, value in self._constructor_args[1].items() if key != "target_model"}
        return "wagtail.snippets.blocks.SnippetChooserBlock", (SEGMENT,), kwargs

    class Meta:
        icon = "group"
