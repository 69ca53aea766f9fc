"""Gather in Redis, move to the database now and then. Needs redis-py, the client (`wagtail-personalise-gov[redis]`).

Increments go into one hash. To move them it is renamed, so that it grows no more, and gets a number; under this number
the database notes it in the transaction that adds it; then it is deleted. Whoever is killed in between leaves a hash
that the next one finds, and that is added if it was not yet.

So has each handful that a request hands in a number. When Redis does not say that it has it, it is sent again under
that number, and Redis adds it unless it did before.
"""

from __future__ import annotations

import atexit
import json
import re
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from threading import Lock
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connections
from django.utils.module_loading import import_string

from ..conf import NAME, settings
from ..core.counting import Arm, Exposure, Tally
from ..plugged import log_once_a_minute
from .adding import add_to_tallies, database, in_callers_transaction, in_tests_transaction, old_batches
from .background import FLUSH_SECONDS, OVERDUE_SECONDS, PATIENCE_SECONDS, BackgroundBuffer
from .database import DatabaseBuffer

if TYPE_CHECKING:
    from redis import Redis

CONNECT_SECONDS = 0.25  # a visitor waits so long for Redis, at most, and then so long for its answer
ANSWER_SECONDS = 0.5
AWAY_SECONDS = 5  # after a failure Redis is not asked again for so long
HELD_SECONDS = 60  # so long a batch belongs to the process that took it; then it must have been killed
OLD_BATCHES_EVERY = 3600  # seconds from one clearing of old batch numbers to the next, in one process

NUMBER_SECONDS = 24 * 3600  # so long Redis knows the number of a handful, from when it was added
SENT_AGAIN_SECONDS = NUMBER_SECONDS - 3600  # so long it is sent again, from when it was first sent
MOST_FORGOTTEN = 100  # numbers that one command deletes, of handfuls that are known to have been added

# Adds a handful, unless its number is there. It is set at the end: if something is refused, all of it is.
# KEYS: the hash, the number's key, then those of numbers that are not needed any more. ARGV: how many seconds the
# number lives, then fields and increments in turn.
ADD_ONCE = """
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
for i = 2, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('SET', KEYS[2], 1, 'EX', ARGV[1])
for i = 3, #KEYS do redis.call('DEL', KEYS[i]) end
return 1
"""

FORMAT = 1  # of a field in the hash: what another version of this package wrote is known by its number
OPTIONS_OF_DJANGO = frozenset({"serializer", "pool_class", "parser_class"})  # these are no options of a connection


@dataclass(frozen=True, slots=True)
class Handful:
    """What one request counted, under a number of its own."""

    number: str
    increments: Counter[Tally]
    sent_at: float  # seconds of the monotonic clock


