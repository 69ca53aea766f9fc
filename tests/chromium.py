"""The machine's own Chromium, driven by Playwright, on the live server of the tests.

Playwright downloads nothing here. No page may reach another host: names other than this machine's do not resolve, and a
page that so much as asks for one fails its test.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from django.db import connection

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request
    from pytest_django.live_server_helper import LiveServer

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
OWN_HOSTS = {"localhost", "127.0.0.1"}
FLAGS = [
    "--no-sandbox",  # the sandbox does not run as root, as containers do; only our own pages are opened
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",  # /dev/shm is often 64 MB in containers
    f"--host-resolver-rules=MAP * ~NOTFOUND, {', '.join(f'EXCLUDE {host}' for host in sorted(OWN_HOSTS))}",
]
TIMEOUT = 15_000  # milliseconds that a page may take on a busy machine of two cores


def executable() -> str | None:
    """The path of a Chromium or Chrome on this machine; CHROMIUM in the environment wins."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def browser_lacks() -> str | None:
    """Why browser tests can't run here, or None when they can."""
    if find_spec("playwright") is None:
        return "Playwright is not installed (it comes with the extra 'test')"
    if executable() is None:
        return f"no browser: none of {', '.join(NAMES)} is on the PATH, and CHROMIUM names none"
    return None


@pytest.fixture(scope="session")
def chromium(django_db_setup: None) -> Iterator[Browser]:
    """One browser for the run. It is closed before the test database goes, hence the argument."""
    from playwright.sync_api import sync_playwright

    rows_of_migrations = getattr(connection, "_test_serialized_contents", None)
    with sync_playwright() as playwright:
        # From here Playwright's event loop counts as running in this thread. Django would refuse to touch the database
        # in it, and keeps a second connection for it, which must learn what to put back after each test.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        connection._test_serialized_contents = rows_of_migrations
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        yield browser
        browser.close()
        connection.close()  # PostgreSQL drops no database that somebody is still connected to
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def new_page(
    chromium: Browser, live_server: LiveServer, django_db_serialized_rollback: None
) -> Iterator[Callable[..., Page]]:
    """Open a page for a visitor of their own, with an empty jar of cookies and addresses relative to the live server.

    ``new_page(java_script_enabled=False, extra_http_headers={"Sec-GPC": "1"})``: any option of Playwright's new_context
    At the end of the test: no script may have failed, and no other host may have been asked for anything.
    """
    contexts = []
    faults: list[str] = []

    def strangers(request: Request) -> None:
        host = urlsplit(request.url).hostname
        if host and host not in OWN_HOSTS:
            faults.append(f"asked another host: {request.url}")

    def open_page(**options: Any) -> Page:
        options = {"base_url": live_server.url, "locale": "en-GB", "timezone_id": "Europe/London"} | options
        context = chromium.new_context(**options)
        context.set_default_timeout(TIMEOUT)
        context.on("request", strangers)
        context.on("weberror", lambda error: faults.append(f"a script failed: {error.error}"))
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    assert not faults, "\n".join(faults)


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page for one visitor who has never been here."""
    return new_page()


def axe_script() -> str:
    """axe-core, to be evaluated in a page."""
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


@pytest.fixture
def accessibility_faults() -> Callable[[Page], list[str]]:
    """``accessibility_faults(page)``: what axe finds against WCAG 2.2 AA on the page as it stands, a line each."""

    def faults(page: Page) -> list[str]:
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
        only: dict[str, Any] = {"runOnly": {"type": "tag", "values": tags}, "resultTypes": ["violations"]}
        if page.evaluate("matchMedia('(forced-colors: active)').matches"):
            # axe reads the colours that the page asks for, and not those that are forced in their place.
            only["rules"] = {"color-contrast": {"enabled": False}}
        page.evaluate(axe_script())
        found = page.evaluate("only => axe.run(document, only)", only)["violations"]
        return [
            f"{fault['id']}: {fault['help']} ({node['html']}) {node['failureSummary']}"
            for fault in found
            for node in fault["nodes"]
        ]

    return faults
