"""The visitor's side in every language: no English is left over, and our own pages speak as the page before them."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polib
import pytest
from django.http import HttpResponse
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.utils.translation import ngettext, override

from tests.agency.models import AgencyPage, PlainPage
from tests.factories import block_id, hero, make_intent, make_page, make_segment, personalised
from tools.texts import texts
from tools.write_reference import example_rules
from wagtail_personalise_gov.models import (
    FirstTimeVisitorRule,
    LocationRule,
    Segment,
    SegmentRule,
    VisitIntentRule,
)
from wagtail_personalise_gov.wording import speaking

PACKAGE = Path(speaking.__file__).parent.parent
BRACKETED = "ar"  # the language in which every text of ours stands in brackets here; written from the right
OPEN, CLOSE = "⟦", "⟧"
HEARD = ("aria-label", "alt", "title", "placeholder")
DATA = ("Riverside",)  # what the geo provider of these tests tells of everybody
NOT_READ = ("script", "style", "code", "template")
HEADINGS = {"cy": "Sut mae Example Agency yn addasu i chi", "fr": "Comment Example Agency s’adapte à vous"}
NEVER = {"HTTP_SEC_FETCH_SITE": "cross-site"}


class Reading(HTMLParser):
    """The texts of a page as they are read and heard, in their order; but for what is marked as another language's."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.html: dict[str, str | None] = {}
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.html = given
        if tag in NOT_READ or (tag != "html" and "lang" in given):
            self.inside.append(tag)
        self.texts += [given[name] or "" for name in HEARD if name in given]

    def handle_endtag(self, tag: str) -> None:
        if tag in self.inside:
            self.inside.remove(tag)

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.texts.append(data)


def read(html: str) -> Reading:
    reading = Reading()
    reading.feed(html)
    return reading


def left_over(*read_or_heard: str) -> list[str]:
    """The words outside brackets. A text with a link in it goes on over several pieces, so they are read as one."""
    depth, outside = 0, ""
    for letter in "\n".join(read_or_heard):
        if letter == OPEN:
            depth += 1
        elif letter == CLOSE:
            depth -= 1
        elif depth == 0:
            outside += letter
        if letter in (OPEN, CLOSE):
            outside += " "
    lines = [line.strip() for line in outside.split("\n")]
    return [line for line in lines if re.search(r"[A-Za-z]{2}", line) and line not in DATA]


@pytest.fixture(scope="session")
def catalog_of_brackets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Translations in which everything that visitors read stands in brackets."""
    catalog = polib.POFile()
    catalog.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    for text, where in texts().items():
        if where.visitors:
            entry = polib.POEntry(msgid=text.singular, msgctxt=text.context or None, msgid_plural=text.plural)
            if text.plural:
                entry.msgstr_plural = {0: bracketed(text.singular), 1: bracketed(text.plural)}
            else:
                entry.msgstr = bracketed(text.singular)
            catalog.append(entry)
    folder = tmp_path_factory.mktemp("locale")
    (folder / BRACKETED / "LC_MESSAGES").mkdir(parents=True)
    catalog.save_as_mofile(str(folder / BRACKETED / "LC_MESSAGES" / "django.mo"))
    return folder


def bracketed(text: str) -> str:
    return f"{OPEN}{text}{CLOSE}"


@pytest.fixture
def in_brackets(settings: Any, catalog_of_brackets: Path, configure: Callable[..., None]) -> None:
    """The whole site speaks that language. Our own pages stand in our own frame, not in the example site's."""
    settings.LOCALE_PATHS = [catalog_of_brackets]
    settings.LANGUAGES = settings.WAGTAIL_CONTENT_LANGUAGES = [(BRACKETED, "Arabic"), ("en", "English")]
    settings.LANGUAGE_CODE = BRACKETED
    settings.TEMPLATES = [{**engine, "DIRS": [PACKAGE / "templates"]} for engine in settings.TEMPLATES]
    configure(SERVICE_NAME=bracketed("Agency"), SAY_WHY=True)


