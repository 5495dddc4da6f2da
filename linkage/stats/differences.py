"""Linked against unlinked: standardised differences, which do not grow with the number of records as p values do.

Look at 0.1, act at 0.2 (signs aside). Only where all records are expected to link: otherwise they mix children whom the
linkage missed with children who have no partner.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

LOOK, ACT = 0.1, 0.2  # P. C. Austin, Stat. Med. 28 (2009) 3083-3107, for the first; the second is this project's


def standardised_difference(x1: int, n1: int, x2: int, n2: int) -> float | None:
    """(p1 - p2) / √((p1 q1 + p2 q2) / 2), of x1 of n1 and x2 of n2; None where a group is empty.

    0 where both rates are the same 0 or 1, infinite (with its sign) where one is 0 and the other 1.
    Source: P. C. Austin, Stat. Med. 28 (2009) 3083-3107.
    """
    assert 0 <= x1 <= n1, "a rate counts x among n"
    assert 0 <= x2 <= n2, "a rate counts x among n"
    if not n1 or not n2:
        return None
    p1, p2 = x1 / n1, x2 / n2
    return _over(p1 - p2, (p1 * (1 - p1) + p2 * (1 - p2)) / 2)


def standardised_difference_of_means(mean1: float, sd1: float, mean2: float, sd2: float) -> float:
    """(mean1 - mean2) / √((sd1² + sd2²) / 2). Source: as `standardised_difference`."""
    return _over(mean1 - mean2, (sd1**2 + sd2**2) / 2)


def standardised_difference_of_levels(counts1: Sequence[int], counts2: Sequence[int]) -> float | None:
    """One difference for all levels of a variable, `unknown` among them; never negative. None where a group is empty.

    √((P-Q)' S⁻¹ (P-Q)), S the mean of the two multinomial covariances, one level left out (which one does not matter).
    Levels that nobody has are dropped. A pseudo-inverse stands in where a level is all of one group and none of the
    other. Source: D. Yang and J. E. Dalton, SAS Global Forum 2012, paper 335.
    """
    assert len(counts1) == len(counts2), "both groups have the same levels"
    if not sum(counts1) or not sum(counts2):
        return None
    held = [pair for pair in zip(counts1, counts2, strict=True) if any(pair)]
    p, q = (np.array(side, dtype=float) / sum(side) for side in zip(*held, strict=True))
    gap = (p - q)[1:]
    covariance = (
        sum((np.diag(r[1:]) - np.outer(r[1:], r[1:]) for r in (p, q)), start=np.zeros((len(gap), len(gap)))) / 2
    )
    return float(math.sqrt(max(0.0, gap @ np.linalg.pinv(covariance, hermitian=True) @ gap))) if len(gap) else 0.0


def variance_of_standardised_difference(difference: float, n1: int, n2: int) -> float | None:
    """Large-sample variance, 1/n1 + 1/n2 + d² / (2 (n1 + n2)); None where a group is empty.

    Source: L. V. Hedges and I. Olkin, Statistical Methods for Meta-Analysis (1985), chapter 5.
    """
    return 1 / n1 + 1 / n2 + difference**2 / (2 * (n1 + n2)) if n1 and n2 else None


def _over(gap: float, variance: float) -> float:
    if variance == 0:
        return math.copysign(math.inf, gap) if gap else 0.0
    return gap / math.sqrt(variance)
