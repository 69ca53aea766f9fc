"""Previews, the userbar and shared links in a browser: by keyboard, and with axe's eye."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from wagtail.models import Site

from example_site.models import EmergencyPage
from wagtail_personalise_gov.editor.addresses import content_address
from wagtail_personalise_gov.models import LocationRule, Segment

from ..factories import make_segment, personalised

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from pytest_django.live_server_helper import LiveServer


@pytest.fixture
def river(db: None) -> Segment:
    return make_segment("river", LocationRule(cities=["Riverside"]))


@pytest.fixture
def flooding(river: Segment) -> EmergencyPage:
    """A page of the example site, whose template has Wagtail's userbar."""
    root = Site.objects.get(is_default_site=True).root_page
    text = {"type": "text", "value": "<p>For all</p>", "id": "1"}
    body = personalised([text], (river, [{**text, "value": "<p>Sandbags</p>"}]))
    page = EmergencyPage(
        title="Flooding",
        slug="flooding",
        summary="What to do",
        body=[{"type": "personalised", "value": body, "id": "2"}],
    )
    root.add_child(instance=page)
    page.save_revision().publish()
    return page


@pytest.fixture
def desk(page: Page, live_server: LiveServer, admin: User) -> Iterator[Page]:
    """A browser in which the administrator is signed in."""
    client = Client()
    client.force_login(admin)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": f"{live_server.url}/"}])
    yield page
    page.goto("about:blank")
    page.wait_for_timeout(300)


def faults_of(desk: Page, look: Callable[[Page], list[str]]) -> list[str]:
    desk.wait_for_timeout(500)  # colours fade in; axe would measure one halfway
    return look(desk)


def test_the_screen_of_a_page_leads_to_its_previews(
    desk: Page, flooding: EmergencyPage, accessibility_faults: Callable[[Page], list[str]]
) -> None:
    desk.goto(reverse("wagtailadmin_pages:edit", args=[flooding.pk]))
    desk.locator(".w-slim-header").get_by_role("button", name="Actions").press("Enter")
    desk.get_by_role("link", name="Personalisation", exact=True).last.press("Enter")
    desk.wait_for_url(f"**{content_address('overview', flooding)}")
    assert faults_of(desk, accessibility_faults) == []

    with desk.context.expect_page() as opened:
        desk.get_by_role("link", name="Preview as “Name of river”").press("Enter")
    opened.value.get_by_text("Sandbags").wait_for()
    opened.value.close()

    desk.get_by_role("checkbox", name="Name of river").press("Space")
    with desk.context.expect_page() as opened:
        desk.get_by_role("button", name="Preview as these").press("Enter")
    opened.value.get_by_text("Sandbags").wait_for()
    opened.value.close()


def test_the_panel_asks_for_a_visitor_and_leads_to_where_one_is_chosen(desk: Page, flooding: EmergencyPage) -> None:
    desk.goto(reverse("wagtailadmin_pages:edit", args=[flooding.pk]))
    desk.get_by_role("button", name="Toggle preview").click()
    frame = desk.frame_locator("#w-preview-iframe")
    frame.get_by_role("heading", name="Flooding", exact=True).wait_for()
    desk.get_by_label("Preview mode").select_option(label="As a visitor…")
    frame.get_by_role("heading", name="As which visitor?").wait_for()
    assert frame.get_by_role("link", name="Choose a visitor").get_attribute("href") == content_address(
        "overview", flooding
    )


def test_a_link_is_made_and_opened_without_an_account(
    desk: Page,
    new_page: Callable[..., Page],
    flooding: EmergencyPage,
    accessibility_faults: Callable[[Page], list[str]],
) -> None:
    desk.goto(content_address("overview", flooding))
    desk.get_by_label("Show it as").select_option(label="“Name of river”")
    desk.get_by_role("button", name="Make a link").press("Enter")
    link = desk.get_by_label("Link to the preview")
    link.wait_for()
    assert faults_of(desk, accessibility_faults) == []
    address = link.input_value()
    desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.get_by_role("button", name="Copy the link").press("Enter")
    desk.get_by_role("status").get_by_text("Copied.").wait_for()
    assert desk.evaluate("navigator.clipboard.readText()") == address

    reviewer = new_page()
    reviewer.goto(address[address.index("/personalisation/") :])
    assert faults_of(reviewer, accessibility_faults) == []
    reviewer.get_by_role("link", name="Open the page").press("Enter")
    reviewer.get_by_text("Sandbags").wait_for()
    assert reviewer.context.cookies() == []
    assert reviewer.locator("wagtail-userbar").count() == 0


def test_an_editor_views_the_site_as_others_and_stops(
    desk: Page, flooding: EmergencyPage, accessibility_faults: Callable[[Page], list[str]]
) -> None:
    desk.goto("/flooding/?a=b")
    opener = desk.locator("wagtail-userbar").locator("#wagtail-userbar-trigger")
    opener.press("Enter")
    desk.get_by_role("menuitem", name="What you see here, and why").press("Enter")
    desk.get_by_role("heading", name="What you see", exact=True).wait_for()
    desk.get_by_text("Can’t tell").first.wait_for()
    assert faults_of(desk, accessibility_faults) == []

    desk.get_by_role("button", name="View as “Name of river”").press("Enter")
    desk.wait_for_url("**/flooding/?a=b")
    desk.get_by_text("Sandbags").wait_for()
    opener.press("Enter")
    stop = desk.get_by_role("menuitem", name="You are viewing as “Name of river”")
    stop.wait_for()
    assert faults_of(desk, accessibility_faults) == []
    stop.press("Enter")
    desk.get_by_text("For all").wait_for()
    assert desk.url.endswith("/flooding/?a=b")
