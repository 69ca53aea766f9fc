"""VisitorMemory: when a visit begins and ends, and what is told of it and of those before."""

from dataclasses import replace

import pytest

from tests.core.visits import DAY, FIRST, MAX_AGE, NEWSLETTER, NOON, SEARCH, STRANGER, TIMEOUT, arriving, opened
from wagtail_personalise_gov.core.memory import (
    MAX_VISITS,
    MINUTES_PER_DAY,
    Campaign,
    DeclaredPlace,
    Past,
    Referrer,
    ThisVisit,
    VisitorMemory,
)
from wagtail_personalise_gov.core.pages import PagesSeen

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
    assert memory.visit == ThisVisit(step=NOON // 10, landed=False, began=NOON // 10)


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
        NOON // 10 + 6,
        landed=True,
        referrer=Referrer("direct"),
        campaign=Campaign(),
        recognised={"parking": 0.6},
        seen=PagesSeen(),
        began=NOON // 10 + 6,
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
    assert FIRST.past == Past(began=DAY, visits=1, this_day=DAY, seen=PagesSeen())


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
    assert after_midnight.past == Past(began=DAY, visits=1, this_day=DAY, seen=PagesSeen())
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
