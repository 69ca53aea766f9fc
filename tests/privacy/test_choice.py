"""Choosing, erasing and answering: what each form does, what it refuses, and where it leads."""

from typing import Any

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.db import OperationalError, connection
from django.test import AsyncClient, Client

from tests.agency.models import AgencyPage
from tests.choices import without_days
from wagtail_personalise_gov.models.rules.place import MAX_CITY
from wagtail_personalise_gov.visit.cookies import COOKIES

CHOICE = "/personalisation/choice/"
FORGET = "/personalisation/forget/"
INTENT = "/personalisation/intent/"
PLACE = "/personalisation/place/"


def expired(response: Any) -> set[str]:
    return {name for name, cookie in response.cookies.items() if cookie["max-age"] == 0}


def kept(response: Any) -> set[str]:
    return set(response.cookies) - expired(response)


# Refusing and coming back


def test_one_press_turns_it_off_and_leads_back(visitor: Client, full_page: AgencyPage) -> None:
    before = visitor.get("/full/").content.decode()
    assert "For Riverside" in before
    response = visitor.post(CHOICE, {"choice": "refused", "next": "/full/"})
    assert (response.status_code, response.headers["Location"]) == (303, "/full/")
    assert "no-store" in response.headers["Cache-Control"]
    after = visitor.get("/full/").content.decode()
    assert "Standard" in after
    assert "For Riverside" not in after


def test_one_press_turns_it_on_again(visitor: Client, full_page: AgencyPage) -> None:
    visitor.post(CHOICE, {"choice": "refused"})
    visitor.post(CHOICE, {"choice": "allowed"})
    assert "For Riverside" in visitor.get("/full/").content.decode()


def test_refusing_expires_every_cookie_but_the_choice_in_that_very_response(
    visitor: Client, full_page: AgencyPage
) -> None:
    visitor.get("/full/")
    assert {"personalise_visit", "personalise_memory"} <= set(visitor.cookies)
    visitor.cookies["personalise_confirm"] = visitor.cookies["personalise_count"] = "anything"
    response = visitor.post(CHOICE, {"choice": "refused"})
    assert kept(response) == {"personalise_choice"}
    assert expired(response) == {cookie.name for cookie in COOKIES} - {"personalise_choice"}


def test_refusing_expires_what_cannot_be_read_too(visitor: Client, full_page: AgencyPage) -> None:
    visitor.cookies["personalise_memory"] = "tampered"
    assert "personalise_memory" in expired(visitor.post(CHOICE, {"choice": "refused"}))


def test_expiring_carries_what_a_host_cookie_needs(full_page: AgencyPage, configure: Any) -> None:
    configure(COOKIE_SECURE=True)
    visitor = Client(HTTP_SEC_FETCH_SITE="same-origin")
    visitor.get("/full/", secure=True)
    assert "__Host-personalise_memory" in visitor.cookies
    response = visitor.post(CHOICE, {"choice": "refused"}, secure=True)
    for name, cookie in response.cookies.items():
        assert name.startswith("__Host-")
        assert cookie["secure"]
        assert cookie["path"] == "/"
        assert not cookie["domain"]
        assert cookie["samesite"] == "Lax"


def test_refusing_asks_nothing_of_the_database(visitor: Client) -> None:
    """This test has no database: any query would fail it. Refusing works while the database is away."""
    response = visitor.post(CHOICE, {"choice": "refused", "next": "/full/"})
    assert response.status_code == 303
    assert without_days(response.cookies["personalise_choice"].value) == "refused.1.n"


def test_refusing_holds_even_where_the_store_fails(full_page: AgencyPage, visitor: Client, configure: Any) -> None:
    configure(VISITOR_STORE="tests.privacy.doubles.BrokenStore")
    response = visitor.post(CHOICE, {"choice": "refused", "next": "/full/"})
    assert response.status_code == 303
    assert "no-store" in response.headers["Cache-Control"]
    assert "For Riverside" not in visitor.get("/full/").content.decode()


def test_refusing_works_asynchronously_too(full_page: AgencyPage) -> None:
    async def refuse() -> Any:
        visitor = AsyncClient(headers={"Sec-Fetch-Site": "same-origin"})
        await visitor.get("/full/")
        assert "personalise_memory" in visitor.cookies
        return await visitor.post(CHOICE, {"choice": "refused", "next": "/full/"})

    response = async_to_sync(refuse)()
    assert kept(response) == {"personalise_choice"}
    assert expired(response) == {"personalise_visit", "personalise_memory"}


