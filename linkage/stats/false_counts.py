"""How many links are false together: they come in persons, and what a rule is worth is an estimate."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linkage.stats.rates import LEVEL
from linkage.stats.totals import quantile_of_moments

EXACT_UP_TO = 4096.0  # false pairs expected; from there on the corrected normal law is near enough
WIDTHS = 40.0  # standard deviations beyond the mean that the exact law is worked out to


@dataclass(frozen=True)
class Cause:
    """The doubt about the pairs of one cause (a rule, a model): what is wrong with it is wrong with all of them.

    `expected` are false pairs expected by how many are false at once; `shape` how many false ones the estimate of the
    cause's precision rests on, infinite where it is known.
    """

    expected: Mapping[int, float]
    shape: float = math.inf

    def cumulants(self) -> tuple[float, float, float]:
        """Mean, variance and third central moment of the number of false pairs."""
        mean, second, third = (
            math.fsum(false * size**power for size, false in self.expected.items()) for power in (0, 1, 2)
        )
        spread = 1 / self.shape
        return (mean, second + spread * mean**2,
                third + 3 * spread * mean * second + 2 * spread**2 * mean**3)  # fmt: skip

    def transform(self, length: int) -> NDArray[np.complex128]:
        """The generating function of the number at the roots of unity of so many places."""
        sizes = np.zeros(length)
        for size, false in self.expected.items():
            sizes[size] += false / size
        missing = sizes.sum() - np.fft.fft(sizes)
        if math.isinf(self.shape):
            return np.asarray(np.exp(-missing), dtype=np.complex128)
        return np.asarray((1 + missing / self.shape) ** -self.shape, dtype=np.complex128)


@dataclass(frozen=True)
class FalseCount:
    """The number of false pairs: mean, standard deviation, and a central interval of whole numbers."""

    mean: float
    sd: float
    lo: int
    hi: int


def false_count(pairs: int, causes: Sequence[Cause], level: float = LEVEL) -> FalseCount:
    """How many of so many pairs are false: the law of a sum of compound Poisson numbers, one a cause.

    Persons go wrong rarely and apart, each with several pairs: a compound Poisson law, with as many events of a size
    as false pairs expected in it over the size. The precision of a cause is not known but estimated from a number of
    false pairs, its own prior's among them (a Beta law, whose small chances are a gamma law of that shape): mixed over
    it, the number of events is negative binomial; with one false pair assumed and none seen (1 / (n + 2)), geometric.
    Quantiles are of the exact law, by Fourier transform of its generating function; above 4,096 expected, of the normal
    law corrected for skewness. Sources: W. Feller, An Introduction to Probability Theory, vol. 1 (1968), XII.2
    (compound Poisson); N. L. Johnson, A. W. Kemp and S. Kotz, Univariate Discrete Distributions (2005), 5.3 and 6.2.2
    (gamma and Beta mixtures); P. Embrechts and M. Frei, Math. Meth. Oper. Res. 69 (2009) 497-508 (inversion).
    """
    moments = zip((0.0,) * 3, *(cause.cumulants() for cause in causes), strict=True)
    mean, variance, third = (math.fsum(values) for values in moments)
    tail = (1 - level) / 2
    if mean > EXACT_UP_TO:
        lo, hi = (quantile_of_moments(pairs, mean, variance, third, share) for share in (tail, 1 - tail))
    else:
        largest = max((size for cause in causes for size in cause.expected), default=1)
        length = 1 << max(6, math.ceil(math.log2(mean + WIDTHS * math.sqrt(variance) + largest + 1)))
        law = np.fft.ifft(np.prod([np.ones(length), *(cause.transform(length) for cause in causes)], axis=0)).real
        lo, hi = (int(n) for n in np.searchsorted(np.cumsum(law), [tail, 1 - tail]))
    return FalseCount(mean, math.sqrt(variance), min(lo, pairs), min(hi, pairs))
