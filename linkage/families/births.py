"""Birth families: children of one mother, from relations that say or imply that they share her.

Components of those relations, each checked as a whole: children whose mothers' ids differ in one scope, births that
no one mother can have had, and families too large to be one are parted at their least sure relations.
"""

from __future__ import annotations

from datetime import date

from linkage.families.claims import LEAST_DAYS_BETWEEN_BIRTHS, MOST_DAYS_BETWEEN_BIRTHS
from linkage.families.facts import PEOPLE
from linkage.families.kin import Tie, part
from linkage.families.labels import label_persons
from linkage.sql import Connection, Step, rows, run_steps, scratch_step
from linkage.tables import REFUSED_RELATIONS, RELATION_KEYS

TIES, FAMILY_OF = "family_birth_ties", "family_birth_components"


def label_birth_families(con: Connection, *, most_siblings: int) -> None:
    """Make `family_birth_components` (person_no, component) of `family_birth_ties` (person_no_l, _r, confidence)."""
    label_persons(con, TIES, FAMILY_OF)
    run_steps(con, broken_steps(most_siblings))
    cut = _cuts(con, most_siblings)
    if not cut:
        return
    listed = ", ".join(f"({tie.left}, {tie.right})" for tie in cut)
    kept = f"""
        select t.* from {TIES} t
        anti join (values {listed}) as c(l, r) on c.l = t.person_no_l and c.r = t.person_no_r"""
    counted = f"insert into {REFUSED_RELATIONS} select 'unit', 'birth_family', 'contradiction', {len(cut)}"
    run_steps(con, (scratch_step("family_kept_ties", kept), scratch_step(TIES, "select * from family_kept_ties"),
                    Step(REFUSED_RELATIONS, counted)))  # fmt: skip
    label_persons(con, TIES, FAMILY_OF)


def broken_steps(most_siblings: int) -> tuple[Step, ...]:
    """`family_mothers` (person_no, scope, value) and `family_broken_births` (component)."""
    return (
        scratch_step("family_mothers", f"""
            select distinct p.person_no, k.scope, hash(k.scope, k.value) as value
            from {RELATION_KEYS} k join persons p on p.record_id = k.record_id where k.kind = 'mother_id'"""),
        scratch_step("family_broken_births", f"""
            with members as (
              select f.component, f.person_no, p.birth from {FAMILY_OF} f join {PEOPLE} p on p.person_no = f.person_no),
            turns as (
              select component, date_diff('day', lag(birth) over (partition by component order by birth), birth) as gap,
                date_diff('day', min(birth) over (partition by component), birth) as age_gap
              from members where birth is not null)
            select component from turns where gap between 2 and {LEAST_DAYS_BETWEEN_BIRTHS - 1}
              or age_gap > {MOST_DAYS_BETWEEN_BIRTHS}
            union
            select component from members group by component having count(*) > {most_siblings}
            union
            select f.component from {FAMILY_OF} f join family_mothers m on m.person_no = f.person_no
            group by f.component, m.scope having count(distinct m.value) > 1"""),
    )  # fmt: skip


def _cuts(con: Connection, most_siblings: int) -> tuple[Tie, ...]:
    """Ties to cut, family by family. Only contradictions between two groups count: a child may have two ids itself."""
    births: dict[int, date] = {}
    for person, born in rows(con, f"""
            select p.person_no, p.birth from family_broken_births b join {FAMILY_OF} f on f.component = b.component
            join {PEOPLE} p on p.person_no = f.person_no where p.birth is not null"""):  # fmt: skip
        assert isinstance(born, date)
        births[int(str(person))] = born
    mothers: dict[int, dict[str, set[int]]] = {}
    for person, scope, value in rows(
        con,
        f"""
            select m.person_no, m.scope, m.value from family_broken_births b
            join {FAMILY_OF} f on f.component = b.component join family_mothers m on m.person_no = f.person_no""",
    ):
        mothers.setdefault(int(str(person)), {}).setdefault(str(scope), set()).add(int(str(value)))
    found = rows(con, f"""
        select t.person_no_l, t.person_no_r, t.confidence
        from {TIES} t join {FAMILY_OF} f on f.person_no = t.person_no_l
        join family_broken_births b on b.component = f.component order by 1, 2""")  # fmt: skip
    ties = [Tie(int(str(left)), int(str(right)), float(str(confidence))) for left, right, confidence in found]

    def clash(group: set[int], other: set[int]) -> bool:
        if len(group) + len(other) > most_siblings:
            return True
        days = [abs((births[a] - births[b]).days) for a in group if a in births for b in other if b in births]
        if any(2 <= gap < LEAST_DAYS_BETWEEN_BIRTHS or gap > MOST_DAYS_BETWEEN_BIRTHS for gap in days):
            return True
        ids, others = _ids(group, mothers), _ids(other, mothers)
        return any(not ids[scope] & others[scope] for scope in ids.keys() & others.keys())

    return part(ties, clash)


def _ids(group: set[int], mothers: dict[int, dict[str, set[int]]]) -> dict[str, set[int]]:
    """Mothers' ids of a group, by scope."""
    found: dict[str, set[int]] = {}
    for person in group:
        for scope, values in mothers.get(person, {}).items():
            found.setdefault(scope, set()).update(values)
    return found
