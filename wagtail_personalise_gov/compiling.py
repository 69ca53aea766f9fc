"""Compile live segments into a Ruleset, and hold it.

Stands between models (above which nothing is pure) and core (which knows no database). Each process holds one ruleset.
Whether it is still current is asked of the shared cache, at most once in ``RULESET_CHECK_SECONDS``; only a changed
version costs SQL: one query for the segments and one per rule type, however many segments there are.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from itertools import chain
from typing import Any
from urllib.parse import unquote

from django.apps import apps
from django.conf import settings as django_settings
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.redis import RedisCache
from django.core.signals import setting_changed
from django.db import transaction
from django.utils import timezone
from wagtail.log_actions import log
from wagtail.models import Site

from .conf import settings
from .core.conditions import Condition, ConditionError, OneOf, questions_in
from .core.goals import Goal as CoreGoal
from .core.goals import Goals
from .core.intents import Intent as CoreIntent
from .core.intents import Intents, Signal
from .core.pages import NOTHING_WATCHED, Watched, Watching
from .core.preference import Mode
from .core.ruleset import NO_RULES, Ruleset
from .core.site_words import SiteWords
from .facts import facts_named
from .models import Goal, Intent, IntentSignal, PagesViewedRule, PersonalisationSettings, Rule, RulesetState, Segment
from .models.addresses import PAGE_MODEL, page_address
from .models.intents import sensitive_landings
from .models.missing import missing_rule_types, rule_models
from .models.problems import asked_by, joins_account_to_memory
from .models.sensitive import sensitive_page_asked
from .signals import ruleset_retired

logger = logging.getLogger("wagtail_personalise_gov")

CACHE_KEY = "wagtail_personalise_gov.ruleset_version"
CACHE_SECONDS = 60  # then the row is read again, so that a copy that lost a race does not stay
COMPILE_TRIES = 3  # a segment published during a compile makes it start again
SECONDS_BETWEEN_LOGS = 60

# So long a visitor waits for Redis, where the site has not said how long: its client waits for ever, or 5 seconds.
REDIS_PATIENCE = {"socket_connect_timeout": 0.25, "socket_timeout": 0.5}
AWAY_SECONDS = 5  # after a failure the cache is not asked again for so long, but the row is

UNNAMED = "-"  # stands for the slug of a segment that has none yet

# What a rule that can't be asked becomes: a question about a fact that nobody knows, so unknown, and never wider.
CANNOT_TELL = OneOf("rule.broken", ["-"])


def compile_ruleset() -> Ruleset:
    """The ruleset as the database stands. Raises DatabaseError where it can't be read."""
    state = RulesetState.current()
    for _attempt in range(COMPILE_TRIES):
        ruleset = _compile(state)
        after = RulesetState.current()
        if after.version == state.version:
            return ruleset
        state = after
    return ruleset


def _compile(state: RulesetState) -> Ruleset:
    if state.paused_at is not None:
        return Ruleset(version=state.version, sites=_words(_site_settings()), paused=True)
    return _compile_live(state.version)


