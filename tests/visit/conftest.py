"""Pages and segments that several tests about visits use."""

import datetime
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from tests.agency.models import AgencyPage
from tests.factories import hero, make_page, make_segment, personalised
from wagtail_personalise_gov.models import (
    CampaignRule,
    FirstTimeVisitorRule,
    LocationRule,
    ReferrerRule,
    Segment,
)
from wagtail_personalise_gov.visit import geo

NOON = datetime.datetime(2026, 4, 18, 12, 0, tzinfo=datetime.UTC)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def new(db: None) -> Segment:
    return make_segment("new", FirstTimeVisitorRule())


@pytest.fixture
def welcome(home: AgencyPage, new: Segment, clock: Any) -> AgencyPage:
    """At /welcome/: "New here?" on the first visit, else "Welcome back"."""
    return make_page(
        "Welcome", ("offer", personalised(hero("Welcome back"), (new, hero("New here?")))), parent=home, slug="welcome"
    )


@pytest.fixture
def opening(home: AgencyPage, clock: Any) -> AgencyPage:
    """At /licence/, and below it, a line for those from search engines and one for those who followed a campaign."""
    search = make_segment("from-search", ReferrerRule(kinds=["search"]))
    campaign = make_segment("from-campaign", CampaignRule(source="newsletter", name="start-*"))
    line = personalised("Apply here", (campaign, "Start-up week"), (search, "You searched for a licence"))
    page = make_page("Licence", ("line", line), parent=home, slug="licence")
    make_page("Next", ("line", line), parent=page, slug="next")
    return page


@pytest.fixture
def everything_live(db: None) -> None:
    make_segment("new", FirstTimeVisitorRule())
    make_segment("riverside", LocationRule(cities=["Riverside"]))
    make_segment("from-search", ReferrerRule(kinds=["search"]))
    make_segment("from-campaign", CampaignRule(source="newsletter"))


@pytest.fixture
def always_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is looked at for each request, and not once a second."""
    monkeypatch.setattr(geo, "SECONDS_BETWEEN_LOOKS", 0)


@pytest.fixture
def flood_page(home: AgencyPage) -> AgencyPage:
    """Everywhere in GB reads of sandbags."""
    here = make_segment("gb", LocationRule(countries=["GB"]))
    return make_page(
        "Flood", ("offer", personalised(hero("Be ready"), (here, hero("Sandbags")))), parent=home, slug="flood"
    )
