"""The banner: where it stands, what it says, and that it leaves other pages alone."""

import re
from typing import Any

import pytest
from django.test import Client

from tests.agency.models import AgencyPage, PlainPage
from tests.factories import make_segment
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.models import CampaignRule, LocationRule, QueryRule, Segment

BANNER = 'class="govuk-cookie-banner'
ASKS = 'name="choice" value="allowed"'


def banner_of(html: str) -> str:
    """The text of the banner, without tags."""
    assert BANNER in html
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html[html.index(BANNER) : html.index("</form>")]))


def text_of(client: Client, path: str, **headers: str) -> str:
    response = client.get(path, **headers)
    assert response.status_code == 200
    return response.content.decode()


def test_a_page_that_adapts_asks_a_visitor_who_has_not_chosen(visitor: Client, agency_page: AgencyPage) -> None:
    html = text_of(visitor, "/flood/")
    assert html.index("<body>") < html.index(BANNER) < html.index("<main>")
    assert ASKS in html


def test_the_banner_is_marked_up_as_govuk_does(visitor: Client, agency_page: AgencyPage) -> None:
    html = text_of(visitor, "/flood/")
    root = re.search(r"<div class=\"govuk-cookie-banner[^>]*>", html)
    assert root
    assert "data-nosnippet" in root[0]
    assert 'role="region"' in root[0]
    assert 'aria-label="How Example Agency adapts to you"' in root[0]
    assert re.search(r"<h2[^>]*>How Example Agency adapts to you</h2>", html)


def test_refusing_is_as_easy_as_accepting(visitor: Client, agency_page: AgencyPage) -> None:
    html = text_of(visitor, "/flood/")
    form = html[html.index(BANNER) : html.index("</form>")]
    buttons = re.findall(r"<(button) type=\"submit\" name=\"choice\" value=\"(\w+)\" class=\"([^\"]+)\">", form)
    assert [value for _tag, value, _classes in buttons] == ["allowed", "refused"]
    assert len({(tag, classes) for tag, _value, classes in buttons}) == 1
    assert 'href="/personalisation/"' in form


def test_a_page_that_does_not_adapt_stays_untouched(visitor: Client, plain_page: PlainPage, riverside: Segment) -> None:
    response = visitor.get("/plain/")
    assert BANNER not in response.content.decode()
    assert "Vary" not in response.headers or "Sec-GPC" not in response.headers["Vary"]
    assert "private" not in response.headers.get("Cache-Control", "")
    assert not response.cookies
    assert "/personalisation/" in response.content.decode()  # the link to the choice is on every page


def test_everywhere_means_plain_pages_too(
    visitor: Client, plain_page: PlainPage, riverside: Segment, configure: Any
) -> None:
    configure(BANNER="everywhere")
    response = visitor.get("/plain/")
    assert "Some pages here change to suit your visit." in banner_of(response.content.decode())
    assert "private" in response.headers["Cache-Control"]


@pytest.mark.parametrize("preference", ["allowed", "refused"])
def test_a_visitor_who_chose_is_not_asked_again(visitor: Client, agency_page: AgencyPage, preference: str) -> None:
    visitor.post("/personalisation/choice/", {"choice": preference, "next": "/flood/"})
    visitor.get("/flood/")  # shows the confirmation
    assert BANNER not in text_of(visitor, "/flood/")


@pytest.mark.parametrize("header", ["HTTP_SEC_GPC", "HTTP_DNT"])
def test_a_browser_that_refuses_for_its_visitor_is_not_asked_to_undo_it(
    visitor: Client, agency_page: AgencyPage, header: str
) -> None:
    assert BANNER not in text_of(visitor, "/flood/", **{header: "1"})
    assert BANNER in text_of(visitor, "/flood/", **{header: "0"})


@pytest.mark.parametrize("header", ["HTTP_SEC_GPC", "HTTP_DNT"])
def test_a_signal_that_the_site_does_not_honour_changes_nothing(
    visitor: Client, agency_page: AgencyPage, configure: Any, header: str
) -> None:
    configure(HONOUR_GPC=False, HONOUR_DNT=False)
    assert BANNER in text_of(visitor, "/flood/", **{header: "1"})


def test_no_banner_while_switched_off(visitor: Client, agency_page: AgencyPage, configure: Any) -> None:
    configure(MODE="off")
    assert BANNER not in text_of(visitor, "/flood/")


def test_no_banner_while_paused(visitor: Client, agency_page: AgencyPage) -> None:
    compiling.pause(by="a test")
    compiling.holder.check_again()
    assert BANNER not in text_of(visitor, "/flood/")


def test_no_banner_where_nothing_about_visitors_is_live(visitor: Client, agency_page: AgencyPage) -> None:
    for segment in Segment.objects.all():
        segment.unpublish()
    compiling.holder.check_again()
    assert BANNER not in text_of(visitor, "/flood/")


def test_no_banner_on_the_page_about_it(visitor: Client, agency_page: AgencyPage) -> None:
    assert BANNER not in text_of(visitor, "/personalisation/")


def test_an_older_acceptance_is_asked_again_and_an_older_refusal_is_not(
    visitor: Client, agency_page: AgencyPage, configure: Any
) -> None:
    configure(POLICY_VERSION=2)
    visitor.cookies["personalise_choice"] = "allowed.1"
    assert ASKS in text_of(visitor, "/flood/")
    visitor.cookies["personalise_choice"] = "refused.1"
    assert BANNER not in text_of(visitor, "/flood/")


# What it says


def test_place_is_named_only_where_a_live_segment_asks_for_it(visitor: Client, agency_page: AgencyPage) -> None:
    assert "We use roughly where you are." in banner_of(text_of(visitor, "/flood/"))


