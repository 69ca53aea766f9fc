"""Hold the ruleset of a process, and find out whether it is still current.

Each process holds one ruleset. Whether it is still current is asked of the shared cache, or of a row in the database
where no cache is shared, at most once in ``RULESET_CHECK_SECONDS``. Where it is not, one request compiles, and all
others get the last good one. Where that takes longer than a visitor should wait, a thread beside the requests does it:
first what changed, and soon after, to be sure, all of it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from django.conf import settings as django_settings
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.redis import RedisCache
from django.core.signals import setting_changed
from django.db import connection, connections

from .conf import settings
from .core.ruleset import NO_RULES, Ruleset
from .models import RulesetState
from .plugged import log_once_a_minute

CACHE_KEY = "wagtail_personalise_gov.ruleset_version"
CACHE_SECONDS = 60  # then the row is read again, so that a copy that lost a race does not stay
PATIENCE = 0.1  # seconds that a request may compile; what takes longer is compiled beside the requests
SURE_AFTER = 10  # seconds from a compile of what changed to one of all: nobody publishes twice in so short a time

# So long a visitor waits for Redis, where the site has not said how long: its client waits for ever, or 5 seconds.
REDIS_PATIENCE = {"socket_connect_timeout": 0.25, "socket_timeout": 0.5}
AWAY_SECONDS = 5  # after a failure the cache is not asked again for so long, but the row is


class Compiles(Protocol):
    """What gives the ruleset as the database stands, and may raise whatever a database raises."""

    def compile(self, only_changes: bool = False) -> Ruleset:
        """`only_changes`: what did not change, as far as the database tells, may be as it was the last time."""


class RulesetHolder:
    """The ruleset of one process: the last good one, and when it was last asked whether it is current."""

    def __init__(self, compiler: Compiles) -> None:
        self._compiler = compiler
        self._ruleset: Ruleset | None = None
        self._took = 0.0  # seconds, the longest compile of all segments so far
        self._beside: threading.Thread | None = None  # compiles what changed, or has compiled it
        self._whole: threading.Thread | None = None  # compiles all, to be sure, or has compiled it
        self._whole_at = float("inf")  # when that is due, in seconds of the monotonic clock
        self._checked_at = float("-inf")
        self._lock = threading.Lock()
        self._cache_away_until = float("-inf")
        self.told = ""  # the version that this process announced last

    def current(self) -> Ruleset:
        """The current ruleset; the last good one where it can't be loaded; else an empty one. Never raises."""
        ruleset = self._ruleset
        now = time.monotonic()
        if now - self._checked_at < settings.RULESET_CHECK_SECONDS:
            return self._ruleset or NO_RULES  # read again: the first one may have been compiled just now
        # One thread looks, and may compile; the others go on with the last good ruleset. Only the very first ones wait.
        if not self._lock.acquire(blocking=ruleset is None):
            return ruleset or NO_RULES
        try:
            if ruleset is None and self._ruleset is not None:
                return self._ruleset
            if ruleset is None:
                self._compile()
            elif _lives(self._beside):
                self._pause_at_once(ruleset)
            elif (version := self._current_version()) != ruleset.version:
                self._compile_or_have_compiled(version)
            elif now >= self._whole_at and not _lives(self._whole):
                self._whole = self._begin(self._compile_whole)
            return self._ruleset or NO_RULES
        except Exception as error:  # whatever the database or a cache client raises, the visitor gets a page
            _log(error)
            return self._ruleset or NO_RULES
        finally:
            self._checked_at = time.monotonic()
            self._lock.release()

    def check_again(self) -> None:
        """Ask for the version at the next request, whatever the time."""
        self._checked_at = float("-inf")

    def _pause_at_once(self, ruleset: Ruleset) -> None:
        """Whoever turns it all off does not wait for a compile that takes long."""
        if not ruleset.paused and RulesetState.current().paused_at is not None:
            self._ruleset = self._compiler.compile(only_changes=True)  # of a pause, which takes no time

    def _compile_or_have_compiled(self, version: str) -> None:
        if self._took <= PATIENCE:
            self._compile(version)
        # Within a transaction, a connection of its own would not see what that has changed.
        elif connection.in_atomic_block or (beside := self._begin(self._compile_changes, version)) is None:
            self._compile_changes(version)
        else:
            self._beside = beside

    def _begin(self, work: Callable[..., None], *args: Any) -> threading.Thread | None:
        """The thread that does this beside the requests; None where no more threads can be had."""
        thread = threading.Thread(target=self._do, args=[work, *args], name="personalise", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            return None
        return thread

    def _do(self, work: Callable[..., None], *args: Any) -> None:
        try:
            work(*args)
        except Exception as error:
            _log(error)
        finally:
            connections.close_all()  # this thread's

    def _compile(self, version: str | None = None) -> None:
        """Compile all; `version` is that which was said to be current, if one was."""
        began = time.monotonic()
        self._take(self._compiler.compile(), version)
        self._took = max(self._took, time.monotonic() - began)  # that of a pause, or a lucky one, says nothing

    def _compile_changes(self, version: str) -> None:
        self._take(self._compiler.compile(only_changes=True), version)
        self._whole_at = time.monotonic() + SURE_AFTER
        self.check_again()  # meanwhile nobody looked whether there is something newer

    def _compile_whole(self) -> None:
        """Compile all, to be sure: code may have changed what it told nobody of, and a rule may read what it likes."""
        self._whole_at = time.monotonic() + SURE_AFTER  # again, if it fails
        whole = self._compiler.compile()
        if self._ruleset is None or whole.version == self._ruleset.version:
            self._ruleset = whole
            self._whole_at = float("inf")

    def _take(self, ruleset: Ruleset, version: str | None) -> None:
        self._ruleset = ruleset
        if version is not None and ruleset.version != version:
            self._forget_copy()  # it missed a publication: the cache was away then

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
                _log(error)
        return RulesetState.current().version

    def _forget_copy(self) -> None:
        """The next one to ask finds none in the cache, and reads the row."""
        if shared_cache():
            with suppress(Exception):
                patient_cache().delete(CACHE_KEY)


def _log(error: Exception) -> None:
    log_once_a_minute(
        "ruleset",
        "The segments can't be loaded (%s: %s). Pages go on with the last ones, or with standard versions.",
        type(error).__name__,
        error,
    )


def _lives(thread: threading.Thread | None) -> bool:
    return thread is not None and thread.is_alive()


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
