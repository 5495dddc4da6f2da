"""Family units: views of relationships, each named by its rule, many to many and dated.

Table `family_members`: unit_id, unit_rule, person_no, role, confidence, valid_from, valid_to. A unit has two persons or
more. `birth_family`: children of one mother, and she where she is in the data (roles `child`, `mother`).
`sibling_group`: children who share a parent, one unit for a mother's and one for a father's (`sibling`).
`current_household`: who live together on the latest day known (`member`). `carers`: children with the same carers, and
the carers who are in the data (`child`, `carer`).
"""

from __future__ import annotations

import hashlib
from datetime import date

from linkage.families.births import FAMILY_OF, TIES, label_birth_families
from linkage.families.homes import HOMES, PLACEMENTS
from linkage.families.households import current_sql, label_cliques, members_sql
from linkage.families.labels import label_persons
from linkage.families.rules import UNITS, FamilyRules
from linkage.sql import Connection, Step, rows, run_steps, scratch_step, table_step
from linkage.tables import FAMILIES, RELATIONSHIPS

PARTS = "family_unit_parts"  # unit_rule, unit_no, person_no, role, confidence, valid_from, valid_to


def make_units(con: Connection, packs: FamilyRules, *, run_key: str) -> None:
    """Make `family_members` from `relationships`; `run_key` makes unit ids opaque, as it does those of persons."""
    today = latest_day(con)
    run_steps(con, (_empty_parts_step(),))
    _birth_families(con, packs)
    _sibling_groups(con, packs)
    _cliques(con, packs, "current_household", "lives_with", today)
    _carers(con, packs, today)
    run_steps(con, (families_step(run_key),))


def latest_day(con: Connection) -> date:
    """The last day on which a home or a placement of anybody is known to begin; the end of time where none is."""
    found = rows(con, f"""
        select max(valid_from) from (select valid_from from {HOMES} union all select valid_from from {PLACEMENTS})
        where valid_from < date '2100-01-01'""")[0][0]  # fmt: skip
    return found if isinstance(found, date) else date(9999, 12, 31)


def _empty_parts_step() -> Step:
    return scratch_step(PARTS, """
        select ''::varchar as unit_rule, 0::bigint as unit_no, 0::bigint as person_no, ''::varchar as role,
          1.0::double as confidence, null::date as valid_from, null::date as valid_to limit 0""")  # fmt: skip


def _fed_sql(packs: FamilyRules, unit: str, where: str) -> str:
    """Relations that make a unit and are sure enough to."""
    numbers = list(packs.feeding(unit))
    return f"""
        select * from {RELATIONSHIPS}
        where list_has_any(rule_nos, {numbers}::integer[]) and confidence >= {packs.limits.join_from} and {where}"""


_OF_SIBLINGS = "relation in ('twin', 'full_sibling', 'half_sibling', 'sibling')"


def _birth_families(con: Connection, packs: FamilyRules) -> None:
    """Children of one mother; a mother of the data joins the unit of her children, her own birth family is another."""
    tied = _fed_sql(packs, "birth_family", f"{_OF_SIBLINGS} and parent <> 'father'")
    run_steps(con, (scratch_step(TIES, f"select person_no_l, person_no_r, confidence from ({tied})"),))
    label_birth_families(con, most_siblings=packs.limits.most_siblings)
    mothers = _fed_sql(packs, "birth_family", "relation = 'mother_of'")
    run_steps(con, (
        scratch_step("family_mothers_of", f"""
            select distinct m.person_no_l as mother, m.person_no_r as child, m.confidence,
              coalesce(f.component, m.person_no_r) as unit_no
            from ({mothers}) m left join {FAMILY_OF} f on f.person_no = m.person_no_r"""),
        Step(PARTS, f"""
            insert into {PARTS}
            with tied as (
              select person_no_l as person_no, confidence from {TIES} union all
              select person_no_r, confidence from {TIES} union all select child, confidence from family_mothers_of),
            children as (
              select person_no, component as unit_no from {FAMILY_OF}
              union select child, unit_no from family_mothers_of)
            select 'birth_family', c.unit_no, c.person_no, 'child', max(t.confidence), null, null
            from children c join tied t on t.person_no = c.person_no group by all
            union all
            select 'birth_family', unit_no, mother, 'mother', max(confidence), null, null
            from family_mothers_of group by all"""),
    ))  # fmt: skip


