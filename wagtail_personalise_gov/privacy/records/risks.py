"""Risks to visitors, with the measures that hold in this configuration, and the gaps that it leaves.

A measure stands here only while the settings make it true; what would close a gap is named with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext

from ...conf import settings
from ...core.preference import Mode
from ...models.sensitive import sensitive_models
from ...visit.keeping import Keeping, keeping
from ...visit.stores import visitor_store
from .holding import Holding, days

REVIEW_AFTER = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Risk:
    """`key` names it in data. `gaps`: what this configuration leaves open."""

    key: str
    risk: str
    measures: tuple[str, ...]
    gaps: tuple[str, ...] = ()


def risks(holding: Holding) -> list[Risk]:
    """Those that there are while something is live or counted."""
    return [
        Risk(key, risk, tuple(measures(holding)), tuple(gaps(holding)))
        for key, risk, exists, measures, gaps in (
            (
                "tracking",
                gettext("Visitors are recognised, followed, or singled out."),
                True,
                _against_tracking,
                _left_to_tracking,
            ),
            (
                "unaware",
                gettext("Visitors do not notice that pages change for them, or can’t prevent it."),
                True,
                _against_surprise,
                _left_to_surprise,
            ),
            (
                "sensitive",
                gettext("What somebody read says something about their health, beliefs or troubles."),
                holding.asks("visit.pages")
                or holding.asks("visit.sections")
                or holding.asks("visitor.")
                or holding.asks("visit.page_count")
                or holding.asks("visit.intent")
                or bool(sensitive_models()),
                _against_sensitive,
                _left_to_sensitive,
            ),
            (
                "wrong_guess",
                gettext("A place is guessed wrongly, and a visitor misses what they need."),
                holding.asks("location."),
                _against_wrong_guesses,
                _nothing,
            ),
            (
                "account",
                gettext("Who somebody is gets joined to what they did before."),
                holding.asks("account."),
                _against_joining,
                _left_to_joining,
            ),
            (
                "leak",
                gettext("One visitor’s page, or what is kept of them, gets into other hands."),
                True,
                _against_leaks,
                _left_to_leaks,
            ),
            (
                "small_numbers",
                gettext("A total of very few visits points to a person."),
                settings.COUNTING,
                _against_small_numbers,
                _nothing,
            ),
        )
        if exists
    ]


def _nothing(holding: Holding) -> Iterator[str]:
    return iter(())


def _against_tracking(holding: Holding) -> Iterator[str]:
    yield gettext("The internet address is used while a page is made, and is neither stored nor written to a log.")
    if keeping() is Keeping.COOKIES and not holding.draws_lots:
        yield gettext("No cookie of this holds a number or code that stands for a visitor.")
    yield gettext("Only what a live segment asks is read, and only on pages that ask it; nothing else is kept.")
    if holding.remembers_past:
        yield gettext("What is remembered ends after %s at most and is not renewed by visits.") % days(
            settings.MEMORY_MAX_AGE_DAYS
        )


def _left_to_tracking(holding: Holding) -> Iterator[str]:
    if holding.draws_lots:
        yield gettext(
            "While a share of visitors is held back for comparison, a number from 0 to 9999 that is drawn by lot is "
            "kept of each who is counted, for %s at most. Many visitors can have the same number; on a site with few "
            "visitors it may stand for one. Without a share that is held back, none is drawn."
        ) % days(settings.MEMORY_MAX_AGE_DAYS)
    if keeping() is Keeping.SESSION:
        yield gettext(
            "Sessions that have ended stay on the server until the site deletes them: plan clearsessions to run daily."
        )
    if not visitor_store().in_browser:
        yield gettext(
            "What is remembered is kept on the server under the key of a session, which stands for a browser. The "
            "cookie store (VISITOR_STORE) needs no such key."
        )
    own = [use.meaning for use in holding.uses_of_visitors if not use.fact.read_from]
    if own:
        yield gettext("The site reads something by a part of its own, which this record can’t judge: %s.") % ", ".join(
            own
        )


def _against_surprise(holding: Holding) -> Iterator[str]:
    if settings.MODE is Mode.OPT_IN:
        yield gettext("Nothing is used or kept before a visitor allows it.")
    yield gettext(
        "Where the site’s templates have the banner, it says on pages that change what is used, and how to turn it off."
    )
    yield gettext("Turning it off takes one action and no account.")
    yield gettext("Whoever turns it off gets every page with its standard version; what was kept is erased.")
    if settings.HONOUR_GPC:
        yield gettext("A browser’s Global Privacy Control signal counts as turning it off.")
    if settings.HONOUR_DNT:
        yield gettext("A browser’s Do Not Track signal counts as turning it off.")
    yield gettext("An acceptance is asked again after %s.") % days(settings.ALLOWED_MAX_AGE_DAYS)
    yield gettext("A public page says what is known, why pages change, and lets visitors download and erase it.")


def _left_to_surprise(holding: Holding) -> Iterator[str]:
    if not holding.address("about"):
        yield gettext("The pages for visitors are not part of the site’s addresses, so nobody can turn it off.")
    for honoured, setting, signal in (
        (settings.HONOUR_GPC, "HONOUR_GPC", "Global Privacy Control"),
        (settings.HONOUR_DNT, "HONOUR_DNT", "Do Not Track"),
    ):
        if not honoured:
            yield gettext("%(signal)s signals are ignored (%(setting)s).") % {"signal": signal, "setting": setting}
    if not (holding.words.contact_email or holding.words.contact_link):
        yield gettext("The site names nobody whom visitors could ask (Settings → Personalisation).")
    if not holding.words.responsible:
        yield gettext("The site names nobody who answers for it (Settings → Personalisation).")
    reviewed = holding.words.last_reviewed
    if reviewed is None:
        yield gettext("No review of all of this is on record (Settings → Personalisation).")
    elif timezone.localdate() - reviewed > REVIEW_AFTER:
        yield gettext("The last review, of %s, is more than a year old.") % reviewed.isoformat()
    without = [entry.segment.name for entry in holding.entries if not entry.segment.purpose]
    if without:
        yield gettext("These segments have no written purpose: %s.") % ", ".join(without)


def _against_sensitive(holding: Holding) -> Iterator[str]:
    if sensitive_models():
        yield gettext("Pages can be marked as sensitive: who looked at them is never noted, and no segment can ask it.")
    yield gettext(
        "Pages are noted only where a live segment asks about them, and by number, in the visitor’s own memory."
    )


def _left_to_sensitive(holding: Holding) -> Iterator[str]:
    if not sensitive_models():
        yield gettext("No kind of page on this site can be marked as sensitive (SensitivePageMixin).")
    stopped = [entry.segment.name for entry in holding.entries if entry.segment.sensitive]
    if stopped:
        yield gettext("These segments still ask about pages that were marked as sensitive, and are stopped: %s.") % (
            ", ".join(stopped)
        )


def _against_wrong_guesses(holding: Holding) -> Iterator[str]:
    yield gettext("Every version has a standard version beside it, unless its editors decided that others see nothing.")
    yield gettext("Content that everyone must see can be marked, and is then refused in versions for some.")
    yield gettext("A visitor can say where they are, or that the guess is wrong; that comes before the guess.")
    yield gettext("Nothing finer than a town is kept, and a town only if the visitor said so.")


def _against_joining(holding: Holding) -> Iterator[str]:
    if settings.MODE is not Mode.OPT_IN:
        yield gettext("A segment that asks both about accounts and about earlier visits is stopped.")
    yield gettext("Nothing that is remembered of a visit is written to an account.")


def _left_to_joining(holding: Holding) -> Iterator[str]:
    if settings.MODE is Mode.OPT_IN:
        yield gettext(
            "After a visitor has turned it on, a segment may ask both about accounts and about earlier visits."
        )


def _against_leaks(holding: Holding) -> Iterator[str]:
    yield gettext("A page that considered the visitor is marked private, with the headers that it was made from.")
    if visitor_store().in_browser:
        yield gettext("Cookies that hold more than the choice are signed; scripts can’t read them.")
    if settings.COOKIE_SECURE:
        yield gettext("Cookies travel over https only, and no other host can set them (__Host-).")


def _left_to_leaks(holding: Holding) -> Iterator[str]:
    if not settings.COOKIE_SECURE:
        yield gettext("Cookies may travel unencrypted (COOKIE_SECURE, SESSION_COOKIE_SECURE).")


def _against_small_numbers(holding: Holding) -> Iterator[str]:
    yield gettext("Only daily totals are kept, no visits; totals below %d are not shown, and can’t be derived.") % (
        settings.SMALLEST_COUNT
    )
    yield gettext("Visitors can leave their visits out and keep pages that change; a signal of the browser does too.")
