"""Places: what is known of one, how its codes are written, in which headers networks tell it, and whom to credit.

The tables here are other people's facts; each says whose, and of when.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .quiet import Quiet


@dataclass(frozen=True, slots=True, repr=False)
class Place(Quiet):
    """Where a request seems to come from. A part that is None or empty is unknown.

    `point` is (latitude, longitude, accuracy radius in km or None). It never leaves the request.
    """

    continent: str | None = None  # "EU", "NA", …
    country: str | None = None  # ISO 3166-1 alpha-2
    subdivisions: tuple[str, ...] = ()  # ISO 3166-2, such as "GB-ENG", the largest first; English names too
    city: str | None = None  # English name
    postcode: str | None = None
    point: tuple[float, float, float | None] | None = None
    eu: bool | None = None


# Codes

CONTINENTS = frozenset({"AF", "AN", "AS", "EU", "NA", "OC", "SA"})

# What CDNs send for "can't tell" and for Tor; after the headers' own documentation.
UNKNOWN_COUNTRIES = frozenset({"", "XX", "T1", "ZZ"})

# The member states: https://european-union.europa.eu/principles-countries-history/eu-countries_en
# 27 since 1 February 2020, when the United Kingdom left. MaxMind's edition of 4 February 2026 flags the same.
EU_MEMBERS = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905
)
# Parts of members that have a country code of their own: the outermost regions (TFEU, articles 349 and 355(1)), which
# are France's here since Portugal's and Spain's have none, and Åland (355(4)).
EU_PARTS = frozenset({"AX", "GF", "GP", "MF", "MQ", "RE", "YT"})

COUNTRY = re.compile(r"[A-Z]{2}")
SUBDIVISION = re.compile(r"[A-Z0-9]{1,3}")  # the part after the country; ISO 3166-2 knows none that is longer
WHOLE_SUBDIVISION = re.compile(r"([A-Z]{2})-([A-Z0-9]{1,3})")
# The three of three letters that begin with their own country's code, and so look like two codes in one.
LIKE_TWO_CODES = frozenset({"CO-COR", "IS-ISA", "MA-MAR"})

MAX_RADIUS = 20_038  # km, half way round the Earth


def country_in(text: str) -> str | None:
    """The ISO 3166-1 code that a text is, in capitals; None for what is no code, or says that nobody knows."""
    code = _capitals(text)
    return code if COUNTRY.fullmatch(code) and code not in UNKNOWN_COUNTRIES else None


def continent_in(text: str) -> str | None:
    """The code of a continent that a text is, in capitals, or None."""
    code = _capitals(text)
    return code if code in CONTINENTS else None


def subdivision_in(text: str, country: str | None) -> str | None:
    """What a text says of a nation, region or county: its ISO 3166-2 code, else the name as it stands, or None.

    In the United States ``us-ca``, ``ca`` and Google's ``USCA`` are all "US-CA". A code without its country says
    nothing, nor does one of another country than the one that was told with it.
    """
    text = text.strip()
    code = _capitals(text)
    if whole := WHOLE_SUBDIVISION.fullmatch(code):
        return code if country in (None, whole[1]) else None
    # Google joins the two codes. Only in capitals: "Utah" is a name, wherever it is.
    joined = country and text == code and code.startswith(country) and SUBDIVISION.fullmatch(code[2:])
    if joined and len(code) > 2 and f"{country}-{code}" not in LIKE_TWO_CODES:
        return f"{country}-{code[2:]}"
    if SUBDIVISION.fullmatch(code):
        return f"{country}-{code}" if country else None
    return text or None


def _capitals(text: str) -> str:
    """A code in capitals; "" for what no code is written in ("ß" in capitals would be South Sudan)."""
    return text.strip().upper() if text.isascii() else ""


def in_european_union(country: str | None) -> bool | None:
    """Whether a country is in the European Union, by its code; None for no country."""
    return None if country is None else country in EU_MEMBERS or country in EU_PARTS


def point_at(
    latitude: float, longitude: float, radius_km: float | None = None
) -> tuple[float, float, float | None] | None:
    """A point, or None for what is nowhere on Earth (or no number at all)."""
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):  # not for NaN either
        return None
    if radius_km is not None and radius_km > MAX_RADIUS:
        return None  # anywhere on Earth; without its radius it would pass for exact
    return latitude, longitude, radius_km if radius_km is not None and 0 < radius_km <= MAX_RADIUS else None


# Headers

# What a header can tell of a place. A point comes as two numbers, or as both in one: "51.5,-0.1".
PARTS = ("continent", "country", "subdivisions", "city", "postcode", "latitude", "longitude", "point")

# Part of a place → header, as each network documents it.
GEO_PRESETS: dict[str, dict[str, str]] = {
    "cloudflare": {
        "continent": "CF-IPContinent",
        "country": "CF-IPCountry",
        "subdivisions": "CF-Region-Code",
        "city": "CF-IPCity",
        "postcode": "CF-Postal-Code",
        "latitude": "CF-IPLatitude",
        "longitude": "CF-IPLongitude",
    },
    "cloudfront": {
        "country": "CloudFront-Viewer-Country",
        "subdivisions": "CloudFront-Viewer-Country-Region",
        "city": "CloudFront-Viewer-City",
        "postcode": "CloudFront-Viewer-Postal-Code",
        "latitude": "CloudFront-Viewer-Latitude",
        "longitude": "CloudFront-Viewer-Longitude",
    },
    "appengine": {
        "country": "X-Appengine-Country",
        "subdivisions": "X-Appengine-Region",
        "city": "X-Appengine-City",
        "point": "X-Appengine-CityLatLong",
    },
    "vercel": {
        "continent": "X-Vercel-IP-Continent",
        "country": "X-Vercel-IP-Country",
        "subdivisions": "X-Vercel-IP-Country-Region",
        "city": "X-Vercel-IP-City",
        "postcode": "X-Vercel-IP-Postal-Code",
        "latitude": "X-Vercel-IP-Latitude",
        "longitude": "X-Vercel-IP-Longitude",
    },
}

# Headers whose network percent-encodes them, in small letters. Vercel encodes names of towns, spaces too; CloudFront
# what is not ASCII ("Add CloudFront request headers", Viewer location headers). Elsewhere a percent sign is itself.
PERCENT_ENCODED = frozenset({"x-vercel-ip-city", "cloudfront-viewer-city"})

# What stands for "can't tell" in any part, in small letters: "?" at App Engine and Fastly; "(null)" is what Fastly's
# language makes of a variable that is not set.
UNKNOWN_WORDS = frozenset({"", "?", "-", "unknown", "(null)"})


# Credits


@dataclass(frozen=True, slots=True)
class Attribution:
    """A credit that the licence of a source of places asks for. `url` is where it leads, or "" for nowhere."""

    text: str
    url: str = ""


# The beginning of a database's type, in small letters → the credit. Sources: the GeoLite End User License Agreement;
# the download pages of DB-IP Lite (CC BY 4.0) and IP2Location LITE (CC BY-SA 4.0). GeoIP2 is bought, and a contract may
# ask for no credit; visitors are still told whose data it is.
ATTRIBUTIONS: dict[str, Attribution] = {
    "geolite": Attribution(
        "This product includes GeoLite Data created by MaxMind, available from https://www.maxmind.com.",
        "https://www.maxmind.com",
    ),
    "geoip2": Attribution(
        "This product includes GeoIP2 Data created by MaxMind, available from https://www.maxmind.com.",
        "https://www.maxmind.com",
    ),
    "dbip": Attribution("IP Geolocation by DB-IP", "https://db-ip.com"),
    "ip2l": Attribution(  # "IP2LITE-…", "IP2Location-Lite-…"
        "This site or product includes IP2Location LITE data available from https://lite.ip2location.com.",
        "https://lite.ip2location.com",
    ),
}


def attribution_of(database_type: str) -> Attribution | None:
    """The credit that a database's licence asks for, by the type in its metadata; None where we know of none."""
    start = database_type.lower().replace("-", "")  # "DB-IP …" is DBIP too
    return next((credit for known, credit in ATTRIBUTIONS.items() if start.startswith(known)), None)
