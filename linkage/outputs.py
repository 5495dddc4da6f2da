"""The tables a run writes (DESIGN section 6): Parquet, in a fixed order, moved to their names when complete."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from linkage.diagnostics.subgroups import subgroup_column_sql
from linkage.sql import Connection, execute, ident, literal
from linkage.tables import CONFLICTS, FAMILIES, LINKS, PERSONS, RECORDS, RELATIONSHIPS, ROWS

PARQUET = "(format parquet, compression zstd, row_group_size 122880)"


def write_tables(con: Connection, folder: Path, *, subgroups: Sequence[str]) -> dict[str, int]:
    """Write the tables of `tables.OUTPUTS`; returns the rows of each. Same run, same bytes."""
    selects = {
        "links": links_sql(),
        "persons": persons_sql(),
        "conflicts": conflicts_sql(),
        "relationships": relationships_sql(),
        "families": families_sql(),
        "rows": rows_sql(),
        "records": records_sql(subgroups),
    }
    return {name: write_parquet(con, select, folder / f"{name}.parquet") for name, select in selects.items()}


def write_parquet(con: Connection, select: str, path: Path) -> int:
    """Write the rows of an ordered select beside the final name, then move the file there; returns how many."""
    part = path.with_name(path.name + ".part")
    written = execute(con, f"copy ({select}) to {literal(str(part))} {PARQUET}").fetchall()
    part.replace(path)
    return int(written[0][0])


def links_sql() -> str:
    """Links and pairs for review, named by source and key, left before right."""
    return f"""
        select l.source as source_l, l.key as key_l, r.source as source_r, r.key as key_r, k.stage, k.rule,
          k.match_weight, k.confidence, k.confidence_basis, k.decision, k.rivals, k.flags
        from {LINKS} k
        join {RECORDS} l on l.record_id = k.record_id_l
        join {RECORDS} r on r.record_id = k.record_id_r
        order by k.record_id_l, k.record_id_r"""


def persons_sql() -> str:
    """Every record with its person."""
    return f"""
        select r.source, r.key, p.person_id, p.person_size, p.confidence, p.flags, p.person_confidence
        from {PERSONS} p join {RECORDS} r on r.record_id = p.record_id
        order by p.record_id"""


def conflicts_sql() -> str:
    """Every contradiction met: codes, never values. Of a cut for a never-link pair each side is told by itself."""
    return f"""
        select c.kind, l.source as source_l, l.key as key_l, r.source as source_r, r.key as key_r, c.detail, c.action
        from {CONFLICTS} c
        join {RECORDS} l on l.record_id = c.record_id_l
        left join {RECORDS} r on r.record_id = c.record_id_r
        order by c.kind, c.record_id_l, c.record_id_r, c.detail, c.action"""


def relationships_sql() -> str:
    """Relations of persons; left is the mother, parent or carer, and of the others the smaller person_id."""
    return f"""
        with ids as (select distinct person_no, person_id from {PERSONS})
        select case when swapped then r.person_id else l.person_id end as person_id_l,
          case when swapped then l.person_id else r.person_id end as person_id_r,
          k.relation, k.evidence, k.confidence, k.valid_from, k.valid_to, k.confidence_basis
        from {RELATIONSHIPS} k
        join ids l on l.person_no = k.person_no_l
        join ids r on r.person_no = k.person_no_r
        cross join lateral (
          select k.relation not in ('mother_of', 'parent_of', 'carer_of') and l.person_id > r.person_id as swapped)
        order by person_id_l, person_id_r, k.relation, k.valid_from nulls first, k.valid_to nulls last"""


def families_sql() -> str:
    """Persons in units, many to many."""
    return f"""
        select f.unit_id, f.unit_rule, p.person_id, f.role, f.confidence, f.valid_from, f.valid_to, f.unit_size,
          f.weight_split, f.weight_each
        from {FAMILIES} f join (select distinct person_no, person_id from {PERSONS}) p on p.person_no = f.person_no
        order by f.unit_rule, f.unit_id, p.person_id, f.role"""


def rows_sql() -> str:
    """Every source row that belongs to a child, with its person: what an analyst joins back to the data."""
    return f"""
        select r.source, w.file, w.row, r.key, p.person_id
        from {ROWS} w
        join {RECORDS} r on r.record_id = w.record_id
        join {PERSONS} p on p.record_id = w.record_id
        order by w.source_no, w.file, w.row"""


def records_sql(subgroups: Sequence[str]) -> str:
    """Every record with its number of rows and its subgroups; no names, dates of birth or postcodes."""
    listed = "".join(f", {subgroup_column_sql(name)} as {ident(name)}" for name in subgroups)
    return f"""
        select r.source, r.key, r.row_count as rows{listed}
        from {RECORDS} r
        order by r.record_id"""
