"""A part of a template that is cached by our tag: kept for all to whom it is the same, and for nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory

from tests.agency.models import AgencyPage
from tests.counting.gathered import BROWSER, PATH, GatheredBuffer
from tests.factories import committed, hero, make_page, make_segment, personalised
from wagtail_personalise_gov.compiling import pause
from wagtail_personalise_gov.middleware import PersonaliseMiddleware
from wagtail_personalise_gov.models import LocationRule, Segment

from .page_caches import HILLTOP, NOWHERE, RIVERSIDE

PART = """{% load personalise wagtailcore_tags %}{% personalise_cache 600 "offer" page.pk %}\
{% include_block page.body %}{{ made }}{% endpersonalise_cache %}"""
VERSION, STANDARD = "Sandbags in Riverside", "Be ready"


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()


class Site:
    """A view that renders a template for a page, and counts how often its inside was rendered."""

    def __init__(self, page: AgencyPage, template: str = PART) -> None:
        self.page, self.template, self.made = page, Template(template), 0

    def __str__(self) -> str:
        self.made += 1
        return ""

    def get(self, address: str = NOWHERE, **headers: str) -> Any:
        request = RequestFactory(REMOTE_ADDR=address).get("/flood/", headers={"User-Agent": BROWSER, **headers})
        request.user = AnonymousUser()
        return PersonaliseMiddleware(self.view)(request)

    def view(self, request: HttpRequest) -> HttpResponse:
        context = {"request": request, "page": self.page, "made": self}
        return HttpResponse(self.template.render(Context(context)))


def test_each_is_shown_their_own_part_and_it_is_made_once_for_an_outcome(
    agency_page: AgencyPage, places_by_address: Any
) -> None:
    site = Site(agency_page)
    for _round in range(3):
        for address, words in ((RIVERSIDE, VERSION), (HILLTOP, STANDARD), (NOWHERE, STANDARD)):
            answer = site.get(address)
            assert words in answer.content.decode()
            assert ({VERSION, STANDARD} - {words}).pop() not in answer.content.decode()
            assert "private" in answer["Cache-Control"]
            assert "Cookie" in answer["Vary"]
        assert STANDARD in site.get(RIVERSIDE, **{"Sec-GPC": "1"}).content.decode()
    assert site.made == 2


def test_a_publication_and_a_pause_reach_a_part_that_is_kept(
    agency_page: AgencyPage, riverside: Segment, places_by_address: Any
) -> None:
    site = Site(agency_page)
    assert VERSION in site.get(RIVERSIDE).content.decode()
    with committed():
        riverside.unpublish()
    assert STANDARD in site.get(RIVERSIDE).content.decode()
    with committed():
        riverside.save_revision().publish()
    assert VERSION in site.get(RIVERSIDE).content.decode()
    with committed():
        pause(by="a test")
    assert STANDARD in site.get(RIVERSIDE).content.decode()
    assert "Cache-Control" not in site.get(RIVERSIDE)


def test_what_a_kept_part_shows_is_counted(agency_page: AgencyPage, places_by_address: Any, configure: Any) -> None:
    configure(COUNTING=True, COUNTING_BUFFER=PATH)
    GatheredBuffer.totals.clear()
    site = Site(agency_page)
    for _visitor in range(3):
        site.get(RIVERSIDE)
    assert site.made == 1
    assert sum(GatheredBuffer.totals.values()) == 3


def test_parts_of_other_names_pages_and_languages_are_apart(home: AgencyPage, places_by_address: Any) -> None:
    segment = make_segment("riverside", LocationRule(cities=["Riverside"]))
    pages = [
        make_page(
            f"Page {number}",
            ("offer", personalised(hero(f"Standard {number}"), (segment, hero(f"Version {number}")))),
            parent=home,
        )
        for number in range(2)
    ]
    for _twice in range(2):
        for number, page in enumerate(pages):
            assert f"Version {number}" in Site(page).get(RIVERSIDE).content.decode()
            assert f"Standard {number}" in Site(page).get(HILLTOP).content.decode()


def test_a_part_made_from_more_than_can_be_told_apart_is_made_for_each(
    agency_page: AgencyPage, places_by_address: Any
) -> None:
    part = (
        "{% load personalise %}{% personalise_cache 600 'x' %}{{ request.visit.place.city }}{{ made }}"
        "{% endpersonalise_cache %}"
    )
    site = Site(agency_page, part)
    for address, city in ((RIVERSIDE, "Riverside"), (HILLTOP, "Hilltop"), (RIVERSIDE, "Riverside")):
        assert city in site.get(address).content.decode()
    assert site.made == 3


def test_a_part_that_asks_nothing_is_kept_for_all_and_makes_nothing_private(agency_page: AgencyPage) -> None:
    part = "{% load personalise %}{% personalise_cache 600 'x' %}Hello{{ made }}{% endpersonalise_cache %}"
    site = Site(agency_page, part)
    for _three in range(3):
        answer = site.get(RIVERSIDE)
        assert answer.content == b"Hello"
        assert "Cache-Control" not in answer
    assert site.made == 1


def test_without_a_visitor_a_part_is_rendered_and_not_kept(agency_page: AgencyPage) -> None:
    template = Template("{% load personalise %}{% personalise_cache 600 'x' %}{{ text }}{% endpersonalise_cache %}")
    assert template.render(Context({"text": "one"})) == "one"
    assert template.render(Context({"text": "two"})) == "two"


@pytest.mark.parametrize(
    "tag, told",
    [("{% personalise_cache %}", "takes seconds, a name"), ("{% personalise_cache 600 %}", "takes seconds, a name")],
)
def test_a_tag_put_wrongly_says_how_it_is_put(tag: str, told: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=told):
        Template("{% load personalise %}" + tag + "{% endpersonalise_cache %}")


def test_seconds_that_are_none_are_told() -> None:
    template = Template("{% load personalise %}{% personalise_cache 'soon' 'x' %}{% endpersonalise_cache %}")
    with pytest.raises(TemplateSyntaxError, match="got 'soon'"):
        template.render(Context())
