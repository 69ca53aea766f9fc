"""A visit that somebody describes rather than makes: "from this address, by this link, on a phone, last Sunday".

The same readers read it as read a request, so that what is told of it is what a visitor would get. Nothing is kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import cached_property
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import DisallowedHost
from django.db import DataError
from django.http import Http404, HttpRequest
from django.test.client import RequestFactory
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext
from wagtail.models import Site

from ..core.facts import MEMORY_ITEMS, Fact, Facts, Partly, family, kind_problem
from ..core.memory import (
    MAX_VISITS,
    STEP_MINUTES,
    Campaign,
    Past,
    Referrer,
    ThisVisit,
    VisitorMemory,
    day_number,
)
from ..core.pages import PagesSeen, ServedPage
from ..core.preference import Because, Preference, Standing
from ..core.ruleset import Ruleset
from ..facts import known_facts
from ..models.addresses import PAGE_MODEL, site_name
from ..models.iso import subdivisions_below
from .geo import geo_provider
from .referrers import source_of
from .visit import Visit


class CannotSimulate(ValueError):
    """A description that is no visit. The message says what is wrong and what to write instead, for editors to read."""


MAPPINGS = ("headers", "memory", "facts")  # of a description; what else is said of a visit is text
MAX_SHOWN = 80  # characters of a value in a message
SUBDIVISIONS = "location.subdivisions"

# Where a fact comes from, where no row of facts says it.
TOLD_BY_VISITOR = "what the visitor told us"
READ_BY_THE_SITE = "a reader of this site's own"


@dataclass(frozen=True, slots=True)
class Described:
    """A visit in words. Whatever is left out is as on a visitor's very first request, or is unknown.

    `at` is an ISO date and time, in the site's zone unless it names another. `memory` is what earlier requests left,
    by the keys of MEMORY; `facts` are facts by their full names, which stand before whatever would be read.
    """

    path: str = "/"
    query: str = ""
    ip: str = ""
    user_agent: str = ""
    referrer: str = ""
    language: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    at: str = ""
    intent: str = ""
    host: str = ""
    user: Any = None
    memory: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    preference: Preference = Preference.ALLOWED

    def as_data(self) -> dict[str, Any]:
        """What is said of the visit, as JSON holds it; without an account, which is nobody's to keep."""
        said = {row.name: getattr(self, row.name) for row in fields(self) if row.name != "user"}
        blank = asdict(Described())
        return {
            name: str(value) if isinstance(value, Preference) else value
            for name, value in said.items()
            if value != blank[name]
        }

    @classmethod
    def from_data(cls, data: Any) -> Described:
        """The visit that `as_data` gave. Raises CannotSimulate for what is none."""
        if not isinstance(data, Mapping):
            raise CannotSimulate(gettext("A visit is written as a mapping, and this is %s.") % type(data).__name__)
        texts = {row.name for row in fields(cls)} - {*MAPPINGS, "user", "preference"}
        for name, value in data.items():
            right = (
                isinstance(value, Mapping)
                if name in MAPPINGS
                else isinstance(value, str) and value in set(map(str, Preference))
                if name == "preference"
                else name in texts and isinstance(value, str)
            )
            if not right or not _is_text(value):
                raise CannotSimulate(
                    gettext("Of a visit, %(name)s can't be %(value)s.") % {"name": _shown(name), "value": _shown(value)}
                )
        said = dict(data)
        if "preference" in said:
            said["preference"] = Preference(said["preference"])
        return cls(**said)


def _is_text(value: Any) -> bool:
    """Whether all that it holds can be written: no half of a pair of surrogates, and no NUL."""
    try:
        written = json.dumps(value, ensure_ascii=False, default=str)
        written.encode()
    except (ValueError, TypeError, RecursionError):
        return False
    return "\\u0000" not in written


def _shown(value: Any) -> str:
    """A value in a message, in plain characters if it holds others."""
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


