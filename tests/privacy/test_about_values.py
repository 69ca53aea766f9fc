"""What is known is told in words, whatever kind of fact it is."""

from datetime import datetime
from ipaddress import ip_address
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from tests.agency.models import AgencyPage
from tests.factories import make_page
from wagtail_personalise_gov.core.facts import KINDS, Fact, Partly
from wagtail_personalise_gov.core.intents import Intent
from wagtail_personalise_gov.facts import FACTS
from wagtail_personalise_gov.privacy.values import OF_KIND, Telling, in_words, pages_in_words, public_titles

TELLING = Telling(
    intents={"restaurant": Intent("restaurant", "Open a restaurant"), "move": Intent("move", "Move house")},
    titles={7: "Licences"},
    keys={"topic", "ward"},
)
MOMENT = datetime(2026, 4, 18, 9, 5, tzinfo=ZoneInfo("Europe/London"))


@pytest.mark.parametrize(
    "name, value, words",
    [
        ("visitor.first_visit", True, "Yes"),
        ("visitor.first_visit", False, "No"),
        ("visitor.visits", 3, "3"),
        ("visitor.days_since_last_visit", 0, "Today"),
        ("visitor.days_since_last_visit", 1, "1 day ago"),
        ("visitor.days_since_last_visit", 12, "12 days ago"),
        ("visitor.pages", (7,), "“Licences”"),
        ("visit.pages", (7, 8, 9), "“Licences” and 2 pages that not everybody may read"),
        ("visit.sections", Partly(()), "None of them"),
        ("visit.page_count", 4, "4"),
        ("visit.referrer.host", "www.gov.uk", "www.gov.uk"),
        ("visit.referrer.host", "", "None"),
        ("visit.referrer.kind", "search", "A search engine"),
        ("visit.referrer.kind", "direct", "No other website: you typed the address, or opened a bookmark"),
        ("visit.campaign.name", "spring <b>", "“spring <b>”"),
        ("visit.campaign.name", "", "Nothing"),
        ("visit.intent", {"restaurant": 1.0}, "Open a restaurant"),
        (
            "visit.intent",
            {"move": 0.6, "restaurant": 0.8},
            "Open a restaurant (a guess: we are 80% sure); Move house (a guess: we are 60% sure)",
        ),
        ("visit.intent", {}, "Nothing in particular"),
        ("location.continent", "EU", "Europe"),
        ("location.country", "GB", "United Kingdom"),
        ("location.subdivisions", ("GB-WLS", "Wales"), "Wales"),
        ("location.city", "Riverside", "Riverside"),
        ("location.postcode", "LL57", "LL57"),
        ("location.eu", False, "No"),
        ("device.kind", "mobile", "A phone"),
        ("language", ["cy", "en-GB"], "Welsh, then English (United Kingdom)"),
        ("language.preferred", ["pt-BR"], "Portuguese (Brazil)"),
        ("clock.local", MOMENT, "18 Apr 2026, 9:05 a.m."),
        ("account.signed_in", True, "Yes"),
        ("account.groups", ["Members", "Councillors"], "Members and Councillors"),
        ("account.groups", [], "None"),
        ("network.ip", ip_address("192.0.2.7"), "192.0.2.7"),
        ("request.path", "/flood/", "/flood/"),
        ("request.query", {"topic": "bins", "session": "secret"}, "“topic”: “bins”"),
        ("request.query", {"session": "secret"}, "None of what we look for"),
        ("request.site", "agency.example", "agency.example"),
    ],
)
def test_every_fact_is_told_in_words(name: str, value: Any, words: str) -> None:
    assert in_words(FACTS[name], value, TELLING) == words


def test_a_point_is_told_no_finer_than_a_town() -> None:
    words = in_words(FACTS["location.point"], (51.50735, -0.12776, 5.0), TELLING)
    assert words == "Roughly at latitude 51.5, longitude -0.1, or within 10 km of that"
    assert "51.50" not in in_words(FACTS["location.point"], (51.50735, -0.12776, None), TELLING)


def test_no_kind_of_fact_is_without_words() -> None:
    assert set(OF_KIND) == KINDS


@pytest.mark.parametrize("name", [*FACTS])
def test_what_can_not_be_told_has_no_words(name: str) -> None:
    assert in_words(FACTS[name], None, TELLING) == ""


@pytest.mark.parametrize("kind", sorted(KINDS - {"text", "bool", "int"}))
def test_a_reader_that_gives_something_else_takes_nothing_down(kind: str) -> None:
    assert isinstance(in_words(Fact("own.thing", "a thing", kind=kind), object(), TELLING), str)


def test_a_long_text_is_cut() -> None:
    assert len(in_words(Fact("own.thing", "a thing"), "x" * 5000, TELLING)) <= 200


@pytest.mark.parametrize(
    "language, name, value, words",
    [
        ("cy", "location.country", "FR", "Ffrainc"),
        ("cy", "device.kind", "desktop", "Cyfrifiadur"),  # and not "any computer", as a rule says it
        ("es", "device.kind", "mobile", "Un teléfono"),
        ("es", "location.country", "DE", "Alemania"),
        ("fr", "language", ["cy"], "Gallois"),
        ("es", "language", ["en-GB"], "Inglés (Reino Unido)"),
    ],
)
def test_names_are_those_of_the_readers_language(language: str, name: str, value: Any, words: str) -> None:
    with translation.override(language):
        assert in_words(FACTS[name], value, TELLING).casefold() == words.casefold()


def test_only_pages_that_anybody_may_read_are_named(home: AgencyPage) -> None:
    public = make_page("Public", parent=home, slug="public")
    draft = make_page("Draft", parent=home, slug="draft", live=False)
    private = make_page("Private", parent=home, slug="private")
    private.view_restrictions.create(restriction_type="login")
    numbers = [public.pk, draft.pk, private.pk, 999_999]
    assert pages_in_words(numbers, public_titles(numbers)) == "“Public” and 3 pages that not everybody may read"
