"""Intervals where pairs depend on one another: a person's pairs stand or fall together."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linkage.stats.rates import LEVEL, z_of

REPLICATES = 1000


@dataclass(frozen=True)
class BootstrapInterval:
    """A ratio of totals with its percentile interval; `failures` are replicates whose denominator was 0."""

    estimate: float
    lo: float
    hi: float
    replicates: int
    failures: int
    persons: int


def bootstrap_ratio(
    numerators: Sequence[float],
    denominators: Sequence[float],
    persons: Sequence[Hashable] | None = None,
    *,
    replicates: int = REPLICATES,
    seed: int = 1,
    level: float = LEVEL,
) -> BootstrapInterval | None:
    """Σ numerators / Σ denominators, persons drawn with replacement; None where the denominators add up to 0.

    Recall is tp over tp + fn, F1 is 2 tp over 2 tp + fp + fn: every such measure is a ratio of sums. Rows of one person
    (or family, as `persons` says; each row its own where that is None) are drawn together. Persons who are alike are
    counted, not listed, so that a million take no longer than their distinct kinds. The same seed gives the same
    interval, whatever the order of the rows. Source: B. Efron and R. Tibshirani, An Introduction to the Bootstrap
    (1993), chapters 8 and 13; persons as units, C. A. Field and A. H. Welsh, J. R. Statist. Soc. B 69 (2007) 369-390.
    """
    kinds, times = _kinds(numerators, denominators, persons)
    top, bottom = (float(total) for total in times @ kinds) if len(times) else (0.0, 0.0)
    if bottom == 0:
        return None
    count = int(times.sum())
    drawn = np.random.default_rng(seed).multinomial(count, times / count, size=replicates) @ kinds
    usable = drawn[drawn[:, 1] != 0]
    lo, hi = np.quantile(usable[:, 0] / usable[:, 1], [(1 - level) / 2, (1 + level) / 2])
    return BootstrapInterval(top / bottom, float(lo), float(hi), replicates, replicates - len(usable), count)


@dataclass(frozen=True)
class ClusteredRate:
    """A rate with Wilson's interval at the effective number of trials, `n_eff`; `deff` is n / n_eff."""

    estimate: float
    lo: float
    hi: float
    n_eff: float
    deff: float


def clustered_wilson(
    x: Sequence[float], n: Sequence[float], persons: Sequence[Hashable] | None = None, level: float = LEVEL
) -> ClusteredRate | None:
    """Σ x / Σ n of persons with an interval that knows their trials depend on one another; None where Σ n is 0.

    V = k/(k-1) Σ (x_i - p n_i)² / (Σ n)² over k persons, n_eff = p (1-p) / V put into Wilson's formula; n_eff is never
    above Σ n, and Σ n where the rate is 0 or 1 or there is one person (nothing to learn V from). Sources: W. G.
    Cochran, Sampling Techniques (3rd ed., 1977), 6.3; E. L. Korn and B. I. Graubard, Survey Methodology 24 (1998)
    193-201.
    """
    kinds, times = _kinds(x, n, persons)
    found, trials = (float(total) for total in times @ kinds) if len(times) else (0.0, 0.0)
    if trials == 0:
        return None
    p, count = found / trials, int(times.sum())
    gaps = float((times * (kinds[:, 0] - p * kinds[:, 1]) ** 2).sum())
    variance = gaps * count / (count - 1) / trials**2 if count > 1 else 0.0
    n_eff = min(trials, p * (1 - p) / variance) if variance > 0 and 0 < p < 1 else trials
    z2 = z_of(level) ** 2
    centre, half = p + z2 / (2 * n_eff), np.sqrt(z2 * p * (1 - p) / n_eff + z2 * z2 / (4 * n_eff**2))
    lo, hi = (float((centre + side) / (1 + z2 / n_eff)) for side in (-half, half))
    return ClusteredRate(p, 0.0 if p == 0 else lo, 1.0 if p == 1 else hi, n_eff, trials / n_eff)


def _kinds(
    tops: Sequence[float], bottoms: Sequence[float], persons: Sequence[Hashable] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distinct totals (top, bottom) of persons, sorted, and how many persons have each."""
    rows = np.column_stack([np.asarray(tops, dtype=float), np.asarray(bottoms, dtype=float)])
    if persons is not None:
        numbers: dict[Hashable, int] = {}
        of_row = np.array([numbers.setdefault(person, len(numbers)) for person in persons], dtype=np.intp)
        totals = np.zeros((len(numbers), 2))
        np.add.at(totals, of_row, rows)
        rows = totals
    kinds, times = np.unique(rows, axis=0, return_counts=True)
    return kinds, times.astype(float)
