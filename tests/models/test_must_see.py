"""A page of which everyone must see all: it can't have versions for some visitors."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from wagtail.models import Page
from wagtail.test.utils.form_data import nested_form_data, rich_text, streamfield

from example_site.models import ServicePage
from wagtail_personalise_gov.models import Segment

from ..factories import personalised, raw_stream

pytestmark = pytest.mark.django_db


def opening(heading: str) -> dict[str, Any]:
    link = {"text": "", "hint": "", "page": None, "address": ""}
    return {"heading": heading, "text": "<p>Words</p>", "link": link}


def service(*blocks: tuple[str, Any], must_see: bool = True) -> ServicePage:
    """A page that is not saved yet."""
    page = ServicePage(title="Rights", slug="rights", summary="Yours", body=raw_stream(*blocks), must_see=must_see)
    page.path, page.depth = "00010001", 2
    return page


def refusal(page: ServicePage) -> str:
    with pytest.raises(ValidationError) as caught:
        page.clean()
    return " ".join(caught.value.messages)


def test_a_must_see_page_with_a_version_is_refused_and_told_where_it_stands(home: Page, riverside: Segment) -> None:
    page = service(("opening", personalised(opening("a"), (riverside, opening("b")))))
    assert "“Body → Opening”" in refusal(page)
    assert "Delete these versions" in refusal(page)


def test_the_same_page_without_the_mark_may_have_versions(home: Page, riverside: Segment) -> None:
    service(("opening", personalised(opening("a"), (riverside, opening("b")))), must_see=False).clean()


def test_a_must_see_page_may_hold_a_personalised_block_that_has_no_versions(home: Page) -> None:
    service(("opening", personalised(opening("a"))), ("text", "<p>For everybody</p>")).clean()


def test_what_a_form_holds_is_looked_at_and_not_what_was_saved(home: Page, riverside: Segment) -> None:
    page = service(("opening", personalised(opening("a"))))
    page.clean()
    versions = page.body[0].value["variants"]
    raw = personalised(opening("a"), (riverside, opening("b")))
    page.body[0].value["variants"] = versions.stream_block.to_python(raw["variants"])
    assert "“Body → Opening”" in refusal(page)


def test_a_script_can_not_save_such_a_page_either(home: Page, riverside: Segment) -> None:
    page = service(("opening", personalised(opening("a"), (riverside, opening("b")))))
    with pytest.raises(ValidationError, match="Everyone must see all of this"):
        home.add_child(instance=page)
    assert not ServicePage.objects.exists()


def test_each_block_is_named_and_those_of_one_name_are_told_apart(home: Page, riverside: Segment) -> None:
    block = personalised(opening("a"), (riverside, opening("b")), (riverside, opening("c")))
    assert "in “Body → Opening”, “Body → Opening (2)”." in refusal(service(("opening", block), ("opening", block)))


def form(page: ServicePage, *versions: Segment, must_see: bool) -> dict[str, Any]:
    content = {
        "heading": "a",
        "text": rich_text("<p>Words</p>"),
        "link": {"text": "", "hint": "", "page": "", "address": ""},
    }
    variants = [("variant", {"content": content}) for _segment in versions]
    data = nested_form_data(
        {
            "title": page.title,
            "slug": page.slug,
            "topic": page.topic,
            "summary": page.summary,
            "body": streamfield([("opening", {"variants": streamfield(variants), "default": content})]),
            "comments": {"TOTAL_FORMS": "0", "INITIAL_FORMS": "0"},
        }
    )
    for position, segment in enumerate(versions):
        prefix = f"body-0-value-variants-{position}-value-segments"
        data |= {
            f"{prefix}-count": "1",
            f"{prefix}-0-deleted": "",
            f"{prefix}-0-order": "0",
            f"{prefix}-0-type": "item",
            f"{prefix}-0-value": str(segment.pk),
            f"{prefix}-0-id": "",
        }
    if must_see:
        data["must_see"] = "on"
    return data


@pytest.mark.parametrize("action", ["draft", "publish"])
def test_an_editor_who_ticks_it_beside_versions_is_stopped_with_the_reason(
    admin_client: Client, home: Page, riverside: Segment, action: str
) -> None:
    page = home.add_child(instance=service(must_see=False))
    data = form(page, riverside, must_see=True) | ({"action-publish": "1"} if action == "publish" else {})
    answer = admin_client.post(reverse("wagtailadmin_pages:edit", args=[page.pk]), data)
    assert "Everyone must see all of this, but there are versions" in answer.content.decode()
    page.refresh_from_db()
    assert not page.must_see
    assert not page.revisions.exists()


def test_an_editor_may_tick_it_without_versions_and_have_versions_without_it(
    admin_client: Client, home: Page, riverside: Segment
) -> None:
    page = home.add_child(instance=service(must_see=False))
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    admin_client.post(address, form(page, must_see=True) | {"action-publish": "1"})
    assert ServicePage.objects.get().must_see
    admin_client.post(address, form(page, riverside, must_see=False) | {"action-publish": "1"})
    page = ServicePage.objects.get()
    assert not page.must_see
    assert len(page.body[0].value["variants"]) == 1
