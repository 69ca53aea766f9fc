"""Visit: one request seen through personalisation, as ``request.visit``.

Everything is lazy. Until something is asked of it, nothing is read and the response stays as it is.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest
from django.utils.functional import cached_property  # the standard library's takes a lock

from ..conf import settings
from ..core.counting import COMPARED, LOTS, Exposure, held_back, share_held_back
from ..core.decision import NOTHING_DECIDED, Decision, Reason
from ..core.facts import Facts
from ..core.memory import (
    DeclaredPlace,
    ThisVisit,
    VisitorMemory,
)
from ..core.pages import ServedPage
from ..core.preference import Choice, Mode, Preference
from ..core.quiet import Quiet
from ..core.ruleset import KeyedVariants, NamedVariants, namer
from ..core.variants import Outcome, Variant, outcome
from ..facts import FACTS, about_visitors, readers
from ..plugged import log_once_a_minute
from .arriving import Arriving
from .edge import answers_at_edge, reasons_at_edge
from .editors import is_editor
from .gathering import FactsAsked, headers_of
from .grounds import ADAPTS, BEYOND, INTENT, PLACE, Grounds, Unnoted, tells
from .preference import new_choice, standing_of

ABOUT_PAGES_SEEN = frozenset(name for name, fact in FACTS.items() if {"pages", "past_pages"} & fact.remembers)


@dataclass(frozen=True, slots=True, repr=False)
class Chosen(Quiet):
    """What was chosen for a block: a variant and the segment that it was chosen for; all None: the standard version.

    `exposures` is what it is to be counted as, once it is shown.
    """

    position: int | None = None  # of the variant, in the editor's order
    variant_id: str | None = None
    segment: str | None = None
    exposures: tuple[Exposure, ...] = ()


STANDARD_VERSION = Chosen()


class Visit(Arriving):
    """What personalisation knows of one request, and decides for it.

    `considered` turns True as soon as anything is asked whose answer may differ between visitors: from then on the
    response is private. `varies_on` gathers the request headers that the answers were read from.
    """

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        # Nothing new is kept of this request. A form that another site sends comes without our cookies, so to keep
        # memory on its response would replace what is kept by an empty beginning.
        self.only_looks = not self.method_reads
        self.forgets = False  # what was kept is erased on the way out
        self.choice_to_keep: Choice | None = None  # written on the way out
        self.page: ServedPage | None = None  # the page that the request is for, if it is one of Wagtail's
        self.varies_on: frozenset[str] = frozenset()
        # The places on a page that is the same for everybody, and the primary keys of the segments that each is for:
        # a request of its own asks what comes there, and is this visitor's look at the page.
        self.fragments: dict[str, tuple[int, ...]] = {}
        self.told_at_edge: dict[str, None] = {}  # the slugs of the segments that the network's edge has decided
        self.needed: frozenset[str] = frozenset()  # the names of the facts on which an answer hung so far
        self._known: dict[str, Any] = {}
        self._refused: frozenset[str] = frozenset()
        # What is shown, and which goals are reached, in the order of the page; counted on the way out.
        self.shown: dict[Exposure, None] = {}
        self.reached: dict[str, None] = {}

    @staticmethod
    def preview(request: HttpRequest, segments: Iterable[Any] = ()) -> Visit:
        """A visit that reads nothing of the request and is in just these segments (models; drafts too)."""
        return PreviewVisit(request, segments)

    # What is asked

    def includes(self, slug: str) -> bool:
        """Whether the visitor is in a segment; False for a slug of no live segment."""
        return self.matching([slug]).includes(slug)

    def decide(self, slugs: Iterable[str]) -> Decision:
        """The `Reason` for each of these segments that is live. Never raises, and makes no SQL query of its own.

        Paused, switched off or already sent, nothing is decided: no segment is in the answer.
        """
        decision = self._noted_decision(slugs)
        self.grounds.reasons.update(decision)
        if self.needed:  # to say why, all that was asked must be known
            with Unnoted(self):
                self._read(self.needed)
        return decision

    def matching(self, slugs: Iterable[str]) -> Decision:
        """`decide`, for who asks whether the visitor is in these segments, and not why."""
        decision = self._noted_decision(slugs)
        self.grounds.segments.update(decision)
        return decision

    def _noted_decision(self, slugs: Iterable[str]) -> Decision:
        self.grounds.would_ask = True
        with Unnoted(self):
            return self._decision(slugs)

    def _decision(self, slugs: Iterable[str]) -> Decision:
        if not self._adapting:
            return NOTHING_DECIDED
        return self._decision_with_edge(slugs) if settings.EDGE_ANSWERS else self._own_decision(slugs)

    def _own_decision(self, slugs: Iterable[str]) -> Decision:
        self.make_private()
        plan = self.ruleset.only(slugs)
        decision = plan.decide(self._facts_for(plan.needs))
        held = self._held_back_from(decision.matched)
        return decision.holding_back(held) if held else decision

    def _decision_with_edge(self, slugs: Iterable[str]) -> Decision:
        """What the network's edge has answered, which makes nothing private, and our own decision of the rest."""
        asked = self.ruleset.segments.keys() & set(slugs)
        told = reasons_at_edge(self._answers_at_edge, sorted(asked), self.ruleset.learning)
        if not told:
            return self._own_decision(asked)
        if not self._looks_ahead:
            self.told_at_edge.update(dict.fromkeys(told))
            # A page cache of our own does not see what the edge said. It is the edge that keeps such a page.
            self.grounds.others.add(BEYOND)
            self.let_no_cache_keep()
        rest = asked - told.keys()
        return Decision({**self._own_decision(rest), **told}) if rest else Decision(told)

    @cached_property
    def _answers_at_edge(self) -> dict[str, bool]:
        """What the network's edge has said of this visitor: segment slug → whether they are in it."""
        return answers_at_edge(self.request)

    @property
    def segments(self) -> tuple[str, ...]:
        """The slugs of all live segments that the visitor is in."""
        return self.matching(self.ruleset.segments).matched

    def choose(self, variants: Sequence[tuple[str, Sequence[int]]]) -> Chosen:
        """The first of these variants, given as (id, primary keys of segments), that is for this visitor."""
        return self.choose_each([tuple((name, tuple(keys)) for name, keys in variants)])[0]

    def choose_each(self, blocks: Iterable[KeyedVariants]) -> list[Chosen]:
        """`choose` for several blocks at once, at the cost of one decision. Variants are tuples, to be looked up."""
        named = self._named(tuple(blocks))
        decision = self.matching(named.slugs)
        return [self._chosen(variants, decision) for variants in named.blocks]

    def _chosen(self, variants: Sequence[Variant], decision: Decision) -> Chosen:
        if not decision.matched and not (decision and settings.COUNTING):
            return STANDARD_VERSION  # as for most visitors of most pages
        out = outcome(variants, decision)
        exposures = self._exposures(variants, out) if decision else ()
        if out.variant is None:
            return Chosen(exposures=exposures) if exposures else STANDARD_VERSION
        return Chosen(variants.index(out.variant), out.variant.id, out.segment, exposures)

    def cache_key(self, *slugs: str) -> str:
        """What a cached fragment that asks these segments must be kept under, besides its own name."""
        decision = self.matching(slugs)
        apart = {Reason.HOLDOUT: "=held", Reason.LEARNING: "=learning"}  # shown something else than who is not in it
        marks = {slug: "" if decision.includes(slug) else apart.get(decision.get(slug)) for slug in sorted(set(slugs))}
        return ",".join(f"{slug}{mark}" for slug, mark in marks.items() if mark is not None)

    @property
    def may_ask(self) -> bool:
        """Whether what is about the visitor may be asked: they let us."""
        with self.asking_for(ADAPTS):
            return bool(self.standing.adapts)

    @property
    def facts(self) -> Facts:
        """What has been gathered so far."""
        self._note(BEYOND)
        if not self.unnoted and (self._known or self._refused):
            self.make_private()
        return self._facts

    @property
    def _facts(self) -> Facts:
        return Facts(self._known, self._refused)

    @property
    def asked(self) -> frozenset[str]:
        """The names of the facts that have been asked so far, known or not."""
        return frozenset(self._known) | self._refused

    def looking_ahead(self) -> LookingAhead:
        """What is asked within is asked before it is known whether the page asks it: nothing is noted by it."""
        return LookingAhead(self)

    # What is noted on the way

    def note_page(self, page: ServedPage) -> None:
        """Note that this page is shown: live rules may ask which pages were seen, this one included."""
        self.shows = page
        if "memory" in self.told:  # somebody asked already
            self.memory = self.told["memory"].noting(page, self.ruleset.watching)
            for name in ABOUT_PAGES_SEEN & self._known.keys():  # this one was not among them
                del self._known[name]

    @property
    def shows_a_watched_page(self) -> bool:
        """Whether a live rule wants to remember that the page of this request was seen."""
        return self.shows is not None and self._adapting and self.ruleset.watching.watches(self.shows)

    def note_shown(self, exposures: Iterable[Exposure]) -> None:
        """Note that a block is shown, as `choose_each` said."""
        self.shown.update(dict.fromkeys(exposures))

    def reach(self, goal: str) -> None:
        """Note that a goal is reached. One that is not live is not counted, and the log says so."""
        if not settings.COUNTING or settings.MODE is Mode.OFF:
            return
        if goal in self.ruleset.goals.by_slug:
            self.make_private()
            self.reached[goal] = None
        elif not self.ruleset.paused:
            log_once_a_minute(f"goal {goal}", "A goal was reached that is not live: %r. Nothing is counted.", goal)

    # What is counted

    @property
    def counts(self) -> bool:
        """Whether this visit is counted: the site counts, the visitor lets us, and it is not an editor's own."""
        with self.asking_for(BEYOND):
            return bool(settings.COUNTING) and not self.ruleset.paused and self.standing.counts and not self._is_editor

    @property
    def holds_back(self) -> bool:
        """Whether a share of visitors is held back from something, so that lots are drawn."""
        return bool(self.ruleset.holdouts) or bool(self.ruleset.site_holdouts)

    @tells(BEYOND)
    def lot(self) -> int:
        """The visitor's lot, from 0 to 9999; drawn now where there is none yet, and kept on the way out."""
        past = self.memory.past
        if past is not None and past.lot is not None:
            return past.lot
        lot = secrets.randbelow(LOTS)
        if past is not None:
            self.memory = replace(self.memory, past=replace(past, lot=lot))
        return lot

    @cached_property
    def site_share(self) -> int:
        """How many of 10,000 lots are held back from every segment on this site that asks about the visitor."""
        if not self.ruleset.site_holdouts or self.site is None:
            return 0
        return self.ruleset.site_holdouts.get(self.site.pk, 0)

    def shares_of(self, slug: str) -> tuple[int, int]:
        """The shares that are held back from a segment: the site's and its own, of 10,000 lots each."""
        # Nobody must miss "Register by 18 April" for a comparison that was made for all of the site.
        site_share = 0 if slug in self.ruleset.for_everybody else self.site_share
        return site_share, self.ruleset.holdouts.get(slug, 0)

    @cached_property
    def _is_editor(self) -> bool:
        return is_editor(self._request)

    def _held_back_from(self, matched: Sequence[str]) -> Sequence[str]:
        """Those of the matched segments whose visitors see something else, but not this one, for comparison."""
        if not matched or not self.holds_back or not self.counts:
            return ()
        shares = {slug: self.shares_of(slug) for slug in matched}
        return [slug for slug, share in shares.items() if any(share) and held_back(self.lot, slug, *share)]

    def _exposures(self, variants: Sequence[Variant], out: Outcome) -> tuple[Exposure, ...]:
        """What a block is to be counted as, of visits that are counted."""
        if not variants or not settings.COUNTING:
            return ()
        return tuple(
            Exposure(
                variants[0].id,
                arm,
                variant,
                segment,
                share_held_back(segment, *self.shares_of(segment)) if arm in COMPARED else 0,
            )
            for arm, variant, segment in out.arms
        )

    # What the visitor says; it is kept on the way out

    def prefer(self, preference: Preference | None = None, counting: bool | None = None) -> None:
        """Note the visitor's choice: whether pages adapt to them, whether they are counted, or both.

        It holds from here on in this very request. A refusal erases what was kept for it.
        """
        self.consider()
        self.choice_to_keep = new_choice(self.request, preference, counting, before=self.standing.choice)
        self.standing = standing_of(self.request, self.choice_to_keep)
        self._known.clear()
        self._refused = frozenset()
        if preference is Preference.REFUSED:
            self.forget()
        elif preference is Preference.ALLOWED and self.ruleset.watching:
            # Until now nothing may have been noted of the pages that they looked at. That doubt is worth keeping.
            self.memory = self.memory.doubting()
            self.only_looks = False

    def confirm(self) -> None:
        """Note that the visitor has seen what they chose, so that they are told once."""
        choice = self.standing.choice
        if choice is not None and choice.new:
            self.choice_to_keep = choice.confirmed()

    def forget(self) -> None:
        """Erase what is kept of the visitor, but for their choice. Nothing new is kept of this request either."""
        self.consider()
        self.forgets = True
        self.memory = VisitorMemory()

    @property
    def declared_intent(self) -> str:
        """The slug of what the visitor said that this visit is for; "" for nothing, or where it may not be kept."""
        with self.asking_for(INTENT):
            return self.memory.visit.intent if self.may_ask and self.memory.visit else ""

    @property
    def declared_place(self) -> DeclaredPlace | None:
        """Where the visitor said they are; None for nothing said, or where it may not be kept."""
        with self.asking_for(PLACE):
            return self.memory.visit.place if self.may_ask and self.memory.visit else None

    def may_keep(self, item: str) -> bool:
        """Whether an item of memory would be kept: a live rule needs it, and the visitor lets us."""
        self.grounds.would_ask = True
        return self._adapting and item in self.ruleset.remembers and self.may_ask

    @property
    def listens(self) -> bool:
        """Whether what the visitor says could be kept at all: pages adapt, and this visitor lets them."""
        self.grounds.would_ask = True
        with self.asking_for(ADAPTS):
            return self._adapting and self.standing.adapts

    def declare_intent(self, slug: str) -> None:
        """Note what the visitor says that this visit is for; "" withdraws it, and what was recognised before too."""
        self._change(intent=slug if slug in self.ruleset.intents.by_slug else "", recognised={})

    def declare_place(self, place: DeclaredPlace | None) -> None:
        """Note where the visitor says they are; one that says nothing: not where we guessed. None withdraws it."""
        self._change(place=place)

    def _change(self, **changes: Any) -> None:
        self.consider()
        if not self.listens:
            return  # so nothing that was kept before has to be read for it either
        self.only_looks = False
        this_visit = self.memory.visit or ThisVisit(self.arrival().step)
        self.memory = replace(self.memory, visit=replace(this_visit, **changes))

    # How it is done

    def _named(self, blocks: tuple[KeyedVariants, ...]) -> NamedVariants:
        return self.ruleset.named(blocks)

    def _facts_for(self, needs: frozenset[str]) -> Facts:
        """The facts on which an answer may hang, read when they are asked; those that the visitor refuses, not at all.

        What is the same for everybody is not about the visitor: it goes on working after refusal.
        """
        about = about_visitors(needs)
        if about and not about <= self._known.keys() and not self.may_ask:
            self._refused |= about
        self.needed |= needs
        self._vary_on(needs)
        return FactsAsked(self, self._known, self._refused)

    def _read(self, names: frozenset[str]) -> None:
        """Read these facts, as far as they were not read."""
        facts = self._facts_for(names)
        for name in names:
            facts.get(name)

    def _vary_on(self, names: frozenset[str]) -> None:
        # Also for what was refused or unknown: the next visitor's answer may differ.
        self.varies_on |= headers_of(names)


