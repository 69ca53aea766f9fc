"""From a record of a geo database to a `Place`, whoever made the database.

A record is other people's data, of any shape: whatever is not as it should be is unknown, and nothing raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.geography import (
    Place,
    continent_in,
    country_in,
    in_european_union,
    point_at,
    subdivision_in,
)

MAX_SUBDIVISIONS = 8  # looked at; real records have two


def place_of_record(record: object) -> Place | None:
    """The place in a record; None for what is no record. Never raises.

    Known are MaxMind's shape, DB-IP Lite's (the same, with names in place of codes) and flat ones (``country_code``,
    ``state1``). The country is never taken from ``registered_country``, which is where the address was registered, nor
    from ``represented_country``, which is whose embassy or army it serves.
    """
    if not isinstance(record, Mapping):
        return None
    nested, continent = _mapping(record, "country"), _mapping(record, "continent")
    country = country_in(_text(nested, "iso_code") or _text(record, "country") or _text(record, "country_code"))
    # The flag is absent outside the Union at MaxMind, and everywhere in databases that have none.
    flag = nested.get("is_in_european_union")
    return Place(
        continent=continent_in(_text(continent, "code") or _text(record, "continent")),
        country=country,
        subdivisions=_subdivisions(record, country),
        city=_name(_mapping(record, "city")) or _text(record, "city") or None,
        postcode=_text(_mapping(record, "postal"), "code") or _text(record, "postcode") or None,
        point=_point(_mapping(record, "location")) or _point(record),
        eu=flag if country and isinstance(flag, bool) else in_european_union(country),
    )


def _subdivisions(record: Mapping[Any, Any], country: str | None) -> tuple[str, ...]:
    """ISO 3166-2 codes and English names, the largest first."""
    listed = record.get("subdivisions")
    found: list[str | None] = []
    for item in listed[:MAX_SUBDIVISIONS] if isinstance(listed, list | tuple) else ():
        if isinstance(item, Mapping):
            found += subdivision_in(_text(item, "iso_code"), country), _name(item)
    for state in (_text(record, "state1"), _text(record, "state2")):
        # Names here. "Var" is a name, though a short one; "CA" would be a code.
        found.append(subdivision_in(state, country) if state.isupper() else state)
    return tuple(dict.fromkeys(filter(None, found)))


def _point(record: Mapping[Any, Any]) -> tuple[float, float, float | None] | None:
    latitude, longitude = _number(record, "latitude"), _number(record, "longitude")
    if latitude is None or longitude is None:
        return None
    return point_at(latitude, longitude, _number(record, "accuracy_radius"))


def _name(record: Mapping[Any, Any]) -> str:
    return _text(_mapping(record, "names"), "en")


def _mapping(record: Mapping[Any, Any], key: str) -> Mapping[Any, Any]:
    value = record.get(key)
    return value if isinstance(value, Mapping) else {}


def _text(record: Mapping[Any, Any], key: str) -> str:
    value = record.get(key)
    return value.strip() if isinstance(value, str) else ""


def _number(record: Mapping[Any, Any], key: str) -> float | None:
    """A number, also one that is written as text, as flat databases do."""
    value = record.get(key)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
