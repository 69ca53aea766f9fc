"""Any header, cookie, query string or form value, of any length or encoding: a page, and never a 500."""

import time
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.agency.models import AgencyPage, AskRule
from tests.factories import hero, make_intent, make_page, make_segment, personalised
from wagtail_personalise_gov.models import (
    CampaignRule,
    FirstTimeVisitorRule,
    IntentSignal,
    LocationRule,
    QueryRule,
    ReferrerRule,
    SegmentRule,
    VisitIntentRule,
)

# What servers hand on: bytes as Latin-1 text, without line ends. Mostly short; sometimes longer than anybody looks at.
BYTES = st.binary(max_size=40).map(lambda given: given.replace(b"\n", b"").replace(b"\r", b"").decode("latin-1"))
TEXT = st.one_of(
    BYTES,
    st.text(max_size=40).map(
        lambda given: given.encode("utf-8", "replace").replace(b"\n", b"").replace(b"\r", b"").decode("latin-1")
    ),
    st.builds(lambda given, times: given * times, BYTES, st.sampled_from([100, 3000])),
)


def header(*likely: str) -> st.SearchStrategy[str]:
    return st.sampled_from(likely) | TEXT


HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "HTTP_USER_AGENT": header("", "Mozilla/5.0 (iPad)", "Googlebot/2.1"),
        "HTTP_REFERER": header("https://duckduckgo.com/", "http://[::1", "https://www.gov.uk:x/", "android-app://x/"),
        "HTTP_ACCEPT_LANGUAGE": header("cy;q=0.5,en", "*", "en;q=9", "-,;q=", "a-" * 500),
        "HTTP_X_FORWARDED_FOR": header("192.0.2.7", "fe80::1%eth0", "192.0.2.7:x, 10.0.0.1", "[::", ",,,"),
        "HTTP_SEC_GPC": header("1", "0", "1;x"),
        "HTTP_DNT": header("1", "0", "null"),
        "HTTP_SEC_CH_UA_MOBILE": header("?1", "?0"),
        "HTTP_SEC_FETCH_SITE": header("same-origin", "cross-site"),
        "HTTP_ORIGIN": header("http://testserver", "null", "http://[", "https://evil.example"),
        "HTTP_COOKIE": header("personalise_choice=refused.1", "personalise_visit=x:y:z", "=;=;;", '"'),
        "HTTP_CF_IPCOUNTRY": header("GB", "XX"),
        "REMOTE_ADDR": header("192.0.2.7", "", "unix:", "::ffff:192.0.2.7", "999.1.1.1"),
        "QUERY_STRING": header("utm_source=newsletter&topic=%00", "topic[]=%ff%fe", "&&==", "topic=x&" * 1200),
    },
)


@pytest.fixture
def everything(home: AgencyPage, configure: Any) -> AgencyPage:
    """At /everything/: a page whose blocks ask every fact that there is, by every rule that there is."""
    configure(TRUSTED_PROXIES=["10.0.0.0/8", "192.0.2.0/24", "unix"], GEO_PROVIDER="tests.agency.geo.NetworkGeo")
    page = make_page("Start", parent=home, slug="start")
    intent = make_intent(
        "start-a-business",
        IntentSignal(kind=IntentSignal.SECTION, page=page, confidence=0.6),
        IntentSignal(kind=IntentSignal.WORDS, text="food licence", confidence=0.6),
        IntentSignal(kind=IntentSignal.CAMPAIGN, text="newsletter", confidence=0.6),
    )
    riverside = make_segment("riverside", LocationRule(cities=["Riverside"]))
    rules = [
        FirstTimeVisitorRule(),
        LocationRule(in_eu=True, negated=True),
        LocationRule(subdivisions=["GB-ENG"]),
        LocationRule(latitude=51.5, longitude=0, radius_km=10),
        ReferrerRule(kinds=["search", "other"], hosts=["*.gov.uk", "*a*b*"]),
        CampaignRule(source="news*", medium="*", name="*x*"),
        QueryRule(parameter="topic", values=["*a*b*c*"]),
        VisitIntentRule(intent=intent),
        SegmentRule(other=riverside, negated=True),
        *(
            AskRule(question={"fact": fact, "op": operator, "value": value})
            for fact, operator, value in [
                ("visitor.visits", "at_least", 2),
                ("visitor.days_since_last_visit", "between", [0, 3]),
                ("visit.referrer.host", "matches", ["*"]),
                ("location.postcode", "matches", ["S*"]),
                ("location.continent", "in", ["EU"]),
                ("device.kind", "in", ["mobile"]),
                ("language", "language", ["cy"]),
                ("network.ip", "in_network", ["192.0.2.0/24"]),
                ("clock.local", "between", ["22:00", "06:00"]),
                ("account.groups", "contains_any", ["Editors"]),
                ("request.path", "matches", ["/e*"]),
                ("request.site", "in", ["testserver"]),
            ]
        ),
    ]
    blocks: list[tuple[str, Any]] = [("intent_question", {"heading": "What for?", "hint": ""})]
    blocks.append(("place_question", {"heading": "Where?", "hint": "", "places": []}))
    for number, rule in enumerate(rules):
        segment = make_segment(f"segment-{number}", rule)
        blocks.append(("offer", personalised(hero(f"Standard {number}"), (segment, hero(f"Version {number}")))))
    return make_page("Everything", *blocks, parent=home, slug="everything")


