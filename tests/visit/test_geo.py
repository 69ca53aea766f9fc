"""Where a visitor seems to be: by MaxMind's own test files, or by whatever provider is in force."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, RequestFactory

from tests.agency.models import AgencyPage
from tests.visit.answers import log_lines
from wagtail_personalise_gov.core.geography import Place
from wagtail_personalise_gov.visit import geo
from wagtail_personalise_gov.visit.geo import HeaderGeo, MaxMindGeo, geo_provider

Configure = Callable[..., None]


def place_of(address: str, rf: RequestFactory, **headers: str) -> Place | None:
    return geo_provider().place(rf.get("/", headers=headers, REMOTE_ADDR=address))


# MaxMind's files


@pytest.mark.parametrize(
    "address, expected",
    [
        (
            "2.125.160.216",  # registered in France, which must not count (requirement 87)
            Place(
                "EU",
                "GB",
                ("GB-ENG", "England", "GB-WBK", "West Berkshire"),
                "Boxford",
                "OX1",
                (51.75, -1.25, 100),
                False,
            ),
        ),
        ("81.2.69.142", Place("EU", "GB", ("GB-ENG", "England"), "London", None, (51.5142, -0.0931, 10), False)),
        (
            "216.160.83.56",  # registered in GB
            Place("NA", "US", ("US-WA", "Washington"), "Milton", "98354", (47.2513, -122.3149, 22), False),
        ),
        (
            "89.160.20.112",
            Place("EU", "SE", ("SE-E", "Östergötland County"), "Linköping", None, (58.4167, 15.6167, 76), True),
        ),
        ("67.43.156.1", Place("AS", "BT", (), None, None, (27.5, 90.5, 534), False)),  # missing keys are normal
        (
            "2001:480::1",
            Place("NA", "US", ("US-CA", "California"), "San Diego", "92101", (32.7203, -117.1552, 50), False),
        ),
    ],
)
def test_places_of_a_city_database(
    rf: RequestFactory, configure: Configure, mmdb: Path, address: str, expected: Place
) -> None:
    configure(GEO_DATABASE=mmdb)
    assert place_of(address, rf) == expected


@pytest.mark.parametrize("address", ["1.1.1.1", "127.0.0.1", "10.0.0.1", "::1", "", "nonsense", "1.2.3"])
def test_an_address_that_is_on_no_map_has_no_place(
    rf: RequestFactory, configure: Configure, mmdb: Path, address: str
) -> None:
    configure(GEO_DATABASE=mmdb)
    assert place_of(address, rf) is None


def test_an_ipv4_address_mapped_into_ipv6_is_found(rf: RequestFactory, configure: Configure, mmdb: Path) -> None:
    configure(GEO_DATABASE=mmdb)
    place = place_of("::ffff:81.2.69.142", rf)
    assert place is not None
    assert place.city == "London"


def test_a_country_database_knows_countries(rf: RequestFactory, configure: Configure, mmdb_folder: Any) -> None:
    configure(GEO_DATABASE=mmdb_folder / "GeoLite2-Country-Test.mmdb")
    place = place_of("2.125.160.216", rf)
    assert place is not None
    assert (place.country, place.eu, place.subdivisions, place.city, place.point) == ("GB", False, (), None, None)


# Providers


def test_a_provider_of_another_name_is_taken_at_once(configure: Configure) -> None:
    assert isinstance(geo_provider(), MaxMindGeo)
    configure(GEO_PROVIDER="wagtail_personalise_gov.visit.geo.HeaderGeo")
    assert isinstance(geo_provider(), HeaderGeo)


def test_a_provider_that_raises_is_unknown(
    client: Client, flood_page: AgencyPage, configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    configure(GEO_PROVIDER=f"{__name__}.FailingGeo")
    caplog.set_level(logging.DEBUG)
    for _ in range(2):
        answer = client.get("/flood/", REMOTE_ADDR="192.0.2.77")
        assert "Be ready" in answer.content.decode()
    (line,) = log_lines(caplog)
    assert "location.country" in line
    assert "192.0.2.77" not in caplog.text


class FailingGeo(geo.GeoProvider):
    def place(self, request: Any) -> Place | None:
        raise RuntimeError(f"no map has {request.META['REMOTE_ADDR']}")
