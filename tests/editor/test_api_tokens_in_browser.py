"""A token's life in a browser: made, copied and revoked by keyboard, and with axe's eye."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from wagtail_personalise_gov.models import ApiToken
from wagtail_personalise_gov.models.api_tokens import SECRET, Scope

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from pytest_django.live_server_helper import LiveServer


def sign_in(page: Page, live_server: LiveServer, user: User) -> Page:
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": f"{live_server.url}/"}])
    return page


@pytest.fixture
def desk(page: Page, live_server: LiveServer, admin: User) -> Iterator[Page]:
    """A browser in which the administrator is signed in."""
    yield sign_in(page, live_server, admin)
    page.goto("about:blank")  # the form says goodbye to the server, which must still be there
    page.wait_for_timeout(300)


def tab_to(page: Page, name: str, role: str = "button") -> None:
    """Go on by the Tab key until this has the focus."""
    wanted = page.get_by_role(role, name=name).first  # type: ignore[arg-type]
    for _tab in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"{name} is not reached by the Tab key")


def test_a_token_is_made_copied_and_revoked_by_keyboard(desk: Page) -> None:
    desk.goto(reverse("personalise_tokens:index"))
    desk.get_by_role("link", name="Make a token").first.focus()
    desk.keyboard.press("Enter")
    desk.locator("#id_name").focus()
    desk.keyboard.type("Worker at the CDN")
    tab_to(desk, "Ruleset: read the conditions of every live segment, to decide elsewhere.", "checkbox")
    desk.keyboard.press("Space")
    tab_to(desk, "Make the token")
    desk.keyboard.press("Enter")
    box = desk.get_by_label("Secret")
    box.wait_for()
    secret = box.input_value()
    assert SECRET.fullmatch(secret)
    box.focus()
    assert box.evaluate("box => box.value.slice(box.selectionStart, box.selectionEnd)") == secret
    desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab_to(desk, "Copy the secret")
    desk.keyboard.press("Enter")
    desk.get_by_role("status").get_by_text("Copied.").wait_for()
    assert desk.evaluate("navigator.clipboard.readText()") == secret
    tab_to(desk, "I have kept it", "link")
    desk.keyboard.press("Enter")
    tab_to(desk, "Revoke Worker at the CDN", "link")
    desk.keyboard.press("Enter")
    tab_to(desk, "Yes, revoke")
    desk.keyboard.press("Enter")
    desk.get_by_text("“Worker at the CDN” is revoked.").wait_for()
    token = ApiToken.with_secret(secret)
    assert token is not None
    assert token.revoked_at is not None


def test_a_token_is_made_where_no_script_runs(
    new_page: Callable[..., Page], live_server: LiveServer, admin: User
) -> None:
    page = sign_in(new_page(java_script_enabled=False), live_server, admin)
    page.goto(reverse("personalise_tokens:make"))
    page.locator("#id_name").fill("Worker")
    page.get_by_label("Read the conditions").check()
    page.get_by_role("button", name="Make the token").click()
    assert SECRET.fullmatch(page.locator("#token-secret").input_value())


@pytest.mark.parametrize("width", [1280, 400])
def test_the_screens_have_no_accessibility_fault_and_fit(
    desk: Page, accessibility_faults: Callable[[Page], list[str]], width: int
) -> None:
    desk.set_viewport_size({"width": width, "height": 900})
    working, _secret = ApiToken.make("Front end of the licensing service", [Scope.DECISIONS, Scope.VARIANTS], by="Ada")
    ApiToken.make("Worker at the CDN, 2026", [Scope.RULESET])[0].revoke(by="Grace Hopper")
    found = {}

    def look(name: str) -> None:
        desk.wait_for_timeout(500)  # colours fade in; axe would measure one halfway
        found[name] = accessibility_faults(desk)
        if folder := os.environ.get("SCREENSHOTS"):
            desk.screenshot(path=Path(folder) / f"tokens-{name}-{width}.png", full_page=True)

    for name, address in {
        "list": reverse("personalise_tokens:index"),
        "revoke": reverse("personalise_tokens:revoke", args=[working.pk]),
        "make": reverse("personalise_tokens:make"),
    }.items():
        desk.goto(address)
        look(name)
    desk.get_by_role("button", name="Make the token").click()
    desk.get_by_text("Choose at least one thing that it is good for.").wait_for()
    look("errors")
    desk.locator("#id_name").fill("Worker at the CDN")
    desk.get_by_label("Read the conditions").check()
    desk.get_by_role("button", name="Make the token").click()
    desk.get_by_label("Secret").wait_for()
    look("made")
    assert {name: faults for name, faults in found.items() if faults} == {}
