"""Preference: whether a visitor wants pages to adapt to them, and what their choice cookie says.

The cookie holds no identifier: two visitors who choose the same hold the same bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum


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


# "<choice>.<policy version>", then letters: g, made while GPC was on; d, while DNT was, and not GPC; n, just made and
# not yet confirmed to the visitor. A longer first part is room for one choice per purpose.
COOKIE = re.compile(r"(allowed|refused)\.([0-9]{1,6})(?:\.(?=.)(g?d?n?))?")


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice that a visitor made on this site."""

    preference: Preference
    policy_version: int
    despite_signal: bool = False  # made while the browser was sending GPC, so it beats any signal
    new: bool = False  # the confirmation has not been shown
    despite_dnt: bool = False  # made while the browser was sending DNT and not GPC, so it beats DNT only

    def beats(self, signal: Because) -> bool:
        """Whether it was made while the browser was sending this signal, or one that says more."""
        return self.despite_signal or (signal is Because.DNT and self.despite_dnt)

    def cookie(self) -> str:
        letters = "g" * self.despite_signal + "d" * self.despite_dnt + "n" * self.new
        return f"{self.preference}.{self.policy_version}" + (f".{letters}" if letters else "")

    @classmethod
    def from_cookie(cls, value: str | None) -> Choice | None:
        """The choice that a cookie holds; None for a cookie that is absent or holds anything else."""
        found = COOKIE.fullmatch(value or "")
        if found is None:
            return None
        word, version, letters = found.groups()
        given = letters or ""
        return cls(Preference(word), int(version), "g" in given, "n" in given, "d" in given)

    def confirmed(self) -> Choice:
        return replace(self, new=False)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a visitor stands: the preference, where it comes from, and whether pages may adapt to them."""

    preference: Preference
    because: Because
    adapts: bool
    choice: Choice | None = None


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
    """
    if mode is Mode.OFF:
        return Standing(choice.preference if choice else Preference.UNDECIDED, Because.MODE, False, choice)
    if choice and choice.preference is Preference.REFUSED:
        return Standing(Preference.REFUSED, Because.CHOICE, False, choice)
    accepts = choice and choice.preference is Preference.ALLOWED and choice.policy_version >= policy_version
    if choice and accepts and (signal is None or choice.beats(signal)):
        return Standing(Preference.ALLOWED, Because.CHOICE, True, choice)
    if signal is not None:
        return Standing(Preference.REFUSED, signal, False, choice)
    return Standing(Preference.UNDECIDED, Because.DEFAULT, mode is Mode.OPT_OUT, None)
