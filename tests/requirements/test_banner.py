"""The banner: what GOV.UK asks of one, with JavaScript and without."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import translation

from tests.factories import committed
from tests.requirements.marks import requirement
from tests.requirements.visitors import ABOUT, CHOICE, RIVERSIDE, Visitor, banner_of, words
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.models import DateRangeRule, LocationRule, Segment

if TYPE_CHECKING:
    from playwright.sync_api import Page

BANNER, MESSAGE = ".govuk-cookie-banner", ".govuk-cookie-banner__message"
EMERGENCY = "/emergency/"
LIVES_IN_RIVERSIDE = {"X-Forwarded-For": RIVERSIDE}
NARROW = {"viewport": {"width": 320, "height": 640}}

# Every move of something that was there, from the first paint on; what follows a visitor's press within half a second
# is their own doing (`hadRecentInput`).
MEASURE_SHIFTS = """
    window.shifts = [];
    new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map(
        (one) => [one.value, one.hadRecentInput])))
        .observe({ type: "layout-shift", buffered: true });
"""


@requirement(20)
def test_the_banner_is_a_region_that_names_the_service_under_a_heading(site: Segment) -> None:
    banner = banner_of(Visitor().reads("/flood/"))
    root = banner.partition(">")[0]
    assert 'role="region"' in root
    assert "data-nosnippet" in root
    (label,) = re.findall(r'aria-label="([^"]*)"', root)
    assert "Example Agency" in label
    assert f">{label}</h2>" in banner
    plain = Visitor().reads("/plain/")
    assert "govuk-cookie-banner" not in plain


@requirement(22)
def test_without_a_script_a_first_time_visitor_finds_the_banner_in_the_page_and_one_who_chose_does_not(
    site: Segment,
) -> None:
    for choice in ("allowed", "refused"):
        visitor = Visitor()
        for _page in range(2):  # at every page until they choose
            banner = banner_of(visitor.reads("/flood/"))
            assert 'name="choice" value="refused"' in banner
            assert "hidden" not in banner.partition(">")[0]
        visitor.sends(CHOICE, choice=choice)
        visitor.get("/flood/")  # confirms it
        assert banner_of(visitor.reads("/flood/")) == ""


@requirement(24)
@pytest.mark.parametrize(
    "choice, says", [("allowed", "You’ve turned this on."), ("refused", "You’ve turned this off.")]
)
def test_the_page_after_the_choice_confirms_it_once_and_hiding_ends_it(site: Segment, choice: str, says: str) -> None:
    visitor, hider, other = Visitor(), Visitor(), Visitor()
    for one in (visitor, hider):
        assert one.sends(CHOICE, choice=choice, next="/flood/")["Location"].endswith("/flood/")
    banner = banner_of(visitor.reads("/flood/"))
    assert says in words(banner)
    assert "change this at any time" in words(banner)
    assert 'name="choice" value="hide"' in banner
    assert 'role="alert"' not in banner  # the page was loaded again, so nothing changed under the reader
    assert banner_of(visitor.reads("/flood/")) == ""
    hider.sends(CHOICE, choice="hide", next="/flood/")
    assert banner_of(hider.reads("/flood/")) == ""
    assert says not in banner_of(other.reads("/flood/"))


@requirement(28)
@pytest.mark.parametrize("mode", ["opt_out", "opt_in"])
@pytest.mark.parametrize("counting", [False, True], ids=["adapting", "adapting and counting"])
def test_no_answer_that_allows_is_ticked_before_the_visitor_chose_it(
    site: Segment, configure: Any, mode: str, counting: bool
) -> None:
    configure(MODE=mode, COUNTING=counting)

    def ticked(visitor: Visitor) -> list[str]:
        html = visitor.reads("/flood/") + visitor.reads(ABOUT)
        radios = re.findall(r'<input type="radio" name="(\w+)" value="(\w+)"([^>]*)>', html)
        assert len(radios) == (4 if counting else 2)
        return [f"{name}={value}" for name, value, more in radios if "checked" in more]

    assert [answer for answer in ticked(Visitor()) if answer == "choice=allowed"] == []
    assert "choice=refused" in ticked(Visitor())
    allowing, refusing = Visitor(), Visitor()
    allowing.allows(**({"counting": "allowed"} if counting else {}))
    refusing.refuses(**({"counting": "refused"} if counting else {}))
    assert ticked(allowing) == ["choice=allowed", *(["counting=allowed"] if counting else [])]
    assert ticked(refusing) == ["choice=refused", *(["counting=refused"] if counting else [])]


@requirement(29)
def test_there_is_no_banner_where_there_is_nothing_to_say(site: Segment, configure: Any) -> None:
    assert banner_of(Visitor().reads("/flood/"))
    configure(MODE="off")
    assert banner_of(Visitor().reads("/flood/")) == ""
    configure(MODE="opt_out")
    with committed():
        compiling.pause(by="an editor")
    compiling.holder.check_again()
    assert banner_of(Visitor().reads("/flood/")) == ""
    with committed():
        compiling.resume()
    compiling.holder.check_again()
    assert banner_of(Visitor().reads("/flood/"))
    with committed():
        site.unpublish()
    compiling.holder.check_again()
    assert banner_of(Visitor().reads("/flood/")) == ""


@requirement(29)
def test_there_is_no_banner_for_what_is_the_same_for_everybody(site: Segment) -> None:
    with committed():
        LocationRule.objects.filter(segment=site).delete()
        DateRangeRule.objects.create(segment=site, first_day="2000-01-01", last_day="2999-12-31")
    html = Visitor().reads("/flood/")
    assert "Sandbags in Riverside" in html
    assert banner_of(html) == ""


@requirement(30)
@pytest.mark.parametrize("mode", ["opt_out", "opt_in"])
def test_the_words_of_the_banner_follow_govuks_order_and_can_all_be_translated(
    site: Segment, configure: Any, mode: str
) -> None:
    configure(MODE=mode)

    def states() -> list[str]:
        """The words of the question, and of each confirmation."""
        found = [words(banner_of(Visitor().reads("/flood/")))]
        for choice in ("allowed", "refused"):
            visitor = Visitor()
            visitor.sends(CHOICE, choice=choice)
            found.append(words(banner_of(visitor.reads("/flood/"))))
        return found

    question, *confirmations = states()
    allow, refuse = {"opt_out": ("Keep it on", "Turn it off"), "opt_in": ("Turn it on", "Leave it off")}[mode]
    assert re.fullmatch(rf"How Example Agency adapts to you .+\. {allow} {refuse} See what is used and kept", question)
    for confirmation in confirmations:
        assert re.fullmatch(
            r"You’ve turned this .+ You can change this at any time ?\. Hide this message", confirmation
        )
    for language in ("cy", "es", "fr"):
        with translation.override(language):
            spoken = states()
        for said, english in zip(spoken, (question, *confirmations), strict=True):
            assert len(said) > 40
            same = set(re.findall(r"[^.]+\.", said)) & set(re.findall(r"[^.]+\.", english))
            assert not same, (language, same)
            assert not [button for button in (allow, refuse, "Hide this message", "See what is used") if button in said]


# --- In a browser -----------------------------------------------------------------------------------------------------


def standing(page: Page) -> dict[str, Any]:
    """Where the banner stands, how large its controls are, and whether the page is wider than its window."""
    found: dict[str, Any] = page.evaluate(
        """([banner]) => {
            const root = document.querySelector(banner), skip = document.querySelector(".skip-link");
            const boxes = [...root.querySelectorAll("button, input:not([type=hidden])")]
                .filter((one) => one.offsetParent).map((one) => one.getBoundingClientRect());
            return {
                beforeSkipLink: Boolean(root.compareDocumentPosition(skip) & Node.DOCUMENT_POSITION_FOLLOWING),
                positions: [root, ...root.querySelectorAll("*")].map((one) => getComputedStyle(one).position),
                smallest: Math.min(...boxes.flatMap((box) => [box.width, box.height])),
                controls: boxes.length,
                overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
            };
        }""",
        [BANNER],
    )
    return found


@requirement(21, 25, 26, 27)
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_the_banner_comes_first_covers_nothing_fits_and_moves_nothing(
    northmoor: None, new_page: Callable[..., Page], scripts: bool
) -> None:
    page = new_page(java_script_enabled=scripts, extra_http_headers=LIVES_IN_RIVERSIDE, **NARROW)
    if scripts:
        page.add_init_script(MEASURE_SHIFTS)
    page.goto(EMERGENCY)
    assert page.locator("[data-story=riverside]").count()  # a version is shown too
    for state, controls in (("asks", 2), ("confirms", 1)):
        found = standing(page)
        assert found["beforeSkipLink"], state
        assert not {"fixed", "sticky"} & set(found["positions"]), state
        assert found["controls"] == controls, state
        assert found["smallest"] >= 24, state
        assert found["overflow"] <= 0, state
        if scripts:
            page.wait_for_timeout(100)
            assert [value for value, asked_for in page.evaluate("window.shifts") if not asked_for] == [], state
        if state == "asks":
            page.get_by_role("button", name="Turn it off").click()
            page.get_by_text("You’ve turned this off.").wait_for()
    page.get_by_role("button", name="Hide this message").click()
    page.locator(BANNER).wait_for(state="hidden")
    if scripts:
        page.wait_for_timeout(100)
        assert [value for value, asked_for in page.evaluate("window.shifts") if not asked_for] == []
    page.goto(EMERGENCY)
    assert page.locator(BANNER).count() == 0
    assert page.locator("[data-story=standard]").count()


@requirement(26)
def test_both_buttons_can_be_seen_at_once_on_a_small_phone(northmoor: None, new_page: Callable[..., Page]) -> None:
    page = new_page(viewport={"width": 320, "height": 700})
    page.goto(EMERGENCY)
    assert "for up to 180 days" in page.locator(BANNER).inner_text()
    for name in ("Keep it on", "Turn it off"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box
        assert box["y"] + box["height"] <= 700, name


@requirement(23)
@pytest.mark.parametrize(
    "button, says", [("Turn it off", "You’ve turned this off."), ("Keep it on", "You’ve turned this on.")]
)
def test_with_a_script_the_confirmation_takes_the_focus_and_gives_it_back(
    northmoor: None, new_page: Callable[..., Page], button: str, says: str
) -> None:
    page = new_page(extra_http_headers=LIVES_IN_RIVERSIDE)
    loads: list[str] = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    page.goto(EMERGENCY)
    question = page.locator(MESSAGE).first
    page.get_by_role("button", name=button).click()
    confirmation = page.locator(MESSAGE, has_text=says)
    confirmation.wait_for()
    assert question.is_hidden()
    assert confirmation.get_attribute("role") == "alert"
    assert confirmation.get_attribute("tabindex") == "-1"
    assert confirmation.evaluate("message => message === document.activeElement")
    assert len(loads) == 1  # the page was not loaded again
    page.keyboard.press("Tab")
    assert confirmation.evaluate("message => message !== document.activeElement")
    assert confirmation.get_attribute("tabindex") is None
    page.get_by_role("button", name="Hide this message").click()
    page.locator(BANNER).wait_for(state="hidden")
    assert len(loads) == 1
    page.goto(EMERGENCY)
    assert page.locator(BANNER).count() == 0  # it is kept, and confirmed no more