def _sibling_groups(con: Connection, packs: FamilyRules) -> None:
    """A group for each parent; one of a father's that lies within one of a mother's says nothing more."""
    paternal = _fed_sql(packs, "sibling_group", f"{_OF_SIBLINGS} and parent in ('father', 'both')")
    run_steps(con, (scratch_step("family_father_ties", f"""
        select person_no_l, person_no_r, confidence from ({paternal})"""),))  # fmt: skip
    label_persons(con, "family_father_ties", "family_father_components")
    run_steps(con, (Step(PARTS, f"""
        insert into {PARTS}
        with spread as (
          select p.component, count(distinct coalesce(m.component, -1 - p.person_no)) as n
          from family_father_components p left join {FAMILY_OF} m on m.person_no = p.person_no group by p.component),
        sureness as (
          select person_no, max(confidence) as confidence
          from (select person_no_l as person_no, confidence from family_father_ties
                union all select person_no_r, confidence from family_father_ties) group by person_no)
        select 'sibling_group', unit_no, person_no, 'sibling', confidence, null, null from {PARTS}
        where unit_rule = 'birth_family' and role = 'child' and person_no in (select person_no from {FAMILY_OF})
        union all
        select 'sibling_group', -1 - p.component, p.person_no, 'sibling', s.confidence, null, null
        from family_father_components p
        join spread d on d.component = p.component and d.n > 1
        join sureness s on s.person_no = p.person_no"""),))  # fmt: skip


def _cliques(con: Connection, packs: FamilyRules, unit: str, relation: str, today: date) -> None:
    """Sets of persons of whom every two have the relation on the day."""
    fed = _fed_sql(packs, unit, f"relation = '{relation}' and {current_sql(today)}")
    ties, cliques = f"family_{unit}_ties", f"family_{unit}_cliques"
    run_steps(con, (scratch_step(ties, f"""
        select person_no_l, person_no_r, max(confidence) as confidence, max(valid_from) as valid_from,
          min(valid_to) as valid_to
        from ({fed}) group by all"""),))  # fmt: skip
    label_cliques(con, ties, cliques)
    role = "member" if unit == "current_household" else "child"
    offset = 0 if relation == "lives_with" else 1_000_000_000
    run_steps(con, (Step(PARTS, f"""
        insert into {PARTS}
        select '{unit}', clique_no + {offset}, person_no, '{role}', confidence, valid_from, valid_to
        from ({members_sql(cliques, ties)})"""),))  # fmt: skip


def _carers(con: Connection, packs: FamilyRules, today: date) -> None:
    """Children of one guardian, of one foster home, and of a carer who is in the data."""
    _cliques(con, packs, "carers", "lives_with", today)
    _cliques(con, packs, "carers", "placed_with", today)
    caring = _fed_sql(packs, "carers", f"relation = 'carer_of' and {current_sql(today)}")
    run_steps(con, (Step(PARTS, f"""
        insert into {PARTS}
        with caring as ({caring})
        select 'carers', -1 - person_no_l, person_no_r, 'child', max(confidence), max(valid_from), min(valid_to)
        from caring group by all
        union all
        select 'carers', -1 - person_no_l, person_no_l, 'carer', max(confidence), max(valid_from), min(valid_to)
        from caring group by all"""),))  # fmt: skip


def families_step(run_key: str) -> Step:
    """`family_members`: ids are a hash of the run's key, the unit rule and a running number.

    `unit_size` persons in the unit; `weight_split` is 1/k for a person in k units of the rule, so that persons add up
    to persons; `weight_each` is 1, so that every unit counts whole.
    """
    salt = hashlib.sha256(f"families {run_key}".encode()).hexdigest()
    order = " ".join(f"when '{unit}' then {at}" for at, unit in enumerate(UNITS))
    return table_step(FAMILIES, f"""
        with firsts as (
          select unit_rule, unit_no, min(person_no) as first, count(distinct person_no) as unit_size
          from {PARTS} group by all having count(distinct person_no) > 1),
        numbered as (
          select *, row_number() over (order by case unit_rule {order} end, first, unit_no) as running_no from firsts),
        shares as (
          select unit_rule, person_no, count(distinct unit_no) as k
          from {PARTS} semi join firsts using (unit_rule, unit_no) group by all)
        select 'f_' || left(md5($salt || n.unit_rule || n.running_no), 20) as unit_id, p.unit_rule, p.person_no, p.role,
          p.confidence, p.valid_from, p.valid_to, n.unit_size::integer as unit_size,
          round(1 / s.k, 6) as weight_split, 1.0::double as weight_each, n.running_no
        from {PARTS} p
        join numbered n on n.unit_rule = p.unit_rule and n.unit_no = p.unit_no
        join shares s on s.unit_rule = p.unit_rule and s.person_no = p.person_no
        order by n.running_no, p.person_no, p.role""", {"salt": salt})  # fmt: skip
