"""The choice in a real browser with scripts: no page is loaded again, the focus is never lost, and nothing jumps.

Without scripts, and where anything is not as expected, the forms are sent as they always were.
"""

import copy
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import wagtail_personalise_gov
from tests.agency.models import AgencyPage, PlainPage
from tests.choices import without_days

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request, Route

TEMPLATES = Path(wagtail_personalise_gov.__file__).parent / "templates"
BANNER = ".personalise-banner"
CONFIRMATION = f"{BANNER}__message:not([hidden])"
CHOICE = "**/personalisation/choice/"
NARROW = {"viewport": {"width": 320, "height": 640}}
LATE = 0.9  # seconds: longer than browsers take a page to move because of a press

# Notes every shift of the layout from the first paint on, as browsers do for their own score.
SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) shifts.push([entry.value, entry.hadRecentInput]);
}).observe({ type: "layout-shift", buffered: true });
"""
FOCUSED = "document.activeElement"


@pytest.fixture(autouse=True)
def styled(settings: Any, tmp_path: Path) -> None:
    """Pages with the package's styles, a skip link and a header; its own pages in the frame that they come with."""
    (tmp_path / "agency").mkdir()
    for name in ("agency_page", "plain_page"):
        (tmp_path / "agency" / f"{name}.html").write_text(
            """{% load personalise %}<!doctype html><html lang="en"><head><title>{{ page.title }}</title>
<meta name="viewport" content="width=device-width">{% personalise_styles %}</head>
<body>{% personalise_banner %}<a href="#main" id="skip">Skip to main content</a>
<header>Welcome to the <a href="/">Agency</a> of this town.</header>
<main id="main"><h1>{{ page.title }}</h1>{% include "agency/body.html" %}</main>
<footer>{% personalise_link %}</footer>{% endpersonalise_banner %}</body></html>"""
        )
    settings.TEMPLATES = copy.deepcopy(settings.TEMPLATES)
    settings.TEMPLATES[0]["DIRS"] = [str(tmp_path), str(TEMPLATES)]


def loads(page: "Page") -> list[str]:
    """The pages that are loaded from now on, as they are."""
    loaded: list[str] = []

    def note(request: "Request") -> None:
        if request.is_navigation_request():
            loaded.append(request.url)

    page.on("request", note)
    return loaded


def press(page: "Page", name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def says(page: "Page", words: str) -> None:
    page.locator(CONFIRMATION, has_text=words).wait_for()


def choice_of(page: "Page") -> str:
    held = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}.get("personalise_choice", "")
    return held and without_days(held)


def focused(page: "Page", what: str) -> Any:
    return page.evaluate(f"{FOCUSED}.{what}")


# Without loading the page again


@pytest.mark.parametrize(
    "button, words, kept",
    [("Turn it off", "You’ve turned this off.", "refused.1"), ("Keep it on", "You’ve turned this on.", "allowed.1")],
)
def test_a_choice_is_made_and_confirmed_on_the_page_that_stands_there(
    page: "Page", full_page: AgencyPage, button: str, words: str, kept: str
) -> None:
    page.goto("/full/")
    loaded = loads(page)
    page.evaluate("window.sameDocument = true")
    press(page, button)
    says(page, words)
    assert choice_of(page) == kept  # confirmed already, so that the next page does not confirm it again
    assert page.evaluate("window.sameDocument")
    assert loaded == []
    assert not page.get_by_role("button", name=button).is_visible()
    page.goto("/full/")
    assert page.locator(BANNER).count() == 0


def test_the_confirmation_takes_the_focus_and_is_told(page: "Page", full_page: AgencyPage) -> None:
    page.goto("/full/")
    press(page, "Turn it off")
    says(page, "You’ve turned this off.")
    message = page.locator(CONFIRMATION)
    assert page.evaluate(f"{FOCUSED} === document.querySelector('{CONFIRMATION}')")
    assert message.get_attribute("role") == "alert"
    assert message.get_attribute("tabindex") == "-1"
    assert message.evaluate("element => getComputedStyle(element).outlineStyle") == "none"
    page.keyboard.press("Tab")
    assert message.get_attribute("tabindex") is None
    page.keyboard.press("Shift+Tab")
    assert not page.evaluate(f"document.querySelector('{CONFIRMATION}').contains({FOCUSED})")


