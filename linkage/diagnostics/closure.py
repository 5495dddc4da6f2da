"""Pairs after closure: what a run says of every two records, whether a link joins them or a chain of links does.

Errors are counted over pairs of persons, not over links alone. Two records of one person that no link joins are a claim
as well; and where two persons are one child, every pair across them is missed, not just the pair that was looked at.

Makes `closure_pairs` (record_id_l, record_id_r, is_joined, q, strength): pairs of records of different sources, or of a
source whose own records are linked, each once. `q` (0 to 1, six decimals) is the chance that the two are one child.

* Joined: the surest chain of links between them, its confidences multiplied. Where several chains agree that is too
  little rather than too much.
* Apart (`is_joined` false): the surest pair that was weighed between their two persons, after those of one record
  have been held to what one record can be: into a source that holds a child once, no more than what its own link
  leaves; into another, no more than 1. Persons that a never-link pair keeps apart are no missed match. What no block
  brought together is not here (`capture_recapture` asks about that).

`strength`: how the weakest confidence of the chain is known, as a place in `BASES`. `cause`: the number of the rule or
model that made the link of a joined pair (of a chain, of its less sure half), in `doubt_causes`. `size`, `size_here`:
how many pairs of its person, and of it between the same two sources, are false at once if one is (`shared_doubts`).
"""

from __future__ import annotations

from collections.abc import Sequence

from linkage.diagnostics.shared_doubts import CAUSES, causes_step, sizes_steps
from linkage.diagnostics.subgroups import ALL, subgroup_column_sql
from linkage.match.judge import JUDGED
from linkage.schema import UNKNOWN
from linkage.sql import Connection, Step, literal, rows, run_steps, scratch_step
from linkage.tables import LINKS, PERSONS, RECORDS, SOURCES

CLOSURE = "closure_pairs"
GROUPS = "record_groups"
CELLS = "closure_cells"
BASES = ("assumed", "modelled", "calibrated")  # from the weakest
DOUBLINGS = 3  # chains of up to eight links
LARGEST_CHAINED = 40  # records of a person whose chains are followed; of larger ones each record's own surety is taken


def make_closure(con: Connection, subgroups: Sequence[str]) -> None:
    """Make `record_groups`, `closure_pairs` and `closure_cells` from links, persons and judged pairs.

    The names must have passed `checked_subgroups`. `closure_cells`: per pair of sources, subgroup variable and subgroup
    the `pairs`, Σ q, Σ q (1-q) and the bases, of those apart and of those joined, these by cause and sizes. Asserts
    that joined pairs are all pairs of the persons, and that every variable adds up to the total.
    """
    run_steps(con, (groups_step(subgroups), causes_step(con), *joined_steps(), *sizes_steps(), *apart_steps(),
                    closure_step(), cells_step(subgroups)))  # fmt: skip
    _check(con)


def groups_step(subgroups: Sequence[str]) -> Step:
    """`record_groups`: record_id, source_no, person_no, and s0 … the subgroups of the record."""
    listed = "".join(f", {subgroup_column_sql(name)} as s{number}" for number, name in enumerate(subgroups))
    return scratch_step(
        GROUPS,
        f"""
        select r.record_id, r.source_no, p.person_no{listed}
        from {RECORDS} r join {PERSONS} p on p.record_id = r.record_id order by r.record_id""",
    )


def group_of_pair_sql(number: int, left: str = "l", right: str = "r") -> str:
    """SQL: the subgroup of a pair of `record_groups`: the left record's, or the right one's where that is unknown."""
    return f"case when {left}.s{number} = {literal(UNKNOWN)} then {right}.s{number} else {left}.s{number} end"


def joined_steps() -> tuple[Step, ...]:
    """`chained_pairs` (record_id_l, record_id_r, best: q and strength): the surest chain of each pair of a person."""
    strength = " ".join(f"when {literal(basis)} then {number}" for number, basis in enumerate(BASES))
    edges = scratch_step(
        "chains_0",
        f"""
        select k.record_id_l as a, k.record_id_r as b,
          {{'q': k.confidence::decimal(9, 6), 's': case k.confidence_basis {strength} end,
            'r': c.cause}} as best
        from {LINKS} k
        join {CAUSES} c on c.rule is not distinct from k.rule and c.basis is not distinct from k.confidence_basis
        where k.decision = 'link'""",
    )
    ways = scratch_step(
        "chains_1",
        f"""
        with small as (
          select distinct person_no from {PERSONS} where person_size between 3 and {LARGEST_CHAINED})
        select w.* from (select * from chains_0 union all select b, a, best from chains_0) w
        join {PERSONS} p on p.record_id = w.a join small using (person_no)""",
    )
    return (edges, ways, *(_doubling_step(number) for number in range(1, DOUBLINGS + 1)), _joined_step())


