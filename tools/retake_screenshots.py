"""Take the pictures in docs/images again, from a demo of their own that is made anew.

    python tools/retake_screenshots.py [NAME...]    (all, unless some are named)

A picture is a row of PICTURES. One that does not come out (a page that is missing, a link that is gone) is an error.
"""

import json
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
REPORTS = "/admin/reports/personalisation/"
WIDTH = 1280  # CSS pixels
RIVERSIDE = {"X-Forwarded-For": "192.0.2.10"}  # a documentation address that the demo's geo database knows


def stay(page: Page) -> None:
    pass


def open_riverside(page: Page) -> None:
    page.get_by_role("link", name="Riverside").first.click()
    page.wait_for_load_state("networkidle")


def add_two_towns(page: Page) -> None:
    """Rules that contradict each other, in a form that can't be saved for want of a name: nothing is left behind."""
    for town in ("Riverside", "Hilltop"):
        page.get_by_role("button", name="Add a rule").click()
        page.get_by_role("button", name="Location").click()
        page.get_by_label("Towns or cities").last.fill(town)
    page.get_by_text("Nobody can be in this segment as it stands").wait_for()
    page.get_by_role("heading", name="Who is in it").first.evaluate(
        "heading => { heading.style.scrollMarginTop = '60px'; heading.scrollIntoView({behavior: 'instant'}) }"
    )
    page.wait_for_timeout(500)  # milliseconds; the menu fades


def change_and_compare(page: Page) -> None:
    page.get_by_role("link", name="Hilltop").first.click()
    page.get_by_label("Towns or cities").last.fill("Hilltop, Eastfield")
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_role("button", name="First-time visitor").click()
    page.get_by_role("button", name="Save draft").click()
    page.wait_for_load_state("networkidle")
    key = page.url.split("/edit/")[1].split("/")[0]
    page.goto(f"{SEGMENTS}history/{key}/revisions/compare/live...latest/")


def open_try_panel(page: Page) -> None:
    """A segment's form, and beside it a visitor who is in it."""
    open_riverside(page)
    page.get_by_role("button", name="Toggle “Try as a visitor”").click()
    panel = page.locator(".personalise-try--panel")
    panel.locator("summary", has_text="Where they are").click()
    panel.get_by_label("Country").fill("GB")
    panel.get_by_label("Town or city").fill("Riverside")
    panel.get_by_label("Town or city").press("Enter")
    panel.locator(".personalise-try__verdict", has_text="In this segment").wait_for()
    panel.locator(".personalise-try__verdict").scroll_into_view_if_needed()


def open_versions(page: Page) -> None:
    page.get_by_role("link", name="Flooding: what to do").first.click()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(2_000)  # milliseconds; the editors of rich text push what is below them down
    block = page.get_by_role("heading", name="Local information").first
    block.evaluate(  # clear of Wagtail's own header
        "heading => { heading.style.scrollMarginTop = '110px'; heading.scrollIntoView({behavior: 'instant'}) }"
    )


def open_version_with_warning(page: Page) -> None:
    """The first version twice: nobody sees the second. All are closed."""
    open_versions(page)
    versions = page.locator("[data-personalise-versions-target='version']")
    child = "xpath=ancestor::*[@data-streamfield-child][1]"
    versions.first.locator(child).get_by_role("button", name="Duplicate").first.click()
    page.get_by_text("No visitor ever sees this version").wait_for()
    for position in range(versions.count()):
        versions.nth(position).locator(child).get_by_role("button", name="Toggle section").first.click()
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)  # milliseconds; the copy slides in
    page.get_by_role("heading", name="Local information").first.evaluate(
        "heading => heading.scrollIntoView({behavior: 'instant'})"
    )


def choose_file(page: Page) -> None:
    """What a file changes that was exported here, with another rule and a new segment in it."""
    with page.expect_download() as download:
        page.evaluate("path => { location.href = path }", f"{SEGMENTS}export/?q=riverside")
    file = json.loads(download.value.path().read_text())
    riverside = next(entry for entry in file["segments"] if entry["slug"] == "riverside")
    near = {**riverside, "slug": "near-the-river", "name": "Near the river", "live": False}
    riverside["owner"] = "Flood team"
    riverside["rules"] = [{**riverside["rules"][0], "cities": ["Riverside", "Eastfield"]}]
    content = json.dumps({**file, "segments": [riverside, near]}).encode()
    page.set_input_files("[name=file]", {"name": "council.json", "mimeType": "application/json", "buffer": content})
    page.get_by_role("button", name="See what changes").click()
    page.get_by_role("button", name="Yes, import this").wait_for()


def open_results(page: Page) -> None:
    page.get_by_role("link", name="Garden waste").first.click()
    page.wait_for_load_state("networkidle")


def open_page_personalisation(page: Page) -> None:
    page.get_by_role("link", name="Flooding: what to do").first.click()
    page.locator(".w-slim-header").get_by_role("button", name="Actions").click()
    page.get_by_role("link", name="Personalisation", exact=True).last.click()
    page.get_by_role("heading", name="Share a preview").wait_for()


