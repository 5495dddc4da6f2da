"""Housemates who remain: how far links that are sure leave room for a brother or a sister.

Two records of which neither has a sure link into the other's source are rarely brother and sister: the brother's own
record over there, and the sister's over here, would be without their links too. How rarely is counted: among pairs of
two sources under one household key whose forenames and birth dates differ, how many have no link on either side,
beside what that would be if records lacked links by chance. The share of housemates among the pairs still open
(`linkage.match.households`) is that many times the share among all, and the household doubt less by as much. It is
never more: where more seem to remain, they are children whom neither forename nor birth date shows to be one.

Writes `linked_sides` (record_id, by_rules and mask: sources into which the record has a link of a rule, and any sure
link) and `remaining_housemates` (source_no_l, source_no_r, ratio), and changes `household_doubts`, in which `full_bits`
is the doubt where nothing is known of links.
"""

from __future__ import annotations

from linkage.match.doubts import DOUBTS, doubt_of_ratio_sql, shares_sql
from linkage.match.guards import forename_conflict_sql
from linkage.match.households import KEYS, LARGEST_HOUSEHOLD, MOST_PAIRS, keys_step
from linkage.match.judge import JUDGED, SURE_CONFIDENCE
from linkage.match.pool import POOL, open_sides_sql, source_bit_sql
from linkage.match.priors import BOTH_OPEN, join_priors_sql, prior_sql
from linkage.packs import ModelSpec
from linkage.sql import Connection, Step, run_steps, scratch_step, table_step
from linkage.tables import IDENTIFIERS

LINKED_SIDES = "linked_sides"
REMAINING = "remaining_housemates"
CHANCE_WEIGHT = 10.0  # how many pairs the chance of records without links counts for


def doubt_remaining(con: Connection, spec: ModelSpec) -> None:
    """Lessen the household doubt of pairs whose records have no sure link into each other's source."""
    run_steps(con, (linked_sides_step(),))
    if spec.model.household:
        run_steps(con, (keys_step(spec), remaining_step(), doubts_of_remaining_step(con)))


def doubt_in_full(con: Connection) -> None:
    """Take back what links have lessened: pairs are judged from the start, once more, or after a run was killed."""
    run_steps(con, (Step(DOUBTS, f"update {DOUBTS} set household_bits = full_bits"),))


def linked_sides_step() -> Step:
    """`linked_sides` from the links of rules and the judged pairs of the model."""
    return table_step(
        LINKED_SIDES,
        f"""
        with sure as (
          select j.record_id_l, j.record_id_r, l.source_bit as bit_l, r.source_bit as bit_r
          from {JUDGED} j
          join {POOL} l on l.record_id = j.record_id_l
          join {POOL} r on r.record_id = j.record_id_r
          where j.stage = 'probabilistic' and j.confidence >= {SURE_CONFIDENCE}),
        masks as (
          select record_id, linked_mask as by_rules, linked_mask as mask from {POOL} where linked_mask <> 0
          union all select record_id_l, 0::uhugeint, bit_r from sure
          union all select record_id_r, 0::uhugeint, bit_l from sure)
        select record_id, bit_or(by_rules) as by_rules, bit_or(mask) as mask
        from masks group by record_id order by record_id""",
    )