def test_a_page_that_was_made_before_the_choice_says_that_it_stays_as_it_is(
    page: "Page", full_page: AgencyPage
) -> None:
    page.goto("/full/?page=2#main")
    press(page, "Turn it off")
    says(page, "This page stays as it is until you load it again.")
    assert page.locator(".hero").get_attribute("data-story") == "riverside"
    page.get_by_role("link", name="load it again").click()
    page.wait_for_url("**/full/?page=2")
    page.locator(".hero[data-story=standard]").wait_for()
    assert page.locator(BANNER).count() == 0


def test_a_page_that_is_already_as_chosen_does_not_say_so(page: "Page", full_page: AgencyPage) -> None:
    page.goto("/full/")
    press(page, "Keep it on")
    says(page, "You’ve turned this on.")
    assert "stays as it is" not in page.locator(BANNER).inner_text()


@pytest.mark.parametrize("button, stays", [("Turn it on", True), ("Leave it off", False)])
def test_with_opt_in_it_is_the_acceptance_that_changes_the_page(
    page: "Page", full_page: AgencyPage, configure: Any, button: str, stays: bool
) -> None:
    configure(MODE="opt_in")
    page.goto("/full/")
    press(page, button)
    says(page, "You’ve turned this")
    assert ("stays as it is" in page.locator(BANNER).inner_text()) is stays
    page.goto("/full/")
    assert page.locator(".hero").get_attribute("data-story") == ("riverside" if stays else "standard")


def test_who_lets_us_count_with_the_same_press_is_told_so(
    page: "Page", full_page: AgencyPage, counting: Any, configure: Any
) -> None:
    configure(MODE="opt_in")
    page.goto("/full/")
    press(page, "Turn it on")
    says(page, "Your visits are counted.")
    assert choice_of(page) == "allowed-counted.1"


# Hiding


def test_hiding_asks_nobody_and_leads_the_keyboard_on(page: "Page", full_page: AgencyPage) -> None:
    page.goto("/full/")
    press(page, "Turn it off")
    says(page, "You’ve turned this off.")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.press("Tab")  # load it again
    page.keyboard.press("Tab")  # change this at any time
    page.keyboard.press("Tab")
    assert focused(page, "textContent") == "Hide this message"
    assert focused(page, "matches(':focus-visible')")
    page.keyboard.press("Enter")
    page.locator(BANNER).wait_for(state="detached")
    assert focused(page, "id") == "skip"
    assert asked == []
    page.keyboard.press("Tab")
    assert focused(page, "textContent") == "Agency"


def test_who_hides_it_with_a_pointer_goes_on_at_the_content(page: "Page", full_page: AgencyPage) -> None:
    page.goto("/full/")
    press(page, "Keep it on")
    press(page, "Hide this message")
    page.locator(BANNER).wait_for(state="detached")
    assert focused(page, "localName") == "main"
    page.keyboard.press("Tab")
    assert page.locator("main").get_attribute("tabindex") is None


# Whatever is not as expected


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500, "body": "down"},
        {"status": 403, "content_type": "text/html", "body": "<p>Sign in to this network</p>"},
        {"status": 200, "content_type": "text/html", "body": "<p>Sign in to this network</p>"},
        {"status": 204},
        {"status": 200, "content_type": "application/json", "body": "{}"},
    ],
    ids=["fails", "forbidden", "a page of somebody else's", "nothing", "no page"],
)
def test_the_form_is_sent_plainly_where_the_answer_is_not_the_confirmation(
    page: "Page", full_page: AgencyPage, answer: dict[str, Any]
) -> None:
    def once(route: "Route", request: "Request") -> None:
        if request.is_navigation_request():
            route.continue_()
        else:
            route.fulfill(**answer)

    page.route(CHOICE, once)
    page.goto("/full/")
    with page.expect_navigation(url="**/full/"):
        press(page, "Turn it off")
    says(page, "You’ve turned this off.")
    assert page.locator(".hero").get_attribute("data-story") == "standard"
    assert choice_of(page) == "refused.1"


