"""Linked against unlinked: how the records that were linked differ from those that were not.

Only where every record is expected in the other source, which a project declares ([[diagnostics.eligible]]).
Elsewhere the unlinked are children who have no partner, mixed with those who were missed, and a difference says
nothing of the linkage: there is a row that says so, and no numbers. That a source holds a child once (`unique`) tells
nothing of who is in it.

Standardised differences do not grow with the number of records: look at 0.1, act at 0.2 (signs aside).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from linkage.diagnostic_settings import EligibleSpec
from linkage.diagnostics.closure import GROUPS
from linkage.diagnostics.made_tables import NOT_ENOUGH, TOLD, keep_table, write_kept
from linkage.diagnostics.subgroups import subgroup_order_sql
from linkage.errors import Fault, ProjectError
from linkage.sql import Connection, literal, rows
from linkage.stats import (
    standardised_difference,
    standardised_difference_of_levels,
    variance_of_standardised_difference,
)
from linkage.strict import nearest
from linkage.tables import SOURCES

LINKED = "diagnostics__linked_vs_unlinked"
COLUMNS = {
    "source": "text", "other": "text", "variable": "text", "level": "text", "n_linked": "count", "n_unlinked": "count",
    "pct_linked": "number", "pct_unlinked": "number", "std_diff": "number", "var_std_diff": "number", "flag": "text",
    "eligibility_basis": "text", "status": "text",
}  # fmt: skip
ALL_LEVELS = "all levels"
LOOK, ACT = 0.1, 0.2
FEWEST = 30  # linked and unlinked, each, below which no difference is told
REFUSED = "refused: a record without a link may have no partner"
NOT_DECLARED = "not declared: nobody said that all records of the source are expected in the other"


def linked_vs_unlinked(con: Connection, subgroups: Sequence[str], eligible: Sequence[EligibleSpec]) -> None:
    """Make `diagnostics__linked_vs_unlinked`; ProjectError for an `only` that names no subgroup of the project.

    Per declared pair of sources, one row per variable over all its levels (the multinomial difference, never below 0)
    and one per level, `unknown` among them; percentages from 0 to 100. Per pair that is not declared one row.
    """
    refuse_unknown(subgroups, "eligible", [item.only for item in eligible])
    declared = {(item.source, item.other): item for item in eligible}
    cells: list[dict[str, object]] = []
    for source, other in _directions(con):
        if item := declared.get((source, other)):
            cells += _compared(con, subgroups, item)
        else:
            cells.append({"source": source, "other": other, "eligibility_basis": NOT_DECLARED, "status": REFUSED})
    keep_table(con, LINKED, COLUMNS, cells)


def refuse_unknown(subgroups: Sequence[str], setting: str, named: Sequence[dict[str, tuple[str, ...]]]) -> None:
    """ProjectError with every subgroup that a setting of [diagnostics] names and that the project does not have."""
    wrong = sorted({name for item in named for name in item if name not in subgroups})
    if wrong:
        raise ProjectError.from_faults(
            Fault(f"There is no subgroup called {name!r} here.", f"[diagnostics] {setting}",
                  f"one of [diagnostics] subgroups; nearest: {nearest(name, subgroups)}", "add it there, or correct it")
            for name in wrong
        )  # fmt: skip


def only_sql(subgroups: Sequence[str], only: dict[str, tuple[str, ...]], alias: str = "g") -> str:
    """SQL: is a record of `record_groups` in one of the values, of every subgroup that is named?"""
    parts = [
        f"{alias}.s{subgroups.index(name)} in ({', '.join(map(literal, values)) or 'null'})"
        for name, values in only.items()
    ]
    return " and ".join(parts) or "true"


def _directions(con: Connection) -> list[tuple[str, str]]:
    found = rows(con, f"select l.source, r.source from {SOURCES} l, {SOURCES} r where l.source_no <> r.source_no "
                      "order by l.source_no, r.source_no")  # fmt: skip
    return [(str(source), str(other)) for source, other in found]


def is_linked_sql(other: str, alias: str = "g") -> str:
    """SQL: has the person of a record of `record_groups` a record in the other source?"""
    return f"""{alias}.person_no in (
            select o.person_no from {GROUPS} o join {SOURCES} s on s.source_no = o.source_no
            where s.source = {literal(other)})"""


def _compared(con: Connection, subgroups: Sequence[str], item: EligibleSpec) -> list[dict[str, object]]:
    chosen = ", ".join(f"{name} {' or '.join(values)}" for name, values in item.only.items())
    basis = f"declared: {item.reason}" + (f" ({chosen})" if chosen else "")
    place: dict[str, object] = {"source": item.source, "other": item.other, "eligibility_basis": basis}
    cells: list[dict[str, object]] = []
    sizes: set[tuple[int, int]] = set()
    for number, variable in enumerate(subgroups):
        levels = [
            (str(level), int(str(linked)), int(str(unlinked)))
            for level, linked, unlinked in rows(
                con,
                f"""
                with judged as (
                  select {literal(variable)} as subgroup_var, g.s{number} as subgroup,
                    {is_linked_sql(item.other)} as is_linked
                  from {GROUPS} g join {SOURCES} s on s.source_no = g.source_no
                  where s.source = {literal(item.source)} and {only_sql(subgroups, item.only)})
                select subgroup, count(*) filter (is_linked), count(*) filter (not is_linked)
                from judged group by subgroup, subgroup_var order by {subgroup_order_sql()}, subgroup""",
            )
        ]
        linked, unlinked = sum(n for _, n, _ in levels), sum(n for _, _, n in levels)
        sizes.add((linked, unlinked))
        whole = standardised_difference_of_levels([n for _, n, _ in levels], [n for _, _, n in levels])
        cells.append(place | _cell(variable, ALL_LEVELS, (linked, linked), (unlinked, unlinked), whole))
        cells += [
            place | _cell(variable, level, (one, linked), (other, unlinked),
                          standardised_difference(one, linked, other, unlinked))
            for level, one, other in levels
        ]  # fmt: skip
    assert len(sizes) <= 1, "the levels of a variable do not add up to the records"
    return cells


def _cell(
    variable: str, level: str, linked: tuple[int, int], unlinked: tuple[int, int], difference: float | None
) -> dict[str, object]:
    cell: dict[str, object] = {"variable": variable, "level": level, "n_linked": linked[0], "n_unlinked": unlinked[0],
                               "status": NOT_ENOUGH}  # fmt: skip
    if difference is None or min(linked[1], unlinked[1]) < FEWEST:
        return cell
    cell |= {"pct_linked": 100 * linked[0] / linked[1], "pct_unlinked": 100 * unlinked[0] / unlinked[1],
             "std_diff": difference, "status": TOLD,
             "var_std_diff": variance_of_standardised_difference(difference, linked[1], unlinked[1])}  # fmt: skip
    return cell | {"flag": "act" if abs(difference) >= ACT else "look" if abs(difference) >= LOOK else "none"}


def write_linked_vs_unlinked(con: Connection, folder: Path) -> int:
    """Write `linked_vs_unlinked.csv` into the folder of diagnostics; returns its rows."""
    return write_kept(con, LINKED, COLUMNS, folder / "linked_vs_unlinked.csv")
