"""Structure of each join: how many records of either side a person has who is in both sources.

It decides what may be asked of a join: where one child has several records on a side, a count of links is no count of
children (Doidge and Harron, Int. J. Epidemiol. 2019, classify a linkage by it before its errors are quantified).
"""

from __future__ import annotations

from pathlib import Path

from linkage.diagnostics.match_rate import write_csv
from linkage.sql import Connection, Step, rows, run_steps, table_step
from linkage.tables import PERSONS, RECORDS, SOURCES

JOIN_STRUCTURE = "diagnostics__join_structure"
COLUMNS = (
    "source_l", "source_r", "persons", "one_to_one", "one_to_many", "many_to_one", "many_to_many", "most_l", "most_r",
    "structure",
)  # fmt: skip
ORDER = "source_no_l, source_no_r"


def join_structure(con: Connection) -> None:
    """Make `diagnostics__join_structure`, key source_no_l, source_no_r (any two sources), from the persons of a run.

    `persons` are in both, `one_to_many` of them with one record on the left and several on the right; `most_l` and
    `most_r` the most records of one person (NULL where nobody is in both). `structure` is what the join is as a whole:
    1-1, 1-many, many-1 or many-many, NULL of nobody. Asserts that the four add up to the persons.
    """
    run_steps(con, (join_structure_step(),))
    broken = f"""select 1 from {JOIN_STRUCTURE}
                 where one_to_one + one_to_many + many_to_one + many_to_many <> persons limit 1"""
    assert not rows(con, broken), "the structure of a join does not add up to its persons"


def join_structure_step() -> Step:
    """`diagnostics__join_structure`, from `persons` and `records`."""
    kinds = {"one_to_one": "l.n = 1 and r.n = 1", "one_to_many": "l.n = 1 and r.n > 1",
             "many_to_one": "l.n > 1 and r.n = 1", "many_to_many": "l.n > 1 and r.n > 1"}  # fmt: skip
    counts = ", ".join(f"count(*) filter ({condition}) as {name}" for name, condition in kinds.items())
    return table_step(
        JOIN_STRUCTURE,
        f"""
        with held as (
          select p.person_no, d.source_no, count(*) as n
          from {PERSONS} p join {RECORDS} d on d.record_id = p.record_id group by all),
        met as (
          select l.source_no as source_no_l, r.source_no as source_no_r, count(*) as persons, {counts},
            max(l.n) as most_l, max(r.n) as most_r
          from held l join held r on r.person_no = l.person_no and r.source_no > l.source_no
          group by all)
        select a.source_no as source_no_l, b.source_no as source_no_r, a.source as source_l, b.source as source_r,
          coalesce(m.persons, 0) as persons,
          {", ".join(f"coalesce(m.{name}, 0) as {name}" for name in kinds)}, m.most_l, m.most_r,
          case when m.most_l > 1 then 'many' else '1' end || '-' || case when m.most_r > 1 then 'many'
            when m.most_r = 1 then '1' end as structure
        from {SOURCES} a
        join {SOURCES} b on b.source_no > a.source_no
        left join met m on m.source_no_l = a.source_no and m.source_no_r = b.source_no
        order by {ORDER}""",
    )


def write_join_structure(con: Connection, folder: Path) -> int:
    """Write `join_structure.csv` into the folder of diagnostics; returns its rows."""
    return write_csv(con, JOIN_STRUCTURE, COLUMNS, ORDER, folder / "join_structure.csv")
