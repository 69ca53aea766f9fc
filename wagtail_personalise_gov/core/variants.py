"""Variants: one alternative content each, for the visitors of some segments. The editor's order is the priority."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .counting import Arm
from .decision import Decision, Reason
from .quiet import Quiet


@dataclass(frozen=True, slots=True)
class Variant:
    """One alternative content: a stable `id`, and the slugs of the segments it is for ("visitors in any of these")."""

    id: str
    segments: tuple[str, ...]

    def matched_by(self, decision: Decision) -> str | None:
        """The slug of the first of its segments that the visitor is in, or None."""
        return next((slug for slug in self.segments if decision.includes(slug)), None)


@dataclass(frozen=True, slots=True, repr=False)
class Outcome(Quiet):
    """What a block shows a visitor, and what that is to be counted as.

    `variant` is shown, for `segment`; None: the standard version. `arms` says, for each version that is involved, on
    which side of the comparison the visitor stands, as (arm, variant's id, segment's slug).
    """

    variant: Variant | None
    segment: str | None
    arms: tuple[tuple[Arm, str, str], ...]


STANDARD = (Arm.STANDARD, "", "")


def outcome(variants: Iterable[Variant], decision: Decision) -> Outcome:
    """The first variant, in the editor's order, that is for a segment the visitor is in; else the standard version.

    There is no scoring: the order is the editor's and can be read off the page. A visitor who is held back from the
    first segment that they are in sees the standard version, and not the next variant: they are compared with those
    who are shown the first. A segment in learning mode is passed over, and what it would have shown is noted.
    """
    learnt: tuple[tuple[Arm, str, str], ...] = ()
    for variant in variants:
        for slug in variant.segments:
            reason = decision.get(slug)
            if reason is Reason.MATCHED or reason is Reason.PREVIEW:
                return Outcome(variant, slug, (*learnt, (Arm.VARIANT, variant.id, slug)))
            if reason is Reason.HOLDOUT:
                return Outcome(None, None, (*learnt, (Arm.HOLDOUT, variant.id, slug)))
            if reason is Reason.LEARNING and not learnt:
                learnt = ((Arm.LEARNING, variant.id, slug),)
    return Outcome(None, None, (*learnt, STANDARD))


def choose(variants: Iterable[Variant], decision: Decision) -> Variant | None:
    """The variant that is shown; None: the standard version."""
    return outcome(variants, decision).variant