BROWSERS = hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@given(headers=HEADERS)
@BROWSERS
def test_any_request_gets_a_page_with_each_block_in_one_version(
    everything: AgencyPage, headers: dict[str, str]
) -> None:
    answer = Client().get("/everything/", **headers)
    assert answer.status_code == 200
    text = answer.content.decode()
    for number in range(21):
        assert (f">Standard {number}<" in text) != (f">Version {number}<" in text)
    assert "private" in answer["Cache-Control"]


@given(first=HEADERS, second=HEADERS)
@BROWSERS
def test_any_visit_can_be_continued_by_any_request(
    everything: AgencyPage, first: dict[str, str], second: dict[str, str]
) -> None:
    client = Client()
    for headers in (first, second):
        given_by_jar = {key: value for key, value in headers.items() if key != "HTTP_COOKIE"}
        assert client.get("/everything/", **given_by_jar).status_code == 200


@given(headers=HEADERS)
@BROWSERS
def test_any_request_to_the_api_gets_an_answer(everything: AgencyPage, headers: dict[str, str]) -> None:
    for path in ("visit/", f"pages/{everything.pk}/"):
        answer = Client().get(f"/api/personalise/v1/{path}", **headers)
        assert answer.status_code == 200
        answer.json()


@given(headers=HEADERS, host=st.sampled_from(["", "evil.example", "testserver:x", "[::", "a" * 3000]) | BYTES)
@BROWSERS
def test_any_host_gets_a_page_or_a_plain_refusal(everything: AgencyPage, headers: dict[str, str], host: str) -> None:
    assert Client().get("/everything/", HTTP_HOST=host, **headers).status_code in (200, 400)


@given(headers=HEADERS)
@BROWSERS
def test_any_request_for_the_page_about_personalisation_gets_it(
    everything: AgencyPage, headers: dict[str, str]
) -> None:
    assert Client().get("/personalisation/", **headers).status_code == 200
    assert Client().get("/personalisation/register.json", **headers).status_code == 200


FORM = st.dictionaries(
    st.sampled_from(
        ["choice", "next", "intent", "place", "country", "subdivision", "city", "token", "csrfmiddlewaretoken"]
    )
    | st.text(max_size=10),
    st.sampled_from(
        ["", "allowed", "refused", "hide", "none", "start-a-business", "GB", "//evil.example", "/everything/", "\x00"]
    )
    | st.text(max_size=40)
    | st.text(max_size=5).map(lambda given: given * 3000),
    max_size=5,
)


@given(
    headers=HEADERS,
    form=FORM,
    action=st.sampled_from(["choice", "forget", "intent", "place"]),
    content_type=st.sampled_from(["multipart/form-data", "application/x-www-form-urlencoded", "text/plain", ""]),
)
@hypothesis_settings(parent=BROWSERS, max_examples=200)
def test_any_form_gets_an_answer(
    everything: AgencyPage, headers: dict[str, str], form: dict[str, str], action: str, content_type: str
) -> None:
    sent: dict[str, Any] = {"data": form}
    if content_type != "multipart/form-data":
        body = "&".join(f"{key}={value}" for key, value in form.items()).encode("utf-8", "replace")
        sent = {"data": body, "content_type": content_type}
    client = Client()
    answer = client.post(f"/personalisation/{action}/", **sent, **headers)
    assert answer.status_code in (200, 302, 303, 400, 403, 405, 413, 415)
    if answer.status_code in (302, 303):
        assert answer["Location"].startswith("/")
        assert not answer["Location"].startswith(("//", "/\\"))
    answer = client.get("/everything/")
    assert answer.status_code == 200


@given(path=st.text(max_size=60), method=st.sampled_from(["get", "head", "post", "put", "delete", "options", "patch"]))
@BROWSERS
def test_any_path_and_method_gets_an_answer(everything: AgencyPage, path: str, method: str) -> None:
    for start in ("/everything/", "/personalisation/", "/api/personalise/v1/", "/api/personalise/v1/pages/"):
        answer = getattr(Client(), method)(start + path.replace("\x00", ""))
        assert answer.status_code < 500


def test_a_referer_that_makes_a_regular_expression_hang_does_not(everything: AgencyPage) -> None:
    """`^(\\w+\\.?)+$` took 16 s for 26 characters; patterns with * are matched in linear time."""
    start = time.perf_counter()
    Client().get(
        "/everything/", headers={"Referer": "https://" + "ab" * 1000 + "!/"}, QUERY_STRING="topic=" + "abab" * 500
    )
    assert time.perf_counter() - start < 5  # seconds, the whole page included, on a busy machine
