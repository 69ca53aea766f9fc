""" "Why am I seeing this?": at a version that was chosen for the visitor, and nowhere else; true, never in the way."""

import datetime
import logging
import re
from collections.abc import Callable, Iterator
from html import unescape
from ipaddress import ip_network
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail import blocks, hooks

from tests.agency import geo
from tests.agency.models import AgencyPage
from tests.agency.streams import HeroBlock, OfferBlock
from tests.factories import block_id, committed, hero, make_intent, make_page, make_segment, personalised
from wagtail_personalise_gov import facts
from wagtail_personalise_gov.blocks import PersonalisedBlock
from wagtail_personalise_gov.compiling import pause
from wagtail_personalise_gov.core.facts import Fact
from wagtail_personalise_gov.core.geography import Place
from wagtail_personalise_gov.models import (
    DateRangeRule,
    DeviceRule,
    FirstTimeVisitorRule,
    LanguageRule,
    LocationRule,
    NetworkRule,
    ReferrerRule,
    Segment,
    SegmentRule,
    VisitIntentRule,
)
from wagtail_personalise_gov.privacy import why
from wagtail_personalise_gov.visit.visit import PreviewVisit, Visit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("places_by_address", "say_why")]

IN_RIVERSIDE, IN_HILLTOP, IN_FRANCE = "192.0.2.7", "198.51.100.7", "203.0.113.7"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
QUESTION = "Why am I seeing this?"
GUESSED = "We guessed where you are from your internet address, and that is often wrong. We have not kept the address."


@pytest.fixture(autouse=True)
def fresh_words() -> Iterator[None]:
    """No words of an earlier test."""
    why._groups.clear()
    yield
    why._groups.clear()


@pytest.fixture
def say_why(configure: Callable[..., None]) -> None:
    configure(SAY_WHY=True)


@pytest.fixture
def local() -> Client:
    return Client(REMOTE_ADDR=IN_RIVERSIDE, HTTP_SEC_FETCH_SITE="same-origin")


@pytest.fixture
def outsider() -> Client:
    return Client(REMOTE_ADDR=IN_HILLTOP, HTTP_SEC_FETCH_SITE="same-origin")


def seen(client: Client, address: str = "/flood/", **headers: str) -> str:
    response = client.get(address, headers=headers)
    assert response.status_code == 200
    return unescape(response.content.decode())


def answers(text: str) -> list[str]:
    """What each disclosure on a page says, without its markup."""
    found = re.findall(r'<div class="personalise-why".*?</details>', text, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in found]


def answer(text: str) -> str:
    (only,) = answers(text)
    return only


# Where it stands


def test_it_stands_after_the_version_that_was_chosen(agency_page: AgencyPage, local: Client, outsider: Client) -> None:
    text = seen(local)
    assert text.index("Sandbags in Riverside") < text.index(QUESTION)
    assert text.count(QUESTION) == 1
    assert QUESTION not in seen(outsider)
    assert QUESTION not in seen(local, **{"Sec-GPC": "1"})
    assert QUESTION not in seen(local, "/flood/?personalise=standard")


def test_it_says_who_it_is_for_and_how_we_know(agency_page: AgencyPage, local: Client) -> None:
    said = answer(seen(local))
    assert "We show this to: Public name of riverside" in said
    assert "People who seem to be in Riverside" in said
    assert GUESSED in said
    assert said.endswith("adapts to you")


def test_it_leads_to_the_standard_version_of_this_very_page(agency_page: AgencyPage, local: Client) -> None:
    link = 'href="/flood/?a=1&personalise=standard" rel="nofollow">Show the standard version of this page</a>'
    assert link in seen(local, "/flood/?a=1")
    assert "Be ready" in seen(local, "/flood/?a=1&personalise=standard")


def test_a_wrong_guess_can_be_put_right(agency_page: AgencyPage, local: Client) -> None:
    text = seen(local, "/flood/?a=1")
    assert '<button type="submit" name="place" value="none"' in text
    assert "I’m not in Riverside" in text
    assert '<input type="hidden" name="next" value="/flood/?a=1">' in text
    sent = local.post(reverse("personalise:place"), {"place": "none", "next": "/flood/?a=1"})
    assert sent["Location"] == "/flood/?a=1"
    after = seen(local)
    assert "Be ready" in after
    assert QUESTION not in after


