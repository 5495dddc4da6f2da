"""What linkage error may do to an answer: spurious disparities, and the statistics that a project names.

`disparity_impact`: the ratio between two groups that a statistic would show if nothing but their chance to be linked
differed (for what is seen only through a link, false links negligible).

`tipping_point`: for each statistic of `[[diagnostics.statistics]]`, what the unlinked would have to be like for its
decision to turn, and Manski's bounds whatever they are like. Needs no assumption, and so stands first.

`adjusted_statistics`: the same share among the linked, as it is, and with linked records weighted to stand for
unlinked ones of the same subgroups (inverse probability of being linked). Right only if being linked depends on
nothing but these.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from linkage.diagnostic_settings import StatisticSpec
from linkage.diagnostics.closure import GROUPS
from linkage.diagnostics.group_counts import Counts
from linkage.diagnostics.linked_vs_unlinked import is_linked_sql, only_sql, refuse_unknown
from linkage.diagnostics.made_tables import NOT_ENOUGH, TOLD, keep_table, write_kept
from linkage.diagnostics.subgroups import ALL, subgroup_order_sql
from linkage.sql import Connection, literal, rows, run_steps, scratch_step
from linkage.stats import linkage_weights, spurious_disparity, tipping_point, wilson
from linkage.tables import SOURCES

IMPACT, TIPPING = "diagnostics__disparity_impact", "diagnostics__tipping_point"
ADJUSTED = "diagnostics__adjusted_statistics"
IMPACT_COLUMNS = {
    "subgroup_var": "text", "subgroup": "text", "reference": "text", "recall": "number",
    "recall_of_reference": "number",
    "ratio_if_nothing_differs": "number", "truth_source": "text", "assumption": "text", "status": "text",
}  # fmt: skip
TIPPING_COLUMNS = {
    "estimand": "text", "subgroup_var": "text", "subgroup": "text", "records": "count", "linked": "count",
    "counted": "count", "linked_share": "number", "p_linked": "number", "decision_value": "number",
    "p_unlinked_needed": "number", "ratio_needed": "number", "or_needed": "number", "can_tip": "flag",
    "manski_lo": "number", "manski_hi": "number", "status": "text",
}  # fmt: skip
ADJUSTED_COLUMNS = {
    "estimand": "text", "method": "text", "naive": "number", "lo": "number", "hi": "number", "adjusted": "number",
    "n_linked": "count", "n_eff": "number", "trimmed": "count", "overlap_linked_lo": "number",
    "overlap_unlinked_lo": "number", "assumption": "text", "status": "text",
}  # fmt: skip
FEWEST = 10
FALSE_NEGLIGIBLE = "seen only through a link; false links negligible; recall as in error_by_subgroup"
GIVEN_SUBGROUPS = "being linked depends on nothing but the subgroups of the table; false links negligible"
SEEN = "statistic_records"


def disparity_impact(con: Connection, missed: Counts) -> None:
    """Make `diagnostics__disparity_impact`, one row per subgroup variable, group and reference group."""
    cells: list[dict[str, object]] = []
    for variable in dict.fromkeys(group.variable for group in missed.groups if group.variable != ALL):
        told = {group.subgroup: 1 - group.x / group.n for group in missed.of(variable) if group.n >= FEWEST}
        matrix = spurious_disparity(told)
        few = {group.subgroup for group in missed.of(variable)} - set(told)
        for group, ratios in matrix.items():
            cells += [
                {"subgroup_var": variable, "subgroup": group, "reference": other, "recall": told[group],
                 "recall_of_reference": told[other], "ratio_if_nothing_differs": ratio, "truth_source": missed.basis,
                 "assumption": FALSE_NEGLIGIBLE, "status": TOLD}
                for other, ratio in ratios.items() if other != group
            ]  # fmt: skip
        cells += [{"subgroup_var": variable, "subgroup": group, "truth_source": missed.basis, "status": NOT_ENOUGH}
                  for group in sorted(few)]  # fmt: skip
    keep_table(con, IMPACT, IMPACT_COLUMNS, cells)


def named_statistics(con: Connection, subgroups: Sequence[str], named: Sequence[StatisticSpec]) -> None:
    """Make `diagnostics__tipping_point` and `diagnostics__adjusted_statistics` of the statistics that a project names.

    Of the `records` of a source, `linked` have a record in the other; `counted` of these have one of the named values
    there, or, without `where`, are there at all: then everybody linked counts, and the tipping point asks how many of
    the unlinked would have to be there after all. ProjectError for a `where` that names no subgroup of the project.
    """
    refuse_unknown(subgroups, "statistics", [item.where for item in named])
    tipping: list[dict[str, object]] = []
    adjusted: list[dict[str, object]] = []
    for item in named:
        run_steps(con, (scratch_step(SEEN, _records_sql(subgroups, item)),))
        tipping += _tipping(con, subgroups, item)
        if item.where:
            adjusted.append(_adjusted(con, subgroups, item))
    keep_table(con, TIPPING, TIPPING_COLUMNS, tipping)
    keep_table(con, ADJUSTED, ADJUSTED_COLUMNS, adjusted)


def _records_sql(subgroups: Sequence[str], item: StatisticSpec) -> str:
    groups = "".join(f", g.s{number}" for number in range(len(subgroups)))
    return f"""
        select g.record_id{groups}, {is_linked_sql(item.seen_in)} as is_linked,
          g.person_no in (
            select h.person_no from {GROUPS} h join {SOURCES} o on o.source_no = h.source_no
            where o.source = {literal(item.seen_in)} and {only_sql(subgroups, item.where, "h")}) as counts
        from {GROUPS} g join {SOURCES} s on s.source_no = g.source_no
        where s.source = {literal(item.of)}"""


def _tipping(con: Connection, subgroups: Sequence[str], item: StatisticSpec) -> list[dict[str, object]]:
    cells: list[dict[str, object]] = []
    for number, variable in enumerate((ALL, *subgroups), start=-1):
        group = literal(ALL) if variable == ALL else f"s{number}"
        found = rows(
            con,
            f"""
            with named as (select *, {literal(variable)} as subgroup_var, {group} as subgroup from {SEEN})
            select subgroup, count(*), count(*) filter (is_linked), count(*) filter (counts)
            from named group by subgroup, subgroup_var order by {subgroup_order_sql()}, subgroup""",
        )
        sizes = [sum(int(str(row[place])) for row in found) for place in (1, 2, 3)]
        whole = next((cell for cell in cells if cell["subgroup_var"] == ALL), None)
        assert whole is None or sizes == [whole["records"], whole["linked"], whole["counted"]], "groups do not add up"
        cells += [_tip(item, variable, str(name), *(int(str(n)) for n in counts)) for name, *counts in found]
    return cells


def _tip(
    item: StatisticSpec, variable: str, subgroup: str, records: int, linked: int, counted: int
) -> dict[str, object]:
    cell: dict[str, object] = {
        "estimand": item.name, "subgroup_var": variable, "subgroup": subgroup, "records": records, "linked": linked,
        "counted": counted, "status": NOT_ENOUGH,
    }  # fmt: skip
    if records < FEWEST or not linked:
        return cell
    decision = counted / records if item.decision is None else item.decision
    told = tipping_point(linked / records, counted / linked, decision)
    cell |= {"linked_share": told.linked_share, "p_linked": told.p_linked, "manski_lo": told.manski_lo,
             "manski_hi": told.manski_hi, "status": TOLD}  # fmt: skip
    if item.decision is None:
        return cell
    return cell | {"decision_value": told.decision_value, "p_unlinked_needed": told.p_unlinked_needed,
                   "ratio_needed": told.ratio_needed, "or_needed": told.or_needed, "can_tip": told.can_tip}  # fmt: skip


def _adjusted(con: Connection, subgroups: Sequence[str], item: StatisticSpec) -> dict[str, object]:
    """Weights by the combinations of subgroups that occur, so that no record comes to Python."""
    groups = ", ".join(f"s{number}" for number in range(len(subgroups)))
    found = rows(
        con,
        f"""select {groups}, is_linked, count(*), count(*) filter (counts)
            from {SEEN} group by all order by all""",
    )
    linked = sum(int(str(row[-2])) for row in found if row[-3])
    unlinked = sum(int(str(row[-2])) for row in found if not row[-3])
    counted = sum(int(str(row[-1])) for row in found if row[-3])
    interval = wilson(counted, linked)
    cell: dict[str, object] = {"estimand": item.name, "method": "inverse probability of being linked",
                               "n_linked": linked, "assumption": GIVEN_SUBGROUPS, "status": NOT_ENOUGH}  # fmt: skip
    if interval is None or min(linked, unlinked) < FEWEST:
        return cell
    cell |= {"naive": interval.estimate, "lo": interval.lo, "hi": interval.hi}
    frame = pd.DataFrame([row[:-3] for row in found], columns=list(subgroups))
    times = [int(str(row[-2])) for row in found]
    told = linkage_weights(frame, [bool(row[-3]) for row in found], times=times)
    sums = [(weight * n, weight * int(str(row[-1])))
            for weight, n, row in zip(told.weights, times, found, strict=True) if weight is not None]  # fmt: skip
    return cell | {
        "adjusted": sum(top for _, top in sums) / sum(bottom for bottom, _ in sums), "n_eff": told.n_eff,
        "trimmed": told.trimmed, "overlap_linked_lo": told.overlap_linked[0],
        "overlap_unlinked_lo": told.overlap_unlinked[0], "status": TOLD,
    }  # fmt: skip


def write_impact(con: Connection, folder: Path) -> dict[str, int]:
    """Write `disparity_impact.csv`, `tipping_point.csv` and `adjusted_statistics.csv`; returns the rows of each."""
    return {
        "disparity_impact_rows": write_kept(con, IMPACT, IMPACT_COLUMNS, folder / "disparity_impact.csv"),
        "tipping_point_rows": write_kept(con, TIPPING, TIPPING_COLUMNS, folder / "tipping_point.csv"),
        "adjusted_statistics_rows": write_kept(con, ADJUSTED, ADJUSTED_COLUMNS, folder / "adjusted_statistics.csv"),
    }
