"""Disparity: are the children of one group missed, or wrongly joined, more often than those of another?

Each group against the reference of its variable: the one the project names before the run (`[diagnostics] reference`),
else the largest. Comparisons with a named reference are declared: one family a metric, Holm, intervals that hold
together (Šidák, `simultaneous`). All others are exploration: Benjamini-Hochberg, each interval by itself. Where a rate
twice as high would not have been seen, it says `not enough evidence`, never `no difference`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scipy.stats import wasserstein_distance

from linkage.diagnostics.closure import GROUPS, group_of_pair_sql
from linkage.diagnostics.group_counts import CONFIDENCES, MISSED, Counts, GroupCount
from linkage.diagnostics.made_tables import NOT_ENOUGH, TOLD, keep_table, write_kept
from linkage.diagnostics.subgroups import ALL
from linkage.diagnostics.threshold_sweep import FREE
from linkage.errors import Fault, ProjectError
from linkage.schema import ETHNICITY_GROUPS, UNKNOWN
from linkage.sql import Connection, rows
from linkage.stats import (
    LEVEL,
    WILSON,
    benjamini_hochberg,
    evidence,
    excess_missed,
    holm,
    minimum_detectable_ratio,
    newcombe,
    risk_ratio,
    sidak_level,
    wilson,
)
from linkage.strict import nearest

DISPARITY = "diagnostics__error_by_subgroup"
COLUMNS = {
    "metric": "text", "subgroup_var": "text", "subgroup": "text", "wrong": "count", "n": "count", "rate": "number",
    "lo": "number", "hi": "number", "method": "text", "reference": "text", "ratio": "number", "ratio_lo": "number",
    "ratio_hi": "number", "ratio_method": "text", "diff": "number", "diff_lo": "number", "diff_hi": "number",
    "excess": "number", "p": "number", "p_holm": "number", "q_bh": "number", "family_id": "text",
    "family_size": "count", "simultaneous": "flag", "mdr": "number", "w1": "number", "evidence": "text",
    "truth_source": "text", "pool_mode": "text", "unit": "text", "status": "text",
}  # fmt: skip
FEWEST = 10  # pairs of a group below which it has no rate
Q_LEVEL = 0.05


@dataclass(frozen=True)
class _Family:
    """Comparisons that are judged together."""

    name: str
    is_declared: bool
    size: int

    @property
    def level(self) -> float:
        """Confidence level of each interval."""
        return sidak_level(self.size) if self.is_declared and self.size else LEVEL


def error_by_subgroup(con: Connection, counts: Sequence[Counts], named: Mapping[str, str]) -> None:
    """Make `diagnostics__error_by_subgroup`, one row per metric (`missed`, `false`), subgroup variable and subgroup.

    `wrong` of `n` pairs; `excess` is n (rate - rate of reference): pairs that would not be wrong at its rate. `mdr` is
    the smallest ratio above 1 that would have been seen with a chance of 80%. `w1` is the Wasserstein distance of the
    confidences of the group's true pairs from the reference's: a gap that no single threshold shows. ProjectError where
    the project names a reference that there is not.
    """
    references = checked_references(counts, named)
    apart = _distances(con, counts[0], references)
    cells: list[dict[str, object]] = []
    for each in counts:
        cells += _of_metric(each, references, named, apart)
    keep_table(con, DISPARITY, COLUMNS, cells)


def checked_references(counts: Sequence[Counts], named: Mapping[str, str]) -> dict[str, str]:
    """The reference of every variable: named (a DfE ethnicity code stands for its group), or the largest known one."""
    groups: dict[str, dict[str, int]] = {}
    for group in counts[0].groups:
        groups.setdefault(group.variable, {})[group.subgroup] = group.n
    faults, found = [], {}
    for variable, name in named.items():
        label = ETHNICITY_GROUPS[name][1] if variable == "ethnicity" and name in ETHNICITY_GROUPS else name
        known = groups.get(variable)
        if variable == ALL or known is None:
            faults.append(Fault(f"There is no subgroup called {variable!r} here.", "[diagnostics] reference",
                                "one of [diagnostics] subgroups", "add it there, or correct it"))  # fmt: skip
        elif label not in known:
            faults.append(Fault(f"The reference of {variable!r} is no group of it.", "[diagnostics] reference",
                                f"nearest: {nearest(label, known)}", "name a group that there is"))  # fmt: skip
        else:
            found[variable] = label
    if faults:
        raise ProjectError.from_faults(faults)
    for variable, sizes in groups.items():
        known_groups = [name for name in sizes if name != UNKNOWN]
        if variable != ALL and known_groups:
            found.setdefault(variable, max(known_groups, key=lambda name: (sizes[name], name)))
    return found


def _of_metric(
    counts: Counts, references: Mapping[str, str], named: Mapping[str, str], apart: Mapping[tuple[str, str], float]
) -> list[dict[str, object]]:
    bases = {group.variable: group for group in counts.groups if references.get(group.variable) == group.subgroup}
    compared = [group for group in counts.groups if group.variable in bases and group is not bases[group.variable]]
    families = {
        is_declared: _Family(
            f"{'declared' if is_declared else 'exploration'}: {counts.metric}", is_declared,
            sum(_can_compare(group, bases[group.variable]) for group in compared
                if (group.variable in named) == is_declared),
        )
        for is_declared in (True, False)
    }  # fmt: skip
    cells = []
    for group in counts.groups:
        base = bases.get(group.variable)
        cell = _own(counts, group)
        if base is not None and group is not base:
            cell |= _against(group, base, families[group.variable in named])
            if counts.metric == MISSED:
                cell["w1"] = apart.get((group.variable, group.subgroup))
        elif base is not None:
            cell["reference"] = base.subgroup
        cells.append(cell)
    for family, adjust, column in ((families[True], holm, "p_holm"), (families[False], benjamini_hochberg, "q_bh")):
        own = [cell for cell in cells if cell.get("family_id") == family.name]
        for cell, p in zip(own, adjust([_number(cell.get("p")) for cell in own]), strict=True):
            cell[column] = p
            said = cell["evidence"]
            if column == "q_bh" and said in ("higher", "lower") and (p is None or p > Q_LEVEL):
                cell["evidence"] = NOT_ENOUGH  # seen by itself, and not among so many
    return cells


def _can_compare(group: GroupCount, base: GroupCount) -> bool:
    return group.n >= FEWEST and base.n >= FEWEST


def _own(counts: Counts, group: GroupCount) -> dict[str, object]:
    cell: dict[str, object] = {
        "metric": counts.metric, "subgroup_var": group.variable, "subgroup": group.subgroup, "wrong": group.x,
        "n": group.n, "method": WILSON, "truth_source": counts.basis, "pool_mode": counts.pool_mode,
        "unit": "pair after closure" if counts.basis == CONFIDENCES else "pair", "status": NOT_ENOUGH,
    }  # fmt: skip
    interval = wilson(group.x, group.n)
    if interval is None or group.n < FEWEST:
        return cell
    return cell | {"rate": interval.estimate, "lo": interval.lo, "hi": interval.hi, "status": TOLD}


def _against(group: GroupCount, base: GroupCount, family: _Family) -> dict[str, object]:
    cell: dict[str, object] = {"reference": base.subgroup, "evidence": NOT_ENOUGH}
    if not _can_compare(group, base):
        return cell
    ratio = risk_ratio(group.x, group.n, base.x, base.n, family.level)
    difference = newcombe(group.x, group.n, base.x, base.n, family.level)
    assert ratio is not None, "both groups have somebody"
    assert difference is not None, "both groups have somebody"
    rate = base.x / base.n
    detectable = minimum_detectable_ratio(group.n, base.n, rate, level=family.level)
    return cell | {
        "ratio": ratio.estimate, "ratio_lo": ratio.lo, "ratio_hi": ratio.hi, "ratio_method": ratio.method,
        "diff": difference.estimate, "diff_lo": difference.lo, "diff_hi": difference.hi,
        "excess": excess_missed(group.x, group.n, rate), "p": difference.p, "family_id": family.name,
        "family_size": family.size, "simultaneous": family.is_declared, "mdr": detectable,
        "evidence": evidence(ratio, detectable),
    }  # fmt: skip


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


def _distances(con: Connection, counts: Counts, references: Mapping[str, str]) -> dict[tuple[str, str], float]:
    """Wasserstein-1 distance of each group's confidences from the reference's, each pair weighed by its own confidence:
    what true pairs of the group look like."""
    variables = [variable for variable in dict.fromkeys(group.variable for group in counts.groups) if variable != ALL]
    found: dict[tuple[str, str], float] = {}
    for number, variable in enumerate(variables):
        histograms: dict[str, tuple[list[float], list[float]]] = {}
        for subgroup, q, weight in rows(con, histogram_sql(number)):
            values, weights = histograms.setdefault(str(subgroup), ([], []))
            values.append(float(str(q)))
            weights.append(float(str(weight)) * float(str(q)))
        base = histograms.get(references.get(variable, ""))
        for subgroup, (values, weights) in histograms.items():
            if base and subgroup != references[variable] and sum(weights) > 0 and sum(base[1]) > 0:
                found[variable, subgroup] = float(wasserstein_distance(values, base[0], weights, base[1]))
    return found


def histogram_sql(number: int) -> str:
    """SQL: subgroup, confidence to a thousandth, pairs: of the pairs that no guard holds, by the n-th variable."""
    return f"""
        select {group_of_pair_sql(number)} as subgroup, round(k.q, 3)::double as q, count(*) as pairs
        from {FREE} k
        join {GROUPS} l on l.record_id = k.record_id_l join {GROUPS} r on r.record_id = k.record_id_r
        where k.is_free and round(k.q, 3) > 0
        group by all order by all"""


def write_error_by_subgroup(con: Connection, folder: Path) -> int:
    """Write `error_by_subgroup.csv` into the folder of diagnostics; returns its rows."""
    return write_kept(con, DISPARITY, COLUMNS, folder / "error_by_subgroup.csv")
