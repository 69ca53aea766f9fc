"""What the package gives to a site's own tests."""

from unittest import TestResult as Outcome

import pytest
from asgiref.sync import async_to_sync, iscoroutinefunction
from django.test import AsyncClient, Client, SimpleTestCase

from tests.agency.models import AgencyPage
from tests.factories import make_segment
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.models import FirstTimeVisitorRule, LocationRule, Segment, SegmentRule
from wagtail_personalise_gov.testing import (
    GeoProviderContract,
    VisitorStoreContract,
    fact_ending_with,
    visiting,
)


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


# Over functions and test cases


@visiting(city="Riverside")
def test_it_stands_over_a_test_function(client: Client, agency_page: AgencyPage) -> None:
    assert "Sandbags in Riverside" in client.get("/flood/").content.decode()


@visiting(city="Riverside")
def greeting(client: Client) -> str:
    return str(client.get("/flood/").content.decode())


def test_a_decorated_function_may_be_called_again_and_leaves_nothing_behind(
    client: Client, agency_page: AgencyPage
) -> None:
    for _ in range(2):
        assert "Sandbags in Riverside" in greeting(client)
        assert "Be ready" in client.get("/flood/").content.decode()


def test_it_stands_over_a_coroutine(agency_page: AgencyPage) -> None:
    @visiting(city="Riverside")
    async def see() -> str:
        return str((await AsyncClient().get("/flood/")).content.decode())

    assert iscoroutinefunction(see)
    assert "Sandbags in Riverside" in async_to_sync(see)()
    assert "Be ready" in Client().get("/flood/").content.decode()


def test_it_stands_over_a_test_case(agency_page: AgencyPage) -> None:
    class Visitors(SimpleTestCase):
        databases = frozenset({"default"})

        def setUp(self) -> None:
            self.assertContains(self.client.get("/flood/"), "Sandbags in Riverside")

        def test_of_the_same_visitor(self) -> None:
            self.assertContains(self.client.get("/flood/"), "Sandbags in Riverside")

        @visiting(city="Hilltop")
        def test_of_a_visitor_of_its_own(self) -> None:
            self.assertContains(self.client.get("/flood/"), "Be ready")

    case = visiting(city="Riverside")(Visitors)
    for name in ("test_of_the_same_visitor", "test_of_a_visitor_of_its_own"):
        outcome = Outcome()
        case(name)(outcome)
        assert outcome.wasSuccessful(), outcome.failures + outcome.errors
    assert "Be ready" in Client().get("/flood/").content.decode()


def test_it_ends_where_the_block_fails(client: Client, agency_page: AgencyPage) -> None:
    with pytest.raises(ZeroDivisionError), visiting(city="Riverside"):
        raise ZeroDivisionError
    assert "Be ready" in client.get("/flood/").content.decode()


def test_one_within_another_counts_until_it_ends(client: Client, agency_page: AgencyPage) -> None:
    riverside = visiting(city="Riverside")
    with riverside:
        with visiting(city="Hilltop"), riverside:
            assert "Sandbags in Riverside" in client.get("/flood/").content.decode()
        with visiting(city="Hilltop"):
            assert "Be ready" in client.get("/flood/").content.decode()
        assert "Sandbags in Riverside" in client.get("/flood/").content.decode()


# In named segments


def test_a_visitor_may_be_in_named_segments_whatever_their_rules_say(client: Client, agency_page: AgencyPage) -> None:
    with visiting(segments=["riverside"]):
        answer = client.get("/flood/")
    assert "Sandbags in Riverside" in answer.content.decode()
    assert "private" in answer["Cache-Control"]
    assert "Cookie" in answer["Vary"]
    with visiting(segments=["riverside"], city="Hilltop"):
        assert "Sandbags in Riverside" in client.get("/flood/").content.decode()


def test_a_visitor_of_named_segments_is_in_no_others(client: Client, agency_page: AgencyPage) -> None:
    near = make_segment("near", SegmentRule(other=Segment.objects.get(slug="riverside")))
    for segments, inside in (([], set()), (["riverside"], {"riverside"}), (["near"], {"near"})):
        with visiting(segments=segments, city="Riverside"):
            answer = client.get("/api/personalise/v1/visit/").json()
        assert {segment["slug"] for segment in answer["segments"]} == inside
    assert near.live


def test_whoever_refused_is_in_no_named_segment(client: Client, agency_page: AgencyPage) -> None:
    with visiting(segments=["riverside"]):
        assert "Be ready" in client.get("/flood/", headers={"Sec-GPC": "1"}).content.decode()


def test_a_pause_holds_for_those_in_named_segments_too(client: Client, agency_page: AgencyPage) -> None:
    compiling.pause()
    with visiting(segments=["riverside"]):
        assert "Be ready" in client.get("/flood/").content.decode()


def test_a_slug_of_no_live_segment_is_named(client: Client, agency_page: AgencyPage) -> None:
    with (
        visiting(segments=["rivreside"]),
        pytest.raises(LookupError, match=r"'rivreside'\. Those of now are riverside"),
    ):
        client.get("/flood/")


# Names of facts


def test_a_fact_is_named_by_the_end_of_its_name() -> None:
    assert fact_ending_with("country") == "location.country"
    assert fact_ending_with("referrer_kind") == "visit.referrer.kind"
    with pytest.raises(LookupError, match="Several facts end with 'kind'"):
        fact_ending_with("kind")
    with pytest.raises(LookupError, match="No fact ends with 'colour'"):
        fact_ending_with("colour")


def test_a_contract_without_its_store_or_provider_says_how_to_name_it() -> None:
    with pytest.raises(AssertionError, match="store = CacheStore"):
        VisitorStoreContract().test_of_a_stranger_nothing_is_kept()
    with pytest.raises(AssertionError, match="provider = OfficeGeo"):
        GeoProviderContract().test_no_address_is_logged()


def test_a_value_of_another_kind_is_refused_rather_than_unknown() -> None:
    with pytest.raises(TypeError, match=r"visitor\.visits is of kind 'int'"), visiting(visits="3"):
        pass
