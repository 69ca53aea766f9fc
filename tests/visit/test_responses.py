"""What a response says to caches: nothing where nothing was asked, the truth where something was."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from tests.agency.models import AgencyPage, AskRule, PlainPage, StreamedPage
from tests.factories import hero, make_page, make_segment, personalised
from tests.visit.answers import directives, vary
from wagtail_personalise_gov.middleware import PersonaliseMiddleware
from wagtail_personalise_gov.models import (
    FirstTimeVisitorRule,
    QueryRule,
    ReferrerRule,
    Segment,
)
from wagtail_personalise_gov.visit.stores import SignedCookieStore
from wagtail_personalise_gov.visit.visit import Visit

RIVERSIDE, NOWHERE = "192.0.2.7", "127.0.0.1"
OURS = {"cookie", "sec-gpc", "dnt"}


def headers_of(response: HttpResponse) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name not in ("Content-Length", "Expires")}


# Pages on which nothing is asked


@pytest.mark.parametrize("path", ["/plain/", "/plain/nowhere/", "/admin/login/"])
def test_a_page_without_a_personalised_block_is_as_if_we_were_not_there(
    plain_page: PlainPage, everything_live: None, settings: Any, path: str
) -> None:
    headers = {"Referer": "https://duckduckgo.com/", "User-Agent": "Mozilla/5.0"}
    with_us = Client().get(f"{path}?utm_source=newsletter", headers=headers, REMOTE_ADDR=RIVERSIDE)
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.endswith("PersonaliseMiddleware")]
    without = Client().get(f"{path}?utm_source=newsletter", headers=headers, REMOTE_ADDR=RIVERSIDE)
    assert headers_of(with_us) == headers_of(without)
    assert set(with_us.cookies) == set(without.cookies)
    assert not Session.objects.exists()


def test_a_personalised_block_without_versions_asks_nothing(client: Client, home: AgencyPage) -> None:
    make_page("Same", ("offer", personalised(hero("For all"))), parent=home, slug="same")
    answer = client.get("/same/")
    assert "For all" in answer.content.decode()
    assert not OURS & {name.lower() for name in vary(answer)}
    assert not directives(answer)


def test_a_response_that_says_public_and_asks_nothing_stays_public(rf: RequestFactory, db: None) -> None:
    response = through(rf.get("/"), lambda request: HttpResponse(headers={"Cache-Control": "public, max-age=60"}))
    assert directives(response) == {"public", "max-age=60"}


# Pages on which something is asked


@pytest.mark.parametrize("address, text", [(RIVERSIDE, "Sandbags in Riverside"), (NOWHERE, "Be ready")])
def test_a_page_that_considered_its_visitor_is_private_also_when_the_standard_version_won(
    client: Client, agency_page: AgencyPage, places_by_address: Any, address: str, text: str
) -> None:
    answer = client.get("/flood/", REMOTE_ADDR=address)
    assert text in answer.content.decode()
    assert directives(answer) == {"private", "no-cache"}
    assert "Expires" not in answer.headers
    assert {name.lower() for name in vary(answer)} >= OURS


def test_vary_is_the_same_whoever_asks_and_whatever_they_want(agency_page: AgencyPage, places_by_header: None) -> None:
    answers = [
        Client().get("/flood/"),
        Client().get("/flood/", headers={"X-City": "Riverside"}),
        Client().get("/flood/", headers={"Sec-GPC": "1"}),
        Client().get("/flood/", headers={"DNT": "1"}),
        Client().get("/flood/", HTTP_COOKIE="personalise_choice=refused.1"),
        Client().get("/flood/", HTTP_COOKIE="personalise_choice=allowed.1"),
    ]
    assert len({tuple(sorted(vary(answer))) for answer in answers}) == 1
    assert set(vary(answers[0])) == {"Cookie", "DNT", "Sec-GPC", "X-City", "X-Country", "X-Region"}


@pytest.mark.parametrize(
    "rule, expected",
    [
        (lambda: FirstTimeVisitorRule(), {"Referer"}),
        (lambda: ReferrerRule(kinds=["search"]), {"Referer"}),
        (lambda: QueryRule(parameter="topic"), set()),  # the query is part of the address
        (lambda: ask("device.kind", "in", ["mobile"]), {"User-Agent", "Sec-CH-UA-Mobile"}),
        (lambda: ask("language", "language", ["cy"]), {"Accept-Language"}),
        (lambda: ask("request.site", "in", ["testserver"]), {"Host"}),
        (lambda: ask("clock.local", "between", ["00:00", "12:00"]), set()),
        (lambda: ask("account.signed_in", "equals", True), set()),  # by cookie, which is there anyway
    ],
)
def test_vary_names_every_header_that_was_read(
    client: Client, home: AgencyPage, rule: Callable[[], Any], expected: set[str]
) -> None:
    segment = make_segment("some", rule())
    make_page("Some", ("offer", personalised(hero("All"), (segment, hero("Some")))), parent=home, slug="some")
    answer = client.get("/some/")
    assert set(vary(answer)) == {"Cookie", "DNT", "Sec-GPC"} | expected
    assert "private" in directives(answer)


def ask(fact: str, operator: str, value: Any) -> AskRule:
    return AskRule(question={"fact": fact, "op": operator, "value": value})


def test_vary_names_forwarded_addresses_where_proxies_are_trusted(
    client: Client, agency_page: AgencyPage, configure: Any
) -> None:
    assert "X-Forwarded-For" not in vary(client.get("/flood/"))
    configure(TRUSTED_PROXIES=["10.0.0.0/8"])
    assert "X-Forwarded-For" in vary(client.get("/flood/"))


def test_signals_that_are_not_honoured_are_not_named(client: Client, agency_page: AgencyPage, configure: Any) -> None:
    configure(HONOUR_GPC=False, HONOUR_DNT=False)
    assert vary(client.get("/flood/")) == ["Cookie"]


# Headers that were there before


def through(request: HttpRequest, view: Callable[[HttpRequest], HttpResponse]) -> Any:
    """A view behind the middleware and nothing else."""
    return PersonaliseMiddleware(view)(request)


def considering(**headers: str) -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        request.visit.includes("riverside")  # type: ignore[attr-defined]
        return HttpResponse(headers={name.replace("_", "-"): value for name, value in headers.items()})

    return view


@pytest.mark.parametrize(
    "given, expected",
    [
        ("public", {"private", "no-cache"}),
        ("public, max-age=600", {"private", "no-cache"}),
        ("s-maxage=600, max-age=60", {"private", "no-cache"}),
        ("S-MaxAge=600, PUBLIC", {"private", "no-cache"}),
        ("no-store", {"private", "no-cache", "no-store"}),
        ("private, no-store, must-revalidate", {"private", "no-cache", "no-store", "must-revalidate"}),
        ("max-age=60, stale-while-revalidate=3600", {"private", "no-cache"}),
        ("immutable, max-age=60", {"private", "no-cache"}),
        ("public, no-transform", {"private", "no-cache", "no-transform"}),
    ],
)
def test_no_public_directive_survives(rf: RequestFactory, riverside: Segment, given: str, expected: set[str]) -> None:
    response = through(rf.get("/"), considering(Cache_Control=given, Expires="Thu, 01 Jan 2037 00:00:00 GMT"))
    assert directives(response) == expected
    assert "Expires" not in response.headers


def test_vary_that_was_there_is_kept_and_nothing_stands_twice(rf: RequestFactory, riverside: Segment) -> None:
    response = through(rf.get("/"), considering(Vary="Accept-Encoding, cookie"))
    assert vary(response)[:2] == ["Accept-Encoding", "cookie"]
    lower = [name.lower() for name in vary(response)]
    assert len(lower) == len(set(lower))
    assert set(lower) >= OURS


def test_vary_on_everything_stays(rf: RequestFactory, riverside: Segment) -> None:
    assert vary(through(rf.get("/"), considering(Vary="*"))) == ["*"]


@pytest.mark.parametrize("header", ["CDN-Cache-Control", "Surrogate-Control", "X-Accel-Expires"])
def test_no_other_header_lets_an_edge_keep_it(rf: RequestFactory, riverside: Segment, header: str) -> None:
    """RFC 9213: an edge obeys its own header before Cache-Control."""
    response = through(rf.get("/"), considering(**{header.replace("-", "_"): "max-age=600"}))
    assert header not in response.headers


def test_a_cookie_never_stands_on_a_public_response(client: Client, home: AgencyPage, everything_live: None) -> None:
    for path in ("/", "/?utm_source=newsletter"):
        answer = client.get(path)
        assert not (answer.cookies and "private" not in directives(answer))


@pytest.mark.parametrize(
    "asking",
    [
        lambda visit: visit.includes("riverside"),
        lambda visit: visit.decide(["riverside"]),
        lambda visit: visit.segments,
        lambda visit: visit.preference,
        lambda visit: visit.standing,
        lambda visit: visit.cache_key("riverside"),
        lambda visit: visit.declared_intent,
        lambda visit: visit.declared_place,
        lambda visit: visit.declare_intent("x"),
        lambda visit: visit.includes("no-such-segment"),  # it may be live tomorrow
    ],
)
def test_whatever_may_differ_between_visitors_makes_the_response_private(
    rf: RequestFactory, riverside: Segment, asking: Callable[[Visit], Any]
) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        asking(request.visit)  # type: ignore[attr-defined]
        return HttpResponse()

    response = through(rf.get("/"), view)
    assert "private" in directives(response)
    assert {name.lower() for name in vary(response)} >= OURS


# Other ways to answer


def test_a_page_that_is_sent_piece_by_piece_shows_standard_versions(
    client: Client, home: AgencyPage, riverside: Segment, places_by_address: Any
) -> None:
    """Its headers are gone before its blocks are rendered, so it could not be marked as private any more."""
    offer = ("offer", personalised(hero("Be ready"), (riverside, hero("Sandbags in Riverside"))))
    make_page("Stream", offer, parent=home, model=StreamedPage, slug="stream")
    answer = client.get("/stream/", REMOTE_ADDR=RIVERSIDE)
    assert answer.streaming
    text = b"".join(answer.streaming_content).decode()
    assert "Be ready" in text
    assert "Sandbags" not in text
    assert not directives(answer)
    assert not answer.cookies


def test_a_response_that_cannot_be_finished_is_sent_as_private(
    rf: RequestFactory, new: Segment, configure: Any, caplog: pytest.LogCaptureFixture
) -> None:
    configure(VISITOR_STORE=f"{__name__}.FailingStore")
    request = rf.get("/")
    response = through(request, considering(Cache_Control="public, max-age=600"))
    assert response.status_code == 200
    assert {"private", "no-store"} <= directives(response)
    assert "public" not in directives(response)
    assert not response.cookies
    assert "A response could not be finished (OSError)" in caplog.text
    assert "secret" not in caplog.text


class FailingStore(SignedCookieStore):
    def save(self, *args: Any) -> None:
        raise OSError("a secret of a visitor")

    forget = save
