"""Unborn to born: records that hold a due date and no birth date, and the later records of the same children.

Such a record has no name and often no home, so the main model can make nothing of it. What tells are the mother and
the dates. Looked at are pairs of two sources of which a side is known by its due date alone and the other's birth, or
due date, fits it (`linkage.match.guards`), in two kinds, each with a prior of its own:

- **keyed** pairs share the mother's or the family's id, on the record or on one that a rule linked with it. What else
  such a birth may be is another child of hers, and within these days only a twin: the odds are even before the key is
  looked at, and `u` of the model's level is the share of twins.
- **the others** agree on authority, surname or postcode, and neither side has a keyed pair into the other's source. The
  prior of a pair of sources is the matches expected among its pairs of dates that fit, all counted.

Several births, or due records, under one id in one source may be twins: their pairs are held for review by the guard
`several_births`, as nothing tells which child is which. The only stage of matching that reads `relation_keys`.

Writes `scored_unborn` (record_id_l, record_id_r, is_keyed, has_more_births, per comparison its level and bits,
evidence_bits) and `unborn_priors` (source_no_l, source_no_r, pairs, expected_matches, prior_bits: of pairs that are not
keyed).
"""

from __future__ import annotations

from linkage.match.evidence import compared_columns, weighed_sql
from linkage.match.expected_matches import expected_matches, histograms, numbers, prior_bits
from linkage.match.frequencies import make_frequencies
from linkage.match.guards import born_as_expected_sql
from linkage.match.parameters import starting_parameters
from linkage.match.pool import POOL, may_meet_sql, sides_sql
from linkage.match.unborn_months import MONTHS, months_step
from linkage.packs import ModelSpec
from linkage.sql import Connection, Step, count, ident, literal, rows, run_steps, scratch_step, table_step
from linkage.tables import LINKS_DETERMINISTIC, RELATION_KEYS

RULE = "unborn"  # what a link of this model is called in `links`
GUARD = "several_births"
SCORED_UNBORN = "scored_unborn"
UNBORN_PRIORS = "unborn_priors"
KEYS = "mothers_and_families"
PAIRS = "unborn_pairs"
LISTED = ("mothers", "mother_scopes", "families", "family_scopes")
MOST_CERTAIN = (
    0.99  # what dates and a mother's id can claim: ids of mothers are wrong oftener than one time in a hundred
)
REACH_BITS = 10  # as for the main model: pairs under odds of one in a thousand are no rivals
KINDS = ("mother_id", "family_id")


def score_unborn(con: Connection, spec: ModelSpec) -> dict[str, int]:
    """Make `scored_unborn` and `unborn_priors` from the pool, the rules' links and `relation_keys`.

    Returns how many records are known by a due date alone, how many pairs are keyed and how many are others.
    """
    run_steps(
        con, (due_step(), due_linked_step(), keys_step(), keyed_step(), months_step(), other_step(spec), pairs_step())
    )
    make_frequencies(con, spec)
    keys = ("record_id_l", "record_id_r", "is_keyed", "has_more_births")
    run_steps(con, (table_step(SCORED_UNBORN, weighed_sql(spec, starting_parameters(spec), keys, sides_of(spec))),))
    _estimate_priors(con)
    return {"due_records": count(con, "due_records"), "unborn_keyed_pairs": count(con, "unborn_keyed"),
            "unborn_other_pairs": count(con, "unborn_others")}  # fmt: skip


def due_step() -> Step:
    """`due_records` (record_id, source_no): known by a due date alone."""
    return scratch_step(
        "due_records",
        f"select record_id, source_no from {POOL} where dob is null and expected_dob is not null order by record_id",
    )


def due_linked_step() -> Step:
    """`due_linked` (other_id, source_no): records that a rule linked with a due record of that source."""
    return scratch_step(
        "due_linked",
        f"""
        select k.record_id_r as other_id, u.source_no
        from {LINKS_DETERMINISTIC} k join due_records u on u.record_id = k.record_id_l
        union
        select k.record_id_l, u.source_no
        from {LINKS_DETERMINISTIC} k join due_records u on u.record_id = k.record_id_r""",
    )


