"""On the way out: what a response must say to caches, and what the visitor's memory keeps."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from ..conf import settings
from ..core.ruleset import NO_RULES
from ..counting.buffer import count
from .arriving import READING
from .asked import AskedVisit, shows_as_asked
from .cookies import CHOICE, COOKIES, EDITORS_COOKIES
from .devices import is_crawler
from .edge import vary_on_edge
from .preference import preference_headers, standing_of, write_choice
from .stores import DjangoSessionStore, NoStore
from .tallying import stands_at_a_goal, tallies_of
from .telling import tell_choice, tell_what_is_kept
from .viewing import views_as_others
from .visit import PreviewVisit, Visit

# Of what a view says to caches, this may stay beside `private` and `no-cache`; all else might let one keep it.
STRICTER = frozenset({"no-store", "no-transform", "must-revalidate", "proxy-revalidate"})

# What a network's edge or a proxy obeys before Cache-Control: RFC 9213, W3C Edge Architecture, and vendors' own.
FOR_THE_EDGE = (
    "CDN-Cache-Control",
    "Surrogate-Control",
    "Cloudflare-CDN-Cache-Control",
    "Vercel-CDN-Cache-Control",
    "Netlify-CDN-Cache-Control",
    "Akamai-Cache-Control",
    "Edge-Control",
    "X-Accel-Expires",
)
PUBLIC = ("Expires", *FOR_THE_EDGE)  # what no private response may say


def finish(visit: Visit, request: HttpRequest, response: HttpResponseBase) -> None:
    """Make a response that considered the visitor private, and keep their memory where it changed."""
    if getattr(request, "is_dummy", False):
        response.of_a_preview = True  # type: ignore[attr-defined]
    elif getattr(response, "of_a_preview", False):
        # A preview that was made within this request: whatever it showed, it is no page that an editor came to.
        visit.closed = True
        return
    viewing, asked = views_as_others(visit), shows_as_asked(visit)
    if not (visit.considered or asked or visit.fragments) and (
        viewing
        or visit.shows_a_watched_page
        or stands_at_a_goal(visit, response)
        or _is_landing(visit, request, response)
    ):
        visit.consider()
    # Nothing that is rendered from here on (a streaming response) can still be marked: it shows standard versions.
    visit.closed = True
    vary_on_edge(response, visit.told_at_edge)
    if not visit.considered:
        return
    keep_private(visit, response)
    if viewing:
        response.headers["Cache-Control"] = "private, no-store"
    if isinstance(visit, AskedVisit) and visit.answers:
        response.headers["Cache-Control"] = "private, no-store"
        keep_out_of_searches(response)
    if isinstance(visit, PreviewVisit) or getattr(request, "is_dummy", False):
        return
    if visit.choice_to_keep is not None:
        write_choice(response, visit.choice_to_keep)
        CHOICE.expire_other_names(visit.request, response)
        tell_choice(visit, request, visit.choice_to_keep)
    if visit.forgets:
        forget(visit, response)
        return
    if asked or (viewing and (visit.only_looks or request.method in READING)):
        return  # it was no visit of their own, save for what they said themselves
    tallies = tallies_of(visit, response)
    remember(visit, response)
    if not isinstance(visit.store, NoStore):
        count(tallies)  # only now: what can't be noted in the browser would be counted again at the next page
        tell_what_is_kept(visit, request, tallies)


def keep_private(visit: Visit, response: HttpResponseBase) -> None:
    """Tell every cache that this response is one visitor's, and which request headers it was made from."""
    given = response.headers.get("Cache-Control", "").lower()
    kept = [directive for part in given.split(",") if (directive := part.strip()) in STRICTER] if given else []
    response.headers["Cache-Control"] = ", ".join(["private", "no-cache", *kept])
    _say_nothing_public(response)
    varies_on = _listed(preference_headers() | visit.varies_on)
    if response.headers.get("Vary"):
        patch_vary_headers(response, varies_on.split(", "))
    else:
        response.headers["Vary"] = varies_on