@pytest.fixture
def page_in_brackets(in_brackets: None, home: AgencyPage) -> AgencyPage:
    """At /all/: a place, a first visit and an intent are asked, both questions stand there, all data in brackets."""
    named = {"public_name": bracketed("group"), "purpose": bracketed("purpose"), "owner": bracketed("owner")}
    riverside = make_segment("riverside", LocationRule(cities=["Riverside"]), **named)
    make_segment("newcomers", FirstTimeVisitorRule(), SegmentRule(other=riverside), **named)
    openers = make_segment(
        "openers", VisitIntentRule(intent=make_intent("open", question_label=bracketed("Open"))), **named
    )
    offer = personalised(hero("1"), (openers, hero("2")), (riverside, hero("3")))
    hilltop = {"label": bracketed("Hilltop"), "country": "GB", "subdivision": "", "city": bracketed("Hilltop")}
    question = {"heading": bracketed("heading"), "hint": bracketed("hint")}
    return make_page(
        bracketed("All"),
        ("offer", offer),
        ("intent_question", question),
        (
            "place_question",
            {**question, "places": [{"type": "item", "value": hilltop, "id": block_id("place", 0)}]},
        ),
        parent=home,
        slug="all",
    )


# Nothing is left in English


def chosen(preference: str, **fields: str) -> Callable[[Client], None]:
    def choose(client: Client) -> None:
        client.post("/personalisation/choice/", {"choice": preference, **fields})

    return choose


def told(client: Client) -> None:
    client.post("/personalisation/intent/", {"intent": "open"})
    client.post("/personalisation/place/", {"city": bracketed("Hilltop"), "country": "GB"})


def nothing(client: Client) -> None:
    pass


@pytest.mark.parametrize(
    "before, keys, headers",
    [
        pytest.param(nothing, {}, {}, id="new"),
        pytest.param(nothing, {"MODE": "opt_in"}, {}, id="opt-in"),
        pytest.param(nothing, {"COUNTING": True}, {}, id="counting"),
        pytest.param(nothing, {"MODE": "opt_in", "COUNTING": True}, {}, id="opt-in, counting"),
        pytest.param(nothing, {"MODE": "off"}, {}, id="off"),
        pytest.param(nothing, {"BANNER": "everywhere"}, {"HTTP_SEC_GPC": "1"}, id="GPC"),
        pytest.param(nothing, {}, {"HTTP_DNT": "1"}, id="DNT"),
        pytest.param(nothing, {"POLICY_VERSION": 2, "HONOUR_GPC": False, "HONOUR_DNT": False}, {}, id="no signals"),
        pytest.param(chosen("allowed"), {}, {}, id="allowed"),
        pytest.param(chosen("allowed"), {}, {"HTTP_SEC_GPC": "1"}, id="allowed, GPC"),
        pytest.param(chosen("refused"), {}, {}, id="refused"),
        pytest.param(chosen("refused", counting="allowed"), {"COUNTING": True}, {}, id="refused, counted"),
        pytest.param(told, {}, {}, id="told"),
        pytest.param(told, {"COUNTING": True}, {}, id="told, counting"),
    ],
)
def test_no_english_is_left_on_a_page_of_the_site_or_on_the_page_about_it(
    visitor: Client,
    page_in_brackets: AgencyPage,
    configure: Callable[..., None],
    before: Callable[[Client], None],
    keys: dict[str, Any],
    headers: dict[str, str],
) -> None:
    configure(**keys)
    before(visitor)
    for path in ("/all/", "/all/", "/personalisation/?back=/all/", "/personalisation/register/"):
        response = visitor.get(path, HTTP_REFERER="http://testserver/all/", **headers)
        html = response.content.decode()
        assert response.status_code == 200
        assert OPEN in html
        assert left_over(*read(html).texts) == [], path


@pytest.mark.parametrize("query", ["personalise=standard", "personalise_as=riverside"])
def test_no_english_is_left_where_another_version_is_asked_for(
    visitor: Client, page_in_brackets: AgencyPage, query: str
) -> None:
    html = visitor.get(f"/all/?{query}").content.decode()
    assert "personalise-asked" in html
    assert left_over(*read(html).texts) == []