def keys_step() -> Step:
    """`mothers_and_families`, key record_id: the ids that a record, or one that a rule linked with it, holds.

    Lists of hashes, in order; NULL where there is none. An id means something within its scope only.
    """
    parts = ", ".join(
        f"list_sort(list(distinct {value}) filter (kind = {literal(kind)})) as {name}"
        for name, kind, value in (
            ("mothers", "mother_id", "hash(scope, value)"), ("mother_scopes", "mother_id", "hash(scope)"),
            ("families", "family_id", "hash(scope, value)"), ("family_scopes", "family_id", "hash(scope)"),
        )
    )  # fmt: skip
    return table_step(
        KEYS,
        f"""
        with held as (
          select record_id, kind, scope, value from {RELATION_KEYS} where kind in {KINDS}),
        lent as (
          select * from held
          union
          select d.record_id_l, k.kind, k.scope, k.value
          from {LINKS_DETERMINISTIC} d join held k on k.record_id = d.record_id_r
          union
          select d.record_id_r, k.kind, k.scope, k.value
          from {LINKS_DETERMINISTIC} d join held k on k.record_id = d.record_id_l)
        select record_id, {parts} from lent group by record_id order by record_id""",
    )


def keyed_step() -> Step:
    """`unborn_keyed`: pairs under one mother's id; or under one family's, where their mothers are not known to differ.

    Where the due record has its link in the other's source by a rule, or the other has its own due record by one, the
    pair is not looked at: so a twin whose brother kept the id that both had before birth is not taken for him.
    `has_more_births`: of the records of that id that fit the due record, some source holds several, born or due.
    """
    return scratch_step(
        "unborn_keyed",
        f"""
        with ids as (
          select record_id, unnest(mothers) as id, true as is_mother from {KEYS} where mothers is not null
          union all
          select record_id, unnest(families), false from {KEYS} where families is not null),
        near as (
          select distinct d.record_id as due_id, o.record_id as other_id, is_mother
          from ids d semi join due_records u on u.record_id = d.record_id
          join ids o using (id, is_mother)
          where o.record_id <> d.record_id),
        told as (
          select n.due_id, n.other_id, bool_or(n.is_mother) as is_mother
          from near n
          join {POOL} l on l.record_id = n.due_id
          join {POOL} r on r.record_id = n.other_id
          left join {KEYS} kl on kl.record_id = n.due_id
          left join {KEYS} kr on kr.record_id = n.other_id
          where {born_as_expected_sql()} and (n.is_mother
            or not coalesce(list_has_any(kl.mother_scopes, kr.mother_scopes), false))
          group by all),
        counted as (
          select t.due_id, p.source_no, count(*) + max(if(p.dob is null and p.source_no = u.source_no, 1, 0)) as n
          from told t
          join {POOL} p on p.record_id = t.other_id
          join due_records u on u.record_id = t.due_id
          group by t.due_id, p.source_no, p.dob is null),
        crowded as (select distinct due_id from counted where n > 1)
        select l.record_id as record_id_l, r.record_id as record_id_r,
          bool_or(t.due_id in (select due_id from crowded)) as has_more_births
        from told t
        join due_records u on u.record_id = t.due_id
        join {POOL} d on d.record_id = t.due_id
        join {POOL} o on o.record_id = t.other_id
        join {POOL} l on l.record_id = least(t.due_id, t.other_id)
        join {POOL} r on r.record_id = greatest(t.due_id, t.other_id)
        where {sides_sql()} and {may_meet_sql()} and (d.linked_mask & o.source_bit) = 0
          and not exists (
            select 1 from due_linked k where k.other_id = t.other_id and k.source_no = u.source_no)
        group by all""",
    )


def other_step(spec: ModelSpec) -> Step:
    """`unborn_others`: pairs without a key that agree on the columns of one of the model's blocking rules."""
    parts = " union ".join(
        f"""
          select dm.record_id as due_id, om.record_id as other_id
          from {MONTHS} dm
          join {POOL} d on d.record_id = dm.record_id
          join ({MONTHS} om join {POOL} o on o.record_id = om.record_id)
            on om.month = dm.month and {
            " and ".join(f"d.{ident(a)} = o.{ident(b)}" for a, b in zip(*block.sides, strict=True))
        }
          where dm.is_due and not om.is_due and d.record_id <> o.record_id"""
        for block in spec.block
    )
    return scratch_step(
        "unborn_others",
        f"""
        with found as ({parts}),
        keyed as (
          select k.record_id_l as record_id, r.source_no
          from unborn_keyed k join {POOL} r on r.record_id = k.record_id_r
          union
          select k.record_id_r, l.source_no from unborn_keyed k join {POOL} l on l.record_id = k.record_id_l)
        select distinct l.record_id as record_id_l, r.record_id as record_id_r
        from found f
        join {POOL} l on l.record_id = least(f.due_id, f.other_id)
        join {POOL} r on r.record_id = greatest(f.due_id, f.other_id)
        where {sides_sql()} and {may_meet_sql()} and {born_as_expected_sql()}
          and (l.linked_mask & r.source_bit) = 0 and (r.linked_mask & l.source_bit) = 0
          and not exists (select 1 from keyed k where k.record_id = l.record_id and k.source_no = r.source_no)
          and not exists (select 1 from keyed k where k.record_id = r.record_id and k.source_no = l.source_no)""",
    )


