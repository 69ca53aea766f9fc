"""The contract of geo providers, as tests. What a provider of anybody's promises, each of these asks it to show."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast
from unittest import mock

from django.http import HttpRequest
from django.http.request import HttpHeaders
from django.test import RequestFactory

from ..core.geography import GEO_PRESETS, Place
from ..core.quiet import spelled_out
from ..visit.visit import Visit
from .claims import NotNamed, must

if TYPE_CHECKING:
    from ..visit.geo import GeoProvider

THREADS = 8
CALLS = 20  # of each thread

HEADER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
PART_OF_THE_ADDRESS = "Host"  # every cache keeps pages by host as it is

# Headers that a provider might read, or be fooled by.
TEMPTING = (
    "Accept-Language",
    "Authorization",
    "Client-IP",
    "Cookie",
    "Forwarded",
    "Referer",
    "True-Client-IP",
    "User-Agent",
    "Via",
    "X-Client-IP",
    "X-Forwarded-For",
    "X-Real-IP",
    *(header for preset in GEO_PRESETS.values() for header in preset.values()),
)
TEMPTATIONS = ("FR", "198.51.100.7", "ward=riverside; country=FR", "")
ODD_VALUES = (
    "",
    " ",
    "nonsense",
    "%",
    "%00",
    "a" * 10_000,
    "\x00",
    "\xff",
    "Ω",
    "-1",
    "nan",
    ",,,",
    "FR,GB",
    "[::1",
    "'\";",
)
ODD_ADDRESSES = (None, "", "unix:", "nonsense", "999.1.1.1", "127.0.0.1", "::1", "fe80::1%eth0", "::ffff:192.0.2.1")
ADDRESSES = ("192.0.2.77", "198.51.100.77", "203.0.113.77", "2001:db8:77::77")


class GeoProviderContract:
    """What every geo provider must do. Mix it into a test case, name the provider, and give a request that it can tell:

    class OfficeGeoTests(GeoProviderContract, SimpleTestCase):
        provider = OfficeGeo()

        def known_request(self):
            return RequestFactory().get("/", headers={"X-Office": "depot"}, REMOTE_ADDR="10.20.0.1")

    Under pytest a class without a base of unittest will do. Settings that the provider needs, such as
    ``TRUSTED_PROXIES``, are the test case's to override.
    """

    provider = cast("GeoProvider", NotNamed("provider", "OfficeGeo()"))

    def known_request(self) -> HttpRequest:
        """A request whose place the provider can tell; a new one at each call."""
        raise NotImplementedError(f"Override known_request() in {type(self).__name__}: a request of a known place.")

    def test_a_known_place_is_told(self) -> None:
        place = self._place(self.known_request())
        must(
            place is not None and place != Place(),
            f"place(known_request()) gave {spelled_out(place)}, which says nothing.",
        )
        country = place.country if place else None
        must(country is None or bool(re.fullmatch("[A-Z]{2}", country)), f"{country!r} is no code of ISO 3166-1.")

    def test_odd_requests_get_an_answer(self) -> None:
        """A place or None, with parts of the right kinds, and never an exception."""
        for what, request in self._odd_requests():
            for fault in faults(self._place(request, what)):
                raise AssertionError(f"{what}: {fault}")

    def test_the_same_request_has_the_same_place(self) -> None:
        request = self.known_request()
        first = self._place(request)
        must(self._place(request) == first, "A second call with the same request gave another place.")
        must(self._place(self.known_request()) == first, "An equal request gave another place.")

    # Headers

    def test_varies_on_names_headers(self) -> None:
        varies_on = self.provider.varies_on
        must(isinstance(varies_on, set | frozenset), f"varies_on is {type(varies_on).__name__}. Make it a set.")
        for name in varies_on:
            must(
                isinstance(name, str) and bool(HEADER_NAME.fullmatch(name)) and not name.startswith("HTTP-"),
                f"varies_on holds {name!r}. Name headers as they are sent, such as 'X-Forwarded-For'.",
            )

    def test_no_other_header_is_read(self) -> None:
        """A page that asks for a place varies on what `varies_on` names. A header beyond that would leak places."""
        for what, request in [("known_request()", entered(self.known_request())), *self._odd_requests()]:
            noted = note_reads(request)
            self._place(request, what)
            undeclared = sorted(name for name in noted if not self._declared(name))
            must(not undeclared, f"{what}: place() reads {undeclared}. Name what it reads in varies_on.")

    def test_no_other_header_changes_the_answer(self) -> None:
        expected = self._place(self.known_request())
        for header in TEMPTING:
            if self._declared(header):
                continue
            for value in TEMPTATIONS:
                place = self._place(with_header(self.known_request(), header, value))
                must(place == expected, f"{header}: {value!r} changed the place to {place!r}. Name it in varies_on.")

    # Processes and logs

    def test_several_threads_may_ask_at_once(self) -> None:
        asked = [("known_request()", entered(self.known_request())), *self._odd_requests()]
        requests = [(request, self._place(request, what)) for what, request in asked]
        barrier, wrong = threading.Barrier(THREADS), list[str]()

        def ask() -> None:
            barrier.wait()
            for _ in range(CALLS):
                for request, expected in requests:
                    try:
                        if (place := self.provider.place(request)) != expected:
                            wrong.append(f"gave {spelled_out(place)} in place of {spelled_out(expected)}")
                    except Exception as error:
                        wrong.append(f"raised {type(error).__name__}: {error}")

        threads = [threading.Thread(target=ask) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        must(not wrong, f"{THREADS} threads asked at once, and place() {wrong[0] if wrong else ''}.")

    def test_no_address_is_logged(self) -> None:
        with logged() as lines:
            for address in ADDRESSES:
                self._place(RequestFactory().get("/", REMOTE_ADDR=address))
                request = self.known_request()
                request.META["HTTP_X_FORWARDED_FOR"] = address
                self._place(request)
        own = str(self.known_request().META.get("REMOTE_ADDR", ""))
        told = [line for line in lines if any(address in line for address in (*ADDRESSES, own or ADDRESSES[0]))]
        must(not told, f"place() logged the address of a visitor: {told[:1]}.")

    # How it is asked

    def _place(self, request: HttpRequest, what: str = "known_request()") -> Place | None:
        try:
            return self.provider.place(request if hasattr(request, "_request") else entered(request))
        except Exception as error:
            raise AssertionError(f"{what}: place() raised {type(error).__name__}: {error}. It must never.") from error

    def _declared(self, header: str) -> bool:
        return header.lower() in {PART_OF_THE_ADDRESS.lower(), *(name.lower() for name in self.provider.varies_on)}

    def _odd_requests(self) -> Iterator[tuple[str, HttpRequest]]:
        """Requests such as nobody should send, each with what is odd about it."""
        for address in ODD_ADDRESSES:
            for request in (self.known_request(), RequestFactory().get("/")):
                request.META.pop("REMOTE_ADDR", None)
                if address is not None:
                    request.META["REMOTE_ADDR"] = address
                yield f"REMOTE_ADDR={address!r}", entered(request)
        for header in sorted({*self.provider.varies_on, "X-Forwarded-For"}):
            without = self.known_request()
            without.META.pop(meta_key(header), None)
            yield f"without {header}", entered(without)
            for value in ODD_VALUES:
                yield f"{header}: {value[:20]!r}", entered(with_header(self.known_request(), header, value))


def entered(request: HttpRequest) -> HttpRequest:
    """A request as providers see it: as it entered the site."""
    return Visit(request).request


def meta_key(header: str) -> str:
    return f"HTTP_{header.upper().replace('-', '_')}"


def with_header(request: HttpRequest, header: str, value: str) -> HttpRequest:
    request.META[meta_key(header)] = value
    return request


def faults(place: Any) -> Iterator[str]:
    """What is not as `Place` says, a sentence each."""
    if place is None:
        return
    if not isinstance(place, Place):
        yield f"place() gave {type(place).__name__}. Give a Place, or None."
        return
    for part in ("continent", "country", "city", "postcode"):
        value = getattr(place, part)
        if value is not None and (not isinstance(value, str) or not value):
            yield f"{part} is {value!r}. Give a text, or None."
    if not isinstance(place.subdivisions, tuple) or not all(
        isinstance(part, str) and part for part in place.subdivisions
    ):
        yield f"subdivisions is {place.subdivisions!r}. Give a tuple of texts, or ()."
    if place.eu not in (None, True, False):
        yield f"eu is {place.eu!r}. Give True, False, or None."
    if place.point is not None and not is_point(place.point):
        yield f"point is {place.point!r}. Give (latitude, longitude, radius in km or None), or None."


def is_point(point: Any) -> bool:
    match point:
        case (int() | float() as latitude, int() | float() as longitude, None | int() | float() as radius):
            return abs(latitude) <= 90 and abs(longitude) <= 180 and (radius is None or radius >= 0)
    return False


class NotedMeta(dict[str, Any]):
    """META that notes which headers are asked for by name."""

    def __init__(self, meta: dict[str, Any], noted: set[str]) -> None:
        super().__init__(meta)
        self.noted = noted

    def _note(self, key: Any) -> None:
        if isinstance(key, str) and key.startswith("HTTP_"):
            self.noted.add(key.removeprefix("HTTP_").replace("_", "-").title())

    def __getitem__(self, key: str) -> Any:
        self._note(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self._note(key)
        return super().__contains__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self._note(key)
        return super().get(key, default)


class NotedHeaders(HttpHeaders):
    """Headers that note which of them are asked for by name."""

    def __init__(self, meta: NotedMeta) -> None:
        super().__init__(meta)
        self.noted = meta.noted

    def __getitem__(self, key: str) -> str:
        self.noted.add(key.replace("_", "-").title())
        return super().__getitem__(key)


def note_reads(request: HttpRequest) -> set[str]:
    """The names of the headers that are read of this request from now on; the set fills as they are."""
    noted = set[str]()
    request.META = meta = NotedMeta(request.META, noted)
    request.headers = NotedHeaders(meta)
    return noted


@contextmanager
def logged() -> Iterator[list[str]]:
    """All that is logged within the block, whatever the level and whoever listens."""
    lines: list[str] = []

    def note(logger: logging.Logger, record: logging.LogRecord) -> None:
        lines.append(logging.Formatter("%(message)s").format(record))

    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    try:
        with mock.patch.object(logging.Logger, "callHandlers", note):
            yield lines
    finally:
        root.setLevel(level)
