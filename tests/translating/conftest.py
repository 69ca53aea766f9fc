"""Two languages, and what every check here begins with."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from wagtail.models import Locale, Page

from wagtail_personalise_gov.models import LocationRule, Segment

from ..agency.models import AgencyPage
from ..factories import make_page, make_segment
from .content import every_shape


@pytest.fixture
def desk(client: Client, db: None) -> Client:
    """The browser of someone who may do everything."""
    client.force_login(User.objects.create_superuser("admin", "admin@example.org", "admin"))
    return client


@pytest.fixture
def hilltop(db: None) -> Segment:
    return make_segment("hilltop", LocationRule(cities=["Hilltop"]))


@pytest.fixture
def welsh(home: AgencyPage) -> Locale:
    """Welsh, in which the home page is there."""
    locale = Locale.objects.create(language_code="cy")
    home.copy_for_translation(locale, copy_parents=True)
    return locale


@pytest.fixture
def page(home: AgencyPage, welsh: Locale, riverside: Segment, hilltop: Segment) -> Page:
    page = make_page("Flood", parent=home, slug="flood")
    page.body = every_shape(riverside, hilltop)
    page.save_revision().publish()
    return AgencyPage.objects.get(pk=page.pk)
