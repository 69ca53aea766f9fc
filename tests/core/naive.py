"""A second reading of conditions, straight from their JSON, to hold against the package's own.

Written from docs/reference/conditions.md, the slow and plain way, as another runtime might.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from zoneinfo import ZoneInfo

Answer = bool | None


def answer(condition: dict[str, Any], facts: Mapping[str, Any], segments: Mapping[str, dict[str, Any]]) -> Answer:
    """The answer of a condition; `segments` holds the conditions of all live segments, none inside itself."""
    if "all" in condition:
        answers = [answer(part, facts, segments) for part in condition["all"]]
        return False if not answers or False in answers else None if None in answers else True
    if "any" in condition:
        answers = [answer(part, facts, segments) for part in condition["any"]]
        return True if True in answers else None if None in answers else False
    if "not" in condition:
        return {True: False, False: True, None: None}[answer(condition["not"], facts, segments)]
    if "segment" in condition:
        slug = condition["segment"]
        return answer(segments[slug], facts, segments) if slug in segments else None
    name, value = condition["fact"], condition["value"]
    if name.startswith("request.query."):
        query = facts.get("request.query")
        known = query.get(name.removeprefix("request.query."), "") if isinstance(query, dict) else None
    else:
        known = facts.get(name)
    return OPERATORS[condition["op"]](known, value)


def number(thing: Any) -> bool:
    if type(thing) is int:
        return abs(thing) < 2**1023
    return type(thing) is float and thing - thing == 0  # neither infinite nor NaN


def same(left: Any, right: Any) -> Answer:
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    if (number(left) and number(right)) or (isinstance(left, bool) and isinstance(right, bool)):
        return bool(left == right)
    return None


def one_of(known: Any, values: list[Any]) -> Answer:
    answers = [same(known, value) for value in values]
    return None if None in answers else True in answers


def contains_any(known: Any, values: list[Any]) -> Answer:
    if not isinstance(known, list | tuple | frozenset):
        return None
    answers = [one_of(item, values) for item in known]
    return None if None in answers else True in answers


def between(known: Any, ends: list[Any]) -> Answer:
    low, high, *zone = ends
    shown = low if high is None else high
    if not isinstance(shown, str):
        return (low is None or known >= low) and (high is None or known <= high) if number(known) else None
    if not isinstance(known, datetime):
        return None
    if zone:
        known = known.astimezone(ZoneInfo(zone[0]))
    first, last = (None if end is None else int(re.sub("[-:]", "", end)) for end in (low, high))
    if ":" in shown:
        now = known.hour * 100 + known.minute
        return first <= now < last if first < last else not last <= now < first
    if len(shown) == len("04-18"):
        now = known.month * 100 + known.day
        return first <= now <= last if first <= last else not last < now < first
    now = known.year * 10000 + known.month * 100 + known.day
    return (first is None or now >= first) and (last is None or now <= last)


def weekday(known: Any, days: list[str]) -> Answer:
    return known.strftime("%A").lower() in days if isinstance(known, datetime) else None


def matches(known: Any, patterns: list[str]) -> Answer:
    if not isinstance(known, str):
        return None
    return any(
        re.fullmatch(".*".join(map(re.escape, pattern.lower().split("*"))), known.lower(), re.DOTALL) is not None
        for pattern in patterns
    )


def within(known: Any, circle: dict[str, float]) -> Answer:
    if not isinstance(known, tuple | list) or len(known) != 3:
        return None
    lat, lng, radius = known
    if not (number(lat) and number(lng) and (radius is None or number(radius))):
        return None
    if abs(lat) > 90 or abs(lng) > 180 or (radius is not None and (radius < 0 or radius > circle["km"])):
        return None
    return 6371.0088 * angle(vector(lat, lng), vector(circle["lat"], circle["lng"])) <= circle["km"]


def vector(lat: float, lng: float) -> tuple[float, float, float]:
    phi, theta = math.radians(lat), math.radians(lng)
    return math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta), math.sin(phi)


def angle(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    # By the chord, which is exact for near points and good enough for far ones.
    return 2 * math.asin(min(1.0, math.dist(one, other) / 2))


def in_network(known: Any, networks: list[str]) -> Answer:
    if isinstance(known, str):
        try:
            known = ip_address(known)
        except ValueError:
            return None
    if not isinstance(known, IPv4Address | IPv6Address):
        return None
    forms = [known]
    if isinstance(known, IPv6Address) and known.ipv4_mapped:
        forms.append(known.ipv4_mapped)
    for form in forms:
        for network in map(ip_network, networks):
            shift = network.max_prefixlen - network.prefixlen
            if form.version == network.version and int(form) >> shift == int(network.network_address) >> shift:
                return True
    return False


def language(known: Any, ranges: list[str]) -> Answer:
    if not isinstance(known, list | tuple | frozenset) or not all(isinstance(tag, str) for tag in known):
        return None
    for wanted in ranges:
        for tag in known:
            subtags = wanted.lower().split("-")
            if wanted == "*" or tag.lower().split("-")[: len(subtags)] == subtags:
                return True
    return False


def at_least_in(known: Any, weights: dict[str, float]) -> Answer:
    if not isinstance(known, dict) or not all(map(number, known.values())):
        return None
    return any(slug in known and known[slug] >= weight for slug, weight in weights.items())


OPERATORS = {
    "in": one_of,
    "equals": same,
    "at_least": lambda known, value: known >= value if number(known) else None,
    "at_most": lambda known, value: known <= value if number(known) else None,
    "between": between,
    "weekday": weekday,
    "contains_any": contains_any,
    "matches": matches,
    "within": within,
    "in_network": in_network,
    "language": language,
    "at_least_in": at_least_in,
}
