"""Bodies and answers that stand in the document, as a small site would take and give them."""

from __future__ import annotations

from typing import Any

from ...visit.cookies import CHOICE

HOST = "https://www.northmoor.example"
API = f"{HOST}/api/personalise/v1/"
VERSION_ID = "0f5b1b0e-8a0e-4a5e-9a53-5f0f1c3b6a11"
BLOCK_ID = "c1a1b7f2-6d3e-4f0e-8a55-1d2b7c9e4f60"
FIRST_VISIT = {"name": "visitor.first_visit", "meaning": "whether this is your first visit"}
PLACE = {"country": "GB", "subdivision": "GB-WLS", "city": "Riverside"}

INDEX = {
    "version": 1,
    "addresses": {"visit": f"{API}visit/", "page_at": f"{API}pages/", "page": f"{API}pages/{{id}}/"},
}
STANDING = {
    "preference": "undecided",
    "adapts": True,
    "why": "This site changes to suit your visit until you turn that off.",
}
REFUSED = {
    "preference": "refused",
    "adapts": False,
    "why": "You chose that this site does not change to suit your visit.",
}
COUNTED = {**STANDING, "counting": {"on": False, "why": "You chose that your visits are not counted."}}
VISIT = {
    **STANDING,
    "segments": [{"slug": "first-time-visitors", "name": "People on their first visit"}],
    "facts": [FIRST_VISIT],
    "intent": None,
    "place": None,
    "banner": "ask",
    "question": {
        "heading": "How Northmoor adapts to you",
        "introduction": "",
        "again": "",
        "sentences": ["Some pages here change to suit your visit. This is on now."],
        "allow": {"label": "Keep it on", "send": {"preference": "allowed"}},
        "refuse": {"label": "Turn it off", "send": {"preference": "refused"}},
        "about": {"label": "See what is used and kept", "url": f"{HOST}/personalisation/"},
    },
}
VISIT_OF_SOMEBODY_WHO_REFUSED = {
    **REFUSED,
    "segments": [],
    "facts": [],
    "intent": None,
    "place": None,
    "banner": "none",
    "question": None,
}
_PAGE = {
    "id": 3,
    "type": "home.HomePage",
    "title": "Home",
    "slug": "home",
    "url": f"{HOST}/",
    "locale": "en",
}


def _page(value: dict[str, Any]) -> dict[str, Any]:
    return {"body": [{"type": "welcome", "value": value, "id": BLOCK_ID}], **_PAGE}


PAGE = _page({"variant": VERSION_ID, "content": {"heading": "New here?"}})
PAGE_WITH_EVERY_VERSION = _page(
    {
        "variants": [{"id": VERSION_ID, "segments": ["first-time-visitors"], "content": {"heading": "New here?"}}],
        "default": {"heading": "Welcome"},
        "nothing_for_others": False,
    }
)
PAGE_SEGMENTS = {
    "page": 3,
    "segments": ["first-time-visitors"],
    "varies_on": ["Cookie", "DNT", "Referer", "Sec-GPC"],
    "facts": [FIRST_VISIT],
    "noted": False,
}
INTENTS = {
    "ask": True,
    "intent": None,
    "answers": [
        {
            "slug": "start-business",
            "label": "Start a business",
            "answers": [{"slug": "restaurant", "label": "Open a restaurant"}],
        }
    ],
}
RESULTS = {
    "blocks": [
        {
            "block": VERSION_ID,
            "versions": [VERSION_ID],
            "where": [{"page": 3, "title": "Home", "name": "Body → Welcome"}],
            "rows": [
                {
                    "since": "2026-03-02",
                    "until": "2026-03-30",
                    "variant": VERSION_ID,
                    "segment": "first-time-visitors",
                    "arm": "variant",
                    "share_percent": 10.0,
                    "goal": "licence-applied",
                    "visits": 30411,
                    "reached": 3650,
                    "rate": 0.12,
                    "difference": 0.0212,
                    "low": 0.0105,
                    "high": 0.0314,
                    "finding": "higher",
                    "looked_on": "2026-03-30",
                    "words": "With this version more visits reach “Licence applied for”.",
                }
            ],
        }
    ]
}
ASKED = {
    "facts": {
        "location.country": "GB",
        "visit.intent": {"start-business": 1.0},
        "clock.local": "2026-04-18T09:00:00+01:00",
    },
    "refused": ["visitor.visits"],
    "segments": ["founders", "abroad", "regulars"],
}
DECISION = {
    "founders": {"matched": True, "reason": "matched"},
    "abroad": {"matched": False, "reason": "not_matched"},
    "regulars": {"matched": False, "reason": "refused"},
}
RULESET = {
    "format": "wagtail-personalise-gov/ruleset",
    "format_version": 1,
    "version": "5f0c2a9be1d47a83",
    "paused": False,
    "time_zone": "Europe/London",
    "segments": {
        "abroad": {
            "condition": {"not": {"fact": "location.country", "op": "in", "value": ["GB"]}},
            "name": "People outside the United Kingdom",
            "learning": False,
            "held_back": 0,
        }
    },
    "not_portable": {},
    "facts": {
        "location.country": {
            "kind": "text",
            "meaning": "the country that you seem to be in",
            "varies_on": ["Cookie"],
            "about_visitor": True,
            "reads_device": True,
        }
    },
    "preference": {
        "mode": "opt_out",
        "policy_version": 1,
        "honour_gpc": True,
        "honour_dnt": True,
        "allowed_max_age_days": 183,
        "refused_max_age_days": 365,
        "cookie": CHOICE.base_name,
    },
}
DOCUMENT = {"openapi": "3.1.0", "info": {"title": "Personalisation", "version": "1"}, "paths": {}}
