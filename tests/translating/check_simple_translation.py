"""Wagtail's own "Translate this page": run by ../test_translation.py."""

from django.test import Client
from django.urls import reverse
from wagtail.models import Locale

from wagtail_personalise_gov.models import Segment

from ..agency.models import AgencyPage
from .content import every_shape, stored
from .models import Notice


def test_a_page_is_copied_with_its_versions(desk: Client, page: AgencyPage, welsh: Locale) -> None:
    address = reverse("simple_translation:submit_page_translation", args=[page.pk])
    assert desk.post(address, {"locales": [welsh.pk]}).status_code == 302
    copy = page.get_translation(welsh)
    assert copy.pk != page.pk
    assert stored(copy) == stored(page)
    edit = desk.get(reverse("wagtailadmin_pages:edit", args=[copy.pk]))
    assert "Offer for one" in edit.content.decode()


def test_a_snippet_is_copied_with_its_versions(
    desk: Client, welsh: Locale, riverside: Segment, hilltop: Segment
) -> None:
    notice = Notice.objects.create(title="Flood", body=every_shape(riverside, hilltop))
    address = reverse("simple_translation:submit_snippet_translation", args=["translating", "notice", notice.pk])
    assert desk.post(address, {"locales": [welsh.pk]}).status_code == 302
    copy = notice.get_translation(welsh)
    assert copy.pk != notice.pk
    assert stored(copy) == every_shape(riverside, hilltop)