def open_shared(page: Page) -> None:
    open_page_personalisation(page)
    page.get_by_role("button", name="Make a link").click()
    page.get_by_label("Link to the preview").wait_for()


def open_first(page: Page) -> None:
    """The first of a list."""
    page.locator("table.listing tbody td.title a").first.click()
    page.wait_for_load_state("networkidle")


def open_chooser(page: Page) -> None:
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_role("button", name="Another segment").click()
    page.locator("[data-chooser-action-choose]:visible").last.click()
    page.get_by_role("heading", name="Choose").wait_for()
    page.wait_for_timeout(500)  # milliseconds; it fades in


def open_preview(page: Page) -> None:
    page.get_by_role("link", name="Flooding: what to do").first.click()
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Toggle preview").click()
    page.get_by_label("Preview mode").select_option(label="As: “Riverside”")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(3_000)  # milliseconds; the preview loads in a frame of its own


def open_seen(page: Page) -> None:
    page.locator("wagtail-userbar").locator("#wagtail-userbar-trigger").click()
    page.get_by_role("menuitem", name="What you see here").click()
    page.get_by_role("heading", name="View the site as").wait_for()


def show_banner(page: Page) -> None:
    """The words of the banner, and the banner that they make; what stands between them is closed."""
    page.goto("/admin/settings/wagtail_personalise_gov/personalisationsettings/")  # leads on to that of the site
    page.locator(".personalise-banner-preview__frame").wait_for()
    sections = page.locator("section", has=page.get_by_role("heading", name="In other languages"))
    sections.get_by_role("button", name="Toggle section").first.click()
    page.wait_for_timeout(500)  # milliseconds; the section closes, and the frame takes its height
    page.get_by_role("heading", name="The banner", exact=True).evaluate(
        "heading => { heading.style.scrollMarginTop = '70px'; heading.scrollIntoView({behavior: 'instant'}) }"
    )


@dataclass(frozen=True)
class Picture:
    """What to open, as whom, and what to do there before the picture is taken."""

    name: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    login: str | None = None  # in the demo the password is the same word
    height: int = 860  # CSS pixels
    then: Callable[[Page], None] = stay


PICTURES = [
    Picture("home-first-visit", "/", height=1400),
    Picture("emergency-riverside", "/emergency/", headers=RIVERSIDE, height=1200),
    Picture("choice", "/personalisation/"),
    Picture("admin-segments", SEGMENTS, login="editor"),
    Picture("admin-segment", SEGMENTS, login="editor", then=open_riverside, height=1250),
    Picture(
        "admin-try",
        "/admin/personalisation/try/?visit-country=GB&visit-town=Riverside&visit-device=mobile",
        login="editor",
        height=900,
    ),
    Picture("admin-chooser", f"{SEGMENTS}add/", login="editor", then=open_chooser),
    Picture("admin-intent", "/admin/personalisation/intents/", login="editor", then=open_first, height=1300),
    Picture("admin-goal", "/admin/personalisation/goals/", login="editor", then=open_first, height=1150),
    Picture("admin-site-settings", "/admin/", login="editor", then=show_banner, height=1200),
    Picture("admin-pause", "/admin/personalisation/pause/", login="editor", height=560),
    Picture("admin-preview", "/admin/pages/search/?q=flooding", login="editor", then=open_preview, height=900),
    Picture("admin-try-panel", SEGMENTS, login="editor", then=open_try_panel, height=1000),
    Picture("admin-versions", "/admin/pages/search/?q=flooding", login="editor", then=open_versions, height=1250),
    Picture(
        "admin-version-warning",
        "/admin/pages/search/?q=flooding",
        login="editor",
        then=open_version_with_warning,
        height=700,
    ),
    Picture("admin-import", f"{SEGMENTS}import/", login="editor", then=choose_file, height=1000),
    Picture(
        "admin-page-personalisation",
        "/admin/pages/search/?q=flooding",
        login="editor",
        then=open_page_personalisation,
        height=1000,
    ),
    Picture("admin-share-preview", "/admin/pages/search/?q=flooding", login="editor", then=open_shared, height=480),
    Picture("admin-seen", "/emergency/", headers=RIVERSIDE, login="editor", then=open_seen, height=820),
    Picture("admin-results", "/admin/reports/personalisation/", login="editor", then=open_results, height=1300),
    Picture("admin-needs-a-hand", "/admin/", login="editor", height=480),
    Picture("admin-personalised-content", f"{REPORTS}content/", login="editor"),
    Picture("admin-segments-to-look-after", f"{REPORTS}segments/", login="editor", height=480),
    Picture("admin-everyone-must-see", f"{REPORTS}must-see/", login="editor", height=620),
    Picture("admin-segment-warning", f"{SEGMENTS}add/", login="editor", then=add_two_towns, height=700),
    Picture("admin-segment-compared", SEGMENTS, login="editor", then=change_and_compare, height=400),
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
    response = page.goto(picture.path)
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