# What may be said of memory, each with what it is.
MEMORY: dict[str, str] = {
    "visits": "how many visits so far, this one included",
    "days_since_last_visit": "days",
    "referrer": "the address of the page that this visit came from",
    "campaign": '{"source": …, "medium": …, "name": …}',
    "pages": "numbers of the pages seen on this visit",
    "sections": "numbers of the sections seen on this visit",
    "past_pages": "numbers of the pages ever seen",
    "past_sections": "numbers of the sections ever seen",
}


class Addresses:
    """What stands at which address: asked once for each, by all visits that are tried together."""

    def __init__(self) -> None:
        self._sites: dict[str, Site | None] = {}
        self._pages: dict[tuple[str, str], ServedPage | None] = {}

    def site(self, request: HttpRequest) -> Site | None:
        host = request.META.get("HTTP_HOST", "")
        if host not in self._sites:
            self._sites[host] = Site.find_for_request(request)
        return self._sites[host]

    def page(self, request: HttpRequest) -> ServedPage | None:
        """The page that would be served; None for none, for another host, or for what is not one of Wagtail's pages."""
        address = (request.META.get("HTTP_HOST", ""), request.path_info)
        if address not in self._pages:
            self._pages[address] = _page_at(request)
        return self._pages[address]


class SimulatedVisit(Visit):
    """A visit as described; `ruleset` is asked in the place of the live one, and `addresses` what was asked before.

    It finds what it would find if the site adapted, whatever the setting MODE says. Raises CannotSimulate for a
    description that is none.
    """

    def __init__(
        self, described: Described, ruleset: Ruleset | None = None, addresses: Addresses | None = None
    ) -> None:
        super().__init__(_request(described))
        self._addresses = addresses or Addresses()
        if ruleset is not None:
            self.ruleset = ruleset
        self.only_looks = True
        self.now = moment_of(described.at)
        self.standing = Standing(
            described.preference, Because.CHOICE, described.preference is Preference.ALLOWED, choice=None
        )
        self.given = _facts(described.facts)
        self.stored = _memory(described.memory, self) if described.memory else VisitorMemory()
        if self.ruleset.watching and (page := self._addresses.page(self._request)) is not None:
            self.note_page(page)
        if described.intent:
            if described.intent not in self.ruleset.intents.by_slug:
                known = ", ".join(sorted(self.ruleset.intents.by_slug)) or gettext("none")
                raise CannotSimulate(
                    gettext("There is no intent %(slug)s. The intents are: %(known)s.")
                    % {"slug": _shown(described.intent), "known": known}
                )
            self.declare_intent(described.intent)

    @cached_property
    def site(self) -> Site | None:
        return self._addresses.site(self._request)

    @property
    def _adapting(self) -> bool:
        return not (self.closed or self.ruleset.paused)

    def _facts_for(self, needs: frozenset[str]) -> Facts:
        """All of them read: whoever describes a visit wants to be told why."""
        given = needs & self.given.keys()
        facts = super()._facts_for(needs)
        for name in given - facts.refused:
            self._known[name] = self.given[name]
        for name in needs:
            facts.get(name)
        return facts

    @property
    def notices(self) -> frozenset[str]:
        """All of it: a draft may ask what no live rule does, and nothing that was only described is anybody's."""
        return MEMORY_ITEMS

    @property
    def counts(self) -> bool:
        return False

    def source_of_fact(self, name: str) -> str:
        """Where a fact that was asked comes from, in words."""
        if name in self.given:
            return "given by you"
        if name.startswith("location.") and self.declared_place is not None:
            return TOLD_BY_VISITOR
        if name.startswith("location."):
            return f"the internet address or its headers, by {type(geo_provider()).__name__}"
        fact = known_facts().get(name)
        return str(fact.read_from) if fact and fact.read_from else READ_BY_THE_SITE


