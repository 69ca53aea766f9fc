"""A page in fragment delivery: public, without a cookie, the same bytes for everybody, with standard versions in it."""

import copy
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch
from wagtail import blocks

from tests.agency.models import AgencyPage, ContactPage, StreamedPage
from tests.agency.streams import HeroBlock
from tests.delivery.asking import ADDRESS, SAME, ask, option, places_in, told_by
from tests.factories import block_id, hero, make_intent, make_page, make_segment, personalised
from wagtail_personalise_gov.blocks import IntentQuestionBlock, PersonalisedBlock
from wagtail_personalise_gov.core.pages import ServedPage
from wagtail_personalise_gov.models import (
    CampaignRule,
    DateRangeRule,
    FirstTimeVisitorRule,
    IntentSignal,
    PagesViewedRule,
    QueryRule,
    ReferrerRule,
    Segment,
    VisitIntentRule,
)
from wagtail_personalise_gov.visit.visit import Visit

KEY = block_id("variant", 0)

# Visitors who would get different pages.
VISITORS: dict[str, dict[str, str]] = {
    "who is new": {},
    "in Riverside": {"HTTP_X_CITY": "Riverside"},
    "who refused": {"HTTP_X_CITY": "Riverside", "HTTP_COOKIE": "personalise_choice=refused.1"},
    "who allowed": {"HTTP_X_CITY": "Riverside", "HTTP_COOKIE": "personalise_choice=allowed.1"},
    "with GPC": {"HTTP_X_CITY": "Riverside", "HTTP_SEC_GPC": "1"},
    "from a search": {"HTTP_REFERER": "https://www.google.com/"},
    "who comes back": {"HTTP_COOKIE": "personalise_visit=x; personalise_memory=y"},
}


@pytest.fixture(autouse=True)
def by_fragment(configure: Callable[..., None], places_by_header: None) -> None:
    configure(DELIVERY="fragment")


@pytest.fixture
def in_riverside() -> Client:
    return Client(HTTP_X_CITY="Riverside", **SAME)


# The page


@pytest.mark.parametrize("who", VISITORS)
def test_it_is_the_same_bytes_for_everybody_with_nothing_of_ours_in_its_headers(
    agency_page: AgencyPage, plain_page: Any, who: str
) -> None:
    make_segment("from-search", ReferrerRule(kinds=["search"]))
    visitor = Client(**VISITORS[who], **SAME)
    response, nobodys = visitor.get("/flood/"), Client().get("/flood/")
    assert response.content == nobodys.content
    assert "Be ready" in response.content.decode()
    assert "Sandbags" not in response.content.decode()
    assert not response.cookies
    headers = dict(response.headers) | {"Content-Length": ""}
    assert headers == dict(visitor.get("/plain/").headers) | {"Content-Length": ""}  # as of any public page


def test_with_its_page_it_adapts_as_ever(agency_page: AgencyPage, in_riverside: Client, configure: Any) -> None:
    configure(DELIVERY="page")
    response = in_riverside.get("/flood/")
    assert "Sandbags" in response.content.decode()
    assert "private" in response.headers["Cache-Control"]
    assert "personalise-fragment" not in response.content.decode()


@pytest.mark.parametrize("delivery", ["page", "fragment"])
def test_a_block_says_for_itself_how_it_is_delivered(
    agency_page: AgencyPage, in_riverside: Client, configure: Any, delivery: str
) -> None:
    configure(DELIVERY="fragment" if delivery == "page" else "page")
    with option(AgencyPage, "offer", delivery=delivery):
        response = in_riverside.get("/flood/")
    assert ("personalise-fragment" in response.content.decode()) is (delivery == "fragment")
    assert ("private" in response.headers.get("Cache-Control", "")) is (delivery == "page")


@pytest.mark.parametrize("delivery", ["page", "fragment"])
def test_a_type_of_page_says_so_for_its_blocks_unless_they_say_otherwise(
    agency_page: AgencyPage, in_riverside: Client, configure: Any, monkeypatch: pytest.MonkeyPatch, delivery: str
) -> None:
    other = "fragment" if delivery == "page" else "page"
    configure(DELIVERY=other)
    monkeypatch.setattr(AgencyPage, "personalise_delivery", delivery, raising=False)
    html = in_riverside.get("/flood/").content.decode()
    assert ("personalise-fragment" in html) is (delivery == "fragment")
    assert bool(ask(in_riverside, agency_page).content) is (delivery == "fragment")
    with option(AgencyPage, "offer", delivery=other):
        html = in_riverside.get("/flood/").content.decode()
    assert ("personalise-fragment" in html) is (other == "fragment")


