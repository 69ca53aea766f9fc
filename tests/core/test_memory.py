"""VisitorMemory: when a visit begins and ends, what is told of it, what is kept, and how it travels."""

import base64
import dataclasses
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.strategies import any_json
from wagtail_personalise_gov.core.facts import MEMORY_ITEMS
from wagtail_personalise_gov.core.memory import (
    MAX_RECOGNISED,
    MAX_VISITS,
    MINUTES_PER_DAY,
    Arrival,
    Campaign,
    DeclaredPlace,
    Past,
    Referrer,
    ThisVisit,
    VisitorMemory,
    clipped,
    past_from_json,
    past_to_json,
    visit_from_json,
    visit_to_json,
)

NOON = 20_000 * MINUTES_PER_DAY + 12 * 60  # minutes since 1970: noon of 4 October 2024, the first minute of a step
DAY = 20_000
TIMEOUT = 30  # minutes
MAX_AGE = 180  # days

SEARCH = Referrer("search", "www.bing.com")
NEWSLETTER = Campaign("newsletter", "email", "start-up-week")


def arriving(minute: int = NOON, internal: bool = False, **how: Any) -> Arrival:
    return Arrival(minute, internal, **{"referrer": SEARCH, "campaign": NEWSLETTER, **how})


def opened(memory: VisitorMemory, arrival: Arrival, timeout: int = TIMEOUT, max_age: int = MAX_AGE) -> VisitorMemory:
    return memory.opened(arrival, timeout, max_age)


STRANGER = VisitorMemory()
FIRST = opened(STRANGER, arriving())


# When a visit begins and ends


@pytest.mark.parametrize("begun", range(NOON, NOON + 10))
@pytest.mark.parametrize("quiet", [0, 1, 9, 10, 29, 30])
def test_a_visit_goes_on_for_thirty_quiet_minutes_whenever_it_was_last_active(begun: int, quiet: int) -> None:
    memory = opened(STRANGER, arriving(begun))
    assert memory.continues(arriving(begun + quiet), TIMEOUT)


@pytest.mark.parametrize("begun", range(NOON, NOON + 10))
@pytest.mark.parametrize("quiet", [40, 41, 60, 10_000])
def test_a_visit_has_ended_after_forty_quiet_minutes_whenever_it_was_last_active(begun: int, quiet: int) -> None:
    memory = opened(STRANGER, arriving(begun))
    assert not memory.continues(arriving(begun + quiet), TIMEOUT)


@pytest.mark.parametrize(
    "begun, last, first",
    [
        (NOON, 39, 40),  # active in the first minute of a step
        (NOON + 5, 34, 35),
        (NOON + 9, 30, 31),  # active in its last minute
    ],
)
def test_the_end_of_a_visit_falls_between_two_minutes(begun: int, last: int, first: int) -> None:
    memory = opened(STRANGER, arriving(begun))
    assert memory.continues(arriving(begun + last), TIMEOUT)
    assert not memory.continues(arriving(begun + first), TIMEOUT)


@pytest.mark.parametrize(
    "timeout, last, first",
    [
        (10, 19, 20),
        (25, 39, 40),  # in whole steps, and never less silence than was set
        (30, 39, 40),
        (60, 69, 70),
        (5, 19, 20),
    ],
)
def test_the_silence_that_ends_a_visit_is_a_setting(timeout: int, last: int, first: int) -> None:
    assert FIRST.continues(arriving(NOON + last), timeout)
    assert not FIRST.continues(arriving(NOON + first), timeout)


def test_activity_renews_a_visit() -> None:
    memory = FIRST
    for minute in range(NOON, NOON + 600, 30):
        memory = opened(memory, arriving(minute))
    assert memory.visits == 1
    assert memory.first_visit is True


def test_a_link_of_this_site_never_begins_a_visit() -> None:
    # Whoever reads a page for hours and then follows a link has not left.
    memory = opened(FIRST, arriving(NOON + 6 * 60, internal=True))
    assert memory.visits == 1
    assert memory.first_visit is True
    assert memory.visit is not None
    assert memory.visit.referrer == SEARCH


