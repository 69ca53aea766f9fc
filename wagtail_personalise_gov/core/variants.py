"""Variants: one alternative content each, for the visitors of some segments. The editor's order is the priority."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .decision import Decision


@dataclass(frozen=True, slots=True)
class Variant:
    """One alternative content: a stable `id`, and the slugs of the segments it is for ("visitors in any of these")."""

    id: str
    segments: tuple[str, ...]

    def matched_by(self, decision: Decision) -> str | None:
        """The slug of the first of its segments that the visitor is in, or None."""
        return next((slug for slug in self.segments if decision.includes(slug)), None)


def choose(variants: Iterable[Variant], decision: Decision) -> Variant | None:
    """The first variant, in the editor's order, that is for a segment the visitor is in; None: the standard version.

    There is no scoring: the order is the editor's and can be read off the page.
    """
    return next((variant for variant in variants if variant.matched_by(decision) is not None), None)
