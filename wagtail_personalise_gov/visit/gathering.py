"""Gather facts: how each is read from a visit, at most once, when it is asked. One that can't be read is unknown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.core.signals import setting_changed
from django.utils.translation.trans_real import parse_accept_lang_header

from ..core.facts import Facts, Partly
from ..core.memory import MINUTES_PER_DAY, STEP_MINUTES
from ..core.pages import MAX_PAGES
from ..facts import facts_named, readers
from ..models.addresses import site_name
from ..plugged import log_once_a_minute
from .address import address_headers, client_address
from .devices import device_kind
from .geo import geo_provider

if TYPE_CHECKING:
    from .visit import Visit

CODE = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")  # of ISO 3166-2


def read(visit: Visit, name: str) -> Any:
    """The value of a fact; None where it can't be told. Never raises."""
    try:
        if (reader := READERS.get(name)) is not None:
            return reader(visit)
        own = readers().get(name)
        return None if own is None else own(visit.request)  # None: of an app that was removed
    except Exception as error:  # anybody's reader, any header; the visitor gets a page
        _log(name, error)
        return None


class FactsAsked(Facts):
    """The facts of a visit, each read when it is first asked, and only then. Those that are refused are not read."""

    __slots__ = ("_visit",)

    read_when_asked = True

    def __init__(self, visit: Visit, known: dict[str, Any], refused: frozenset[str]) -> None:
        self._visit, self._known = visit, known  # the visit's own: what is read here is known to it from now on
        self.refused = refused

    def get(self, name: str, default: Any = None) -> Any:
        known = self._known
        if name not in known:
            if name in self.refused:
                return default
            known[name] = read(self._visit, name)
        return known[name]


def headers_of(names: frozenset[str]) -> frozenset[str]:
    """The request headers that these facts are read from here; for some facts, the site's settings say which."""
    headers, of_places, of_addresses = _headers_of_rows(names)
    if of_places:
        headers |= _headers_of_places()
    return headers | address_headers() if of_addresses else headers


@lru_cache(maxsize=512)
def _headers_of_rows(names: frozenset[str]) -> tuple[frozenset[str], bool, bool]:
    """The headers that stand in the rows of these facts; whether there are places, and addresses, among them."""
    headers = frozenset[str]().union(*(fact.varies_on for fact in facts_named(names)))
    return headers, any(name.startswith("location.") for name in names), "network.ip" in names


def _forget_headers(**kwargs: Any) -> None:
    _headers_of_rows.cache_clear()  # with the settings, what a site registers as its own facts may change


setting_changed.connect(_forget_headers)


def _headers_of_places() -> frozenset[str]:
    try:
        return frozenset(geo_provider().varies_on)
    except Exception as error:  # a provider of anybody's; the response is private in any case
        log_once_a_minute("varies_on", "GEO_PROVIDER can't say which headers it reads (%s).", type(error).__name__)
        return frozenset()


def _log(name: str, error: Exception) -> None:
    # The message of the error may hold what was read; its type and place say enough, and nothing about anybody.
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    place = f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where else "?"
    told = "Fact %r can't be read (%s at %s). It is unknown until that is mended."
    log_once_a_minute(f"fact {name}", told, name, type(error).__name__, place)


def _landing(visit: Visit) -> Any:
    """This visit, if it was followed from its landing on; else how it began can't be told."""
    this_visit = visit.memory.visit
    return this_visit if this_visit is not None and this_visit.landed else None


def _referrer(part: str) -> Callable[[Visit], Any]:
    def read(visit: Visit) -> Any:
        landing = _landing(visit)
        return getattr(landing.referrer, part) if landing is not None and landing.referrer is not None else None

    return read


def _campaign(part: str) -> Callable[[Visit], Any]:
    def read(visit: Visit) -> Any:
        landing = _landing(visit)
        return getattr(landing.campaign, part) if landing is not None and landing.campaign is not None else None

    return read


def _intent(visit: Visit) -> Mapping[str, float] | None:
    this_visit = visit.memory.visit
    if this_visit is None or not (this_visit.landed or this_visit.intent):
        return None
    return visit.ruleset.intents.weigh(this_visit.intent, this_visit.recognised)


