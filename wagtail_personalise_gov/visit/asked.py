"""What an address asks of this page alone: its standard version, or the page as one group sees it.

``?personalise=standard`` and ``?personalise_as=<slug>`` are links that work for anybody, without JavaScript. Of who
follows one nothing is read, nothing is kept and nothing is counted: the next page is as it always was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote_plus, unquote_plus, urlsplit, urlunsplit

from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, QueryDict

from ..core.asking import RESERVED, SEEN_BY, SLUG, STANDARD, STANDARD_VALUE
from ..core.decision import Decision, Reason
from ..core.geography import Place
from ..core.memory import VisitorMemory
from .arriving import READING
from .grounds import BEYOND, tells
from .visit import Visit

OWN_ADDRESSES = frozenset({"personalise", "personalise_api"})
PAGES_AS_DATA = frozenset({"personalise_api:page", "personalise_api:page_at"})  # those of our own that show a page


@dataclass(frozen=True, slots=True)
class AskedFor:
    """What an address asks for: the page as the group with this slug sees it; None: its standard version."""

    slug: str | None = None


# Addresses


def standard_address(address: str) -> str:
    """`address`, asking for the standard version of that page. All else of it stays as it is."""
    return _asking(address, f"{STANDARD}={STANDARD_VALUE}")


def seen_by_address(address: str, slug: str) -> str:
    """`address`, asking for the page as the group with this slug sees it. All else of it stays as it is."""
    return _asking(address, f"{SEEN_BY}={quote_plus(slug)}")


def plain_address(address: str) -> str:
    """`address`, asking for nothing: the page as it is for whoever follows it."""
    return _asking(address, "")


def _asking(address: str, parameter: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:  # no address at all, such as "http://["
        return address
    # Taken apart by hand: parsing and writing anew would change what others' parameters look like.
    kept = [pair for pair in parts.query.split("&") if pair and _name(pair) not in RESERVED]
    return urlunsplit(parts._replace(query="&".join([*kept, parameter] if parameter else kept)))


def _name(pair: str) -> str:
    return unquote_plus(pair.partition("=")[0])


def query_of(request: Any) -> Any:
    """The parameters of an address. Of more than Django takes, none: a page that looks at few is not refused for them.

    `request` is Django's, or REST framework's around it.
    """
    try:
        return getattr(request, "_request", request).GET
    except TooManyFieldsSent:
        return QueryDict()


def asked_for(query: str) -> AskedFor | None:
    """What a query string asks for; None for nothing, for both at once, and for whatever else is not meant so."""
    if STANDARD not in query:  # said in full, as our own links say it
        return None
    try:
        given = QueryDict(query)
    except (TooManyFieldsSent, ValueError):
        return None
    standard, seen_by = given.getlist(STANDARD), given.getlist(SEEN_BY)
    if standard == [STANDARD_VALUE] and not seen_by:
        return AskedFor()
    if not standard and len(seen_by) == 1 and SLUG.fullmatch(seen_by[0]):
        return AskedFor(seen_by[0])
    return None


# Visits


class AskedVisit(Visit):
    """The visit of a request whose address asks for the standard version, or for the page as a group sees it.

    What is the same for everybody goes on, as after a refusal. `answers` says whether anything was decided as the
    address asks; a page without a personalised block is an ordinary page.
    """

    def __init__(self, request: HttpRequest, asked_for: AskedFor) -> None:
        super().__init__(request)
        self.asked_for = asked_for
        self.answers = False

    @cached_property
    def _answers_at_edge(self) -> dict[str, bool]:
        return super()._answers_at_edge if self.tells_of_the_visitor else {}

    @property
    def seen_by(self) -> str | None:
        """The slug of the group as which the page is shown; None for the standard version.

        Of a group that is not live, or that changes nothing yet, the standard version is shown too.
        """
        slug = self.asked_for.slug
        if slug is None or self.tells_of_the_visitor or not self._adapting or slug in self.ruleset.learning:
            return None
        return slug if slug in self.ruleset.segments else None

    def _decision(self, slugs: Iterable[str]) -> Decision:
        decision = super()._decision(slugs)
        if self.tells_of_the_visitor or not self._adapting:
            return decision
        self.answers = True
        seen_by = self.seen_by
        if seen_by is None or seen_by not in decision:
            return decision
        return Decision({**decision, seen_by: Reason.PREVIEW})

    @property
    def may_ask(self) -> bool:
        return self.tells_of_the_visitor and super().may_ask

    @property
    def counts(self) -> bool:
        return self.tells_of_the_visitor and super().counts

    @tells(BEYOND)
    def stored(self) -> VisitorMemory:
        return super().stored if self.tells_of_the_visitor else VisitorMemory()

    @tells(BEYOND)
    def place(self) -> Place | None:
        return super().place if self.tells_of_the_visitor else None

    def reach(self, goal: str) -> None:
        if self.tells_of_the_visitor:
            super().reach(goal)

    @property
    def tells_of_the_visitor(self) -> bool:
        """Whether the request is for the page about personalisation, or a call, that says how things are with them.

        That is so whatever else stands in the address.
        """
        match = self._request.resolver_match
        if match is None or OWN_ADDRESSES.isdisjoint(match.app_names):
            return False
        return f"{match.app_names[-1]}:{match.url_name}" not in PAGES_AS_DATA


def asked_visit(request: HttpRequest) -> AskedVisit | None:
    """The visit of a request whose address asks for something; None for every other request."""
    if request.method not in READING:
        return None
    asked = asked_for(request.META.get("QUERY_STRING", ""))
    return AskedVisit(request, asked) if asked else None


def shows_as_asked(visit: Visit) -> bool:
    """Whether this is a look at a page as its address asks, of which nothing is kept."""
    return isinstance(visit, AskedVisit) and not visit.tells_of_the_visitor
