"""Pages seen: only what is watched is noted, each once, the oldest dropped; and it travels as a short text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagtail_personalise_gov.core.pages import (
    MAX_ID,
    MAX_PAGES,
    MAX_SECTIONS,
    NOTHING_WATCHED,
    PagesSeen,
    ServedPage,
    Watched,
    Watching,
)

# As treebeard counts: four letters a level.
HOUSING, RENT, BINS = ServedPage(5, "000100010001"), ServedPage(9, "0001000100010004"), ServedPage(7, "000100010002")

NUMBERS = st.lists(st.integers(1, MAX_ID), max_size=40).map(tuple)


def seen(*pages: ServedPage, watched: Watched) -> PagesSeen:
    so_far = PagesSeen()
    for page in pages:
        so_far = so_far.noting(page, watched)
    return so_far


def test_a_page_that_is_watched_is_noted_and_another_is_not() -> None:
    watched = Watched(pages=frozenset({5}))
    assert seen(HOUSING, BINS, watched=watched) == PagesSeen(pages=(5,))
    assert (watched.watches(HOUSING), watched.watches(BINS)) == (True, False)


def test_a_page_in_a_section_notes_the_section_and_not_the_page() -> None:
    watched = Watched(sections={5: HOUSING.place})
    assert seen(RENT, watched=watched) == PagesSeen(sections=(5,))
    assert seen(BINS, watched=watched) == PagesSeen()


def test_a_section_holds_its_own_page() -> None:
    assert seen(HOUSING, watched=Watched(sections={5: HOUSING.place})) == PagesSeen(sections=(5,))


def test_while_a_rule_counts_pages_each_is_noted_once() -> None:
    assert seen(HOUSING, BINS, HOUSING, watched=Watched(every=True)).pages == (7, 5)


def test_the_oldest_are_dropped_when_it_is_full() -> None:
    pages = [ServedPage(number, "0001") for number in range(1, MAX_PAGES + 4)]
    assert seen(*pages, watched=Watched(every=True)).pages == tuple(range(4, MAX_PAGES + 4))
    assert len(PagesSeen((), tuple(range(1, 100))).sections) == MAX_SECTIONS


def test_a_page_that_is_seen_again_is_not_the_oldest_any_more() -> None:
    pages = [ServedPage(number, "0001") for number in range(1, MAX_PAGES + 1)]
    assert 1 in seen(*pages, pages[0], ServedPage(99, "0001"), watched=Watched(every=True)).pages


def test_what_is_watched_no_more_is_dropped() -> None:
    before = PagesSeen((5, 7), (5,))
    assert before.keeping(Watched(pages=frozenset({7}))) == PagesSeen((7,))
    assert before.keeping(Watched(every=True)) == PagesSeen((5, 7))
    assert before.keeping(Watched(sections={5: ""})) == PagesSeen((), (5,))
    assert before.keeping(Watched()) == PagesSeen()


@pytest.mark.parametrize(
    "watching", [Watching(visit=Watched(every=True)), Watching(ever=Watched(pages=frozenset({5})))]
)
def test_watching_within_a_visit_or_over_all_of_them_is_watching(watching: Watching) -> None:
    assert watching
    assert watching.watches(HOUSING)


def test_nothing_is_watched_unless_a_rule_asks() -> None:
    assert not NOTHING_WATCHED
    assert not NOTHING_WATCHED.watches(HOUSING)


@given(NUMBERS, NUMBERS)
def test_it_comes_back_from_its_text_as_it_was(pages: tuple[int, ...], sections: tuple[int, ...]) -> None:
    before = PagesSeen(pages, sections)
    assert PagesSeen.from_text(before.to_text()) == before


@given(st.text("0123456789az./-_ +", max_size=30))
def test_any_text_is_pages_or_a_value_error(text: str) -> None:
    try:
        read = PagesSeen.from_text(text)
    except ValueError:
        return
    assert all(0 < number <= MAX_ID for number in (*read.pages, *read.sections))


@pytest.mark.parametrize("text", ["", "1..2/", "+1/", "1_0/", " 1/", "1", "1/2/3", "-1/", "1" * 500 + "/"])
def test_a_text_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  whatever it says: a cookie may hold anything
        PagesSeen.from_text(text)


def test_a_number_that_no_page_can_have_is_left_out() -> None:
    assert PagesSeen.from_text("zzzzzzzzzz.5/0") == PagesSeen((5,))


def test_when_one_was_dropped_it_is_known_that_others_were_seen() -> None:
    full = [ServedPage(number, "0001") for number in range(1, MAX_PAGES + 1)]
    assert not seen(*full, watched=Watched(every=True)).partial
    over = seen(*full, ServedPage(99, "0001"), watched=Watched(every=True))
    assert over.partial
    assert PagesSeen.from_text(over.to_text()) == over
    assert over.keeping(Watched(every=True)).partial


def test_what_began_to_be_noted_after_a_memory_began() -> None:
    watched = Watched(pages=frozenset({5, 7}), since={5: 95, 7: 110})
    assert watched.noted_since(10, grain=10) == {7}  # the memory began in the minutes 100 to 109
    assert watched.noted_since(11, grain=10) == set()