def _say_nothing_public(response: HttpResponseBase) -> None:
    for header in PUBLIC:
        response.headers.pop(header)  # which asks for no header to be there


@lru_cache(maxsize=256)
def _listed(headers: frozenset[str]) -> str:
    return ", ".join(sorted(headers))


def is_for_everybody(response: HttpResponseBase) -> None:
    """Mark a response that caches may give to anybody: it may not leave us so with somebody's cookies."""
    response.for_everybody = True  # type: ignore[attr-defined]


def keep_cookies_private(response: HttpResponseBase) -> None:
    """Take a response that was meant for everybody from every cache, if it sets a cookie, or has one dropped.

    Middleware adds its cookies behind a view's back: sessions drop a cookie that is none of theirs, and the guard of
    forms replaces one that can't be read.
    """
    if getattr(response, "for_everybody", False) and response.cookies:
        response.headers["Cache-Control"] = "private, no-store"
        _say_nothing_public(response)


def keep_out_of_searches(response: HttpResponseBase) -> None:
    """Tell search engines that this is no page of its own; what a view told them stands."""
    told = response.headers.get("X-Robots-Tag", "")
    if "noindex" not in told.lower():
        response.headers["X-Robots-Tag"] = f"{told}, noindex" if told else "noindex"


def remember(visit: Visit, response: HttpResponseBase) -> None:
    """Keep what live rules need of this visit, if the visitor lets us; drop what is kept beyond that."""
    store = visit.store
    if visit.ruleset.paused:
        return
    cookies = visit.request.COOKIES
    sent = bool(cookies) and any(
        cookies.get(name) for cookie in store.cookies for name in cookie.names
    )  # readable or not
    if not visit.standing.adapts:
        # Of those who do not want it nothing is read, not even what was kept of them: that it came says enough.
        if sent or not store.cookies:
            store.forget(visit.request, response)
        return
    if not (visit.ruleset.remembers or sent or visit.stored or visit.changes_memory):
        return
    if visit.ruleset is NO_RULES:
        return  # it could not be loaded: what is kept may be asked for again as soon as it is
    items = visit.ruleset.remembers | items_counted(visit)
    memory = visit.stored if visit.only_looks else visit.memory
    if visit.only_looks:
        # A form may reach a goal, or turn counting off; nothing else of what is kept changes with it.
        memory = replace(memory, counted=memory.counted and visit.memory.counted)
    memory = memory.keeping(items, visit.ruleset.watching)
    if memory and memory != visit.stored:
        if not is_crawler(visit.request.META.get("HTTP_USER_AGENT", "")):
            store.save(visit.request, response, memory)
    elif not memory and (visit.stored or (sent and store.in_browser)):
        store.forget(visit.request, response)


def items_counted(visit: Visit) -> frozenset[str]:
    """The items of memory that are kept for counting's sake."""
    if not settings.COUNTING or not visit.counts:
        return frozenset()
    return frozenset({"counted", "lot"} if visit.holds_back else {"counted"})


def forget(visit: Visit, response: HttpResponseBase) -> None:
    """Drop everything that is kept of the visitor, but for their choice; also what can't be read any more."""
    for cookie in (*COOKIES, *EDITORS_COOKIES):
        if cookie is not CHOICE:
            cookie.expire(visit.request, response)
    store = visit.store
    store.forget(visit.request, response)
    if not isinstance(store, DjangoSessionStore):
        # The site may have kept memory in sessions before. Of a visitor without one, nothing is looked at.
        DjangoSessionStore().forget(visit.request, response)


def _is_landing(visit: Visit, request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether the site remembers landings on any page, and this is one."""
    if settings.REMEMBER_LANDING != "everywhere" or request.method != "GET" or response.status_code != 200:
        return False
    if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
        return False
    # The standing first: of those who refused, not even the referrer is looked at.
    return visit.ruleset.landing and standing_of(visit.request).adapts and visit.begins
