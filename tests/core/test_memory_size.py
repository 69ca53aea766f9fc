"""VisitorMemory: how large its cookies can become, whatever a request brings."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.visits import (
    STRANGER,
    arriving,
    as_bytes,
    opened,
)
from wagtail_personalise_gov.core.memory import (
    MAX_RECOGNISED,
    MAX_VISITS,
    Campaign,
    DeclaredPlace,
    Past,
    Referrer,
    ThisVisit,
    clipped,
    past_from_json,
    past_to_json,
    visit_from_json,
    visit_to_json,
)
from wagtail_personalise_gov.core.pages import MAX_ID, PagesSeen

FULL_OF_PAGES = PagesSeen(tuple(range(MAX_ID - 100, MAX_ID)), tuple(range(MAX_ID - 100, MAX_ID)))

WIDEST = {
    "a letter": "x",
    "two bytes": "ф",
    "three bytes": "語",
    "four bytes": "🎉",
    "a control character": "\x01",  # six bytes as JSON
    "a quotation mark": '"',
    "a backslash": "\\",
    "half a character": "\ud800",
    "a joined family": "👨‍👩‍👧‍👦",
}


@pytest.mark.parametrize("letter", WIDEST.values(), ids=WIDEST)
def test_each_cookie_stays_under_two_kilobytes_whatever_it_holds(letter: str) -> None:
    long = letter * 10_000
    visit = ThisVisit(
        step=999_999_999,
        landed=True,
        referrer=Referrer(long, long),
        campaign=Campaign(long, long, long),
        recognised={f"{number}{long}": 0.1234567890123456 + number / 1e6 for number in range(100)},
        intent=long,
        place=DeclaredPlace(long, long, long),
        seen=FULL_OF_PAGES,
    )
    past = Past(999_999_999, MAX_VISITS, 999_999_999, 999_999_999, FULL_OF_PAGES)
    assert visit_from_json(json.loads(as_bytes(visit_to_json(visit)))) == visit
    assert past_from_json(json.loads(as_bytes(past_to_json(past)))) == past

    for name, data in (("visit", visit_to_json(visit)), ("memory", past_to_json(past))):
        # As Django signs it: base64, a colon, six letters of time, a colon, 43 letters of HMAC-SHA256.
        value = base64.urlsafe_b64encode(as_bytes(data)).rstrip(b"=")
        assert len(f"__Host-personalise_{name}=") + len(value) + len(":") + 6 + len(":") + 43 < 2048


def test_a_text_is_the_same_on_landing_as_on_every_later_request() -> None:
    # Cut when it is made, not when it comes back: a rule must not match on the first page only.
    arrival = arriving(campaign=Campaign(name="x" * 500), recognised={f"intent-{n}": n / 10 for n in range(1, 10)})
    visit = opened(STRANGER, arrival).visit
    assert visit is not None
    assert visit_from_json(visit_to_json(visit)) == visit


def test_the_strongest_of_what_was_recognised_are_kept() -> None:
    visit = ThisVisit(1, recognised={f"intent-{n}": n / 10 for n in range(1, 10)})
    assert dict(visit.recognised) == {f"intent-{n}": n / 10 for n in range(5, 10)}
    assert len(visit.recognised) == MAX_RECOGNISED


def test_of_a_host_s_name_that_is_too_long_the_end_is_kept_since_it_says_whose_it_is() -> None:
    host = f"{'a' * 60}.www.gov.uk.{'b' * 60}.example.com"
    kept = Referrer("other", host).host
    assert host.endswith(kept)
    assert kept.endswith(".example.com")
    assert len(kept) == 80


def test_a_campaign_may_be_as_long_as_a_rule_has_room_for() -> None:
    assert Campaign(name="x" * 100).name == "x" * 100


@pytest.mark.parametrize(
    "text, longest, kept",
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "abc"),
        ("", 3, ""),
        ("abc", 0, ""),
        ("фф", 3, "ф"),  # two bytes each
        ("🎉🎉", 7, "🎉"),  # four bytes each
        ("a🎉", 4, "a"),  # never half of one
        ('""', 3, '"'),  # \" is two
        ("\x01a", 6, "\x01"),
        ("\ud800", 3, "?"),
    ],
)
def test_a_text_is_cut_between_two_characters(text: str, longest: int, kept: str) -> None:
    assert clipped(text, longest) == kept


@given(st.text(), st.integers(0, 40))
def test_a_cut_text_takes_no_more_room_than_it_may(text: str, longest: int) -> None:
    kept = clipped(text, longest)
    assert len(json.dumps(kept, ensure_ascii=False).encode()) - 2 <= longest
    assert clipped(kept, longest) == kept
    assert text.startswith(kept) or max(text) > "\ud7ff"