def test_an_answer_that_leads_elsewhere_is_no_confirmation(
    page: "Page", full_page: AgencyPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As from a server that knows nothing of scripts: it leads on to a page, which has a banner of its own."""
    from wagtail_personalise_gov.privacy import views

    monkeypatch.setattr(views, "CONFIRMATION", "never/accepted")
    page.goto("/full/")
    with page.expect_navigation(url="**/full/"):
        press(page, "Turn it off")
    assert page.locator(".hero").get_attribute("data-story") == "standard"


def test_without_a_connection_the_form_is_sent_plainly_too(page: "Page", full_page: AgencyPage) -> None:
    page.route(CHOICE, lambda route, request: route.continue_() if request.is_navigation_request() else route.abort())
    page.goto("/full/")
    with page.expect_navigation(url="**/full/"):
        press(page, "Turn it off")
    assert choice_of(page) == "refused.1"


def test_a_choice_that_the_browser_does_not_keep_is_not_confirmed(page: "Page", full_page: AgencyPage) -> None:
    """A browser without cookies: the next page asks again, and nothing here may claim otherwise."""

    def keeping_nothing(route: "Route", request: "Request") -> None:
        if request.is_navigation_request():
            route.fulfill(status=303, headers={"Location": "/full/"})
        else:
            message = '<div class="personalise-banner__message">You’ve turned this off.</div>'
            route.fulfill(status=200, content_type="text/html; charset=utf-8", body=message)

    page.route(CHOICE, keeping_nothing)
    page.goto("/full/")
    with page.expect_navigation(url="**/full/"):
        press(page, "Turn it off")
    assert page.get_by_role("button", name="Turn it off").is_visible()


def test_a_second_press_is_not_sent_again(page: "Page", full_page: AgencyPage) -> None:
    sent: list[str] = []

    def slowly(route: "Route", request: "Request") -> None:
        sent.append(request.post_data or "")
        time.sleep(0.3)
        route.continue_()

    page.route(CHOICE, slowly)
    page.goto("/full/")
    page.get_by_role("button", name="Turn it off").dblclick()
    says(page, "You’ve turned this off.")
    assert len(sent) == 1
    assert choice_of(page) == "refused.1"


def test_of_two_answers_the_last_one_holds_however_slow_the_first_is(page: "Page", full_page: AgencyPage) -> None:
    sent: list[str] = []

    def slowly(route: "Route", request: "Request") -> None:
        sent.append(request.post_data or "")
        if len(sent) == 1:
            time.sleep(0.5)
        route.continue_()

    page.route(CHOICE, slowly)
    page.goto("/full/")
    page.evaluate(
        """() => {
             document.querySelector("[name=choice][value=allowed]").click();
             setTimeout(() => document.querySelector("[name=choice][value=refused]").click(), 100);
           }"""
    )
    says(page, "You’ve turned this off.")
    assert ["choice=allowed" in data for data in sent] == [True, False]
    assert choice_of(page) == "refused.1"
    assert page.locator(CONFIRMATION).count() == 1


def test_a_choice_that_must_be_asked_once_more_is_asked_on_its_page(
    page: "Page", full_page: AgencyPage, configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wagtail_personalise_gov.privacy import views
    from wagtail_personalise_gov.visit.origin import Origin

    configure(MODE="opt_in")
    monkeypatch.setattr(views, "origin_of", lambda request: Origin.CANNOT_TELL)  # this Chromium always tells
    page.goto("/full/")
    press(page, "Turn it on")
    page.get_by_role("heading", name="Was this you?").wait_for()
    press(page, "Yes, turn it on")
    page.wait_for_url("**/full/")
    says(page, "You’ve turned this on.")
    assert page.locator(".hero").get_attribute("data-story") == "riverside"


def test_the_script_may_stand_on_a_page_twice_and_without_a_banner(
    page: "Page", full_page: AgencyPage, plain_page: PlainPage
) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    for address in ("/plain/", "/full/"):
        page.goto(address)
        page.add_script_tag(url="/static/wagtail_personalise_gov/js/choice.js")
    press(page, "Turn it off")
    says(page, "You’ve turned this off.")
    press(page, "Hide this message")
    assert len(sent) == 1
    assert page.locator(BANNER).count() == 0


def test_of_several_banners_each_is_answered_by_any(page: "Page", full_page: AgencyPage) -> None:
    page.goto("/full/")
    page.evaluate(
        "document.querySelector('footer').append(document.querySelector('.personalise-banner').cloneNode(true))"
    )
    page.get_by_role("button", name="Turn it off").last.click()
    says(page, "You’ve turned this off.")
    assert [banner.is_visible() for banner in page.locator(BANNER).all()] == [False, True]


def test_who_comes_back_after_choosing_elsewhere_is_not_asked_again(
    page: "Page", full_page: AgencyPage, agency_page: AgencyPage
) -> None:
    """Browsers keep whole pages, as they stood, for who goes back."""
    page.goto("/full/")
    assert page.locator(BANNER).is_visible()
    elsewhere = page.context.new_page()
    elsewhere.goto("/flood/")
    press(elsewhere, "Turn it off")
    says(elsewhere, "You’ve turned this off.")
    # Playwright's Chromium keeps no pages for going back, so this one is told as a browser would tell it.
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: false }))")
    assert page.locator(BANNER).is_visible()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    assert not page.locator(BANNER).is_visible()


# The page about it


def test_the_page_about_it_is_renewed_in_place(page: "Page", full_page: AgencyPage) -> None:
    page.goto("/full/")
    page.get_by_role("link", name="How Example Agency adapts to you").last.click()
    page.get_by_role("heading", name="Your choice", exact=True).wait_for()
    loaded = loads(page)
    page.get_by_label("No", exact=True).check()
    press(page, "Save my choice")
    notice = page.locator(".personalise-notice")
    notice.wait_for()
    assert page.evaluate(f"{FOCUSED} === document.querySelector('.personalise-notice')")
    assert notice.get_attribute("role") == "alert"
    assert "Your choice is saved" in notice.inner_text()
    assert choice_of(page) == "refused.1"
    assert page.get_by_label("No", exact=True).is_checked()
    assert "This is off, because you turned it off." in page.locator(".personalise-about").inner_text()
    assert loaded == []
    page.get_by_role("link", name="Go back to the page you were looking at").click()
    page.wait_for_url("**/full/")
    assert page.locator(".hero").get_attribute("data-story") == "standard"


def test_an_answer_that_is_withdrawn_on_the_page_about_it_leaves_the_focus_at_its_heading(
    page: "Page", full_page: AgencyPage
) -> None:
    page.goto("/full/")
    page.get_by_label("Open a restaurant").check()
    press(page, "Continue")
    page.get_by_text("You told us: Open a restaurant").wait_for()
    page.goto("/personalisation/")
    loaded = loads(page)
    press(page, "Forget what I am here to do")
    page.get_by_role("button", name="Forget what I am here to do").wait_for(state="detached")
    assert focused(page, "localName") == "h1"
    assert loaded == []


def test_the_page_about_it_is_sent_plainly_where_the_answer_is_another_page(
    page: "Page", full_page: AgencyPage
) -> None:
    def elsewhere(route: "Route", request: "Request") -> None:
        if request.is_navigation_request():
            route.continue_()
        else:
            route.fulfill(status=200, content_type="text/html", body="<p>Sign in to this network</p>")

    page.goto("/personalisation/")
    page.route(CHOICE, elsewhere)
    page.get_by_label("No", exact=True).check()
    with page.expect_navigation():
        press(page, "Save my choice")
    page.get_by_role("heading", name="Your choice is saved").wait_for()
    assert choice_of(page) == "refused.1"


# What strict sites ask of scripts


def test_it_works_under_a_strict_policy_for_content_and_trusted_types(page: "Page", full_page: AgencyPage) -> None:
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; require-trusted-types-for 'script'"
    )

    def with_policy(route: "Route") -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "Content-Security-Policy": policy})

    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    for address in ("**/full/", "**/personalisation/"):
        page.route(address, with_policy)
    page.goto("/full/")
    loaded = loads(page)
    press(page, "Turn it off")
    says(page, "You’ve turned this off.")
    assert loaded == []
    page.goto("/personalisation/")
    loaded.clear()
    page.get_by_label("Yes", exact=True).check()
    press(page, "Save my choice")
    page.locator(".personalise-notice").wait_for()
    assert loaded == []
    assert complaints == []


# Nothing jumps


def shifts(page: "Page", *, by_input: bool) -> float:
    """The shifts of the layout so far: those that a press had caused, or all others."""
    page.wait_for_timeout(100)  # milliseconds; they are reported after the frame is painted
    return float(sum(value for value, recent in page.evaluate("window.shifts") if recent is by_input))


@pytest.mark.parametrize("options", [{}, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("late", [False, True], ids=["at once", "late"])
def test_nothing_on_the_page_moves_that_no_press_moved(
    new_page: Callable[..., "Page"], full_page: AgencyPage, options: dict[str, Any], late: bool
) -> None:
    def slowly(route: "Route") -> None:
        time.sleep(LATE)
        route.continue_()

    page = new_page(**options)
    page.add_init_script(SHIFTS)
    if late:
        page.route(CHOICE, slowly)
        page.route("**/choice.js", slowly)
    page.goto("/full/", wait_until="load")
    assert shifts(page, by_input=False) == 0
    press(page, "Turn it off")
    says(page, "You’ve turned this off.")
    assert shifts(page, by_input=False) == 0
    press(page, "Hide this message")
    page.locator(BANNER).wait_for(state="detached")
    assert shifts(page, by_input=False) == 0
    assert shifts(page, by_input=True) > 0  # else the account is broken: hiding does move the page


# For everybody


@pytest.mark.parametrize("scheme", [{}, {"forced_colors": "active"}], ids=["colours", "forced colours"])
@pytest.mark.parametrize("mode", ["opt_out", "opt_in"])
def test_every_state_is_accessible_on_a_narrow_screen(
    new_page: Callable[..., "Page"],
    full_page: AgencyPage,
    configure: Any,
    counting: Any,
    accessibility_faults: Any,
    mode: str,
    scheme: dict[str, Any],
) -> None:
    configure(MODE=mode, POLICY_VERSION=2)
    page = new_page(**NARROW, **scheme)
    page.goto("/full/")
    page.context.add_cookies([{"name": "personalise_choice", "value": "allowed.1", "url": page.url}])
    page.goto("/full/")
    assert page.get_by_text("You said yes to this before.").is_visible()
    for button in ("Turn it off" if mode == "opt_out" else "Turn it on", "Hide this message", None):
        assert accessibility_faults(page) == []
        assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        small = page.eval_on_selector_all(
            f"{BANNER} button, {BANNER}__buttons a",
            """all => all.map(one => one.getBoundingClientRect())
                         .filter(box => box.width && (box.width < 24 || box.height < 24)).length""",
        )
        assert small == 0
        if button:
            press(page, button)
            page.locator(CONFIRMATION, has_text="You’ve turned").wait_for(
                state="detached" if button.startswith("Hide") else "visible"
            )


def test_every_step_can_be_taken_by_keyboard_alone(page: "Page", full_page: AgencyPage) -> None:
    page.goto("/full/")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert focused(page, "textContent") == "Turn it off"
    page.keyboard.press("Space")
    says(page, "You’ve turned this off.")
    reached = []
    for _press in range(3):
        page.keyboard.press("Tab")
        reached.append(focused(page, "textContent"))
        ring = page.evaluate(f"getComputedStyle({FOCUSED}).outlineStyle + getComputedStyle({FOCUSED}).boxShadow")
        assert ring != "nonenone"
    assert reached == ["load it again", "change this at any time", "Hide this message"]
    page.keyboard.press("Space")
    page.locator(BANNER).wait_for(state="detached")
    assert focused(page, "id") == "skip"
