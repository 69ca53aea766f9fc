"""How a request comes: when and to which site, from where, and by whom, as far as their browser keeps it for us.

Each is read when it is first asked, from the request as it entered.
"""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property  # the standard library's takes a lock
from wagtail.models import Site

from ..compiling import current_ruleset
from ..conf import settings
from ..core.geography import Place, in_european_union
from ..core.intents import Landing
from ..core.memory import MAX_CAMPAIGN_PART, Arrival, Campaign, Referrer, VisitorMemory, day_number
from ..core.pages import ServedPage
from ..core.preference import Mode, Preference, Standing
from ..core.ruleset import Ruleset
from ..plugged import log_once_a_minute
from .entrance import Entrance
from .geo import geo_provider
from .grounds import BEYOND, STANDING, Noting, Unnoted, tells
from .preference import standing_of
from .referrers import Source, host_name, source_of
from .sites import known_site
from .stores import VisitorStore, visitor_store

# What is noted of a request at the entrance, before other middleware may change it.
NOTED = ("HTTP_COOKIE", "HTTP_REFERER", "QUERY_STRING")

NO_REFERRER, NO_CAMPAIGN = Referrer(""), Campaign()

READING = frozenset({"GET", "HEAD"})  # methods with which a visit may begin; a form sent never begins one


class Arriving(Noting):
    """What of a visit tells how its request comes."""

    def __init__(self, request: HttpRequest) -> None:
        meta = request.META
        self._noted = {key: meta[key] for key in NOTED if key in meta}
        self._path = request.path
        super().__init__(request)
        self.closed = False  # the response is sent: from here on every visitor gets the same
        self.method_reads = request.method in READING
        self.shows: ServedPage | None = None  # the page that is shown, if it is one of Wagtail's

    @cached_property
    def request(self) -> Entrance:
        """The request as it entered."""
        return Entrance(self._request, self._noted, self._path)

    @cached_property
    def now(self) -> datetime:
        return timezone.now()

    @property
    def local_time(self) -> datetime:
        """Now, by the clock of the site: not of the zone that an editor has set for their own admin."""
        return timezone.localtime(self.now, timezone.get_default_timezone())

    @cached_property
    def site(self) -> Site | None:
        """The site that the request is for. Wagtail notes it on the request, so that a page asks the database once.

        For a page that may come from a page cache nobody would ask it, so the process knows it.
        """
        request = self._request
        if hasattr(request, "_wagtail_site") or not hasattr(request, "personalise_page_cache"):
            return Site.find_for_request(request)
        return known_site(self.ruleset.version, self.request)

    @cached_property
    def ruleset(self) -> Ruleset:
        """The ruleset of this request: one, even when a segment is published in its middle."""
        return current_ruleset()

    @cached_property
    def store(self) -> VisitorStore:
        """Where the memory of this visitor is kept."""
        return visitor_store()

    @cached_property
    def host(self) -> str:
        """The host name of this site, without a port."""
        return host_name(self._request._get_raw_host())  # type: ignore[attr-defined]

    @tells(STANDING, considers=True)
    def standing(self) -> Standing:
        """Where the visitor stands: their preference, where it comes from, and whether pages adapt to them."""
        return standing_of(self.request)

    @property
    def preference(self) -> Preference:
        preference: Preference = self.standing.preference
        return preference

    @tells(BEYOND)
    def source(self) -> Source:
        return source_of(self.request.META.get("HTTP_REFERER", ""), self.host)

    @tells(BEYOND)
    def stored(self) -> VisitorMemory:
        """The memory as it was kept by the last response; an empty one where the store is out of order.

        Of visitors who do not want pages to adapt to them it is not read at all; it goes with the next response.
        """
        # Not `self.standing`, which makes the response private: whether a visit goes on is asked before that is clear.
        standing = self.told.get("standing") or standing_of(self.request)
        if not standing.adapts:
            return VisitorMemory()
        try:
            return self.store.load(self.request)
        except Exception as error:  # a store of anybody's, which promised that it never raises
            log_once_a_minute("load", "VISITOR_STORE can't load what is kept (%s).", type(error).__name__)
            return VisitorMemory()

    @tells(BEYOND)
    def memory(self) -> VisitorMemory:
        """The memory as this request finds it: the visit goes on, or a new one begins."""
        memory = self.stored.opened(self.arrival(), settings.VISIT_TIMEOUT_MINUTES, settings.MEMORY_MAX_AGE_DAYS)
        return memory if self.shows is None else memory.noting(self.shows, self.ruleset.watching)

    @property
    def changes_memory(self) -> bool:
        """Whether the memory was looked at, or changed, in making this response."""
        return "memory" in self.told

    @property
    def begins(self) -> bool:
        """Whether a visit begins with this request, rather than going on; False where nothing is decided anyway."""
        if not self.unnoted:
            self.consider()
        with Unnoted(self):
            return self._adapting and not self.stored.continues(self.arrival(), settings.VISIT_TIMEOUT_MINUTES)

    @tells(BEYOND)
    def place(self) -> Place | None:
        """Where the visitor is: what they told us beats what we would guess. None where it can't be told."""
        declared = self.memory.visit.place if self.memory.visit else None
        if declared is None:
            return geo_provider().place(self.request)
        if not declared.says_where:
            return None  # "I'm not there": the guess is wrong, and no better one is to be had
        return Place(
            country=declared.country or declared.subdivision.partition("-")[0] or None,
            subdivisions=(declared.subdivision,) if declared.subdivision else (),
            city=declared.city or None,
            eu=in_european_union(declared.country or declared.subdivision.partition("-")[0]),
        )

    @property
    def _adapting(self) -> bool:
        """Whether anything is decided at all. Paused, switched off or already sent, every visitor gets the same."""
        return not (self.closed or settings.MODE is Mode.OFF or self.ruleset.paused)

    def arrival(self) -> Arrival:
        """How this request comes, as far as memory asks."""
        if not self.unnoted:
            self.consider()
        with Unnoted(self):
            return self._arrival()

    def _arrival(self) -> Arrival:
        minute, day = int(self.now.timestamp()) // 60, day_number(self.local_time.date())
        if self.method_reads and self.stored.goes_on(minute, settings.VISIT_TIMEOUT_MINUTES):
            return Arrival(minute, day, internal=False, referrer=NO_REFERRER, campaign=NO_CAMPAIGN)
        notices = self.notices
        suggests = "intent" in notices
        campaign = self._campaign() if suggests or "campaign" in notices else NO_CAMPAIGN
        # A place that was declared is the one item for which no visit has to be told from the next.
        follows = bool(notices - {"place"}) or self.stored.counted is not None
        return Arrival(
            minute=minute,
            day=day,
            internal=not self.method_reads or (follows and self.source.kind == "internal"),
            referrer=Referrer(self.source.kind, self.source.host) if "referrer" in notices else NO_REFERRER,
            campaign=campaign,
            recognised=self.ruleset.intents.recognise(self._landing_of(campaign)) if suggests else {},
        )

    @property
    def notices(self) -> frozenset[str]:
        """The items of memory for whose sake it is looked at how a request comes: those that live rules ask."""
        return self.ruleset.remembers

    def _campaign(self) -> Campaign:
        query = self.request.query
        if not query:
            return NO_CAMPAIGN
        return Campaign(
            *(query.get(f"utm_{part}", "")[:MAX_CAMPAIGN_PART] for part in ("source", "medium", "campaign"))
        )

    def _landing_of(self, campaign: Campaign) -> Landing:
        return Landing(self.request.path, self.host, campaign.name, self.source.words)
