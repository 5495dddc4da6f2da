"""m without labels: pairs under a blocking key are one person, two of a household, or two strangers.

Expectation maximisation of the shares of the three kinds, key by key, and of m, one for all keys. u is known from
random pairs and h from households, which leaves little to guess: EM of two kinds alone takes households for persons.
Under a key the fields that it is made of agree by decree, so they are learnt under the others. What UPNs say of a
pair is taken as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from linkage.match.parameters import LevelParameters, Parameters
from linkage.match.patterns import Floats, Patterns, levels_step, likelihood, read_patterns, seen_at_levels
from linkage.match.pool import POOL, RECORD_UPNS, sides_sql
from linkage.match.probabilistic import model_input_step
from linkage.packs import Comparison, ModelSpec
from linkage.sql import Connection, Step, ident, rows, run_steps, scratch_step

MOST_PAIRS = 100_000  # looked at under one key
# How many pairs the model's own m count for: at the least, and as a share of the pairs of one person. A name that
# changed and a brother of the same sex can be the same pattern, and pairs by the thousand do not tell which it is.
STARTING_WEIGHT, STARTING_SHARE = 50.0, 0.1
ITERATIONS = 500
SETTLED = 1e-6  # largest change of a share at which the estimate has settled
HELD = 0.01  # a column that fewer of the records hold makes no key
FEWEST_MATCHES = 20.0  # pairs of one person under all keys together, from which m is learnt at all


@dataclass(frozen=True)
class Mixture:
    """m by comparison and level, of the levels that were seen; pairs of one person it rests on, all keys together; what
    share (0 to 1) of all pairs of records is one person's at the least, by the key that shows most; what went wrong."""

    m: dict[tuple[str, int], float]
    matches: float
    least_share: float
    troubles: tuple[str, ...]


def estimate_m(con: Connection, spec: ModelSpec, parameters: Parameters, *, without_upn: bool = False) -> Mixture:
    """m of every comparison that some key of the model's `em_blocking` leaves free.

    `without_upn`: only from pairs of which a side has no valid UPN.
    """
    run_steps(con, (model_input_step(spec),))
    seen, troubles, all_pairs = [], [], []
    for columns in keys_held(con, spec):
        run_steps(
            con,
            (
                pairs_step(columns, without_upn=without_upn),
                levels_step(spec, parameters, pairs="em_pairs", into="em_levels"),
            ),
        )
        names = tuple(item.name for item in spec.comparison if is_free(item, columns))
        patterns = read_patterns(con, "em_levels", names)
        if patterns.pairs == 0:
            troubles.append(f"em_no_pairs: under {' and '.join(columns)}")
        elif names:
            seen.append(patterns)
            all_pairs.append(pairs_that_hold(con, columns))
    learnt, by_key, has_settled = maximised(seen, parameters)
    matches = sum(by_key)
    if seen and not has_settled:
        troubles.append("em_stopped_at_limit: after the last of its rounds it still moved")
    if matches < FEWEST_MATCHES:
        return Mixture({}, matches, 0.0, (*troubles, *(["em_no_matches: too few pairs of one person"] if seen else [])))
    least_share = max(found / pairs for found, pairs in zip(by_key, all_pairs, strict=True))
    return Mixture(learnt, matches, least_share, tuple(troubles))


def keys_held(con: Connection, spec: ModelSpec) -> tuple[tuple[str, ...], ...]:
    """The model's keys without the columns that next to no record holds; a key without its first column is none."""
    wanted = tuple(dict.fromkeys(column for key in spec.model.em_blocking for column in key))
    if not wanted:
        return ()
    counted = ", ".join(f"count({ident(column)}) >= {HELD} * count(*)" for column in wanted)
    held = dict(zip(wanted, rows(con, f"select {counted} from {POOL}")[0], strict=True))
    return tuple(dict.fromkeys(
        tuple(column for column in key if held[column]) for key in spec.model.em_blocking if held[key[0]]
    ))  # fmt: skip


def is_free(comparison: Comparison, columns: Sequence[str]) -> bool:
    """Can a key of these columns teach the comparison? Not where it looks at one of them."""
    return not set(columns) & set(comparison.columns)


def pairs_that_hold(con: Connection, columns: Sequence[str]) -> float:
    """How many pairs of records there are, of any sources, that both hold all columns; at least one."""
    known = " and ".join(f"{ident(column)} is not null" for column in columns)
    n = float(str(rows(con, f"select count(*) from {POOL} where {known}")[0][0]))
    return max(1.0, n * (n - 1) / 2)


