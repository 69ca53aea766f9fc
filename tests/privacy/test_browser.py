"""The visitor's side in a real browser: banner, confirmation, the page about it, and the page that asks once more."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import wagtail_personalise_gov
from tests.agency.models import AgencyPage
from wagtail_personalise_gov.privacy import views
from wagtail_personalise_gov.visit.origin import Origin

if TYPE_CHECKING:
    from playwright.sync_api import Page

TEMPLATES = Path(wagtail_personalise_gov.__file__).parent / "templates"
NARROW = {"viewport": {"width": 320, "height": 640}}
BANNER = ".govuk-cookie-banner"


@pytest.fixture(params=["the site's frame", "a frame of its own"])
def frame(request: pytest.FixtureRequest, settings: Any) -> None:
    """The package's pages in the frame of the example site, and in the one that they come with."""
    if request.param == "a frame of its own":
        own_frame(settings)


def own_frame(settings: Any) -> None:
    settings.TEMPLATES = copy.deepcopy(settings.TEMPLATES)
    settings.TEMPLATES[0]["DIRS"] = [str(TEMPLATES)]


@pytest.fixture
def styled(settings: Any, tmp_path: Path) -> None:
    """The agency's page with the package's styles and a skip link, as a site would have them."""
    (tmp_path / "agency").mkdir()
    (tmp_path / "agency" / "agency_page.html").write_text(
        """{% load personalise %}<!doctype html><html lang="en"><head><title>{{ page.title }}</title>
<meta name="viewport" content="width=device-width">{% personalise_styles %}</head>
<body>{% personalise_banner %}<a href="#main" id="skip">Skip to main content</a>
<main id="main"><h1>{{ page.title }}</h1>{% include "agency/body.html" %}</main>
<footer>{% personalise_link %}</footer>{% endpersonalise_banner %}</body></html>"""
    )
    own_frame(settings)
    settings.TEMPLATES[0]["DIRS"].insert(0, str(tmp_path))


def overflows(page: "Page") -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def small_targets(page: "Page", within: str) -> list[str]:
    """The controls inside `within` of less than 24 by 24 CSS pixels (WCAG 2.5.8), but for links in sentences."""
    return page.eval_on_selector_all(
        f"{within} button, {within} input[type=radio], {within} form a",
        """all => all.map(one => [one.outerHTML, one.getBoundingClientRect()])
                     .filter(([_, box]) => box.width && (box.width < 24 || box.height < 24)).map(([html]) => html)""",
    )


@pytest.mark.usefixtures("styled")
@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}], ids=["scripts", "no scripts"])
def test_a_visitor_turns_it_off_and_on_again(
    new_page: Callable[..., "Page"], full_page: AgencyPage, options: dict[str, Any]
) -> None:
    page = new_page(**options)
    page.goto("/full/")
    assert page.locator(".hero").get_attribute("data-story") == "riverside"
    page.get_by_role("button", name="Turn it off").click()
    page.locator(BANNER).get_by_text("You’ve turned this off.").wait_for()
    assert {cookie["name"] for cookie in page.context.cookies()} == {"personalise_choice"}
    page.get_by_role("button", name="Hide this message").click()
    page.locator(BANNER).wait_for(state="detached")
    page.goto("/full/")
    assert page.locator(".hero").get_attribute("data-story") == "standard"
    assert page.locator(BANNER).count() == 0

    page.get_by_role("link", name="How Example Agency adapts to you").click()
    page.get_by_label("Yes", exact=True).check()
    page.get_by_role("button", name="Save my choice").click()
    page.get_by_role("heading", name="Your choice is saved").wait_for()
    page.get_by_role("link", name="Go back to the page you were looking at").click()
    page.wait_for_url("**/full/")
    assert page.locator(".hero").get_attribute("data-story") == "riverside"


@pytest.mark.usefixtures("styled")
def test_answers_are_given_shown_and_withdrawn(page: "Page", full_page: AgencyPage) -> None:
    page.goto("/full/")
    page.get_by_label("Open a restaurant").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("You told us: Open a restaurant").wait_for()
    page.get_by_role("button", name="In Hilltop").click()
    page.get_by_text("You told us: Hilltop").wait_for()
    page.goto("/personalisation/")
    page.get_by_role("button", name="Forget where I am").click()
    page.get_by_role("button", name="Forget where I am").wait_for(state="detached")
    page.get_by_role("button", name="Forget what I am here to do").click()
    page.get_by_role("heading", name="What you told us").wait_for(state="detached")