def _compile_live(version: str) -> Ruleset:
    segments = list(Segment.objects.live_for_visitors())
    asked: dict[int, list[Condition]] = defaultdict(list)
    since: dict[tuple[str, int], int] = {}
    for model in rule_models():
        links = [field.name for field in model._meta.fields if field.many_to_one and field.name != "segment"]
        rows = model._default_manager.filter(segment__live=True, segment__archived=False)
        for rule in rows.select_related(*links) if links else rows:
            condition = _asked(rule)
            asked[rule.segment_id].append(condition)
            _note_since(rule, condition, since)
    _stop_asking_about_sensitive_pages(asked)
    missing = missing_rule_types([segment.pk for segment in segments])
    conditions = {
        segment.slug: _with_all_rules(segment, asked[segment.pk], missing.get(segment.pk, [])) for segment in segments
    }
    _keep_accounts_apart(conditions)
    facts = facts_named(name for condition in conditions.values() for name in condition.facts)
    of_sites = _site_settings()
    site_holdouts = {row.site_id: row.holdout_share for row in of_sites if row.holdout_percent}
    return Ruleset(
        version=version,
        segments=conditions,
        keys={segment.pk: segment.slug for segment in segments},
        intents=_intents(),
        remembers=frozenset().union(*(fact.remembers for fact in facts)),
        landing=any(fact.landing for fact in facts),
        watching=_watching(conditions.values(), since),
        learning=frozenset(segment.slug for segment in segments if segment.learning),
        holdouts={segment.slug: segment.holdout_share for segment in segments if segment.holdout_percent},
        site_holdouts=site_holdouts,
        for_everybody=frozenset(
            slug for slug in conditions if not any(fact.about_visitor for fact in asked_by(slug, conditions))
        )
        if site_holdouts
        else frozenset(),
        goals=_goals(),
        sites=_words(of_sites),
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
        live = _compile_live(live.version)
    tried = {segment.slug or UNNAMED: segment for segment in segments}
    asked = {slug: [_asked(rule, quiet=True) for rule in segment.get_rules()] for slug, segment in tried.items()}
    _stop_asking_about_sensitive_pages(asked, quiet=True)
    conditions = {
        **live.segments,
        **{
            slug: CANNOT_TELL if segment.missing_rule_types else segment.join(asked[slug])
            for slug, segment in tried.items()
        },
    }
    _keep_accounts_apart(conditions)
    facts = facts_named(name for condition in conditions.values() for name in condition.facts)
    return Ruleset(
        version=live.version,
        segments=conditions,
        keys={**live.keys, **{segment.pk: slug for slug, segment in tried.items() if segment.pk is not None}},
        intents=live.intents,
        remembers=frozenset().union(*(fact.remembers for fact in facts)),
        landing=any(fact.landing for fact in facts),
        watching=_watching(conditions.values(), {}),
        learning=live.learning - tried.keys() | {slug for slug, segment in tried.items() if segment.learning},
    )


def _asked(rule: Rule, quiet: bool = False) -> Condition:
    """What a rule asks. `quiet`: the rule is of a draft, which need not be finished; it says so where it is tried."""
    try:
        condition = rule.asked()
        if isinstance(condition, Condition):
            return condition
        raise ConditionError(f"its condition() gave {type(condition).__name__}, which is no condition.")
    except Exception as error:  # a rule of anybody's; whatever it raises, pages must go on
        if quiet:
            return CANNOT_TELL
        what = error if isinstance(error, ConditionError) else f"{type(error).__name__}: {error}"
        logger.error(
            "Segment %s: rule %r (%s) can't be asked: %s. Mend or delete the rule; until then nobody matches by it.",
            rule.segment_id,
            str(rule._meta.verbose_name),
            rule.pk,
            str(what).rstrip("."),
        )
        return CANNOT_TELL


def _with_all_rules(segment: Segment, asked: list[Condition], missing: list[str]) -> Condition:
    """The condition of a segment; one that can't be told where rules of it are out of reach."""
    if not missing:
        return segment.join(asked)
    logger.error(
        "Segment %r has rules of a type that is not installed: %s. Nobody is in it until that app is back, or an "
        "editor settles it.",
        segment.slug,
        ", ".join(missing),
    )
    return CANNOT_TELL


def _stop_asking_about_sensitive_pages(asked: Mapping[Any, list[Condition]], quiet: bool = False) -> None:
    """Make those rules untellable, of whatever type, that ask who looked at a page which was marked as sensitive."""
    of_all = list(chain.from_iterable(asked.values()))
    titles = iter(sensitive_page_asked(of_all))
    for segment, conditions in asked.items():
        for position, title in enumerate([next(titles) for _condition in conditions]):
            if not title:
                continue
            conditions[position] = CANNOT_TELL
            if not quiet:
                logger.error(
                    "Segment %s: a rule asks who looked at %r, which is marked as sensitive. Nobody matches by it, and "
                    "nothing is noted of that page. Delete the rule.",
                    segment,
                    title,
                )


def _keep_accounts_apart(conditions: dict[str, Condition]) -> None:
    """Make those segments untellable that would join who somebody is to what is remembered of them, unasked."""
    if settings.MODE is Mode.OPT_IN:
        return
    joining = [slug for slug in conditions if joins_account_to_memory(asked_by(slug, conditions))]
    for slug in joining:
        conditions[slug] = CANNOT_TELL
        logger.error(
            "Segment %r asks both about accounts and about what is remembered of visitors. That needs MODE 'opt_in'; "
            "until then nobody is in it.",
            slug,
        )


def _note_since(rule: Rule, condition: Condition, since: dict[tuple[str, int], int]) -> None:
    """Since when the pages and sections that a rule asks about are noted, by fact and number; the latest counts."""
    began: datetime | None = getattr(rule, "watched_since", None)
    if began is None:
        return
    minute = int(began.timestamp()) // 60
    for question in questions_in(condition):
        if question.fact.partition(".")[2] in ("pages", "sections"):
            for number in question.value:
                key = (question.fact.partition(".")[0], number)
                since[key] = max(minute, since.get(key, 0))


def _watching(conditions: Iterable[Condition], since: Mapping[tuple[str, int], int]) -> Watching:
    """The pages and sections that these conditions ask about, whoever's rules they are of."""
    asked: dict[str, set[int]] = defaultdict(set)
    for question in chain.from_iterable(map(questions_in, conditions)):
        scope, _dot, part = question.fact.partition(".")
        if scope in ("visit", "visitor") and part in ("pages", "sections"):
            asked[question.fact] |= {key for key in question.value if isinstance(key, int)}
        elif question.fact in ("visit.page_count", "visitor.page_count"):
            asked[question.fact].add(0)
    if not asked:
        return NOTHING_WATCHED
    sections = asked["visit.sections"] | asked["visitor.sections"]
    places = dict(apps.get_model(PAGE_MODEL).objects.filter(pk__in=sections).values_list("pk", "path"))

    def watched(scope: str) -> Watched:
        return Watched(
            pages=frozenset(asked[f"{scope}.pages"]),
            sections={key: places[key] for key in sorted(asked[f"{scope}.sections"]) if key in places},
            every=bool(asked[f"{scope}.page_count"]),
            since={number: minute for (of, number), minute in since.items() if of == scope},
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


class RulesetHolder:
    """The ruleset of one process: the last good one, and when it was last asked whether it is current."""

    def __init__(self) -> None:
        self._ruleset: Ruleset | None = None
        self._checked_at = float("-inf")  # seconds of the monotonic clock
        self._lock = threading.Lock()
        self._logged_at = float("-inf")
        self._cache_away_until = float("-inf")
        self.told = ""  # the version that this process announced last

    def current(self) -> Ruleset:
        """The current ruleset; the last good one where it can't be loaded; else an empty one. Never raises."""
        ruleset = self._ruleset
        now = time.monotonic()
        if now - self._checked_at < settings.RULESET_CHECK_SECONDS:
            return self._ruleset or NO_RULES  # read again: the first one may have been compiled just now
        # One thread looks and compiles; the others go on with the last good ruleset. Only the very first one waits.
        if not self._lock.acquire(blocking=ruleset is None):
            return ruleset or NO_RULES
        try:
            if ruleset is None and self._ruleset is not None:
                return self._ruleset
            if ruleset is None:
                self._ruleset = compile_ruleset()
            elif (version := self._current_version()) != ruleset.version:
                self._ruleset = compile_ruleset()
                if self._ruleset.version != version:
                    self._forget_copy()  # it missed a publication: the cache was away then
            return self._ruleset or NO_RULES
        except Exception as error:  # whatever the database or a cache client raises, the visitor gets a page
            self._log(error)
            return self._ruleset or NO_RULES
        finally:
            self._checked_at = time.monotonic()
            self._lock.release()

    def check_again(self) -> None:
        """Ask for the version at the next request, whatever the time."""
        self._checked_at = float("-inf")

    def _current_version(self) -> str:
        if shared_cache() and time.monotonic() >= self._cache_away_until:
            try:
                if (version := patient_cache().get(CACHE_KEY)) is not None:
                    return str(version)
                version = RulesetState.current().version
                # Not set(): another process may have published since the row was read, and have told the cache.
                patient_cache().add(CACHE_KEY, version, CACHE_SECONDS)
                return version
            except Exception as error:
                self._cache_away_until = time.monotonic() + AWAY_SECONDS
                self._log(error)
        return RulesetState.current().version

    def _forget_copy(self) -> None:
        """The next one to ask finds none in the cache, and reads the row."""
        if shared_cache():
            with suppress(Exception):
                patient_cache().delete(CACHE_KEY)

    def _log(self, error: Exception) -> None:
        now = time.monotonic()
        if now - self._logged_at >= SECONDS_BETWEEN_LOGS:
            self._logged_at = now
            logger.error(
                "The segments can't be loaded (%s: %s). Pages go on with the last ones, or with standard versions.",
                type(error).__name__,
                error,
            )


holder = RulesetHolder()


def current_ruleset() -> Ruleset:
    """The ruleset of now, at most ``RULESET_CHECK_SECONDS`` behind the last publication. Never raises."""
    return holder.current()


def shared_cache() -> bool:
    """Whether the default cache is one that other processes see."""
    return not type(caches["default"]).__module__.startswith(
        ("django.core.cache.backends.locmem", "django.core.cache.backends.dummy")
    )


_patient: list[BaseCache] = []  # one for the process, made when it is first needed


def patient_cache() -> BaseCache:
    """The default cache; where that is Django's for Redis, one that does not wait longer than `REDIS_PATIENCE`."""
    if _patient:
        return _patient[0]
    given = django_settings.CACHES["default"]
    cache: BaseCache = caches["default"]
    if not isinstance(cache, RedisCache):
        return cache
    options = {**REDIS_PATIENCE, **(given.get("OPTIONS") or {})}
    rest = {name: value for name, value in given.items() if name not in ("BACKEND", "LOCATION")}
    make: Callable[..., BaseCache] = type(cache)
    made = make(given.get("LOCATION", ""), {**rest, "OPTIONS": options})
    _patient[:] = [made]
    return made


def _forget_patient_cache(setting: str, **kwargs: Any) -> None:
    if setting == "CACHES":
        _patient.clear()


setting_changed.connect(_forget_patient_cache)


def retire() -> None:
    """Announce that segments, rules or intents changed: every process compiles again.

    The version changes in the caller's transaction, or right after it where another one is just changing it too; then
    it is copied to the shared cache.
    """
    transaction.on_commit(_tell_processes if RulesetState.renew_unless_locked() else _renew_and_tell)


def _renew_and_tell() -> None:
    RulesetState.renew()
    _tell_processes()


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
    RulesetState.renew(paused_at=timezone.now(), paused_by=(by or str(user or ""))[:150])
    transaction.on_commit(_tell_processes)
    log(RulesetState.current(), "wagtail_personalise_gov.pause", user=user)


def resume(user: Any = None) -> None:
    """End a pause."""
    RulesetState.renew(paused_at=None, paused_by="")
    # During the pause nothing was noted of the pages that visitors looked at.
    PagesViewedRule.objects.filter(segment__live=True).update(watched_since=timezone.now())
    transaction.on_commit(_tell_processes)
    log(RulesetState.current(), "wagtail_personalise_gov.resume", user=user)
