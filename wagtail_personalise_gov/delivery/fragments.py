"""Fragments: what differs between visitors on a page that is the same for everybody.

Such a page is public, sets no cookie and may stand in any cache, since it holds standard versions only. Each stands in
an element, the *place*; one script asks once for what this visitor gets instead, and puts it there. Without the script
the standard version stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from ..conf import settings
from ..core.preference import Mode
from ..core.ruleset import Ruleset
from ..facts import FACTS, known_facts
from ..plugged import log_once_a_minute
from ..visit.visit import Visit

PAGE, FRAGMENT = "page", "fragment"  # how a block is delivered: with its page, or by itself
DELIVERIES = (PAGE, FRAGMENT)

AROUND = "personalise_delivery"  # in a template's context: how the block is delivered that stands around
AHEAD = "personalise_ahead"  # in a template's context: the script stands ahead of all that is rendered with it
ELEMENT = "personalise-fragment"
SCRIPT = "wagtail_personalise_gov/js/fragments.js"
RESERVES = frozenset({"small", "medium", "large"})  # room that the stylesheet keeps free; else a class of the site's

# For whose sake the script tells where the visitor came from, and what stands in the address after its question mark.
ITEMS_OF_REFERRER = frozenset({"referrer", "intent"})
ITEMS_OF_QUERY = frozenset({"campaign", "intent"})


def visit_for_all(context: Mapping[str, Any] | None) -> Visit | None:
    """The visit of a request whose page may bring fragments; None where blocks must be rendered in place.

    In place is what an editor looks at, what an address asks for, and what stands in no page that is served.
    """
    visit = getattr((context or {}).get("request"), "visit", None)
    # A subclass is a look at the page as somebody else, or as it would be: that is no page for everybody.
    if type(visit) is not Visit or settings.MODE is Mode.OFF or visit.page is None:
        return None
    # In a list of pages, `page` may be another one than is served.
    return visit if getattr((context or {}).get("page"), "pk", None) == visit.page.id else None


def can_be_asked_for() -> bool:
    """Whether the script and the address that it asks are there; else blocks are rendered in place, and the log says
    so."""
    try:
        reverse("personalise:fragments")
        static(SCRIPT)
    except NoReverseMatch:
        log_once_a_minute("fragments", 'No fragments: add include("wagtail_personalise_gov.urls") to the addresses.')
        return False
    except ValueError:  # a manifest of static files from before an update, say
        log_once_a_minute("fragments", "No fragments, since there is no script for them: run collectstatic.")
        return False
    return True


def told_by_script(ruleset: Ruleset) -> str:
    """What the script of a page is to tell besides its path, as a list of words: only what live rules ask.

    A fact of the site's own may read the query, as it could if the page were rendered for the visitor.
    """
    known = known_facts()
    own = [known[name] for name in ruleset.needs if name in known and name not in FACTS]
    told = []
    if own or "request.query" in ruleset.needs or ruleset.remembers & ITEMS_OF_QUERY:
        told.append("query")
    if ruleset.remembers & ITEMS_OF_REFERRER or any("Referer" in fact.varies_on for fact in own):
        told.append("referrer")
    return " ".join(told)


def place(key: str, standard: str, reserve: str = "") -> SafeString:
    """The element in which the script finds a standard version. `reserve`: how much room is kept, or a class."""
    room = f" {ELEMENT}--{reserve}" if reserve in RESERVES else f" {reserve}" if reserve else ""
    inside = mark_safe(standard)  # noqa: S308  a template's output
    return format_html('<{0} class="{0}{1}" data-personalise-fragment="{2}">{3}</{0}>', ELEMENT, room, key, inside)


def fragment(key: str, html: str) -> SafeString:
    """What a visitor gets in the place of that key."""
    inside = mark_safe(html)  # noqa: S308  a template's output
    return format_html('<{0} data-personalise-fragment="{1}">{2}</{0}>', ELEMENT, key, inside)
