"""What visitors are told of counting: what is counted and kept, who is held back for comparison, and where they stand.

From the database, the settings and the ruleset in force, so that nothing is told that is not so. Asked only while the
site counts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext, ngettext

from ..conf import settings
from ..core.counting import share_held_back
from ..core.decision import Reason
from ..core.preference import Because, Mode, Preference
from ..models import Goal
from ..models.site_settings import LOTS_PER_PERCENT
from ..visit.preference import signal_of
from ..visit.visit import Visit
from ..wording.written import Written
from .live import PublicSegment

SIGNALS = {Because.GPC: "Global Privacy Control", Because.DNT: "Do Not Track"}


@dataclass(frozen=True, slots=True)
class CountingTold:
    """Counting as the page tells of it. `chosen` is what the form shows; `goals` are the labels of the live ones."""

    state: tuple[str, ...]
    chosen: Preference
    goals: tuple[str, ...]
    kept: str
    smallest: str
    signals: str
    comparison: tuple[str, ...]
    held_back: Mapping[str, int]  # by slug, in percent: who see the standard version though they are in the group


def counting_told(visit: Visit, segments: Collection[PublicSegment]) -> CountingTold | None:
    """What there is to tell; None while the site does not count."""
    if not settings.COUNTING:
        return None
    days, smallest = settings.TALLIES_MAX_AGE_DAYS, settings.SMALLEST_COUNT
    shares = shares_held_back(visit, segments)
    return CountingTold(
        state=tuple(_state(visit, segments)),
        chosen=Preference.ALLOWED if _allowed(visit) else Preference.REFUSED,
        goals=tuple(Written(goal.public_label) for goal in live_goals()),
        kept=ngettext("They are kept for %d day.", "They are kept for %d days.", days) % days,
        smallest=gettext("Totals from 1 to %(most)d are never shown, only that they are below %(smallest)d.")
        % {"most": smallest - 1, "smallest": smallest},
        signals=_signals(),
        comparison=tuple(_comparison(visit, segments, shares)),
        held_back=shares,
    )


def live_goals() -> list[Goal]:
    """The goals that are counted; none while the site does not count."""
    return list(Goal.objects.filter(live=True)) if settings.COUNTING else []


def shares_held_back(visit: Visit, segments: Collection[PublicSegment]) -> dict[str, int]:
    """How many in a hundred are held back from each segment, by its slug; those of nobody are left out."""
    if visit.ruleset.paused or settings.MODE is Mode.OFF:
        return {}
    shares = {
        segment.slug: share_held_back(segment.slug, *visit.shares_of(segment.slug))
        for segment in segments
        if not segment.learning
    }
    return {slug: max(1, round(share / LOTS_PER_PERCENT)) for slug, share in shares.items() if share}


def remark_on(segment: PublicSegment, counting: CountingTold | None) -> str:
    """What sets a group apart from those that simply see something different; "" for nothing."""
    if segment.learning and counting is None:
        return gettext("Nothing changes for this group at the moment.")
    if segment.learning:
        return gettext("Nothing changes for this group. We only count how many visits belong to it.")
    percent = counting.held_back.get(segment.slug) if counting else None
    if not percent:
        return ""
    return gettext(
        "About %(percent)d in every 100 of them, drawn by lot, see the standard version instead, for comparison."
    ) % {"percent": percent}


def held_back_now(visit: Visit) -> frozenset[str]:
    """The slugs of the segments that this visitor is held back from. A lot that is not kept yet holds for none."""
    past = visit.stored.past
    if past is None or past.lot is None:
        return frozenset()
    decision = visit.decide(visit.ruleset.segments)
    return frozenset(slug for slug, reason in decision.items() if reason is Reason.HOLDOUT)


def _allowed(visit: Visit) -> bool:
    choice = visit.standing.choice
    return choice is not None and choice.counting is True and choice.policy_version >= settings.POLICY_VERSION


def _state(visit: Visit, segments: Collection[PublicSegment]) -> list[str]:
    """Whether this visitor's visits are counted, and why."""
    standing = visit.standing
    if settings.MODE is Mode.OFF or visit.ruleset.paused or not segments:
        return [gettext("Nothing is counted at the moment.")]
    if standing.counts and not visit.counts:
        return [gettext("Your visits are not counted while you are signed in as an editor of this site.")]
    if standing.counts and standing.counts_because is Because.CHOICE:
        return [gettext("Your visits are counted, because you turned that on.")]
    if standing.counts:
        return [
            gettext("Your visits are counted. You have not chosen yet, and on this site counting is on to begin with.")
        ]
    if standing.choice is not None and standing.choice.counting is False:
        return [gettext("Your visits are not counted, because you turned that off.")]
    if (signal := signal_of(visit.request)) is not None:
        words = [
            gettext("Your visits are not counted, because your browser sends us a %(signal)s signal.")
            % {"signal": SIGNALS[signal]}
        ]
    elif not standing.adapts:
        words = [gettext("Your visits are not counted, because we count only while pages change to suit your visit.")]
    else:
        return [gettext("Your visits are not counted. That stays so until you turn it on.")]
    if _allowed(visit):
        words.append(gettext("That comes before your choice here, which we keep."))
    return words


def _signals() -> str:
    """That a signal comes before any choice about counting; "" where the site acts on none."""
    if settings.HONOUR_GPC and settings.HONOUR_DNT:
        return gettext(
            "If your browser sends a Global Privacy Control or a Do Not Track signal, your visits are not counted, "
            "whatever you choose here."
        )
    if not (settings.HONOUR_GPC or settings.HONOUR_DNT):
        return ""
    signal = SIGNALS[Because.GPC if settings.HONOUR_GPC else Because.DNT]
    text = gettext("If your browser sends a %(signal)s signal, your visits are not counted, whatever you choose here.")
    return text % {"signal": signal}


def _comparison(visit: Visit, segments: Collection[PublicSegment], shares: Mapping[str, int]) -> list[str]:
    """That some visitors are held back, and whether this one is; nothing while nobody is."""
    if not shares:
        return []
    words = [
        gettext("So that we can tell what the other versions lead to, some visitors see the standard version instead."),
        gettext("Who they are is drawn by lot, and only among those whose visits are counted."),
    ]
    if visit.site_share:
        percent = visit.site_share // LOTS_PER_PERCENT
        words.append(
            gettext("On all of this site, these are %(percent)d in every 100 visitors.") % {"percent": percent}
        )
    past, held = visit.stored.past, held_back_now(visit)
    names = [segment.name for segment in segments if segment.slug in held]
    if not visit.counts or past is None or past.lot is None:
        words.append(gettext("You are not one of them now."))
    elif past.lot < visit.site_share:
        words.append(gettext("You are one of them now, on all of this site. That ends when you turn counting off."))
    elif names:
        words.append(
            gettext("You are one of them now, as one of: %(groups)s. That ends when you turn counting off.")
            % {"groups": "; ".join(names)}
        )
    else:
        words.append(gettext("You are not one of them now."))
    return words
