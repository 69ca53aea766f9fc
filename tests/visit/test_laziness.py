"""Only what a page asks is gathered, each at most once, and nothing about those who do not want it."""

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail import hooks

from tests.agency.models import AgencyPage, AskRule, PlainPage
from tests.factories import hero, make_page, make_segment, personalised
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.core.facts import Fact
from wagtail_personalise_gov.facts import forget_registered
from wagtail_personalise_gov.models import LocationRule, RulesetState, Segment
from wagtail_personalise_gov.models.missing import rule_models
from wagtail_personalise_gov.visit import gathering

RIVERSIDE = {"REMOTE_ADDR": "192.0.2.7"}

REFUSALS: list[dict[str, Any]] = [
    {"HTTP_COOKIE": "personalise_choice=refused.1"},
    {"HTTP_SEC_GPC": "1"},
    {"HTTP_DNT": "1"},
]


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The User-Agents that were parsed."""
    calls: list[str] = []

    def device_kind(user_agent: str, hint: str = "") -> str:
        calls.append(user_agent)
        return "mobile"

    monkeypatch.setattr(gathering, "device_kind", device_kind)
    return calls


@pytest.fixture
def mobile_page(home: AgencyPage) -> AgencyPage:
    rule = AskRule(question={"fact": "device.kind", "op": "in", "value": ["mobile"]})
    line = personalised("Standard", (make_segment("mobile", rule), "On your phone"))
    return make_page("Mobile", ("line", line), parent=home, slug="mobile")


def test_a_fact_is_gathered_once_however_many_blocks_ask_it(
    client: Client, home: AgencyPage, riverside: Segment, places_by_address: Any
) -> None:
    hilltop = make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    offer = ("offer", personalised(hero("All"), (riverside, hero("Riverside")), (hilltop, hero("Hilltop"))))
    line = ("line", personalised("All", (hilltop, "Hilltop")))
    make_page("Many", offer, line, offer, line, parent=home, slug="many")
    client.get("/many/", **RIVERSIDE)
    assert places_by_address.looked == 1


def test_what_a_page_does_not_ask_is_not_gathered(
    client: Client, agency_page: AgencyPage, plain_page: PlainPage, mobile_page: AgencyPage, places_by_address: Any,
    parsed: list[str],
) -> None:  # fmt: skip
    client.get("/plain/", **RIVERSIDE)
    assert (places_by_address.looked, parsed) == (0, [])
    client.get("/flood/", **RIVERSIDE)
    assert (places_by_address.looked, parsed) == (1, [])
    client.get("/mobile/", headers={"User-Agent": "a phone"}, **RIVERSIDE)
    assert (places_by_address.looked, parsed) == (1, ["a phone"])


@pytest.mark.parametrize("refusal", REFUSALS)
def test_after_a_refusal_nothing_is_looked_up_or_parsed(
    client: Client, agency_page: AgencyPage, mobile_page: AgencyPage, places_by_address: Any, parsed: list[str],
    refusal: dict[str, Any],
) -> None:  # fmt: skip
    for path in ("/flood/", "/mobile/", "/api/personalise/v1/visit/"):
        answer = client.get(path, **RIVERSIDE, **refusal)
        assert answer.status_code == 200
        assert "Sandbags" not in answer.content.decode()
        assert "On your phone" not in answer.content.decode()
    assert (places_by_address.looked, parsed) == (0, [])
    assert not Session.objects.exists()


QUESTIONS: list[dict[str, Any]] = [
    {"fact": "visitor.first_visit", "op": "equals", "value": True},
    {"fact": "visitor.visits", "op": "at_least", "value": 1},
    {"fact": "visit.referrer.kind", "op": "in", "value": ["search"]},
    {"fact": "visit.referrer.host", "op": "matches", "value": ["*"]},
    {"fact": "visit.campaign.source", "op": "matches", "value": ["*"]},
    {"fact": "location.country", "op": "in", "value": ["GB"]},
    {"fact": "location.city", "op": "in", "value": ["Riverside"]},
    {"fact": "location.subdivisions", "op": "contains_any", "value": ["GB-ENG"]},
    {"fact": "device.kind", "op": "in", "value": ["mobile"]},
    {"fact": "language", "op": "language", "value": ["cy"]},
    {"fact": "network.ip", "op": "in_network", "value": ["192.0.2.0/24"]},
    {"fact": "request.query.topic", "op": "equals", "value": "housing"},
    {"fact": "account.signed_in", "op": "equals", "value": False},
]


@pytest.mark.parametrize("question", QUESTIONS, ids=[str(question["fact"]) for question in QUESTIONS])
def test_a_visitor_who_would_match_gets_the_standard_version_after_refusing(
    home: AgencyPage, places_by_address: Any, parsed: list[str], question: dict[str, Any]
) -> None:
    line = personalised("Standard", (make_segment("some", AskRule(question=question)), "For some"))
    make_page("Some", ("line", line), parent=home, slug="some")
    headers = {"Referer": "https://duckduckgo.com/", "User-Agent": "a phone", "Accept-Language": "cy"}
    path = "/some/?topic=housing&utm_source=newsletter"
    assert "For some" in Client().get(path, headers=headers, **RIVERSIDE).content.decode()
    for refusal in REFUSALS:
        assert "Standard" in Client().get(path, headers=headers, **RIVERSIDE, **refusal).content.decode()


@pytest.mark.parametrize(
    "question",
    [
        {"fact": "clock.local", "op": "between", "value": ["00:00", "23:59"]},
        {"fact": "request.path", "op": "matches", "value": ["/some/"]},
        {"fact": "request.site", "op": "in", "value": ["testserver"]},
    ],
)
@pytest.mark.parametrize("refusal", REFUSALS)
def test_what_is_the_same_for_everybody_goes_on_after_a_refusal(
    client: Client, home: AgencyPage, question: dict[str, Any], refusal: dict[str, Any]
) -> None:
    """Who refuses must not miss "Register by 18 April"."""
    line = personalised("Standard", (make_segment("some", AskRule(question=question)), "For some"))
    make_page("Some", ("line", line), parent=home, slug="some")
    answer = client.get("/some/", **refusal)
    assert "For some" in answer.content.decode()
    assert not answer.cookies


# A site's own facts


def test_a_reader_of_anybodys_that_fails_takes_no_page_down(
    client: Client, home: AgencyPage, caplog: pytest.LogCaptureFixture
) -> None:
    def failing() -> Any:
        return Fact("office", "your office"), lambda request: 1 / 0

    with hooks.register_temporarily("register_personalise_facts", failing):
        forget_registered()
        office = make_segment("office", AskRule(question={"fact": "office", "op": "in", "value": ["A"]}))
        line = personalised("Standard", (office, "For the office"))
        make_page("Office", ("line", line), parent=home, slug="office")
        for _ in range(3):
            assert "Standard" in client.get("/office/").content.decode()
    forget_registered()
    (record,) = [record for record in caplog.records if record.name == "wagtail_personalise_gov"]
    assert "Fact 'office' can't be read (ZeroDivisionError at" in record.getMessage()


def test_a_fact_that_is_registered_no_more_is_unknown(client: Client, home: AgencyPage) -> None:
    def office() -> Any:
        return Fact("office", "your office"), lambda request: "A"

    with hooks.register_temporarily("register_personalise_facts", office):
        forget_registered()
        segment = make_segment("office", AskRule(question={"fact": "office", "op": "in", "value": ["A"]}))
        line = personalised("Standard", (segment, "For the office"))
        make_page("Office", ("line", line), parent=home, slug="office")
        assert "For the office" in client.get("/office/").content.decode()
    forget_registered()
    compiling.holder = compiling.new_holder()
    assert "Standard" in client.get("/office/").content.decode()


# Queries


def many_segments(count: int) -> list[Segment]:
    """Live segments in bulk, each with a rule of every shipped kind that can be made in bulk."""
    segments = Segment.objects.bulk_create(
        Segment(name=f"Segment {number}", slug=f"segment-{number}", live=True) for number in range(count)
    )
    LocationRule.objects.bulk_create(LocationRule(segment=segment, cities=[segment.slug]) for segment in segments)
    RulesetState.renew()
    compiling.holder.check_again()
    return segments


def test_a_page_with_1000_live_segments_makes_as_many_queries_as_with_none(
    client: Client, agency_page: AgencyPage, riverside: Segment, places_by_address: Any, configure: Any
) -> None:
    configure(RULESET_CHECK_SECONDS=60)
    queries_without = queries_of(client)
    segments = many_segments(1000)
    offer = personalised(hero("Be ready"), *((segment, hero(segment.slug)) for segment in segments[:20]))
    agency_page.body = [*agency_page.body.raw_data, {"type": "offer", "value": offer}]
    agency_page.save()
    assert queries_of(client) == queries_without


def queries_of(client: Client) -> int:
    client.get("/flood/", **RIVERSIDE)  # compiles, and fills what Wagtail keeps
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/flood/", **RIVERSIDE).status_code == 200
    return len(queries)


def test_compiling_costs_as_many_queries_for_1000_segments_as_for_one(db: None) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            compiling.compile_ruleset()
        return len(captured)

    many_segments(1)
    few = queries()
    Segment.objects.all().update(live=False)
    many_segments_more = Segment.objects.bulk_create(
        Segment(name=f"More {number}", slug=f"more-{number}", live=True) for number in range(999)
    )
    for model in rule_models():
        if model is LocationRule:
            model.objects.bulk_create(model(segment=segment, cities=["x"]) for segment in many_segments_more)
    assert queries() == few
    assert (
        few <= 7 + len(rule_models()) + 2
    )  # the version twice, segments, intents, signals, sites, shares of sites, goals; one for each rule type
