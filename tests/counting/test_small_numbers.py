"""Nothing that is shown lets anybody work out a count that is withheld: someone tries it with all that is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagtail_personalise_gov.counting.publishing import (
    may_follow,
    publish,
    publish_part,
    shown,
    shown_part,
    smallest_count,
)

from .given import publishing

# The settings of a site: the smallest count that is shown, and what counts are rounded to
SITES = [(11, 1), (11, 5), (5, 1), (5, 3), (3, 1), (4, 10), (2, 1)]


@pytest.mark.parametrize(
    "count, text",
    [
        (0, "0"),
        (1, "fewer than 11"),
        (10, "fewer than 11"),
        (11, "11"),
        (1234, "1,234"),
    ],
)
def test_a_count_from_1_to_10_is_withheld_and_0_is_shown(count, text):
    assert publish(count).text == text
    assert publish(count).withheld is text.startswith("fewer")


@pytest.mark.parametrize(
    "part, text",
    [
        (0, "0"),
        (10, "fewer than 11"),
        (11, "11"),
        (89, "89"),
        (90, "90 or more"),  # of 100: the other 10 would be told
        (99, "90 or more"),
        (100, "90 or more"),  # else "90 or more" would mean that it isn't all of them
        (103, "90 or more"),  # more than there are: what a crash may leave behind
    ],
)
def test_a_part_is_withheld_where_it_or_the_rest_is_small(part, text):
    assert publish_part(part, 100).text == text


def test_the_site_says_which_count_is_small():
    with publishing(30):
        assert publish(29).text == "fewer than 30"
        assert publish(30).text == "30"


def test_counts_are_rounded_where_the_site_says_so():
    with publishing(11, 5):
        assert [publish(count).text for count in (0, 10, 11, 12, 13, 1232, 1233)] == [
            "0", "fewer than 11", "10", "10", "15", "1,230", "1,235",
        ]  # fmt: skip


def test_a_part_that_is_withheld_is_told_truly_where_the_whole_is_rounded_up():
    with publishing(11, 5):
        assert (publish(98).text, publish_part(88, 98).text) == ("100", "88 or more")


def test_nothing_that_is_there_is_rounded_to_nothing():
    with publishing(11, 100):
        assert [publish(count).text for count in (0, 30, 99, 100)] == ["0", "fewer than 100", "fewer than 100", "100"]


def test_a_later_total_is_shown_only_where_what_was_added_could_be():
    assert may_follow(100, 100)
    assert not may_follow(100, 101)
    assert not may_follow(100, 110)
    assert may_follow(100, 111)


# Somebody who sees a page, and knows how it is made


def seen(visits: int, reached: list[int]) -> tuple[str, ...]:
    """What is shown of one arm: its visits, and for each goal those that reached it."""
    return (publish(visits).text, *(publish_part(part, visits).text for part in reached))


def worked_out(page: tuple[str, ...], most: int) -> list[tuple[int, int]]:
    """Every pair of visits and reached, up to so many visits, of which this page could tell."""
    return [(visits, part) for visits in range(most + 1) for part in range(visits + 1) if seen(visits, [part]) == page]


@pytest.mark.parametrize("smallest, step", SITES)
def test_whoever_sees_all_that_is_shown_can_work_out_no_small_count(smallest, step):
    with publishing(smallest, step):
        most = 4 * smallest_count()
        pages: dict[tuple[str, ...], list[tuple[int, int]]] = {}
        for visits in range(most + 1):
            for part in range(visits + 1):
                pages.setdefault(seen(visits, [part]), []).append((visits, part))
        small = range(1, smallest_count())
        for possible in pages.values():
            # the visits, those that reached the goal, and those that did not
            for cell in ({v for v, _ in possible}, {p for _, p in possible}, {v - p for v, p in possible}):
                assert not (len(cell) == 1 and cell & set(small)), possible


@pytest.mark.parametrize("smallest, step", SITES)
def test_a_small_part_of_enough_visits_could_be_any_small_number(smallest, step):
    with publishing(smallest, step):
        least = smallest_count()
        visits = 3 * least
        small = set(range(1, least))
        for part in small:
            possible = worked_out(seen(visits, [part]), 5 * least)
            assert small <= {p for _, p in possible}
        for rest in small:
            possible = worked_out(seen(visits, [visits - rest]), 5 * least)
            assert small <= {v - p for v, p in possible}


@pytest.mark.parametrize("smallest, step", SITES)
def test_several_goals_together_tell_no_more_than_each(smallest, step):
    """Goals are not parts of one another, so that what is possible of two is what is possible of each with the same
    visits; and these stay as uncertain as they were."""
    with publishing(smallest, step):
        most = 3 * smallest_count()
        pages: dict[tuple[str, ...], list[tuple[int, int, int]]] = {}
        for visits in range(most + 1):
            texts = [publish_part(part, visits).text for part in range(visits + 1)]
            for first in range(visits + 1):
                for second in range(visits + 1):
                    page = (publish(visits).text, texts[first], texts[second])
                    pages.setdefault(page, []).append((visits, first, second))
        small = set(range(1, smallest_count()))
        for possible in pages.values():
            for cell in (
                {v for v, _, _ in possible},
                {a for _, a, _ in possible},
                {b for _, _, b in possible},
                {v - a for v, a, _ in possible},
                {v - b for v, _, b in possible},
            ):
                assert not (len(cell) == 1 and cell & small), possible


@given(st.integers(0, 5000), st.integers(0, 5000), st.sampled_from(SITES))
def test_what_the_text_says_is_true(visits, part, site):
    smallest, step = site
    with publishing(smallest, step):
        part = min(part, visits)
        published = publish_part(part, visits)
        number = int("".join(character for character in published.text if character.isdigit()))
        if published.text.startswith("fewer than"):
            assert 0 < part < number
        elif published.text.endswith("or more"):
            assert part >= number
        else:
            assert published.count == number
            assert abs(part - number) <= step // 2


@given(st.integers(0, 5000), st.integers(0, 5000), st.sampled_from(SITES))
def test_a_part_that_is_shown_is_never_more_than_the_whole(visits, part, site):
    with publishing(*site):
        part = min(part, visits)
        whole_shown, part_shown = shown(visits), shown_part(part, visits)
        if whole_shown is not None and part_shown is not None:
            assert part_shown <= whole_shown
