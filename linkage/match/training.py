"""Training: m from what the identifiers found, u from whole tables, and what each rests on.

The deterministic links of identifier rules are labels for m: free, many, and cleaner than the residual, which is
said beside them. Links of rules on names are no labels: names agree there by decree. Where there are too few
labels, m comes from expectation maximisation. Nothing falls back in silence: each level says its basis, and each
doubt is a finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from linkage.match.frequencies import make_frequencies
from linkage.match.households import learn_households
from linkage.match.mixture import estimate_m
from linkage.match.parameters import (
    LevelParameters,
    Parameters,
    Seen,
    rounded,
    save_parameters,
    save_sampled_u,
    starting_parameters,
)
from linkage.match.pool import POOL
from linkage.match.probabilistic import estimate_m_from_links, estimate_u
from linkage.packs import ModelSpec, Rule
from linkage.sql import Connection, count, literal, run_steps, table_step
from linkage.tables import CANDIDATES, LINKS_DETERMINISTIC

LABELS = "training_labels"
FIXED = "fixed"  # basis of a level that the model fixes
FEWEST_LABELS = 500  # below this, a level seen by one pair in a hundred would rest on five pairs
MOST_LABELS = 100_000  # more labels change no third digit of m
SMALLEST_SHARE = 0.02  # a pair of sources with fewer of the candidates than this does not limit the sample
STARTING_WEIGHT = 20.0  # how many labels the model's own values count for: a level never seen is rare, not impossible
NOTHING_BITS = 0.05  # a weight that is wrong by less moves no decision
SMALLEST = 1e-6  # floor of m and u: no single field may be proof or veto


@dataclass(frozen=True)
class Trained:
    """The parameters a run scores with, how many labels they rest on, and what was doubtful (codes and levels)."""

    parameters: Parameters
    labels: int
    doubts: tuple[str, ...]


def train(
    con: Connection, spec: ModelSpec, rules: Sequence[Rule], *, seed: int, sampled: Seen | None = None
) -> Trained:
    """Train the model on the run's own records, and write `model_parameters` and `sampled_u`.

    `sampled` is u as random pairs showed it, where it is known already: a rerun on some of the records takes it over.
    """
    make_frequencies(con, spec)
    run_steps(con, (table_step(LABELS, labels_sql(rules)),))
    labels = count(con, LABELS)
    start = starting_parameters(spec)
    sampled = estimate_u(con, spec, seed=seed) if sampled is None else sampled
    save_sampled_u(con, sampled)
    with_u = _with_u(start, sampled, 0.0)
    troubles: tuple[str, ...] = ()
    tainted = matches_among_random_pairs(con)
    if labels >= FEWEST_LABELS:
        with_m = _with_m(with_u, estimate_m_from_links(con, spec, LABELS), "labels", labels)
    else:
        mixture = estimate_m(con, spec, with_u)
        troubles = mixture.troubles
        tainted = max(tainted, mixture.least_share)
        with_m = _with_m(with_u, mixture.m, "em", FEWEST_LABELS)
    trained = _normalised(_with_u(with_m, sampled, tainted))
    parameters = rounded(learn_households(con, spec, trained))
    save_parameters(con, parameters)
    return Trained(parameters, labels, (*troubles, *_doubts(parameters)))


def labels_sql(rules: Sequence[Rule]) -> str:
    """Pairs that an identifier rule linked, sampled so that pairs of sources stand as they do among the candidates.

    Two school censuses copy each other's names; a spreadsheet copies no one's. m has to be right for the pairs that
    are to be scored, so each pair of sources gives labels in proportion to its candidates (share_k), as many as the
    scarcest of them allows: M = min n_k / share_k. Where that leaves too few, all labels are taken as they come.
    """
    trusted = ", ".join(literal(rule.id) for rule in rules if rule.identifiers) or "''"
    return f"""
        with trusted as (
          select d.record_id_l, d.record_id_r, l.source_no as source_no_l, r.source_no as source_no_r
          from {LINKS_DETERMINISTIC} d
          join {POOL} l on l.record_id = d.record_id_l
          join {POOL} r on r.record_id = d.record_id_r
          where d.rule in ({trusted})),
        wanted as (
          select l.source_no as source_no_l, r.source_no as source_no_r,
            count(*) / sum(count(*)) over () as share
          from {CANDIDATES} c
          join {POOL} l on l.record_id = c.record_id_l
          join {POOL} r on r.record_id = c.record_id_r
          group by all),
        there as (
          select source_no_l, source_no_r, count(*) as n from trusted group by all),
        strata as (
          select t.source_no_l, t.source_no_r, t.n, coalesce(w.share, 0) as share
          from there t left join wanted w using (source_no_l, source_no_r)),
        size as (
          select least(coalesce(min(n / share) filter (share >= {SMALLEST_SHARE}), 0), {MOST_LABELS}) as balanced,
            sum(n) as every from strata),
        rates as (
          select s.source_no_l, s.source_no_r,
            case when size.balanced >= {FEWEST_LABELS} then size.balanced * s.share / s.n
              else {MOST_LABELS} / size.every end as rate
          from strata s, size)
        select t.record_id_l, t.record_id_r
        from trusted t join rates r using (source_no_l, source_no_r)
        where hash(t.record_id_l, t.record_id_r) % 1000000 < r.rate * 1000000"""


def matches_among_random_pairs(con: Connection) -> float:
    """Share (0 to 1) of all pairs of records that are known links: what a random sample for u is tainted with."""
    records, links = count(con, POOL), count(con, LINKS_DETERMINISTIC)
    return links / max(1.0, records * (records - 1) / 2)


def _with_u(parameters: Parameters, found: dict[tuple[str, int], float], tainted: float) -> Parameters:
    """u as sampled, less the true matches in the sample: u = (observed - p m) / (1 - p)."""

    def learnt(level: LevelParameters) -> LevelParameters:
        observed = found.get((level.comparison, level.level_no))
        if observed is None or level.u_basis == FIXED:
            return level
        clean = (observed - tainted * level.m) / (1 - tainted)
        return replace(level, u=max(clean, observed / 10, SMALLEST), u_basis="sample")

    return tuple(learnt(level) for level in parameters)


def _with_m(parameters: Parameters, found: dict[tuple[str, int], float], basis: str, pairs: int) -> Parameters:
    """m as found, drawn to the model's own value by the weight of a few pairs.

    A comparison of which nothing was found keeps the model's values: no pair held the field on both sides.
    """
    seen = {comparison for comparison, _ in found}
    weight = STARTING_WEIGHT / (pairs + STARTING_WEIGHT)

    def learnt(level: LevelParameters) -> LevelParameters:
        if level.comparison not in seen or level.m_basis == FIXED:
            return level
        m = found.get((level.comparison, level.level_no), 0.0) * (1 - weight) + level.m * weight
        return replace(level, m=max(m, SMALLEST), m_basis=basis)

    return tuple(learnt(level) for level in parameters)


def _normalised(parameters: Parameters) -> Parameters:
    """m and u of every comparison sum to one again, over the levels that are trained together."""
    m_sum: dict[str, float] = {}
    u_sum: dict[str, float] = {}
    for level in parameters:
        if level.m_basis == FIXED:
            continue
        m_sum[level.comparison] = m_sum.get(level.comparison, 0.0) + level.m
        u_sum[level.comparison] = u_sum.get(level.comparison, 0.0) + level.u
    return tuple(
        level
        if level.m_basis == FIXED
        else replace(level, m=level.m / m_sum[level.comparison], u=level.u / u_sum[level.comparison])
        for level in parameters
    )


def _doubts(parameters: Parameters) -> tuple[str, ...]:
    """Levels that rest on no data although their comparison does, and weights that point the wrong way."""
    learnt = {level.comparison for level in parameters if level.m_basis in ("labels", "em")}
    doubts = [
        f"level_never_seen: {level.comparison}, {level.label}"
        for level in parameters
        if level.comparison in learnt and "assumed" in (level.m_basis, level.u_basis)
    ]
    doubts += [f"comparison_not_trained: {name}" for name in dict.fromkeys(
        level.comparison for level in parameters if level.comparison not in learnt)]  # fmt: skip
    last = {level.comparison: level.level_no for level in parameters}
    doubts += [
        f"weight_points_the_wrong_way: {level.comparison}, {level.label}"
        for level in parameters
        if (level.level_no == 0 and level.bits < -NOTHING_BITS)
        or (level.level_no == last[level.comparison] and level.bits > NOTHING_BITS)
    ]
    return tuple(doubts)
