"""Whether confidences mean what they say: the model's pairs by confidence, against their hidden identifiers.

Of pairs the masked reruns weighed (`calibration_pairs` of `linkage.validation`): as the model has them (`modelled`) and
as the map learnt without their persons has them (`calibrated`), both under the prior that was true of these pairs: what
is looked at is evidence and map, not the prior of children of whom nothing is known. Pairs below one in a thousand are
not weighed. A pair of two numbers may be a child with a second one, which counts as false here.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from linkage.diagnostics.subgroups import ALL, checked_subgroups, subgroup_column_sql
from linkage.match.patterns import Floats
from linkage.schema import UNKNOWN
from linkage.sql import Connection, has_table, literal, rows
from linkage.stats import RATE_DECIMALS, calibration_summary, calibration_table
from linkage.tables import RECORDS
from linkage.validation.learning import FOLDS, LEARNT

BINS = (
    "subgroup_var", "subgroup", "confidence", "bin", "n", "mean_q", "obs", "lo", "hi", "method",
)  # fmt: skip
SUMMARY = (
    "subgroup_var", "subgroup", "confidence", "n", "matches", "brier", "rel", "res", "unc", "ece", "mce", "slope",
    "intercept", "method", "folds", "status",
)  # fmt: skip
FEWEST = 10  # pairs below which nothing is said of a subgroup
METHODS = {"modelled": "model", "calibrated": "platt, out of fold by person"}


def write_confidences(con: Connection, subgroups: Sequence[str], folder: Path) -> int:
    """Write `calibration_bins.csv` and `calibration_summary.csv`; returns the pairs they rest on."""
    bins: list[dict[str, object]] = []
    summaries: list[dict[str, object]] = []
    pairs = _pairs(con, checked_subgroups(con, subgroups)) if has_table(con, LEARNT) else {}
    for (variable, subgroup), (modelled, calibrated, same) in pairs.items():
        for kind, confidence in (("modelled", modelled), ("calibrated", calibrated)):
            if not np.isfinite(confidence).all():
                continue
            place = {"subgroup_var": variable, "subgroup": subgroup, "confidence": kind}
            summaries.append(place | _summary(confidence, same, kind))
            if len(same) >= FEWEST:
                bins += [place | row for row in _bins(confidence, same)]
    _write(folder / "calibration_bins.csv", BINS, bins)
    _write(folder / "calibration_summary.csv", SUMMARY, summaries)
    return len(pairs[ALL, ALL][2]) if (ALL, ALL) in pairs else 0


def overall(con: Connection) -> tuple[Floats, Floats, Floats]:
    """Modelled and calibrated confidence and label of all pairs; empty where there are none."""
    none = (np.zeros(0), np.zeros(0), np.zeros(0))
    return _pairs(con, ()).get((ALL, ALL), none) if has_table(con, LEARNT) else none


def _pairs(
    con: Connection, names: Sequence[str]
) -> dict[tuple[str, str], tuple[Floats, Floats, Floats]]:  # fmt: skip
    """Modelled and calibrated confidence and label of the pairs of each subgroup; a pair's is its left record's, or
    the right one's where that is unknown. Calibrated NaN where no map was learnt."""
    found: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    for name in (ALL, *names):
        sides = [literal(ALL) if name == ALL else subgroup_column_sql(name).replace("r.", f"{side}.") for side in "lr"]
        group = f"case when {sides[0]} = {literal(UNKNOWN)} then {sides[1]} else {sides[0]} end"
        for subgroup, *pair in rows(
            con,
            f"""
            select {group}, c.modelled, coalesce(c.calibrated, 'nan'::double), c.same::integer
            from {LEARNT} c
            join {RECORDS} l on l.record_id = c.record_id_l join {RECORDS} r on r.record_id = c.record_id_r
            order by 1, c.record_id_l, c.record_id_r""",
        ):
            modelled, calibrated, same = (float(str(value)) for value in pair)
            found.setdefault((name, str(subgroup)), []).append((modelled, calibrated, same))
    return {group: tuple(np.array(listed).T) for group, listed in found.items()}


def _bins(confidence: Floats, same: Floats) -> list[dict[str, object]]:
    return [
        {"bin": each.bin, "n": each.n, "mean_q": round(each.mean_confidence, RATE_DECIMALS),
         "obs": round(each.observed, RATE_DECIMALS), "lo": round(each.lo, RATE_DECIMALS),
         "hi": round(each.hi, RATE_DECIMALS), "method": "wilson"}
        for each in calibration_table(confidence, same)
    ]  # fmt: skip


def _summary(confidence: Floats, same: Floats, kind: str) -> dict[str, object]:
    row: dict[str, object] = {"n": len(same), "matches": int(same.sum()), "method": METHODS[kind],
                              "folds": FOLDS if kind == "calibrated" else 0}  # fmt: skip
    if len(same) < FEWEST:
        return row | {"status": "not enough evidence"}
    told = calibration_summary(confidence, same)
    assert told is not None, "there are pairs"
    numbers = {"brier": told.brier, "rel": told.reliability, "res": told.resolution, "unc": told.uncertainty,
               "ece": told.ece, "mce": told.mce, "slope": told.slope, "intercept": told.intercept}  # fmt: skip
    return row | {"status": "told"} | {
        name: "" if value is None else round(value, RATE_DECIMALS) for name, value in numbers.items()
    }  # fmt: skip


def _write(path: Path, names: Sequence[str], listed: Sequence[dict[str, object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(listed)
