"""Who is held back for comparison, and segments that are only being learned about."""

import datetime
from collections import Counter
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from wagtail.models import Site

from tests.agency.models import AgencyPage
from tests.factories import committed, hero, make_page, make_segment, personalised
from wagtail_personalise_gov.core.counting import Arm, Exposure, Tally, dealt
from wagtail_personalise_gov.models import (
    DateRangeRule,
    FirstTimeVisitorRule,
    PersonalisationSettings,
    Segment,
)

from .totals import FIRST, SEARCH, SECOND, STANDARD, browser, hold_back, shown


def with_lot(client: Client, lot: int, day: int = 20_561) -> Client:
    """A browser that came before and drew this lot."""
    signer = signing.TimestampSigner(salt="wagtail_personalise_gov.personalise_memory")
    client.cookies["personalise_memory"] = signer.sign_object({"b": day, "v": 0, "l": lot})
    return client


HELD_LOT, FREE_LOT = 17, 9_000


@pytest.fixture
def tenth_held_back(licence: AgencyPage, search: Segment) -> Segment:
    hold_back(search, 10)
    return search


def test_who_is_held_back_sees_the_standard_version_and_is_counted_beside(
    tenth_held_back: Segment, totals: Counter[Tally], home: AgencyPage
) -> None:
    held = next(lot for lot in range(10_000) if dealt("from-search", lot) < 1_000)
    free = next(lot for lot in range(10_000) if dealt("from-search", lot) == 1_000)
    assert b"Apply here" in with_lot(browser(), held).get("/licence/", **SEARCH).content
    assert b"You searched" in with_lot(browser(), free).get("/licence/", **SEARCH).content
    assert shown(totals) == {
        Exposure(FIRST, Arm.HOLDOUT, FIRST, "from-search", 1_000): 1,
        Exposure(FIRST, Arm.VARIANT, FIRST, "from-search", 1_000): 1,
    }


def test_a_lot_is_drawn_once_and_kept(tenth_held_back: Segment, totals: Counter[Tally], visitor: Client) -> None:
    first = visitor.get("/licence/", **SEARCH)
    kept = visitor.cookies["personalise_memory"].value
    for _time in range(5):
        again = visitor.get("/licence/", **SEARCH)
        assert again.content == first.content
        assert "personalise_memory" not in again.cookies
    assert visitor.cookies["personalise_memory"].value == kept
    assert sum(totals.values()) == 1


def test_as_many_are_held_back_as_was_said(tenth_held_back: Segment, totals: Counter[Tally]) -> None:
    for _visitor in range(300):
        browser().get("/licence/", **SEARCH)
    held = sum(count for exposure, count in shown(totals).items() if exposure.arm is Arm.HOLDOUT)
    # 30 of 300; a fair draw leaves these bounds less than once in a million runs.
    assert 8 <= held <= 62


def test_without_a_share_no_lot_is_drawn(licence: AgencyPage, totals: Counter[Tally], visitor: Client) -> None:
    visitor.get("/licence/", **SEARCH)
    assert "personalise_memory" not in visitor.cookies


def test_a_lot_goes_with_the_share(tenth_held_back: Segment, totals: Counter[Tally]) -> None:
    client = with_lot(browser(), FREE_LOT)
    hold_back(tenth_held_back, 0)
    client.get("/licence/", **SEARCH)
    assert not client.cookies["personalise_memory"].value


@pytest.mark.parametrize("choice", ["allowed-uncounted.1", "undecided-uncounted.1"])
def test_who_is_not_counted_is_not_held_back(choice: str, licence: AgencyPage, home: AgencyPage, totals: Any) -> None:
    share_of_site(50)
    client = with_lot(browser(), HELD_LOT)
    client.cookies["personalise_choice"] = choice
    assert b"You searched" in client.get("/licence/", **SEARCH).content
    assert not client.cookies["personalise_memory"].value  # nor is the lot kept
    assert not totals


def share_of_site(percent: int) -> None:
    site = Site.objects.get()
    with committed():
        PersonalisationSettings.objects.update_or_create(site=site, defaults={"holdout_percent": percent})


