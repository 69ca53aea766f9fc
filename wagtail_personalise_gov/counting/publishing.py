"""Counts as they may be shown: small ones are withheld, and so that none can be derived; the others may be rounded.

SMALLEST_COUNT and ROUND_COUNTS_TO say how small and how. What is computed from counts is to be computed from those
that are published here, and from none other: then it tells nothing that they don't.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext

from ..conf import settings


@dataclass(frozen=True, slots=True)
class Published:
    """A count as it may be shown: rounded, or None where it is withheld; and as a text for either."""

    count: int | None
    text: str  # "1,234", "fewer than 11", "1,190 or more"

    @property
    def withheld(self) -> bool:
        return self.count is None


def smallest_count() -> int:
    """The smallest count that is shown, beside 0. Not under what counts are rounded to: a few must not round to 0."""
    return max(int(settings.SMALLEST_COUNT), int(settings.ROUND_COUNTS_TO))


def shown(count: int) -> int | None:
    """A count rounded, or None where it is too small to be shown. 0 is shown."""
    return None if 0 < count < smallest_count() else _rounded(count)


def shown_part(part: int, whole: int) -> int | None:
    """A part of a count, rounded; or None where the part is too small to be shown, or the rest would be.

    Where all of them are in the part, that is withheld too: it shall not stand out from where all but a few are.
    """
    part = min(part, whole)
    if part == 0:
        return 0
    return None if part < smallest_count() or whole - part < smallest_count() else _rounded(part)


def publish(count: int) -> Published:
    """A count as it may be shown."""
    return _published(shown(count))


def publish_part(part: int, whole: int) -> Published:
    """A part of a count as it may be shown beside the whole, without which of the two is small being told exactly."""
    count = shown_part(part, whole)
    if count is None and min(part, whole) >= smallest_count():
        # The whole as it is shown may be half a step above the exact one.
        least = _rounded(whole) - int(settings.ROUND_COUNTS_TO) // 2 - smallest_count() + 1
        return Published(None, gettext("%s or more") % number_text(max(least, smallest_count())))
    return _published(count)


def may_follow(earlier: int, later: int) -> bool:
    """Whether a total may be shown where an earlier one is too: what was added since is 0, or not too small."""
    return shown(later - earlier) is not None


def number_text(number: float, decimals: int = 0) -> str:
    """A number as the reader's language writes it: 1,234 or 12.3."""
    return number_format(number, decimal_pos=decimals, use_l10n=True, force_grouping=True)


def _published(count: int | None) -> Published:
    if count is None:
        return Published(None, gettext("fewer than %s") % number_text(smallest_count()))
    return Published(count, number_text(count))


def _rounded(count: int) -> int:
    step = int(settings.ROUND_COUNTS_TO)
    return (count + step // 2) // step * step
