"""The form of a segment in a browser: words that follow what is typed, and the menu of rules by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from wagtail_personalise_gov.editor.addresses import address_of, addresses_for
from wagtail_personalise_gov.models import FirstTimeVisitorRule, LocationRule, Segment

from ..factories import make_segment
from .test_in_browser import desk, headings

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

__all__ = ["desk"]

IN_WORDS = "**/in-words/"


def open_form(desk: Page, segment: Segment) -> None:
    desk.goto(address_of("edit", segment))
    desk.locator("[data-inline-panel-child]:visible").first.wait_for()
    # Only what the form asks for by itself: what autosave brings would tell nothing of it.
    desk.route("**/edit/*/", lambda route: route.abort() if route.request.method == "POST" else route.continue_())


def test_words_follow_what_is_typed_and_the_caret_stays(desk: Page) -> None:
    open_form(desk, make_segment("riverside", LocationRule(cities=["Riverside"])))
    towns = desk.get_by_label("Towns or cities")
    towns.click()
    towns.press("Home")
    towns.press_sequentially("Hilltop, ")
    desk.locator("#personalise-in-words").get_by_text("They seem to be in Hilltop or Riverside").wait_for()
    assert headings(desk) == ["They seem to be in Hilltop or Riverside"]
    assert towns.evaluate("input => [input === document.activeElement, input.selectionStart]") == [True, 9]
    desk.get_by_role("status").get_by_text("They seem to be in Hilltop or Riverside.").wait_for()  # for those who hear
    towns.fill("")
    desk.locator("#personalise-in-words").get_by_text("Location (not finished)").wait_for()


def test_all_or_any_is_told_as_soon_as_it_is_chosen(desk: Page) -> None:
    open_form(desk, make_segment("towns", LocationRule(cities=["Riverside"]), FirstTimeVisitorRule()))
    desk.get_by_text("Visitors of whom all of these are true:").wait_for()
    desk.get_by_label("Visitors who match any of the rules").check()
    desk.get_by_text("Visitors of whom any of these is true:").first.wait_for()


def test_a_card_that_is_added_or_deleted_is_told_at_once(desk: Page) -> None:
    open_form(desk, make_segment("riverside", LocationRule(cities=["Riverside"])))
    desk.get_by_role("button", name="Add a rule").click()
    desk.get_by_role("button", name="First-time visitor").click()
    words = desk.locator("#personalise-in-words")
    words.get_by_text("This is their first visit").wait_for()
    desk.locator("[data-inline-panel-child]:visible").last.get_by_role("button", name="Delete").click()
    words.get_by_text("They seem to be in Riverside").wait_for(state="detached")


def test_where_nothing_can_be_asked_the_page_goes_on_as_before(desk: Page) -> None:
    open_form(desk, make_segment("riverside", LocationRule(cities=["Riverside"])))
    desk.route(IN_WORDS, lambda route: route.abort())
    towns = desk.get_by_label("Towns or cities")
    towns.fill("Hilltop")
    desk.get_by_role("heading", name="Location, changed").wait_for()
    desk.unroute(IN_WORDS)
    desk.route(IN_WORDS, lambda route: route.fulfill(status=500, body="<p>Out of order</p>"))
    towns.fill("Eastfield")
    desk.wait_for_timeout(1_000)
    assert "Out of order" not in desk.content()
    assert towns.input_value() == "Eastfield"


def wait_for_focus(element: Locator) -> None:
    element.wait_for()
    element.page.wait_for_function("element => element === document.activeElement", arg=element.element_handle())


def test_a_rule_is_found_by_its_name_with_the_keyboard_alone(
    desk: Page, accessibility_faults: Callable[[Page], list[str]]
) -> None:
    desk.goto(addresses_for("add", Segment))
    desk.get_by_text("No rules yet.").wait_for()
    desk.get_by_role("button", name="Add a rule").focus()
    desk.keyboard.press("Enter")
    find = desk.get_by_label("Find a rule")
    wait_for_focus(find)
    desk.keyboard.type("first-t")
    options = desk.locator(".personalise-rules__option:visible")
    desk.get_by_text("1 kind of rule").wait_for()
    assert options.count() == 1
    desk.wait_for_timeout(500)  # colours fade in
    assert accessibility_faults(desk) == []
    desk.keyboard.press("Enter")  # goes there, and sends no form
    desk.keyboard.press("Enter")
    desk.locator("#personalise-in-words").get_by_text("This is their first visit").wait_for()
    assert desk.locator("[data-inline-panel-child]:visible").count() == 1
    desk.get_by_role("button", name="Add a rule").click()
    desk.get_by_label("Find a rule").click()  # a click in it closes nothing
    desk.keyboard.type("google")  # stands in no name
    desk.get_by_text("1 kind of rule").wait_for()
    assert options.locator(".personalise-rules__option-name").all_inner_texts() == ["Referrer"]
    desk.get_by_label("Find a rule").fill("")
    desk.keyboard.type("no such rule")
    desk.get_by_text("No kind of rule is called so.").wait_for()
    assert options.count() == 0


def test_the_arrow_keys_go_through_the_menu(desk: Page) -> None:
    desk.goto(addresses_for("add", Segment))
    desk.get_by_text("No rules yet.").wait_for()
    desk.get_by_role("button", name="Add a rule").click()
    wait_for_focus(desk.get_by_label("Find a rule"))
    names = desk.locator(".personalise-rules__option-name").all_inner_texts()

    def focused() -> str:
        text: str = desk.evaluate("document.activeElement.innerText")
        return text.split("\n")[0]

    walked = []
    for key in ["ArrowDown", "ArrowDown", "ArrowUp", "End", "ArrowDown", "Home"]:
        desk.keyboard.press(key)
        walked.append(focused())
    assert walked == [names[0], names[1], names[0], names[-1], names[0], names[0]]
    desk.keyboard.press("ArrowUp")
    assert desk.get_by_label("Find a rule").evaluate("input => input === document.activeElement")


def test_deleting_a_rule_leaves_the_focus_where_one_goes_on(desk: Page) -> None:
    open_form(desk, make_segment("riverside", LocationRule(cities=["Riverside"])))
    desk.locator("[data-inline-panel-child]:visible").get_by_role("button", name="Delete").click()
    wait_for_focus(desk.get_by_role("button", name="Add a rule"))


def test_boxes_to_tick_have_a_name_together(desk: Page) -> None:
    open_form(desk, make_segment("riverside", LocationRule(cities=["Riverside"])))
    assert desk.get_by_role("group", name="Continents").get_by_role("checkbox").count() > 5
    assert desk.get_by_role("group", name="All or any of the rules").get_by_role("radio").count() == 2


def test_a_choice_with_long_words_stays_in_its_card_beside_a_side_panel(desk: Page) -> None:
    desk.set_viewport_size({"width": 1000, "height": 800})
    open_form(desk, make_segment("riverside", LocationRule(cities=["Riverside"])))
    desk.get_by_role("button", name="Toggle “Try as a visitor”").click()
    card = desk.locator(".personalise-rule:visible").first
    choice = card.get_by_label("If you fill in several of these")
    choice.wait_for()
    right = "element => element.getBoundingClientRect().right"
    assert choice.evaluate(right) <= card.evaluate(right)
