"""Northmoor in every state of states.py: under axe, narrow, zoomed, in forced colours, read out, by keyboard.

One visitor, and one load of the page, for each state. docs/explanation/accessibility.md says what this proves and what
it does not; the states stand there in a table that is written from the same rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as django_settings
from django.test import override_settings

from tests.chromium import axe_script
from tests.example_site.states import ABOUT, BANNER, EMERGENCY, HOME, NEWS, REGISTER, STATES, TURNS_OFF, WHY, State
from tests.requirements.visitors import RIVERSIDE

if TYPE_CHECKING:
    from playwright.sync_api import Page

PARTS = 6  # of all states; to look at one takes seconds, and processes may share them
ROOT = Path(__file__).resolve().parent.parent.parent
WIDE, ZOOMED, NARROW = 1280, 640, 320  # CSS pixels; 640 is a window of 1280 at 200 %, 320 is one at 400 %
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# Good practice, says axe, is a skip link before all else. Ours follows the banner, as in GOV.UK's pattern: who has not
# chosen yet meets the question first.
LEFT_OUT = {("region", "skip-link"), ("region", "personalise-skip-link")}

# What WCAG 1.4.12 allows readers to set.
SPACING = """
    * { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
    p { margin-bottom: 2em !important; }
"""

RUN_AXE = """async (only) => {
    const { violations } = await axe.run(document, { runOnly: only, resultTypes: ["violations"] });
    return violations.flatMap((fault) => fault.nodes.map((node) => [fault.id, node.html, node.failureSummary]));
}"""

# Words of which a part lies outside the window, or outside a box that cuts off what overflows it.
CUT_OFF = """() => {
    const cuts = (box) => ["hidden", "clip"].some((how) => [box.overflowX, box.overflowY].includes(how));
    const scrolls = (box) => ["auto", "scroll"].includes(box.overflowX);
    const found = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const text = texts.currentNode;
        const element = text.parentElement;
        if (!text.data.trim() || !element.checkVisibility({ visibilityProperty: true })) continue;
        let [left, right, top, bottom] = [0, innerWidth, -Infinity, Infinity];
        let skip = false;
        for (let box = element; box; box = box.parentElement) {
            const style = getComputedStyle(box);
            if (style.clipPath === "inset(50%)" || box.matches(".skip-link:not(:focus)")) skip = true; // for the ear
            if (scrolls(style)) skip = true;
            if (box !== document.body && cuts(style)) {
                const edge = box.getBoundingClientRect();
                left = Math.max(left, edge.left);
                right = Math.min(right, edge.right);
                top = Math.max(top, edge.top);
                bottom = Math.min(bottom, edge.bottom);
            }
        }
        if (skip) continue;
        const range = document.createRange();
        range.selectNodeContents(text);
        for (const part of range.getClientRects()) {
            const inside = part.left >= left - 1 && part.right <= right + 1 && part.top >= top - 1
                && part.bottom <= bottom + 1;
            if (!inside) { found.push(text.data.trim().slice(0, 60)); break; }
        }
    }
    return found;
}"""

# Words below 4.5:1. For forced colours, in which axe reads the colours that the page had asked for.
TOO_FAINT = """() => {
    const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = ([red, green, blue]) => [red, green, blue].map((part) => part / 255).map(
        (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)).reduce(
        (sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
    const ground = (element) => {
        for (let box = element; box; box = box.parentElement) {
            const [red, green, blue, opaque = 1] = parts(getComputedStyle(box).backgroundColor);
            if (opaque) return [red, green, blue];
        }
        return [255, 255, 255];
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || !element.checkVisibility()) continue;
        const both = [light(parts(getComputedStyle(element).color)), light(ground(element))];
        const ratio = (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
        if (ratio < 4.5) found.push(`${ratio.toFixed(2)}:1 for “${texts.currentNode.data.trim().slice(0, 60)}”`);
    }
    return found;
}"""

# Buttons that forced colours would leave without an edge.
WITHOUT_EDGE = """() => [...document.querySelectorAll("button")].filter((button) => {
    const style = getComputedStyle(button);
    return button.checkVisibility() && (style.borderTopStyle === "none" || style.borderTopWidth === "0px"
        || style.borderTopColor === style.backgroundColor || style.borderTopColor === "rgba(0, 0, 0, 0)");
}).map((button) => button.textContent.trim())"""

READ_OUT = """() => {
    const seen = (element) => element.checkVisibility({ visibilityProperty: true });
    const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);
    const words = (element) => element.textContent.replace(/\\s+/g, " ").trim();
    return {
        outline: all("h1, h2, h3, h4, h5, h6").filter((one) => !one.closest(".personalise-banner, .personalise-notice"))
            .map((one) => Number(one.tagName[1])),
        asked: all(".personalise-why summary").map(words),
        live: all("main :is([aria-live], [role=alert], [role=status], [role=log])").filter(
            (one) => !one.matches(".personalise-notice")).map((one) => one.outerHTML.slice(0, 200)),
        quoted: all(".personalise-banner, .personalise-why, .personalise-asked, .personalise-question").filter(
            (one) => !one.closest("[data-nosnippet]")).map((one) => one.outerHTML.slice(0, 200)),
        unnamed: all("section, nav, aside, [role=region]").filter(
            (one) => one.matches("[aria-labelledby]") && !one.ariaLabelledByElements?.length).map(
            (one) => one.outerHTML.slice(0, 200)),
    };
}"""
LANDMARKS = ("banner", "navigation", "main", "contentinfo", "region", "complementary", "search")


def axe_finds(page: Page, only: dict[str, Any]) -> list[str]:
    return [
        f"axe, {name}: {html} {summary}"
        for name, html, summary in page.evaluate(RUN_AXE, only)
        if not any(name == rule and f'class="{kind}"' in html for rule, kind in LEFT_OUT)
    ]


def does_not_fit(page: Page) -> Iterator[str]:
    wide, window = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    if wide > window:
        yield f"{wide} pixels wide"
    for text in page.evaluate(CUT_OFF):
        yield f"cut off: {text}"


def landmarks(page: Page) -> list[tuple[str, str]]:
    """Role and name of each landmark, in order, from the tree that assistive technology gets."""
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")
    return [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in tree["nodes"]
        if not node.get("ignored") and node["role"]["value"] in LANDMARKS
    ]


def reads_badly(page: Page) -> Iterator[str]:
    found = page.evaluate(READ_OUT)
    levels = found["outline"]
    if levels[:1] != [1] or levels.count(1) != 1 or any(after > before + 1 for before, after in pairwise(levels)):
        yield f"outline {levels}"
    yield from (
        f"{number} disclosures are called “{name}”" for name, number in Counter(found["asked"]).items() if number > 1
    )
    yield from (f"announces itself: {html}" for html in found["live"])
    yield from (f"search engines may quote {html}" for html in found["quoted"])
    yield from (f"named after nothing: {html}" for html in found["unnamed"])
    marks = landmarks(page)
    yield from (f"{number} landmarks are {mark}" for mark, number in Counter(marks).items() if number > 1)
    yield from (f"a landmark without a name: {role}" for role, name in marks if role == "region" and not name)
    for only_one in ("banner", "main", "contentinfo"):
        if [role for role, _name in marks].count(only_one) != 1:
            yield f"not one {only_one}: {marks}"


def faults_at_every_size(page: Page) -> Iterator[str]:
    """What is wrong with the page as it stands."""
    tags = {"type": "tag", "values": list(TAGS)}
    page.evaluate(axe_script())
    yield from reads_badly(page)
    yield from (f"wide: {fault}" for fault in axe_finds(page, tags))
    for width, how in ((ZOOMED, "at 200 %"), (NARROW, "narrow")):
        page.set_viewport_size({"width": width, "height": 800})
        yield from (f"{how}: {fault}" for fault in does_not_fit(page))
    yield from (f"narrow: {fault}" for fault in axe_finds(page, tags))
    page.emulate_media(forced_colors="active")
    yield from (f"forced colours: {fault}" for fault in page.evaluate(TOO_FAINT))
    yield from (f"forced colours: no edge around {name}" for name in page.evaluate(WITHOUT_EDGE))
    page.emulate_media(forced_colors="none")
    page.add_style_tag(content=SPACING)
    yield from (f"spaced out: {fault}" for fault in does_not_fit(page))


def visits(state: State, new_page: Callable[..., Page]) -> Page:
    page = new_page(
        extra_http_headers={"X-Forwarded-For": state.address, **state.headers}, viewport={"width": WIDE, "height": 800}
    )
    if not state.scripts:
        page.route("**/*.js", lambda route: route.abort())  # axe is a script too, and must run on this page
    state.reach(page)
    return page


def settings_of(state: State) -> override_settings:
    return override_settings(WAGTAIL_PERSONALISE_GOV={**django_settings.WAGTAIL_PERSONALISE_GOV, **state.settings})


@pytest.mark.usefixtures("northmoor")
@pytest.mark.parametrize("part", range(PARTS))
def test_no_state_has_a_fault(new_page: Callable[..., Page], part: int) -> None:
    faults: dict[str, list[str]] = {}
    for state in STATES[part::PARTS]:
        with settings_of(state):
            page = visits(state, new_page)
            if found := list(faults_at_every_size(page)):
                faults[str(state)] = found
            page.context.close()
    assert faults == {}


PLANTED = """<div id="planted">
    <img src="/static/example_site/img/crest.svg">
    <p style="color: #999">Faint words</p>
    <button style="width: 10px; height: 10px; padding: 0; min-height: 0; border: 0">x</button>
    <button style="width: 10px; height: 10px; padding: 0; min-height: 0; border: 0">y</button>
    <h5>A heading too deep</h5>
    <div style="width: 900px">A wide line</div>
    <div style="width: 100px; height: 1.5em; overflow: hidden">Words that go on and on below the edge of their box</div>
    <div aria-live="polite">Listen!</div>
    <nav aria-label="Twice">One</nav><nav aria-label="Twice">Two</nav>
    <section aria-labelledby="nobody">Nameless</section>
    <div class="personalise-why"><details><summary>Why?</summary></details></div>
    <div class="personalise-why"><details><summary>Why?</summary></details></div>
    <p style="forced-color-adjust: none; color: #999; background: #fff">Faint words of their own colour</p>
</div>"""


@pytest.mark.usefixtures("northmoor")
def test_a_fault_of_each_kind_would_be_seen(page: Page) -> None:
    page.set_viewport_size({"width": WIDE, "height": 800})
    page.goto(NEWS)
    page.locator("main .wrap").evaluate("(main, html) => main.insertAdjacentHTML('beforeend', html)", PLANTED)
    faults = "\n".join(faults_at_every_size(page))
    assert page.evaluate("axe.version.split('.').slice(0, 2).map(Number)") >= [4, 12]  # older ones miss much of this
    for fault in (
        "axe, image-alt",
        "axe, color-contrast",
        "axe, target-size",
        "outline [1, ",
        "at 200 %: 9",
        "narrow: 9",
        "cut off: Words that go on",
        "announces itself",
        "landmarks are ('navigation', 'Twice')",
        "named after nothing",
        "2 disclosures are called “Why?”",
        "search engines may quote",
        "“Faint words of their own colour”",
        "forced colours: no edge around x",
    ):
        assert fault in faults, fault


# --- Read out ---------------------------------------------------------------------------------------------------------


def told(page: Page, selector: str = "body") -> list[str]:
    """What assistive technology is told, in its order, a line for each thing; without addresses."""
    lines = page.locator(selector).aria_snapshot().splitlines()
    return [line.strip().removeprefix("- ").strip("'").rstrip(":") for line in lines if "/url:" not in line]


def in_order(lines: list[str], *starts: str) -> None:
    """Each of `starts` begins a line, one after the other; others may stand between."""
    rest = iter(lines)
    for start in starts:
        assert any(line.startswith(start) for line in rest), f"not there, or not in this place: {start}"


@pytest.mark.usefixtures("northmoor")
def test_pages_are_told_in_an_order_that_makes_sense(new_page: Callable[..., Page]) -> None:
    page = new_page(extra_http_headers={"X-Forwarded-For": RIVERSIDE})
    name = "How Northmoor Council adapts to you"

    # The banner is told first, whole, with two answers of one kind, and by no name that another landmark has.
    page.goto(EMERGENCY)
    lines = told(page)
    assert lines[:2] == [f'region "{name}"', f'heading "{name}" [level=2]']
    start = lines.index('button "Keep it on"')
    assert lines[start : start + 4] == [
        'button "Keep it on"',
        'button "Turn it off"',
        'link "See what is used and kept"',
        'link "Skip to main content"',
    ]
    in_order(
        lines,
        "banner",
        'navigation "Main"',
        "main",
        'navigation "Breadcrumb"',
        'heading "Flooding: what to do" [level=1]',
        'heading "Flood warning',  # what everybody must know, before what was chosen
        'heading "If you are in Riverside',
        'region "Where are you?"',
        "contentinfo",
    )

    # A disclosure says what it is about, whether it is open, and only then what is in it.
    ways = ["Show the standard version of this page", name]
    summary = page.locator(f"{WHY} summary")
    assert summary.text_content() == "Why am I seeing this? If you are in Riverside: what to do and where to go"
    assert not set(ways) <= {line.split('"')[1] for line in told(page, "main") if line.startswith("link")}
    assert expanded(page) == [False]
    summary.click()
    assert expanded(page) == [True]
    assert set(ways) <= {line.split('"')[1] for line in told(page, "main") if line.startswith("link")}

    # The confirmation takes the place of the question and the focus, and is told as an alert.
    TURNS_OFF(page)
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    lines = told(page)
    message = lines[: lines.index('link "Skip to main content"')]
    in_order(message, f'region "{name}"', "alert", "text: You’ve turned this off.", 'button "Hide this message"')
    assert 'button "Keep it on"' not in lines

    # Several disclosures of one page have names of their own.
    page.context.clear_cookies()
    page.goto(HOME)
    names = page.locator(f"{WHY} summary").all_text_contents()
    assert len(names) >= 2
    assert len(set(names)) == len(names)

    # The page about it begins with how it stands, and the choice is a group of two with its question as its name.
    page.goto(ABOUT)
    in_order(
        told(page, "main"),
        f'heading "{name}" [level=1]',
        'heading "Now, for you" [level=2]',
        'heading "Your choice" [level=2]',
        'group "Should pages change to suit your visit?"',
        'radio "Yes"',
        'radio "No"',
        'button "Save my choice"',
        'navigation "On this page"',
        'heading "What we know about you now" [level=2]',
        'heading "Who answers for this" [level=2]',
    )

    # A page that is shown as asked says so before all else.
    page.goto(f"{EMERGENCY}?personalise=standard")
    lines = told(page)
    assert lines[0] == 'region "Which version of this page you see"'
    in_order(lines, 'link "Show what suits my visit"', 'link "Skip to main content"', "main")


def expanded(page: Page) -> list[bool]:
    """Whether each "Why am I seeing this?" says to assistive technology that it is open."""
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")
    return [
        attribute["value"]["value"]
        for node in tree["nodes"]
        if node.get("name", {}).get("value", "").startswith("Why am I seeing this?")
        for attribute in node.get("properties", ())
        if attribute["name"] == "expanded"
    ]


# --- By keyboard ------------------------------------------------------------------------------------------------------

# The element that has the focus: what it says, and what is wrong with it there. "" behind the last one.
STOP = """() => {
    const element = document.activeElement;
    window.met ??= new Set([document.body]);
    if (window.met.has(element)) return ["", []];
    window.met.add(element);
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    const faults = [];
    if (!element.matches(":focus-visible")) faults.push("does not count as focused by keyboard");
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    if (!ring && style.boxShadow === "none") faults.push("shows no focus");
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) faults.push("is hidden");
    if (box.width < 1 || box.height < 1) faults.push("has no size");
    const [x, y] = [Math.max(0, box.left) + 2, Math.min(Math.max(0, box.top) + box.height / 2, innerHeight - 2)];
    const top = document.elementFromPoint(Math.min(x + box.width / 2, innerWidth - 2), y);
    if (!top || !(element.contains(top) || top.contains(element))) faults.push(`is covered by ${top && top.outerHTML}`);
    return [(element.innerText || element.value || element.outerHTML).replace(/\\s+/g, " ").trim(), faults];
}"""

# Of radio buttons with one name, the keyboard meets one.
STOPS = """() => [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, summary, [tabindex='0']")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }))
    .map((one) => one.type === "radio" ? `${one.form?.action} ${one.name}` : one)
    .reduce((all, one) => all.add(one), new Set()).size"""


def walk(page: Page) -> list[str]:
    """Tab from the address bar to the end of the page. What each stop says; nothing may be wrong with any."""
    stops: list[str] = []
    while True:
        page.keyboard.press("Tab")
        name, faults = page.evaluate(STOP)
        if not name:
            break
        assert not faults, (name, faults)
        stops.append(name)
    assert len(stops) == page.evaluate(STOPS), f"the keyboard does not come past {stops[-5:]}"
    return stops


@pytest.mark.usefixtures("northmoor")
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_stop_of_the_keyboard_is_seen_and_none_is_a_trap(new_page: Callable[..., Page], width: int) -> None:
    page = new_page(
        extra_http_headers={"X-Forwarded-For": RIVERSIDE},
        viewport={"width": width, "height": 700},
        reduced_motion="reduce",  # else the page is still scrolling when it is looked at
    )
    page.goto(EMERGENCY)
    page.locator(f"{WHY} details").evaluate("details => details.open = true")
    stops = walk(page)
    assert stops[:4] == ["Keep it on", "Turn it off", "See what is used and kept", "Skip to main content"]
    in_order(stops, "Why am I seeing this?", "Show the standard version", "I’m not in Riverside", "In Riverside")
    for path, first in (
        (HOME, "Keep it on"),
        (ABOUT, "Skip to main content"),
        (REGISTER, "Skip to main content"),
        (f"{EMERGENCY}?personalise_as=hilltop", "Show the page as it is for me"),
    ):
        page.goto(path)
        assert walk(page)[0] == first, path


@pytest.mark.usefixtures("northmoor")
def test_it_is_turned_off_confirmed_and_hidden_by_keyboard_alone(page: Page) -> None:
    page.goto(HOME)
    for _press in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("You’ve turned this off.").wait_for()
    assert page.evaluate("document.activeElement.innerText").startswith("You’ve turned this off.")
    reached = []
    while not reached or reached[-1] != "Hide this message":
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.innerText"))
    assert reached == ["load it again", "change this at any time", "Hide this message"]
    page.keyboard.press("Enter")
    page.locator(BANNER).wait_for(state="detached")
    assert page.evaluate("document.activeElement.innerText") == "Skip to main content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


# --- What readers ask of their browser --------------------------------------------------------------------------------


@pytest.mark.usefixtures("northmoor")
def test_who_asks_for_less_motion_meets_none(new_page: Callable[..., Page]) -> None:
    moving = """() => [getComputedStyle(document.documentElement).scrollBehavior, document.getAnimations().length,
        [...document.querySelectorAll("body, body *")].filter((one) => ["transitionDuration", "animationDuration"].some(
            (how) => getComputedStyle(one)[how].split(", ").some((time) => parseFloat(time) > 0))).length]"""
    page = new_page(extra_http_headers={"X-Forwarded-For": RIVERSIDE}, reduced_motion="reduce")
    for path in (HOME, EMERGENCY, ABOUT, REGISTER):
        page.goto(path)
        assert page.evaluate(moving) == ["auto", 0, 0], path
        page.emulate_media(reduced_motion="no-preference")
        assert page.evaluate(moving)[0] == "smooth", path  # the witness: there is motion to be left out
        page.emulate_media(reduced_motion="reduce")


@pytest.mark.usefixtures("northmoor")
def test_who_asks_for_dark_colours_gets_the_ones_that_were_tested(new_page: Callable[..., Page]) -> None:
    colours = """() => [...document.querySelectorAll("body, body *")].map((one) => {
        const style = getComputedStyle(one);
        return [style.color, style.backgroundColor, style.borderTopColor].join();
    })"""
    page = new_page(extra_http_headers={"X-Forwarded-For": RIVERSIDE})
    page.goto(EMERGENCY)
    light = page.evaluate(colours)
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(colours) == light
