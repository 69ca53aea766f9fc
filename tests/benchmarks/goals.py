"""What personalisation may cost: each goal with its source, and whether a figure meets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

OURS = "our own: docs/explanation/performance.md says why"


@dataclass(frozen=True)
class Goal:
    """A figure, by its key, and what it may be at most, or must be at least."""

    key: str
    what: str
    bound: Literal["≤", "≥"]
    limit: float
    unit: str = ""
    source: str = OURS

    def verdict(self, figure: float | None) -> str:
        """ "met", "not met", or "not measured" where there is no figure."""
        if figure is None:
            return "not measured"
        met = figure <= self.limit if self.bound == "≤" else figure >= self.limit
        return "met" if met else "not met"


GOALS = (
    Goal("more_queries", "SQL queries more than the floor makes, most of any row", "≤", 0),
    Goal("cpu_1000", "CPU of a personalised page vs floor, 3 blocks, 1,000 segments, worst visitor", "≤", 1.05),
    Goal("cpu_10000", "the same with 10,000 segments", "≤", 1.07),
    Goal("cpu_1000_simple", "CPU of a page of 3 simple blocks vs floor, 1,000 segments, worst visitor", "≤", 1.05),
    Goal("cpu_10000_simple", "the same with 10,000 segments", "≤", 1.07),
    Goal("cpu_plain", "CPU of a page without a personalised block vs floor, most segments measured", "≤", 1.01),
    Goal("plain_headers", "headers in which such a page differs from the floor", "≤", 0),
    Goal("decide_50", "deciding 50 segments × 4 conditions, pure core, warm", "≤", 40, "µs"),
    Goal("publish_seconds", "after a publish: seconds until every process serves it", "≤", 2, "s"),
    Goal("publish_failures", "requests that failed meanwhile", "≤", 0),
    Goal("publish_longest", "what it adds to the longest request / one compile", "≤", 1),
    Goal("cached_rps", "cached personalised page vs cached floor, requests/s, gunicorn and Redis", "≥", 0.85),
    Goal("cached_ms", "CPU added to a hit in that cache", "≤", 0.12, "ms"),
    Goal("cached_rps_simple", "the same, 3 simple blocks", "≥", 0.85),
    Goal("cached_ms_simple", "CPU added to a hit in that cache, 3 simple blocks", "≤", 0.12, "ms"),
    Goal("profile_page", "largest share of one function of ours in a profile, page not cached", "≤", 3, "%"),
    Goal("profile_hit", "the same, page from the cache", "≤", 3, "%"),
)


def judged(figures: Mapping[str, float]) -> list[tuple[Goal, float | None, str]]:
    """Each goal with its figure and the verdict."""
    return [(goal, figures.get(goal.key), goal.verdict(figures.get(goal.key))) for goal in GOALS]


def line(goal: Goal, figure: float | None, verdict: str) -> str:
    """``goal ≤ 1.05: 1.031, met``"""
    unit = f" {goal.unit}" if goal.unit else ""
    told = "-" if figure is None else f"{figure:.4g}{unit}"
    return f"{verdict.upper():13} {goal.what}: {told} (goal {goal.bound} {goal.limit:g}{unit})"
