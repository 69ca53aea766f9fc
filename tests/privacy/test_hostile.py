"""Whatever is sent to the forms and pages: an answer, never a server error, never a redirect to elsewhere."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.agency.models import AgencyPage

FORMS = ["choice", "forget", "intent", "place"]
FIELDS = ["choice", "intent", "place", "country", "subdivision", "city", "next", "token"]
LIKELY = ["allowed", "refused", "hide", "restaurant", "none", "FR", "GB-WLS", "/full/", "//evil.example", "http://["]

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
long = st.builds(lambda letter, times: letter * times, st.characters(exclude_categories=["Cs"]), st.integers(0, 9000))
values = st.one_of(st.sampled_from(LIKELY), text, long)
posted = st.dictionaries(st.sampled_from(FIELDS), values, max_size=8)
# What a server passes on of a header: Latin-1, without line ends.
header = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\x00"), max_size=200)
headers = st.fixed_dictionaries(
    {},
    optional={
        "HTTP_SEC_FETCH_SITE": st.one_of(st.sampled_from(["same-origin", "none", "cross-site", "same-site"]), header),
        "HTTP_ORIGIN": st.one_of(st.sampled_from(["null", "http://testserver", "http://[", "http://x:99999"]), header),
        "HTTP_REFERER": header,
        "HTTP_SEC_GPC": header,
        "HTTP_USER_AGENT": header,
        "HTTP_ACCEPT_LANGUAGE": header,
        "HTTP_COOKIE": st.one_of(
            header,
            st.builds(
                lambda name, value: f"personalise_{name}={value}",
                st.sampled_from(["choice", "visit", "memory", "confirm"]),
                st.one_of(header, st.sampled_from(["refused.1", "allowed.1.n", "a:b:c", "x" * 5000])),
            ),
        ),
    },
)
many = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def django_settings(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue("settings")  # the name is that of Hypothesis's settings here


def stays_here(location: str) -> bool:
    return urlsplit(location).netloc in ("", "testserver") and not location.startswith(("//", "/\\"))


@pytest.mark.parametrize("form", FORMS)
@many
@given(data=posted, sent=headers)
def test_a_form_answers_anything(full_page: AgencyPage, form: str, data: dict[str, str], sent: dict[str, str]) -> None:
    response = Client(raise_request_exception=True).post(f"/personalisation/{form}/", data, **sent)
    assert response.status_code in (303, 400, 403, 413)
    if response.status_code == 303:
        assert stays_here(response.headers["Location"])


@pytest.mark.parametrize("form", FORMS)
@many
@given(
    body=st.binary(max_size=300),
    kind=st.one_of(
        st.sampled_from(
            [
                "application/x-www-form-urlencoded",
                "application/x-www-form-urlencoded; charset=utf-16",
                "application/x-www-form-urlencoded; charset=nonsense",
                "multipart/form-data",
                "multipart/form-data; boundary=x",
                "application/json",
                "",
            ]
        ),
        header,
    ),
)
def test_a_form_answers_any_body(full_page: AgencyPage, form: str, body: bytes, kind: str) -> None:
    client = Client(HTTP_SEC_FETCH_SITE="same-origin")
    response = client.generic("POST", f"/personalisation/{form}/", body, content_type=kind)
    assert response.status_code in (303, 400, 403)


@many
@given(query=st.dictionaries(st.sampled_from(["back", "done", "next"]), values), sent=headers)
def test_the_page_about_it_answers_anything(full_page: AgencyPage, query: dict[str, str], sent: dict[str, str]) -> None:
    response = Client().get("/personalisation/", query, **sent)
    assert response.status_code == 200
    assert "evil.example" not in response.content.decode()


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=X; charset=hex", "multipart/form-data"])
@pytest.mark.parametrize("name", ["choice", "forget", "intent", "place"])
def test_a_form_that_can_not_be_read_is_a_bad_request(client: Client, db: None, name: str, kind: str) -> None:
    body = b'--X\r\nContent-Disposition: form-data; name="choice"\r\n\r\nrefused\r\n--X--\r\n'
    assert client.generic("POST", f"/personalisation/{name}/", body, content_type=kind).status_code == 400


UNREADABLE = [
    ("application/x-www-form-urlencoded; charset=utf-16", "choice=refused".encode("utf-16")),
    ("application/x-www-form-urlencoded; charset=latin-1", b"choice=refused"),
    ("multipart/form-data; boundary=", b"choice=refused"),
    ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % number for number in range(120))),
]


@pytest.mark.parametrize("kind, body", UNREADABLE, ids=["utf-16", "latin-1", "boundary", "fields"])
@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("debug", [False, True])
def test_an_answer_in_words_to_a_form_that_can_not_be_read(
    full_page: AgencyPage, django_settings: Any, name: str, kind: str, body: bytes, debug: bool
) -> None:
    django_settings.DEBUG, django_settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = debug, 100
    response = Client(HTTP_SEC_FETCH_SITE="same-origin").generic(
        "POST", f"/personalisation/{name}/", body, content_type=kind
    )
    assert response.status_code == 400
    assert "This form could not be read." in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    assert not response.cookies
