"""Family units as a run made them: their sizes by rule, children in several, what was refused and why.

`family_units.csv`: table, what, value, n. Key table, what, value.
"""

from __future__ import annotations

from pathlib import Path

from linkage.diagnostics.match_rate import write_csv
from linkage.sql import Connection, Step, run_steps, table_step
from linkage.tables import FAMILIES, PERSONS, REFUSED_RELATIONS, RELATIONSHIPS

FAMILY_UNITS = "diagnostics__family_units"
COLUMNS = ("table", "what", "value", "n")
LARGEST_SIZE = 10  # units of more persons are counted together


def family_units_step() -> Step:
    """`diagnostics__family_units`: counts, each of which adds up to the tables of the run.

    `relationships` by relation and basis; `unit_sizes` units by rule and size; `persons_in_units` persons by rule and
    number of units (0 among them); `roles` members by rule and role; `refused` places, facts, claims and ties by
    reason; `precision` pairs by rule and how their confidence is known.
    """
    return table_step(FAMILY_UNITS, f"""
        with units as (
          select unit_rule, unit_id, max(unit_size) as size from {FAMILIES} group by all),
        of_persons as (
          select unit_rule, person_no, count(distinct unit_id) as k from {FAMILIES} group by all),
        total as (select count(distinct person_no) as n from {PERSONS})
        select 'relationships' as "table", relation as what, confidence_basis as value, count(*) as n
        from {RELATIONSHIPS} group by all
        union all
        select 'unit_sizes', unit_rule, case when size > {LARGEST_SIZE} then '{LARGEST_SIZE + 1} or more'
          else size::varchar end, count(*) from units group by all
        union all
        select 'persons_in_units', unit_rule, k::varchar, count(*) from of_persons group by all
        union all
        select 'persons_in_units', unit_rule, '0', any_value(t.n) - count(*)
        from of_persons cross join total t group by unit_rule
        union all
        select 'roles', unit_rule, role, count(*) from {FAMILIES} group by all
        union all
        select 'refused', stage || ': ' || what, reason, sum(n) from {REFUSED_RELATIONS} group by all
        union all
        select 'precision', rule, basis, pairs from family_rule_precision where band = -1
        order by all""")  # fmt: skip


def write_family_units(con: Connection, folder: Path) -> int:
    """Make the table and write `family_units.csv` into the folder of diagnostics; returns its rows."""
    run_steps(con, (family_units_step(),))
    return write_csv(con, FAMILY_UNITS, COLUMNS, '"table", what, value', folder / "family_units.csv")
