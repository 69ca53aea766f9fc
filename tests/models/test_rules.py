"""Rules: what each asks, how it says itself, and what it refuses to be saved as."""

import pytest
from django.core.exceptions import ValidationError

from wagtail_personalise_gov.core.conditions import All, Not
from wagtail_personalise_gov.models import (
    CampaignRule,
    FirstTimeVisitorRule,
    Intent,
    LocationRule,
    QueryRule,
    ReferrerRule,
    Segment,
    SegmentRule,
    VisitIntentRule,
)


def refused(rule):
    """The messages that a rule is refused with, by field."""
    with pytest.raises(ValidationError) as caught:
        rule.clean()
    return caught.value.message_dict


class TestLocation:
    def test_it_takes_names_and_codes_and_keeps_codes(self):
        rule = LocationRule(countries=["France", "de", "UK"], subdivisions=["gb-eng"])
        rule.clean()
        assert rule.countries == ["FR", "DE", "GB"]
        assert rule.subdivisions == ["GB-ENG"]

    def test_each_line_narrows_it(self):
        rule = LocationRule(countries=["US"], cities=["Springfield"])
        assert rule.condition() == All(
            *[LocationRule(countries=["US"]).condition(), LocationRule(cities=["Springfield"]).condition()]
        )
        assert rule.condition().answer({"location.country": "US", "location.city": "Springfield"}) is True
        assert rule.condition().answer({"location.country": "AU", "location.city": "Springfield"}) is False

    @pytest.mark.parametrize(
        "given, field, words",
        [
            ({"countries": ["FX"]}, "countries", "There is no country “FX”"),
            ({"countries": ["Germny"]}, "countries", "Did you mean Germany?"),
            ({"subdivisions": ["GB-XXX"]}, "subdivisions", "There is no region “GB-XXX”"),
            ({"subdivisions": ["Walse"]}, "subdivisions", "ISO 3166-2"),
            (
                {"countries": ["FR"], "subdivisions": ["GB-ENG"]},
                "subdivisions",
                "England is in the United Kingdom, not in France.",
            ),
            ({"cities": ["x" * 60]}, "cities", "too long"),
            ({"radius_km": 5}, "latitude", "Kilometres of what?"),
            ({"latitude": 5}, "longitude", "both a latitude and a longitude"),
            ({"longitude": 5, "radius_km": 1}, "latitude", "both a latitude and a longitude"),
            ({"latitude": 5, "longitude": 5}, "radius_km", "How near"),
            ({}, "countries", "at least one"),
        ],
    )
    def test_what_can_not_be_asked_is_refused_at_its_field(self, given, field, words):
        assert words in " ".join(refused(LocationRule(**given))[field])

    @pytest.mark.parametrize("given", [{"cities": [f"Town {n}" for n in range(1001)]}, {"cities": ["a\x00b"]}])
    def test_what_no_condition_can_hold_is_refused_with_a_message(self, given):
        with pytest.raises(ValidationError, match=r"location\.city"):
            LocationRule(**given).clean()

    def test_a_very_long_line_is_refused_at_once(self):
        assert "more than 500" in refused(LocationRule(subdivisions=[f"x{n}" for n in range(4000)]))["subdivisions"][0]

    def test_it_says_itself(self):
        rule = LocationRule(countries=["FR"], cities=["Lyon"])
        assert rule.sentence() == "They seem to be in Lyon, France"
        assert rule.public_sentence() == "People who seem to be in Lyon, France"
        rule.negated = True
        assert rule.sentence() == "We can tell they are not in Lyon, France"
        assert rule.asked() == Not(rule.condition())

    def test_a_point_has_a_distance(self):
        rule = LocationRule(latitude=51.5, longitude=-0.1, radius_km=20)
        rule.clean()
        assert rule.condition().answer({"location.point": (51.6, -0.1, 5)}) is True
        assert rule.condition().answer({"location.point": (52.6, -0.1, 5)}) is False
        assert rule.condition().answer({"location.point": (51.6, -0.1, 500)}) is None


class TestReferrer:
    def test_a_kind_or_a_host_is_enough(self):
        asked = ReferrerRule(kinds=["search"], hosts=["*.gov.uk"]).condition()
        assert asked.answer({"visit.referrer.kind": "search", "visit.referrer.host": "www.bing.com"}) is True
        assert asked.answer({"visit.referrer.kind": "government", "visit.referrer.host": "www.gov.uk"}) is True
        assert asked.answer({"visit.referrer.kind": "other", "visit.referrer.host": "evilgov.uk"}) is False

    @pytest.mark.parametrize("host", [r"^(\w+\.?)+$", "https://www.gov.uk/", "gov uk", "[a-z]", "."])
    def test_what_is_no_host_is_refused(self, host):
        assert "hosts" in refused(ReferrerRule(hosts=[host]))

    def test_an_empty_referrer_is_refused(self):
        assert "at least one website" in " ".join(refused(ReferrerRule())["hosts"])

    def test_it_says_itself(self):
        rule = ReferrerRule(kinds=["search", "government"], hosts=["licensing.example.gov"])
        assert rule.sentence() == "They came from a search engine, a government website or licensing.example.gov"


