"""Link rate: of the records of one source, how many have a partner in another, by subgroup.

Not recall: the unlinked include children who have no partner there to be found (a baby in no school census). It says
where to look, and `evaluation` with a truth, or masked validation without one, says what was missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from linkage.diagnostics.subgroups import ALL, checked_subgroups, subgroup_column_sql, subgroup_order_sql
from linkage.match.pool import source_bit_sql
from linkage.sql import Connection, Step, count, execute, ident, literal, rows, run_steps, table_step
from linkage.stats import RATE_DECIMALS, WILSON, wilson_sql
from linkage.tables import PERSONS, RECORDS, SOURCES

MATCH_RATE = "diagnostics__match_rate"
REACH = "diagnostics__reach"
COLUMNS = (
    "source_l", "source_r", "side", "subgroup_var", "subgroup", "linked", "records", "rate", "lo", "hi", "method",
)  # fmt: skip
ORDER = "source_no_l, source_no_r, side, var_no, subgroup_no, subgroup"


def match_rate(con: Connection, subgroups: Sequence[str]) -> None:
    """Make `diagnostics__match_rate`; ProjectError for a subgroup that there is not.

    One row per pair of sources, side (`l` or `r`: whose records are counted) and subgroup, the total (`all`) among
    them; within a source, where its own records are linked, side `l` alone. `linked` of `records` have a partner of
    the same person in the other source; `rate` 0 to 1 with its Wilson interval, NULL where there are no records.
    """
    names = checked_subgroups(con, subgroups)
    run_steps(con, (reach_step(names), match_rate_step(names)))
    _check_totals(con)


def reach_step(subgroups: Sequence[str]) -> Step:
    """`diagnostics__reach`: records of a source in a subgroup, by the sources their persons are found in.

    source_no, var_no, subgroup_var, subgroup, mask (bit per source with a record of the person), mask_twice (bit per
    source with two), records. Grouped before it meets the other sources: a few thousand rows for millions of records.
    """
    names = (ALL, *subgroups)
    labels = [literal(ALL), *(subgroup_column_sql(name) for name in subgroups)]
    listed = ", ".join(f"{label} as s{number}" for number, label in enumerate(labels))
    parts = "\n          union all ".join(
        f"select source_no, {number} as var_no, {literal(name)} as subgroup_var, s{number} as subgroup, "
        f"mask, mask_twice, count(*) as records from placed group by all"
        for number, name in enumerate(names)
    )
    return table_step(
        REACH,
        f"""
        with in_source as (
          select p.person_no, r.source_no, count(*) as n
          from {PERSONS} p join {RECORDS} r on r.record_id = p.record_id
          group by p.person_no, r.source_no),
        masks as ({masks_sql("in_source")}),
        placed as (
          select r.source_no, m.mask, m.mask_twice, {listed}
          from {RECORDS} r
          join {PERSONS} p on p.record_id = r.record_id
          join masks m on m.person_no = p.person_no)
        {parts}""",
    )


def masks_sql(in_source: str) -> str:
    """SQL: person_no, mask and mask_twice (as in `reach`) of a table of person_no, source_no and n records there."""
    return f"""
          select person_no, bit_or({source_bit_sql("source_no")}) as mask,
            bit_or(case when n > 1 then {source_bit_sql("source_no")} else 0::uhugeint end) as mask_twice
          from {in_source} group by person_no"""


def sides_sql() -> str:
    """SQL: each side of every pair of sources, its `own` number and that of the `other`; within a source one side."""
    return f"""
          select l.source_no as source_no_l, l.source as source_l, r.source_no as source_no_r, r.source as source_r,
            side, case side when 'l' then l.source_no else r.source_no end as own,
            case side when 'l' then r.source_no else l.source_no end as other
          from {SOURCES} l
          join {SOURCES} r on l.source_no < r.source_no or l.source_no = r.source_no and l.is_within
          cross join (values ('l'), ('r')) as s(side)
          where l.source_no < r.source_no or side = 'l'"""


def match_rate_step(subgroups: Sequence[str]) -> Step:
    """`diagnostics__match_rate` from `diagnostics__reach` and `sources`, in the order of sources and subgroups."""
    lo, hi = wilson_sql("linked", "records")
    order = " ".join(f"when {literal(name)} then {number}" for number, name in enumerate((ALL, *subgroups)))
    return table_step(
        MATCH_RATE,
        f"""
        with sides as ({sides_sql()}),
        counted as (
          select s.source_no_l, s.source_no_r, s.source_l, s.source_r, s.side, c.subgroup_var, c.subgroup,
            coalesce(sum(c.records) filter (
              ((case when s.own = s.other then c.mask_twice else c.mask end >> s.other::uhugeint) & 1::uhugeint) = 1),
              0)::bigint as linked,
            sum(c.records)::bigint as records
          from sides s join {REACH} c on c.source_no = s.own
          group by all)
        select source_no_l, source_no_r, source_l, source_r, side, subgroup_var,
          case subgroup_var {order} end as var_no, {subgroup_order_sql()} as subgroup_no, subgroup, linked, records,
          round(linked / records, {RATE_DECIMALS}) as rate, {lo} as lo, {hi} as hi, {literal(WILSON)} as method
        from counted
        order by {ORDER}""",
    )


def _check_totals(con: Connection) -> None:
    """Every subgroup variable adds up to its total, and every total to the records of its source."""
    broken = rows(
        con,
        f"""
        with sums as (
          select source_no_l, source_no_r, side, subgroup_var, sum(linked) as linked, sum(records) as records
          from {MATCH_RATE} group by all),
        sizes as (select source_no, count(*) as records from {RECORDS} group by source_no)
        select s.subgroup_var
        from sums s
        join sums t using (source_no_l, source_no_r, side)
        join sizes z on z.source_no = case s.side when 'l' then s.source_no_l else s.source_no_r end
        where t.subgroup_var = {literal(ALL)}
          and (s.linked <> t.linked or s.records <> t.records or s.records <> z.records)""",
    )
    assert not broken, "the subgroups of the link rate do not add up to the records of their source"


def write_match_rate(con: Connection, folder: Path) -> int:
    """Write `match_rate.csv` into the folder of diagnostics; returns its rows."""
    return write_csv(con, MATCH_RATE, COLUMNS, ORDER, folder / "match_rate.csv")


def _harmless_sql(column: str) -> str:
    """The text as it is, or behind an apostrophe where it begins as a formula does."""
    name = ident(column)
    runs = f"left({name}, 1) in ('=', '+', '-', '@', chr(9), chr(13))"
    return f"case when {runs} then chr(39) || {name} else {name} end as {name}"


def write_csv(con: Connection, table: str, columns: Sequence[str], order: str, path: Path) -> int:
    """Write columns of a diagnostic to a CSV file, moved to its name when complete; returns its rows.

    A text that a spreadsheet would run as a formula gets an apostrophe before it, which spreadsheets hide.
    """
    part = path.with_name(path.name + ".part")
    sql = "select column_name from duckdb_columns() where table_name = $table and data_type = 'VARCHAR'"
    texts = {str(name) for (name,) in rows(con, sql, {"table": table})}
    listed = ", ".join(_harmless_sql(column) if column in texts else ident(column) for column in columns)
    execute(
        con,
        f"copy (select {listed} from {ident(table)} order by {order}) to {literal(str(part))} (format csv, header)",
    )
    part.replace(path)
    return count(con, table)