@pytest.mark.parametrize(
    "path, fields, headers, status",
    [
        ("choice", {"choice": "allowed"}, {"HTTP_SEC_FETCH_SITE": ""}, 403),
        ("choice", {"choice": "allowed", "counting": "allowed"}, {"HTTP_SEC_FETCH_SITE": ""}, 403),
        ("choice", {"choice": "refused", "counting": "allowed"}, {"HTTP_SEC_FETCH_SITE": ""}, 403),
        ("choice", {"counting": "allowed"}, {"HTTP_SEC_FETCH_SITE": ""}, 403),
        ("intent", {"intent": "open"}, {"HTTP_SEC_FETCH_SITE": ""}, 403),
        ("choice", {"choice": "allowed"}, NEVER, 403),
        ("choice", {"choice": "perhaps"}, {}, 400),
        ("choice", {"counting": "perhaps"}, {}, 400),
        ("intent", {}, {}, 400),
        ("intent", {"intent": "gone"}, {}, 400),
        ("place", {"place": "perhaps"}, {}, 400),
        ("place", {"country": "XX"}, {}, 400),
        ("place", {"country": "FR", "subdivision": "GB-WLS"}, {}, 400),
        ("place", {"city": "x" * 60}, {}, 400),
    ],
)
def test_no_english_is_left_where_a_form_does_not_work(
    visitor: Client,
    page_in_brackets: AgencyPage,
    path: str,
    fields: dict[str, str],
    headers: dict[str, str],
    status: int,
) -> None:
    response = visitor.post(f"/personalisation/{path}/", fields, **headers)
    assert response.status_code == status
    assert left_over(*read(response.content.decode()).texts) == []


@pytest.mark.parametrize("negated", [False, True], ids=["", "negated"])
@pytest.mark.django_db
def test_no_english_is_left_in_what_rules_say(in_brackets: None, negated: bool) -> None:
    for rule in example_rules():
        rule.negated = negated
        if negated or not isinstance(rule, SegmentRule):  # which says the other segment's name, an editor's
            assert left_over(rule.public_sentence()) == [], type(rule).__name__


def test_what_is_left_over_is_found() -> None:
    """The tests above would pass too if this found nothing."""
    assert left_over("⟦You can ", "change this", "⟧ now", "⟦a ⟦b⟧ c⟧") == ["now"]
    assert left_over("Hide", "⟦x⟧") == ["Hide"]
    assert left_over("١٢", "– 12") == []


# From the right


@pytest.mark.parametrize("path", ["/personalisation/", "/personalisation/register/"])
def test_our_own_pages_are_written_from_the_right(in_brackets: None, db: None, visitor: Client, path: str) -> None:
    assert read(visitor.get(path).content.decode()).html == {"lang": BRACKETED, "dir": "rtl"}
    assert read(visitor.get(path, {"lang": "en"}).content.decode()).html == {"lang": "en"}


# The language of our own pages


@pytest.fixture
def languages(settings: Any) -> None:
    settings.LANGUAGES = [("en", "English"), ("cy", "Cymraeg"), ("fr", "Français"), ("de", "Deutsch")]


def rendered(source: str, language: str) -> str:
    request = RequestFactory().get("/")
    with override(language):
        return Template(f"{{% load personalise %}}{source}").render(Context({"request": request}))


@pytest.mark.parametrize("language", ["cy", "fr"])
def test_a_page_leads_to_ours_in_its_own_language(visitor: Client, languages: None, language: str, db: None) -> None:
    link = rendered("{% personalise_link %}", language)
    address = re.search(r'href="([^"]+)"', link)
    assert address is not None
    assert address[1] == f"/personalisation/?lang={language}"
    response = visitor.get(address[1])
    html = response.content.decode()
    assert f">{HEADINGS[language]}</h1>" in html
    assert response.headers["Content-Language"] == language
    # and on from there, back to it and to what a form says
    assert f'action="/personalisation/choice/?lang={language}"' in html
    assert f'value="/personalisation/?lang={language}"' in html


def test_the_language_of_the_site_is_not_said(languages: None, db: None, visitor: Client) -> None:
    assert 'href="/personalisation/"' in rendered("{% personalise_link %}", "en")
    assert 'href="/personalisation/"' in rendered("{% personalise_link %}", "en-gb")
    assert "How Example Agency adapts to you</h1>" in visitor.get("/personalisation/").content.decode()


@pytest.mark.parametrize("asked", ["xx", "it", "", "cy'\"><b>", "CY", "../cy", "cy\x00"])
def test_a_language_that_the_site_does_not_have_is_not_spoken(
    visitor: Client, languages: None, db: None, asked: str
) -> None:
    response = visitor.get("/personalisation/", {"lang": asked})
    assert response.status_code == 200
    assert "How Example Agency adapts to you</h1>" in response.content.decode()


