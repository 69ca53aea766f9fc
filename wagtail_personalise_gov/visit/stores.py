"""Visitor stores: where the memory of a visitor is kept between requests.

A store keeps what it is given and nothing else; `forget` must leave nothing behind. The package has two. Signed
cookies, in the visitor's own browser, are the default: the server holds nothing about anybody. Django's session is for
sites that keep sessions anyway. `wagtail_personalise_gov.testing.VisitorStoreContract` says what a third one must do.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from abc import ABC, abstractmethod
from base64 import urlsafe_b64decode
from binascii import b2a_base64
from contextlib import suppress
from functools import cache, lru_cache
from typing import Any

from django.conf import settings as django_settings
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.core import signing
from django.core.signals import setting_changed
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.encoding import force_bytes

from ..conf import settings
from ..core.counting import counted_from_json, counted_to_json
from ..core.memory import (
    MINUTES_PER_DAY,
    STEP_MINUTES,
    Past,
    VisitorMemory,
    past_from_json,
    past_to_json,
    visit_from_json,
    visit_to_json,
)
from ..plugged import log_once_a_minute, plugged
from .cookies import COUNT, MEMORY, SECONDS_PER_DAY, SESSION, VISIT, Cookie

VISIT_MAX_AGE = 4 * 60 * 60  # seconds; a browser that restores its session must not revive yesterday's visit
SECONDS_PER_STEP = STEP_MINUTES * 60


class VisitorStore(ABC):
    """Where the memory of a visitor is kept. Named by the setting ``VISITOR_STORE``.

    `cookies` are those that it sets; the page for visitors tells of them. `in_browser` says that the memory is in these
    cookies itself, so that whoever keeps a copy of them keeps a copy of the memory.
    """

    cookies: tuple[Cookie, ...] = (VISIT, MEMORY)
    in_browser: bool = False

    @abstractmethod
    def load(self, request: HttpRequest) -> VisitorMemory:
        """What is kept; an empty memory for a stranger, or for anything that can't be read. Never raises."""

    @abstractmethod
    def save(self, request: HttpRequest, response: HttpResponseBase, memory: VisitorMemory) -> None:
        """Keep this, and drop what was kept before. May raise where it is out of order: then nothing is remembered."""

    @abstractmethod
    def forget(self, request: HttpRequest, response: HttpResponseBase) -> None:
        """Drop everything, here and in the visitor's browser, also what can't be read."""


def seconds_left(past: Past) -> int:
    """How long a past may still be kept; 0 or less: no longer. Counted from the day it began: visits don't renew it."""
    today = _now() // (60 * MINUTES_PER_DAY)
    days = past.began + settings.MEMORY_MAX_AGE_DAYS - today
    return int(min(days, settings.MEMORY_MAX_AGE_DAYS)) * SECONDS_PER_DAY


