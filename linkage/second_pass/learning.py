"""What a family's word is worth, learnt from the run's own weak pairs.

Three kinds of pairs, as in `linkage.match.households`: one child, two strangers, two children of one household. Before
families are looked at, a pair is of each with chance p, (1 - p)(1 - s) and (1 - p) s: its confidence of the first pass
and its sibling chance. How often each kind has each reason is learnt on weak pairs only: a family that moved house
makes weak pairs of all its children, and links that are sure say nothing of those. m of one child is counted by the
first pass's own chances, so that what families say does not confirm itself; u and h of the others by expectation
maximisation, for else the pairs of one child among them would hide how rare it is with strangers. All are drawn to what
the pairs together show by the weight of a few. The weight of a reason k is

    log2( m_k / ((1 - s) u_k + s h_k) ).

Brothers and sisters share companions too: where a reason speaks for a pair, h_k is never taken to be less than m_k, so
that it can tell one child from strangers and never one child from a brother.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.match.family_evidence import FAMILY_EVIDENCE
from linkage.match.family_evidence import REASONS as MEANINGS
from linkage.match.parameters import WEIGHT_DECIMALS
from linkage.second_pass.pairs import WEAK
from linkage.sql import Connection, Step, run_steps

REASONS = tuple(MEANINGS)
FEWEST_PAIRS = 50.0  # expected pairs of one child, and of two, below which nothing is learnt
STARTING_WEIGHT = 10.0  # how many pairs what is common to all kinds counts for
MOST_BITS = 6.0  # 64 to 1: families are one more piece of evidence, and no proof
ITERATIONS = 200
RAISING = ("sibling_linked", "sibling_likely")  # these never lower a pair, all others never raise one
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def write_family_evidence(con: Connection) -> bool:
    """Write `family_evidence` of the weak pairs; False where there are too few pairs to learn from."""
    pairs = con.execute(f"from {WEAK} order by record_id_l, record_id_r").fetchnumpy()
    one, sibling = np.asarray(pairs["confidence"], np.float64), np.asarray(pairs["sibling_chance"], np.float64)
    reason = np.array([REASONS.index(str(name)) for name in pairs["reason"]], np.int64)
    if min(one.sum(), (1 - one).sum()) < FEWEST_PAIRS:
        return False
    bits = family_bits(reason, sibling, shares_of_reasons(reason, one, sibling))
    table = pa.table({"record_id_l": pairs["record_id_l"], "record_id_r": pairs["record_id_r"],
                      "reason": [REASONS[number] for number in reason], "family_bits": bits})  # fmt: skip
    con.register("said", table.filter(pa.array(bits != 0)))
    run_steps(con, (Step(FAMILY_EVIDENCE, f"insert into {FAMILY_EVIDENCE} by name from said"),))
    con.unregister("said")
    return True


def shares_of_reasons(reason: Ints, one: Floats, sibling: Floats) -> Floats:
    """How often each kind of pair (rows: one child, strangers, siblings) has each reason (columns, as `REASONS`).

    `one` and `sibling` are the pairs' chances p and s; every row sums to one.
    """
    first = np.stack([one, (1 - one) * (1 - sibling), (1 - one) * sibling])
    shares = _drawn(first, reason)
    for _ in range(ITERATIONS):
        kinds = first * shares[:, reason]
        shares[1:] = _drawn(kinds / kinds.sum(axis=0), reason)[1:]
    return shares


def _drawn(kinds: Floats, reason: Ints) -> Floats:
    """Shares of reasons, kind by kind, drawn to those of all pairs. Added up in order: a sum by BLAS would not be."""
    common = (np.bincount(reason, minlength=len(REASONS)) + 1) / (len(reason) + len(REASONS))
    counts = np.stack([np.bincount(reason, weights=chance, minlength=len(REASONS)) for chance in kinds])
    drawn = counts + STARTING_WEIGHT * common
    shares: Floats = drawn / drawn.sum(axis=1, keepdims=True)
    return shares


def family_bits(reason: Ints, sibling: Floats, shares: Floats) -> Floats:
    """The weight of each pair's reason, bounded; a reason weighs in its own direction or not at all."""
    m, u, h = shares
    raises = np.isin(REASONS, RAISING)
    h = np.where(raises, np.maximum(h, m), h)
    bits = np.log2(m[reason] / ((1 - sibling) * u[reason] + sibling * h[reason]))
    least, most = np.where(raises, 0.0, -MOST_BITS), np.where(raises, MOST_BITS, 0.0)
    return np.asarray(np.round(np.clip(bits, least[reason], most[reason]), WEIGHT_DECIMALS))
