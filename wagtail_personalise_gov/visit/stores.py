"""Visitor stores: where the memory of a visitor is kept between requests.

A store keeps what it is given and nothing else; `forget` must leave nothing behind. The one shipped here keeps it in
signed cookies, in the visitor's own browser: the server holds nothing about anybody.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from functools import cache
from typing import Any

from django.core import signing
from django.core.signals import setting_changed
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.module_loading import import_string

from ..conf import settings
from ..core.memory import (
    MINUTES_PER_DAY,
    VisitorMemory,
    past_from_json,
    past_to_json,
    visit_from_json,
    visit_to_json,
)
from .cookies import MEMORY, SECONDS_PER_DAY, VISIT, Cookie

VISIT_MAX_AGE = 4 * 60 * 60  # seconds; a browser that restores its session must not revive yesterday's visit


class VisitorStore(ABC):
    """Where the memory of a visitor is kept. Named by the setting ``VISITOR_STORE``."""

    @abstractmethod
    def load(self, request: HttpRequest) -> VisitorMemory:
        """What is kept; an empty memory for a stranger, or for anything that can't be read. Never raises."""

    @abstractmethod
    def save(self, request: HttpRequest, response: HttpResponseBase, memory: VisitorMemory) -> None:
        """Keep this, and drop what was kept before."""

    @abstractmethod
    def forget(self, request: HttpRequest, response: HttpResponseBase) -> None:
        """Drop everything, here and in the visitor's browser."""


class CompactSerializer:
    """JSON without spaces, in UTF-8: half the size of escaped text for a town named in another script."""

    def dumps(self, data: Any) -> bytes:
        return json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()

    def loads(self, data: bytes) -> Any:
        return json.loads(data)


class SignedCookieStore(VisitorStore):
    """Memory in two signed cookies, together under 2 KB; each is written only when its own part changed."""

    def load(self, request: HttpRequest) -> VisitorMemory:
        return VisitorMemory(
            visit_from_json(self._read(request, VISIT, VISIT_MAX_AGE)),
            past_from_json(self._read(request, MEMORY, None)),
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
            # Counted from the day it began: a visit does not make it live longer.
            today = int(timezone.now().timestamp()) // (60 * MINUTES_PER_DAY)
            days_left = memory.past.began + settings.MEMORY_MAX_AGE_DAYS - today
            MEMORY.write(response, self._sign(MEMORY, past_to_json(memory.past)), days_left * SECONDS_PER_DAY)

    def forget(self, request: HttpRequest, response: HttpResponseBase) -> None:
        VISIT.expire(request, response)
        MEMORY.expire(request, response)

    @staticmethod
    def _signer(cookie: Cookie) -> signing.TimestampSigner:
        # A salt each: a value of one cookie is no value of the other.
        return signing.TimestampSigner(salt=f"wagtail_personalise_gov.{cookie.base_name}")

    def _sign(self, cookie: Cookie, data: Any) -> str:
        return self._signer(cookie).sign_object(data, serializer=CompactSerializer)

    def _read(self, request: HttpRequest, cookie: Cookie, max_age: int | None) -> Any:
        value = cookie.read(request)
        if not value:
            return None
        try:
            return self._signer(cookie).unsign_object(value, serializer=CompactSerializer, max_age=max_age)
        except Exception:  # tampered, foreign, expired, or signed by us in another form: a stranger's cookie
            return None


@cache
def visitor_store() -> VisitorStore:
    """The store in force."""
    store: VisitorStore = import_string(settings.VISITOR_STORE)()
    return store


def _forget_store(**kwargs: Any) -> None:
    visitor_store.cache_clear()


setting_changed.connect(_forget_store)
