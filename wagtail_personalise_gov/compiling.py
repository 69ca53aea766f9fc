"""Compile live segments into a Ruleset, and announce that they changed.

Stands between models (above which nothing is pure) and core (which knows no database). Each segment is compiled by
itself (`live_segments.py`); here they become one ruleset, together with intents, goals and what sites say of
themselves. Each process holds what it compiled (`holding.py`).
"""

from __future__ import annotations

import gc
import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import chain
from typing import Any, NamedTuple
from urllib.parse import unquote

from django.apps import apps
from django.db import transaction
from django.utils import timezone
from wagtail.log_actions import log
from wagtail.models import Site

from .conf import settings
from .core.goals import Goal as CoreGoal
from .core.goals import Goals
from .core.intents import Intent as CoreIntent
from .core.intents import Intents, Signal
from .core.pages import NOTHING_WATCHED, Watched, Watching
from .core.preference import Mode
from .core.ruleset import Ruleset
from .core.site_words import SiteWords
from .facts import facts_named
from .holding import CACHE_KEY, CACHE_SECONDS, RulesetHolder, patient_cache, shared_cache
from .live_segments import (
    CANNOT_TELL,
    LiveSegment,
    asked_by_rule,
    naming,
    read_live,
    stop_asking_about_sensitive_pages,
    watched_by,
)
from .models import Goal, Intent, IntentSignal, PagesViewedRule, PersonalisationSettings, RulesetState, Segment
from .models.addresses import PAGE_MODEL, page_address
from .models.intents import sensitive_landings
from .models.problems import Asking, asked_by, joins_account_to_memory, names_asked_by
from .models.state import MOST_READ_APART
from .signals import ruleset_retired

logger = logging.getLogger("wagtail_personalise_gov")

COMPILE_TRIES = 3  # a segment published during a compile makes it start again

UNNAMED = "-"  # stands for the slug of a segment that has none yet


def compile_ruleset() -> Ruleset:
    """The ruleset as the database stands. Raises DatabaseError where it can't be read."""
    return Compiler().compile()


class Rest(NamedTuple):
    """What stands in a ruleset besides its segments."""

    intents: Intents
    goals: Goals
    of_sites: list[PersonalisationSettings]

    @classmethod
    def read(cls) -> Rest:
        """As the database has it. Raises DatabaseError."""
        return cls(_intents(), _goals(), _site_settings())


