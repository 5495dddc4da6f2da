"""One scale of confidence: what a rule's link and a model's weight are worth as a probability.

Writes `rule_precision` (rule, links, estimated precision and its basis) and `source_pair_priors` (per pair of
sources: residual records on both sides, matches expected among them, prior in bits).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.match.chance_links import chance_links
from linkage.match.confidence_map import join_maps_sql, make_maps_if_none, mapped_sql
from linkage.match.households import DOUBTED_EVIDENCE, DOUBTS
from linkage.match.pool import POOL
from linkage.match.two_upns import same_child_by_rule
from linkage.packs import ModelSpec, Rule
from linkage.sql import Connection, Step, ident, rows, run_steps, table_step
from linkage.tables import CANDIDATES, CONFLICTS_OF_PASSES, LINKS_DETERMINISTIC

RULE_PRECISION = "rule_precision"
PRIORS = "source_pair_priors"
FEWEST_PAIRS = 100  # pairs below which an estimated precision says too little, and the next best basis is used
ITERATIONS = 500
EXPECTED_WEIGHT = 10.0  # how many pairs the pack's own figure of a rule's precision counts for
MOST_PRECISE = 0.999999  # no rule is certain, and log2(p / (1 - p)) has to be a number


@dataclass(frozen=True)
class RulePrecision:
    """Estimated precision (0 to 1) of a rule's links before the other fields of each pair are looked at.

    Basis `calibrated`: hidden UPNs of the rule's pairs (`linkage.match.two_upns`); `modelled`: children of one
    name and another birthday (`linkage.match.chance_links`), or how the other fields agree among its links and among
    chance pairs; `assumed`: the pack's own figure.
    """

    rule: str
    links: int
    precision: float
    basis: str


def estimate_rule_precision(con: Connection, rules: Sequence[Rule], spec: ModelSpec | None, scored: str) -> None:
    """Write `rule_precision` for every rule that linked a pair, or found one that a guard held."""
    linked = {str(rule): int(str(n)) for rule, n in rows(con, _links_by_rule_sql())}
    used = [rule for rule in rules if rule.id in linked]
    masked = same_child_by_rule(con, used, spec)
    run_steps(con, (Step(RULE_PRECISION, f"create or replace table {RULE_PRECISION} (rule varchar, links bigint, "
                                         "precision double, basis varchar)"),))  # fmt: skip
    for rule in used:
        found = _precision(con, rule, linked[rule.id], masked, spec, scored, used[: used.index(rule)])
        con.execute(
            f"insert into {RULE_PRECISION} values (?, ?, ?, ?)",
            (found.rule, found.links, min(round(found.precision, 6), MOST_PRECISE), found.basis),
        )


def _links_by_rule_sql() -> str:
    """rule, links: 0 where guards held all that the rule found. A conflict's detail begins with `RULE: `."""
    return f"""
        select rule, sum(n) from (
          select rule, count(*) as n from {LINKS_DETERMINISTIC} group by rule
          union all
          select distinct string_split(detail, ': ')[1], 0 from {CONFLICTS_OF_PASSES}
          where kind = 'agree_but_contradict')
        group by rule"""


def _precision(
    con: Connection,
    rule: Rule,
    links: int,
    masked: Mapping[str, tuple[float, int]],
    spec: ModelSpec | None,
    scored: str,
    earlier: Sequence[Rule],
) -> RulePrecision:
    same, both = masked.get(rule.id, (0, 0))
    if both >= FEWEST_PAIRS:
        return RulePrecision(rule.id, links, (same + 1) / (both + 2), "calibrated")
    by_chance = chance_links(con, rule) if links >= FEWEST_PAIRS else None
    if by_chance is not None:
        right = max(links - by_chance, 0.0)
        drawn = (right + EXPECTED_WEIGHT * rule.assumed_precision) / (links + EXPECTED_WEIGHT)
        return RulePrecision(rule.id, links, drawn, "modelled")
    if spec is not None:
        weights, counts = _other_evidence(con, rule, spec, scored, other_evidence_sql(rule, spec, earlier))
        if counts.sum() >= FEWEST_PAIRS:
            share = share_of_matches(weights, counts, expected=rule.assumed_precision)
            return RulePrecision(rule.id, links, share, "modelled")
    return RulePrecision(rule.id, links, rule.assumed_precision, "assumed")


def other_comparisons(rule: Rule, spec: ModelSpec, earlier: Sequence[Rule] = ()) -> tuple[str, ...]:
    """The comparisons that the rule does not match on.

    What an `earlier` rule matched on is left out too: the pairs that agreed there are gone, so among those that are
    left the field speaks against good and bad links alike.
    """
    used = frozenset[str]().union(*(one.topics for one in (rule, *earlier)))
    return tuple(comparison.name for comparison in spec.comparison if not comparison.topics & used)


def other_evidence_sql(rule: Rule, spec: ModelSpec, earlier: Sequence[Rule] = ()) -> str:
    """Evidence in bits of these comparisons; 0 where there are none."""
    return " + ".join(f"s.{ident('bits_' + name)}" for name in other_comparisons(rule, spec, earlier)) or "0.0"