def remaining_step() -> Step:
    """`remaining_housemates`: per pair of sources, the share of housemates among open pairs by that among all."""
    return scratch_step(
        REMAINING,
        f"""
        with open_records as (
          select p.source_no, s.source_no as other_no, count(*) as records,
            count(*) filter (({_mask("m")} & {source_bit_sql("s.source_no")}) = 0) as open
          from {POOL} p
          left join {LINKED_SIDES} m on m.record_id = p.record_id
          join sources s on s.source_no <> p.source_no
          group by all),
        chances as (
          select l.source_no as source_no_l, r.source_no as source_no_r,
            (l.open / l.records) * (r.open / r.records) as chance
          from open_records l
          join open_records r on r.source_no = l.other_no and l.source_no = r.other_no and l.source_no < r.source_no),
        size as (
          select greatest(1, sum(size) / 2 / {MOST_PAIRS})::ubigint as one_in
          from {KEYS} where size <= {LARGEST_HOUSEHOLD}),
        housemates as (
          select kl.source_no as source_no_l, kr.source_no as source_no_r, count(*) as pairs,
            count(*) filter ({_both_open_sql()}) as open
          from {KEYS} kl
          join {KEYS} kr on kr.household = kl.household and kl.source_no < kr.source_no
          join {POOL} l on l.record_id = kl.record_id
          join {POOL} r on r.record_id = kr.record_id
          left join {LINKED_SIDES} ml on ml.record_id = l.record_id
          left join {LINKED_SIDES} mr on mr.record_id = r.record_id
          where kl.size <= {LARGEST_HOUSEHOLD} and kr.size <= {LARGEST_HOUSEHOLD}
            and kl.household % (select one_in from size) = 0
            and {forename_conflict_sql()} and coalesce(l.dob <> r.dob, true)
          group by all)
        select c.source_no_l, c.source_no_r,
          round(least(1, (coalesce(h.open, 0) + {CHANCE_WEIGHT} * c.chance)
            / ((coalesce(h.pairs, 0) + {CHANCE_WEIGHT}) * c.chance)), 6) as ratio
        from chances c
        left join housemates h on h.source_no_l = c.source_no_l and h.source_no_r = c.source_no_r
        where c.chance > 0""",
    )


def doubts_of_remaining_step(con: Connection) -> Step:
    """`household_doubts` under the share of housemates that remains, where a pair is open on both sides."""
    return table_step(
        DOUBTS,
        f"""
        with shares as ({shares_sql(con)}),
        placed as (
          select d.record_id_l, d.record_id_r, d.full_bits, d.namesake_bits, h.share, h.share * m.ratio as remaining
          from {DOUBTS} d
          join {POOL} l on l.record_id = d.record_id_l
          join {POOL} r on r.record_id = d.record_id_r
          join shares h on h.source_no_l = l.source_no and h.source_no_r = r.source_no
          left join {LINKED_SIDES} ml on ml.record_id = l.record_id
          left join {LINKED_SIDES} mr on mr.record_id = r.record_id
          left join {REMAINING} m on m.source_no_l = l.source_no and m.source_no_r = r.source_no
            and {_both_open_sql()})
        select record_id_l, record_id_r, case when remaining is null then full_bits
            else {doubt_of_ratio_sql("(greatest(pow(2, -full_bits) - 1 + share, 0) / share)", "remaining")}
            end as household_bits, full_bits, namesake_bits
        from placed order by record_id_l, record_id_r""",
    )


def join_priors_of_records_sql() -> str:
    """The join of the prior, as q, of the records l and r of a finished run, which has no pool any more."""
    return f"""
        left join {LINKED_SIDES} il on il.record_id = l.record_id
        left join {LINKED_SIDES} ir on ir.record_id = r.record_id
        {join_priors_sql(open_sides_sql(_mask("il", "by_rules"), _mask("ir", "by_rules")))}"""


def prior_of_records_sql() -> str:
    """SQL: the prior in bits of the records l and r of a finished run."""
    held = (f"exists (select 1 from {IDENTIFIERS} i where i.record_id = {side}.record_id and i.scheme = 'upn' "
            "and i.status = 'valid')" for side in ("l", "r"))  # fmt: skip
    return prior_sql(" and ".join(held))


def _both_open_sql() -> str:
    return f"{open_sides_sql(_mask('ml'), _mask('mr'))} = {BOTH_OPEN}"


def _mask(alias: str, column: str = "mask") -> str:
    return f"coalesce({alias}.{column}, 0::uhugeint)"