def test_who_told_us_where_they_are_is_not_said_to_be_guessed(agency_page: AgencyPage, outsider: Client) -> None:
    outsider.post(reverse("personalise:place"), {"country": "GB", "city": "Riverside", "next": "/flood/"})
    said = answer(seen(outsider))
    assert "You told us where you are." in said
    assert "guessed" not in said
    assert "I’m not in" not in said


@pytest.mark.parametrize(
    "asked, button",
    [
        ({"countries": ["GB"], "negated": True}, "I’m not in France"),
        ({"subdivisions": ["FR-IDF"]}, "I’m not in Île-de-France"),
        ({"subdivisions": ["FR-78"]}, "I’m not in Yvelines"),
        ({"subdivisions": ["FR-BRE"], "negated": True}, "I’m not in Île-de-France"),
        ({"cities": ["Versailles"]}, "I’m not in Versailles"),
        ({"continents": ["EU"]}, "That is not where I am"),
    ],
    ids=["country", "region", "county", "another region", "town", "continent"],
)
def test_the_wrong_guess_is_named_as_finely_as_it_was_asked(
    home: AgencyPage, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any], button: str
) -> None:
    place = Place(country="FR", subdivisions=("FR-IDF", "FR-78"), city="Versailles", continent="EU")
    monkeypatch.setattr(geo, "PLACES", {ip_network("203.0.113.0/24"): place})
    there = make_segment("there", LocationRule(**asked))
    make_page("Line", ("line", personalised("All", (there, "There"))), parent=home)
    assert button in answer(seen(Client(REMOTE_ADDR=IN_FRANCE), "/line/"))


# How we know, for each way of knowing


def test_what_is_kept_on_the_device_is_said_to_be(home: AgencyPage, local: Client, configure: Any) -> None:
    newcomers = make_segment("newcomers", FirstTimeVisitorRule(), public_name="")
    make_page("Line", ("line", personalised("Again", (newcomers, "Welcome"))), parent=home)
    said = answer(seen(local, "/line/"))
    assert "We know that from what is kept on your device." in said
    assert "guessed" not in said
    assert "I’m not" not in said
    configure(VISITOR_STORE="wagtail_personalise_gov.visit.stores.DjangoSessionStore")
    assert "We know that from what we keep of your visits, on our own server." in answer(seen(Client(), "/line/"))


def test_where_the_network_guesses_the_place_that_is_said(home: AgencyPage, configure: Any) -> None:
    configure(
        GEO_PROVIDER="wagtail_personalise_gov.visit.geo.HeaderGeo",
        GEO_HEADERS={"country": "CF-IPCountry"},
        TRUSTED_PROXIES=["192.0.2.0/24"],
    )
    there = make_segment("there", LocationRule(countries=["GB"]))
    make_page("Line", ("line", personalised("All", (there, "There"))), parent=home)
    britain = Client(REMOTE_ADDR=IN_RIVERSIDE, headers={"CF-IPCountry": "GB"})
    network = (
        "The network that carries this site to you guessed where you are, and that is often wrong. We do not keep it."
    )
    said = answer(seen(britain, "/line/"))
    assert network in said
    assert "from your internet address" not in said
    about = " ".join(
        re.sub(r"<[^>]+>", " ", unescape(britain.get(reverse("personalise:about")).content.decode())).split()
    )
    assert network in about  # the same words in both places


@pytest.mark.parametrize(
    "rule, asked, headers, how",
    [
        (DeviceRule, {"kinds": ["mobile"]}, {"User-Agent": PHONE}, "what your browser says it is"),
        (LanguageRule, {"languages": ["cy"]}, {"Accept-Language": "cy"}, "the languages that your browser is set to"),
        (ReferrerRule, {"kinds": ["search"]}, {"Referer": "https://duckduckgo.com/"}, "how your visit began"),
        (NetworkRule, {"name": "the library", "networks": ["192.0.2.0/24"]}, {}, "We looked at your internet address."),
    ],
    ids=["device", "language", "referrer", "network"],
)
def test_each_way_of_knowing_is_told(
    home: AgencyPage, local: Client, rule: Any, asked: dict[str, Any], headers: dict[str, str], how: str
) -> None:
    make_page("Line", ("line", personalised("All", (make_segment("some", rule(**asked)), "Some"))), parent=home)
    assert how in answer(seen(local, "/line/", **headers))
    assert QUESTION not in seen(Client(REMOTE_ADDR=IN_HILLTOP), "/line/")


