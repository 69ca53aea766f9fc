"""With 200 live segments that ask all that can be remembered, the memory stays small."""

from typing import Any

import pytest
from django.test import Client

from tests.agency.models import AgencyPage
from tests.factories import make_intent, make_page, make_plain_page, personalised
from wagtail_personalise_gov.models import (
    CampaignRule,
    FirstTimeVisitorRule,
    IntentSignal,
    LastVisitRule,
    LocationRule,
    PagesViewedRule,
    ReferrerRule,
    Rule,
    Segment,
    VisitCountRule,
    VisitIntentRule,
)

MANY = 200
MOST_BYTES = 2048  # of one cookie, its name and attributes included


@pytest.fixture
def many(home: AgencyPage, clock: Any) -> list[Segment]:
    """At /ask/: a block for each of 200 segments; at /page-0/ to /page-39/: the pages that some of them ask about."""
    pages = [make_plain_page(f"Page {number}", parent=home).page_ptr for number in range(40)]
    intents = [
        make_intent(f"intent-{number}", IntentSignal(kind="campaign", text="spring", confidence=0.9))
        for number in range(8)
    ]

    def rule(number: int) -> Rule:
        kinds: list[Rule] = [
            PagesViewedRule(page=pages[number % 40]),
            PagesViewedRule(what="section", page=pages[number % 40], scope="ever"),
            PagesViewedRule(page=pages[number % 40], scope="ever", negated=True),
            PagesViewedRule(what="number", number=2 + number % 19),
            VisitCountRule(visits=2 + number),
            LastVisitRule(days=1 + number),
            FirstTimeVisitorRule(),
            ReferrerRule(kinds=["search"]),
            CampaignRule(name="spring"),
            VisitIntentRule(intent=intents[number % 8]),
            LocationRule(countries=["GB"]),
        ]
        return kinds[number % len(kinds)]

    # The rows alone: nobody asks for the history of these.
    segments = Segment.objects.bulk_create(
        Segment(name=f"Segment {number}", slug=f"segment-{number}", live=True) for number in range(MANY)
    )
    rules: dict[type[Rule], list[Rule]] = {}
    for number, segment in enumerate(segments):
        asked = rule(number)
        asked.segment = segment
        rules.setdefault(type(asked), []).append(asked)
    for model, rows in rules.items():
        model._default_manager.bulk_create(rows)
    versions = [(segment, f"Version {segment.slug}") for segment in segments]
    make_page("Ask", ("line", personalised("Standard", *versions)), parent=home, slug="ask")
    return segments


def cookies_of(answer: Any) -> dict[str, int]:
    return {name: len(morsel.OutputString().encode()) for name, morsel in answer.cookies.items()}


def test_each_cookie_stays_small_whatever_was_seen(client: Client, many: list[Segment], clock: Any) -> None:
    long = "x" * 500
    sizes: dict[str, int] = {}
    for visit in range(2):
        answer = client.get(
            f"/ask/?utm_campaign=spring&utm_source={long}&utm_medium={long}",
            HTTP_REFERER=f"https://{'a' * 60}.{'b' * 60}.example.com/",
        )
        sizes |= cookies_of(answer)
        for number in range(40):
            answer = client.get(f"/page-{number}/", HTTP_REFERER="http://testserver/ask/")
            sizes = {name: max(size, sizes.get(name, 0)) for name, size in {**sizes, **cookies_of(answer)}.items()}
        clock.shift(60 * 60 * 24 * (visit + 1))
    assert set(sizes) == {"personalise_visit", "personalise_memory"}
    assert max(sizes.values()) < MOST_BYTES