def test_the_choice_is_the_same_for_everybody_who_chooses_the_same(full_page: AgencyPage) -> None:
    values = set()
    for hour in (1, 23):
        with time_machine.travel(f"2026-11-26T{hour:02}:00:00Z", tick=False):
            client = Client(HTTP_SEC_FETCH_SITE="same-origin")
            client.get("/full/")
            values.add(client.post(CHOICE, {"choice": "refused"}).cookies["personalise_choice"].value)
    assert values == {"refused.1.20783.n"}


@pytest.mark.parametrize("choice, days", [("allowed", 183), ("refused", 365)])
def test_a_choice_lasts_as_long_as_the_page_says(visitor: Client, db: None, choice: str, days: int) -> None:
    cookie = visitor.post(CHOICE, {"choice": choice}).cookies["personalise_choice"]
    assert cookie["max-age"] == days * 24 * 60 * 60
    assert not cookie["httponly"]  # a page from a shared cache has to see it


def test_choosing_makes_no_session_and_no_csrf_cookie(visitor: Client, full_page: AgencyPage) -> None:
    visitor.get("/full/")
    visitor.post(CHOICE, {"choice": "refused"})
    visitor.get("/full/")
    visitor.get("/personalisation/")
    assert not {"sessionid", "csrftoken"} & set(visitor.cookies)


def test_choosing_works_under_djangos_csrf_check(full_page: AgencyPage) -> None:
    strict = Client(enforce_csrf_checks=True, HTTP_SEC_FETCH_SITE="same-origin")
    assert strict.post(CHOICE, {"choice": "allowed"}).status_code == 303


def test_accepting_beats_a_signal_that_was_on_at_the_time(visitor: Client, full_page: AgencyPage) -> None:
    visitor.post(CHOICE, {"choice": "allowed"}, HTTP_SEC_GPC="1")
    assert without_days(visitor.cookies["personalise_choice"].value) == "allowed.1.gn"
    assert "For Riverside" in visitor.get("/full/", HTTP_SEC_GPC="1").content.decode()


def test_a_signal_switched_on_later_is_the_newer_word(visitor: Client, full_page: AgencyPage) -> None:
    visitor.post(CHOICE, {"choice": "allowed"})
    assert "For Riverside" not in visitor.get("/full/", HTTP_SEC_GPC="1").content.decode()


def test_opt_in_reads_and_keeps_nothing_until_allowed(
    visitor: Client, full_page: AgencyPage, configure: Any, everybody_in_riverside: Any
) -> None:
    configure(MODE="opt_in")
    response = visitor.get("/full/")
    assert "Standard" in response.content.decode()
    assert not response.cookies
    assert everybody_in_riverside.asked == 0
    visitor.post(CHOICE, {"choice": "allowed"})
    assert "For Riverside" in visitor.get("/full/").content.decode()


# For a script, which leaves the page as it stands


BY_SCRIPT = {"HTTP_ACCEPT": "text/vnd.personalise.confirmation+html"}


@pytest.mark.parametrize(
    "answer, cookie, says",
    [
        ("allowed", "allowed.1", "You’ve turned this on."),
        ("refused", "refused.1", "You’ve turned this off."),
    ],
)
def test_a_script_gets_the_confirmation_and_the_choice_counts_as_confirmed(
    visitor: Client, full_page: AgencyPage, answer: str, cookie: str, says: str
) -> None:
    response = visitor.post(CHOICE, {"choice": answer, "next": "/full/"}, **BY_SCRIPT)
    html = response.content.decode()
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "no-store" in response.headers["Cache-Control"]
    assert says in html
    assert "<html" not in html
    assert "<script" not in html
    assert without_days(response.cookies["personalise_choice"].value) == cookie
    assert "govuk-cookie-banner" not in visitor.get("/full/").content.decode()


def test_a_script_that_refuses_has_everything_else_expired_as_a_form_has(
    visitor: Client, full_page: AgencyPage
) -> None:
    visitor.get("/full/")
    visitor.cookies["personalise_confirm"] = "anything"
    response = visitor.post(CHOICE, {"choice": "refused", "next": "/full/"}, **BY_SCRIPT)
    assert kept(response) == {"personalise_choice"}
    assert expired(response) == {"personalise_visit", "personalise_memory", "personalise_confirm"}


