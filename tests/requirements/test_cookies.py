"""The cookies themselves: how they are set, signed, bounded, expired and told of."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from html import unescape
from http.cookies import Morsel
from pathlib import Path
from typing import Any

import pytest
from django.core import signing

import wagtail_personalise_gov
from tests.agency.models import AgencyPage
from tests.factories import make_intent, make_page, make_plain_page, make_segment, personalised
from tests.requirements.marks import requirement
from tests.requirements.visitors import ABOUT, SEARCH, Visitor
from wagtail_personalise_gov import models
from wagtail_personalise_gov.models import FirstTimeVisitorRule, ReferrerRule, Segment
from wagtail_personalise_gov.visit.cookies import COOKIES

PACKAGE = Path(wagtail_personalise_gov.__file__).parent
DAY = 24 * 60 * 60
READABLE_BY_SCRIPT = {"personalise_choice"}  # a page from a shared cache has to see it


@pytest.fixture
def keeping(home: AgencyPage, configure: Any, clock: Any) -> Segment:
    """At /kept/ everything is kept that may be: how the visit began, that they were here, what was counted."""
    configure(COUNTING=True)
    new = make_segment("new", FirstTimeVisitorRule())
    search = make_segment("from-search", ReferrerRule(kinds=["search"]))
    lines = [
        ("line", personalised("Welcome back", (new, "New here?"))),
        ("line", personalised("All", (search, "Searched"))),
    ]
    make_page("Kept", *lines, parent=home, slug="kept")
    return new


def every_cookie(secure: bool = False) -> dict[str, Morsel[str]]:
    """Every cookie that a visitor can be given, by name, as it is set."""
    visitor = Visitor()
    answers = [
        visitor.get("/kept/", headers={"Referer": SEARCH}, secure=secure),
        visitor.post("/personalisation/choice/", {"choice": "allowed"}, secure=secure),  # can't tell: a token is set
        visitor.post("/personalisation/choice/", {"choice": "refused"}, secure=secure),
    ]
    return {name: c for answer in answers for name, c in answer.cookies.items() if c.value}


def expiries(secure: bool) -> Iterator[Morsel[str]]:
    visitor = Visitor()
    visitor.get("/kept/", headers={"Referer": SEARCH}, secure=secure)
    for cookie in visitor.post("/personalisation/choice/", {"choice": "refused"}, secure=secure).cookies.values():
        if not cookie.value:
            yield cookie


@requirement(62, 63)
@pytest.mark.parametrize("secure", [True, False], ids=["https", "http"])
def test_every_cookie_is_set_as_strictly_as_it_can_be(keeping: Segment, configure: Any, secure: bool) -> None:
    configure(COOKIE_SECURE=secure)
    cookies = every_cookie(secure)
    assert {name.removeprefix("__Host-") for name in cookies} == {cookie.base_name for cookie in COOKIES}
    for name, cookie in cookies.items():
        assert name.startswith("__Host-") is secure
        assert bool(cookie["secure"]) is secure
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
        assert not cookie["domain"]
        assert bool(cookie["httponly"]) is (name.removeprefix("__Host-") not in READABLE_BY_SCRIPT)


@requirement(62)
@pytest.mark.parametrize("session_secure, expected", [(True, True), (False, False)])
def test_without_a_word_about_it_cookies_are_as_secure_as_the_sites_session(
    keeping: Segment, settings: Any, session_secure: bool, expected: bool
) -> None:
    settings.SESSION_COOKIE_SECURE = session_secure
    assert {bool(cookie["secure"]) for cookie in every_cookie(secure=True).values()} == {expected}


@requirement(63)
def test_what_expires_a_cookie_is_as_secure_as_what_set_it(keeping: Segment, configure: Any) -> None:
    """Else a browser keeps a cookie whose name begins with __Host-."""
    configure(COOKIE_SECURE=True)
    expired = list(expiries(secure=True))
    assert {"__Host-personalise_visit", "__Host-personalise_memory"} <= {cookie.key for cookie in expired}
    for cookie in expired:
        assert (cookie["max-age"], cookie["path"], bool(cookie["secure"]), cookie["domain"]) == (0, "/", True, "")


# --- 64: signed -------------------------------------------------------------------------------------------------------

ON_THE_SECOND_VISIT = "Welcome back"


def comes_again_with(visitor: Visitor, value: str) -> str:
    """What the second visit is shown, where the cookie of the first has this value."""
    other = Visitor()
    other.cookies["personalise_memory"] = value
    return other.reads("/kept/")


@requirement(64)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda value: value[:-1] + ("A" if value[-1] != "A" else "B"),
        lambda value: "A" + value,
        lambda value: value.partition(":")[0],
        lambda value: value[: len(value) // 2],
        lambda value: "",
        lambda value: "\x01\xff",
        lambda value: "x" * 5000,
        lambda value: ":" * 100,
    ],
    ids=["signature", "content", "unsigned", "half", "empty", "binary", "long", "colons"],
)
def test_a_cookie_that_was_tampered_with_is_a_strangers(
    keeping: Segment, caplog: pytest.LogCaptureFixture, spoil: Any
) -> None:
    visitor = Visitor()
    visitor.get("/kept/")
    value = visitor.cookies["personalise_memory"].value
    assert ON_THE_SECOND_VISIT in comes_again_with(visitor, value)
    assert ON_THE_SECOND_VISIT not in comes_again_with(visitor, spoil(value))
    assert not [record for record in caplog.records if record.name == "wagtail_personalise_gov"]


@requirement(64)
def test_what_was_signed_for_another_cookie_or_by_another_key_is_ignored(keeping: Segment, settings: Any) -> None:
    visitor = Visitor()
    visitor.get("/kept/", headers={"Referer": SEARCH})
    values = {name: cookie.value for name, cookie in visitor.cookies.items()}
    assert ON_THE_SECOND_VISIT in comes_again_with(visitor, values["personalise_memory"])
    for name in ("personalise_visit", "personalise_count"):
        assert ON_THE_SECOND_VISIT not in comes_again_with(visitor, values[name])
    said = signing.TimestampSigner(salt="wagtail_personalise_gov.personalise_memory").unsign_object(
        values["personalise_memory"]
    )
    assert ON_THE_SECOND_VISIT not in comes_again_with(visitor, signing.TimestampSigner(salt="other").sign_object(said))
    settings.SECRET_KEY = "another"
    assert ON_THE_SECOND_VISIT not in comes_again_with(visitor, values["personalise_memory"])


@requirement(64)
def test_a_cookie_that_outlived_its_time_is_ignored_even_where_a_browser_keeps_it(keeping: Segment, clock: Any) -> None:
    visitor = Visitor()
    visitor.get("/kept/")
    value = visitor.cookies["personalise_memory"].value
    clock.shift(datetime.timedelta(days=179))
    assert ON_THE_SECOND_VISIT in comes_again_with(visitor, value)
    clock.shift(datetime.timedelta(days=2))
    assert ON_THE_SECOND_VISIT not in comes_again_with(visitor, value)


# --- 65 to 67 ---------------------------------------------------------------------------------------------------------


@requirement(65)
def test_with_200_segments_and_all_that_a_visit_may_bring_every_cookie_stays_small(
    home: AgencyPage, configure: Any, clock: Any
) -> None:
    configure(COUNTING=True)
    pages = [make_plain_page(f"Page {number}", parent=home) for number in range(40)]
    intents = [make_intent(f"intent-{number}-{'x' * 30}") for number in range(8)]
    kinds = [
        lambda n: models.PagesViewedRule(what="page", page=pages[n % 40].page_ptr, scope="visit"),
        lambda n: models.PagesViewedRule(what="section", page=pages[n % 40].page_ptr, scope="ever"),
        lambda n: models.VisitCountRule(comparison="at_least", visits=2 + n),
        lambda n: models.LastVisitRule(comparison="at_least", days=1 + n),
        lambda n: models.ReferrerRule(kinds=["search"]),
        lambda n: models.CampaignRule(source="x" * 90, name=f"*{n}"),
        lambda n: models.VisitIntentRule(intent=intents[n % 8]),
        lambda n: models.LocationRule(cities=[f"Town {n}"]),
    ]
    segments = Segment.objects.bulk_create(
        [Segment(name=f"Group {n}", slug=f"group-{n}", public_name=f"Group {n}", live=True) for n in range(200)]
    )
    for number, segment in enumerate(segments):
        rule = kinds[number % len(kinds)](number)
        rule.segment = segment
        rule.save()
    lines = [("line", personalised("All", (segment, "Some"))) for segment in segments]
    make_page("Everything", *lines, parent=home, slug="everything")

    visitor = Visitor()
    long = "Ω" * 1000
    visitor.get(
        f"/everything/?utm_source={long}&utm_medium={long}&utm_campaign={long}",
        headers={"Referer": f"https://{'sub.' * 60}example.gov/{'x' * 1000}"},
    )
    visitor.sends("/personalisation/intent/", intent=intents[0].slug)
    visitor.sends("/personalisation/place/", country="GB", city="Ω" * 50)
    for page in pages:
        visitor.get(page.url)
    visitor.get("/everything/")
    assert {"personalise_visit", "personalise_memory", "personalise_count"} <= visitor.holds
    for cookie in visitor.cookies.values():
        assert len(cookie.OutputString().encode()) < 4096, cookie.key
    assert (
        sum(len(cookie.OutputString()) for cookie in visitor.cookies.values()) < 8190
    )  # what a server reads of a line


@requirement(66)
def test_cookies_are_set_by_the_server_for_400_days_at_most(keeping: Segment, configure: Any) -> None:
    configure(REFUSED_MAX_AGE_DAYS=400, MEMORY_MAX_AGE_DAYS=395, ALLOWED_MAX_AGE_DAYS=400)
    ages = {name: int(cookie["max-age"] or 0) for name, cookie in every_cookie().items()}
    assert max(ages.values()) <= 400 * DAY
    assert ages["personalise_memory"] == 395 * DAY
    assert ages["personalise_visit"] == ages["personalise_count"] == 0  # until the browser is closed
    scripts = list((PACKAGE / "static").rglob("*.js"))
    assert scripts
    assert not [path.name for path in scripts if "document.cookie =" in path.read_text()]


@requirement(67)
def test_one_place_in_the_code_names_each_cookie_and_the_page_tells_what_it_says(keeping: Segment) -> None:
    registry = PACKAGE / "visit" / "cookies.py"
    for cookie in COOKIES:
        named = [
            path.relative_to(PACKAGE).as_posix()
            for path in PACKAGE.rglob("*.py")
            if f'"{cookie.base_name}"' in path.read_text() and "migrations" not in path.parts
        ]
        assert named in (["visit/cookies.py"], ["visit/cookies.py", "visit/stores.py"]), cookie.base_name
    assert registry.exists()
    html = unescape(Visitor().reads(ABOUT))
    for name, set_as in every_cookie().items():
        cookie = next(one for one in COOKIES if one.name == name)
        assert f"<code>{name}</code>" in html
        assert str(cookie.purpose) in html
        age = set_as["max-age"]
        assert (f"{int(age) // DAY} days" if age else "ntil you close your browser") in html
