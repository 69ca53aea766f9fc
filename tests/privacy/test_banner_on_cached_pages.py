"""`BANNER = "by_script"`: a banner on every page, which stays public, and the same bytes for everybody.

A page that any cache may keep can't know who reads it. So the banner stands in it hidden, and a script shows it to who
has not chosen. A page that adapts is private anyway, and asks as it always did.
"""

import gzip
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from tests.agency.models import AgencyPage, PlainPage
from tests.choices import without_days
from tests.factories import committed
from tests.privacy.conftest import SAME
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.core.preference import Ages, Because, Choice, Mode, settle
from wagtail_personalise_gov.models import Segment
from wagtail_personalise_gov.visit.preference import choice_of

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

OURS = "wagtail_personalise_gov.middleware.PersonaliseMiddleware"
CHOICE = "/personalisation/choice/"
BANNER = ".personalise-banner"
ROOT = re.compile(r'<div class="govuk-cookie-banner[^>]*>')

# Everything that a visitor may come with, and a browser that sends it.
VISITORS: dict[str, dict[str, str]] = {
    "nobody in particular": {},
    "who refused": {"HTTP_COOKIE": "personalise_choice=refused.1"},
    "who allowed": {"HTTP_COOKIE": "personalise_choice=allowed.1"},
    "with GPC": {"HTTP_SEC_GPC": "1"},
    "with DNT": {"HTTP_DNT": "1"},
    "with rubbish": {"HTTP_COOKIE": "personalise_choice=\x01; personalise_visit=x; personalise_memory=y"},
}


@pytest.fixture(autouse=True)
def by_script(configure: Callable[..., None]) -> None:
    configure(BANNER="by_script")


@pytest.fixture
def page_cache(settings: Any) -> None:
    """Django's page cache before the site, as the docs say to put it."""
    others = [name for name in settings.MIDDLEWARE if name != OURS]
    settings.MIDDLEWARE = [
        "django.middleware.cache.UpdateCacheMiddleware",
        OURS,
        *others,
        "django.middleware.cache.FetchFromCacheMiddleware",
    ]
    settings.CACHE_MIDDLEWARE_SECONDS = 600


def banner_in(html: str) -> str:
    """The text of the banner, without tags."""
    found = ROOT.search(html)
    assert found
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html[found.start() : html.index("</form>")]))


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


# The page


def test_a_page_that_does_not_adapt_carries_it_hidden_and_stays_public(
    visitor: Client, plain_page: PlainPage, riverside: Segment
) -> None:
    response = visitor.get("/plain/")
    html = response.content.decode()
    root = ROOT.search(html)
    assert root
    assert root[0].endswith(" hidden>")
    assert "data-nosnippet" in root[0]
    assert 'role="region"' in root[0]
    assert "private" not in response.headers.get("Cache-Control", "")
    assert "Sec-GPC" not in response.headers.get("Vary", "")
    assert not response.cookies
    # Directly behind it, before anything else is read, what shows it.
    behind = html[html.index("</form>") : html.index("<main>")]
    assert re.search(r'</div>\s*</div>\s*<script src="[^"]*/banner\.js"></script>', behind)


@pytest.mark.parametrize("who", VISITORS)
def test_it_is_the_same_bytes_for_everybody(plain_page: PlainPage, riverside: Segment, who: str) -> None:
    assert Client(**VISITORS[who]).get("/plain/").content == Client().get("/plain/").content


def test_it_says_nothing_of_the_address_that_a_visitor_came_with(plain_page: PlainPage, riverside: Segment) -> None:
    """Caches that leave campaigns out of their keys would hand one visitor's on to all."""
    html = Client().get("/plain/?utm_id=mine").content.decode()
    assert ROOT.search(html)
    assert "mine" not in html


def test_it_says_what_is_true_of_any_page(visitor: Client, plain_page: PlainPage, riverside: Segment) -> None:
    words = banner_in(visitor.get("/plain/").content.decode())
    assert "Some pages here change to suit your visit. This is on now. We use roughly where you are." in words
    assert "This page" not in words


def test_it_names_counting_where_the_site_counts(
    reader: Client, plain_page: PlainPage, riverside: Segment, counting: Any, configure: Any
) -> None:
    assert "We count how often each version is shown" in banner_in(reader.get("/plain/").content.decode())
    configure(MODE="opt_in")
    html = reader.get("/plain/").content.decode()
    assert "We then also count how often each version is shown" in banner_in(html)
    assert 'name="counting" value="allowed"' in html


