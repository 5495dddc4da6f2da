"""Households: the other way in which two records come to agree.

Fellegi and Sunter know two kinds of pairs, one person and two strangers, and weigh agreement on surname and on address
as if strangers shared them by separate accidents. Brothers and sisters share both at once. So there is a third kind:
two children of one household, with chances `h` of each level beside m and u. The weight of a pair becomes

    log2( m(g) / ((1 - s) u(g) + s h(g)) ) = log2 m(g)/u(g) - log2( 1 - s + s h(g)/u(g) ),

s the share of pairs of one household among pairs that are not one person. The second term is the household doubt: at
most 0 bits (but for 1 - s), and far below it where surname and home agree and forename and birth date do not.
A rare surname, which makes strangers unlikely, makes siblings no less likely: h does not depend on how rare a value is.

`h` of what housemates do not share by definition (forename, birth date, sex) is learnt from pairs inside a source that
share a household key (surname and postcode); of the key's own fields it is the model's figure. `s` comes from how many
such pairs there are. Siblings with known, different UPNs are known not to be one person, and count as such.

Writes `housemates` (source_no, housemates: the other children of a child's household in the source, on average); the
doubts are made in `match.doubts`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from linkage.match.parameters import Parameters
from linkage.match.patterns import Floats, Patterns, levels_step, read_patterns, seen_at_levels
from linkage.match.pool import POOL
from linkage.match.probabilistic import model_input_step
from linkage.packs import TOPIC_OF_FIELD, ModelSpec
from linkage.sql import Connection, Step, ident, run_steps, scratch_step, table_step

HOUSEMATES = "housemates"
KEYS = "household_keys"
PAIRS = "household_pairs"
# A child in England has 0.8 brothers and sisters at home of an age to be in the same returns: 1.7 dependent children a
# family (ONS, Families and households), weighted by child, less those too young or too old. Used where no source tells.
USUAL_HOUSEMATES = 0.8
LARGEST_HOUSEHOLD = 12  # records of one source under one key; more is a children's home, a hostel or a default
MOST_PAIRS = 50_000  # of one household, looked at for h
STARTING_WEIGHT = 50.0  # how many pairs the model's own h count for
SMALLEST = 1e-5  # floor of h
# A source that holds children twice shows pairs of one child under every household key, and where the name of one
# changed they look like twins. Twins are no more than three times as common anywhere as the model's figure says.
MOST_TIMES = 3.0
USUAL_WEIGHT = 50.0  # how many records of a source the usual number counts for
KNOWN_SOURCE = 0.5  # share of a source's records that must hold a key for it to tell the number of housemates


def learn_households(con: Connection, spec: ModelSpec, parameters: Parameters) -> Parameters:
    """The parameters with h as learnt, and the table `housemates`. Unchanged where the model knows no households."""
    if not spec.model.household:
        return parameters
    run_steps(con, (keys_step(spec), pairs_step(), model_input_step(spec)))
    run_steps(con, (levels_step(spec, parameters, pairs=PAIRS, into="household_levels"),))
    patterns = read_patterns(con, "household_levels", _learnable(spec, parameters))
    learnt, share = _told_apart(patterns, spec, parameters)
    run_steps(con, (housemates_step(share * _shares_key(spec, parameters)),))
    return learnt


def keys_step(spec: ModelSpec) -> Step:
    """`household_keys` (record_id, source_no, household): hashes of the first key that a record holds all of."""
    known = [" and ".join(f"p.{ident(column)} is not null" for column in key) for key in spec.model.household]
    hashes = [
        f"when {test} then hash({number}, {', '.join(f'p.{ident(column)}' for column in key)})"
        for number, (test, key) in enumerate(zip(known, spec.model.household, strict=True))
    ]
    return scratch_step(
        KEYS,
        f"""
        with keyed as (select p.record_id, p.source_no, case {" ".join(hashes)} end as household from {POOL} p)
        select record_id, source_no, household,
          count(*) over (partition by source_no, household) as size
        from keyed where household is not null""",
    )


def pairs_step() -> Step:
    """`household_pairs`: pairs of records of one source under one key; whole keys are sampled."""
    return scratch_step(
        PAIRS,
        f"""
        with size as (
          select greatest(1, sum(size - 1) / 2 / {MOST_PAIRS})::ubigint as one_in
          from {KEYS} where size between 2 and {LARGEST_HOUSEHOLD})
        select l.record_id as record_id_l, r.record_id as record_id_r
        from {KEYS} l
        join {KEYS} r on r.household = l.household and r.source_no = l.source_no and l.record_id < r.record_id
        where l.size <= {LARGEST_HOUSEHOLD} and l.household % (select one_in from size) = 0""",
    )


def _learnable(spec: ModelSpec, parameters: Parameters) -> tuple[str, ...]:
    """The comparisons that have an h and are not about a field of a key."""
    shared = {TOPIC_OF_FIELD[column] for key in spec.model.household for column in key}
    with_h = {level.comparison for level in parameters if level.h is not None}
    return tuple(item.name for item in spec.comparison if item.name in with_h and not item.topics & shared)


def _told_apart(patterns: Patterns, spec: ModelSpec, parameters: Parameters) -> tuple[Parameters, float]:
    """h of every level, and the share of pairs under a key that are two children.

    What one comparison says of two children is seen among pairs that another shows to be two: h of birth dates where
    forenames differ, of all else where birth dates do (the model's `apart`). A few pairs of one person are among
    those, m(differs) / m(same) of the pairs at the other end; they are taken away again. Of pairs with UPNs it is known
    which they are, and nothing is taken away for them.
    """
    learnt = dict[str, dict[int, float]]()
    for name in patterns.comparisons:
        pivot = next((other for other in spec.model.apart if other != name and other in patterns.comparisons), None)
        if pivot is None:
            continue
        weights = _weights_of_two(patterns, parameters, pivot)
        seen = seen_at_levels(Patterns((name,), patterns.levels[:, [patterns.comparisons.index(name)]],
                                       patterns.same, patterns.counts), weights)  # fmt: skip
        learnt[name] = {level: max(at_level, 0.0) for (_, level), (at_level, _) in seen.items()}
    found = _with_h(parameters, learnt)
    for pivot in (name for name in spec.model.apart if name in patterns.comparisons):
        known = patterns.levels[:, patterns.comparisons.index(pivot)] >= 0
        if known.any():
            last = max((level for level in found if level.comparison == pivot), key=lambda level: level.level_no)
            two = float(_weights_of_two(patterns, parameters, pivot)[known].sum()) / (last.h or 1.0)
            return found, min(1.0, max(0.0, two / float(patterns.counts[known].sum())))
    return found, 1.0


def _weights_of_two(patterns: Patterns, parameters: Parameters, pivot: str) -> Floats:
    """Pairs at the pivot's last level, less those of one person to be expected there, by pattern."""
    levels = [level for level in parameters if level.comparison == pivot and level.m_basis != "fixed"]
    last, top = levels[-1], max(levels, key=lambda level: level.m)
    at = patterns.levels[:, patterns.comparisons.index(pivot)]
    weights = np.where(at == last.level_no, patterns.counts, 0.0)
    weights -= np.where(at == top.level_no, patterns.counts * last.m / top.m, 0.0)
    weights = np.where(patterns.same == 0, np.where(at == last.level_no, patterns.counts, 0.0), weights)
    return np.where(patterns.same == 1, 0.0, weights)


def _with_h(parameters: Parameters, seen: Mapping[str, Mapping[int, float]]) -> Parameters:
    """h as seen, drawn to the model's own figures by the weight of a few pairs; of every comparison it sums to one.

    `seen` are pairs by comparison and level. A level that the model fixes is as it is: it is of other pairs.
    """
    found = list(parameters)
    for name, counts in seen.items():
        own = [n for n, level in enumerate(parameters) if level.comparison == name and level.m_basis != "fixed"]
        pairs = sum(counts.get(parameters[n].level_no, 0.0) for n in own)
        if pairs == 0:
            continue
        drawn = {
            n: (counts.get(parameters[n].level_no, 0.0) + STARTING_WEIGHT * (parameters[n].h or 0.0))
            / (pairs + STARTING_WEIGHT)
            for n in own
        }
        most = {n: MOST_TIMES * (parameters[n].h or 0.0) for n in own}
        for n, h in _summing_to_one({n: max(h, SMALLEST) for n, h in drawn.items()}, most).items():
            found[n] = replace(parameters[n], h=h, h_basis="households")
    return tuple(found)


def _summing_to_one(drawn: Mapping[int, float], most: Mapping[int, float]) -> dict[int, float]:
    """The chances, none above its most; what is cut off goes to the others in proportion."""
    capped: dict[int, float] = {}
    free = dict(drawn)
    while True:
        scale = (1 - sum(capped.values())) / sum(free.values())
        over = {n: most[n] for n, h in free.items() if h * scale > most[n]}
        if not over or len(over) == len(free):
            return capped | {n: h * scale for n, h in free.items()}
        capped |= over
        free = {n: h for n, h in free.items() if n not in over}


def _shares_key(spec: ModelSpec, parameters: Parameters) -> float:
    """How many households there are for each pair seen under a key: not all housemates share surname and home."""
    key = spec.model.household[0]
    topics = {TOPIC_OF_FIELD[column] for column in key}
    tops = [
        max(level.h or 1.0 for level in parameters if level.comparison == item.name and level.m_basis != "fixed")
        for item in spec.comparison
        if item.name in topics
    ]
    return 1 / math.prod(tops)


def housemates_step(share: float) -> Step:
    """`housemates`: per source that tells, the mean number of others of a record's household there.

    `share` (0 up) turns pairs under a key into pairs of one household. Drawn to the usual number: ten records without
    a brother or sister among them say little.
    """
    return table_step(
        HOUSEMATES,
        f"""
        with told as (
          select source_no, count(*) as n, coalesce(sum(size - 1) filter (size <= {LARGEST_HOUSEHOLD}), 0) as others
          from {KEYS} group by source_no),
        sizes as (select source_no, count(*) as records from {POOL} group by source_no)
        select source_no,
          round((t.others * {share!r} + {USUAL_WEIGHT * USUAL_HOUSEMATES}) / (t.n + {USUAL_WEIGHT}), 6) as housemates
        from told t join sizes s using (source_no)
        where t.n >= {KNOWN_SOURCE} * s.records""",
    )
