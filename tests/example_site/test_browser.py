"""Northmoor in a real browser: without JavaScript, by keyboard, at 320 pixels, and under axe in every state."""

from collections.abc import Callable
from typing import Any

HOME, LICENCE, EMERGENCY, ABOUT = "/", "/services/business-licence/", "/emergency/", "/personalisation/"


def stories(page: Any) -> list[str]:
    return [element.get_attribute("data-story") for element in page.query_selector_all("[data-story]")]


def test_a_visit_without_javascript(northmoor: None, new_page: Callable[..., Any]) -> None:
    page = new_page(java_script_enabled=False, extra_http_headers={"X-Forwarded-For": "192.0.2.7"})

    # A first visit: the banner comes before the skip link, and stays until a choice is made.
    page.goto(HOME)
    assert "first-time-visitors" in stories(page)
    banner = page.get_by_role("region", name="Northmoor")
    assert banner.is_visible()
    assert banner.evaluate("element => getComputedStyle(element).position") not in ("fixed", "sticky")
    skip = page.locator("a[href='#main'], .skip-link").first
    assert banner.evaluate(
        "(element, skip) => !!(element.compareDocumentPosition(skip) & Node.DOCUMENT_POSITION_FOLLOWING)",
        skip.element_handle(),
    )

    # The question, answered in two steps, changed and withdrawn.
    page.get_by_label("Start a business", exact=True).check()
    page.get_by_role("button", name="Continue").click()
    assert page.url.endswith(HOME)
    assert "starting-a-business" in stories(page)
    page.get_by_label("A restaurant, café or takeaway").check()
    page.get_by_role("button", name="Continue").first.click()
    assert "restaurant" in stories(page)
    page.get_by_role("button", name="Forget my answer").click()
    assert not {"restaurant", "starting-a-business"} & set(stories(page))

    # The guess of a place, and the word against it.
    page.goto(EMERGENCY)
    assert stories(page) == ["riverside"]
    page.get_by_role("button", name="I’m not in Riverside").click()
    assert page.url.endswith(EMERGENCY)
    assert stories(page) == ["standard"]

    # One click turns it off, and the next page confirms it, once.
    page.get_by_role("button", name="Turn it off").click()
    assert page.url.endswith(EMERGENCY)
    assert page.get_by_role("region", name="Northmoor").is_visible()
    assert {cookie["name"] for cookie in page.context.cookies()} == {"personalise_choice"}
    page.goto(EMERGENCY)
    assert page.get_by_role("region", name="Northmoor").count() == 0
    assert stories(page) == ["standard"]

    # The footer leads back to the choice.
    page.get_by_role("contentinfo").get_by_role("link", name="adapts to you").click()
    assert page.url.endswith(ABOUT)
    page.get_by_label("Yes", exact=True).check()
    page.get_by_role("button", name="Save my choice").click()
    page.goto(EMERGENCY)
    assert stories(page) == ["riverside"]


def test_every_state_is_accessible_and_fits_320_pixels(
    northmoor: None, new_page: Callable[..., Any], accessibility_faults: Callable[[Any], list[str]]
) -> None:
    for address in ("192.0.2.7", "203.0.113.7"):
        page = new_page(extra_http_headers={"X-Forwarded-For": address}, viewport={"width": 320, "height": 640})

        def look(state: str, *paths: str, page: Any = page) -> None:
            for path in paths:
                page.goto(path)
                assert accessibility_faults(page) == [], f"{path}, {state}"
                width = page.evaluate("document.documentElement.scrollWidth")
                assert width <= 320, f"{path}, {state}: {width} pixels wide"

        look("before a choice", HOME, LICENCE, EMERGENCY, ABOUT, "/news/", "/cy/", "/demo/")
        page.goto(HOME)
        page.get_by_label("Start a business", exact=True).check()
        page.get_by_role("button", name="Continue").click()
        look("with an answer", HOME, ABOUT)
        page.goto(HOME)
        page.get_by_role("button", name="Turn it off").click()
        assert accessibility_faults(page) == [], "the confirmation"
        look("turned off", HOME, ABOUT)


def test_the_banner_can_be_used_by_keyboard_alone(northmoor: None, new_page: Callable[..., Any]) -> None:
    page = new_page(extra_http_headers={"X-Forwarded-For": "192.0.2.7"})
    page.goto(EMERGENCY)
    names = []
    for _ in range(4):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.textContent.trim()"))
    assert names[:2] == ["Keep it on", "Turn it off"]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_text("You’ve turned this off.").wait_for()
    page.goto(EMERGENCY)
    assert stories(page) == ["standard"]


def test_buttons_are_large_enough_to_hit(northmoor: None, new_page: Callable[..., Any]) -> None:
    page = new_page(viewport={"width": 320, "height": 640})
    page.goto(HOME)
    boxes = [element.bounding_box() for element in page.get_by_role("region", name="Northmoor").locator("button").all()]
    assert len(boxes) >= 2
    assert all(box["width"] >= 24 and box["height"] >= 24 for box in boxes)  # WCAG 2.2, 2.5.8
