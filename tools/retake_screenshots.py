"""Take the pictures in docs/images again, from a demo of their own that is made anew.

    python tools/retake_screenshots.py [NAME...]    (all, unless some are named)

A picture is a row of PICTURES. One that does not come out (a page that is missing, a link that is gone) is an error.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.chromium import FLAGS, browser_lacks, executable  # noqa: E402 -- found only now

IMAGES = ROOT / "docs" / "images"
LOG = ROOT / "var" / "screenshots.log"  # what the demo said
SEGMENTS = "/admin/personalisation/segments/"
WIDTH = 1280  # CSS pixels
RIVERSIDE = {"X-Forwarded-For": "192.0.2.10"}  # a documentation address that the demo's geo database knows


def stay(page: Page) -> None:
    pass


def open_riverside(page: Page) -> None:
    page.get_by_role("link", name="Riverside").first.click()
    page.wait_for_load_state("networkidle")


def open_versions(page: Page) -> None:
    page.get_by_role("link", name="Flooding: what to do").first.click()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(2_000)  # milliseconds; the editors of rich text push what is below them down
    block = page.get_by_role("heading", name="Local information").first
    block.evaluate(  # clear of Wagtail's own header
        "heading => { heading.style.scrollMarginTop = '110px'; heading.scrollIntoView({behavior: 'instant'}) }"
    )


def open_results(page: Page) -> None:
    page.get_by_role("link", name="Garden waste").first.click()
    page.wait_for_load_state("networkidle")


@dataclass(frozen=True)
class Picture:
    """What to open, as whom, and what to do there before the picture is taken."""

    name: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    referer: str | None = None
    login: str | None = None  # in the demo the password is the same word
    height: int = 860  # CSS pixels
    then: Callable[[Page], None] = stay


PICTURES = [
    Picture("home-first-visit", "/", height=1400),
    Picture("emergency-standard", "/emergency/", height=1200),
    Picture("emergency-riverside", "/emergency/", headers=RIVERSIDE, height=1200),
    Picture(
        "licence-from-portal", "/services/business-licence/", referer="https://licensing.example.gov/start-a-restaurant"
    ),
    Picture("choice", "/personalisation/"),
    Picture("admin-segments", SEGMENTS, login="editor"),
    Picture("admin-segment", SEGMENTS, login="editor", then=open_riverside, height=1250),
    Picture("admin-versions", "/admin/pages/search/?q=flooding", login="editor", then=open_versions, height=1250),
    Picture("admin-results", "/admin/reports/personalisation/", login="editor", then=open_results, height=1300),
]


def take(picture: Picture, browser: Browser, base: str) -> None:
    context = browser.new_context(
        base_url=base,
        viewport={"width": WIDTH, "height": picture.height},
        locale="en-GB",
        timezone_id="Europe/London",
        reduced_motion="reduce",
        extra_http_headers=picture.headers,
    )
    page = context.new_page()
    if picture.login:
        page.goto("/admin/login/")
        page.fill("[name=username]", picture.login)
        page.fill("[name=password]", picture.login)
        page.click("button[type=submit]")
        page.wait_for_url(f"{base}/admin/")
    response = page.goto(picture.path, referer=picture.referer)
    if response is None or response.status != 200 or page.url != base + picture.path:
        raise Error(f"{picture.path} leads to {page.url}, which answers with {response and response.status}")
    picture.then(page)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / f"{picture.name}.png", animations="disabled")
    context.close()
    print(f"docs/images/{picture.name}.png", flush=True)


def start_demo(port: int) -> subprocess.Popen[bytes]:
    """The example site on its own database, so that nobody's changes come into a picture."""
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{ROOT / 'var' / 'screenshots.sqlite3'}", "CACHE_URL": ""}
    command = [sys.executable, "tools/run_demo.py", "--port", str(port), "--reset"]
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("wb") as log:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)


def wait_for(port: int, demo: subprocess.Popen[bytes], seconds: float = 180) -> str | None:
    """None once the demo listens; else a sentence."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if demo.poll() is not None:
            return f"The demo did not start:\n{LOG.read_text()}"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return None
        time.sleep(0.3)
    return f"The demo did not listen within {seconds} seconds."


def main(names: list[str]) -> str | None:
    """Take them all, or those of `names`; a sentence if it could not."""
    if reason := browser_lacks():
        return f"No pictures: {reason}."
    if unknown := set(names) - {picture.name for picture in PICTURES}:
        return f"No such picture: {', '.join(sorted(unknown))}. There are: {', '.join(p.name for p in PICTURES)}."
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    IMAGES.mkdir(parents=True, exist_ok=True)
    demo = start_demo(port)
    try:
        if fault := wait_for(port, demo):
            return fault
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
            for picture in PICTURES:
                if not names or picture.name in names:
                    take(picture, browser, f"http://127.0.0.1:{port}")
            browser.close()
    except Error as problem:
        return f"{problem}"
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(timeout=20)
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
