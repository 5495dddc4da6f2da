"""Funnel: how far records, and pairs known to be one child, came on the way to a shared person, and where they stopped.

Each count is a part of the one before it:

`start`       records of a source; or pairs that are one child by identifiers that were hidden (masked validation)
`comparable`  hold enough of what the other side holds too to be linked at all: the fields of both, were they all to
              agree, reach the threshold, or an identifier can tell; NULL where the run had no model to say. One that
              does not is lost here, whatever looked at it
`blocked`     were looked at: found by a rule, by a person or as a candidate of the model
`scored`      against odds of no worse than one in a thousand; those below are not kept
`accepted`    were decided to be a link
`survived`    are one person in the end, after clashes were repaired

A record that met its partner by way of a third one counts as if it had come all the way. Of records, those who have no
partner to be found stop somewhere as well; of pairs, every stop is a miss: their product of shares is recall (blocking
has its own bias: Moslemi and others, arXiv 2409.16410).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from linkage.diagnostics.beyond_reach import COMPARABLE
from linkage.diagnostics.closure import GROUPS, group_of_pair_sql
from linkage.diagnostics.match_rate import MATCH_RATE, masks_sql, sides_sql, write_csv
from linkage.diagnostics.subgroups import ALL, subgroup_order_sql
from linkage.match.judge import JUDGED
from linkage.match.pool import source_bit_sql
from linkage.sql import Connection, Step, has_table, ident, literal, rows, run_steps, scratch_step, table_step
from linkage.stats import RATE_DECIMALS
from linkage.tables import CANDIDATES, DECIDED, RECORDS, SOURCES
from linkage.validation.rerun import KNOWN

FUNNEL = "diagnostics__funnel"
STAGES = ("start", "comparable", "blocked", "scored", "accepted", "survived")
RECORD, PAIR = "record", "pair of hidden identifiers"
COLUMNS = (
    "unit", "pool_mode", "source_l", "source_r", "side", "subgroup_var", "subgroup", *STAGES,
    *(f"share_{stage}" for stage in STAGES[1:]), "share_of_start", "most_lost_at",
)  # fmt: skip
ORDER = "unit_no, pool_mode desc, source_no_l, source_no_r, side, var_no, subgroup_no, subgroup"
FEWEST = 10  # records or pairs below which no stage is named as the one that loses most


def funnel(con: Connection, subgroups: Sequence[str]) -> None:
    """Make `diagnostics__funnel` from the working tables and those of `make_closure` (`record_groups`).

    One row per unit, pair of sources (and side of a record, pool mode of a pair; pairs over all sources too), subgroup
    variable and subgroup, the total (`all`) among them. `share_STAGE` is of the stage before (0 to 1, NULL of nobody),
    `share_of_start` of all; `most_lost_at` the first stage of those that lose most, NULL where nobody is lost or
    `start` is below ten. Asserts that each stage is a part of the one before, that subgroups and pairs of sources add
    up, and that records and their partners are those of `diagnostics__match_rate`, which has to be there.
    """
    run_steps(con, (masks_step(with_fields=has_table(con, COMPARABLE)), counts_step(subgroups)))
    parts = [_records_sql(), *((_pairs_sql(subgroups),) if has_table(con, KNOWN) else ())]
    run_steps(con, (funnel_step(parts, subgroups),))
    _check(con)


def masks_step(*, with_fields: bool) -> Step:
    """`funnel_masks`: per record a bit for each source in which it came as far as each stage; `comparable` NULL where
    the run had no model."""
    known = f"left join {COMPARABLE} f on f.record_id = g.record_id" if with_fields else ""
    able = "& coalesce(f.mask, 0::uhugeint)" if with_fields else ""
    comparable = "coalesce(f.mask, 0::uhugeint) | accepted" if with_fields else "null::uhugeint"
    return scratch_step(
        "funnel_masks",
        f"""
        with looked_at as (
          select record_id_l, record_id_r, 1 as stage from {CANDIDATES}
          union all select record_id_l, record_id_r, 2 from {JUDGED}
          union all select record_id_l, record_id_r, if(decision = 'link', 3, 2) from {DECIDED}),
        ends as (
          select k.record_id_l as record_id, o.source_no, k.stage
          from looked_at k join {RECORDS} o on o.record_id = k.record_id_r
          union all
          select k.record_id_r, o.source_no, k.stage
          from looked_at k join {RECORDS} o on o.record_id = k.record_id_l),
        reached as (
          select record_id, bit_or({source_bit_sql("source_no")}) as seen,
            bit_or({source_bit_sql("source_no")}) filter (stage >= 2) as judged,
            bit_or({source_bit_sql("source_no")}) filter (stage = 3) as linked
          from ends group by record_id),
        held as (select person_no, source_no, count(*) as n from {GROUPS} group by all),
        met as ({masks_sql("held")})
        select g.record_id, m.mask - {source_bit_sql("g.source_no")} + (m.mask_twice & {source_bit_sql("g.source_no")})
            as survived,
          survived | coalesce(r.linked, 0::uhugeint) as accepted,
          accepted | (coalesce(r.judged, 0::uhugeint) {able}) as scored,
          accepted | (coalesce(r.seen, 0::uhugeint) {able}) as blocked,
          {comparable} as comparable
        from {GROUPS} g
        join met m on m.person_no = g.person_no
        left join reached r on r.record_id = g.record_id
        {known}""",
    )


def counts_step(subgroups: Sequence[str]) -> Step:
    """`funnel_counts`: records of a source and subgroup that came equally far everywhere: grouped before they meet the
    other sources, a few thousand rows for millions of records."""
    labels = [literal(ALL), *(f"g.s{number}" for number in range(len(subgroups)))]
    masks = ", ".join(f"m.{stage}" for stage in STAGES[1:])
    parts = "\n        union all ".join(
        f"""
        select g.source_no, {literal(name)} as subgroup_var, {label} as subgroup, {masks}, count(*) as records
        from funnel_masks m join {GROUPS} g on g.record_id = m.record_id group by all"""
        for name, label in zip((ALL, *subgroups), labels, strict=True)
    )
    return scratch_step("funnel_counts", parts)


def _records_sql() -> str:
    """Records of each side of each pair of sources, by how far they came towards the other side."""
    reached = ", ".join(
        f"(sum(c.records) filter (((c.{stage} >> s.other::uhugeint) & 1::uhugeint) = 1))::bigint as {stage}"
        for stage in STAGES[1:]
    )
    return f"""
        select 0 as unit_no, {literal(RECORD)} as unit, '' as pool_mode, s.source_no_l, s.source_no_r, s.source_l,
          s.source_r, s.side, c.subgroup_var, c.subgroup, sum(c.records)::bigint as start, {reached},
          bool_or(c.comparable is null) as is_blind
        from ({sides_sql()}) s
        join funnel_counts c on c.source_no = s.own
        group by all"""


def _pairs_sql(subgroups: Sequence[str]) -> str:
    """Pairs whose identifiers were hidden, by pair of sources and over all of them."""
    grouped = [literal(ALL), *(group_of_pair_sql(number) for number in range(len(subgroups)))]
    parts = "\n          union all ".join(
        f"""
          select k.*, l.source_no as source_no_l, r.source_no as source_no_r, {literal(name)} as subgroup_var,
            {group} as subgroup
          from {KNOWN} k
          join {GROUPS} l on l.record_id = k.record_id_l join {GROUPS} r on r.record_id = k.record_id_r"""
        for name, group in zip((ALL, *subgroups), grouped, strict=True)
    )
    return f"""
        select 1 as unit_no, {literal(PAIR)} as unit, p.pool_mode, coalesce(a.source_no::integer, -1) as source_no_l,
          coalesce(b.source_no::integer, -1) as source_no_r, coalesce(a.source, {literal(ALL)}) as source_l,
          coalesce(b.source, {literal(ALL)}) as source_r, '' as side, p.subgroup_var, p.subgroup,
          count(*) as start, count(*) filter (p.comparable), count(*) filter (p.blocked), count(*) filter (p.scored),
          count(*) filter (p.scored_in), count(*) filter (p.recovered), false as is_blind
        from (select *, unnest([true, false]) as is_total from ({parts})) p
        left join {SOURCES} a on a.source_no = p.source_no_l and not p.is_total
        left join {SOURCES} b on b.source_no = p.source_no_r and not p.is_total
        group by p.pool_mode, a.source_no, a.source, b.source_no, b.source, p.subgroup_var, p.subgroup"""


def funnel_step(parts: Sequence[str], subgroups: Sequence[str]) -> Step:
    """`diagnostics__funnel` from the counts of records and of pairs."""
    order = " ".join(f"when {literal(name)} then {number}" for number, name in enumerate((ALL, *subgroups)))
    before = {stage: f"coalesce({ident(STAGES[max(0, number - 1)])}, start)" for number, stage in enumerate(STAGES)}
    shares = ", ".join(
        f"round({stage} / nullif({before[stage]}, 0), {RATE_DECIMALS}) as share_{stage}" for stage in STAGES[1:]
    )
    lost = ", ".join(f"coalesce({before[stage]} - {stage}, 0)" for stage in STAGES[1:])
    named = ", ".join(literal(stage) for stage in STAGES[1:])
    counts = ", ".join(f"if({'is_blind' if stage == 'comparable' else 'false'}, null, coalesce({stage}, 0)) as {stage}"
                       for stage in STAGES[1:])  # fmt: skip
    return table_step(
        FUNNEL,
        f"""
        with counted as (
          select * exclude ({", ".join(STAGES[1:])}), {counts}, case subgroup_var {order} end as var_no,
            {subgroup_order_sql()} as subgroup_no
          from ({" union all ".join(parts)}))
        select *, {shares}, round(survived / nullif(start, 0), {RATE_DECIMALS}) as share_of_start,
          case when start >= {FEWEST} and start > survived
            then list_extract([{named}], list_position([{lost}], list_max([{lost}]))) end as most_lost_at
        from counted order by {ORDER}""",
    )


def _check(con: Connection) -> None:
    """Each stage is a part of the one before; subgroups and sources add up; records are those of the link rate."""
    nested = " or ".join(f"{stage} > coalesce({before}, start)" for before, stage in pairwise(STAGES))
    assert not rows(con, f"select 1 from {FUNNEL} where {nested} limit 1"), "a stage is larger than the one before"
    sums = ", ".join(f"sum(coalesce({stage}, 0)) as {stage}" for stage in STAGES)
    differs = " or ".join(f"s.{stage} <> t.{stage}" for stage in STAGES)
    keys = "unit, pool_mode, source_no_l, source_no_r, side"
    broken = rows(
        con,
        f"""
        with sums as (select {keys}, subgroup_var, {sums} from {FUNNEL} group by all)
        select 1 from sums s join sums t using ({keys})
        where t.subgroup_var = {literal(ALL)} and ({differs}) limit 1""",
    )
    assert not broken, "the subgroups of the funnel do not add up to their total"
    keys = "pool_mode, subgroup_var, subgroup"
    broken = rows(
        con,
        f"""
        with sums as (
          select {keys}, {sums} from {FUNNEL} where unit = {literal(PAIR)} and source_l <> {literal(ALL)} group by all),
        whole as (select * from {FUNNEL} where unit = {literal(PAIR)} and source_l = {literal(ALL)})
        select 1 from whole t left join sums s using ({keys}) where s.start is null or {differs} limit 1""",
    )
    assert not broken, "the pairs of sources of the funnel do not add up"
    places = "source_no_l, source_no_r, side, subgroup_var, subgroup"
    broken = rows(
        con,
        f"""
        select 1 from (select * from {FUNNEL} where unit = {literal(RECORD)}) f
        full join {MATCH_RATE} m using ({places})
        where f.start is distinct from m.records or f.survived is distinct from m.linked limit 1""",
    )
    assert not broken, "the records of the funnel are not those of the link rate"


def write_funnel(con: Connection, folder: Path) -> int:
    """Write `funnel.csv` into the folder of diagnostics; returns its rows."""
    return write_csv(con, FUNNEL, COLUMNS, ORDER, folder / "funnel.csv")
