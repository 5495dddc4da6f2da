"""Rates with their intervals, and the counts of pairs that rates are made of.

Only the standard library: this much of `linkage.stats` every command imports. `wilson` and `wilson_sql` are twins: one
for single numbers, one for tables; the tests hold them together, and both against statsmodels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

WILSON = "wilson"
LEVEL = 0.95  # share of intervals that hold the true rate, where nobody asks for another
RATE_DECIMALS = 6  # decimals of a rate in a written table


@dataclass(frozen=True)
class Interval:
    """A rate x/n (0 to 1) and the interval around it; `x` and `n` are kept so that tables can be added up."""

    x: int
    n: int
    estimate: float
    lo: float
    hi: float


def z_of(level: float) -> float:
    """The two-sided standard normal quantile: 1.959964 for 0.95."""
    assert 0 < level < 1, "a confidence level is a share between 0 and 1"
    return NormalDist().inv_cdf((1 + level) / 2)


def wilson(x: int, n: int, level: float = LEVEL) -> Interval | None:
    """x of n with Wilson's score interval; None where n is 0.

    centre = (p + z²/2n) / (1 + z²/n), half = z √(p(1-p)/n + z²/4n²) / (1 + z²/n); the end is exactly 0 where x = 0
    and exactly 1 where x = n. Stays inside 0 to 1 and holds near 1, where Wald's fails.
    Source: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209-212.
    """
    assert 0 <= x <= n, "a rate counts x among n"
    if n == 0:
        return None
    p, z = x / n, z_of(level)
    shrink = 1 + z * z / n
    centre = (p + z * z / (2 * n)) / shrink
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / shrink
    return Interval(x, n, p, 0.0 if x == 0 else centre - half, 1.0 if x == n else centre + half)


def wilson_sql(x: str, n: str, level: float = LEVEL) -> tuple[str, str]:
    """SQL: lower and upper end of the interval for counts x and n, NULL where n is 0. Twin of `wilson`."""
    z = repr(z_of(level))
    p, shrink = f"(({x}) / nullif({n}, 0)::double)", f"(1 + {z} * {z} / nullif({n}, 0))"
    centre = f"({p} + {z} * {z} / (2 * nullif({n}, 0))) / {shrink}"
    half = f"{z} * sqrt({p} * (1 - {p}) / nullif({n}, 0) + {z} * {z} / (4 * nullif({n}, 0)::double * ({n}))) / {shrink}"
    return (
        f"case when {n} > 0 and {x} = 0 then 0.0 else round({centre} - {half}, {RATE_DECIMALS}) end",
        f"case when {n} > 0 and {x} = {n} then 1.0 else round({centre} + {half}, {RATE_DECIMALS}) end",
    )


@dataclass(frozen=True)
class PairCounts:
    """Pairs found and true (`tp`), found and false (`fp`), true and missed (`fn`).

    True negatives are left out on purpose: there are so many that every measure built on them flatters.
    """

    tp: int
    fp: int
    fn: int

    @property
    def precision(self) -> Interval | None:
        """tp / (tp + fp): of the pairs found, the share that is true. None where none was found."""
        return wilson(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> Interval | None:
        """tp / (tp + fn): of the true pairs, the share that was found. None where there is none."""
        return wilson(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float | None:
        """2 tp / (2 tp + fp + fn); None where there are no pairs at all. It has no binomial interval."""
        total = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / total if total else None


def precision_recall_f1(tp: int, fp: int, fn: int) -> tuple[Interval | None, Interval | None, float | None]:
    """Precision and recall with Wilson intervals over pairs, and F1.

    Pairs of one person depend on one another, so that the intervals are too narrow where persons have many records.
    """
    counts = PairCounts(tp, fp, fn)
    return counts.precision, counts.recall, counts.f1


def pairs_within(records: int) -> int:
    """Pairs among records of one group: n (n - 1) / 2."""
    return records * (records - 1) // 2


def pairs_between(records: Mapping[str, int]) -> int:
    """Pairs of records of different sources, from the records each source has in one group."""
    total = sum(records.values())
    return pairs_within(total) - sum(pairs_within(count) for count in records.values())
