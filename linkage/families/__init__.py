"""Relationships between persons, and the family units that follow from them.

Relationships come first: typed, dated, with the rules that claim them and a confidence. A unit is a view of them that
is named by its rule; a child is in as many as there are. A household is not a family, and a placement is neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from linkage.families.claims import make_claims
from linkage.families.facts import make_facts
from linkage.families.hints import HINTS, make_hints
from linkage.families.homes import REFUSED_PLACES
from linkage.families.households import household_at
from linkage.families.precision import PRECISION, estimate_precision
from linkage.families.relations import make_relationships
from linkage.families.rules import FamilyRules, load_family_rules
from linkage.families.units import make_units
from linkage.sql import Connection, Step, count, rows, run_steps, table_step
from linkage.tables import FAMILIES, REFUSED_RELATIONS, RELATIONSHIPS

__all__ = ["FamilyCount", "FamilyRules", "household_at", "load_family_rules", "make_families"]


@dataclass(frozen=True)
class FamilyCount:
    """Relationships by relation, units by rule, and pairs of persons who, by their families, may be one child."""

    relationships: Mapping[str, int]
    units: Mapping[str, int]
    perhaps_same_child: int


def make_families(con: Connection, packs: FamilyRules, *, run_key: str, years: Mapping[int, int]) -> FamilyCount:
    """Make `relationships`, `family_members`, `refused_relations` and `family_hints` from persons and their records.

    `years` is the calendar year of a source's undated addresses, by its number. Without rules all tables are empty.
    """
    run_steps(con, (_refused_step(), *empty_steps()))
    if packs.rules:
        _make(con, packs, run_key, years)
    return FamilyCount(
        _counts(con, f"select relation, count(*) from {RELATIONSHIPS} group by relation order by relation"),
        _counts(con, f"select unit_rule, count(distinct unit_id) from {FAMILIES} group by all order by unit_rule"),
        count(con, HINTS),
    )


def _make(con: Connection, packs: FamilyRules, run_key: str, years: Mapping[int, int]) -> None:
    make_facts(con, packs.limits, years)
    run_steps(con, (_refused_places_step(),))
    make_claims(con, packs.rules)
    estimate_precision(con, packs.rules)
    make_relationships(con, packs)
    make_units(con, packs, run_key=run_key)
    make_hints(con, packs)


def empty_steps() -> tuple[Step, ...]:
    """The tables of this stage without a row: what a run has that asks for no families."""
    columns = {
        RELATIONSHIPS: "person_no_l bigint, person_no_r bigint, relation varchar, evidence varchar, confidence double, "
                       "confidence_basis varchar, valid_from date, valid_to date, parent varchar, rule_nos integer[]",
        FAMILIES: "unit_id varchar, unit_rule varchar, person_no bigint, role varchar, confidence double, "
                  "valid_from date, valid_to date, unit_size integer, weight_split double, weight_each double, "
                  "running_no bigint",
        HINTS: "person_no_l bigint, person_no_r bigint, evidence varchar, rules bigint",
        PRECISION: "rule_no integer, rule varchar, band integer, pairs bigint, compared bigint, agreed bigint, "
                   "impossible bigint, precision double, basis varchar",
    }  # fmt: skip
    return tuple(Step(table, f"create or replace table {table} ({listed})") for table, listed in columns.items())


def _refused_step() -> Step:
    empty = "select ''::varchar as stage, ''::varchar as what, ''::varchar as reason, 0::bigint as n limit 0"
    return table_step(REFUSED_RELATIONS, empty)


def _refused_places_step() -> Step:
    return Step(REFUSED_RELATIONS, f"""
        insert into {REFUSED_RELATIONS}
        select 'place', 'home', reason, count(*) from {REFUSED_PLACES} group by reason""")  # fmt: skip


def _counts(con: Connection, sql: str) -> dict[str, int]:
    return {str(name): int(str(n)) for name, n in rows(con, sql)}