def pairs_step(columns: Sequence[str], *, without_upn: bool = False) -> Step:
    """`em_pairs`: pairs that a run would link, under one key, of its rarest values first.

    Among the holders of a rare name most pairs are one person; among those of a common one hardly any, and what is
    learnt there is of strangers.
    """
    key = ", ".join(f"p.{ident(column)}" for column in columns)
    known = " and ".join(f"p.{ident(column)} is not null" for column in columns)
    told = f"exists (select 1 from {RECORD_UPNS} u where u.record_id = p.record_id)" if without_upn else "false"
    return scratch_step(
        "em_pairs",
        f"""
        with keyed as (select p.record_id, hash({key}) as block, {told} as is_told from {POOL} p where {known}),
        sizes as (
          select block, count(*) as n, count(*) filter (is_told) as told
          from keyed group by block having count(*) > greatest(1, count(*) filter (is_told))),
        counted as (
          select block, sum((n * (n - 1) - told * (told - 1)) / 2)
              over (order by n, block rows unbounded preceding) as pairs
          from sizes),
        chosen as (select k.* from keyed k join counted using (block) where pairs <= {MOST_PAIRS})
        select l.record_id as record_id_l, r.record_id as record_id_r
        from chosen a join chosen b on b.block = a.block and a.record_id <> b.record_id
          and not (a.is_told and b.is_told)
        join {POOL} l on l.record_id = a.record_id
        join {POOL} r on r.record_id = b.record_id
        where {sides_sql()}""",
    )


def maximised(
    seen: Sequence[Patterns], start: Parameters
) -> tuple[dict[tuple[str, int], float], tuple[float, ...], bool]:
    """m of the levels, the pairs of one person among the patterns of each key, and whether the estimate settled."""
    strangers = [likelihood(patterns, start, "u") for patterns in seen]
    households = [likelihood(patterns, start, "h") for patterns in seen]
    shares = [np.array([0.2, 0.2, 0.6]) for _ in seen]
    parameters, weights, has_settled = start, [np.zeros(0) for _ in seen], False
    for _ in range(ITERATIONS):
        moved = 0.0
        for number, patterns in enumerate(seen):
            chances = np.stack([likelihood(patterns, parameters, "m"), households[number], strangers[number]])
            of_each = _responsibilities(patterns, chances * shares[number][:, None])
            weights[number] = of_each[0] * patterns.counts
            share = (of_each * patterns.counts).sum(axis=1) / patterns.pairs
            moved = max(moved, float(np.abs(share - shares[number]).max()))
            shares[number] = np.clip(share, 1e-9, 1.0)
        parameters = _with_m(seen, weights, start)
        if moved < SETTLED:
            has_settled = True
            break
    found = {(level.comparison, level.level_no): level.m for level in parameters if level.m_basis == "em"}
    return found, tuple(float(weight.sum()) for weight in weights), has_settled


def _responsibilities(patterns: Patterns, joint: Floats) -> Floats:
    """The chance of each kind given the pattern; a known pair is of one person, or is not."""
    joint = joint.copy()
    joint[0][patterns.same == 0] = 0.0
    of_each: Floats = joint / np.maximum(joint.sum(axis=0), 1e-300)
    of_each[:, patterns.same == 1] = np.array([[1.0], [0.0], [0.0]])
    return of_each


def _with_m(seen: Sequence[Patterns], weights: Sequence[Floats], start: Parameters) -> Parameters:
    """m over all keys, drawn to the model's own figures by the weight of a few pairs."""
    sums: dict[tuple[str, int], float] = {}
    totals: dict[str, float] = {}
    for patterns, weight in zip(seen, weights, strict=True):
        known: dict[str, float] = {}
        for (name, level_no), (at_level, all_known) in seen_at_levels(patterns, weight).items():
            sums[name, level_no] = sums.get((name, level_no), 0.0) + at_level
            known[name] = all_known
        for name, n in known.items():
            totals[name] = totals.get(name, 0.0) + n

    def learnt(level: LevelParameters) -> LevelParameters:
        if level.comparison not in totals or level.m_basis == "fixed":
            return level
        seen_here, total = sums.get((level.comparison, level.level_no), 0.0), totals[level.comparison]
        weight = max(STARTING_WEIGHT, STARTING_SHARE * total)
        return replace(level, m=(seen_here + weight * level.m) / (total + weight), m_basis="em")

    return tuple(learnt(level) for level in start)
