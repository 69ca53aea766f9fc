"""The public register as data: the same for everybody, true to what is live, and as its published schema says."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from jsonschema import Draft202012Validator
from wagtail.models import Page, PageViewRestriction, Site

from tests.agency.models import AgencyPage, AskRule, PlainPage
from tests.factories import committed, hero, make_page, make_segment, personalised
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.models import (
    AccountRule,
    FirstTimeVisitorRule,
    Goal,
    LocationRule,
    PagesViewedRule,
    PersonalisationSettings,
    Segment,
    SegmentRule,
    TimeOfDayRule,
)
from wagtail_personalise_gov.privacy.register import SCHEMA as SCHEMA_FILE

REGISTER = "/personalisation/register.json"
SCHEMA = "/personalisation/register.schema.json"


def read(client: Client, address: str = REGISTER, **headers: Any) -> Any:
    """What anybody gets, checked against what the site publishes of its form."""
    schema = client.get(SCHEMA).json()
    Draft202012Validator.check_schema(schema)
    data = client.get(address, **headers).json()
    problems = [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(data)]
    assert problems == []
    return data


def segment_in(register: Any, slug: str) -> Any:
    return next(segment for segment in register["segments"] if segment["slug"] == slug)


def test_it_says_what_is_live_what_it_reads_and_why(client: Client, home: AgencyPage) -> None:
    with time_machine.travel(datetime(2026, 3, 1, 9, tzinfo=UTC), tick=False):
        abroad = make_segment(
            "abroad",
            LocationRule(countries=["FR"]),
            purpose="So that nobody queues in vain.",
            owner="Web team",
            by_editor=True,
        )
        make_segment("draft", LocationRule(countries=["FR"]), live=False)
        offer = personalised(hero("Standard"), (abroad, hero("Bonjour")))
        make_page("Travel", ("offer", offer), parent=home, slug="travel")
    with time_machine.travel(datetime(2026, 4, 2, 9, 30, 59, tzinfo=UTC), tick=False):
        register = read(client)
    assert (register["version"], register["generated"], register["language"]) == (1, "2026-04-02T09:30Z", "en-gb")
    assert (register["mode"], register["paused"]) == ("opt_out", False)
    (found,) = register["segments"]
    (location,) = found.pop("reads")
    assert found == {
        "slug": "abroad",
        "name": "Public name of abroad",
        "explanation": "",
        "purpose": "So that nobody queues in vain.",
        "owner": "Web team",
        "who": ["People who seem to be in France"],
        "match": "all",
        "pages": [{"title": "Travel", "url": "/travel/", "language": "en"}],
        "since": "2026-03-01",
        "last_changed": "2026-03-01",
        "changes": [
            {
                "when": "2026-03-01T09:00Z",
                "what": "“Public name of abroad” was put to use.",
                "segment": "abroad",
            }
        ],
        "learning": False,
        "held_back_percent": 0,
        "sensitive": False,
    }
    kept = location.pop("kept")
    assert location.pop("read_from")
    assert location == {
        "fact": "location.country",
        "meaning": "the country that you seem to be in",
        "about_visitor": True,
    }
    assert (kept["items"], kept["days"]) == (["place"], None)
    assert register["changes"] == found["changes"]
    assert register["counting"] == {"on": False, "goals": [], "kept_days": 365, "held_back_percent": 0}


def test_what_is_kept_has_its_days_and_what_is_the_same_for_everybody_is_kept_nowhere(
    client: Client, home: AgencyPage, configure: Callable[..., None]
) -> None:
    configure(MEMORY_MAX_AGE_DAYS=90)
    make_segment("newcomers", FirstTimeVisitorRule())
    make_segment("evening", TimeOfDayRule(start=time(18), end=time(22)))
    register = read(client)
    (first,) = segment_in(register, "newcomers")["reads"]
    assert (first["kept"]["items"], first["kept"]["days"]) == (["visits"], 90)
    assert first["read_from"] == "Where it comes from: what is kept on your device."
    (clock,) = segment_in(register, "evening")["reads"]
    assert (clock["about_visitor"], clock["kept"]["items"], clock["kept"]["days"]) == (False, [], None)
    assert register["retention"]["memory_days"] == 90


def test_it_says_who_answers_for_it_on_this_site(
    client: Client, home: AgencyPage, full_page: AgencyPage, configure: Callable[..., None]
) -> None:
    configure(SERVICE_NAME="By the settings", HONOUR_DNT=False, POLICY_VERSION=3)
    register = read(client)
    assert (register["service"], register["responsible"], register["last_reviewed"]) == ("By the settings", "", None)
    assert register["contact"] == {"email": "", "link": ""}
    with committed():
        PersonalisationSettings.objects.create(
            site=Site.objects.get(),
            service_name="Northmoor Council",
            responsible="Digital team",
            contact_email="ask@example.gov",
            policy_link="/privacy/",
            last_reviewed="2026-01-31",
        )
    register = read(client)
    assert register["service"] == "Northmoor Council"
    assert register["responsible"] == "Digital team"
    assert register["contact"] == {"email": "ask@example.gov", "link": ""}
    assert register["last_reviewed"] == "2026-01-31"
    assert register["policy"] == {"version": 3, "link": "/privacy/"}
    assert register["signals"] == {"gpc": True, "dnt": False}


def test_its_cookies_are_those_of_the_registry_whatever_this_browser_holds(
    client: Client, full_page: AgencyPage, configure: Callable[..., None]
) -> None:
    client.cookies["personalise_count"] = "x"
    client.cookies["personalise_view_as"] = "x"
    cookies = {cookie["name"]: cookie for cookie in read(client)["cookies"]}
    assert list(cookies) == ["personalise_choice", "personalise_visit", "personalise_memory", "personalise_confirm"]
    assert [cookie["days"] for cookie in cookies.values()] == [365, None, 180, None]
    assert [cookie["read_by_scripts"] for cookie in cookies.values()] == [True, False, False, False]
    configure(COUNTING=True, COOKIE_SECURE=True)
    assert "__Host-personalise_count" in {cookie["name"] for cookie in read(client)["cookies"]}


def test_each_site_has_its_own_pages_and_its_own_words(
    client: Client, home: AgencyPage, agency_page: AgencyPage, riverside: Segment, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "other.example"]
    offer = personalised(hero("Standard"), (riverside, hero("Hello")))
    other = make_page("Other home", ("offer", offer), parent=Page.objects.get(depth=1), slug="other")
    site = Site.objects.create(hostname="other.example", root_page=other, site_name="Other")
    with committed():
        PersonalisationSettings.objects.create(site=site, service_name="Other Council")
    here, there = read(client), read(client, HTTP_HOST="other.example")
    assert [page["title"] for page in segment_in(here, "riverside")["pages"]] == ["Flood"]
    assert [page["title"] for page in segment_in(there, "riverside")["pages"]] == ["Other home"]
    assert (here["service"], there["service"]) == ("Example Agency", "Other Council")


def test_a_draft_a_closed_page_and_an_editors_own_words_stand_nowhere_in_it(
    client: Client, home: AgencyPage, agency_page: AgencyPage, riverside: Segment
) -> None:
    make_segment("hush", LocationRule(cities=["Hushville"]), live=False, name="Hush name", public_name="Hush words")
    drafted = Segment.objects.get(pk=riverside.pk)
    drafted.public_name, drafted.purpose = "Hush rename", "Hush purpose"
    drafted.save_revision()
    page = AgencyPage.objects.get(pk=agency_page.pk)
    page.title = "Hush title"
    page.save_revision()
    offer = personalised(hero("Standard"), (riverside, hero("Hello")))
    closed = make_page("Hush page", ("offer", offer), parent=home, slug="hush-page")
    PageViewRestriction.objects.create(page=closed, restriction_type=PageViewRestriction.LOGIN)
    editor = User.objects.create_user("hush", first_name="Hush")
    Segment.objects.get(pk=riverside.pk).save_revision(user=editor).publish(user=editor, skip_permission_checks=True)
    text = json.dumps(read(client))
    assert "Public name of riverside" in text
    assert "hush" not in text.lower()
    assert "Name of riverside" not in text.replace("Public name of riverside", "")


def test_a_change_of_a_segment_shows_at_once_and_its_end_takes_it_away(client: Client, full_page: AgencyPage) -> None:
    riverside = Segment.objects.get(slug="riverside")
    with committed():
        riverside.purpose = "Because of the flood."
        riverside.save_revision().publish()
    assert segment_in(read(client), "riverside")["purpose"] == "Because of the flood."
    with committed():
        Segment.objects.get(slug="riverside").archive()
    register = read(client)
    assert "riverside" not in [segment["slug"] for segment in register["segments"]]
    assert register["changes"][0]["what"] == "“Public name of riverside” is no longer used."


@pytest.mark.parametrize("mode", ["opt_out", "opt_in", "off"])
@pytest.mark.parametrize("counting", [False, True])
@pytest.mark.parametrize("store", ["SignedCookieStore", "DjangoSessionStore"])
def test_it_is_what_its_schema_says_in_every_state(
    client: Client, full_page: AgencyPage, configure: Callable[..., None], mode: str, counting: bool, store: str
) -> None:
    configure(MODE=mode, COUNTING=counting, VISITOR_STORE=f"wagtail_personalise_gov.visit.stores.{store}")
    make_segment("learning", FirstTimeVisitorRule(), learning=True, holdout_percent=10)
    make_segment("inner", SegmentRule(other=Segment.objects.get(slug="riverside")), public_name="")
    make_segment("joined", AccountRule(), FirstTimeVisitorRule())
    make_segment("theirs", AskRule(question={"fact": "request.path", "op": "matches", "value": ["/full/*"]}))
    make_segment("nobody")
    Goal.objects.create(name="Applied", slug="applied", kind=Goal.LINK, link="https://example.com", live=True)
    register = read(client)
    assert register["mode"] == mode
    assert len(register["segments"]) == 8
    assert [goal["slug"] for goal in register["counting"]["goals"]] == (["applied"] if counting else [])
    assert (register["retention"]["tallies_days"] is not None) == counting


def test_an_empty_site_has_one_too(client: Client, home: AgencyPage) -> None:
    register = read(client)
    assert (register["segments"], register["changes"], register["attributions"]) == ([], [], [])


def test_a_schema_that_is_not_met_is_noticed(client: Client, full_page: AgencyPage) -> None:
    validator = Draft202012Validator(client.get(SCHEMA).json())
    register = client.get(REGISTER).json()
    assert validator.is_valid(register)
    for change in ({"mode": "on"}, {"version": 2}, {"segments": [{}]}, {"generated": "yesterday"}):
        assert not validator.is_valid({**register, **change})
    del register["segments"][0]["reads"][0]["kept"]
    assert not validator.is_valid(register)


def test_what_is_stopped_reads_nothing_and_says_so(
    client: Client, home: AgencyPage, plain_page: PlainPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_segment("readers", PagesViewedRule(what="page", page=Page.objects.get(pk=plain_page.pk)))
    make_segment("joined", AccountRule(), FirstTimeVisitorRule())
    register = read(client)
    assert [read["fact"] for read in segment_in(register, "readers")["reads"]] == ["visit.pages"]
    assert segment_in(register, "joined")["reads"] == []
    monkeypatch.setattr(PlainPage, "sensitive", True, raising=False)
    readers = segment_in(read(client), "readers")
    assert (readers["reads"], readers["sensitive"]) == ([], True)
    assert readers["who"] == ["Nobody at the moment: this can’t be told"]


def test_it_is_public_and_the_same_bytes_for_everybody(client: Client, full_page: AgencyPage) -> None:
    visitor = Client(HTTP_SEC_FETCH_SITE="same-origin", HTTP_SEC_GPC="1", HTTP_ACCEPT_LANGUAGE="cy")
    visitor.get("/full/")
    visitor.post("/personalisation/choice/", {"choice": "refused"})
    with time_machine.travel(datetime(2026, 4, 2, tzinfo=UTC), tick=False):
        theirs, anybodys = visitor.get(REGISTER), client.get(REGISTER)
    assert theirs.content == anybodys.content
    assert theirs.headers["Cache-Control"] == "public, max-age=60"
    assert "Vary" not in theirs.headers
    assert not theirs.cookies


def test_it_speaks_the_language_of_its_address_and_of_nothing_else(client: Client, full_page: AgencyPage) -> None:
    assert read(client, HTTP_ACCEPT_LANGUAGE="cy")["language"] == "en-gb"
    response = client.get(f"{REGISTER}?lang=cy")
    assert (response.json()["language"], response.headers["Content-Language"]) == ("cy", "cy")
    assert read(client, f"{REGISTER}?lang=xx")["language"] == "en-gb"


def test_it_says_when_everything_is_paused(client: Client, full_page: AgencyPage) -> None:
    compiling.pause(by="a test")
    compiling.holder.check_again()
    register = read(client)
    assert register["paused"] is True
    assert {segment["slug"] for segment in register["segments"]} == {"riverside", "newcomers", "openers"}
    assert register["changes"][0]["what"] == "Everything was paused."


def test_it_and_its_schema_only_answer_reading(client: Client, db: None) -> None:
    assert client.post(REGISTER).status_code == 405
    assert client.post(SCHEMA).status_code == 405
    assert client.head(SCHEMA).status_code == 200


def test_the_schema_names_no_other_host(client: Client, db: None) -> None:
    response = client.get(SCHEMA)
    assert response.headers["Content-Type"] == "application/schema+json; charset=utf-8"
    assert response.headers["Cache-Control"] == "public, max-age=3600"
    assert "://" not in response.content.decode()


def test_the_documentation_publishes_the_same_schema() -> None:
    published = Path(__file__).resolve().parents[2] / "docs" / "reference" / "register.schema.json"
    assert published.read_text() == SCHEMA_FILE.read_text(), "Run 'python tools/write_reference.py'."


def test_twenty_segments_cost_no_more_queries_than_one(client: Client, home: AgencyPage) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(REGISTER)
        return len(asked)

    first = make_segment("first", LocationRule(countries=["FR"]))
    offer = personalised(hero("Standard"), (first, hero("Bonjour")))
    make_page("Travel", ("offer", offer), parent=home, slug="travel")
    client.get(REGISTER)
    one = queries()
    for number in range(20):
        other = make_segment(f"other-{number}", LocationRule(countries=["FR"]))
        offer = personalised(hero("Standard"), (other, hero("Bonjour")))
        make_page(f"Travel {number}", ("offer", offer), parent=home, slug=f"travel-{number}")
    client.get(REGISTER)
    assert queries() == one
