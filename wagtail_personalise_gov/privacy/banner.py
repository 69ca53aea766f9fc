"""The banner: asks a visitor who has not chosen, and confirms a choice once.

It stands where something is used, on pages that are private anyway; all other pages keep their link to the choice and
are left alone, or carry it hidden, the same for everybody, for a script to show. So do public pages with fragments.
Its words come from what is really live.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import NoReverseMatch
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from ..conf import settings
from ..core.facts import Fact
from ..core.memory import NEED_A_PAST, NEED_A_VISIT
from ..core.preference import Because, Mode, Preference, Standing, settle
from ..core.ruleset import Ruleset
from ..facts import facts_named
from ..plugged import log_once_a_minute
from ..visit.cookies import CHOICE, VISIT
from ..visit.grounds import ADDRESS, BANNER
from ..visit.stores import NoStore, visitor_store
from ..visit.visit import PreviewVisit, Visit
from .kept_banners import kept_or_made
from .speaking import address_of
from .words import about_title, listed, may_know_names, used, used_in_short, wording

logger = logging.getLogger("wagtail_personalise_gov")

NOTHING = mark_safe("")

TEMPLATES = "wagtail_personalise_gov"
SCRIPTS = "wagtail_personalise_gov/js"

# What a page was when it was rendered, as the banner's forms tell it; a page that asks nothing of visitors: neither.
ADAPTED, STANDARD = "adapted", "standard"


@dataclass(frozen=True, slots=True)
class Question:
    """What the banner says and asks. `allow` and `refuse` are its buttons; `counting`: the first allows that too.

    `again` says why somebody is asked who has said yes before; "" for all others. `heading` and `introduction` may be
    the site's own words; the latter stand before all of it.
    """

    heading: str
    sentences: tuple[str, ...]
    allow: str
    refuse: str
    counting: bool = False
    again: str = ""
    introduction: str = ""


def render_banner(request: HttpRequest | None) -> SafeString:
    """The banner of a page whose inside has been rendered; "" where none belongs."""
    visit: Visit | None = getattr(request, "visit", None)
    if request is None or visit is None or not belongs(request, visit):
        return NOTHING
    visit.grounds.others.add(ADDRESS)  # its forms lead back to this very page
    if not visit.considered and (visit.fragments or visit.told_at_edge or settings.BANNER == "by_script"):
        adapts = _fragments_adapt(visit)
        return kept_or_made(request, visit, (adapts,), lambda: _for_everybody(request, visit, adapts))
    page_adapts = any(fact.about_visitor for fact in facts_named(visit.asked))
    with visit.asking_for(BANNER):
        standing = visit.standing  # from here on the page is private: what stands on it depends on the visitor
    choice = standing.choice
    if choice is not None and choice.new and standing.because is Because.CHOICE:
        return _confirming(request, visit, standing)
    if standing.because is not Because.DEFAULT:
        return NOTHING
    depends_on = (page_adapts, *_asked_before(standing))
    return kept_or_made(request, visit, depends_on, lambda: _asking(request, visit, page_adapts, standing))


def _asking(request: HttpRequest, visit: Visit, page_adapts: bool, standing: Standing) -> SafeString:
    context = _begun(visit)
    if context is None:
        return NOTHING
    context |= {"next": request.get_full_path(), "question": question(visit, page_adapts, standing)}
    if page_adapts:
        context["page_was"] = ADAPTED if standing.adapts else STANDARD
    return render_to_string(f"{TEMPLATES}/banner.html", context | told_to_scripts())


def _confirming(request: HttpRequest, visit: Visit, standing: Standing) -> SafeString:
    context = _begun(visit)
    if context is None:
        return NOTHING
    visit.confirm()
    context |= {"next": request.get_full_path(), **in_words(standing)}
    return render_to_string(f"{TEMPLATES}/confirmation.html", context)


def _for_everybody(request: HttpRequest, visit: Visit, adapts: bool) -> SafeString:
    """The banner of a page that any cache may keep: hidden, and asking nothing of the visit, so that it stays public.

    It says what is true for whoever has not chosen. Who sees it is decided in the browser, by `banner.js`.
    """
    context, shower = _begun(visit), script("banner")
    if context is None or not shower:
        return NOTHING
    nobody = settle(None, mode=settings.MODE, policy_version=settings.POLICY_VERSION, signal=None)
    asked = question(visit, adapts, nobody)
    if settings.POLICY_VERSION > 1:
        asked = replace(asked, again=_why_again())
    # The address without its query, which may say something of one visitor; the script puts in what is theirs.
    context |= {"question": asked, "next": request.path, "shower": shower, "hidden": True}
    return render_to_string(f"{TEMPLATES}/banner.html", context | told_to_scripts())


def _begun(visit: Visit) -> dict[str, Any] | None:
    """What every banner needs; None where the site has no addresses for it."""
    try:
        return {**addresses(), "label": about_title(visit)}
    except NoReverseMatch:
        logger.error('No banner: add include("wagtail_personalise_gov.urls") to the site\'s addresses.')
        return None


def _fragments_adapt(visit: Visit) -> bool:
    """Whether a fragment of the page may differ between visitors, rather than with the date, say."""
    slugs = visit.ruleset.slugs(key for keys in visit.fragments.values() for key in keys)
    asks = any(fact.about_visitor for fact in facts_named(visit.ruleset.only(slugs).needs))
    return asks or any(not keys for keys in visit.fragments.values())  # a question is for those who let us keep it


def render_confirmation(visit: Visit, page: str | None, page_was: str | None) -> SafeString:
    """The confirmation of the choice that was made with this very request, for a script to put in the question's place.

    `page` is the address of the page that stands there and stays as it is, `page_was` what it was when it was rendered.
    """
    standing = visit.standing
    other_now = page_was == (STANDARD if standing.adapts else ADAPTED)
    context = addresses() | in_words(standing)
    context |= {"by_script": True, "label": about_title(visit), "next": page, "other_now": other_now}
    if settings.MODE is Mode.OFF:
        context["nothing_adapts"] = gettext("This is switched off. Every page is the same for everybody.")
    elif visit.ruleset.paused:
        context["nothing_adapts"] = gettext("This is paused at the moment. Every page is the same for everybody.")
    return render_to_string(f"{TEMPLATES}/confirmation.html", context)


def addresses() -> dict[str, Any]:
    """Where the banner's links and forms lead. Raises NoReverseMatch where the site has not included them."""
    return {"about": address_of("about"), "choice": address_of("choice")}


