"""Is m of the labelled right for the others? m by labels beside m of pairs that no UPN tells of.

Identifiers are held by the children who are easily found, and m learnt from their links may flatter the others. Where
m comes from labels, the mixture of three kinds looks at pairs of which a side has no UPN, and what it finds is put
beside. Pairs that a rule on names has linked are among them: without these the rest would look worse than it is.

Writes `training_check` (comparison, level_no, m, m_without_upn): one row per level that such pairs showed.
m_without_upn is drawn to m by the weight of a few pairs (mixture.STARTING_WEIGHT), so that a difference is one that
pairs insist on.
"""

from __future__ import annotations

from math import log2

from linkage.match.mixture import estimate_m
from linkage.match.parameters import Parameters
from linkage.packs import ModelSpec
from linkage.sql import Connection, Step, run_steps

TRAINING_CHECK = "training_check"
CLEAR_BITS = 1.0  # m twice as large or half as large moves a weight by one bit
FEWEST_SHARE = 0.01  # of a level that is rarer in both, the difference rests on a handful of pairs


def check_without_upn(con: Connection, spec: ModelSpec, parameters: Parameters) -> tuple[str, ...]:
    """Write `training_check`; returns a doubt for each level of which the two say clearly different things, or
    one that there are too few pairs of one person to tell."""
    found = estimate_m(con, spec, parameters, without_upn=True)
    run_steps(con, (Step(TRAINING_CHECK, f"create or replace table {TRAINING_CHECK} (comparison varchar, "
                                         "level_no tinyint, m double, m_without_upn double)"),))  # fmt: skip
    doubts = []
    for level in parameters:
        others = found.m.get((level.comparison, level.level_no))
        if others is None:
            continue
        con.execute(
            f"insert into {TRAINING_CHECK} values (?, ?, ?, ?)",
            (level.comparison, level.level_no, round(level.m, 6), round(others, 6)),
        )
        bits = log2(max(others, 1e-9) / level.m)
        if abs(bits) >= CLEAR_BITS and max(others, level.m) >= FEWEST_SHARE:
            doubts.append(f"labels_and_others_differ: {level.comparison}, {level.label}, by {bits:+.1f} bits")
    if not found.m:
        doubts.append("too_few_others_to_check: m rests on labels alone")
    return tuple(doubts)
