"""What the worker at the edge reads of a request is what the site reads of it: each fact, to the letter."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import RequestFactory
from wagtail.models import Site

from tests.agency.models import AgencyPage
from wagtail_personalise_gov.visit.asked import asked_for
from wagtail_personalise_gov.visit.gathering import read
from wagtail_personalise_gov.visit.visit import Visit

from .edge import HERE, SITE, put_together

pytestmark = [pytest.mark.node, pytest.mark.django_db]

MOST_PARAMETERS = 10_000  # as address.mjs has it
NOW = datetime(2026, 7, 18, 11, 30, 59, tzinfo=UTC)
Asked = tuple[str, dict[str, str]]  # a path with its query, and headers
Edge = Callable[[Iterable[Asked]], list[Any]]


@pytest.fixture(autouse=True)
def network_that_is_believed(configure: Callable[..., None], settings: Any) -> None:
    settings.TIME_ZONE = "Europe/London"
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = MOST_PARAMETERS
    configure(
        GEO_PROVIDER="wagtail_personalise_gov.visit.geo.HeaderGeo",
        GEO_HEADERS={"country": "CF-IPCountry", "city": "CF-IPCity"},
        TRUSTED_PROXIES=["127.0.0.1"],
    )


@pytest.fixture
def by_the_edge(tmp_path: Path, home: AgencyPage) -> Edge:
    """What the worker reads of each of these requests: its facts, and what its address asks."""
    folder = put_together(tmp_path / "edge-worker")

    def told(requests: Iterable[Asked]) -> list[Any]:
        known = {
            "page": {"url": home.get_full_url()},
            "ruleset": {"time_zone": "Europe/London"},
            "now": int(NOW.timestamp() * 1000),
        }
        given = json.dumps([{"url": SITE + address, "headers": headers, **known} for address, headers in requests])
        command = ["node", str(HERE / "run_facts.mjs"), str(folder)]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
        return list(json.loads(done.stdout))

    return told


def by_the_site(address: str, headers: dict[str, str], *names: str) -> dict[str, Any]:
    """What the site reads of a request, as JSON has it; without what can't be told."""
    request = RequestFactory().get(address, headers=headers)
    visit = Visit(request)
    with time_machine.travel(NOW, tick=False):
        facts = {name: read(visit, name) for name in names}
    as_text = {"network.ip": str, "clock.local": lambda moment: moment.isoformat(timespec="minutes")}
    return {
        name: as_text[name](value) if name in as_text else value for name, value in facts.items() if value is not None
    }


def assert_alike(by_the_edge: Edge, requests: list[Asked], *names: str) -> list[Any]:
    """What both read of these facts."""
    told = [{name: one["facts"][name] for name in names if name in one["facts"]} for one in by_the_edge(requests)]
    for (address, headers), facts in zip(requests, told, strict=True):
        assert facts == by_the_site(address, headers, *names), (address, headers)
    return told


# Languages

LANGUAGES: dict[str, list[str] | None] = {
    "fr": ["fr"],
    "FR-ca, en;Q=0.5": ["fr-ca", "en"],
    "en;q=0.5, cy": ["cy", "en"],
    "en;q=0.5, cy;q=0.5, fr": ["fr", "en", "cy"],  # of two that are alike, the one that stands first
    "fr;q=0": None,
    "fr;q=0.000, en": ["en"],
    "fr;q=0.001, en": ["en", "fr"],
    "fr;q=1, fr;q=0.2": ["fr", "fr"],
    "fr;q=1.000": ["fr"],
    "fr;q=1.": ["fr"],
    "fr;q=0., en;q=0.": None,
    # What is no quality makes it no list of languages at all.
    "fr;q=1.5": None,
    "fr;q=1.001": None,
    "fr;q=1.0000": None,
    "fr;q=0.1234": None,
    "fr;q=2": None,
    "fr;q=-1": None,
    "fr;q=.5": None,
    "fr;q=0,5": None,
    "fr;q=": None,
    "fr;q": None,
    "fr;": None,
    "fr;q=x": None,
    "fr;q=0.5;q=0.6": None,
    "fr;level=1": None,
    "fr;q=1.5, en": None,
    "en, fr;q=1.5": None,
    "*": None,
    "*, fr": ["fr"],
    "fr, *;q=0.1": ["fr"],
    "*;q=0": None,
    "fr-*": None,
    "**": None,
    "": None,
    ",": None,
    ",fr": None,
    "fr,": ["fr"],
    "fr, ": ["fr"],
    "fr,,en": None,
    "fr , en\t,\tcy": ["fr", "en", "cy"],
    "  fr  ": ["fr"],
    "fr ;q=0.5": ["fr"],
    "fr\t; \tq=0.5 , en": ["en", "fr"],
    "fr; q =0.5": None,
    "fr;q= 0.5": None,
    "fr en": None,
    "fr\xa0,en": ["fr", "en"],
    "fr_CA": None,
    "fr-": None,
    "-fr": None,
    "f1": None,
    "zh-Hant-TW": ["zh-hant-tw"],
    "es-419": ["es-419"],
    "x-y-z": ["x-y-z"],
    "abcdefgh": ["abcdefgh"],
    "abcdefghi": None,
    "en-abcdefghi": None,
    "i-default": ["i-default"],
    "fran\xe7ais": None,
    "cy, !": None,
    # Of a long header no more is looked at than 500 characters, up to the last comma.
    "fr, " * 125 + "cy": ["fr"] * 125,
    "fr, " * 124 + "en, cy": ["fr"] * 124 + ["en"],
    "fr, " * 124 + "a-cy": ["fr"] * 124 + ["a-cy"],  # 500 characters
    "fr, " * 124 + "ab-cy": ["fr"] * 124,
    "cy;q=0.9, " + "en;q=0.1, " * 200: ["cy"] + ["en"] * 49,
    "cy, " + "!" * 600: ["cy"],  # what is cut off is not looked at
    "x" * 501: None,
    "en-" * 200 + "en": None,
    "," + "x" * 600: None,
    " " * 600 + "cy": ["cy"],
}


