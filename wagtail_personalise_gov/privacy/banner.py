"""The banner: asks a visitor who has not chosen, and confirms a choice once.

It stands where something is used, on pages that are private anyway; all other pages keep their link to the choice and
are left alone. Its words come from what is really live.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from ..conf import settings
from ..core.facts import Fact
from ..core.preference import Because, Mode, Preference, Standing
from ..core.ruleset import Ruleset
from ..core.site_words import Wording
from ..facts import facts_named
from ..visit.visit import PreviewVisit, Visit
from .words import about_title, listed, may_know_names, used, used_in_short, wording

logger = logging.getLogger("wagtail_personalise_gov")

NOTHING = mark_safe("")


@dataclass(frozen=True, slots=True)
class Question:
    """What the banner says and asks. `allow` and `refuse` are its buttons; `counting`: the first allows that too."""

    label: str
    sentences: tuple[str, ...]
    allow: str
    refuse: str
    counting: bool = False


def render_banner(request: HttpRequest | None) -> SafeString:
    """The banner of a page whose inside has been rendered; "" where none belongs."""
    visit: Visit | None = getattr(request, "visit", None)
    if request is None or visit is None or not belongs(request, visit):
        return NOTHING
    page_adapts = any(fact.about_visitor for fact in facts_named(visit.asked))
    standing = visit.standing  # from here on the page is private: what stands on it depends on the visitor
    context: dict[str, Any] = {"next": request.get_full_path(), "label": banner_label(visit)}
    if standing.choice is not None and standing.choice.new and standing.because is Because.CHOICE:
        template, context["allowed"] = "confirmation", standing.preference is Preference.ALLOWED
        context |= {"counting": settings.COUNTING, "counted": standing.counts}
    elif standing.because is Because.DEFAULT:
        template, context["question"] = (
            "banner",
            question(visit.ruleset, page_adapts, standing, wording(visit), context["label"]),
        )
    else:
        return NOTHING
    try:
        context |= {"about": reverse("personalise:about"), "choice": reverse("personalise:choice")}
    except NoReverseMatch:
        logger.error('No banner: add include("wagtail_personalise_gov.urls") to the site\'s addresses.')
        return NOTHING
    if template == "confirmation":
        visit.confirm()
    return render_to_string(f"wagtail_personalise_gov/{template}.html", context)


def belongs(request: HttpRequest, visit: Visit) -> bool:
    """Whether this page is one that carries the banner, for visitors whom there is something to say."""
    if visit.closed or settings.MODE is Mode.OFF:
        return False
    if isinstance(visit, PreviewVisit) or getattr(request, "is_dummy", False):
        return False  # an editor's preview: nobody's visit
    if not (visit.considered or settings.BANNER == "everywhere"):
        return False
    match = request.resolver_match
    if match is not None and "personalise" in match.app_names:
        return False  # the page about personalisation holds the same choice in full
    # Where nothing about visitors is used, what is left to ask of them is whether they may be counted.
    return not visit.ruleset.paused and bool(used(visit.ruleset) or settings.COUNTING)


def banner_label(visit: Visit) -> str:
    """The heading of the banner: the site's own, or the title of the page about it."""
    return wording(visit).banner_heading or about_title(visit)


def question(ruleset: Ruleset, page_adapts: bool, standing: Standing, own: Wording, label: str) -> Question:
    """The banner's words. `page_adapts`: this very page asked something, not only others of the site.

    What a site says in its `own` words stands first, and takes nothing away: what follows is put together from what is
    live, so that it can't lie.
    """
    facts = used(ruleset)
    on = settings.MODE is Mode.OPT_OUT
    refused_counting = standing.choice is not None and standing.choice.counting is False
    if facts:
        sentences = [_what_happens(page_adapts, on), *_what_is_used(facts, ruleset.remembers, on)]
    else:
        sentences = [gettext("Some pages here change with the date, the time or the page, for everybody alike.")]
    if settings.COUNTING:
        sentences.append(_what_is_counted(bool(ruleset.goals), on, refused_counting))
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
    if own.banner_introduction:
        sentences.insert(0, own.banner_introduction)
    return Question(label, tuple(sentences), allow, refuse, counting)


def _what_happens(page_adapts: bool, on: bool) -> str:
    if page_adapts and on:
        return gettext("This page changes to suit your visit. This is on now.")
    if page_adapts:
        return gettext("This page can change to suit your visit. This is off now.")
    if on:
        return gettext("Some pages here change to suit your visit. This is on now.")
    return gettext("Some pages here can change to suit your visit. This is off now.")


def _what_is_used(facts: list[Fact], remembers: frozenset[str], on: bool) -> list[str]:
    things = {"things": listed(used_in_short(facts))}
    only_if_told = remembers == {"place"}
    if on:
        sentences = [gettext("We use %(things)s.") % things]
        if remembers and not only_if_told:
            sentences.append(gettext("We keep a small cookie on your device."))
    elif remembers and not only_if_told:
        sentences = [gettext("If you turn it on, we use %(things)s, and keep a small cookie on your device.") % things]
    else:
        sentences = [gettext("If you turn it on, we use %(things)s.") % things]
    if only_if_told:
        sentences.append(gettext("If you tell us where you are, we keep that in a small cookie on your device."))
    return sentences


def _what_is_counted(with_goals: bool, on: bool, refused: bool) -> str:
    if refused:
        return gettext("Your visits are not counted: you turned that off.")
    if on and with_goals:
        return gettext(
            "We count how often each version is shown and what visits then lead to, as totals for a day and never by "
            "person, and keep a small cookie for that until you close your browser."
        )
    if on:
        return gettext(
            "We count how often each version is shown, as totals for a day and never by person, and keep a small "
            "cookie for that until you close your browser."
        )
    if with_goals:
        return gettext(
            "We then also count how often each version is shown and what visits lead to, as totals for a day and never "
            "by person, and keep a small cookie for that until you close your browser."
        )
    return gettext(
        "We then also count how often each version is shown, as totals for a day and never by person, and keep a small "
        "cookie for that until you close your browser."
    )
