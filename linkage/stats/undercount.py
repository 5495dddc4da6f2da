"""How many of the true pairs were found, from those that were found and how often pairs like them are."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from linkage.stats.rates import LEVEL, z_of

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FoundRecall:
    """Recall of pairs whose number is not known, with its interval; `pairs` is how many there seem to be.

    `unsupported` is the share of the found pairs in cells of which nothing was tried: they are left out.
    """

    rate: float
    se: float
    lo: float
    hi: float
    n_eff: float
    pairs: float
    unsupported: float


def recall_of_found(
    found: Mapping[Hashable, int],
    cells: Sequence[Hashable],
    persons: Sequence[Hashable],
    recovered: ArrayLike,
    tried: ArrayLike,
    *,
    presumed: Mapping[Hashable, float],
    expected: Mapping[Hashable, float] | None = None,
    weight: float = 1.0,
    cluster: float = 1.0,
    level: float = LEVEL,
) -> FoundRecall | None:
    """R = Σ F / Σ N by cell: of a target's true pairs the share found, from F found and r, how often pairs are found.

    `cells`, `persons`, `recovered`, `tried`: a line for each person and cell of a sample whose pairs are known, with
    how many were tried and how many of them recovered; r = (Σ recovered + w e) / (Σ tried + w), where e is `expected`
    of the cell (else of all cells) and w `weight`: one pair more, so that few pairs are not taken for certainty, or as
    many as `prior_strength` says, and the recall is shrunk to what is expected of its cells.
    F is binomial of N, N Poisson with a mean that is exponential about μ, `presumed` of the cell (pairs, were the
    target like the sample): N = F + (F+1)(1-r) / (1/μ + r). Where most are found, F rules: no partner is presumed whom
    the target does not have. Where hardly any is, μ does.
    Var(Σ N) = Σ over persons of their influence on it squared (a person's pairs stand or fall together) + `cluster` (so
    many pairs of the target do) × Σ [(N - F) + (F+1)(1-r)² / (1/μ + r)²] + e(1-e) / (w+1), what r may differ from e, as
    far as e stands for r; where a cell's sample was all recovered, or not at all, (x+½)/(n+1) for its variance. The
    interval is Wilson's at R (1-R) / var(R), never above the pairs that seem to be. None where nothing was found in a
    cell that was tried.
    Sources: D. G. Horvitz and D. J. Thompson, J. Am. Stat. Assoc. 47 (1952) 663-685 (F / r); A. Gelman and others,
    Bayesian Data Analysis (3rd ed., 2013), 2.6 (gamma and Poisson); W. G. Cochran, Sampling Techniques (3rd ed., 1977),
    6 and 9 (ratios, clusters); E. L. Korn and B. I. Graubard, Survey Methodology 24 (1998) 193-201.
    """
    names = sorted({*found, *cells}, key=repr)
    number = {name: at for at, name in enumerate(names)}
    of_cell = np.array([number[name] for name in cells], dtype=np.intp)
    x, n = np.asarray(recovered, dtype=float), np.asarray(tried, dtype=float)
    tops, bottoms = _totals(of_cell, x, len(names)), _totals(of_cell, n, len(names))
    overall = float(x.sum() / n.sum()) if n.sum() else 0.0
    counts, guess, mean = (
        np.array([float(told.get(name, other)) for name in names])
        for told, other in ((found, 0.0), (expected or {}, overall), (presumed, 0.0))
    )
    is_tried = bottoms > 0
    held = float(counts[is_tried].sum())
    if not held:
        return None
    r = (tops + weight * guess) / (bottoms + weight)
    least = 1 / np.maximum(mean, 1e-9) + r
    missed = np.where(is_tried, (counts + 1) * (1 - r) / least, 0.0)
    slope = np.where(is_tried, (counts + 1) * (least + 1 - r) / least**2, 0.0)  # of what is missed, by r
    own = cluster * float((missed + missed**2 / (counts + 1)).sum())
    gaps = slope[of_cell] / (bottoms[of_cell] + weight) * (x - r[of_cell] * n)
    lent = (slope * weight / (bottoms + weight)) ** 2 * guess * (1 - guess) / (weight + 1)
    variance = own + _by_person(gaps, persons) + _of_certain(slope, tops, bottoms, weight) + float(lent.sum())
    pairs = held + float(missed.sum())
    rate = held / pairs
    se = rate * float(np.sqrt(variance)) / pairs
    most = pairs / cluster
    n_eff = min(most, rate * (1 - rate) / se**2) if se > 0 and rate < 1 else most
    z2 = z_of(level) ** 2
    centre, half = rate + z2 / (2 * n_eff), float(np.sqrt(z2 * rate * (1 - rate) / n_eff + z2 * z2 / (4 * n_eff**2)))
    lo, hi = ((centre + side) / (1 + z2 / n_eff) for side in (-half, half))
    return FoundRecall(rate, se, max(0.0, lo), min(1.0, hi), n_eff, pairs, 1 - held / float(counts.sum()))


def _totals(of_cell: NDArray[np.intp], values: Floats, cells: int) -> Floats:
    return np.bincount(of_cell, values, cells).astype(float)


def _by_person(gaps: Floats, persons: Sequence[Hashable]) -> float:
    """Σ over persons of the square of the sum of their lines."""
    totals: dict[Hashable, float] = {}
    for person, gap in zip(persons, gaps, strict=True):
        totals[person] = totals.get(person, 0.0) + float(gap)
    return float(np.square(np.array(sorted(totals.values()))).sum())


def _of_certain(slope: Floats, tops: Floats, bottoms: Floats, weight: float) -> float:
    """What cells add whose sample was all recovered, or not at all: it does not vary, and is not certain."""
    certain = (bottoms > 0) & ((tops == bottoms) | (tops == 0))
    p = (tops + 0.5) / (bottoms + 1)
    return float((slope**2 * p * (1 - p) * (bottoms + 1) / (bottoms + weight) ** 2)[certain].sum())