@pytest.mark.parametrize(
    "mode, page_was, answer, stays",
    [
        ("opt_out", "adapted", "refused", True),
        ("opt_out", "adapted", "allowed", False),
        ("opt_in", "standard", "allowed", True),
        ("opt_in", "standard", "refused", False),
        ("opt_out", "", "refused", False),  # a page that is the same for everybody
        ("opt_out", "anything", "refused", False),
    ],
)
def test_a_page_that_would_be_another_now_is_said_to_stay_as_it_is(
    visitor: Client, full_page: AgencyPage, configure: Any, mode: str, page_was: str, answer: str, stays: bool
) -> None:
    configure(MODE=mode)
    data = {"choice": answer, "next": "/full/?page=2&x=<", "page_was": page_was}
    html = visitor.post(CHOICE, data, **BY_SCRIPT).content.decode()
    assert ("This page stays as it is until you" in html) is stays
    assert ('<a class="govuk-link" href="/full/?page=2&amp;x=&lt;">load it again</a>' in html) is stays


def test_the_link_to_load_it_again_leads_to_no_other_site(visitor: Client, full_page: AgencyPage) -> None:
    data = {"choice": "refused", "page_was": "adapted", "next": "https://evil.example/"}
    html = visitor.post(CHOICE, data, **BY_SCRIPT).content.decode()
    assert "This page stays as it is until you load it again." in html
    assert "evil" not in html


@pytest.mark.parametrize("mode, page_was", [("opt_out", "adapted"), ("opt_in", "standard")])
def test_a_page_that_adapts_tells_in_its_banner_what_it_was(
    visitor: Client, full_page: AgencyPage, configure: Any, mode: str, page_was: str
) -> None:
    configure(MODE=mode)
    assert f'name="page_was" value="{page_was}"' in visitor.get("/full/").content.decode()


@pytest.mark.parametrize(
    "data, headers, status",
    [
        ({"choice": "maybe"}, {}, 400),
        ({"choice": "allowed"}, {"HTTP_SEC_FETCH_SITE": "cross-site"}, 403),
        ({"choice": "allowed"}, {"HTTP_SEC_FETCH_SITE": "same-site"}, 403),  # asked once more, on a page
        ({"choice": "hide"}, {}, 303),
        ({"counting": "refused"}, {}, 303),  # not the banner's question
    ],
)
def test_whatever_else_happens_is_no_confirmation(
    visitor: Client, full_page: AgencyPage, data: dict[str, str], headers: dict[str, str], status: int
) -> None:
    response = visitor.post(CHOICE, data, **BY_SCRIPT, **headers)
    assert response.status_code == status
    assert "You’ve turned this" not in response.content.decode()


def test_a_script_can_refuse_while_the_database_is_away(visitor: Client, full_page: AgencyPage) -> None:
    def fail(*anything: Any) -> None:
        raise OperationalError("gone")

    with connection.execute_wrapper(fail):
        response = visitor.post(CHOICE, {"choice": "refused", "next": "/full/"}, **BY_SCRIPT)
    assert response.status_code == 200
    assert without_days(response.cookies["personalise_choice"].value) == "refused.1"


@pytest.mark.parametrize("accept", ["*/*", "text/html", "", "text/html,application/xhtml+xml,*/*;q=0.8"])
def test_a_browser_that_sends_the_form_itself_is_led_back_as_ever(
    visitor: Client, full_page: AgencyPage, accept: str
) -> None:
    response = visitor.post(CHOICE, {"choice": "refused", "next": "/full/"}, HTTP_ACCEPT=accept)
    assert (response.status_code, response.headers["Location"]) == (303, "/full/")
    assert without_days(response.cookies["personalise_choice"].value) == "refused.1.n"


# Erasing


def test_erasing_keeps_the_choice_and_nothing_else(visitor: Client, full_page: AgencyPage) -> None:
    visitor.post(CHOICE, {"choice": "allowed"})
    visitor.get("/full/")
    response = visitor.post(FORGET)
    assert response.status_code == 303
    assert "no-store" in response.headers["Cache-Control"]
    assert expired(response) == {"personalise_visit", "personalise_memory"}
    assert not kept(response)
    assert visitor.cookies["personalise_choice"].value.startswith("allowed")


def test_the_page_about_it_does_not_keep_anew_what_was_just_erased(visitor: Client, full_page: AgencyPage) -> None:
    visitor.get("/full/")
    visitor.post(FORGET)
    response = visitor.get("/personalisation/?done=erased", HTTP_REFERER="http://testserver/personalisation/")
    assert not response.cookies
    assert "We have erased what we kept" in response.content.decode()


def test_the_page_about_it_does_not_claim_to_have_erased_what_is_there(visitor: Client, full_page: AgencyPage) -> None:
    visitor.get("/full/")
    assert "We have erased" not in visitor.get("/personalisation/?done=erased").content.decode()


# Answers


