"""Places as content delivery networks tell them: by their presets, by a mapping of one's own, in any bytes."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client, RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from tests.agency.models import AgencyPage
from wagtail_personalise_gov.core.geography import GEO_PRESETS, PARTS, Place
from wagtail_personalise_gov.visit.geo import HeaderGeo, geo_provider
from wagtail_personalise_gov.visit.geo_headers import header_text, place_in_headers

Configure = Callable[..., None]

HEADER_GEO = "wagtail_personalise_gov.visit.geo.HeaderGeo"
CDN, STRANGER = "10.0.0.1", "203.0.113.9"
FASTLY = {  # the names are the operator's, who writes them in VCL
    "continent": "X-Fastly-Continent",
    "country": "X-Fastly-Country-Code",
    "subdivisions": "X-Fastly-Region",
    "city": "X-Fastly-City",
    "postcode": "X-Fastly-Postal-Code",
    "latitude": "X-Fastly-Latitude",
    "longitude": "X-Fastly-Longitude",
}
GOOGLE = {  # a load balancer's custom headers
    "country": "X-Client-Region",
    "subdivisions": "X-Client-Region-Subdivision",
    "city": "X-Client-City",
    "point": "X-Client-City-Lat-Long",
}


@pytest.fixture
def believe(configure: Configure) -> Callable[[Any], None]:
    """``believe("vercel")``: those headers tell places, and 10.0.0.0/8 is believed."""
    return lambda headers: configure(GEO_PROVIDER=HEADER_GEO, GEO_HEADERS=headers, TRUSTED_PROXIES=["10.0.0.0/8"])


def place_told(rf: RequestFactory, headers: dict[str, str], address: str = CDN) -> Place | None:
    return geo_provider().place(rf.get("/", headers=headers, REMOTE_ADDR=address))


def as_a_server_has_it(text: str, encoding: str = "utf-8") -> str:
    """A header's bytes as WSGI and ASGI hand them over: each one Latin-1 character."""
    return text.encode(encoding).decode("latin-1")


@pytest.mark.parametrize(
    "preset, headers, expected",
    [
        (
            "cloudflare",
            {"CF-IPCountry": "gb", "CF-Region-Code": "ENG", "CF-IPCity": "London", "CF-IPLatitude": "51.5",
             "CF-IPLongitude": "-0.1", "CF-IPContinent": "EU", "CF-Postal-Code": "SW1"},
            Place("EU", "GB", ("GB-ENG",), "London", "SW1", (51.5, -0.1, None), False),
        ),
        (
            "cloudfront",
            {"CloudFront-Viewer-Country": "US", "CloudFront-Viewer-Country-Region": "WA",
             "CloudFront-Viewer-City": "Milton", "CloudFront-Viewer-Postal-Code": "98354",
             "CloudFront-Viewer-Latitude": "47.25130", "CloudFront-Viewer-Longitude": "-122.31490"},
            Place(None, "US", ("US-WA",), "Milton", "98354", (47.2513, -122.3149, None), False),
        ),
        (
            "appengine",
            {"X-Appengine-Country": "GB", "X-Appengine-Region": "eng", "X-Appengine-City": "newcastle upon tyne",
             "X-Appengine-CityLatLong": "54.978252,-1.617780"},
            Place(None, "GB", ("GB-ENG",), "newcastle upon tyne", None, (54.978252, -1.61778, None), False),
        ),
        (
            "vercel",
            {"X-Vercel-IP-Continent": "EU", "X-Vercel-IP-Country": "SE", "X-Vercel-IP-Country-Region": "E",
             "X-Vercel-IP-City": "Link%C3%B6ping", "X-Vercel-IP-Latitude": "58.4167",
             "X-Vercel-IP-Longitude": "15.6167"},
            Place("EU", "SE", ("SE-E",), "Linköping", None, (58.4167, 15.6167, None), True),
        ),
        (
            FASTLY,
            {"X-Fastly-Continent": "NA", "X-Fastly-Country-Code": "CA", "X-Fastly-Region": "ON",
             "X-Fastly-City": "toronto", "X-Fastly-Postal-Code": "m5v", "X-Fastly-Latitude": "43.650",
             "X-Fastly-Longitude": "-79.380"},
            Place("NA", "CA", ("CA-ON",), "toronto", "m5v", (43.65, -79.38, None), False),
        ),
        (
            GOOGLE,
            {"X-Client-Region": "US", "X-Client-Region-Subdivision": "USCA", "X-Client-City": "Mountain View",
             "X-Client-City-Lat-Long": "37.386051,-122.083851"},
            Place(None, "US", ("US-CA",), "Mountain View", None, (37.386051, -122.083851, None), False),
        ),
        ({"country": "X-Country"}, {"X-Country": "FR", "CF-IPCountry": "GB"}, Place(country="FR", eu=True)),
    ],
    ids=["cloudflare", "cloudfront", "appengine", "vercel", "Fastly", "Google", "only what is named"],
)  # fmt: skip
def test_places_in_headers(
    rf: RequestFactory, believe: Callable[[Any], None], preset: Any, headers: dict[str, str], expected: Place
) -> None:
    believe(preset)
    assert place_told(rf, headers) == expected
    assert place_told(rf, headers, STRANGER) is None  # the same words, from anybody
    assert place_told(rf, {}) == Place()


