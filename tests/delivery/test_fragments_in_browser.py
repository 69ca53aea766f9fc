"""Fragments in a browser: what is put where, when it is not, and that nothing moves."""

from __future__ import annotations

import copy
import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.staticfiles import finders

from tests.agency.models import AgencyPage
from tests.delivery.asking import ADDRESS, option
from tests.factories import hero, make_intent, make_page, make_segment, personalised
from tests.test_content_security_policy import LISTENS, POLICY
from wagtail_personalise_gov.models import CampaignRule, QueryRule, ReferrerRule, Segment, VisitIntentRule

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request, Route

SCRIPT = "wagtail_personalise_gov/js/fragments.js"
ASKED = f"**{ADDRESS}*"  # with the language in its query
RIVERSIDE = {"X-City": "Riverside"}
VARIANT = ".hero[data-story=riverside]"
STANDARD = ".hero[data-story=standard]"
LONG = "<p>" + "A sentence that takes its room. " * 60 + "</p>"

# Notes every shift of the layout from the first paint on, as browsers do for their own score.
SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) shifts.push(entry.value);
}).observe({ type: "layout-shift", buffered: true });
"""
# Whether anything had been painted when the version came.
CAME = """
new MutationObserver((_, observer) => {
  if (!document.querySelector("[data-story=riverside]")) return;
  observer.disconnect();
  window.cameBeforePaint = performance.getEntriesByName("first-contentful-paint").length === 0;
}).observe(document, { childList: true, subtree: true });
"""
PAINTED = 'performance.getEntriesByName("first-contentful-paint").length > 0'
TWO_FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(autouse=True)
def by_fragment(configure: Callable[..., None], places_by_header: None) -> None:
    configure(DELIVERY="fragment", SAY_WHY=False)


@pytest.fixture(autouse=True)
def styled(settings: Any, tmp_path: Path) -> None:
    """Pages with the package's styles, content below the blocks, and a class that keeps as much room as is needed."""
    (tmp_path / "agency").mkdir()
    (tmp_path / "agency" / "agency_page.html").write_text(
        """{% load personalise %}<!doctype html><html lang="en"><head><title>{{ page.title }}</title>
<meta name="viewport" content="width=device-width">{% personalise_styles %}</head>
<body>{% personalise_banner %}<main id="main"><h1>{{ page.title }}</h1>{% include "agency/body.html" %}
<p id="below">What stands below.</p></main><footer>{% personalise_link %}</footer>{% endpersonalise_banner %}</body>
</html>"""
    )
    settings.TEMPLATES = copy.deepcopy(settings.TEMPLATES)
    settings.TEMPLATES[0]["DIRS"] = [str(tmp_path)]


@pytest.fixture
def in_riverside(new_page: Callable[..., Page]) -> Page:
    return new_page(extra_http_headers=RIVERSIDE)


class Held:
    """The answer for a page's fragments, held back until a test lets it go."""

    def __init__(self, page: Page) -> None:
        self.routes: list[Route] = []
        self.page = page
        page.route(ASKED, lambda route: self.routes.append(route))

    def go(self) -> None:
        """Let all that wait go on, and wait until what comes of it is painted."""
        while not self.routes:
            self.page.wait_for_timeout(20)
        with self.page.expect_response(ASKED):
            for route in self.routes:
                route.continue_()
        self.routes.clear()
        self.page.evaluate(TWO_FRAMES)


def asked_on(page: Page) -> list[Request]:
    """What the script asks from now on."""
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if ADDRESS in request.url else None)
    return asked


def is_standard(page: Page) -> bool:
    page.evaluate(TWO_FRAMES)
    return page.locator(STANDARD).count() > 0 and page.locator(VARIANT).count() == 0


def test_the_script_is_less_than_two_kilobytes() -> None:
    path = finders.find(SCRIPT)
    assert isinstance(path, str)
    assert len(gzip.compress(Path(path).read_bytes(), mtime=0)) < 2048


# What is put there


def test_a_visitor_gets_their_version_by_one_request_and_others_the_standard(
    in_riverside: Page, new_page: Callable[..., Page], agency_page: AgencyPage
) -> None:
    asked = asked_on(in_riverside)
    document = in_riverside.goto("/flood/")
    assert document is not None
    assert "Sandbags" not in document.text()
    in_riverside.locator(VARIANT).wait_for()
    assert not in_riverside.get_by_text("Be ready").count()
    assert len(asked) == 1
    other = new_page()
    other.goto("/flood/")
    other.wait_for_load_state("networkidle")
    assert is_standard(other)


