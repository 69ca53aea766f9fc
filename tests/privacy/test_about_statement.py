"""What is used and why, what is kept, the statement, who answers for it: from the settings and from what is live."""

import datetime
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from wagtail.models import Site

from tests.agency.models import AgencyPage, AskRule
from tests.factories import committed, hero, make_page, make_segment, personalised
from tests.privacy.test_about import ABOUT, part, read
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.core.memory import FIRST_DAY
from wagtail_personalise_gov.facts import FACTS
from wagtail_personalise_gov.models import (
    AccountRule,
    DateRangeRule,
    FirstTimeVisitorRule,
    LocationRule,
    PagesViewedRule,
    PersonalisationSettings,
    ReferrerRule,
    Segment,
)


def used(client: Client) -> str:
    return part(read(client), "What we use", "Who sees something different")


def stated(client: Client, heading: str, until: str) -> str:
    return part(part(read(client), "How this is done, point by point", "Who answers for this"), heading, until)


# What may be used, and why


def test_each_thing_that_is_used_says_why_and_by_whom(visitor: Client, home: AgencyPage) -> None:
    make_segment("french", LocationRule(countries=["FR"]), purpose="So that they find our number.")
    make_segment("german", LocationRule(countries=["DE"]), purpose="So that they find our hours.")
    make_segment("town", LocationRule(cities=["Riverside"]), purpose="Not this.")
    words = used(visitor)
    country = words.partition("The country that you seem to be in")[2]
    assert "2 groups depend on the country that you seem to be in Why: So that they find our number." in country
    assert "So that they find our hours. Who: Public name of french Public name of german" in country
    assert "Not this." not in country


def test_a_purpose_is_told_once(visitor: Client, home: AgencyPage) -> None:
    for country in ("FR", "DE"):
        make_segment(country.lower(), LocationRule(countries=[country]), purpose="So that they find us.")
    assert used(visitor).count("So that they find us.") == 1


@pytest.mark.parametrize(
    "rule, says",
    [
        (
            LocationRule(cities=["Riverside"]),
            "Not kept, unless you tell us yourself: then until you close your browser.",
        ),
        (FirstTimeVisitorRule(), "Kept for 90 days at most, counted from your first visit."),
        (ReferrerRule(kinds=["search"]), "Kept for this visit only: until you close your browser, at the latest."),
        (AccountRule(who="signed_in"), "Not kept: looked at anew on each page."),
    ],
    ids=["place", "past", "visit", "account"],
)
def test_it_says_whether_a_thing_is_kept_and_how_long(
    visitor: Client, home: AgencyPage, configure: Any, rule: Any, says: str
) -> None:
    configure(MEMORY_MAX_AGE_DAYS=90)
    make_segment("one", type(rule)(**{field: getattr(rule, field) for field in type(rule).own_fields()}))
    assert says in used(visitor)


@pytest.mark.parametrize(
    "provider, says",
    [
        (
            "wagtail_personalise_gov.visit.geo.MaxMindGeo",
            "We look your internet address up in a list on our own server",
        ),
        ("wagtail_personalise_gov.visit.geo.HeaderGeo", "The network that carries this site to you guesses it"),
        ("tests.privacy.doubles.CountingGeo", "A part that this site added guesses it"),
    ],
)
def test_it_says_how_places_are_told(
    visitor: Client, home: AgencyPage, riverside: Segment, configure: Any, provider: str, says: str
) -> None:
    configure(GEO_PROVIDER=provider)
    assert says in used(visitor)


# The pages of a group


def test_a_group_names_the_pages_that_it_changes_and_leads_to_them(
    visitor: Client, full_page: AgencyPage, home: AgencyPage
) -> None:
    html = visitor.get(ABOUT).content.decode()
    group = html.partition('id="group-riverside"')[2].partition("</section>")[0]
    assert re.search(r'href="[^"]*/full/"[^>]*>(<[^>]*>)?Full<', group)
    assert re.search(r'href="[^"]*/full/\?personalise_as=riverside"', group)
    assert re.search(r'href="[^"]*/full/\?personalise=standard"', group)


