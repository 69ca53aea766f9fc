"""Preference: whether a visitor wants pages to adapt, whether they may be counted, and what their choice cookie says.

The cookie holds no identifier: two visitors who choose the same on the same day hold the same bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from .quiet import Quiet


class Preference(StrEnum):
    """What a visitor wants. UNDECIDED: they have not said."""

    UNDECIDED = "undecided"
    ALLOWED = "allowed"
    REFUSED = "refused"


class Mode(StrEnum):
    """What a site does before a visitor has chosen: adapt (OPT_OUT), or not (OPT_IN). OFF: it never adapts."""

    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    OFF = "off"


class Because(StrEnum):
    """Where a standing comes from."""

    CHOICE = "choice"  # the visitor chose on this site
    GPC = "gpc"  # their browser sends Sec-GPC: 1
    DNT = "dnt"  # their browser sends DNT: 1
    MODE = "mode"  # the site is switched off
    DEFAULT = "default"  # nobody said anything


# "<choice>.<policy version>.<day>", then letters: g, made while GPC was on; d, while DNT was, and not GPC; n, just made
# and not yet confirmed to the visitor. After the choice, "-counted" or "-uncounted" where they said that too. Who said
# only that has "undecided" before it: the cookie stays one, and its first word is a `Preference` in every case. The day
# is "<day of the choice>-<day of the other>" where the two were said on different days. Older cookies have none.
COOKIE = re.compile(
    r"(allowed|refused|undecided(?=-))(?:-(counted|uncounted))?\.([0-9]{1,6})"
    r"(?:\.([0-9]{1,6})(?:-([0-9]{1,6}))?)?(?:\.(?=.)(g?d?n?))?"
)
COUNTED = {True: "counted", False: "uncounted"}

AHEAD = 1  # days by which the clocks of two servers may differ


@dataclass(frozen=True, slots=True)
class Ages:
    """How long what was said holds, as things are `today` (days since 1970, in UTC)."""

    today: int
    allowed_days: int
    refused_days: int

    def hold(self, accepts: bool, day: int | None) -> bool:
        """Whether what was said on that day still holds. Where the day is not known, the cookie's own age decides.

        In doubt against an acceptance: it ends with the beginning of its last day, and none is believed that is of a
        day to come. A refusal ends with the end of its last day.
        """
        if day is None:
            return True
        age = self.today - day
        return -AHEAD <= age < self.allowed_days if accepts else age <= self.refused_days

    def left(self, accepts: bool, day: int | None) -> int:
        """The days that it still holds, if it does; today is one at least."""
        days = self.allowed_days if accepts else self.refused_days
        return max(1, days - max(0, self.today - (self.today if day is None else day)))


@dataclass(frozen=True, slots=True, repr=False)
class Choice(Quiet):
    """What a visitor chose on this site. UNDECIDED: they chose about counting alone. The letters are about adapting."""

    preference: Preference
    policy_version: int
    despite_signal: bool = False  # made while the browser was sending GPC, so it beats any signal
    new: bool = False  # the confirmation has not been shown
    despite_dnt: bool = False  # made while the browser was sending DNT and not GPC, so it beats DNT only
    counting: bool | None = None  # whether their visits may be counted; None: they have not said
    day: int | None = None  # on which they said whether pages may adapt: since 1970, in UTC; None: not known
    counting_day: int | None = None  # the same of `counting`

    def beats(self, signal: Because) -> bool:
        """Whether it was made while the browser was sending this signal, or one that says more."""
        return self.despite_signal or (signal is Because.DNT and self.despite_dnt)

    @property
    def accepts(self) -> bool:
        """Whether anything was allowed."""
        return self.preference is Preference.ALLOWED or self.counting is True

    @property
    def refuses(self) -> bool:
        """Whether anything was refused."""
        return self.preference is Preference.REFUSED or self.counting is False

    def cookie(self) -> str:
        words = self.preference if self.counting is None else f"{self.preference}-{COUNTED[self.counting]}"
        letters = "g" * self.despite_signal + "d" * self.despite_dnt + "n" * self.new
        days = "-".join(map(str, dict.fromkeys(day for day in (self.day, self.counting_day) if day is not None)))
        return ".".join(filter(None, (words, str(self.policy_version), days, letters)))

    @classmethod
    def from_cookie(cls, value: str | None) -> Choice | None:
        """The choice that a cookie holds; None for a cookie that is absent or holds anything else."""
        found = COOKIE.fullmatch(value or "")
        if found is None:
            return None
        word, counted, version, first, second, letters = found.groups()
        given, preference = letters or "", Preference(word)
        counting = None if counted is None else counted == COUNTED[True]
        return cls(
            preference,
            int(version),
            "g" in given,
            "n" in given,
            "d" in given,
            counting,
            day=None if first is None or preference is Preference.UNDECIDED else int(first),
            counting_day=None if first is None or counting is None else int(second or first),
        )

    def confirmed(self) -> Choice:
        return replace(self, new=False)

    def held(self, ages: Ages) -> Choice | None:
        """What of it still holds; None where nothing does. Each part has an age of its own."""
        kept: Choice = self
        if self.counting is not None and not ages.hold(self.counting, self.counting_day):
            kept = replace(kept, counting=None, counting_day=None)
        if not ages.hold(self.preference is Preference.ALLOWED, self.day):
            kept = kept.about_counting()
        return None if kept.preference is Preference.UNDECIDED and kept.counting is None else kept

    def about_counting(self) -> Choice:
        """The same without what was said of pages, and without the letters, which are about that."""
        return Choice(
            Preference.UNDECIDED,
            self.policy_version,
            new=self.new,
            counting=self.counting,
            counting_day=self.counting_day,
        )

    def dated(self, today: int) -> Choice:
        """The same with a day for each part: a part of which none is known begins its days once more, this one time."""
        said, counting_said = self.preference is not Preference.UNDECIDED, self.counting is not None
        return replace(
            self,
            day=today if said and self.day is None else self.day,
            counting_day=today if counting_said and self.counting_day is None else self.counting_day,
        )

    def days_left(self, ages: Ages) -> int:
        """The days until the last of its parts ends."""
        left = []
        if self.preference is not Preference.UNDECIDED:
            left.append(ages.left(self.preference is Preference.ALLOWED, self.day))
        if self.counting is not None:
            left.append(ages.left(self.counting, self.counting_day))
        return max(left, default=1)

    @property
    def refusals(self) -> Choice | None:
        """Of this choice, what refuses; None where nothing does. What anybody could have planted may only refuse."""
        if not self.refuses:
            return None
        refused, uncounted = self.preference is Preference.REFUSED, self.counting is False
        return Choice(
            Preference.REFUSED if refused else Preference.UNDECIDED,
            self.policy_version,
            counting=False if uncounted else None,
            day=self.day if refused else None,
            counting_day=self.counting_day if uncounted else None,
        )


def chosen(
    before: Choice | None,
    preference: Preference | None,
    counting: bool | None,
    *,
    policy_version: int,
    signal: Because | None,
    today: int,
) -> Choice:
    """What a visitor has chosen once they say this. A part that they don't say now (None) stays as it was `before`.

    It keeps its day too: to say the one never makes the other last longer.

    But an acceptance ends with the policy that it was made for: it is not carried over to a newer one.
    """
    kept = before or Choice(Preference.UNDECIDED, policy_version)
    if kept.policy_version < policy_version:
        if kept.counting:
            kept = replace(kept, counting=None, counting_day=None)
        if kept.preference is Preference.ALLOWED:
            kept = kept.about_counting()
    if counting is not None:
        kept = replace(kept, counting=counting, counting_day=today)
    if preference is None:
        return replace(kept, policy_version=policy_version, new=True)
    return Choice(
        preference,
        policy_version,
        despite_signal=signal is Because.GPC,
        despite_dnt=signal is Because.DNT,
        new=True,
        counting=kept.counting,
        day=today,
        counting_day=kept.counting_day,
    )


@dataclass(frozen=True, slots=True, repr=False)
class Standing(Quiet):
    """Where a visitor stands: the preference, where it comes from, and whether pages may adapt to them.

    `counts` says whether their visits may be counted where the site counts at all, `counts_because` where that comes
    from. `choice` is what they chose on this site, whether or not it is what holds.
    """

    preference: Preference
    because: Because
    adapts: bool
    choice: Choice | None = None
    counts: bool = False
    counts_because: Because = Because.DEFAULT


@lru_cache(maxsize=256)  # what visitors choose is the same for many; nobody can be told from another by it
def settle(
    choice: Choice | None,
    *,
    mode: Mode,
    policy_version: int,
    signal: Because | None,
) -> Standing:
    """The visitor's standing from their own choice, then their browser's signal, then the site's mode.

    `signal` is Because.GPC or Because.DNT when the browser sends it and the site honours it. A refusal stands whatever
    else is said. An acceptance stands only for the policy it was made for, and beats a signal only when it was made
    while that was on: switching GPC on afterwards is the newer word.

    Nobody is counted to whom pages do not adapt, nor anybody whose browser sends a signal, whatever they chose.
    """
    standing = _adapting(choice, mode, policy_version, signal)
    counts, because = _counting(standing, mode, policy_version, signal)
    return Standing(standing.preference, standing.because, standing.adapts, choice, counts, because)


def _adapting(choice: Choice | None, mode: Mode, policy_version: int, signal: Because | None) -> Standing:
    if mode is Mode.OFF:
        return Standing(choice.preference if choice else Preference.UNDECIDED, Because.MODE, False, choice)
    if choice and choice.preference is Preference.REFUSED:
        return Standing(Preference.REFUSED, Because.CHOICE, False, choice)
    accepts = choice and choice.preference is Preference.ALLOWED and choice.policy_version >= policy_version
    if choice and accepts and (signal is None or choice.beats(signal)):
        return Standing(Preference.ALLOWED, Because.CHOICE, True, choice)
    if signal is not None:
        return Standing(Preference.REFUSED, signal, False, choice)
    return Standing(Preference.UNDECIDED, Because.DEFAULT, mode is Mode.OPT_OUT, choice)


def _counting(standing: Standing, mode: Mode, policy_version: int, signal: Because | None) -> tuple[bool, Because]:
    choice = standing.choice
    if mode is Mode.OFF:
        return False, Because.MODE
    if choice and choice.counting is False:
        return False, Because.CHOICE
    if signal is not None:
        return False, signal
    if not standing.adapts:
        return False, standing.because
    if choice and choice.counting and choice.policy_version >= policy_version:
        return True, Because.CHOICE
    return mode is Mode.OPT_OUT, Because.DEFAULT