class Compiler:
    """Compiles again and again, and keeps each segment as it was compiled, for when it is asked only for changes."""

    def __init__(self) -> None:
        self._held: tuple[str, Mapping[int, LiveSegment], Rest] | None = None  # with the version they were read by

    def compile(self, only_changes: bool = False) -> Ruleset:
        """The ruleset as the database stands. Raises DatabaseError where it can't be read.

        `only_changes`: of the segments, those are read that changed since the last time, as far as it is known.
        """
        state = RulesetState.current()
        with _without_collecting():
            for _attempt in range(COMPILE_TRIES):
                ruleset = self._compile(state, only_changes)
                after = RulesetState.current()
                if after.version == state.version:
                    return ruleset
                state = after
        return ruleset

    def _compile(self, state: RulesetState, only_changes: bool) -> Ruleset:
        if state.paused_at is not None:
            return Ruleset(version=state.version, sites=_words(_site_settings()), paused=True)
        live, rest = self._changed(state) if only_changes else (read_live(), Rest.read())
        self._held = state.version, live, rest
        return ruleset_of(live.values(), state.version, rest)

    def _changed(self, state: RulesetState) -> tuple[Mapping[int, LiveSegment], Rest]:
        if self._held is not None:
            version, live, rest = self._held
            changed = state.changed_since(version)
            if changed is not None and len(changed) <= MOST_READ_APART:
                return self._with_changes(live, changed) if changed else live, rest
        return read_live(), Rest.read()

    @staticmethod
    def _with_changes(live: Mapping[int, LiveSegment], changed: frozenset[int]) -> Mapping[int, LiveSegment]:
        read = read_live(changed)
        kept = {key: segment for key, segment in live.items() if key not in changed}
        # Another segment knows one of these by its slug, which may be another one by now.
        if outdated := {key for key, slug in naming(changed) if key in kept and slug not in kept[key].segments}:
            read |= read_live(outdated)
        return dict(sorted({**kept, **read}.items()))


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Within, Python does not look for cycles of garbage.

    It would each time that there are a quarter more objects: a third of the time that thousands of segments take, in
    which nothing is found. Rows and conditions have no cycles, so nothing piles up either.
    """
    collects = gc.isenabled()  # not where a site has turned it off
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def ruleset_of(segments: Iterable[LiveSegment], version: str, rest: Rest) -> Ruleset:
    """The ruleset of these segments. Raises DatabaseError: where rules ask about sections, their places are read."""
    live = {segment.slug: segment for segment in segments}
    for slug in _joining_accounts_to_memory(live):
        live[slug] = live[slug].untellable()
    facts = facts_named(frozenset().union(*(segment.facts for segment in live.values())))
    site_holdouts = {row.site_id: row.holdout_share for row in rest.of_sites if row.holdout_percent}
    return Ruleset(
        version=version,
        segments={slug: segment.condition for slug, segment in live.items()},
        keys={segment.key: slug for slug, segment in live.items()},
        intents=rest.intents,
        remembers=frozenset().union(*(fact.remembers for fact in facts)),
        landing=any(fact.landing for fact in facts),
        watching=_watching(
            [segment.watches for segment in live.values() if segment.watches],
            [segment.since for segment in live.values() if segment.since],
        ),
        learning=frozenset(slug for slug, segment in live.items() if segment.learning),
        holdouts={slug: segment.holdout_share for slug, segment in live.items() if segment.holdout_share},
        site_holdouts=site_holdouts,
        for_everybody=frozenset(slug for slug in live if not any(fact.about_visitor for fact in asked_by(slug, live)))
        if site_holdouts
        else frozenset(),
        goals=rest.goals,
        sites=_words(rest.of_sites),
        order={fact.name: fact.tells for fact in facts},
    )


def _site_settings() -> list[PersonalisationSettings]:
    return list(PersonalisationSettings.objects.prefetch_related("wordings"))


def _words(of_sites: Iterable[PersonalisationSettings]) -> dict[int, SiteWords]:
    return {row.site_id: row.words() for row in of_sites}


def ruleset_with(segments: Iterable[Segment] = ()) -> Ruleset:
    """The ruleset as it would be with these segments live as they stand in these objects, and without a pause.

    For trying out, and never for visitors: pages that rules ask about count as noted since ever, and nobody is held
    back. A segment without a slug is known by `UNNAMED`. Raises DatabaseError where the live ones can't be read.
    """
    live = current_ruleset()
    if live.paused:
        live = ruleset_of(read_live().values(), live.version, Rest.read())
    tried = {segment.slug or UNNAMED: segment for segment in segments}
    asked = {slug: [asked_by_rule(rule, quiet=True) for rule in segment.get_rules()] for slug, segment in tried.items()}
    stop_asking_about_sensitive_pages(asked, quiet=True)
    conditions = {
        **live.segments,
        **{
            slug: CANNOT_TELL if segment.missing_rule_types else segment.join(asked[slug])
            for slug, segment in tried.items()
        },
    }
    for slug in _joining_accounts_to_memory(conditions):
        conditions[slug] = CANNOT_TELL
    facts = facts_named(name for condition in conditions.values() for name in condition.facts)
    return Ruleset(
        version=live.version,
        segments=conditions,
        keys={**live.keys, **{segment.pk: slug for slug, segment in tried.items() if segment.pk is not None}},
        intents=live.intents,
        remembers=frozenset().union(*(fact.remembers for fact in facts)),
        landing=any(fact.landing for fact in facts),
        watching=_watching(map(watched_by, conditions.values()), []),
        learning=live.learning - tried.keys() | {slug for slug, segment in tried.items() if segment.learning},
    )


def _joining_accounts_to_memory(live: Mapping[str, Asking]) -> list[str]:
    """The slugs of those that would join who somebody is to what is remembered of them, unasked; the log tells."""
    if settings.MODE is Mode.OPT_IN:
        return []
    # Few ask about accounts, so most are settled by a look at names.
    names = frozenset().union(*(one.facts for one in live.values()))
    accounts = frozenset(name for name in names if name.startswith("account."))

    def joins(slug: str) -> bool:
        asked = names_asked_by(slug, live)
        return not accounts.isdisjoint(asked) and joins_account_to_memory(facts_named(asked))

    asking = [slug for slug, one in live.items() if one.segments or not accounts.isdisjoint(one.facts)]
    joining = [slug for slug in asking if joins(slug)] if accounts else []
    for slug in joining:
        logger.error(
            "Segment %r asks both about accounts and about what is remembered of visitors. That needs MODE 'opt_in'; "
            "until then nobody is in it.",
            slug,
        )
    return joining


def _watching(
    watches: Iterable[Mapping[str, frozenset[int]]], since: Iterable[Mapping[tuple[str, int], int]]
) -> Watching:
    """All that is watched, of what each segment watches, by the fact that tells; and from which minute it is noted."""
    asked: dict[str, frozenset[int]] = defaultdict(frozenset)
    for fact, numbers in chain.from_iterable(one.items() for one in watches):
        asked[fact] |= numbers
    if not asked:
        return NOTHING_WATCHED
    noted: dict[tuple[str, int], int] = {}
    for what, minute in chain.from_iterable(one.items() for one in since):
        noted[what] = max(minute, noted.get(what, 0))  # of two rules about a page the later one counts
    sections = asked["visit.sections"] | asked["visitor.sections"]
    places = dict(apps.get_model(PAGE_MODEL).objects.filter(pk__in=sections).values_list("pk", "path"))

    def watched(scope: str) -> Watched:
        return Watched(
            pages=asked[f"{scope}.pages"],
            sections={key: places[key] for key in sorted(asked[f"{scope}.sections"]) if key in places},
            every=bool(asked[f"{scope}.page_count"]),
            since={number: minute for (of, number), minute in noted.items() if of == scope},
        )

    return Watching(visit=watched("visit"), ever=watched("visitor"))


def _goals() -> Goals:
    """The live goals. One that can't be reached, such as one whose page is gone, stands among them all the same."""
    about = Goal.ABOUT_PAGES
    return Goals.of(
        CoreGoal(
            goal.slug,
            page=goal.page_id if goal.kind in about else None,
            path=unquote(goal.path) if goal.kind in about else "",
            form=goal.kind == Goal.FORM,
        )
        for goal in Goal.objects.filter(live=True)
    )


