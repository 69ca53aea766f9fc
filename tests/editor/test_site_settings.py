"""The form of what a site says of itself: its groups, its words by language, and what the history says of a change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone, translation
from wagtail.log_actions import registry
from wagtail.models import ModelLogEntry, Site

from wagtail_personalise_gov.models import PersonalisationSettings, SiteWording

from ..agency.models import AgencyPage
from .site_forms import edit_address, saved_form, site_form

CY = {"language": "cy", "service_name": "Asiantaeth", "banner_introduction": "Croeso."}


@pytest.fixture
def site(home: AgencyPage) -> Site:
    return Site.objects.get()


def saved(site: Site) -> PersonalisationSettings:
    return PersonalisationSettings.objects.get(site=site)


def opened(desk: Client, site: Site) -> BeautifulSoup:
    response = desk.get(edit_address(site))
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def errors(desk: Client, site: Site, form: dict[str, str]) -> dict[str, list[str]]:
    """What is said at which field, when this is posted and comes back."""
    response = desk.post(edit_address(site), form)
    assert response.status_code == 200
    form_back = response.context["form"]
    found = {name: list(said) for name, said in form_back.errors.items()}
    for child in form_back.formsets["wordings"].forms:
        found |= {f"{child.prefix}-{name}": list(said) for name, said in child.errors.items()}
    page = BeautifulSoup(response.content, "html.parser")
    for name, said in found.items():  # each stands at its field, and is tied to it for those who hear the form
        assert all(words in heard_at(page, name) for words in said)
    return found


def heard_at(page: BeautifulSoup, field: str) -> str:
    """What those who hear the form are told at a field, besides its name."""
    described = page.select_one(f'[name="{field}"]')["aria-describedby"].split()
    return " ".join(one.get_text(" ", strip=True) for key in described if (one := page.find(id=key)))


# The form


def test_its_fields_stand_in_groups(desk: Client, site: Site) -> None:
    headings = [heading.get_text(" ", strip=True) for heading in opened(desk, site).select("[data-panel-heading-text]")]
    assert [one for one in headings if not one.startswith("Language")] == [
        "What visitors call it",
        "The banner",
        "What visitors see",
        "In other languages",
        "Who answers for it",
        "Comparison",
    ]


@pytest.mark.parametrize("field, limit", [("banner_heading", 80), ("banner_introduction", 300)])
def test_limits_are_told_and_kept(desk: Client, site: Site, field: str, limit: int) -> None:
    page = opened(desk, site)
    assert page.find(id=f"id_{field}")["maxlength"] == str(limit)
    assert f"At most {limit} characters." in heard_at(page, field)
    assert list(errors(desk, site, site_form(**{field: "x" * (limit + 1)}))) == [field]
    assert desk.post(edit_address(site), site_form(**{field: "x" * limit})).status_code == 302
    assert getattr(saved(site), field) == "x" * limit


@pytest.mark.parametrize(
    "field, value, said",
    [
        ("policy_link", "our policy", "Write where the link leads"),
        ("policy_link", "javascript:alert(1)", "Write where the link leads"),
        ("contact_link", "//elsewhere.example", "Write where the link leads"),
        ("contact_email", "nobody", "Enter a valid email address"),
        ("last_reviewed", "2999-01-01", "That day is still to come"),
        ("holdout_percent", "51", "less than or equal to 50"),
    ],
)
def test_what_can_not_be_saved_is_said_at_its_field(
    desk: Client, site: Site, field: str, value: str, said: str
) -> None:
    found = errors(desk, site, site_form(**{field: value}))
    assert list(found) == [field]
    assert said in found[field][0]


def test_all_of_it_is_saved(desk: Client, site: Site) -> None:
    today = timezone.localdate()
    form = site_form(
        CY,
        service_name="Agency",
        responsible="Digital team",
        contact_email="digital@example.gov",
        contact_link="/contact/",
        policy_link="/privacy/",
        last_reviewed=today.isoformat(),
        holdout_percent="5",
    )
    assert desk.post(edit_address(site), form).status_code == 302
    words = saved(site).words()
    assert (words.responsible, words.contact_email, words.contact_link) == (
        "Digital team",
        "digital@example.gov",
        "/contact/",
    )
    assert words.last_reviewed == today
    assert words.in_language("en").service_name == "Agency"
    assert words.in_language("cy").service_name == "Asiantaeth"
    assert words.in_language("cy").policy_link == "/privacy/"


# Words by language


def test_a_language_is_chosen_among_those_of_the_site(desk: Client, site: Site) -> None:
    # What is added is a copy of a template, whose inside is no part of the page.
    page = desk.get(edit_address(site)).content.decode().replace("<template", "<div")
    options = BeautifulSoup(page, "html.parser").select("#id_wordings-__prefix__-language option")
    assert [(one["value"], one.get_text()) for one in options] == [
        ("", "Choose a language"),
        ("en", "English"),
        ("cy", "Cymraeg"),
    ]


@pytest.mark.parametrize("language", ["", "xx", "<b>"])
def test_what_is_no_language_of_the_site_is_not_taken(desk: Client, site: Site, language: str) -> None:
    assert list(errors(desk, site, site_form({**CY, "language": language}))) == ["wordings-0-language"]
    assert not SiteWording.objects.exists()


def test_each_language_stands_there_once(desk: Client, site: Site) -> None:
    assert errors(desk, site, site_form(CY, CY)) == {
        "wordings-1-language": ["There are words in this language already. Change those."]
    }
    desk.post(edit_address(site), site_form(CY))
    assert list(errors(desk, site, saved_form(saved(site), CY))) == ["wordings-1-language"]
    assert SiteWording.objects.count() == 1


def test_words_are_deleted_and_written_anew_in_one_go(desk: Client, site: Site) -> None:
    desk.post(edit_address(site), site_form(CY))
    form = saved_form(saved(site), {"language": "cy", "service_name": "Newydd"}) | {"wordings-0-DELETE": "1"}
    assert desk.post(edit_address(site), form).status_code == 302
    assert saved(site).words().in_language("cy").service_name == "Newydd"


def test_a_language_that_the_site_has_no_more_stays_to_be_seen_and_is_not_lost(
    desk: Client, site: Site, settings: Any
) -> None:
    desk.post(edit_address(site), site_form(CY))
    settings.WAGTAIL_CONTENT_LANGUAGES = settings.LANGUAGES = [("en", "English"), ("fr", "Français")]
    chosen = opened(desk, site).select_one("#id_wordings-0-language option[selected]")
    assert chosen.get_text() == "cy (no language of this site any more)"
    # A browser posts nothing for a field that is switched off; whoever posts something all the same changes nothing.
    form = saved_form(saved(site), service_name="Agency") | {"wordings-0-language": "fr"}
    assert desk.post(edit_address(site), form).status_code == 302
    assert SiteWording.objects.get().language == "cy"
    assert saved(site).words().in_language("cy").service_name == "Asiantaeth"


def test_a_site_in_one_language_is_not_bothered_with_others(desk: Client, site: Site, settings: Any) -> None:
    assert "In other languages" in opened(desk, site).get_text()
    settings.WAGTAIL_CONTENT_LANGUAGES = settings.LANGUAGES = [("en", "English")]
    page = opened(desk, site)
    assert "In other languages" not in page.get_text()
    assert page.find(id="personalise-banner-language") is None
    posted = {name: value for name, value in site_form(service_name="A").items() if not name.startswith("wordings")}
    assert desk.post(edit_address(site), posted).status_code == 302
    assert saved(site).service_name == "A"


def test_words_written_before_are_shown_to_a_site_that_is_left_with_one_language(
    desk: Client, site: Site, settings: Any
) -> None:
    desk.post(edit_address(site), site_form(CY))
    settings.WAGTAIL_CONTENT_LANGUAGES = settings.LANGUAGES = [("en", "English")]
    assert "In other languages" in opened(desk, site).get_text()


def test_a_form_without_words_by_language_leaves_those_that_are_there(desk: Client, site: Site) -> None:
    desk.post(edit_address(site), site_form(CY))
    assert desk.post(edit_address(site), {"holdout_percent": "5"}).status_code == 302
    assert saved(site).holdout_percent == 5
    assert saved(site).words().in_language("cy").service_name == "Asiantaeth"


# Who may


def test_it_is_for_those_whom_wagtail_lets_change_settings(
    desk_of: Callable[..., Client], site: Site, home: AgencyPage
) -> None:
    assert desk_of("change_segment").get(edit_address(site)).status_code == 302
    assert desk_of("change_personalisationsettings").get(edit_address(site)).status_code == 200


# What the history says


def entries(site: Site) -> list[str]:
    with translation.override("en"):
        return [
            str(registry.get_formatter(entry).format_message(entry))
            for entry in ModelLogEntry.objects.filter(action="wagtail_personalise_gov.change_site").order_by("pk")
        ]


def test_the_history_says_what_was_changed_and_by_whom(desk: Client, site: Site, admin: Any) -> None:
    desk.post(edit_address(site), site_form(CY, responsible="Ms Smith", policy_link="/privacy/"))
    [entry] = ModelLogEntry.objects.filter(action="wagtail_personalise_gov.change_site")
    assert entry.user == admin
    assert entry.label == f"Personalisation of {site}"
    [said] = entries(site)
    assert set(said.removeprefix("Changed what the site says of itself: ").split(", ")) == {
        "Who is responsible",
        "Privacy policy",
        "Name of the service (Cymraeg)",
        "First words of the banner (Cymraeg)",
    }
    assert "Smith" not in str(entry.data)  # that it was changed, and not whose name it was
    history = desk.get("/admin/reports/site-history/").content.decode()
    assert "Changed what the site says of itself: " in history


def test_the_history_names_words_that_were_deleted(desk: Client, site: Site) -> None:
    desk.post(edit_address(site), site_form(CY))
    desk.post(edit_address(site), saved_form(saved(site)) | {"wordings-0-DELETE": "1"})
    assert entries(site)[-1] == "Changed what the site says of itself: all words in Cymraeg"


def test_what_is_saved_unchanged_is_not_said_to_be_changed(desk: Client, site: Site) -> None:
    desk.post(edit_address(site), site_form(CY, service_name="Agency"))
    before = entries(site)
    assert desk.post(edit_address(site), saved_form(saved(site))).status_code == 302
    assert entries(site) == before
