"""What is known about a visitor now, as far as live groups ask: in words, with where it comes from.

Nothing is read for this page that a live group does not ask, and nothing at all of who refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext

from ..core.facts import Fact, family
from ..core.preference import Because, Standing
from ..facts import facts_named
from ..visit.keeping import where_from
from ..visit.visit import Visit
from ..wording.words import how_places_are_known
from ..wording.written import meaning_of
from .values import Telling, in_words, public_titles

OF_THE_PAGE = "request."  # the beginning of the names of facts whose values differ from page to page


@dataclass(frozen=True, slots=True)
class Known:
    """One thing that live groups ask: what it is, its value in words, and where that comes from ("" for nowhere).

    `told` is False where `value` says that it can't be told, or is not used.
    """

    fact: Fact
    value: str
    told: bool
    source: str

    @property
    def meaning(self) -> str:
        return meaning_of(self.fact)


def known_now(visit: Visit, on_page_before: bool) -> list[Known]:
    """Everything that live groups ask, the visitor's own first. `visit` has decided about all of them."""
    facts = visit.facts
    asked = sorted(facts_named(visit.ruleset.needs), key=lambda fact: (not fact.about_visitor, fact.name))
    telling = telling_of(visit, asked)
    known = []
    for fact in asked:
        if fact.name in facts.refused:
            known.append(Known(fact, not_used(visit.standing), False, ""))
            continue
        words = in_words(fact, facts.get(fact.name), telling)
        known.append(
            Known(fact, words or gettext("We can’t tell"), bool(words), source_of(fact, visit, on_page_before))
            if words
            else Known(fact, gettext("We can’t tell"), False, "")
        )
    return known


def telling_of(visit: Visit, facts: Iterable[Fact]) -> Telling:
    """What is needed to put these facts into words; a query for titles only where pages are among them."""
    known = visit.facts
    pages = [number for fact in facts if fact.kind == "pages" for number in known.get(fact.name) or ()]
    asked = {name for condition in visit.ruleset.segments.values() for name in condition.facts}
    return Telling(
        intents=visit.ruleset.intents.by_slug,
        declared=visit.declared_intent,
        titles=public_titles(pages),
        keys={name.removeprefix(f"{family(name)}.") for name in asked if family(name) != name},
    )


def not_used(standing: Standing) -> str:
    """Why something is not used."""
    match standing.because:
        case Because.CHOICE:
            return gettext("Not used: you turned this off")
        case Because.GPC | Because.DNT:
            return gettext("Not used: your browser asks us not to")
        case _:
            return gettext("Not used: this is off until you turn it on")


def source_of(fact: Fact, visit: Visit, on_page_before: bool) -> str:
    """Where a value comes from, in a sentence."""
    if fact.name.startswith("location."):
        return how_places_are_known(visit)
    if fact.name == "visit.intent" and visit.declared_intent:
        return gettext("You told us.")
    if fact.name == "network.ip":
        return gettext("It comes with every request that your browser sends. We do not keep it.")
    if fact.name.startswith(OF_THE_PAGE) and fact.about_visitor:
        if on_page_before:
            return gettext("From the address of the page that you came from.")
        return gettext("From the address of this page.")
    if not fact.read_from:
        return gettext("Read by a part that this site added.")
    return gettext("Where it comes from: %(source)s.") % {"source": where_from(fact)}
