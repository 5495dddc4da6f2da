"""What the sections on errors ask for: who was missed, what it may do to a finding, how far they came, thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from linkage.diagnostics.group_counts import FALSE, MASKED, MISSED
from linkage.report.curves import SweepPoint, reliability_places, sweep_chart
from linkage.report.error_facts import error_tables, not_enough, sweep_points, tipping_points
from linkage.report.figures import error_figures, impacts
from linkage.report.funnel_facts import LOST, REACHED, funnels, segments
from linkage.report.served_facts import served_worst
from linkage.report.validation_facts import reliability
from linkage.report.words import count, percent, variable
from linkage.sql import Connection

FEWEST_DRAWN = 10  # known pairs of a group below which it has no bar; it is in the table of all


def error_sections(con: Connection) -> dict[str, Any]:
    """Facts of the sections; one whose table the run lacks, or has no rows in, is empty and not shown."""
    tables, points, found, told = error_tables(con), sweep_points(con), funnels(con), reliability(con)
    bars = [
        (variable(name), [(item, segments(item)) for item in groups if item.start >= FEWEST_DRAWN])
        for name, groups in found.by_subgroup
    ]
    return {
        "error_tables": tables,
        "missed": error_figures(tables, MISSED),
        "falsely": error_figures(tables, FALSE),
        "errors_are_masked": any(table.basis == MASKED for table in tables),
        "impacts": impacts(tables),
        "unclear": not_enough(con),
        "served": served_worst(con),
        "tipping": tipping_points(con),
        "sweep": sweep_chart(points),
        "sweep_headers": ("Threshold", "Links", "Persons", "Precision", "Recall among the compared"),
        "sweep_lines": sweep_lines(points),
        "funnel": found,
        "funnel_bars": [(title, groups) for title, groups in bars if groups],
        "reached": REACHED,
        "lost": LOST,
        "reliability": told,
        "reliability_charts": ()
        if told is None
        else [(title, reliability_places(bins)) for title, bins in told.charts],
    }


def sweep_lines(points: Sequence[SweepPoint]) -> list[tuple[str, ...]]:
    """The table behind the curves, as texts."""
    return [
        (f"{point.threshold:g}{', this run' if point.is_run else ''}", _count(point.links), _count(point.persons),
         _share(point.precision), _share(point.recall))
        for point in points
    ]  # fmt: skip


def _count(number: int | None) -> str:
    return "" if number is None else count(number)


def _share(share: float | None) -> str:
    return "" if share is None else percent(share, 2)
