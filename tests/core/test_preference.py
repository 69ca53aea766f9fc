"""Preference: where a visitor stands, and what the choice cookie says."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagtail_personalise_gov.core.preference import Ages, Because, Choice, Mode, Preference, Standing, chosen, settle

ALLOWED, REFUSED, UNDECIDED = Preference.ALLOWED, Preference.REFUSED, Preference.UNDECIDED
POLICY = 5

# A choice, as a cookie may hold it, when the site's policy is at version 5.
NONE = None
REFUSED_NOW = Choice(REFUSED, 5)
REFUSED_BEFORE = Choice(REFUSED, 4)
REFUSED_DESPITE = Choice(REFUSED, 5, despite_signal=True)
ALLOWED_NOW = Choice(ALLOWED, 5)
ALLOWED_BEFORE = Choice(ALLOWED, 4)
ALLOWED_AHEAD = Choice(ALLOWED, 6)  # the site went back to an older policy
ALLOWED_DESPITE = Choice(ALLOWED, 5, despite_signal=True)  # made while GPC or DNT was on
ALLOWED_DESPITE_BEFORE = Choice(ALLOWED, 4, despite_signal=True)

OPT_OUT, OPT_IN, OFF = Mode.OPT_OUT, Mode.OPT_IN, Mode.OFF
GPC, DNT = Because.GPC, Because.DNT

YES = (ALLOWED, Because.CHOICE, True)
NO = (REFUSED, Because.CHOICE, False)
SIGNALLED = (REFUSED, Because.GPC, False)
NOT_YET = (UNDECIDED, Because.DEFAULT, False)
ON_UNTIL_REFUSED = (UNDECIDED, Because.DEFAULT, True)

# Every choice × every mode that adapts × signal or none. `off` has a test of its own.
TABLE: list[tuple[Choice | None, Mode, Because | None, tuple[Preference, Because, bool]]] = [
    (NONE, OPT_OUT, None, ON_UNTIL_REFUSED),
    (NONE, OPT_OUT, GPC, SIGNALLED),
    (NONE, OPT_IN, None, NOT_YET),
    (NONE, OPT_IN, GPC, SIGNALLED),
    # A refusal stands, whatever the policy, the signal and the mode.
    (REFUSED_NOW, OPT_OUT, None, NO),
    (REFUSED_NOW, OPT_OUT, GPC, NO),
    (REFUSED_NOW, OPT_IN, None, NO),
    (REFUSED_NOW, OPT_IN, GPC, NO),
    (REFUSED_BEFORE, OPT_OUT, None, NO),
    (REFUSED_BEFORE, OPT_OUT, GPC, NO),
    (REFUSED_BEFORE, OPT_IN, None, NO),
    (REFUSED_BEFORE, OPT_IN, GPC, NO),
    (REFUSED_DESPITE, OPT_OUT, None, NO),
    (REFUSED_DESPITE, OPT_OUT, GPC, NO),
    (REFUSED_DESPITE, OPT_IN, None, NO),
    (REFUSED_DESPITE, OPT_IN, GPC, NO),
    # An acceptance stands for its policy, and gives way to a signal that came after it.
    (ALLOWED_NOW, OPT_OUT, None, YES),
    (ALLOWED_NOW, OPT_OUT, GPC, SIGNALLED),
    (ALLOWED_NOW, OPT_IN, None, YES),
    (ALLOWED_NOW, OPT_IN, GPC, SIGNALLED),
    (ALLOWED_AHEAD, OPT_OUT, None, YES),
    (ALLOWED_AHEAD, OPT_OUT, GPC, SIGNALLED),
    (ALLOWED_AHEAD, OPT_IN, None, YES),
    (ALLOWED_AHEAD, OPT_IN, GPC, SIGNALLED),
    # One for an older policy counts for nothing.
    (ALLOWED_BEFORE, OPT_OUT, None, ON_UNTIL_REFUSED),
    (ALLOWED_BEFORE, OPT_OUT, GPC, SIGNALLED),
    (ALLOWED_BEFORE, OPT_IN, None, NOT_YET),
    (ALLOWED_BEFORE, OPT_IN, GPC, SIGNALLED),
    # One made while the signal was on beats the signal.
    (ALLOWED_DESPITE, OPT_OUT, None, YES),
    (ALLOWED_DESPITE, OPT_OUT, GPC, YES),
    (ALLOWED_DESPITE, OPT_IN, None, YES),
    (ALLOWED_DESPITE, OPT_IN, GPC, YES),
    (ALLOWED_DESPITE_BEFORE, OPT_OUT, None, ON_UNTIL_REFUSED),
    (ALLOWED_DESPITE_BEFORE, OPT_OUT, GPC, SIGNALLED),
    (ALLOWED_DESPITE_BEFORE, OPT_IN, None, NOT_YET),
    (ALLOWED_DESPITE_BEFORE, OPT_IN, GPC, SIGNALLED),
]

CHOICES = list(dict.fromkeys(row[0] for row in TABLE))


def test_the_table_is_whole() -> None:
    asked = {(choice, mode, signal) for choice, mode, signal, _standing in TABLE}
    assert asked == set(itertools.product(CHOICES, (OPT_OUT, OPT_IN), (None, GPC)))
    assert len(TABLE) == len(asked)


@pytest.mark.parametrize("choice, mode, signal, expected", TABLE)
def test_a_visitor_stands_where_the_table_says(
    choice: Choice | None, mode: Mode, signal: Because | None, expected: tuple[Preference, Because, bool]
) -> None:
    standing = settle(choice, mode=mode, policy_version=POLICY, signal=signal)
    assert (standing.preference, standing.because, standing.adapts) == expected


@pytest.mark.parametrize("choice, mode, signal, expected", TABLE)
def test_do_not_track_counts_as_global_privacy_control_does(
    choice: Choice | None, mode: Mode, signal: Because | None, expected: tuple[Preference, Because, bool]
) -> None:
    standing = settle(choice, mode=mode, policy_version=POLICY, signal=signal and DNT)
    because = DNT if expected[1] is GPC else expected[1]
    assert (standing.preference, standing.because, standing.adapts) == (expected[0], because, expected[2])


@pytest.mark.parametrize("choice, signal", list(itertools.product(CHOICES, (None, GPC, DNT))))
def test_a_site_that_is_off_adapts_to_nobody_whatever_they_chose(choice: Choice | None, signal: Because | None) -> None:
    standing = settle(choice, mode=OFF, policy_version=POLICY, signal=signal)
    preference = choice.preference if choice else UNDECIDED
    assert standing == Standing(preference, Because.MODE, False, choice, counts=False, counts_because=Because.MODE)


@pytest.mark.parametrize("choice, mode, signal, _expected", TABLE)
def test_pages_never_adapt_to_someone_who_refused(
    choice: Choice | None, mode: Mode, signal: Because | None, _expected: Any
) -> None:
    standing = settle(choice, mode=mode, policy_version=POLICY, signal=signal)
    if standing.preference is REFUSED:
        assert not standing.adapts


def test_an_acceptance_and_a_refusal_are_the_only_choices() -> None:
    # No cookie can hold it; were one made by hand, it must not count as an acceptance.
    standing = settle(Choice(UNDECIDED, 5), mode=OPT_IN, policy_version=POLICY, signal=None)
    assert not standing.adapts


# The cookie

EVERY_CHOICE = [
    Choice(
        preference,
        version,
        despite,
        new,
        counting=counting,
        day=None if preference is UNDECIDED else day,
        counting_day=None if counting is None else counting_day,
    )
    for preference in (ALLOWED, REFUSED, UNDECIDED)
    for version in (1, 5, 999_999)
    for despite in (False, True)
    for new in (False, True)
    for counting in (None, True, False)
    for day, counting_day in ((None, None), (20_783, 20_783), (20_783, 20_790))
    if (preference, counting) != (UNDECIDED, None)  # nothing was chosen
]


@pytest.mark.parametrize("choice", list(dict.fromkeys(EVERY_CHOICE)), ids=lambda choice: choice.cookie())
def test_a_choice_survives_its_cookie(choice: Choice) -> None:
    assert Choice.from_cookie(choice.cookie()) == choice


@pytest.mark.parametrize(
    "choice, cookie",
    [
        (Choice(ALLOWED, 1), "allowed.1"),
        (Choice(REFUSED, 12), "refused.12"),
        (Choice(ALLOWED, 1, despite_signal=True), "allowed.1.g"),
        (Choice(ALLOWED, 1, despite_dnt=True), "allowed.1.d"),
        (Choice(REFUSED, 1, new=True), "refused.1.n"),
        (Choice(ALLOWED, 1, despite_signal=True, new=True), "allowed.1.gn"),
        (Choice(ALLOWED, 1, counting=False), "allowed-uncounted.1"),
        (Choice(REFUSED, 2, new=True, counting=True), "refused-counted.2.n"),
        (Choice(UNDECIDED, 1, counting=False), "undecided-uncounted.1"),
        (Choice(ALLOWED, 1, new=True, day=20_783), "allowed.1.20783.n"),
        (Choice(UNDECIDED, 1, counting=True, counting_day=20_783), "undecided-counted.1.20783"),
        (Choice(ALLOWED, 1, counting=False, day=20_783, counting_day=20_783), "allowed-uncounted.1.20783"),
        (
            Choice(ALLOWED, 1, True, True, counting=False, day=20_783, counting_day=20_790),
            "allowed-uncounted.1.20783-20790.gn",
        ),
    ],
)
def test_the_cookie_can_be_read_by_people(choice: Choice, cookie: str) -> None:
    assert choice.cookie() == cookie


def test_a_choice_is_confirmed_once() -> None:
    assert Choice(ALLOWED, 3, True, new=True).confirmed() == Choice(ALLOWED, 3, True, new=False)
    assert Choice(ALLOWED, 3).confirmed() == Choice(ALLOWED, 3)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "allowed",
        "allowed.",
        "allowed.1.",
        "allowed.1.x",
        "allowed.1.gng",
        "allowed.-1",
        "allowed.1.1234567",
        "allowed.1.-5",
        "allowed.1.5-",
        "allowed.1.5-6-7",
        "allowed.1.5.",
        "allowed.1.n.5",
        "allowed.1.5.6",
        "allowed.1234567",
        "allowed.\u0661",  # a digit, but none of ours
        "ALLOWED.1",
        "undecided.1",
        "undecided-.1",
        "allowed-.1",
        "allowed-COUNTED.1",
        "allowed-counted-uncounted.1",
        "counted.1",
        "-counted.1",
        "refused.1\n",
        " refused.1",
        '"refused.1"',
        "refused.1; allowed.1",
        "refused." + "9" * 100_000,
        "refused.1.g\0",
        "\ud800",
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_cookie_that_holds_anything_else_is_no_choice(value: str | None) -> None:
    assert Choice.from_cookie(value) is None


@given(
    st.text()
    | st.from_regex(
        r"(allowed|refused|undecided)(-(un)?counted)?\.[0-9]+(\.[0-9]+(-[0-9]+)?)?(\.[gnx]*)?", fullmatch=True
    )
)
def test_any_cookie_is_a_choice_or_none(value: str) -> None:
    choice = Choice.from_cookie(value)
    assert choice is None or Choice.from_cookie(choice.cookie()) == choice


def test_two_visitors_who_choose_the_same_hold_the_same_bytes() -> None:
    assert Choice(ALLOWED, 1).cookie() == Choice(ALLOWED, 1).cookie() == "allowed.1"


def test_an_acceptance_made_under_dnt_does_not_beat_a_gpc_that_is_on_now() -> None:
    choice = Choice(ALLOWED, 1, despite_dnt=True)
    for signal, stands in ((None, True), (Because.DNT, True), (Because.GPC, False)):
        assert settle(choice, mode=Mode.OPT_OUT, policy_version=1, signal=signal).adapts is stands


# Counting

YES_COUNT, NO_COUNT = {"counting": True}, {"counting": False}

# What was chosen, and whether visits are counted then, with opt_out and with opt_in, while no signal is sent.
COUNTS: list[tuple[Choice | None, bool, bool]] = [
    (NONE, True, False),  # opt_in needs a yes
    (ALLOWED_NOW, True, False),  # of its own: a yes to pages that adapt is none
    (Choice(ALLOWED, 5, **YES_COUNT), True, True),
    (Choice(ALLOWED, 6, **YES_COUNT), True, True),  # the site went back to an older policy
    (Choice(ALLOWED, 5, **NO_COUNT), False, False),
    (Choice(ALLOWED, 5, despite_signal=True, **YES_COUNT), True, True),
    (
        Choice(UNDECIDED, 5, **YES_COUNT),
        True,
        False,
    ),  # opt_in: pages do not adapt to them, so there is nothing to count
    (Choice(UNDECIDED, 5, **NO_COUNT), False, False),
    (REFUSED_NOW, False, False),
    (Choice(REFUSED, 5, **YES_COUNT), False, False),
    (Choice(REFUSED, 5, **NO_COUNT), False, False),
    # For an older policy: a refusal stands, and an acceptance is as if it had not been said.
    (Choice(ALLOWED, 4, **YES_COUNT), True, False),
    (Choice(ALLOWED, 4, **NO_COUNT), False, False),
    (Choice(UNDECIDED, 4, **NO_COUNT), False, False),
]


@pytest.mark.parametrize("choice, opt_out, opt_in", COUNTS)
def test_visits_are_counted_where_the_table_says(choice: Choice | None, opt_out: bool, opt_in: bool) -> None:
    for mode, counts in ((OPT_OUT, opt_out), (OPT_IN, opt_in), (OFF, False)):
        assert settle(choice, mode=mode, policy_version=POLICY, signal=None).counts is counts


@pytest.mark.parametrize("choice", [row[0] for row in COUNTS])
@pytest.mark.parametrize("signal", [GPC, DNT])
def test_with_a_signal_nothing_is_counted_whatever_was_chosen(choice: Choice | None, signal: Because) -> None:
    for mode in Mode:
        assert not settle(choice, mode=mode, policy_version=POLICY, signal=signal).counts


@pytest.mark.parametrize("choice", [row[0] for row in COUNTS])
@pytest.mark.parametrize("signal", [None, GPC, DNT])
def test_a_choice_about_counting_changes_nothing_about_pages(choice: Choice | None, signal: Because | None) -> None:
    if choice is None:
        return
    silent = Choice(choice.preference, choice.policy_version, choice.despite_signal)
    for mode in (OPT_OUT, OPT_IN):
        said, unsaid = (settle(each, mode=mode, policy_version=POLICY, signal=signal) for each in (choice, silent))
        assert (said.preference, said.because, said.adapts) == (unsaid.preference, unsaid.because, unsaid.adapts)


@pytest.mark.parametrize(
    "choice, mode, signal, because",
    [
        (Choice(ALLOWED, 5, **YES_COUNT), OPT_IN, None, Because.CHOICE),
        (Choice(ALLOWED, 5, **NO_COUNT), OPT_OUT, None, Because.CHOICE),
        (
            Choice(ALLOWED, 5, **NO_COUNT),
            OPT_OUT,
            GPC,
            Because.CHOICE,
        ),  # the visitor's own word first, where both say no
        (Choice(ALLOWED, 5, despite_signal=True, **YES_COUNT), OPT_OUT, GPC, GPC),
        (Choice(ALLOWED, 5, despite_dnt=True), OPT_OUT, DNT, DNT),
        (ALLOWED_NOW, OPT_IN, None, Because.DEFAULT),
        (NONE, OPT_OUT, None, Because.DEFAULT),
        (NONE, OPT_IN, None, Because.DEFAULT),
        (NONE, OFF, GPC, Because.MODE),
    ],
)
def test_a_standing_says_why_visits_are_counted_or_not(
    choice: Choice | None, mode: Mode, signal: Because | None, because: Because
) -> None:
    assert settle(choice, mode=mode, policy_version=POLICY, signal=signal).counts_because is because


# What follows from what is said

Said = tuple[Preference | None, bool | None]
DAY = 20_783  # 26 November 2026


@pytest.mark.parametrize(
    "before, said, cookie",
    [
        (None, (None, False), "undecided-uncounted.5.n"),
        (None, (ALLOWED, None), "allowed.5.n"),
        (None, (ALLOWED, True), "allowed-counted.5.n"),
        (None, (REFUSED, False), "refused-uncounted.5.n"),
        ("allowed.5", (None, False), "allowed-uncounted.5.n"),
        ("allowed.5.g", (None, False), "allowed-uncounted.5.gn"),  # what it beat, it still beats
        ("allowed-uncounted.5", (REFUSED, None), "refused-uncounted.5.n"),
        ("refused-uncounted.5", (ALLOWED, None), "allowed-uncounted.5.n"),  # off and on again: counting stays off
        ("allowed-counted.5", (REFUSED, None), "refused-counted.5.n"),
        ("undecided-uncounted.5", (ALLOWED, None), "allowed-uncounted.5.n"),
        ("undecided-uncounted.5", (None, True), "undecided-counted.5.n"),
        # An acceptance for an older policy must not become one for this by way of the other answer; a refusal may.
        ("allowed.4.g", (None, False), "undecided-uncounted.5.n"),
        ("allowed-counted.4", (REFUSED, None), "refused.5.n"),
        ("allowed-counted.4", (ALLOWED, None), "allowed.5.n"),
        ("allowed-uncounted.4", (ALLOWED, None), "allowed-uncounted.5.n"),
        ("refused.4", (None, True), "refused-counted.5.n"),
    ],
)
def test_what_is_not_said_stays_as_it_was(before: str | None, said: Said, cookie: str) -> None:
    choice = chosen(Choice.from_cookie(before), *said, policy_version=POLICY, signal=None, today=DAY)
    assert choice.dated(DAY).cookie() == cookie.replace(".5", f".5.{DAY}")


def test_only_a_choice_about_pages_is_marked_with_the_signal_that_it_beats() -> None:
    def says(before: Choice | None, preference: Preference | None, signal: Because) -> str:
        return chosen(before, preference, True, policy_version=1, signal=signal, today=DAY).cookie()

    assert says(None, ALLOWED, GPC) == f"allowed-counted.1.{DAY}.gn"
    assert says(None, None, GPC) == f"undecided-counted.1.{DAY}.n"
    assert says(Choice(ALLOWED, 1), None, DNT) == f"allowed-counted.1.{DAY}.n"


# How long each part holds


def ages(days_later: int) -> Ages:
    return Ages(today=DAY + days_later, allowed_days=183, refused_days=365)


@pytest.mark.parametrize(
    "cookie, days_later, held",
    [
        (f"allowed.1.{DAY}.gn", 182, f"allowed.1.{DAY}.gn"),
        (f"allowed.1.{DAY}.gn", 183, None),  # begun: it may never hold for longer than is said
        (f"allowed.1.{DAY}.gn", 184, None),
        (f"refused.1.{DAY}", 184, f"refused.1.{DAY}"),
        (f"refused.1.{DAY}", 365, f"refused.1.{DAY}"),  # nor a refusal for less
        (f"refused.1.{DAY}", 366, None),
        (f"undecided-counted.1.{DAY}", 182, f"undecided-counted.1.{DAY}"),
        (f"undecided-counted.1.{DAY}", 184, None),
        (f"undecided-uncounted.1.{DAY}", 365, f"undecided-uncounted.1.{DAY}"),
        (f"undecided-uncounted.1.{DAY}", 366, None),
        # Each by itself; what it beats ends with what was said of pages.
        (f"allowed-uncounted.1.{DAY}.g", 184, f"undecided-uncounted.1.{DAY}"),
        (f"allowed-uncounted.1.{DAY}.n", 184, f"undecided-uncounted.1.{DAY}.n"),
        (f"refused-counted.1.{DAY}", 184, f"refused.1.{DAY}"),
        (f"allowed-counted.1.{DAY}-{DAY + 100}", 184, f"undecided-counted.1.{DAY + 100}"),
        (f"allowed-counted.1.{DAY + 100}-{DAY}.d", 184, f"allowed.1.{DAY + 100}.d"),
        (f"allowed-uncounted.1.{DAY + 300}-{DAY}", 366, f"allowed.1.{DAY + 300}"),
        (f"allowed-counted.1.{DAY}-{DAY + 100}", 290, None),
        # A day to come: the clocks of servers may differ by a day, and no more is believed of an acceptance.
        (f"allowed.1.{DAY}", -1, f"allowed.1.{DAY}"),
        (f"allowed.1.{DAY}", -2, None),
        (f"refused-counted.1.{DAY}", -2, f"refused.1.{DAY}"),
        ("refused.1.999999", 0, "refused.1.999999"),
        # From before there were days: for as long as the browser keeps it.
        ("allowed-counted.1.g", 1000, "allowed-counted.1.g"),
        ("refused.1", 1000, "refused.1"),
    ],
)
def test_each_part_holds_for_its_own_time(cookie: str, days_later: int, held: str | None) -> None:
    choice = Choice.from_cookie(cookie)
    assert choice is not None
    assert choice.held(ages(days_later)) == Choice.from_cookie(held)


@pytest.mark.parametrize(
    "cookie, days_later, left",
    [
        (f"allowed.1.{DAY}", 0, 183),
        (f"refused.1.{DAY}", 0, 365),
        (f"allowed.1.{DAY}.n", 100, 83),
        (f"allowed-uncounted.1.{DAY}", 100, 265),
        (f"allowed-uncounted.1.{DAY}-{DAY + 90}", 100, 355),
        (f"refused-counted.1.{DAY}-{DAY + 90}", 100, 265),
        (f"refused-counted.1.{DAY}-{DAY + 300}", 300, 183),
        (f"undecided-counted.1.{DAY}", 182, 1),
        (f"refused.1.{DAY}", 365, 1),
        (f"allowed.1.{DAY + 1}", 0, 183),
        ("refused.1.999999", 0, 365),
        ("allowed.1", 0, 183),
    ],
)
def test_a_cookie_is_kept_until_the_last_of_its_parts_ends(cookie: str, days_later: int, left: int) -> None:
    choice = Choice.from_cookie(cookie)
    assert choice is not None
    assert choice.days_left(ages(days_later)) == left


@pytest.mark.parametrize(
    "before, said, cookie",
    [
        (f"allowed.5.{DAY - 9}.g", (None, False), f"allowed-uncounted.5.{DAY - 9}-{DAY}.gn"),
        (f"undecided-uncounted.5.{DAY - 9}", (ALLOWED, None), f"allowed-uncounted.5.{DAY}-{DAY - 9}.n"),
        (f"allowed-uncounted.5.{DAY - 9}", (REFUSED, None), f"refused-uncounted.5.{DAY}-{DAY - 9}.n"),
        (f"allowed-uncounted.5.{DAY - 9}-{DAY - 5}", (ALLOWED, True), f"allowed-counted.5.{DAY}.n"),
        (f"allowed-uncounted.4.{DAY - 9}", (None, True), f"undecided-counted.5.{DAY}.n"),
        (f"allowed-uncounted.4.{DAY - 9}", (ALLOWED, None), f"allowed-uncounted.5.{DAY}-{DAY - 9}.n"),
    ],
)
def test_to_say_one_part_leaves_the_other_its_day(before: str, said: Said, cookie: str) -> None:
    choice = chosen(Choice.from_cookie(before), *said, policy_version=POLICY, signal=None, today=DAY)
    assert choice.cookie() == cookie


def test_a_part_without_a_day_gets_one_and_keeps_it() -> None:
    choice = Choice.from_cookie("allowed-uncounted.1.n")
    assert choice is not None
    dated = choice.confirmed().dated(DAY)
    assert dated.cookie() == f"allowed-uncounted.1.{DAY}"
    assert dated.dated(DAY + 5) == dated


def test_what_is_left_of_the_refusals_keeps_their_days() -> None:
    choice = Choice.from_cookie(f"allowed-uncounted.1.{DAY}-{DAY + 7}.g")
    assert choice is not None
    assert choice.refusals == Choice(UNDECIDED, 1, counting=False, counting_day=DAY + 7)
