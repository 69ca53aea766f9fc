"""What a front end needs to ask visitors as a page in HTML does: the banner's words, the intents, the place."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client, RequestFactory

from tests.agency.models import AgencyPage
from tests.api.calling import API, FrontEnd, put
from tests.counting.gathered import PATH
from tests.factories import make_intent, make_segment
from wagtail_personalise_gov.api.serializers import about_url
from wagtail_personalise_gov.models import DateRangeRule, FirstTimeVisitorRule, LocationRule, Segment
from wagtail_personalise_gov.visit import limits

RIVERSIDE = {"X-City": "Riverside"}


def question(client: Client, **headers: str) -> Any:
    answer = client.get(f"{API}/visit/", headers=headers)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["banner"] == "ask") is (told["question"] is not None)
    return told["question"]


# The banner


def test_the_question_is_that_of_the_banner(client: Client, agency_page: AgencyPage, places_by_header: None) -> None:
    told = question(client)
    banner = client.get("/flood/").content.decode()
    for words in (told["heading"], told["allow"]["label"], told["refuse"]["label"], told["about"]["label"]):
        assert words in banner
    # A page in HTML says whether this page adapts; the call is for no page.
    assert told["sentences"][0] == "Some pages here change to suit your visit. This is on now."
    assert " ".join(told["sentences"][1:]) in banner
    assert told["about"]["url"] == "http://testserver/personalisation/"


def test_each_answer_says_what_to_send_for_it(client: Client, agency_page: AgencyPage, places_by_header: None) -> None:
    told = question(client)
    assert told["refuse"]["send"] == {"preference": "refused"}
    assert put(client, "preference", told["allow"]["send"]).json()["preference"] == "allowed"
    assert question(client) is None


def test_with_opt_in_one_answer_allows_counting_too_as_in_html(
    client: Client, agency_page: AgencyPage, places_by_header: None, configure: Callable[..., None]
) -> None:
    configure(MODE="opt_in", COUNTING=True, COUNTING_BUFFER=PATH)
    told = question(client)
    assert told["allow"]["send"] == {"preference": "allowed", "counting": "allowed"}
    assert told["refuse"]["send"] == {"preference": "refused"}


def test_where_only_counting_is_left_to_ask_it_is_asked(
    client: Client, home: AgencyPage, configure: Callable[..., None]
) -> None:
    make_segment("everybody", DateRangeRule(first_day=datetime.date(2020, 1, 1)))
    assert question(client) is None
    configure(COUNTING=True, COUNTING_BUFFER=PATH)
    assert "daily totals" in " ".join(question(client)["sentences"])


def test_who_keeps_a_token_is_told_of_no_cookie(home: AgencyPage) -> None:
    make_segment("new", FirstTimeVisitorRule())
    by_cookies, by_token = (
        " ".join(told["question"]["sentences"])
        for told in (Client().get(f"{API}/visit/").json(), FrontEnd().get("visit/").json())
    )
    assert "We keep small cookies on your device for up to 180 days." in by_cookies
    assert "We keep a little about your visits on your device, for up to 180 days." in by_token
    assert "cookie" not in by_token


def test_the_question_speaks_the_language_that_is_asked_for(
    client: Client, agency_page: AgencyPage, places_by_header: None
) -> None:
    english = question(client)
    welsh = client.get(f"{API}/visit/?lang=cy").json()["question"]
    assert welsh["allow"]["label"] != english["allow"]["label"]
    assert welsh["about"]["url"] == "http://testserver/personalisation/?lang=cy"


@pytest.mark.urls("tests.agency.urls_without_choice")
def test_without_the_page_about_it_there_is_no_link_to_it() -> None:
    assert about_url(RequestFactory().get("/")) is None


# What the visit is for


def test_the_intents_are_told_in_the_editors_order_with_those_below(client: Client, licence: Segment) -> None:
    make_intent("not-asked", asked=False)
    assert client.get(f"{API}/intent/").json() == {
        "ask": True,
        "intent": None,
        "answers": [
            {
                "slug": "start-a-business",
                "label": "Start a business",
                "answers": [{"slug": "restaurant", "label": "Restaurant"}],
            }
        ],
    }
    put(client, "intent", {"intent": "restaurant"})
    assert client.get(f"{API}/intent/").json()["intent"] == "restaurant"


def test_nobody_is_asked_what_would_not_be_kept(client: Client, licence: Segment) -> None:
    put(client, "preference", {"preference": "refused"})
    assert client.get(f"{API}/intent/").json()["ask"] is False
    assert client.get(f"{API}/place/").json() == {"ask": False, "place": None}


# Where they are


def test_a_place_that_is_said_beats_the_guess_and_can_be_withdrawn(
    client: Client, agency_page: AgencyPage, places_by_header: None
) -> None:
    def heading() -> str:
        answer = client.get(f"{API}/pages/{agency_page.pk}/", headers={"X-City": "Hilltop"})
        told: str = answer.json()["body"][1]["value"]["content"]["heading"]
        return told

    assert heading() == "Be ready"
    said = {"country": "gb", "city": "Riverside"}
    assert put(client, "place", said).json() == {"place": {"country": "GB", "city": "Riverside"}, "kept": True}
    assert heading() == "Sandbags in Riverside"
    assert client.get(f"{API}/place/").json() == {"ask": True, "place": {"country": "GB", "city": "Riverside"}}
    assert put(client, "place", {"place": None}).json() == {"place": None, "kept": True}
    assert heading() == "Be ready"


def test_that_we_guessed_wrong_can_be_said(client: Client, agency_page: AgencyPage, places_by_header: None) -> None:
    assert put(client, "place", {"place": "none"}).json() == {"place": "none", "kept": True}
    answer = client.get(f"{API}/pages/{agency_page.pk}/", headers=RIVERSIDE)
    assert answer.json()["body"][1]["value"]["variant"] is None
    assert client.get(f"{API}/visit/").json()["place"] == "none"


def test_a_place_is_not_kept_after_a_refusal(client: Client, riverside: Segment) -> None:
    put(client, "preference", {"preference": "refused"})
    answer = put(client, "place", {"city": "Riverside"})
    assert answer.json() == {"place": None, "kept": False}
    assert not answer.cookies


@pytest.mark.parametrize(
    "body, field, words",
    [
        ({}, "place", "Name a place by country, subdivision or city"),
        ({"place": "here"}, "place", 'Say "none", or null'),
        ({"place": "none", "city": "Riverside"}, "place", 'or say "none" or null here alone'),
        ({"country": "Atlantis"}, "country", "There is no such country."),
        ({"country": "XX"}, "country", "There is no such country."),
        ({"country": 7}, "country", "There is no such country."),
        ({"country": None}, "country", "Send a text, in quotation marks; or leave it out."),
        ({"country": {"a": "b"}}, "country", "There is no such country."),
        ({"subdivision": "Wales"}, "subdivision", "There is no such region."),
        ({"country": "FR", "subdivision": "GB-WLS"}, "subdivision", "That region is not in that country."),
        ({"city": "x" * 51}, "city", "That is too long for a town."),
        ({"city": "River\tside"}, "city", "That is no name of a town."),
        ({"city": "\0"}, "city", "a character that no text may hold"),
        ({"city": "\ud800"}, "city", "a character that no text may hold"),
        ([], "non_field_errors", "Send a JSON object"),
    ],
)
def test_what_is_no_place_is_refused_by_its_field(
    client: Client, riverside: Segment, body: Any, field: str, words: str
) -> None:
    answer = put(client, "place", body)
    assert answer.status_code == 400
    assert words in answer.json()["errors"][field][0]
    assert not answer.cookies


@pytest.mark.parametrize(
    "body, status", [({"city": "Riverside"}, 403), ({"place": "none"}, 403), ({"place": None}, 200)]
)
def test_only_what_is_kept_needs_the_browsers_word(client: Client, riverside: Segment, body: Any, status: int) -> None:
    assert put(client, "place", body, headers={"Origin": "null"}).status_code == status


def test_too_many_places_have_to_wait(
    client: Client, riverside: Segment, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "rate", limits.Rate())
    configure(FORMS_PER_MINUTE=1)
    assert put(client, "place", {"city": "Riverside"}).status_code == 200
    answer = put(client, "place", {"city": "Hilltop"})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) >= 1
    assert put(client, "place", {"place": None}).status_code == 200


# The end of it


def test_what_is_kept_is_erased_and_the_choice_stays(client: Client, home: AgencyPage) -> None:
    make_segment("new", FirstTimeVisitorRule())
    put(client, "preference", {"preference": "allowed"})
    client.get(f"{API}/visit/")
    assert client.cookies["personalise_memory"].value
    answer = client.delete(f"{API}/visit/")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.cookies["personalise_memory"]["max-age"] == 0
    assert "personalise_choice" not in answer.cookies
    assert client.get(f"{API}/visit/").json()["preference"] == "allowed"


def test_erasing_works_for_who_can_prove_nothing(client: Client, riverside: Segment) -> None:
    for headers in ({}, {"Origin": "null"}, {"Sec-Fetch-Site": "same-site"}):
        assert client.delete(f"{API}/visit/", headers=headers).status_code == 204
    assert client.delete(f"{API}/visit/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_a_region_of_a_country_is_enough(client: Client, home: AgencyPage) -> None:
    make_segment("wales", LocationRule(subdivisions=["GB-WLS"]))
    put(client, "place", {"subdivision": "gb-wls"})
    told = client.get(f"{API}/visit/").json()
    assert ([segment["slug"] for segment in told["segments"]], told["place"]) == (["wales"], {"subdivision": "GB-WLS"})
