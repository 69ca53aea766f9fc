"""Cookies as browsers get them, and what becomes of them when a site moves to https, or back."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client, RequestFactory

from tests.agency.models import AgencyPage
from wagtail_personalise_gov.core.preference import Because, Choice, Preference
from wagtail_personalise_gov.visit.cookies import CHOICE, COOKIES
from wagtail_personalise_gov.visit.preference import choice_of, standing_of

CHOOSE = "/personalisation/choice/"
OLD, NEW = "personalise_choice", "__Host-personalise_choice"


def adapts(client: Client, **sent: Any) -> bool:
    return "For Riverside" in client.get("/full/", **sent).content.decode()


def expired(response: Any) -> set[str]:
    return {name for name, cookie in response.cookies.items() if cookie["max-age"] == 0}


@pytest.mark.parametrize("secure", [False, True])
def test_every_cookie_is_for_this_host_alone_and_no_other_site_sends_it_along(
    visitor: Client, full_page: AgencyPage, configure: Any, secure: bool
) -> None:
    configure(COOKIE_SECURE=secure, COUNTING=True)
    reader = Client(HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", HTTP_SEC_FETCH_SITE="same-origin")
    answers = [
        reader.get("/full/"),
        reader.post("/personalisation/intent/", {"intent": "restaurant"}),
        Client().post(CHOOSE, {"choice": "allowed"}),  # a browser that says nothing is asked to confirm
        reader.post(CHOOSE, {"choice": "refused"}),
    ]
    seen = {}
    for response in answers:
        for name, cookie in response.cookies.items():
            seen[name] = cookie
            assert (cookie["path"], cookie["domain"], cookie["samesite"]) == ("/", "", "Lax"), name
            assert bool(cookie["secure"]) is secure is name.startswith("__Host-"), name
            assert bool(cookie["httponly"]) is (CHOICE.base_name not in name), name
            assert len(cookie.OutputString()) < 4096
            assert cookie["max-age"] == "" or 0 <= cookie["max-age"] <= 400 * 24 * 60 * 60, name
    assert {name.removeprefix("__Host-") for name in seen} == {cookie.base_name for cookie in COOKIES}


def test_cookies_are_not_renewed_while_nothing_changes(visitor: Client, full_page: AgencyPage) -> None:
    assert visitor.get("/full/").cookies
    assert not visitor.get("/full/", HTTP_REFERER="http://testserver/").cookies


# A site that switches COOKIE_SECURE on


@pytest.mark.parametrize(
    "value, preference, counting",
    [
        ("refused.1", Preference.REFUSED, None),
        ("refused-uncounted.1", Preference.REFUSED, False),
        ("refused-counted.1", Preference.REFUSED, None),
        ("allowed-uncounted.1", Preference.UNDECIDED, False),
        ("undecided-uncounted.1", Preference.UNDECIDED, False),
    ],
)
def test_what_refuses_holds_under_the_name_from_before(
    configure: Any, value: str, preference: Preference, counting: bool | None
) -> None:
    configure(COOKIE_SECURE=True)
    request = RequestFactory().get("/", HTTP_COOKIE=f"{OLD}={value}")
    choice = choice_of(request)
    assert choice is not None
    assert (choice.preference, choice.counting) == (preference, counting)


@pytest.mark.parametrize("value", ["allowed.1", "allowed-counted.1", "undecided-counted.1", "allowed.1.g", "nonsense"])
def test_what_allows_is_not_believed_under_a_name_that_another_host_can_set(configure: Any, value: str) -> None:
    configure(COOKIE_SECURE=True, MODE="opt_in")
    request = RequestFactory().get("/", HTTP_COOKIE=f"{OLD}={value}")
    assert choice_of(request) is None
    assert not standing_of(request).adapts


def test_a_refusal_from_before_is_honoured_on_pages(visitor: Client, full_page: AgencyPage, configure: Any) -> None:
    visitor.post(CHOOSE, {"choice": "refused"})
    configure(COOKIE_SECURE=True)
    assert set(visitor.cookies) == {OLD}
    assert not adapts(visitor)
    assert adapts(Client())  # who said nothing
    assert visitor.get("/full/").wsgi_request.visit.standing.because is Because.CHOICE
    assert "personalise-banner" not in visitor.get("/full/").content.decode()


def test_an_acceptance_from_before_is_asked_again(visitor: Client, full_page: AgencyPage, configure: Any) -> None:
    configure(MODE="opt_in")
    visitor.post(CHOOSE, {"choice": "allowed"})
    assert adapts(visitor)
    configure(COOKIE_SECURE=True)
    assert not adapts(visitor)


def test_choosing_again_leaves_one_cookie(visitor: Client, full_page: AgencyPage, configure: Any) -> None:
    visitor.post(CHOOSE, {"choice": "refused"})
    configure(COOKIE_SECURE=True)
    response = visitor.post(CHOOSE, {"choice": "allowed"}, secure=True)
    assert response.cookies[NEW].value.startswith("allowed.1")
    assert expired(response) == {OLD}
    assert adapts(visitor, secure=True)


def test_what_is_chosen_now_goes_before_what_another_host_planted(
    visitor: Client, full_page: AgencyPage, configure: Any
) -> None:
    configure(COOKIE_SECURE=True)
    visitor.cookies[NEW], visitor.cookies[OLD] = "allowed.1", "refused.1"
    assert adapts(visitor)
    visitor.cookies[NEW], visitor.cookies[OLD] = "refused.1", "allowed.1"
    assert not adapts(visitor)


def test_refusing_erases_what_was_kept_under_both_names(visitor: Client, full_page: AgencyPage, configure: Any) -> None:
    visitor.get("/full/")
    assert {"personalise_visit", "personalise_memory"} <= set(visitor.cookies)
    configure(COOKIE_SECURE=True)
    visitor.get("/full/", secure=True)
    for name in ("personalise_visit", "personalise_memory"):  # as if the move had just been made
        visitor.cookies[name] = "e30:1xUydA:x"
    response = visitor.post(CHOOSE, {"choice": "refused"}, secure=True)
    both = {f"{prefix}personalise_{name}" for prefix in ("", "__Host-") for name in ("visit", "memory")}
    assert expired(response) == both
    # A browser takes no cookie of such a name without Secure, so not one that ends it either.
    assert all(response.cookies[name]["secure"] for name in both)


def test_memory_from_before_is_not_believed_and_goes(visitor: Client, full_page: AgencyPage, configure: Any) -> None:
    visitor.get("/full/")
    configure(COOKIE_SECURE=True)
    response = visitor.get("/full/", secure=True)
    assert "For newcomers" in response.content.decode() or "For Riverside" in response.content.decode()
    assert {"personalise_visit", "personalise_memory"} <= expired(response)
    assert {"__Host-personalise_visit", "__Host-personalise_memory"} <= set(response.cookies)


# And one that switches it off


def test_a_refusal_holds_when_it_is_switched_off_too(visitor: Client, full_page: AgencyPage, configure: Any) -> None:
    configure(COOKIE_SECURE=True)
    visitor.post(CHOOSE, {"choice": "refused"}, secure=True)
    configure(COOKIE_SECURE=False)
    assert not adapts(visitor, secure=True)
    response = visitor.post(CHOOSE, {"choice": "allowed"}, secure=True)
    assert expired(response) == {NEW}
    assert response.cookies[NEW]["secure"]


def test_the_same_choice_is_the_same_bytes_under_either_name(visitor: Client, full_page: AgencyPage) -> None:
    assert Choice(Preference.REFUSED, 1).refusals == Choice(Preference.REFUSED, 1)
    assert Choice(Preference.ALLOWED, 1).refusals is None
