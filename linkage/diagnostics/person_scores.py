"""Whole persons against the truth: exact, split, mixed, and twins or siblings taken for one child.

Reads `judged` and `true_persons` of `diagnostics.truth`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linkage.sql import Connection, rows
from linkage.stats import Interval, wilson

MEANING = {
    "exact": "children with several records, all of them in one person and nobody else's with them",
    "over_split": "children with several records, in more than one person",
    "over_merged": "persons of several records that mix children",
    "twin_merges": "persons with a twin's record that hold both twins",
    "sibling_merges": "persons with a sibling's record that hold two siblings, twins included",
}


@dataclass(frozen=True)
class PersonScore:
    """x of n persons (true ones or the run's, as `unit` says) of which `meaning` holds."""

    measure: str
    meaning: str
    unit: str
    x: int
    n: int

    @property
    def rate(self) -> Interval | None:
        """x / n with its Wilson interval; None where n is 0."""
        return wilson(self.x, self.n)


def person_scores(con: Connection, groups: Sequence[str]) -> tuple[PersonScore, ...]:
    """Whole persons right, split and mixed; twins and siblings taken for one child where the truth knows them."""
    found = [
        _score(con, "exact", "true person", EXACT_SQL),
        _score(con, "over_split", "true person", OVER_SPLIT_SQL),
        _score(con, "over_merged", "person", OVER_MERGED_SQL),
    ]
    merges = {"twin_group": "twin_merges", "sibling_group": "sibling_merges"}
    return (*found, *(_score(con, merges[group], "person", group_merges_sql(group)) for group in groups))


def _score(con: Connection, measure: str, unit: str, sql: str) -> PersonScore:
    x, n = rows(con, sql)[0]
    return PersonScore(measure, MEANING[measure], unit, int(str(x)), int(str(n)))


EXACT_SQL = """
    with of_child as (
      select true_person, count(*) as n, count(distinct person) as persons, min(person) as person
      from judged group by true_person having count(*) > 1),
    of_person as (select person, count(*) as n from judged group by person)
    select count(*) filter (c.persons = 1 and p.n = c.n), count(*)
    from of_child c join of_person p on p.person = c.person"""

OVER_SPLIT_SQL = """
    select count(*) filter (persons > 1), count(*)
    from (select count(distinct person) as persons from judged group by true_person having count(*) > 1)"""

OVER_MERGED_SQL = """
    select count(*) filter (children > 1), count(*)
    from (select count(distinct true_person) as children from judged group by person having count(*) > 1)"""


def group_merges_sql(group: str) -> str:
    """Persons that hold two children of one group (twins, siblings), among those that hold any child of such a group.

    Only groups with two children in the run can be taken for one.
    """
    return f"""
        with at_risk as (
          select {group} from true_persons where {group} is not null group by {group} having count(*) > 1),
        held as (
          select j.person, t.{group}, count(distinct j.true_person) as children
          from judged j
          join true_persons t on t.true_person = j.true_person
          join at_risk a on a.{group} = t.{group}
          group by j.person, t.{group})
        select count(distinct person) filter (children > 1), count(distinct person) from held"""
