"""The versions of a personalised block in the page editor, in a browser: by keyboard, and with axe's eye."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from wagtail_personalise_gov.models import LocationRule, Segment

from ..agency.models import AgencyPage
from ..factories import hero, make_page, make_segment, personalised
from .test_in_browser import desk

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page
    from pytest_django.live_server_helper import LiveServer

__all__ = ["desk"]


@pytest.fixture
def towns(live_server: LiveServer) -> list[Segment]:
    """Riverside, Hilltop, and the valley that both are in."""
    return [
        make_segment("riverside", LocationRule(cities=["Riverside"]), name="Riverside"),
        make_segment("hilltop", LocationRule(cities=["Hilltop"]), name="Hilltop"),
        make_segment("valley", LocationRule(cities=["Riverside", "Hilltop"]), name="The valley"),
    ]


def versions(desk: Page) -> list[str]:
    """The headings of the versions that were not deleted, in the order of the page."""
    headings = desk.locator("h2, h3, h4, [role='heading']").locator(".c-sf-block__type:visible").all_inner_texts()
    return [heading for heading in headings if re.match(r"\d+\. ", heading)]


def wait_for(desk: Page, expected: list[str]) -> None:
    for _attempt in range(50):
        if versions(desk) == expected:
            return
        desk.wait_for_timeout(100)
    assert versions(desk) == expected


def version(desk: Page, heading: str) -> Locator:
    """The panel of the version under a heading."""
    return desk.locator("[data-streamfield-child]").filter(has=desk.get_by_text(heading, exact=True)).last


def edit(desk: Page, page: AgencyPage) -> None:
    desk.goto(reverse("wagtailadmin_pages:edit", args=[page.pk]))
    desk.locator("[data-personalise-area='said']").first.wait_for()


def test_each_version_says_for_whom_it_is_and_in_which_order(
    desk: Page, home: AgencyPage, towns: list[Segment]
) -> None:
    riverside, hilltop, valley = towns
    offer = personalised(hero("All"), ([riverside, hilltop], hero("a")), (valley, hero("b")))
    edit(desk, make_page("Flood", ("offer", offer), parent=home))
    wait_for(desk, ["1. For Riverside or Hilltop", "2. For The valley"])
    desk.get_by_text("They seem to be in Riverside or Hilltop").wait_for()
    desk.get_by_text("Standard version: what everyone else sees").wait_for()
    # A closed panel keeps its heading.
    panel = version(desk, "2. For The valley")
    panel.get_by_role("button", name="Toggle section").first.click()
    wait_for(desk, ["1. For Riverside or Hilltop", "2. For The valley"])


def test_a_closed_version_says_that_it_has_a_warning(desk: Page, home: AgencyPage, towns: list[Segment]) -> None:
    offer = personalised(hero("All"), (towns[2], hero("a")), (towns[0], hero("b")))
    edit(desk, make_page("Flood", ("offer", offer), parent=home))
    for heading in ("1. For The valley", "2. For Riverside"):
        version(desk, heading).get_by_role("button", name="Toggle section").first.click()
    desk.get_by_text("Has a warning").wait_for()
    assert version(desk, "2. For Riverside").get_by_text("Has a warning").is_visible()
    assert desk.get_by_text("Has a warning").count() == 1


def test_a_version_is_moved_by_keyboard_and_the_focus_goes_with_it(
    desk: Page, home: AgencyPage, towns: list[Segment]
) -> None:
    riverside, hilltop, valley = towns
    offer = personalised(hero("All"), (valley, hero("a")), (riverside, hero("b")), (hilltop, hero("c")))
    edit(desk, make_page("Flood", ("offer", offer), parent=home))
    wait_for(desk, ["1. For The valley", "2. For Riverside", "3. For Hilltop"])
    assert desk.get_by_text("No visitor ever sees this version").count() == 2
    up = version(desk, "2. For Riverside").get_by_role("button", name="Move up").first
    up.focus()
    desk.keyboard.press("Enter")
    wait_for(desk, ["1. For Riverside", "2. For The valley", "3. For Hilltop"])
    desk.get_by_text("“For Riverside” is now number 1 of 3.").wait_for(state="attached")
    # It can't go further up, so the focus is on the way back.
    focused = desk.evaluate("document.activeElement.title")
    assert focused == "Move down"
    desk.wait_for_function(
        "document.querySelectorAll('[data-personalise-area=said] .personalise-version__warning').length === 1"
    )


def test_what_is_deleted_is_no_longer_counted(desk: Page, home: AgencyPage, towns: list[Segment]) -> None:
    riverside, _hilltop, valley = towns
    offer = personalised(hero("All"), (valley, hero("a")), (riverside, hero("b")))
    edit(desk, make_page("Flood", ("offer", offer), parent=home))
    desk.get_by_text("No visitor ever sees this version").wait_for()
    version(desk, "1. For The valley").get_by_role("button", name="Delete").first.click()
    wait_for(desk, ["1. For Riverside"])
    desk.get_by_text("No visitor ever sees this version").wait_for(state="detached")


def test_a_new_version_is_for_nobody_until_a_segment_is_chosen(
    desk: Page, home: AgencyPage, towns: list[Segment]
) -> None:
    offer = personalised(hero("All"), (towns[0], hero("a")))
    edit(desk, make_page("Flood", ("offer", offer), parent=home))
    wait_for(desk, ["1. For Riverside"])
    desk.get_by_role("button", name="Insert a block").nth(2).click()
    wait_for(desk, ["1. For Riverside", "2. For nobody yet"])
    desk.get_by_text("Nobody sees this version. Choose a segment for it.").wait_for()
    version(desk, "2. For nobody yet").get_by_role("button", name="Choose segment").click()
    desk.get_by_role("link", name="Hilltop").click()
    wait_for(desk, ["1. For Riverside", "2. For Hilltop"])
    desk.get_by_text("They seem to be in Hilltop").wait_for()
    status = desk.get_by_role("status").filter(has_text="They seem to be in Hilltop")
    assert status.count() == 1  # read out, since it changed


def test_all_blocks_of_a_page_are_asked_about_at_once(desk: Page, home: AgencyPage, towns: list[Segment]) -> None:
    asked: list[str] = []
    desk.on("request", lambda request: asked.append(request.url) if "/versions/" in request.url else None)
    inner = personalised("a", (towns[1], "b"))
    blocks = [
        ("offer", personalised(hero("All"), (towns[0], hero("a")))),
        ("line", personalised("All", (towns[2], "a"))),
        ("nested", personalised([], (towns[0], [{"type": "inner", "value": inner}]))),
    ]
    edit(desk, make_page("Flood", *blocks, parent=home))
    wait_for(desk, ["1. For Riverside", "1. For The valley", "1. For Riverside", "1. For Hilltop"])
    desk.wait_for_timeout(1000)
    assert len(asked) == 1


def test_where_others_see_nothing_the_standard_version_says_so(
    desk: Page, home: AgencyPage, towns: list[Segment]
) -> None:
    offer = personalised(hero("All"), (towns[0], hero("a")))
    edit(desk, make_page("Flood", ("offer", offer), parent=home))
    said = desk.get_by_text("whoever gets no version sees nothing")
    assert said.count() == 0 or said.is_hidden()
    desk.locator("[data-streamfield-action='SETTINGS']").first.click()
    desk.get_by_label("Others see nothing here").check()
    said.wait_for()


def test_the_form_works_without_an_answer(desk: Page, home: AgencyPage, towns: list[Segment]) -> None:
    desk.route("**/personalisation/versions/", lambda route: route.fulfill(status=500, body="out of order"))
    page = make_page("Flood", ("line", personalised("All", (towns[0], "a"))), parent=home)
    desk.goto(reverse("wagtailadmin_pages:edit", args=[page.pk]))
    wait_for(desk, ["1. For Riverside"])
    desk.get_by_role("button", name="Save draft").click()
    desk.get_by_text("has been saved").or_(desk.get_by_text("has been updated")).first.wait_for()


def test_versions_have_no_accessibility_fault(
    desk: Page, home: AgencyPage, towns: list[Segment], accessibility_faults: Callable[[Page], list[str]]
) -> None:
    riverside, hilltop, valley = towns
    riverside.review_by = "2020-01-01"
    riverside.save()
    offer = personalised(hero("All"), ([riverside, hilltop], hero("a")), (valley, hero("b")), nothing_for_others=True)
    plain = make_page("Plain", ("hero", hero("All")), parent=home)
    desk.goto(reverse("wagtailadmin_pages:edit", args=[plain.pk]))
    desk.wait_for_timeout(800)
    wagtails_own = {fault.partition(":")[0] for fault in accessibility_faults(desk)}
    edit(desk, make_page("Flood", ("offer", offer), parent=home))
    desk.wait_for_timeout(800)
    faults = accessibility_faults(desk)
    assert [fault for fault in faults if fault.partition(":")[0] not in wagtails_own] == []
    assert [fault for fault in faults if "personalise-" in fault] == []


def test_what_is_too_much_for_one_question_is_asked_in_several(
    desk: Page, home: AgencyPage, towns: list[Segment]
) -> None:
    line = personalised("All", (towns[0], "a"))
    edit(desk, make_page("Flood", ("line", line), ("line", line), ("line", line), parent=home))
    desk.wait_for_timeout(1000)  # until it has asked about what it opened with
    answers: list[int] = []
    desk.on("response", lambda response: answers.append(response.status) if "/versions/" in response.url else None)
    desk.evaluate(
        """() => window.wagtail.app.controllers
            .filter(({ identifier }) => identifier === "personalise-versions")
            .forEach((controller) => {
                controller.state = "";
                controller.read();
                controller.versions = [{ keys: Array(700).fill(1) }];
            })"""
    )
    desk.wait_for_timeout(2000)
    assert answers == [200, 200]