def test_a_group_that_changes_no_page_says_so(visitor: Client, home: AgencyPage) -> None:
    make_segment("idle", LocationRule(countries=["FR"]))
    assert "No page that anybody can read changes for this group at the moment." in read(visitor)


def test_many_pages_are_folded_away(visitor: Client, home: AgencyPage, riverside: Segment) -> None:
    for number in range(8):
        offer = personalised(hero("Standard"), (riverside, hero("Other")))
        make_page(f"Page {number}", ("offer", offer), parent=home, slug=f"page-{number}")
    assert "3 more pages for this group: Public name of riverside" in read(visitor)


# What is kept


def kept(client: Client, **headers: str) -> str:
    return part(read(client, **headers), "What we keep of you now", "You can erase what we keep.")


def test_nothing_is_kept_of_who_has_just_come(visitor: Client, full_page: AgencyPage) -> None:
    assert kept(visitor).strip().startswith("Nothing.")


def test_everything_that_is_kept_is_told_in_words(visitor: Client, home: AgencyPage, full_page: AgencyPage) -> None:
    make_segment("searching", ReferrerRule(kinds=["search"]))
    make_segment("readers", PagesViewedRule(what=PagesViewedRule.PAGE, page=full_page))
    visitor.get("/full/?utm_campaign=spring", HTTP_REFERER="https://www.google.com/search?q=x")
    visitor.post("/personalisation/intent/", {"intent": "restaurant"})
    visitor.post("/personalisation/place/", {"country": "GB", "subdivision": "GB-WLS", "city": "Hilltop"})
    words = kept(visitor, HTTP_REFERER="http://testserver/full/")
    assert "Where this visit came from A search engine" in words
    assert "The website that it came from www.google.com" in words
    assert "What you told us you are here to do Open a restaurant" in words
    assert "Where you told us you are Hilltop, Wales, United Kingdom" in words
    assert "How many times you have visited 1" in words
    assert "Which of certain pages you have looked at on this visit “Full”" in words
    assert "spring" not in words  # no live group asks, so it is not kept


def test_what_is_kept_in_a_session_is_told_as_well(visitor: Client, full_page: AgencyPage, configure: Any) -> None:
    configure(VISITOR_STORE="wagtail_personalise_gov.visit.stores.DjangoSessionStore")
    visitor.get("/full/")
    assert "How many times you have visited 1" in kept(visitor)


def test_a_choice_is_told_in_words(visitor: Client, full_page: AgencyPage) -> None:
    visitor.cookies["personalise_choice"] = "refused-counted.3"
    words = kept(visitor)
    assert "Your choice Pages must not change to suit you" in words
    assert "Your choice about counting Your visits may be counted" in words
    assert "Version 3 of what we use" in words


def test_a_day_that_no_calendar_has_takes_nothing_down(visitor: Client, full_page: AgencyPage) -> None:
    from wagtail_personalise_gov.privacy.kept import _day_in_words, _step_in_words

    assert _day_in_words(999_999_999) == "999999999"
    assert _step_in_words(999_999_999) == "999999999"
    assert _day_in_words((datetime.date(2026, 4, 18) - FIRST_DAY).days) == "18 Apr 2026"


def test_what_was_erased_is_gone(visitor: Client, full_page: AgencyPage) -> None:
    visitor.get("/full/")
    erased = visitor.post("/personalisation/forget/", {"next": f"{ABOUT}?done=erased"}, follow=True)
    assert "We have erased what we kept" in erased.content.decode()
    assert kept(visitor).strip().startswith("Nothing.")


# The statement


HEADINGS = [
    "What it is for",
    "What is read",
    "What it is used for, and what it is not",
    "How it works",
    "Who gets to know it",
    "How it is kept safe",
    "How long it is kept",
    "Whether it is on to begin with, and why",
    "How to turn it off",
    "What you miss when you turn it off",
    "For the record",
]
# Those under which there is something to say while nothing runs.
HEADINGS_WHILE_OFF = [
    "What is read",
    "How long it is kept",
    "Whether it is on to begin with, and why",
    "How to turn it off",
    "For the record",
]