def test_what_the_visitor_said_they_came_for_is_told_apart_from_a_guess(home: AgencyPage, local: Client) -> None:
    openers = make_segment("openers", VisitIntentRule(intent=make_intent("restaurant", question_label="Open")))
    make_page("Line", ("line", personalised("All", (openers, "Permits first"))), parent=home)
    seen(local, "/line/")
    local.post(reverse("personalise:intent"), {"intent": "restaurant", "next": "/line/"})
    assert "You told us what you are here to do." in answer(seen(local, "/line/"))


def test_a_fact_of_the_sites_own_is_told_by_its_meaning(home: AgencyPage, local: Client) -> None:
    fact = Fact("agency.staff", "whether you work here", kind="text")
    with hooks.register_temporarily(facts.HOOK, lambda: (fact, lambda request: "yes")):
        facts.forget_registered()
        how = why.how_we_know([fact], Visit(RequestFactory().get("/")))
    facts.forget_registered()
    assert how == ["We looked at this: whether you work here."]


def test_of_any_of_these_only_what_held_is_told(home: AgencyPage, local: Client) -> None:
    some = make_segment(
        "some", LocationRule(cities=["Hilltop"]), DeviceRule(kinds=["mobile"]), match="any", public_name="Some"
    )
    make_page("Line", ("line", personalised("All", (some, "Some"))), parent=home)
    said = answer(seen(local, "/line/", **{"User-Agent": PHONE}))
    assert "Any of these:" in said
    assert "guessed" not in said
    assert "I’m not in" not in said
    assert "what your browser says it is" in said


def test_what_is_inside_another_group_is_told_too(home: AgencyPage, riverside: Segment, local: Client) -> None:
    outer = make_segment("outer", SegmentRule(other=riverside), DeviceRule(kinds=["mobile"]))
    make_page("Line", ("line", personalised("All", (outer, "Outer"))), parent=home)
    said = answer(seen(local, "/line/", **{"User-Agent": PHONE}))
    assert "All of these together:" in said
    assert GUESSED in said
    assert "I’m not in Riverside" in said


def test_what_everyone_sees_is_told_to_everyone(home: AgencyPage, local: Client) -> None:
    spring = make_segment("spring", DateRangeRule(first_day=datetime.date(2026, 3, 1)))
    mixed = make_segment(
        "mixed", DateRangeRule(first_day=datetime.date(2026, 3, 1)), LocationRule(cities=["Riverside"]), match="any"
    )
    make_page("Spring", ("line", personalised("Later", (spring, "Register by 18 April"))), parent=home)
    make_page("Mixed", ("line", personalised("Later", (mixed, "Register by 18 April"))), parent=home)
    with time_machine.travel(datetime.datetime(2026, 4, 1, 12, tzinfo=datetime.UTC), tick=False):
        for address in ("/spring/", "/mixed/"):
            for headers in ({}, {"Sec-GPC": "1"}):
                said = answer(seen(local, address, **headers))
                assert "Everyone sees this now." in said
                assert "standard version" not in said
                assert "We show this to" not in said
                assert "I’m not in" not in said


# As whom


def test_a_page_as_a_group_sees_it_says_so(agency_page: AgencyPage, outsider: Client) -> None:
    said = answer(seen(outsider, "/flood/?personalise_as=riverside"))
    assert "We show this to: Public name of riverside" in said
    assert "You see it because you look at this page as these visitors see it." in said
    assert "guessed" not in said
    assert "I’m not in" not in said
    assert "Show the standard version of this page" in said


def test_an_editors_preview_says_so_and_leads_nowhere(home: AgencyPage, riverside: Segment) -> None:
    draft = make_segment("draft", FirstTimeVisitorRule(), live=False)
    page = make_page("Line", ("line", personalised("All", (riverside, "Place"), (draft, "Drafted"))), parent=home)
    for segment, said in ((riverside, "as these visitors see it"), (draft, "as some of its visitors see it")):
        request = RequestFactory().get("/line/")
        request.visit = PreviewVisit(request, [segment])  # type: ignore[attr-defined]
        text = unescape("".join(child.render({"request": request}) for child in page.body))
        assert said in answer(text)
        assert "Show the standard version" not in text
        assert "Name of" not in text.replace("Public name of", "")


# Blocks