def test_a_form_that_does_not_work_says_so_in_the_language_of_its_page(
    visitor: Client, languages: None, db: None
) -> None:
    bad = visitor.post("/personalisation/choice/?lang=cy", {"choice": "perhaps"})
    assert "Ni weithiodd hynny" in bad.content.decode()
    assert 'href="/personalisation/?lang=cy"' in bad.content.decode()


def test_who_is_asked_once_more_is_asked_in_the_language_of_the_page_twice(languages: None, db: None) -> None:
    again = Client().post("/personalisation/choice/?lang=cy", {"choice": "allowed"})
    html = again.content.decode()
    assert "Ai chi oedd hwn?" in html
    assert 'action="/personalisation/choice/?lang=cy"' in html


def test_after_a_form_without_a_page_to_go_back_to_the_language_stays(
    visitor: Client, languages: None, db: None
) -> None:
    response = visitor.post("/personalisation/choice/?lang=cy", {"choice": "refused"})
    assert response.headers["Location"] == "/personalisation/?lang=cy"


def test_the_next_request_speaks_the_language_of_the_site_again(visitor: Client, languages: None, db: None) -> None:
    visitor.get("/personalisation/?lang=cy")
    assert "How Example Agency adapts to you</h1>" in visitor.get("/personalisation/").content.decode()


def test_the_link_reads_the_same_for_everybody_and_makes_no_page_private(
    visitor: Client, plain_page: PlainPage, riverside: Segment, languages: None
) -> None:
    response: HttpResponse = visitor.get("/plain/")
    assert "private" not in response.headers.get("Cache-Control", "")
    assert not response.cookies
    assert rendered("{% personalise_link %}", "cy") == rendered("{% personalise_link %}", "cy")


# Where there is no translation


@pytest.mark.parametrize(
    "language, site, spoken",
    [
        ("en", "en", "en"),
        ("en-gb", "en", "en-gb"),
        ("cy", "en", "cy"),
        ("es-mx", "en", "es-mx"),
        ("de", "en", "en"),  # nobody has translated us into German
        ("de", "cy", "cy"),  # Django falls back on the site's own language
        ("en", "cy", "en"),
        ("de", "de", "en"),
        ("fr", "de", "fr"),
    ],
)
def test_the_language_that_our_words_are_in(settings: Any, language: str, site: str, spoken: str) -> None:
    settings.LANGUAGE_CODE = site
    settings.LANGUAGES = [
        *settings.LANGUAGES
    ]  # so that what Django has loaded is loaded anew, with this to fall back on
    with override(language):
        assert speaking.spoken() == spoken


def test_a_translation_of_the_sites_own_counts(settings: Any, in_brackets: None) -> None:
    with override(BRACKETED):
        assert speaking.spoken() == BRACKETED


def test_our_words_are_marked_on_a_page_in_a_language_that_we_lack(languages: None, db: None) -> None:
    mark = "<p{% personalise_language %}>"
    assert rendered(mark, "de") == '<p lang="en" dir="ltr">'
    assert rendered(mark, "ar") == '<p lang="en" dir="ltr">'
    assert rendered(mark, "cy") == "<p>"
    assert rendered(mark, "en-gb") == "<p>"


def test_the_banner_on_such_a_page_is_marked(
    visitor: Client, agency_page: AgencyPage, languages: None, settings: Any
) -> None:
    settings.LANGUAGE_CODE = "de"
    html = visitor.get("/flood/").content.decode()
    banner = re.search(r"<div class=\"govuk-cookie-banner[^>]*>", html)
    assert banner is not None
    assert 'lang="en" dir="ltr"' in banner[0]


# Plurals


@pytest.mark.parametrize(
    "language, number, said",
    [
        ("cy", 1, "1 diwrnod"),
        ("cy", 2, "2 ddiwrnod"),
        ("cy", 3, "3 diwrnod"),
        ("cy", 8, "8 diwrnod"),
        ("cy", 183, "183 diwrnod"),
        ("es", 1, "1 día"),
        ("es", 0, "0 días"),
        ("fr", 0, "0 jour"),
        ("fr", 2, "2 jours"),
    ],
)
def test_days_are_counted_as_the_language_counts(language: str, number: int, said: str) -> None:
    with override(language):
        assert ngettext("%d day", "%d days", number) % number == said