def test_what_comes_before_the_first_paint_is_there_with_it(in_riverside: Page, agency_page: AgencyPage) -> None:
    """A stylesheet that is still on its way holds the paint back, and the answer comes first."""
    answered: list[bool] = []
    waiting: list[Route] = []

    def style(route: Route) -> None:
        if answered:
            route.continue_()
        else:
            waiting.append(route)

    def answer(response: Any) -> None:
        if ADDRESS in response.url:
            answered.append(True)

    in_riverside.add_init_script(CAME)
    in_riverside.route("**/personalise.css", style)
    in_riverside.on("response", answer)
    in_riverside.goto("/flood/", wait_until="commit")
    while not answered:
        in_riverside.wait_for_timeout(20)
    assert waiting
    assert not in_riverside.evaluate(PAINTED)
    for route in waiting:
        route.continue_()
    in_riverside.locator(VARIANT).wait_for()
    assert in_riverside.evaluate("window.cameBeforePaint") is True


def test_each_of_several_goes_where_it_belongs(in_riverside: Page, home: AgencyPage, riverside: Segment) -> None:
    offers = [personalised(hero(f"Plain {n}"), (riverside, hero(f"Wet {n}"))) for n in range(3)]
    for number, offer in enumerate(offers):
        offer["variants"][0]["id"] = f"version-{number}"
    offers[1]["variants"][0]["value"]["segments"] = []  # of nobody
    make_page("Several", *[("offer", offer) for offer in offers], parent=home, slug="several")
    in_riverside.goto("/several/")
    in_riverside.get_by_text("Wet 2").wait_for()
    assert in_riverside.locator("h2").all_inner_texts()[-3:] == ["Wet 0", "Plain 1", "Wet 2"]


def test_a_place_that_is_empty_for_others_is_filled(in_riverside: Page, home: AgencyPage, riverside: Segment) -> None:
    offer = personalised(hero(""), (riverside, hero("Sandbags")), nothing_for_others=True)
    make_page("Empty", ("offer", offer), parent=home, slug="empty")
    in_riverside.goto("/empty/")
    in_riverside.get_by_text("Sandbags").wait_for()


# Nothing moves, nothing is taken away


def test_nothing_moves_where_room_is_kept(in_riverside: Page, home: AgencyPage, riverside: Segment) -> None:
    offer = personalised(hero("Be ready"), (riverside, hero("Sandbags", text="<p>Three sentences more.</p>")))
    make_page("Flood", ("offer", offer), parent=home, slug="flood")
    with option(AgencyPage, "offer", reserve="medium"):
        assert shifts_of(in_riverside, "/flood/") == 0


def test_nothing_moves_where_what_comes_is_lower(in_riverside: Page, home: AgencyPage, riverside: Segment) -> None:
    offer = personalised(hero("Be ready", text=LONG), (riverside, hero("Sandbags")))
    make_page("Flood", ("offer", offer), parent=home, slug="flood")
    with option(AgencyPage, "offer", reserve="small"):
        assert shifts_of(in_riverside, "/flood/") == 0


def test_the_same_measure_sees_what_moves_where_no_room_is_kept(
    in_riverside: Page, home: AgencyPage, riverside: Segment
) -> None:
    offer = personalised(hero("Be ready"), (riverside, hero("Sandbags", text=LONG)))
    make_page("Flood", ("offer", offer), parent=home, slug="flood")
    assert shifts_of(in_riverside, "/flood/") > 0


def shifts_of(page: Page, path: str) -> float:
    """The sum of all shifts of a page whose fragment comes after the first paint."""
    page.add_init_script(SHIFTS)
    held = Held(page)
    page.goto(path)
    page.wait_for_function(PAINTED)
    assert page.locator(STANDARD).count() == 1
    held.go()
    page.locator(VARIANT).wait_for()
    page.evaluate(TWO_FRAMES)
    return float(page.evaluate("shifts.reduce((sum, value) => sum + value, 0)"))


