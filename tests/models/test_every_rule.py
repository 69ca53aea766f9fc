"""Every rule type of the package: what it asks, how it answers at its edges, and what it refuses."""

from __future__ import annotations

import datetime
from ipaddress import ip_address
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from wagtail.models import Site

from tests.agency.models import AgencyPage
from tests.factories import make_page, make_segment
from wagtail_personalise_gov.core.conditions import ConditionError
from wagtail_personalise_gov.models import (
    AccountRule,
    DateRangeRule,
    DayOfWeekRule,
    DeviceRule,
    LanguageRule,
    LastVisitRule,
    LocationRule,
    NetworkRule,
    PagesViewedRule,
    PathRule,
    Rule,
    SiteRule,
    TimeOfDayRule,
    VisitCountRule,
)
from wagtail_personalise_gov.models.fields import TimeZoneField
from wagtail_personalise_gov.models.postcodes import postcode_patterns


def at(text: str) -> dict[str, Any]:
    return {"clock.local": datetime.datetime.fromisoformat(text)}


NIGHT = {"start": datetime.time(22), "end": datetime.time(6)}
DAY = {"start": datetime.time(9), "end": datetime.time(17)}
SPRING = {"first_day": datetime.date(2026, 4, 1), "last_day": datetime.date(2026, 5, 31)}