def _doubling_step(number: int) -> Step:
    return scratch_step(
        f"chains_{number + 1}",
        f"""
        with longer as (
          select one.a, two.b, {{'q': (one.best.q * two.best.q)::decimal(9, 6), 's': least(one.best.s, two.best.s),
            'r': if((one.best.q, one.best.r) < (two.best.q, two.best.r), one.best.r, two.best.r)}} as best
          from chains_{number} one join chains_{number} two on two.a = one.b and two.b <> one.a
          union all
          select * from chains_{number})
        select a, b, max(best) as best from longer group by a, b""",
    )


def _joined_step() -> Step:
    return scratch_step(
        "joined_pairs",
        f"""
        with best as (
          select a, b, max(best) as best
          from (select * from chains_0 union all select * from chains_{DOUBLINGS + 1} where a < b) group by a, b)
        select l.record_id as record_id_l, r.record_id as record_id_r,
          coalesce(c.best.q, (pl.confidence * pr.confidence)::decimal(9, 6)) as q, coalesce(c.best.s, 0) as strength,
          c.best.r as cause, l.person_no, pl.person_size, l.source_no as source_no_l, r.source_no as source_no_r
        from {GROUPS} l
        join {GROUPS} r on r.person_no = l.person_no and r.record_id > l.record_id
        join {SOURCES} s on s.source_no = l.source_no
        join {PERSONS} pl on pl.record_id = l.record_id
        join {PERSONS} pr on pr.record_id = r.record_id
        left join best c on c.a = l.record_id and c.b = r.record_id
        where l.source_no <> r.source_no or s.is_within""",
    )


def apart_steps() -> tuple[Step, ...]:
    """`apart_pairs`: pairs of records of two persons that may be one child."""
    strength = " ".join(f"when {literal(basis)} then {number}" for number, basis in enumerate(BASES))
    room = "case when o.is_unique then 1 - coalesce(j.q, 0) else 1 end"
    return (
        scratch_step(
            "weighed_apart",
            f"""
            with forbidden as (
              select distinct least(l.person_no, r.person_no) as one, greatest(l.person_no, r.person_no) as other
              from never_link n
              join {PERSONS} l on l.record_id = n.record_id_l join {PERSONS} r on r.record_id = n.record_id_r)
            select k.record_id_l, k.record_id_r, l.source_no as source_no_l, r.source_no as source_no_r,
              l.person_no as person_no_l, r.person_no as person_no_r, k.confidence::decimal(9, 6) as q,
              case k.confidence_basis {strength} end as strength
            from {JUDGED} k
            join {GROUPS} l on l.record_id = k.record_id_l
            join {GROUPS} r on r.record_id = k.record_id_r
            where l.person_no <> r.person_no and not exists (
              select 1 from forbidden f
              where f.one = least(l.person_no, r.person_no) and f.other = greatest(l.person_no, r.person_no))""",
        ),
        scratch_step(
            "rooms",
            f"""
            with ends as (
              select record_id_l as record_id, source_no_r as other_no, q from weighed_apart
              where source_no_l <> source_no_r
              union all
              select record_id_r, source_no_l, q from weighed_apart where source_no_l <> source_no_r),
            linked as (
              select record_id, other_no, max(q) as q
              from (select j.record_id_l as record_id, r.source_no as other_no, j.q
                    from joined_pairs j join {GROUPS} r on r.record_id = j.record_id_r
                    union all
                    select j.record_id_r, l.source_no, j.q
                    from joined_pairs j join {GROUPS} l on l.record_id = j.record_id_l)
              group by all),
            wanted as (select record_id, other_no, sum(q) as q from ends group by all)
            select w.record_id, w.other_no,
              case when w.q > {room} then ({room})::double / w.q::double else 1 end as share
            from wanted w
            join {SOURCES} o on o.source_no = w.other_no
            left join linked j on j.record_id = w.record_id and j.other_no = w.other_no""",
        ),
        scratch_step(
            "persons_apart",
            """
            select least(person_no_l, person_no_r) as one, greatest(person_no_l, person_no_r) as other,
              max({'q': (q * least(coalesce(a.share, 1), coalesce(b.share, 1)))::decimal(9, 6), 's': strength}) as best
            from weighed_apart w
            left join rooms a on a.record_id = w.record_id_l and a.other_no = w.source_no_r
              and w.source_no_l <> w.source_no_r
            left join rooms b on b.record_id = w.record_id_r and b.other_no = w.source_no_l
              and w.source_no_l <> w.source_no_r
            group by all""",
        ),
    )