def _seen(part: str, of_past: bool) -> Callable[[Visit], Any]:
    """Pages or sections that were seen; `page_count` says how many pages, as far as the memory reaches."""

    def read(visit: Visit) -> Any:
        past, this_visit = visit.memory.past, visit.memory.visit
        seen = (past.seen if past else None) if of_past else (this_visit.seen if this_visit else None)
        if seen is None:
            return None
        if part == "page_count":
            return None if seen.partial and len(seen.pages) < MAX_PAGES else len(seen.pages)
        told = getattr(seen, part)
        if seen.partial:
            return Partly(told)
        if of_past:
            return Partly(told, visit.ruleset.watching.ever.noted_since(past.began if past else 0, MINUTES_PER_DAY))
        began = this_visit.began if this_visit else 0
        return Partly(told, visit.ruleset.watching.visit.noted_since(began, STEP_MINUTES))

    return read


def _subdivisions(visit: Visit) -> Any:
    place = visit.place
    if place is None or not place.subdivisions:
        return None
    # A database without codes has names of its own for regions: that one of them is absent says nothing.
    has_codes = any(CODE.fullmatch(name) for name in place.subdivisions)
    return place.subdivisions if has_codes else Partly(place.subdivisions)


def _location(part: str) -> Callable[[Visit], Any]:
    def read(visit: Visit) -> Any:
        place = visit.place
        # An empty list of regions says that the database has none for this address, not that there is none.
        return None if place is None else getattr(place, part) or (False if getattr(place, part) is False else None)

    return read


def _signed_in(visit: Visit) -> bool | None:
    user = getattr(visit.request, "user", None)
    return None if user is None else bool(user.is_authenticated)


def _groups(visit: Visit) -> list[str] | None:
    user = getattr(visit.request, "user", None)
    if user is None:
        return None
    return list(user.groups.values_list("name", flat=True)) if user.is_authenticated else []


def _languages(visit: Visit) -> list[str] | None:
    header = visit.request.META.get("HTTP_ACCEPT_LANGUAGE", "")
    return [tag for tag, quality in parse_accept_lang_header(header) if quality > 0] or None


def _accepted_languages(visit: Visit) -> list[str] | None:
    # "*" is not a language that somebody asks for: it says that any other will do.
    return [tag for tag in _languages(visit) or () if tag != "*"] or None


def _preferred_language(visit: Visit) -> list[str] | None:
    first = next(iter(_languages(visit) or ()), "*")
    return None if first == "*" else [first]


def _visits(part: str) -> Callable[[Visit], Any]:
    def read(visit: Visit) -> Any:
        return getattr(visit.memory, part)

    return read


READERS: dict[str, Callable[[Visit], Any]] = {
    **{f"visitor.{part}": _visits(part) for part in ("first_visit", "visits", "days_since_last_visit")},
    **{f"visitor.{part}": _seen(part, of_past=True) for part in ("pages", "sections", "page_count")},
    **{f"visit.{part}": _seen(part, of_past=False) for part in ("pages", "sections", "page_count")},
    "visit.referrer.host": _referrer("host"),
    "visit.referrer.kind": _referrer("kind"),
    "visit.campaign.source": _campaign("source"),
    "visit.campaign.medium": _campaign("medium"),
    "visit.campaign.name": _campaign("name"),
    "visit.intent": _intent,
    **{f"location.{part}": _location(part) for part in ("continent", "country", "city", "postcode", "point", "eu")},
    "location.subdivisions": _subdivisions,
    "device.kind": lambda visit: device_kind(
        visit.request.META.get("HTTP_USER_AGENT", ""), visit.request.META.get("HTTP_SEC_CH_UA_MOBILE", "")
    ),
    "language": _accepted_languages,
    "language.preferred": _preferred_language,
    "clock.local": lambda visit: visit.local_time,
    "account.signed_in": _signed_in,
    "account.groups": _groups,
    "network.ip": lambda visit: client_address(visit.request),
    "request.path": lambda visit: visit.request.path,
    "request.query": lambda visit: visit.request.query,
    "request.site": lambda visit: None if visit.site is None else site_name(visit.site),
}
