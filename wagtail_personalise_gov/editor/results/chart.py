"""The chart of one goal: how far each version is from the standard version, and how sure that is.

Drawn on the server as SVG. Only positions are worked out here, in per cent of its width; every figure is given. Heights
are in em, so that the chart grows with the text, and keeps its text as large on a narrow screen as on a wide one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor

from django.utils.translation import gettext

from ...counting.results import Comparison, Finding

ROW = 3.75  # em: a line of text, and below it the band with the bar
FOOT = 2  # em below the last row, for the scale
MARGIN = 6  # per cent left and right, so that the figures of the scale are whole
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)  # percentage points between the lines of the scale
MAX_TICKS = 5  # more would not fit on a narrow screen


@dataclass(frozen=True, slots=True)
class Tick:
    x: str
    text: str
    is_zero: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """One version. `low` and `high` are the ends of its interval; the point between them is its difference."""

    text: str
    text_y: str
    band_top: str
    band_bottom: str
    y: str
    top: str
    bottom: str
    low: str
    x: str
    high: str
    finding: Finding

    @property
    def is_clear(self) -> bool:
        """Whether a difference was found: its point is then filled, and hollow else."""
        return self.finding in (Finding.HIGHER, Finding.LOWER)


@dataclass(frozen=True, slots=True)
class Chart:
    bars: list[Bar]
    ticks: list[Tick]
    height: str
    scale_y: str
    description: str


def chart_of(rows: Iterable[tuple[str, Comparison]]) -> Chart | None:
    """The chart of these versions, each with its name; None where no interval is known of any."""
    drawn = [
        (name, comparison, comparison.difference, comparison.low, comparison.high)
        for name, comparison in rows
        if comparison.difference is not None and comparison.low is not None and comparison.high is not None
    ]
    if not drawn:
        return None
    step, first, last = _scale(
        min(0.0, *(low for *_rest, low, _high in drawn)), max(0.0, *(high for *_rest, high in drawn))
    )
    left, right = first * step, last * step

    def x(fraction: float) -> str:
        return f"{MARGIN + (100 - 2 * MARGIN) * (fraction * 100 - left) / (right - left):.2f}%"

    bars = []
    for position, (name, comparison, difference, low, high) in enumerate(drawn):
        top = position * ROW
        bars.append(
            Bar(
                text=gettext("%(version)s: %(difference)s")
                % {"version": name, "difference": comparison.difference_text},
                text_y=_em(top + 1),
                band_top=_em(top + 1.5),
                band_bottom=_em(top + 3.25),
                y=_em(top + 2.375),
                top=_em(top + 1.875),
                bottom=_em(top + 2.875),
                low=x(low),
                x=x(difference),
                high=x(high),
                finding=comparison.finding,
            )
        )
    bottom = len(drawn) * ROW
    return Chart(
        bars=bars,
        ticks=[Tick(x(number * step / 100), _points(number * step), number == 0) for number in range(first, last + 1)],
        height=_em(bottom + FOOT),
        scale_y=_em(bottom + 0.75),
        description=" ".join(
            gettext("%(version)s: %(difference)s, 95%% interval %(interval)s, %(finding)s.")
            % {
                "version": name,
                "difference": comparison.difference_text,
                "interval": comparison.interval_text,
                "finding": comparison.finding.label,
            }
            for name, comparison, *_figures in drawn
        ),
    )


def _scale(low: float, high: float) -> tuple[float, int, int]:
    """(percentage points from line to line, the first line, the last): whole steps around these fractions."""
    for step in STEPS:
        first, last = floor(round(low * 100 / step, 6)), ceil(round(high * 100 / step, 6))
        if last - first < MAX_TICKS:
            break
    return step, first, last if last > first else first + 1


def _points(number: float) -> str:
    """Percentage points with their sign, such as +0.5, and 0 without one."""
    sign = "" if number == 0 else "+" if number > 0 else "\N{MINUS SIGN}"
    return f"{sign}{abs(number):g}"


def _em(number: float) -> str:
    return f"{number:g}em"
