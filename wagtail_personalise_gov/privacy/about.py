"""What the page about personalisation says, from the registries in code and the database, so that it cannot lie."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext

from ..conf import settings
from ..core.decision import Reason
from ..core.facts import Fact
from ..core.memory import NEED_A_PAST, NEED_A_VISIT, DeclaredPlace
from ..core.preference import Because, Mode, Preference, Standing
from ..models.iso import country_name, subdivision_name
from ..visit.cookies import (
    CHOICE,
    CHOICE_WHILE_COUNTING,
    CONFIRM,
    COUNT,
    EDITORS_COOKIES,
    LOT,
    MEMORY,
    SESSION,
    SESSION_WHILE_COUNTING,
    VISIT,
    Cookie,
)
from ..visit.stores import visitor_store
from ..visit.visit import Visit
from .counted import counting_told, held_back_now, remark_on
from .credits import credits_for
from .live import PublicSegment, live_segments
from .returning import way_back
from .words import about_title, wording

ERASED = "erased"  # the value of `done` in the address after everything was erased


@dataclass(frozen=True, slots=True)
class CookieRow:
    """One cookie as the page tells of it. `here`: this browser sent it with this very request."""

    name: str
    purpose: str
    lasts: str
    when: str
    here: bool


def about_page(request: HttpRequest, visit: Visit) -> dict[str, Any]:
    """Everything that the page's template needs."""
    standing, segments = visit.standing, live_segments()
    counting = counting_told(visit, segments)
    running = settings.MODE is not Mode.OFF and not visit.ruleset.paused
    reads = {fact.name: fact for segment in segments for fact in segment.reads}
    back = _page_before(request, visit)
    here = reverse("personalise:about")
    return {
        "service": wording(visit).service_name,
        "about_title": about_title(visit),
        "back": back,
        "here": here,
        "here_and_back": f"{here}?{urlencode({'back': back})}" if back else here,
        "after_erasing": f"{here}?{urlencode({'done': ERASED})}",
        "saved": saved_now(standing),
        "erased": request.GET.get("done") == ERASED and not visit.stored,
        "state": state_in_words(visit, segments),
        "running": running,
        "choosable": settings.MODE is not Mode.OFF,
        "chosen": Preference.ALLOWED if standing.preference is Preference.ALLOWED else Preference.REFUSED,
        "matched": groups_in_words(visit, segments),
        "told_intent": visit.ruleset.intents.by_slug.get(visit.declared_intent),
        "told_place": place_in_words(visit.declared_place),
        "signals": signals_in_words(visit),
        "facts": [fact for fact in _sorted(reads.values()) if fact.about_visitor],
        "facts_for_all": [fact for fact in _sorted(reads.values()) if not fact.about_visitor],
        "attributions": credits_for(segments),
        "segments": segments,
        "groups": [(segment, remark_on(segment, counting)) for segment in segments],
        "counting": counting,
        "cookies": [_row(cookie, visit, running) for cookie in _cookies(visit)],
        "kept_in_browser": visitor_store().in_browser,
    }


def saved_now(standing: Standing) -> bool:
    """Whether the visitor has just chosen something here that holds."""
    choice = standing.choice
    return choice is not None and choice.new and (standing.because is Because.CHOICE or choice.counting is not None)


def groups_in_words(visit: Visit, segments: Collection[PublicSegment]) -> list[str]:
    """The names of the groups that the visitor belongs to now; with a remark on those that change nothing for them."""
    decision, held = visit.decide(visit.ruleset.segments), held_back_now(visit)
    words = []
    for segment in segments:
        match decision.get(segment.slug):
            case Reason.LEARNING:
                words.append(gettext("%s (nothing changes for you)") % segment.name)
            case Reason.HOLDOUT if segment.slug in held:
                words.append(gettext("%s (you see the standard version, for comparison)") % segment.name)
            case Reason.MATCHED | Reason.HOLDOUT:
                words.append(segment.name)
    return words


def state_in_words(visit: Visit, segments: Collection[PublicSegment]) -> list[str]:
    """Whether pages adapt to this visitor, and why."""
    standing = visit.standing
    if settings.MODE is Mode.OFF:
        return [gettext("This is switched off. Every page is the same for everybody.")]
    if visit.ruleset.paused:
        return [gettext("This is paused at the moment. Every page is the same for everybody.")]
    if not segments:
        return [gettext("No page changes to suit visitors at the moment.")]
    on, off = gettext("Pages change to suit your visit."), gettext("Pages do not change to suit you.")
    match standing.because:
        case Because.CHOICE if standing.adapts:
            words = [gettext("This is on, because you turned it on."), on]
            if standing.choice is not None and (standing.choice.despite_signal or standing.choice.despite_dnt):
                words.append(gettext("Your browser asked us not to, and your choice on this site comes first."))
        case Because.CHOICE:
            words = [gettext("This is off, because you turned it off."), off]
        case Because.GPC:
            words = [gettext("This is off, because your browser sends us a Global Privacy Control signal."), off]
        case Because.DNT:
            words = [gettext("This is off, because your browser sends us a Do Not Track signal."), off]
        case _ if standing.adapts:
            words = [gettext("This is on. You have not chosen yet, and on this site it is on to begin with."), on]
        case _:
            words = [gettext("This is off. It stays off until you turn it on."), off]
    if not standing.adapts and any(not fact.about_visitor for segment in segments for fact in segment.reads):
        words.append(gettext("Pages may still change with the time or the date, as they do for everybody."))
    return words


