"""After a full visit the visitor's address, place and choice of words stand nowhere: no table, cache, cookie or log."""

import base64
import logging
import re
import zlib
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client

from tests.agency.models import AgencyPage, AskRule
from tests.factories import hero, make_intent, make_page, make_segment, personalised
from wagtail_personalise_gov.core.geography import Place
from wagtail_personalise_gov.models import FirstTimeVisitorRule, LocationRule, ReferrerRule, VisitIntentRule
from wagtail_personalise_gov.visit.address import client_address
from wagtail_personalise_gov.visit.geo import GeoProvider

V4, V6, SPOOFED = "192.0.2.77", "2001:db8:77::77", "203.0.113.177"
TRACES = (V4, "192.0.2", V6, "2001:db8", SPOOFED, "Mozilla/77", "51.4321", "Riverside")


@pytest.fixture
def site(home: AgencyPage) -> AgencyPage:
    intent = make_intent("start-a-business")
    asks = [
        make_segment("near", LocationRule(latitude=51.4, longitude=0.1, radius_km=50)),
        make_segment("town", LocationRule(cities=["Elsewhere"], negated=True)),
        make_segment(
            "network", AskRule(question={"fact": "network.ip", "op": "in_network", "value": ["198.51.100.0/24"]})
        ),
        make_segment("device", AskRule(question={"fact": "device.kind", "op": "in", "value": ["mobile"]})),
        make_segment("new", FirstTimeVisitorRule()),
        make_segment("from-search", ReferrerRule(kinds=["search"])),
        make_segment("founders", VisitIntentRule(intent=intent)),
    ]
    offers = [("offer", personalised(hero("All"), (segment, hero(segment.slug)))) for segment in asks]
    return make_page("Everything", *offers, parent=home, slug="everything")


class ExactGeo(GeoProvider):
    """Knows more of a place than may be kept, and fails for one address with a message that holds it."""

    def place(self, request: Any) -> Any:
        address = client_address(request)
        if str(address) == V6:
            raise RuntimeError(f"no record for {address}")
        return Place(country="GB", city="Riverside", postcode="R1 77", point=(51.4321, 0.1234, 5))


def everything_in_the_database() -> str:
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  our own table names
            found.append(f"{table}: {cursor.fetchall()!r}")
    return "\n".join(found)


def everything_in_the_cache() -> str:
    cache: Any = caches["default"]
    if hasattr(cache, "_cache") and isinstance(cache._cache, dict):  # LocMem keeps pickles
        return repr(dict(cache._cache))
    client = cache._cache.get_client()  # Redis
    return repr({key: client.get(key) for key in client.scan_iter()})


def readable(value: str) -> str:
    """A cookie, and what it says in the clear where it is encoded, compressed or not."""
    said = [value]
    for part in re.split(r"[:.]", value):
        try:
            data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
            said.append(data.decode("latin-1"))
            said.append(zlib.decompress(data).decode("latin-1"))
        except (ValueError, zlib.error):
            continue
    return "\n".join(said)


def test_a_full_visit_leaves_no_trace(
    site: AgencyPage, configure: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    configure(GEO_PROVIDER=f"{__name__}.ExactGeo", TRUSTED_PROXIES=["10.0.0.0/8"])
    caplog.set_level(logging.DEBUG)
    told = ""
    for address, headers in (
        (V4, {}),
        (V6, {}),
        ("10.0.0.1", {"X-Forwarded-For": f"{SPOOFED}, {V4}"}),
        (V4, {"Sec-GPC": "1"}),
    ):
        client = Client(REMOTE_ADDR=address, headers={"User-Agent": "Mozilla/77", **headers})
        same = {"Sec-Fetch-Site": "same-origin"}
        answers = [
            client.get("/everything/", headers={"Referer": "https://duckduckgo.com/"}),
            client.get("/api/personalise/v1/visit/"),
            client.post("/personalisation/intent/", {"intent": "start-a-business"}, headers=same),
            client.get("/everything/"),
            client.get("/personalisation/"),
            client.post("/personalisation/choice/", {"choice": "allowed"}, headers=same),
            client.get("/everything/"),
            client.get("/nowhere/"),
            client.post("/personalisation/choice/", {"choice": "refused"}),
            client.get("/everything/"),
            client.post("/personalisation/forget/"),
        ]
        assert {answer.status_code for answer in answers} <= {200, 302, 303, 404}
        cookies = [cookie for answer in answers for cookie in answer.cookies.values()]
        told += "".join(readable(cookie.value) + cookie.OutputString() for cookie in cookies)
    kept = {
        "table": everything_in_the_database(),
        "cache": everything_in_the_cache(),
        "cookie": told,
        "log": caplog.text + repr([record.__dict__ for record in caplog.records if record.name != "django.request"]),
        "output": "".join(capfd.readouterr()),
    }
    assert (
        "duckduckgo.com" in kept["cookie"]
    )  # what is kept can be read here, so its absence elsewhere proves something
    for where, content in kept.items():
        for trace in TRACES:
            assert trace not in content, (where, trace)
