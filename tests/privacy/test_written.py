"""Editors write their words in one language. On a page in another, these are marked with it, and nothing else is."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client
from django.utils.functional import lazystr
from django.utils.translation import override

from tests.agency.models import AgencyPage
from tests.factories import hero, make_page, make_segment, personalised
from wagtail_personalise_gov.core.facts import Fact
from wagtail_personalise_gov.core.site_words import SiteWords, Wording
from wagtail_personalise_gov.models import FirstTimeVisitorRule, Segment
from wagtail_personalise_gov.privacy.why import GroupWords, Why
from wagtail_personalise_gov.wording import words
from wagtail_personalise_gov.wording.written import Written, marked, meaning_of, quoting

LANGUAGES = [("en", "English"), ("cy", "Welsh"), ("ar", "Arabic")]
NAME, WHY, WHAT, OWNER = "Newcomers & co", "Because of <them>.", "They see a welcome.", "Welcome team"
MARK = '<span lang="en" dir="ltr"'
VOID = ("meta", "link", "input", "br", "img", "hr")


class Languages(HTMLParser):
    """The texts of a page, each with the language and the direction that hold for it."""

    def __init__(self) -> None:
        super().__init__()
        self.around: list[tuple[str, str]] = [("", "")]
        self.texts: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            given, (language, direction) = dict(attrs), self.around[-1]
            self.around.append((given.get("lang") or language, given.get("dir") or direction))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self.around.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append((" ".join(data.split()), *self.around[-1]))


def of(html: str, text: str) -> set[tuple[str, str]]:
    """In which languages and directions a text stands in a page."""
    reading = Languages()
    reading.feed(html)
    return {(language, direction) for data, language, direction in reading.texts if data == text}


@pytest.fixture(autouse=True)
def languages(settings: Any) -> None:
    settings.LANGUAGE_CODE = "en"
    settings.LANGUAGES = settings.WAGTAIL_CONTENT_LANGUAGES = LANGUAGES


@pytest.fixture
def newcomers(home: AgencyPage) -> Segment:
    segment = make_segment(
        "newcomers",
        FirstTimeVisitorRule(),
        public_name=NAME,
        purpose=WHY,
        public_explanation=WHAT,
        owner=OWNER,
        by_editor=True,  # the change log is read from the history
    )
    make_page("All", ("offer", personalised(hero("1"), (segment, hero("2")))), parent=home, slug="all")
    return segment


@pytest.mark.parametrize("path", ["/personalisation/", "/personalisation/register/"])
def test_the_words_of_editors_are_in_the_language_of_the_site_on_a_page_in_another(
    client: Client, newcomers: Segment, path: str
) -> None:
    html = client.get(f"{path}?lang=cy").content.decode()
    for text in (NAME, WHY, WHAT):
        assert of(html, text) == {("en", "ltr")}
    assert MARK not in client.get(path).content.decode()


def test_the_change_log_marks_the_name_and_not_the_sentence(client: Client, newcomers: Segment) -> None:
    html = client.get("/personalisation/?lang=cy").content.decode()
    changes = html.partition('class="personalise-changes"')[2].partition("</ul>")[0]
    assert re.search(rf"</time> [^<]*{MARK}>Newcomers &amp; co</span>[^<]+</li>", changes)


def test_what_we_say_ourselves_is_not_marked(client: Client, home: AgencyPage) -> None:
    segment = make_segment("newcomers", FirstTimeVisitorRule(), public_name="")
    make_page("All", ("offer", personalised(hero("1"), (segment, hero("2")))), parent=home, slug="all")
    html = client.get("/personalisation/?lang=cy").content.decode()
    assert '<html lang="cy"' in html
    assert MARK not in html


def test_where_our_own_words_are_in_the_sites_language_too_nothing_is_marked_twice(
    client: Client, newcomers: Segment
) -> None:
    html = client.get("/personalisation/?lang=ar").content.decode()  # which our words are not in
    assert '<html lang="ar"' in html
    assert of(html, NAME) == {("en", "ltr")}
    assert MARK not in html


def test_words_from_the_right_say_so(client: Client, newcomers: Segment, settings: Any) -> None:
    settings.LANGUAGE_CODE = "ar"
    html = client.get("/personalisation/?lang=cy").content.decode()
    for text in (NAME, WHY, WHAT):
        assert of(html, text) == {("ar", "rtl")}
    html = client.get("/personalisation/?lang=ar").content.decode()  # our own words are marked as English there
    assert of(html, NAME) == {("ar", "rtl")}


def test_why_and_the_notice_mark_the_group() -> None:
    group = GroupWords(Written(NAME), Written(WHAT), (), False, ())
    template = "{% include 'wagtail_personalise_gov/blocks/why.html' %}"
    with override("cy"):
        html = Template(template).render(Context({"why": Why(group, ())}))
    assert of(html, NAME) == of(html, WHAT) == {("en", "ltr")}
    with override("en"):
        html = Template(template).render(Context({"why": Why(group, ())}))
    assert of(html, NAME) == of(html, WHAT) == {("", "")}
    with override("cy"):
        notice = render_to_string("wagtail_personalise_gov/asked.html", {"seen_by": "newcomers", "group": group.name})
    assert f"“{MARK}>Newcomers &amp; co</span>”" in notice


def test_the_banner_marks_what_the_site_says_in_no_other_language(monkeypatch: pytest.MonkeyPatch) -> None:
    said = SiteWords(
        Wording(banner_heading="Hello", banner_introduction="We help.\nAlways."),
        {"cy": Wording(banner_heading="Helo")},
    )
    monkeypatch.setattr(words, "site_words", lambda visit: said)
    with override("cy"):
        own = words.wording(None)
        assert marked(own.banner_heading) == "Helo"
        assert marked(own.banner_introduction, "linebreaksbr") == '<span lang="en" dir="ltr">We help.<br>Always.</span>'
    with override("en"):
        assert marked(words.wording(None).banner_introduction, "linebreaksbr") == "We help.<br>Always."


def test_the_meaning_of_a_fact_is_in_the_sites_language_unless_it_was_made_to_be_translated() -> None:
    assert isinstance(meaning_of(Fact("own.tide", "how high the river is")), Written)
    assert not isinstance(meaning_of(Fact("own.tide", lazystr("how high the river is"))), Written)


def test_a_sentence_is_escaped_with_the_words_in_it() -> None:
    with override("cy"):
        html = marked(quoting("<“%(name)s”>", name=Written("a<b")))
    assert html == '&lt;“<span lang="en" dir="ltr">a&lt;b</span>”&gt;'
