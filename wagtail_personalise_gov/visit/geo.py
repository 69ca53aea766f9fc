"""Geo providers: from a request to a `Place`.

A provider never raises, and says None for what it can't tell. What it reads is used within the request and not kept.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import unquote

import maxminddb
from django.core.signals import setting_changed
from django.http import HttpRequest
from django.utils.module_loading import import_string

from ..conf import settings
from ..core.geography import GEO_PRESETS, UNKNOWN_COUNTRIES, Place
from .address import client_address, comes_from_trusted_proxy

logger = logging.getLogger("wagtail_personalise_gov")

SECONDS_BETWEEN_LOOKS = 1  # at the file, to see whether it was replaced
MAX_HEADER = 100  # characters of a header that are looked at


class GeoProvider(ABC):
    """What knows places. Named by the setting ``GEO_PROVIDER``. `varies_on` names the request headers that it reads."""

    varies_on: frozenset[str] | set[str] = frozenset()

    @abstractmethod
    def place(self, request: HttpRequest) -> Place | None:
        """Where a request seems to come from, or None where it can't be told. Never raises."""


class MaxMindGeo(GeoProvider):
    """Places by internet address, from an .mmdb file: GeoLite2, GeoIP2 or DB-IP Lite, Country or City.

    The file is opened once per process and again when it was replaced. Replace it by renaming a new file over it:
    overwriting a file that is mapped into memory can end the process.
    """

    def __init__(self) -> None:
        self._reader: maxminddb.Reader | None = None
        self._file: tuple[str, int, int, int] | None = None  # path, inode, size, mtime in nanoseconds
        self._looked_at = float("-inf")  # seconds of the monotonic clock
        self._lock = threading.Lock()
        self._complained = False

    @property
    def varies_on(self) -> frozenset[str]:  # type: ignore[override]
        return frozenset({"X-Forwarded-For"}) if settings.TRUSTED_PROXIES else frozenset()

    def place(self, request: HttpRequest) -> Place | None:
        reader = self.reader()
        if reader is None or (address := client_address(request)) is None:
            return None
        try:
            record = reader.get(address)
        except (maxminddb.InvalidDatabaseError, ValueError) as error:
            self._complain("can't be read", error)
            return None
        return place_of_record(record) if isinstance(record, dict) else None

    def reader(self) -> maxminddb.Reader | None:
        """The open database; None where there is none, or it is broken."""
        now = time.monotonic()
        if now - self._looked_at < SECONDS_BETWEEN_LOOKS:
            return self._reader
        # While one thread looks, the others use what is open. A replaced reader goes when the last is done.
        if not self._lock.acquire(blocking=self._file is None):
            return self._reader
        try:
            self._look()
        finally:
            self._looked_at = time.monotonic()
            self._lock.release()
        return self._reader

    def _look(self) -> None:
        path = settings.GEO_DATABASE
        if path is None:
            self._reader = self._file = None
            return
        try:
            found = os.stat(path)
            file = (str(path), found.st_ino, found.st_size, found.st_mtime_ns)
            if file != self._file:
                self._reader = maxminddb.open_database(str(path))
                self._file, self._complained = file, False
        except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
            # A file that is away for a moment, or half copied: the one that is open is still good.
            self._complain("can't be opened", error)

    def _complain(self, what: str, error: Exception) -> None:
        # The message of an error may hold the address that was looked up; its type says enough.
        if not self._complained:
            self._complained = True
            logger.error(
                "GEO_DATABASE %s %s (%s). Places can't be told until it is replaced.",
                settings.GEO_DATABASE,
                what,
                type(error).__name__,
            )


def place_of_record(record: Mapping[str, Any]) -> Place:
    """The place in a record of MaxMind's shape; DB-IP Lite has the same with names in place of codes.

    The country is never taken from ``registered_country``, which is where the address was registered. The key for the
    European Union is absent outside it.
    """
    country = record.get("country") or {}
    location = record.get("location") or {}
    code = country.get("iso_code")
    subdivisions: list[str] = []
    for subdivision in record.get("subdivisions") or ():
        if code and (part := subdivision.get("iso_code")):
            subdivisions.append(f"{code}-{part}")
        if name := (subdivision.get("names") or {}).get("en"):
            subdivisions.append(name)
    latitude, longitude = location.get("latitude"), location.get("longitude")
    point = None
    if latitude is not None and longitude is not None:
        point = (latitude, longitude, location.get("accuracy_radius"))
    return Place(
        continent=(record.get("continent") or {}).get("code"),
        country=code,
        subdivisions=tuple(subdivisions),
        city=((record.get("city") or {}).get("names") or {}).get("en"),
        postcode=(record.get("postal") or {}).get("code"),
        point=point,
        eu=bool(country.get("is_in_european_union", False)) if code else None,
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
        told = {
            part: unquote(str(request.headers.get(header, "")))[:MAX_HEADER].strip()
            for part, header in self.headers().items()
        }
        country = told.get("country", "").upper()
        if country in UNKNOWN_COUNTRIES:
            country = ""
        region = told.get("subdivisions", "")
        if region and country and "-" not in region and len(region) <= 3:
            region = f"{country}-{region.upper()}"
        return Place(
            continent=told.get("continent") or None,
            country=country or None,
            subdivisions=(region,) if region else (),
            city=told.get("city") or None,
            postcode=told.get("postcode") or None,
            point=self._point(told),
        )

    @staticmethod
    def _point(told: Mapping[str, str]) -> tuple[float, float, None] | None:
        try:
            latitude, longitude = float(told["latitude"]), float(told["longitude"])
        except (KeyError, ValueError):
            return None
        return (latitude, longitude, None) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


@cache
def geo_provider() -> GeoProvider:
    """The provider in force."""
    provider: GeoProvider = import_string(settings.GEO_PROVIDER)()
    return provider


def _forget_provider(**kwargs: Any) -> None:
    geo_provider.cache_clear()


setting_changed.connect(_forget_provider)
