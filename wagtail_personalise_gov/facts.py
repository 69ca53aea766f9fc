"""The facts: one row each, and the hook by which a site adds its own.

The rows are data; how each is read from a request stands in `visit/gathering.py`. This module stands below the models,
so that a rule which asks a fact that does not exist can be refused when it is saved.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from typing import Any

from django.core.signals import setting_changed
from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from .core.facts import Fact, family

logger = logging.getLogger("wagtail_personalise_gov")

HOOK = "register_personalise_facts"

# A site's own reader: request → value, or None for unknown.
Reader = Callable[[Any], Any]

# Visits are told apart by the cookies and by whether a link came from this site.
VISIT_COOKIES = frozenset({"Cookie", "Referer"})

# Where values are read from, in plain words.
MEMORY = _("what is kept on your device")
LANDING = _("how your visit began, kept on your device")
ADDRESS = _("your internet address, or what you told us")
ACCOUNT = _("your account on this site")
THIS_ADDRESS = _("the address of the page")


def _remembered(
    name: str, meaning: Any, *items: str, kind: str = "text", read_from: Any = LANDING, landing: bool = True
) -> Fact:
    """A fact that is known by what the visitor's browser keeps for us."""
    return Fact(
        name,
        meaning,
        VISIT_COOKIES,
        kind=kind,
        reads_device=True,
        remembers=frozenset(items),
        landing=landing,
        read_from=read_from,
    )


def _pages(scope: str, item: str, *meanings: Any) -> tuple[Fact, ...]:
    """Which pages were looked at. They begin with the first page that a live rule watches, so not with the landing."""
    parts = (("pages", "pages"), ("sections", "pages"), ("page_count", "int"))
    return tuple(
        _remembered(f"{scope}.{part}", meaning, item, kind=kind, read_from=MEMORY, landing=False)
        for (part, kind), meaning in zip(parts, meanings, strict=True)
    )


FACTS: dict[str, Fact] = {
    fact.name: fact
    for fact in (
        _remembered(
            "visitor.first_visit", _("whether this is your first visit"), "visits", kind="bool", read_from=MEMORY
        ),
        _remembered("visitor.visits", _("how many times you have visited"), "visits", kind="int", read_from=MEMORY),
        _remembered(
            "visitor.days_since_last_visit",
            _("how many days ago you last visited"),
            "visits",
            "last_visit",
            kind="int",
            read_from=MEMORY,
        ),
        *_pages(
            "visitor",
            "past_pages",
            _("which of certain pages you have looked at, on this visit or before"),
            _("which of certain parts of this site you have looked at, on this visit or before"),
            _("how many different pages you have looked at, on this visit and before"),
        ),
        *_pages(
            "visit",
            "pages",
            _("which of certain pages you have looked at on this visit"),
            _("which of certain parts of this site you have looked at on this visit"),
            _("how many different pages you have looked at on this visit"),
        ),
        _remembered("visit.referrer.host", _("the website that you came from"), "referrer"),
        _remembered(
            "visit.referrer.kind", _("the kind of website that you came from, such as a search engine"), "referrer"
        ),
        _remembered("visit.campaign.source", _("where the campaign link that you followed was published"), "campaign"),
        _remembered("visit.campaign.medium", _("the kind of campaign link that you followed"), "campaign"),
        _remembered("visit.campaign.name", _("the campaign whose link you followed"), "campaign"),
        _remembered(
            "visit.intent",
            _("what you told us you want to do, or what the page that you started from suggests"),
            "intent",
            kind="weights",
        ),
        # Where a place is read from depends on the geo provider, which adds its own headers to these rows' Vary; and a
        # place that the visitor told us beats the guess, so it is always read from the cookie too.
        *(
            Fact(
                f"location.{part}",
                meaning,
                frozenset({"Cookie"}),
                kind=kind,
                reads_device=True,
                remembers=frozenset({"place"}),
                read_from=ADDRESS,
            )
            for part, kind, meaning in (
                ("continent", "text", _("the continent that you seem to be in")),
                ("country", "text", _("the country that you seem to be in")),
                ("subdivisions", "texts", _("the nation, region or county that you seem to be in")),
                ("city", "text", _("the town or city that you seem to be in")),
                ("postcode", "text", _("the postcode area that you seem to be in")),
                ("point", "point", _("roughly where you seem to be")),
                ("eu", "bool", _("whether you seem to be in the European Union")),
            )
        ),
        Fact(
            "device.kind",
            _("whether you use a phone, a tablet or a computer"),
            frozenset({"User-Agent", "Sec-CH-UA-Mobile"}),
            reads_device=True,
            read_from=_("what your browser says it is"),
        ),
        *(
            Fact(
                name,
                meaning,
                frozenset({"Accept-Language"}),
                kind="texts",
                reads_device=True,
                read_from=_("the languages that your browser is set to"),
            )
            for name, meaning in (
                ("language", _("the languages that your browser asks for")),
                ("language.preferred", _("the language that your browser asks for first")),
            )
        ),
        Fact(
            "clock.local",
            _("the time of day and the date"),
            kind="moment",
            about_visitor=False,
            read_from=_("the clock"),
        ),
        *(
            Fact(name, meaning, frozenset({"Cookie"}), kind=kind, reads_device=True, read_from=ACCOUNT)
            for name, kind, meaning in (
                ("account.signed_in", "bool", _("whether you are signed in")),
                ("account.groups", "texts", _("the groups that your account is in")),
            )
        ),
        Fact("network.ip", _("your internet address"), kind="address", read_from=_("the connection")),
        Fact("request.path", _("the address of this page"), about_visitor=False, read_from=THIS_ADDRESS),
        Fact(
            "request.query",
            _("what the link that you followed says after its question mark"),
            kind="mapping",
            read_from=THIS_ADDRESS,
        ),
        Fact(
            "request.site",
            _("the site that you are on"),
            frozenset({"Host"}),
            about_visitor=False,
            read_from=THIS_ADDRESS,
        ),
    )
}


def known_facts() -> Mapping[str, Fact]:
    """Every fact that can be asked here, by name: the package's own, then those of the hook."""
    return _registered()[0]


def readers() -> Mapping[str, Reader]:
    """How to read the facts of the hook, by name. The package's own are read by `visit/gathering.py`."""
    return _registered()[1]


def facts_named(names: Iterable[str]) -> list[Fact]:
    """The rows of these facts; a name that is asked as a key of a mapping gives the mapping's row."""
    known = known_facts()
    return [known[name] for name in sorted({family(name) for name in names}) if name in known]


@lru_cache(maxsize=512)  # as many as a ruleset keeps plans
def about_visitors(names: frozenset[str]) -> frozenset[str]:
    """Those of the named facts that are about the visitor, rather than the same for everybody."""
    known = known_facts()
    return frozenset(name for name in names if name in known and known[name].about_visitor)


@cache
def _registered() -> tuple[Mapping[str, Fact], Mapping[str, Reader]]:
    facts, reading = dict(FACTS), dict[str, Reader]()
    for function in hooks.get_hooks(HOOK):
        given = function()
        for fact, reader in given if isinstance(given, list) else [given]:
            if fact.name in facts:
                # A second "location.country" could widen every audience that asks the first.
                logger.error(
                    "Fact %r is registered twice; the second, from %s, is left out.", fact.name, function.__module__
                )
                continue
            facts[fact.name] = fact
            reading[fact.name] = reader
    return facts, reading


def forget_registered(**kwargs: Any) -> None:
    """Ask the hook again at the next look; for tests that register a fact for a while."""
    _registered.cache_clear()
    about_visitors.cache_clear()


setting_changed.connect(forget_registered)