def in_words(standing: Standing) -> dict[str, Any]:
    """What a confirmation says of the visitor's choice."""
    allowed = standing.preference is Preference.ALLOWED
    return {"allowed": allowed, "counting": settings.COUNTING, "counted": standing.counts}


def told_to_scripts() -> dict[str, Any]:
    """What a script has to know to tell who has chosen; the same for everybody."""
    honoured = {"gpc": settings.HONOUR_GPC, "dnt": settings.HONOUR_DNT}
    signals = " ".join(name for name, honours in honoured.items() if honours)
    return {
        "cookie": CHOICE.name,
        "version": settings.POLICY_VERSION,
        "signals": signals,
        "allowed_days": settings.ALLOWED_MAX_AGE_DAYS,
        "refused_days": settings.REFUSED_MAX_AGE_DAYS,
    }


def script(name: str) -> str:
    """The address of a script; "" where the storage of static files does not know it, since all works without."""
    try:
        return static(f"{SCRIPTS}/{name}.js")
    except ValueError:  # a manifest from before an update, say
        log_once_a_minute("script", "No script for the banner: run collectstatic.")
        return ""


def belongs(request: HttpRequest, visit: Visit) -> bool:
    """Whether this page is one that carries the banner, for visitors whom there is something to say."""
    visit.grounds.would_ask |= settings.BANNER != "where_used"
    if visit.closed or settings.MODE is Mode.OFF:
        return False
    if isinstance(visit, PreviewVisit) or getattr(request, "is_dummy", False):
        return False  # an editor's preview: nobody's visit
    if not (visit.considered or visit.fragments or visit.told_at_edge) and settings.BANNER == "where_used":
        return False
    match = request.resolver_match
    if match is not None and "personalise" in match.app_names:
        return False  # the page about personalisation holds the same choice in full
    # Where nothing about visitors is used, what is left to ask of them is whether they may be counted.
    return bool(used(visit.ruleset)) or counts_something(visit.ruleset)


def counts_something(ruleset: Ruleset) -> bool:
    """Whether anything comes to be counted: only what is shown where something is live, and can be kept in mind."""
    return bool(settings.COUNTING and ruleset.segments) and not isinstance(visitor_store(), NoStore)


def question(visit: Visit, page_adapts: bool, standing: Standing) -> Question:
    """The banner's words. `page_adapts`: this very page asked something, not only others of the site.

    What a site says in its own words stands first, and takes nothing away: what follows is put together from what is
    live, so that it can't lie.
    """
    ruleset, own = visit.ruleset, wording(visit)
    facts = used(ruleset)
    on = settings.MODE is Mode.OPT_OUT
    refused_counting, lapsed = _asked_before(standing)
    counts = counts_something(ruleset) and not refused_counting
    sentences = []
    if facts:
        sentences = [_what_happens(page_adapts, on), _what_is_used(facts, on)]
    elif ruleset.segments.keys() - ruleset.learning:
        sentences = [gettext("Some pages here change with the date, the time or the page, for everybody alike.")]
    if counts:
        sentences.append(_what_is_counted(bool(ruleset.goals), on))
        if visit.holds_back:
            sentences.append(gettext("To compare, some visitors see the standard version."))
    elif settings.COUNTING and refused_counting:
        sentences.append(gettext("Your visits are not counted: you turned that off."))
    sentences += _what_is_kept(ruleset.remembers, counts, counts and visit.holds_back, on)
    if may_know_names(facts):
        sentences.append(gettext("We do not follow you to other websites."))
    else:
        sentences.append(gettext("We do not use your name or follow you to other websites."))
    if on:
        sentences.append(gettext("You’ll find the same information if you turn it off."))
        allow, refuse = gettext("Keep it on"), gettext("Turn it off")
    else:
        sentences.append(gettext("You’ll find the same information if you leave it off."))
        allow, refuse = gettext("Turn it on"), gettext("Leave it off")
    counting = settings.COUNTING and not on and not refused_counting
    again = _why_again() if lapsed else ""
    heading = own.banner_heading or about_title(visit)
    return Question(heading, tuple(sentences), allow, refuse, counting, again, own.banner_introduction)


