"""Operating points: what a threshold of its own would do for each group. Shown, and never applied.

A lower threshold for a group finds more of its children and joins more strangers to them; who pays is not for an
engine to say. Recall and false links are those that the confidences foretell, of what was weighed at all; with
confidences that are calibrated in every group one threshold is best for each pair, and unequal recall is unequal
evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from linkage.diagnostics.error_by_subgroup import histogram_sql
from linkage.diagnostics.made_tables import NOT_ENOUGH, TOLD, keep_table, write_kept
from linkage.sql import Connection, rows

POINTS = "diagnostics__operating_points"
COLUMNS = {
    "policy": "text", "subgroup_var": "text", "subgroup": "text", "threshold": "number", "recall": "number",
    "fdr": "number", "n_links": "count", "delta_true_links": "number", "delta_false_links": "number", "status": "text",
}  # fmt: skip
ONE, EQUAL_RECALL, EQUAL_FALSE = "one threshold", "equal recall", "equal share of false links"
FEWEST_TRUE = 200  # true pairs expected of a group, below which no threshold is told
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """Confidences of a group in falling order, with the links, true and false, that are taken down to each."""

    q: Floats
    links: Floats
    true: Floats

    @classmethod
    def of(cls, q: Floats, pairs: Floats) -> Curve:
        """The curve of a histogram of confidences."""
        order = np.argsort(-q)
        return cls(q[order], np.cumsum(pairs[order]), np.cumsum(pairs[order] * q[order]))

    @property
    def total(self) -> float:
        """True pairs expected."""
        return float(self.true[-1])

    def taken(self, threshold: float) -> int | None:
        """The place of the last confidence that the threshold takes; None where it takes none."""
        place = int(np.searchsorted(-self.q, -(threshold - 1e-9), side="right")) - 1
        return None if place < 0 else place


def operating_points(con: Connection, subgroups: Sequence[str], *, accept: float) -> None:
    """Make `diagnostics__operating_points`, one row per policy, subgroup variable and subgroup.

    `one threshold` is the run's, confidences to a thousandth; `equal recall` and `equal share of false links` bring
    each group to that of all children at the run's threshold. Differences are to the run's own, expected numbers.
    """
    cells: list[dict[str, object]] = []
    for number, variable in enumerate(subgroups):
        listed: dict[str, list[tuple[float, float]]] = {}
        for subgroup, q, pairs in rows(con, histogram_sql(number)):
            listed.setdefault(str(subgroup), []).append((float(str(q)), float(str(pairs))))
        curves = {name: Curve.of(*np.array(pairs).T) for name, pairs in listed.items()}
        whole = [pair for pairs in listed.values() for pair in pairs]
        if not whole:
            continue
        everybody = Curve.of(*np.array(whole).T)
        place = everybody.taken(accept)
        recall = 0.0 if place is None else float(everybody.true[place]) / everybody.total
        false = 0.0 if place is None else 1 - float(everybody.true[place] / everybody.links[place])
        for subgroup, curve in curves.items():
            cells += [
                {"policy": policy, "subgroup_var": variable, "subgroup": subgroup} | _point(curve, at, accept)
                for policy, at in (
                    (ONE, curve.taken(accept)),
                    (EQUAL_RECALL, _first(curve.true >= recall * curve.total - 1e-9)),
                    (EQUAL_FALSE, _last(1 - curve.true / curve.links <= false + 1e-12)),
                )
            ]
    cells.sort(key=lambda cell: (ONE, EQUAL_RECALL, EQUAL_FALSE).index(str(cell["policy"])))
    keep_table(con, POINTS, COLUMNS, cells)


def _first(found: npt.NDArray[np.bool_]) -> int | None:
    return int(np.argmax(found)) if found.any() else None


def _last(found: npt.NDArray[np.bool_]) -> int | None:
    return int(len(found) - 1 - np.argmax(found[::-1])) if found.any() else None


def _point(curve: Curve, place: int | None, accept: float) -> dict[str, object]:
    if curve.total < FEWEST_TRUE:
        return {"status": NOT_ENOUGH}
    if place is None:
        return {"n_links": 0, "recall": 0.0, "status": TOLD}
    now = curve.taken(accept)
    links, true = float(curve.links[place]), float(curve.true[place])
    before, true_before = (0.0, 0.0) if now is None else (float(curve.links[now]), float(curve.true[now]))
    return {
        "threshold": float(curve.q[place]), "recall": true / curve.total, "fdr": 1 - true / links,
        "n_links": int(links), "delta_true_links": true - true_before,
        "delta_false_links": (links - true) - (before - true_before), "status": TOLD,
    }  # fmt: skip


def write_operating_points(con: Connection, folder: Path) -> int:
    """Write `operating_points.csv` into the folder of diagnostics; returns its rows."""
    return write_kept(con, POINTS, COLUMNS, folder / "operating_points.csv")
