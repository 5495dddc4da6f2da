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

Writes `housemates` (source_no, housemates: the other children of a child's household in the source, on average) and
`household_doubts` (record_id_l, record_id_r, household_bits), with a row where the doubt is under -0.001 bits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from linkage.match.namesakes import NAMESAKES
from linkage.match.patterns import Floats, Patterns, levels_step, read_patterns, seen_at_levels
from linkage.match.pool import POOL
from linkage.match.probabilistic import WEIGHT_DECIMALS, LevelParameters, Parameters, model_input_step
from linkage.packs import TOPIC_OF_FIELD, ModelSpec
from linkage.sql import Connection, Step, has_table, ident, run_steps, scratch_step, table_step
from linkage.tables import CANDIDATES

HOUSEMATES = "housemates"
DOUBTS = "household_doubts"
# SQL: evidence in bits of a scored pair `s`, less its household doubt `d` (left joined).
DOUBTED_EVIDENCE = "(s.evidence_bits + coalesce(d.household_bits + d.namesake_bits, 0))"
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
LEAST_DOUBT_BITS = -0.001


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


def doubts_step(con: Connection, spec: ModelSpec, parameters: Parameters, scored: str) -> Step:
    """`household_doubts` of the candidates among scored pairs."""
    return table_step(
        DOUBTS,
        f"""
        select d.record_id_l, d.record_id_r, d.household_bits, d.household_bits as full_bits, d.namesake_bits
        from ({doubted_sql(con, spec, parameters, scored, NAMESAKES)}) d
        join {CANDIDATES} c on c.record_id_l = d.record_id_l and c.record_id_r = d.record_id_r""",
    )


def doubted_sql(con: Connection, spec: ModelSpec, parameters: Parameters, scored: str, namesakes: str = "") -> str:
    """SQL: record_id_l, record_id_r, namesake_bits and household_bits of the pairs of a table of scores in doubt.

    `namesakes` is a table as `namesakes_step` makes it. Strangers who share a name more often than its parts say leave
    less to households: h/u is less by as much.
    """
    evidence = household_evidence_sql(spec, parameters, tuple(item.name for item in spec.comparison))
    bits, join = (
        ("0.0::double", "")
        if not namesakes
        else (
            "coalesce(n.namesake_bits, 0)",
            f"""
          left join {namesakes} n on n.record_id_l = s.record_id_l and n.record_id_r = s.record_id_r""",
        )
    )
    return f"""
        with shares as ({shares_sql(con)}),
        doubted as (
          select s.record_id_l, s.record_id_r, {bits} as namesake_bits,
            {doubt_sql(f"({evidence} + {bits})", "h.share")} as household_bits
          from {ident(scored)} s
          join {POOL} l on l.record_id = s.record_id_l
          join {POOL} r on r.record_id = s.record_id_r
          join shares h on h.source_no_l = l.source_no and h.source_no_r = r.source_no{join})
        select * from doubted where least(household_bits, namesake_bits) < {LEAST_DOUBT_BITS}"""


def shares_sql(con: Connection) -> str:
    """SQL: source_no_l, source_no_r, share (0 to 0.5) of pairs of one household: a record of the smaller source has the
    housemates in the larger one that a record of the larger one has there."""
    none = "select 0 as source_no, 0.0 as housemates limit 0"
    told = f"select * from {HOUSEMATES}" if has_table(con, HOUSEMATES) else none
    return f"""
          with sizes as (
            select p.source_no, count(*) as records,
              coalesce(any_value(t.housemates), (select avg(housemates order by source_no) from ({told})),
                       {USUAL_HOUSEMATES}) as housemates
            from {POOL} p left join ({told}) t on t.source_no = p.source_no
            group by p.source_no)
          select l.source_no as source_no_l, r.source_no as source_no_r,
            least(0.5, case when l.records > r.records then l.housemates / l.records
              else r.housemates / r.records end) as share
          from sizes l join sizes r on l.source_no <= r.source_no"""


def household_evidence_sql(spec: ModelSpec, parameters: Parameters, comparisons: Sequence[str]) -> str:
    """SQL: log2 of h(g)/u(g) over some comparisons of a scored pair `s`, in bits.

    From what the pair's level weighs: log2 h/u = log2 m/u + log2 h/m, the first as the pair has it, so that a rare
    value counts as rare among strangers and as any other among housemates.
    """
    parts = [_moved_sql(item.name, parameters) for item in spec.comparison if item.name in comparisons]
    return " + ".join(part for part in parts if part) or "0.0"


def _moved_sql(name: str, parameters: Parameters) -> str:
    values = [level for level in parameters if level.comparison == name]
    if any(level.h is None for level in values):
        return ""
    cases = " ".join(f"when {level.level_no} then {_moved(level)!r}::double" for level in values)
    return f"(s.{ident('bits_' + name)} + case s.{ident('level_' + name)} {cases} else 0 end)"


def _moved(level: LevelParameters) -> float:
    return round(math.log2((level.h or level.u) / level.m), WEIGHT_DECIMALS)


def doubt_sql(evidence: str, share: str) -> str:
    """SQL: the household doubt in bits, from household evidence and the share of pairs of one household."""
    return doubt_of_ratio_sql(f"pow(2, least({evidence}, 100))", share)


def doubt_of_ratio_sql(ratio: str, share: str) -> str:
    """SQL: the same, from how much likelier a household explains the pair than strangers do, h/u."""
    return f"round(-log2(1 - {share} + {share} * {ratio}), {WEIGHT_DECIMALS})"