def test_languages_are_read_as_the_site_reads_them(by_the_edge: Edge) -> None:
    requests: list[Asked] = [("/", {"Accept-Language": header.strip(" \t")}) for header in LANGUAGES]
    told = assert_alike(by_the_edge, requests, "language", "language.preferred")
    assert {header: facts.get("language") for header, facts in zip(LANGUAGES, told, strict=True)} == LANGUAGES
    preferred = dict(zip(LANGUAGES, (facts.get("language.preferred") for facts in told), strict=True))
    assert preferred["*, fr"] is None
    assert preferred["en;q=0.5, cy"] == ["cy"]


def test_random_languages_are_read_alike(by_the_edge: Edge) -> None:
    draw = random.Random("languages")
    tags, qualities = ["en", "cy-GB", "FR", "*"], ["", ";q=0.5", "; q=0.25", " ;q=1", ";q=0", ";Q=0.7", ";q=1.5", ";q"]

    def header() -> str:
        parts = (draw.choice(tags) + draw.choice(qualities) for _part in range(draw.randint(1, 5)))
        return draw.choice([",", ", ", " , ", ",,"]).join(parts) + draw.choice(["", "", ",", ";"])

    headers = [header() for _header in range(3000)]
    requests: list[Asked] = [("/", {"Accept-Language": header}) for header in headers]
    told = assert_alike(by_the_edge, requests, "language", "language.preferred")
    assert sum("language" in facts for facts in told) > 300


# Addresses

QUERIES = [
    "",
    "?",
    "?topic",
    "?topic=",
    "?=housing",
    "?&&topic=housing&",
    "?topic=a&topic=Housing",
    "?topic=housing&topic=",
    "?topic=council+tax",
    "?topic=council%20tax",
    "?topic=council%2Btax",
    "?to%70ic=hous%69ng",
    "?topic=a=b",
    "?topic=a;b=c",
    "?topic=a?b",
    "??topic=a",
    "?topic=%",
    "?topic=%zz%4",
    "?topic=100%",
    "?topic=%C3%A9",
    "?topic=%c3%a9",
    "?topic=\xe9",
    "?topic=%E9",
    "?topic=%C3",
    "?topic=%ED%A0%80",
    "?topic=%F0%9F%8C%8A",
    "?topic=%F0%9F%8C",
    "?topic=%EF%BB%BFa",
    "?topic=%00",
    "?topic=%0A",
    "?topic='\"<>`{}|\\^[]",
    "?topic=%26%3D%23",
    "?__proto__=a&constructor=b&toString=c",
    "?TOPIC=a",
    "?topic[]=a&topic.x=b",
    "?topic=" + "x" * 5000,
    "?" + "&".join(f"a{number}={number}" for number in range(MOST_PARAMETERS)),
    "?topic=a" + "&" * (MOST_PARAMETERS - 1),
    "?topic=a" + "&" * MOST_PARAMETERS,  # of more, empty ones too, nothing is read
]


def test_queries_are_read_as_the_site_reads_them(by_the_edge: Edge) -> None:
    told = assert_alike(by_the_edge, [(f"/{query}", {}) for query in QUERIES], "request.query")
    queries = dict(zip(QUERIES, (facts["request.query"] for facts in told), strict=True))
    assert queries["?topic=a&topic=Housing"] == {"topic": "Housing"}
    assert [len(queries[query]) for query in QUERIES[-3:]] == [MOST_PARAMETERS, 1, 0]


def test_paths_are_read_as_the_site_reads_them(by_the_edge: Edge) -> None:
    paths = ["/", "/for-each/", "/for%2Deach/", "/for-each%2F", "/caff%C3%A8/", "/caff%c3%a8/", "/a%20b/", "/a+b/"]
    told = assert_alike(by_the_edge, [(f"{path}?a=b", {}) for path in paths], "request.path")
    assert told[4] == {"request.path": "/caff\xe8/"}
    # No page stands at a path that is no UTF-8, so there is nothing to be decided there.
    assert [one["facts"].get("request.path") for one in by_the_edge([("/caff%E8/", {}), ("/%zz/", {})])] == [None, None]


