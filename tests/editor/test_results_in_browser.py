"""Goals and the report in a browser: with axe's eye, by keyboard, on a narrow screen, in the dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from wagtail_personalise_gov.core.counting import Arm
from wagtail_personalise_gov.editor.addresses import address_of, addresses_for
from wagtail_personalise_gov.models import Goal

from ..agency.models import AgencyPage
from ..factories import hero, make_page, make_segment, personalised
from .counted import FIRST, SECOND, count, make_goal, past_days

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from pytest_django.live_server_helper import LiveServer


@pytest.fixture
def desk_with(new_page: Callable[..., Page], live_server: LiveServer, admin: User) -> Iterator[Callable[..., Page]]:
    """``desk_with(color_scheme="dark")``: a browser with these options in which the administrator is signed in."""
    desks: list[Page] = []

    def sign_in(**options: object) -> Page:
        desk = new_page(**options)
        client = Client()
        client.force_login(admin)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": f"{live_server.url}/"}
        desk.context.add_cookies([cookie])  # type: ignore[list-item]
        desks.append(desk)
        return desk

    yield sign_in
    for desk in desks:
        desk.goto("about:blank")  # a form says goodbye to the server, which must still be there
        desk.wait_for_timeout(300)


@pytest.fixture
def report(home: AgencyPage) -> str:
    """The address of a block with a version that does better, one that is not judged yet, and one in learning mode."""
    riverside = make_segment("riverside", name="People in Riverside")
    hilltop = make_segment("hilltop", name="People in Hilltop who have been here before and came from a search engine")
    learners = make_segment("learners", name="Founders", learning=True)
    block = personalised(
        hero("Be ready"), ([riverside, hilltop], hero("Sandbags")), (learners, hero("Start a business"))
    )
    make_page("Flood", ("offer", block), parent=home)
    make_goal("applied", name="Licence applied for")
    make_goal("called", name="Rang us")
    days = past_days(30)
    count(Arm.VARIANT, 900, {"applied": 180, "called": 30}, days=days)
    count(Arm.HOLDOUT, 100, {"applied": 10, "called": 4}, days=days)
    count(Arm.VARIANT, 90, {"applied": 12, "called": 3}, days=days[:3], segment="hilltop")
    count(Arm.HOLDOUT, 10, {"applied": 1}, days=days[:3], segment="hilltop")
    count(Arm.LEARNING, 40, {"applied": 9}, variant=SECOND, segment="learners", share=0, block=FIRST)
    count(Arm.STANDARD, 4000, {"applied": 300, "called": 40})
    return reverse("personalise_results:block", args=[FIRST])


WAGTAILS_OWN = 'id="w-minimap-toggle"'  # 20 pixels wide in its page editor


def test_the_report_has_no_accessibility_fault(
    desk_with: Callable[..., Page], report: str, accessibility_faults: Callable[[Page], list[str]]
) -> None:
    link = make_goal("start", kind="link", link="https://apply.example.gov/start")
    everything = [
        reverse("personalise_results:index"),
        report,
        addresses_for("list", Goal),
        addresses_for("add", Goal),
        address_of("edit", link),
    ]
    found = {}
    for look, addresses in (
        ({}, everything),
        ({"viewport": {"width": 320, "height": 640}}, everything),
        # Only the report has colours of its own.
        ({"color_scheme": "dark"}, [report]),
        ({"forced_colors": "active"}, [report]),
    ):
        desk = desk_with(**look)
        for address in addresses:
            desk.goto(address)
            desk.wait_for_timeout(500)  # colours fade in; axe would measure one halfway
            found[str(look), address] = accessibility_faults(desk)
    faulty = [f"{place}: {fault}" for place, faults in found.items() for fault in faults if WAGTAILS_OWN not in fault]
    assert not faulty, "\n".join(faulty)


@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_of_a_block_scrolls_one_way_only(desk_with: Callable[..., Page], report: str, width: int) -> None:
    desk = desk_with(viewport={"width": width, "height": 800})
    desk.goto(report)
    assert desk.evaluate("document.documentElement.scrollWidth") <= width
    region = desk.get_by_role("region", name="Comparison for the goal “Licence applied for”", exact=True)
    assert region.evaluate("region => region.tabIndex") == 0  # what scrolls within it is reached by keyboard
    # The chart keeps its text in its frame, and as large as elsewhere.
    boxes = desk.locator(".personalise-chart text").evaluate_all(
        "texts => texts.map(text => text.getBoundingClientRect()).map(box => [box.left, box.right, box.height])"
    )
    for left, right, height in boxes:
        assert 0 <= left < right <= width
        assert height >= 14


def test_all_figures_are_in_sight_on_a_narrow_screen(desk_with: Callable[..., Page], report: str) -> None:
    desk = desk_with(viewport={"width": 320, "height": 800})
    desk.goto(report)
    regions = desk.locator(".personalise-results__scroll")
    assert regions.count() == 3  # two goals, and the visits without a comparison
    for region in regions.all():
        assert region.evaluate("region => region.scrollWidth <= region.clientWidth")


def test_the_chart_says_for_the_ear_what_it_shows(desk_with: Callable[..., Page], report: str) -> None:
    desk = desk_with()
    desk.goto(report)
    chart = desk.get_by_role("img", name="Licence applied for: difference from the standard version")
    assert chart.count() == 1
    described = chart.locator("desc").text_content()
    assert described is not None
    assert "Version 1" in described
    assert "+10.0 points" in described


def test_the_form_shows_the_fields_of_the_chosen_kind(desk_with: Callable[..., Page], home: AgencyPage) -> None:
    desk = desk_with()
    desk.goto(addresses_for("add", Goal))
    path, link = desk.get_by_label("Or address"), desk.get_by_label("Where the link leads")
    path.wait_for()
    link.wait_for(state="hidden")
    first = desk.get_by_role("radio", name="a page is reached")
    first.focus()
    desk.keyboard.press("ArrowDown")
    path.wait_for()
    desk.keyboard.press("ArrowDown")  # a link is followed
    link.wait_for()
    path.wait_for(state="hidden")
    desk.keyboard.press("ArrowDown")  # the site's own code says so
    link.wait_for(state="hidden")


def test_without_scripts_every_field_is_there(desk_with: Callable[..., Page], home: AgencyPage) -> None:
    response = desk_with().request.get(addresses_for("add", Goal))
    assert 'data-w-rules-target="show"' in response.text()
    assert "hidden data-w-rules" not in response.text()
