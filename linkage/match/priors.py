"""Priors: how likely a pair of two sources is one person before its evidence is looked at.

A prior is that of the pairs that are still open, and of what the links of rules leave open: where a record has its
link into a source, most of its further pairs there are of two persons, and where neither record of a pair has one, many
are of one. So a pair of sources has two priors, by how many of the two records have no such link (`open_sides`).

And two UPNs that no rule brought together are as good as two children: the matches still open are among the pairs of
which a side lacks a UPN. So each prior is told twice, of all pairs and of these (`without_upns_bits`).

Writes `source_pair_priors` (source_no_l, source_no_r, open_sides, pairs still open, matches expected among them, prior
in bits, and that of the pairs without UPNs on both sides).
"""

from __future__ import annotations

import numpy as np

from linkage.match.bare_pairs import BARE, make_bare_pairs
from linkage.match.confidence_map import join_maps_sql, make_maps_if_none, mapped_sql
from linkage.match.doubts import DOUBTED_EVIDENCE, DOUBTS
from linkage.match.expected_matches import Floats, expected_matches, histograms, numbers, prior_bits
from linkage.match.pool import POOL, open_sides_sql, source_bit_sql
from linkage.packs import ModelSpec
from linkage.sql import Connection, Step, ident, rows, run_steps, table_step
from linkage.tables import CANDIDATES

PRIORS = "source_pair_priors"
IS_BARE = "bare.record_id_l is not null"  # SQL: of a pair that `join_priors_sql` joins
BOTH_OPEN = 2  # the open sides of a pair of records without any link


def estimate_priors(con: Connection, spec: ModelSpec, scored: str) -> None:
    """Write `source_pair_priors` for all pairs of sources that may still hold matches.

    The number E of matches among the N open pairs of two sources and one number of open sides solves
    E = sum over scored pairs of 1 / (1 + 2^-(w + log2(E / (N - E)))). Pairs that blocking never made count as
    non-matches. The same of those without UPNs on both sides alone. Bare pairs have a prior of their own; the matches
    among them are matches of their sources.
    """
    make_maps_if_none(con)
    bare = make_bare_pairs(con, spec, scored)
    histogram = _weights_by_residual(con, spec, scored)
    run_steps(con, (residual_sizes_step(), priors_step()))
    for *residual_of, pairs, without in rows(con, "select * from residual_sizes order by all"):
        residual = numbers(residual_of)
        weights, counts, free = histogram.get(residual, (np.zeros(0),) * 3)
        others = bare.get(residual, 0.0)
        expected, prior = _prior(weights, counts, float(str(pairs)), others)
        _, prior_without = _prior(weights, free, float(str(without)), others) if without else (0.0, prior)
        con.execute(
            f"insert into {PRIORS} values (?, ?, ?, ?, ?, ?, ?)",
            (*residual, pairs, round(expected, 3), round(prior, 6), round(prior_without, 6)),
        )


def _prior(weights: Floats, counts: Floats, pairs: float, others: float) -> tuple[float, float]:
    """Matches expected among so many pairs, and the prior in bits."""
    expected = expected_matches(weights, counts, pairs, others=others)
    return expected, prior_bits(expected, pairs)


def priors_step() -> Step:
    """`source_pair_priors`, empty."""
    return Step(
        PRIORS,
        f"""create or replace table {PRIORS} (source_no_l smallint, source_no_r smallint, open_sides tinyint,
        pairs bigint, expected_matches double, prior_bits double, without_upns_bits double)""",
    )


def join_priors_sql(open_sides: str) -> str:
    """The joins of the prior, as q and bare, of the records l and r."""
    return f"""
        left join {BARE} bare on bare.record_id_l = l.record_id and bare.record_id_r = r.record_id
        join {PRIORS} q on q.source_no_l = l.source_no and q.source_no_r = r.source_no
          and q.open_sides = {open_sides}"""


def prior_sql(has_upns: str = "(l.has_upn and r.has_upn)") -> str:
    """SQL: the prior in bits of a pair, from what `join_priors_sql` joins and whether both records hold a UPN."""
    return f"coalesce(bare.prior_bits, case when {has_upns} then q.prior_bits else q.without_upns_bits end)"


def residual_sizes_step() -> Step:
    """`residual_sizes` (source_no_l, source_no_r, open_sides, pairs, without_upns: those of them without UPNs on both
    sides): how many pairs are open, by `open_sides`."""
    return table_step("residual_sizes", open_pairs_sql(f"select *, false as is_held from {POOL}"))


def open_pairs_sql(records: str, *, held_only: bool = False) -> str:
    """SQL: source_no_l, source_no_r, open_sides, pairs, without_upns of some records of the pool: open to the model.

    A link of a rule closes a pair where both have one, and where one has it in a source that holds a person once.
    `held_only`: pairs of which a side at least `is_held`, a column of `records`.
    """
    held = "and (l.is_held or r.is_held)" if held_only else ""
    same = "l.is_open = r.is_open and l.is_held = r.is_held and l.has_upn = r.has_upn"
    pairs = f"case when l.source_no < r.source_no then l.n * r.n else l.n * r.n - if({same}, l.n, 0) end"
    return f"""
        with masked as (
          select p.source_no, p.is_held, p.has_upn, p.linked_mask, count(*) as n from ({records}) p group by all),
        kinds as (
          select m.source_no, s.source_no as other_no, m.is_held, m.has_upn,
            (m.linked_mask & {source_bit_sql("s.source_no")}) = 0 as is_open, sum(m.n) as n
          from masked m join sources s on true group by all)
        select l.source_no as source_no_l, r.source_no as source_no_r,
          (l.is_open::tinyint + r.is_open::tinyint) as open_sides,
          (sum({pairs}) // if(l.source_no < r.source_no, 1, 2))::bigint as pairs,
          (coalesce(sum({pairs}) filter (not (l.has_upn and r.has_upn)), 0)
            // if(l.source_no < r.source_no, 1, 2))::bigint as without_upns
        from kinds l
        join kinds r on r.source_no = l.other_no and r.other_no = l.source_no
        join sources sl on sl.source_no = l.source_no
        join sources sr on sr.source_no = r.source_no
        where (l.source_no < r.source_no or l.source_no = r.source_no and sl.is_within)
          and (l.is_open or r.is_open and not sr.is_unique) and (r.is_open or not sl.is_unique) {held}
        group by l.source_no, r.source_no, open_sides"""


def _weights_by_residual(con: Connection, spec: ModelSpec, scored: str) -> dict[tuple[int, ...], tuple[Floats, ...]]:
    """Histograms of evidence of the scored candidates, by pair of sources and open sides: bits (to a tenth), pairs, and
    those of them without UPNs on both sides."""
    found = rows(
        con,
        f"""
        select l.source_no, r.source_no, {open_sides_sql()} as open_sides,
          round({mapped_sql(DOUBTED_EVIDENCE)}, 1) as bits, count(*),
          count(*) filter (not (l.has_upn and r.has_upn))
        from {ident(scored)} s
        left join {DOUBTS} d on d.record_id_l = s.record_id_l and d.record_id_r = s.record_id_r
        join {CANDIDATES} c on c.record_id_l = s.record_id_l and c.record_id_r = s.record_id_r
        join {POOL} l on l.record_id = s.record_id_l
        join {POOL} r on r.record_id = s.record_id_r{join_maps_sql(spec)}
        anti join {BARE} bare on bare.record_id_l = s.record_id_l and bare.record_id_r = s.record_id_r
        group by all order by all""",
    )
    return histograms(found, key=3)
