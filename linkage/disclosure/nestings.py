"""Subgroups that are sums of other subgroups, found in the records: an intruder knows which school is in which
authority.

They come of the data and not of code lists, so that a column a project maps itself is covered too.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from linkage.diagnostics.subgroups import checked_subgroups, subgroup_column_sql
from linkage.disclosure.cells import Nesting
from linkage.sql import Connection, Step, rows, run_steps, scratch_step
from linkage.tables import RECORDS

COMBINATIONS = "subgroup_combinations"


def find_nestings(con: Connection, subgroups: Sequence[str]) -> tuple[Nesting, ...]:
    """Every subgroup all of whose records are in subgroups of another variable that have no records elsewhere.

    Reads `records`. What holds for all records holds for those of each source.
    """
    names = checked_subgroups(con, subgroups)
    if len(names) < 2:
        return ()
    run_steps(con, (combinations_step(names),))
    return tuple(
        Nesting(names[parent], _as_written(group), names[child], tuple(map(_as_written, children)))
        for parent, child in permutations(range(len(names)), 2)
        for group, children in rows(con, nested_sql(f"s{parent}", f"s{child}"))
        if isinstance(children, list)
    )


def _as_written(group: object) -> str:
    """The subgroup as diagnostics write it: `write_csv` puts an apostrophe before what a spreadsheet would run."""
    text = str(group)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def combinations_step(names: Sequence[str]) -> Step:
    """`subgroup_combinations`: subgroups s0, s1 … that occur together."""
    listed = ", ".join(f"{subgroup_column_sql(name)} as s{number}" for number, name in enumerate(names))
    return scratch_step(COMBINATIONS, f"select distinct {listed} from {RECORDS} r")


def nested_sql(parent: str, child: str) -> str:
    """Parents whose children are all of one parent, with their children sorted."""
    return f"""
        with child as (select {child}, count(distinct {parent}) as parents from {COMBINATIONS} group by {child})
        select c.{parent}, list_sort(list(distinct c.{child}))
        from {COMBINATIONS} c join child using ({child})
        group by c.{parent} having max(parents) = 1
        order by c.{parent}"""