@pytest.mark.parametrize(
    "rule, facts, answer",
    [
        # How often
        (VisitCountRule(comparison="at_least", visits=3), {"visitor.visits": 3}, True),
        (VisitCountRule(comparison="at_least", visits=3), {"visitor.visits": 2}, False),
        (VisitCountRule(comparison="at_most", visits=2), {"visitor.visits": 2}, True),
        (VisitCountRule(comparison="at_most", visits=2), {"visitor.visits": 3}, False),
        (VisitCountRule(comparison="exactly", visits=2), {"visitor.visits": 2}, True),
        (VisitCountRule(comparison="exactly", visits=2), {"visitor.visits": 3}, False),
        (VisitCountRule(comparison="exactly", visits=1), {"visitor.visits": 1}, True),  # never before
        (VisitCountRule(comparison="exactly", visits=1), {"visitor.visits": 2}, False),
        (VisitCountRule(comparison="exactly", visits=1), {}, None),
        # How long ago
        (LastVisitRule(comparison="at_least", days=30), {"visitor.days_since_last_visit": 30}, None),
        (LastVisitRule(days=30), {"visitor.first_visit": False, "visitor.days_since_last_visit": 30}, True),
        (LastVisitRule(days=30), {"visitor.first_visit": False, "visitor.days_since_last_visit": 29}, False),
        (LastVisitRule(days=30), {"visitor.first_visit": True}, False),  # never: known, and not 30 days ago
        (
            LastVisitRule(comparison="at_most", days=0),
            {"visitor.first_visit": False, "visitor.days_since_last_visit": 0},
            True,
        ),
        (
            LastVisitRule(comparison="at_most", days=0),
            {"visitor.first_visit": False, "visitor.days_since_last_visit": 1},
            False,
        ),
        # The browser
        (DeviceRule(kinds=["mobile", "tablet"]), {"device.kind": "tablet"}, True),
        (DeviceRule(kinds=["mobile", "tablet"]), {"device.kind": "desktop"}, False),
        (DeviceRule(kinds=["mobile"]), {}, None),
        (LanguageRule(languages=["cy"]), {"language.preferred": ["cy-GB"], "language": ["cy-GB", "en"]}, True),
        (LanguageRule(languages=["cy"]), {"language.preferred": ["en"], "language": ["en", "cy"]}, False),
        (LanguageRule(how="accepts", languages=["cy"]), {"language.preferred": ["en"], "language": ["en", "cy"]}, True),
        (LanguageRule(how="accepts", languages=["en-GB"]), {"language": ["en"]}, False),  # a range takes in, not out
        (LanguageRule(how="accepts", languages=["cy"]), {"language": ["cym"]}, False),  # no part of a subtag
        (LanguageRule(how="accepts", languages=["cy"]), {}, None),
        # When
        (TimeOfDayRule(**NIGHT), at("2026-04-18T22:00:00+01:00"), True),
        (TimeOfDayRule(**NIGHT), at("2026-04-18T21:59:59+01:00"), False),
        (TimeOfDayRule(**NIGHT), at("2026-04-18T00:00:00+01:00"), True),
        (TimeOfDayRule(**NIGHT), at("2026-04-18T05:59:59+01:00"), True),
        (TimeOfDayRule(**NIGHT), at("2026-04-18T06:00:00+01:00"), False),
        (TimeOfDayRule(**DAY, time_zone="Asia/Tokyo"), at("2026-04-18T01:00:00+01:00"), True),
        (TimeOfDayRule(**DAY, time_zone="Asia/Tokyo"), at("2026-04-18T12:00:00+01:00"), False),
        (TimeOfDayRule(**DAY, time_zone="Europe/London"), at("2026-03-29T07:59:59+00:00"), False),  # 08:59:59 BST
        (TimeOfDayRule(**DAY, time_zone="Europe/London"), at("2026-03-29T08:00:00+00:00"), True),  # 09:00 BST
        (TimeOfDayRule(**DAY, time_zone="Europe/London"), at("2026-10-25T08:59:59+00:00"), False),  # GMT again
        (TimeOfDayRule(**DAY, time_zone="Europe/London"), at("2026-10-25T09:00:00+00:00"), True),
        (DayOfWeekRule(days=["saturday", "sunday"]), at("2026-04-18T00:00:00+01:00"), True),
        (DayOfWeekRule(days=["saturday", "sunday"]), at("2026-04-20T00:00:00+01:00"), False),
        (DateRangeRule(**SPRING), at("2026-04-01T00:00:00+01:00"), True),
        (DateRangeRule(**SPRING), at("2026-05-31T23:59:59+01:00"), True),
        (DateRangeRule(**SPRING), at("2026-06-01T00:00:00+01:00"), False),
        (DateRangeRule(**SPRING), at("2027-05-01T00:00:00+01:00"), False),
        (DateRangeRule(**SPRING, every_year=True), at("2027-05-01T00:00:00+01:00"), True),
        (DateRangeRule(**SPRING, every_year=True), at("2027-03-31T23:59:59+01:00"), False),
        (DateRangeRule(last_day=datetime.date(2026, 4, 18)), at("2026-04-18T23:59:59+01:00"), True),
        (DateRangeRule(last_day=datetime.date(2026, 4, 18)), at("2026-04-19T00:00:00+01:00"), False),
        (DateRangeRule(first_day=datetime.date(2026, 4, 18)), at("2026-04-17T23:59:59+01:00"), False),
        (DateRangeRule(first_day=datetime.date(2026, 4, 18)), at("2036-04-18T00:00:00+01:00"), True),
        # Over New Year, where the last day comes before the first in the calendar
        (
            DateRangeRule(
                first_day=datetime.date(2025, 12, 20), last_day=datetime.date(2026, 1, 6), every_year=True
            ),
            at("2030-12-31T12:00:00+00:00"),
            True,
        ),
        # Who
        (AccountRule(), {"account.signed_in": True}, True),
        (AccountRule(), {"account.signed_in": False}, False),
        (AccountRule(who="in_group", user_group=Group(name="Editors")), {"account.groups": ["Editors"]}, True),
        (AccountRule(who="in_group", user_group=Group(name="Editors")), {"account.groups": []}, False),
        # Where
        (NetworkRule(networks=["192.0.2.0/24", "2001:db8::/32"]), {"network.ip": ip_address("192.0.2.9")}, True),
        (NetworkRule(networks=["192.0.2.0/24", "2001:db8::/32"]), {"network.ip": ip_address("2001:db8::9")}, True),
        (NetworkRule(networks=["192.0.2.0/24"]), {"network.ip": ip_address("192.0.3.1")}, False),
        (NetworkRule(networks=["192.0.2.0/24"]), {"network.ip": ip_address("::ffff:192.0.2.1")}, True),
        (NetworkRule(networks=["::ffff:192.0.2.0/120"]), {"network.ip": ip_address("192.0.2.1")}, True),
        (NetworkRule(networks=["::ffff:192.0.2.0/120"]), {"network.ip": ip_address("192.0.3.1")}, False),
        (LocationRule(continents=["AF"]), {"location.continent": "AF"}, True),
        (LocationRule(continents=["AF"]), {"location.continent": "EU"}, False),
        (LocationRule(subdivisions=["GB-WLS", "GB-NIR"]), {"location.subdivisions": ["GB-NIR"]}, True),
        (LocationRule(subdivisions=["GB-ENG"]), {"location.subdivisions": ["GB-ENG", "GB-WBK"]}, True),  # any level
        (LocationRule(subdivisions=["GB-WBK"]), {"location.subdivisions": ["GB-ENG", "GB-WBK"]}, True),
        (LocationRule(subdivisions=["GB-WLS"]), {"location.country": "GB", "location.subdivisions": ["Wales"]}, True),
        (LocationRule(subdivisions=["GB-WLS"]), {"location.country": "US", "location.subdivisions": ["Wales"]}, False),
        (LocationRule(postcodes=["OX"]), {"location.postcode": "OX10"}, True),
        (LocationRule(postcodes=["OX1"]), {"location.postcode": "OX10"}, False),
        (LocationRule(postcodes=["OX1"]), {"location.postcode": "OX1 2AB"}, True),
        (LocationRule(postcodes=["B"]), {"location.postcode": "BA1"}, False),
        (LocationRule(postcodes=["981"]), {"location.postcode": "98154"}, True),
        # Wales, or the town of Chester
        (
            LocationRule(lines="either", subdivisions=["GB-WLS"], cities=["Chester"]),
            {"location.country": "GB", "location.subdivisions": ["GB-ENG"], "location.city": "Chester"},
            True,
        ),
        (
            LocationRule(lines="either", subdivisions=["GB-WLS"], cities=["Chester"]),
            {"location.country": "GB", "location.subdivisions": ["GB-ENG"], "location.city": "London"},
            False,
        ),
        # What they look at
        (PathRule(where="paths", paths=["/news/"]), {"request.path": "/news/"}, True),
        (PathRule(where="paths", paths=["/news"]), {"request.path": "/news/"}, True),
        (PathRule(where="paths", paths=["/news/"]), {"request.path": "/news/flood/"}, False),
        (PathRule(where="paths", paths=["/news/*"]), {"request.path": "/news/flood/"}, True),
        (PathRule(where="paths", paths=["/news/*"]), {"request.path": "/newsletter/"}, False),
        (PathRule(where="paths", paths=["/"]), {"request.path": "/news/"}, False),
        (PagesViewedRule(what="number", number=3), {"visit.page_count": 3}, True),
        (PagesViewedRule(what="number", number=3), {"visit.page_count": 2}, False),
        (PagesViewedRule(what="number", number=3, scope="ever"), {"visit.page_count": 3}, None),
    ],
)  # fmt: skip
def test_a_rule_answers_at_its_edges_and_its_negation_answers_the_opposite(
    rule: Rule, facts: dict[str, Any], answer: bool | None
) -> None:
    rule.negated = False
    assert rule.asked().answer(facts) is answer
    rule.negated = True
    assert rule.asked().answer(facts) is (None if answer is None else not answer)
    assert rule.asked().answer({}) is None  # unknown stays unknown


