"""What each call of the headless API answers, and what it answers to nonsense."""

from typing import Any

import pytest
from django.test import Client
from wagtail.models import Page, PageViewRestriction

from tests.agency.models import AgencyPage, PlainPage
from tests.api.calling import API, put
from tests.choices import without_days
from tests.factories import hero, make_intent, make_page, make_segment, personalised
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.models import (
    FirstTimeVisitorRule,
    LocationRule,
    ReferrerRule,
    Segment,
)

RIVERSIDE = {"X-City": "Riverside"}


def visit(client: Client, **headers: str) -> Any:
    answer = client.get(f"{API}/visit/", headers=headers)
    assert answer.status_code == 200
    return answer.json()


# visit/


def test_visit_tells_the_matched_segments_by_their_public_names(
    client: Client, home: AgencyPage, riverside: Segment, places_by_header: None
) -> None:
    make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    assert visit(client, **RIVERSIDE)["segments"] == [{"slug": "riverside", "name": "Public name of riverside"}]


def test_visit_never_tells_the_editors_name_of_a_segment(
    client: Client, home: AgencyPage, places_by_header: None
) -> None:
    make_segment("riverside", LocationRule(cities=["Riverside"]), name="Poor people by the river", public_name="")
    assert "Poor people" not in client.get(f"{API}/visit/", headers=RIVERSIDE).content.decode()


def test_visit_tells_what_was_used_in_words_and_never_the_value(
    client: Client, home: AgencyPage, riverside: Segment, places_by_header: None
) -> None:
    answer = client.get(f"{API}/visit/", headers=RIVERSIDE)
    assert answer.json()["facts"] == [
        {"name": "location.city", "meaning": "the town or city that you seem to be in"},
    ]
    assert "Riverside" not in answer.content.decode()


def test_visit_says_that_nothing_was_used_after_a_refusal(
    client: Client, home: AgencyPage, riverside: Segment, places_by_header: None
) -> None:
    client.cookies["personalise_choice"] = "refused.1"
    told = visit(client, **RIVERSIDE)
    assert told["facts"] == []
    assert told["preference"] == "refused"
    assert told["adapts"] is False
    assert told["why"] == "You chose that this site does not change to suit your visit."


@pytest.mark.parametrize(
    "mode, cookie, headers, banner",
    [
        ("opt_out", None, {}, "ask"),
        ("opt_in", None, {}, "ask"),
        ("off", None, {}, "none"),
        ("opt_out", "allowed.1", {}, "none"),
        ("opt_out", "refused.1", {}, "none"),
        ("opt_out", None, {"Sec-GPC": "1"}, "none"),  # nobody is asked to undo it
        ("opt_out", "allowed.0", {}, "ask"),  # an acceptance of an older policy
        ("opt_out", "refused.0", {}, "none"),  # an older refusal stays one
    ],
)
def test_banner_says_whether_to_ask(
    client: Client,
    home: AgencyPage,
    riverside: Segment,
    configure: Any,
    mode: str,
    cookie: str | None,
    headers: dict[str, str],
    banner: str,
) -> None:
    configure(MODE=mode)
    if cookie:
        client.cookies["personalise_choice"] = cookie
    assert visit(client, **headers)["banner"] == banner


def test_nobody_is_asked_where_nothing_is_live(client: Client, home: AgencyPage) -> None:
    make_segment("riverside", LocationRule(cities=["Riverside"]), live=False)
    assert visit(client)["banner"] == "none"