def _intents() -> Intents:
    intents = list(Intent.objects.all())
    slugs = {intent.pk: intent.slug for intent in intents}
    many_sites = Site.objects.count() > 1
    signals = []
    found = list(IntentSignal.objects.select_related("page"))
    for signal, sensitive in zip(found, sensitive_landings(found), strict=True):
        if sensitive:
            continue  # the page was marked later; its editors are told
        text, host = signal.text.strip(), ""
        if signal.kind in IntentSignal.ABOUT_PAGES:
            address = page_address(signal.page)
            if address is None:
                continue  # a page of no site has no address to land on
            sites, text = address
            # Where two sites have the page at the same path, landing on it says the same of both.
            host = sites[0].partition(":")[0] if many_sites and len(sites) == 1 else ""
        signals.append(Signal(slugs[signal.intent_id], signal.kind, text, signal.confidence, host))
    return Intents(
        tuple(
            CoreIntent(intent.slug, intent.label, slugs.get(intent.parent_id or 0, ""), intent.asked)
            for intent in intents
        ),
        tuple(signals),
    )


def new_holder() -> RulesetHolder:
    """A holder as each process has one."""
    return RulesetHolder(Compiler())


holder = new_holder()


def current_ruleset() -> Ruleset:
    """The ruleset of now, at most ``RULESET_CHECK_SECONDS`` and a compile behind the last publication. Never raises."""
    return holder.current()


def retire(segments: Collection[int] | None = None) -> None:
    """Announce that segments, rules or intents changed: every process compiles again.

    `segments` are the primary keys of those that changed, where nothing else did: then these are compiled first. The
    version changes in the caller's transaction, or right after it where another one is just changing it too; then it is
    copied to the shared cache.
    """
    if segments is not None:
        segments = _keys_of(segments)  # of a queryset, what is in it now

    def renew_and_tell() -> None:
        RulesetState.renew(segments)
        _tell_processes()

    transaction.on_commit(_tell_processes if RulesetState.renew_unless_locked(segments) else renew_and_tell)


def _keys_of(segments: Iterable[Any]) -> list[int]:
    try:
        return [int(key) for key in segments]
    except (TypeError, ValueError):
        raise ValueError(
            f"retire() takes the primary keys of segments, as in retire([12, 15]); got {segments!r}."
        ) from None


def _tell_processes() -> None:
    # The row again: of two that publish at once, the one that announces last may not be the newest.
    version = RulesetState.current().version
    holder.check_again()
    if version == holder.told:
        return  # one transaction changes many rows, and each asks for this; one announcement is enough
    holder.told = version
    if shared_cache():
        try:
            patient_cache().set(CACHE_KEY, version, CACHE_SECONDS)
        except Exception as error:  # the row is the truth; processes without the cache read that
            holder.told = ""
            with suppress(Exception):
                patient_cache().delete(CACHE_KEY)  # a cache that is full may still be able to forget
            logger.error("The cache can't be told of version %s: %s: %s", version, type(error).__name__, error)
    ruleset_retired.send(sender=None, version=version)


def pause(user: Any = None, by: str = "") -> None:
    """Turn every page to its standard version, within `RULESET_CHECK_SECONDS` and a second, until `resume`."""
    RulesetState.renew([], paused_at=timezone.now(), paused_by=(by or str(user or ""))[:150])
    transaction.on_commit(_tell_processes)
    log(RulesetState.current(), "wagtail_personalise_gov.pause", user=user)


def resume(user: Any = None) -> None:
    """End a pause."""
    # During the pause nothing was noted of the pages that visitors looked at.
    doubted = PagesViewedRule.objects.filter(segment__live=True)
    with transaction.atomic():
        # The row first, as a publication does: in another order, two of them could wait for each other.
        RulesetState.renew(doubted.values_list("segment_id", flat=True), paused_at=None, paused_by="")
        doubted.update(watched_since=timezone.now())
    transaction.on_commit(_tell_processes)
    log(RulesetState.current(), "wagtail_personalise_gov.resume", user=user)
