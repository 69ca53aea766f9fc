"""Places, and the headers in which content delivery networks tell them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
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


# What CDNs send for "can't tell" and for Tor; after the headers' own documentation.
UNKNOWN_COUNTRIES = frozenset({"", "XX", "T1", "ZZ"})

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
