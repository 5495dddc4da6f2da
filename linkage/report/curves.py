"""Geometry of charts with two axes: precision and recall over thresholds, and confidence against what came true."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from linkage.report.charts import LOW_ENDS
from linkage.stats import CalibrationBin


@dataclass(frozen=True)
class SweepPoint:
    """One threshold (0 to 1): precision and recall there (0 to 1; None where there is no link or no pair), the links
    and persons it would make (None where they are not told), and whether it is the run's."""

    threshold: float
    precision: float | None
    recall: float | None
    is_run: bool
    links: int | None = None
    persons: int | None = None


@dataclass(frozen=True)
class Place:
    """A point in per cent of the width, and of the height from the top; `lo` and `hi` are the ends of an interval."""

    x: float
    y: float
    lo: float = 0.0
    hi: float = 0.0


@dataclass(frozen=True)
class SweepChart:
    """Both curves; `low` is the lower end of the axis (0 to 1), `ticks` labels under it and their places, `run` where
    the run's threshold stands (None: not among them)."""

    low: float
    precision: tuple[Place, ...]
    recall: tuple[Place, ...]
    ticks: tuple[tuple[str, float], ...]
    run: float | None


def sweep_chart(points: Sequence[SweepPoint]) -> SweepChart | None:
    """Curves over thresholds, which stand by the log of their odds: 0.99 is as far from 0.9 as 0.9 from 0.5, nearly.

    The axis of shares need not begin at nothing. None where fewer than two thresholds have a number.
    """
    known = [point for point in points if point.precision is not None or point.recall is not None]
    if len(known) < 2:
        return None
    odds = [math.log(point.threshold / (1 - point.threshold)) for point in known]
    least = min(value for point in known for value in (point.precision, point.recall) if value is not None)
    low = next(end for end in LOW_ENDS if end <= least)
    across = [round(100 * (value - odds[0]) / (odds[-1] - odds[0]), 2) for value in odds]

    def curve(values: Sequence[float | None]) -> tuple[Place, ...]:
        return tuple(Place(x, _down(value, low)) for x, value in zip(across, values, strict=True) if value is not None)

    run = next((x for x, point in zip(across, known, strict=True) if point.is_run), None)
    return SweepChart(
        low, curve([point.precision for point in known]), curve([point.recall for point in known]),
        _ticks([point.threshold for point in known], across), run,
    )  # fmt: skip


def reliability_places(bins: Sequence[CalibrationBin]) -> tuple[Place, ...]:
    """Each bin at its mean confidence and the share of one child, with the ends of its interval."""
    return tuple(
        Place(round(100 * each.mean_confidence, 2), _down(each.observed), _down(each.lo), _down(each.hi))
        for each in bins
    )


def _down(value: float, low: float = 0.0) -> float:
    return round(100 * (1 - (value - low) / (1 - low)), 2)


def _ticks(thresholds: Sequence[float], across: Sequence[float], apart: float = 13.0) -> tuple[tuple[str, float], ...]:
    """Labels of the thresholds that have room, the first and the last among them."""
    kept: list[tuple[str, float]] = []
    for threshold, x in zip(thresholds, across, strict=True):
        if not kept or (x - kept[-1][1] >= apart and (x == across[-1] or across[-1] - x >= apart)):
            kept.append((f"{threshold:g}", x))
    return tuple(kept)
