"""What is kept of a visitor now, taken apart and in words: nothing in it is left as a code or a number of ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext, ngettext

from ..core.counting import Counted
from ..core.memory import FIRST_DAY, STEP_MINUTES, DeclaredPlace, Past, ThisVisit
from ..core.pages import PagesSeen
from ..core.preference import Preference, Standing
from ..models.names import country_in_words, region_in_words
from ..visit.visit import Visit
from ..wording.words import listed
from .values import (
    Telling,
    moment_in_words,
    pages_in_words,
    public_titles,
    quoted,
    source_in_words,
    weights_in_words,
)


@dataclass(frozen=True, slots=True)
class Kept:
    """One thing that is kept: what it is, and its value, both in words."""

    what: str
    value: str


def kept_now(visit: Visit) -> list[Kept]:
    """Everything that this visitor's browser, or their session, holds for us; the choice first."""
    stored, standing = visit.stored, visit.standing
    seen = [part.seen for part in (stored.visit, stored.past) if part is not None and part.seen is not None]
    titles = public_titles(number for pages in seen for number in (*pages.pages, *pages.sections))
    telling = Telling(intents=visit.ruleset.intents.by_slug, titles=titles)
    kept = list(_of_choice(standing))
    if stored.visit is not None:
        kept += _of_visit(stored.visit, telling)
    if stored.past is not None:
        kept += _of_past(stored.past, telling)
    if stored.counted is not None:
        kept += _of_counted(stored.counted)
    return kept


def place_in_words(place: DeclaredPlace | None) -> str:
    """Where the visitor said they are; "" where they said nothing."""
    if place is None:
        return ""
    if not place.says_where:
        return gettext("Not where we thought")
    parts = [
        place.city,
        region_in_words(place.subdivision) if place.subdivision else "",
        country_in_words(place.country) if place.country else "",
    ]
    return ", ".join(filter(None, parts))


def _of_choice(standing: Standing) -> Iterator[Kept]:
    choice = standing.choice
    if choice is None:
        return
    if choice.preference is not Preference.UNDECIDED:
        yield Kept(
            gettext("Your choice"),
            gettext("Pages may change to suit your visit")
            if choice.preference is Preference.ALLOWED
            else gettext("Pages must not change to suit you"),
        )
    if choice.day is not None:
        yield Kept(gettext("The day of your choice"), _day_in_words(choice.day))
    if choice.counting is not None:
        yield Kept(
            gettext("Your choice about counting"),
            gettext("Your visits may be counted") if choice.counting else gettext("Your visits must not be counted"),
        )
    if choice.counting_day is not None:
        yield Kept(gettext("The day of your choice about counting"), _day_in_words(choice.counting_day))
    yield Kept(
        gettext("What you were told when you chose"),
        gettext("Version %(number)d of what we use") % {"number": choice.policy_version},
    )
    if choice.despite_signal or choice.despite_dnt:
        yield Kept(
            gettext("What your browser asked for when you chose"),
            gettext("Not to do this (Global Privacy Control)")
            if choice.despite_signal
            else gettext("Not to do this (Do Not Track)"),
        )


def _of_visit(kept: ThisVisit, telling: Telling) -> Iterator[Kept]:
    yield Kept(gettext("When you last looked at a page that changes, to ten minutes"), _step_in_words(kept.step))
    yield Kept(gettext("Whether we saw how this visit began"), gettext("Yes") if kept.landed else gettext("No"))
    if kept.referrer is not None:
        yield Kept(gettext("Where this visit came from"), source_in_words(kept.referrer.kind))
        if kept.referrer.host:
            yield Kept(gettext("The website that it came from"), kept.referrer.host)
    if kept.campaign is not None:
        parts = (kept.campaign.source, kept.campaign.medium, kept.campaign.name)
        named = [quoted(part) for part in parts if part]
        yield Kept(gettext("The campaign whose link you followed"), listed(named) if named else gettext("None"))
    if kept.intent:
        label = telling.intents[kept.intent].label if kept.intent in telling.intents else quoted(kept.intent)
        yield Kept(gettext("What you told us you are here to do"), label)
    if kept.recognised:
        yield Kept(gettext("What your visit seems to be for"), weights_in_words(kept.recognised, telling))
    if kept.place is not None:
        yield Kept(gettext("Where you told us you are"), place_in_words(kept.place))
    if kept.seen is not None:
        yield from _of_pages(kept.seen, gettext("Which of certain pages you have looked at on this visit"), telling)
    if kept.began:
        yield Kept(gettext("When this visit began, to ten minutes"), _step_in_words(kept.began))


def _of_past(kept: Past, telling: Telling) -> Iterator[Kept]:
    yield Kept(gettext("The day on which we began to keep this"), _day_in_words(kept.began))
    if kept.visits:
        yield Kept(gettext("How many times you have visited"), str(kept.visits))
    if kept.this_day is not None:
        yield Kept(gettext("The day of your latest visit"), _day_in_words(kept.this_day))
    if kept.last_day is not None:
        yield Kept(gettext("The day of the visit before that"), _day_in_words(kept.last_day))
    if kept.seen is not None:
        yield from _of_pages(kept.seen, gettext("Which of certain pages you have ever looked at"), telling)
    if kept.lot is not None:
        yield Kept(gettext("A number that was drawn by lot, for comparison"), str(kept.lot))


def _of_pages(seen: PagesSeen, what: str, telling: Telling) -> Iterator[Kept]:
    numbers = (*seen.pages, *seen.sections)
    yield Kept(what, pages_in_words(numbers, telling.titles))


def _of_counted(kept: Counted) -> Iterator[Kept]:
    yield Kept(gettext("The day to which this visit is counted"), _day_in_words(kept.day))
    shown = len(kept.exposures)
    yield Kept(
        gettext("What this visit has been counted for"),
        ngettext("%(count)d part of a page", "%(count)d parts of pages", shown) % {"count": shown},
    )
    if kept.goals:
        goals = len(kept.goals)
        yield Kept(
            gettext("What it has led to"),
            ngettext("%(count)d thing that we count", "%(count)d things that we count", goals) % {"count": goals},
        )


def _step_in_words(step: int) -> str:
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=step * STEP_MINUTES)
        return moment_in_words(timezone.localtime(moment, timezone.get_default_timezone()))
    except (OverflowError, ValueError):  # a number that nobody's calendar has
        return str(step)


def _day_in_words(day: int) -> str:
    try:
        moment: Any = FIRST_DAY + timedelta(days=day)
    except OverflowError:
        return str(day)
    return formats.date_format(moment, "DATE_FORMAT")
