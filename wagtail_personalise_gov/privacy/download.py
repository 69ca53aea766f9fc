"""What this site knows of one visitor, as a file for them to keep: the same words as on the page, as JSON.

Documented in docs/how-to/be-open-with-visitors.md. It holds nothing that the page does not say, and no value of a
cookie as it is sent: that of a session would be as good as a key.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language, gettext

from ..conf import settings
from ..core.decision import NOTHING_DECIDED
from ..core.preference import Mode
from ..visit.visit import Visit
from ..wording.words import about_title, is_running, site_words, wording
from .about import state_in_words
from .cookies_told import cookie_rows
from .counted import counting_told
from .kept import kept_now
from .known import known_now
from .live import live_segments
from .looking import looked
from .reasons import decided, reasons

VERSION = 1  # of the form of the file


def own_data(request: HttpRequest, visit: Visit) -> dict[str, Any]:
    """The visitor's own data, each key as the documentation says."""
    segments = live_segments()
    running = is_running(visit)
    look = looked(request, visit)
    decision = decided(look.visit) if running else NOTHING_DECIDED
    visit.varies_on |= look.visit.varies_on
    because = reasons(look.visit, decision, segments)
    counting, site = counting_told(look.visit, segments), site_words(visit)
    standing = visit.standing
    return {
        "version": VERSION,
        "title": about_title(visit),
        "made": timezone.localtime(visit.now, timezone.get_default_timezone()).isoformat(timespec="seconds"),
        "language": get_language(),
        "site": wording(visit).service_name,
        "contact": {
            "responsible": site.responsible,
            "email": site.contact_email,
            "link": site.contact_link,
        },
        "standing": {
            "on": bool(standing.adapts and running),
            "why": " ".join(state_in_words(visit, segments)),
            "counted": bool(look.visit.counts and running and segments),
            "why_counted": " ".join(counting.state) if counting else gettext("This site counts nothing."),
        },
        "cookies": [
            {
                "name": row.name,
                "purpose": row.purpose,
                "lasts": row.lasts,
                "in_your_browser": row.here,
            }
            for row in cookie_rows(visit, running)
        ],
        "kept": [{"what": kept.what, "value": kept.value} for kept in kept_now(visit)],
        "known": [
            {
                "what": known.meaning,
                "value": known.value if known.told else None,
                "said": known.value,
                "source": known.source,
                "about_you": known.fact.about_visitor,
            }
            for known in (known_now(look.visit, look.page is not None) if running else [])
        ],
        "groups": [
            {
                "name": segment.name,
                "in_it": because[segment.slug].inside,
                "why": because[segment.slug].standing,
                "match": "any" if segment.any_of else "all",
                "who": [
                    {"sentence": answered.sentence, "answer": str(answered.said) or None, "said": answered.answer}
                    for answered in because[segment.slug].sentences
                ],
            }
            for segment in segments
            if settings.MODE is not Mode.OFF
        ],
    }
