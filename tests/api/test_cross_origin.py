"""Front ends on other hosts: a browser lets those use the API that the site names, and no page of anybody else."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client

from tests.agency.models import AgencyPage, PlainPage
from tests.api.calling import API, FrontEnd, put
from tests.choices import without_days
from wagtail_personalise_gov.models import Segment

APP = "https://app.example.gov"
NOT_NAMED = (
    "https://evil.example",
    "http://app.example.gov",
    "https://app.example.gov:8443",
    "https://app.example.gov.evil.example",
    "https://APP.example.gov",
    "null",
    "",
)


@pytest.fixture
def named(configure: Callable[..., None]) -> None:
    configure(API_ORIGINS=[APP, "http://localhost:5173"])


def cors(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("Access-Control-")}


def preflight(client: Client, name: str, origin: str, method: str = "PUT") -> Any:
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    return client.options(f"{API}/{name}", headers=asked | {"Access-Control-Request-Headers": "personalise-visitor"})


@pytest.mark.parametrize("name, methods", [("visit/", "GET, HEAD, OPTIONS, DELETE"), ("preference/", "OPTIONS, PUT")])
def test_a_named_front_end_is_told_what_it_may_send(
    client: Client, home: AgencyPage, named: None, name: str, methods: str
) -> None:
    answer = preflight(client, name, APP)
    assert (answer.status_code, answer.content) == (204, b"")
    assert sorted(answer["Access-Control-Allow-Methods"].split(", ")) == sorted(methods.split(", "))
    assert answer["Access-Control-Allow-Origin"] == APP
    assert answer["Access-Control-Allow-Credentials"] == "true"
    may_be_set = set(answer["Access-Control-Allow-Headers"].split(", "))
    assert {"Content-Type", "If-None-Match", "Personalise-Visitor"} <= may_be_set
    assert "Origin" in answer["Vary"]
    assert not answer.cookies


@pytest.mark.parametrize("origin", NOT_NAMED)
def test_nobody_else_is(client: Client, home: AgencyPage, named: None, origin: str) -> None:
    for answer in (
        preflight(client, "preference/", origin),
        client.get(f"{API}/visit/", headers={"Origin": origin}),
        client.get(f"{API}/nowhere/", headers={"Origin": origin}),
    ):
        assert cors(answer) == {}
        assert "Origin" in answer["Vary"]  # or a cache would give this to a front end that is named


def test_where_none_is_named_nothing_is_said_of_origins(client: Client, home: AgencyPage) -> None:
    for answer in (preflight(client, "preference/", APP), client.get(f"{API}/", headers={"Origin": APP})):
        assert cors(answer) == {}
        assert not answer.has_header("Vary")


def test_every_answer_may_be_read_by_a_named_front_end_errors_too(
    client: Client, agency_page: AgencyPage, plain_page: PlainPage, named: None
) -> None:
    for answer in (
        client.get(f"{API}/", headers={"Origin": APP}),
        client.get(f"{API}/visit/", headers={"Origin": APP}),
        client.get(f"{API}/pages/{agency_page.pk}/", headers={"Origin": APP}),
        client.get(f"{API}/pages/{plain_page.pk}/", headers={"Origin": APP}),
        client.get(f"{API}/pages/999999/", headers={"Origin": APP}),
        client.get(f"{API}/nowhere", headers={"Origin": APP}),
        client.post(f"{API}/visit/", headers={"Origin": APP}),
        put(client, "preference", {"preference": "perhaps"}, headers={"Origin": APP}),
    ):
        assert answer["Access-Control-Allow-Origin"] == APP, answer.status_code
        assert "Personalise-Visitor" in answer["Access-Control-Expose-Headers"]
        assert "*" not in "".join(cors(answer).values())


def test_a_page_in_html_is_no_front_ends_to_read(client: Client, agency_page: AgencyPage, named: None) -> None:
    answer = client.get("/flood/", headers={"Origin": APP})
    assert cors(answer) == {}


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_a_named_front_end_sends_is_believed_as_our_own_page_is(
    home: AgencyPage, licence: Segment, named: None, site: str
) -> None:
    front_end = FrontEnd()
    by_browser = {"Origin": APP, "Sec-Fetch-Site": site}
    answer = front_end.put("preference", {"preference": "allowed"}, **by_browser)
    assert (answer.status_code, answer.json()["preference"]) == (200, "allowed")
    assert front_end.put("intent", {"intent": "restaurant"}, **by_browser).json()["kept"] is True
    assert front_end.delete("visit", **by_browser).status_code == 204


def test_what_another_sends_is_not(client: Client, home: AgencyPage, licence: Segment, named: None) -> None:
    by_browser = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    for answer in (
        put(client, "preference", {"preference": "refused"}, headers=by_browser),
        put(client, "intent", {"intent": "restaurant"}, headers=by_browser),
        client.delete(f"{API}/visit/", headers=by_browser),
    ):
        assert answer.status_code == 403
        assert not answer.cookies


def test_being_named_proves_nothing_to_a_form_in_html(client: Client, agency_page: AgencyPage, named: None) -> None:
    answer = client.post("/personalisation/choice/", {"choice": "allowed"}, headers={"Origin": APP})
    assert answer.status_code == 403
    assert "personalise_choice" not in answer.cookies


def test_a_front_end_below_the_same_domain_may_use_cookies(client: Client, home: AgencyPage, named: None) -> None:
    answer = put(
        client, "preference", {"preference": "refused"}, headers={"Origin": APP, "Sec-Fetch-Site": "same-site"}
    )
    assert without_days(answer.cookies["personalise_choice"].value) == "refused.1"
    assert answer["Access-Control-Allow-Credentials"] == "true"


@pytest.mark.parametrize(
    "origins, problem",
    [
        ("https://app.example.gov", "use a list of origins"),
        (["*"], "'*' is no origin"),
        (["https://*.example.gov"], "is no origin"),
        (["https://app.example.gov/"], "is no origin"),
        (["https://app.example.gov/api"], "is no origin"),
        (["https://App.example.gov"], "is no origin"),
        (["https://app.example.gov:443"], "is no origin"),
        (["https://somebody@app.example.gov"], "is no origin"),
        (["app.example.gov"], "is no origin"),
        (["null"], "is no origin"),
        ([None], "is no origin"),
        (["http://app.example.gov"], "is not encrypted"),
        ([APP, "http://localhost:3000", "http://127.0.0.1", "https://[::1]:8443"], None),
    ],
)
def test_a_wrong_origin_is_named_at_startup_and_lets_nobody_in(
    client: Client, home: AgencyPage, configure: Callable[..., None], origins: Any, problem: str | None
) -> None:
    configure(API_ORIGINS=origins)
    found = [message.msg for message in run_checks() if "API_ORIGINS" in message.msg]
    assert (problem in found[0]) if problem else not found
    if problem:
        assert cors(client.get(f"{API}/", headers={"Origin": APP})) == {}
