"""Expected errors: false and missed pairs that the confidences themselves foretell, by subgroup and pair of sources.

Of pairs after closure (`closure`). Σ (1-q) over the joined is the number expected false, Σ q over those apart the
number expected missed among what was looked at. The interval of the false is of a compound law
(`linkage.stats.false_count`): a person's pairs are false together, and what a rule or a model is worth is an
estimate, wrong for all its links at once. A person's pairs are taken to be of one subgroup. Intervals hold if
confidences are calibrated, which `confidence_basis` tells, and say nothing of pairs that no block found.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from linkage.diagnostics.closure import BASES, CELLS
from linkage.diagnostics.made_tables import NOT_ENOUGH, TOLD, keep_table, write_kept
from linkage.diagnostics.shared_doubts import CAUSES, CHECKED
from linkage.diagnostics.subgroups import ALL, subgroup_order_sql
from linkage.sql import Connection, rows
from linkage.stats import Cause, false_count
from linkage.tables import SOURCES

EXPECTED = "diagnostics__expected_errors"
METHOD = "compound Poisson by person, mixed over the precision of each rule"
FEWEST = 10  # pairs below which there are counts and no rates
COLUMNS = {
    "source_l": "text", "source_r": "text", "subgroup_var": "text", "subgroup": "text", "n_links": "count",
    "false_links": "count", "missed_pairs": "count", "exp_false": "number", "sd_false": "number", "false_lo": "count",
    "false_hi": "count", "fdr": "number", "fdr_lo": "number", "fdr_hi": "number",
    "exp_missed_in_candidates": "number", "sd_missed": "number", "mmr_candidates": "number",
    "confidence_basis": "text", "unit": "text", "method": "text", "status": "text",
}  # fmt: skip


def expected_errors(con: Connection) -> None:
    """Make `diagnostics__expected_errors` from `closure_cells`.

    One row per pair of sources (`all` first), subgroup variable (`all` first) and subgroup. `false_links` and
    `missed_pairs` are `exp_false` and `exp_missed_in_candidates` as whole numbers that add up to the total over the
    subgroups of a variable. `mmr_candidates` is missed / (missed + true and joined).
    """
    causes = _causes(con)
    keep_table(con, EXPECTED, COLUMNS, [_cell(row, causes) for row in rows(con, _sql())])


def _sql() -> str:
    false, missed = (whole_numbers_sql(f"o.{column}", "place order by subgroup_no, subgroup")
                     for column in ("false_links", "missed"))  # fmt: skip
    return f"""
        with summed as (
          select var_no, subgroup_var, subgroup, source_no_l, source_no_r,
            coalesce(sum(pairs) filter (is_joined), 0) as links,
            coalesce(sum(pairs - q) filter (is_joined), 0) as false_links,
            coalesce(sum(q) filter (is_joined), 0) as true_links,
            coalesce(sum(q) filter (not is_joined), 0) as missed,
            coalesce(sum(variance) filter (not is_joined), 0) as variance_missed,
            bit_or(strengths) as strengths
          from {CELLS}
          group by grouping sets (
            (var_no, subgroup_var, subgroup), (var_no, subgroup_var, subgroup, source_no_l, source_no_r))),
        ordered as (select *, {subgroup_order_sql()} as subgroup_no from summed)
        select coalesce(l.source, '{ALL}'), coalesce(r.source, '{ALL}'), o.subgroup_var, o.subgroup, o.links::bigint,
          {false}, {missed}, o.false_links, o.true_links, o.missed, o.variance_missed,
          o.strengths, {_KEY}
        from ordered o
        left join {SOURCES} l on l.source_no = o.source_no_l
        left join {SOURCES} r on r.source_no = o.source_no_r
        window place as (partition by source_no_l, source_no_r, subgroup_var)
        order by source_no_l nulls first, source_no_r nulls first, var_no, subgroup_no, subgroup"""


_KEY = "subgroup_var, subgroup, source_no_l, source_no_r"


def _causes(con: Connection) -> dict[tuple[object, ...], list[Cause]]:
    """Of every row of the table, by `_KEY`: the doubts about its joined pairs."""
    found = rows(
        con,
        f"""
        with doubted as (
          select subgroup_var, subgroup, null as source_no_l, null as source_no_r, cause, size,
            sum(pairs - q) as wrong
          from {CELLS} where is_joined group by all
          union all
          select subgroup_var, subgroup, source_no_l, source_no_r, cause, size_here, sum(pairs - q)
          from {CELLS} where is_joined group by all)
        select {_KEY}, cause, coalesce(c.shape, {CHECKED}), size, wrong::double
        from doubted left join {CAUSES} c using (cause)
        where wrong > 0 order by all""",
    )
    sizes: dict[tuple[object, ...], dict[tuple[object, float], dict[int, float]]] = {}
    for *key, cause, shape, size, false in found:
        of_cause = sizes.setdefault(tuple(key), {}).setdefault((cause, float(str(shape))), {})
        of_cause[int(str(size))] = float(str(false))
    return {key: [Cause(of_size, shape) for (_, shape), of_size in of_cell.items()] for key, of_cell in sizes.items()}


def whole_numbers_sql(column: str, window: str) -> str:
    """SQL: sums as whole numbers that add up, in the order of a window: the steps of the rounded running sum."""
    running = f"sum({column}) over ({window})"
    return f"(round({running}) - round({running} - {column}))::bigint"


def _cell(row: tuple[object, ...], causes: Mapping[tuple[object, ...], Sequence[Cause]]) -> dict[str, object]:
    left, right, variable, subgroup, *counts = row
    links, false_links, missed_pairs = (int(str(value)) for value in counts[:3])
    false, true, missed, variance_missed = (float(str(value)) for value in counts[3:7])
    law = false_count(links, causes.get(tuple(counts[8:]), ()))
    cell: dict[str, object] = {
        "source_l": left, "source_r": right, "subgroup_var": variable, "subgroup": subgroup, "n_links": links,
        "false_links": false_links, "missed_pairs": missed_pairs, "exp_false": false, "sd_false": law.sd,
        "false_lo": law.lo, "false_hi": law.hi,
        "exp_missed_in_candidates": missed, "sd_missed": math.sqrt(variance_missed),
        "confidence_basis": bases(int(str(counts[7]))), "unit": "pair after closure", "method": METHOD,
        "status": TOLD if links >= FEWEST else NOT_ENOUGH,
    }  # fmt: skip
    if links >= FEWEST:
        cell |= {"fdr": false / links, "fdr_lo": law.lo / links, "fdr_hi": law.hi / links}
    if missed + true >= FEWEST:
        cell["mmr_candidates"] = missed / (missed + true)
    return cell


def bases(strengths: int) -> str:
    """The words for a bit mask of places in `BASES`."""
    return ", ".join(basis for number, basis in enumerate(BASES) if strengths >> number & 1)


def write_expected_errors(con: Connection, folder: Path) -> int:
    """Write `expected_errors.csv` into the folder of diagnostics; returns its rows."""
    return write_kept(con, EXPECTED, COLUMNS, folder / "expected_errors.csv")
