"""The banner: asks a visitor who has not chosen, and confirms a choice once.

It stands where something is used, on pages that are private anyway; all other pages keep their link to the choice and
are left alone, or carry it hidden, the same for everybody, for a script to show. So do public pages with fragments.
Its words come from what is really live.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import NoReverseMatch
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from ..conf import settings
from ..core.preference import Because, Mode, Preference, Standing, settle
from ..facts import facts_named
from ..plugged import log_once_a_minute
from ..visit.cookies import CHOICE
from ..visit.grounds import ADDRESS, BANNER
from ..visit.visit import PreviewVisit, Visit
from ..wording.question import asked_before, asks_something, question, why_again
from ..wording.speaking import address_of
from ..wording.words import about_title
from .kept_banners import kept_or_made

logger = logging.getLogger("wagtail_personalise_gov")

NOTHING = mark_safe("")

TEMPLATES = "wagtail_personalise_gov"
SCRIPTS = "wagtail_personalise_gov/js"

# What a page was when it was rendered, as the banner's forms tell it; a page that asks nothing of visitors: neither.
ADAPTED, STANDARD = "adapted", "standard"


def render_banner(request: HttpRequest | None) -> SafeString:
    """The banner of a page whose inside has been rendered; "" where none belongs."""
    visit: Visit | None = getattr(request, "visit", None)
    if request is None or visit is None or not belongs(request, visit):
        return NOTHING
    visit.grounds.others.add(ADDRESS)  # its forms lead back to this very page
    if not visit.considered and (visit.fragments or visit.told_at_edge or settings.BANNER == "by_script"):
        adapts = _fragments_adapt(visit)
        return kept_or_made(request, visit, (adapts,), lambda: _for_everybody(request, visit, adapts))
    page_adapts = any(fact.about_visitor for fact in facts_named(visit.needed))
    with visit.asking_for(BANNER):
        standing = visit.standing  # from here on the page is private: what stands on it depends on the visitor
    choice = standing.choice
    if choice is not None and choice.new and standing.because is Because.CHOICE:
        return _confirming(request, visit, standing)
    if standing.because is not Because.DEFAULT:
        return NOTHING
    depends_on = (page_adapts, *asked_before(standing))
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
        asked = replace(asked, again=why_again())
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
    return asks_something(visit.ruleset)