def test_what_has_the_focus_is_left_alone(
    in_riverside: Page, home: AgencyPage, riverside: Segment, plain_page: Any
) -> None:
    offer = personalised(hero("Be ready", page=plain_page.pk), (riverside, hero("Sandbags")))
    make_page("Flood", ("offer", offer), parent=home, slug="flood")
    held = Held(in_riverside)
    in_riverside.goto("/flood/")
    in_riverside.locator(f"{STANDARD} a").focus()
    held.go()
    assert is_standard(in_riverside)
    assert in_riverside.evaluate("document.activeElement.textContent") == "Plain"


def test_what_was_typed_into_is_left_alone(
    in_riverside: Page, agency_page: AgencyPage, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "agency" / "hero.html").write_text(
        '<section class="hero" data-story="{{ personalised.segment|default:"standard" }}"><h2>{{ self.heading }}</h2>'
        "<label>Postcode <input></label></section>"
    )
    held = Held(in_riverside)
    in_riverside.goto("/flood/")
    in_riverside.locator("personalise-fragment input").fill("NM1")
    in_riverside.locator("#below").click()  # the focus is elsewhere
    held.go()
    assert is_standard(in_riverside)
    assert in_riverside.locator("personalise-fragment input").input_value() == "NM1"


def test_what_comes_too_late_is_not_shown(in_riverside: Page, agency_page: AgencyPage) -> None:
    held = Held(in_riverside)
    in_riverside.goto("/flood/")
    in_riverside.wait_for_function(PAINTED)
    in_riverside.wait_for_timeout(2600)
    held.go()
    assert is_standard(in_riverside)


# What fails


def test_without_scripts_the_standard_version_stays(new_page: Callable[..., Page], agency_page: AgencyPage) -> None:
    page = new_page(extra_http_headers=RIVERSIDE, java_script_enabled=False)
    page.goto("/flood/")
    assert page.locator(STANDARD).get_by_text("Be ready").is_visible()


@pytest.mark.parametrize("what", [f"**/{SCRIPT}", ASKED], ids=["the script", "the answer"])
def test_where_something_is_blocked_the_standard_version_stays(
    in_riverside: Page, agency_page: AgencyPage, what: str
) -> None:
    in_riverside.route(what, lambda route: route.abort())
    in_riverside.goto("/flood/")
    in_riverside.wait_for_load_state("networkidle")
    assert is_standard(in_riverside)


@pytest.mark.parametrize("status", [404, 500, 503])
def test_where_the_answer_is_an_error_the_standard_version_stays(
    in_riverside: Page, agency_page: AgencyPage, status: int
) -> None:
    page = f'<body><personalise-fragment data-personalise-fragment="x">Error {status}</personalise-fragment></body>'
    in_riverside.route(ASKED, lambda route: route.fulfill(status=status, content_type="text/html", body=page))
    in_riverside.goto("/flood/")
    in_riverside.wait_for_load_state("networkidle")
    assert is_standard(in_riverside)


# What is told


def told_on(page: Page, address: str, **options: Any) -> str:
    with page.expect_request(ASKED) as asked:
        page.goto(address, **options)
    return asked.value.post_data or ""


def test_the_query_and_the_referrer_are_told_only_where_a_live_rule_asks(
    new_page: Callable[..., Page], agency_page: AgencyPage
) -> None:
    search = "http://localhost.example/"
    told = told_on(new_page(), "/flood/?from=leaflet&private=1", referer=search)
    assert re.fullmatch(r"page=\d+&path=%2Fflood%2F", told)
    make_segment("leaflet", QueryRule(parameter="from", values=["leaflet"]))
    assert "&query=from%3Dleaflet%26private%3D1" in told_on(new_page(), "/flood/?from=leaflet&private=1")
    make_segment("from-search", ReferrerRule(kinds=["search"]))
    assert "&referrer=http%3A%2F%2Flocalhost.example%2F" in told_on(new_page(), "/flood/", referer=search)


def test_of_a_page_of_this_site_only_that_it_was_one_is_told(
    page: Page, live_server: Any, agency_page: AgencyPage
) -> None:
    told = told_on(page, "/flood/", referer=f"{live_server.url}/private/?name=Ann")
    assert "private" not in told
    assert "&referrer=http%3A%2F%2Flocalhost" in told


def test_a_campaign_is_known_on_the_pages_after_it(page: Page, home: AgencyPage) -> None:
    spring = make_segment("riverside", CampaignRule(name="spring"))
    for slug in ("one", "two"):
        make_page(slug, ("offer", personalised(hero("Plain"), (spring, hero("Spring")))), parent=home, slug=slug)
    page.goto("/one/?utm_campaign=spring")
    page.locator(VARIANT).wait_for()
    page.evaluate("location.href = '/two/'")
    page.wait_for_url("**/two/")
    page.locator(VARIANT).wait_for()