class LookingAhead:
    """Within, what a visit is asked is asked before it is known whether the page asks it."""

    __slots__ = ("grounds", "known", "visit")

    def __init__(self, visit: Visit) -> None:
        self.visit = visit

    def __enter__(self) -> None:
        visit = self.visit
        self.grounds, self.known = visit.grounds, frozenset(visit._known)
        visit.grounds, visit._looks_ahead = Grounds(), True

    def __exit__(self, *error: object) -> None:
        visit = self.visit
        visit.grounds, visit._looks_ahead = self.grounds, False
        # A site's own reader may need what is there only once the request has found its view.
        for name in visit._known.keys() & readers().keys() - self.known:
            if visit._known[name] is None:
                del visit._known[name]


class PreviewVisit(Visit):
    """A visit for a preview: in the segments that it is given and no others, whoever looks."""

    def __init__(self, request: HttpRequest, segments: Iterable[Any] = ()) -> None:
        super().__init__(request)
        self._previewed = {segment.pk: segment.slug for segment in segments}

    @property
    def _adapting(self) -> bool:
        return not self.closed

    def _named(self, blocks: tuple[KeyedVariants, ...]) -> NamedVariants:
        return namer(self._previewed)(blocks)

    def _decision(self, slugs: Iterable[str]) -> Decision:
        self.make_private()
        previewed = set(self._previewed.values())
        return Decision({slug: Reason.PREVIEW if slug in previewed else Reason.NOT_MATCHED for slug in slugs})

    @property
    def segments(self) -> tuple[str, ...]:
        return tuple(self._previewed.values())

    @tells(BEYOND)
    def stored(self) -> VisitorMemory:
        return VisitorMemory()

    @property
    def counts(self) -> bool:
        return False
