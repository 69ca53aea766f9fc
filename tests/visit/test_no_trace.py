"""After a full visit the visitor's address, place and choice of words stand nowhere: no table, cache, cookie or log."""

import logging
from typing import Any

import pytest
from django.test import Client

from tests.agency.models import AgencyPage, AskRule
from tests.factories import committed, hero, make_intent, make_page, make_segment, personalised
from wagtail_personalise_gov import plugged
from wagtail_personalise_gov.core.geography import Place
from wagtail_personalise_gov.models import FirstTimeVisitorRule, Goal, LocationRule, ReferrerRule, VisitIntentRule
from wagtail_personalise_gov.visit.address import client_address
from wagtail_personalise_gov.visit.geo import GeoProvider

from .leftovers import everything_in, everything_in_the_cache, everything_in_the_database, everything_logged

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


class LoudGeo(GeoProvider):
    """Breaks its promise never to raise, and tells the address whenever it speaks."""

    def place(self, request: Any) -> Any:
        raise LookupError(f"who is {client_address(request)}, {request.META.get('HTTP_X_FORWARDED_FOR')}?")


STORES = {
    "cookies": "wagtail_personalise_gov.visit.stores.SignedCookieStore",
    "sessions": "wagtail_personalise_gov.visit.stores.DjangoSessionStore",
}
PROVIDERS: dict[str, dict[str, Any]] = {
    "exact": {"GEO_PROVIDER": f"{__name__}.ExactGeo"},
    "loud": {"GEO_PROVIDER": f"{__name__}.LoudGeo"},
    "by network": {"GEO_PROVIDER": "tests.agency.geo.NetworkGeo"},
    "by header": {
        "GEO_PROVIDER": "wagtail_personalise_gov.visit.geo.HeaderGeo",
        "GEO_HEADERS": {"city": "X-City", "postcode": "X-Postcode", "point": "X-Point"},
    },
    "a file that is not there": {"GEO_DATABASE": "nowhere.mmdb"},
}


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("counting", [False, True], ids=["not counting", "counting"])
def test_a_full_visit_leaves_no_trace(
    site: AgencyPage,
    configure: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    store: str,
    provider: str,
    counting: bool,
) -> None:
    monkeypatch.setattr(plugged, "_logged_at", {})
    configure(
        **PROVIDERS[provider],
        VISITOR_STORE=STORES[store],
        TRUSTED_PROXIES=["10.0.0.0/8", V4],
        COUNTING=counting,
        FORMS_PER_MINUTE=3,
    )
    with committed():
        Goal.objects.create(name="Onward", slug="onward", kind=Goal.LINK, link="https://example.org/", live=True)
    caplog.set_level(logging.DEBUG)
    told = ""
    place = {"X-City": "Riverside", "X-Postcode": "R1 77", "X-Point": "51.4321,0.1234"}
    for address, headers in (
        (V4, {}),
        (V6, {}),
        ("10.0.0.1", {"X-Forwarded-For": f"{SPOOFED}, {V4}", **place}),
        (V4, {"Sec-GPC": "1"}),
        (V4, {"X-Forwarded-For": "nonsense"}),
    ):
        client = Client(
            REMOTE_ADDR=address, headers={"User-Agent": "Mozilla/77", **headers}, raise_request_exception=False
        )
        same = {"Sec-Fetch-Site": "same-origin"}
        api = {"content_type": "application/json", "headers": same}
        answers = [
            client.get("/everything/", headers={"Referer": "https://duckduckgo.com/"}),
            client.get("/api/personalise/v1/visit/"),
            client.get(f"/api/personalise/v1/pages/{site.pk}/"),
            client.post("/personalisation/intent/", {"intent": "start-a-business"}, headers=same),
            client.post("/personalisation/place/", {"place": "none"}, headers=same),
            client.post("/personalisation/place/", {}, headers=same),
            client.get("/everything/"),
            client.get("/personalisation/"),
            client.get("/personalisation/goal/onward/"),
            client.put("/api/personalise/v1/intent/", {"intent": "start-a-business"}, **api),
            client.post("/personalisation/choice/", {"choice": "allowed"}, headers=same),
            client.post("/personalisation/choice/", {"choice": "allowed"}),  # can't be told from where: asked again
            client.post("/personalisation/choice/", {"choice": "x" * 20_000}, headers=same),
            client.post("/personalisation/choice/", {"choice": "refused"}, headers={"Sec-Fetch-Site": "cross-site"}),
            client.get("/everything/"),
            client.get("/nowhere/"),
            client.post("/personalisation/choice/", {"choice": "refused"}),
            client.get("/everything/"),
            client.post("/personalisation/forget/"),
        ]
        assert {answer.status_code for answer in answers} <= {200, 302, 303, 403, 404, 413, 429}
        told += everything_in(cookie for answer in answers for cookie in answer.cookies.values())
        if counting or store == "sessions":  # what is kept while it is kept, and not only in the end
            told += everything_in_the_database()
    kept = {
        "table": everything_in_the_database(),
        "cache": everything_in_the_cache(),
        "cookie": told,
        "log": everything_logged(caplog.records),
        "output": "".join(capfd.readouterr()),
    }
    # What is kept can be read here, so its absence elsewhere proves something.
    assert "duckduckgo.com" in kept["cookie"] or store == "sessions"
    for where, content in kept.items():
        for trace in TRACES:
            assert trace not in content, (where, trace)


@pytest.mark.parametrize("store", STORES)
def test_in_a_session_there_are_the_items_and_nothing_else(site: AgencyPage, configure: Any, store: str) -> None:
    from django.contrib.sessions.models import Session

    configure(GEO_PROVIDER=f"{__name__}.ExactGeo", VISITOR_STORE=STORES[store])
    client = Client(REMOTE_ADDR=V4, headers={"User-Agent": "Mozilla/77"})
    client.get("/everything/", headers={"Referer": "https://duckduckgo.com/"})
    said = [session.get_decoded() for session in Session.objects.all()]
    assert bool(said) is (store == "sessions")
    for data in said:
        assert set(data) == {"personalise_memory"}
        assert not [trace for trace in TRACES if trace in repr(data)]
