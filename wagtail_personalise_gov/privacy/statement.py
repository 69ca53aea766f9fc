"""The statement that a public body owes: what this is for, what it uses, shares and keeps, and how to turn it off.

Every sentence follows from the settings in force and from what is live. What it has to say is what the United States
ask of federal websites (OMB memorandum M-10-22); it serves anybody else as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.utils.translation import gettext, ngettext

from ..conf import settings
from ..core.events import Event
from ..core.facts import Fact
from ..core.geography import Attribution
from ..core.memory import NEED_A_PAST, NEED_A_VISIT
from ..core.preference import Mode
from ..counting.publishing import smallest_count
from ..events.webhooks import counts_sent
from ..facts import FACTS
from ..visit.geo import HeaderGeo, MaxMindGeo, geo_provider
from ..visit.keeping import Keeping, keeping, kept_until, outlives_the_browser
from ..visit.stores import visitor_store
from ..visit.visit import Visit
from ..wording.words import is_running, listed, may_know_names, used_in_short
from .live import PublicSegment


@dataclass(frozen=True, slots=True)
class Item:
    """One heading of the statement, and the paragraphs below it. `link` leads on, to another part of the page."""

    heading: str
    paragraphs: tuple[str, ...]
    link: str = ""
    link_text: str = ""
    credits: tuple[Attribution, ...] = ()


def statement(visit: Visit, segments: Collection[PublicSegment], credits: tuple[Attribution, ...]) -> list[Item]:
    """The whole statement, in the order in which a visitor would ask."""
    facts = {fact.name: fact for segment in segments for fact in segment.reads if fact.about_visitor}
    used = [facts[name] for name in sorted(facts)]
    if not is_running(visit):
        return _while_nothing_runs(visit, used)
    return [
        Item(gettext("What it is for"), tuple(_purpose(segments))),
        Item(
            gettext("What is read"),
            (_read(used),),
            "personalise-uses",
            gettext("Everything that is used, and why"),
        ),
        Item(gettext("What it is used for, and what it is not"), tuple(_use(visit, used))),
        Item(gettext("How it works"), tuple(_technology())),
        Item(gettext("Who gets to know it"), tuple(_sharing(used)), credits=credits),
        Item(gettext("How it is kept safe"), tuple(_safeguards())),
        Item(
            gettext("How long it is kept"),
            tuple(_retention(visit)),
            "personalise-kept",
            gettext("What we keep of you now"),
        ),
        Item(gettext("Whether it is on to begin with, and why"), tuple(_beginning())),
        Item(gettext("How to turn it off"), tuple(_off()), *_choice_link()),
        Item(
            gettext("What you miss when you turn it off"),
            (
                gettext(
                    "Nothing. You get every page, with its standard version, and you find the same information there. "
                    "All other versions can be read by anybody: each group on this page has links to the pages that "
                    "change for it."
                )
                if segments
                else gettext(
                    "Nothing. You get every page, with its standard version, and you find the same information there."
                ),
            ),
            "personalise-groups",
            gettext("Who sees something different"),
        ),
        Item(gettext("For the record"), tuple(_record(visit, used))),
    ]


def _purpose(segments: Collection[PublicSegment]) -> Iterable[str]:
    yield gettext("To show first, on some pages, what suits a visit: the right town, the right next step.")
    if settings.COUNTING:
        yield gettext(
            "And, as a purpose of its own, to count how often each version of a page is shown and what it leads to, so "
            "that we can tell which words help. You can turn that off by itself."
        )
    if not segments:
        yield gettext("At the moment it is used for nothing.")


def _read(used: Collection[Fact]) -> str:
    if not used:
        return gettext("Nothing about you, at the moment.")
    return gettext("At the moment: %(things)s.") % {"things": listed(used_in_short(used))}


def _use(visit: Visit, used: Collection[Fact]) -> Iterable[str]:
    yield gettext("It decides which version of a part of a page you are shown, and nothing else.")
    lots, in_session = has_to_do_with_lots(visit), keeping() is not Keeping.COOKIES
    if not may_know_names(used):
        if lots or in_session:
            yield gettext("It does not use your name or your account.")
        else:
            yield gettext("It does not use your name or your account, and no number or code stands for you.")
    if in_session and not visitor_store().in_browser:
        yield gettext("The cookie that leads to what we keep holds a code that stands for your browser.")
    if lots:
        yield _lots_in_words()
    yield gettext("It does not follow you to other websites, and is not used for advertising.")


def _technology() -> Iterable[str]:
    yield gettext("Our own server puts the page together. It works without JavaScript.")
    if visitor_store().in_browser:
        yield gettext(
            "What has to be remembered is kept in cookies in your own browser, which only this site sets and reads."
        )
    elif keeping() is Keeping.NOWHERE:
        yield gettext("Nothing can be remembered from one page to the next at the moment.")
    else:
        yield gettext(
            "What has to be remembered is kept on our own server. A cookie in your own browser, which only this site "
            "sets and reads, leads to it."
        )


def _sharing(used: Collection[Fact]) -> Iterable[str]:
    if counts_sent():
        yield from _counts_sent()
    else:
        yield gettext("Nobody but us. Nothing is sold, shared or sent to another company for this.")
    if not any(fact.name.startswith("location.") for fact in used):
        return
    provider = geo_provider()
    if isinstance(provider, MaxMindGeo):
        yield gettext(
            "Places are looked up in a file on our own server. Whoever made that file learns nothing of you or of your "
            "visit."
        )
    elif isinstance(provider, HeaderGeo):
        yield gettext(
            "The network that carries this site to you sees your internet address in any case, to be able to carry it. "
            "It tells us roughly where that is. We tell it nothing."
        )
    else:
        yield gettext("Places are told by a part that this site added. Its privacy policy says who runs it.")


def _counts_sent() -> Iterable[str]:
    """What webhooks are told: see `events/gathering.py`."""
    things = {
        Event.PREFERENCE_CHANGED: gettext("how many visitors turn this on"),
        Event.INTENT_DECLARED: gettext("how many visitors say what they are here for"),
        Event.GOAL_REACHED: gettext("how many visits lead to what we count"),
    }
    yield gettext("Nothing about a single visit is sold, shared or sent to anybody for this.")
    yield gettext(
        "Another system is told totals: %(things)s. It is told only when the hour is over, never of fewer than "
        "%(smallest)d at once, and only of visitors who let us count their visits."
    ) % {"things": listed([things[event] for event in counts_sent()]), "smallest": smallest_count()}


def _safeguards() -> Iterable[str]:
    yield gettext(
        "Your internet address is used only while a page is made. For this, we neither store it nor write it to a log."
    )
    if visitor_store().in_browser:
        yield gettext(
            "Cookies that hold more than your choice are signed, so that nobody can forge them, and scripts can’t read "
            "them."
        )
    if settings.COOKIE_SECURE:
        yield gettext("Cookies travel over encrypted connections only.")
    yield gettext("Pages that were made for you are never kept in caches that others share.")
    if settings.COUNTING:
        smallest = settings.SMALLEST_COUNT
        yield gettext("Counts below %(smallest)d are never shown.") % {"smallest": smallest}


def _retention(visit: Visit) -> Iterable[str]:
    on, off = settings.ALLOWED_MAX_AGE_DAYS, settings.REFUSED_MAX_AGE_DAYS
    if settings.MODE is not Mode.OFF:
        yield gettext("Your choice: %(on)s if you turn this on, %(off)s if you turn it off.") % {
            "on": _days(on),
            "off": _days(off),
        }
        if settings.COUNTING:
            yield gettext("What you choose about counting is kept for as long, by itself.")
    # What the browser still holds of earlier counts too: the page says below what that is.
    stored, running = visit.stored, is_running(visit)
    remembers = visit.ruleset.remembers if running else frozenset()
    of_visit = bool(remembers & (NEED_A_VISIT | {"place"}) or (running and settings.COUNTING))
    of_past = bool(remembers & NEED_A_PAST) or has_to_do_with_lots(visit)
    if of_visit or stored.visit is not None or stored.counted is not None:
        if keeping() is Keeping.COOKIES:
            yield gettext("What belongs to this visit: until you close your browser, at the latest.")
        else:
            yield f"{gettext('What belongs to this visit is used for this visit only.')} {kept_until()}"
    if of_past or stored.past is not None:
        days = {"days": _days(settings.MEMORY_MAX_AGE_DAYS)}
        if keeping() is Keeping.COOKIES:
            text = gettext("What is remembered of earlier visits: %(days)s at most, counted from the first.")
            yield text % days
        else:
            text = gettext("What is remembered of earlier visits is used for %(days)s at most, counted from the first.")
            yield f"{text % days} {kept_until()}"
    if not running and stored:
        yield gettext("Nothing is added to that at the moment. You can erase it on this page.")
    elif not (of_visit or of_past or stored):
        yield (
            gettext("Besides that, nothing is kept at the moment.")
            if settings.MODE is not Mode.OFF
            else gettext("Nothing is kept of you at the moment.")
        )
    if settings.COUNTING:
        yield gettext("Daily totals, which say nothing about a single visit: %(days)s.") % {
            "days": _days(settings.TALLIES_MAX_AGE_DAYS)
        }


def _beginning() -> Iterable[str]:
    if settings.MODE is Mode.OPT_IN:
        yield gettext("It is off until you turn it on: we ask before we use or keep anything about you.")
    else:
        if counts_sent():
            yield gettext(
                "It is on until you turn it off: it uses little, it shares nothing about a single visit, and the same "
                "information is there either way."
            )
        else:
            yield gettext(
                "It is on until you turn it off: it uses little, it shares nothing, and the same information is there "
                "either way."
            )
        if settings.HONOUR_GPC or settings.HONOUR_DNT:
            yield gettext("It is off to begin with for browsers that ask all websites not to do this.")


def _off() -> Iterable[str]:
    yield gettext(
        "Choose “No” on this page, or press the button in the message on a page that changes. It takes effect at once, "
        "and erases what was kept. You need no account."
    )
    yield gettext("You can also delete or block this site’s cookies in your browser. Every page works without them.")


def _choice_link() -> tuple[str, str]:
    return ("", "") if settings.MODE is Mode.OFF else ("personalise-choice", gettext("Your choice"))


def _record(visit: Visit, used: Collection[Fact]) -> Iterable[str]:
    """In the official words, for those who have to file them."""
    remembers = visit.ruleset.remembers
    past = bool(remembers & NEED_A_PAST) or has_to_do_with_lots(visit) or bool(remembers and outlives_the_browser())
    # An account says who somebody is; so may whatever a site has added itself.
    tier = 3 if may_know_names(used) else 2 if past else 1
    session = gettext("multi-session") if past else gettext("single-session")
    yield gettext(
        "In the terms of the United States’ memorandum OMB M-10-22: usage tier %(tier)d, %(session)s technology, set "
        "by this site itself."
    ) % {"tier": tier, "session": session}
    own = [fact for fact in used if fact.name not in FACTS]
    if own:
        yield gettext("Tier 3 stands here because this site has added something that may name a visitor.")
    yield gettext(
        "The cookie that keeps your choice lasts longer than a visit. It is the same for everybody who chooses the "
        "same."
    )


def _while_nothing_runs(visit: Visit, used: Collection[Fact]) -> list[Item]:
    """The same while it is paused, or switched off: nothing is said as if it were done."""
    paused = settings.MODE is not Mode.OFF
    erase = "personalise-kept", gettext("What we keep of you now")
    return [
        Item(gettext("What is read"), tuple(_read_after(paused, used))),
        Item(gettext("How long it is kept"), tuple(_retention(visit)), erase[0], erase[1]),
        Item(gettext("Whether it is on to begin with, and why"), tuple(_beginning_after(paused))),
        Item(gettext("How to turn it off"), tuple(_off_after(paused)), *_choice_link()),
        Item(
            gettext("For the record"),
            (
                gettext(
                    "In the terms of the United States’ memorandum OMB M-10-22: no such technology is in use at the "
                    "moment."
                ),
            ),
        ),
    ]


def _read_after(paused: bool, used: Collection[Fact]) -> Iterable[str]:
    yield gettext("Nothing about you, at the moment.")
    if paused and used:
        yield gettext("When the pause ends: %(things)s.") % {"things": listed(used_in_short(used))}


def _beginning_after(paused: bool) -> Iterable[str]:
    if not paused:
        yield gettext("It is switched off for everybody.")
        return
    yield gettext("It is paused for everybody at the moment.")
    if settings.MODE is Mode.OPT_IN:
        yield gettext("When the pause ends, it is on only for those who turned it on.")
    else:
        yield gettext("When the pause ends, it is on for those who have not turned it off.")


def _off_after(paused: bool) -> Iterable[str]:
    if paused:
        yield gettext(
            "Nothing is on while this is paused. Choose “No” on this page, and it stays off for you when the pause "
            "ends."
        )
    else:
        yield gettext("There is nothing to turn off.")
    yield gettext("You can also delete or block this site’s cookies in your browser. Every page works without them.")


def has_to_do_with_lots(visit: Visit) -> bool:
    """Whether lots are drawn, or one that was drawn before is still kept of this visitor."""
    past = visit.stored.past
    return (is_running(visit) and bool(settings.COUNTING) and visit.holds_back) or (
        past is not None and past.lot is not None
    )


def _lots_in_words() -> str:
    return gettext(
        "While your visits are counted, a number from 0 to 9999 is drawn by lot and kept with what we remember of "
        "you. It decides only whether you see the standard version, for comparison. Many visitors can have the same "
        "number; on a site with few visitors, you may be the only one who has it."
    )


def _days(count: int) -> str:
    return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}
