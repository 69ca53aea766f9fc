"""What the package gives to a site's own tests."""

import pytest
from django.test import Client

from tests.agency.models import AgencyPage
from wagtail_personalise_gov.models import FirstTimeVisitorRule, LocationRule, Segment
from wagtail_personalise_gov.testing import fact_ending_with, visiting


def test_be_a_visitor_for_a_while(client: Client, agency_page: AgencyPage) -> None:
    with visiting(city="Riverside"):
        assert "Sandbags in Riverside" in client.get("/flood/").content.decode()
    with visiting(city="Hilltop"):
        assert "Be ready" in client.get("/flood/").content.decode()
    assert "Be ready" in client.get("/flood/").content.decode()


def test_a_segment_that_a_test_has_just_made_counts(client: Client, agency_page: AgencyPage) -> None:
    """Nothing is committed in a test, so nothing tells the process that there is something new."""
    with visiting(first_visit=True):
        assert client.get("/flood/").status_code == 200
    rule = LocationRule.objects.get()
    rule.cities = ["Hilltop"]
    rule.save()
    segment = Segment.objects.create(name="New", slug="new")
    FirstTimeVisitorRule.objects.create(segment=segment)
    with visiting(city="Hilltop"):
        assert "Sandbags in Riverside" in client.get("/flood/").content.decode()


def test_refusal_works_as_ever(client: Client, agency_page: AgencyPage) -> None:
    with visiting(city="Riverside"):
        assert "Be ready" in client.get("/flood/", headers={"Sec-GPC": "1"}).content.decode()


def test_a_fact_is_named_by_the_end_of_its_name() -> None:
    assert fact_ending_with("country") == "location.country"
    assert fact_ending_with("referrer_kind") == "visit.referrer.kind"
    with pytest.raises(LookupError, match="Several facts end with 'kind'"):
        fact_ending_with("kind")
    with pytest.raises(LookupError, match="No fact ends with 'colour'"):
        fact_ending_with("colour")
