"""Households: who live together on a day. A view of relationships, never a partition of children.

A household is a largest set of persons of whom every two live together (a maximal clique of `lives_with`). So a child
with two homes is in two households, and the children of the one do not become housemates of the other's.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import networkx as nx
import pyarrow as pa

from linkage.errors import UsageError
from linkage.families.labels import label_persons, numbers_of
from linkage.sql import Connection, connect, literal, run_steps, scratch_step

RELATIONSHIPS_FILE = "relationships.parquet"
MOST_IN_A_TANGLE = 60  # persons hanging together who do not all live together; more is no household and is left out


def household_at(run: Path, on: date) -> pa.Table:
    """The households of a finished run on a day: household_no, person_id, confidence, valid_from, valid_to.

    Reads relationships.parquet of the run's folder only. Relations without dates count on every day; a period ends
    before its `valid_to`. `confidence` is of the person's surest relation in it; persons who live with nobody known
    are not listed. Raises UsageError where the folder has no relationships.
    """
    path = run / RELATIONSHIPS_FILE
    if not path.is_file():
        raise UsageError(
            "The folder holds no relationships.", where=str(run), expected=RELATIONSHIPS_FILE,
            remedy='run the project with [families] rules = ["families"]',
        )  # fmt: skip
    con = connect()
    try:
        run_steps(con, (
            scratch_step("related", f"""
                select * from read_parquet({literal(str(path))})
                where relation = 'lives_with' and {current_sql(on)}"""),
            scratch_step("people", """
                select person_id, row_number() over (order by person_id) - 1 as person_no
                from (select person_id_l as person_id from related union select person_id_r from related)"""),
            scratch_step("ties", """
                select l.person_no as person_no_l, r.person_no as person_no_r, max(t.confidence) as confidence,
                  max(t.valid_from) as valid_from, min(t.valid_to) as valid_to
                from related t join people l on l.person_id = t.person_id_l join people r on r.person_id = t.person_id_r
                group by all"""),
        ))  # fmt: skip
        label_cliques(con, "ties", "cliques")
        return con.sql(f"""
            select c.clique_no + 1 as household_no, p.person_id, c.confidence, c.valid_from, c.valid_to
            from ({members_sql("cliques", "ties")}) c join people p on p.person_no = c.person_no
            order by household_no, person_id""").to_arrow_table()  # fmt: skip
    finally:
        con.close()


def current_sql(on: date) -> str:
    """SQL: a relation holds on the day."""
    day = f"date {literal(on.isoformat())}"
    at_one_day = f"(valid_from = valid_to and valid_to = {day})"
    return f"coalesce(valid_from <= {day}, true) and coalesce(valid_to > {day} or {at_one_day}, true)"


def label_cliques(con: Connection, ties: str, into: str) -> None:
    """Make `into` (clique_no, person_no): the maximal cliques of `ties`, numbered by their persons.

    Most components are cliques themselves and stay in DuckDB; the others go through networkx, one by one.
    """
    label_persons(con, ties, "clique_components")
    run_steps(con, (scratch_step("clique_tangles", f"""
        with sizes as (select component, count(*) as n from clique_components group by component),
        ties as (
          select c.component, count(distinct (t.person_no_l, t.person_no_r)) as m
          from {ties} t join clique_components c on c.person_no = t.person_no_l group by c.component)
        select s.component, s.n <= {MOST_IN_A_TANGLE} as is_tried
        from sizes s join ties t on t.component = s.component where t.m < s.n * (s.n - 1) / 2"""),))  # fmt: skip
    found = _tangled_cliques(con, ties)
    table = pa.table({
        "first": pa.array([clique[0] for clique in found for _ in clique], pa.int64()),
        "turn": pa.array([turn for turn, clique in enumerate(found) for _ in clique], pa.int64()),
        "person_no": pa.array([person for clique in found for person in clique], pa.int64()),
    })  # fmt: skip
    con.register("tangled_cliques", table)
    run_steps(con, (scratch_step(into, """
        with cliques as (
          select component as first, 0 as turn, person_no from clique_components c
          anti join clique_tangles t on t.component = c.component
          union all
          select first, turn + 1, person_no from tangled_cliques)
        select dense_rank() over (order by first, turn) - 1 as clique_no, person_no from cliques
        order by clique_no, person_no"""),))  # fmt: skip
    con.unregister("tangled_cliques")


def _tangled_cliques(con: Connection, ties: str) -> list[tuple[int, ...]]:
    """Cliques of the components that are none, in order."""
    found = numbers_of(con, f"""
        select distinct c.component, t.person_no_l, t.person_no_r
        from {ties} t join clique_components c on c.person_no = t.person_no_l
        join clique_tangles x on x.component = c.component and x.is_tried order by all""")  # fmt: skip
    graph: nx.Graph[int] = nx.Graph()
    graph.add_edges_from((left, right) for _, left, right in found)
    return sorted(tuple(sorted(clique)) for clique in nx.find_cliques(graph))


def members_sql(cliques: str, ties: str) -> str:
    """SQL: clique_no, person_no, confidence, valid_from, valid_to of each member, from its ties inside the clique."""
    return f"""
        select c.clique_no, c.person_no, max(t.confidence) as confidence, max(t.valid_from) as valid_from,
          min(t.valid_to) as valid_to
        from {cliques} c
        join {cliques} o on o.clique_no = c.clique_no and o.person_no <> c.person_no
        join {ties} t on t.person_no_l = least(c.person_no, o.person_no)
          and t.person_no_r = greatest(c.person_no, o.person_no)
        group by c.clique_no, c.person_no"""
