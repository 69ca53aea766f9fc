"""Page caches on the site's own server: Django's, wagtail-cache. A page that adapts is kept once for each outcome.

Two middlewares stand around the cache's update half. The inner one, `PersonaliseMiddleware`, says in `Vary` what the
page asked; the cache then keeps the page under the answers, which it looks up among the request's headers. The outer
one, `PageCacheMiddleware`, has put a mapping there that answers for this visitor, at the time of asking; and on the way
out, behind the cache, it makes the response private again and keeps the visitor's memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from django.conf import settings as django_settings
from django.core.cache import BaseCache, caches
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import get_max_age, patch_vary_headers

from ..conf import settings
from ..core.counting import Arm, Exposure
from ..core.pages import ServedPage
from ..plugged import log_once_a_minute
from ..visit.arriving import READING
from ..visit.cookies import NAMES
from ..visit.middleware import VisitMiddleware, finished, visit_for
from ..visit.visit import Visit
from .outcomes import HEADER, META, Asked, asked_by, asked_in, outcome

NOBODYS = "-"  # the answer for a visitor whose page is theirs alone: nothing is ever kept under it


KEPT = frozenset({200, 301, 302, 404})  # the statuses of responses that are worth a copy


class PageCacheMiddleware(VisitMiddleware):
    """Lets a page cache keep pages that adapt. Stands directly before the cache's update middleware. Sync and async."""

    def enter(self, request: HttpRequest) -> Visit | None:
        if hasattr(request, "visit"):
            return None  # another of ours stands further out, so the cache sees what leaves the server
        visit = visit_for(request)
        request.visit = visit  # type: ignore[attr-defined]
        _ = request.COOKIES  # read now: below, ours are taken out for the cache
        meta = AnsweringMeta(request.META, visit)
        request.META = meta
        request.personalise_page_cache = PageCache(meta)  # type: ignore[attr-defined]
        return visit

    def leave(self, visit: Visit, request: HttpRequest, response: HttpResponseBase) -> None:
        page_cache: PageCache = request.personalise_page_cache  # type: ignore[attr-defined]
        page_cache.take_out(response)
        try:
            page_cache.replay(visit, response)
        except Exception as error:  # a copy of another release, or junk: it is somebody's page all the same
            visit.consider()
            log_once_a_minute(
                "made", "What was noted with a page in the page cache can't be read (%s).", type(error).__name__
            )
        finished(visit, request, response)

    def concerns(self, visit: Visit, response: HttpResponseBase) -> bool:
        return MADE in response.__dict__


# On a response: what making it noted of the page, in plain data that any cache can keep. The number is its form's.
MADE = "personalise_made_1"


class PageCache:
    """One request on its way through a page cache."""

    def __init__(self, meta: AnsweringMeta) -> None:
        self._meta = meta
        self._fresh = False  # the response was made for this very request

    def let_keep(self, visit: Visit, request: HttpRequest, response: HttpResponseBase) -> None:
        """Tell the cache, which comes next, under what to keep a response that was just made; or not to."""
        if MADE in response.__dict__:
            return  # the cache's own
        self._fresh = True
        asks = visit.considered or visit.grounds.would_ask or visit.grounds.beyond or visit.fragments
        if response.cookies and (visit.considered or self._meta.hides_cookies):
            # Django keeps no cookie that was set for somebody without cookies, and to it this visitor has none.
            visit.let_no_cache_keep()
        elif asks and request.META is not self._meta:
            visit.let_no_cache_keep()  # somebody has put other headers in the place of those that answer
        elif asks:
            asked = self._worth_keeping(visit, request, response)
            if asked is None:
                visit.let_no_cache_keep()
            else:
                patch_vary_headers(response, [asked.header])
                visit.let_caches_keep()
        setattr(response, MADE, made(visit))

    def _worth_keeping(self, visit: Visit, request: HttpRequest, response: HttpResponseBase) -> Asked | None:
        """What the page asks, if a copy of it may be kept for all to whom the same is answered."""
        if visit.choice_to_keep is not None or visit.forgets or request.method not in READING or response.streaming:
            return None
        if response.status_code not in KEPT:
            return None  # 304 above all, which wagtail-cache would keep for who has no copy
        asked = asked_by(visit.grounds, visit)
        if asked is None:
            return None
        # With what its last copy asked: else pages that ask more of some visitors would be looked for in vain.
        for before in self._meta.asked:
            asked |= before.in_force(visit.ruleset)
        answer = None if asked.too_much else outcome(visit, asked)
        if answer is None or not self._has_room(request, response, asked, answer):
            return None
        return asked

    @staticmethod
    def _has_room(request: HttpRequest, response: HttpResponseBase, asked: Asked, answer: str) -> bool:
        given = response.headers.get("Cache-Control", "")
        if "private" in given or "no-store" in given:
            return False  # the view's own word
        own = get_max_age(response)
        seconds = default_seconds() if own is None else own
        return seconds != 0 and Outcomes(request.build_absolute_uri()).claim(f"{asked.header}: {answer}", seconds)

    def take_out(self, response: HttpResponseBase) -> None:
        """Take our headers out of a response that leaves the server."""
        if HEADER not in (vary := response.headers.get("Vary", "")):
            return
        rest = [name for part in vary.split(",") if not (name := part.strip()).startswith(HEADER)]
        if rest:
            response.headers["Vary"] = ", ".join(rest)
        else:
            del response.headers["Vary"]

    def replay(self, visit: Visit, response: HttpResponseBase) -> None:
        """Note of a page that came from the cache what was noted when it was made."""
        kept: Mapping[str, Any] | None = response.__dict__.get(MADE)
        if kept is None or self._fresh or type(visit) is not Visit:
            return
        if kept["page"] is not None:
            visit.page = ServedPage(*kept["page"])
            if kept["shows"]:
                visit.note_page(visit.page)
        if kept["considered"]:
            visit.make_private()
        visit.note_shown(
            Exposure(block, Arm(arm), variant, segment, share) for block, arm, variant, segment, share in kept["shown"]
        )
        visit.reached.update(dict.fromkeys(kept["reached"]))
        visit.fragments.update(kept["fragments"])


