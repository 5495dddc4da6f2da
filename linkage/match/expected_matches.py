"""How many of some pairs are matches, from what the evidence says of each: by maximum likelihood, without a label."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

ITERATIONS = 500
LEAST_MATCHES = 0.5  # lest log2(0)


def expected_matches(
    weights_bits: npt.NDArray[np.float64],
    counts: npt.NDArray[np.float64],
    pairs: float,
    *,
    others: float = 0.0,
    most: float | None = None,
) -> float:
    """The number of matches E among `pairs` pairs, by maximum likelihood; half a match at the least, `most` at the most
    (half of the pairs).

    It solves E = others + sum of counts / (1 + 2^-(w + log2(E / (pairs - E)))), w the evidence in bits of so many alike
    pairs, `others` matches among pairs that have no evidence here.
    """
    if pairs <= 1 or counts.sum() == 0:
        return min(max(others, LEAST_MATCHES), max(pairs, 1.0) / 2)
    ratio = np.exp2(np.clip(weights_bits, -60, 60))
    expected = others + float(counts.sum()) / 2
    for _ in range(ITERATIONS):
        odds = max(expected, LEAST_MATCHES) / max(pairs - expected, 1.0)
        expected = others + float((counts * (odds * ratio / (1 + odds * ratio))).sum())
    return float(min(max(expected, LEAST_MATCHES), pairs / 2 if most is None else most))