def problem_of_visit(data: Any) -> str:
    """Why what is kept of a visit, as `as_data` gave it, describes none; "" for nothing.

    That this site has no such intent, or no such fact, is no reason: it may have been there, or come yet. No query.
    """
    try:
        described = Described.from_data(data)
        known = known_facts()
        facts = {name: value for name, value in described.facts.items() if family(name) in known}
        host = described.host or "localhost"
        SimulatedVisit(replace(described, intent="", facts=facts, host=host), Ruleset(version=""))
    except CannotSimulate as error:
        return str(error)
    return ""


def _request(described: Described) -> HttpRequest:
    try:
        return _as_request(described)
    except CannotSimulate:
        raise
    except (AttributeError, TypeError, ValueError) as error:  # an address that is none, a header that is no text
        raise CannotSimulate(gettext("No request can be made of this visit: %s.") % _shown(error)) from None


def _as_request(described: Described) -> HttpRequest:
    headers = {**described.headers}
    if not all(isinstance(text, str) for text in headers.values()):
        raise CannotSimulate(gettext("A header is text: write it as %s.") % '{"X-Country": "GB"}')
    for header, value in (
        ("User-Agent", described.user_agent),
        ("Referer", described.referrer),
        ("Accept-Language", described.language),
    ):
        if value:
            headers[header] = value
    path = described.path if described.path.startswith("/") else f"/{described.path}"
    parts = urlsplit(path)
    query = "&".join(filter(None, [parts.query, described.query.lstrip("?")]))
    request = RequestFactory().get(f"{parts.path}?{query}" if query else parts.path, headers=headers)
    if described.ip:
        try:
            ip_address(described.ip)
        except ValueError:
            raise CannotSimulate(
                gettext("%s is no internet address. Write it as 192.0.2.7.") % _shown(described.ip)
            ) from None
        request.META["REMOTE_ADDR"] = described.ip
    else:
        request.META["REMOTE_ADDR"] = ""
    if host := described.host or default_host():
        request.META["HTTP_HOST"] = host
    request.user = described.user or AnonymousUser()
    return request


def default_host() -> str:
    """The host of the site that a request is for unless it says otherwise; "" where there is no site."""
    site = Site.objects.filter(is_default_site=True).first()
    return site_name(site) if site else ""


def _page_at(request: HttpRequest) -> ServedPage | None:
    try:
        found = apps.get_model(PAGE_MODEL).route_for_request(request, request.path_info.strip("/") + "/")
    except (Http404, DisallowedHost, ValueError, DataError):  # the last two: no database takes such a path
        found = None
    return ServedPage(found.page.pk, found.page.path) if found else None


def moment_of(text: str) -> datetime:
    """A moment as somebody writes it; now for nothing."""
    if not text:
        return timezone.now()
    try:
        moment = parse_datetime(text)
        if moment is None and (day := parse_date(text)):
            moment = datetime(day.year, day.month, day.day)
    except ValueError:
        moment = None
    if moment is None:
        raise CannotSimulate(
            gettext("%s is no date and time. Write it as 2026-04-18T22:30 or 2026-04-18T22:30+01:00.") % _shown(text)
        )
    try:
        aware = moment if timezone.is_aware(moment) else timezone.make_aware(moment, timezone.get_default_timezone())
        # Days before and after are looked at too, in zones on both sides of the date line.
        if not 1970 < aware.astimezone(UTC).year < 9999:
            raise OverflowError
    except OverflowError:
        raise CannotSimulate(gettext("%s is too long ago or too far ahead.") % _shown(text)) from None
    return aware


