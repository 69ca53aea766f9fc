"""What a front end tells of its visitor: the page that they are at, and from where they came to it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.agency.models import AgencyPage
from tests.api.calling import API, FrontEnd
from tests.factories import hero, make_intent, make_page, make_segment, personalised
from wagtail_personalise_gov.models import (
    CampaignRule,
    IntentSignal,
    PathRule,
    QueryRule,
    ReferrerRule,
    VisitIntentRule,
)
from wagtail_personalise_gov.visit import viewing

APP = "https://app.example.gov"
FROM_SEARCH = "https://www.google.com/search?q=floods"


def groups(front_end: FrontEnd, path: str = "visit/", **headers: str) -> list[str]:
    answer = front_end.get(path, **{key.replace("_", "-"): value for key, value in headers.items()})
    assert answer.status_code == 200, answer.content
    return [segment["slug"] for segment in answer.json()["segments"]]


def test_the_page_is_the_one_that_the_front_end_tells(home: AgencyPage) -> None:
    make_segment("readers-of-news", PathRule(where=PathRule.PATHS, paths=["/news/*"]))
    assert groups(FrontEnd(), Personalise_Page="/news/floods/?page=2") == ["readers-of-news"]
    assert groups(FrontEnd(), Personalise_Page=f"{APP}/news/floods/") == ["readers-of-news"]
    assert groups(FrontEnd(), Personalise_Page="/services/") == []
    assert groups(FrontEnd()) == []
    # With cookies too, and without the page that is looked at nothing else changes.
    told = Client().get(f"{API}/visit/", headers={"Personalise-Page": "/news/"}).json()
    assert [segment["slug"] for segment in told["segments"]] == ["readers-of-news"]


def test_a_page_that_is_asked_for_is_the_one_they_are_at(client: Client, home: AgencyPage) -> None:
    section = make_segment("readers-of-news", PathRule(where=PathRule.PATHS, paths=["/news/"]))
    offer = ("offer", personalised(hero("All pages"), (section, hero("For readers of news"))))
    news, other = (make_page(slug, offer, parent=home, slug=slug) for slug in ("news", "other"))
    for page, expected in ((news, "For readers of news"), (other, "All pages")):
        assert expected in client.get(page.url).content.decode()
        assert expected in client.get(f"{API}/pages/{page.pk}/").content.decode()
        assert expected in FrontEnd().get(f"pages/{page.pk}/").content.decode()
        assert expected in FrontEnd().get(f"pages/?path=/{page.slug}/").content.decode()


def test_a_campaign_stands_in_the_address_of_the_page(home: AgencyPage) -> None:
    make_segment("flood-letter", CampaignRule(name="flood-letter"))
    front_end = FrontEnd()
    assert groups(front_end, Personalise_Page="/news/?utm_campaign=flood-letter") == ["flood-letter"]
    assert groups(front_end, Personalise_Page="/news/2/") == ["flood-letter"]  # for all of the visit
    assert groups(FrontEnd(), Personalise_Page="/news/") == []


def test_a_visit_begins_on_the_page_that_is_told(home: AgencyPage) -> None:
    housing = make_page("Housing", parent=home, slug="housing")
    intent = make_intent("move-house", IntentSignal(kind=IntentSignal.SECTION, page=housing, confidence=0.9))
    make_segment("movers", VisitIntentRule(intent=intent))
    assert groups(FrontEnd(), Personalise_Page="/housing/council-tax/") == ["movers"]
    assert groups(FrontEnd(), Personalise_Page="/news/") == []


def test_they_come_from_where_the_front_end_tells(home: AgencyPage, configure: Callable[..., None]) -> None:
    make_segment("from-search", ReferrerRule(kinds=["search"]))
    by_browser = {"Origin": APP, "Referer": f"{APP}/"}  # as a script's call has them
    assert groups(FrontEnd(), Personalise_Referrer=FROM_SEARCH, **by_browser) == ["from-search"]
    assert groups(FrontEnd(), Referer=FROM_SEARCH) == ["from-search"]  # a front end's own server passes it on
    assert groups(FrontEnd(), **by_browser) == []
    assert groups(FrontEnd(), Personalise_Referrer="nonsense", **by_browser) == []


def test_of_a_long_referrer_the_beginning_is_read_as_on_pages(home: AgencyPage) -> None:
    make_segment("searched", ReferrerRule(kinds=["search"]))
    assert groups(FrontEnd(), Personalise_Referrer=FROM_SEARCH + "x" * 5000) == ["searched"]
    assert groups(FrontEnd(), Personalise_Referrer="https://example.org/" + "x" * 5000) == []


def test_the_front_end_itself_is_no_referrer(home: AgencyPage, configure: Callable[..., None]) -> None:
    make_segment("from-others", ReferrerRule(kinds=["other"]))
    make_segment("from-nowhere", ReferrerRule(kinds=["direct"]))
    assert groups(FrontEnd(), Origin=APP, Referer=f"{APP}/") == ["from-nowhere"]
    configure(API_ORIGINS=[APP])
    # A link between pages of a front end that is named begins no visit, as one between our own pages.
    assert groups(FrontEnd(), Personalise_Referrer=f"{APP}/news/") == []
    assert groups(FrontEnd(), Personalise_Referrer="https://elsewhere.example/") == ["from-others"]


@pytest.mark.parametrize("page", ["news/", "/\\evil", "http://[", "/" + "x" * 2000, "/caf\xe9", "/%0a"])
def test_what_is_no_page_is_refused_by_its_name(home: AgencyPage, page: str) -> None:
    front_end = FrontEnd()
    answer = front_end.get("visit/", **{"Personalise-Page": page})
    assert answer.status_code == 400
    assert answer.json()["errors"] == {
        "Personalise-Page": [
            "This is no address of a page. Give its path and query, with at most 2000 characters.",
        ]
    }
    assert front_end.token == "new"


@pytest.mark.parametrize("page", ["/flood/?utm_content=" + "x" * 3000, "/caf\xe9", "http://["])
def test_nobody_is_kept_from_refusing_or_erasing_by_where_they_do_it(home: AgencyPage, page: str) -> None:
    front_end = FrontEnd()
    told = {"Personalise-Page": page}
    assert front_end.put("preference", {"preference": "refused"}, **told).status_code == 200
    assert front_end.holds == {"personalise_choice"}
    assert front_end.delete("visit", **told).status_code == 204


def test_a_query_that_is_too_long_says_nothing_and_the_page_is_known_all_the_same(home: AgencyPage) -> None:
    make_segment("news", PathRule(where="paths", paths=["/news/*"]))
    make_segment("topic", QueryRule(parameter="topic", values=["tax"]))
    assert groups(FrontEnd(), Personalise_Page="/news/a/?topic=tax") == ["news", "topic"]
    assert groups(FrontEnd(), Personalise_Page=f"/news/a/?topic=tax&x={'x' * 3000}") == ["news"]


def test_a_page_in_html_is_where_its_address_says(client: Client, home: AgencyPage) -> None:
    section = make_segment("readers-of-news", PathRule(where=PathRule.PATHS, paths=["/news/"]))
    make_page("Other", ("offer", personalised(hero("All"), (section, hero("News")))), parent=home, slug="other")
    told: dict[str, Any] = {"Personalise-Page": "/news/", "Personalise-Referrer": FROM_SEARCH}
    assert "News" not in client.get("/other/", headers=told).content.decode()


def test_an_editor_who_views_as_others_does_so_at_the_page_that_is_told_and_not_by_a_token(
    admin_client: Client, admin_user: Any, home: AgencyPage
) -> None:
    viewed = make_segment("from-search", ReferrerRule(kinds=["search"]))
    response = HttpResponse()
    viewing.begin(response, admin_user, [viewed.pk])
    admin_client.cookies.update(response.cookies)
    told = {"Personalise-Page": "/news/"}
    for headers, expected in (
        ({}, ["from-search"]),
        (told, ["from-search"]),
        (told | {"Personalise-Visitor": "new"}, []),
    ):
        answer = admin_client.get(f"{API}/visit/", headers=headers).json()
        assert [segment["slug"] for segment in answer["segments"]] == expected


def test_the_standard_version_that_an_address_asks_for_is_that_of_the_page(client: Client, home: AgencyPage) -> None:
    section = make_segment("readers-of-news", PathRule(where=PathRule.PATHS, paths=["/news/"]))
    news = make_page("News", ("offer", personalised(hero("All"), (section, hero("News!")))), parent=home, slug="news")
    for told in ({}, {"Personalise-Page": "/elsewhere/"}, {"Personalise-Visitor": "new"}):
        answer = client.get(f"{API}/pages/{news.pk}/?personalise=standard", headers=told)
        assert "News!" in answer.content.decode()  # what is the same for everybody goes on
