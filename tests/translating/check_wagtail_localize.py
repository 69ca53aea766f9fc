"""Translating string by string, as wagtail-localize does: run by ../test_translation.py."""

import json
from typing import Any
from uuid import uuid4

import polib
import pytest
from django.test import Client
from django.urls import reverse
from wagtail.models import Locale
from wagtail_localize.models import SegmentOverride, StringTranslation, Translation, TranslationSource
from wagtail_localize.operations import translate_object

from wagtail_personalise_gov.models import Segment

from ..agency.models import AgencyPage
from ..factories import hero, make_page, personalised, raw_stream
from .content import TEXTS, every_shape, stored
from .models import Notice


def submit(instance: Any, locale: Locale) -> Translation:
    translate_object(instance, [locale])
    return Translation.objects.get(source__object__translation_key=instance.translation_key, target_locale=locale)


def to_welsh(text: str) -> str:
    """Stands for a translation of the text."""
    return f"{text} (cy)"


def translate(translation: Translation) -> None:
    """All of it, with a file as a translator gives it back."""
    file: polib.POFile = translation.export_po()
    for entry in file:
        entry.msgstr = to_welsh(entry.msgid)
    assert list(translation.import_po(file)) == []
    translation.save_target()


def in_welsh(raw: Any) -> Any:
    """The same JSON with every text translated, and everything else as it was."""
    if isinstance(raw, dict):
        return {key: value if key in {"type", "id"} else in_welsh(value) for key, value in raw.items()}
    if isinstance(raw, list):
        return [in_welsh(item) for item in raw]
    if not isinstance(raw, str) or not raw:
        return raw
    if raw.startswith("<p>"):
        text = raw.removeprefix("<p>").removesuffix("</p>")
        return f"<p>{to_welsh(text)}</p>"
    return to_welsh(raw)


def test_every_text_of_every_version_is_offered_for_translation(page: AgencyPage, welsh: Locale) -> None:
    translation = submit(page, welsh)
    strings = set(translation.source.stringsegment_set.values_list("string__data", flat=True))
    assert strings >= {*TEXTS, "Plain", "Column", "Prose for <b>all</b>"}


def test_a_page_that_was_translated_has_the_same_versions_for_the_same_segments(
    page: AgencyPage, welsh: Locale, riverside: Segment, hilltop: Segment
) -> None:
    translation = submit(page, welsh)
    translate(translation)
    copy = page.get_translation(welsh)
    assert stored(copy) == in_welsh(every_shape(riverside, hilltop))
    assert stored(page) == every_shape(riverside, hilltop)


def test_what_changes_in_the_source_comes_into_the_translation(
    page: AgencyPage, welsh: Locale, riverside: Segment, hilltop: Segment
) -> None:
    """A new version, and another order, with what was translated before."""
    translate(submit(page, welsh))
    raw = every_shape(riverside, hilltop)
    variants = raw[1]["value"]["variants"]
    new = personalised("", (hilltop, hero("New")))["variants"][0]
    raw[1]["value"]["variants"] = [{**new, "id": str(uuid4())}, *reversed(variants)]
    del raw[2]
    page.body = raw
    page.save_revision().publish()
    TranslationSource.objects.get().update_from_db()
    translation = Translation.objects.get()
    translation.save_target()
    assert stored(page.get_translation(welsh))[2:] == in_welsh(raw)[2:]  # what was translated before
    translate(translation)
    assert stored(page.get_translation(welsh)) == in_welsh(raw)


def test_one_text_is_translated_and_the_rest_stays(page: AgencyPage, welsh: Locale) -> None:
    translation = submit(page, welsh)
    segment = translation.source.stringsegment_set.get(string__data="Line for one")
    StringTranslation.objects.create(
        translation_of=segment.string, locale=welsh, context=segment.context, data="Llinell i un"
    )
    translation.save_target(publish=True)
    text = repr(stored(page.get_translation(welsh)))
    assert "Llinell i un" in text
    assert "Line for one" not in text
    assert "Line for all" in text


