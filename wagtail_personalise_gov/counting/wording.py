"""What the results are called in sentences. Editors read them; they are plain, and say no more than is known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.translation import gettext

from ..conf import settings
from ..core.counting import Arm
from .publishing import Published, number_text

if TYPE_CHECKING:
    from .looks import Fourfold

MINUS = "\N{MINUS SIGN}"


def percent(fraction: float | None, decimals: int = 1) -> str:
    """Such as "12.3%"; "" for None."""
    if fraction is None:
        return ""
    return gettext("%s%%") % number_text(round(fraction * 100, decimals), decimals)  # Django would cut it off


def points(fraction: float | None) -> str:
    """Such as "+2.1 points"; "" for None."""
    return "" if fraction is None else gettext("%s points") % _signed(fraction)


def interval(low: float | None, high: float | None) -> str:
    """Such as "+0.3 to +3.9 points"; "" for None."""
    if low is None or high is None:
        return ""
    return gettext("%(low)s to %(high)s points") % {"low": _signed(low), "high": _signed(high)}


def _signed(fraction: float) -> str:
    decimals = 1 if round(fraction * 100, 1) else 2  # just beside 0 is not 0: an interval may end there
    rounded = round(fraction * 100, decimals)
    sign = "+" if rounded > 0 else MINUS if rounded < 0 else ""
    return sign + number_text(abs(rounded), decimals if rounded else 1)


def on(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


# Of a comparison


def judged(finding: str, goal: str, counts: Fourfold, low: float, high: float, day: date) -> str:
    """What was found, between which limits, and on which day."""
    said = {
        "higher": gettext("With this version more visits reach “%(goal)s”: %(rate)s, and %(standard)s without it."),
        "lower": gettext("With this version fewer visits reach “%(goal)s”: %(rate)s, and %(standard)s without it."),
        "leaning_higher": gettext(
            "With this version perhaps more visits reach “%(goal)s”: %(rate)s, and %(standard)s without it. It is too "
            "close to rule out chance."
        ),
        "leaning_lower": gettext(
            "With this version perhaps fewer visits reach “%(goal)s”: %(rate)s, and %(standard)s without it. It is too "
            "close to rule out chance."
        ),
        "no_difference": gettext(
            "No difference was found: %(rate)s of visits reach “%(goal)s” with this version, and %(standard)s without "
            "it."
        ),
    }[finding] % {"goal": goal, "rate": percent(counts.rate), "standard": percent(counts.holdout_rate)}
    return (
        said
        + " "
        + gettext(
            "The difference lies between %(low)s and %(high)s percentage points, as far as can be told (95%% "
            "interval). Judged by the visits up to %(day)s."
        )
        % {"low": _signed(low), "high": _signed(high), "day": on(day)}
    )


def waiting(until: date, verdict: date) -> str:
    return gettext("There are enough visits. The verdict comes on %(verdict)s, by the visits up to %(until)s.") % {
        "verdict": on(verdict),
        "until": on(until),
    }


def not_enough(more: int | None, ended: bool) -> str:
    """Why it is not judged yet. `more` is rounded; None where that can't be told."""
    if ended:
        return gettext("It ended before there were enough visits to tell.")
    if more is None:
        return gettext("Not enough visits yet to tell.")
    return gettext("Not enough visits yet to tell. About %s more are needed, of both together.") % number_text(more)


def nobody_reached_it() -> str:
    return gettext(
        "No visit has reached it, with this version or without it. It is judged when some have; make sure that it can "
        "be reached."
    )


def begins_later() -> str:
    return gettext(
        "It was made or changed when this version was first counted, or later. Its figures begin with the next whole "
        "day before which enough visits came."
    )


def counted_since(day: date) -> str:
    """Of a goal that began later than what it is counted for."""
    return gettext("Counted since %s: visits before may have come too early to reach it.") % on(day)


def withheld() -> str:
    return gettext("Too few visits to show yet: nothing is concluded from counts that are withheld.")


def too_old() -> str:
    return gettext(
        "This was compared for almost as long as counts are kept (%s days), so it can no longer be judged. To begin "
        "anew, change the share of visitors held back."
    ) % number_text(settings.TALLIES_MAX_AGE_DAYS)


def no_holdout() -> str:
    return gettext(
        "Nobody is held back, so there is nothing to compare with. To find out what this version changes, hold back a "
        "share of visitors: in the segment, or for the whole site."
    )


def no_statistics() -> str:
    return (
        gettext(
            "The difference can’t be judged, because a part of the software is not installed. Whoever runs this site "
            "can add it: %s"
        )
        % 'pip install "wagtail-personalise-gov[statistics]"'
    )


def do_not_rely() -> str:
    return gettext("Don’t rely on these figures: the number of visits held back can’t be right.")


# Of a version


def sample_ratio(share_percent: str, visits: Mapping[Arm, Published]) -> str:
    """The alarm, with the figures that raised it."""
    return gettext(
        "Don’t rely on these figures. Of all visits about %(share)s should have been held back; they are %(holdout)s, "
        "beside %(variant)s that saw the version. Chance hardly ever does that. Something keeps visits of one kind "
        "from being counted, or makes more of them: look for a cache, a redirect, a script, a robot, or a few who "
        "come back very often."
    ) % {
        "share": share_percent,
        "holdout": visits[Arm.HOLDOUT].text,
        "variant": visits[Arm.VARIANT].text,
    }


def period(since: date, until: date, share_percent: str) -> str:
    """When it was counted, and which share was held back ("" for none)."""
    days = {"since": on(since), "until": on(until), "share": share_percent}
    if share_percent:
        return gettext("Visits from %(since)s to %(until)s, of which %(share)s were to be held back.") % days
    return gettext("Visits from %(since)s to %(until)s.") % days


def ended(day: date) -> str:
    return gettext("Since %s nobody is held back. These figures are from before.") % on(day)


def others_left_out() -> str:
    return gettext("Visits counted while another share was held back are left out: they can’t be compared with these.")


def nothing_compared(learning: bool) -> str:
    if learning:
        return gettext("Nobody was shown this version yet: its segment is in learning mode.")
    return gettext("Nothing was counted for this version yet.")
