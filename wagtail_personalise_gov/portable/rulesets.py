"""The ruleset as a document, so that another runtime (a CDN's worker, a front end in another language) decides alike.

Its form is docs/reference/ruleset.schema.json. The same ruleset gives the same bytes, whichever process writes them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.conf import settings as django_settings
from django.utils import translation
from django.utils.translation import gettext

from ..conf import settings
from ..core.conditions import (
    QUESTIONS,
    All,
    Condition,
    ConditionError,
    Group,
    InSegment,
    Not,
    from_json,
)
from ..core.conditions import Any as AnyOf
from ..core.intents import Intents
from ..core.preference import Mode
from ..core.questions.values import AtLeastIn
from ..core.ruleset import Ruleset
from ..facts import facts_named
from ..models import Segment

FORMAT = "wagtail-personalise-gov/ruleset"
FORMAT_VERSION = 1  # raised when a key changes its meaning or goes; what is added changes no version

HeadersOf = Callable[[frozenset[str]], frozenset[str]]

JOINING = frozenset({All, AnyOf, Not, InSegment})
SLUGS_AT_ONCE = 500  # in one query; SQLite takes 999 parameters at least


def ruleset_document(ruleset: Ruleset, *, choice_cookie: str, headers_of: HeadersOf) -> dict[str, Any]:
    """Every live segment as a condition, what is asked, and what an edge must know to honour the visitor's choice.

    `choice_cookie` is the name of the cookie that holds this choice, `headers_of` says from which request headers facts
    are read here. A ruleset that is paused, or of a site that is
    off, has no segments. Texts are in the site's own language, whoever asks. One query for 500 segments.
    """
    with translation.override(django_settings.LANGUAGE_CODE):
        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "version": ruleset.version,
            "paused": ruleset.paused,
            "time_zone": django_settings.TIME_ZONE,  # whose clock "clock.local" shows
            **_segments(ruleset, headers_of),
            "preference": {
                "mode": str(settings.MODE),
                "policy_version": settings.POLICY_VERSION,
                "honour_gpc": settings.HONOUR_GPC,
                "honour_dnt": settings.HONOUR_DNT,
                "allowed_max_age_days": settings.ALLOWED_MAX_AGE_DAYS,
                "refused_max_age_days": settings.REFUSED_MAX_AGE_DAYS,
                "cookie": choice_cookie,
            },
        }


def _segments(ruleset: Ruleset, headers_of: HeadersOf) -> dict[str, Any]:
    """The segments, those that can't be among them, and the facts that they ask."""
    decides = not ruleset.paused and settings.MODE is not Mode.OFF
    conditions, not_portable = portable_conditions(ruleset.segments if decides else {})
    for condition in conditions.values():
        _ask_inner_intents_too(condition, ruleset.intents)
    names = _public_names(conditions)
    return {
        "segments": {
            slug: {
                "condition": condition,
                "name": names.get(slug, ""),
                "learning": slug in ruleset.learning,
                "held_back": ruleset.holdouts.get(slug, 0) if settings.COUNTING else 0,  # nobody is, where none counts
            }
            for slug, condition in conditions.items()
        },
        "not_portable": not_portable,
        "facts": {
            fact.name: {
                "kind": fact.kind,
                "meaning": str(fact.meaning),
                "varies_on": sorted(headers_of(frozenset({fact.name}))),
                "about_visitor": fact.about_visitor,
                "reads_device": fact.reads_device,
            }
            for fact in facts_named(name for slug in conditions for name in ruleset.segments[slug].facts)
        },
    }


def as_bytes(document: Mapping[str, Any]) -> bytes:
    """The one way to write it: ASCII, keys in order, no blanks. This is what is signed."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def portable_conditions(segments: Mapping[str, Condition]) -> tuple[dict[str, Any], dict[str, str]]:
    """The conditions that any runtime can answer, as JSON; and of the others, by slug, why not."""
    portable: dict[str, Any] = {}
    why_not: dict[str, str] = {}
    for slug, condition in segments.items():
        try:
            portable[slug] = to_portable(condition)
        except ConditionError as error:
            why_not[slug] = str(error)
    return portable, why_not


def to_portable(condition: Condition) -> dict[str, Any]:
    """A condition as JSON that gives the very same condition back. Raises ConditionError where there is none."""
    for part in _parts(condition):
        known = type(part) in JOINING or type(part) in QUESTIONS.values()
        if not known:
            raise ConditionError(
                gettext("%s is a kind of condition of this site’s own, which other runtimes do not know.")
                % type(part).__name__
            )
    data = condition.to_json()
    from_json(data)  # it may be nested deeper than is read anywhere
    return data


def _ask_inner_intents_too(condition: Any, intents: Intents) -> None:
    """Have what asks for an intent ask for the intents inside it too, which here weigh as much in it.

    So who decides elsewhere need not know which intents are inside which.
    """
    if condition.get("fact") == "visit.intent" and condition.get("op") == AtLeastIn.operator:
        asked: dict[str, float] = dict(condition["value"])
        for intent in intents.intents:
            weights = [asked[outer] for outer in intents.with_parents(intent.slug) if outer in asked]
            if weights:
                condition["value"][intent.slug] = min(weights)
    for part in [*condition.get("all", ()), *condition.get("any", ()), *filter(None, [condition.get("not")])]:
        _ask_inner_intents_too(part, intents)


def _parts(condition: Condition) -> Iterable[Condition]:
    waiting = [condition]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, Group):
            waiting += part.of
        elif isinstance(part, Not):
            waiting.append(part.of)


def _public_names(slugs: Iterable[str]) -> dict[str, str]:
    wanted = list(slugs)
    names: dict[str, str] = {}
    for start in range(0, len(wanted), SLUGS_AT_ONCE):
        rows = Segment.objects.filter(slug__in=wanted[start : start + SLUGS_AT_ONCE])
        names.update(rows.values_list("slug", "public_name"))
    return names
