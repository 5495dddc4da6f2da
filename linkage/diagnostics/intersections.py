"""Missed pairs where groups meet (ethnicity by sex): raw rates beside rates shrunk to what main effects foretell.

The raw rate of a small cell is noise; the shrunk one borrows from the cells beside it, and leaves a true gap of a
minority standing, since it is drawn to what the variables by themselves say and not to the mean of all. A shrunk rate
is no disclosure control, and neither is published: the table stays in the secure setting.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from linkage.diagnostics.group_counts import CONFIDENCES, MASKED, crossed_counts, pool_mode_of
from linkage.diagnostics.made_tables import NOT_ENOUGH, TOLD, keep_table, write_kept
from linkage.sql import Connection
from linkage.stats import additive_rates, shrink

INTERSECTIONS = "diagnostics__intersections"
COLUMNS = {
    "variables": "text", "cell": "text", "n": "count", "missed": "count", "raw": "number", "shrunk": "number",
    "lo": "number", "hi": "number", "weight": "number", "prior_mean": "number", "prior_m": "number",
    "rank_prob": "number", "truth_source": "text", "status": "text",
}  # fmt: skip
FEWEST_CELLS = 8  # of fewer, how much cells differ cannot be told


def intersections(con: Connection, subgroups: Sequence[str], crossed: Sequence[str], *, seed: int) -> None:
    """Make `diagnostics__intersections`, one row per combination of the crossed variables that occurs.

    `missed` of `n` pairs that are one child. `weight` is the prior's share in the shrunk rate, `rank_prob` the chance
    that the cell is among the tenth of cells where most are missed.
    """
    basis = MASKED if pool_mode_of(con) else CONFIDENCES
    found = crossed_counts(con, subgroups, crossed) if crossed else []
    found = [(values, x, n) for values, x, n in found if n]
    cells: list[dict[str, object]] = [
        {"variables": " by ".join(crossed), "cell": ", ".join(values), "n": n, "missed": x, "raw": x / n,
         "truth_source": basis, "status": NOT_ENOUGH}
        for values, x, n in found
    ]  # fmt: skip
    if len(found) >= FEWEST_CELLS:
        missed, pairs = [x for _, x, _ in found], [n for *_, n in found]
        factors = {name: [values[number] for values, _, _ in found] for number, name in enumerate(crossed)}
        told = shrink(missed, pairs, additive_rates(missed, pairs, factors), seed=seed)
        for cell, one in zip(cells, told, strict=True):
            cell |= {"shrunk": one.shrunk, "lo": one.lo, "hi": one.hi, "weight": one.weight, "status": TOLD,
                     "prior_mean": one.prior_mean, "prior_m": one.prior_m, "rank_prob": one.rank_prob}  # fmt: skip
    keep_table(con, INTERSECTIONS, COLUMNS, cells)


def write_intersections(con: Connection, folder: Path) -> int:
    """Write `intersections.csv` into the folder of diagnostics; returns its rows."""
    return write_kept(con, INTERSECTIONS, COLUMNS, folder / "intersections.csv")
