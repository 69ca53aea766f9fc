"""The public register: everything that changes pages for some visitors, for anybody to read, as data and as a page.

It comes from the database, the registries in code and the settings in force, and is the same for everybody. Its form is
a promise to other systems: `register.schema.json` describes it, and `VERSION` is raised when what is there changes its
meaning or goes. What is added changes no version.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings
from django.conf.locale import LANG_INFO
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from ..conf import settings
from ..core.facts import Fact
from ..core.memory import NEED_A_PAST
from ..core.preference import Mode
from ..models.site_settings import LOTS_PER_PERCENT
from ..visit.visit import Visit
from ..wording.speaking import PARAMETER, address_of
from ..wording.words import about_title, is_running, site_words, wording
from .affected import AffectedPage, pages_affected
from .changes import Change, changes
from .cookies_told import cookie_rows_for_all
from .counted import live_goals
from .credits import credits_for
from .live import PublicSegment, live_segments
from .uses import Use, kept_in_words, read_from, uses

VERSION = 1
CHANGES_TOLD = 200  # the latest of all segments; each segment has those of these that are its own

SCHEMA = Path(__file__).with_name("register.schema.json")


@dataclass(frozen=True, slots=True)
class Entry:
    """One live segment as the register has it."""

    segment: PublicSegment
    uses: tuple[Use, ...]
    pages: tuple[AffectedPage, ...]
    changes: tuple[Change, ...]


@cache
def register_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of what `public_register` gives."""
    schema: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return schema


def entries(request: HttpRequest, told: Iterable[Change]) -> list[Entry]:
    """Every live segment, by its public name."""
    segments = live_segments()
    pages = pages_affected(request, [segment.slug for segment in segments])
    latest = list(told)
    return [
        Entry(
            segment,
            tuple(uses([segment])),
            tuple(pages[segment.slug]),
            tuple(change for change in latest if change.slug == segment.slug),
        )
        for segment in segments
    ]


def public_register(request: HttpRequest, visit: Visit) -> dict[str, Any]:
    """What is live on this site, what each segment reads and why, what is kept, and what is counted."""
    words, said = site_words(visit), wording(visit)
    told = changes(CHANGES_TOLD)
    listed = entries(request, told)
    segments = [entry.segment for entry in listed]
    return {
        "$schema": reverse("personalise:register_schema"),
        "version": VERSION,
        "generated": timezone.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ"),
        "language": translation.get_language() or django_settings.LANGUAGE_CODE,
        "service": said.service_name,
        "responsible": words.responsible,
        "contact": {"email": words.contact_email, "link": words.contact_link},
        "last_reviewed": _day(words.last_reviewed),
        "policy": {"version": settings.POLICY_VERSION, "link": said.policy_link},
        "mode": str(settings.MODE),
        "paused": visit.ruleset.paused,
        "signals": {"gpc": settings.HONOUR_GPC, "dnt": settings.HONOUR_DNT},
        "retention": {
            "allowed_days": settings.ALLOWED_MAX_AGE_DAYS,
            "refused_days": settings.REFUSED_MAX_AGE_DAYS,
            "memory_days": settings.MEMORY_MAX_AGE_DAYS,
            "visit_quiet_minutes": settings.VISIT_TIMEOUT_MINUTES,
            "tallies_days": settings.TALLIES_MAX_AGE_DAYS if settings.COUNTING else None,
        },
        "cookies": [
            {
                "name": row.name,
                "purpose": row.purpose,
                "set": row.when,
                "lasts": row.lasts,
                "days": cookie.days,
                "read_by_scripts": not cookie.http_only,
            }
            for cookie, row in cookie_rows_for_all(visit, is_running(visit))
        ],
        "segments": [_segment(entry) for entry in listed],
        "counting": _counting(visit),
        "changes": [_change(change) for change in told],
        "attributions": [{"text": credit.text, "url": credit.url} for credit in credits_for(segments)],
    }


def register_title(visit: Visit) -> str:
    """The title of the page."""
    if service := wording(visit).service_name:
        return gettext("Public register: how %(service)s changes for visitors") % {"service": service}
    return gettext("Public register: how this site changes for visitors")


