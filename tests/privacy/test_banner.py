"""The banner: where it stands, what it says, and that it leaves other pages alone."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import translation
from wagtail.models import Site

from tests.agency.models import AgencyPage, PlainPage
from tests.choices import without_days
from tests.counting.gathered import BROWSER, PATH
from tests.factories import committed, hero, make_page, make_segment, personalised
from tests.privacy.conftest import SAME
from tests.privacy.doubles import AgeingClient
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.models import (
    CampaignRule,
    DateRangeRule,
    FirstTimeVisitorRule,
    LocationRule,
    PersonalisationSettings,
    QueryRule,
    Segment,
)

BANNER = 'class="govuk-cookie-banner'
ASKS = 'name="choice" value="allowed"'
CHOICE = "/personalisation/choice/"
BY_SCRIPT = {"HTTP_ACCEPT": "text/vnd.personalise.confirmation+html"}


def banner_of(html: str) -> str:
    """The text of the banner, without tags."""
    assert BANNER in html
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html[html.index(f"<div {BANNER}") : html.index("</form>")]))


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
    assert "We keep" not in banner_of(text_of(visitor, "/flood/"))
    assert "If you tell us where you are, we keep that" in banner_of(text_of(visitor, "/flood/"))
    make_segment("campaigners", CampaignRule(name="spring"))
    compiling.holder.check_again()
    kept = "We keep a small cookie on your device until you close your browser."
    assert kept in banner_of(text_of(visitor, "/flood/"))


def test_where_nothing_is_live_there_is_nothing_to_count_and_no_banner(
    reader: Client, agency_page: AgencyPage, counting: Any, configure: Any
) -> None:
    assert BANNER in text_of(reader, "/flood/")
    assert counting
    counting.clear()
    with committed():
        for segment in Segment.objects.all():
            segment.unpublish()
    compiling.holder.check_again()
    for shown in ("where_used", "everywhere", "by_script"):
        configure(BANNER=shown)
        response = Client(headers={"user-agent": BROWSER}).get("/flood/")
        assert BANNER not in response.content.decode()
        assert not response.cookies
    assert not counting


def test_a_group_that_only_learns_is_not_said_to_change_pages(
    reader: Client, agency_page: AgencyPage, counting: Any
) -> None:
    riverside = Segment.objects.get()
    autumn = {"first_day": date(2020, 1, 1)}
    make_segment("autumn", DateRangeRule(**autumn), learning=True)
    with committed():
        riverside.unpublish()
    compiling.holder.check_again()
    counting_alone = personalised(hero("All"), (Segment.objects.get(slug="autumn"), hero("Autumn")))
    make_page("Learn", ("offer", counting_alone), parent=agency_page.get_parent(), slug="learn")
    words = banner_of(text_of(reader, "/learn/"))
    assert "We count how often each version is shown" in words
    assert "Some pages here change" not in words
    make_segment("spring", DateRangeRule(**autumn))
    compiling.holder.check_again()
    assert "Some pages here change with the date" in banner_of(text_of(reader, "/learn/"))


UNTIL_CLOSED = "on your device until you close your browser."
DAYS = "We keep small cookies on your device for up to 180 days."
COMPARED = "To compare, some visitors see the standard version."
SERVER = "on our own server, for up to 180 days, and a small cookie on your device that leads to it."


@pytest.mark.parametrize(
    "rule, counts, holds_back, store, says, never",
    [
        ("campaign", False, 0, "", f"We keep a small cookie {UNTIL_CLOSED}", DAYS),
        ("campaign", True, 0, "", f"We keep small cookies {UNTIL_CLOSED}", COMPARED),
        ("query", True, 0, "", f"We keep a small cookie {UNTIL_CLOSED}", DAYS),
        ("query", True, 10, "", DAYS, "until you close"),
        ("query", True, 10, "", COMPARED, "a small cookie"),
        ("query", False, 10, "", "We use how you got here. We do not use your name", COMPARED),
        ("first time", False, 0, "", DAYS, "a small cookie"),
        ("first time", True, 0, "", DAYS, COMPARED),
        ("first time", False, 0, "DjangoSessionStore", SERVER, "small cookies"),
        ("campaign", True, 0, "DjangoSessionStore", "about this visit on our own server, and a small cookie", "days"),
        ("campaign", True, 0, "NoStore", "We use how you got here. We do not use your name", "We count"),
    ],
)
def test_it_says_what_is_really_kept_and_for_how_long(
    home: AgencyPage,
    configure: Any,
    rule: str,
    counts: bool,
    holds_back: int,
    store: str,
    says: str,
    never: str,
) -> None:
    if store:
        configure(VISITOR_STORE=f"wagtail_personalise_gov.visit.stores.{store}")
    configure(COUNTING=counts, COUNTING_BUFFER=PATH)
    rules = {
        "campaign": CampaignRule(name="a"),
        "query": QueryRule(parameter="a"),
        "first time": FirstTimeVisitorRule(),
    }
    some = make_segment("some", rules[rule], holdout_percent=holds_back)
    make_page("Q", ("offer", personalised(hero("S"), (some, hero("H")))), parent=home, slug="q")
    reader = Client(headers={"user-agent": BROWSER})
    words = banner_of(text_of(reader, "/q/?a=b&utm_campaign=a"))
    assert says in words
    assert never not in words
    lasting = reader.cookies.get("personalise_memory")
    assert (DAYS in words) == (lasting is not None and bool(lasting["max-age"]))
    assert ("personalise_count" in reader.cookies) == (counts and not store)


def test_with_opt_in_it_says_what_is_then_kept_and_how_long(
    visitor: Client, full_page: AgencyPage, counting: Any, configure: Any
) -> None:
    configure(MODE="opt_in", MEMORY_MAX_AGE_DAYS=90)
    words = banner_of(text_of(visitor, "/full/"))
    assert "We then keep small cookies on your device for up to 90 days." in words
    assert "until you close your browser" not in words


def test_an_editors_heading_leaves_the_region_named_after_the_service(visitor: Client, agency_page: AgencyPage) -> None:
    with committed():
        PersonalisationSettings.objects.create(site=Site.objects.get(), banner_heading="Good day")
    compiling.holder.check_again()
    html = text_of(visitor, "/flood/")
    assert re.search(r"<h2[^>]*>Good day</h2>", html)
    assert re.findall(r'role="region" aria-label="([^"]*)"', html) == ["How Example Agency adapts to you"]
    visitor.post(CHOICE, {"choice": "refused"})
    confirmed = text_of(visitor, "/flood/")
    assert 'role="region" aria-label="How Example Agency adapts to you"' in confirmed


def test_no_cookie_is_named_where_nothing_is_ever_kept(visitor: Client, home: AgencyPage, settings: Any) -> None:
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
    from wagtail_personalise_gov.visit import arriving

    rules = {"riverside": Between("clock.local", ["09:00", "17:00"]), "elsewhere": OneOf("location.country", ["FR"])}
    ruleset = Ruleset("1", rules, {Segment.objects.get().pk: "riverside"})
    monkeypatch.setattr(arriving, "current_ruleset", lambda: ruleset)
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
    assert without_days(visitor.cookies["personalise_choice"].value) == "refused.1"


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


# Asked again


AGAIN = (
    "You said yes to this before. Since then we have changed what we use, or what we use it for, so we ask you again."
)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[Any]:
    """The time is what the test says; the browser's cookies grow old by it."""
    with time_machine.travel(NOW, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def browser() -> Client:
    return AgeingClient(**SAME)


@pytest.mark.parametrize("mode, shows", [("opt_out", "Keep it on"), ("opt_in", "Turn it on")])
@pytest.mark.parametrize("counts", [False, True])
def test_who_said_yes_to_an_older_policy_is_told_why_they_are_asked_again(
    browser: Client, full_page: AgencyPage, configure: Any, mode: str, shows: str, counts: bool
) -> None:
    configure(MODE=mode, COUNTING=counts)
    browser.post(CHOICE, {"choice": "allowed", **({"counting": "allowed"} if counts else {})})
    browser.get("/full/")
    assert BANNER not in text_of(browser, "/full/")
    configure(POLICY_VERSION=2)
    html = text_of(browser, "/full/")
    words = banner_of(html)
    assert AGAIN in words
    assert shows in words
    assert words.index(AGAIN) < words.index("to suit your visit. This is")
    assert ("For Riverside" in html) is (mode == "opt_out")  # as for who was never asked
    # Who was never asked is not told that they said yes.
    newcomer = banner_of(text_of(Client(**SAME), "/full/"))
    assert shows in newcomer
    assert "You said yes" not in newcomer
    # Having answered for the new one, they are not asked again.
    browser.post(CHOICE, {"choice": "allowed"})
    browser.get("/full/")
    assert BANNER not in text_of(browser, "/full/")


@pytest.mark.parametrize("mode", ["opt_out", "opt_in"])
def test_who_refused_an_older_policy_is_left_in_peace(
    browser: Client, full_page: AgencyPage, configure: Any, mode: str
) -> None:
    configure(MODE=mode)
    browser.post(CHOICE, {"choice": "refused"})
    browser.get("/full/")
    configure(POLICY_VERSION=2)
    html = text_of(browser, "/full/")
    assert BANNER not in html
    assert "For Riverside" not in html


def test_who_let_us_only_count_under_an_older_policy_is_told_too(
    visitor: Client, full_page: AgencyPage, configure: Any
) -> None:
    configure(COUNTING=True)
    visitor.cookies["personalise_choice"] = "undecided-counted.1"
    assert AGAIN not in banner_of(text_of(visitor, "/full/"))
    configure(POLICY_VERSION=2)
    assert AGAIN in banner_of(text_of(visitor, "/full/"))
    visitor.cookies["personalise_choice"] = "undecided-uncounted.1"
    assert AGAIN not in banner_of(text_of(visitor, "/full/"))


@pytest.mark.parametrize("mode", ["opt_out", "opt_in"])
def test_an_acceptance_is_asked_again_after_six_months_and_a_refusal_after_a_year(
    clock: Any, full_page: AgencyPage, configure: Any, mode: str
) -> None:
    configure(MODE=mode)
    willing, unwilling = AgeingClient(**SAME), AgeingClient(**SAME)
    for browser, answer in ((willing, "allowed"), (unwilling, "refused")):
        browser.post(CHOICE, {"choice": answer})
        browser.get("/full/")  # confirms it
    asked = []
    for days in (182, 184, 364, 366):
        clock.move_to(NOW + timedelta(days=days))
        asked.append([ASKS in text_of(browser, "/full/") for browser in (willing, unwilling)])
    assert asked == [[False, False], [True, False], [True, False], [True, True]]
    # Nothing is left that could tell them from a newcomer, so nothing is claimed of what they said.
    assert AGAIN not in banner_of(text_of(willing, "/full/"))


def test_visits_do_not_prolong_an_acceptance(clock: Any, browser: Client, full_page: AgencyPage) -> None:
    browser.post(CHOICE, {"choice": "allowed"})
    for days in range(0, 183, 13):
        clock.move_to(NOW + timedelta(days=days))
        assert ASKS not in text_of(browser, "/full/")
    clock.move_to(NOW + timedelta(days=184))
    assert ASKS in text_of(browser, "/full/")


@pytest.mark.parametrize("header", ["HTTP_SEC_GPC", "HTTP_DNT"])
@pytest.mark.parametrize("mode", ["opt_out", "opt_in"])
def test_who_accepts_in_spite_of_a_signal_is_neither_asked_nor_refused_again(
    full_page: AgencyPage, configure: Any, header: str, mode: str
) -> None:
    configure(MODE=mode)
    browser = AgeingClient(**SAME, **{header: "1"})
    first = text_of(browser, "/full/")
    assert BANNER not in first
    assert "For Riverside" not in first
    browser.post(CHOICE, {"choice": "allowed"})  # on the page about it, where a link in the footer leads
    assert "You’ve turned this on." in banner_of(text_of(browser, "/full/"))
    later = text_of(browser, "/full/")
    assert BANNER not in later
    assert "For Riverside" in later


def test_a_signal_that_comes_with_an_older_acceptance_is_not_asked_to_be_undone(
    visitor: Client, full_page: AgencyPage, configure: Any
) -> None:
    configure(POLICY_VERSION=2)
    visitor.cookies["personalise_choice"] = "allowed.1.g"
    html = text_of(visitor, "/full/", HTTP_SEC_GPC="1")
    assert BANNER not in html
    assert "For Riverside" not in html
    assert AGAIN in banner_of(text_of(visitor, "/full/"))


# In another language


@pytest.mark.parametrize("mode", ["opt_out", "opt_in"])
def test_every_word_of_it_is_in_the_language_of_the_page(
    visitor: Client, full_page: AgencyPage, configure: Any, marked: None, mode: str
) -> None:
    configure(MODE=mode, POLICY_VERSION=2, COUNTING=True)
    visitor.cookies["personalise_choice"] = "allowed-counted.1"
    banners = [text_of(visitor, "/full/")]
    assert "«" in banners[0]
    for answer in ("allowed", "refused"):
        data = {"choice": answer, "next": "/full/", "page_was": "adapted" if answer == "refused" else "standard"}
        banners.append(visitor.post(CHOICE, data, **BY_SCRIPT).content.decode())
        visitor.post(CHOICE, data)
        banners.append(text_of(visitor, "/full/"))
    for html in banners:
        assert not re.search(r"\w", unmarked(html)), unmarked(html)


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A language in which every text is «marked», so that one which nobody can translate shows."""
    catalog = translation._trans
    monkeypatch.setattr(catalog, "gettext", lambda message: f"«{message}»", raising=False)
    monkeypatch.setattr(catalog, "ngettext", lambda one, more, n: f"«{one if n == 1 else more}»", raising=False)
    monkeypatch.setattr(catalog, "pgettext", lambda context, message: f"«{message}»", raising=False)


def unmarked(html: str) -> str:
    """What is read or heard of a banner and not marked."""
    banner = html[html.index(f"<div {BANNER}") : html.index("</form>")]
    words = re.sub(r"<[^>]+>", " ", banner) + " ".join(re.findall(r'aria-label="([^"]*)"', banner))
    while (less := re.sub(r"«[^«»]*»", "", words)) != words:
        words = less
    return words
