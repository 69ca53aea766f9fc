"""Pages in HTML and the API, by cookie or by token, are readings of one decision: a row of the table runs them all."""

import datetime
import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import time_machine

from tests.agency.models import AgencyPage
from tests.api.calling import API
from tests.api.surfaces import SURFACES, AsTold, ByCookie, ByToken, InHTML, Surface, page_for_each
from tests.counting.gathered import BROWSER, PATH
from tests.factories import make_intent, make_segment
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.core.counting import LOTS, dealt
from wagtail_personalise_gov.models import (
    AccountRule,
    ApiToken,
    FirstTimeVisitorRule,
    LocationRule,
    PagesViewedRule,
    PathRule,
    ReferrerRule,
    VisitCountRule,
    VisitIntentRule,
)
from wagtail_personalise_gov.models.api_tokens import Scope

NOON = datetime.datetime(2026, 4, 18, 12, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)

RIVERSIDE = {"X-City": "Riverside"}
FROM_SEARCH = {"Referer": "https://www.google.com/"}
ALLOWED, REFUSED = "allowed.1", "refused.1"


@pytest.fixture
def page(home: AgencyPage, places_by_header: None) -> AgencyPage:
    """A page with a line for each of many segments, that ask all kinds of facts."""
    licence = make_intent("licence")
    make_intent("restaurant", parent=licence)
    return page_for_each(
        home,
        make_segment("riverside", LocationRule(cities=["Riverside"])),
        make_segment("new", FirstTimeVisitorRule()),
        make_segment("returning", VisitCountRule(visits=2)),
        make_segment("from-search", ReferrerRule(kinds=["search"])),
        make_segment("founders", VisitIntentRule(intent=licence)),
        make_segment("learning", LocationRule(cities=["Riverside"]), learning=True),
        make_segment("elsewhere", LocationRule(cities=["Riverside"], negated=True)),
    )


def after(surface: Surface, steps: Sequence[Callable[[Surface], Any]], headers: dict[str, str]) -> set[str]:
    for step in steps:
        step(surface)
    return surface.look(**headers)


# What happened before, as a step of a visitor


def looked(**headers: str) -> Callable[[Surface], Any]:
    return lambda surface: surface.look(**headers)


def said(name: str, **body: Any) -> Callable[[Surface], Any]:
    def step(surface: Surface) -> None:
        assert surface.say(name, body) == 200

    return step


def waited(traveller: Any, time: datetime.timedelta) -> Callable[[Surface], Any]:
    return lambda surface: traveller.shift(time)


TABLE: dict[str, tuple[dict[str, Any], str | None, list[Any], dict[str, str], set[str]]] = {
    # what it shows: (settings, the choice that was made, what was before, headers of the look, what is shown)
    "a stranger in Riverside": ({}, None, [], RIVERSIDE, {"riverside", "new"}),
    "a stranger elsewhere": ({}, None, [], {"X-City": "Hilltop"}, {"new", "elsewhere"}),
    "a place that can't be told": ({}, None, [], {}, {"new"}),
    "allowed": ({}, ALLOWED, [], RIVERSIDE, {"riverside", "new"}),
    "refused": ({}, REFUSED, [], RIVERSIDE | FROM_SEARCH, set()),
    "GPC": ({}, None, [], RIVERSIDE | {"Sec-GPC": "1"}, set()),
    "not quite GPC": ({}, None, [], RIVERSIDE | {"Sec-GPC": "0"}, {"riverside", "new"}),
    "DNT": ({}, None, [], RIVERSIDE | {"DNT": "1"}, set()),
    "GPC that is not honoured": ({"HONOUR_GPC": False}, None, [], {"Sec-GPC": "1"}, {"new"}),
    "GPC after an acceptance": ({}, ALLOWED, [], RIVERSIDE | {"Sec-GPC": "1"}, set()),
    "an acceptance in spite of GPC": ({}, "allowed.1.g", [], RIVERSIDE | {"Sec-GPC": "1"}, {"riverside", "new"}),
    "opt in": ({"MODE": "opt_in"}, None, [], RIVERSIDE, set()),
    "opt in, allowed": ({"MODE": "opt_in"}, ALLOWED, [], RIVERSIDE, {"riverside", "new"}),
    "opt in, for an older policy": ({"MODE": "opt_in", "POLICY_VERSION": 2}, ALLOWED, [], RIVERSIDE, set()),
    "opt in, refused": ({"MODE": "opt_in"}, REFUSED, [], RIVERSIDE, set()),
    "opt in, nonsense": ({"MODE": "opt_in"}, "nonsense", [], RIVERSIDE, set()),
    "off": ({"MODE": "off"}, None, [], RIVERSIDE, set()),
    "off, allowed": ({"MODE": "off"}, ALLOWED, [], RIVERSIDE, set()),
    "from a search engine": ({}, None, [], FROM_SEARCH, {"new", "from-search"}),
    "from one at the beginning of the visit": ({}, None, [looked(**FROM_SEARCH)], {}, {"new", "from-search"}),
    "said what for": ({}, None, [said("intent", intent="restaurant")], {}, {"founders"}),
    "withdrawn": ({}, None, [said("intent", intent="restaurant"), said("intent", intent=None)], {}, set()),
    "said where": ({}, None, [looked(), said("place", city="Riverside")], {"X-City": "Hilltop"}, {"riverside", "new"}),
    "said not there": ({}, None, [looked(), said("place", place="none")], RIVERSIDE, {"new"}),
    "refused just now": ({}, None, [looked(**RIVERSIDE), said("preference", preference="refused")], RIVERSIDE, set()),
    "refused and allowed": (
        {},
        None,
        [looked(), said("preference", preference="refused"), said("preference", preference="allowed")],
        RIVERSIDE,
        {"riverside", "new"},
    ),
    "forgotten": ({}, None, [looked(**FROM_SEARCH), said("visit")], {}, {"new"}),
    "the second look of a visit": ({}, None, [looked(), looked()], {}, {"new"}),
    "the next day": ({}, None, [looked(), "a day"], RIVERSIDE, {"riverside", "returning"}),
    "the day after a refusal": ({}, None, [looked(), said("preference", preference="refused"), "a day"], {}, set()),
    "paused": ({"paused": True}, None, [], RIVERSIDE, set()),
    "paused, allowed": ({"paused": True}, ALLOWED, [], RIVERSIDE, set()),
    "without the middleware": ({"middleware": False}, ALLOWED, [], RIVERSIDE, set()),
}


