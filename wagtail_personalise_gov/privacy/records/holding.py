"""What holds on a site, read once for whichever record is asked: segments, what they read, words and settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from functools import cached_property

from django.conf import settings as django_settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from wagtail.models import Site

from ...conf import settings
from ...core.memory import NEED_A_PAST, NEED_A_VISIT
from ...core.preference import Mode
from ...core.site_words import SiteWords, Wording
from ...counting.publishing import smallest_count
from ...events.webhooks import counts_sent
from ...visit.cookies import SECONDS_PER_DAY
from ...visit.keeping import Keeping, keeping
from ...visit.visit import Visit
from ...wording.words import is_running, site_words, wording
from ..changes import changes
from ..cookies_told import cookie_rows_for_all
from ..credits import credits_for
from ..register import Entry, entries
from ..uses import Use, uses


@dataclass
class Holding:
    """One site as it stands now."""

    site: Site

    @cached_property
    def request(self) -> HttpRequest:
        """A request of nobody's for the site, so that pages have their addresses on it."""
        request = HttpRequest()
        request.method = "GET"
        request.META = {"SERVER_NAME": self.site.hostname, "SERVER_PORT": str(self.site.port)}
        request._wagtail_site = self.site  # type: ignore[attr-defined]
        return request

    @cached_property
    def visit(self) -> Visit:
        return Visit(self.request)

    @cached_property
    def entries(self) -> list[Entry]:
        return entries(self.request, changes(1000))

    @cached_property
    def uses(self) -> list[Use]:
        return uses([entry.segment for entry in self.entries])

    @property
    def uses_of_visitors(self) -> list[Use]:
        return [use for use in self.uses if use.fact.about_visitor]

    @cached_property
    def words(self) -> SiteWords:
        return site_words(self.visit)

    @cached_property
    def said(self) -> Wording:
        return wording(self.visit)

    @property
    def service(self) -> str:
        return self.said.service_name or self.site.site_name or self.site.hostname

    @property
    def made(self) -> str:
        return timezone.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")

    @cached_property
    def remembers(self) -> frozenset[str]:
        """The items of memory that live rules need."""
        return frozenset().union(*(use.fact.remembers for use in self.uses)) if is_running(self.visit) else frozenset()

    @property
    def remembers_past(self) -> bool:
        return bool(self.remembers & NEED_A_PAST) or self.draws_lots

    @property
    def remembers_visit(self) -> bool:
        return bool(self.remembers & (NEED_A_VISIT | {"place"})) or (self.running and settings.COUNTING)

    @property
    def running(self) -> bool:
        """Whether pages change for anybody at all. If not, records say what would be so."""
        return is_running(self.visit)

    @property
    def draws_lots(self) -> bool:
        return self.running and bool(settings.COUNTING) and self.visit.holds_back

    def asks(self, beginning: str) -> bool:
        """Whether a live rule asks a fact whose name begins so."""
        return any(use.fact.name.startswith(beginning) for use in self.uses)

    def address(self, name: str) -> str:
        """The full address of one of our pages; "" where the site has not included them."""
        try:
            return f"{self.site.root_url}{reverse(f'personalise:{name}')}"
        except NoReverseMatch:
            return ""

    # Sentences that more than one record needs

    def mode(self) -> str:
        if self.visit.ruleset.paused:
            return gettext("Paused at the moment: every page shows its standard version.")
        match settings.MODE:
            case Mode.OFF:
                return gettext("Switched off: every page shows its standard version.")
            case Mode.OPT_IN:
                return gettext("Off until a visitor turns it on (MODE opt_in).")
            case _:
                return gettext("On until a visitor turns it off (MODE opt_out).")

    def beginning(self) -> list[str]:
        """What stands at the top of a record while nothing runs, beside what the record is."""
        if self.running:
            return []
        return [
            self.mode(),
            gettext("What follows says what would be so if it were running, unless it says “at the moment”."),
        ]

    def segments_in_words(self) -> list[str]:
        """Each live segment: its name, who is in it, why, and which pages it changes."""
        told = [] if self.running else [gettext("Nothing changes for anybody at the moment.")]
        for entry in self.entries:
            segment = entry.segment
            joined = gettext("; or ") if segment.any_of else gettext("; and ")
            who = joined.join(segment.sentences) or gettext("nobody")
            words = [gettext("%(name)s. Who is in it: %(who)s.") % {"name": segment.name, "who": who}]
            if segment.purpose:
                words.append(gettext("Why: %s") % segment.purpose)
            if entry.uses:
                read = gettext("What is read: %s.") if self.running else gettext("What would be read: %s.")
                words.append(read % "; ".join(use.meaning for use in entry.uses))
            if segment.learning and self.running and settings.COUNTING:
                words.append(gettext("Nothing changes for them: they are only counted."))
            elif segment.learning:
                words.append(gettext("Nothing changes for them."))
            elif entry.pages:
                pages = ", ".join(f"{page.title} ({page.url})" for page in entry.pages)
                change = gettext("Pages that change: %s.") if self.running else gettext("Pages that would change: %s.")
                words.append(change % pages)
            else:
                words.append(gettext("No page that anybody can read changes for them."))
            told.append(" ".join(words))
        return told

    def reads_in_words(self) -> list[str]:
        """What is read of visitors, in the words that they are told it in: where, whether it is kept, and for whom."""
        read = gettext("“%(meaning)s”. %(source)s %(kept)s For: %(segments)s.")
        if not self.running:
            read = gettext("Would be read: “%(meaning)s”. For: %(segments)s.")
        at_the_moment = [] if self.running else [gettext("Nothing about visitors is read at the moment.")]
        return at_the_moment + [
            read
            % {
                "meaning": use.meaning,
                "source": use.source,
                "kept": use.kept,
                "segments": "; ".join(segment.name for segment in use.groups),
            }
            for use in self.uses_of_visitors
        ]

    def cookies_in_words(self) -> list[str]:
        return [
            gettext("Cookie %(name)s: %(purpose)s Set: %(when)s. Lasts: %(lasts)s.")
            % {"name": row.name, "purpose": row.purpose, "when": row.when, "lasts": row.lasts}
            for _cookie, row in cookie_rows_for_all(self.visit, is_running(self.visit))
        ]

    def retention(self) -> list[str]:
        on, off = settings.ALLOWED_MAX_AGE_DAYS, settings.REFUSED_MAX_AGE_DAYS
        told = [
            gettext("A visitor’s choice: %(on)s if they turned it on, %(off)s if they turned it off.")
            % {"on": days(on), "off": days(off)}
        ]
        in_cookies = keeping() is Keeping.COOKIES
        if self.remembers_visit and in_cookies:
            told.append(gettext("What belongs to one visit: until the browser is closed, at the latest."))
        elif self.remembers_visit:
            told.append(gettext("What belongs to one visit is used for that visit only."))
        if self.remembers_past:
            told.append(
                gettext("What is remembered of earlier visits: %s at most, counted from the first and not renewed.")
                % days(settings.MEMORY_MAX_AGE_DAYS)
            )
        if (self.remembers_visit or self.remembers_past) and not in_cookies:
            told.append(self.kept_until())
        if not self.running:
            told.append(
                gettext(
                    "Nothing new is kept of any visitor at the moment. What was kept before ends by itself: what is "
                    "remembered of earlier visits is used for %s at most, counted from the first."
                )
                % days(settings.MEMORY_MAX_AGE_DAYS)
            )
        elif not (self.remembers_visit or self.remembers_past):
            told.append(gettext("Beside the choice nothing is kept of any visitor at the moment."))
        if settings.COUNTING:
            told.append(
                gettext("Daily totals, which say nothing of a single visit: %s.") % days(settings.TALLIES_MAX_AGE_DAYS)
            )
        return told

    def where_kept(self) -> str:
        match keeping():
            case Keeping.COOKIES | Keeping.SESSION_COOKIE:
                return gettext(
                    "In signed cookies in the visitor’s own browser; the server keeps nothing of any visitor."
                )
            case Keeping.SESSION:
                return gettext(
                    "On the site’s own server, in the session of the site. The session’s cookie holds a key that "
                    "stands for the browser."
                )
            case Keeping.ELSEWHERE:
                return gettext("On the site’s own server, in a store that the site has added (VISITOR_STORE).")
        return gettext("Nowhere: no visitor store can be had (VISITOR_STORE).")

    def kept_until(self) -> str:
        """When what a store of another kind than our cookies keeps is gone."""
        age = days(-(-django_settings.SESSION_COOKIE_AGE // SECONDS_PER_DAY))
        at_close = django_settings.SESSION_EXPIRE_AT_BROWSER_CLOSE
        match keeping():
            case Keeping.SESSION_COOKIE if at_close:
                return gettext("It is kept with the session, in its cookie, until the browser is closed.")
            case Keeping.SESSION_COOKIE:
                text = gettext("It is kept with the session, in its cookie: %s after the session last changed.")
                return text % age
            case Keeping.SESSION:
                text = gettext(
                    "It is kept with the session, on the server: %s after the session last changed "
                    "(SESSION_COOKIE_AGE), and then until ended sessions are deleted (clearsessions)."
                )
                return text % age
        return gettext("How long the site’s own store keeps it, this record can’t tell (VISITOR_STORE).")

    def recipients(self) -> list[str]:
        told = [gettext("Nobody but the site itself: nothing is sold, shared or sent to another company for this.")]
        if counts_sent():
            told = [
                gettext("Nothing about a single visit is sold, shared or sent to anybody for this."),
                gettext(
                    "Systems that the site names in its settings (WEBHOOKS) are told totals of visitors who may be "
                    "counted: %(events)s. Each is of one hour or more, and of %(smallest)d visits at least."
                )
                % {"events": ", ".join(counts_sent()), "smallest": smallest_count()},
            ]
        credits = credits_for([entry.segment for entry in self.entries])
        told += [gettext("Places come from: %s") % credit.text for credit in credits]
        return told


def days(count: int) -> str:
    return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}
