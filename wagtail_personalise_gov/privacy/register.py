"""The public register: the live segments as data, for anybody to read."""

from __future__ import annotations

from typing import Any

from ..compiling import current_ruleset
from ..conf import settings
from .credits import credits_for
from .live import live_segments


def public_register() -> dict[str, Any]:
    """What is live, what each segment reads and why. The same for everybody."""
    segments = live_segments()
    return {
        "mode": str(settings.MODE),
        "paused": current_ruleset().paused,
        "segments": [
            {
                "slug": segment.slug,
                "name": segment.name,
                "explanation": segment.explanation,
                "purpose": segment.purpose,
                "owner": segment.owner,
                "who": list(segment.sentences),
                "match": "any" if segment.any_of else "all",
                "reads": [{"fact": fact.name, "meaning": str(fact.meaning)} for fact in segment.reads],
                "since": segment.since.date().isoformat() if segment.since else None,
            }
            for segment in segments
        ],
        "attributions": [{"text": credit.text, "url": credit.url} for credit in credits_for(segments)],
    }
