"""Whatever changes between visitors, pages stay as easy to find one's way in: outline, order, focus, language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import chain, combinations, pairwise
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from wagtail import blocks

from tests.factories import personalised
from tests.northmoor import NorthmoorTestCase
from tests.requirements.marks import requirement
from tests.requirements.northmoor import ADAPTING, EMERGENCY, HOME, LICENCE, Resident
from tests.requirements.visitors import ABOUT, FRANCE, HILLTOP, IPHONE, NOWHERE, RIVERSIDE, banner_of, words
from wagtail_personalise_gov.blocks import PersonalisedBlock
from wagtail_personalise_gov.core.contents import personalised_in
from wagtail_personalise_gov.middleware import PersonaliseMiddleware
from wagtail_personalise_gov.models import Segment

if TYPE_CHECKING:
    from playwright.sync_api import Page

PUBLIC = (*ADAPTING, ABOUT, "/news/", "/cy/", "/about-this-site/")
HEADINGS = re.compile(r"<h([1-6])\b[^>]*>(.*?)</h\1>", re.DOTALL)
LIVE_REGION = re.compile(r"aria-live|role=\"(?:status|alert|log|timer|marquee)\"")


def outline(html: str) -> list[int]:
    """The levels of the page's headings. The banner's stands before the page, and says what it is for itself."""
    return [int(level) for level, _text in HEADINGS.findall(html.replace(banner_of(html) or "\x00", ""))]


def visitors() -> Iterator[tuple[str, Resident]]:
    """Who sees as different pages as can be."""
    search = {"Referer": "https://www.google.com/"}
    yield "of no known place", Resident(NOWHERE)
    yield "in Riverside", Resident(RIVERSIDE)
    yield "in Hilltop, on a phone", Resident(HILLTOP, IPHONE)
    yield "abroad, from a search", Resident(FRANCE, Accept_Language="cy", **search)
    yield "who refused", Resident(RIVERSIDE, Sec_GPC="1")
    opener = Resident(RIVERSIDE)
    opener.get(HOME)
    opener.sends("/personalisation/intent/", intent="restaurant")
    yield "who opens a restaurant", opener


class TestNorthmoor(NorthmoorTestCase):
    """The example site, as every visitor may find it."""

    @requirement(74)
    def test_the_outline_has_no_jump_for_any_combination_of_versions(self) -> None:
        """Each page once for every set of versions that some group of visitors could see together."""
        client = Resident(NOWHERE)
        client.force_login(User.objects.get(username="admin"))
        stories: set[str] = set()
        for path in ADAPTING:
            page = Resident().get(path).context["page"].specific
            found = [versions for name in ("hero", "body") for versions in in_stream(page, name)]
            named = sorted({key for versions in found for version in versions for key in version})
            seen = set()
            for group in chain.from_iterable(combinations(named, size) for size in range(len(named) + 1)):
                shown = tuple(next((n for n, v in enumerate(all_) if set(v) & set(group)), None) for all_ in found)
                if shown in seen:
                    continue
                seen.add(shown)
                # As an editor sees the site with the eyes of these visitors.
                client.post(reverse("personalise_seen:start"), {"segments": group, "as": "" if group else "nobody"})
                html = client.reads(path)
                stories.update(re.findall(r'data-story="([^"]*)"', html))
                levels = outline(html)
                assert levels[0] == 1, (path, group)
                assert levels.count(1) == 1, (path, group)
                jumps = [pair for pair in pairwise(levels) if pair[1] > pair[0] + 1]
                assert not jumps, (path, group)
        asked = Segment.objects.filter(slug__in=stories).count()
        assert asked >= 9  # versions of so many groups were looked at
        assert "standard" in stories

    @requirement(74)
    def test_a_version_uses_the_same_template_as_the_standard_one(self) -> None:
        for path in (EMERGENCY, LICENCE):
            shapes = set()
            stories = set()
            for _who, visitor in visitors():
                html = visitor.reads(path, Referer="https://www.google.com/")
                stories |= set(re.findall(r'data-story="([^"]*)"', html))
                shapes |= set(re.findall(r'<(\w+ class="[\w-]+") data-story', html.replace("\n", " ")))
            assert len(stories) >= 2, path
            by_class = {shape.split('"')[1] for shape in shapes}
            assert len(shapes) == len(by_class), (path, shapes)  # one element for each kind of block, whoever sees it

    @requirement(75)
    def test_ways_to_get_help_stand_in_one_order_whoever_visits(self) -> None:
        for path in PUBLIC[:-2]:
            orders = set()
            for _who, visitor in visitors():
                footer = visitor.reads(path).partition("<footer")[2]
                orders.add(tuple(re.findall(r'href="((?:tel|mailto):[^"]*|/about-this-site/)"', footer)))
            assert len(orders) == 1, path
            assert orders.pop() == ("tel:+441632960100", "tel:999", "tel:+441632960150", "/about-this-site/"), path

    @requirement(76)
    def test_navigation_keeps_its_names_and_its_order(self) -> None:
        for path in ADAPTING:
            navigations, links = set(), set()
            for _who, visitor in visitors():
                html = visitor.reads(path)
                (navigation,) = re.findall(r'<nav class="site-nav".*?</nav>', html, re.DOTALL)
                navigations.add(navigation)
                links.add(words(html.partition("<footer")[2]))
            assert len(navigations) == 1, path
            assert len(links) == 1, path
            assert navigations.pop().count("<a ") >= 4

    @requirement(76)
    def test_what_does_the_same_has_the_same_name_on_every_page(self) -> None:
        names: dict[str, set[str]] = {}
        for path in ADAPTING:
            for name, label in re.findall(
                r'name="choice" value="(\w+)"[^>]*>([^<]*)<', Resident(RIVERSIDE).reads(path)
            ):
                names.setdefault(name, set()).add(label)
            for label in re.findall(
                r'href="/personalisation/[^"]*"[^>]*>([^<]*)</a>', Resident().reads(path).partition("<footer")[2]
            ):
                names.setdefault("footer", set()).add(label)
        assert {name: len(labels) for name, labels in names.items()} == {"allowed": 1, "refused": 1, "footer": 1}

    @requirement(78)
    def test_no_part_of_a_page_that_may_differ_is_announced_by_itself(self) -> None:
        stories = set()
        for path in ADAPTING:
            for who, visitor in visitors():
                html = visitor.reads(path)
                stories |= set(re.findall(r'data-story="([^"]*)"', html))
                assert not LIVE_REGION.search(html), (path, who)
        assert len(stories) > 6

    @requirement(79)
    def test_every_page_comes_complete_and_no_block_waits_for_a_script(self) -> None:
        for path in ADAPTING:
            for who, visitor in visitors():
                main = visitor.reads(path).partition("<main")[2].partition("</main>")[0]
                assert "<script" not in main, (path, who)
                for block in re.findall(r"<(?:section|div|ol|ul)[^>]*data-story=[^>]*>(.{0,400})", main, re.DOTALL):
                    assert len(words(block)) > 15, (path, who)


def in_stream(page: Any, name: str) -> Iterator[list[list[int]]]:
    """For each personalised block of a stream, the primary keys of each version's segments."""
    stream = getattr(page, name, None)
    if stream is not None and hasattr(stream, "raw_data"):
        for content in personalised_in(list(stream.raw_data)):
            yield [list(version.segments) for version in content.versions]


