"""Visitors in Riverside, pages that adapt to them, and settings for one test."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from tests.agency.models import AgencyPage
from tests.counting.gathered import BROWSER, PATH, GatheredBuffer
from tests.factories import block_id, hero, make_intent, make_page, make_segment, personalised
from wagtail_personalise_gov.core.counting import Tally
from wagtail_personalise_gov.models import FirstTimeVisitorRule, Intent, Segment, VisitIntentRule

from .doubles import CountingGeo

SAME = {"HTTP_SEC_FETCH_SITE": "same-origin"}


@pytest.fixture
def configure(settings: Any) -> Callable[..., None]:
    """``configure(MODE="opt_in")``: these keys of WAGTAIL_PERSONALISE_GOV, for this test."""

    def change(**keys: Any) -> None:
        settings.WAGTAIL_PERSONALISE_GOV = {**settings.WAGTAIL_PERSONALISE_GOV, **keys}

    return change


@pytest.fixture(autouse=True)
def everybody_in_riverside(configure: Callable[..., None]) -> type[CountingGeo]:
    """A geo provider that counts how often it is asked."""
    CountingGeo.asked = 0
    configure(GEO_PROVIDER="tests.privacy.doubles.CountingGeo", SERVICE_NAME="Example Agency")
    return CountingGeo


@pytest.fixture
def visitor() -> Client:
    """A browser of today: it says that forms were sent from our own pages."""
    return Client(**SAME)


@pytest.fixture
def counting(configure: Callable[..., None]) -> Iterator[Counter[Tally]]:
    """The site counts. What it counted in this test."""
    configure(COUNTING=True, COUNTING_BUFFER=PATH)
    GatheredBuffer.totals.clear()
    yield GatheredBuffer.totals
    GatheredBuffer.totals.clear()


@pytest.fixture
def reader() -> Client:
    """The same browser, saying what it is: only what somebody looks at is counted."""
    return Client(HTTP_USER_AGENT=BROWSER, **SAME)


@pytest.fixture
def newcomers(db: None) -> Segment:
    return make_segment("newcomers", FirstTimeVisitorRule())


@pytest.fixture
def restaurant(db: None) -> Intent:
    return make_intent("restaurant", question_label="Open a restaurant")


@pytest.fixture
def openers(restaurant: Intent) -> Segment:
    return make_segment("openers", VisitIntentRule(intent=restaurant))


@pytest.fixture
def full_page(home: AgencyPage, riverside: Segment, newcomers: Segment, openers: Segment) -> AgencyPage:
    """At /full/: a place, a first visit and an intent are asked, and both questions stand there."""
    offer = personalised(
        hero("Standard"),
        (openers, hero("For restaurants")),
        (riverside, hero("For Riverside")),
        (newcomers, hero("For newcomers")),
    )
    hilltop = {"label": "In Hilltop", "country": "GB", "subdivision": "", "city": "Hilltop"}
    places = [{"type": "item", "value": hilltop, "id": block_id("place", 0)}]
    return make_page(
        "Full",
        ("offer", offer),
        ("intent_question", {"heading": "What do you need to do today?", "hint": ""}),
        ("place_question", {"heading": "Where are you?", "hint": "", "places": places}),
        parent=home,
        slug="full",
    )
