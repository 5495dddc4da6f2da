"""Pairs found against pairs that are true, counted without making any pair.

Both partitions are counted cell by cell (how many records of a source have this true person and this person), so
that two million records cost seconds. What is scored are persons: links that follow from other links count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linkage.diagnostics.subgroups import ALL
from linkage.sql import Connection, Step, rows, run_steps, table_step
from linkage.stats import PairCounts

PER_PERSON = "pairs_per_true_person"
PLAIN_JOIN = "plain_join_pairs"


@dataclass(frozen=True)
class PairScore:
    """Pairs of records of two sources (`all`: of every pair of sources) in one subgroup."""

    source_l: str
    source_r: str
    subgroup_var: str
    subgroup: str
    counts: PairCounts


def count_pairs(con: Connection) -> None:
    """Make `pairs_per_true_person` from `judged` and `run_sources`."""
    run_steps(con, (cells_step(), per_person_step()))


def cells_step() -> Step:
    """`cells`: records of a source with this true person and this person."""
    return table_step(
        "cells",
        "select true_person, person, source_no, count(*) as n from judged group by true_person, person, source_no",
    )


def per_person_step() -> Step:
    """`pairs_per_true_person`: key source_no_l, source_no_r, true_person; `true`, `found` and `both` pairs.

    A true or missed pair counts under its person, a pair that was found under the person of its left record; so a
    false pair counts once, and `both` <= `true`, `both` <= `found` in every row. Within a source the left record is
    the one with the smaller key.
    """
    return table_step(
        PER_PERSON,
        f"""
        with true_cells as (
          select true_person, source_no, sum(n) as n from cells group by true_person, source_no),
        found_cells as (
          select person, source_no, sum(n) as n from cells group by person, source_no),
        parts as (
          select l.source_no as source_no_l, r.source_no as source_no_r, l.true_person,
            sum(l.n * r.n) as true_pairs, 0 as found_pairs, 0 as both_pairs
          from true_cells l join true_cells r on r.true_person = l.true_person and l.source_no < r.source_no
          group by all
          union all
          select l.source_no, r.source_no, l.true_person, 0, sum(l.n * r.n), 0
          from cells l join found_cells r on r.person = l.person and l.source_no < r.source_no
          group by all
          union all
          select l.source_no, r.source_no, l.true_person, 0, 0, sum(l.n * r.n)
          from cells l
          join cells r on r.person = l.person and r.true_person = l.true_person and l.source_no < r.source_no
          group by all
          union all
          {_within_sql()})
        select source_no_l, source_no_r, true_person, sum(true_pairs)::bigint as true_pairs,
          sum(found_pairs)::bigint as found_pairs, sum(both_pairs)::bigint as both_pairs
        from parts group by all""",
    )


def _within_sql() -> str:
    """The same three counts among the records of each source that is linked within itself."""
    return """
          select c.source_no, c.source_no, c.true_person, c.n * (c.n - 1) // 2, 0, 0
          from true_cells c join run_sources s on s.source_no = c.source_no and s.is_within where c.n > 1
          union all
          select j.source_no, j.source_no, j.true_person, 0,
            count(*) over (partition by j.source_no, j.person order by j.key
                           rows between 1 following and unbounded following), 0
          from judged j join run_sources s on s.source_no = j.source_no and s.is_within
          union all
          select c.source_no, c.source_no, c.true_person, 0, 0, c.n * (c.n - 1) // 2
          from cells c join run_sources s on s.source_no = c.source_no and s.is_within where c.n > 1"""


def scores(con: Connection, subgroups: Sequence[str]) -> tuple[PairScore, ...]:
    """Counts overall, by pair of sources, by subgroup, and by both, in the order of variables, sources and subgroups.

    Pairs of sources that share no true person and no person have no row.
    """
    variables = [(ALL, f"'{ALL}'"), *((name, f"t.s{number}") for number, name in enumerate(subgroups))]
    return tuple(
        score
        for name, column in variables
        for score in _named(con, name, f"""
        select c.source_no_l, c.source_no_r, {column} as subgroup, c.true_pairs, c.found_pairs, c.both_pairs
        from {PER_PERSON} c join true_persons t on t.true_person = c.true_person""")
    )  # fmt: skip


def plain_join_scores(con: Connection) -> tuple[PairScore, ...]:
    """What joining on equal valid UPNs alone would find, overall and by pair of sources: the figure to beat.

    Reads `record_upns` (source_no, key, value): the valid permanent UPNs of the records of the run.
    """
    run_steps(con, (plain_join_step(),))
    return _named(con, ALL, f"""
        select source_no_l, source_no_r, '{ALL}' as subgroup, true_pairs, 0 as found_pairs, 0 as both_pairs
        from {PER_PERSON}
        union all
        select source_no_l, source_no_r, '{ALL}', 0, 1, is_true::int from {PLAIN_JOIN}""")  # fmt: skip


def _named(con: Connection, variable: str, counts: str) -> tuple[PairScore, ...]:
    """The counts of a select of (source_no_l, source_no_r, subgroup, true_pairs, found_pairs, both_pairs), summed over
    all pairs of sources and for each."""
    found = rows(
        con,
        f"""
        with summed as (
          select source_no_l, source_no_r, subgroup, sum(both_pairs)::bigint as tp,
            sum(found_pairs - both_pairs)::bigint as fp, sum(true_pairs - both_pairs)::bigint as fn
          from ({counts})
          group by grouping sets ((subgroup), (source_no_l, source_no_r, subgroup)))
        select coalesce(l.source, '{ALL}'), coalesce(r.source, '{ALL}'), s.subgroup, s.tp, s.fp, s.fn
        from summed s
        left join run_sources l on l.source_no = s.source_no_l
        left join run_sources r on r.source_no = s.source_no_r
        order by s.source_no_l nulls first, s.source_no_r nulls first, s.subgroup""",
    )
    return tuple(
        PairScore(str(left), str(right), variable, str(group), PairCounts(int(str(tp)), int(str(fp)), int(str(fn))))
        for left, right, group, tp, fp, fn in found
    )


def plain_join_step() -> Step:
    """`plain_join_pairs`: pairs of records with an equal valid UPN, each once, and whether they are true."""
    return table_step(
        PLAIN_JOIN,
        """
        with pairs as (
          select distinct l.source_no as source_no_l, l.key as key_l, r.source_no as source_no_r, r.key as key_r
          from record_upns l
          join record_upns r on r.value = l.value
          join run_sources s on s.source_no = l.source_no
          where l.source_no < r.source_no or l.source_no = r.source_no and s.is_within and l.key < r.key)
        select p.source_no_l, p.source_no_r, l.true_person = r.true_person as is_true
        from pairs p
        join judged l on l.source_no = p.source_no_l and l.key = p.key_l
        join judged r on r.source_no = p.source_no_r and r.key = p.key_r""",
    )
