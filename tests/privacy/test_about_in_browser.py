"""The page about personalisation in a real browser: in every state, narrow, by keyboard, in forced colours."""

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from django.test import TestCase

from tests.agency.models import AgencyPage
from tests.factories import committed, make_segment
from tests.privacy.test_browser import NARROW, frame, overflows, small_targets, styled  # noqa: F401  two are fixtures
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.models import LocationRule

if TYPE_CHECKING:
    from playwright.sync_api import Page

ABOUT = "/personalisation/"
OUTLINE = "[...document.querySelectorAll('main h1, main h2, main h3, main h4')].map(h => Number(h.tagName[1]))"
OPEN_ALL = "document.querySelectorAll('.personalise-about details').forEach(one => one.open = true)"


def jumps(page: "Page") -> list[tuple[int, int]]:
    """Where a heading is more than one level below the one before it."""
    levels = page.evaluate(OUTLINE)
    assert levels[0] <= 2
    return [(above, below) for above, below in pairwise(levels) if below > above + 1]


@pytest.mark.usefixtures("frame")
@pytest.mark.parametrize("state", ["on", "refused", "gpc", "paused", "off", "nothing live", "counting"])
def test_it_is_accessible_in_every_state(
    new_page: Callable[..., "Page"],
    request: pytest.FixtureRequest,
    home: AgencyPage,
    accessibility_faults: Any,
    configure: Any,
    state: str,
) -> None:
    if state != "nothing live":
        request.getfixturevalue("full_page")
    if state == "counting":
        configure(COUNTING=True)
    if state == "off":
        configure(MODE="off")
    if state == "paused":
        with committed():
            compiling.pause(by="a test")
    page = new_page(**NARROW, **({"extra_http_headers": {"Sec-GPC": "1"}} if state == "gpc" else {}))
    if state != "nothing live":
        page.goto("/full/")
    if state == "refused":
        page.context.add_cookies([{"name": "personalise_choice", "value": "refused.1", "url": page.url}])
    page.goto(f"{ABOUT}?back=/full/")
    assert page.locator("h1").count() == 1
    for _closed_then_open in range(2):
        assert accessibility_faults(page) == []
        assert small_targets(page, ".personalise-about") == []
        assert not overflows(page)
        assert jumps(page) == []
        page.evaluate(OPEN_ALL)


@pytest.mark.usefixtures("styled")
def test_it_is_accessible_in_forced_colours_and_in_a_language_from_the_right(
    new_page: Callable[..., "Page"], full_page: AgencyPage, accessibility_faults: Any
) -> None:
    page = new_page(**NARROW, forced_colors="active")
    page.goto("/full/")
    page.goto(ABOUT)
    assert accessibility_faults(page) == []
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert not overflows(page)


@pytest.mark.usefixtures("styled")
def test_to_turn_it_off_is_the_first_thing_that_a_keyboard_meets(page: "Page", full_page: AgencyPage) -> None:
    page.goto(ABOUT)
    page.evaluate("document.querySelector('main').focus()")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "choice"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # "No" stands there until somebody chooses otherwise
    page.get_by_role("heading", name="Your choice is saved").wait_for()
    page.get_by_text("This is off, because you turned it off.").wait_for()


@pytest.mark.usefixtures("styled")
def test_every_entry_of_the_contents_leads_to_its_heading(page: "Page", full_page: AgencyPage, configure: Any) -> None:
    configure(COUNTING=True)
    page.goto("/full/")
    page.goto(f"{ABOUT}?back=/full/")
    links = page.locator(".personalise-contents a")
    assert links.count() >= 9
    for link in links.all():
        target = page.locator(str(link.get_attribute("href")))
        assert target.inner_text() == link.inner_text()


@pytest.mark.usefixtures("styled")
def test_a_folded_group_is_found_from_where_it_is_named(page: "Page", full_page: AgencyPage) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        make_segment("abroad", LocationRule(countries=["FR"]))
    page.goto("/full/")
    page.goto(ABOUT)
    assert not page.locator("#group-abroad").is_visible()
    page.get_by_text("2 groups that we do not count you among").click()
    assert page.locator("#group-abroad").is_visible()


@pytest.mark.usefixtures("styled")
def test_the_file_comes_down_as_a_file(page: "Page", full_page: AgencyPage) -> None:
    page.goto("/full/")
    page.goto(ABOUT)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download what we know and keep of you, as a file").click()
    assert waiting.value.suggested_filename == "what-this-site-knows-of-me.json"


@pytest.mark.usefixtures("styled")
def test_why_one_saw_what_one_saw_leads_to_the_standard_version(page: "Page", full_page: AgencyPage) -> None:
    page.goto("/full/")
    page.goto(f"{ABOUT}?back=/full/")
    page.get_by_role("link", name="See the standard version of that page").click()
    page.wait_for_url("**/full/?personalise=standard")
    assert page.locator(".hero").get_attribute("data-story") == "standard"