# --- Another language -------------------------------------------------------------------------------------------------


class GreetingBlock(blocks.StructBlock):
    """A block of a site's own whose content says its language; the template does the rest."""

    text = blocks.CharBlock()
    language = blocks.ChoiceBlock(choices=[("en", "English"), ("cy", "Cymraeg")], default="en")

    def render(self, value: Any, context: Any = None) -> str:
        return f'<p lang="{value["language"]}">{value["text"]}</p>'


@requirement(80)
def test_a_version_in_another_language_says_which(site: Segment, rf: Any) -> None:
    """Through the block alone, which needs no page type of its own."""
    block = PersonalisedBlock(GreetingBlock())
    block.set_name("greeting")
    english, welsh = {"text": "Welcome", "language": "en"}, {"text": "Croeso", "language": "cy"}
    value = block.to_python(personalised(english, (site, welsh)))

    def seen(address: str) -> str:
        def view(request: HttpRequest) -> HttpResponse:
            return HttpResponse(block.render(value, {"request": request}))

        return str(PersonaliseMiddleware(view)(rf.get("/", REMOTE_ADDR=address)).content.decode())

    assert seen(RIVERSIDE) == '<p lang="cy">Croeso</p>'
    assert seen(HILLTOP) == '<p lang="en">Welcome</p>'


