"""A page of two versions, and who comes to it."""

from typing import Any

import pytest
from django.test import Client

from tests.agency.models import AgencyPage, PlainPage
from tests.factories import hero, make_page, make_segment, personalised
from wagtail_personalise_gov.models import (
    ReferrerRule,
    Segment,
)

from .totals import browser


@pytest.fixture
def visitor() -> Client:
    return browser()


@pytest.fixture
def search(db: None) -> Segment:
    return make_segment("from-search", ReferrerRule(kinds=["search"]))


@pytest.fixture
def licence(home: AgencyPage, search: Segment, clock: Any) -> AgencyPage:
    """At /licence/: "You searched" for those from search engines, else "Apply here"."""
    offer = personalised(hero("Apply here"), (search, hero("You searched")))
    return make_page("Licence", ("offer", offer), parent=home, slug="licence")


@pytest.fixture
def thanks(home: AgencyPage) -> PlainPage:
    return make_page("Thanks", ("hero", hero("Thank you")), parent=home, model=PlainPage, slug="thanks")