@pytest.mark.parametrize("code", ["XX", "T1", "ZZ", "xx", "t1"])
def test_a_network_that_cannot_tell_the_country_is_believed_nothing_else(code: str) -> None:
    """By Tor the town would be that of the exit."""
    told = {"country": code, "continent": "EU", "subdivisions": "BE", "city": "Berlin", "point": "52.5,13.4"}
    assert place_in_headers(told) == Place()
    assert place_in_headers({**told, "country": "DE"}).city == "Berlin"


@pytest.mark.parametrize("code", ["GBR", "G", "G1", "United Kingdom", "GB,US", "ß", "ﬁ", "**"])
def test_a_country_is_two_letters(code: str) -> None:
    place = place_in_headers({"country": code, "subdivisions": "ENG", "city": "London"})
    assert (place.country, place.eu, place.subdivisions, place.city) == (None, None, (), "London")


@pytest.mark.parametrize("word", ["", "?", "-", "unknown", "Unknown", "(null)", " "])
@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_a_network_cannot_tell_is_unknown_and_the_others_are_not(part: str, word: str) -> None:
    told = {"country": "GB", "city": "London", part: header_text("X-Part", word)}
    place = place_in_headers(told)
    assert place.country == ("GB" if part != "country" else None)
    assert place.city == ("London" if part != "city" else None)
    assert (place.continent, place.subdivisions, place.postcode, place.point) == (None, (), None, None)


@pytest.mark.parametrize(
    "told, expected",
    [
        ({"latitude": "51.5", "longitude": "-0.1"}, (51.5, -0.1, None)),
        ({"latitude": "0", "longitude": "32.5"}, (0, 32.5, None)),  # on the equator
        ({"point": "51.5,-0.1"}, (51.5, -0.1, None)),
        ({"point": "51.5, -0.1"}, (51.5, -0.1, None)),
        ({"point": "51.5"}, None),
        ({"point": "51.5,-0.1,7"}, None),
        ({"point": "51.5;-0.1"}, None),
        ({"point": "0.000000,0.000000"}, None),  # nobody lives there: "can't tell"
        ({"latitude": "0.000", "longitude": "0.000"}, None),  # Fastly, of a reserved address
        ({"latitude": "91", "longitude": "0"}, None),
        ({"latitude": "0", "longitude": "181"}, None),
        ({"latitude": "999.900", "longitude": "999.900"}, None),
        ({"latitude": "nan", "longitude": "0"}, None),
        ({"latitude": "inf", "longitude": "0"}, None),
        ({"latitude": "north", "longitude": "0"}, None),
        ({"latitude": "51.5"}, None),
    ],
)
def test_a_point_is_somewhere_on_earth(told: dict[str, str], expected: Any) -> None:
    assert place_in_headers(told).point == expected


def test_a_postcode_of_zeros_is_none() -> None:
    assert place_in_headers({"country": "US", "postcode": "0"}).postcode is None  # Fastly's "can't tell"
    assert place_in_headers({"country": "US", "postcode": "02134"}).postcode == "02134"


