"""How many of some pairs are matches, from what the evidence says of each: by maximum likelihood, without a label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

ITERATIONS = 500
LEAST_MATCHES = 0.5  # lest log2(0)
Floats = npt.NDArray[np.float64]


def histograms(found: Sequence[tuple[object, ...]], *, key: int) -> dict[tuple[int, ...], tuple[Floats, ...]]:
    """The further columns of some rows, by the numbers in the first `key`: what pairs weigh, and how many."""
    listed: dict[tuple[int, ...], list[list[float]]] = {}
    for row in found:
        listed.setdefault(numbers(row[:key]), []).append([float(str(value)) for value in row[key:]])
    return {of: tuple(np.array(values).T) for of, values in listed.items()}


def numbers(values: Sequence[object]) -> tuple[int, ...]:
    """Values of a row that are whole numbers."""
    return tuple(int(str(value)) for value in values)


def expected_matches(
    weights_bits: Floats,
    counts: Floats,
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


def prior_bits(expected: float, pairs: float) -> float:
    """log2 of the odds that one of so many pairs is a match, where so many are expected."""
    return float(np.log2(expected / max(pairs - expected, 1.0)))
