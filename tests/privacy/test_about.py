"""The page about personalisation says what is true, and all of it."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.agency.models import AgencyPage
from tests.factories import make_segment
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.models import (
    CampaignRule,
    FirstTimeVisitorRule,
    LocationRule,
    ReferrerRule,
    Segment,
    SegmentRule,
)

ABOUT = "/personalisation/"
CHOICE = "/personalisation/choice/"


def words_of(response: Any) -> str:
    """What a reader reads of its content, but for the list of contents."""
    html = response.content.decode()
    main = html[html.index("<main") : html.index("</main>")]
    main = re.sub(r"<nav.*?</nav>", " ", main, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)).replace("&#x27;", "'")


def part(words: str, heading: str, *until: str) -> str:
    """What stands from a heading on, as far as the first of the next ones."""
    found = words.partition(heading)[2]
    return min((found.partition(after)[0] for after in until), key=len)


def read(client: Client, **headers: str) -> str:
    compiling.holder.check_again()
    response = client.get(ABOUT, **headers)
    assert response.status_code == 200
    return words_of(response)


# The visitor's own state


@pytest.mark.parametrize(
    "keys, headers, cookie, says",
    [
        ({}, {}, None, "This is on. You have not chosen yet"),
        ({"MODE": "opt_in"}, {}, None, "This is off. It stays off until you turn it on."),
        ({"MODE": "off"}, {}, None, "This is switched off."),
        ({}, {"HTTP_SEC_GPC": "1"}, None, "your browser sends us a Global Privacy Control signal"),
        ({}, {"HTTP_DNT": "1"}, None, "your browser sends us a Do Not Track signal"),
        ({"HONOUR_DNT": False}, {"HTTP_DNT": "1"}, None, "This is on. You have not chosen yet"),
        ({}, {}, "allowed.1", "This is on, because you turned it on."),
        ({}, {}, "refused.1", "This is off, because you turned it off."),
        ({}, {"HTTP_SEC_GPC": "1"}, "allowed.1.g", "your choice on this site comes first"),
        ({}, {"HTTP_SEC_GPC": "1"}, "allowed.1", "your browser sends us a Global Privacy Control signal"),
        ({"POLICY_VERSION": 2}, {}, "allowed.1", "This is on. You have not chosen yet"),
        ({"POLICY_VERSION": 2, "MODE": "opt_in"}, {}, "allowed.1", "This is off. It stays off"),
        ({}, {}, "nonsense", "This is on. You have not chosen yet"),
    ],
)
def test_it_says_whether_pages_adapt_and_why(
    visitor: Client, full_page: AgencyPage, configure: Any, keys: Any, headers: Any, cookie: str | None, says: str
) -> None:
    configure(**keys)
    if cookie:
        visitor.cookies["personalise_choice"] = cookie
    assert says in read(visitor, **headers)


def test_it_says_that_everything_is_paused(visitor: Client, full_page: AgencyPage) -> None:
    compiling.pause(by="a test")
    words = read(visitor)
    assert "This is paused at the moment." in words
    assert "we count you among" not in words
    assert "Public name of riverside" in words  # what is live comes back after the pause


def test_it_says_that_nothing_is_live(visitor: Client, home: AgencyPage) -> None:
    assert "No page changes to suit visitors at the moment." in read(visitor)


def test_it_names_what_the_visitor_matches_now(visitor: Client, full_page: AgencyPage) -> None:
    visitor.get("/full/")
    now = part(read(visitor), "we count you among:", "What we count", "What we use")
    assert "Public name of riverside" in now
    assert "Public name of newcomers" in now
    assert "Public name of openers" not in now


def test_a_visitor_who_refused_matches_nothing(
    visitor: Client, full_page: AgencyPage, everybody_in_riverside: Any
) -> None:
    visitor.post(CHOICE, {"choice": "refused"})
    assert "among none of the groups below" in read(visitor)
    assert everybody_in_riverside.asked == 0


def test_it_shows_what_the_visitor_said_and_how_to_withdraw_it(visitor: Client, full_page: AgencyPage) -> None:
    visitor.get("/full/")
    assert "Forget where I am" not in read(visitor)
    visitor.post("/personalisation/intent/", {"intent": "restaurant"})
    visitor.post("/personalisation/place/", {"subdivision": "GB-WLS", "country": "GB", "city": "Hilltop"})
    words = read(visitor)
    assert "What you are here to do: Open a restaurant" in words
    assert "Where you are: Hilltop, Wales" in words
    visitor.post("/personalisation/intent/", {"intent": ""})
    visitor.post("/personalisation/place/", {})
    words = read(visitor)
    assert "Forget where I am" not in words
    assert "Forget what I am here to do" not in words


def test_the_response_is_private(visitor: Client, full_page: AgencyPage) -> None:
    response = visitor.get(ABOUT)
    assert "private" in response.headers["Cache-Control"]
    assert {"Cookie", "Sec-GPC", "DNT"} <= set(map(str.strip, response.headers["Vary"].split(",")))


# The choice


@pytest.mark.parametrize(
    "cookie, checked",
    [(None, "refused"), ("refused.1", "refused"), ("allowed.1", "allowed")],  # no choice: No (GOV.UK)
)
def test_the_radios_show_the_choice_and_never_an_acceptance_that_was_not_made(
    visitor: Client, full_page: AgencyPage, cookie: str | None, checked: str
) -> None:
    if cookie:
        visitor.cookies["personalise_choice"] = cookie
    html = visitor.get(ABOUT).content.decode()
    assert re.findall(r'value="(\w+)" checked', html) == [checked]


def test_nothing_can_be_chosen_where_it_is_switched_off(visitor: Client, home: AgencyPage, configure: Any) -> None:
    configure(MODE="off")
    assert 'type="radio"' not in visitor.get(ABOUT).content.decode()


def test_saving_the_choice_says_so_once_and_leads_back(visitor: Client, full_page: AgencyPage) -> None:
    html = visitor.get(ABOUT, HTTP_REFERER="http://testserver/full/?a=1").content.decode()
    back = re.search(r'name="next" value="([^"]+)"', html[html.index("personalise-choice") :])
    assert back
    saved = visitor.post(CHOICE, {"choice": "refused", "next": back[1]}, follow=True)
    assert "Your choice is saved" in words_of(saved)
    assert 'href="http://testserver/full/?a=1"' in saved.content.decode()
    assert "Your choice is saved" not in read(visitor)


@pytest.mark.parametrize("referer", ["https://evil.example/", "http://testserver/personalisation/", "", "http://["])
def test_it_leads_back_only_to_pages_of_this_site(visitor: Client, full_page: AgencyPage, referer: str) -> None:
    html = visitor.get(f"{ABOUT}?back=//evil.example/", HTTP_REFERER=referer).content.decode()
    assert "evil.example" not in html


# What is used


def test_it_names_what_live_segments_ask_and_nothing_else(visitor: Client, full_page: AgencyPage) -> None:
    used = read(visitor).partition("What we use")[2].partition("Who sees")[0]
    assert "The town or city that you seem to be in" in used
    assert "Whether this is your first visit" in used
    assert "internet address" not in used
    assert "the country that you seem" not in used


def test_what_another_group_asks_counts_too(visitor: Client, home: AgencyPage) -> None:
    inner = make_segment("inner", ReferrerRule(kinds=["search"]))
    make_segment("outer", SegmentRule(other=inner), LocationRule(countries=["FR"]))
    register = visitor.get("/personalisation/register.json").json()
    outer = next(segment for segment in register["segments"] if segment["slug"] == "outer")
    assert [read["fact"] for read in outer["reads"]] == ["location.country", "visit.referrer.kind"]


def test_a_live_segment_appears_without_any_other_edit_and_a_draft_never(visitor: Client, home: AgencyPage) -> None:
    make_segment("draft", LocationRule(countries=["FR"]))
    draft = Segment.objects.get()
    who = ("Who sees something different", "What we keep")
    assert "Public name of draft" in part(read(visitor), *who)
    draft.unpublish()
    assert "Public name of draft" not in part(read(visitor), *who)
    draft.save_revision().publish()
    assert "Public name of draft" in part(read(visitor), *who)
    Segment.objects.get().archive()
    assert "Public name of draft" not in part(read(visitor), *who)


def test_it_never_shows_an_editors_own_name(visitor: Client, home: AgencyPage) -> None:
    hidden = make_segment("hidden", LocationRule(countries=["FR"]), name="Nuisances", public_name="")
    make_segment("about-it", SegmentRule(other=hidden, negated=True), name="Nuisances too", public_name="")
    unlisted = make_segment("unlisted", LocationRule(countries=["FR"]), name="Secret plan", live=False)
    make_segment("about-a-draft", SegmentRule(other=unlisted))
    words = read(visitor)
    assert "Nuisances" not in words
    assert "Secret plan" not in words
    assert "Public name of unlisted" not in words
    assert "Not: Some visitors" in words
    assert "a group that is not in use" in words


def test_it_tells_why_and_for_whom(visitor: Client, home: AgencyPage) -> None:
    make_segment(
        "abroad",
        LocationRule(countries=["GB"], negated=True),
        CampaignRule(name="spring"),
        match="any",
        purpose="So that nobody queues in vain.",
        public_explanation="They read how to\n\npay from abroad.",
    )
    words = read(visitor)
    assert "Any of these: People who" in words
    assert "Why: So that nobody queues in vain." in words
    assert "pay from abroad." in words


def test_a_group_without_rules_is_nobody(visitor: Client, home: AgencyPage) -> None:
    make_segment("nobody")
    assert "Public name of nobody You are not in this group now. Nobody at the moment." in read(visitor)


def test_what_is_the_same_for_everybody_is_told_apart(
    visitor: Client, home: AgencyPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wagtail_personalise_gov.core.conditions import Between

    make_segment("office-hours", FirstTimeVisitorRule())
    monkeypatch.setattr(FirstTimeVisitorRule, "condition", lambda self: Between("clock.local", ["09:00", "17:00"]))
    visitor.cookies["personalise_choice"] = "refused.1"
    words = read(visitor)
    assert "Nothing about you, at the moment." in words
    assert "work also when this is off: The time of day and the date" in words
    assert "Pages may still change with the time or the date" in words


def test_a_broken_rule_does_not_take_the_page_down(
    visitor: Client, full_page: AgencyPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Any) -> Any:
        raise RuntimeError("out of order")

    monkeypatch.setattr(LocationRule, "condition", fail)
    monkeypatch.setattr(LocationRule, "public_sentence", fail)
    assert "this can’t be told" in read(visitor)


def test_it_never_uses_our_own_words(visitor: Client, full_page: AgencyPage) -> None:
    words = read(visitor).replace("Public name of", "").lower()
    for word in ("segment", "variant", "rule", "fact", "intent", "opt out", "opt-out", "default"):
        assert not re.search(rf"\b{word}s?\b", words), word


# Queries


def test_the_number_of_queries_does_not_grow_with_the_segments(visitor: Client, full_page: AgencyPage) -> None:
    def queries() -> int:
        compiling.holder.check_again()
        compiling.current_ruleset()
        with CaptureQueriesContext(connection) as captured:
            visitor.get(ABOUT)
        return len(captured)

    queries()  # what a process asks once
    before = queries()
    inner = Segment.objects.get(slug="riverside")
    for number in range(10):
        make_segment(f"more-{number}", LocationRule(countries=["FR"]), SegmentRule(other=inner), FirstTimeVisitorRule())
    assert queries() == before