def test_a_translator_may_choose_another_segment_for_their_language(
    page: AgencyPage, welsh: Locale, riverside: Segment, hilltop: Segment
) -> None:
    translation = submit(page, welsh)
    line = next(child for child in stored(page) if child["type"] == "line")
    variant = line["value"]["variants"][0]
    path = f"body.{line['id']}.variants.{variant['id']}.segments.{variant['value']['segments'][0]['id']}"
    overridable = translation.source.overridablesegment_set.get(context__path=path)
    SegmentOverride.objects.create(locale=welsh, context=overridable.context, data_json=json.dumps(hilltop.pk))
    translation.save_target()
    line = next(child for child in stored(page.get_translation(welsh)) if child["type"] == "line")
    assert line["value"]["variants"][0]["value"]["segments"][0]["value"] == hilltop.pk


def test_the_translator_s_editor_opens(desk: Client, page: AgencyPage, welsh: Locale) -> None:
    submit(page, welsh)
    copy = page.get_translation(welsh)
    response = desk.get(reverse("wagtailadmin_pages:edit", args=[copy.pk]))
    assert response.status_code == 200
    assert "Offer for one" in response.content.decode()


def test_a_snippet_is_translated_with_its_versions(welsh: Locale, riverside: Segment, hilltop: Segment) -> None:
    notice = Notice.objects.create(title="Flood", body=every_shape(riverside, hilltop))
    translate(submit(notice, welsh))
    copy = notice.get_translation(welsh)
    assert copy.title == to_welsh("Flood")
    assert stored(copy) == in_welsh(every_shape(riverside, hilltop))


def test_a_version_for_a_segment_that_was_deleted_does_no_harm(
    page: AgencyPage, welsh: Locale, riverside: Segment
) -> None:
    raw = raw_stream(("offer", personalised(hero("All"), (987, hero("Nobody")), (riverside, hero("Riverside")))))
    page.body = raw
    page.save()
    translate(submit(page, welsh))
    text = repr(stored(page.get_translation(welsh)))
    assert "Nobody (cy)" in text
    assert "Riverside (cy)" in text


@pytest.mark.parametrize(
    "block, raw",
    [
        ("line", "All"),
        ("offer", hero("All")),
        ("prose", "<p>All</p>"),
        ("notes", raw_stream(("paragraph", "<p>All</p>"))),
    ],
)
def test_content_from_before_its_block_was_wrapped_is_translated(
    page: AgencyPage, welsh: Locale, block: str, raw: Any
) -> None:
    page.body = raw_stream((block, raw))
    page.save()
    assert stored(page)[0]["value"] == raw  # nobody has saved it since
    translate(submit(page, welsh))
    assert stored(page.get_translation(welsh))[0]["value"]["default"] == in_welsh(raw)


def test_the_other_direction_works_as_well(home: AgencyPage, welsh: Locale, riverside: Segment) -> None:
    raw = raw_stream(("offer", personalised(hero("I bawb"), (riverside, hero("I Riverside")))))
    page = make_page("Dim ond yma", parent=home.get_translation(welsh), slug="yma", locale=welsh)
    page.body = raw
    page.save_revision().publish()
    translate(submit(page, home.locale))
    assert stored(page.get_translation(home.locale)) == in_welsh(raw)


def listed(*values: Any) -> list[dict[str, Any]]:
    return [{"type": "item", "value": value, "id": str(uuid4())} for value in values]


def test_lists_in_versions_are_translated(welsh: Locale, riverside: Segment) -> None:
    def links(whom: str) -> dict[str, Any]:
        link = {"text": f"Link for {whom}", "notes": listed(f"Note for {whom}")}
        return {"heading": f"Heading for {whom}", "lines": listed(f"Line for {whom}"), "links": listed(link)}

    raw = raw_stream(
        ("links", personalised(links("all"), (riverside, links("one")))),
        ("points", personalised(listed("Point for all"), (riverside, listed("Point for one")))),
    )
    notice = Notice.objects.create(title="Flood", body=raw)
    translate(submit(notice, welsh))
    assert stored(notice.get_translation(welsh)) == in_welsh(raw)
