"""Places: their codes, the headers in which content delivery networks tell them, and whom to credit."""

import dataclasses
import re
from typing import Any

import pycountry
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagtail_personalise_gov.core.geography import (
    ATTRIBUTIONS,
    EU_MEMBERS,
    EU_PARTS,
    GEO_PRESETS,
    LIKE_TWO_CODES,
    PARTS,
    PERCENT_ENCODED,
    UNKNOWN_COUNTRIES,
    Place,
    attribution_of,
    continent_in,
    country_in,
    in_european_union,
    point_at,
    subdivision_in,
)

CODES = [subdivision.code for subdivision in pycountry.subdivisions]

# Headers


@pytest.mark.parametrize("network", GEO_PRESETS)
def test_a_preset_names_a_header_for_parts_of_a_place(network: str) -> None:
    headers = GEO_PRESETS[network]
    assert set(headers) <= set(PARTS)
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
        ("appengine", "point", "X-Appengine-CityLatLong"),
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


def test_headers_that_are_encoded_are_headers_of_a_preset() -> None:
    known = {header.lower() for preset in GEO_PRESETS.values() for header in preset.values()}
    assert known >= PERCENT_ENCODED


# Codes


def test_every_part_of_a_place_is_unknown_at_first() -> None:
    assert not any(dataclasses.asdict(Place()).values())
    assert {field.name for field in dataclasses.fields(Place)} == set(PARTS) - {"latitude", "longitude"} | {"eu"}


@pytest.mark.parametrize(
    "text, code",
    [
        ("GB", "GB"),
        (" gb ", "GB"),
        ("GBR", None),
        ("G", None),
        ("4B", None),
        ("", None),
        ("XX", None),
        ("zz", None),
        ("T1", None),
        ("ß", None),  # in capitals it would be South Sudan
        ("ﬁ", None),  # one letter, and in capitals Finland
    ],
)
def test_a_country_is_a_code_of_two_letters(text: str, code: str | None) -> None:
    assert country_in(text) == code


@pytest.mark.parametrize("text, code", [("EU", "EU"), ("na", "NA"), ("T1", None), ("XX", None), ("Europe", None)])
def test_a_continent_is_one_of_seven_codes(text: str, code: str | None) -> None:
    assert continent_in(text) == code


@pytest.mark.parametrize(
    "text, country, told",
    [
        ("us-ca", "US", "US-CA"),
        ("ca", "US", "US-CA"),
        ("CA", "US", "US-CA"),
        ("USCA", "US", "US-CA"),  # Google
        ("CAON", "CA", "CA-ON"),
        ("SEE", "SE", "SE-E"),
        ("AT9", "AT", "AT-9"),
        ("GB-ENG", "GB", "GB-ENG"),
        ("ENG", "GB", "GB-ENG"),
        ("GBENG", "GB", "GB-ENG"),
        ("GB-ENG", None, "GB-ENG"),
        ("ENG", None, None),  # of which country?
        ("US-CA", "FR", None),  # one of them is wrong
        ("MAR", "MA", "MA-MAR"),  # not Morocco's "R"
        ("England", "GB", "England"),
        ("Utah", "US", "Utah"),
        ("Usak", "US", "Usak"),  # a name, though it begins as the country's code does
        ("Île-de-France", "FR", "Île-de-France"),
        (" England ", "GB", "England"),
        ("", "GB", None),
        ("GB", "GB", "GB-GB"),
    ],
)
def test_a_subdivision_is_a_code_or_a_name(text: str, country: str | None, told: str | None) -> None:
    assert subdivision_in(text, country) == told


def test_every_code_of_iso_3166_2_is_understood_in_each_way_of_writing_it() -> None:
    assert len(CODES) > 4000
    for code in CODES:
        country, part = code.split("-")
        assert {subdivision_in(text, country) for text in (code, code.lower(), part, part.lower())} == {code}
        assert subdivision_in(country + part, country) == code


def test_the_codes_that_look_like_two_are_those_of_iso_3166_2() -> None:
    assert {code for code in CODES if len(code) == 6 and code[:2] == code[3:5]} == LIKE_TWO_CODES


@given(text=st.text(), country=st.sampled_from([None, "GB", "US"]))
def test_any_text_is_a_subdivision_or_none(text: str, country: str | None) -> None:
    told = subdivision_in(text, country)
    assert told is None or told.strip() == told != ""


def test_the_union_has_27_members_which_iso_knows() -> None:
    assert len(EU_MEMBERS) == 27
    assert not EU_MEMBERS & EU_PARTS
    assert all(pycountry.countries.get(alpha_2=code) for code in EU_MEMBERS | EU_PARTS)


@pytest.mark.parametrize(
    "country, answer",
    [
        ("FR", True),
        ("HR", True),  # the last that joined, in 2013
        ("GR", True),  # "EL" is only what the Union itself writes
        ("RE", True),  # Réunion is France
        ("GB", False),  # left in 2020
        ("CH", False),
        ("NC", False),  # New Caledonia is French, and not in the Union
        (None, None),
    ],
)
def test_whether_a_country_is_in_the_union(country: str | None, answer: bool | None) -> None:
    assert in_european_union(country) is answer


@pytest.mark.parametrize(
    "numbers, point",
    [
        ((51.5, -0.1), (51.5, -0.1, None)),
        ((-90, 180), (-90, 180, None)),
        ((51.5, -0.1, 10), (51.5, -0.1, 10)),
        ((51.5, -0.1, 0), (51.5, -0.1, None)),
        ((51.5, -0.1, -3), (51.5, -0.1, None)),
        ((51.5, -0.1, float("inf")), None),  # anywhere on Earth
        ((51.5, -0.1, 30_000), None),
        ((51.5, -0.1, float("nan")), (51.5, -0.1, None)),
        ((90.1, 0), None),
        ((0, -180.1), None),
        ((float("nan"), 0), None),
        ((0, float("nan")), None),
    ],
)
def test_a_point_is_somewhere_on_earth(numbers: Any, point: Any) -> None:
    assert point_at(*numbers) == point


# Credits


@pytest.mark.parametrize(
    "database_type, words, url",
    [
        ("GeoLite2-City", "GeoLite Data created by MaxMind", "https://www.maxmind.com"),
        ("GeoLite2-Country", "GeoLite Data created by MaxMind", "https://www.maxmind.com"),
        ("GeoIP2-City", "GeoIP2 Data created by MaxMind", "https://www.maxmind.com"),
        ("DBIP-City-Lite", "IP Geolocation by DB-IP", "https://db-ip.com"),
        ("DBIP-City-Lite (compat=City)", "IP Geolocation by DB-IP", "https://db-ip.com"),
        ("dbip-city-ipv4", "IP Geolocation by DB-IP", "https://db-ip.com"),
        ("IP2LITE-DB11", "IP2Location LITE data", "https://lite.ip2location.com"),
    ],
)
def test_a_database_is_credited_as_its_licence_asks(database_type: str, words: str, url: str) -> None:
    credit = attribution_of(database_type)
    assert credit is not None
    assert words in credit.text
    assert credit.url == url


@pytest.mark.parametrize("database_type", ["", "Test", "Northmoor-Demo-City", "My-GeoLite2-City"])
def test_a_database_of_nobody_we_know_is_not_credited(database_type: str) -> None:
    assert attribution_of(database_type) is None


def test_credits_lead_to_a_secure_address() -> None:
    assert all(credit.text and credit.url.startswith("https://") for credit in ATTRIBUTIONS.values())