def render(block: PersonalisedBlock, raw: Any, **context: Any) -> str:
    request = RequestFactory().get("/flood/", REMOTE_ADDR=IN_RIVERSIDE)
    request.visit = Visit(request)  # type: ignore[attr-defined]
    (value,) = block.bulk_to_python([raw])
    return unescape(block.render(value, {"request": request, **context}))


class QuietOffer(PersonalisedBlock):
    content = HeroBlock

    class Meta:
        say_why = False


def test_a_block_says_for_itself_whether_it_says_why(riverside: Segment, configure: Any) -> None:
    raw = personalised(hero("All"), (riverside, hero("Riverside")))
    assert QUESTION in render(PersonalisedBlock(HeroBlock()), raw)
    assert QUESTION not in render(PersonalisedBlock(HeroBlock(), say_why=False), raw)
    assert QUESTION not in render(QuietOffer(), raw)
    assert QUESTION in render(QuietOffer(say_why=True), raw)
    configure(SAY_WHY=False)
    assert QUESTION not in render(PersonalisedBlock(HeroBlock()), raw)
    assert QUESTION not in render(OfferBlock(), raw)
    assert QUESTION in render(PersonalisedBlock(HeroBlock(), say_why=True), raw)


@pytest.mark.parametrize("told", [True, False])
def test_no_migration_hangs_on_it(told: bool) -> None:
    plain, saying = (
        blocks.StreamBlock([("offer", PersonalisedBlock(blocks.CharBlock(), **more))]).deconstruct()
        for more in ({}, {"say_why": told})
    )
    assert plain == saying
    assert "say_why" not in str(PersonalisedBlock(blocks.CharBlock(), say_why=told).deconstruct())


def test_a_block_inside_another_says_it_of_another_group_only(riverside: Segment) -> None:
    british = make_segment("british", LocationRule(countries=["GB"]))
    block = PersonalisedBlock([("line", blocks.CharBlock()), ("inner", PersonalisedBlock(blocks.CharBlock()))])

    def raw(inner: Segment) -> Any:
        inside = [{"type": "inner", "value": personalised("All", (inner, "Inner")), "id": block_id("inner", 0)}]
        return personalised([], (riverside, inside))

    assert len(answers(render(block, raw(riverside)))) == 1
    assert len(answers(render(block, raw(british)))) == 2


def test_a_block_that_shows_nothing_says_nothing(home: AgencyPage, riverside: Segment, outsider: Client) -> None:
    line = personalised("", (riverside, "Riverside only"), nothing_for_others=True)
    make_page("Line", ("line", line), parent=home)
    assert QUESTION not in seen(outsider, "/line/")


def test_without_a_visit_there_is_nothing_to_say(riverside: Segment) -> None:
    block = PersonalisedBlock(blocks.CharBlock())
    (value,) = block.bulk_to_python([personalised("All", (riverside, "Riverside"))])
    assert block.render(value) == "All"
    assert Template("{% load personalise %}{% personalise_why %}").render(Context()) == ""


def test_each_is_named_after_its_part_of_the_page(home: AgencyPage, riverside: Segment, local: Client) -> None:
    offers = [("offer", personalised(hero("All"), (riverside, hero(f"Sandbags & <{n}>")))) for n in (1, 1, 2)]
    prose = personalised("<p>All</p>", (riverside, "<p>The school is <b>closed</b> today.</p>"))
    make_page("Many", *offers, ("prose", prose), parent=home)
    text = local.get("/many/").content.decode()
    names = re.findall(r'<summary.*?<span class="personalise-visually-hidden">(.*?)</span>', text)
    assert names == [
        "Sandbags &amp; &lt;1&gt;",
        "Sandbags &amp; &lt;1&gt; (2)",
        "Sandbags &amp; &lt;2&gt;",
        "The school is closed today.",
    ]


def test_a_template_may_put_it_where_it_belongs(riverside: Segment, settings: Any, tmp_path: Any) -> None:
    (tmp_path / "item.html").write_text(
        "{% load personalise %}<li>{{ self }} {% personalise_why 'The item' %}</li>", encoding="utf-8"
    )
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [str(tmp_path)]}]
    raw = personalised("All", (riverside, "Riverside"))
    for more in ({}, {"say_why": True}, {"say_why": False}):
        text = render(PersonalisedBlock(blocks.CharBlock(template="item.html"), **more), raw)
        assert len(answers(text)) == 1
        assert text.rstrip().endswith("</li>")
        assert '<span class="personalise-visually-hidden">The item</span>' in text
    assert answers(render(PersonalisedBlock(blocks.CharBlock(template="item.html")), personalised("All"))) == []