def test_a_place_is_known_by_what_its_block_is_counted_as_and_has_one_script(
    home: AgencyPage, riverside: Segment
) -> None:
    first, second = (personalised(hero(f"Plain {n}"), (riverside, hero(f"Wet {n}"))) for n in (1, 2))
    second["variants"][0]["id"] = "another-id"
    page = make_page("Two", ("offer", first), ("fixed_offer", second), parent=home, slug="two")
    response = Client().get("/two/")
    assert list(places_in(response)) == [KEY, "another-id"]
    assert told_by(response) == {"fragments": f"{ADDRESS}?lang=en-gb", "page": str(page.pk), "tells": ""}


def test_room_is_kept_by_our_classes_or_by_the_sites_own(agency_page: AgencyPage) -> None:
    for reserve, given in (("", ""), ("medium", " personalise-fragment--medium"), ("room-for-news", " room-for-news")):
        with option(AgencyPage, "offer", reserve=reserve):
            assert f'class="personalise-fragment{given}"' in Client().get("/flood/").content.decode()


def test_where_others_see_nothing_the_place_is_empty(home: AgencyPage, riverside: Segment) -> None:
    offer = personalised(hero(""), (riverside, hero("Sandbags")), nothing_for_others=True)
    make_page("Empty", ("offer", offer), parent=home, slug="empty")
    assert places_in(Client().get("/empty/")) == {KEY: ""}


def test_a_block_without_versions_has_no_place(home: AgencyPage, riverside: Segment) -> None:
    make_page("None", ("offer", personalised(hero("Plain"))), parent=home, slug="none")
    html = Client().get("/none/").content.decode()
    assert "Plain" in html
    assert "personalise-fragment" not in html
    assert "fragments.js" not in html


def test_what_stands_inside_is_delivered_as_what_stands_around_it(
    home: AgencyPage, riverside: Segment, in_riverside: Client, configure: Any
) -> None:
    inner = personalised("Dry inside", (riverside, "Wet inside"))
    inner["variants"][0]["id"] = "inner"
    outer = personalised(
        [{"type": "inner", "value": inner, "id": "1"}], (make_segment("nobody"), [{"type": "line", "value": "x"}])
    )
    make_page("Nested", ("nested", outer), parent=home, slug="nested")
    html = in_riverside.get("/nested/").content.decode()
    assert html.count("<personalise-fragment ") == 2
    assert "Dry inside" in html
    # The other way round.
    configure(DELIVERY="page")
    with option(AgencyPage, "nested", delivery="page"):
        html = in_riverside.get("/nested/").content.decode()
    assert "personalise-fragment" not in html
    assert "Wet inside" in html


def test_questions_stand_empty_on_such_a_page(home: AgencyPage, in_riverside: Client) -> None:
    intent = make_intent("permit")
    make_segment("applicants", VisitIntentRule(intent=intent))
    make_page("Ask", ("intent_question", {"heading": "Why?", "hint": ""}), parent=home, slug="ask")
    response = in_riverside.get("/ask/")
    assert places_in(response) == {"question-intent": ""}
    assert "private" not in response.headers.get("Cache-Control", "")
    assert response.content == Client(HTTP_COOKIE="personalise_choice=refused.1").get("/ask/").content


def test_a_page_that_is_sent_piece_by_piece_has_places_too(home: AgencyPage, riverside: Segment) -> None:
    offer = personalised(hero("Be ready"), (riverside, hero("Sandbags")))
    make_page("Pieces", ("offer", offer), parent=home, slug="pieces", model=StreamedPage)
    html = b"".join(Client(HTTP_X_CITY="Riverside").get("/pieces/").streaming_content).decode()
    assert "<personalise-fragment " in html
    assert "Sandbags" not in html


# What the script is to tell: only what a live rule asks


