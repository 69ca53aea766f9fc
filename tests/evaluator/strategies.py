"""Random conditions with facts that nearly or quite meet them, as JSON: what both evaluators are given.

Two things drawn at random seldom meet, so what is known of a fact is mostly made from what is asked of it: the very
value, one beside it, the minute before the clocks change.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from wagtail_personalise_gov.core.conditions import QUESTIONS

Draw = st.DrawFn
Json = Any

# Two facts of most kinds, so that a condition can hold different ones; the last two are a site's own.
NAMES = {
    "bool": ["location.eu", "visitor.first_visit"],
    "int": ["visitor.visits", "visit.page_count"],
    "text": ["location.city", "request.path", "request.query.topic", "request.query.__proto__", "constructor"],
    "texts": ["language", "account.groups"],
    "pages": ["visit.pages", "visitor.sections"],
    "weights": ["visit.intent", "toString"],
    "moment": ["clock.local", "office.opens"],
    "point": ["location.point"],
    "address": ["network.ip", "office.address"],
}
ALL_NAMES = [name for names in NAMES.values() for name in names]
KINDS = {
    "clock.local": "moment",
    "office.opens": "moment",
    "network.ip": "address",
    "office.address": "address",
    "location.point": "point",
}
DESCRIBED = {name: {"kind": KINDS[name]} for name in ("office.opens", "office.address")}

WORDS = ["", "a", "Riverside", "ÅRHUS", "ΟΔΟΣ", "οδος", "ΣΑΣ Σ", "İzmir", "straße", "STRASSE", "🏞 park", "é", "e\u0301"]
SLUGS = ["restaurant", "daycare", "__proto__", "constructor"]
NUMBERS = [0, -0.0, 1, 2, 2.5, -3, 0.1, 1e-320, 1e308, 2**53 - 1, 2**53, 2**53 + 1, -(2**53) - 1, 10**25]
TAGS = ["cy", "CY-gb", "en", "en-GB", "en-GB-oxendict", "zh-Hant", "zh-hant-TW", "x-klingon", "", "*"]
RANGES = ["*", "cy", "en", "EN-gb", "zh-Hant", "x-klingon", "i"]
WEEKDAYS = ["monday", "Tuesday", "WEDNESDAY", "thursday", "friday", "saturday", "sunday"]

# Summer time of an hour, of half an hour and of two; winter time that is the exception; a day that never came; no whole
# hours; and what is named after places that were renamed.
ZONES = [
    *["Europe/London", "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll", "Europe/Dublin", "Pacific/Apia"],
    *[
        "Asia/Kathmandu",
        "Asia/Calcutta",
        "America/St_Johns",
        "Pacific/Kiritimati",
        "Africa/Casablanca",
        "Etc/GMT+5",
        "UTC",
    ],
]
# Days on which some of these change their clocks, or whose year does not begin in January or has a leap day.
DAYS = [
    *["2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01", "2011-12-30", "2039-10-30"],
    *["2000-02-29", "2026-02-28", "2027-01-01", "1999-12-31", "1970-01-01", "0099-03-01", "0001-01-01", "9999-12-31"],
]
TIMES = ["00:00", "00:01", "01:00", "01:30", "02:00", "03:00", "09:30", "12:00", "22:45", "23:59"]
OFFSETS = [0, 60, -300, 345, 840, -720, 1439, -1439]  # minutes

NETWORKS = [
    *[
        "192.0.2.0/24",
        "192.0.2.7",
        "10.0.0.0/8",
        "0.0.0.0/0",
        "255.255.255.255/32",
        "198.51.100.128/25",
        "203.0.113.4/30",
    ],
    *["2001:db8::/32", "2001:DB8:0:1::/64", "::/0", "::1", "::ffff:10.0.0.0/104", "::ffff:0:0/96", "::fffe:0:0/95"],
    *["fe80::/10", "fe80::1%eth0/128", "1:2:3:4:5:6:7::/112", " 192.0.2.0/24 ", "64:ff9b::192.0.2.0/120"],
]
NO_ADDRESSES = [
    *[
        "",
        "localhost",
        "192.0.2",
        "192.0.2.07",
        "192.0.2.256",
        "192.0.2.7.",
        "192.0.2.7/32",
        "192.0.2.7%eth0",
        "0x7f.1",
        ".",
        "1..",
    ],
    *[
        " 192.0.2.7",
        "192.0.2.7\n",
        "1.2.3.4.5",
        "١٩٢.0.2.7",
        "3221225985",
        "::1::",
        ":::",
        ":1::2",
        "1:2:3:4:5:6:7:8:9",
    ],
    *["1:2:3:4:5:6:7", "1::2:3:4:5:6:7:8", "12345::", "g::1", "::1.2.3", "::1.2.3.04", "::1.2.3.4:5", "1.2.3.4::"],
    *[
        "fe80::1%",
        "fe80::1%a%b",
        "fe80::1%a/b",
        "[::1]",
        "::1]:80/[",
        "::1 ",
        "1:2:3:4:5:6:7:1.2.3.4",
        "::ffff:1.2.3.256",
    ],
]
NO_MOMENTS = [
    *["", "in April", "2026-04-18", "2026-04-18T09:30", "2026-04-18 09:30Z", "2026-02-30T09:30Z", "2026-04-18T24:00Z"],
    *["2026-04-18T09:60Z", "2026-06-30T23:59:60Z", "2026-04-18T09:30+24:00", "2026-04-18T09:30+0100", "20260418T0930Z"],
    *["2026-W16-6T09:30Z", "2026-04-18T09:30z", "2026-04-18T9:30Z", "0000-01-01T00:00Z", "12026-04-18T09:30Z"],
    *["2026-04-18T09:30:00,5Z", "2026-04-18T09:30.5Z", "2026-04-18T09:30:00.1234567Z", "2026-04-18T09:30Z\n"],
]
STRANGE: list[Json] = [
    *[None, True, False, 0, 1, 1.5, "", "1", "true", "constructor", [], [1], ["a"], [True], [None], [["a"]], [1, "a"]],
    *[{}, {"a": 1}, {"a": "b"}, {"a": True}, {"__proto__": 1}, {"told": []}, {"told": [], "untold": []}, [51.5, -0.1]],
    *[[91, 0, None], [51.5, 181, 1], [51.5, -0.1, -1], [51.5, -0.1, 1, 1], ["51.5", "-0.1", 5], [51.5, -0.1, True]],
    *[float("inf"), float("nan"), [float("nan"), 0, 0], 10**400, {"untold": None, "told": "ab"}],
]


def one_of(draw: Draw, values: Any) -> Any:
    return values[draw(up_to(len(values) - 1))]


@cache
def up_to(largest: int) -> st.SearchStrategy[int]:
    return st.integers(0, largest)  # made once: to make a strategy takes longer than to draw from it


def several(draw: Draw, values: list[Any], least: int = 0, most: int = 3) -> list[Any]:
    return [one_of(draw, values) for _ in range(one_of(draw, range(least, most + 1)))]


def some(draw: Draw, values: list[Any]) -> list[Any]:
    return several(draw, values, least=1)


def either(draw: Draw) -> bool:
    return bool(one_of(draw, [False, True]))


def in_another_case(draw: Draw, word: str) -> str:
    change: Callable[[str], str] = one_of(draw, [str.upper, str.lower, str.title, str.swapcase, str])
    return change(word)


def beside(draw: Draw, number: float) -> float:
    change: Callable[[float], float] = one_of(
        draw, [lambda it: it, lambda it: it + 1, lambda it: it - 1, float, lambda it: math.nextafter(it, -math.inf)]
    )
    return change(number)


# For each operator: a value that it takes, and what may be known of a fact that it is asked of.


def asked_in(draw: Draw) -> tuple[str, Json, Json]:
    if either(draw):
        words = some(draw, WORDS)
        return "text", words, in_another_case(draw, one_of(draw, [*words, *WORDS]))
    numbers = some(draw, NUMBERS)
    return "int", numbers, beside(draw, one_of(draw, numbers))


def asked_equals(draw: Draw) -> tuple[str, Json, Json]:
    if either(draw):
        return "bool", either(draw), one_of(draw, [True, False, True, False, 1, 0])
    kind, values, known = asked_in(draw)
    return kind, values[0], known


def asked_a_number(draw: Draw) -> tuple[str, Json, Json]:
    number = one_of(draw, NUMBERS)
    return "int", number, beside(draw, number)


def moment_near(draw: Draw, day: str, time: str, zone: str | None) -> str:
    """A moment at or about which a clock there shows this day and this time, written with any offset."""
    shift = timedelta(
        days=one_of(draw, [0, 0, 0, -1, 1, 30]),
        minutes=one_of(draw, [0, 0, -1, 1, 60, -61, 720]),
        microseconds=one_of(draw, [0, 999999]),
    )
    fold = one_of(draw, [0, 1])
    offset = timezone(timedelta(minutes=one_of(draw, OFFSETS)))
    there = ZoneInfo(zone) if zone else offset
    try:
        shown = (datetime.fromisoformat(f"{day}T{time}") + shift).replace(tzinfo=there, fold=fold)
        shown = shown.astimezone(UTC).astimezone(offset) if zone else shown
    except OverflowError:  # at the ends of what a year can be
        return f"{day}T{time}:00Z"
    # Python writes years of less than four digits as others do, and an offset that has no seconds.
    return shown.isoformat().replace("+00:00", one_of(draw, ["Z", "+00:00", "-00:00"]))


def moment(draw: Draw, day: str | None = None, time: str | None = None, zone: str | None = None) -> str:
    if one_of(draw, range(8)) == 0:
        return str(one_of(draw, NO_MOMENTS))
    return moment_near(draw, day or one_of(draw, DAYS), time or one_of(draw, TIMES), zone)


def asked_between(draw: Draw) -> tuple[str, Json, Json]:
    scale = one_of(draw, ["number", "date", "day", "time", "time"])
    if scale == "number":
        low, high = sorted([one_of(draw, NUMBERS), one_of(draw, NUMBERS)])
        known = beside(draw, one_of(draw, [low, high]))
        return "int", one_of(draw, [[low, high], [low, high], [low, None], [None, high]]), known
    zone = one_of(draw, [None, *ZONES])
    elsewhere = [zone] if zone else []
    if scale == "time":
        start = one_of(draw, TIMES)
        end = one_of(draw, [time for time in TIMES if time != start])
        return "moment", [start, end, *elsewhere], moment(draw, time=one_of(draw, [start, end, None]), zone=zone)
    first, last = sorted([one_of(draw, DAYS), one_of(draw, DAYS)])
    known = moment(draw, day=one_of(draw, [first, last, None]), zone=zone)
    if scale == "date":
        ends = one_of(draw, [[first, last], [first, last], [first, None], [None, last]])
        return "moment", [*ends, *elsewhere], known
    ends = [first[len("2026-") :], last[len("2026-") :]]
    return "moment", [*one_of(draw, [ends, ends[::-1]]), *elsewhere], known


def asked_weekday(draw: Draw) -> tuple[str, Json, Json]:
    return "moment", some(draw, WEEKDAYS), moment(draw)


def asked_contains_any(draw: Draw) -> tuple[str, Json, Json]:
    kind, values = ("texts", WORDS) if either(draw) else ("pages", NUMBERS)
    wanted = some(draw, values)
    held = several(draw, [*wanted, *values])
    if kind == "texts":
        held = [in_another_case(draw, word) for word in held]
    untold = one_of(draw, [None, [], wanted, some(draw, values), [*wanted, one_of(draw, STRANGE)]])
    known = one_of(draw, [held, held, held, {"told": held, "untold": untold}])
    strange = one_of(draw, [[*held, None], [*held, True], held[0] if held else "x"])
    return kind, wanted, one_of(draw, [known, known, known, strange])


def asked_matches(draw: Draw) -> tuple[str, Json, Json]:
    pattern = "".join(several(draw, ["*", "*", "**", "a", "ab", "Σ", "ς", ".", "é", "🏞", "gov.uk"], least=1, most=5))
    known = "".join(one_of(draw, ["", "a", "x", "ab", "Σ"]) if piece == "*" else piece for piece in pattern)
    changed = one_of(draw, [known, known, in_another_case(draw, known), known[1:], known[::-1], f"{known}a"])
    return "text", one_of(draw, [[pattern], ["x*x", pattern], [pattern, "nothing"]]), changed


def asked_within(draw: Draw) -> tuple[str, Json, Json]:
    lat = one_of(draw, [0, 51.5, -33.9, 89.99, 90, -90, 60])
    lng = one_of(draw, [0, -0.1, 179.99, -180, 180, 18.4])
    km = one_of(draw, [0.5, 20, 111, 300, 5000, 20_015, 20_100])
    degrees = km / 111.195 * one_of(draw, [0, 0.5, 0.999, 1.001, 2])
    there = one_of(draw, [lat - degrees, lat + degrees, lat, -lat])
    beyond = lng + one_of(draw, [0, degrees, -degrees, 180])
    radius = one_of(draw, [None, None, 0, km / 2, km, km * 1.01])
    return "point", {"lat": lat, "lng": lng, "km": km}, [there, (beyond + 180) % 360 - 180, radius]


def address_near(draw: Draw, network: str) -> str:
    base: IPv4Network | IPv6Network = ip_network(network.strip())
    number = int(one_of(draw, [base.network_address, base.broadcast_address])) + one_of(draw, [0, 0, 1, -1])
    largest = 2**base.max_prefixlen - 1
    address = type(base.network_address)(min(max(number, 0), largest))
    forms = [str(address), str(address), address.exploded]
    if address.version == 4:
        forms.append(f"::ffff:{address}")
        forms.append(f"0:0:0:0:0:FFFF:{IPv6Address(int(address)).exploded[-9:]}")
    else:
        forms += [str(address).upper(), f"{address}%eth0"] + ([str(address.ipv4_mapped)] if address.ipv4_mapped else [])
    return str(one_of(draw, forms))


def asked_in_network(draw: Draw) -> tuple[str, Json, Json]:
    networks = some(draw, NETWORKS)
    if one_of(draw, range(5)) == 0:
        return "address", networks, one_of(draw, NO_ADDRESSES)
    return "address", networks, address_near(draw, one_of(draw, [*networks, *NETWORKS]))


def asked_language(draw: Draw) -> tuple[str, Json, Json]:
    tags = several(draw, TAGS)
    untold = one_of(draw, [None, several(draw, TAGS), several(draw, TAGS), [*tags, one_of(draw, STRANGE)]])
    known = one_of(draw, [tags, tags, tags, tags, [*tags, 1], {"told": tags, "untold": untold}])
    return "texts", some(draw, RANGES), known


def asked_at_least_in(draw: Draw) -> tuple[str, Json, Json]:
    wanted = {slug: one_of(draw, [0.3, 0.5, 0.9, 1]) for slug in some(draw, SLUGS)}
    known: dict[str, Any] = {slug: one_of(draw, [0.3, 0.5, 0.9, 1]) for slug in several(draw, [*wanted, *SLUGS])}
    return "weights", wanted, one_of(draw, [known, known, {**known, "daycare": True}, list(known)])


ASKED: dict[str, Callable[[Draw], tuple[str, Json, Json]]] = {
    "in": asked_in,
    "equals": asked_equals,
    "at_least": asked_a_number,
    "at_most": asked_a_number,
    "between": asked_between,
    "weekday": asked_weekday,
    "contains_any": asked_contains_any,
    "matches": asked_matches,
    "within": asked_within,
    "in_network": asked_in_network,
    "language": asked_language,
    "at_least_in": asked_at_least_in,
}


OPERATORS = list(QUESTIONS)


def question(draw: Draw, facts: dict[str, Json]) -> Json:
    """A question, of a fact that is noted among `facts` unless its value stands there already."""
    operator = one_of(draw, OPERATORS)
    kind, value, known = ASKED[operator](draw)
    name = one_of(draw, NAMES[kind] if one_of(draw, range(10)) else ALL_NAMES)
    known = one_of(draw, STRANGE) if one_of(draw, range(6)) == 0 else known
    whole, _, key = name.partition("request.query.")
    if key:
        query = facts.setdefault("request.query", {})
        if isinstance(query, dict):
            query.setdefault(key, known)
    elif one_of(draw, range(12)):
        facts.setdefault(whole, known)
    return {"fact": name, "op": operator, "value": value}


def joined(draw: Draw, parts: list[Json]) -> Json:
    """One condition of these, joined in any way."""
    for _ in range(one_of(draw, range(4))):
        shape = one_of(draw, ["all", "any", "not"])
        taken = 1 if shape == "not" else one_of(draw, range(len(parts) + 1))
        parts = [*parts[taken:], {shape: parts[0] if shape == "not" else parts[:taken]}]
    return parts[0] if len(parts) == 1 else {one_of(draw, ["all", "any"]): parts}


@st.composite
def conditions_with_facts(draw: Draw) -> tuple[Json, list[Json], dict[str, Json]]:
    """A condition, the questions that it is made of, and facts."""
    facts: dict[str, Json] = {}
    questions = [question(draw, facts) for _ in range(one_of(draw, [1, 1, 1, 2, 3]))]
    return joined(draw, questions), questions, facts


SEGMENTS = ["first", "second", "third", "fourth", "__proto__", "constructor"]


@st.composite
def rulesets_with_facts(draw: Draw) -> tuple[dict[str, Json], dict[str, Json], list[str], list[str] | None]:
    """A ruleset whose segments ask about one another, in circles too; facts, those refused, and which are asked."""
    facts: dict[str, Json] = {}
    segments = {}
    for slug in dict.fromkeys(several(draw, SEGMENTS, least=1, most=5)):
        parts = [question(draw, facts) for _ in range(one_of(draw, [0, 1, 1, 2]))]
        parts += [{"segment": other} for other in several(draw, [*SEGMENTS, "not-live"], most=2)]
        condition = joined(draw, parts) if parts else {"all": []}
        segments[slug] = {
            "condition": condition,
            "name": slug,
            "learning": either(draw),
            "held_back": 0,
        }
    ruleset = {
        "format": "wagtail-personalise-gov/ruleset",
        "format_version": 1,
        "version": "v",
        "paused": one_of(draw, range(20)) == 0,
        "segments": segments,
        "facts": DESCRIBED,
    }
    refused = several(draw, ["request.query", *ALL_NAMES])
    for name in refused:
        facts.pop(name, None)
    asked = one_of(draw, [None, several(draw, [*SEGMENTS, "not-live"])])
    return ruleset, facts, refused, asked
