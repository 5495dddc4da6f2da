"""What a rule's link is worth as a probability, before the other fields of the pair are looked at.

Writes `rule_precision` (rule, links, estimated precision and its basis, and how many false links that rests on).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.match.chance_links import OTHER_DAYS, chance_links
from linkage.match.two_upns import same_child_by_rule
from linkage.packs import ModelSpec, Rule
from linkage.sql import Connection, Step, ident, rows, run_steps
from linkage.tables import CONFLICTS_OF_PASSES, LINKS_DETERMINISTIC

RULE_PRECISION = "rule_precision"
FEWEST_PAIRS = 100  # pairs below which an estimated precision says too little, and the next best basis is used
ITERATIONS = 500
EXPECTED_WEIGHT = 10.0  # how many pairs the pack's own figure of a rule's precision counts for
MOST_PRECISE = 0.999999  # no rule is certain, and log2(p / (1 - p)) has to be a number


@dataclass(frozen=True)
class RulePrecision:
    """Estimated precision (0 to 1) of a rule's links before the other fields of each pair are looked at.

    Basis `calibrated`: hidden UPNs of the rule's pairs (`linkage.match.two_upns`); `modelled`: children of one
    name and another birthday (`linkage.match.chance_links`), or how the other fields agree among its links and among
    chance pairs; `assumed`: the pack's own figure. `false_weight`: how many false links the figure rests on, those that
    were assumed among them. It is the first parameter of the Beta law of the share that is false: how unsure the figure
    is.
    """

    rule: str
    links: int
    precision: float
    basis: str
    false_weight: float


def estimate_rule_precision(con: Connection, rules: Sequence[Rule], spec: ModelSpec | None, scored: str) -> None:
    """Write `rule_precision` for every rule that linked a pair, or found one that a guard held."""
    linked = {str(rule): int(str(n)) for rule, n in rows(con, _links_by_rule_sql())}
    used = [rule for rule in rules if rule.id in linked]
    masked = same_child_by_rule(con, used, spec)
    run_steps(con, (Step(RULE_PRECISION, f"create or replace table {RULE_PRECISION} (rule varchar, links bigint, "
                                         "precision double, basis varchar, false_weight double)"),))  # fmt: skip
    for rule in used:
        found = _precision(con, rule, linked[rule.id], masked, spec, scored, used[: used.index(rule)])
        con.execute(
            f"insert into {RULE_PRECISION} values (?, ?, ?, ?, ?)",
            (rule.id, found.links, min(round(found.precision, 6), MOST_PRECISE), found.basis, found.false_weight),
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
        return RulePrecision(rule.id, links, (same + 1) / (both + 2), "calibrated", both - same + 1)
    prior_false = EXPECTED_WEIGHT * (1 - rule.assumed_precision)
    by_chance = chance_links(con, rule) if links >= FEWEST_PAIRS else None
    if by_chance is not None:
        right = max(links - by_chance, 0.0)
        drawn = (right + EXPECTED_WEIGHT * rule.assumed_precision) / (links + EXPECTED_WEIGHT)
        return RulePrecision(rule.id, links, drawn, "modelled", by_chance * OTHER_DAYS + prior_false)
    if spec is not None:
        weights, counts = _other_evidence(con, rule, spec, scored, other_evidence_sql(rule, spec, earlier))
        if counts.sum() >= FEWEST_PAIRS:
            share = share_of_matches(weights, counts, expected=rule.assumed_precision)
            weight = (1 - share) * (float(counts.sum()) + EXPECTED_WEIGHT)
            return RulePrecision(rule.id, links, share, "modelled", weight)
    return RulePrecision(rule.id, links, rule.assumed_precision, "assumed", prior_false)


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
