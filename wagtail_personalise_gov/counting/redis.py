"""Gather in Redis, move to the database now and then. Needs redis-py, the client (`wagtail-personalise-gov[redis]`).

Increments go into one hash. To move them it is renamed, so that it grows no more, and gets a number; under this number
the database notes it in the transaction that adds it; then it is deleted. Whoever is killed in between leaves a hash
that the next one finds, and that is added if it was not yet.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connections
from django.utils.module_loading import import_string

from ..conf import NAME, settings
from ..core.counting import Arm, Exposure, Tally
from ..plugged import log_once_a_minute
from .adding import add_to_tallies, database, in_callers_transaction, old_batches
from .background import FLUSH_SECONDS, OVERDUE_SECONDS, BackgroundBuffer
from .database import DatabaseBuffer

if TYPE_CHECKING:
    from redis import Redis

CONNECT_SECONDS = 0.25  # a visitor waits so long for Redis, at most, and then so long for its answer
ANSWER_SECONDS = 0.5
AWAY_SECONDS = 5  # after a failure Redis is not asked again for so long
HELD_SECONDS = 60  # so long a batch belongs to the process that took it; then it must have been killed
OLD_BATCHES_EVERY = 3600  # seconds from one clearing of old batch numbers to the next, in one process

FORMAT = 1  # of a field in the hash: what another version of this package wrote is known by its number
OPTIONS_OF_DJANGO = frozenset({"serializer", "pool_class", "parser_class"})  # these are no options of a connection


class RedisBuffer(BackgroundBuffer):
    """A process that is killed loses nothing: what it counted is in Redis, as long as Redis keeps it.

    Redis loses it by a `cache.clear()` in the same database, or where it may evict keys, so give it a database of its
    own (``COUNTING_REDIS``). While Redis is away, a process gathers for itself, with the bounds of `DatabaseBuffer`.
    """

    def __init__(self) -> None:
        self._redis = redis_client()
        self._meanwhile = DatabaseBuffer()
        prefix = key_prefix()
        self._hash = f"{prefix}:tallies"
        self._batches = f"{prefix}:tallies:batches"  # the numbers of those that are renamed and not yet deleted
        self._turn = f"{prefix}:tallies:turn"  # whose turn it is: of many processes, one moves at a time
        super().__init__()

    def _begin_anew(self) -> None:
        super()._begin_anew()
        self._away_until = float("-inf")  # seconds of the monotonic clock
        self._emptied_at = self._cleared_at = time.monotonic()

    def add(self, tallies: Sequence[Tally]) -> None:
        try:
            self._check_process()
            self._start()
            if not self._counted(tallies):
                self._meanwhile.add(tallies)
            if time.monotonic() - self._emptied_at > OVERDUE_SECONDS:
                self._empty_in_request()
        except Exception as error:
            log_once_a_minute("add", "Something could not be counted (%s: %s).", type(error).__name__, error)

    def flush(self) -> int:
        self._check_process()
        if in_callers_transaction():
            self._wake.set()  # to the thread: the caller might take it back
            return 0
        return self._meanwhile.flush() + self._move()

    def close(self) -> None:
        super().close()
        self._meanwhile.close()
        self._redis.close()

    # Into Redis

    def _counted(self, tallies: Sequence[Tally]) -> bool:
        """Whether Redis took these."""
        import redis

        if time.monotonic() < self._away_until:
            return False
        try:
            with self._redis.pipeline(transaction=True) as pipe:
                for tally, number in Counter(tallies).items():
                    pipe.hincrby(self._hash, field_of(tally), number)
                pipe.execute()
            return True
        except Exception as error:  # whatever a client or a socket raises
            self._away_until = time.monotonic() + AWAY_SECONDS
            log_once_a_minute(
                "COUNTING_REDIS",
                "Redis takes no counts (%s: %s). They are gathered in the process until it does.",
                type(error).__name__,
                error,
            )
            # It got them and did not answer in time: it will count them when it comes to it.
            return isinstance(error, redis.TimeoutError) and "reading" in str(error)

    # From Redis to the database

    def _empty(self) -> None:
        self._emptied_at = time.monotonic()
        if self._redis.set(self._turn, 1, nx=True, px=int(FLUSH_SECONDS * 900)):  # a tenth less than its next turn
            self._move()
            self._clear_old_batches()
        self._succeeded()

    def _empty_in_request(self) -> None:
        if self._pausing or time.monotonic() < self._away_until or connections[database()].in_atomic_block:
            return
        try:
            self._empty()
        except Exception as error:
            self._failed(error)

    def _move(self) -> int:
        """Add to the database what is in Redis; how many increments. Raises DatabaseError where it can't."""
        import redis

        try:
            # First what others left. If that can't be added, no more of the kind is made.
            added = sum(self._add(number) for number in self._left() if self._take(number))
            number = self._rename()
            return added if number is None else added + self._add(number)
        except (redis.RedisError, OSError) as error:
            raise OperationalError(f"Redis can't be asked for what was counted ({error})") from error

    def _left(self) -> list[UUID]:
        numbers: Any = self._redis.smembers(self._batches)
        return sorted(UUID(number.decode()) for number in numbers)

    def _take(self, number: UUID) -> bool:
        """Whether nobody else is at this batch. It is ours then, for HELD_SECONDS."""
        return bool(self._redis.set(self._holder(number), 1, nx=True, ex=HELD_SECONDS))

    def _rename(self) -> UUID | None:
        """Make a batch of what is gathered, and take it. None where nothing is."""
        if not self._redis.exists(self._hash):
            return None
        number = uuid4()
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.sadd(self._batches, str(number))
            pipe.set(self._holder(number), 1, ex=HELD_SECONDS)
            pipe.rename(self._hash, self._batch(number))
            *_others, renamed = pipe.execute(raise_on_error=False)
        if isinstance(renamed, Exception):
            self._done(number)
            if self._redis.exists(self._hash):
                raise renamed
            return None  # another process was faster
        return number

    def _add(self, number: UUID) -> int:
        """Add a batch that is ours to the daily totals, unless that was done, and delete it; how many increments."""
        fields: Any = self._redis.hgetall(self._batch(number))
        try:
            added = add_to_tallies(increments_in(fields), batch=number)
        except BaseException:
            with suppress(Exception):
                self._redis.delete(self._holder(number))  # for the next try, whoever's
            raise
        self._done(number)
        return added

    def _done(self, number: UUID) -> None:
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(self._batch(number), self._holder(number))
            pipe.srem(self._batches, str(number))
            pipe.execute()

    def _batch(self, number: UUID) -> str:
        return f"{self._hash}:batch:{number}"

    def _holder(self, number: UUID) -> str:
        return f"{self._hash}:held:{number}"

    def _clear_old_batches(self) -> None:
        if time.monotonic() - self._cleared_at > OLD_BATCHES_EVERY:
            self._cleared_at = time.monotonic()
            old_batches().delete()


