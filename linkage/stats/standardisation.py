"""Rates of one population carried to another, and rates of a stratified sample carried to the whole."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from linkage.stats.rates import LEVEL, wilson, z_of

FEWEST_PER_STRATUM = 30


@dataclass(frozen=True)
class Standardised:
    """A rate as it would be in the target population, and how much of that population it can speak for.

    `bound_lo` and `bound_hi` are what is left if nothing at all is known of the `unsupported_share`.
    """

    rate: float
    se: float
    lo: float
    hi: float
    unsupported_share: float
    bound_lo: float
    bound_hi: float


def standardise(
    counts: Mapping[Hashable, tuple[int, int]], target: Mapping[Hashable, float], level: float = LEVEL
) -> Standardised | None:
    """Direct standardisation of (x, n) by cell to a target's cells: R* = Σ w R, Var = Σ w² R (1-R)/n.

    w is the target's share of a cell among the cells that have an n; the rest is the unsupported share s, and the bound
    [R*(1-s), R*(1-s)+s]. In a cell with R of 0 or 1 the variance takes (x+½)/(n+1). The interval is Wilson's at the
    effective size. None where no cell of the target has an n. Source: any text, as B. MacMahon and T. F. Pugh,
    Epidemiology (1970); the bound takes all unsupported to be missed, or found.
    """
    supported = {cell: size for cell, size in target.items() if size > 0 and counts.get(cell, (0, 0))[1] > 0}
    total, held = math.fsum(target.values()), math.fsum(supported.values())
    if not supported:
        return None
    strata = [(size / held, *counts[cell]) for cell, size in supported.items()]
    rate = _weighted(strata)
    variance = math.fsum(w * w * _spread(x, n) / n for w, x, n in strata)
    unsupported = 1 - held / total
    lo, hi = _wilson_of(rate, _effective(rate, variance, strata), level)
    known = rate * (1 - unsupported)
    return Standardised(rate, math.sqrt(variance), lo, hi, unsupported, known, min(1.0, known + unsupported))


@dataclass(frozen=True)
class Stratified:
    """A rate of a whole that was sampled by strata, with standard error and Wilson's interval at the effective size."""

    rate: float
    se: float
    lo: float
    hi: float
    n_eff: float


def stratified_rate(
    sizes: Sequence[int], read: Sequence[int], positive: Sequence[int], level: float = LEVEL
) -> Stratified | None:
    """Σ N_h p_h / N of strata of N_h pairs, n_h of them read and x_h found positive; None where all are empty.

    V = Σ (N_h/N)² (1 - n_h/N_h) p_h (1-p_h)/(n_h-1); where p_h is 0 or 1, (x+½)/(n+1) for the variance. ValueError for
    a stratum that has pairs and none read. Source: W. G. Cochran, Sampling Techniques (3rd ed., 1977), 5.
    """
    if any(n > size or x > n or (size and not n) for size, n, x in zip(sizes, read, positive, strict=True)):
        raise ValueError("in every stratum that has pairs some are read, and no more are positive than read")
    total = sum(sizes)
    if not total:
        return None
    strata = [(size / total, x, n) for size, n, x in zip(sizes, read, positive, strict=True) if size]
    rate = _weighted(strata)
    variance = math.fsum(
        w * w * (1 - n / (w * total)) * _spread(x, n) / max(1, n - 1) for w, x, n in strata if n < round(w * total)
    )
    n_eff = _effective(rate, variance, strata)
    lo, hi = _wilson_of(rate, n_eff, level)
    return Stratified(rate, math.sqrt(variance), lo, hi, n_eff)


def neyman(sizes: Sequence[int], rates: Sequence[float], total: int, *, fewest: int = FEWEST_PER_STRATUM) -> list[int]:
    """How many of each stratum to read, `total` in all: n_h ∝ N_h √(g_h (1-g_h)), g_h the rate that is expected.

    No stratum gets fewer than `fewest` or more than it has; so that the sum is `total` only where that leaves room.
    Source: J. Neyman, J. R. Statist. Soc. 97 (1934) 558-625.
    """
    least = [min(size, fewest) for size in sizes]
    spread = [size * math.sqrt(rate * (1 - rate)) for size, rate in zip(sizes, rates, strict=True)]
    given, free = list(least), set(range(len(sizes)))
    while free:
        left = total - sum(given[h] for h in range(len(sizes)) if h not in free)
        weight = math.fsum(spread[h] for h in free)
        wanted = {h: left * spread[h] / weight if weight else 0.0 for h in free}
        fixed = {h: least[h] for h in free if wanted[h] <= least[h]} or {
            h: sizes[h] for h in free if wanted[h] >= sizes[h]
        }
        if not fixed:
            for h in free:
                given[h] = math.floor(wanted[h])
            for h in sorted(free, key=lambda h: (given[h] - wanted[h], h))[: max(0, total - sum(given))]:
                given[h] += 1
            break
        for h, size in fixed.items():
            given[h] = size
            free.discard(h)
    return given


def size_for_half_width(rate: float, half_width: float, level: float = LEVEL) -> int:
    """The smallest n at which Wilson's interval around a rate is no wider than ± `half_width`."""
    assert 0 < half_width < 0.5, "half of an interval of a rate"
    low, high = 1, math.ceil((z_of(level) / half_width) ** 2) + 1
    while low < high:
        middle = (low + high) // 2
        interval = wilson(round(rate * middle), middle, level)
        assert interval is not None, "n is at least 1"
        low, high = (low, middle) if interval.hi - interval.lo <= 2 * half_width else (middle + 1, high)
    return low


def _spread(x: int, n: int) -> float:
    """p (1-p); of (x+½)/(n+1) where p is 0 or 1, so that a perfect sample is not taken for certainty."""
    p = x / n if 0 < x < n else (x + 0.5) / (n + 1)
    return p * (1 - p)


def _weighted(strata: Sequence[tuple[float, int, int]]) -> float:
    """Σ w x/n; exactly 0 or 1 where every stratum is."""
    if all(x == n for _, x, n in strata):
        return 1.0
    return math.fsum(w * x / n for w, x, n in strata)


def _effective(rate: float, variance: float, strata: Sequence[tuple[float, int, int]]) -> float:
    """Size of a simple sample that would know the rate as well; infinite where everything was read."""
    if not variance:
        return math.inf
    plain = rate * (1 - rate)
    return (plain or math.fsum(w * _spread(x, n) for w, x, n in strata)) / variance


def _wilson_of(rate: float, n: float, level: float) -> tuple[float, float]:
    """Wilson's interval of a rate at the size its variance is worth."""
    if math.isinf(n):
        return rate, rate
    z2 = z_of(level) ** 2
    centre, half = rate + z2 / (2 * n), math.sqrt(z2 * rate * (1 - rate) / n + z2 * z2 / (4 * n * n))
    lo, hi = ((centre + side) / (1 + z2 / n) for side in (-half, half))
    return 0.0 if rate == 0 else lo, 1.0 if rate == 1 else hi
