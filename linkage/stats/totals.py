"""False and missed links to be expected, from calibrated confidences and no truth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import fftconvolve

from linkage.stats.rates import LEVEL

EXACT_UP_TO = 4096  # trials; from there on the corrected normal law differs by less than a count


@dataclass(frozen=True)
class ExpectedErrors:
    """Of `links` with confidences: false ones expected (interval of their number), missed ones among the candidates.

    `false_rate` is false / links, `missed_rate` missed / (missed + true links); None without a denominator.
    """

    links: int
    false: float
    false_sd: float
    false_lo: int
    false_hi: int
    missed: float
    false_rate: float | None
    missed_rate: float | None


def expected_errors(accepted: ArrayLike, rejected: ArrayLike = (), level: float = LEVEL) -> ExpectedErrors:
    """Errors to be expected from the confidences of the pairs that were linked, and of the candidates that were not.

    E[false] = Σ (1-q) over links, E[missed] = Σ q over the others, variance Σ q (1-q). Valid only for calibrated
    confidences after closure, of which those of one record do not add up to more than 1; what blocking never found is
    not in it (`chapman`). Source: T. R. Belin and D. B. Rubin, J. Am. Stat. Assoc. 90 (1995) 694-707, for the idea.
    """
    linked, others = _shares(accepted), _shares(rejected)
    false, missed = math.fsum(1 - linked), math.fsum(others)
    true = math.fsum(linked)
    lo, hi = poisson_binomial_interval(1 - linked, level)
    return ExpectedErrors(
        links=len(linked),
        false=false,
        false_sd=math.sqrt(math.fsum(linked * (1 - linked))),
        false_lo=lo,
        false_hi=hi,
        missed=missed,
        false_rate=false / len(linked) if len(linked) else None,
        missed_rate=missed / (missed + true) if missed + true else None,
    )


def poisson_binomial_interval(chances: ArrayLike, level: float = LEVEL) -> tuple[int, int]:
    """Central interval of how many of independent events with these chances happen: quantiles of its exact law.

    The law is the product of (1 - p + p z) by fast Fourier convolution; of more than 4,096 events, the normal law
    corrected for skewness. Sources: Y. Hong, Comput. Stat. Data Anal. 59 (2013) 41-51; correction A. Yu. Volkova,
    Theory Probab. Appl. 40 (1996) 791-794.
    """
    p = _shares(chances)
    tail = (1 - level) / 2
    if len(p) > EXACT_UP_TO:
        return _corrected_normal(p, tail), _corrected_normal(p, 1 - tail)
    law = np.cumsum(_law([np.array([1 - chance, chance]) for chance in p]))
    lo, hi = np.searchsorted(law, [tail, 1 - tail])
    return int(lo), min(int(hi), len(p))


def _law(factors: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Product of polynomials, halves first, so that lengths stay alike."""
    if not factors:
        return np.array([1.0])
    if len(factors) == 1:
        return factors[0]
    half = len(factors) // 2
    left, right = _law(factors[:half]), _law(factors[half:])
    product = np.convolve(left, right) if len(left) < 200 else fftconvolve(left, right)
    return np.clip(product, 0.0, None)


def _corrected_normal(p: NDArray[np.float64], share: float) -> int:
    """The quantile: smallest k with F(k) of at least `share`."""
    third = math.fsum(p * (1 - p) * (1 - 2 * p))
    return quantile_of_moments(len(p), math.fsum(p), math.fsum(p * (1 - p)), third, share)


def quantile_of_moments(n: int, mean: float, variance: float, third: float, share: float) -> int:
    """The quantile of a count of 0 to n by its first three central moments: the normal law corrected for skewness."""
    if variance <= 0:
        return round(mean)
    sd, z = math.sqrt(variance), NormalDist().inv_cdf(share)
    skew = third / sd**3
    return max(0, min(n, math.ceil(mean + sd * (z + skew * (z * z - 1) / 6) - 0.5)))


def _shares(values: ArrayLike) -> NDArray[np.float64]:
    found = np.asarray(values, dtype=float).ravel()
    if not ((found >= 0) & (found <= 1)).all():
        raise ValueError("a confidence is between 0 and 1, and known")
    return found
