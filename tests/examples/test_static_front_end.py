"""The static front end in a browser: the words of the page in HTML, by cookies on one host, by a token on another."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse
from django.test import override_settings

from wagtail_personalise_gov.visit.header_token import HeaderToken

from .edge import EXAMPLES

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

FOLDER = EXAMPLES / "static-front-end"
RIVERSIDE = {"X-Forwarded-For": "192.0.2.7"}
FRANCE = {"X-Forwarded-For": "203.0.113.7"}
GPC = {"Sec-GPC": "1"}
READY = "#stream[data-done]"

# The words of a part of a page, in order, wherever its elements begin and end.
WORDS = """
element => {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const words = [];
  while (texts.nextNode()) words.push(...texts.currentNode.data.split(/\\s+/).filter(Boolean));
  return words.join(" ");
}
"""


@contextmanager
def front_end(site: str, *, apart: bool) -> Iterator[str]:
    """The address of the front end, served by the example's own server."""
    found = importlib.util.spec_from_file_location("serve_front_end", FOLDER / "serve.py")
    assert found is not None
    assert found.loader is not None
    serve = importlib.util.module_from_spec(found)
    found.loader.exec_module(serve)
    with serve.server(site, apart=apart) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(params=["one host", "another host"])
def apart(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "another host")


class Between:
    """Middleware: what networks and browsers add to a call, which a page may not add to one on another host."""

    adds: dict[str, str] = {}

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/"):
            request.META.update({f"HTTP_{name.upper().replace('-', '_')}": value for name, value in self.adds.items()})
        return self.get_response(request)


@dataclass(frozen=True, slots=True)
class Northmoor:
    """Where Northmoor's site is, and where its front end."""

    site: str
    front_end: str


@pytest.fixture
def served(northmoor: None, apart: bool, monkeypatch: pytest.MonkeyPatch) -> Iterator[Northmoor]:
    from pytest_django.live_server_helper import LiveServer

    monkeypatch.setattr(Between, "adds", {})
    given = django_settings.WAGTAIL_PERSONALISE_GOV
    middleware = [f"{__name__}.Between", *django_settings.MIDDLEWARE]
    with override_settings(MIDDLEWARE=middleware, ALLOWED_HOSTS=["*"]):
        server = LiveServer("localhost")
        with front_end(server.url, apart=apart) as address:
            named = {**given, "API_ORIGINS": [address] if apart else []}
            with override_settings(WAGTAIL_PERSONALISE_GOV=named):
                yield Northmoor(server.url, address)
        server.stop()


@pytest.fixture
def visitor(served: Northmoor, new_page: Callable[..., Page]) -> Iterator[Callable[..., Page]]:
    """``visitor(**headers)``: somebody who opens the front end. At the end the console must have nothing to say."""
    said: list[str] = []

    def open_front_end(**headers: str) -> Page:
        Between.adds = headers
        page = new_page(base_url=served.front_end)
        page.on("console", lambda message: said.append(message.text))
        page.goto("/")
        page.locator(READY).wait_for()
        return page

    yield open_front_end
    assert said == []


def in_html(page: Page, site: str) -> str:
    """The words of the page in HTML, for the same visitor on the site itself."""
    page.goto(f"{site}/")
    # "Why am I seeing this?" is answered below a version in HTML alone.
    page.locator(".stream .personalise-why").evaluate_all("all => all.forEach((one) => one.remove())")
    words: str = page.locator(".stream").evaluate(WORDS)
    return words


def shown(page: Page) -> str:
    words: str = page.locator("#stream").evaluate(WORDS)
    return words


def kept(page: Page, where: str) -> Any:
    return page.evaluate(f"{where}.getItem('personalise')")


# The same words


@pytest.mark.parametrize(
    "headers, reads, does_not_read",
    [
        ({}, "New here? Start with…", "In Riverside today"),
        (RIVERSIDE, "In Riverside today", "Around Northmoor today"),
        (FRANCE, "Contacting us from abroad", "In Riverside today"),
        (RIVERSIDE | GPC, "Around Northmoor today", "New here?"),
    ],
    ids=["new", "in Riverside", "in France", "with GPC"],
)
def test_it_has_the_words_of_the_page_in_html(
    visitor: Callable[..., Page],
    new_page: Callable[..., Page],
    served: Northmoor,
    headers: dict[str, str],
    reads: str,
    does_not_read: str,
) -> None:
    words = shown(visitor(**headers))
    assert words == in_html(new_page(extra_http_headers=headers), served.site)
    assert reads in words
    assert does_not_read not in words
    assert "Flood warning for the River Moor" in words  # for everybody


