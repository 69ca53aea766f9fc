"""What Northmoor says of itself: in English on its English pages, in Welsh on its Welsh one."""

from bs4 import BeautifulSoup
from django.core.management import call_command
from django.test import Client
from django.utils import translation
from wagtail.models import Site

from wagtail_personalise_gov.models import PersonalisationSettings
from wagtail_personalise_gov.models.site_needs import site_needs
from wagtail_personalise_gov.models.site_settings import languages

from .test_stories import WithItsDemoBar


def link_to_the_choice(path: str) -> str:
    page = BeautifulSoup(Client().get(path).content, "html.parser")
    return page.select_one("footer .personalise-link").get_text()


class TestSiteWords(WithItsDemoBar):
    def test_english_pages_say_it_in_english(self) -> None:
        page = BeautifulSoup(Client().get("/").content, "html.parser")
        banner = page.select_one(".govuk-cookie-banner")
        assert banner.h2.get_text() == "How Northmoor Council adapts to you"
        assert banner.p.get_text() == "We want you to find what you came for."
        assert link_to_the_choice("/") == "How Northmoor Council adapts to you"

    def test_the_welsh_page_says_it_in_welsh(self) -> None:
        assert "Cyngor Northmoor" in link_to_the_choice("/cy/")
        assert "Northmoor Council" not in link_to_the_choice("/cy/")

    def test_it_says_who_answers_for_it_so_that_nothing_is_missing(self) -> None:
        about = BeautifulSoup(Client().get("/personalisation/").content, "html.parser").get_text(" ")
        assert "Digital Services team, Northmoor Council" in about
        assert "digital@northmoor.example.gov" in about
        assert list(site_needs()) == []

    def test_every_language_of_the_site_has_its_words(self) -> None:
        words = PersonalisationSettings.for_site(Site.objects.get(is_default_site=True)).words()
        assert {words.in_language(code).service_name for code, _name in languages()} == {
            "Northmoor Council",
            "Cyngor Northmoor",
        }
        with translation.override("cy"):
            assert words.in_language(translation.get_language()).policy_link == "/about-this-site/"

    def test_content_that_is_made_anew_has_them_once(self) -> None:
        call_command("demo_content", reset=True, verbosity=0)
        assert PersonalisationSettings.objects.count() == 1
