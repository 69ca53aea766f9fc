"""The cookies as the page about personalisation tells of them: from the one registry by which they are set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from ..conf import settings
from ..core.memory import NEED_A_PAST, NEED_A_VISIT
from ..core.preference import Mode
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

SESSION_WHILE_NOTHING_RUNS = _("Lets this site know your browser again, for example while you are signed in.")


@dataclass(frozen=True, slots=True)
class CookieRow:
    """One cookie as the page tells of it. `here`: this browser sent it with this very request."""

    name: str
    category: str
    purpose: str
    lasts: str
    when: str
    here: bool


def cookie_rows(visit: Visit, running: bool) -> list[CookieRow]:
    """Every cookie that may be set as things are. `running`: pages adapt to those who have not refused."""
    return [_row(cookie, visit, running) for cookie in _cookies(visit)]


def cookie_rows_for_all(visit: Visit, running: bool) -> list[tuple[Cookie, CookieRow]]:
    """The same for everybody, whatever this browser holds: every cookie that may be set, and what is told of it."""
    return [
        (cookie, replace(_row(cookie, visit, running), here=False))
        for cookie in (CHOICE, *visitor_store().cookies, CONFIRM)
        if cookie is not COUNT or settings.COUNTING
    ]


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
        category=_category(cookie, remembers, draws_lots),
        purpose=" ".join(map(str, _purposes(cookie, remembers, draws_lots, running))),
        lasts=_lasts(cookie),
        when=_when(cookie, remembers, running and settings.COUNTING, draws_lots),
        here=cookie.sent_by(visit.request),
    )


def _category(cookie: Cookie, remembers: frozenset[str], draws_lots: bool) -> str:
    """What visitors may turn off to be without it, or why they can't."""
    if cookie in (CHOICE, CONFIRM):
        return gettext("Needed for your choice")
    if cookie in EDITORS_COOKIES:
        return gettext("For people who work on this site")
    if cookie is SESSION:
        return gettext("Needed to sign in")
    if cookie is COUNT or (cookie is MEMORY and draws_lots and not remembers & NEED_A_PAST):
        return gettext("Counting")
    return gettext("Pages that change to suit your visit")


def _purposes(cookie: Cookie, remembers: frozenset[str], draws_lots: bool, running: bool) -> list[Any]:
    """What a cookie is for, as things are now."""
    if cookie is SESSION and not running:
        return [SESSION_WHILE_NOTHING_RUNS]
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
    if settings.COUNTING:  # two choices in one cookie, which knows the day of each
        return gettext("Each choice: %(on)s if you turn it on, %(off)s if you turn it off") % days
    return gettext("%(on)s if you turn this on, %(off)s if you turn it off") % days


def _when(cookie: Cookie, remembers: frozenset[str], counts: bool, draws_lots: bool) -> str:
    """When a cookie is set, as things are now."""
    if cookie is CHOICE and settings.MODE is Mode.OFF:
        return gettext("Not at the moment: there is nothing to choose")
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
