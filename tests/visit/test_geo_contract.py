"""Every geo provider here keeps the contract of all; and the contract tells those that don't keep it."""

import logging
import threading
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from tests.agency.geo import NetworkGeo
from tests.visit.test_stores import failed
from wagtail_personalise_gov.core.geography import GEO_PRESETS, Place
from wagtail_personalise_gov.testing import GeoProviderContract
from wagtail_personalise_gov.visit.geo import GeoProvider, HeaderGeo, MaxMindGeo


class TestNetworkGeo(GeoProviderContract):
    provider = NetworkGeo()

    def known_request(self) -> HttpRequest:
        return RequestFactory().get("/", REMOTE_ADDR="192.0.2.7")


class TestMaxMindGeo(GeoProviderContract):
    @pytest.fixture(autouse=True)
    def provider_of_a_file(self, mmdb: Path, configure: Any) -> None:
        configure(GEO_DATABASE=mmdb)
        self.provider = MaxMindGeo()

    def known_request(self) -> HttpRequest:
        return RequestFactory().get("/", REMOTE_ADDR="2.125.160.216")


class TestMaxMindGeoBehindAProxy(TestMaxMindGeo):
    @pytest.fixture(autouse=True)
    def proxy(self, configure: Any) -> None:
        configure(TRUSTED_PROXIES=["10.0.0.0/8"])

    def known_request(self) -> HttpRequest:
        return RequestFactory().get("/", headers={"X-Forwarded-For": "89.160.20.112"}, REMOTE_ADDR="10.0.0.1")


@pytest.mark.parametrize("preset", GEO_PRESETS)
class TestHeaderGeo(GeoProviderContract):
    provider = HeaderGeo()

    @pytest.fixture(autouse=True)
    def network(self, preset: str, configure: Any) -> None:
        configure(GEO_HEADERS=preset, TRUSTED_PROXIES=["10.0.0.0/8"])
        self.country = GEO_PRESETS[preset]["country"]

    def known_request(self) -> HttpRequest:
        return RequestFactory().get("/", headers={self.country: "GB"}, REMOTE_ADDR="10.0.0.1")


# Providers that don't keep it


class OfficeGeo(GeoProvider):
    """A sound one, on which the others are built: a header names a town."""

    varies_on = frozenset({"X-Office"})

    def place(self, request: HttpRequest) -> Place | None:
        return Place(country="GB", city="Hilltop") if request.headers.get("X-Office") == "depot" else None


class Raises(OfficeGeo):
    def place(self, request: HttpRequest) -> Place | None:
        return super().place(request) if request.META["REMOTE_ADDR"] else None


class RaisesForOddHeaders(OfficeGeo):
    def place(self, request: HttpRequest) -> Place | None:
        request.headers.get("X-Office", "").encode("ascii")
        return super().place(request)


class ReadsAnUndeclaredHeader(OfficeGeo):
    varies_on = frozenset()


class ReadsAnUndeclaredCookie(OfficeGeo):
    def place(self, request: HttpRequest) -> Place | None:
        return Place(city="Riverside") if "ward" in request.COOKIES else super().place(request)


class LooksAtEveryHeader(OfficeGeo):
    def place(self, request: HttpRequest) -> Place | None:
        return Place(country="FR") if "FR" in list(request.headers.values()) else super().place(request)


class GivesACode(OfficeGeo):
    def place(self, request: HttpRequest) -> Any:
        return super().place(request) and "GB"


class GivesAList(OfficeGeo):
    def place(self, request: HttpRequest) -> Place | None:
        return Place(subdivisions=["GB-ENG"]) if super().place(request) else None  # type: ignore[arg-type]


class GivesACountrysName(OfficeGeo):
    def place(self, request: HttpRequest) -> Place | None:
        return Place(country="England")


class KnowsNothing(OfficeGeo):
    def place(self, request: HttpRequest) -> Place | None:
        return None


class Changes(OfficeGeo):
    asked = 0

    def place(self, request: HttpRequest) -> Place | None:
        self.asked += 1
        return Place(country="GB", city=f"Town {self.asked}")


class NamesAKeyOfMeta(OfficeGeo):
    varies_on = frozenset({"HTTP_X_OFFICE"})


class Logs(OfficeGeo):
    def place(self, request: HttpRequest) -> Place | None:
        logging.getLogger("council.geo").debug("asked for %s", request.META.get("REMOTE_ADDR"))
        return super().place(request)


class OneAtATime(OfficeGeo):
    """Keeps the request that it is asked for where other threads change it."""

    def place(self, request: HttpRequest) -> Place | None:
        self.office = request.headers.get("X-Office")
        threading.Event().wait(0.0001)
        return Place(city=self.office) if self.office else None


def known_request(case: Any) -> HttpRequest:
    return RequestFactory().get("/", headers={"X-Office": "depot"}, REMOTE_ADDR="192.0.2.7")


def test_a_provider_of_anybodys_that_keeps_the_contract_passes() -> None:
    assert not failed(GeoProviderContract, provider=OfficeGeo(), known_request=known_request)


@pytest.mark.parametrize(
    "provider, test",
    [
        (Raises, "test_odd_requests_get_an_answer"),
        (RaisesForOddHeaders, "test_odd_requests_get_an_answer"),
        (ReadsAnUndeclaredHeader, "test_no_other_header_is_read"),
        (ReadsAnUndeclaredCookie, "test_no_other_header_is_read"),
        (LooksAtEveryHeader, "test_no_other_header_changes_the_answer"),
        (GivesACode, "test_odd_requests_get_an_answer"),
        (GivesAList, "test_odd_requests_get_an_answer"),
        (GivesACountrysName, "test_a_known_place_is_told"),
        (KnowsNothing, "test_a_known_place_is_told"),
        (Changes, "test_the_same_request_has_the_same_place"),
        (NamesAKeyOfMeta, "test_varies_on_names_headers"),
        (Logs, "test_no_address_is_logged"),
        (OneAtATime, "test_several_threads_may_ask_at_once"),
    ],
)
def test_a_provider_that_does_not_keep_it_fails(provider: type[GeoProvider], test: str) -> None:
    assert test in failed(GeoProviderContract, provider=provider(), known_request=known_request)


def test_a_request_of_a_known_place_must_be_given() -> None:
    assert "test_a_known_place_is_told" in failed(GeoProviderContract, provider=OfficeGeo())
