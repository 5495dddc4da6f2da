"""Geometry of the report's charts: where things stand, as percentages of a track; the template draws them as SVG.

SVG in the page and no chart library: altair's charts need a JavaScript runtime of some 800 kB inside every report,
which would not draw where scripts are blocked, nor be the same bytes from one version to the next.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from linkage.report.evidence_facts import BIN_BITS, LEAST_BITS, MOST_BITS, Rate, RateTable, WeightBars

FEW_RECORDS = 100  # intervals of groups smaller than this are so wide that an axis is not made to fit them
LOW_ENDS = (0.95, 0.9, 0.8, 0.5, 0.0)
HIGH_ENDS = (0.01, 0.05, 0.1, 0.2, 0.5, 1.0)
BITS_OF_FULL_BAR = 16.0  # a bar of evidence is full at this weight; more is shown as full


@dataclass(frozen=True)
class Dot:
    """One line of a dot plot; places are per cent of the track, intervals are cut to the axis. `value`: the rate as
    words, where one decimal would be more than is known."""

    label: str
    at: float
    lo: float
    hi: float
    rate: Rate
    value: str = ""


@dataclass(frozen=True)
class DotPlot:
    """Rates of a table on an axis that fits them; `low` and `high` are its ends (0 to 1), `total` where all stand."""

    low: float
    high: float
    total: float
    dots: tuple[Dot, ...]


@dataclass(frozen=True)
class Bar:
    """One bar of a histogram: left edge and width, top and height (per cent), its weights in bits, and pairs."""

    left: float
    width: float
    top: float
    height: float
    bits: int
    pairs: int


@dataclass(frozen=True)
class Histogram:
    """The bars of one decision, and the number of pairs that a full bar stands for."""

    decision: str
    bars: tuple[Bar, ...]
    most: int
    total: int


def dot_plot(table: RateTable) -> DotPlot:
    """A dot plot of link rates."""
    return plot_of(table.rates, table.total)


def plot_of(rates: Sequence[Rate], total: Rate, values: Mapping[str, str] = MappingProxyType({})) -> DotPlot:
    """A dot plot of rates. The axis need not begin at nothing: places are compared, not lengths.

    It takes in every rate, and the intervals of all but small groups. `values`: by subgroup, what stands beside a dot
    instead of the rate to one decimal.
    """
    large = [rate for rate in (*rates, total) if rate.records >= FEW_RECORDS]
    least = min([rate.rate for rate in (*rates, total)] + [rate.lo for rate in large])
    most = max([rate.rate for rate in (*rates, total)] + [rate.hi for rate in large])
    low = next(end for end in LOW_ENDS if end <= least)
    high = next(end for end in HIGH_ENDS if end > low and end >= most)

    def place(value: float) -> float:
        return round(100 * min(1.0, max(0.0, (value - low) / (high - low))), 2)

    dots = tuple(
        Dot(rate.subgroup, place(rate.rate), place(rate.lo), place(rate.hi), rate, values.get(rate.subgroup, ""))
        for rate in rates
    )
    return DotPlot(low, high, place(total.rate), dots)


def histogram(weights: WeightBars) -> Histogram:
    """Bars of the counts, the tallest as tall as there is room."""
    most = max(weights.counts)
    width = 100 / len(weights.counts)
    bars = tuple(
        Bar(round(number * width, 3), round(width * 0.88, 3), round(100 - 100 * pairs / most, 2),
            round(100 * pairs / most, 2), LEAST_BITS + number * BIN_BITS, pairs)
        for number, pairs in enumerate(weights.counts)
        if pairs
    )  # fmt: skip
    return Histogram(weights.decision, bars, most, weights.total)


def place_of_confidence(confidence: float) -> float:
    """Where a confidence stands on the axis of weights: log2 of its odds, in per cent of the track."""
    bits = math.log2(confidence / (1 - confidence)) if confidence < 1 else MOST_BITS
    return round(100 * (min(max(bits, LEAST_BITS), MOST_BITS) - LEAST_BITS) / (MOST_BITS - LEAST_BITS), 2)


def ticks(step: int = 10) -> tuple[tuple[int, float], ...]:
    """Weights in bits at which the axis of a histogram is labelled, and their places in per cent."""
    return tuple(
        (bits, round(100 * (bits - LEAST_BITS) / (MOST_BITS - LEAST_BITS), 2))
        for bits in range(LEAST_BITS, MOST_BITS + 1, step)
    )


def evidence_bar(bits: float) -> tuple[float, float]:
    """Left edge and width, in per cent, of a bar that goes from the middle: right for evidence for, left against."""
    length = 50 * min(1.0, abs(bits) / BITS_OF_FULL_BAR)
    return (round(50 - (length if bits < 0 else 0), 2), round(length, 2))


def share_bars(counts: Sequence[int]) -> tuple[float, ...]:
    """Lengths in per cent of the longest."""
    most = max(counts, default=0) or 1
    return tuple(round(100 * count / most, 2) for count in counts)