def test_a_page_that_adapts_asks_as_it_always_did(visitor: Client, agency_page: AgencyPage) -> None:
    response = visitor.get("/flood/")
    html = response.content.decode()
    root = ROOT.search(html)
    assert root
    assert "hidden" not in root[0]
    assert "This page changes to suit your visit." in banner_in(html)
    assert "banner.js" not in html
    assert "private" in response.headers["Cache-Control"]
    visitor.cookies["personalise_choice"] = "refused.1"
    assert not ROOT.search(visitor.get("/flood/").content.decode())


def test_there_is_none_where_there_is_nothing_to_ask(
    visitor: Client, plain_page: PlainPage, riverside: Segment, configure: Any
) -> None:
    assert ROOT.search(visitor.get("/plain/").content.decode())
    assert not ROOT.search(visitor.get("/personalisation/").content.decode())  # it holds the same choice in full
    configure(MODE="off")
    assert not ROOT.search(visitor.get("/plain/").content.decode())
    configure(MODE="opt_out")
    with committed():
        compiling.pause(by="a test")
    compiling.holder.check_again()
    assert not ROOT.search(visitor.get("/plain/").content.decode())
    with committed():
        compiling.resume()
        riverside.unpublish()
    compiling.holder.check_again()
    assert not ROOT.search(visitor.get("/plain/").content.decode())


def test_it_is_in_the_language_of_the_page(visitor: Client, plain_page: PlainPage, riverside: Segment) -> None:
    with translation.override("cy"):
        html = visitor.get("/plain/").content.decode()
    assert "Some pages here change" not in banner_in(html)
    assert "Mae" in banner_in(html)
    assert 'action="/personalisation/choice/?lang=cy"' in html  # so that the confirmation is, too


