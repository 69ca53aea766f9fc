"""What can be concluded from two shares of visits: intervals and alarms by scipy, and how many visits are needed.

scipy comes with the extra "statistics"; `available` says whether it is there; what needs it may only then be called.
"""

from __future__ import annotations

from functools import cache, lru_cache
from math import ceil, hypot
from statistics import NormalDist

from ..core.counting import LOTS

SHOWN = 0.95  # the interval that is shown
ASKED = 0.99  # the interval that must exclude 0: a report holds many comparisons, and 1 in 20 at 95 % misses by chance
POWER = 0.8  # of the plan: how often a difference of the size that is worth knowing is found

# Fabijan et al., "Diagnosing Sample Ratio Mismatch in Online Controlled Experiments", KDD 2019, use a p so small that
# an alarm is hardly ever chance; what it points to (a cache, a redirect, a bot on one side) makes all figures void.
SAMPLE_RATIO_ALARM = 0.001


@cache
def available() -> bool:
    """Whether scipy is installed, and works here."""
    try:
        import scipy.stats  # noqa: F401
    except Exception:  # one that was built for another machine, say, raises what it likes
        return False
    return True


@lru_cache(maxsize=4096)
def wilson(hits: int, visits: int, confidence: float) -> tuple[float, float]:
    """The score interval of a share (Wilson 1927)."""
    from scipy.stats import binomtest

    interval = binomtest(hits, visits).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def difference_interval(
    hits: int, visits: int, other_hits: int, other_visits: int, confidence: float
) -> tuple[float, float]:
    """The interval of the first share less the other: Newcombe's hybrid score interval.

    It is method 10 of Newcombe, "Interval estimation for the difference between independent proportions", Statistics in
    Medicine 17 (1998), 873-890: good for few visits too, for very small shares, and for arms of unequal size.
    """
    low, high = wilson(hits, visits, confidence)
    other_low, other_high = wilson(other_hits, other_visits, confidence)
    share, other_share = hits / visits, other_hits / other_visits
    difference = share - other_share
    return (
        difference - hypot(share - low, other_high - other_share),
        difference + hypot(high - share, other_share - other_low),
    )


def sample_ratio_alarm(variant_visits: int, holdout_visits: int, share: int) -> bool:
    """Whether so many held back, `share` of 10,000 lots having been drawn, can hardly be chance."""
    from scipy.stats import binomtest

    visits = variant_visits + holdout_visits
    if not visits or not 0 < share < LOTS:
        return False
    return bool(binomtest(holdout_visits, visits, share / LOTS).pvalue < SAMPLE_RATIO_ALARM)


def visits_needed(pooled: float, smallest_difference: float, share: int, smallest_count: int) -> int:
    """How many visits of both arms together are planned before a comparison is judged.

    So many that a difference of `smallest_difference` (a fraction) is found at ASKED with POWER, in whichever direction
    takes more; and that in the smaller arm twice `smallest_count` may be expected to reach the goal, and not to. It
    knows only what both arms `pooled` achieve, so that it can't tell how they differ: when to judge must not depend on
    what the verdict would be.
    """
    held = share / LOTS
    # Of a goal that fewer reach than that, no difference of this size could be found.
    rate = min(max(pooled, smallest_difference / 2), 1 - smallest_difference / 2)
    spread = max(_spread(rate, difference, held) for difference in (smallest_difference, -smallest_difference))
    deviations = NormalDist().inv_cdf((1 + ASKED) / 2) + NormalDist().inv_cdf(POWER)
    to_find = deviations**2 * spread / smallest_difference**2
    to_show = 2 * smallest_count / min(rate, 1 - rate) / min(held, 1 - held)
    return ceil(max(to_find, to_show))


def _spread(pooled: float, difference: float, held: float) -> float:
    """The variance of the difference of the two shares, times the number of visits, if it is this difference."""
    holdout = _within(pooled - (1 - held) * difference)
    variant = _within(pooled + held * difference)
    return holdout * (1 - holdout) / held + variant * (1 - variant) / (1 - held)


def _within(share: float) -> float:
    return min(max(share, 0.0), 1.0)


def two_digits_up(number: int) -> int:
    """Rounded up to two significant digits: 12,345 is 13,000."""
    step: int = 10 ** max(len(str(number)) - 2, 0)
    return -(-number // step) * step