def test_a_link_of_this_site_does_not_begin_a_visit_for_a_stranger_either() -> None:
    memory = opened(STRANGER, arriving(internal=True, recognised={"parking": 0.9}))
    assert memory.visit == ThisVisit(step=NOON // 10, landed=False)


def test_a_clock_that_went_back_begins_a_visit_rather_than_going_on_for_ever() -> None:
    assert not FIRST.continues(arriving(NOON - 60), TIMEOUT)


def test_how_a_visit_began_stays_for_the_whole_of_it() -> None:
    later = arriving(NOON + 20, referrer=Referrer("other", "www.example.com"), campaign=Campaign("poster"))
    memory = opened(FIRST, later)
    assert memory.visit is not None
    assert (memory.visit.referrer, memory.visit.campaign) == (SEARCH, NEWSLETTER)
    assert memory.visit.step == NOON // 10 + 2


def test_a_new_visit_begins_in_its_own_way() -> None:
    later = arriving(NOON + 60, referrer=Referrer("direct"), campaign=Campaign(), recognised={"parking": 0.6})
    memory = opened(opened(STRANGER, arriving(recognised={"licence": 0.9})), later)
    assert memory.visit == ThisVisit(
        NOON // 10 + 6, landed=True, referrer=Referrer("direct"), campaign=Campaign(), recognised={"parking": 0.6}
    )


def test_what_the_visitor_said_lasts_until_the_browser_closes() -> None:
    assert FIRST.visit is not None
    said = VisitorMemory(replace(FIRST.visit, intent="parking", place=DeclaredPlace("GB", "", "Hilltop")), FIRST.past)
    for arrival in (arriving(NOON + 10), arriving(NOON + 60), arriving(NOON + 60, internal=True)):
        visit = opened(said, arrival).visit
        assert visit is not None
        assert (visit.intent, visit.place) == ("parking", DeclaredPlace("GB", "", "Hilltop"))


# The first visit and those after it


def test_a_stranger_who_lands_is_on_their_first_visit() -> None:
    assert FIRST.first_visit is True
    assert FIRST.visits == 1
    assert FIRST.days_since_last_visit is None
    assert FIRST.past == Past(began=DAY, visits=1, this_day=DAY)


def test_the_first_visit_stays_the_first_to_its_end() -> None:
    memory = FIRST
    for minute in (NOON + 5, NOON + 35, NOON + 60):
        memory = opened(memory, arriving(minute))
        assert memory.first_visit is True


def test_the_second_visit_is_not_the_first() -> None:
    memory = opened(FIRST, arriving(NOON + 40))
    assert memory.first_visit is False
    assert memory.visits == 2


def test_a_visit_joined_midway_may_or_may_not_be_the_first() -> None:
    # Coming from a page of this site, without memory: the visit began before anything was kept.
    memory = opened(STRANGER, arriving(internal=True))
    for minute in (NOON + 1, NOON + 30):
        assert memory.first_visit is None
        assert memory.visits is None
        memory = opened(memory, arriving(minute))


def test_the_visit_after_one_that_was_joined_midway_is_not_the_first() -> None:
    midway = opened(STRANGER, arriving(internal=True))
    memory = opened(midway, arriving(NOON + 60))
    assert memory.first_visit is False
    assert memory.visits == 2


def test_a_visit_joined_midway_by_someone_known_is_not_the_first() -> None:
    memory = opened(VisitorMemory(None, Past(DAY - 10, visits=3)), arriving(internal=True))
    assert memory.first_visit is False
    assert memory.visits == 3


def test_without_a_visit_or_a_past_it_cannot_be_told() -> None:
    assert FIRST.visit is not None
    for memory in (STRANGER, VisitorMemory(FIRST.visit, None), VisitorMemory(None, FIRST.past)):
        assert memory.first_visit is None
    assert STRANGER.visits is STRANGER.days_since_last_visit is None


def test_visits_are_counted_up_to_a_bound() -> None:
    memory = VisitorMemory(None, Past(DAY, visits=MAX_VISITS))
    assert opened(memory, arriving()).visits == MAX_VISITS


@pytest.mark.parametrize(
    "later, days",
    [
        (40, 0),  # the same day
        (12 * 60 - 1, 0),  # just before midnight, UTC
        (12 * 60, 1),
        (12 * 60 + MINUTES_PER_DAY, 2),
    ],
)
def test_days_since_the_last_visit_are_whole_days_of_utc(later: int, days: int) -> None:
    assert opened(FIRST, arriving(NOON + later)).days_since_last_visit == days


def test_a_visit_over_midnight_is_one_visit_of_the_day_it_began() -> None:
    evening = opened(STRANGER, arriving(NOON + 12 * 60 - 5))
    after_midnight = opened(evening, arriving(NOON + 12 * 60 + 5))
    assert after_midnight.visits == 1
    assert after_midnight.past == Past(began=DAY, visits=1, this_day=DAY)
    assert opened(after_midnight, arriving(NOON + 2 * MINUTES_PER_DAY)).days_since_last_visit == 2


# How old memory may become


@pytest.mark.parametrize(
    "age, remembered", [(0, True), (1, True), (179, True), (180, False), (181, False), (-1, False)]
)
def test_memory_is_as_old_as_the_day_it_began(age: int, remembered: bool) -> None:
    past = Past(began=DAY - age, visits=7, this_day=DAY - 1, last_day=DAY - 9)
    memory = opened(VisitorMemory(None, past), arriving())
    assert memory.visits == (8 if remembered else 1)
    assert memory.first_visit is (not remembered)
    assert memory.past is not None
    assert memory.past.began == (DAY - age if remembered else DAY)


def test_visits_do_not_make_memory_younger() -> None:
    memory = FIRST
    for day in range(1, MAX_AGE):
        memory = opened(memory, arriving(NOON + day * MINUTES_PER_DAY))
        assert memory.past is not None
        assert memory.past.began == DAY
    assert memory.visits == MAX_AGE
    memory = opened(memory, arriving(NOON + MAX_AGE * MINUTES_PER_DAY))
    assert memory.visits == 1
    assert memory.first_visit is True


# What is kept

FULL = VisitorMemory(
    ThisVisit(
        step=NOON // 10,
        landed=True,
        referrer=SEARCH,
        campaign=NEWSLETTER,
        recognised={"parking": 0.6},
        intent="licence",
        place=DeclaredPlace("GB", "GB-ENG", "Riverside"),
    ),
    Past(DAY - 3, visits=2, this_day=DAY, last_day=DAY - 2),
)
EVERYTHING = frozenset(MEMORY_ITEMS)


def test_when_every_item_is_needed_everything_is_kept() -> None:
    assert FULL.keeping(EVERYTHING) == FULL


def test_when_no_item_is_needed_nothing_is_kept() -> None:
    kept = FULL.keeping(frozenset())
    assert kept == STRANGER
    assert not kept


@pytest.mark.parametrize(
    "item, field",
    [
        ("referrer", "referrer"),
        ("campaign", "campaign"),
        ("intent", "intent"),
        ("intent", "recognised"),
        ("place", "place"),
    ],
)
def test_an_item_of_the_visit_that_no_rule_needs_is_dropped(item: str, field: str) -> None:
    kept = FULL.keeping(EVERYTHING - {item}).visit
    assert kept is not None
    assert not getattr(kept, field)
    assert getattr(FULL.keeping(frozenset({item})).visit, field) == getattr(FULL.visit, field)


@pytest.mark.parametrize(
    "items, past",
    [
        ({"visits"}, Past(DAY - 3, visits=2)),  # no days
        ({"visits", "last_visit"}, FULL.past),
        ({"last_visit"}, FULL.past),
        ({"referrer", "campaign", "intent", "place"}, None),
    ],
)
def test_earlier_visits_are_kept_only_as_far_as_they_are_needed(items: set[str], past: Past | None) -> None:
    assert FULL.keeping(frozenset(items)).past == past


@pytest.mark.parametrize("item", ["visits", "last_visit", "referrer", "campaign", "intent"])
def test_what_is_seen_on_landing_or_counts_visits_needs_the_time_of_last_activity(item: str) -> None:
    kept = FULL.keeping(frozenset({item})).visit
    assert kept is not None
    assert (kept.step, kept.landed) == (NOON // 10, True)


def test_a_place_alone_is_kept_when_it_was_declared_and_nothing_when_it_was_not() -> None:
    assert FULL.visit is not None
    assert FULL.keeping(frozenset({"place"})).visit == ThisVisit(
        NOON // 10, landed=True, place=DeclaredPlace("GB", "GB-ENG", "Riverside")
    )
    undeclared = VisitorMemory(replace(FULL.visit, place=None), FULL.past)
    assert undeclared.keeping(frozenset({"place"})) == STRANGER


def test_keeping_forgets_nothing_more_the_second_time() -> None:
    for item in MEMORY_ITEMS:
        once = FULL.keeping(frozenset({item}))
        assert once.keeping(frozenset({item})) == once


def test_nothing_can_be_kept_of_a_stranger() -> None:
    assert STRANGER.keeping(EVERYTHING) == STRANGER
    assert not STRANGER


@pytest.mark.parametrize(
    "place, says_where",
    [
        (DeclaredPlace("GB"), True),
        (DeclaredPlace(subdivision="GB-ENG"), True),
        (DeclaredPlace(city="Riverside"), True),
        (DeclaredPlace(), False),  # "I'm not there", and no more
    ],
)
def test_a_declared_place_may_only_say_where_the_visitor_is_not(place: DeclaredPlace, says_where: bool) -> None:
    assert place.says_where is says_where


# How it travels

texts = st.text(max_size=150)
visits = st.builds(
    ThisVisit,
    step=st.integers(0, 10**7),
    landed=st.booleans(),
    referrer=st.none() | st.builds(Referrer, texts, texts),
    campaign=st.none() | st.builds(Campaign, texts, texts, texts),
    recognised=st.dictionaries(texts, st.floats(0, 1, exclude_min=True), max_size=8),
    intent=texts,
    place=st.none() | st.builds(DeclaredPlace, texts, texts, texts),
)
days = st.integers(0, 10**6)
pasts = st.one_of(
    st.builds(Past, days, st.integers(0, MAX_VISITS)),
    st.builds(Past, days, st.integers(0, MAX_VISITS), days, st.none() | days),
)


def as_bytes(data: Any) -> bytes:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()


@settings(max_examples=200, deadline=None)
@given(visits)
def test_a_visit_survives_json(visit: ThisVisit) -> None:
    assert visit_from_json(json.loads(as_bytes(visit_to_json(visit)))) == visit


@settings(max_examples=200, deadline=None)
@given(pasts)
def test_a_past_survives_json(past: Past) -> None:
    assert past_from_json(json.loads(as_bytes(past_to_json(past)))) == past


def test_the_json_is_short_and_leaves_out_what_is_not_kept() -> None:
    assert visit_to_json(ThisVisit(2_880_072, landed=True)) == {"t": 2_880_072, "l": 1}
    assert past_to_json(Past(DAY, visits=2)) == {"b": DAY, "v": 2}
    assert FULL.visit is not None
    assert visit_to_json(FULL.visit) == {
        "t": 2_880_072,
        "l": 1,
        "r": ["search", "www.bing.com"],
        "c": ["newsletter", "email", "start-up-week"],
        "s": {"parking": 0.6},
        "i": "licence",
        "p": ["GB", "GB-ENG", "Riverside"],
    }


def test_memory_holds_nothing_that_tells_one_visitor_from_another() -> None:
    # Two who came at the same time, in the same way, hold the same bytes.
    one, other = (opened(STRANGER, arriving()) for _visitor in range(2))
    assert one == other
    assert {field.name for part in (ThisVisit, Past) for field in dataclasses.fields(part)} == {
        *("step", "landed", "referrer", "campaign", "recognised", "intent", "place"),
        *("began", "visits", "this_day", "last_day"),
    }


VISIT = {"t": 1, "l": 1}
HOSTILE_VISITS: list[Any] = [
    None,
    5,
    "t",
    [],
    [["t", 1], ["l", 1]],
    {},
    {"t": 1},
    {"l": 1},
    *({**VISIT, "t": value} for value in (None, -1, 1.5, True, "1", [], 10**9, 10**400, float("nan"))),
    *({**VISIT, "l": value} for value in (None, 2, -1, True, "1", [])),
    *(
        {**VISIT, "r": value}
        for value in (None, [], ["search"], ["search", None], ["a", "b", "c"], "ab", {"a": 1, "b": 2})
    ),
    *({**VISIT, "c": value} for value in (None, ["a", "b"], ["a", "b", 3], "abc", [["a"], "b", "c"])),
    *({**VISIT, "s": value} for value in (None, [], "ab", 5, {"a": "1"}, {"a": None}, {"a": True}, {"a": [1]})),
    *({**VISIT, "s": {"a": value}} for value in (0, -0.1, 1.1, float("nan"), float("inf"), 10**400)),
    *({**VISIT, "i": value} for value in (None, 5, ["parking"], {"a": 1}, True)),
    *({**VISIT, "p": value} for value in (None, [], ["GB", "", 1], ["GB"], "GBx")),
]
HOSTILE_PASTS: list[Any] = [
    None,
    5,
    "b",
    [],
    {},
    {"b": 1},
    {"v": 1},
    *({"b": value, "v": 1} for value in (None, -1, 1.5, True, "1", [], 10**400, float("inf"))),
    *({"b": 1, "v": value} for value in (None, -1, 1.5, True, "1", {}, 10**400)),
    *(
        {"b": 1, "v": 1, "d": value}
        for value in (None, [], [1], [1, 2, 3], 5, "ab", [1, "2"], [True, 1], [1.5, 1], [-1, 1])
    ),
]


@pytest.mark.parametrize("data", HOSTILE_VISITS, ids=lambda data: repr(data)[:40])
def test_a_visit_that_we_did_not_write_is_no_visit(data: Any) -> None:
    assert visit_from_json(data) is None


@pytest.mark.parametrize("data", HOSTILE_PASTS, ids=lambda data: repr(data)[:40])
def test_a_past_that_we_did_not_write_is_no_past(data: Any) -> None:
    assert past_from_json(data) is None


def keyed(*keys: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(
        st.sampled_from(keys), any_json | st.integers(0, 99) | st.lists(st.text(max_size=3), max_size=3)
    )


@settings(max_examples=200, deadline=None)
@given(any_json | keyed("t", "l", "r", "c", "s", "i", "p"), any_json | keyed("b", "v", "d"))
def test_any_json_is_a_memory_or_none_and_goes_on_working(visit_data: Any, past_data: Any) -> None:
    memory = VisitorMemory(visit_from_json(visit_data), past_from_json(past_data))
    later = opened(memory, arriving())
    assert later.first_visit in (True, False, None)
    assert later.keeping(EVERYTHING).visit is not None
    if memory.visit is not None:
        assert visit_from_json(json.loads(as_bytes(visit_to_json(memory.visit)))) == memory.visit


def test_json_nested_without_end_is_no_memory() -> None:
    data: Any = 1
    for _ in range(100_000):
        data = [data]
    for key in "tlrcsip":
        assert visit_from_json({**VISIT, key: data}) is None
    for key in "bvd":
        assert past_from_json({"b": 1, "v": 1, key: data}) is None


# How large it can become

WIDEST = {
    "a letter": "x",
    "two bytes": "ф",
    "three bytes": "語",
    "four bytes": "🎉",
    "a control character": "\x01",  # six bytes as JSON
    "a quotation mark": '"',
    "a backslash": "\\",
    "half a character": "\ud800",
    "a joined family": "👨‍👩‍👧‍👦",
}


@pytest.mark.parametrize("letter", WIDEST.values(), ids=WIDEST)
def test_both_cookies_together_stay_under_two_kilobytes_whatever_they_hold(letter: str) -> None:
    long = letter * 10_000
    visit = ThisVisit(
        step=999_999_999,
        landed=True,
        referrer=Referrer(long, long),
        campaign=Campaign(long, long, long),
        recognised={f"{number}{long}": 0.1234567890123456 + number / 1e6 for number in range(100)},
        intent=long,
        place=DeclaredPlace(long, long, long),
    )
    past = Past(999_999_999, MAX_VISITS, 999_999_999, 999_999_999)
    assert visit_from_json(json.loads(as_bytes(visit_to_json(visit)))) == visit
    assert past_from_json(json.loads(as_bytes(past_to_json(past)))) == past

    # As Django signs it: base64, a colon, six letters of time, a colon, 43 letters of HMAC-SHA256.
    cookies = [base64.urlsafe_b64encode(as_bytes(data)) for data in (visit_to_json(visit), past_to_json(past))]
    names = b"__Host-personalise_visit=; __Host-personalise_memory="
    assert sum(len(cookie.rstrip(b"=")) + len(":") + 6 + len(":") + 43 for cookie in cookies) + len(names) < 2048


def test_a_text_is_the_same_on_landing_as_on_every_later_request() -> None:
    # Cut when it is made, not when it comes back: a rule must not match on the first page only.
    arrival = arriving(campaign=Campaign(name="x" * 500), recognised={f"intent-{n}": n / 10 for n in range(1, 10)})
    visit = opened(STRANGER, arrival).visit
    assert visit is not None
    assert visit_from_json(visit_to_json(visit)) == visit


def test_the_strongest_of_what_was_recognised_are_kept() -> None:
    visit = ThisVisit(1, recognised={f"intent-{n}": n / 10 for n in range(1, 10)})
    assert dict(visit.recognised) == {f"intent-{n}": n / 10 for n in range(5, 10)}
    assert len(visit.recognised) == MAX_RECOGNISED


def test_of_a_host_s_name_that_is_too_long_the_end_is_kept_since_it_says_whose_it_is() -> None:
    host = f"{'a' * 60}.www.gov.uk.{'b' * 60}.example.com"
    kept = Referrer("other", host).host
    assert host.endswith(kept)
    assert kept.endswith(".example.com")
    assert len(kept) == 80


def test_a_campaign_may_be_as_long_as_a_rule_has_room_for() -> None:
    assert Campaign(name="x" * 100).name == "x" * 100


@pytest.mark.parametrize(
    "text, longest, kept",
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "abc"),
        ("", 3, ""),
        ("abc", 0, ""),
        ("фф", 3, "ф"),  # two bytes each
        ("🎉🎉", 7, "🎉"),  # four bytes each
        ("a🎉", 4, "a"),  # never half of one
        ('""', 3, '"'),  # \" is two
        ("\x01a", 6, "\x01"),
        ("\ud800", 3, "?"),
    ],
)
def test_a_text_is_cut_between_two_characters(text: str, longest: int, kept: str) -> None:
    assert clipped(text, longest) == kept


@given(st.text(), st.integers(0, 40))
def test_a_cut_text_takes_no_more_room_than_it_may(text: str, longest: int) -> None:
    kept = clipped(text, longest)
    assert len(json.dumps(kept, ensure_ascii=False).encode()) - 2 <= longest
    assert clipped(kept, longest) == kept
    assert text.startswith(kept) or max(text) > "\ud7ff"
