"""The page about personalisation, and records: what they say is what is so, and nothing is left out."""

from __future__ import annotations

import datetime
import json
import re
from html import unescape
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.core.management import call_command
from django.test import Client
from wagtail.models import Locale, ModelLogEntry, Page, Site

from tests.agency.models import AgencyPage
from tests.editor.forms import saved_cards, segment_form
from tests.factories import hero, make_page, make_segment, personalised
from tests.requirements.marks import requirement
from tests.requirements.visitors import ABOUT, HILLTOP, NOWHERE, RIVERSIDE, SEARCH, Visitor, directives, vary, words
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.editor.addresses import address_of
from wagtail_personalise_gov.models import (
    AccountRule,
    FirstTimeVisitorRule,
    LocationRule,
    PersonalisationSettings,
    ReferrerRule,
    Segment,
)

VERSION, STANDARD = "Sandbags in Riverside", "Be ready"
DAY = 24 * 60 * 60
REGISTER = "/personalisation/register.json"


def about(visitor: Visitor | None = None, **headers: str) -> str:
    """The words of the page about personalisation, as this visitor reads it now."""
    compiling.holder.check_again()
    return words((visitor or Visitor(NOWHERE)).reads(ABOUT, **headers))


def section(html: str, name: str) -> str:
    """The part of the page under the heading with this id, as HTML."""
    start = html.index(f'id="{name}"')
    return html[start : html.find("<h2", start)]


# --- 12: everything can be read by anybody ----------------------------------------------------------------------------


@requirement(12)
@pytest.mark.parametrize("who", ["nobody in particular", "who refused", "with Global Privacy Control"])
def test_anybody_gets_from_the_page_to_every_live_version(site: Segment, who: str) -> None:
    draft = make_segment("draft", LocationRule(cities=["Hilltop"]), live=False)
    home = Page.objects.get(slug="agency")
    make_page("Draft", ("line", personalised("All", (draft, "Of the draft"))), parent=home, slug="of-the-draft")
    reader = Visitor(NOWHERE, **({"Sec_GPC": "1"} if who.startswith("with") else {}))
    if who == "who refused":
        reader.refuses()
    html = reader.reads(ABOUT)
    links = {unescape(link) for link in re.findall(r'href="([^"]*personalise_as=[^"]*)"', html)}
    assert links == {"/flood/?personalise_as=riverside"}
    assert VERSION not in reader.reads("/flood/")
    for link in links:
        page = reader.reads(link)
        assert VERSION in page
        assert STANDARD not in page
    assert VERSION not in reader.reads("/flood/")  # for that page only, that once
    assert "Of the draft" not in reader.reads("/of-the-draft/?personalise_as=draft")


# --- 31: cookies ------------------------------------------------------------------------------------------------------


def told(html: str) -> dict[str, tuple[str, str, str]]:
    """The page's table of cookies: name → purpose, when it is set, how long it lasts."""
    row = r"<th scope=\"row\"><code>([\w-]+)</code></th>\s*<td>.*?</td>" + 3 * r"\s*<td>(.*?)</td>"
    return {name: (unescape(a), unescape(b), unescape(c)) for name, a, b, c in re.findall(row, html, re.DOTALL)}


def categories(html: str) -> dict[str, str]:
    row = r"<th scope=\"row\"><code>([\w-]+)</code></th>\s*<td>(.*?)</td>"
    return {name: unescape(category) for name, category in re.findall(row, html, re.DOTALL)}