@pytest.mark.parametrize(
    "rule", [VisitCountRule(visits=None), LastVisitRule(days=None), TimeOfDayRule(), LocationRule()]
)
def test_a_draft_that_is_not_filled_in_can_not_be_asked_and_raises_nothing_else(rule: Rule) -> None:
    with pytest.raises(ConditionError):
        rule.condition()
    with pytest.raises(ValidationError):
        rule.clean()


@pytest.mark.parametrize(
    "rule, field, words",
    [
        (VisitCountRule(comparison="at_least", visits=1), "visits", "Write 2 or more"),
        (DeviceRule(), "kinds", "at least one kind"),
        (LanguageRule(), "languages", "at least one language"),
        (LanguageRule(languages=["Klingonish!"]), "languages", "do not know the language “Klingonish!”"),
        (TimeOfDayRule(start=datetime.time(9), end=datetime.time(9)), "end", "whole day"),
        (TimeOfDayRule(start=datetime.time(9, 0, 30), end=datetime.time(10)), "start", "hours and minutes only"),
        (DayOfWeekRule(), "days", "at least one day"),
        (DayOfWeekRule(days=[name for name, _label in DayOfWeekRule.OPTIONS]), "days", "every day"),
        (DateRangeRule(), "first_day", "first day, a last day or both"),
        (DateRangeRule(first_day=datetime.date(2026, 4, 1), every_year=True), "last_day", "first and a last day"),
        (
            DateRangeRule(first_day=datetime.date(2026, 4, 2), last_day=datetime.date(2026, 4, 1)),
            "last_day",
            "before it starts",
        ),
        (AccountRule(who="in_group"), "user_group", "Choose the group"),
        (AccountRule(user_group=Group(name="x")), "user_group", "Leave the group empty"),
        (NetworkRule(name="x"), "networks", "at least one network"),
        (NetworkRule(name="x", networks=["192.0.2.7/24"]), "networks", "Did you mean 192.0.2.0/24?"),
        (NetworkRule(name="x", networks=["our office"]), "networks", "“our office” is no range of internet addresses"),
        (PathRule(where="paths"), "paths", "at least one address"),
        (PathRule(where="paths", paths=["https://www.gov.uk/x/"]), "paths", "names a site"),
        (PathRule(where="paths", paths=["/x/?a=b"]), "paths", "before ? or #"),
        (PathRule(where="paths", paths=["news"]), "paths", "/news"),
        (PathRule(), "section", "Choose the page"),
        (PathRule(where="paths", paths=["*"]), "paths", "every page"),
        (SiteRule(), "site", "Choose the site"),
        (
            DateRangeRule(first_day=datetime.date(2026, 1, 1), last_day=datetime.date(2026, 12, 31), every_year=True),
            "last_day",
            "every day of the year",
        ),
        (PagesViewedRule(), "page", "Choose the page"),
        (PagesViewedRule(what="number"), "number", "how many"),
        (PagesViewedRule(what="page", number=3), "number", "Leave this empty"),
        (LocationRule(postcodes=["O%1"]), "postcodes", "no beginning of a postcode"),
        (LocationRule(postcodes=["*"]), "postcodes", "no beginning of a postcode"),
        (LocationRule(subdivisions=["Punjab"]), "subdivisions", "IN-PB or PK-PB"),
        (LocationRule(countries=["GB"], subdivisions=["Walse"]), "subdivisions", "Did you mean Wales (GB-WLS)?"),
        (LocationRule(subdivisions=["Bavaria"]), "subdivisions", "There is no region “Bavaria”"),
    ],
)
def test_what_can_not_be_asked_is_refused_at_its_field(rule: Rule, field: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        rule.clean()
    assert words in " ".join(caught.value.message_dict[field])


def test_a_region_may_be_written_by_its_name() -> None:
    rule = LocationRule(subdivisions=["Wales", "northern ireland"])
    rule.clean()
    assert rule.subdivisions == ["GB-WLS", "GB-NIR"]


def test_a_name_that_only_a_database_knows_needs_its_country() -> None:
    rule = LocationRule(countries=["Germany"], subdivisions=["Bavaria"])
    rule.clean()
    asked = rule.condition()
    assert asked.answer({"location.country": "DE", "location.subdivisions": ["Bavaria"]}) is True
    assert asked.answer({"location.country": "AT", "location.subdivisions": ["Bavaria"]}) is False
    assert "Bavaria, Germany" in rule.sentence()


def test_languages_may_be_written_by_name() -> None:
    rule = LanguageRule(languages=["Welsh", "en-GB"])
    rule.clean()
    assert rule.languages == ["cy", "en-GB"]
    assert rule.sentence() == "Their browser asks for Welsh or English (United Kingdom) first"


def test_never_before_can_be_said_in_words() -> None:
    rule = VisitCountRule(comparison="exactly", visits=1)
    assert rule.sentence() == "They have never been here before"
    assert VisitCountRule(comparison="at_most", visits=1, negated=True).sentence() == (
        "We can tell they have been here before"
    )


def test_a_path_is_taken_as_browsers_show_it() -> None:
    rule = PathRule(where="paths", paths=["/caf%C3%A9/"])
    rule.clean()
    assert rule.condition().answer({"request.path": "/café/"}) is True


@pytest.mark.parametrize("zone", ["Europe/London", "America/Argentina/Buenos_Aires"])
def test_time_zones_are_chosen_from_a_list_that_stays_out_of_migrations(zone: str) -> None:
    field = TimeZoneField("by the clock of")
    form = field.formfield()
    assert form.clean(zone) == zone
    assert form.clean("") == ""
    with pytest.raises(ValidationError):
        form.clean("Europe/Lundon")
    assert "choices" not in field.deconstruct()[3]


@pytest.mark.parametrize(
    "word, inside, outside",
    [
        ("OX", ["OX1", "OX49 5PQ"], ["O1", "OXA"]),
        ("OX1", ["OX1", "OX1 2AB", "OX1A"], ["OX10", "OX11 9ZZ", "SOX1"]),
        ("SW1A", ["SW1A", "SW1A 1AA", "SW1A1AA"], ["SW1B", "SW1"]),
        ("981", ["98101", "981"], ["99810"]),
        ("K1A", ["K1A", "K1A 0B1"], ["K1B"]),
        ("OX1*", ["OX1", "OX10"], ["OX2"]),
        ("1234 AB", ["1234 AB"], ["1234 AC"]),
    ],
)
def test_a_postcode_begins_where_letters_and_digits_meet(word: str, inside: list[str], outside: list[str]) -> None:
    asked = LocationRule(postcodes=[word]).condition()
    for postcode in inside:
        assert asked.answer({"location.postcode": postcode}) is True, postcode
    for postcode in outside:
        assert asked.answer({"location.postcode": postcode}) is False, postcode
    assert postcode_patterns(word)


@pytest.mark.django_db
class TestWhatIsGone:
    """A rule whose page, group or site was deleted can't be told, negated or not; so it never widens a segment."""

    def test_a_deleted_group(self) -> None:
        group = Group.objects.create(name="Housing team")
        self._gone(AccountRule(who="in_group", user_group=group), group)

    def test_a_deleted_site(self, home: AgencyPage) -> None:
        site = Site.objects.create(hostname="other.example.gov", root_page=home)
        self._gone(SiteRule(site=site), site)

    @pytest.mark.parametrize("make", [lambda page: PathRule(section=page), lambda page: PagesViewedRule(page=page)])
    def test_a_deleted_page(self, home: AgencyPage, make: Any) -> None:
        page = make_page("Housing", parent=home, slug="housing").page_ptr
        self._gone(make(page), page)

    @staticmethod
    def _gone(rule: Rule, what: Any) -> None:
        make_segment("some", rule)
        what.delete()
        kept = type(rule)._default_manager.get()
        for negated in (False, True):
            kept.negated = negated
            with pytest.raises(ConditionError, match="was deleted"):
                kept.asked()
            assert kept.sentence()
            assert kept.public_sentence() is not None


@pytest.mark.django_db
def test_a_section_is_found_by_its_address_on_its_own_site(home: AgencyPage) -> None:
    housing = make_page("Housing", parent=home, slug="housing").page_ptr
    asked = PathRule(section=housing).condition()
    assert asked.answer({"request.site": "testserver", "request.path": "/housing/"}) is True
    assert asked.answer({"request.site": "testserver", "request.path": "/housing/rent/"}) is True
    assert asked.answer({"request.site": "testserver", "request.path": "/housing-benefit/"}) is False
    assert asked.answer({"request.site": "other.example.gov", "request.path": "/housing/"}) is False


@pytest.mark.django_db
def test_a_page_that_not_everybody_may_read_is_not_named_to_everybody(home: AgencyPage) -> None:
    page = make_page("Secret plans", parent=home, slug="plans").page_ptr
    assert "Secret plans" in PagesViewedRule(page=page).public_sentence()
    page.live = False
    assert "Secret plans" not in PagesViewedRule(page=page).public_sentence()
    assert "Secret plans" in PagesViewedRule(page=page).sentence()
