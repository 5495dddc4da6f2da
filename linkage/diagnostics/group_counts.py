"""What groups are compared by: pairs that are one child and those of them that were missed; joined pairs, and false
ones.

Missed: where identifiers were hidden and the run made again (masked validation), counted; else as the confidences
foretell (`expected_errors`), in whole numbers that add up. An expected count is treated as a binomial one of its size,
whose variance is the larger: Σ q (1-q) is at most n p (1-p) for p = Σ q / n.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linkage.diagnostics.closure import CLOSURE, GROUPS, group_of_pair_sql
from linkage.diagnostics.expected_by_subgroup import EXPECTED, whole_numbers_sql
from linkage.diagnostics.subgroups import ALL, subgroup_order_sql
from linkage.sql import Connection, has_table, literal, rows
from linkage.validation.rerun import JOINED, KNOWN

MISSED, FALSE = "missed", "false"
MASKED, CONFIDENCES = "masked validation", "expected from confidences"


@dataclass(frozen=True)
class GroupCount:
    """x of n pairs of a subgroup are wrong in the way of `metric`: missed of those that are one child, or false of
    those that were joined."""

    metric: str
    variable: str
    subgroup: str
    x: int
    n: int


@dataclass(frozen=True)
class Counts:
    """The counts of all groups of one metric, the total (`all`) first, and what they rest on."""

    metric: str
    basis: str
    pool_mode: str
    groups: tuple[GroupCount, ...]

    def of(self, variable: str) -> tuple[GroupCount, ...]:
        """The subgroups of a variable, in order."""
        return tuple(group for group in self.groups if group.variable == variable)


def group_counts(con: Connection, subgroups: Sequence[str]) -> tuple[Counts, Counts]:
    """Missed and false, by every subgroup; asserts that each variable adds up to the total."""
    found = _masked(con, subgroups) or _expected(con)
    for counts in found:
        whole = counts.of(ALL)
        for variable in {group.variable for group in counts.groups}:
            own = counts.of(variable)
            assert sum(group.n for group in own) == sum(group.n for group in whole), "pairs of subgroups do not add up"
            assert sum(group.x for group in own) == sum(group.x for group in whole), "errors do not add up"
    return found


def pool_mode_of(con: Connection) -> str | None:
    """The pool mode of masked validation to be told by: the residual pool where it was run; None without results."""
    if not has_table(con, KNOWN):
        return None
    modes = [str(mode) for (mode,) in rows(con, f"select distinct pool_mode from {KNOWN} order by 1 desc")]
    return modes[0] if modes else None


def _masked(con: Connection, subgroups: Sequence[str]) -> tuple[Counts, Counts] | None:
    mode = pool_mode_of(con)
    if mode is None:
        return None
    tables = {
        MISSED: (KNOWN, "not k.recovered", "true"),
        FALSE: (JOINED, "not k.same", "k.same is not null"),
    }
    found = []
    for metric, (table, is_wrong, is_told) in tables.items():
        groups: list[GroupCount] = []
        for number, variable in enumerate((ALL, *subgroups), start=-1):
            group = literal(ALL) if variable == ALL else group_of_pair_sql(number)
            sql = f"""
                with judged as (
                  select {literal(variable)} as subgroup_var, {group} as subgroup, {is_wrong} as is_wrong
                  from {table} k
                  join {GROUPS} l on l.record_id = k.record_id_l join {GROUPS} r on r.record_id = k.record_id_r
                  where k.pool_mode = $mode and {is_told})
                select subgroup, count(*) filter (is_wrong), count(*) from judged group by subgroup, subgroup_var
                order by {subgroup_order_sql()}, subgroup"""
            groups += [
                GroupCount(metric, variable, str(subgroup), int(str(x)), int(str(n)))
                for subgroup, x, n in rows(con, sql, {"mode": mode})
            ]
        found.append(Counts(metric, MASKED, mode, tuple(groups)))
    return found[0], found[1]


def _expected(con: Connection) -> tuple[Counts, Counts]:
    cells = rows(
        con,
        f"""select subgroup_var, subgroup, n_links, false_links, missed_pairs from {EXPECTED}
            where source_l = {literal(ALL)} order by cell_no""",
    )
    missed, false = [], []
    for variable, subgroup, *counts in cells:
        links, wrong, apart = (int(str(value)) for value in counts)
        missed.append(GroupCount(MISSED, str(variable), str(subgroup), apart, links - wrong + apart))
        false.append(GroupCount(FALSE, str(variable), str(subgroup), wrong, links))
    return (Counts(MISSED, CONFIDENCES, "", tuple(missed)), Counts(FALSE, CONFIDENCES, "", tuple(false)))


def crossed_counts(
    con: Connection, subgroups: Sequence[str], crossed: Sequence[str]
) -> list[tuple[tuple[str, ...], int, int]]:
    """Per combination of the crossed variables: its values, missed pairs and pairs that are one child."""  # fmt: skip
    listed = ", ".join(f"{group_of_pair_sql(subgroups.index(name))} as c{n}" for n, name in enumerate(crossed))
    keys = ", ".join(f"c{n}" for n in range(len(crossed)))
    joins = f"join {GROUPS} l on l.record_id = k.record_id_l join {GROUPS} r on r.record_id = k.record_id_r"
    mode = pool_mode_of(con)
    if mode is None:
        sql = f"""
            with told as (select {listed}, k.is_joined, k.q from {CLOSURE} k {joins}),
            summed as (
              select {keys}, coalesce(sum(q) filter (not is_joined), 0) as x,
                coalesce(sum(q) filter (is_joined), 0) as y
              from told group by {keys})
            select {keys}, {whole_numbers_sql("x", f"order by {keys}")} as missed, missed + round(y)::bigint
            from summed order by {keys}"""
        found = rows(con, sql)
    else:
        sql = f"""
            with told as (select {listed}, k.recovered from {KNOWN} k {joins} where k.pool_mode = $mode)
            select {keys}, count(*) filter (not recovered), count(*) from told group by {keys} order by {keys}"""
        found = rows(con, sql, {"mode": mode})
    return [(tuple(map(str, row[: len(crossed)])), int(str(row[-2])), int(str(row[-1]))) for row in found]
