"""When something fails while a visit is known, nothing of the visitor goes into a log or an error report."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core import mail
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.urls import include, path
from django.utils.log import AdminEmailHandler
from django.views.debug import technical_500_response
from wagtail import hooks

from tests.agency.models import AgencyPage, AskRule
from tests.factories import hero, make_intent, make_page, make_segment, personalised
from tests.visit.leftovers import everything_logged
from wagtail_personalise_gov import facts, plugged
from wagtail_personalise_gov.core.counting import Arm, Counted, Exposure
from wagtail_personalise_gov.core.decision import Decision, Reason
from wagtail_personalise_gov.core.facts import Fact, Facts
from wagtail_personalise_gov.core.geography import Place
from wagtail_personalise_gov.core.intents import Landing
from wagtail_personalise_gov.core.memory import (
    Arrival,
    Campaign,
    DeclaredPlace,
    Past,
    Referrer,
    ThisVisit,
    VisitorMemory,
)
from wagtail_personalise_gov.core.pages import PagesSeen
from wagtail_personalise_gov.core.preference import Because, Choice, Preference, Standing
from wagtail_personalise_gov.core.quiet import spelled_out
from wagtail_personalise_gov.models import FirstTimeVisitorRule, LocationRule, VisitIntentRule
from wagtail_personalise_gov.privacy import views
from wagtail_personalise_gov.visit import gathering, geo, middleware
from wagtail_personalise_gov.visit.entrance import Entrance
from wagtail_personalise_gov.visit.geo import GeoProvider
from wagtail_personalise_gov.visit.referrers import Source
from wagtail_personalise_gov.visit.stores import VisitorStore

REPORTER = "wagtail_personalise_gov.visit.error_reports.VisitorsLeftOut"

# The visitor, each of whose traits is told apart from whatever else stands in a report.
SENT = {
    "REMOTE_ADDR": "192.0.2.77",
    "HTTP_X_FORWARDED_FOR": "198.51.100.77",
    "HTTP_USER_AGENT": "Mozilla/Trait77",
    "HTTP_ACCEPT_LANGUAGE": "cy-x-trait77",
    "HTTP_REFERER": "https://www.google.com/search?q=words77",
    "HTTP_X_CITY": "Headertown77",
    "HTTP_SEC_FETCH_SITE": "same-origin",
}
QUERY = "?topic=housing77"
TRAITS = (
    "192.0.2.77",
    "198.51.100.77",
    "Trait77",
    "trait77",
    "words77",
    "Headertown77",
    "housing77",
    "Riverside77",
    "Saidtown77",
    "council77",
)

# What stands in no header. (Not written where a view fails: reports show the lines of code around that.)
FOUND_OUT = ("Riverside77", "council77", "51.777", "Saidtown77")


class TellingGeo(GeoProvider):
    def place(self, request: HttpRequest) -> Place:
        return Place("EU", "GB", ("GB-ENG",), "Riverside77", "R77", (51.777, 0.777, 5), eu=False)


def whose(request: HttpRequest) -> str:
    """All that an error's message could tell."""
    return " ".join([*(str(request.META.get(key, "")) for key in SENT), request.get_full_path(), "Riverside77"])


class FailingGeo(GeoProvider):
    @property
    def varies_on(self) -> Any:  # type: ignore[override]
        raise RuntimeError("192.0.2.77 Riverside77")

    def place(self, request: HttpRequest) -> Place:
        raise RuntimeError(whose(request))

    def attributions(self) -> Any:
        raise RuntimeError("192.0.2.77 Riverside77")


class FailingStore(VisitorStore):
    def load(self, request: HttpRequest) -> VisitorMemory:
        raise RuntimeError(whose(request))

    def save(self, request: HttpRequest, response: HttpResponseBase, memory: VisitorMemory) -> None:
        raise RuntimeError(f"{whose(request)} {spelled_out(memory)}")

    forget = save  # type: ignore[assignment]


