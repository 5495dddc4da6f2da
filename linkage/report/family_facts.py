"""What the report says of families: relations by kind, and units by rule."""

from __future__ import annotations

from dataclasses import dataclass

from linkage.sql import Connection, has_table, rows
from linkage.tables import FAMILIES, RELATIONSHIPS


@dataclass(frozen=True)
class RelationCount:
    """Relations of one kind and basis of confidence, the mean confidence, and how many of them may be false."""

    relation: str
    basis: str
    relations: int
    mean_confidence: float
    expected_false: float


@dataclass(frozen=True)
class UnitCount:
    """Units of one rule, the persons in them, those in several of them, and the size of the largest."""

    unit_rule: str
    units: int
    persons: int
    in_several: int
    largest: int


def relation_counts(con: Connection) -> tuple[RelationCount, ...]:
    """Relations by kind and basis; nothing where the run looked for no families."""
    if not has_table(con, RELATIONSHIPS):
        return ()
    found = rows(con, f"""
        select relation, confidence_basis, count(*), round(avg(confidence::decimal(9, 6)), 4),
          sum(1 - confidence::decimal(9, 6))
        from {RELATIONSHIPS} group by relation, confidence_basis order by relation, confidence_basis""")  # fmt: skip
    return tuple(
        RelationCount(str(relation), str(basis), int(str(n)), float(str(mean)), float(str(false)))
        for relation, basis, n, mean, false in found
    )


def unit_counts(con: Connection) -> tuple[UnitCount, ...]:
    """Units by rule; nothing where the run looked for no families."""
    if not has_table(con, FAMILIES):
        return ()
    found = rows(con, f"""
        with held as (
          select unit_rule, person_no, count(distinct unit_id) as k, max(unit_size) as size
          from {FAMILIES} group by all),
        made as (select unit_rule, count(distinct unit_id) as units from {FAMILIES} group by unit_rule)
        select m.unit_rule, m.units, count(*), count(*) filter (h.k > 1), max(h.size)
        from held h join made m on m.unit_rule = h.unit_rule group by m.unit_rule, m.units order by m.unit_rule""",
    )  # fmt: skip
    return tuple(UnitCount(str(rule), *(int(str(n)) for n in counts)) for rule, *counts in found)