# The visitor's say


def test_after_a_refusal_the_standard_versions_come_back_on_the_page_that_stands_there(
    in_riverside: Page, agency_page: AgencyPage
) -> None:
    in_riverside.goto("/flood/")
    in_riverside.locator(VARIANT).wait_for()
    in_riverside.evaluate("window.sameDocument = true")
    in_riverside.get_by_role("button", name="Turn it off").click()
    in_riverside.get_by_text("You’ve turned this off.").wait_for()
    in_riverside.locator(VARIANT).wait_for(state="detached")
    assert is_standard(in_riverside)
    assert "stays as it is" not in in_riverside.locator(".personalise-banner").inner_text()
    assert in_riverside.evaluate("window.sameDocument")


def test_a_refusal_is_kept_to_even_where_nothing_more_can_be_asked(in_riverside: Page, agency_page: AgencyPage) -> None:
    in_riverside.goto("/flood/")
    in_riverside.locator(VARIANT).wait_for()
    in_riverside.route(ASKED, lambda route: route.abort())
    in_riverside.get_by_role("button", name="Turn it off").click()
    in_riverside.locator(VARIANT).wait_for(state="detached")


def test_who_turns_it_on_gets_their_version_without_loading_the_page(
    in_riverside: Page, agency_page: AgencyPage, configure: Any
) -> None:
    configure(MODE="opt_in")
    in_riverside.goto("/flood/")
    in_riverside.wait_for_load_state("networkidle")
    assert is_standard(in_riverside)
    in_riverside.wait_for_timeout(2600)  # however late they decide
    in_riverside.get_by_role("button", name="Turn it on").click()
    in_riverside.locator(VARIANT).wait_for()


def test_a_question_is_asked_answered_and_leads_back_to_the_very_address(page: Page, home: AgencyPage) -> None:
    permit = make_intent("permit", name="Get a permit", question_label="Get a permit")
    applicants = make_segment("riverside", VisitIntentRule(intent=permit))
    body = [
        ("intent_question", {"heading": "Why are you here?", "hint": ""}),
        ("offer", personalised(hero("Plain"), (applicants, hero("Permits")))),
    ]
    make_page("Ask", *body, parent=home, slug="ask")
    page.goto("/ask/?page=2")
    page.get_by_label("Get a permit").check()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/ask/?page=2")
    page.locator(VARIANT).wait_for()
    page.get_by_text("You told us:").wait_for()


def test_why_it_is_seen_opens_and_says_so(in_riverside: Page, agency_page: AgencyPage, configure: Any) -> None:
    configure(SAY_WHY=True)
    in_riverside.goto("/flood/")
    in_riverside.get_by_text("Why am I seeing this?").click()
    in_riverside.get_by_text("Public name of riverside").first.wait_for()
    in_riverside.get_by_role("link", name="Show the standard version of this page").click()
    in_riverside.wait_for_url("**/flood/?personalise=standard")
    assert is_standard(in_riverside)


# Policy and accessibility


def test_under_a_strict_policy_with_trusted_types_it_works(in_riverside: Page, agency_page: AgencyPage) -> None:
    def with_policy(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, headers={**response.headers, "content-security-policy": POLICY})

    in_riverside.route("**/flood/", with_policy)
    refused: list[str] = []
    in_riverside.add_init_script(LISTENS)
    in_riverside.on("console", lambda message: refused.append(message.text) if "Refused" in message.text else None)
    response = in_riverside.goto("/flood/")
    assert response is not None
    assert "require-trusted-types-for" in response.headers["content-security-policy"]
    in_riverside.locator(VARIANT).wait_for()
    assert refused == []


def test_nothing_is_announced_and_the_page_is_accessible(
    in_riverside: Page, agency_page: AgencyPage, accessibility_faults: Callable[[Page], list[str]], configure: Any
) -> None:
    configure(SAY_WHY=True)
    in_riverside.goto("/flood/")
    in_riverside.locator(VARIANT).wait_for()
    around = "main [aria-live], main [role=alert], main [role=status], main [aria-busy]"
    assert in_riverside.locator(around).count() == 0
    assert in_riverside.evaluate("document.activeElement === document.body")
    assert accessibility_faults(in_riverside) == []