@requirement(31)
@pytest.mark.parametrize("counting", [True, False], ids=["counting", "not counting"])
def test_the_page_tells_of_just_the_cookies_that_are_set_with_their_ages(
    home: AgencyPage, configure: Any, clock: Any, counting: bool
) -> None:
    configure(COUNTING=counting)
    new, search = make_segment("new", FirstTimeVisitorRule()), make_segment("search", ReferrerRule(kinds=["search"]))
    lines = [("line", personalised("All", (who, f"[{who.slug}]"))) for who in (new, search)]
    make_page("Kept", *lines, parent=home, slug="kept")
    rows = told(Visitor().reads(ABOUT))

    visitor = Visitor()
    answers = [
        visitor.get("/kept/", headers={"Referer": SEARCH}),
        visitor.post("/personalisation/choice/", {"choice": "allowed"}),  # asked once more, with a token
        visitor.allows(),
        Visitor().refuses(),
    ]
    ages: dict[str, set[int]] = {}
    for answer in answers:
        for name, cookie in answer.cookies.items():
            if cookie.value:
                ages.setdefault(name, set()).add(int(cookie["max-age"] or 0) // DAY)
    assert set(rows) == set(ages)
    assert ("personalise_count" in rows) is counting
    purposes: set[str] = set()
    for name, (purpose, when, lasts) in rows.items():
        assert len(purpose) > 20, name
        purposes.add(purpose)
        assert when.startswith("When"), name
        days = {int(number) for number in re.findall(r"(\d+) days", lasts)}
        assert days == ages[name] - {0}, name
        assert ("close your browser" in lasts) is (ages[name] == {0}), name
    assert len(purposes) == len(rows)  # each has a purpose of its own
    html = Visitor().reads(ABOUT)
    assert "This site sets all of these cookies itself: they are first-party cookies." in words(html)
    assert categories(html) == {
        "personalise_choice": "Needed for your choice",
        "personalise_visit": "Pages that change to suit your visit",
        "personalise_memory": "Pages that change to suit your visit",
        **({"personalise_count": "Counting"} if counting else {}),
        "personalise_confirm": "Needed for your choice",
    }


@requirement(31)
def test_a_cookie_that_nothing_needs_is_told_not_to_be_set(site: Segment) -> None:
    """Only places are asked for here, and those are kept where visitors tell them."""
    _purpose, when, _lasts = told(Visitor().reads(ABOUT))["personalise_memory"]
    assert when == "Not at the moment: nothing here needs it"
    assert not Visitor().get("/flood/").cookies


# --- 32: the statement ------------------------------------------------------------------------------------------------


@requirement(32)
def test_the_page_states_all_that_a_notice_must_say(site: Segment, configure: Any, mmdb: Path) -> None:
    configure(GEO_PROVIDER="wagtail_personalise_gov.visit.geo.MaxMindGeo", GEO_DATABASE=mmdb)
    text = about()
    for what, says in {
        "purpose": "To show first, on some pages, what suits a visit",
        "tier and session": "usage tier 1, single-session technology",
        "technology": "Our own server puts the page together",
        "what is read": "the town or city that you seem to be in",
        "use": "It decides which version of a part of a page you are shown, and nothing else.",
        "sharing": "Nobody but us. Nothing is sold, shared or sent to another company for this.",
        "safeguards": "Your internet address is used only while a page is made.",
        "retention": "Your choice: 183 days if you turn this on, 365 days if you turn it off.",
        "beginning, and why": "It is on until you turn it off: it uses little",
        "turning it off": "Choose “No” on this page",
        "the same information": "with its standard version, and you find the same information there.",
        "vendor": "This product includes GeoLite Data created by MaxMind",
        "what the vendor learns": "Whoever made that file learns nothing of you",
    }.items():
        assert says in text, what


@requirement(32)
def test_the_statement_changes_with_what_is_so(site: Segment, configure: Any) -> None:
    before = about()
    assert "It is on until you turn it off" in before
    assert "multi-session" not in before
    make_segment("new", FirstTimeVisitorRule())
    assert "usage tier 2, multi-session technology" in about()
    make_segment("signed-in", AccountRule())
    assert "usage tier 3" in about()
    configure(MODE="opt_in", COUNTING=True, ALLOWED_MAX_AGE_DAYS=30, TALLIES_MAX_AGE_DAYS=90)
    text = about()
    assert "It is off until you turn it on" in text
    assert "30 days if you turn this on" in text
    assert "Daily totals, which say nothing about a single visit: 90 days." in text
    assert "Daily totals" not in before


# --- 33 and 34: what is live, and what holds for this visitor ---------------------------------------------------------


@requirement(33)
def test_the_page_lists_what_is_live_with_what_it_reads_and_changes_and_no_draft(site: Segment) -> None:
    def grown() -> tuple[str, str]:
        return about(), words(json.dumps(Visitor().get(REGISTER).json(), ensure_ascii=False))

    page, register = grown()
    assert "Public name of riverside" in page
    assert "People who seem to be in Riverside" in page
    assert "town or city that you seem to be in" in page
    html = Visitor().reads(ABOUT)
    assert 'href="/flood/"' in section(html, "personalise-groups")

    draft = make_segment(
        "founders",
        FirstTimeVisitorRule(),
        live=False,
        public_name="People who start a business",
        public_explanation="They find the first steps first.",
        purpose="So that nobody has to search for the form.",
    )
    home = Page.objects.get(slug="agency")
    make_page("First steps", ("line", personalised("All", (draft, "Founders"))), parent=home, slug="steps")
    unlisted = (
        "People who start a business",
        "They find the first steps first.",
        "So that nobody has to search",
        "First steps",
    )
    for text in grown():
        assert not [words for words in unlisted if words in text]
    assert "whether this is your first visit" not in grown()[0]

    draft.save_revision().publish()
    page, register = grown()
    assert not [words for words in unlisted if words not in page]
    assert "whether this is your first visit" in page.lower()
    assert "People who start a business" in register

    draft.refresh_from_db()
    draft.unpublish()
    page, register = grown()
    assert "They find the first steps first." not in page
    assert "They find the first steps first." not in register


@requirement(34)
def test_the_page_shows_each_visitor_their_own_state_and_is_private(site: Segment, configure: Any) -> None:
    refuser, allower = Visitor(RIVERSIDE), Visitor(RIVERSIDE)
    refuser.refuses()
    allower.allows()
    for visitor, says, among in (
        (Visitor(RIVERSIDE), "This is on. You have not chosen yet", True),
        (Visitor(HILLTOP), "This is on. You have not chosen yet", False),
        (allower, "This is on, because you turned it on.", True),
        (refuser, "This is off, because you turned it off.", False),
        (
            Visitor(RIVERSIDE, Sec_GPC="1"),
            "This is off, because your browser sends us a Global Privacy Control signal.",
            False,
        ),
        (Visitor(RIVERSIDE, DNT="1"), "This is off, because your browser sends us a Do Not Track signal.", False),
    ):
        answer = visitor.get(ABOUT)
        html = answer.content.decode()
        assert says in words(html)
        assert ("Public name of riverside" in section(html, "personalise-known")) is among
        assert {"private"} <= directives(answer)
        assert {"Cookie", "Sec-GPC"} <= set(vary(answer))
    configure(MODE="opt_in")
    assert "It stays off until you turn it on." in about(Visitor(RIVERSIDE))


# --- 35 to 37 ---------------------------------------------------------------------------------------------------------


@requirement(35)
def test_the_page_says_who_answers_for_it_and_a_check_warns_of_an_old_review(site: Segment, clock: Any) -> None:
    def warnings() -> set[str]:
        ours = {"wagtail_personalise_gov.W050", "wagtail_personalise_gov.W051"}
        return {m.id[-4:] for m in run_checks(databases=["default"]) if m.id in ours}

    assert "W050" in warnings()  # nobody is named yet
    row, _made = PersonalisationSettings.objects.get_or_create(site=Site.objects.get())
    row.responsible, row.contact_email = "Digital services team", "privacy@agency.example"
    row.last_reviewed = datetime.date(2026, 4, 1)
    row.save()
    compiling.retire()
    text = about()
    assert "Digital services team" in text
    assert 'href="mailto:privacy@agency.example"' in Visitor().reads(ABOUT)
    assert re.search(r"Last reviewed 1 Apr(?:il)? 2026", text)
    assert warnings() == set()
    clock.shift(datetime.timedelta(days=340))
    assert warnings() == set()
    clock.shift(datetime.timedelta(days=30))
    assert warnings() == {"W051"}


@requirement(36)
@pytest.mark.parametrize("shape", ["atrs", "dpia"])
def test_records_are_exported_in_both_shapes_as_json_and_as_text_and_follow_what_is_live(
    site: Segment, shape: str
) -> None:
    def record(form: str) -> str:
        compiling.holder.check_again()
        out = StringIO()
        call_command("export_records", "--format", shape, "--as", form, stdout=out)
        return out.getvalue()

    for form in ("json", "text"):
        text = record(form)
        assert "Public name of riverside" in text
        assert "365" in text  # how long a refusal is kept
    assert isinstance(json.loads(record("json")), dict)
    make_segment("draft", FirstTimeVisitorRule(), live=False)
    make_segment("new", FirstTimeVisitorRule())
    for form in ("json", "text"):
        text = record(form)
        assert "Public name of new" in text
        assert "Public name of draft" not in text


@requirement(37)
@pytest.mark.parametrize(
    "name, header, key", [("Global Privacy Control", "Sec_GPC", "HONOUR_GPC"), ("Do Not Track", "DNT", "HONOUR_DNT")]
)
def test_the_page_says_how_a_browsers_wish_is_treated_and_what_beats_what(
    site: Segment, configure: Any, name: str, header: str, key: str
) -> None:
    treated = (
        f"If your browser sends a {name} signal, we treat it as if you had turned this off, until you turn it on here"
    )
    now = f"Your browser is sending a {name} signal now."
    assert treated in about()
    assert now not in about()
    assert now in about(Visitor(**{header: "1"}))
    visitor = Visitor(**{header: "1"})
    visitor.allows()
    assert "your choice on this site comes first" in about(visitor)
    configure(**{key: False})
    assert treated not in about()
    assert f"This site does not act on {name}." in about()


@requirement(18)
def test_the_well_known_address_says_whether_global_privacy_control_is_honoured(site: Segment, configure: Any) -> None:
    answer = Visitor().get("/.well-known/gpc.json")
    assert answer.status_code == 200
    assert answer["Content-Type"].partition(";")[0] == "application/json"
    said = answer.json()
    assert said["gpc"] is True
    assert datetime.date.fromisoformat(said["lastUpdate"])
    assert set(said) == {"gpc", "lastUpdate"}
    configure(HONOUR_GPC=False)
    assert Visitor().get("/.well-known/gpc.json").status_code == 404
    assert VERSION in Visitor(RIVERSIDE, Sec_GPC="1").reads("/flood/")  # and it is true that it is not


# --- 38: who changed what ---------------------------------------------------------------------------------------------


@requirement(38)
def test_a_change_of_a_segment_or_its_rules_is_logged_with_who_and_when_and_can_be_listed(site: Segment) -> None:
    ada = User.objects.create_superuser("ada", first_name="Ada", last_name="Lovelace")
    desk = Client()
    desk.force_login(ada)
    before = set(ModelLogEntry.objects.values_list("pk", flat=True))
    cards = [(LocationRule, {"cities": "Hilltop"})]
    form = segment_form(*saved_cards(site), *cards, slug="riverside", name=site.name, **{"action-publish": "1"})
    assert desk.post(address_of("edit", site), form).status_code == 302
    assert LocationRule.objects.filter(segment=site).count() == 2
    entries = ModelLogEntry.objects.exclude(pk__in=before).filter(object_id=str(site.pk))
    assert {entry.user_id for entry in entries} == {ada.pk}
    assert "wagtail.publish" in {entry.action for entry in entries}
    assert all(
        datetime.datetime.now(datetime.UTC) - entry.timestamp < datetime.timedelta(minutes=5) for entry in entries
    )
    history = words(desk.get(address_of("history", site)).content.decode())
    assert "Ada Lovelace" in history
    assert "Published" in history
    report = desk.get("/admin/reports/site-history/")
    assert "Name of riverside" in report.content.decode()
    assert "Name of riverside" not in Client().get("/admin/reports/site-history/", follow=True).content.decode()


# --- 82: and the way back to the standard version ---------------------------------------------------------------------


@requirement(82)
def test_from_a_page_with_a_version_a_visitor_gets_to_the_standard_one(site: Segment, configure: Any) -> None:
    visitor = Visitor(RIVERSIDE)
    page = visitor.reads("/flood/")
    assert VERSION in page
    footer = re.search(r'href="(/personalisation/[^"]*)"', page.partition("<footer")[2])
    assert footer is not None  # on every page, whatever else is set
    html = visitor.reads(unescape(footer[1]), Referer="http://testserver/flood/")
    link = re.search(r'href="(/flood/\?personalise=standard)"', html)
    assert link is not None
    shown = visitor.reads(link[1])
    assert STANDARD in shown
    assert VERSION not in shown
    assert "You see the standard version of this page." in words(shown)
    assert VERSION in visitor.reads("/flood/")  # for that page only

    configure(SAY_WHY=True)
    why = visitor.reads("/flood/")
    assert "Why am I seeing this?" in why
    assert 'href="/flood/?personalise=standard"' in why
    assert "Why am I seeing this?" not in Visitor(HILLTOP).reads("/flood/")  # whose version is the standard one


@requirement(80)
def test_where_the_page_names_one_in_another_language_it_says_which(site: Segment) -> None:
    welsh = Locale.objects.get_or_create(language_code="cy")[0]
    offer = personalised(hero("Byddwch yn barod"), (site, hero("Bagiau tywod")))
    make_page("Llifogydd", ("offer", offer), parent=Page.objects.get(slug="agency"), slug="llifogydd", locale=welsh)
    html = section(Visitor().reads(ABOUT), "personalise-groups")
    assert re.search(r'<span lang="cy">\s*Llifogydd', html)
    assert not re.search(r'<span lang="cy">\s*Flood', html)
