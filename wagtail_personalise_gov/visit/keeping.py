"""Where the memory of a visitor is kept, and for how long, in words: they follow from the visitor store in force."""

from __future__ import annotations

from enum import Enum

from django.conf import settings as django_settings
from django.utils.translation import gettext, ngettext

from ..core.facts import Fact
from ..facts import LANDING, MEMORY
from .cookies import SECONDS_PER_DAY
from .stores import DjangoSessionStore, NoStore, visitor_store


class Keeping(Enum):
    """What the store in force comes to."""

    COOKIES = "cookies"  # in cookies of ours, in the visitor's own browser
    SESSION_COOKIE = "session_cookie"  # in the browser too, with the rest of a session that is kept in its cookie
    SESSION = "session"  # in a session on the server
    ELSEWHERE = "elsewhere"  # on the server, by a store of the site's own
    NOWHERE = "nowhere"  # no store can be had


def keeping() -> Keeping:
    store = visitor_store()
    if isinstance(store, NoStore):
        return Keeping.NOWHERE
    if isinstance(store, DjangoSessionStore):
        return Keeping.SESSION_COOKIE if store.in_browser else Keeping.SESSION
    return Keeping.COOKIES if store.in_browser else Keeping.ELSEWHERE


def outlives_the_browser() -> bool:
    """Whether what belongs to one visit is still kept after the browser was closed, if only unused."""
    match keeping():
        case Keeping.SESSION_COOKIE:
            return not django_settings.SESSION_EXPIRE_AT_BROWSER_CLOSE
        case Keeping.SESSION | Keeping.ELSEWHERE:
            return True
    return False


def where_from(fact: Fact) -> str:
    """Where a fact is read from, in a few words; "" for a site's own reader."""
    if visitor_store().in_browser:
        return str(fact.read_from)
    if fact.read_from is MEMORY:
        return gettext("what is kept of your visits on our own server")
    if fact.read_from is LANDING:
        return gettext("how your visit began, kept on our own server")
    return str(fact.read_from)


def kept_until() -> str:
    """How long what is kept stays where it is, in a sentence; "" where our own cookies end by themselves."""
    days = int(-(-django_settings.SESSION_COOKIE_AGE // SECONDS_PER_DAY))  # rounded up: never longer than is said
    at_close = bool(django_settings.SESSION_EXPIRE_AT_BROWSER_CLOSE)
    match keeping():
        case Keeping.SESSION if at_close:
            text = ngettext(
                "It is kept on our own server, in your session. The cookie that leads to it goes when you close your "
                "browser. On the server it stays, unused, for %(count)d day after your session last changed, and "
                "then until sessions that have ended are cleared away.",
                "It is kept on our own server, in your session. The cookie that leads to it goes when you close your "
                "browser. On the server it stays, unused, for %(count)d days after your session last changed, and "
                "then until sessions that have ended are cleared away.",
                days,
            )
        case Keeping.SESSION:
            text = ngettext(
                "It is kept on our own server, in your session, for %(count)d day after your session last changed, "
                "and then until sessions that have ended are cleared away.",
                "It is kept on our own server, in your session, for %(count)d days after your session last changed, "
                "and then until sessions that have ended are cleared away.",
                days,
            )
        case Keeping.SESSION_COOKIE if at_close:
            return gettext("It is kept in your own browser, in your session, until you close your browser.")
        case Keeping.SESSION_COOKIE:
            text = ngettext(
                "It is kept in your own browser, in your session, for %(count)d day after your session last changed.",
                "It is kept in your own browser, in your session, for %(count)d days after your session last changed.",
                days,
            )
        case Keeping.ELSEWHERE:
            return gettext("It is kept on our own server. How long, our privacy policy says.")
        case Keeping.NOWHERE:
            return gettext("At the moment it can’t be kept at all.")
        case _:
            return ""
    return text % {"count": days}
