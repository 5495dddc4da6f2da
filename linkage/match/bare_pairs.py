"""Bare pairs: brought together by one field alone, with no name to tell them by.

The prior of a pair of sources is of all their open pairs, and holds where blocking makes the pairs that matter. A rule
for rare values does not: of two sources of which one has no names it makes the pairs of rare birth dates, and leaves
out those of all other days, matches and strangers alike. How many strangers there are among the pairs it did make is
not to be told from how many pairs there are, but it shows in them: how often the other fields agree, sex and ethnicity,
is a mixture of m and u. So their prior is the share of matches among themselves, before the other fields are looked at,
and the field that made them is no evidence any more:

    prior = log2(E / (n - E)) - bits of that field,   E by maximum likelihood over the n pairs, by all other bits

Writes `bare_priors` (source_no_l, source_no_r, open_sides, pairs, expected_matches), of those with `FEWEST` pairs or
more, and `bare_pairs` (record_id_l, record_id_r, prior_bits): a row for each such pair of which a side has no UPN. Two
UPNs that no rule brought together are two children, whatever the birth date.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from linkage.match.doubts import DOUBTED_EVIDENCE, DOUBTS, household_evidence_sql
from linkage.match.expected_matches import LEAST_MATCHES, expected_matches, histograms
from linkage.match.parameters import Parameters, read_parameters
from linkage.match.pool import POOL, open_sides_sql
from linkage.packs import TOPIC_OF_FIELD, ModelSpec
from linkage.sql import Connection, Step, ident, rows, run_steps, scratch_step, table_step
from linkage.tables import CANDIDATES

BARE = "bare_pairs"
BARE_PRIORS = "bare_priors"
FOUND_BARE = "found_bare"
FEWEST = 100  # pairs of two sources from which their share of matches is learnt: known to a tenth then


def make_bare_pairs(con: Connection, spec: ModelSpec, scored: str) -> dict[tuple[int, ...], float]:
    """Write `bare_priors` and `bare_pairs` of the scored candidates; returns the matches expected among them, by
    source_no_l, source_no_r and open_sides.

    Both are empty where the model has no such rule.
    """
    ways, matches = tuple(_bare_ways(spec)), dict[tuple[int, ...], float]()
    make_bare_pairs_if_none(con)
    run_steps(con, (no_bare_priors_step(), Step(BARE, f"delete from {BARE}")))
    if not ways:
        return matches
    run_steps(con, (found_bare_step(spec, read_parameters(con), ways, scored),))
    for residual, (weights, counts) in histograms(rows(con, weights_sql()), key=3).items():
        pairs = float(counts.sum())
        if pairs < FEWEST:
            continue
        matches[residual] = round(expected_matches(weights, counts, pairs, most=pairs - LEAST_MATCHES), 3)
        con.execute(f"insert into {BARE_PRIORS} values (?, ?, ?, ?, ?)", (*residual, int(pairs), matches[residual]))
    run_steps(con, (bare_pairs_step(),))
    return matches


def make_bare_pairs_if_none(con: Connection) -> None:
    """`bare_pairs`, empty, where no priors were estimated."""
    columns = "record_id_l bigint, record_id_r bigint, prior_bits double"
    run_steps(con, (Step(BARE, f"create table if not exists {BARE} ({columns})"),))


def weights_sql() -> str:
    """SQL: source_no_l, source_no_r, open_sides, bits (to a tenth) and how many of the pairs found bare weigh them."""
    return f"""
        select source_no_l, source_no_r, open_sides, round(other_bits, 1) as bits, count(*)
        from {FOUND_BARE} group by all order by all"""


def _bare_ways(spec: ModelSpec) -> Iterator[tuple[int, str]]:
    """The model's rules for rare values of one field (block_no), each with the comparison of that field."""
    for number, block in enumerate(spec.block):
        topics = {TOPIC_OF_FIELD.get(column) for side in block.sides for column in side}
        if block.most_pairs is not None and len(topics) == 1:
            yield from ((number, item.name) for item in spec.comparison if item.topics == topics)


def no_bare_priors_step() -> Step:
    """`bare_priors`, empty."""
    return Step(BARE_PRIORS, f"""create or replace table {BARE_PRIORS} (source_no_l smallint, source_no_r smallint,
        open_sides tinyint, pairs bigint, expected_matches double)""")  # fmt: skip


def found_bare_step(spec: ModelSpec, parameters: Parameters, ways: Sequence[tuple[int, str]], scored: str) -> Step:
    """`found_bare`: candidates that one field made, without a name on a side, with the bits of it and of all others.

    Twins agree on a birth date too. What that takes from the field's bits is its part of the household doubt: of the
    doubt 1 - s + s h/u over all fields, s the share of housemates, that of h/u over the field alone.
    """
    every = household_evidence_sql(spec, parameters, tuple(item.name for item in spec.comparison))
    bits = " ".join(f"when {number} then s.{ident('bits_' + name)}" for number, name in ways)
    ratios = " ".join(
        f"when {number} then {household_evidence_sql(spec, parameters, (name,))}" for number, name in ways
    )
    return scratch_step(
        FOUND_BARE,
        f"""
        with found as (
          select s.record_id_l, s.record_id_r, l.source_no as source_no_l, r.source_no as source_no_r,
            {open_sides_sql()} as open_sides, {DOUBTED_EVIDENCE} as bits, case c.block_no {bits} end as field_bits,
            coalesce(pow(2, -d.household_bits) - 1, 0) as doubt, pow(2, {every}) as ratio,
            pow(2, case c.block_no {ratios} end) as field_ratio
          from {ident(scored)} s
          join {CANDIDATES} c on c.record_id_l = s.record_id_l and c.record_id_r = s.record_id_r
          left join {DOUBTS} d on d.record_id_l = s.record_id_l and d.record_id_r = s.record_id_r
          join {POOL} l on l.record_id = s.record_id_l
          join {POOL} r on r.record_id = s.record_id_r
          where c.block_no in ({", ".join(str(number) for number, _ in ways)}) and not (l.has_upn and r.has_upn)
            and (l.forename is null or r.forename is null) and (l.surname is null or r.surname is null)),
        shared as (
          select *, coalesce(greatest(doubt / nullif(ratio - 1, 0), 0), 0) as housemates,
            field_bits - log2(1 - housemates + housemates * field_ratio) as shared_bits
          from found)
        select record_id_l, record_id_r, source_no_l, source_no_r, open_sides, shared_bits,
          bits - shared_bits as other_bits
        from shared""",
    )


def bare_pairs_step() -> Step:
    """`bare_pairs`: of the pairs found bare those whose sources have a prior of them."""
    return table_step(
        BARE,
        f"""
        select f.record_id_l, f.record_id_r,
          round(log2(q.expected_matches / (q.pairs - q.expected_matches)) - f.shared_bits, 6) as prior_bits
        from {FOUND_BARE} f
        join {BARE_PRIORS} q on q.source_no_l = f.source_no_l and q.source_no_r = f.source_no_r
          and q.open_sides = f.open_sides
        order by f.record_id_l, f.record_id_r""",
    )
