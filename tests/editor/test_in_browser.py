"""The screens of the admin in a browser: by keyboard, and with axe's eye."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from wagtail_personalise_gov.compiling import pause
from wagtail_personalise_gov.editor.addresses import address_of, addresses_for
from wagtail_personalise_gov.editor.segments.archiving import archive_address
from wagtail_personalise_gov.models import (
    FirstTimeVisitorRule,
    Intent,
    IntentSignal,
    LocationRule,
    ReferrerRule,
    Segment,
    SegmentRule,
)

from ..factories import make_intent, make_segment

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from pytest_django.live_server_helper import LiveServer


@pytest.fixture
def desk(page: Page, live_server: LiveServer, admin: User) -> Iterator[Page]:
    """A browser in which the administrator is signed in."""
    client = Client()
    client.force_login(admin)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": f"{live_server.url}/"}])
    yield page
    page.goto("about:blank")  # the form says goodbye to the server, which must still be there
    page.wait_for_timeout(300)


def headings(desk: Page) -> list[str]:
    """What stands over each card."""
    return desk.locator("[data-inline-panel-child]:visible [data-panel-heading-text]").all_inner_texts()


def test_a_segment_is_built_by_keyboard(desk: Page) -> None:
    desk.goto(addresses_for("add", Segment))
    desk.get_by_text("No rules yet.").wait_for()  # shown by our script, so the page is ready for keys
    desk.locator("#id_name").focus()
    desk.keyboard.type("New visitors & friends")
    desk.keyboard.press("Tab")
    slug = desk.locator("#id_slug")
    desk.wait_for_function("slug => slug.value === 'new-visitors-friends'", arg=slug.element_handle())

    opener = desk.get_by_role("button", name="Add a rule")
    opener.focus()
    desk.keyboard.press("Enter")
    choice = desk.get_by_role("button", name="First-time visitor")
    choice.wait_for()
    desk.keyboard.press("Escape")
    choice.wait_for(state="hidden")
    assert opener.evaluate("element => element === document.activeElement")  # not lost with the menu

    desk.keyboard.press("Enter")
    choice.wait_for()
    for _tab in range(len(Segment.rule_relations())):
        desk.keyboard.press("Tab")
        if choice.evaluate("element => element === document.activeElement"):
            break
    desk.keyboard.press("Enter")
    card = desk.locator("[data-inline-panel-child]:visible")
    card.wait_for()
    assert card.evaluate("element => element.contains(document.activeElement)")
    assert desk.get_by_text("No rules yet.").is_hidden()
    desk.keyboard.press("Tab")
    desk.keyboard.press("ArrowDown")  # from "This is their first visit"
    desk.get_by_role("button", name="Save draft").focus()
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/edit/*/**")
    desk.get_by_text(FirstTimeVisitorRule(negated=True).sentence()).first.wait_for()
    assert [rule.negated for rule in Segment.objects.get().get_rules()] == [True]


def test_cards_are_headed_by_what_their_rules_say(desk: Page) -> None:
    segment = make_segment("riverside", LocationRule(cities=["Riverside"]), ReferrerRule(kinds=["search"]))
    desk.goto(address_of("edit", segment))
    desk.get_by_role("heading", name="They seem to be in Riverside").wait_for()
    assert headings(desk) == ["They came from a search engine", "They seem to be in Riverside"]
    desk.wait_for_timeout(2500)  # after 2 seconds Wagtail notes what the form holds, and saves later changes
    towns = desk.get_by_label("Towns or cities")
    towns.fill("Hilltop")
    towns.press("Tab")
    # Saved as one types: the heading and the summary follow.
    desk.get_by_role("heading", name="They seem to be in Hilltop").wait_for()
    desk.locator("#personalise-in-words").get_by_text("They seem to be in Hilltop").wait_for()
    towns.fill("")
    towns.press("Tab")
    desk.get_by_role("heading", name="Location, changed").wait_for()  # nothing that could be said


def test_a_card_that_is_deleted_takes_its_place_with_it(desk: Page) -> None:
    desk.goto(address_of("edit", make_segment("new-here", FirstTimeVisitorRule())))
    card = desk.locator("[data-inline-panel-child]:visible")
    card.get_by_role("button", name="Delete").click()
    desk.get_by_text("No rules yet.").wait_for()
    assert card.count() == 0
    # And the type can be added again.
    desk.get_by_role("button", name="Add a rule").click()
    desk.get_by_role("button", name="First-time visitor").click()
    card.wait_for()


def test_our_screens_have_no_accessibility_fault(desk: Page, accessibility_faults: Callable[[Page], list[str]]) -> None:
    first = make_segment("first", FirstTimeVisitorRule(), review_by="2020-01-01", owner="Digital")
    second = make_segment("second", SegmentRule(other=first, negated=True), LocationRule(cities=["Riverside"]))
    archived = make_segment("archived", FirstTimeVisitorRule())
    archived.archive()
    intent = make_intent("start-a-business", IntentSignal(kind="campaign", text="start-up-week"))
    found = {}

    def look(name: str) -> None:
        desk.wait_for_timeout(500)  # colours fade in; axe would measure one halfway
        found[name] = accessibility_faults(desk)

    for name, address in {
        "list": addresses_for("list", Segment),
        "edit": address_of("edit", second),
        "archived": address_of("edit", archived),
        "inspect": address_of("inspect", second),
        "refused": address_of("delete", first),
        "archive": archive_address("archive", [first]),
        "restore": archive_address("restore", [archived]),
        "pause": reverse("personalise_pause:index"),
        "intents": addresses_for("list", Intent),
        "intent": address_of("edit", intent),
    }.items():
        desk.goto(address)
        look(name)

    desk.goto(addresses_for("add", Segment))
    desk.get_by_role("button", name="Add a rule").click()
    look("menu")
    desk.get_by_role("button", name="Location").click()
    desk.get_by_role("button", name="Save draft").click()
    desk.get_by_text("Give at least one country").wait_for()
    look("errors")
    pause(by="Ada Byron")
    desk.goto(addresses_for("list", Segment))
    look("paused list")
    desk.goto(reverse("wagtailadmin_home"))
    look("paused home")
    assert {name: faults for name, faults in found.items() if faults} == {}