def test_a_share_of_the_site_sees_the_standard_version_everywhere(licence: AgencyPage, totals: Counter[Tally]) -> None:
    share_of_site(5)
    assert b"Apply here" in with_lot(browser(), 499).get("/licence/", **SEARCH).content
    assert b"You searched" in with_lot(browser(), 500).get("/licence/", **SEARCH).content
    assert shown(totals) == {
        Exposure(FIRST, Arm.HOLDOUT, FIRST, "from-search", 500): 1,
        Exposure(FIRST, Arm.VARIANT, FIRST, "from-search", 500): 1,
    }


def test_nobody_misses_a_date_for_the_share_of_the_site(home: AgencyPage, totals: Counter[Tally], clock: Any) -> None:
    share_of_site(50)
    before = make_segment("before-may", DateRangeRule(last_day=datetime.date(2026, 5, 1)))
    offer = personalised(hero("You can register in autumn"), (before, hero("Register by 1 May")))
    make_page("Register", ("offer", offer), parent=home, slug="register")
    assert b"Register by 1 May" in with_lot(browser(), HELD_LOT).get("/register/").content
    assert shown(totals) == {Exposure(FIRST, Arm.VARIANT, FIRST, "before-may"): 1}
    # But an editor may hold back from the very segment.
    hold_back(before, 50)
    held = next(lot for lot in range(10_000) if dealt("before-may", lot) < 5_000)
    assert b"You can register in autumn" in with_lot(browser(), held).get("/register/").content


def test_the_share_of_one_site_is_not_that_of_another(licence: AgencyPage, totals: Counter[Tally]) -> None:
    other = Site.objects.create(hostname="other.example", root_page=licence.get_parent())
    PersonalisationSettings.objects.create(site=other, holdout_percent=50)
    assert b"You searched" in with_lot(browser(), 0).get("/licence/", **SEARCH).content


def test_a_segment_in_learning_mode_is_counted_and_changes_nothing(
    licence: AgencyPage, search: Segment, totals: Counter[Tally], visitor: Client
) -> None:
    search.learning = True
    with committed():
        search.save_revision().publish()
    assert b"Apply here" in visitor.get("/licence/", **SEARCH).content
    assert shown(totals) == {Exposure(FIRST, Arm.LEARNING, FIRST, "from-search"): 1, STANDARD: 1}


def test_past_a_segment_in_learning_mode_the_next_version_is_shown(
    home: AgencyPage, search: Segment, totals: Counter[Tally], visitor: Client, clock: Any
) -> None:
    new = make_segment("new", FirstTimeVisitorRule(), learning=True)
    offer = personalised(hero("Apply here"), (new, hero("New here?")), (search, hero("You searched")))
    make_page("Both", ("offer", offer), parent=home, slug="both")
    assert b"You searched" in visitor.get("/both/", **SEARCH).content
    assert shown(totals) == {
        Exposure(FIRST, Arm.LEARNING, FIRST, "new"): 1,
        Exposure(FIRST, Arm.VARIANT, SECOND, "from-search"): 1,
    }


def test_who_is_held_back_from_the_first_version_does_not_get_the_second(
    home: AgencyPage, search: Segment, totals: Counter[Tally], clock: Any
) -> None:
    share_of_site(50)
    new = make_segment("new", FirstTimeVisitorRule())
    offer = personalised(hero("Apply here"), (new, hero("New here?")), (search, hero("You searched")))
    make_page("Both", ("offer", offer), parent=home, slug="both")
    held = browser()
    assert b"Apply here" in with_lot(held, HELD_LOT, day=20_561).get("/both/", **SEARCH).content
    assert [exposure.arm for exposure in shown(totals)] == [Arm.HOLDOUT]


def test_the_tag_and_the_api_hold_back_too(tenth_held_back: Segment, totals: Counter[Tally]) -> None:
    share_of_site(50)
    inside = with_lot(browser(), FREE_LOT).get("/api/personalise/v1/visit/", **SEARCH).json()
    outside = with_lot(browser(), 0).get("/api/personalise/v1/visit/", **SEARCH).json()
    assert [row["slug"] for row in inside["segments"]] == ["from-search"]
    assert outside["segments"] == []