def made(visit: Visit) -> dict[str, Any]:
    """What making a response noted of the page; the same for all to whom the page is the same."""
    page = visit.page
    return {
        "considered": visit.considered,
        "page": None if page is None else (page.id, page.place),
        "shows": visit.shows is not None,
        "shown": [(one.block, str(one.arm), one.variant, one.segment, one.share) for one in visit.shown],
        "reached": list(visit.reached),
        "fragments": dict(visit.fragments),
    }


OUR_COOKIES = tuple(f"{name}=" for name in NAMES)


class AnsweringMeta(dict[str, Any]):
    """A request's headers, in which a page cache finds the answers to what its copies depend on.

    Answers are given at the time of asking, so that nothing is read for a page that asks nothing. Headers of these
    names that a client sent are gone. So are our cookies: a page that varies on cookies, as one with a form does, would
    else be kept for each visitor by itself.
    """

    def __init__(self, meta: Mapping[str, Any], visit: Visit) -> None:
        super().__init__(meta)
        self.visit = visit
        self.asked: dict[Asked, None] = {}  # what the cache has asked
        for key in [key for key in self if key.startswith(META)]:
            del self[key]
        self.hides_cookies = self._hide_cookies()

    def get(self, key: str, default: Any = None) -> Any:
        if key.startswith(META):
            return self._answer(key)
        return super().get(key, default)

    def _answer(self, key: str) -> str:
        try:
            asked = asked_in(key)
            if asked is None:
                return NOBODYS
            self.asked[asked] = None
            answer = outcome(self.visit, asked)
            # With the question: a cache hashes the values alone, and forgets the names at any time before its copies.
            return NOBODYS if answer is None else f"{key}={answer};"
        except Exception as error:  # anything of anybody's: the page is made anew, and fails there if it must
            log_once_a_minute("asked", "A page cache's question can't be answered (%s).", type(error).__name__)
            return NOBODYS

    def _hide_cookies(self) -> bool:
        sent = super().get("HTTP_COOKIE", "")
        if "personalise_" not in sent:
            return False
        rest = [pair for part in sent.split(";") if (pair := part.strip()) and not pair.startswith(OUR_COOKIES)]
        if rest:
            self["HTTP_COOKIE"] = "; ".join(rest)
        else:
            del self["HTTP_COOKIE"]
        return True


# How many outcomes of a page are kept


class Outcomes:
    """The outcomes of which copies of one page are kept, at most `OUTCOMES_PER_PAGE` at once.

    Each takes a numbered place in the cache for as long as its copy may live. To take one is atomic, so that many
    processes together keep no more.
    """

    def __init__(self, url: str) -> None:
        digest = blake2b(url.encode(errors="replace"), digest_size=16).hexdigest()
        self._keys = [
            f"wagtail_personalise_gov.outcome.{digest}.{place}" for place in range(settings.OUTCOMES_PER_PAGE)
        ]

    def kept(self) -> list[str]:
        """The outcomes, each as "what is asked: what is answered"."""
        return sorted(set(page_cache().get_many(self._keys).values()))

    def claim(self, outcome: str, seconds: float | None) -> bool:
        """Whether there is room for this outcome, for so long (None: for ever). A cache that is away has none."""
        try:
            cache = page_cache()
            taken = cache.get_many(self._keys)
            for key, other in taken.items():
                if other == outcome:
                    return bool(cache.touch(key, seconds)) or cache.add(key, outcome, seconds)
            return any(key not in taken and cache.add(key, outcome, seconds) for key in self._keys)
        except Exception as error:
            log_once_a_minute("outcomes", "A page cache can't be asked for its outcomes (%s).", type(error).__name__)
            return False


def page_cache() -> BaseCache:
    """The cache in which pages are kept."""
    return caches[_wagtail_cache() or getattr(django_settings, "CACHE_MIDDLEWARE_ALIAS", "default")]


def default_seconds() -> float | None:
    """How long a page is kept that says nothing of it itself; None: for ever."""
    seconds: float | None = (
        page_cache().default_timeout if _wagtail_cache() else django_settings.CACHE_MIDDLEWARE_SECONDS
    )
    return seconds


def _wagtail_cache() -> str:
    """The alias of wagtail-cache's cache; "" where the site does not use it."""
    if not any(str(path).startswith("wagtailcache.") for path in django_settings.MIDDLEWARE):
        return ""
    return str(getattr(django_settings, "WAGTAIL_CACHE_BACKEND", "default"))
