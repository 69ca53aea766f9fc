"""Random conditions and facts, drawn from so few values that they often meet."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from typing import Any

from hypothesis import strategies as st

from wagtail_personalise_gov.core.conditions import QUESTIONS, All, Condition, InSegment, Not, Question
from wagtail_personalise_gov.core.conditions import Any as AnyOf
from wagtail_personalise_gov.core.facts import Facts

WORDS = st.sampled_from(["", "a", "A", "ab", "aba", "b*", "é", "GB", "gb", "*"])
NUMBERS = st.sampled_from([-2, 0, 1, 1.0, 1.5, 2, 3])
POINTS = st.sampled_from([(51.5, -0.1), (48.9, 2.4), (90, 0), (-90, 10), (-16.9, 179.9), (-16.9, -179.9), (0, 180)])
KILOMETRES = st.sampled_from([0.5, 30, 300, 400, 10_000, 20_100])
SLUGS = st.sampled_from(["restaurant", "daycare", "parking"])
WEIGHTS = st.sampled_from([0.3, 0.5, 0.9, 1])
DATES = st.sampled_from(["2026-04-01", "2026-04-18", "2027-01-01", "2028-02-29"])
DAYS = st.sampled_from(["01-01", "02-28", "02-29", "03-01", "04-18", "12-31"])
TIMES = st.sampled_from(["00:00", "06:00", "09:00", "17:00", "22:00", "23:59"])
ZONES = st.sampled_from(["Europe/London", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati"])
WEEKDAYS = st.sampled_from(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])
NETWORKS = st.sampled_from(["192.0.2.0/24", "192.0.2.7", "10.0.0.0/8", "2001:db8::/32", "::ffff:10.0.0.0/104", "::/0"])
RANGES = st.sampled_from(["*", "cy", "CY-gb", "en", "en-GB", "zh-Hant"])


def some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, min_size=1, max_size=3)


def pattern() -> st.SearchStrategy[str]:
    return st.text("ab*", min_size=1, max_size=6)


def both_ends(ends: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(ends, min_size=2, max_size=2, unique=True)


def one_open_end(ends: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    ranges = st.lists(ends, min_size=2, max_size=2).map(sorted)
    return st.one_of(ranges, ends.map(lambda end: [end, None]), ends.map(lambda end: [None, end]))


def maybe_elsewhere(ranges: st.SearchStrategy[list[Any]]) -> st.SearchStrategy[list[Any]]:
    """The same, at times by the clock of a named zone."""
    return ranges | st.builds(lambda ends, zone: [*ends, zone], ranges, ZONES)


# For each operator, values that it takes.
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "in": st.one_of(some(WORDS), some(NUMBERS)),
    "equals": st.one_of(WORDS, NUMBERS, st.booleans()),
    "at_least": NUMBERS,
    "at_most": NUMBERS,
    "between": one_open_end(NUMBERS)
    | maybe_elsewhere(st.one_of(one_open_end(DATES), both_ends(DAYS), both_ends(TIMES))),
    "weekday": some(WEEKDAYS),
    "contains_any": st.one_of(some(WORDS), some(NUMBERS)),
    "matches": some(pattern()),
    "within": st.builds(lambda point, km: {"lat": point[0], "lng": point[1], "km": km}, POINTS, KILOMETRES),
    "in_network": some(NETWORKS),
    "language": some(RANGES),
    "at_least_in": st.dictionaries(SLUGS, WEIGHTS, min_size=1),
}

# For each name, known values of its kind. Two names each of some kinds, so that conditions can hold different facts.
MOMENTS = st.builds(
    lambda day, minute, hours: (
        datetime.fromisoformat(day).replace(tzinfo=timezone(timedelta(hours=hours))) + timedelta(minutes=minute)
    ),
    DATES,
    st.sampled_from([0, 1, 359, 360, 540, 1019, 1020, 1320, 1439]),
    st.sampled_from([-7, 0, 1]),
)
KNOWN: dict[str, st.SearchStrategy[Any]] = {
    "text.one": WORDS,
    "text.two": st.text("abAB", max_size=6),
    "number": NUMBERS,
    "flag": st.booleans(),
    "texts": st.lists(WORDS, max_size=3),
    "pages": st.lists(NUMBERS, max_size=3),
    "moment": MOMENTS,
    "point": st.builds(lambda point, radius: (*point, radius), POINTS, st.none() | KILOMETRES),
    "address": st.sampled_from(["192.0.2.7", "192.0.2.8", "10.1.1.1", "::ffff:10.1.1.1", "2001:db8::1"]).map(
        ip_address
    ),
    "languages": st.lists(st.sampled_from(["cy", "cy-GB", "en", "en-US", "zh-Hant-TW", "zh-TW"]), max_size=3),
    "weights": st.dictionaries(SLUGS, WEIGHTS),
    "request.query": st.dictionaries(st.sampled_from(["topic", "page"]), WORDS),
}
ASKABLE = st.sampled_from([*KNOWN, "request.query.topic", "request.query.page", "never.known"])

# Of no fact's kind, or of another's.
STRANGE: st.SearchStrategy[Any] = st.one_of(
    st.booleans(),
    st.sampled_from([0, 1, -1, 1.5, float("nan"), float("inf"), 10**400]),
    WORDS,
    st.lists(st.none() | st.booleans() | NUMBERS | WORDS, max_size=3),
    st.dictionaries(WORDS, st.none() | st.booleans() | NUMBERS | WORDS, max_size=3),
    st.sampled_from([b"ab", b"\xc0\x00\x02\x07", frozenset({"a"}), (), ("a", "b", "c"), (51.5, float("nan"), None)]),
)


@st.composite
def question(draw: st.DrawFn) -> Question:
    """Any operator put to any fact, also to one that it can't be asked of."""
    operator = draw(st.sampled_from(sorted(QUESTIONS)))
    return QUESTIONS[operator](draw(ASKABLE), draw(VALUES[operator]))