ADDRESSES = {
    "": None,
    "?personalise=standard": "",
    "?a=b&personalise=standard&a=b": "",
    "?personalise=stand%61rd": "",
    "?personalise=standard&personalise=standard": None,
    "?personalise=standard&personalise=": None,
    "?personalise=standard&personalise_as=riverside": None,
    "?personalise=&personalise_as=riverside": None,
    "?personalise=Standard": None,
    "?personalise=standard+": None,
    "?personalise=": None,
    "?personalise": None,
    "?Personalise=standard": None,
    "?%70ersonalise=standard": None,  # our own links say it in full
    "?%70ersonalise=standard&a=personalise": "",
    "?personalise_as=riverside": "riverside",
    "?personalise%5Fas=river%73ide": "riverside",
    "?personalise_as=a-1-b": "a-1-b",
    "?personalise_as=constructor": "constructor",
    "?personalise_as=riverside&personalise_as=riverside": None,
    "?personalise_as=Riverside": None,
    "?personalise_as=-a": None,
    "?personalise_as=a--b": None,
    "?personalise_as=a%0A": None,
    "?personalise_as=": None,
    "?personalise_as": None,
    "?personalise=standard" + "&" * (MOST_PARAMETERS - 1): "",
    "?personalise=standard" + "&" * MOST_PARAMETERS: None,
}


def test_what_an_address_asks_is_read_as_the_site_reads_it(
    by_the_edge: Edge,
) -> None:
    told = by_the_edge([(f"/{query}", {}) for query in ADDRESSES])
    assert {query: one["asked"] for query, one in zip(ADDRESSES, told, strict=True)} == ADDRESSES
    for query, asked in ADDRESSES.items():
        by_site = asked_for(query[1:])
        assert (None if by_site is None else by_site.slug or "") == asked, query


# Places, networks, devices, the site and the clock

PLACES: list[tuple[str | None, str | None]] = [
    ("GB", "Riverside"),
    ("gb", "riverside"),
    (None, None),
    ("", ""),  # an empty header is no country that is none of ours
    ("", "Riverside"),
    (None, "Riverside"),
    ("GB", None),
    ("GB", ""),
    *((code, "Riverside") for code in ("XX", "xx", "ZZ", "T1", "t1", "?", "-", "unknown", "(null)")),
    *((code, "Riverside") for code in ("G", "GBR", "G1", "G B", "United Kingdom", "\xdf", "GB, FR")),
    *(("DE", city) for city in ("?", "-", "Unknown", "(null)", "0", "Z\xc3\xbcrich", "Z\xfcrich", "S\xe3o Paulo")),
    *(("DE", city) for city in ("%C5%81", "a\xa0b", "a\xc2\xadb", "a\tb", "\xc2\xa0a\xc2\xa0", "x" * 300, "x" * 301)),
]


def test_places_are_read_as_the_site_reads_them(by_the_edge: Edge) -> None:
    names = ("CF-IPCountry", "CF-IPCity")
    sent = [{name: value for name, value in zip(names, place, strict=True) if value is not None} for place in PLACES]
    requests: list[Asked] = [("/", headers) for headers in sent]
    told = assert_alike(by_the_edge, requests, "location.country", "location.city")
    assert told[0] == {"location.country": "GB", "location.city": "Riverside"}
    assert told[3] == {}
    assert {"location.country": "DE", "location.city": "Z\xfcrich"} in told


def test_a_fact_whose_header_is_empty_is_left_out(by_the_edge: Edge) -> None:
    """As a fact, an empty text would be a value: of a country that is none, everybody is abroad."""
    names = ("CF-IPCountry", "CF-IPCity", "CF-Connecting-IP", "Sec-CH-UA-Mobile", "Accept-Language", "Cookie")
    for headers in ({}, dict.fromkeys(names, ""), dict.fromkeys(names, " ")):
        [one] = by_the_edge([("/", headers)])
        assert one["facts"].keys() == {"request.path", "request.query", "request.site", "clock.local"}


def test_the_rest_is_read_as_the_site_reads_it(by_the_edge: Edge) -> None:
    addresses = [{"CF-Connecting-IP": one, "X-Forwarded-For": one} for one in ("192.0.2.7", "2001:db8::7")]
    assert_alike(by_the_edge, [("/", headers) for headers in addresses], "network.ip")
    [told] = assert_alike(by_the_edge, [("/", {"Sec-CH-UA-Mobile": "?1"})], "device.kind", "clock.local")
    assert told == {"device.kind": "mobile", "clock.local": "2026-07-18T12:30+01:00"}


@pytest.mark.parametrize(
    "hostname, port, name",
    [
        ("testserver", 80, "testserver"),
        ("Www.Example.Gov", 443, "www.example.gov"),  # what comes by another name is the default site's
        ("www.example.gov", 8000, "www.example.gov:8000"),
    ],
)
def test_the_site_is_called_as_it_calls_itself(
    by_the_edge: Edge, home: AgencyPage, hostname: str, port: int, name: str
) -> None:
    site = Site.objects.get(is_default_site=True)
    site.hostname, site.port = hostname, port
    site.save()
    assert assert_alike(by_the_edge, [("/", {})], "request.site") == [{"request.site": name}]