@pytest.mark.parametrize("mode", ["opt_out", "opt_in", "off"])
@pytest.mark.parametrize("live", [True, False], ids=["live", "nothing live"])
def test_every_point_of_the_statement_is_there(
    visitor: Client, home: AgencyPage, configure: Any, mode: str, live: bool
) -> None:
    configure(MODE=mode)
    if live:
        make_segment("riverside", LocationRule(cities=["Riverside"]))
    html = visitor.get(ABOUT).content.decode()
    statement = html.partition('id="personalise-statement"')[2].partition("<h2")[0]
    items = re.findall(r"<h3>(.*?)</h3>\s*<p>(.*?)</p>", statement)
    assert [heading for heading, _first in items] == (HEADINGS_WHILE_OFF if mode == "off" else HEADINGS)
    assert all(first for _heading, first in items)


@pytest.mark.parametrize(
    "keys, heading, until, says",
    [
        ({}, "How to turn it off", "What you miss", "Choose “No” on this page"),
        ({"MODE": "off"}, "How to turn it off", "What you miss", "There is nothing to turn off."),
        ({}, "and why", "How to turn", "It is on until you turn it off"),
        ({"MODE": "opt_in"}, "and why", "How to turn", "we ask before we use or keep anything about you"),
        ({"MODE": "off"}, "and why", "How to turn", "It is switched off for everybody."),
        ({"HONOUR_GPC": True}, "and why", "How to turn", "off to begin with for browsers that ask all websites"),
        (
            {"ALLOWED_MAX_AGE_DAYS": 30, "REFUSED_MAX_AGE_DAYS": 400},
            "How long it is kept",
            "Whether it is on",
            "30 days if you turn this on, 400 days if you turn it off",
        ),
        ({"MEMORY_MAX_AGE_DAYS": 20}, "How long it is kept", "Whether it is on", "20 days at most"),
        ({"COUNTING": True, "TALLIES_MAX_AGE_DAYS": 99}, "How long it is kept", "Whether it is on", "99 days"),
        ({"COUNTING": True, "SMALLEST_COUNT": 20}, "How it is kept safe", "How long", "below 20 are never shown"),
        ({"COUNTING": True}, "What it is for", "What is read", "as a purpose of its own, to count"),
        ({"COOKIE_SECURE": True}, "How it is kept safe", "How long", "encrypted connections only"),
        ({}, "How it works", "Who gets", "cookies in your own browser"),
        (
            {"VISITOR_STORE": "wagtail_personalise_gov.visit.stores.DjangoSessionStore"},
            "How it works",
            "Who gets",
            "on our own server",
        ),
        (
            {"GEO_PROVIDER": "wagtail_personalise_gov.visit.geo.MaxMindGeo"},
            "Who gets to know it",
            "How it is kept safe",
            "Whoever made that file learns nothing of you",
        ),
        (
            {"GEO_PROVIDER": "wagtail_personalise_gov.visit.geo.HeaderGeo"},
            "Who gets to know it",
            "How it is kept safe",
            "sees your internet address in any case",
        ),
    ],
)
def test_the_statement_follows_the_settings(
    visitor: Client, full_page: AgencyPage, configure: Any, keys: Any, heading: str, until: str, says: str
) -> None:
    configure(HONOUR_GPC=False, HONOUR_DNT=False)
    with_them = {**keys}
    configure(**with_them)
    assert says in stated(visitor, heading, until)


def test_what_a_setting_does_not_do_is_not_claimed(visitor: Client, home: AgencyPage, configure: Any) -> None:
    configure(HONOUR_GPC=False, HONOUR_DNT=False)
    make_segment("searching", ReferrerRule(kinds=["search"]))
    words = stated(visitor, "What it is for", "never here")
    for claim in ("encrypted", "to count", "Daily totals", "earlier visits", "Places are", "for browsers that ask"):
        assert claim not in words