def test_links_lead_to_the_site(visitor: Callable[..., Page], served: Northmoor, apart: bool) -> None:
    page = visitor(**RIVERSIDE)
    site = served.site if apart else served.front_end
    for name in ("What to do and where to go", "Flood advice for Riverside"):
        assert page.get_by_role("link", name=name).evaluate("link => link.href") == f"{site}/emergency/"
    about = page.get_by_role("link", name="What this website uses and keeps").evaluate("link => link.href")
    assert about == f"{site}/personalisation/"


# The choice


def test_turning_it_off_gives_the_standard_version_and_keeps_nothing_else(
    visitor: Callable[..., Page], new_page: Callable[..., Page], served: Northmoor, apart: bool
) -> None:
    page = visitor(**RIVERSIDE)
    region = page.get_by_role("region", name="How Northmoor Council adapts to you")
    assert "We use roughly where you are" in region.inner_text()
    region.get_by_role("button", name="Turn it off").click()
    page.get_by_text("Your choice is saved.").wait_for()
    assert page.evaluate("document.activeElement.textContent").startswith("Your choice is saved.")
    assert "Around Northmoor today" in shown(page)
    assert "What do you need to do today?" not in shown(page)  # an answer would not be kept
    page.get_by_role("button", name="Hide this message").click()
    assert page.get_by_text("Your choice is saved.").count() == 0

    if apart:
        assert page.context.cookies() == []
        assert kept(page, "sessionStorage") is None
        token = kept(page, "localStorage")
        assert set(HeaderToken.read(token).values) == {"personalise_choice"}
        other = visitor(**FRANCE)
        other.get_by_role("button", name="Turn it off").first.click()
        other.get_by_text("Your choice is saved.").wait_for()
        assert kept(other, "localStorage") == token  # it says nothing of who holds it
    else:
        assert {cookie["name"] for cookie in page.context.cookies()} == {"personalise_choice"}
        assert (kept(page, "sessionStorage"), kept(page, "localStorage")) == (None, None)

    # And so it stays: nobody is asked again, in a new tab neither.
    again = page.context.new_page()
    again.goto("/")
    again.locator(READY).wait_for()
    assert "Around Northmoor today" in shown(again)
    assert again.get_by_role("button", name="Keep it on").count() == 0
    refused = new_page(extra_http_headers=RIVERSIDE)
    refused.goto(served.site)
    refused.get_by_role("button", name="Turn it off").click()
    refused.get_by_text("You’ve turned this off").wait_for()
    assert shown(again) == in_html(refused, served.site)


def test_it_can_be_turned_on_again_at_the_end_of_the_page(visitor: Callable[..., Page], apart: bool) -> None:
    page = visitor(**RIVERSIDE)
    choice = page.get_by_role("region", name="How this page adapts to you")
    assert "People who seem to be in Riverside" in choice.inner_text()
    choice.get_by_role("button", name="Turn it off").click()
    page.get_by_text("Your choice is saved.").wait_for()
    assert "Riverside" not in choice.inner_text()
    choice.get_by_role("button", name="Turn it on").click()
    page.get_by_text("In Riverside today").wait_for()
    if apart:
        assert kept(page, "localStorage") is None  # what is known of this visit ends with the browser
        assert kept(page, "sessionStorage")


def test_with_gpc_nobody_is_asked_and_nothing_is_kept(visitor: Callable[..., Page]) -> None:
    page = visitor(**RIVERSIDE, **GPC)
    assert page.get_by_role("button", name="Keep it on").count() == 0
    assert page.context.cookies() == []
    assert (kept(page, "sessionStorage"), kept(page, "localStorage")) == (None, None)
    assert page.get_by_role("button", name="Turn it on").is_visible()


def test_what_is_kept_can_be_erased(visitor: Callable[..., Page], apart: bool) -> None:
    page = visitor()
    page.get_by_label("Start a business", exact=True).check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("You told us:").wait_for()
    page.get_by_role("button", name="Forget my visits and answers").click()
    page.get_by_text("is erased").wait_for()
    assert "You told us:" not in shown(page)


# The question


def test_the_question_is_answered_in_two_steps_and_withdrawn(visitor: Callable[..., Page]) -> None:
    page = visitor()
    assert "Popular services" in shown(page)
    page.get_by_label("Start a business", exact=True).check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("Your next steps: start a business").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "You told us: Start a business."
    page.get_by_label("A restaurant, café or takeaway").check()
    page.get_by_role("button", name="Continue").first.click()
    page.get_by_text("Your next steps: open a restaurant").wait_for()
    assert page.get_by_role("status").inner_text() == "The page has changed."
    page.reload()
    page.get_by_text("Your next steps: open a restaurant").wait_for()
    page.get_by_role("button", name="Forget my answer").click()
    page.get_by_text("Popular services").wait_for()
    assert "You told us:" not in shown(page)