def register_page(request: HttpRequest, visit: Visit) -> dict[str, Any]:
    """Everything that the template of the page needs."""
    told = changes(CHANGES_TOLD)
    listed = entries(request, told)
    said = wording(visit)
    return {
        "service": said.service_name,
        "register_title": register_title(visit),
        "about_title": about_title(visit),
        "entries": listed,
        "state": state_for_all(visit, [entry.segment for entry in listed]),
        "signals": signals_for_all(),
        "cookies": [row for _cookie, row in cookie_rows_for_all(visit, is_running(visit))],
        "site": site_words(visit),
        "policy_link": said.policy_link,
        "changes": told,
        "attributions": credits_for([entry.segment for entry in listed]),
        "as_data": address_of("register"),
        "schema": reverse("personalise:register_schema"),
        "languages": other_languages(),
    }


def other_languages() -> list[tuple[str, str, str]]:
    """(code, own name, address) of the page in the other languages of the site's content."""
    known, spoken = dict(django_settings.LANGUAGES), translation.get_language() or ""
    content = dict(getattr(django_settings, "WAGTAIL_CONTENT_LANGUAGES", None) or ())
    address = reverse("personalise:register_page")
    return [
        (code, str(translation.get_language_info(code)["name_local"]), f"{address}?{PARAMETER}={code}")
        for code in content
        if code in known and code in LANG_INFO and not f"{spoken}-".startswith(f"{code}-")
    ]


def state_for_all(visit: Visit, segments: Collection[PublicSegment]) -> str:
    """For whom pages change as things are, in a sentence."""
    if settings.MODE is Mode.OFF:
        return gettext("This is switched off. Every page is the same for everybody.")
    if visit.ruleset.paused:
        return gettext("This is paused at the moment. Every page is the same for everybody.")
    if not segments:
        return gettext("No page changes to suit visitors at the moment.")
    if settings.MODE is Mode.OPT_IN:
        return gettext("Pages change only for visitors who turned this on.")
    return gettext("Pages change for visitors who have not turned this off.")


def signals_for_all() -> list[str]:
    """How this site treats what a browser can ask of all sites."""
    honoured = gettext("A browser’s %(signal)s signal counts as turning this off, until the visitor turns it on here.")
    ignored = gettext("This site does not act on %(signal)s.")
    return [
        (honoured if acts else ignored) % {"signal": name}
        for name, acts in (
            (gettext("Global Privacy Control"), settings.HONOUR_GPC),
            (gettext("Do Not Track"), settings.HONOUR_DNT),
        )
    ]


def _segment(entry: Entry) -> dict[str, Any]:
    segment = entry.segment
    return {
        "slug": segment.slug,
        "name": segment.name,
        "explanation": segment.explanation,
        "purpose": segment.purpose,
        "owner": segment.owner,
        "who": list(segment.sentences),
        "match": "any" if segment.any_of else "all",
        "reads": [_read(use.fact) for use in entry.uses],
        "pages": [{"title": page.title, "url": page.url, "language": page.language} for page in entry.pages],
        "since": _day(segment.since),
        "last_changed": _day(segment.last_changed),
        "changes": [_change(change) for change in entry.changes],
        "learning": segment.learning,
        "held_back_percent": segment.holdout_percent if settings.COUNTING else 0,
        "sensitive": segment.sensitive,
    }


def _read(fact: Fact) -> dict[str, Any]:
    return {
        "fact": fact.name,
        "meaning": str(fact.meaning),
        "read_from": read_from(fact),
        "about_visitor": fact.about_visitor,
        "kept": {
            "items": sorted(fact.remembers),
            "days": settings.MEMORY_MAX_AGE_DAYS if fact.remembers & NEED_A_PAST else None,
            "in_words": kept_in_words(fact),
        },
    }


def _counting(visit: Visit) -> dict[str, Any]:
    share = visit.site_share if settings.COUNTING else 0
    return {
        "on": settings.COUNTING,
        "goals": [{"slug": goal.slug, "name": goal.public_label} for goal in live_goals()],
        "kept_days": settings.TALLIES_MAX_AGE_DAYS,
        "held_back_percent": share // LOTS_PER_PERCENT,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "when": change.when.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ"),
        "what": change.what,
        "segment": change.slug or None,
    }


def _day(moment: datetime | date | None) -> str | None:
    if isinstance(moment, datetime):
        return timezone.localtime(moment).date().isoformat()
    return moment.isoformat() if moment else None