# A tally as a field of the hash


def field_of(tally: Tally) -> str:
    shown = tally.exposure
    parts = [FORMAT, tally.day, shown.arm, shown.block, shown.variant, shown.segment, shown.share, tally.goal]
    return json.dumps(parts, separators=(",", ":"), ensure_ascii=False)


def tally_in(field: bytes) -> Tally | None:
    """What `field_of` wrote; None for anything else."""
    try:
        version, day, arm, block, variant, segment, share, goal = json.loads(field)
        whole = all(type(value) is int for value in (version, day, share))
        if whole and version == FORMAT and all(isinstance(text, str) for text in (block, variant, segment, goal)):
            return Tally(day, Exposure(block, Arm(arm), variant, segment, share), goal)
    except (TypeError, ValueError, RecursionError):
        pass
    return None


def increments_in(fields: Mapping[bytes, bytes]) -> Counter[Tally]:
    """What a hash holds, without that which can't be read."""
    increments: Counter[Tally] = Counter()
    for field, number in fields.items():
        tally = tally_in(field)
        if tally is not None and re.fullmatch(rb"\d{1,15}", number):
            increments[tally] += int(number)
        else:
            log_once_a_minute("field", "A count in Redis can't be read, and is left out: %.200r.", field)
    return increments


# Which Redis


def redis_client() -> Redis:
    """The client that counts. It connects when it is first used. Raises ImproperlyConfigured where there is none."""
    try:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError as error:
        raise ImproperlyConfigured("redis-py is not installed: pip install 'wagtail-personalise-gov[redis]'") from error
    address, options = redis_address()
    timeouts = {"socket_connect_timeout": CONNECT_SECONDS, "socket_timeout": ANSWER_SECONDS}
    # Never sent again by itself: it might be counted twice.
    own = {**timeouts, "retry": Retry(NoBackoff(), 0), "decode_responses": False}
    try:
        client: Redis = Redis.from_url(address, **{**options, **own})
    except (TypeError, ValueError) as error:  # the address itself stays unsaid: it may hold a password
        raise ImproperlyConfigured(f"the address of Redis can't be used ({error})") from error
    return client


def redis_address() -> tuple[str, dict[str, Any]]:
    """The address of Redis, and what else a connection needs. Raises ImproperlyConfigured where none is known."""
    if settings.COUNTING_REDIS:
        return settings.COUNTING_REDIS, {}
    cache = django_settings.CACHES.get("default", {})
    backend, location, given = cache.get("BACKEND", ""), cache.get("LOCATION") or "", cache.get("OPTIONS") or {}
    # As each reads it: of several addresses, the first is the one to write to.
    first = location if isinstance(location, str) else next(iter(location), "")
    first = re.split("[;,]", first)[0].strip()
    if first and backend.startswith("django_redis."):
        password = {"password": given["PASSWORD"]} if given.get("PASSWORD") else {}
        return first, {**password, **(given.get("CONNECTION_POOL_KWARGS") or {})}
    if first and _is_djangos(backend):
        return first, {name: value for name, value in given.items() if name not in OPTIONS_OF_DJANGO}
    raise ImproperlyConfigured(
        f"no Redis is known: the default cache is {backend!r}. Name one in {NAME}['COUNTING_REDIS'], "
        'such as "redis://127.0.0.1:6379/2"'
    )


def _is_djangos(backend: str) -> bool:
    from django.core.cache.backends.redis import RedisCache

    try:
        found = import_string(backend)
    except ImportError:
        return False
    return isinstance(found, type) and issubclass(found, RedisCache)


def key_prefix() -> str:
    """What our keys begin with: with that of the default cache, so that two sites may share one Redis."""
    given = django_settings.CACHES.get("default", {}).get("KEY_PREFIX", "")
    return f"wagtail_personalise_gov:{given}" if given else "wagtail_personalise_gov"