class TestCampaign:
    def test_all_parts_must_fit(self):
        asked = CampaignRule(source="newsletter", name="start-*").condition()
        assert asked.answer({"visit.campaign.source": "Newsletter", "visit.campaign.name": "start-up-week"}) is True
        assert asked.answer({"visit.campaign.source": "poster", "visit.campaign.name": "start-up-week"}) is False

    def test_an_empty_campaign_is_refused(self):
        assert "name" in refused(CampaignRule())


class TestQuery:
    def test_it_asks_one_parameter(self):
        asked = QueryRule(parameter="topic", values=["housing", "rent*"]).condition()
        assert asked.answer({"request.query": {"topic": "Rents"}}) is True
        assert asked.answer({"request.query": {"topic": "roads"}}) is False
        assert asked.answer({"request.query": {}}) is False
        assert asked.answer({}) is None

    def test_without_values_any_will_do(self):
        asked = QueryRule(parameter="topic").condition()
        assert asked.answer({"request.query": {"topic": "x"}}) is True
        assert asked.answer({"request.query": {}}) is False

    def test_what_is_no_parameter_is_refused(self):
        assert "parameter" in refused(QueryRule(parameter="a b"))


@pytest.mark.django_db
class TestIntent:
    def test_what_was_said_and_what_is_suggested(self):
        intent = Intent.objects.create(name="Starting a business", slug="starting-a-business")
        said = VisitIntentRule(intent=intent, certainty=VisitIntentRule.SAID).condition()
        suggested = VisitIntentRule(intent=intent).condition()
        guess, word = {"visit.intent": {"starting-a-business": 0.6}}, {"visit.intent": {"starting-a-business": 1.0}}
        assert (said.answer(guess), said.answer(word)) == (False, True)
        assert (suggested.answer(guess), suggested.answer(word)) == (True, True)


@pytest.mark.django_db
class TestAnotherSegment:
    def test_a_circle_is_refused_with_its_chain(self):
        first, second, third = (Segment.objects.create(name=name, slug=name.lower()) for name in ("A", "B", "C"))
        SegmentRule.objects.create(segment=second, other=third)
        SegmentRule.objects.create(segment=third, other=first)
        message = " ".join(refused(SegmentRule(segment=first, other=second))["other"])
        assert "“A” → “B” → “C” → “A”" in message

    def test_a_segment_can_not_ask_about_itself(self):
        segment = Segment.objects.create(name="A", slug="a")
        assert "“A” → “A”" in " ".join(refused(SegmentRule(segment=segment, other=segment))["other"])

    def test_the_same_segment_twice_is_no_circle(self):
        first, second, third = (Segment.objects.create(name=name, slug=name.lower()) for name in ("A", "B", "C"))
        SegmentRule.objects.create(segment=second, other=third)
        SegmentRule(segment=first, other=third).clean()
        SegmentRule(segment=first, other=second).clean()


def test_places_read_well():
    assert LocationRule(countries=["GB", "FR"]).place() == "the United Kingdom or France"
    assert LocationRule(subdivisions=["GB-WLS"]).place() == "Wales"


def test_a_segments_own_name_is_never_told_to_visitors():
    assert "Secret" not in SegmentRule(other=Segment(name="Secret", slug="s")).public_sentence()


def test_a_first_time_visitor_rule_needs_nothing_filled_in():
    rule = FirstTimeVisitorRule()
    rule.clean()
    assert rule.condition().answer({"visitor.first_visit": True}) is True
    assert rule.sentence() == "This is their first visit"
    assert FirstTimeVisitorRule(negated=True).sentence() == "We can tell they have been here before"


@pytest.mark.django_db
class TestSlug:
    @pytest.mark.parametrize("slug", ["a_b", "A", "a--b", "-a", "a b", "é", "a-"])
    def test_it_is_one_that_any_header_could_carry(self, slug):
        with pytest.raises(ValidationError):
            Segment(name="x", slug=slug).full_clean()

    def test_it_does_not_change_once_published(self):
        segment = Segment.objects.create(name="x", slug="one")
        segment.save_revision().publish()
        segment.refresh_from_db()
        segment.slug = "two"
        with pytest.raises(ValidationError, match="published as “one”"):
            segment.clean()

    def test_it_may_change_before(self):
        segment = Segment.objects.create(name="x", slug="one", live=False)
        segment.slug = "two"
        segment.full_clean()