def test_the_script_tells_the_query_and_the_referrer_only_where_a_live_rule_asks(agency_page: AgencyPage) -> None:
    assert told_by(Client().get("/flood/"))["tells"] == ""
    query = make_segment("leaflet", QueryRule(parameter="from", values=["leaflet"]))
    assert told_by(Client().get("/flood/"))["tells"] == "query"
    query.unpublish()
    make_segment("from-search", ReferrerRule(kinds=["search"]))
    assert told_by(Client().get("/flood/"))["tells"].endswith("referrer")


def test_for_intents_that_are_recognised_it_tells_both(agency_page: AgencyPage) -> None:
    make_segment(
        "applicants",
        VisitIntentRule(intent=make_intent("permit", IntentSignal(kind="words", text="permit", sort_order=0))),
    )
    assert told_by(Client().get("/flood/"))["tells"] == "query referrer"


def test_for_campaigns_it_tells_the_query(agency_page: AgencyPage) -> None:
    make_segment("campaign", CampaignRule(name="spring"))
    assert told_by(Client().get("/flood/"))["tells"] == "query"


# Where blocks are rendered in place, as an editor and an asked page need it


def test_a_page_that_is_shown_as_its_address_asks_is_rendered_in_place(agency_page: AgencyPage) -> None:
    for query, shown in (("personalise_as=riverside", "Sandbags"), ("personalise=standard", "Be ready")):
        response = Client().get(f"/flood/?{query}")
        assert shown in response.content.decode()
        assert "personalise-fragment" not in response.content.decode()
        assert "no-store" in response.headers["Cache-Control"]


def test_a_preview_is_rendered_in_place(agency_page: AgencyPage, admin_client: Client) -> None:
    agency_page.save_revision()
    html = admin_client.get(f"/admin/pages/{agency_page.pk}/view_draft/").content.decode()
    assert "Be ready" in html
    assert "personalise-fragment" not in html


@pytest.mark.parametrize("called_page", ["the page that is served", "the page of the block"])
def test_a_block_that_is_not_the_pages_own_is_rendered_in_place(
    agency_page: AgencyPage, home: AgencyPage, called_page: str
) -> None:
    """Nobody would find it when its fragment is asked for. In a list of pages, `page` may be any of them."""
    block = AgencyPage.body.field.stream_block.child_blocks["offer"]
    request = RequestFactory().get("/", HTTP_X_CITY="Riverside")
    request.visit = Visit(request)
    request.visit.page = ServedPage(home.pk, home.path)
    page = home if called_page == "the page that is served" else agency_page
    html = block.render(agency_page.body[1].value, {"request": request, "page": page})
    assert "Sandbags" in html
    assert request.visit.considered


def test_two_blocks_that_would_be_taken_for_each_other_are_rendered_in_place(
    home: AgencyPage, riverside: Segment, in_riverside: Client
) -> None:
    twins = [("offer", personalised(hero("Plain"), (riverside, hero(f"Wet {n}")))) for n in (1, 2)]
    make_page("Twins", *twins, parent=home, slug="twins")
    response = in_riverside.get("/twins/")
    assert "Wet 1" in response.content.decode()
    assert "Wet 2" in response.content.decode()
    assert "private" in response.headers["Cache-Control"]


def test_where_nothing_adapts_there_is_no_place(agency_page: AgencyPage, configure: Any) -> None:
    configure(MODE="off")
    html = Client().get("/flood/").content.decode()
    assert "Be ready" in html
    assert "personalise-fragment" not in html