@pytest.fixture
def site(home: AgencyPage, configure: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[AgencyPage]:
    """At /everything/: a place, a first visit, an intent and a fact of the site's own are asked."""
    configure(GEO_PROVIDER=f"{__name__}.TellingGeo")
    monkeypatch.setattr(plugged, "_logged_at", {})
    own = Fact("council", "the council that you chose", frozenset({"Cookie"}))
    with hooks.register_temporarily(facts.HOOK, lambda: (own, lambda request: "council77")):
        facts.forget_registered()
        asked = [
            make_segment("near", LocationRule(cities=["Riverside77"])),
            make_segment("new", FirstTimeVisitorRule()),
            make_segment("founders", VisitIntentRule(intent=make_intent("founders"))),
            make_segment("council", AskRule(question={"fact": "council", "op": "in", "value": ["council77"]})),
            make_segment("query", AskRule(question={"fact": "request.query.topic", "op": "equals", "value": "x"})),
            make_segment("phone", AskRule(question={"fact": "device.kind", "op": "in", "value": ["mobile"]})),
            make_segment(
                "network", AskRule(question={"fact": "network.ip", "op": "in_network", "value": ["192.0.2.0/24"]})
            ),
        ]
        offers = [("offer", personalised(hero("All"), (segment, hero(segment.slug)))) for segment in asked]
        yield make_page("Everything", *offers, parent=home, slug="everything")
    facts.forget_registered()


def visitor() -> Client:
    return Client(raise_request_exception=False, **SENT)


def told(text: str) -> list[str]:
    return [trait for trait in TRAITS if trait in text]


@contextmanager
def everything_failing(monkeypatch: pytest.MonkeyPatch, what: str, configure: Any) -> Iterator[None]:
    """One part of the package, or of what is plugged into it, fails with a message that tells all of the visitor."""

    def fail(visit: Any, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(whose(getattr(visit, "request", visit)))

    def failing(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(" ".join(SENT.values()) + " Riverside77")

    match what:
        case "readers":
            monkeypatch.setattr(gathering, "READERS", dict.fromkeys(gathering.READERS, fail))
        case "geo provider":
            configure(GEO_PROVIDER=f"{__name__}.FailingGeo")
        case "store":
            configure(VISITOR_STORE=f"{__name__}.FailingStore")
        case "finishing":
            monkeypatch.setattr(middleware, "finish", fail)
        case "the browser's name":
            monkeypatch.setattr(gathering, "device_kind", failing)
        case "the address":
            monkeypatch.setattr(gathering, "client_address", fail)
            monkeypatch.setattr(geo, "client_address", fail)
        case "the counting buffer":
            configure(COUNTING=True)
            monkeypatch.setattr("wagtail_personalise_gov.visit.recording.count", failing)
        case "the site's own fact":
            facts.readers()["council"] = fail  # type: ignore[index]
        case "form views":
            monkeypatch.setattr(views, "origin_of", fail)
        case "templates":
            monkeypatch.setattr(views, "render", fail)
    yield


PARTS = (
    "readers",
    "geo provider",
    "store",
    "finishing",
    "the browser's name",
    "the address",
    "the counting buffer",
    "the site's own fact",
)


@pytest.mark.parametrize("what", PARTS)
def test_whatever_fails_of_ours_the_visitor_gets_a_page_and_the_log_says_nothing_of_them(
    site: AgencyPage, configure: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    caplog.set_level(logging.DEBUG)
    client = visitor()
    with everything_failing(monkeypatch, what, configure):
        answers = [
            client.get(f"/everything/{QUERY}"),
            client.get("/personalisation/"),
            client.get("/api/personalise/v1/visit/"),
            client.post("/personalisation/intent/", {"intent": "founders"}),
            client.post("/personalisation/place/", {"country": "GB", "city": "Saidtown77"}),
            client.post("/personalisation/choice/", {"choice": "refused"}),
        ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 303, 303, 303]
    ours = [record for record in caplog.records if record.name.startswith("wagtail_personalise_gov")]
    assert told(everything_logged(ours)) == []
    assert told(everything_logged(caplog.records)) == []
    assert all(record.exc_info is None for record in ours)  # a traceback ends with the message
    # What failed is said, though.
    assert ours


# The site's own view fails, when a visit has gathered facts


def failing_view(request: HttpRequest) -> HttpResponse:
    visit = request.visit  # type: ignore[attr-defined]
    decision = visit.decide(["near", "new", "founders", "council", "query", "phone", "network"])
    values = (visit.facts, visit.memory, visit.arrival(), visit.place, visit.standing, visit.request, visit.source)
    request.gathered = (decision, *values)  # type: ignore[attr-defined]
    raise ValueError("the site's own fault")


def failing_template(request: HttpRequest) -> HttpResponse:
    """Fails within a tag of ours, so that frames of ours stand in the traceback."""
    template = Template('{% load personalise %}{% segment "council" %}{{ broken.by_this }}{% endsegment %}')

    class Broken:
        @property
        def by_this(self) -> str:
            raise ValueError("the site's own fault")

    return HttpResponse(template.render(Context({"request": request, "broken": Broken()})))


urlpatterns = [
    path("failing/", failing_view),
    path("failing-template/", failing_template),
    path("personalisation/", include("wagtail_personalise_gov.urls")),
    path("api/personalise/v1/", include("wagtail_personalise_gov.api.urls")),
    path("", include("wagtail.urls")),
]


@pytest.fixture
def quiet_reports(settings: Any) -> None:
    settings.DEFAULT_EXCEPTION_REPORTER = REPORTER


@pytest.fixture
def mailed(settings: Any) -> Iterator[Any]:
    """What administrators get by mail, with HTML, when a page fails."""
    settings.ADMINS = ["admin@example.org"] if _admins_are_addresses() else [("Admin", "admin@example.org")]
    settings.ROOT_URLCONF = __name__
    handler = AdminEmailHandler(include_html=True)
    logger = logging.getLogger("django")
    before, logger.handlers = logger.handlers, [handler]  # Django's own was made at the start, with other settings
    yield lambda: "\n".join(
        message.subject + message.body + "".join(str(part[0]) for part in message.alternatives)
        for message in mail.outbox
    )
    logger.handlers = before


def _admins_are_addresses() -> bool:
    import django

    return django.VERSION >= (6, 0)


@pytest.mark.parametrize("address", ["/failing/", "/failing-template/"])
def test_a_report_to_administrators_tells_where_it_failed_and_not_whose_request_it_was(
    site: AgencyPage, quiet_reports: None, mailed: Any, address: str
) -> None:
    client = visitor()
    client.cookies["personalise_visit"] = "cookie77"
    client.post("/personalisation/place/", {"city": "Saidtown77"})
    assert client.get(f"{address}{QUERY}").status_code == 500
    report = mailed()
    assert told(report) == []
    assert "cookie77" not in report
    assert "the site&#x27;s own fault" in report
    assert "the site's own fault" in report
    assert address in report
    assert "in failing_" in report


@pytest.mark.parametrize("address", ["/failing/", "/failing-template/"])
def test_what_djangos_own_report_tells_of_our_values_is_their_kind(site: AgencyPage, mailed: Any, address: str) -> None:
    """Django's report lists the request itself, which is not ours to change; of ours it tells nothing more."""
    client = visitor()
    client.post("/personalisation/place/", {"city": "Saidtown77"})
    assert client.get(f"{address}").status_code == 500
    report = mailed()
    assert [trait for trait in FOUND_OUT if trait in report] == []
    if address == "/failing/":
        assert "&lt;VisitorMemory&gt;" in report  # it was there to be told


@pytest.mark.parametrize("debug", [False, True])
def test_the_technical_page_tells_none_of_our_values_either(site: AgencyPage, settings: Any, debug: bool) -> None:
    settings.DEBUG = debug
    request = RequestFactory().get("/failing/", headers={"Accept": "text/html"})
    request.visit = middleware.visit_for(request)  # type: ignore[attr-defined]
    try:
        failing_view(request)
    except ValueError:
        page = technical_500_response(request, *sys.exc_info()).content.decode()
    assert "the site&#x27;s own fault" in page
    assert [trait for trait in FOUND_OUT if trait in page] == []


def test_a_form_that_fails_is_reported_without_what_was_sent(
    site: AgencyPage, mailed: Any, monkeypatch: pytest.MonkeyPatch, configure: Any
) -> None:
    """With Django's own reporter: our forms are marked as sensitive for it."""
    monkeypatch.setattr(views, "place_in", lambda posted: 1 / 0)
    response = visitor().post("/personalisation/place/", {"city": "Saidtown77", "country": "GB"})
    assert response.status_code == 500
    report = mailed()
    assert "ZeroDivisionError" in report
    assert "Saidtown77" not in report


def test_with_debug_the_developer_sees_everything_as_django_shows_it(settings: Any) -> None:
    from wagtail_personalise_gov.visit.error_reports import VisitorsLeftOut

    settings.DEBUG = True
    request = RequestFactory().get("/failing/", REMOTE_ADDR="192.0.2.77")
    try:
        raise ValueError("a fault")
    except ValueError:
        report = VisitorsLeftOut(request, *sys.exc_info()).get_traceback_text()
    assert "192.0.2.77" in report


def test_a_report_without_a_request_is_as_djangos() -> None:
    from wagtail_personalise_gov.visit.error_reports import VisitorsLeftOut

    try:
        raise ValueError("a fault")
    except ValueError:
        report = VisitorsLeftOut(None, *sys.exc_info()).get_traceback_text()
    assert "a fault" in report


# What a program prints of our values


VALUES: list[Any] = [
    Place("EU", "GB", ("GB-ENG",), "secret77", "secret77", (51.777, 0.777, 5)),
    Referrer("search", "secret77"),
    Campaign("secret77", "secret77", "secret77"),
    DeclaredPlace("GB", "GB-WLS", "secret77"),
    ThisVisit(777, referrer=Referrer("search", "secret77"), intent="secret77", recognised={"secret77": 1.0}),
    Past(777, visits=777, seen=PagesSeen((777,))),
    VisitorMemory(ThisVisit(777, intent="secret77"), Past(777)),
    Arrival(777, 777, False, Referrer("search", "secret77"), Campaign("secret77")),
    Landing("/secret77/", "secret77", "secret77", "secret77"),
    PagesSeen((777,), (777,)),
    Counted(777, 777, (Exposure("secret77", Arm.VARIANT, "secret77", "secret77"),), ("secret77",)),
    Exposure("secret77", Arm.VARIANT, "secret77", "secret77"),
    Source("search", "secret77", "secret77"),
    Facts({"location.city": "secret77"}),
    Decision({"riverside": Reason.MATCHED}),
    Choice(Preference.REFUSED, 777),
    Standing(Preference.REFUSED, Because.CHOICE, False, Choice(Preference.REFUSED, 777)),
    Entrance(RequestFactory().get("/?secret77", HTTP_REFERER="secret77"), {"QUERY_STRING": "secret77"}, "/"),
]


@pytest.mark.parametrize("value", VALUES, ids=[type(value).__name__ for value in VALUES])
def test_a_value_about_a_visitor_prints_as_its_kind(value: Any) -> None:
    for text in (repr(value), str(value), f"{value}", repr([value]), repr({"x": value})):
        assert type(value).__name__ in text
        for told in ("secret77", "777", "refused", "matched", "search"):
            assert told not in text, text


def test_a_test_can_spell_them_out() -> None:
    memory = VisitorMemory(ThisVisit(7, recognised={"licence": 0.5}, place=DeclaredPlace(city="Hilltop")))
    text = spelled_out((memory,))
    assert text.startswith("(VisitorMemory(visit=ThisVisit(step=7, landed=False,")
    assert "recognised={'licence': 0.5}" in text
    assert "DeclaredPlace(country='', subdivision='', city='Hilltop')" in text