def _memory(said: Mapping[str, Any], visit: Visit) -> VisitorMemory:
    """What earlier requests of this visit, and earlier visits, left."""
    if unknown := sorted(said.keys() - MEMORY.keys()):
        known = "; ".join(f"{key}: {words}" for key, words in MEMORY.items())
        raise CannotSimulate(
            gettext("Nothing remembered is called %(name)s. What can be said is: %(known)s.")
            % {"name": _shown(unknown[0]), "known": known}
        )
    try:
        return _remembered(said, visit)
    except (AttributeError, TypeError, ValueError, OverflowError) as error:
        raise CannotSimulate(
            gettext('What is remembered can\'t be read: %s. Write it as {"visits": 3}.') % error
        ) from None


def _remembered(said: Mapping[str, Any], visit: Visit) -> VisitorMemory:
    minute, today = int(visit.now.timestamp()) // 60, day_number(visit.local_time.date())
    # How the visit began, if that is not said, is how this request comes.
    arrival = visit.arrival()
    referrer, campaign = arrival.referrer, arrival.campaign
    if "referrer" in said:
        source = source_of(str(said["referrer"] or ""), visit.host)
        referrer = Referrer(source.kind, source.host)
    if "campaign" in said:
        campaign = Campaign(**{part: str(said["campaign"].get(part, "")) for part in ("source", "medium", "name")})
    days = said.get("days_since_last_visit")
    visits = said.get("visits", 1 if days is None else 2)
    for name, number in (("visits", visits), ("days_since_last_visit", days)):
        if number is not None:
            _whole(name, number)
    last = None if days is None else today - days
    return VisitorMemory(
        ThisVisit(
            step=minute // STEP_MINUTES,
            landed=True,
            referrer=referrer,
            campaign=campaign,
            recognised=arrival.recognised,
            seen=_seen(said, "pages", "sections"),
            began=minute // STEP_MINUTES,
        ),
        Past(
            began=min(today, last if last is not None else today),
            visits=min(max(visits, 1), MAX_VISITS),
            this_day=today,
            last_day=last,
            seen=_seen(said, "past_pages", "past_sections"),
        ),
    )


def _seen(said: Mapping[str, Any], pages: str, sections: str) -> PagesSeen:
    return PagesSeen(
        tuple(_whole(pages, number) for number in said.get(pages, ())),
        tuple(_whole(sections, number) for number in said.get(sections, ())),
    )


def _whole(key: str, number: Any) -> int:
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise ValueError(gettext("%s takes whole numbers") % key)
    return number


def _facts(given: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as JSON gives them, in the forms that readers give. Raises CannotSimulate for a name that no fact has."""
    known = known_facts()
    values: dict[str, Any] = {}
    for name, value in given.items():
        whole = family(name)
        if whole not in known:
            raise CannotSimulate(
                gettext("There is no fact %(name)s. The facts are: %(known)s.")
                % {"name": _shown(name), "known": ", ".join(sorted(known))}
            )
        if whole == name:
            values[name] = _value(known[name], value)
            if kind_problem(known[name], values[name]):
                raise CannotSimulate(
                    gettext("%(fact)s is of kind %(kind)s, which %(value)s is not.")
                    % {"fact": name, "kind": _shown(known[name].kind), "value": _shown(values[name])}
                )
        elif isinstance(of_keys := values.setdefault(whole, {}), dict):
            of_keys[name[len(whole) + 1 :]] = value
    return values


def _value(fact: Fact, value: Any) -> Any:
    if value is None:
        return None
    if fact.kind == "moment":
        return timezone.localtime(moment_of(str(value)), timezone.get_default_timezone())
    if fact.kind == "address":
        try:
            return ip_address(str(value))
        except ValueError:
            raise CannotSimulate(
                gettext("%(fact)s: %(value)s is no internet address.") % {"fact": fact.name, "value": _shown(value)}
            ) from None
    if fact.kind == "point" and isinstance(value, list):
        return tuple([*value, None][:3])
    if fact.name == SUBDIVISIONS and isinstance(value, list | tuple) and value and isinstance(value[-1], str):
        return Partly(value, subdivisions_below(value[-1]))  # whoever says "Wales" did not say in which county
    return value
