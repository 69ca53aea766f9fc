"""What the page about personalisation says, from the registries in code and the database, so that it cannot lie.

Each part of it has a module of its own beside this one, which only puts them together: what is known now (`known.py`),
why the visitor saw what they saw (`reasons.py`), each group and the pages it changes (`groups.py`), what may be used
(`uses.py`), the cookies (`cookies_told.py`), what is kept now (`kept.py`), the statement (`statement.py`), and counting
(`counted.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext

from ..conf import settings
from ..core.decision import NOTHING_DECIDED, Decision, Reason
from ..core.preference import Because, Mode, Preference, Standing
from ..visit.asked import asked_for, plain_address, query_of, standard_address
from ..visit.keeping import Keeping, keeping, kept_until
from ..visit.stores import visitor_store
from ..visit.visit import Visit
from ..wording.speaking import address_of
from ..wording.words import about_title, is_running, site_words, wording
from ..wording.written import remarked
from .changes import changes
from .cookies_told import cookie_rows
from .counted import counting_told
from .credits import credits_for
from .groups import Group, groups
from .kept import kept_now, place_in_words
from .known import known_now
from .live import PublicSegment, live_segments
from .looking import Looked, looked
from .reasons import decided, parts_of, reasons
from .statement import statement
from .uses import uses

ERASED = "erased"  # the value of `done` in the address after everything was erased
CHANGES_TOLD = 20


def about_page(request: HttpRequest, visit: Visit) -> dict[str, Any]:
    """Everything that the page's template needs."""
    standing, segments = visit.standing, live_segments()
    running, switched_off = is_running(visit), settings.MODE is Mode.OFF
    look = looked(request, visit)
    decision = decided(look.visit) if running else NOTHING_DECIDED
    visit.varies_on |= look.visit.varies_on
    counting = counting_told(look.visit, segments)
    told = groups(request, segments, reasons(look.visit, decision, segments), counting if running else None)
    known = known_now(look.visit, look.page is not None) if running else []
    credits = credits_for(segments)
    used = uses([] if switched_off else segments)
    return {
        "service": wording(visit).service_name,
        "about_title": about_title(visit),
        "back": look.address,
        "here": address_of("about"),
        "here_and_back": address_of("about", back=look.address),
        "download": address_of("download", back=look.address),
        "after_erasing": address_of("about", done=ERASED),
        "saved": saved_now(standing),
        "erased": query_of(request).get("done") == ERASED and not visit.stored,
        "state": state_in_words(visit, segments),
        "running": running,
        "choosable": not switched_off,
        "switched_off": switched_off,
        "chosen_before": standing.choice is not None,
        "chosen": Preference.ALLOWED if standing.preference is Preference.ALLOWED else Preference.REFUSED,
        "matched": matched_in_words(told, decision),
        "known": [one for one in known if one.fact.about_visitor],
        "known_for_all": [one for one in known if not one.fact.about_visitor],
        "told_intent": visit.ruleset.intents.by_slug.get(visit.declared_intent),
        "told_place": place_in_words(visit.declared_place),
        "page_before": page_before_in_words(look, decision, segments) if running else None,
        "signals": [] if switched_off else signals_in_words(visit),
        "uses": [use for use in used if use.fact.about_visitor],
        "uses_for_all": [use for use in used if not use.fact.about_visitor],
        "segments": segments,
        "groups": told,
        "groups_inside": [group for group in told if group.because.inside],
        "groups_outside": [group for group in told if not group.because.inside],
        "counting": counting,
        "cookies": cookie_rows(visit, running),
        "kept": kept_now(visit),
        "kept_in_browser": visitor_store().in_browser,
        "kept_nowhere": keeping() is Keeping.NOWHERE,
        "kept_until": kept_until() if keeping() is not Keeping.NOWHERE else "",
        "statement": statement(visit, segments, credits),
        "site": site_words(visit),
        "policy_link": wording(visit).policy_link,
        "changes": changes(CHANGES_TOLD),
    }


def saved_now(standing: Standing) -> bool:
    """Whether the visitor has just chosen something here that holds."""
    choice = standing.choice
    return choice is not None and choice.new and (standing.because is Because.CHOICE or choice.counting is not None)


def matched_in_words(told: Sequence[Group], decision: Decision) -> list[tuple[str, str]]:
    """(slug, name) of the groups that the visitor is in now; with a remark on those that change nothing for them."""
    words = []
    for group in told:
        name = group.segment.name
        match decision.get(group.segment.slug):
            case Reason.LEARNING:
                name = remarked(gettext("%s (nothing changes for you)"), name)
            case Reason.HOLDOUT:
                name = remarked(gettext("%s (you see the standard version, for comparison)"), name)
            case Reason.MATCHED:
                pass
            case _:
                continue
        words.append((group.segment.slug, name))
    return words


def page_before_in_words(
    look: Looked, decision: Decision, segments: Collection[PublicSegment]
) -> dict[str, Any] | None:
    """What the page that the visitor came from shows them, part by part; None where that can't be told."""
    if look.page is None:
        return None
    names = {segment.slug: segment.name for segment in segments if not segment.learning}
    asked = asked_for(look.address.partition("#")[0].partition("?")[2])
    parts = parts_of(look.page, look.visit.ruleset, decision, names)
    return {
        "title": look.page.title,
        "address": look.address,
        "parts": parts,
        "asked_for_standard": asked is not None and asked.slug is None,
        "asked_for_group": names.get(asked.slug or "", "") if asked is not None else "",
        "standard": standard_address(look.address),
        "plain": plain_address(look.address),
    }


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
