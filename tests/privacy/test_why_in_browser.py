""" "Why am I seeing this?" and the notice of a page that is shown as asked, in a real browser."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.agency.models import AgencyPage
from tests.privacy.test_browser import NARROW, TEMPLATES, overflows

if TYPE_CHECKING:
    from playwright.sync_api import Page

WHY, NOTICE = ".personalise-why", ".personalise-asked"
HERO = ".hero"

SMALL = """all => all.map(one => [one.outerHTML, one.getBoundingClientRect()])
                     .filter(([_, box]) => box.width < 24 || box.height < 24).map(([html]) => html)"""


@pytest.fixture(autouse=True)
def styled(settings: Any, tmp_path: Path, configure: Callable[..., None]) -> None:
    """The agency's page with the package's styles and a skip link, and every version saying why it is shown."""
    (tmp_path / "agency").mkdir()
    (tmp_path / "agency" / "agency_page.html").write_text(
        """{% load personalise %}<!doctype html><html lang="en"><head><title>{{ page.title }}</title>
<meta name="viewport" content="width=device-width">{% personalise_styles %}</head>
<body>{% personalise_banner %}<a href="#main" id="skip">Skip to main content</a>
<main id="main"><h1>{{ page.title }}</h1>{% include "agency/body.html" %}</main>
<footer>{% personalise_link %}</footer>{% endpersonalise_banner %}</body></html>"""
    )
    settings.TEMPLATES = copy.deepcopy(settings.TEMPLATES)
    settings.TEMPLATES[0]["DIRS"] = [str(tmp_path), str(TEMPLATES)]
    configure(SAY_WHY=True)


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}], ids=["scripts", "no scripts"])
def test_a_visitor_asks_why_looks_at_the_standard_version_and_comes_back(
    new_page: Callable[..., "Page"], full_page: AgencyPage, options: dict[str, Any]
) -> None:
    page = new_page(**options)
    page.goto("/full/?a=1")
    assert page.locator(HERO).get_attribute("data-story") == "riverside"
    assert not page.get_by_text("We guessed where you are").is_visible()
    page.get_by_text("Why am I seeing this?").click()
    assert page.get_by_text("We guessed where you are").is_visible()
    page.get_by_role("link", name="Show the standard version of this page").click()
    assert page.url.endswith("/full/?a=1&personalise=standard")
    assert page.locator(HERO).get_attribute("data-story") == "standard"
    assert page.locator(NOTICE).inner_text().startswith("You see the standard version of this page.")
    assert page.locator(WHY).count() == 0
    page.get_by_role("link", name="Show what suits my visit").click()
    assert page.url.endswith("/full/?a=1")
    assert page.locator(HERO).get_attribute("data-story") == "riverside"


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}], ids=["scripts", "no scripts"])
def test_a_wrong_guess_is_put_right_where_it_was_made(
    new_page: Callable[..., "Page"], full_page: AgencyPage, options: dict[str, Any]
) -> None:
    page = new_page(**options)
    page.goto("/full/")
    page.get_by_text("Why am I seeing this?").click()
    page.get_by_role("button", name="I’m not in Riverside").click()
    page.wait_for_url("**/full/")
    page.get_by_text("You told us that you are somewhere else.").wait_for()
    assert page.locator(HERO).get_attribute("data-story") != "riverside"


def test_it_works_by_keyboard_alone(page: "Page", full_page: AgencyPage) -> None:
    page.goto("/full/?personalise_as=riverside")
    reached = []
    for _press in range(4):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))
    assert reached == [
        "Show the page as it is for me",
        "Show the standard version",
        "Skip to main content",
        "Why am I seeing this? For Riverside",
    ]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Show the standard version of this page"
    page.keyboard.press("Enter")
    page.wait_for_url("**personalise=standard")


@pytest.mark.parametrize("scheme", [{}, {"forced_colors": "active"}], ids=["colours", "forced colours"])
def test_it_is_accessible_closed_and_open_narrow_and_as_asked(
    new_page: Callable[..., "Page"], full_page: AgencyPage, accessibility_faults: Any, scheme: dict[str, Any]
) -> None:
    page = new_page(**NARROW, **scheme)
    for address in ("/full/", "/full/?personalise=standard", "/full/?personalise_as=riverside"):
        page.goto(address)
        if page.locator(WHY).count():
            assert accessibility_faults(page) == []
            page.get_by_text("Why am I seeing this?").click()
        assert accessibility_faults(page) == []
        assert not overflows(page)
        controls = f"{WHY} summary, {WHY} a, {WHY} button, {NOTICE} a"
        assert page.eval_on_selector_all(controls, SMALL) == []


def test_the_notice_is_a_named_region_that_covers_nothing(page: "Page", full_page: AgencyPage) -> None:
    page.goto("/full/?personalise=standard")
    assert page.get_by_role("region", name="Which version of this page you see").is_visible()
    assert page.evaluate(
        """() => Boolean(document.querySelector(".personalise-asked").compareDocumentPosition(
                   document.querySelector("#skip")) & Node.DOCUMENT_POSITION_FOLLOWING)"""
    )
    positions = page.eval_on_selector_all(f"{NOTICE}, {NOTICE} *", "all => all.map(e => getComputedStyle(e).position)")
    assert not {"fixed", "sticky", "absolute"} & set(positions)
    assert page.context.cookies() == []