def conditions(segments: tuple[str, ...] = (), empty_groups: bool = True) -> st.SearchStrategy[Condition]:
    """Questions joined in any way; about these segments, too."""
    leaves: st.SearchStrategy[Condition] = question()
    if segments:
        leaves = leaves | st.sampled_from(segments).map(InSegment)
    size = 0 if empty_groups else 1
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            inner.map(Not),
            st.lists(inner, min_size=size, max_size=3).map(lambda parts: All(*parts)),
            st.lists(inner, min_size=size, max_size=3).map(lambda parts: AnyOf(*parts)),
        ),
        max_leaves=8,
    )


def facts(strange: bool = True) -> st.SearchStrategy[Facts]:
    """Any of the facts known, each mostly of its own kind."""
    return st.fixed_dictionaries(
        {}, optional={name: values | STRANGE if strange else values for name, values in KNOWN.items()}
    ).map(Facts)


LEAVES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([18, 308, 309, 5000]).map(lambda digits: 10**digits),
    st.floats(),
    st.text(st.characters(codec=None), max_size=8),
    st.sampled_from(
        [
            "\ud800",
            "\x00",
            "a" * 501,
            "2026-W16-6",
            "W16-6",
            "24:00",
            "2026-02-30",
            "\u0660\u0669:\u0660\u0660",
            "192.0.2.1/24",
        ]
    ),
)

any_json: st.SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def nearly_conditions() -> st.SearchStrategy[Any]:
    """JSON that is shaped like a condition, and nearly or quite one."""
    values = any_json | st.one_of(*VALUES.values())
    operators = st.sampled_from([*QUESTIONS, "regex"]) | any_json
    questions = st.fixed_dictionaries(
        {"fact": ASKABLE | any_json, "op": operators, "value": values}, optional={"note": any_json}
    )
    return st.recursive(
        st.one_of(questions, any_json, any_json.map(lambda slug: {"segment": slug})),
        lambda inner: st.one_of(
            inner.map(lambda part: {"not": part}),
            st.lists(inner, max_size=3).map(lambda parts: {"all": parts}),
            st.lists(inner, max_size=3).map(lambda parts: {"any": parts}),
            inner.map(lambda part: {"all": part}),
        ),
        max_leaves=6,
    )