@pytest.mark.parametrize(
    "header, value, text",
    [
        ("CF-IPCity", as_a_server_has_it("München"), "München"),
        ("CF-IPCity", as_a_server_has_it("Linköping"), "Linköping"),
        ("X-City", as_a_server_has_it("Łódź"), "Łódź"),
        ("X-City", as_a_server_has_it("東京"), "東京"),
        ("X-City", as_a_server_has_it("München", "latin-1"), "München"),  # what is no UTF-8 was Latin-1
        ("X-City", "Łódź", "Łódź"),  # from a test's client, which has texts and no bytes
        ("X-Vercel-IP-City", "S%C3%A3o%20Paulo", "São Paulo"),
        ("x-vercel-ip-city", "Link%c3%b6ping", "Linköping"),
        ("X-Vercel-IP-City", as_a_server_has_it("São Paulo"), "São Paulo"),  # not encoded after all
        ("X-Vercel-IP-City", "100% Pure", "100% Pure"),
        ("X-Vercel-IP-City", "Link%F6ping", ""),  # encoded, but not as UTF-8
        ("X-Vercel-IP-City", "A%0AB", ""),
        ("CloudFront-Viewer-City", "K%C3%B8benhavn", "København"),
        ("CF-IPCity", "A%20B", "A%20B"),  # Cloudflare encodes nothing
        ("X-City", "  London ", "London"),
        ("X-City", "Lon\x00don", ""),
        ("X-City", "\x80\x81", ""),
        ("X-City", "x" * 301, ""),
    ],
)
def test_the_bytes_of_a_header_become_a_name(header: str, value: str, text: str) -> None:
    assert header_text(header, value) == text


@given(parts=st.dictionaries(st.sampled_from(PARTS), st.text()), header=st.sampled_from(["X-Vercel-IP-City", "X-City"]))
def test_whatever_headers_say_is_a_place_of_the_right_shape(parts: dict[str, str], header: str) -> None:
    place = place_in_headers({part: header_text(header, text) for part, text in parts.items()})
    assert place.country is None or (place.country.isascii() and place.country.isupper() and len(place.country) == 2)
    assert place.city is None or place.city.strip() == place.city != ""
    assert place.eu is None or place.country
    assert all(place.subdivisions)
    if place.point:
        assert abs(place.point[0]) <= 90
        assert abs(place.point[1]) <= 180


def test_without_trusted_proxies_no_header_is_believed(rf: RequestFactory, configure: Configure) -> None:
    configure(GEO_PROVIDER=HEADER_GEO, GEO_HEADERS="cloudflare", TRUSTED_PROXIES=[])
    assert place_told(rf, {"CF-IPCountry": "GB"}, "127.0.0.1") is None


def test_a_visitor_in_the_country_sees_its_version_and_others_do_not(
    client: Client, flood_page: AgencyPage, believe: Callable[[Any], None]
) -> None:
    believe(FASTLY)

    def words(country: str, address: str = CDN) -> str:
        return client.get("/flood/", headers={"X-Fastly-Country-Code": country}, REMOTE_ADDR=address).content.decode()

    assert "Sandbags" in words("GB")
    assert "Sandbags" not in words("SE")
    assert "Sandbags" not in words("?")
    assert "Sandbags" not in words("GB", STRANGER)


def test_visitors_who_come_at_once_are_each_where_their_own_headers_say(
    rf: RequestFactory, believe: Callable[[Any], None]
) -> None:
    believe(FASTLY)
    provider, wrong = geo_provider(), []

    def visit(country: str) -> None:
        headers = {"X-Fastly-Country-Code": country, "X-Fastly-Region": "A", "X-Fastly-City": f"Town in {country}"}
        request = rf.get("/", headers=headers, REMOTE_ADDR=CDN)
        wanted = Place(country=country, subdivisions=(f"{country}-A",), city=f"Town in {country}", eu=country == "SE")
        wrong.extend(place for _ in range(300) if (place := provider.place(request)) != wanted)

    threads = [threading.Thread(target=visit, args=(country,)) for country in ("GB", "SE", "US", "CA")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("preset", GEO_PRESETS)
def test_a_page_varies_on_the_headers_that_tell_places(configure: Configure, preset: str) -> None:
    configure(GEO_PROVIDER=HEADER_GEO, GEO_HEADERS=preset)
    provider = geo_provider()
    assert isinstance(provider, HeaderGeo)
    assert provider.varies_on == set(GEO_PRESETS[preset].values())
