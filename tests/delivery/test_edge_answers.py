"""What a CDN answers is believed from the CDN alone, and only where it is an answer."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from wagtail_personalise_gov.conf import problems
from wagtail_personalise_gov.core.decision import Reason
from wagtail_personalise_gov.visit.edge import answers_at_edge, reasons_at_edge, vary_on_edge

CDN, STRANGER = "10.0.0.1", "203.0.113.9"


@pytest.fixture
def named(configure: Callable[..., None]) -> None:
    configure(EDGE_ANSWERS={"riverside": "X-Edge-Riverside", "abroad": "X-Abroad"}, TRUSTED_PROXIES=["10.0.0.0/8"])


def answers(address: str = CDN, **headers: str) -> dict[str, bool]:
    return answers_at_edge(RequestFactory().get("/", headers=headers, REMOTE_ADDR=address))


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize(
    "said, expected",
    [
        ("1", {"riverside": True}),
        ("0", {"riverside": False}),
        (" 1 ", {"riverside": True}),
        ("", {}),
        ("true", {}),
        ("01", {}),
        ("1,0", {}),  # as a server joins two headers of one name: the visitor's and the CDN's
        ("1, 1", {}),
        ("\u0661", {}),  # a digit one, of another script
    ],
)
def test_only_one_and_nought_are_answers(said: str, expected: dict[str, bool]) -> None:
    assert answers(X_Edge_Riverside=said) == expected


@pytest.mark.usefixtures("named")
def test_each_segment_has_its_own_header_and_others_say_nothing() -> None:
    assert answers(X_Abroad="1", X_Edge_Riverside="0") == {"abroad": True, "riverside": False}
    assert answers(X_Edge_Abroad="1", X_Riverside="1", Riverside="1") == {}


@pytest.mark.usefixtures("named")
def test_a_stranger_answers_nothing() -> None:
    assert answers(STRANGER, X_Edge_Riverside="1") == {}
    assert answers(STRANGER, X_Edge_Riverside="1", X_Forwarded_For=CDN) == {}


def test_nobody_is_believed_unless_a_proxy_is_trusted(configure: Callable[..., None]) -> None:
    configure(EDGE_ANSWERS={"riverside": "X-Edge-Riverside"})
    assert answers("127.0.0.1", X_Edge_Riverside="1") == {}


@given(said=st.text(st.characters(max_codepoint=255)))
def test_any_bytes_are_an_answer_or_none(said: str) -> None:
    from django.test import override_settings

    keys = {"EDGE_ANSWERS": {"riverside": "X-Edge-Riverside"}, "TRUSTED_PROXIES": ["10.0.0.0/8"]}
    with override_settings(WAGTAIL_PERSONALISE_GOV=keys):
        request = RequestFactory().get("/", REMOTE_ADDR=CDN)
        request.META["HTTP_X_EDGE_RIVERSIDE"] = said
        assert answers_at_edge(request).keys() <= {"riverside"}


def test_reasons_are_those_of_the_segments_that_were_asked() -> None:
    told = {"riverside": True, "abroad": False, "hilltop": True}
    assert reasons_at_edge(told, ["riverside", "abroad", "others"]) == {
        "riverside": Reason.MATCHED,
        "abroad": Reason.NOT_MATCHED,
    }
    assert reasons_at_edge(told, ["riverside", "abroad"], learning={"riverside", "abroad"}) == {
        "riverside": Reason.LEARNING,
        "abroad": Reason.NOT_MATCHED,
    }


@pytest.mark.usefixtures("named")
def test_a_response_varies_on_the_headers_of_its_segments_and_on_no_others() -> None:
    response = HttpResponse(headers={"Vary": "Accept-Language", "Cache-Control": "max-age=60"})
    vary_on_edge(response, ["abroad", "others"])
    assert response.headers["Vary"] == "Accept-Language, X-Abroad"
    assert response.headers["Cache-Control"] == "max-age=60"
    vary_on_edge(response, [])
    assert response.headers["Vary"] == "Accept-Language, X-Abroad"


@pytest.mark.parametrize(
    "value, said",
    [
        (["riverside"], "use a dict"),
        ({"riverside": 1}, "use a dict"),
        ({"riverside": "Cookie"}, "no name of a header of your own"),
        ({"riverside": "X-Forwarded-For"}, "no name of a header of your own"),
        ({"riverside": "X-Personalise-Riverside"}, "no name of a header of your own"),  # ours, behind page caches
        ({"riverside": "X_Edge_Riverside"}, "no name of a header of your own"),  # which servers drop, or confuse
        ({"riverside": "X-A", "abroad": "x-a"}, "two segments have the same header"),
    ],
)
def test_a_setting_that_will_not_do_is_told_and_answers_nothing(
    configure: Callable[..., None], value: Any, said: str
) -> None:
    configure(EDGE_ANSWERS=value, TRUSTED_PROXIES=["10.0.0.0/8"])
    [problem] = problems()
    assert said in problem
    assert answers(Cookie="1", X_Forwarded_For="1", X_A="1", X_Edge_Riverside="1") == {}


def test_a_setting_that_will_do_is_not_told(named: None) -> None:
    assert list(problems()) == []