class RedisBuffer(BackgroundBuffer):
    """A process that is killed while Redis answers loses nothing: what it counted is in Redis.

    While Redis is away or stands still, nothing is lost or counted twice either. A process gathers for itself, with the
    bounds of `DatabaseBuffer`. Of what was under way to Redis just then, one handful for each request at that time,
    nobody knows whether it has arrived: it is sent again when Redis answers. If the process ends before that, or a day
    passes, it is given up: it is lost if it had not arrived, and never counted twice.

    Redis itself may lose what it has got and was not yet moved, that of 10 seconds or so: by a `cache.clear()` in the
    same database, where it may evict keys, or where it is killed or replaced by another and had not yet written it down
    or passed it on. So give it a database of its own (``COUNTING_REDIS``). Restored from an older copy, it counts again
    what stood there.
    """

    def __init__(self) -> None:
        self._redis = redis_client()
        self._meanwhile = DatabaseBuffer()
        prefix = key_prefix()
        self._hash = f"{prefix}:tallies"
        self._add_once = self._redis.register_script(ADD_ONCE)
        self._batches = f"{prefix}:tallies:batches"  # the numbers of those that are renamed and not yet deleted
        self._turn = f"{prefix}:tallies:turn"  # whose turn it is: of many processes, one moves at a time
        super().__init__()

    def _begin_anew(self) -> None:
        super()._begin_anew()
        self._away_until = float("-inf")  # seconds of the monotonic clock
        self._unsure: deque[Handful] = deque()  # sent, and nobody knows whether they have arrived; oldest first
        self._asking = Lock()  # held by whoever sends these again
        self._arrived: deque[str] = deque()  # numbers that Redis need not know any more
        self._exits = False  # whether it was arranged that those are sent again at the end of the process
        self._emptied_at = self._cleared_at = time.monotonic()

    def add(self, tallies: Sequence[Tally]) -> None:
        try:
            self._check_process()
            self._start()
            if not self._counted(tallies):
                self._meanwhile.add(tallies)
            if time.monotonic() - self._emptied_at > OVERDUE_SECONDS and not self._has_thread:
                self._empty_in_request()
        except Exception as error:
            log_once_a_minute("add", "Something could not be counted (%s: %s).", type(error).__name__, error)

    def flush(self) -> int:
        self._check_process()
        if in_callers_transaction():
            self._wake.set()  # to the thread: the caller might take it back
            return 0
        added = self._meanwhile.flush()
        self._settle()
        return added + self._move()

    def close(self) -> None:
        super().close()
        atexit.unregister(self._exit)
        self._exits = False
        self._unsure.clear()
        self._meanwhile.close()
        self._redis.close()

    # Into Redis

    def _counted(self, tallies: Sequence[Tally]) -> bool:
        """Whether Redis took these, or may have."""
        if time.monotonic() < self._away_until:
            return False
        if self._unsure and not self._settle():
            return False  # no more than were under way at once become unsure
        handful = Handful(uuid4().hex, Counter(tallies), time.monotonic())
        try:
            self._send(handful)
        except Exception as error:  # whatever a client or a socket raises
            self._leave_alone(error)
            if _refused(error):
                return False
            self._unsure.append(handful)
            self._see_to_the_end()
            return True
        self._arrived.append(self._number(handful))
        return True

    def _settle(self) -> bool:
        """Send again, in order, what may not have arrived; whether none is left. Never raises."""
        if not self._asking.acquire(blocking=False):
            return False  # another does
        try:
            while self._unsure:
                handful = self._unsure[0]
                if time.monotonic() - handful.sent_at < SENT_AGAIN_SECONDS:
                    # Its number stays until its time comes: what was sent first may still be on its way.
                    self._send(handful)
                    self._unsure.popleft()
                else:  # Redis may have forgotten the number
                    self._unsure.popleft()
                    self._give_up([handful])
            return True
        except Exception as error:
            self._leave_alone(error)
            return False
        finally:
            self._asking.release()

    def _send(self, handful: Handful) -> None:
        """Have Redis add this, unless it did before. Raises whatever a client or a socket does."""
        needless: list[str] = []
        with suppress(IndexError):
            while len(needless) < MOST_FORGOTTEN:
                needless.append(self._arrived.popleft())
        arguments: list[str | int] = [NUMBER_SECONDS]
        for tally, number in handful.increments.items():
            arguments += [field_of(tally), number]
        try:
            self._add_once([self._hash, self._number(handful), *needless], arguments)
        except BaseException:
            self._arrived.extend(needless)
            raise

    def _number(self, handful: Handful) -> str:
        return f"{self._hash}:number:{handful.number}"

    def _leave_alone(self, error: Exception) -> None:
        self._away_until = time.monotonic() + AWAY_SECONDS
        log_once_a_minute(
            "COUNTING_REDIS",
            "Redis takes no counts (%s: %s). They are gathered in the process until it does.",
            type(error).__name__,
            error,
        )

    def _see_to_the_end(self) -> None:
        if not self._exits and not in_tests_transaction():
            self._exits = True
            atexit.register(self._exit)

    def _exit(self) -> None:
        """At the end of a process, but for a child that was forked: ask once more, and give up what stays unsure."""
        self._check_process()
        if not self._settle() and self._unsure:
            self._give_up(self._unsure)

    def _give_up(self, handfuls: Sequence[Handful]) -> None:
        log_once_a_minute(
            "unsure",
            "It is not known whether Redis has %s counts. They are lost if it has not.",
            sum(handful.increments.total() for handful in handfuls),
        )

    # From Redis to the database

    def _empty(self, patience_seconds: float | None = None) -> None:
        self._emptied_at = time.monotonic()
        self._settle()
        if self._redis.set(self._turn, 1, nx=True, px=int(FLUSH_SECONDS * 900)):  # a tenth less than its next turn
            self._move(patience_seconds)
            self._clear_old_batches()
        self._succeeded()

    def _empty_in_request(self) -> None:
        if self._pausing or time.monotonic() < self._away_until or connections[database()].in_atomic_block:
            return
        try:
            self._empty(PATIENCE_SECONDS)
        except Exception as error:
            self._failed(error)

    def _move(self, patience_seconds: float | None = None) -> int:
        """Add to the database what is in Redis; how many increments. Raises DatabaseError where it can't."""
        import redis

        try:
            # First what others left. If that can't be added, no more of the kind is made.
            added = sum(self._add(number, patience_seconds) for number in self._left() if self._take(number))
            number = self._rename()
            return added if number is None else added + self._add(number, patience_seconds)
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
            # Where another process was faster, there was nothing to rename; there may be something again by now.
            if "no such key" not in str(renamed):
                raise renamed
            return None
        return number

    def _add(self, number: UUID, patience_seconds: float | None) -> int:
        """Add a batch that is ours to the daily totals, unless that was done, and delete it; how many increments."""
        fields: Any = self._redis.hgetall(self._batch(number))
        try:
            added = add_to_tallies(increments_in(fields), batch=number, patience_seconds=patience_seconds)
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


def _refused(error: Exception) -> bool:
    """Whether Redis certainly did not add what was sent: it said so, or no line to it was had."""
    import redis

    # Not only by its class: a line that breaks later is one, too. If other words are used one day, it is unsure.
    return isinstance(error, redis.ResponseError) or " connecting to " in str(error)


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
    """What our keys begin with, so that two sites may share one Redis, or staging and production.

    It names the database, for what is counted belongs there, and the default cache's ``KEY_PREFIX``.
    """
    meant = connections[database()].settings_dict
    place = [str(meant.get(part) or "") for part in ("ENGINE", "HOST", "PORT", "NAME")]
    digest = blake2b(json.dumps(place).encode(), digest_size=6).hexdigest()
    given = django_settings.CACHES.get("default", {}).get("KEY_PREFIX", "")
    return ":".join(part for part in ("wagtail_personalise_gov", given, digest) if part)
