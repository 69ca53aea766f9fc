"""The public register: the live segments as data, for anybody to read."""

from __future__ import annotations

from typing import Any

from wagtail.models import Site

from ..compiling import current_ruleset
from ..conf import settings
from ..models.site_settings import LOTS_PER_PERCENT
from .counted import live_goals
from .credits import credits_for
from .live import live_segments


def public_register(site: Site | None) -> dict[str, Any]:
    """What is live, what each segment reads and why, and what is counted on this site. The same for everybody."""
    segments, ruleset = live_segments(), current_ruleset()
    site_share = ruleset.site_holdouts.get(site.pk, 0) if site is not None and settings.COUNTING else 0
    return {
        "mode": str(settings.MODE),
        "paused": ruleset.paused,
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
                "learning": segment.learning,
                "held_back_percent": segment.holdout_percent if settings.COUNTING else 0,
            }
            for segment in segments
        ],
        "counting": {
            "on": settings.COUNTING,
            "goals": [{"slug": goal.slug, "name": goal.public_label} for goal in live_goals()],
            "kept_days": settings.TALLIES_MAX_AGE_DAYS,
            "held_back_percent": site_share // LOTS_PER_PERCENT,
        },
        "attributions": [{"text": credit.text, "url": credit.url} for credit in credits_for(segments)],
    }
