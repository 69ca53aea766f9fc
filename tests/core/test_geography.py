"""Places, and the headers in which content delivery networks tell them."""

import dataclasses
import re

import pytest

from wagtail_personalise_gov.core.geography import GEO_PRESETS, UNKNOWN_COUNTRIES, Place

# The parts of a place that a header can tell; a point comes as its two numbers.
PARTS = {"continent", "country", "subdivisions", "city", "postcode", "latitude", "longitude"}


@pytest.mark.parametrize("network", GEO_PRESETS)
def test_a_preset_names_a_header_for_parts_of_a_place(network: str) -> None:
    headers = GEO_PRESETS[network]
    assert set(headers) <= PARTS
    assert "country" in headers
    assert ("latitude" in headers) == ("longitude" in headers)
    assert len(set(headers.values())) == len(headers)
    assert all(re.fullmatch(r"[A-Za-z0-9-]+", header) for header in headers.values())


@pytest.mark.parametrize(
    "network, part, header",
    [
        ("cloudflare", "country", "CF-IPCountry"),
        ("cloudflare", "subdivisions", "CF-Region-Code"),
        ("cloudflare", "postcode", "CF-Postal-Code"),
        ("cloudfront", "country", "CloudFront-Viewer-Country"),
        ("cloudfront", "subdivisions", "CloudFront-Viewer-Country-Region"),
        ("cloudfront", "postcode", "CloudFront-Viewer-Postal-Code"),
        ("appengine", "country", "X-Appengine-Country"),
        ("appengine", "subdivisions", "X-Appengine-Region"),
        ("vercel", "country", "X-Vercel-IP-Country"),
        ("vercel", "subdivisions", "X-Vercel-IP-Country-Region"),
        ("vercel", "postcode", "X-Vercel-IP-Postal-Code"),
    ],
)
def test_the_headers_are_those_that_the_networks_document(network: str, part: str, header: str) -> None:
    assert GEO_PRESETS[network][part] == header


@pytest.mark.parametrize(
    "code",
    [
        "",  # no header at all
        "XX",  # Cloudflare: no country known
        "T1",  # Cloudflare: the Tor network
        "ZZ",  # App Engine: not found
    ],
)
def test_what_networks_send_for_no_country_is_no_country(code: str) -> None:
    assert code in UNKNOWN_COUNTRIES


def test_every_part_of_a_place_is_unknown_at_first() -> None:
    assert not any(dataclasses.asdict(Place()).values())
    assert {field.name for field in dataclasses.fields(Place)} == PARTS - {"latitude", "longitude"} | {"point", "eu"}
