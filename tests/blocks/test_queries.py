"""A page makes the same queries as with plain blocks, whoever comes and however many versions there are."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.agency.models import AgencyPage
from tests.factories import hero, make_page, make_segment, personalised
from wagtail_personalise_gov.models import LocationRule, Segment

BLOCKS, VERSIONS = 5, 3


@pytest.fixture
def cities(db: None) -> list[Segment]:
    return [make_segment(city.lower(), LocationRule(cities=[city])) for city in ("Riverside", "Hilltop", "Lowmoor")]


@pytest.fixture
def targets(home: AgencyPage) -> list[AgencyPage]:
    """A page for each page chooser, so that nothing is found because it was looked up before."""
    return [make_page(f"Target {number}", parent=home) for number in range(BLOCKS * (VERSIONS + 1))]


def queries(path: str, **headers: str) -> list[str]:
    client = Client()
    assert client.get(path, headers=headers).status_code == 200  # fills what Wagtail keeps of sites
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path, headers=headers).status_code == 200
    return [query["sql"] for query in captured]


@pytest.mark.parametrize("city", ["Riverside", "Lowmoor", "Elsewhere"])
def test_personalised_blocks_cost_what_plain_blocks_cost(
    home: AgencyPage,
    cities: list[Segment],
    targets: list[AgencyPage],
    places_by_header: None,
    configure: Any,
    city: str,
) -> None:
    configure(RULESET_CHECK_SECONDS=60)
    pages = iter(targets)
    plain = [("hero", hero("Plain", page=next(pages).pk)) for _ in range(BLOCKS)]
    offers = [
        (
            "offer",
            personalised(
                hero("All", page=plain[number][1]["page"]),
                *((segment, hero(segment.slug, page=next(pages).pk)) for segment in cities),
            ),
        )
        for number in range(BLOCKS)
    ]
    make_page("Plain", *plain, parent=home, slug="plain-blocks")
    make_page("Adapting", *offers, parent=home, slug="adapting-blocks")
    with_plain, with_personalised = queries("/plain-blocks/"), queries("/adapting-blocks/", **{"X-City": city})
    assert len(with_personalised) == len(with_plain)
    assert not [sql for sql in with_personalised if "wagtail_personalise_gov_" in sql]


def test_blocks_inside_structs_are_read_together_too(
    home: AgencyPage, cities: list[Segment], targets: list[AgencyPage], places_by_header: None, configure: Any
) -> None:
    configure(RULESET_CHECK_SECONDS=60)

    def columns(count: int) -> list[tuple[str, Any]]:
        offers = [
            personalised(hero("All", page=targets[0].pk), (cities[0], hero("Riverside", page=targets[number].pk)))
            for number in range(count)
        ]
        return [("column", {"title": "Column", "offer": offer}) for offer in offers]

    make_page("One", *columns(1), parent=home, slug="one")
    make_page("Five", *columns(5), parent=home, slug="five")
    there = {"X-City": "Riverside"}
    assert len(queries("/five/", **there)) == len(queries("/one/", **there))


def test_all_versions_are_read_with_as_many_queries_for_one_block_as_for_many(
    home: AgencyPage, cities: list[Segment], targets: list[AgencyPage]
) -> None:
    def page(count: int) -> AgencyPage:
        offers = [
            ("offer", personalised(hero("All"), *((segment, hero("x", page=targets[n].pk)) for segment in cities)))
            for n in range(count)
        ]
        return AgencyPage.objects.get(pk=make_page("Edited", *offers, parent=home).pk)

    def read(page: AgencyPage) -> int:
        with CaptureQueriesContext(connection) as captured:
            for child in page.body:
                for version in child.value["variants"]:
                    assert version.value["content"]["page"].title
        return len(captured)

    assert read(page(BLOCKS)) == read(page(1))


def test_versions_that_are_not_shown_are_not_read(
    home: AgencyPage, cities: list[Segment], places_by_header: None
) -> None:
    """Their content may be heavy; a content that can't be read at all shows that it never is."""
    offer = personalised(hero("All"), (cities[0], hero("Riverside")), (cities[1], ["no hero at all"]))
    make_page("Odd", ("offer", offer), parent=home, slug="odd")
    assert "All" in Client().get("/odd/").content.decode()
    assert "Riverside" in Client().get("/odd/", headers={"X-City": "Riverside"}).content.decode()
