"""From what a network says in headers to a `Place`.

Headers are bytes that anything may have written; whatever is not as it should be is unknown, and nothing raises.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from ..core.geography import (
    PERCENT_ENCODED,
    UNKNOWN_COUNTRIES,
    UNKNOWN_WORDS,
    Place,
    continent_in,
    country_in,
    in_european_union,
    point_at,
    subdivision_in,
)

MAX_HEADER = 300  # characters; a longer one is no part of a place

ENCODED = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})+")  # a percent sign that begins no code: not encoded at all


def header_text(header: str, value: str) -> str:
    """The text of a header's value; "" for one that says nothing, or can't be read."""
    if len(value) > MAX_HEADER:
        return ""
    # A server hands over each byte as one Latin-1 character. Networks mean UTF-8; what is no UTF-8 was Latin-1.
    text = _utf8(value)
    if header.lower() in PERCENT_ENCODED and ENCODED.fullmatch(text):
        try:
            text = unquote(text, errors="strict")
        except UnicodeDecodeError:
            return ""
    text = text.strip()
    return text if text.isprintable() and text.lower() not in UNKNOWN_WORDS else ""


def place_in_headers(told: Mapping[str, str]) -> Place:
    """The place that the parts say: part → text, as `header_text` gives it. Never raises.

    A network that says it can't tell the country, or that the visitor uses Tor, knows nothing else of them either: the
    town would be that of the exit from Tor.
    """
    said = told.get("country", "")
    if said and said.upper() in UNKNOWN_COUNTRIES:
        return Place()
    country = country_in(said)
    region, postcode = subdivision_in(told.get("subdivisions", ""), country), told.get("postcode", "")
    return Place(
        continent=continent_in(told.get("continent", "")),
        country=country,
        subdivisions=(region,) if region else (),
        city=told.get("city") or None,
        postcode=postcode if postcode.strip("0") else None,  # "0" is Fastly's for "can't tell"
        point=_point(told),
        eu=in_european_union(country),
    )


def _utf8(text: str) -> str:
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text


def _point(told: Mapping[str, str]) -> tuple[float, float, float | None] | None:
    numbers = told["point"].split(",") if told.get("point") else (told.get("latitude", ""), told.get("longitude", ""))
    try:
        latitude, longitude = map(float, numbers)
    except ValueError:
        return None
    # Where both are 0 there is only sea: networks write it for "can't tell".
    return point_at(latitude, longitude) if latitude or longitude else None
