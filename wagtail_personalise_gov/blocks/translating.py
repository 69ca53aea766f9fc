"""What wagtail-localize asks a block for: the texts in it, string by string. Nothing here is read without that app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STREAM_CHILD = frozenset({"type", "value", "id"})


def texts_of(value: Any, raw: Mapping[str, Any]) -> list[Any]:
    """The translatable segments of a personalised value, versions included, with `raw`, its JSON.

    wagtail-localize would look for the JSON in the stream around it. There it may stand as it was before its block was
    wrapped, and of lists inside a content it would find none.
    """
    from wagtail_localize.segments.extract import StreamFieldSegmentExtractor

    class Extractor(StreamFieldSegmentExtractor):
        def handle_struct_block(self, struct_block: Any, raw_value: Any = None) -> list[Any]:
            """It looks for the JSON of a struct below "value", where only a child of a stream or a list has it."""
            if isinstance(raw_value, Mapping) and not (set(raw_value) <= STREAM_CHILD and "value" in raw_value):
                raw_value = {"value": raw_value}
            segments: list[Any] = super().handle_struct_block(struct_block, raw_value=raw_value)
            return segments

    found: list[Any] = Extractor(None).handle_struct_block(value, raw_value=raw)
    return found
