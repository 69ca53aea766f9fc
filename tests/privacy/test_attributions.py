"""Whose data places are told by is credited, while a live rule asks for a place, and only then."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client

from tests.agency.models import AgencyPage
from tests.factories import make_segment
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.core.geography import Attribution, Place
from wagtail_personalise_gov.models import FirstTimeVisitorRule, LocationRule, SegmentRule
from wagtail_personalise_gov.visit.geo import GeoProvider, attributions

Configure = Callable[..., None]

MAXMIND = "wagtail_personalise_gov.visit.geo.MaxMindGeo"
GEOLITE = "This product includes GeoLite Data created by MaxMind, available from https://www.maxmind.com."
LINK = f'<a href="https://www.maxmind.com">{GEOLITE}</a>'


class CreditedGeo(GeoProvider):
    """Knows no place, and credits two."""

    def place(self, request: HttpRequest) -> Place | None:
        return None

    def attributions(self) -> tuple[Attribution, ...]:
        return Attribution("Ward map by the council"), Attribution("Postcodes <b>&", "https://example.com/?a=1&b=2")


class FailingGeo(CreditedGeo):
    def attributions(self) -> tuple[Attribution, ...]:
        raise RuntimeError("no licence")


@pytest.fixture
def by_geolite(configure: Configure, mmdb: Path) -> None:
    configure(GEO_PROVIDER=MAXMIND, GEO_DATABASE=mmdb)


def about(client: Client) -> str:
    compiling.holder.check_again()
    response = client.get("/personalisation/")
    assert response.status_code == 200
    return response.content.decode()


def registered(client: Client) -> Any:
    return json.loads(client.get("/personalisation/register.json").content)["attributions"]


@pytest.mark.usefixtures("by_geolite", "home")
class TestWhileARuleAsksForAPlace:
    def test_the_source_of_places_is_credited(self, client: Client) -> None:
        make_segment("abroad", LocationRule(countries=["FR"]))
        assert LINK in about(client)
        assert registered(client) == [{"text": GEOLITE, "url": "https://www.maxmind.com"}]

    def test_a_rule_that_asks_through_another_segment_counts(self, client: Client) -> None:
        abroad = make_segment("abroad", LocationRule(countries=["FR"]))
        make_segment("not-abroad", SegmentRule(other=abroad, negated=True))
        assert LINK in about(client)

    def test_a_rule_about_something_else_does_not_count(self, client: Client) -> None:
        make_segment("new", FirstTimeVisitorRule())
        assert "MaxMind" not in about(client)
        assert registered(client) == []

    def test_a_draft_does_not_count(self, client: Client) -> None:
        make_segment("abroad", LocationRule(countries=["FR"]), live=False)
        assert "MaxMind" not in about(client)
        assert registered(client) == []

    def test_the_credit_is_the_same_for_visitors_who_refused(self, client: Client) -> None:
        make_segment("abroad", LocationRule(countries=["FR"]))
        client.cookies["personalise_choice"] = "refused.1"
        assert LINK in about(client)


@pytest.mark.parametrize(
    "keys, credits",
    [
        ({"GEO_ATTRIBUTION": "Places by MaxMind"}, [("Places by MaxMind", "https://www.maxmind.com")]),
        ({"GEO_ATTRIBUTION": ""}, []),
        ({"GEO_DATABASE": None}, []),
        ({"GEO_DATABASE": "/nowhere/geo.mmdb"}, []),
        ({"GEO_PROVIDER": "wagtail_personalise_gov.visit.geo.HeaderGeo"}, []),
        (
            {"GEO_PROVIDER": "wagtail_personalise_gov.visit.geo.HeaderGeo", "GEO_ATTRIBUTION": "Places by our CDN"},
            [("Places by our CDN", "")],
        ),
        ({"GEO_PROVIDER": f"{__name__}.FailingGeo"}, []),
    ],
)
def test_who_is_credited(by_geolite: None, configure: Configure, keys: Any, credits: Any) -> None:
    configure(**keys)
    assert [(credit.text, credit.url) for credit in attributions()] == credits


@pytest.mark.parametrize(
    "name, words",
    [("GeoLite2-Country-Test.mmdb", "GeoLite Data"), ("GeoIP2-City-Test.mmdb", "GeoIP2 Data")],
)
def test_the_credit_follows_the_open_file(configure: Configure, mmdb_folder: Any, name: str, words: str) -> None:
    configure(GEO_PROVIDER=MAXMIND, GEO_DATABASE=mmdb_folder / name)
    (credit,) = attributions()
    assert words in credit.text


def test_a_provider_of_ones_own_is_credited_as_it_says(client: Client, home: AgencyPage, configure: Configure) -> None:
    configure(GEO_PROVIDER=f"{__name__}.CreditedGeo")
    make_segment("abroad", LocationRule(countries=["FR"]))
    page = about(client)
    assert "<p>Ward map by the council</p>" in page
    assert '<a href="https://example.com/?a=1&amp;b=2">Postcodes &lt;b&gt;&amp;</a>' in page
    assert len(registered(client)) == 2


def test_a_provider_that_fails_takes_no_page_down(
    client: Client, home: AgencyPage, configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    configure(GEO_PROVIDER=f"{__name__}.FailingGeo")
    make_segment("abroad", LocationRule(countries=["FR"]))
    caplog.set_level(logging.ERROR)
    assert "Public name of abroad" in about(client)
    assert registered(client) == []
    assert "can't say whom to credit (RuntimeError)" in caplog.text
