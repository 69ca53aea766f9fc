"""What a site says of itself, as its visitors get it: in which language, how soon, and never instead of the truth."""

from __future__ import annotations

import sys
from datetime import date
from types import ModuleType
from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.conf import Settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.formats import date_format
from wagtail.models import Site

from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.core.site_words import SiteWords, Wording
from wagtail_personalise_gov.models import FirstTimeVisitorRule, PersonalisationSettings, SiteWording, site_settings
from wagtail_personalise_gov.models.site_needs import NEVER, NOBODY, OVERDUE, site_needs
from wagtail_personalise_gov.models.site_settings import languages

from ..agency.models import AgencyPage
from ..factories import committed, make_page, make_segment

VISITOR = {"HTTP_SEC_FETCH_SITE": "same-origin"}


@pytest.fixture
def site(home: AgencyPage) -> Site:
    return Site.objects.get()


def say(site: Site, wordings: dict[str, dict[str, str]] | None = None, **fields: Any) -> PersonalisationSettings:
    """What the site says from now on, as after an editor's save."""
    with committed():
        row, _made = PersonalisationSettings.objects.update_or_create(site=site, defaults=fields)
        for language, words in (wordings or {}).items():
            SiteWording.objects.create(settings=row, language=language, **words)
    return row


def banner(address: str = "/flood/", **extra: Any) -> BeautifulSoup:
    page = BeautifulSoup(Client(**VISITOR).get(address, **extra).content, "html.parser")
    return page.select_one(".govuk-cookie-banner")


def said(address: str = "/flood/", **extra: Any) -> str:
    return " ".join(banner(address, **extra).get_text(" ").split())


# Languages


@pytest.mark.parametrize(
    "code, name",
    [
        ("cy", "Cyngor"),
        ("CY", "Cyngor"),
        ("cy-gb", "Cyngor"),  # the wider language speaks for the narrower
        ("pt-br", "Prefeitura"),
        ("pt_BR", "Prefeitura"),
        ("pt", "Council"),  # and not the other way round
        ("fr", "Council"),
        ("", "Council"),
    ],
)
def test_words_are_of_the_nearest_language(code: str, name: str) -> None:
    words = SiteWords(
        own=Wording("Council", "Heading"), by_language={"cy": Wording("Cyngor"), "pt-br": Wording("Prefeitura")}
    )
    assert words.in_language(code).service_name == name
    assert words.in_language(code).banner_heading == "Heading"  # what is not said otherwise is as it is


@pytest.mark.parametrize(
    "set_to, codes",
    [
        ({"WAGTAIL_CONTENT_LANGUAGES": [("en", "English"), ("cy", "Cymraeg")]}, ["en", "cy"]),
        ({"WAGTAIL_CONTENT_LANGUAGES": None, "LANGUAGES": [("en", "English"), ("fr", "French")]}, ["en", "fr"]),
        (
            {"WAGTAIL_CONTENT_LANGUAGES": None, "LANGUAGES": [("en", "English"), ("fr", "French")], "USE_I18N": False},
            ["en-gb"],
        ),
    ],
    ids=["Wagtail is told", "Django is told", "no translations"],
)
def test_languages_are_those_that_pages_are_in(settings: Any, set_to: dict[str, Any], codes: list[str]) -> None:
    for name, value in set_to.items():
        setattr(settings, name, value)
    assert [code for code, _name in languages()] == codes


@pytest.mark.parametrize("code, name", [("en-gb", "British English"), ("fr-ch", "French"), ("xx", "xx")])
def test_a_site_that_names_no_languages_is_in_one_and_not_in_all_that_django_knows(
    monkeypatch: pytest.MonkeyPatch, code: str, name: str
) -> None:
    module = ModuleType("settings_of_a_site_in_one_language")
    module.LANGUAGE_CODE, module.SECRET_KEY = code, "guards nothing"
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(site_settings, "django_settings", Settings(module.__name__))
    assert languages() == [(code, name)]


# What visitors get


def test_without_any_settings_all_works(agency_page: AgencyPage) -> None:
    assert not PersonalisationSettings.objects.exists()
    assert banner().h2.get_text() == "How Northmoor Council adapts to you"  # WAGTAIL_SITE_NAME of the example site
    visitor = Client(**VISITOR)
    assert visitor.get("/personalisation/").status_code == 200
    assert visitor.get("/personalisation/register.json").status_code == 200
    assert not PersonalisationSettings.objects.exists()