def test_nobody_is_asked_during_a_pause(
    client: Client, home: AgencyPage, riverside: Segment, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        compiling.pause(by="a test")
    told = visit(client)
    assert (told["banner"], told["adapts"]) == ("none", False)
    assert told["why"] == "This site is the same for everybody at the moment."


# pages/


def test_a_page_comes_with_the_version_for_this_visitor(
    client: Client, agency_page: AgencyPage, places_by_header: None
) -> None:
    answer = client.get(f"{API}/pages/{agency_page.pk}/", headers=RIVERSIDE)
    told = answer.json()
    assert {key: told[key] for key in ("id", "type", "title", "slug", "url")} == {
        "id": agency_page.pk,
        "type": "agency.AgencyPage",
        "title": "Flood",
        "slug": "flood",
        "url": "http://testserver/flood/",
    }
    assert [block["type"] for block in told["body"]] == ["hero", "offer"]
    assert told["body"][1]["value"]["content"]["heading"] == "Sandbags in Riverside"
    assert "Be ready" not in answer.content.decode()


def test_a_page_without_a_personalised_block_is_everybodys(client: Client, plain_page: PlainPage) -> None:
    answer = client.get(f"{API}/pages/{plain_page.pk}/", headers=RIVERSIDE)
    assert answer.status_code == 200
    assert not answer.has_header("Cache-Control")
    assert not answer.has_header("Vary")
    assert not answer.cookies


NO_PAGE = (
    "This site has no such page that anybody may read. Name it by its id, or by its path on this site without the "
    "query."
)


def test_a_page_that_nobody_may_see_is_not_found(client: Client, home: AgencyPage) -> None:
    draft = make_page("Draft", parent=home, live=False)
    private = make_page("Private", parent=home)
    PageViewRestriction.objects.create(page=private, restriction_type=PageViewRestriction.PASSWORD, password="x")
    below = make_page("Below a private one", parent=private)
    elsewhere = make_page("No site has it", parent=Page.get_first_root_node())
    for pk in (draft.pk, private.pk, below.pk, elsewhere.pk, elsewhere.pk + 1000, 10**30):
        answer = client.get(f"{API}/pages/{pk}/")
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json() == {"type": "about:blank", "title": "Not Found", "status": 404, "detail": NO_PAGE}


def test_no_segment_slug_or_key_stands_in_a_page(
    client: Client, agency_page: AgencyPage, places_by_header: None
) -> None:
    told = client.get(f"{API}/pages/{agency_page.pk}/", headers=RIVERSIDE).content.decode()
    assert "segments" not in told
    assert '"riverside"' not in told


# preference/


def test_a_refusal_is_kept_and_erases_the_memory_in_the_same_answer(client: Client, home: AgencyPage) -> None:
    new = make_segment("new", FirstTimeVisitorRule())
    make_page("Welcome", ("offer", personalised(hero("All"), (new, hero("New")))), parent=home, slug="welcome")
    client.get("/welcome/")
    assert {"personalise_visit", "personalise_memory"} <= set(client.cookies)
    answer = put(client, "preference", {"preference": "refused"})
    assert answer.status_code == 200
    assert answer.json()["preference"] == "refused"
    assert without_days(answer.cookies["personalise_choice"].value) == "refused.1"
    assert answer.cookies["personalise_choice"]["max-age"] == 365 * 24 * 60 * 60
    for name in ("personalise_visit", "personalise_memory"):
        assert answer.cookies[name].value == ""
        assert answer.cookies[name]["max-age"] == 0
    assert client.get("/welcome/").cookies.keys() == set()


def test_an_acceptance_is_kept(client: Client, home: AgencyPage, configure: Any) -> None:
    configure(MODE="opt_in")
    answer = put(client, "preference", {"preference": "allowed"})
    assert answer.json() == {
        "preference": "allowed",
        "adapts": True,
        "why": "You chose that this site changes to suit your visit.",
    }
    assert without_days(answer.cookies["personalise_choice"].value) == "allowed.1"
    assert answer.cookies["personalise_choice"]["max-age"] == 183 * 24 * 60 * 60


def test_an_acceptance_in_spite_of_gpc_says_so_in_the_cookie(client: Client, home: AgencyPage) -> None:
    answer = put(client, "preference", {"preference": "allowed"}, headers={"Sec-GPC": "1"})
    assert without_days(answer.cookies["personalise_choice"].value) == "allowed.1.g"
    assert answer.json()["adapts"] is True


def test_a_choice_is_kept_even_without_the_middleware(client: Client, home: AgencyPage, settings: Any) -> None:
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.endswith("PersonaliseMiddleware")]
    answer = put(client, "preference", {"preference": "refused"})
    assert answer.status_code == 200
    assert without_days(answer.cookies["personalise_choice"].value) == "refused.1"


# intent/


def test_a_declared_intent_is_kept_for_the_visit_and_can_be_withdrawn(client: Client, licence: Segment) -> None:
    assert put(client, "intent", {"intent": "restaurant"}).json() == {"intent": "restaurant", "kept": True}
    told = visit(client)
    assert (told["intent"], [segment["slug"] for segment in told["segments"]]) == ("restaurant", ["founders"])
    assert put(client, "intent", {"intent": None}).json() == {"intent": None, "kept": True}
    told = visit(client)
    assert (told["intent"], told["segments"]) == (None, [])


def test_an_intent_that_does_not_exist_is_refused_with_those_that_do(client: Client, licence: Segment) -> None:
    answer = put(client, "intent", {"intent": "emigrate"})
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"] == {
        "intent": [
            "There is no such intent. Name one of restaurant, start-a-business; or say null to withdraw it.",
        ]
    }
    assert not answer.cookies


def test_an_intent_is_not_kept_after_a_refusal(client: Client, licence: Segment) -> None:
    client.cookies["personalise_choice"] = "refused.1"
    answer = put(client, "intent", {"intent": "restaurant"})
    assert answer.json() == {"intent": None, "kept": False}
    assert not answer.cookies


def test_an_intent_is_not_kept_where_no_live_rule_asks_for_it(client: Client, home: AgencyPage) -> None:
    make_intent("start-a-business")
    answer = put(client, "intent", {"intent": "start-a-business"})
    assert answer.json() == {"intent": None, "kept": False}
    assert not answer.cookies


# Caches


def test_every_answer_about_a_visitor_is_private(
    client: Client, agency_page: AgencyPage, places_by_header: None
) -> None:
    make_segment("from-search", ReferrerRule(kinds=["search"]))
    for answer in (
        client.get(f"{API}/visit/"),
        client.get(f"{API}/pages/{agency_page.pk}/"),
        put(client, "preference", {"preference": "allowed"}),
        put(client, "preference", {"preference": "perhaps"}),
        put(client, "intent", {"intent": None}),
        put(client, "intent", {"intent": "nothing"}),
    ):
        directives = {part.strip() for part in answer["Cache-Control"].split(",")}
        assert {"private", "no-store"} <= directives
        assert "public" not in directives
        assert not answer.has_header("Access-Control-Allow-Origin")
    assert set(client.get(f"{API}/visit/")["Vary"].split(", ")) == {
        "Cookie", "DNT", "Referer", "Sec-GPC", "X-City", "X-Country", "X-Region",
        "Personalise-Page", "Personalise-Referrer", "Personalise-Visitor",
    }  # fmt: skip
