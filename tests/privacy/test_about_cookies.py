"""The page about personalisation lists the cookies that there are, as they are set."""

from typing import Any

from django.test import Client

from tests.agency.models import AgencyPage
from tests.factories import make_intent, make_segment
from tests.privacy.test_about import ABOUT, read, words_of
from wagtail_personalise_gov.models import FirstTimeVisitorRule, VisitIntentRule
from wagtail_personalise_gov.visit.cookies import COOKIES


def test_it_lists_every_cookie_of_the_registry(
    visitor: Client, full_page: AgencyPage, counting: Any, configure: Any
) -> None:
    words = read(visitor)
    for cookie in COOKIES:
        assert cookie.name in words
        assert str(cookie.purpose) in words
    configure(COUNTING=False)
    words = read(visitor)
    assert "183 days if you turn this on, 365 days if you turn it off" in words
    assert "180 days" in words


def test_it_lists_the_names_that_are_really_sent(visitor: Client, full_page: AgencyPage, configure: Any) -> None:
    configure(COOKIE_SECURE=True)
    assert "__Host-personalise_visit" in words_of(visitor.get(ABOUT, secure=True))


def test_a_cookie_that_nothing_needs_is_said_not_to_be_set(visitor: Client, home: AgencyPage) -> None:
    assert read(visitor).count("Not at the moment: nothing here needs it") == 2
    make_segment("openers", VisitIntentRule(intent=make_intent("open")))
    assert read(visitor).count("Not at the moment: nothing here needs it") == 1
    make_segment("newcomers", FirstTimeVisitorRule())
    assert read(visitor).count("Not at the moment: nothing here needs it") == 0


def test_it_says_which_cookies_this_browser_holds(visitor: Client, full_page: AgencyPage) -> None:
    cookies = read(visitor).partition("In your browser now")[2].partition("You can erase")[0]
    assert cookies.count(" Yes ") == 0
    visitor.get("/full/")
    cookies = read(visitor).partition("In your browser now")[2].partition("You can erase")[0]
    assert cookies.count(" Yes ") == 2


def test_looking_keeps_nothing(visitor: Client, full_page: AgencyPage) -> None:
    assert not visitor.get(ABOUT).cookies
