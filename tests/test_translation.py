"""Content with versions keeps them when it is written in another language."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.test import Client
from django.utils.translation import override
from wagtail.actions.copy_for_translation import CopyPageForTranslationAction
from wagtail.models import Locale, Page, Site

from wagtail_personalise_gov.models import LocationRule, Segment

from .agency.models import AgencyPage
from .factories import hero, make_page, make_segment, personalised, raw_stream
from .translating.content import every_shape, stored

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def hilltop(db: None) -> Segment:
    return make_segment("hilltop", LocationRule(cities=["Hilltop"]))


@pytest.fixture
def welsh_home(home: AgencyPage) -> Page:
    """The home page in Welsh, below the same root."""
    welsh = Locale.objects.create(language_code="cy")
    return home.copy_for_translation(welsh, copy_parents=True)


@pytest.fixture
def page(home: AgencyPage, riverside: Segment, hilltop: Segment) -> AgencyPage:
    return make_page("Flood", parent=home, slug="flood")


def fill(page: AgencyPage, raw: list[dict[str, object]]) -> AgencyPage:
    page.body = raw
    page.save()
    page.save_revision().publish()
    return AgencyPage.objects.get(pk=page.pk)


def test_a_copy_for_translation_has_the_same_versions_for_the_same_segments(
    page: AgencyPage, welsh_home: Page, riverside: Segment, hilltop: Segment
) -> None:
    raw = every_shape(riverside, hilltop)
    fill(page, raw)
    copy = AgencyPage.objects.get(pk=page.copy_for_translation(welsh_home.locale).pk)
    assert copy.locale == welsh_home.locale
    assert stored(copy) == raw
    assert list(copy.latest_revision.as_object().body.raw_data) == raw
    assert stored(page) == raw  # and the page that it is a copy of stays as it was


def test_a_copy_of_a_page_whose_draft_was_looked_at_loses_nothing(
    page: AgencyPage, welsh_home: Page, riverside: Segment, hilltop: Segment
) -> None:
    """What the editor's form has expanded goes back to what it was."""
    raw = every_shape(riverside, hilltop)
    draft = fill(page, raw)
    AgencyPage._meta.get_field("body").stream_block.get_form_state(draft.body)
    draft.save_revision()
    copy = draft.copy_for_translation(welsh_home.locale)
    assert stored(copy) == raw


def test_a_translation_is_translated_back_with_its_own_texts(
    page: AgencyPage, welsh_home: Page, riverside: Segment, hilltop: Segment, home: AgencyPage
) -> None:
    copy = fill(page, every_shape(riverside, hilltop)).copy_for_translation(welsh_home.locale)
    welsh = raw_stream(("offer", personalised(hero("I bawb"), (riverside, hero("I Riverside")))))
    only_welsh = make_page("Dim ond yma", parent=welsh_home, slug="dim-ond-yma", locale=welsh_home.locale)
    fill(only_welsh, welsh)
    back = only_welsh.copy_for_translation(home.locale)
    assert (back.locale, stored(back)) == (home.locale, welsh)
    assert stored(copy) == every_shape(riverside, hilltop)


def test_whole_sections_are_copied_with_their_versions(
    page: AgencyPage, welsh_home: Page, riverside: Segment, hilltop: Segment
) -> None:
    raw = every_shape(riverside, hilltop)
    fill(page, raw)
    below = make_page("Sandbags", parent=page, slug="sandbags")
    fill(below, raw)
    CopyPageForTranslationAction(page, welsh_home.locale, include_subtree=True).execute(skip_permission_checks=True)
    copies = AgencyPage.objects.filter(locale=welsh_home.locale).exclude(pk=welsh_home.pk)
    assert [stored(copy) for copy in copies] == [raw, raw]


@pytest.mark.usefixtures("places_by_address")
def test_a_published_translation_chooses_for_its_visitors(
    client: Client, page: AgencyPage, welsh_home: Page, riverside: Segment
) -> None:
    fill(page, raw_stream(("offer", personalised(hero("For all"), (riverside, hero("For Riverside"))))))
    copy = page.copy_for_translation(welsh_home.locale)
    site = Site.objects.get()
    site.root_page = welsh_home
    site.save()
    copy = AgencyPage.objects.get(pk=copy.pk)
    fill(copy, raw_stream(("offer", personalised(hero("I bawb"), (riverside, hero("I Riverside"))))))
    with override("cy"):  # in which Wagtail looks for the pages of the site
        inside = client.get("/flood/", REMOTE_ADDR="192.0.2.1").content.decode()
        outside = Client().get("/flood/", REMOTE_ADDR="198.51.100.1").content.decode()
    assert "I Riverside" in inside
    assert "I bawb" not in inside
    assert "I bawb" in outside
    assert "I Riverside" not in outside


# With an app for translating, which needs settings of its own, and so a run of its own


def checks(file: str, app: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", f"tests/translating/{file}", "--ds=tests.translating.settings"),
            *("-q", "-p", "no:cacheprovider", "-W", "default", "--nomigrations"),
        ],
        cwd=ROOT,
        env={**os.environ, "TRANSLATING_WITH": app, "DATABASE_URL": "", "CACHE_URL": "", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_admin_of_a_site_with_simple_translation_keeps_versions() -> None:
    run = checks("check_simple_translation.py", "wagtail.contrib.simple_translation")
    assert run.returncode == 0, run.stdout + run.stderr


def test_wagtail_localize_translates_versions() -> None:
    if find_spec("wagtail_localize") is None:
        pytest.skip("wagtail-localize is not installed")
    run = checks("check_wagtail_localize.py", "wagtail_localize")
    assert run.returncode == 0, run.stdout + run.stderr