# What it costs, and what may fail


def test_a_warm_page_asks_the_database_nothing_more(
    home: AgencyPage, riverside: Segment, local: Client, configure: Any
) -> None:
    configure(RULESET_CHECK_SECONDS=60, SAY_WHY=False)
    make_page("Many", *[("line", personalised("All", (riverside, "Riverside")))] * 5, parent=home)
    counts = []
    for said in (False, True):
        configure(SAY_WHY=said)
        seen(local, "/many/")
        with CaptureQueriesContext(connection) as captured:
            assert seen(local, "/many/").count(QUESTION) == (5 if said else 0)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_group_that_is_published_anew_is_told_anew(
    agency_page: AgencyPage, riverside: Segment, local: Client
) -> None:
    assert "We show this to: Public name of riverside" in answer(seen(local))
    riverside.public_name = "People by the river"
    with committed():
        riverside.save_revision().publish()
    assert "We show this to: People by the river" in answer(seen(local))
    riverside.public_name = "Drafted name"
    riverside.save_revision()
    assert "Drafted name" not in seen(local)


def test_the_words_that_are_kept_are_bounded(
    agency_page: AgencyPage, local: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(why, "GROUPS_KEPT", 2)
    for version in range(5):
        request = RequestFactory().get("/")
        visit = Visit(request)
        visit.ruleset = type(visit.ruleset)(version=f"v{version}")
        assert why.group_words(visit, "riverside") is not None
    assert [version for version, _slug, _language in why._groups] == ["v3", "v4"]


def test_the_editors_name_of_a_group_is_not_told(home: AgencyPage, local: Client) -> None:
    secret = make_segment("secret", LocationRule(cities=["Riverside"]), name="Flood-prone", public_name="")
    make_page("Line", ("line", personalised("All", (secret, "Some"))), parent=home)
    text = seen(local, "/line/")
    assert "Flood-prone" not in text
    assert "We show this to: People who seem to be in Riverside" in answer(text)


def test_whatever_fails_costs_no_visitor_the_page(
    agency_page: AgencyPage, local: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*given: Any) -> Any:
        raise OSError("192.0.2.7 is Ada's")

    monkeypatch.setattr(why, "live_segments", fails)
    with caplog.at_level(logging.DEBUG, logger="wagtail_personalise_gov"):
        text = seen(local)
        seen(local)
    assert "Sandbags in Riverside" in text
    assert QUESTION not in text
    assert [record.getMessage() for record in caplog.records if "say why" in record.getMessage()] == [
        "A page can't say why it shows something (OSError). It goes without."
    ]
    assert "Be ready" in seen(local, "/flood/?personalise=standard")


def test_a_query_that_fails_leaves_those_of_the_page_alone(
    agency_page: AgencyPage, local: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*given: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")

    monkeypatch.setattr(why, "live_segments", fails)
    assert "Sandbags in Riverside" in seen(local)
    assert Segment.objects.count() == 1


@pytest.mark.urls("tests.agency.urls_without_choice")
def test_on_a_site_without_the_packages_addresses_it_says_what_it_can(agency_page: AgencyPage) -> None:
    request = RequestFactory().get("/flood/", REMOTE_ADDR=IN_RIVERSIDE)
    request.visit = Visit(request)  # type: ignore[attr-defined]
    text = unescape("".join(child.render({"request": request}) for child in agency_page.body))
    assert "Show the standard version of this page" in answer(text)
    assert "I’m not in" not in text
    assert "adapts to you" not in text


def test_paused_there_is_nothing_to_say(agency_page: AgencyPage, local: Client) -> None:
    assert QUESTION in seen(local)
    with committed():
        pause()
    assert QUESTION not in seen(local)


def test_search_engines_leave_it_out_and_no_script_is_needed(agency_page: AgencyPage, local: Client) -> None:
    text = seen(local)
    part = text[text.index('<div class="personalise-why"') :].partition("</details>")[0]
    assert 'class="personalise-why" data-nosnippet' in part
    assert not re.search(r"<script|<style| style=| on[a-z]+=|javascript:", part)


def test_the_headless_call_carries_none_of_it(agency_page: AgencyPage, local: Client) -> None:
    assert QUESTION not in seen(local, reverse("personalise_api:page", args=[agency_page.pk]))
