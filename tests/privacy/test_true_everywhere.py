"""The page about personalisation and the records, in every configuration: what they have to say, and may never say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from wagtail.models import Site

from tests.agency.models import AgencyPage
from tests.factories import committed, make_segment
from tests.privacy.test_about import ABOUT, read
from tests.privacy.test_records import export, known, record
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.models import LocationRule, PersonalisationSettings, ReferrerRule

DOWNLOAD = "/personalisation/download/"
SESSION_STORE = "wagtail_personalise_gov.visit.stores.DjangoSessionStore"
WEBHOOK = {"url": "https://crm.example.gov/", "secret": f"whsec_{'A' * 32}", "events": ["segment_changed"]}
HEADER_GEO = "wagtail_personalise_gov.visit.geo.HeaderGeo"

AS_IF_IT_RAN = (
    "At the moment: roughly where you are",
    "We count how many visits",
    "It is on until you turn it off",
    "You can turn that off",
    "as this group sees it",
    "usage tier",
    "While this is on",
    "You are in this group",
    "We only count how many visits",
)
ON_A_DEVICE = ("kept on your device", "cookies in your own browser", "until you close your browser, at the latest")
NO_NUMBER = "no number or code stands for you"
A_LOT = "a number from 0 to 9999 is drawn by lot"

# id, settings, what is set up besides, what has to be said, what may not be.
TABLE: list[tuple[str, dict[str, Any], str, tuple[str, ...], tuple[str, ...]]] = [
    (
        "off",
        {"MODE": "off"},
        "",
        (
            "This is switched off.",
            "There is nothing to turn off.",
            "We keep nothing new",
            "You can erase what we keep.",
        ),
        (
            *AS_IF_IT_RAN,
            "Your choice above stays",
            "until you turn it on here",
            "What we use",
            "Who sees something different",
            "roughly where you are",
            "When you choose",
            "the pause",
        ),
    ),
    (
        "off counting",
        {"MODE": "off", "COUNTING": True},
        "",
        ("Nothing is counted at the moment.", "What was counted before is kept as totals for each day", "Daily totals"),
        (*AS_IF_IT_RAN, "We keep totals for each day", "May we count your visits?", "drawn by lot"),
    ),
    (
        "paused",
        {},
        "paused",
        (
            "This is paused at the moment.",
            "What we use when the pause ends",
            "None of this is used while everything is paused.",
            "Who sees something different when the pause ends",
            "You can choose now for the time when the pause ends.",
            "no such technology is in use at the moment",
            "it is on for those who have not turned it off",
        ),
        AS_IF_IT_RAN,
    ),
    (
        "paused counting",
        {"COUNTING": True},
        "paused lots",
        ("Nothing is counted at the moment.", "We count only while pages change to suit visits"),
        (*AS_IF_IT_RAN, "some visitors see the standard version instead", A_LOT),
    ),
    (
        "paused opt-in",
        {"MODE": "opt_in"},
        "paused",
        ("When the pause ends, it is on only for those who turned it on.",),
        (*AS_IF_IT_RAN, "it is on for those who have not turned it off"),
    ),
    (
        "opt-in",
        {"MODE": "opt_in"},
        "",
        ("This is off. It stays off until you turn it on.", "we ask before we use or keep anything"),
        ("It is on until you turn it off", "the pause", "We count how many visits", A_LOT),
    ),
    (
        "opt-out",
        {},
        "",
        (NO_NUMBER, "usage tier 2, multi-session", "It is on until you turn it off", "as this group sees it"),
        (A_LOT, "on our own server, in your session", "the pause", "We count how many visits", "Daily totals"),
    ),
    (
        "counting",
        {"COUNTING": True},
        "",
        ("We count how many visits", NO_NUMBER, "Daily totals", "What you choose about counting is kept for as long"),
        (A_LOT, "the pause"),
    ),
    (
        "lots",
        {"COUNTING": True},
        "lots",
        (A_LOT, "you may be the only one who has it", "multi-session"),
        (NO_NUMBER,),
    ),
    (
        "lots set aside but nothing counted",
        {"COUNTING": False},
        "lots",
        (NO_NUMBER,),
        (A_LOT, "We count how many visits"),
    ),
    (
        "session",
        {"VISITOR_STORE": SESSION_STORE},
        "",
        (
            "holds a code that stands for your browser",
            "what is kept of your visits on our own server",
            "how your visit began, kept on our own server",
            "on our own server, in your session, for 14 days after your session last changed",
            "Used for this visit only.",
            "Used for 180 days at most, counted from your first visit.",
        ),
        (*ON_A_DEVICE, NO_NUMBER),
    ),
    (
        "session off",
        {"VISITOR_STORE": SESSION_STORE, "MODE": "off"},
        "",
        ("This is switched off.", "on our own server"),
        (*ON_A_DEVICE, *AS_IF_IT_RAN, "With it we keep how this visit began"),
    ),
    (
        "places told by the network",
        {"GEO_PROVIDER": HEADER_GEO},
        "",
        ("The network that carries this site to you", "sees your internet address in any case"),
        ("We look your internet address up", "We guessed it from your internet address"),
    ),
    (
        "webhooks about segments",
        {"WEBHOOKS": [WEBHOOK], "COUNTING": True},
        "",
        ("Nobody but us. Nothing is sold, shared or sent to another company", "it shares nothing, and"),
        ("Another system is told",),
    ),
    (
        "webhooks about visitors",
        {"WEBHOOKS": [{**WEBHOOK, "events": ["goal_reached", "intent_declared"]}], "COUNTING": True},
        "",
        (
            "Nothing about a single visit is sold, shared or sent to anybody",
            "Another system is told totals: how many visitors say what they are here for and how many visits lead to "
            "what we count.",
            "never of fewer than 11 at once",
            "it shares nothing about a single visit",
        ),
        ("Nobody but us.", "it shares nothing, and", "turn this on."),
    ),
    (
        "webhooks about visitors but nothing counted",
        {"WEBHOOKS": [{**WEBHOOK, "events": ["goal_reached"]}]},
        "",
        ("Nobody but us. Nothing is sold, shared or sent to another company",),
        ("Another system is told",),
    ),
    (
        "nothing live",
        {"COUNTING": True},
        "nothing live",
        (
            "No page changes to suit visitors at the moment.",
            "Nothing is counted at the moment.",
            "At the moment it is used for nothing.",
            "Nothing about you, at the moment.",
        ),
        ("We count how many visits", "Your visits are counted", "as this group sees it", "each group on this page"),
    ),
]


def set_up(request: pytest.FixtureRequest, visitor: Client, besides: str) -> None:
    """Groups, something that is kept of the visitor from before, and what the row asks."""
    if besides == "nothing live":
        return
    request.getfixturevalue("full_page")
    make_segment("searching", ReferrerRule(kinds=["search"]))
    if "lots" in besides:
        with committed():
            PersonalisationSettings.objects.create(site=Site.objects.get(), holdout_percent=10)
    if "paused" in besides:
        with committed():
            compiling.pause(by="a test")


@pytest.mark.parametrize("keys, besides, says, never", [pytest.param(*row[1:], id=row[0]) for row in TABLE])
def test_the_page_is_true(
    request: pytest.FixtureRequest,
    visitor: Client,
    home: AgencyPage,
    configure: Callable[..., None],
    keys: dict[str, Any],
    besides: str,
    says: tuple[str, ...],
    never: tuple[str, ...],
) -> None:
    set_up(request, visitor, besides)
    configure(**keys)
    words = read(visitor)
    assert [sentence for sentence in says if sentence.casefold() not in words.casefold()] == []
    assert [sentence for sentence in never if sentence in f"{words} "] == []
    file = visitor.get(DOWNLOAD)
    assert [sentence for sentence in never if sentence in file.content.decode()] == []
    if keys.get("MODE") == "off":
        assert file.json()["groups"] == []
    if "personalise_as=" in visitor.get(ABOUT).content.decode():
        assert "paused" not in besides
        assert keys.get("MODE") != "off"


STORES = pytest.mark.parametrize("store", [{}, {"VISITOR_STORE": SESSION_STORE}], ids=["cookies", "session"])


@STORES
def test_what_was_kept_before_the_pause_is_told_and_can_be_erased(
    visitor: Client, full_page: AgencyPage, configure: Callable[..., None], store: dict[str, Any]
) -> None:
    configure(**store)
    visitor.get("/full/")
    with committed():
        compiling.pause(by="a test")
    words = read(visitor)
    assert "How many times you have visited 1" in words
    assert "What is remembered of earlier visits" in words
    assert "Nothing is added to that at the moment. You can erase it on this page." in words
    assert "nothing is kept at the moment" not in words
    visitor.post("/personalisation/forget/", {"next": ABOUT})
    words = read(visitor)
    assert "How many times you have visited" not in words
    assert "What is remembered of earlier visits" not in words
    assert "Nothing is added to that" not in words


@STORES
def test_what_was_kept_before_it_was_switched_off_goes_as_the_page_says(
    visitor: Client, full_page: AgencyPage, configure: Callable[..., None], store: dict[str, Any]
) -> None:
    configure(**store)
    visitor.get("/full/")
    visitor.cookies["personalise_choice"] = "allowed.1"
    configure(MODE="off")
    words = read(visitor)
    assert "What was kept of you before is erased as you open this page, but for your choice." in words
    assert "What you chose earlier stays in your browser" in words
    assert visitor.cookies["personalise_choice"].value == "allowed.1"
    configure(MODE="opt_out")
    assert "How many times you have visited" not in read(visitor)


def test_a_session_that_ends_with_the_browser_says_what_stays_on_the_server(
    visitor: Client, full_page: AgencyPage, configure: Callable[..., None], settings: Any
) -> None:
    configure(VISITOR_STORE=SESSION_STORE)
    settings.SESSION_EXPIRE_AT_BROWSER_CLOSE, settings.SESSION_COOKIE_AGE = True, 24 * 60 * 60
    words = read(visitor)
    assert "The cookie that leads to it goes when you close your browser." in words
    assert "On the server it stays, unused, for 1 day after your session last changed" in words


def test_a_session_in_a_cookie_is_in_the_browser_for_as_long_as_the_session(
    visitor: Client, full_page: AgencyPage, configure: Callable[..., None], settings: Any
) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    configure(VISITOR_STORE=SESSION_STORE)
    words = read(visitor)
    assert "It is kept in your own browser, in your session, for 14 days after your session last changed." in words
    assert "on our own server, in your session" not in words
    assert "until you close your browser, at the latest" not in words


# The register and the records


def test_the_register_says_where_things_are_kept(
    client: Client, full_page: AgencyPage, configure: Callable[..., None]
) -> None:
    address = "/personalisation/register.json"
    assert "what is kept on your device" in client.get(address).content.decode()
    configure(VISITOR_STORE=SESSION_STORE)
    register = client.get(address).content.decode()
    assert "kept on your device" not in register
    assert "until you close your browser, at the latest" not in register
    assert "what is kept of your visits on our own server" in register


@pytest.mark.parametrize("kind", ["dpia", "atrs"])
@pytest.mark.parametrize("how", ["off", "paused"])
def test_a_record_of_what_does_not_run_says_so_first_and_speaks_of_what_would_be(
    full_page: AgencyPage, configure: Callable[..., None], kind: str, how: str
) -> None:
    running = export(kind)
    assert "would be" not in running.partition("\n## ")[0]
    assert "would be read" not in running.lower()
    if how == "off":
        configure(MODE="off")
    else:
        with committed():
            compiling.pause(by="a test")
    text = export(kind)
    top = text.split("\n")[2]
    assert ("Switched off: every page" if how == "off" else "Paused at the moment: every page") in top
    assert "what would be so if it were running" in top
    assert "Nothing about visitors is read at the moment." in text
    assert "Would be read: “the town or city that you seem to be in”." in text
    assert "Nothing new is kept of any visitor at the moment." in text
    for claim in (
        "parts of some pages are shown in a version",
        "Parts of pages are shown in a version",
        "Pages that change: ",
        "What is read: ",
        "At each request of a page",
        "Visitors are not asked first: it is on",
        "Beside the choice nothing is kept",
    ):
        assert claim not in text


def test_a_number_drawn_by_lot_is_an_open_risk_and_no_measure(
    full_page: AgencyPage, configure: Callable[..., None]
) -> None:
    number = "Measure: No cookie of this holds a number or code that stands for a visitor."
    configure(COUNTING=True)
    assert number in known(record("dpia")["risks"]["tracking"])
    with committed():
        PersonalisationSettings.objects.create(site=Site.objects.get(), holdout_percent=10)
    risk = known(record("dpia")["risks"]["tracking"])
    assert number not in risk
    assert "Open: While a share of visitors is held back for comparison, a number from 0 to 9999" in risk
    assert "kept of each who is counted, for 180 days at most" in risk


def test_the_records_say_who_is_told_totals(full_page: AgencyPage, configure: Callable[..., None]) -> None:
    nobody = "Nobody but the site itself"
    assert nobody in export("dpia")
    configure(COUNTING=True, WEBHOOKS=[{**WEBHOOK, "events": ["goal_reached"]}])
    for kind in ("dpia", "atrs"):
        text = export(kind)
        assert "(WEBHOOKS) are told totals of visitors who may be counted: goal\\_reached." in text
        assert nobody not in text
        assert "crm.example.gov" not in text


def test_the_records_say_how_long_a_session_keeps_what_is_remembered(
    full_page: AgencyPage, configure: Callable[..., None]
) -> None:
    make_segment("searching", ReferrerRule(kinds=["search"]))
    make_segment("paris", LocationRule(cities=["Paris"]))
    configure(VISITOR_STORE=SESSION_STORE)
    dpia = record("dpia")
    retention = known(dpia["scope"]["retention"])
    assert "until the browser is closed" not in retention
    assert "14 days after the session last changed" in retention
    assert "clearsessions" in known(dpia["risks"]["tracking"])
    assert "kept on your device" not in known(dpia["nature"]["collection"])
