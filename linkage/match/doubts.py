"""Doubts: what is taken off the evidence of a pair because others than one person agree as well.

Two children of one household share surname and home (`match.households`), and two of one whole name are more than the
frequencies of its parts say (`match.namesakes`). Evidence less its doubts is what priors, the map and judging go by.

Writes `household_doubts` (record_id_l, record_id_r, household_bits, full_bits: the same before links lessened it,
namesake_bits), with a row where one of the doubts is under -0.001 bits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from linkage.match.households import HOUSEMATES, USUAL_HOUSEMATES
from linkage.match.namesakes import NAMESAKES
from linkage.match.parameters import WEIGHT_DECIMALS, LevelParameters, Parameters
from linkage.match.pool import POOL
from linkage.packs import ModelSpec
from linkage.sql import Connection, Step, has_table, ident, table_step
from linkage.tables import CANDIDATES

DOUBTS = "household_doubts"
# SQL: evidence in bits of a scored pair `s`, less its doubts `d` (left joined).
DOUBTED_EVIDENCE = "(s.evidence_bits + coalesce(d.household_bits + d.namesake_bits, 0))"
LEAST_DOUBT_BITS = -0.001


def doubts_step(con: Connection, spec: ModelSpec, parameters: Parameters, scored: str) -> Step:
    """`household_doubts` of the candidates among scored pairs."""
    return table_step(
        DOUBTS,
        f"""
        select d.record_id_l, d.record_id_r, d.household_bits, d.household_bits as full_bits, d.namesake_bits
        from ({doubted_sql(con, spec, parameters, scored, NAMESAKES)}) d
        join {CANDIDATES} c on c.record_id_l = d.record_id_l and c.record_id_r = d.record_id_r""",
    )


def doubted_sql(con: Connection, spec: ModelSpec, parameters: Parameters, scored: str, namesakes: str = "") -> str:
    """SQL: record_id_l, record_id_r, namesake_bits and household_bits of the pairs of a table of scores in doubt.

    `namesakes` is a table as `namesakes_step` makes it. Strangers who share a name more often than its parts say leave
    less to households: h/u is less by as much.
    """
    evidence = household_evidence_sql(spec, parameters, tuple(item.name for item in spec.comparison))
    bits = "coalesce(n.namesake_bits, 0)" if namesakes else "0.0::double"
    join = (
        f"""
          left join {namesakes} n on n.record_id_l = s.record_id_l and n.record_id_r = s.record_id_r"""
        if namesakes
        else ""
    )
    return f"""
        with shares as ({shares_sql(con)}),
        doubted as (
          select s.record_id_l, s.record_id_r, {bits} as namesake_bits,
            {doubt_sql(f"({evidence} + {bits})", "h.share")} as household_bits
          from {ident(scored)} s
          join {POOL} l on l.record_id = s.record_id_l
          join {POOL} r on r.record_id = s.record_id_r
          join shares h on h.source_no_l = l.source_no and h.source_no_r = r.source_no{join})
        select * from doubted where least(household_bits, namesake_bits) < {LEAST_DOUBT_BITS}"""


def shares_sql(con: Connection) -> str:
    """SQL: source_no_l, source_no_r, share (0 to 0.5) of pairs of one household: a record of the smaller source has the
    housemates in the larger one that a record of the larger one has there."""
    none = "select 0 as source_no, 0.0 as housemates limit 0"
    told = f"select * from {HOUSEMATES}" if has_table(con, HOUSEMATES) else none
    return f"""
          with sizes as (
            select p.source_no, count(*) as records,
              coalesce(any_value(t.housemates), (select avg(housemates order by source_no) from ({told})),
                       {USUAL_HOUSEMATES}) as housemates
            from {POOL} p left join ({told}) t on t.source_no = p.source_no
            group by p.source_no)
          select l.source_no as source_no_l, r.source_no as source_no_r,
            least(0.5, case when l.records > r.records then l.housemates / l.records
              else r.housemates / r.records end) as share
          from sizes l join sizes r on l.source_no <= r.source_no"""


def household_evidence_sql(spec: ModelSpec, parameters: Parameters, comparisons: Sequence[str]) -> str:
    """SQL: log2 of h(g)/u(g) over some comparisons of a scored pair `s`, in bits.

    From what the pair's level weighs: log2 h/u = log2 m/u + log2 h/m, the first as the pair has it, so that a rare
    value counts as rare among strangers and as any other among housemates.
    """
    parts = [_moved_sql(item.name, parameters) for item in spec.comparison if item.name in comparisons]
    return " + ".join(part for part in parts if part) or "0.0"


def _moved_sql(name: str, parameters: Parameters) -> str:
    values = [level for level in parameters if level.comparison == name]
    if any(level.h is None for level in values):
        return ""
    cases = " ".join(f"when {level.level_no} then {_moved(level)!r}::double" for level in values)
    return f"(s.{ident('bits_' + name)} + case s.{ident('level_' + name)} {cases} else 0 end)"


def _moved(level: LevelParameters) -> float:
    return round(math.log2((level.h or level.u) / level.m), WEIGHT_DECIMALS)


def doubt_sql(evidence: str, share: str) -> str:
    """SQL: the household doubt in bits, from household evidence and the share of pairs of one household."""
    return doubt_of_ratio_sql(f"pow(2, least({evidence}, 100))", share)


def doubt_of_ratio_sql(ratio: str, share: str) -> str:
    """SQL: the same, from how much likelier a household explains the pair than strangers do, h/u."""
    return f"round(-log2(1 - {share} + {share} * {ratio}), {WEIGHT_DECIMALS})"