def closure_step() -> Step:
    """`closure_pairs`: those joined, and those apart that may be one child."""
    return scratch_step(
        CLOSURE,
        f"""
        select j.record_id_l, j.record_id_r, true as is_joined, j.q, j.strength, j.cause,
          coalesce(round(f.size), 1)::integer as size, coalesce(round(h.size), 1)::integer as size_here
        from joined_pairs j
        left join fate_sizes f using (person_no)
        left join fate_sizes_here h using (person_no, source_no_l, source_no_r)
        union all
        select least(a.record_id, b.record_id), greatest(a.record_id, b.record_id), false, w.best.q, w.best.s,
          null, null, null
        from persons_apart w
        join {GROUPS} a on a.person_no = w.one
        join {GROUPS} b on b.person_no = w.other
        join {SOURCES} s on s.source_no = a.source_no
        where w.best.q > 0 and (a.source_no <> b.source_no or s.is_within)""",
    )


def cells_step(subgroups: Sequence[str]) -> Step:
    """`closure_cells`, one grouping a variable; sums are of decimals, the same in any order."""
    names = (ALL, *subgroups)
    grouped = [literal(ALL), *(group_of_pair_sql(number) for number in range(len(subgroups)))]
    parts = "\n        union all ".join(
        f"""
        select {number} as var_no, {literal(name)} as subgroup_var, {group} as subgroup,
          l.source_no as source_no_l, r.source_no as source_no_r, c.is_joined, c.cause, c.size, c.size_here,
          count(*) as pairs, sum(c.q) as q, sum(c.q * (1 - c.q)) as variance, bit_or(1 << c.strength) as strengths
        from {CLOSURE} c
        join {GROUPS} l on l.record_id = c.record_id_l
        join {GROUPS} r on r.record_id = c.record_id_r
        group by all"""
        for number, (name, group) in enumerate(zip(names, grouped, strict=True))
    )
    return scratch_step(CELLS, f"select * from ({parts})")


def _check(con: Connection) -> None:
    """Joined pairs are the pairs of the persons, every link among them, and subgroups add up to the total."""
    pairs, links = rows(
        con,
        f"""
        with held as (select person_no, source_no, count(*) as n from {GROUPS} group by all),
        whole as (select person_no, sum(n) as n from held group by all),
        every as (select coalesce(sum(n * (n - 1) // 2), 0) as n from whole),
        own as (select coalesce(sum(n * (n - 1) // 2), 0) as n from held
                where source_no in (select source_no from {SOURCES} where not is_within))
        select every.n - own.n - (select count(*) from joined_pairs),
          (select count(*) from {LINKS} k
           join {PERSONS} l on l.record_id = k.record_id_l join {PERSONS} r on r.record_id = k.record_id_r
           where k.decision = 'link' and l.person_no <> r.person_no)
        from every, own""",
    )[0]
    assert pairs == 0, "the joined pairs are not the pairs of the persons"
    assert links == 0, "a link joins records of two persons"
    broken = rows(
        con,
        f"""
        with sums as (
          select subgroup_var, is_joined, sum(pairs) as pairs, sum(q) as q from {CELLS} group by all)
        select 1 from sums s join sums t using (is_joined)
        where t.subgroup_var = {literal(ALL)} and (s.pairs <> t.pairs or s.q <> t.q)""",
    )
    assert not broken, "the subgroups of the pairs do not add up to their total"