def test_place_is_not_named_where_none_asks_for_it(visitor: Client, full_page: AgencyPage, riverside: Segment) -> None:
    riverside.unpublish()
    compiling.holder.check_again()
    words = banner_of(text_of(visitor, "/full/"))
    assert "where you are" not in words
    assert "We use what you are here to do and whether you have been here before." in words


def test_a_cookie_is_named_only_where_one_is_kept(visitor: Client, agency_page: AgencyPage, riverside: Segment) -> None:
    # A place is kept only when the visitor tells it.
    assert "We keep a small cookie" not in banner_of(text_of(visitor, "/flood/"))
    assert "If you tell us where you are, we keep that" in banner_of(text_of(visitor, "/flood/"))
    make_segment("campaigners", CampaignRule(name="spring"))
    compiling.holder.check_again()
    assert "We keep a small cookie on your device." in banner_of(text_of(visitor, "/flood/"))


def test_no_cookie_is_named_where_nothing_is_ever_kept(visitor: Client, home: AgencyPage, settings: Any) -> None:
    from tests.factories import hero, make_page, personalised

    housing = make_segment("housing", QueryRule(parameter="topic"))
    make_page("Q", ("offer", personalised(hero("S"), (housing, hero("H")))), parent=home, slug="q")
    words = banner_of(text_of(visitor, "/q/"))
    assert "We use how you got here." in words
    assert "cookie" not in words.replace("govuk-cookie-banner", "")


def test_opt_in_says_that_it_is_off_and_offers_to_turn_it_on(
    visitor: Client, full_page: AgencyPage, configure: Any
) -> None:
    configure(MODE="opt_in")
    words = banner_of(text_of(visitor, "/full/"))
    assert "This page can change to suit your visit. This is off now." in words
    assert "If you turn it on, we use roughly where you are" in words
    assert "Turn it on Leave it off" in words


def test_a_page_that_asked_only_the_clock_does_not_claim_to_suit_the_visit(
    visitor: Client, agency_page: AgencyPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wagtail_personalise_gov.core.conditions import Between, OneOf
    from wagtail_personalise_gov.core.ruleset import Ruleset
    from wagtail_personalise_gov.visit import visit

    rules = {"riverside": Between("clock.local", ["09:00", "17:00"]), "elsewhere": OneOf("location.country", ["FR"])}
    ruleset = Ruleset("1", rules, {Segment.objects.get().pk: "riverside"})
    monkeypatch.setattr(visit, "current_ruleset", lambda: ruleset)
    assert "Some pages here change to suit your visit." in banner_of(text_of(visitor, "/flood/"))


def test_the_banner_never_uses_our_own_words(visitor: Client, full_page: AgencyPage) -> None:
    words = banner_of(text_of(visitor, "/full/")).lower()
    for word in ("segment", "variant", "rule", "fact", "intent", "opt out", "default"):
        assert word not in words


# The confirmation


def test_a_choice_is_confirmed_once(visitor: Client, agency_page: AgencyPage) -> None:
    visitor.post("/personalisation/choice/", {"choice": "refused", "next": "/flood/"})
    first = text_of(visitor, "/flood/")
    assert "You’ve turned this off." in banner_of(first)
    assert 'name="choice" value="hide"' in first
    assert ASKS not in first
    assert 'role="alert"' not in first  # the page was reloaded, so nothing was swapped
    assert BANNER not in text_of(visitor, "/flood/")


def test_the_confirmation_waits_for_a_page_that_adapts(
    visitor: Client, agency_page: AgencyPage, plain_page: PlainPage
) -> None:
    visitor.post("/personalisation/choice/", {"choice": "allowed", "next": "/plain/"})
    plain = visitor.get("/plain/")
    assert BANNER not in plain.content.decode()
    assert not plain.cookies
    assert "You’ve turned this on." in banner_of(text_of(visitor, "/flood/"))


def test_hiding_ends_the_confirmation(visitor: Client, agency_page: AgencyPage) -> None:
    visitor.post("/personalisation/choice/", {"choice": "refused"})
    visitor.post("/personalisation/choice/", {"choice": "hide", "next": "/flood/"})
    assert BANNER not in text_of(visitor, "/flood/")
    assert visitor.cookies["personalise_choice"].value == "refused.1"


def test_hiding_without_a_choice_makes_none(visitor: Client, agency_page: AgencyPage) -> None:
    visitor.post("/personalisation/choice/", {"choice": "hide", "next": "/flood/"})
    assert "personalise_choice" not in visitor.cookies
    assert ASKS in text_of(visitor, "/flood/")


def test_without_the_packages_addresses_a_page_still_renders(
    visitor: Client, agency_page: AgencyPage, settings: Any, caplog: pytest.LogCaptureFixture, rf: Any
) -> None:
    from wagtail_personalise_gov.privacy.banner import render_banner
    from wagtail_personalise_gov.visit.visit import Visit

    settings.ROOT_URLCONF = "tests.privacy.no_urls"
    request = rf.get("/flood/")
    request.resolver_match = None
    request.visit = Visit(request)
    request.visit.includes("riverside")
    assert render_banner(request) == ""
    assert "wagtail_personalise_gov.urls" in caplog.text


def test_location_rules_of_drafts_say_nothing(visitor: Client, home: AgencyPage) -> None:
    make_segment("draft", LocationRule(countries=["GB"]), live=False)
    assert BANNER not in text_of(visitor, "/personalisation/")
    assert "Nothing about you, at the moment." in text_of(visitor, "/personalisation/")
