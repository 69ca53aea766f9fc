"""The question whether pages may adapt: what the banner says and asks, in words that come from what is really live."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext, ngettext

from ..conf import settings
from ..core.facts import Fact
from ..core.memory import NEED_A_PAST, NEED_A_VISIT
from ..core.preference import Mode, Standing
from ..core.ruleset import Ruleset
from ..visit.cookies import VISIT
from ..visit.front_end import HeaderTokenStore
from ..visit.stores import NoStore, VisitorStore, visitor_store
from ..visit.visit import Visit
from .words import about_title, listed, may_know_names, used, used_in_short, wording


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


def asks_something(ruleset: Ruleset) -> bool:
    """Whether there is anything to ask of visitors.

    Where nothing about them is used, what is left to ask is whether they may be counted.
    """
    return bool(used(ruleset)) or counts_something(ruleset)


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
    refused_counting, lapsed = asked_before(standing)
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
    sentences += _what_is_kept(visit.store, ruleset.remembers, counts, counts and visit.holds_back, on)
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
    again = why_again() if lapsed else ""
    heading = own.banner_heading or about_title(visit)
    return Question(heading, tuple(sentences), allow, refuse, counting, again, own.banner_introduction)


def asked_before(standing: Standing) -> tuple[bool, bool]:
    """Whether somebody who is asked has refused to be counted; and whether they said yes to what was before."""
    choice = standing.choice
    if choice is None:
        return False, False
    return choice.counting is False, choice.accepts and choice.policy_version < settings.POLICY_VERSION


def why_again() -> str:
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


def _what_is_kept(
    store: VisitorStore, remembers: frozenset[str], counts: bool, draws_lots: bool, on: bool
) -> list[str]:
    """What is kept of a visitor who lets us, where, and for how long at most; nothing where nothing is."""
    if isinstance(store, NoStore) or not (remembers or counts):
        return []
    if isinstance(store, HeaderTokenStore):
        return [_kept_by_the_front_end(bool(remembers & NEED_A_PAST) or draws_lots, settings.MEMORY_MAX_AGE_DAYS, on)]
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


def _kept_by_the_front_end(past: bool, days: int, on: bool) -> str:
    """Without a cookie: a front end of the site's own keeps it on the visitor's device."""
    if not past:
        if on:
            return gettext("We keep a little about this visit on your device.")
        return gettext("We then keep a little about this visit on your device.")
    if on:
        text = ngettext(
            "We keep a little about your visits on your device, for up to %(count)d day.",
            "We keep a little about your visits on your device, for up to %(count)d days.",
            days,
        )
    else:
        text = ngettext(
            "We then keep a little about your visits on your device, for up to %(count)d day.",
            "We then keep a little about your visits on your device, for up to %(count)d days.",
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
