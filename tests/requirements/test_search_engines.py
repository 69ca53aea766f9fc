"""Search engines and crawlers: shown what anybody like them is shown, remembered and counted nowhere."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from tests.agency.models import AgencyPage
from tests.counting.gathered import PATH, GatheredBuffer
from tests.factories import make_intent, make_page, make_segment, personalised
from tests.northmoor import NorthmoorTestCase
from tests.requirements.marks import requirement
from tests.requirements.northmoor import ADAPTING, HOME, Resident
from tests.requirements.visitors import FRANCE, IPHONE, RIVERSIDE, Visitor, banner_of
from wagtail_personalise_gov import models
from wagtail_personalise_gov.models import FirstTimeVisitorRule
from wagtail_personalise_gov.visit import devices

CHROME_PHONE = (
    "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.7444.59 Mobile Safari/537.36"
)
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
GOOGLEBOT = "compatible; Googlebot/2.1; +http://www.google.com/bot.html"
PAIRS = {  # a browser, and Google's crawler as Google says that it calls itself
    "phone": (CHROME_PHONE, f"{CHROME_PHONE} ({GOOGLEBOT})"),
    "desktop": (
        CHROME,
        f"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; {GOOGLEBOT}) Chrome/142.0.7444.59 Safari/537.36",
    ),
}


@pytest.fixture
def tailored(home: AgencyPage, configure: Any) -> AgencyPage:
    """At /tailored/: versions for phones, for computers, for who is new, and for who is in Riverside."""
    configure(GEO_PROVIDER="tests.agency.geo.NetworkGeo", COUNTING=True, COUNTING_BUFFER=PATH)
    GatheredBuffer.totals.clear()
    who = [
        make_segment("mobile", models.DeviceRule(kinds=["mobile"])),
        make_segment("desktop", models.DeviceRule(kinds=["desktop"])),
        make_segment("new", FirstTimeVisitorRule()),
        make_segment("riverside", models.LocationRule(cities=["Riverside"])),
    ]
    lines = [("line", personalised("Standard", (segment, f"[{segment.slug}]"))) for segment in who]
    return make_page("Tailored", *lines, parent=home, slug="tailored")


@requirement(68)
@pytest.mark.parametrize(
    "kind, address", [("phone", RIVERSIDE), ("desktop", RIVERSIDE), ("phone", FRANCE), ("desktop", FRANCE)]
)
def test_a_crawler_is_shown_what_a_browser_like_it_is_shown(tailored: AgencyPage, kind: str, address: str) -> None:
    browser, crawler = (Visitor(address, agent).reads("/tailored/") for agent in PAIRS[kind])
    assert crawler == browser
    shown = re.findall(r"\[(\w+)\]", browser)
    assert shown == [{"phone": "mobile"}.get(kind, kind), "new"] + (["riverside"] if address == RIVERSIDE else [])


@requirement(70)
@pytest.mark.parametrize("store", ["SignedCookieStore", "DjangoSessionStore"])
@pytest.mark.parametrize("kind", PAIRS)
def test_a_crawler_gets_no_session_and_no_cookie_and_is_counted_nowhere(
    tailored: AgencyPage, configure: Any, store: str, kind: str
) -> None:
    configure(VISITOR_STORE=f"wagtail_personalise_gov.visit.stores.{store}")
    browser, crawler = (Visitor(RIVERSIDE, agent) for agent in PAIRS[kind])
    for _time in range(2):
        crawler.get("/tailored/")
    assert not crawler.cookies
    assert not Session.objects.exists()
    assert GatheredBuffer.totals == Counter()
    browser.get("/tailored/")
    assert browser.cookies
    assert GatheredBuffer.totals


@requirement(71)
def test_a_crawler_is_told_by_one_expression_on_a_bounded_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long that takes is measured by `tests/benchmarks/lookups.py`."""
    monkeypatch.setattr(devices, "_parse", lambda agent: pytest.fail("the whole agent was parsed"))
    assert isinstance(devices.CRAWLER, re.Pattern)
    assert devices.is_crawler(PAIRS["phone"][1])
    assert not devices.is_crawler(PAIRS["phone"][0])
    beyond = "x" * devices.MAX_USER_AGENT + " Googlebot/2.1"
    assert not devices.is_crawler(beyond)


@requirement(73)
def test_what_is_asked_or_explained_is_quoted_by_no_search_engine(tailored: AgencyPage, home: AgencyPage) -> None:
    intent = make_intent("restaurant", question_label="Open a restaurant")
    make_segment("openers", models.VisitIntentRule(intent=intent))
    question = ("intent_question", {"heading": "What do you need to do today?", "hint": ""})
    make_page("Asking", question, parent=home, slug="asking")
    asked = re.search(r"<section[^>]*personalise-question[^>]*>", Visitor().reads("/asking/"))
    assert asked is not None
    assert "data-nosnippet" in asked[0]
    visitor = Visitor(RIVERSIDE, IPHONE)
    assert "data-nosnippet" in banner_of(visitor.reads("/tailored/")).partition(">")[0]
    visitor.refuses()
    assert "data-nosnippet" in banner_of(visitor.reads("/tailored/")).partition(">")[0]  # the confirmation
    body = Visitor(RIVERSIDE, IPHONE).reads("/tailored/").partition("<main>")[2]
    assert "[riverside]" in body
    assert "data-nosnippet" not in body  # what any visitor may read may be quoted


class TestWhatSearchEnginesKeepOfAPage(NorthmoorTestCase):
    @requirement(69)
    def test_the_head_of_a_page_is_the_same_for_every_visitor(self) -> None:
        """Title, canonical address, alternates, robots and structured data: all of it stands there."""
        for path in ADAPTING:
            heads, bodies, headers = set(), set(), set()
            for visitor in (
                Resident(RIVERSIDE),
                Resident(FRANCE, IPHONE, Accept_Language="cy"),
                Resident(RIVERSIDE, Sec_GPC="1"),
                Resident(agent=PAIRS["phone"][1]),
            ):
                answer = visitor.get(
                    f"{path}?utm_campaign=start-up-week", headers={"Referer": "https://www.google.com/"}
                )
                html = answer.content.decode()
                assert "<title>" in html
                head, _end, body = html.partition("</head>")
                heads.add(head)
                bodies.add("".join(re.findall(r'data-story="([^"]*)"', body)))
                headers.add(
                    (answer.headers.get("Link"), answer.headers.get("X-Robots-Tag"), answer.get("Content-Language"))
                )
                assert "application/ld+json" not in body
            assert len(heads) == 1, path
            assert len(headers) == 1, path
            if path == HOME:
                assert len(bodies) > 2  # what stands below does differ
