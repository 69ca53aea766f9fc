"""A visit counts once for each version that it was shown."""

from collections import Counter
from typing import Any

import pytest
from django.test import Client

from tests.agency.models import AgencyPage, PlainPage
from wagtail_personalise_gov.core.counting import Counted, Tally

from .totals import SEARCH, SEEN, STANDARD, browser, make_goal, shown


def test_a_visit_counts_once_for_what_it_was_shown(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client
) -> None:
    assert b"You searched" in visitor.get("/licence/", **SEARCH).content
    assert b"You searched" in visitor.get("/licence/").content
    assert totals == {Tally(20_561, SEEN): 1}  # 18 April 2026


def test_who_is_shown_the_standard_version_is_counted_for_that(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client
) -> None:
    assert b"Apply here" in visitor.get("/licence/").content
    assert shown(totals) == {STANDARD: 1}


def test_the_next_visit_counts_again(licence: AgencyPage, totals: Counter[Tally], visitor: Client, clock: Any) -> None:
    visitor.get("/licence/", **SEARCH)
    clock.shift(41 * 60)
    visitor.get("/licence/", **SEARCH)
    assert shown(totals) == {SEEN: 2}


def test_a_visit_over_midnight_counts_on_the_day_it_began(
    licence: AgencyPage, thanks: PlainPage, totals: Counter[Tally], visitor: Client, clock: Any
) -> None:
    make_goal("applied", page=thanks)
    clock.shift(11 * 3600 + 50 * 60)
    visitor.get("/licence/", **SEARCH)
    clock.shift(20 * 60)
    visitor.get("/thanks/")
    assert totals == {Tally(20_561, SEEN): 1, Tally(20_561, SEEN, "applied"): 1}


def test_two_visitors_count_twice_and_hold_the_same_bytes(
    licence: AgencyPage, totals: Counter[Tally], clock: Any
) -> None:
    one, other = browser(), browser()
    one.get("/licence/", **SEARCH)
    clock.shift(9 * 60 + 59)  # in the same ten minutes
    other.get("/licence/", **SEARCH)
    assert shown(totals) == {SEEN: 2}
    assert one.cookies["personalise_count"].value == other.cookies["personalise_count"].value
    # With the second in which it was signed, the cookie would be as good as a number for each of them.
    assert one.cookies["personalise_visit"].value == other.cookies["personalise_visit"].value


def test_a_page_without_a_personalised_block_counts_nothing_and_stays_untouched(
    plain_page: PlainPage, licence: AgencyPage, totals: Counter[Tally], visitor: Client
) -> None:
    response = visitor.get("/plain/")
    assert not response.cookies
    assert "Cache-Control" not in response.headers
    assert not totals


def test_the_cookie_is_written_once_while_nothing_changes(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client
) -> None:
    assert "personalise_count" in visitor.get("/licence/", **SEARCH).cookies
    assert not visitor.get("/licence/").cookies


@pytest.mark.parametrize("method", ["head", "post", "options"])
def test_only_looking_shows_something(
    method: str, licence: AgencyPage, totals: Counter[Tally], visitor: Client
) -> None:
    getattr(visitor, method)("/licence/", **SEARCH)
    assert not totals


def test_a_block_in_a_view_that_fails_was_not_shown(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client, settings: Any
) -> None:
    settings.ROOT_URLCONF = "tests.visit.counted.addresses"
    visitor.raise_request_exception = False
    assert visitor.get("/failing/", **SEARCH).status_code == 500
    assert not totals


@pytest.mark.parametrize("days, opened", [(0, True), (1, True), (2, False), (-1, False)])
def test_no_visit_is_drawn_out_for_days(days: int, opened: bool) -> None:
    # What was concluded from a day's totals must stand: a kiosk, or a script, may go on and on.
    kept = Counted(day=20_561, step=0)
    assert bool(kept.opened(step=9, today=20_561 + days, continues=True) is not None) is opened
    assert kept.opened(step=9, today=20_561, continues=False) is None


def test_a_visit_that_goes_on_for_three_days_begins_anew(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client, clock: Any
) -> None:
    for _hours in range(0, 60, 3):
        visitor.get("/licence/", headers={"referer": "http://testserver/"})
        clock.shift(3 * 3600)
    assert totals == {Tally(20_561, STANDARD): 1, Tally(20_563, STANDARD): 1}