@pytest.mark.parametrize("missing", ["reverse", "static"])
def test_without_the_address_or_the_script_blocks_are_rendered_in_place(
    agency_page: AgencyPage, in_riverside: Client, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    def fail(*args: Any) -> str:
        raise NoReverseMatch if missing == "reverse" else ValueError("missing from the manifest")

    monkeypatch.setattr(f"wagtail_personalise_gov.delivery.fragments.{missing}", fail)
    response = in_riverside.get("/flood/")
    assert "Sandbags" in response.content.decode()
    assert "private" in response.headers["Cache-Control"]


# Not part of what a page would keep of its visitor


def test_a_page_that_a_rule_watches_and_a_landing_stay_public(
    agency_page: AgencyPage, configure: Any, in_riverside: Client
) -> None:
    make_segment("from-search", ReferrerRule(kinds=["search"]), FirstTimeVisitorRule())
    configure(REMEMBER_LANDING="everywhere", COUNTING=True)
    response = in_riverside.get("/flood/", HTTP_REFERER="https://www.google.com/")
    assert "private" not in response.headers.get("Cache-Control", "")
    assert not response.cookies


# The banner


def test_the_banner_is_there_for_a_script_to_show_and_says_that_this_page_changes(agency_page: AgencyPage) -> None:
    html = Client(HTTP_COOKIE="personalise_choice=refused.1").get("/flood/").content.decode()
    assert "banner.js" in html
    assert "This page changes to suit your visit." in html
    assert "page_was" not in html


def test_the_banner_does_not_say_so_where_only_the_date_decides(home: AgencyPage, riverside: Segment) -> None:
    soon = make_segment("soon", DateRangeRule(first_day=date(2026, 1, 1)))
    make_page("Soon", ("offer", personalised(hero("Later"), (soon, hero("Soon")))), parent=home, slug="soon")
    html = Client().get("/soon/").content.decode()
    assert "banner.js" in html
    assert "This page changes" not in html


# Options of the block


def test_the_options_are_kept_out_of_migrations() -> None:
    for block in (PersonalisedBlock(HeroBlock()), IntentQuestionBlock()):
        told = type(block)(*block._constructor_args[0], delivery="fragment", reserve="large")
        assert told.delivery(None) == "fragment"
        assert told.deconstruct()[2] == block.deconstruct()[2] == {}


def test_a_delivery_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="delivery is one of 'page', 'fragment'"):
        PersonalisedBlock(blocks.CharBlock(), delivery="pigeon")


def test_a_form_page_has_its_own_visit(home: AgencyPage) -> None:
    """Of a page without such blocks nothing changes."""
    home.add_child(instance=ContactPage(title="Contact", slug="contact"))
    assert "fragments.js" not in Client().get("/contact/").content.decode()


def test_the_script_stands_before_the_banner_which_would_hold_it_back(agency_page: AgencyPage) -> None:
    html = Client().get("/flood/").content.decode()
    assert html.index("fragments.js") < html.index("personalise-banner") < html.index("<personalise-fragment")


def test_without_a_banner_it_stands_before_the_first_place(
    home: AgencyPage, riverside: Segment, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "agency").mkdir()
    (tmp_path / "agency" / "agency_page.html").write_text('<main>{% include "agency/body.html" %}</main>')
    settings.TEMPLATES = copy.deepcopy(settings.TEMPLATES)
    settings.TEMPLATES[0]["DIRS"] = [str(tmp_path)]
    offers = [personalised(hero(f"Plain {n}"), (riverside, hero(f"Wet {n}"))) for n in range(2)]
    offers[1]["variants"][0]["id"] = "second"
    make_page("Two", *[("offer", offer) for offer in offers], parent=home, slug="two")
    html = Client().get("/two/").content.decode()
    assert html.startswith("<main><script ")
    assert html.count("fragments.js") == 1


# Behind a page cache on the site's own server


def test_a_page_cache_keeps_it_for_everybody_and_no_answer(
    agency_page: AgencyPage, page_cache: str, configure: Any
) -> None:
    """Also where a rule watches the page, so that looking at it is noted: that is done with the answer."""
    configure(REMEMBER_LANDING="everywhere", COUNTING=True)
    make_segment("readers", PagesViewedRule(what="page", page=agency_page.page_ptr))
    nobodys = Client().get("/flood/")
    for city, shown in (("Riverside", "Sandbags"), ("Hilltop", ""), ("Riverside", "Sandbags")):
        visitor = Client(HTTP_X_CITY=city, **SAME)
        with CaptureQueriesContext(connection) as queries:
            response = visitor.get("/flood/", HTTP_REFERER="https://www.google.com/")
        assert len(queries) == 0
        assert response.content == nobodys.content
        assert not response.cookies
        assert "private" not in response.headers.get("Cache-Control", "")
        answer = ask(visitor, agency_page)
        assert shown in answer.content.decode()
        assert bool(answer.content) is bool(shown)
        assert "no-store" in answer.headers["Cache-Control"]