def test_without_its_script_there_is_no_dead_banner(
    visitor: Client, plain_page: PlainPage, agency_page: AgencyPage, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A storage that knows only what was collected, before the package was updated."""
    storage = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": storage}}
    assert not ROOT.search(text_of(visitor, "/plain/"))
    adapting = text_of(visitor, "/flood/")
    assert ROOT.search(adapting)  # its forms need none
    assert "<script" not in adapting
    assert "run collectstatic" in caplog.text


@pytest.mark.parametrize("name", ["banner", "choice"])
def test_the_scripts_are_small(name: str) -> None:
    path = finders.find(f"wagtail_personalise_gov/js/{name}.js")
    assert isinstance(path, str)
    assert len(gzip.compress(Path(path).read_bytes())) < 2048


# From a cache


def test_it_comes_from_a_warm_cache_and_its_choice_needs_no_token(
    page_cache: None, plain_page: PlainPage, agency_page: AgencyPage
) -> None:
    first, second = Client(**SAME), Client(**SAME)
    kept = first.get("/plain/")
    with CaptureQueriesContext(connection) as queries:
        warm = second.get("/plain/")
    assert len(queries) == 0
    assert warm.content == kept.content
    assert not warm.cookies
    assert "csrf" not in warm.content.decode()

    for client, answer in ((first, "refused"), (second, "allowed")):
        response = client.post(CHOICE, {"choice": answer, "next": "/plain/"})
        assert (response.status_code, response.headers["Location"]) == (303, "/plain/")
        assert "no-store" in response.headers["Cache-Control"]
        again = client.get("/plain/")
        assert again.content == kept.content  # the cache goes on serving everybody
        assert not again.cookies
    assert "Be ready" in first.get("/flood/").content.decode()
    assert "Sandbags in Riverside" in second.get("/flood/").content.decode()


def test_a_choice_from_a_cached_page_of_a_site_that_has_since_paused_claims_nothing(
    visitor: Client, plain_page: PlainPage, riverside: Segment, configure: Any
) -> None:
    asks = {"HTTP_ACCEPT": "text/vnd.personalise.confirmation+html"}
    compiling.pause(by="a test")
    compiling.holder.check_again()
    words = visitor.post(CHOICE, {"choice": "allowed", "next": "/plain/"}, **asks).content.decode()
    assert "Your choice is saved. This is paused at the moment. Every page is the same for everybody." in words
    assert "turned this on" not in words
    configure(MODE="off")
    words = visitor.post(CHOICE, {"choice": "allowed", "next": "/plain/"}, **asks).content.decode()
    assert "Your choice is saved. This is switched off. Every page is the same for everybody." in words


# In a browser


GPC = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true });"
DNT = "Object.defineProperty(Navigator.prototype, 'doNotTrack', { get: () => '1' });"
SIGNALS = {"": (None, ""), "GPC": (Because.GPC, GPC), "DNT": (Because.DNT, DNT)}
VALUES = [
    "",
    *(
        f"{word}.{version}{letters}"
        for word in ("allowed", "refused")
        for version in (1, 2, 3, 10)
        for letters in ("", ".n")
    ),
    "allowed.2.g",
    "allowed.2.d",
    "allowed.1.gn",
    "refused.2.gdn",
    "allowed-counted.2",
    "allowed-counted.1",
    "refused-counted.2",
    "undecided-counted.2",
    # What is no choice of ours.
    "undecided.2",
    "allowed",
    "allowed.",
    "allowed.2.",
    "allowed.2.x",
    "allowed.2.nd",
    "allowed.1234567",
    "xallowed.2",
    "allowed.2x",
    "REFUSED.2",
    "maybe.2",
]
REFUSED_A_PART = ["allowed-uncounted.2", "allowed-uncounted.1", "undecided-uncounted.2", "refused-uncounted.2"]
# With the day of each part: either side of each age, and of today.
TODAY = int(time.time()) // 86_400
AGES = (-2, -1, 0, 181, 182, 183, 184, 364, 365, 366)
DATED = [
    *(
        f"{words}.{version}.{TODAY - age}{letters}"
        for words in ("allowed", "refused", "undecided-counted", "undecided-uncounted", "allowed-counted")
        for version in (1, 2)
        for age in AGES
        for letters in ("", ".gn")
    ),
    *(
        f"{words}.{version}.{TODAY - age}-{TODAY - other}"
        for words in ("allowed-counted", "allowed-uncounted", "refused-counted", "refused-uncounted")
        for version in (1, 2)
        for age in AGES
        for other in AGES
        if age != other
    ),
    "allowed.2.1234567",
    f"allowed.2.{TODAY}-",
    f"allowed.2.-{TODAY}",
    f"allowed.2.{TODAY}.",
    f"allowed.2.{TODAY}.{TODAY}",
    f"allowed.2.n.{TODAY}",
    "refused.2.999999",
]
# What another host below the same domain can plant beside ours.
SEVERAL = [
    (one, other)
    for one in (
        "refused.2",
        "allowed.2",
        "undecided-uncounted.2",
        "allowed-counted.1",
        f"refused.2.{TODAY - 366}",
        "junk",
    )
    for other in ("refused.2", "allowed.2", "undecided-counted.1", f"allowed.2.{TODAY - 183}", "allowed.1", "junk", "")
]


def shown(page: "Page") -> bool:
    return page.locator(BANNER).is_visible()


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize("secure", [False, True], ids=["", "__Host-"])
def test_the_script_shows_it_to_whom_the_server_would_ask(
    new_page: Callable[..., "Page"],
    plain_page: PlainPage,
    riverside: Segment,
    configure: Any,
    signal: str,
    secure: bool,
) -> None:
    configure(POLICY_VERSION=2, COOKIE_SECURE=secure)
    ages = Ages(TODAY, allowed_days=183, refused_days=365)
    because, script = SIGNALS[signal]
    page = new_page()
    if script:
        page.add_init_script(script)
    page.goto("/plain/")
    name = "__Host-personalise_choice" if secure else "personalise_choice"
    decides = "value => { Object.defineProperty(document, 'cookie', { get: () => value, configurable: true }); }"
    path = finders.find("wagtail_personalise_gov/js/banner.js")
    assert isinstance(path, str)
    runs = (
        "([value, today, source]) => { Date.now = () => today * 864e5 + 5e7;"
        f" ({decides})(value);"
        " const banner = document.querySelector('.personalise-banner');"
        " const again = document.querySelector('.personalise-banner__again');"
        " banner.hidden = again.hidden = true; eval(source);"
        " return [!banner.hidden, !banner.hidden && !again.hidden]; }"
    )
    wrong, asked = [], 0
    for value in [*VALUES, *REFUSED_A_PART, *DATED, *SEVERAL]:
        # The script runs again on the page as it came: quicker than to load it anew for each.
        if isinstance(value, tuple):
            sent = "; ".join(f"{name}={one}" for one in value)
            choice = choice_of(RequestFactory().get("/", HTTP_COOKIE=sent))
        else:
            sent = f"other=1; {name}={value}; more=2" if value else "other=1"
            choice = Choice.from_cookie(value or None)
            choice = choice and choice.held(ages)
        seen = tuple(page.evaluate(runs, [sent, TODAY, Path(path).read_text()]))
        standing = settle(choice, mode=Mode.OPT_OUT, policy_version=2, signal=because)
        expected = standing.because is Because.DEFAULT and not (choice and choice.refuses)
        again = expected and choice is not None and choice.accepts and choice.policy_version < 2
        asked += expected
        if seen != (expected, again):
            wrong.append((value, seen, (expected, again)))
    assert wrong == []
    assert bool(asked) is (because is None)


# Notes, frame by frame, whether the banner can be seen, and every shift of the layout.
WATCH = """
window.frames_with_banner = 0;
window.shifts = [];
(function look() {
  const banner = document.querySelector(".personalise-banner");
  if (banner && banner.getClientRects().length) window.frames_with_banner++;
  requestAnimationFrame(look);
})();
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifts.push([entry.value, entry.hadRecentInput]);
}).observe({ type: "layout-shift", buffered: true });
"""


def watched(new_page: Callable[..., "Page"], *, slow: str = "", **options: Any) -> "Page":
    page = new_page(**options)
    page.add_init_script(WATCH)
    if slow:

        def slowly(route: "Route") -> None:
            time.sleep(0.7)
            route.continue_()

        page.route(slow, slowly)
    return page


def moved(page: "Page", *, by_input: bool = False) -> float:
    page.wait_for_timeout(100)  # milliseconds; shifts are reported after the frame is painted
    return float(sum(value for value, recent in page.evaluate("window.shifts") if recent is by_input))


@pytest.mark.parametrize("slow", ["", "**/banner.js", "**/choice.js"])
@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_moves_when_it_is_shown_answered_and_hidden(
    new_page: Callable[..., "Page"], plain_page: PlainPage, riverside: Segment, slow: str, width: int
) -> None:
    page = watched(new_page, slow=slow, viewport={"width": width, "height": 640})
    page.goto("/plain/", wait_until="load")
    assert shown(page)
    assert moved(page) == 0
    page.get_by_role("button", name="Turn it off").click()
    page.get_by_text("You’ve turned this off.").wait_for()
    assert page.evaluate("document.activeElement.matches('.personalise-banner__message')")
    assert "stays as it is" not in page.locator(BANNER).inner_text()  # nothing on this page would change
    assert moved(page) == 0
    page.get_by_role("button", name="Hide this message").click()
    page.locator(BANNER).wait_for(state="detached")
    assert moved(page) == 0
    assert moved(page, by_input=True) > 0  # else nothing was measured
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    assert list(cookies) == ["personalise_choice"]
    assert without_days(cookies["personalise_choice"]) == "refused.1"


@pytest.mark.parametrize(
    "cookie, script",
    [("refused.1", ""), ("allowed.1", ""), ("", GPC), ("", DNT)],
    ids=["refused", "allowed", "GPC", "DNT"],
)
def test_who_is_not_asked_never_sees_it_for_a_moment(
    new_page: Callable[..., "Page"], plain_page: PlainPage, riverside: Segment, cookie: str, script: str
) -> None:
    page = watched(new_page, slow="**/banner.js")
    page.goto("/plain/", wait_until="load")
    page.wait_for_function("window.frames_with_banner > 0")  # the outsider, who is asked
    if cookie:
        page.context.add_cookies([{"name": "personalise_choice", "value": cookie, "url": page.url}])
    page.add_init_script(script)
    page.goto("/plain/", wait_until="load")
    page.wait_for_timeout(100)
    assert page.evaluate("window.frames_with_banner") == 0
    assert moved(page) == 0


def test_without_scripts_the_link_in_the_footer_leads_to_the_choice(
    new_page: Callable[..., "Page"], plain_page: PlainPage, riverside: Segment
) -> None:
    page = new_page(java_script_enabled=False)
    page.goto("/plain/")
    assert not shown(page)
    page.get_by_role("link", name="How Example Agency adapts to you").click()
    page.get_by_label("No", exact=True).check()
    page.get_by_role("button", name="Save my choice").click()
    page.get_by_role("heading", name="Your choice is saved").wait_for()
    assert [without_days(cookie["value"]) for cookie in page.context.cookies()] == ["refused.1"]


def test_a_form_that_is_sent_plainly_leads_back_to_the_very_address(
    new_page: Callable[..., "Page"], plain_page: PlainPage, riverside: Segment
) -> None:
    page = new_page()
    page.route("**/choice.js", lambda route: route.abort())
    page.goto("/plain/?page=2")
    with page.expect_navigation(url="**/plain/?page=2"):
        page.get_by_role("button", name="Turn it off").click()
    assert not shown(page)
    assert [without_days(cookie["value"]) for cookie in page.context.cookies()] == [
        "refused.1.n"
    ]  # the next page that adapts says so


@pytest.mark.parametrize("scheme", [{}, {"forced_colors": "active"}], ids=["colours", "forced colours"])
def test_it_is_accessible_in_every_state(
    new_page: Callable[..., "Page"],
    plain_page: PlainPage,
    riverside: Segment,
    accessibility_faults: Any,
    scheme: dict[str, Any],
) -> None:
    page = new_page(viewport={"width": 320, "height": 640}, **scheme)
    page.goto("/plain/")
    for press in ("Keep it on", "Hide this message", None):
        assert accessibility_faults(page) == []
        assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        if press:
            page.get_by_role("button", name=press).click()
            page.get_by_role("button", name=press).wait_for(state="hidden")