def _asked_before(standing: Standing) -> tuple[bool, bool]:
    """Whether somebody who is asked has refused to be counted; and whether they said yes to what was before."""
    choice = standing.choice
    if choice is None:
        return False, False
    return choice.counting is False, choice.accepts and choice.policy_version < settings.POLICY_VERSION


def _why_again() -> str:
    return gettext(
        "You said yes to this before. Since then we have changed what we use, or what we use it for, so we ask you "
        "again."
    )


def _what_happens(page_adapts: bool, on: bool) -> str:
    if page_adapts and on:
        return gettext("This page changes to suit your visit. This is on now.")
    if page_adapts:
        return gettext("This page can change to suit your visit. This is off now.")
    if on:
        return gettext("Some pages here change to suit your visit. This is on now.")
    return gettext("Some pages here can change to suit your visit. This is off now.")


def _what_is_used(facts: list[Fact], on: bool) -> str:
    things = {"things": listed(used_in_short(facts))}
    if on:
        return gettext("We use %(things)s.") % things
    return gettext("If you turn it on, we use %(things)s.") % things


def _what_is_counted(with_goals: bool, on: bool) -> str:
    if on and with_goals:
        return gettext(
            "We count how often each version is shown and what visits lead to, as daily totals, never by person."
        )
    if on:
        return gettext("We count how often each version is shown, as daily totals, never by person.")
    if with_goals:
        return gettext(
            "We then also count how often each version is shown and what visits lead to, as daily totals, never by "
            "person."
        )
    return gettext("We then also count how often each version is shown, as daily totals, never by person.")


def _what_is_kept(remembers: frozenset[str], counts: bool, draws_lots: bool, on: bool) -> list[str]:
    """What is kept of a visitor who lets us, where, and for how long at most; nothing where nothing is."""
    store = visitor_store()
    if isinstance(store, NoStore) or not (remembers or counts):
        return []
    if remembers == {"place"} and not counts:
        if store.in_browser:
            return [gettext("If you tell us where you are, we keep that in a small cookie on your device.")]
        return [gettext("If you tell us where you are, we keep that on our own server.")]
    past = bool(remembers & NEED_A_PAST) or draws_lots
    days = settings.MEMORY_MAX_AGE_DAYS
    if not store.in_browser:
        return [_kept_on_our_server(past, days, on)]
    if past:
        return [_kept_for_days(days, on)]
    if VISIT not in store.cookies:  # how long this store's own cookie lasts is not ours to say
        if on:
            return [gettext("We keep a small cookie on your device.")]
        return [gettext("We then keep a small cookie on your device.")]
    # That of this visit, and that of what it was counted for; both end with the browser.
    if counts and remembers & (NEED_A_VISIT | {"place"}):
        if on:
            return [gettext("We keep small cookies on your device until you close your browser.")]
        return [gettext("We then keep small cookies on your device until you close your browser.")]
    if on:
        return [gettext("We keep a small cookie on your device until you close your browser.")]
    return [gettext("We then keep a small cookie on your device until you close your browser.")]


def _kept_for_days(days: int, on: bool) -> str:
    if on:
        text = ngettext(
            "We keep small cookies on your device for up to %(count)d day.",
            "We keep small cookies on your device for up to %(count)d days.",
            days,
        )
    else:
        text = ngettext(
            "We then keep small cookies on your device for up to %(count)d day.",
            "We then keep small cookies on your device for up to %(count)d days.",
            days,
        )
    return text % {"count": days}


def _kept_on_our_server(past: bool, days: int, on: bool) -> str:
    if past and on:
        text = ngettext(
            "We keep a little about your visits on our own server, for up to %(count)d day, and a small cookie on your "
            "device that leads to it.",
            "We keep a little about your visits on our own server, for up to %(count)d days, and a small cookie on "
            "your device that leads to it.",
            days,
        )
        return text % {"count": days}
    if past:
        text = ngettext(
            "We then keep a little about your visits on our own server, for up to %(count)d day, and a small cookie on "
            "your device that leads to it.",
            "We then keep a little about your visits on our own server, for up to %(count)d days, and a small cookie "
            "on your device that leads to it.",
            days,
        )
        return text % {"count": days}
    if on:
        return gettext(
            "We keep a little about this visit on our own server, and a small cookie on your device that leads to it."
        )
    return gettext(
        "We then keep a little about this visit on our own server, and a small cookie on your device that leads to it."
    )