@pytest.mark.parametrize(
    "rules, tier",
    [
        ([], "usage tier 1, single-session"),
        ([LocationRule(cities=["Riverside"]), ReferrerRule(kinds=["search"])], "usage tier 1, single-session"),
        ([FirstTimeVisitorRule()], "usage tier 2, multi-session"),
        ([AccountRule(who="signed_in")], "usage tier 3, single-session"),
        ([DateRangeRule(last_day=datetime.date(2099, 1, 1))], "usage tier 1, single-session"),
    ],
    ids=["nothing", "this visit", "earlier visits", "account", "clock"],
)
def test_the_tier_follows_from_what_is_live(visitor: Client, home: AgencyPage, rules: list[Any], tier: str) -> None:
    for number, rule in enumerate(rules):
        fields = {field: getattr(rule, field) for field in type(rule).own_fields()}
        make_segment(f"group-{number}", type(rule)(**fields))
    assert tier in stated(visitor, "For the record", "never here")


# Signals


def test_the_page_says_how_signals_are_treated(visitor: Client, full_page: AgencyPage, configure: Any) -> None:
    configure(HONOUR_DNT=False)
    words = part(read(visitor, HTTP_SEC_GPC="1"), "If your browser asks websites not to do this", "How this is done")
    assert "If your browser sends a Global Privacy Control signal, we treat it as if you had turned this off" in words
    assert "Your browser is sending a Global Privacy Control signal now." in words
    assert "This site does not act on Do Not Track." in words


# Who answers for it


def test_it_says_who_answers_for_it(visitor: Client, home: AgencyPage) -> None:
    assert "It has not said here how to reach it" in read(visitor)
    with committed():
        PersonalisationSettings.objects.create(
            site=Site.objects.get(),
            responsible="The data protection officer",
            contact_email="privacy@agency.example",
            last_reviewed=datetime.date(2026, 4, 18),
        )
    words = part(read(visitor), "Who answers for this", "What has changed")
    assert "The data protection officer" in words
    assert "Last reviewed 18 Apr 2026" in words
    assert 'href="mailto:privacy@agency.example"' in visitor.get(ABOUT).content.decode()
    assert "It has not said here" not in words


def test_the_latest_changes_are_told_by_public_names(visitor: Client, home: AgencyPage) -> None:
    make_segment("french", LocationRule(countries=["FR"]), name="Nuisances", by_editor=True)
    words = read(visitor).partition("What has changed")[2]
    assert "“Public name of french”" in words
    assert "Nuisances" not in words
    assert str(timezone.localdate().year) in words


# With nothing to tell of


def test_it_is_of_use_with_nothing_live_and_nothing_written(visitor: Client, home: AgencyPage) -> None:
    words = read(visitor)
    for says in ("No page changes to suit visitors", "Nothing about you, at the moment.", "Nobody at the moment."):
        assert says in words


def test_it_is_of_use_where_there_is_no_site(visitor: Client, home: AgencyPage) -> None:
    Site.objects.all().delete()
    assert visitor.get(ABOUT).status_code == 200


@pytest.mark.parametrize("name", [*FACTS])
def test_every_fact_can_be_told_of(visitor: Client, home: AgencyPage, name: str) -> None:
    """Whatever a site asks, the page and the file stand."""
    value: Any = {"op": "equals", "value": True} if FACTS[name].kind == "bool" else {"op": "in", "value": ["x"]}
    segment = make_segment("asking", live=False)
    AskRule.objects.create(segment=segment, question={"fact": name, **value})
    with committed():
        Segment.objects.get().save_revision().publish()
    compiling.holder.check_again()
    html = visitor.get(ABOUT, HTTP_REFERER="http://testserver/").content.decode()
    meaning = str(FACTS[name].meaning)
    assert html.count(f"<dt>{meaning[:1].upper()}{meaning[1:]}</dt>") == 1
    assert visitor.get("/personalisation/download/").status_code == 200
