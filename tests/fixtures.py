"""Pages to visit, and a process that has compiled nothing yet. For every test: `pytest_plugins` in conftest.py."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import translation

from wagtail_personalise_gov import compiling, holding, plugged
from wagtail_personalise_gov.core.counting import Tally
from wagtail_personalise_gov.models import LocationRule, Segment

from .agency.geo import NetworkGeo
from .agency.models import AgencyPage, PlainPage
from .counting.gathered import PATH, GatheredBuffer
from .factories import hero, make_page, make_segment, personalised


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No ruleset and no log of an earlier test: the database is rolled back, what a process holds would not be.

    The request that finds a publication compiles, however busy the machine is: the next line of a test counts on it.
    """
    monkeypatch.setattr(compiling, "holder", compiling.new_holder())
    monkeypatch.setattr(holding, "PATIENCE", float("inf"))
    monkeypatch.setattr(plugged, "_logged_at", {})
    yield
    translation.deactivate()  # Django's LocaleMiddleware leaves that of its last request


@pytest.fixture
def searchable(settings: Any) -> None:
    """What is saved from here on can be searched for in the admin."""
    settings.WAGTAILSEARCH_BACKENDS = {"default": {**settings.WAGTAILSEARCH_BACKENDS["default"], "AUTO_UPDATE": True}}


@pytest.fixture
def totals(configure: Callable[..., None]) -> Iterator[Counter[Tally]]:
    """What was counted in this test; with it, the site counts."""
    configure(COUNTING=True, COUNTING_BUFFER=PATH)
    GatheredBuffer.totals.clear()
    yield GatheredBuffer.totals
    GatheredBuffer.totals.clear()


@pytest.fixture
def configure(settings: Any) -> Callable[..., None]:
    """``configure(MODE="opt_in")``: keys of WAGTAIL_PERSONALISE_GOV for this test, over those that it has."""

    def change(**keys: Any) -> None:
        settings.WAGTAIL_PERSONALISE_GOV = {**getattr(settings, "WAGTAIL_PERSONALISE_GOV", {}), **keys}

    return change


@pytest.fixture
def places_by_header(configure: Callable[..., None]) -> None:
    """The visitor's place is what the headers X-Country, X-Region and X-City say, as from a trusted network's edge."""
    configure(
        GEO_PROVIDER="wagtail_personalise_gov.visit.geo.HeaderGeo",
        GEO_HEADERS={"country": "X-Country", "subdivisions": "X-Region", "city": "X-City"},
        TRUSTED_PROXIES=["127.0.0.1"],
    )


@pytest.fixture
def places_by_address(configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> type[NetworkGeo]:
    """192.0.2.0/24 is Riverside, 198.51.100.0/24 Hilltop, 203.0.113.0/24 France; the class counts its look-ups."""
    monkeypatch.setattr(NetworkGeo, "looked", 0)
    configure(GEO_PROVIDER="tests.agency.geo.NetworkGeo")
    return NetworkGeo


@pytest.fixture
def home(db: None) -> AgencyPage:
    """The home page of the only site, served at "/". Nothing stands on it yet."""
    page: AgencyPage = AgencyPage.objects.get(slug="agency")
    return page


@pytest.fixture
def riverside(db: None) -> Segment:
    return make_segment("riverside", LocationRule(cities=["Riverside"]))


@pytest.fixture
def agency_page(home: AgencyPage, riverside: Segment) -> AgencyPage:
    """At /flood/: a personalised hero for Riverside ("Sandbags in Riverside"), with a standard version ("Be ready")."""
    offer = personalised(hero("Be ready"), (riverside, hero("Sandbags in Riverside")))
    return make_page("Flood", ("hero", hero("For everyone")), ("offer", offer), parent=home, slug="flood")


@pytest.fixture
def plain_page(home: AgencyPage) -> PlainPage:
    """At /plain/: no personalised block."""
    return make_page("Plain", ("hero", hero("For everyone")), parent=home, model=PlainPage, slug="plain")
