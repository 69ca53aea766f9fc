"""The public register for people: the same for everybody, public, and nothing of the visitor in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from wagtail.models import Site

import wagtail_personalise_gov
from tests.agency.models import AgencyPage
from tests.factories import committed, make_segment
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.models import FirstTimeVisitorRule, LocationRule, PersonalisationSettings, Segment

REGISTER = "/personalisation/register/"
TEMPLATES = Path(wagtail_personalise_gov.__file__).parent / "templates"


@pytest.fixture(autouse=True)
def own_frame(settings: Any) -> None:
    """The package's pages in the frame that they come with; the example site has one of its own."""
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [TEMPLATES]}]


def words(html: str) -> str:
    main = html[html.index('class="personalise-register"') :].partition(">")[2]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", main))).strip()


def read(client: Client, address: str = REGISTER, **headers: Any) -> str:
    response = client.get(address, **headers)
    assert response.status_code == 200
    return words(response.content.decode())


def test_it_names_each_group_who_is_in_it_what_is_read_and_which_pages_change(
    client: Client, full_page: AgencyPage
) -> None:
    make_segment("draft", LocationRule(countries=["FR"]), live=False, public_name="Drafted words")
    with committed():
        riverside = Segment.objects.get(slug="riverside")
        riverside.purpose, riverside.owner = "Because of the flood.", "Flood team"
        riverside.save_revision().publish()
    html = client.get(REGISTER).content.decode()
    said = words(html)
    assert said.startswith("Public register: how Example Agency changes for visitors")
    assert "Pages change for visitors who have not turned this off." in said
    entry = said.rpartition("Who sees something different")[2].partition("What is kept")[0]
    group = entry.partition("Public name of riverside")[2]
    assert "Why Because of the flood." in group
    assert "Responsible Flood team" in group
    assert "The town or city that you seem to be in." in group
    assert '<a href="/full/" hreflang="en" lang="en">Full</a>' in html
    assert "“Public name of riverside” was put to use." in said
    assert "Drafted words" not in said


def test_it_is_public_and_the_same_whoever_asks(client: Client, full_page: AgencyPage) -> None:
    visitor = Client(HTTP_SEC_FETCH_SITE="same-origin", HTTP_SEC_GPC="1")
    visitor.get("/full/")
    visitor.post("/personalisation/choice/", {"choice": "refused"})
    theirs, anybodys = visitor.get(REGISTER), client.get(REGISTER)
    assert theirs.content == anybodys.content
    assert theirs.headers["Cache-Control"] == "public, max-age=60"
    assert "Vary" not in theirs.headers
    assert not theirs.cookies


def test_nothing_of_the_visitor_is_looked_at(
    client: Client, full_page: AgencyPage, everybody_in_riverside: Any
) -> None:
    client.get(REGISTER)
    assert everybody_in_riverside.asked == 0


def test_it_is_kept_private_where_a_sites_own_frame_greets_the_visitor(
    client: Client, full_page: AgencyPage, settings: Any, tmp_path: Path
) -> None:
    base = tmp_path / "wagtail_personalise_gov" / "base.html"
    base.parent.mkdir()
    base.write_text("{{ request.user.username }}{% block content %}{% endblock %}")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path, TEMPLATES]}]
    response = client.get(REGISTER)
    assert "Public name of riverside" in response.content.decode()
    assert "private" in response.headers["Cache-Control"]
    assert "public" not in response.headers["Cache-Control"]


@pytest.mark.parametrize(
    "keys, says",
    [
        ({"MODE": "opt_in"}, "Pages change only for visitors who turned this on."),
        ({"MODE": "off"}, "This is switched off. Every page is the same for everybody."),
        ({"HONOUR_GPC": False}, "This site does not act on Global Privacy Control."),
        ({"HONOUR_DNT": True}, "A browser’s Do Not Track signal counts as turning this off"),
    ],
)
def test_it_follows_the_settings(
    client: Client, full_page: AgencyPage, configure: Callable[..., None], keys: Any, says: str
) -> None:
    assert says not in read(client) or "HONOUR_DNT" in keys
    configure(**keys)
    assert says in read(client)


def test_it_says_that_everything_is_paused(client: Client, full_page: AgencyPage) -> None:
    compiling.pause(by="Ada")
    compiling.holder.check_again()
    said = read(client)
    assert "This is paused at the moment." in said
    assert "Everything was paused." in said
    assert "Ada" not in said


def test_an_empty_site_says_that_nothing_changes(client: Client, home: AgencyPage) -> None:
    said = read(client)
    assert "No page changes to suit visitors at the moment." in said
    assert "Nobody at the moment. Every page is the same for everybody." in said


def test_a_group_that_is_only_counted_and_one_that_nobody_can_be_in_say_so(client: Client, home: AgencyPage) -> None:
    make_segment("learning", FirstTimeVisitorRule(), learning=True)
    make_segment("empty")
    said = read(client)
    assert "None: nothing changes for this group." in said
    assert "Who is in it Nobody at the moment." in said


def test_it_says_who_answers_for_it(client: Client, home: AgencyPage) -> None:
    with committed():
        PersonalisationSettings.objects.create(
            site=Site.objects.get(), responsible="Digital team", contact_email="ask@example.gov"
        )
    said = read(client)
    assert "Responsible Digital team" in said
    assert "ask@example.gov" in said


def test_what_editors_write_is_text(client: Client, home: AgencyPage) -> None:
    make_segment("bold", FirstTimeVisitorRule(), public_name="<b>bold</b>", purpose="<script>", owner="<i>")
    html = client.get(REGISTER).content.decode()
    assert "&lt;b&gt;bold&lt;/b&gt;" in html
    assert not re.search(r"<script>|<b>bold|<i>", html)


def test_it_speaks_the_language_of_its_address_and_offers_the_others(
    client: Client, home: AgencyPage, settings: Any
) -> None:
    settings.WAGTAIL_CONTENT_LANGUAGES = settings.LANGUAGES = [("en", "English"), ("cy", "Welsh")]
    html = client.get(REGISTER).content.decode()
    assert f'<a href="{REGISTER}?lang=cy" lang="cy" hreflang="cy">Cymraeg</a>' in html
    assert "?lang=en" not in html  # it is in English now
    response = client.get(f"{REGISTER}?lang=cy")
    assert response.headers["Content-Language"] == "cy"
    assert '<html lang="cy">' in response.content.decode()
    assert f'<a href="{REGISTER}?lang=en"' in response.content.decode()
    assert response.headers["Cache-Control"] == "public, max-age=60"


def test_it_leads_to_the_choice_to_the_data_and_to_the_schema(client: Client, home: AgencyPage) -> None:
    html = client.get(REGISTER).content.decode()
    for address in ("/personalisation/", "/personalisation/register.json", "/personalisation/register.schema.json"):
        assert f'href="{address}"' in html
        assert client.get(address).status_code == 200


def test_it_only_answers_reading(client: Client, db: None) -> None:
    assert client.post(REGISTER).status_code == 405


@pytest.mark.parametrize("width", [320, 1280])
def test_it_can_be_read_on_a_narrow_screen_and_by_everybody(
    page: Any, live_server: Any, full_page: AgencyPage, width: int, accessibility_faults: Any
) -> None:
    site = Site.objects.get()
    site.hostname, site.port = "localhost", 80
    site.save()
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{live_server.url}{REGISTER}")
    assert accessibility_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    levels = page.evaluate("[...document.querySelectorAll('main h1, main h2, main h3')].map(h => +h.tagName[1])")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