def signals_in_words(visit: Visit) -> list[str]:
    """How this site treats what a browser can ask of all sites."""
    words = []
    for name, honoured, header in (
        (gettext("Global Privacy Control"), settings.HONOUR_GPC, "HTTP_SEC_GPC"),
        (gettext("Do Not Track"), settings.HONOUR_DNT, "HTTP_DNT"),
    ):
        if honoured:
            text = gettext(
                "If your browser sends a %(signal)s signal, we treat it as if you had turned this off, until you turn "
                "it on here while the signal is sent."
            )
        else:
            text = gettext("This site does not act on %(signal)s. You can turn this off here.")
        words.append(text % {"signal": name})
        if visit.request.META.get(header) == "1":
            words.append(gettext("Your browser is sending a %(signal)s signal now.") % {"signal": name})
    return words


def place_in_words(place: DeclaredPlace | None) -> str:
    """Where the visitor said they are; "" where they said nothing."""
    if place is None:
        return ""
    if not place.says_where:
        return gettext("Not where we thought")
    parts = [
        place.city,
        subdivision_name(place.subdivision) if place.subdivision else "",
        country_name(place.country) if place.country else "",
    ]
    return ", ".join(filter(None, parts))


def _cookies(visit: Visit) -> list[Cookie]:
    """Every cookie that may be set as things are, and any other of ours that this browser holds all the same."""
    # Those for editors are told of to who holds one: no visitor ever does.
    editors = [cookie for cookie in EDITORS_COOKIES if cookie.sent_by(visit.request)]
    cookies = (CHOICE, *visitor_store().cookies, CONFIRM, *editors)
    return [cookie for cookie in cookies if cookie is not COUNT or settings.COUNTING or COUNT.sent_by(visit.request)]


def _row(cookie: Cookie, visit: Visit, running: bool) -> CookieRow:
    remembers = visit.ruleset.remembers if running else frozenset()
    draws_lots = running and settings.COUNTING and visit.holds_back
    return CookieRow(
        name=cookie.name,
        purpose=" ".join(map(str, _purposes(cookie, remembers, draws_lots))),
        lasts=_lasts(cookie),
        when=_when(cookie, remembers, running and settings.COUNTING, draws_lots),
        here=cookie.sent_by(visit.request),
    )


def _purposes(cookie: Cookie, remembers: frozenset[str], draws_lots: bool) -> list[Any]:
    """What a cookie is for, as things are now."""
    if cookie is CHOICE and settings.COUNTING:
        return [cookie.purpose, CHOICE_WHILE_COUNTING]
    if cookie is SESSION and settings.COUNTING:
        return [cookie.purpose, SESSION_WHILE_COUNTING, *([LOT] if draws_lots else [])]
    if cookie is MEMORY and draws_lots:
        return [*([cookie.purpose] if remembers & NEED_A_PAST else []), LOT]
    return [cookie.purpose]


def _lasts(cookie: Cookie) -> str:
    if cookie is not CHOICE:
        return cookie.lasts
    on, off = settings.ALLOWED_MAX_AGE_DAYS, settings.REFUSED_MAX_AGE_DAYS
    days = {"on": ngettext("%d day", "%d days", on) % on, "off": ngettext("%d day", "%d days", off) % off}
    if not settings.COUNTING:
        return gettext("%(on)s if you turn this on, %(off)s if you turn it off") % days
    if settings.MODE is Mode.OPT_IN:
        return gettext("%(on)s if you turn anything on, %(off)s if you only turn things off") % days
    return gettext("%(on)s if you only turn things on, %(off)s if you turn anything off") % days


def _when(cookie: Cookie, remembers: frozenset[str], counts: bool, draws_lots: bool) -> str:
    """When a cookie is set, as things are now."""
    if cookie is CHOICE:
        return gettext("When you choose")
    if cookie in EDITORS_COOKIES:
        return gettext("When you ask for it on the pages for people who work on this site")
    if cookie is CONFIRM:
        return gettext("When we ask you once more whether it was you who sent a form")
    if cookie is COUNT:
        if counts:
            return gettext("When you see something that is counted, while counting is on")
        return gettext("Not at the moment: nothing here needs it")
    if cookie is MEMORY:
        remembers &= NEED_A_PAST
        if draws_lots and not remembers:
            return gettext("When you see a page that changes to suit your visit, while counting is on")
    elif cookie is VISIT:
        remembers &= NEED_A_VISIT | {"place"}
    if cookie is SESSION:
        if remembers or counts:
            return gettext("When you sign in, or see a page that changes to suit your visit, while this is on")
        return gettext("When you sign in")
    if remembers == {"place"}:
        return gettext("When you tell us where you are")
    if remembers:
        return gettext("When you see a page that changes to suit your visit, while this is on")
    return gettext("Not at the moment: nothing here needs it")


def _page_before(request: HttpRequest, visit: Visit) -> str:
    """The page that the visitor was looking at, where it is one of ours; "" where that can't be told."""
    here = reverse("personalise:about")
    for address in (request.GET.get("back"), visit.request.META.get("HTTP_REFERER")):
        page = way_back(request, address)
        if page is not None and here not in page:
            return page
    return ""


def _sorted(facts: Iterable[Fact]) -> list[Fact]:
    return sorted(facts, key=lambda fact: fact.name)