# JSON without spaces, in UTF-8: half the size of escaped text for a town named in another script.
_as_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class CoarseSigner(signing.TimestampSigner):
    """Signs the time of writing too, in steps of `grain` seconds: no finer than what is signed tells the time.

    The very second would be as good as a number for each visitor. `write` and `read` are Django's `sign_object` and
    `unsign_object` in one step each, with keys that are derived once: a page pays for each call.
    """

    def __init__(self, grain: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.grain = grain

    def write(self, data: Any) -> str:
        """Data of JSON, signed."""
        stamped = f"{_unpadded(_as_json(data).encode())}:{self.timestamp()}"
        return f"{stamped}:{_unpadded(self._digest(self.key, stamped))}"

    def read(self, signed: str, max_age: int | None) -> Any:
        """The data that `write` signed, at most `max_age` seconds ago.

        Raises BadSignature for what was signed by nobody here, and SignatureExpired for what is too old.
        """
        stamped, _colon, signature = signed.rpartition(":")
        given = signature.encode()
        for key in (self.key, *self.fallback_keys):
            if hmac.compare_digest(_unpadded(self._digest(key, stamped)).encode(), given):
                break
        else:
            raise signing.BadSignature("It was not signed here, or not for this.")
        value, _colon, timestamp = stamped.rpartition(":")
        if max_age is not None and time.time() - signing.b62_decode(timestamp) > max_age:
            raise signing.SignatureExpired(f"It was signed more than {max_age} seconds ago.")
        return json.loads(urlsafe_b64decode(value + "=" * (-len(value) % 4)))

    def timestamp(self) -> str:
        return signing.b62_encode(int(time.time()) // self.grain * self.grain)

    def _digest(self, key: str | bytes, stamped: str) -> bytes:
        return hmac.digest(_derived_key(self.salt, key), stamped.encode(), "sha256")


URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _unpadded(data: bytes) -> str:
    """As Django writes what it signs: base64 for addresses (RFC 4648 section 5), without padding."""
    return b2a_base64(data, newline=False).rstrip(b"=").translate(URL_SAFE).decode()


@lru_cache(maxsize=64)
def _derived_key(salt: str, key: str | bytes) -> bytes:
    """The key by which Django signs with a salt, from the site's own: see `django.utils.crypto.salted_hmac`."""
    return hashlib.sha256(force_bytes(f"{salt}signer") + force_bytes(key)).digest()


@cache
def _signer(base_name: str) -> CoarseSigner:
    grain = SECONDS_PER_DAY if base_name == MEMORY.base_name else SECONDS_PER_STEP
    # A salt each: a value of one cookie is no value of the other.
    return CoarseSigner(grain, salt=f"wagtail_personalise_gov.{base_name}")


class SignedCookieStore(VisitorStore):
    """Memory in three signed cookies, each under 2 KB and written only when its own part changed."""

    cookies = (VISIT, MEMORY, COUNT)
    in_browser = True

    def load(self, request: HttpRequest) -> VisitorMemory:
        if not request.COOKIES:
            return VisitorMemory()
        return VisitorMemory(
            visit_from_json(self._read(request, VISIT, VISIT_MAX_AGE)),
            past_from_json(self._read(request, MEMORY, None)),
            counted_from_json(self._read(request, COUNT, VISIT_MAX_AGE)),
        )

    def save(self, request: HttpRequest, response: HttpResponseBase, memory: VisitorMemory) -> None:
        before = self.load(request)
        if memory.visit is None:
            VISIT.expire(request, response)
        elif memory.visit != before.visit:
            VISIT.write(response, self._sign(VISIT, visit_to_json(memory.visit)))
        if memory.past is None:
            MEMORY.expire(request, response)
        elif memory.past != before.past:
            MEMORY.write(response, self._sign(MEMORY, past_to_json(memory.past)), seconds_left(memory.past))
        if memory.counted is None:
            COUNT.expire(request, response)
        elif memory.counted != before.counted:
            COUNT.write(response, self._sign(COUNT, counted_to_json(memory.counted)))
        if request.COOKIES:
            for cookie in self.cookies:
                cookie.expire_other_names(request, response)

    def forget(self, request: HttpRequest, response: HttpResponseBase) -> None:
        for cookie in self.cookies:
            cookie.expire(request, response)

    def _sign(self, cookie: Cookie, data: Any) -> str:
        return _signer(cookie.base_name).write(data)

    def _read(self, request: HttpRequest, cookie: Cookie, max_age: int | None) -> Any:
        value = cookie.read(request)
        if not value:
            return None
        try:
            # By the beginning of the step in which it was written, so never longer than `max_age`.
            return _signer(cookie.base_name).read(value, max_age)
        except Exception:  # tampered, foreign, expired, or signed by us in another form: a stranger's cookie
            return None


class DjangoSessionStore(VisitorStore):
    """Memory in Django's session, beside whatever else the site keeps there; any session engine will do.

    It outlives signing in, which changes the session's key, and ends with signing out, which ends the session. A
    session is begun only for a visitor of whom there is something to keep.
    """

    KEY = "personalise_memory"  # the one key of the session that is ours; it holds plain JSON data
    cookies = (SESSION,)

    @property
    def in_browser(self) -> bool:  # type: ignore[override]
        return bool(django_settings.SESSION_ENGINE.endswith(".signed_cookies"))

    def load(self, request: HttpRequest) -> VisitorMemory:
        if not SESSION.sent_by(request) or not hasattr(request, "session"):
            return VisitorMemory()  # without a look at the session, which would count as a use of it
        try:
            kept = request.session.get(self.KEY)
        except Exception as error:  # whatever holds sessions is away: the visitor gets a page, as a stranger
            # What is there must not be replaced by the empty beginning of a stranger, if it is back in a moment.
            request._session_memory = "away"  # type: ignore[attr-defined]
            # The message may hold the session's key, so only the type is logged.
            log_once_a_minute(
                "sessions",
                "Sessions can't be read (%s). Visitors are strangers until they can be, and nothing is remembered.",
                type(error).__name__,
            )
            return VisitorMemory()
        if not isinstance(kept, dict):
            return VisitorMemory()
        request._session_memory = "found"  # type: ignore[attr-defined]
        written = kept.get("written")
        age = _now() - written if isinstance(written, int) else VISIT_MAX_AGE
        past = past_from_json(kept.get("past"))
        lately = 0 <= age < VISIT_MAX_AGE
        return VisitorMemory(
            visit_from_json(kept.get("visit")) if lately else None,
            past if past is not None and seconds_left(past) > 0 else None,
            counted_from_json(kept.get("counted")) if lately else None,
        )

    def save(self, request: HttpRequest, response: HttpResponseBase, memory: VisitorMemory) -> None:
        before = self.load(request)
        session, found = getattr(request, "session", None), getattr(request, "_session_memory", "")
        if session is None or memory == before or found == "away":
            return
        if found and self.KEY not in session:
            return  # the visitor has signed out since it was read, and what was kept went with the session
        if not memory:
            self.forget(request, response)
            return
        kept: dict[str, Any] = {}
        if memory.visit is not None:
            kept["visit"] = visit_to_json(memory.visit)
        if memory.counted is not None:
            kept["counted"] = counted_to_json(memory.counted)
        if kept:
            # Unchanged, they are as old as they were.
            unchanged = (memory.visit, memory.counted) == (before.visit, before.counted)
            kept["written"] = session[self.KEY]["written"] if unchanged else _now()
        if memory.past is not None:
            kept["past"] = past_to_json(memory.past)
        session[self.KEY] = kept
        self._send(request, response)

    def forget(self, request: HttpRequest, response: HttpResponseBase) -> None:
        session = getattr(request, "session", None)
        if session is None or not SESSION.sent_by(request) or self.KEY not in session:
            return
        del session[self.KEY]
        if not session.keys():
            session.flush()
        self._send(request, response)

    @staticmethod
    def _send(request: HttpRequest, response: HttpResponseBase) -> None:
        """Save the session and send its cookie, or expire that of an empty one, as Django does on the way out.

        Django's own middleware stands further in than ours, so it has done so already when a store is called.
        """
        # What Django has set before would show through: an expired cookie would stay so.
        response.cookies.pop(SESSION.name, None)
        # Interrupted: the visitor has signed out in another window meanwhile, so there is nothing to keep it in.
        with suppress(SessionInterrupted):
            SessionMiddleware(lambda request: HttpResponse()).process_response(request, response)  # type: ignore[arg-type]


def _now() -> int:
    return int(timezone.now().timestamp())


@cache
def visitor_store() -> VisitorStore:
    """The store in force; one that keeps nothing where the setting names none. Never raises."""
    store: VisitorStore = plugged("VISITOR_STORE", settings.VISITOR_STORE, NoStore())
    return store


class NoStore(VisitorStore):
    """Keeps nothing: in the stead of a store that can't be had."""

    cookies = ()

    def load(self, request: HttpRequest) -> VisitorMemory:
        return VisitorMemory()

    def save(self, request: HttpRequest, response: HttpResponseBase, memory: VisitorMemory) -> None:
        pass

    def forget(self, request: HttpRequest, response: HttpResponseBase) -> None:
        pass


def _forget_store(**kwargs: Any) -> None:
    visitor_store.cache_clear()
    _signer.cache_clear()
    _derived_key.cache_clear()


setting_changed.connect(_forget_store)
