"""Every state in which a visitor may find Northmoor: the rows of the accessibility tests, and of the page about them.

A row is the way into one state and the sign by which one sees that it is reached. Nothing here needs a browser, so that
the documentation can be written from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.requirements.visitors import FRANCE, HILLTOP, NOWHERE, RIVERSIDE, SEARCH

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

Step = Callable[["Page"], None]

HOME, LICENCE, EMERGENCY = "/", "/services/business-licence/", "/emergency/"
SERVICES, COUNCILLORS, GARDEN, NEWS, WELSH = (
    "/services/",
    "/services/your-councillors/",
    "/services/garden-waste/",
    "/news/",
    "/cy/",
)
ABOUT, REGISTER = "/personalisation/", "/personalisation/register/"
PORTAL = "https://licensing.example.gov/"
BANNER, WHY, ASKED, NOTICE = ".personalise-banner", ".personalise-why", ".personalise-asked", ".personalise-notice"


@dataclass(frozen=True, slots=True)
class State:
    """One page as one visitor finds it: `page` and `words` name it, `shows` selects what is visible then."""

    page: str
    words: str
    path: str
    shows: str
    steps: tuple[Step, ...] = ()  # what the visitor does there
    before: tuple[Step, ...] = ()  # what the visitor has done
    address: str = NOWHERE
    referrer: str = ""
    scripts: bool = True
    headers: dict[str, str] = field(default_factory=dict)
    settings: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.page}: {self.words}"

    def reach(self, page: Page) -> None:
        """Lead a fresh visitor there, and see that it is the right place."""
        for step in self.before:
            step(page)
        page.goto(self.path, **({"referer": self.referrer} if self.referrer else {}))
        for step in self.steps:
            step(page)
        page.locator(self.shows).first.wait_for()


# --- What a visitor does ----------------------------------------------------------------------------------------------


def opens(path: str) -> Step:
    return lambda page: page.goto(path) and None


def presses(name: str) -> Step:
    return lambda page: page.get_by_role("button", name=name, exact=True).first.click()


def reads(text: str) -> Step:
    return lambda page: page.get_by_text(text).first.wait_for()


def holds(name: str, value: str) -> Step:
    """Have a cookie of this site from an earlier visit."""

    def step(page: Page) -> None:
        page.goto(NEWS)
        page.context.add_cookies([{"name": name, "value": value, "url": page.evaluate("location.origin")}])

    return step


def chooses(value: str) -> Step:
    """Press a button of the banner, in whatever language it is, and see what it leads to."""

    def step(page: Page) -> None:
        page.locator(f"{BANNER} button[value={value}]").click()
        if value == "hide":
            page.locator(BANNER).wait_for(state="hidden")
        else:
            page.locator(f"{BANNER} button[value=hide]").wait_for()

    return step


def follows(selector: str) -> Step:
    return lambda page: page.locator(selector).first.click()


def ticks(label: str) -> Step:
    return lambda page: page.get_by_label(label, exact=True).check()


def unfolds(selector: str) -> Step:
    """Open every closed disclosure that `selector` finds, as by hand."""

    def step(page: Page) -> None:
        while (summary := page.locator(f"{selector}:not([open]) > summary:visible").first).count():
            summary.click()

    return step


def returns(page: Page) -> None:
    """Close the browser after a visit: what lasts only until then goes."""
    page.goto(HOME)
    page.context.clear_cookies(name="personalise_visit")


def answers(*labels: str) -> tuple[Step, ...]:
    """Say at the question of the home page what one is here for, step by step."""
    steps: list[Step] = [opens(HOME)]
    for label in labels:
        steps += [ticks(label), presses("Continue"), reads("You told us:")]
    return tuple(steps)


def sends(path: str, fields: str) -> Step:
    """Send a form that stands on no page of ours."""
    script = """([path, fields]) => {
        const form = Object.assign(document.createElement("form"), { method: "post", action: path });
        for (const [name, value] of new URLSearchParams(fields)) {
            form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
        }
        document.body.append(form);
        form.submit();
    }"""
    return lambda page: page.evaluate(script, [path, fields])


def from_elsewhere(path: str, fields: str) -> Step:
    """Send a form from another website: to a browser, 127.0.0.1 and localhost are two."""

    def step(page: Page) -> None:
        here = page.evaluate("location.origin")
        page.goto(here.replace("localhost", "127.0.0.1") + NEWS)
        sends(here + path, fields)(page)

    return step


def hides_where_forms_come_from(page: Page) -> None:
    """Be an old browser, or one with a privacy tool: a form does not tell which page it stands on."""

    def send(route: Route) -> None:
        tells = {"origin", "referer", "sec-fetch-site"}
        headers = {name: value for name, value in route.request.headers.items() if name not in tells}
        route.fulfill(response=route.fetch(headers=headers))

    page.route("**/personalisation/choice/", send)


TURNS_OFF, TURNS_ON, HIDES = chooses("refused"), chooses("allowed"), chooses("hide")
REFUSED, ALLOWED = (opens(EMERGENCY), TURNS_OFF), (opens(EMERGENCY), TURNS_ON)
SAVES_NO = (ticks("No"), presses("Save my choice"), reads("Your choice is saved"))
UNFOLDS_WHY = unfolds(".personalise-why__details")
NOT_ASKED = "body:not(:has(.personalise-banner:not([hidden])))"
SAID_YES = holds("personalise_choice", "allowed.1")
GPC = {"Sec-GPC": "1"}
BY_SCRIPT: dict[str, object] = {"BANNER": "by_script"}
NEW_POLICY: dict[str, object] = {"POLICY_VERSION": 2}


def story(slug: str) -> str:
    return f"[data-story={slug}]"


STATES = (
    # The banner
    State("Home", "the banner asks", HOME, BANNER),
    State("Home", "turned off, and confirmed", HOME, BANNER, (TURNS_OFF,)),
    State("Home", "kept on, and confirmed", HOME, BANNER, (TURNS_ON,)),
    State("Home", "the confirmation is hidden", HOME, NOT_ASKED, (TURNS_OFF, HIDES)),
    State("Home", "without scripts, the banner asks", HOME, BANNER, scripts=False),
    State("Home", "without scripts, turned off, and confirmed", HOME, BANNER, (TURNS_OFF,), scripts=False),
    State("Home", "without scripts, the confirmation is hidden", HOME, NOT_ASKED, (TURNS_OFF, HIDES), scripts=False),
    State(
        "Home",
        "a new use of data, and the banner asks again",
        HOME,
        ".personalise-banner__again",
        before=(SAID_YES,),
        settings=NEW_POLICY,
    ),
    State(
        "Home", "the browser asks websites not to do this (GPC)", HOME, f"{NOT_ASKED} {story('standard')}", headers=GPC
    ),
    State("News", "no banner, since nothing adapts", NEWS, NOT_ASKED),
    State("News", "the banner on every page asks", NEWS, BANNER, settings=BY_SCRIPT),
    State("News", "the banner on every page confirms", NEWS, BANNER, (TURNS_OFF,), settings=BY_SCRIPT),
    State("News", "the banner on every page is hidden", NEWS, NOT_ASKED, (TURNS_OFF, HIDES), settings=BY_SCRIPT),
    # Home, in its versions
    State(
        "Home",
        "a first visit, with it on",
        HOME,
        f"{NOT_ASKED} {story('first-time-visitors')}",
        before=(SAID_YES,),
    ),
    State("Home", "a second visit", HOME, NOT_ASKED, before=(*ALLOWED, returns)),
    State("Home", "in Riverside", HOME, story("riverside"), (TURNS_ON, HIDES), address=RIVERSIDE),
    State("Home", "in Hilltop", HOME, story("hilltop"), address=HILLTOP),
    State("Home", "abroad", HOME, story("abroad"), address=FRANCE),
    State(
        "Home",
        "every “Why am I seeing this?” open",
        HOME,
        ".personalise-why__answer",
        (UNFOLDS_WHY,),
        address=RIVERSIDE,
    ),
    State("Home", "a question answered in part", HOME, "text=Which of these?", before=answers("Start a business")),
    State(
        "Home",
        "a question answered, and open to be changed",
        HOME,
        ".personalise-question__change fieldset",
        (unfolds(".personalise-question__change"),),
        answers("Start a business", "A restaurant, café or takeaway"),
    ),
    State("Home", "turned off", HOME, f"{NOT_ASKED} {story('standard')}", before=REFUSED, address=RIVERSIDE),
    # The emergency
    State("Flooding", "in Riverside, the banner asks", EMERGENCY, story("riverside"), address=RIVERSIDE),
    State("Flooding", "in Hilltop, the banner asks", EMERGENCY, story("hilltop"), address=HILLTOP),
    State("Flooding", "in an unknown place", EMERGENCY, story("standard")),
    State(
        "Flooding",
        "every disclosure open",
        EMERGENCY,
        ".personalise-why__answer",
        (unfolds("main details"),),
        address=RIVERSIDE,
    ),
    State(
        "Flooding",
        "“Why am I seeing this?” open, without scripts",
        EMERGENCY,
        ".personalise-why__answer",
        (UNFOLDS_WHY,),
        address=RIVERSIDE,
        scripts=False,
    ),
    State("Flooding", "turned off and confirmed", EMERGENCY, BANNER, (TURNS_OFF,), address=RIVERSIDE),
    State("Flooding", "turned off", EMERGENCY, f"{NOT_ASKED} {story('standard')}", before=REFUSED, address=RIVERSIDE),
    State("Flooding", "the standard version, as asked", f"{EMERGENCY}?personalise=standard", ASKED, address=RIVERSIDE),
    State("Flooding", "as another group sees it", f"{EMERGENCY}?personalise_as=hilltop", ASKED, address=RIVERSIDE),
    State(
        "Flooding",
        "the place that was guessed is put right",
        EMERGENCY,
        story("standard"),
        (presses("I’m not in Riverside"),),
        address=RIVERSIDE,
    ),
    # A service
    State("Business licence", "nothing known", LICENCE, story("standard")),
    State("Business licence", "from a search", LICENCE, story("from-search"), referrer=SEARCH),
    State("Business licence", "from the licensing portal", LICENCE, story("from-licensing-portal"), referrer=PORTAL),
    State(
        "Business licence",
        "starting a business",
        LICENCE,
        story("starting-a-business"),
        before=answers("Start a business"),
    ),
    State(
        "Business licence",
        "opening a restaurant, and every “Why am I seeing this?” open",
        LICENCE,
        story("restaurant"),
        (UNFOLDS_WHY,),
        answers("Start a business", "A restaurant, café or takeaway"),
    ),
    State(
        "Business licence",
        "opening a nursery",
        LICENCE,
        story("daycare"),
        before=answers("Start a business", "A nursery, or childminding"),
    ),
    State("Business licence", "turned off", LICENCE, f"{NOT_ASKED} {story('standard')}", before=REFUSED),
    # Other pages
    State("Services", "the list", SERVICES, "main h1"),
    State("Your councillors", "a question of the site’s own", COUNCILLORS, ".question"),
    State("Garden waste", "the banner asks", GARDEN, "main h1"),
    State("Welsh home", "the same for everybody, and no banner", WELSH, NOT_ASKED),
    State("Welsh home", "the banner on every page asks, in Welsh", WELSH, BANNER, settings=BY_SCRIPT),
    State("Welsh home", "the banner on every page confirms, in Welsh", WELSH, BANNER, (TURNS_OFF,), settings=BY_SCRIPT),
    # The page about it
    State("About", "before a choice", ABOUT, "main h1"),
    State(
        "About",
        "before a choice, with every disclosure open",
        ABOUT,
        "main h1",
        (unfolds(".personalise-about details"),),
        address=RIVERSIDE,
    ),
    State("About", "a choice is saved", ABOUT, NOTICE, SAVES_NO),
    State("About", "a choice is saved, without scripts", ABOUT, NOTICE, SAVES_NO, scripts=False),
    State("About", "turned off", ABOUT, "main h1", before=REFUSED),
    State("About", "with answers given", ABOUT, ".personalise-told", before=answers("Start a business")),
    State("About", "all is erased", ABOUT, NOTICE, (presses("Erase what you keep about me"), reads("We have erased"))),
    State(
        "About",
        "coming from a page that adapts",
        HOME,
        "#personalise-before",
        (follows(f"footer a[href^='{ABOUT}']"),),
    ),
    State("About", "in Welsh", WELSH, ".personalise-about", (follows(f"footer a[href^='{ABOUT}']"),)),
    State("About", "the browser asks websites not to do this (GPC)", ABOUT, "main h1", headers=GPC),
    # The short pages, and the register
    State("Register", "as everybody sees it", REGISTER, ".personalise-register"),
    State(
        "Was this you?",
        "the browser hides where a form came from",
        NEWS,
        "text=Was this you?",
        (hides_where_forms_come_from, sends(f"{ABOUT}choice/", "choice=allowed&next=/news/")),
    ),
    State(
        "Nothing was changed",
        "a form from another website",
        NEWS,
        "text=Nothing was changed",
        (from_elsewhere(f"{ABOUT}place/", "country=XX"),),
    ),
    State(
        "That did not work",
        "a form without an answer",
        NEWS,
        "text=That did not work",
        (sends(f"{ABOUT}choice/", "choice=perhaps"),),
    ),
)