# --- In a browser -----------------------------------------------------------------------------------------------------

WATCH_FOR_SWAPS = """
    window.swaps = [];
    document.addEventListener("DOMContentLoaded", () => new MutationObserver((all) => window.swaps.push(
        ...all.map((one) => one.target.nodeName))).observe(document.querySelector("main"),
        { childList: true, subtree: true, characterData: true }));
"""


@requirement(77, 79)
def test_no_script_swaps_anything_and_the_focus_stays_where_it_is(
    northmoor: None, new_page: Callable[..., Page]
) -> None:
    headers = {"X-Forwarded-For": RIVERSIDE}
    page, plain = new_page(extra_http_headers=headers), new_page(extra_http_headers=headers, java_script_enabled=False)
    page.add_init_script(WATCH_FOR_SWAPS)
    for path in (EMERGENCY, LICENCE):
        page.goto(path)
        plain.goto(path)
        link = page.locator("main a").first
        link.focus()
        page.wait_for_timeout(200)
        assert link.evaluate("link => link === document.activeElement")
        assert page.evaluate("window.swaps") == []
        assert page.locator("main").inner_text() == plain.locator("main").inner_text()
    page.goto(EMERGENCY)
    assert page.locator("[data-story=riverside]").count() == 1
    page.get_by_role("button", name="Turn it off").click()
    page.get_by_text("You’ve turned this off.").wait_for()
    assert page.evaluate("window.swaps") == []  # a choice leaves the page as it stands, too
    assert page.locator("[data-story=riverside]").count() == 1


@requirement(81, 26)
def test_axe_finds_no_fault_in_any_state(
    northmoor: None, new_page: Callable[..., Page], accessibility_faults: Callable[[Page], list[str]]
) -> None:
    for address, referrer in ((RIVERSIDE, ""), (FRANCE, "https://www.google.com/")):
        page = new_page(extra_http_headers={"X-Forwarded-For": address}, viewport={"width": 320, "height": 640})

        def looks_right(state: str, page: Page = page) -> None:
            # Folded away, text has no place on the page; axe takes it to lie on whatever stands there.
            page.eval_on_selector_all("details", "all => all.forEach((one) => { one.open = true; })")
            assert accessibility_faults(page) == [], state
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, state

        for path in (HOME, LICENCE, EMERGENCY):
            page.goto(path, **({"referer": referrer} if referrer else {}))
            assert page.locator(".govuk-cookie-banner").is_visible()
            looks_right(f"{path}, asked")
        page.goto(ABOUT)
        looks_right("about, before a choice")
        page.goto(EMERGENCY)
        page.get_by_role("button", name="Turn it off").click()
        page.get_by_text("You’ve turned this off.").wait_for()
        looks_right("confirmed")
        page.get_by_role("button", name="Hide this message").click()
        page.locator(".govuk-cookie-banner").wait_for(state="hidden")
        looks_right("hidden")
        page.goto(ABOUT)
        looks_right("about, turned off")
        for path in (HOME, LICENCE, EMERGENCY):
            page.goto(path)
            looks_right(f"{path}, the standard version")
