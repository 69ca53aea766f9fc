"""Intents: what is declared, what is recognised, and how much it weighs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagtail_personalise_gov.core.intents import DECLARED, MAX_WORDS, Intent, Intents, Landing, Signal

BUSINESS = Intent("start-a-business", "Start a business")
RESTAURANT = Intent("restaurant", "A restaurant", parent="start-a-business")
DAYCARE = Intent("daycare", "Daycare", parent="start-a-business", asked=False)
PARKING = Intent("parking", "Pay for parking")
SITE = Intents((BUSINESS, RESTAURANT, DAYCARE, PARKING))


@pytest.mark.parametrize(
    "kind, text, landing, suggested",
    [
        ("page", "/licence/", Landing(path="/licence/"), True),
        ("page", "/licence/", Landing(path="/licence"), True),  # with or without the last slash
        ("page", "/licence", Landing(path="/licence/"), True),
        ("page", "/licence/", Landing(path="/licence/fees/"), False),  # below it is another page
        ("page", "/licence/", Landing(path="/en/licence/"), False),
        ("page", "/", Landing(path="/"), True),
        ("page", "/", Landing(path="/licence/"), False),
        ("section", "/news/", Landing(path="/news/"), True),
        ("section", "/news/", Landing(path="/news/2026/flood/"), True),
        ("section", "/news/", Landing(path="/newsletter/"), False),  # a longer name is no section
        ("section", "/news/", Landing(path="/"), False),
        ("section", "/", Landing(path="/licence/"), True),  # everything is below the home page
        ("campaign", "start-up-week", Landing(campaign="Start-Up-Week"), True),
        ("campaign", "start-up-week", Landing(campaign="start-up-week-2026"), False),
        ("campaign", "start-up-week", Landing(), False),
        ("words", "restaurant licence", Landing(search_words="how to get a Licence for a RESTAURANT"), True),
        ("words", "restaurant licence", Landing(search_words="restaurant near me"), False),  # all of the words
        ("words", "licence", Landing(search_words="licences"), False),  # whole words
        ("words", "licence", Landing(), False),
    ],
)
def test_a_signal_is_found_in_a_landing(kind: str, text: str, landing: Landing, suggested: bool) -> None:
    assert Signal("parking", kind, text, 0.6).suggested_by(landing) is suggested


@pytest.mark.parametrize("kind", ["page", "section", "campaign", "words"])
@pytest.mark.parametrize("text", ["", "  "])
@pytest.mark.parametrize("landing", [Landing(), Landing("/", "www.example.gov", "", "")])
def test_a_signal_that_says_nothing_suggests_nothing(kind: str, text: str, landing: Landing) -> None:
    assert not Signal("parking", kind, text, 0.6).suggested_by(landing)


@pytest.mark.parametrize(
    "kind, host, landing_host, suggested",
    [
        ("page", "", "www.example.gov", True),  # one site: no host tells paths apart
        ("page", "www.example.gov", "www.example.gov", True),
        ("page", "www.example.gov", "cy.example.gov", False),  # the same path on another site
        ("section", "www.example.gov", "cy.example.gov", False),
    ],
)
def test_a_page_is_a_page_of_its_site(kind: str, host: str, landing_host: str, suggested: bool) -> None:
    signal = Signal("parking", kind, "/news/", 0.6, host)
    assert signal.suggested_by(Landing("/news/", landing_host)) is suggested


def test_only_the_beginning_of_a_long_search_is_looked_at() -> None:
    signal = Signal("parking", "words", "parking", 0.6)
    assert signal.suggested_by(Landing(search_words="parking " + "x" * 10_000))
    assert not signal.suggested_by(Landing(search_words="x" * MAX_WORDS + " parking"))


def test_the_strongest_signal_counts_and_each_intent_is_recognised_once() -> None:
    site = Intents(
        (BUSINESS, PARKING),
        (
            Signal("start-a-business", "section", "/business/", 0.3),
            Signal("start-a-business", "page", "/business/licence/", 0.9),
            Signal("start-a-business", "campaign", "start-up-week", 0.6),
            Signal("parking", "words", "parking", 0.6),
        ),
    )
    landing = Landing("/business/licence/", campaign="start-up-week")
    assert site.recognise(landing) == {"start-a-business": 0.9}
    assert site.recognise(Landing("/news/")) == {}
    assert site.recognise(Landing("/business/", search_words="parking")) == {"start-a-business": 0.3, "parking": 0.6}


def test_a_signal_for_an_intent_that_is_gone_recognises_nothing() -> None:
    assert Intents((PARKING,), (Signal("gone", "page", "/", 0.9),)).recognise(Landing("/")) == {}


@pytest.mark.parametrize(
    "declared, recognised, weights",
    [
        ("parking", {}, {"parking": 1.0}),
        ("parking", {"start-a-business": 0.9}, {"parking": 1.0}),  # what was said alone
        ("", {"parking": 0.3}, {"parking": 0.3}),
        ("", {}, {}),  # nothing is known to be wanted
        ("restaurant", {}, {"restaurant": 1.0, "start-a-business": 1.0}),  # and what it is part of
        ("start-a-business", {}, {"start-a-business": 1.0}),  # but not its parts
        ("", {"restaurant": 0.6, "daycare": 0.3}, {"restaurant": 0.6, "daycare": 0.3, "start-a-business": 0.6}),
        ("", {"restaurant": 0.3, "start-a-business": 0.9}, {"restaurant": 0.3, "start-a-business": 0.9}),
        ("", {"gone": 0.9, "parking": 0.3}, {"parking": 0.3}),  # an intent that was deleted since
        ("gone", {"parking": 0.3}, {"parking": 0.3}),
        ("daycare", {}, {"daycare": 1.0, "start-a-business": 1.0}),  # not offered, but may be linked to
    ],
)
def test_what_was_said_beats_what_was_recognised_and_parents_count_too(
    declared: str, recognised: dict[str, float], weights: dict[str, float]
) -> None:
    assert SITE.weigh(declared, recognised) == weights


def test_what_was_said_is_certain() -> None:
    assert DECLARED == 1.0


def test_the_question_offers_what_is_asked_level_by_level_in_the_editor_s_order() -> None:
    assert SITE.children("") == [BUSINESS, PARKING]
    assert SITE.children("start-a-business") == [RESTAURANT]  # daycare is only recognised, never asked
    assert SITE.children("parking") == []
    assert SITE.children("gone") == []


def test_an_intent_stands_before_those_above_it() -> None:
    assert list(SITE.with_parents("restaurant")) == ["restaurant", "start-a-business"]
    assert list(SITE.with_parents("gone")) == []


def test_intents_that_are_part_of_one_another_come_to_an_end() -> None:
    site = Intents((Intent("a", "A", parent="b"), Intent("b", "B", parent="a"), Intent("c", "C", parent="c")))
    assert site.weigh("a", {}) == {"a": 1.0, "b": 1.0}
    assert site.weigh("c", {}) == {"c": 1.0}


def test_a_site_without_intents_recognises_nothing() -> None:
    assert Intents().recognise(Landing("/", campaign="x", search_words="y")) == {}
    assert Intents().weigh("parking", {"parking": 0.5}) == {}
    assert Intents().children("") == []


@given(
    st.builds(Landing, st.text(), st.text(), st.text(), st.text()),
    st.sampled_from(["page", "section", "campaign", "words"]),
    st.text(),
)
def test_no_landing_is_too_strange_to_be_looked_at(landing: Landing, kind: str, text: str) -> None:
    assert Signal("parking", kind, text, 0.6).suggested_by(landing) in (True, False)