@pytest.mark.usefixtures("styled")
def test_a_browser_that_hides_where_a_form_came_from_is_asked_once_more(
    new_page: Callable[..., "Page"],
    full_page: AgencyPage,
    accessibility_faults: Any,
    configure: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure(MODE="opt_in")
    monkeypatch.setattr(views, "origin_of", lambda request: Origin.CANNOT_TELL)  # this Chromium always tells
    page = new_page(**NARROW)
    page.goto("/full/")
    page.get_by_role("button", name="Turn it on").click()
    page.get_by_role("heading", name="Was this you?").wait_for()
    assert accessibility_faults(page) == []
    assert not overflows(page)
    page.get_by_role("button", name="Yes, turn it on").click()
    page.wait_for_url("**/full/")
    assert "You’ve turned this on." in page.locator(BANNER).inner_text()


@pytest.mark.usefixtures("styled")
@pytest.mark.parametrize("scheme", [{}, {"forced_colors": "active"}], ids=["colours", "forced colours"])
def test_the_banner_is_accessible_in_every_state(
    new_page: Callable[..., "Page"], full_page: AgencyPage, accessibility_faults: Any, scheme: dict[str, Any]
) -> None:
    page = new_page(**NARROW, **scheme)
    page.goto("/full/")
    for press in ("Turn it off", "Hide this message", None):
        assert accessibility_faults(page) == []
        assert small_targets(page, BANNER) == []
        assert small_targets(page, ".personalise-question") == []
        assert not overflows(page)
        if press:
            page.get_by_role("button", name=press).click()
            page.get_by_role("button", name=press).wait_for(state="hidden")


@pytest.mark.usefixtures("styled")
def test_the_banner_comes_before_the_skip_link_and_covers_nothing(page: "Page", full_page: AgencyPage) -> None:
    page.goto("/full/")
    before = page.evaluate(
        """() => Boolean(document.querySelector(".govuk-cookie-banner").compareDocumentPosition(
                   document.querySelector("#skip")) & Node.DOCUMENT_POSITION_FOLLOWING)"""
    )
    assert before
    positions = page.eval_on_selector_all(f"{BANNER}, {BANNER} *", "all => all.map(e => getComputedStyle(e).position)")
    assert not {"fixed", "sticky"} & set(positions)


@pytest.mark.usefixtures("styled")
def test_the_banner_works_by_keyboard_alone(page: "Page", full_page: AgencyPage) -> None:
    page.goto("/full/")
    reached = []
    for _press in range(4):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))
    assert reached == ["Keep it on", "Turn it off", "See what is used and kept", "Skip to main content"]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_text("You’ve turned this off.").wait_for()


@pytest.mark.usefixtures("frame")
@pytest.mark.parametrize("scheme", [{}, {"forced_colors": "active"}], ids=["colours", "forced colours"])
def test_the_page_about_it_is_accessible_in_every_state(
    new_page: Callable[..., "Page"], full_page: AgencyPage, accessibility_faults: Any, scheme: dict[str, Any]
) -> None:
    page = new_page(**NARROW, **scheme)
    page.goto("/full/")
    page.goto("/personalisation/")
    assert page.locator("h1").count() == 1
    assert accessibility_faults(page) == []
    assert small_targets(page, ".personalise-about") == []
    assert not overflows(page)
    page.get_by_label("No").check()
    page.get_by_role("button", name="Save my choice").click()
    page.get_by_text("Your choice is saved").wait_for()
    assert accessibility_faults(page) == []
    assert not overflows(page)


SEND = """([address, country]) => {
    const form = document.createElement("form");
    form.method = "post"; form.action = address + "/personalisation/place/";
    const field = document.createElement("input");
    field.name = "country"; field.value = country;
    form.append(field); document.body.append(form); form.submit();
}"""


@pytest.mark.usefixtures("frame")
@pytest.mark.parametrize(
    "sent_from, heading", [("localhost", "That did not work"), ("127.0.0.1", "Nothing was changed")]
)
def test_a_form_that_is_refused_says_why(
    new_page: Callable[..., "Page"],
    full_page: AgencyPage,
    accessibility_faults: Any,
    live_server: Any,
    sent_from: str,
    heading: str,
) -> None:
    page = new_page(**NARROW)
    page.goto(live_server.url.replace("localhost", sent_from) + "/personalisation/")
    page.evaluate(SEND, [live_server.url, "XX"])  # to a browser, 127.0.0.1 and localhost are two sites
    page.get_by_role("heading", name=heading).wait_for()
    assert accessibility_faults(page) == []
    assert not overflows(page)
