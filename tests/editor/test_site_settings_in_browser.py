"""The form of a site's settings in a browser: the banner follows what is written, by keyboard, on any screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from wagtail.models import Site

from wagtail_personalise_gov.models import PersonalisationSettings

from ..agency.models import AgencyPage
from .site_forms import banner_address, edit_address
from .test_in_browser import desk

if TYPE_CHECKING:
    from playwright.sync_api import FrameLocator, Page

__all__ = ["desk"]

LONG = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch "
FRAME = ".personalise-banner-preview__frame"


@pytest.fixture
def form(desk: Page, agency_page: AgencyPage) -> Page:
    desk.goto(edit_address(Site.objects.get()))
    banner(desk).get_by_role("button", name="Keep it on").wait_for()
    return desk


def banner(page: Page) -> FrameLocator:
    return page.frame_locator(FRAME)


def overflows(page: Page) -> bool:
    """Whether anything is wider than the screen: of the page, or of what is in the frame."""
    return bool(
        page.evaluate(
            """frame => [document, document.querySelector(frame).contentDocument].some(
                 ({documentElement: root}) => root.scrollWidth > root.clientWidth)""",
            FRAME,
        )
    )


def test_the_banner_follows_what_is_written_and_the_caret_stays(form: Page) -> None:
    name = form.get_by_label("Name of the service")
    name.press_sequentially("Our agency")
    banner(form).get_by_role("heading", name="How Our agency adapts to you").wait_for()
    assert name.evaluate("input => input === document.activeElement && input.selectionStart") == 10
    form.get_by_label("First words of the banner").fill("Good day.\n<b>Read</b> on.")
    banner(form).get_by_text("<b>Read</b> on.").wait_for()
    # For those who hear the form.
    form.get_by_role("status").get_by_text("The banner as visitors see it has changed.").wait_for()
    assert not PersonalisationSettings.objects.exclude(service_name="").exists()


def test_the_banner_stands_right_below_its_words(form: Page) -> None:
    words = form.locator("[name=banner_introduction]").bounding_box()
    frame = form.locator(FRAME).bounding_box()
    assert words
    assert frame
    assert 0 < frame["y"] - (words["y"] + words["height"]) < 400  # its headline and controls stand between


def test_each_language_and_state_can_be_looked_at(form: Page) -> None:
    form.get_by_role("button", name="Add Language").click()
    form.locator("[name=wordings-0-language]").select_option("cy")
    form.locator("[name=wordings-0-banner_heading]").fill("Y dudalen hon")
    form.get_by_label("On pages in").select_option("cy")
    banner(form).get_by_role("heading", name="Y dudalen hon").wait_for()
    assert banner(form).locator("html").get_attribute("lang") == "cy"
    form.get_by_label("On pages in").select_option("en")
    form.get_by_label("A visitor").select_option("off")
    banner(form).get_by_text("You’ve turned this off.").wait_for()
    form.get_by_label("A visitor").select_option("on")
    banner(form).get_by_text("You’ve turned this on.").wait_for()
    # What is looked at is no change of the settings, and is not sent with them.
    assert form.locator(".personalise-banner-preview [name]").count() == 0


def test_its_controls_do_nothing_and_the_keyboard_passes_them_by(form: Page) -> None:
    choices: list[str] = []
    form.on("request", lambda request: choices.append(request.url) if "personalisation/choice" in request.url else None)
    pages = len(form.context.pages)
    banner(form).get_by_role("button", name="Turn it off").click()
    banner(form).get_by_role("link").first.click()
    form.wait_for_timeout(500)
    assert choices == []
    assert len(form.context.pages) == pages
    assert banner(form).get_by_role("button", name="Turn it off").is_visible()
    form.get_by_label("On a screen").focus()
    form.keyboard.press("Tab")
    assert form.evaluate("document.activeElement.tagName") not in ("IFRAME", "SELECT")


def test_the_frame_is_as_high_as_the_banner_and_as_narrow_as_a_phone_if_asked(form: Page) -> None:
    def inside() -> tuple[int, int]:
        size = "frame => [frame.contentDocument.body.offsetHeight, frame.clientHeight, frame.clientWidth]"
        body, height, width = form.locator(FRAME).evaluate(size)
        assert abs(body - height) <= 1
        return height, width

    wide = inside()
    form.get_by_label("On a screen").select_option("320")
    form.wait_for_function("frame => document.querySelector(frame).clientWidth === 320", arg=FRAME)
    form.wait_for_timeout(300)
    narrow = inside()
    assert narrow[0] > wide[0]
    form.get_by_label("First words of the banner").fill(
        "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch " * 5
    )
    banner(form).get_by_text("Llanfairpwllgwyngyll").wait_for()
    form.wait_for_timeout(300)
    assert inside()[0] > narrow[0]
    assert not overflows(form)


def test_where_the_banner_can_not_be_had_the_form_goes_on(form: Page) -> None:
    form.route(f"**{banner_address(Site.objects.get())}", lambda route: route.fulfill(status=500, body="Out of order"))
    form.get_by_label("Name of the service").fill("Our agency")
    form.get_by_text("The banner can’t be shown at the moment.").wait_for()
    assert "Out of order" not in form.content()
    form.unroute_all()
    form.get_by_label("Name of the service").fill("Our new agency")
    banner(form).get_by_role("heading", name="How Our new agency adapts to you").wait_for()
    assert form.get_by_text("The banner can’t be shown at the moment.").is_hidden()
    form.get_by_role("button", name="Save").click()
    form.get_by_text("Personalisation updated.").wait_for()
    assert PersonalisationSettings.objects.get().service_name == "Our new agency"


def test_how_much_of_a_limit_is_used_is_counted(form: Page) -> None:
    form.get_by_label("Heading of the banner").fill("Twelve signs")
    form.get_by_text("12 / 80").wait_for()


@pytest.mark.parametrize(
    "options",
    [{"width": 320, "height": 800}, {"width": 1280, "height": 900}],
    ids=["narrow", "wide"],
)
@pytest.mark.parametrize("colours", ["none", "active"])
def test_the_form_is_accessible_and_fits(
    form: Page, accessibility_faults: Callable[[Page], list[str]], options: dict[str, int], colours: str
) -> None:
    form.set_viewport_size(options)
    form.emulate_media(forced_colors=colours)
    form.get_by_role("button", name="Add Language").click()
    form.get_by_label("First words of the banner").first.fill("x" * 300)
    banner(form).get_by_text("xxx").wait_for()
    form.wait_for_timeout(300)
    assert not overflows(form)
    assert accessibility_faults(form) == []
