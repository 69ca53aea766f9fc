"""Which version a personalised block shows, and what its content is told."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client, RequestFactory
from wagtail.models import Page

from tests.agency.models import AgencyPage
from tests.agency.streams import AgencyBody, HeroBlock
from tests.blocks.rendering import render
from tests.factories import hero, make_page, make_segment, personalised, raw_stream
from wagtail_personalise_gov.blocks import PersonalisedBlock
from wagtail_personalise_gov.compiling import retire
from wagtail_personalise_gov.models import LocationRule, Segment
from wagtail_personalise_gov.testing import visiting
from wagtail_personalise_gov.visit.visit import Visit


@pytest.fixture
def hilltop(db: None) -> Segment:
    return make_segment("hilltop", LocationRule(cities=["Hilltop"]))


@pytest.fixture
def british(db: None) -> Segment:
    return make_segment("british", LocationRule(countries=["GB"]))


# The order is the editor's


def test_the_first_version_that_matches_is_shown(riverside: Segment, british: Segment) -> None:
    block = ("line", personalised("All", (riverside, "Riverside"), (british, "British")))
    assert render(block, city="Riverside", country="GB") == "Riverside"
    assert render(block, city="Hilltop", country="GB") == "British"
    assert render(block, city="Paris", country="FR") == "All"
    turned = ("line", personalised("All", (british, "British"), (riverside, "Riverside")))
    assert render(turned, city="Riverside", country="GB") == "British"


def test_a_version_is_for_visitors_in_any_of_its_segments(riverside: Segment, hilltop: Segment) -> None:
    block = ("line", personalised("All", ([riverside, hilltop], "Flooded")))
    assert render(block, city="Riverside") == "Flooded"
    assert render(block, city="Hilltop") == "Flooded"
    assert render(block, city="Elsewhere") == "All"
    assert render(block) == "All"


def test_each_block_of_a_page_chooses_for_itself(riverside: Segment, hilltop: Segment) -> None:
    blocks = [
        ("line", personalised("a", (riverside, "A"))),
        ("line", personalised("b", (hilltop, "B"))),
        ("line", personalised("c", (hilltop, "x"), (riverside, "C"))),
        ("line", personalised("d")),
    ]
    assert render(*blocks, city="Riverside") == "AbCd"
    assert render(*blocks, city="Hilltop") == "aBxd"
    assert render(*blocks) == "abcd"


# Segments that take nobody in


def delete_behind_everybodys_back(segment: Segment) -> None:
    LocationRule.objects.filter(segment=segment).delete()
    Segment.objects.filter(pk=segment.pk)._raw_delete("default")
    retire()


@pytest.mark.parametrize("end", [Segment.unpublish, Segment.archive, Segment.delete, delete_behind_everybodys_back])
def test_a_segment_that_is_no_longer_live_shows_the_standard_version(
    riverside: Segment, end: Callable[[Segment], Any], django_capture_on_commit_callbacks: Any
) -> None:
    block = ("line", personalised("All", (riverside, "Riverside")))
    assert render(block, city="Riverside") == "Riverside"
    with django_capture_on_commit_callbacks(execute=True):
        end(riverside)
    assert render(block, city="Riverside") == "All"


def test_a_draft_segment_takes_nobody_in(db: None) -> None:
    draft = make_segment("draft", LocationRule(cities=["Riverside"]), live=False)
    assert render(("line", personalised("All", (draft, "Draft"))), city="Riverside") == "All"


def test_a_segment_without_rules_takes_nobody_in(db: None) -> None:
    empty = make_segment("empty")
    assert render(("line", personalised("All", (empty, "Nobody"))), city="Riverside") == "All"


def test_a_key_of_no_segment_is_passed_over(riverside: Segment) -> None:
    block = ("line", personalised("All", (999_999, "Gone"), ([999_998, riverside], "Riverside")))
    assert render(block, city="Riverside") == "Riverside"
    assert render(block) == "All"


# The standard version


def test_without_a_request_or_a_visit_the_standard_version_is_shown(riverside: Segment) -> None:
    block = ("line", personalised("All", (riverside, "Riverside")))
    stream = AgencyBody().to_python(raw_stream(block))
    assert render(block, visitor=False, city="Riverside") == "All"
    with visiting(city="Riverside"):
        assert stream[0].render() == "All"
        assert stream[0].render({}) == "All"
        assert str(stream[0].value.bound_blocks["default"].render()) == "All"


def test_others_may_see_nothing_where_the_editor_wants_that(riverside: Segment) -> None:
    block = ("offer", personalised(hero(""), (riverside, hero("Riverside")), nothing_for_others=True))
    assert render(block, city="Hilltop") == ""
    assert render(block, visitor=False) == ""
    assert "Riverside" in render(block, city="Riverside")


# Drafts


def test_a_version_that_is_not_published_is_served_to_nobody(
    client: Client, agency_page: AgencyPage, riverside: Segment, places_by_address: Any
) -> None:
    draft = personalised(hero("A draft for all"), (riverside, hero("A draft for Riverside")))
    agency_page.body = raw_stream(("offer", draft))
    agency_page.save_revision()
    for address in ("192.0.2.7", "127.0.0.1"):
        assert "draft" not in client.get("/flood/", REMOTE_ADDR=address).content.decode()
        api = client.get(f"/api/personalise/v1/pages/{agency_page.pk}/", REMOTE_ADDR=address)
        assert "draft" not in api.content.decode()


def test_no_name_that_editors_gave_a_segment_reaches_a_visitor(
    client: Client, agency_page: AgencyPage, places_by_address: Any
) -> None:
    for path in ("/flood/", "/personalisation/", "/personalisation/register.json", "/api/personalise/v1/visit/"):
        assert "Name of riverside" not in client.get(path, REMOTE_ADDR="192.0.2.7").content.decode()


# What the content is told


def test_content_knows_for_whom_it_was_chosen(riverside: Segment, hilltop: Segment) -> None:
    block = ("offer", personalised(hero("All"), ([hilltop, riverside], hero("Flooded"))))
    assert 'data-story="riverside"' in render(block, city="Riverside")
    assert 'data-story="hilltop"' in render(block, city="Hilltop")
    assert 'data-story="standard"' in render(block)


def test_content_has_the_context_of_its_page(agency_page: AgencyPage, client: Client, home: AgencyPage) -> None:
    """The page chooser of a hero needs the request, to name the page by its path."""
    offer = personalised(hero("All", page=home.pk))
    make_page("Links", ("offer", offer), parent=agency_page, slug="links")
    assert '<a href="/">Agency</a>' in client.get("/flood/links/").content.decode()


def test_a_stream_may_be_the_content(riverside: Segment) -> None:
    there = raw_stream(("paragraph", "<p>One</p>"), ("paragraph", "<p>Two</p>"))
    block = ("notes", personalised(raw_stream(("paragraph", "<p>All</p>")), (riverside, there)))
    text = render(block, city="Riverside")
    assert "One" in text
    assert "Two" in text
    assert "All" not in text
    assert "All" in render(block)


def test_personalised_blocks_may_stand_in_one_another(riverside: Segment, british: Segment) -> None:
    inner = personalised("British standard", (riverside, "British in Riverside"))
    outer = personalised(raw_stream(("line", "Standard")), (british, raw_stream(("inner", inner), ("line", "!"))))
    block = ("nested", outer)
    strip = str.maketrans("", "", "\n")

    def shown(**facts: Any) -> str:
        text = render(block, **facts).translate(strip)
        return "".join(
            part for part in text.replace(">", "<").split("<") if part and not part.startswith(("div", "/div"))
        )

    assert shown(country="GB", city="Riverside") == "British in Riverside!"
    assert shown(country="GB", city="Hilltop") == "British standard!"
    assert shown(country="FR") == "Standard"


def test_a_personalised_block_may_stand_in_a_struct(riverside: Segment) -> None:
    block = ("column", {"title": "Column", "offer": personalised(hero("All"), (riverside, hero("Riverside")))})
    assert "Riverside" in render(block, city="Riverside")
    assert "All" in render(block)


def test_a_subclass_names_its_content(riverside: Segment) -> None:
    block = ("fixed_offer", personalised(hero("All"), (riverside, hero("Riverside"))))
    assert 'data-story="riverside"' in render(block, city="Riverside")


def test_a_block_without_content_is_a_mistake_that_is_told() -> None:
    with pytest.raises(TypeError, match=r"PersonalisedBlock\(HeroBlock\(\)\)"):
        PersonalisedBlock()


@pytest.mark.parametrize("content", [HeroBlock, HeroBlock()])
def test_the_content_may_be_a_class_or_an_instance_and_is_never_shared(content: Any) -> None:
    one, two = PersonalisedBlock(content), PersonalisedBlock(content)
    parts = [
        part
        for block in (one, two)
        for part in (
            block.child_blocks["default"],
            block.child_blocks["variants"].child_blocks["variant"].child_blocks["content"],
        )
    ]
    assert len({id(part) for part in parts}) == 4
    assert {part.name for part in parts} == {"default", "content"}
    assert all(isinstance(part, HeroBlock) for part in parts)


# API


def test_the_api_representation_is_what_the_visitor_gets(riverside: Segment, home: Page) -> None:
    raw = personalised(hero("All"), (riverside, hero("Riverside", page=home.pk)))
    block = AgencyBody().child_blocks["offer"]
    request = RequestFactory().get("/")
    request.visit = Visit(request)  # type: ignore[attr-defined]
    value = block.bulk_to_python([raw])[0]
    with visiting(city="Riverside"):
        assert block.get_api_representation(value, {"request": request}) == {
            "variant": raw["variants"][0]["id"],
            "content": {"heading": "Riverside", "text": "", "page": home.pk, "everyone": False},
        }
    assert block.get_api_representation(value)["variant"] is None
    assert block.get_api_representation(value)["content"]["heading"] == "All"


def test_the_api_says_that_there_is_nothing_for_others(riverside: Segment) -> None:
    block = AgencyBody().child_blocks["offer"]
    value = block.to_python(personalised(hero(""), (riverside, hero("Riverside")), nothing_for_others=True))
    assert block.get_api_representation(value, {}) == {"variant": None, "content": None}
