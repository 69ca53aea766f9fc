"""Geo providers: from a request to a `Place`.

A provider never raises, and says None for what it can't tell. What it reads of a visitor is used within the request and
not kept. What records and headers look like is told in `geo_records.py` and `geo_headers.py`; what is kept of an open
database, in `geo_file.py`.
"""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cache
from typing import Any

import maxminddb
from django.core.signals import setting_changed
from django.http import HttpRequest

from ..conf import settings
from ..core.geography import GEO_PRESETS, Attribution, Place
from ..plugged import plugged
from .address import Address, address_headers, client_address, comes_from_trusted_proxy
from .geo_file import FileState, GeoFile, state_of
from .geo_headers import header_text, place_in_headers
from .geo_records import place_of_record

__all__ = ["GeoProvider", "HeaderGeo", "MaxMindGeo", "attributions", "geo_provider", "place_of_record"]

logger = logging.getLogger("wagtail_personalise_gov")

SECONDS_BETWEEN_LOOKS = 1  # at the file, to see whether it was replaced


class GeoProvider(ABC):
    """What knows places. Named by the setting ``GEO_PROVIDER``. `varies_on` names the request headers that it reads."""

    varies_on: frozenset[str] | set[str] = frozenset()

    @abstractmethod
    def place(self, request: HttpRequest) -> Place | None:
        """Where a request seems to come from, or None where it can't be told. Never raises."""

    def attributions(self) -> tuple[Attribution, ...]:
        """Whom to credit for the places; shown while a live rule asks for one. Never raises, and asks no address."""
        return ()


class MaxMindGeo(GeoProvider):
    """Places by internet address, from an .mmdb file: GeoLite2, GeoIP2 or DB-IP Lite, Country or City.

    The file is opened once per process and again when it was replaced. Replace it by renaming a new file over it:
    overwriting a file that is mapped into memory can end the process.
    """

    def __init__(self) -> None:
        # The reader and the places read with it are one object, so that a thread can never mix two editions.
        self._file: GeoFile | None = None
        self._refused: FileState | None = None  # no database: not tried again until it changes
        self._looked_at = float("-inf")  # seconds of the monotonic clock
        self._lock = threading.Lock()  # for looking at the file, not for looking places up
        self._complaints: set[str] = set()

    @property
    def varies_on(self) -> frozenset[str]:  # type: ignore[override]
        return address_headers()

    def place(self, request: HttpRequest) -> Place | None:
        address = client_address(request)
        return None if address is None else self.place_at(address)

    def place_at(self, address: Address) -> Place | None:
        """The place of an address, or None where it can't be told. Never raises."""
        file = self._current()
        if file is None:
            return None
        try:
            return file.place(address)
        except Exception as error:  # whatever a reader makes of a damaged file
            self._complain("can't be read", error)
            return None

    def reader(self) -> maxminddb.Reader | None:
        """The open database; None where there is none, or it is broken."""
        file = self._current()
        return None if file is None else file.reader

    def attributions(self) -> tuple[Attribution, ...]:
        file = self._current()
        return () if file is None or file.attribution is None else (file.attribution,)

    def _current(self) -> GeoFile | None:
        """The newest edition that is whole; None where there is none."""
        if time.monotonic() - self._looked_at < SECONDS_BETWEEN_LOOKS:
            return self._file
        # While one thread looks, the others use what is open. A replaced reader goes when the last is done.
        if not self._lock.acquire(blocking=self._file is None):
            return self._file
        try:
            self._look()
        finally:
            self._looked_at = time.monotonic()
            self._lock.release()
        return self._file

    def _look(self) -> None:
        if settings.GEO_DATABASE is None:
            self._file = None
            return
        path, state = str(settings.GEO_DATABASE), None
        try:
            state = state_of(path)
            if self._file is not None and self._file.state == state:
                self._complaints.discard("can't be opened")  # it was away for a moment
            elif state != self._refused:
                file = GeoFile(path, state)
                if self._file is not None:  # where there is none, what can be read is better than nothing
                    file.try_out()
                self._file = file
                self._complaints.clear()
        except OSError as error:  # away for a moment, or not ours to read: it may come back as it is
            self._complain("can't be opened", error)
        except Exception as error:  # whatever a reader makes of bytes that are no database
            self._refused = state
            self._complain("can't be opened", error)

    def _complain(self, what: str, error: Exception) -> None:
        # The message of an error may hold the address that was looked up; its type says enough.
        if what in self._complaints:
            return
        self._complaints.add(what)
        opened = what == "can't be opened" and self._file is not None
        logger.error(
            "GEO_DATABASE %s %s (%s). %s until it is replaced.",
            settings.GEO_DATABASE,
            what,
            type(error).__name__,
            "The edition that was opened before stays in use" if opened else "Places can't be told",
        )


class HeaderGeo(GeoProvider):
    """Places as a content delivery network tells them in headers, which are believed only from trusted proxies."""

    @property
    def varies_on(self) -> frozenset[str]:  # type: ignore[override]
        return frozenset(self.headers().values())

    @staticmethod
    def headers() -> Mapping[str, str]:
        """Part of a place → header."""
        given = settings.GEO_HEADERS
        return GEO_PRESETS[given] if isinstance(given, str) else given

    def place(self, request: HttpRequest) -> Place | None:
        if not comes_from_trusted_proxy(request):
            return None
        return place_in_headers(
            {part: header_text(header, request.headers.get(header, "")) for part, header in self.headers().items()}
        )


class NoGeo(GeoProvider):
    """Knows no place: in the stead of a provider that can't be had."""

    def place(self, request: HttpRequest) -> Place | None:
        return None


def attributions() -> tuple[Attribution, ...]:
    """Whom to credit for the places that are told: as ``GEO_ATTRIBUTION`` says it, else as the provider does."""
    try:
        told = geo_provider().attributions()
    except Exception as error:  # a provider of anybody's; the page that asks must go on
        logger.error("GEO_PROVIDER %s can't say whom to credit (%s).", settings.GEO_PROVIDER, type(error).__name__)
        told = ()
    given = settings.GEO_ATTRIBUTION
    if given is None:
        return told
    return (Attribution(given, told[0].url if told else ""),) if given else ()


@cache
def geo_provider() -> GeoProvider:
    """The provider in force; one that knows no place where the setting names none. Never raises."""
    provider: GeoProvider = plugged("GEO_PROVIDER", settings.GEO_PROVIDER, NoGeo())
    return provider


def _forget_provider(**kwargs: Any) -> None:
    geo_provider.cache_clear()


setting_changed.connect(_forget_provider)