def pairs_step() -> Step:
    """`unborn_pairs` (record_id_l, record_id_r, is_keyed, has_more_births)."""
    return scratch_step(
        PAIRS,
        """
        select record_id_l, record_id_r, true as is_keyed, has_more_births from unborn_keyed
        union all
        select record_id_l, record_id_r, false, false from unborn_others""",
    )


def sides_of(spec: ModelSpec) -> str:
    """A select of `unborn_pairs` with the columns that the model compares, of both sides."""
    listed = [
        f"{_place(side, column)}.{ident(column)} as {ident(f'{column}_{side}')}"
        for side in ("l", "r")
        for column in compared_columns(spec)
    ]
    return f"""
          select p.record_id_l, p.record_id_r, p.is_keyed, p.has_more_births, {", ".join(listed)}
          from {PAIRS} p
          join {POOL} l on l.record_id = p.record_id_l
          join {POOL} r on r.record_id = p.record_id_r
          left join {KEYS} kl on kl.record_id = p.record_id_l
          left join {KEYS} kr on kr.record_id = p.record_id_r"""


def _place(side: str, column: str) -> str:
    return "p" if column == "is_keyed" else f"k{side}" if column in LISTED else side


def _estimate_priors(con: Connection) -> None:
    """Write `unborn_priors`. Expected matches are no more than there are due records on the two sides."""
    run_steps(con, (Step(UNBORN_PRIORS, f"""create or replace table {UNBORN_PRIORS} (source_no_l smallint,
        source_no_r smallint, pairs bigint, expected_matches double, prior_bits double)"""),))  # fmt: skip
    found = rows(
        con,
        f"""
        select l.source_no, r.source_no, round(s.evidence_bits, 1) as bits, count(*)
        from {SCORED_UNBORN} s
        join {POOL} l on l.record_id = s.record_id_l
        join {POOL} r on r.record_id = s.record_id_r
        where not s.is_keyed group by all order by all""",
    )
    weighed = histograms(found, key=2)
    for left, right, pairs, due in rows(con, fitting_sql()):
        if numbers((left, right)) not in weighed:
            continue
        weights, counts = weighed[numbers((left, right))]
        all_pairs = float(str(pairs))
        expected = min(expected_matches(weights, counts, all_pairs), float(str(due)))
        values = (left, right, int(all_pairs), round(expected, 3), round(prior_bits(expected, all_pairs), 6))
        con.execute(f"insert into {UNBORN_PRIORS} values (?, ?, ?, ?, ?)", values)


def fitting_sql() -> str:
    """source_no_l, source_no_r, pairs whose dates fit, and due records of both: counted day by day."""
    return f"""
        with days as (
          select source_no, is_within, dob, dob_precision, expected_dob, count(*) as n
          from (select source_no, is_within, dob, dob_precision, if(dob is null, expected_dob, null) as expected_dob
                from {POOL} where dob is not null or expected_dob is not null) group by all),
        due as (select source_no, sum(n) as n from days where dob is null group by source_no)
        select least(l.source_no, r.source_no) as source_no_l, greatest(l.source_no, r.source_no) as source_no_r,
          sum(l.n * r.n * if(r.dob is null, 0.5, 1))::bigint as pairs,
          coalesce(any_value(dl.n), 0) + coalesce(any_value(dr.n), 0) as due
        from days l
        join days r on l.source_no <> r.source_no or l.is_within
        left join due dl on dl.source_no = least(l.source_no, r.source_no)
        left join due dr on dr.source_no = greatest(l.source_no, r.source_no)
        where l.dob is null and {born_as_expected_sql()}
        group by 1, 2 having sum(l.n * r.n) > 0 order by 1, 2"""


def unborn_sql() -> str:
    """The weighed pairs of this model, in the columns of `linkage.match.judge.weighed_steps`."""
    return f"""
        select s.record_id_l, s.record_id_r, 'probabilistic' as stage, {literal(RULE)} as rule,
          s.evidence_bits + if(s.is_keyed, 0, q.prior_bits) as match_weight,
          match_weight as odds_bits, 'modelled' as confidence_basis, 0.0 as least_certain,
          {MOST_CERTAIN} as most_certain,
          if(s.has_more_births, [{literal(GUARD)}], null) as held
        from {SCORED_UNBORN} s
        join {POOL} l on l.record_id = s.record_id_l
        join {POOL} r on r.record_id = s.record_id_r
        left join {UNBORN_PRIORS} q on q.source_no_l = l.source_no and q.source_no_r = r.source_no
        where s.evidence_bits + if(s.is_keyed, 0, q.prior_bits) > {-REACH_BITS}"""