def test_what_the_visitor_says_changes_the_page(visitor: Client, full_page: AgencyPage) -> None:
    visitor.get("/full/")
    response = visitor.post(INTENT, {"intent": "restaurant", "next": "/full/"})
    assert (response.status_code, response.headers["Location"]) == (303, "/full/")
    html = visitor.get("/full/").content.decode()
    assert "For restaurants" in html
    assert "You told us: <strong>Open a restaurant</strong>" in html


def test_an_answer_can_be_withdrawn(visitor: Client, full_page: AgencyPage) -> None:
    visitor.get("/full/")
    visitor.post(INTENT, {"intent": "restaurant"})
    visitor.post(INTENT, {"intent": ""})
    assert "For restaurants" not in visitor.get("/full/").content.decode()


def test_an_answer_that_is_no_longer_offered_ends_the_earlier_one_and_says_so(
    visitor: Client, full_page: AgencyPage
) -> None:
    visitor.get("/full/")
    visitor.post(INTENT, {"intent": "restaurant"})
    response = visitor.post(INTENT, {"intent": "zoo", "next": "/full/"})
    assert response.status_code == 400
    html = response.content.decode()
    assert "We no longer offer that answer" in html
    assert 'href="/full/"' in html
    assert "For restaurants" not in visitor.get("/full/").content.decode()


def test_no_answer_at_all_changes_nothing(visitor: Client, full_page: AgencyPage) -> None:
    visitor.get("/full/")
    visitor.post(INTENT, {"intent": "restaurant"})
    assert visitor.post(INTENT, {"next": "/full/"}).status_code == 400
    assert "For restaurants" in visitor.get("/full/").content.decode()


def test_a_declared_place_beats_the_guess(visitor: Client, full_page: AgencyPage) -> None:
    assert "For Riverside" in visitor.get("/full/").content.decode()
    visitor.post(PLACE, {"country": "GB", "subdivision": "", "city": "Hilltop"})
    assert "For Riverside" not in visitor.get("/full/").content.decode()
    visitor.post(PLACE, {"country": "GB", "city": "Riverside"})
    assert "For Riverside" in visitor.get("/full/").content.decode()


def test_not_there_is_an_answer_too_and_can_be_withdrawn(visitor: Client, full_page: AgencyPage) -> None:
    visitor.get("/full/")
    visitor.post(PLACE, {"place": "none"})
    assert "For Riverside" not in visitor.get("/full/").content.decode()
    visitor.post(PLACE, {"next": "/full/"})  # the form of "Forget my answer"
    assert "For Riverside" in visitor.get("/full/").content.decode()


@pytest.mark.parametrize(
    "answer, says",
    [
        ({"country": "XX"}, "There is no such country"),
        ({"country": "France" * 1000}, "There is no such country"),
        ({"subdivision": "GB-QQQ"}, "There is no such region"),
        ({"subdivision": "x" * 10_000}, "There is no such region"),
        ({"country": "FR", "subdivision": "GB-WLS"}, "not in that country"),
        ({"city": "x" * (MAX_CITY + 1)}, "too long for a town"),
        ({"city": "Riverside\x00"}, "no name of a town"),
        ({"place": "somewhere"}, "Choose one of the answers"),
    ],
)
def test_what_is_no_place_is_refused_with_a_reason(
    visitor: Client, full_page: AgencyPage, answer: dict[str, str], says: str
) -> None:
    response = visitor.post(PLACE, answer)
    assert response.status_code == 400
    assert says in response.content.decode()
    assert not response.cookies


def test_answers_of_a_visitor_who_refused_are_not_kept(visitor: Client, full_page: AgencyPage) -> None:
    visitor.post(CHOICE, {"choice": "refused"})
    for path, answer in ((INTENT, {"intent": "restaurant"}), (PLACE, {"country": "FR"})):
        response = visitor.post(path, answer)
        assert response.status_code == 303
        assert not response.cookies


# What the forms refuse


@pytest.mark.parametrize("path", [CHOICE, FORGET, INTENT, PLACE])
@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "options"])
def test_only_a_post_changes_anything(visitor: Client, full_page: AgencyPage, path: str, method: str) -> None:
    visitor.get("/full/")
    response = getattr(visitor, method)(f"{path}?choice=refused&intent=restaurant")
    assert response.status_code == 405
    assert not response.cookies


@pytest.mark.parametrize("choice", ["", "maybe", "ALLOWED", "allowed "])
def test_a_choice_that_is_none_is_refused_and_told_what_there_is(visitor: Client, db: None, choice: str) -> None:
    response = visitor.post(CHOICE, {"choice": choice})
    assert response.status_code == 400
    assert "allowed, refused, hide" in response.content.decode()
    assert not response.cookies