def test_somebody_can_say_that_they_are_not_where_they_seem_to_be(visitor: Callable[..., Page]) -> None:
    page = visitor(**RIVERSIDE)
    page.get_by_role("button", name="I’m not in Riverside").click()
    page.get_by_text("Around Northmoor today").wait_for()
    assert "In Riverside today" not in shown(page)


# Everybody can use it


def test_all_of_it_is_used_by_keyboard_alone(visitor: Callable[..., Page]) -> None:
    page = visitor(**RIVERSIDE)
    page.locator("body").press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Keep it on"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # turn it off
    page.get_by_text("Your choice is saved.").wait_for()
    page.keyboard.press("Tab")  # from the message, to its buttons
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("width", [320, 1280])
def test_every_state_is_accessible_and_fits(
    visitor: Callable[..., Page], accessibility_faults: Callable[[Page], list[str]], width: int
) -> None:
    page = visitor(**RIVERSIDE)
    page.set_viewport_size({"width": width, "height": 800})

    def look(state: str) -> None:
        assert accessibility_faults(page) == [], state
        assert page.evaluate("document.documentElement.scrollWidth") <= width, state

    look("asked")
    page.get_by_label("Start a business", exact=True).check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("You told us:").wait_for()
    look("answered")
    page.get_by_text("What this was told from").click()
    look("told from what")
    page.get_by_role("button", name="Turn it off").first.click()
    page.get_by_text("Your choice is saved.").wait_for()
    look("turned off")


# Without


def test_without_scripts_everybody_finds_everything(served: Northmoor, new_page: Callable[..., Page]) -> None:
    page = new_page(base_url=served.front_end, java_script_enabled=False)
    page.goto("/")
    assert page.get_by_role("link", name="Pay your council tax").is_visible()
    assert page.get_by_role("link", name="What this website uses and keeps").is_visible()
    assert page.get_by_text("We can’t show all of this page").is_hidden()


@pytest.mark.parametrize("how", ["away", "an error", "nonsense"])
def test_without_the_api_the_page_says_so_and_shows_what_is_for_everybody(
    served: Northmoor, new_page: Callable[..., Page], accessibility_faults: Callable[[Page], list[str]], how: str
) -> None:
    page = new_page(base_url=served.front_end)

    def answer(route: Route) -> None:
        if how == "away":
            route.abort()
        else:
            route.fulfill(status=503 if how == "an error" else 200, body="<html>")

    page.route("**/api/personalise/**", answer)
    page.goto("/")
    page.get_by_text("We can’t show all of this page at the moment.").wait_for()
    assert page.get_by_role("link", name="Pay your council tax").is_visible()
    assert page.get_by_role("link", name="What this website uses and keeps").is_visible()
    assert accessibility_faults(page) == []


def test_a_choice_that_can_not_be_sent_is_said_to_have_failed(served: Northmoor, new_page: Callable[..., Page]) -> None:
    Between.adds = RIVERSIDE
    page = new_page(base_url=served.front_end)
    page.goto("/")
    page.get_by_text("In Riverside today").wait_for()
    page.route("**/preference/", lambda route: route.abort())
    page.get_by_role("button", name="Turn it off").first.click()
    page.get_by_text("That did not work, and nothing has changed.").wait_for()
    assert page.get_by_role("button", name="Keep it on").is_visible()


@pytest.mark.parametrize("apart", [True], ids=["another host"])
def test_a_front_end_that_the_site_does_not_name_gets_nothing(
    served: Northmoor, new_page: Callable[..., Page], apart: bool
) -> None:
    with front_end(served.site, apart=True) as stranger:
        assert urlsplit(stranger).port != urlsplit(served.front_end).port
        Between.adds = RIVERSIDE
        page = new_page(base_url=stranger)
        page.goto("/")
        page.get_by_text("We can’t show all of this page at the moment.").wait_for()
        assert "In Riverside today" not in shown(page)


# As it is written


def test_its_files_hold_nothing_inline_and_ask_no_other_host() -> None:
    from tests.test_content_security_policy import Inline

    assert Inline.of((FOLDER / "index.html").read_text()) == []
    for script in FOLDER.glob("*.js"):
        assert "innerHTML" not in script.read_text()
        assert "http" not in script.read_text().replace('"http:", "https:"', "")