def _other_evidence(
    con: Connection, rule: Rule, spec: ModelSpec, scored: str, evidence: str
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Histogram of the other evidence (bits, to a tenth) over the rule's links that have any."""
    found = rows(
        con,
        f"""
        select round({evidence}, 1) as bits, count(*)
        from {LINKS_DETERMINISTIC} d
        join {ident(scored)} s on s.record_id_l = d.record_id_l and s.record_id_r = d.record_id_r
        where d.rule = $rule and ({evidence}) <> 0
        group by 1 order by 1""",
        {"rule": rule.id},
    )
    table = np.array([(float(str(bits)), float(str(n))) for bits, n in found], dtype=np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def share_of_matches(
    weights_bits: npt.NDArray[np.float64], counts: npt.NDArray[np.float64], *, expected: float
) -> float:
    """The share p of matches in a mixture of matches and chance pairs, by maximum likelihood.

    Each pair's likelihood ratio is 2^w; expectation maximisation of p alone: p = mean(p 2^w / (p 2^w + 1 - p)), drawn
    to the share that was `expected` by the weight of a few pairs: where the evidence tells nothing apart, that stands.
    Kept off 1 by one pair in the number looked at.
    """
    ratio = np.exp2(np.clip(weights_bits, -60, 60))
    share, pairs = expected, float(counts.sum())
    for _ in range(ITERATIONS):
        matches = float((counts * (share * ratio / (share * ratio + 1 - share))).sum())
        share = (matches + EXPECTED_WEIGHT * expected) / (pairs + EXPECTED_WEIGHT)
    return min(share, 1 - 1 / (float(counts.sum()) + 2))


def estimate_priors(con: Connection, spec: ModelSpec, scored: str) -> None:
    """Write `source_pair_priors` for all pairs of sources that may still hold matches.

    The residual's prior is estimated for the residual: the number E of matches among its pairs solves
    E = sum over scored pairs of 1 / (1 + 2^-(w + log2(E / (N - E)))), N the number of all residual pairs. Pairs
    that blocking never made count as non-matches.
    """
    run_steps(con, (residual_sizes_step(),))
    sizes = rows(con, "select * from residual_sizes order by source_no_l, source_no_r")
    make_maps_if_none(con)
    histogram = _weights_by_source_pair(con, spec, scored)
    run_steps(con, (Step(PRIORS, f"""create or replace table {PRIORS} (source_no_l smallint, source_no_r smallint,
        residual_l bigint, residual_r bigint, expected_matches double, prior_bits double)"""),))  # fmt: skip
    for left, right, residual_l, residual_r, pairs in sizes:
        weights, counts = histogram.get((int(str(left)), int(str(right))), (np.zeros(0), np.zeros(0)))
        expected = expected_matches(weights, counts, float(str(pairs)))
        prior = float(np.log2(expected / max(float(str(pairs)) - expected, 1.0)))
        con.execute(
            f"insert into {PRIORS} values (?, ?, ?, ?, ?, ?)",
            (left, right, residual_l, residual_r, round(expected, 3), round(prior, 6)),
        )


def residual_sizes_step() -> Step:
    """`residual_sizes`: per pair of sources, records without a link into the other, and the pairs still open."""
    return table_step(
        "residual_sizes",
        f"""
        with sides as (
          select l.source_no as source_no_l, r.source_no as source_no_r,
            1::uhugeint << l.source_no::uhugeint as bit_l, 1::uhugeint << r.source_no::uhugeint as bit_r,
            l.is_unique as unique_l, r.is_unique as unique_r
          from sources l join sources r
            on l.source_no < r.source_no or l.source_no = r.source_no and l.is_within),
        sizes as (
          select s.*,
            (select count(*) from {POOL} p where p.source_no = s.source_no_l
               and (p.linked_mask & s.bit_r) = 0) as residual_l,
            (select count(*) from {POOL} p where p.source_no = s.source_no_r
               and (p.linked_mask & s.bit_l) = 0) as residual_r,
            (select count(*) from {POOL} p where p.source_no = s.source_no_l) as all_l,
            (select count(*) from {POOL} p where p.source_no = s.source_no_r) as all_r
          from sides s)
        select source_no_l, source_no_r, residual_l, residual_r,
          case when source_no_l = source_no_r then all_l * (all_l - 1) // 2
            when unique_l and unique_r then residual_l * residual_r
            when unique_l then all_l * residual_r
            when unique_r then residual_l * all_r
            else all_l * all_r - (all_l - residual_l) * (all_r - residual_r) end as pairs
        from sizes""",
    )


def _weights_by_source_pair(
    con: Connection, spec: ModelSpec, scored: str
) -> dict[tuple[int, int], tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]:
    found = rows(
        con,
        f"""
        select l.source_no, r.source_no,
          round({mapped_sql(DOUBTED_EVIDENCE)}, 1) as bits, count(*)
        from {ident(scored)} s
        left join {DOUBTS} d on d.record_id_l = s.record_id_l and d.record_id_r = s.record_id_r
        join {CANDIDATES} c on c.record_id_l = s.record_id_l and c.record_id_r = s.record_id_r
        join {POOL} l on l.record_id = s.record_id_l
        join {POOL} r on r.record_id = s.record_id_r{join_maps_sql(spec)}
        group by 1, 2, 3 order by 1, 2, 3""",
    )
    table: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for left, right, bits, n in found:
        table.setdefault((int(str(left)), int(str(right))), []).append((float(str(bits)), float(str(n))))
    return {
        key: (np.array([bits for bits, _ in values]), np.array([n for _, n in values])) for key, values in table.items()
    }


def expected_matches(weights_bits: npt.NDArray[np.float64], counts: npt.NDArray[np.float64], pairs: float) -> float:
    """The number of matches E among `pairs` pairs, by maximum likelihood; at least half a match, lest log2(0)."""
    least = 0.5
    if pairs <= 1 or counts.sum() == 0:
        return min(least, max(pairs, 1.0) / 2)
    ratio = np.exp2(np.clip(weights_bits, -60, 60))
    expected = float(counts.sum()) / 2
    for _ in range(ITERATIONS):
        odds = max(expected, least) / max(pairs - expected, 1.0)
        expected = float((counts * (odds * ratio / (1 + odds * ratio))).sum())
    return float(min(max(expected, least), pairs / 2))