def test_the_banner_and_the_page_about_it_say_what_the_site_says(agency_page: AgencyPage, site: Site) -> None:
    say(
        site,
        service_name="Our agency",
        banner_introduction="Good day.",
        responsible="Digital team",
        contact_email="digital@example.gov",
        contact_link="/contact/",
        policy_link="https://example.gov/privacy",
        last_reviewed=date(2026, 2, 3),
    )
    assert said().startswith("How Our agency adapts to you Good day.")
    about = BeautifulSoup(Client(**VISITOR).get("/personalisation/").content, "html.parser")
    assert about.h1.get_text() == "How Our agency adapts to you"
    text = about.get_text(" ")
    assert "Digital team" in text
    assert date_format(date(2026, 2, 3)) in text
    assert {"mailto:digital@example.gov", "/contact/", "https://example.gov/privacy"} <= {
        link["href"] for link in about.select("a[href]")
    }


def test_each_site_says_its_own(agency_page: AgencyPage, site: Site, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    other = Site.objects.create(hostname="other.example", root_page=site.root_page, site_name="Other")
    say(site, service_name="First")
    say(other, service_name="Second")
    assert "How First adapts to you" in said()
    assert "How Second adapts to you" in said(HTTP_HOST="other.example")


def as_by_another_process() -> None:
    """What another process does on its commit: the shared copy of the ruleset's version is no longer the old one."""
    cache.delete(compiling.CACHE_KEY)


def test_a_change_reaches_visitors_after_the_seconds_of_the_setting(
    agency_page: AgencyPage, site: Site, configure: Any
) -> None:
    configure(RULESET_CHECK_SECONDS=5)
    assert "How Northmoor Council adapts" in said()
    row = PersonalisationSettings(site=site, service_name="New name")
    row.save()
    as_by_another_process()  # this one is not told
    assert "How Northmoor Council adapts" in said()
    pass_seconds(6)
    assert "How New name adapts" in said()
    with committed():  # and as by this one, which knows at once
        row.service_name = "Newer name"
        row.save()
    assert "How Newer name adapts" in said()
    english = SiteWording.objects.create(settings=row, language="en", service_name="English name")
    as_by_another_process()
    pass_seconds(6)
    assert "How English name adapts" in said()
    english.delete()
    as_by_another_process()
    pass_seconds(6)
    assert "How Newer name adapts" in said()
    row.delete()
    as_by_another_process()
    pass_seconds(6)
    assert "How Northmoor Council adapts" in said()


def pass_seconds(seconds: int) -> None:
    """So many seconds ago was longer ago: the clock that counts them can't be set."""
    compiling.holder._checked_at -= seconds


def test_words_cost_no_query(agency_page: AgencyPage, site: Site) -> None:
    def queries() -> int:
        said()
        with CaptureQueriesContext(connection) as captured:
            said()
        return sum("rulesetstate" not in query["sql"] for query in captured)

    before = queries()
    say(site, {"cy": {"service_name": "Ni"}, "en": {"service_name": "Us"}}, service_name="Agency")
    assert queries() == before


def test_while_everything_is_paused_the_page_about_it_says_it_all_the_same(agency_page: AgencyPage, site: Site) -> None:
    say(site, service_name="Our agency", responsible="Digital team")
    with committed():
        compiling.pause()
    text = Client(**VISITOR).get("/personalisation/").content.decode()
    assert "How Our agency adapts to you" in text
    assert "Digital team" in text


# Whatever somebody writes


def test_what_is_written_is_plain_text_and_its_lines_are_kept(agency_page: AgencyPage, site: Site) -> None:
    hostile = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    say(
        site,
        service_name=hostile,
        banner_introduction=f"First {hostile}\nsecond & third.",
        responsible=hostile,
        contact_email="digital@example.gov",
    )
    for address in ("/flood/", "/personalisation/"):
        html = Client(**VISITOR).get(address).content.decode()
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    introduction = banner().select_one(".personalise-banner__introduction")
    assert [line.strip() for line in introduction.find_all(string=True)] == [f"First {hostile}", "second & third."]
    assert introduction.select("br")
    assert introduction["dir"] == "auto"  # it may be in a language that is written the other way


LIES = (
    "Nothing about you is used.",
    "We use nothing. Close this now. </div></div>",
    "<!--",
    "{% comment %}",
    "%(things)s {things}",
    "x" * 300,
)


@pytest.mark.parametrize("mode", ["opt_out", "opt_in"])
@pytest.mark.parametrize("written", LIES, ids=range(len(LIES)))
def test_what_is_really_used_always_follows(
    agency_page: AgencyPage, site: Site, configure: Any, written: str, mode: str
) -> None:
    configure(MODE=mode, COUNTING=True)
    make_segment("newcomers", FirstTimeVisitorRule())
    compiling.holder.check_again()
    plain = said()
    heading = banner().h2.get_text()
    generated = plain.removeprefix(heading)
    say(site, banner_introduction=written, banner_heading="Good news")
    assert said() == f"Good news {' '.join(written.split())}{generated}"
    assert "roughly where you are and whether you have been here before" in generated
    assert len(banner().select("button")) == 2


# Sites that want looking after


def needs() -> list[tuple[str, date | None]]:
    return [(need.what, need.since) for need in site_needs()]


ANSWERS = {"responsible": "Digital team", "contact_email": "digital@example.gov"}


def test_where_nothing_is_live_nobody_need_answer(site: Site) -> None:
    make_segment("draft", FirstTimeVisitorRule(), live=False)
    make_segment("archived", FirstTimeVisitorRule(), archived=True)
    assert needs() == []


@pytest.mark.parametrize(
    "fields, wanted",
    [
        ({}, True),
        ({"responsible": "Digital team"}, True),
        ({"contact_email": "digital@example.gov"}, True),
        ({"responsible": " ", "contact_email": "digital@example.gov"}, True),
        ({"responsible": "Digital team", "contact_link": "/contact/"}, False),
        (ANSWERS, False),
    ],
    ids=range(6),
)
def test_what_is_live_needs_somebody_who_answers_and_can_be_asked(
    site: Site, riverside: Any, fields: dict[str, str], wanted: bool
) -> None:
    assert needs() == [(NOBODY, None)]  # with no settings at all
    say(site, **fields)
    assert needs() == ([(NOBODY, None)] if wanted else [])


@time_machine.travel("2026-06-30 12:00Z", tick=False)
@pytest.mark.parametrize(
    "reviewed, wanted", [(date(2025, 6, 29), True), (date(2025, 6, 30), False), (date(2026, 6, 30), False)], ids=str
)
def test_a_review_is_asked_for_again_after_365_days(site: Site, riverside: Any, reviewed: date, wanted: bool) -> None:
    say(site, last_reviewed=reviewed, **ANSWERS)
    assert needs() == ([(OVERDUE, reviewed)] if wanted else [])


def test_what_was_never_reviewed_is_asked_for_once_it_has_been_live_for_a_year(site: Site) -> None:
    with time_machine.travel("2025-03-01 12:00Z", tick=False):
        make_segment("riverside", FirstTimeVisitorRule())
        say(site, **ANSWERS)
    with time_machine.travel("2026-02-28 12:00Z", tick=False):
        assert needs() == []
    with time_machine.travel("2026-03-03 12:00Z", tick=False):
        assert needs() == [(NEVER, date(2025, 3, 1))]
        say(site, last_reviewed=date(2026, 3, 3))
        assert needs() == []


def test_where_it_is_switched_off_nobody_need_answer_but_a_review_that_is_told_is_kept_up(
    site: Site, riverside: Any, configure: Any
) -> None:
    configure(MODE="off")
    assert needs() == []
    say(site, last_reviewed=date(2020, 1, 1))
    assert needs() == [(OVERDUE, date(2020, 1, 1))]


def test_each_site_is_looked_at_and_many_cost_as_many_queries_as_one(
    site: Site, riverside: Any, home: AgencyPage
) -> None:
    say(site, **ANSWERS)
    assert needs() == []
    for number in range(5):
        root = make_page(f"Root {number}", parent=home.get_parent(), slug=f"root-{number}")
        Site.objects.create(hostname=f"{number}.example", root_page=root)
    with CaptureQueriesContext(connection) as captured:
        assert needs() == [(NOBODY, None)] * 5
    assert len(captured) == 3


@pytest.mark.parametrize("link", ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "//evil.example/"])
@pytest.mark.django_db
def test_a_link_that_no_form_has_checked_is_shown_to_nobody(home: AgencyPage, link: str) -> None:
    with committed():
        row = PersonalisationSettings.objects.create(
            site=Site.objects.get(), responsible="Web team", policy_link=link, contact_link=link
        )
        SiteWording.objects.create(settings=row, language="en-gb", policy_link=link)
    pages = [Client().get(path).content.decode() for path in ("/personalisation/", "/personalisation/register.json")]
    assert "Web team" in pages[0]
    for page in pages:
        assert "alert(1)" not in page
        assert "data:text" not in page
        assert "evil.example" not in page
    with committed():
        row.wordings.all().delete()
        row.policy_link = row.contact_link = " https://policy.example.gov/ "
        row.save()
    page = Client().get("/personalisation/").content.decode()
    assert page.count('href="https://policy.example.gov/"') == 2


def test_what_is_said_of_a_wrong_link_names_both_kinds_that_may_be_written() -> None:
    from wagtail_personalise_gov.models.links import link_problem

    said = link_problem("about") or ""
    assert "https://apply.example.gov/start" in said
    assert "/about-this-site/" in said
    assert link_problem("/about-this-site/") is None
