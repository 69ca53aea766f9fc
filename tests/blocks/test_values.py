"""Values that are not as an editor saves them: from code, copied, compared, older than the block, or malformed."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client, RequestFactory

from tests.agency.models import AgencyPage
from tests.agency.streams import AgencyBody
from tests.blocks.rendering import render
from tests.factories import hero, listed, make_page, personalised, raw_stream
from wagtail_personalise_gov.core.contents import personalised_in
from wagtail_personalise_gov.models import Segment
from wagtail_personalise_gov.testing import visiting
from wagtail_personalise_gov.visit.visit import Visit

# Values that are not as an editor saves them


def test_values_from_a_form_or_from_code_choose_too(riverside: Segment) -> None:
    """They have no raw JSON: a preview renders what stands in the form."""
    block = AgencyBody().child_blocks["line"]
    value = block.to_python(personalised("All", (riverside, "Riverside")))
    request = RequestFactory().get("/")
    request.visit = Visit(request)  # type: ignore[attr-defined]
    with visiting(city="Riverside"):
        assert block.render(value, {"request": request}) == "Riverside"


def test_a_copy_of_a_value_shows_what_the_original_shows(riverside: Segment, home: AgencyPage) -> None:
    offer = personalised(hero("All"), (riverside, hero("Riverside")))
    page = AgencyPage.objects.get(pk=make_page("Copied", ("offer", offer), parent=home).pk)
    copied = copy.copy(page.body[0].value)
    assert copied == page.body[0].value
    request = RequestFactory().get("/")
    request.visit = Visit(request)  # type: ignore[attr-defined]
    with visiting(city="Riverside"):
        assert 'data-story="riverside"' in page.body[0].block.render(copied, {"request": request})


@pytest.mark.parametrize("way", [copy.deepcopy, lambda page: pickle.loads(pickle.dumps(page))])  # noqa: S301  our own
@pytest.mark.parametrize("looked_at", [False, True])
def test_a_copy_of_a_page_shows_what_the_original_shows(
    agency_page: AgencyPage, way: Callable[[Any], Any], looked_at: bool
) -> None:
    page = AgencyPage.objects.get(pk=agency_page.pk)
    if looked_at:
        assert page.body[1].value["default"]["heading"] == "Be ready"
    copied = way(page)
    request = RequestFactory().get("/")
    request.visit = Visit(request)  # type: ignore[attr-defined]
    with visiting(city="Riverside"):
        assert "Sandbags in Riverside" in copied.body[1].render({"request": request})
    assert copied.body[1].value["default"]["heading"] == "Be ready"
    assert copied.body[1].value["variants"][0].value["content"]["heading"] == "Sandbags in Riverside"


def test_a_page_may_be_copied_in_the_admin(riverside: Segment, agency_page: AgencyPage, places_by_address: Any) -> None:
    copied = agency_page.copy(update_attrs={"slug": "again", "title": "Again"})
    text = Client().get(f"/{copied.slug}/", REMOTE_ADDR="192.0.2.7").content.decode()
    assert "Sandbags in Riverside" in text


def test_two_values_are_equal_when_they_say_the_same(riverside: Segment) -> None:
    raw = raw_stream(("line", personalised("All", (riverside, "Riverside"))))
    other = raw_stream(("line", personalised("All", (riverside, "Elsewhere"))))
    body = AgencyBody()
    assert body.to_python(raw)[0].value == body.to_python(raw)[0].value
    assert body.to_python(raw) == body.to_python(raw)
    assert body.to_python(raw)[0].value != "All"
    assert body.to_python(raw)[0].value != body.to_python(other)[0].value
    assert body.to_python(raw) != body.to_python(other)


@pytest.mark.parametrize(
    "legacy", ["Before", {"heading": "Before", "text": "<p>x</p>", "page": None, "everyone": False}]
)
def test_content_saved_before_its_block_was_wrapped_becomes_the_standard_version(db: None, legacy: Any) -> None:
    name = "line" if isinstance(legacy, str) else "offer"
    assert "Before" in render((name, legacy))
    value = AgencyBody().to_python(raw_stream((name, legacy)))[0].value
    assert list(value["variants"]) == []
    assert value["nothing_for_others"] is False
    assert "Before" in str(value["default"])


def test_a_stream_saved_before_its_block_was_wrapped_becomes_the_standard_version(db: None) -> None:
    assert "Before" in render(("notes", raw_stream(("paragraph", "<p>Before</p>"))))


@pytest.mark.parametrize(
    "raw",
    [
        None,
        {},
        {"variants": None, "default": None},
        {"variants": "x", "default": hero("All")},
        {"variants": [None, {}, {"type": "variant"}, {"type": "variant", "value": None}], "default": hero("All")},
        {"variants": [{"type": "variant", "value": {"segments": None, "content": None}}], "default": hero("All")},
        {"variants": [{"type": "variant", "value": {}}], "default": hero("All")},
        {"variants": [{"type": "other", "value": {"segments": [1]}}], "default": hero("All")},
        {"default": hero("All")},
        {"variants": [{"type": "variant", "value": {"segments": [{"value": "1"}, {"value": None}, None, "x"]}}]},
    ],
)
def test_json_that_no_editor_wrote_is_no_error(riverside: Segment, raw: Any) -> None:
    text = render(("offer", raw), city="Riverside")
    assert "Riverside" not in text
    value = AgencyBody().to_python(raw_stream(("offer", raw)))[0].value
    assert set(value) == {"variants", "default", "nothing_for_others"}


def as_true(segments: list[Any]) -> list[Any]:
    return [{**item, "value": True} for item in segments]


def without_ids(segments: list[Any]) -> list[Any]:
    return [{"type": "item", "value": item["value"]} for item in segments]


@pytest.mark.parametrize(
    "malformed, given",
    [
        (lambda variants: [None, *variants], True),
        (lambda variants: [{"type": "variant"}, *variants], True),
        (lambda variants: [{**variants[0], "value": {**variants[0]["value"], "segments": [True]}}], False),
        (
            lambda variants: [
                {**one, "value": {**one["value"], "segments": as_true(one["value"]["segments"])}} for one in variants
            ],
            False,
        ),
        (
            lambda variants: [
                {**one, "value": {**one["value"], "segments": without_ids(one["value"]["segments"])}}
                for one in variants
            ],
            False,
        ),
    ],
    ids=["null", "no value", "true", "item that is true", "item without an id"],
)
def test_visitors_get_what_the_reports_know_of(riverside: Segment, malformed: Any, given: bool) -> None:
    raw = personalised("All", (riverside, "Riverside"))
    raw["variants"] = malformed(raw["variants"])
    assert render(("line", raw), city="Riverside") == ("Riverside" if given else "All")
    known = [version.segments for found in personalised_in(raw_stream(("line", raw))) for version in found.versions]
    assert ((riverside.pk,) in known) is given


def test_variants_without_ids_are_known_by_their_place(riverside: Segment) -> None:
    raw = personalised("All", (riverside, "Riverside"))
    del raw["variants"][0]["id"]
    raw["variants"][0]["value"]["segments"] = [riverside.pk]  # a list of bare keys, as older Wagtail wrote it
    assert render(("line", raw), city="Riverside") == "Riverside"


def test_segments_are_listed_with_ids_of_their_own(riverside: Segment) -> None:
    assert listed(riverside)[0]["value"] == riverside.pk