@pytest.mark.parametrize("kind", SURFACES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("row", TABLE)
def test_all_surfaces_show_the_same(
    row: str,
    kind: type[Surface],
    page: AgencyPage,
    configure: Callable[..., None],
    settings: Any,
    django_capture_on_commit_callbacks: Any,
) -> None:
    given, choice, steps, headers, expected = TABLE[row]
    keys = dict(given)
    if keys.pop("paused", False):
        with django_capture_on_commit_callbacks(execute=True):
            compiling.pause(by="a test")
    if not keys.pop("middleware", True):
        settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.endswith("PersonaliseMiddleware")]
    configure(**keys)
    surface = kind(page)
    if choice is not None:
        surface.choose(choice)
    with time_machine.travel(NOON, tick=False) as traveller:
        done = [waited(traveller, DAY) if step == "a day" else step for step in steps]
        assert after(surface, done, headers) == expected


@pytest.mark.parametrize("kind", SURFACES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("held", [True, False])
def test_who_is_held_back_for_comparison_is_so_everywhere(
    held: bool, kind: type[Surface], home: AgencyPage, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(COUNTING=True, COUNTING_BUFFER=PATH)
    page = page_for_each(home, make_segment("new", FirstTimeVisitorRule(), holdout_percent=30))
    lot = next(lot for lot in range(LOTS) if (dealt("new", lot) < 3000) is held)
    monkeypatch.setattr("wagtail_personalise_gov.visit.visit.secrets.randbelow", lambda lots: lot)
    surface = kind(page)
    for _ in range(2):
        assert surface.look(**{"User-Agent": BROWSER}) == (set() if held else {"new"})


@pytest.mark.parametrize("kind", SURFACES, ids=lambda kind: kind.__name__)
def test_what_is_true_of_the_page_is_so_everywhere(kind: type[Surface], home: AgencyPage) -> None:
    page = page_for_each(
        home,
        make_segment("here", PathRule(where=PathRule.PATHS, paths=["/for-each/"])),
        make_segment("api", PathRule(where=PathRule.PATHS, paths=["/api/*"])),
    )
    told = {} if kind in (InHTML, ByCookie, ByToken) else {"Personalise-Page": page.url}
    assert kind(page).look(**told) == {"here"}


@pytest.mark.parametrize("kind", [InHTML, ByCookie, ByToken], ids=lambda kind: kind.__name__)
def test_pages_that_were_seen_are_known_everywhere(kind: type[Surface], home: AgencyPage) -> None:
    seen = make_segment("seen", PagesViewedRule(page=home))
    page = page_for_each(home, seen)
    surface, before = kind(page), kind(home)
    assert surface.look() == set()
    if isinstance(surface, ByToken):
        before.front_end = surface.front_end
    else:
        before.client = surface.client
    before.look()
    assert surface.look() == {"seen"}


@pytest.mark.parametrize("kind", [InHTML, ByCookie, AsTold], ids=lambda kind: kind.__name__)
def test_who_is_signed_in_is_so_everywhere(kind: type[InHTML], home: AgencyPage, django_user_model: Any) -> None:
    page = page_for_each(home, make_segment("signed-in", AccountRule()))
    surface = kind(page)
    assert surface.look() == set()
    surface.client.force_login(django_user_model.objects.create_user("somebody"))
    assert surface.look() == {"signed-in"}


@pytest.mark.parametrize("kind", [ByCookie, AsTold], ids=lambda kind: kind.__name__)
def test_a_choice_made_through_the_api_holds_for_the_html_page(kind: type[ByCookie], page: AgencyPage) -> None:
    by_api, in_html = kind(page), InHTML(page)
    in_html.client = by_api.client
    assert in_html.look(**RIVERSIDE) == {"riverside", "new"}
    by_api.say("preference", {"preference": "refused"})
    assert in_html.look(**RIVERSIDE) == set()
    by_api.say("preference", {"preference": "allowed"})
    assert in_html.look(**RIVERSIDE) == {"riverside", "new"}


# Hundreds of visitors, each with a story of their own

STORIES = 200
MOST_STEPS = 6

CITIES = [{}, RIVERSIDE, {"X-City": "Hilltop"}]
WAYS = [{}, FROM_SEARCH, {"Referer": "http://testserver/"}, {"Referer": "https://other.example/"}]
SIGNALS = [{}, {}, {}, {"Sec-GPC": "1"}, {"DNT": "1"}]
SAYINGS: list[tuple[str, dict[str, Any]]] = [
    ("preference", {"preference": "refused"}),
    ("preference", {"preference": "allowed"}),
    ("intent", {"intent": "restaurant"}),
    ("intent", {"intent": None}),
    ("place", {"city": "Riverside"}),
    ("place", {"place": "none"}),
    ("visit", {}),
]


def story(number: int) -> list[tuple[int, dict[str, str], tuple[str, dict[str, Any]] | None]]:
    """The steps of a visitor: minutes to wait, headers, and what is said; a look where nothing is."""
    chance = random.Random(number)
    city, signal = chance.choice(CITIES), chance.choice(SIGNALS)
    return [
        (
            chance.choice([0, 1, 9, 31, 45, 300, 24 * 60, 8 * 24 * 60]),
            {**city, **signal, **chance.choice(WAYS)},
            chance.choice(SAYINGS) if chance.random() < 0.4 else None,
        )
        for _ in range(chance.randint(1, MOST_STEPS))
    ]


@pytest.mark.parametrize("mode", ["opt_out", "opt_in"])
def test_hundreds_of_visitors_get_the_same_everywhere_step_by_step(
    mode: str, page: AgencyPage, configure: Callable[..., None]
) -> None:
    configure(MODE=mode, FORMS_PER_MINUTE=0)
    outcomes = set()
    for number in range(STORIES // 2):
        with time_machine.travel(NOON, tick=False) as traveller:
            surfaces: list[Surface] = [kind(page) for kind in (InHTML, ByCookie, ByToken)]
            for step, (minutes, headers, saying) in enumerate(story(number)):
                traveller.shift(datetime.timedelta(minutes=minutes))
                if saying is not None:
                    answers = [surface.say(*saying, **headers) for surface in surfaces]
                    assert answers == [200, 200, 200], (number, step)
                shown = [surface.look(**headers) for surface in surfaces]
                assert shown[0] == shown[1] == shown[2], (number, step)
                outcomes.add(frozenset(shown[0]))
    assert len(outcomes) >= (12 if mode == "opt_out" else 4)  # else the stories were all alike


# The same facts, decided for a server that tells them


def facts_of(surface: InHTML, headers: dict[str, str]) -> dict[str, Any]:
    """What is known of a visitor who comes for the first time, as whoever runs a front end would write it down."""
    city = headers.get("X-City")
    return {
        "visitor.first_visit": True,
        "visitor.visits": 1,
        "visit.referrer.kind": "search" if "Referer" in headers else "direct",
        **({"location.city": city} if city else {}),
    }


@pytest.mark.parametrize("headers", [RIVERSIDE, FROM_SEARCH, {"X-City": "Hilltop"}, {}, RIVERSIDE | FROM_SEARCH])
def test_decisions_for_the_same_facts_are_the_same(headers: dict[str, str], page: AgencyPage) -> None:
    surface = InHTML(page)
    shown = surface.look(**headers)
    _token, secret = ApiToken.make("the tests", [Scope.DECISIONS])
    answer = surface.client.post(
        f"{API}/decisions/",
        {"facts": facts_of(surface, headers)},
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert answer.status_code == 200, answer.content
    matched = {slug for slug, told in answer.json().items() if told["matched"]}
    # What is learned of is matched and changes nothing, in HTML too.
    assert matched - {"learning"} == shown
