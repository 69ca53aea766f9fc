"""The public register: data for anybody, the same for everybody."""

from django.test import Client

from tests.agency.models import AgencyPage
from tests.factories import make_segment
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.models import LocationRule

REGISTER = "/personalisation/register.json"


def test_it_says_what_is_live_what_it_reads_and_why(client: Client, home: AgencyPage) -> None:
    make_segment("abroad", LocationRule(countries=["FR"]), purpose="So that nobody queues in vain.", owner="Web team")
    make_segment("draft", LocationRule(countries=["FR"]), live=False)
    register = client.get(REGISTER).json()
    assert register["mode"] == "opt_out"
    assert register["paused"] is False
    (abroad,) = register["segments"]
    since = abroad.pop("since")
    assert len(since) == len("2026-03-01")
    assert abroad == {
        "slug": "abroad",
        "name": "Public name of abroad",
        "explanation": "",
        "purpose": "So that nobody queues in vain.",
        "owner": "Web team",
        "who": ["People who seem to be in France"],
        "match": "all",
        "reads": [{"fact": "location.country", "meaning": "the country that you seem to be in"}],
        "learning": False,
        "held_back_percent": 0,
    }
    assert register["counting"] == {"on": False, "goals": [], "kept_days": 365, "held_back_percent": 0}


def test_it_is_public_and_the_same_for_everybody(client: Client, full_page: AgencyPage) -> None:
    client.get("/full/")
    response = client.get(REGISTER, HTTP_SEC_GPC="1")
    assert response.headers["Cache-Control"] == "public, max-age=60"
    assert "Vary" not in response.headers
    assert not response.cookies


def test_it_says_when_everything_is_paused(client: Client, full_page: AgencyPage) -> None:
    compiling.pause(by="a test")
    compiling.holder.check_again()
    register = client.get(REGISTER).json()
    assert register["paused"] is True
    assert {segment["slug"] for segment in register["segments"]} == {"riverside", "newcomers", "openers"}


def test_it_only_answers_reading(client: Client, db: None) -> None:
    assert client.post(REGISTER).status_code == 405
