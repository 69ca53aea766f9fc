"""What questions measure by: patterns, which take no longer than the text is, and distances on the Earth."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wagtail_personalise_gov.core.questions.places import distance_km
from wagtail_personalise_gov.core.questions.texts import like


class Counted(str):
    """A text that counts the characters that are looked at while something is searched in it."""

    looked_at = 0

    def find(self, piece: str, start: int = 0, end: int | None = None) -> int:  # type: ignore[override]
        end = len(self) if end is None else end
        at = super().find(piece, start, end)
        self.looked_at += (end if at < 0 else at + len(piece)) - start
        return at


NASTY = st.text("ab", max_size=60)


@settings(max_examples=500, deadline=None)
@given(st.lists(NASTY, min_size=2, max_size=30), NASTY.map(lambda text: text * 20))
def test_a_pattern_looks_at_no_character_twice(pieces: list[str], text: str) -> None:
    counted = Counted(text)
    like(tuple(pieces), counted)
    assert counted.looked_at <= len(text)


@pytest.mark.parametrize(
    "pattern",
    ["*a" * 250, "*" * 500, "a*" * 249 + "b", "*" + "a" * 498 + "b", "*ab" * 160 + "c", "*a*a*a*a*a*a*a*a*a*a*a*a*b"],
)
def test_a_nasty_pattern_has_no_more_work_than_the_text_is_long(pattern: str) -> None:
    counted = Counted("a" * 100_000)
    like(tuple(pattern.split("*")), counted)
    assert counted.looked_at <= len(counted)


@pytest.mark.parametrize(
    "one, other, km",
    [
        ((51.5074, -0.1278), (48.8566, 2.3522), 343.6),  # London to Paris
        ((0, 0), (0, 180), 20015.1),  # half way round the equator
        ((90, 0), (-90, 0), 20015.1),  # pole to pole
        ((90, 10), (90, -170), 0),  # the pole is one place
        ((0, 179.5), (0, -179.5), 111.2),  # over the antimeridian
        ((60, 10), (60, 11), 55.6),
        ((12.3, 45.6), (12.3, 45.6), 0),
    ],
)
def test_distances_follow_the_surface_of_the_earth(
    one: tuple[float, float], other: tuple[float, float], km: float
) -> None:
    assert distance_km(*one, *other) == pytest.approx(km, abs=0.1)
    assert distance_km(*other, *one) == pytest.approx(km, abs=0.1)
