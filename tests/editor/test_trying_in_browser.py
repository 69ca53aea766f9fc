"""Trying as a visitor in a browser: by keyboard, live, and with axe's eye."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from wagtail_personalise_gov.editor.addresses import address_of, addresses_for
from wagtail_personalise_gov.models import DeviceRule, ExampleVisit, LocationRule, Segment, SegmentRule

from ..factories import make_segment

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page
    from pytest_django.live_server_helper import LiveServer

PAGE = "/admin/personalisation/try/"


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


def open_panel(desk: Page) -> Locator:
    toggle = desk.get_by_role("button", name="Toggle “Try as a visitor”")
    toggle.focus()
    desk.keyboard.press("Enter")
    panel = desk.locator(".personalise-try--panel")
    panel.get_by_text("How they arrived").wait_for()
    panel.locator(".personalise-try__verdict").wait_for()
    return panel


def wait_for_verdict(panel: Locator, words: str) -> None:
    panel.locator(".personalise-try__verdict", has_text=words).wait_for()


def test_a_segment_that_is_being_filled_in_is_tried_live(
    desk: Page, accessibility_faults: Callable[[Page], list[str]]
) -> None:
    segment = make_segment("phones", DeviceRule(kinds=["mobile"]))
    desk.goto(address_of("edit", segment))
    panel = open_panel(desk)
    wait_for_verdict(panel, "Can’t tell")

    # By keyboard: open the group, choose, try.
    panel.locator("summary", has_text="Device and language").focus()
    desk.keyboard.press("Enter")
    panel.get_by_label("They use").focus()
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Tab")
    panel.get_by_role("button", name="Try", exact=True).focus()
    desk.keyboard.press("Enter")
    wait_for_verdict(panel, "In this segment")
    status = panel.locator("[role='status']").first
    desk.wait_for_function("status => status.textContent === 'In this segment'", arg=status.element_handle())
    assert accessibility_faults(desk) == []

    # What is changed in the form is tried again by itself, and nothing is saved for it.
    desk.get_by_label("a tablet").check()
    desk.get_by_label("a phone").uncheck()
    wait_for_verdict(panel, "Not in this segment")
    assert Segment.objects.get().get_rules()[0].kinds == ["mobile"]  # type: ignore[attr-defined]


def test_what_cannot_be_read_is_said_where_it_was_written(desk: Page) -> None:
    desk.goto(addresses_for("add", Segment))
    desk.get_by_text("No rules yet.").wait_for()
    panel = open_panel(desk)
    panel.locator("summary", has_text="Where they are").click()
    country = panel.get_by_label("Country")
    country.fill("Atlantis")
    country.press("Enter")
    panel.get_by_text("There is no country “Atlantis”").wait_for()
    assert panel.get_by_label("Country").evaluate("element => element === document.activeElement")
    panel.get_by_label("Country").fill("France")
    panel.get_by_label("Country").press("Enter")
    panel.get_by_text("From France").wait_for()


def test_an_example_is_kept_shown_and_deleted_in_the_panel(
    desk: Page, accessibility_faults: Callable[[Page], list[str]]
) -> None:
    segment = make_segment("phones", DeviceRule(kinds=["mobile"]))
    desk.goto(address_of("edit", segment))
    panel = open_panel(desk)
    panel.get_by_text("Begin with").click()
    panel.get_by_role("link", name="On a phone, by a search engine").click()
    wait_for_verdict(panel, "In this segment")
    panel.get_by_text("Keep as an example").click()
    panel.get_by_label("What to call this visitor").fill("On a phone")
    panel.get_by_role("button", name="Must be in the segment").click()
    panel.get_by_text("“On a phone” is kept as an example.").last.wait_for()
    panel.get_by_text("As expected").wait_for()
    assert ExampleVisit.objects.get().must_match
    assert accessibility_faults(desk) == []

    panel.get_by_role("link", name="First visit, nothing known").click()
    wait_for_verdict(panel, "Can’t tell")
    panel.get_by_role("link", name="Show “On a phone”").click()
    wait_for_verdict(panel, "In this segment")
    panel.get_by_role("button", name="Delete “On a phone”").click()
    panel.get_by_text("The example “On a phone” is deleted.").last.wait_for()
    panel.get_by_text("None yet.").wait_for()
    assert not ExampleVisit.objects.exists()


def test_the_page_has_no_faults_and_finds_a_segment_among_many(
    desk: Page, accessibility_faults: Callable[[Page], list[str]]
) -> None:
    phones = make_segment("phones", DeviceRule(kinds=["mobile"]))
    make_segment("abroad", LocationRule(countries=["FR"]))
    make_segment("both", SegmentRule(other=phones))
    desk.goto(PAGE)
    assert accessibility_faults(desk) == []
    desk.get_by_label("They use").select_option("mobile")
    desk.locator("summary", has_text="Only some segments").click()
    desk.get_by_label("Find a segment").fill("abroad")
    assert desk.get_by_label("Name of phones").is_hidden()
    desk.get_by_label("Find a segment").fill("both")
    desk.get_by_label("Name of both").check()
    desk.get_by_label("Find a segment").fill("abroad")
    assert desk.get_by_label("Name of both").is_visible()  # it is ticked
    desk.get_by_role("button", name="Try", exact=True).click()
    desk.get_by_text("In 1 of 1 segment.").wait_for()
    desk.get_by_text("Show its rules").click()
    assert desk.get_by_text("They use a phone").is_visible()
    assert accessibility_faults(desk) == []


def test_the_page_works_without_scripts(desk: Page, live_server: LiveServer) -> None:
    make_segment("phones", DeviceRule(kinds=["mobile"]))
    context = desk.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    context.add_cookies(desk.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{live_server.url}{PAGE}")
    page.get_by_label("They use").select_option("mobile")
    page.get_by_role("button", name="Try", exact=True).click()
    page.get_by_text("In 1 of 1 segment.").wait_for()  # the whole page is loaded anew
    context.close()


def test_that_the_fields_cannot_be_fetched_is_said_and_stays(desk: Page) -> None:
    segment = make_segment("phones", DeviceRule(kinds=["mobile"]))
    tries: list[str] = []
    desk.on("request", lambda request: tries.append(request.url) if request.method == "POST" else None)
    desk.route("**/personalisation/try/fields/**", lambda route: route.fulfill(status=502))
    desk.goto(address_of("edit", segment))
    desk.get_by_role("button", name="Toggle “Try as a visitor”").click()
    panel = desk.locator(".personalise-try--panel")
    message = panel.get_by_text("That could not be tried.").last
    message.wait_for()
    desk.wait_for_timeout(800)
    assert message.is_visible()
    assert not [url for url in tries if url.endswith(address_of("try", segment))]
