"""Rates of many small cells (intersections of subgroups), drawn towards what their main effects foretell.

A shrunk rate is no disclosure control: the count behind it can be had back from the prior and n.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.special import betaln
from scipy.stats import beta
from sklearn.linear_model import LogisticRegression

from linkage.stats.rates import LEVEL

FEWEST_CELLS = 8  # of fewer, how much cells differ cannot be told
TOP = 0.1  # rank_prob: chance to be in the worst tenth
DRAWS = 4000
NEARLY = 1e-6  # a prior mean is never 0 or 1


@dataclass(frozen=True)
class Shrunk:
    """A cell's raw and shrunk rate, the shrunk one's interval, and what it was shrunk by.

    `weight` is M/(M+n): the share of the prior in the shrunk rate. `rank_prob` is the chance that the cell is among the
    tenth with the highest rates.
    """

    x: int
    n: int
    raw: float | None
    shrunk: float
    lo: float
    hi: float
    weight: float
    prior_mean: float
    prior_m: float
    rank_prob: float


def shrink(
    x: Sequence[int],
    n: Sequence[int],
    prior_means: Sequence[float] | None = None,
    *,
    level: float = LEVEL,
    seed: int = 1,
) -> list[Shrunk]:
    """Beta-binomial empirical Bayes of cells x of n, around each cell's prior mean, or the pooled rate without.

    θ ~ Beta(M μ, M (1-μ)), M by maximum likelihood, posterior mean (x + M μ)/(n + M), beta quantiles. Give
    `prior_means` from `additive_rates` wherever cells have factors: around the pooled rate a true gap of a minority is
    shrunk away (trap 13). ValueError for fewer than 8 cells. Sources: G. Casella, Am. Stat. 39 (1985) 83-87; J. C.
    Kleinman, J. Am. Stat. Assoc. 68 (1973) 46-54; around additive effects, C. R. Evans and others, Soc. Sci. Med. 203
    (2018) 64-73.
    """
    counts, sizes = np.asarray(x, dtype=float), np.asarray(n, dtype=float)
    if len(counts) < FEWEST_CELLS:
        raise ValueError(f"shrinkage needs at least {FEWEST_CELLS} cells")
    if not ((counts >= 0) & (counts <= sizes)).all() or not sizes.sum():
        raise ValueError("a rate counts x among n, and somebody must be counted")
    pooled = np.full(len(counts), counts.sum() / sizes.sum())
    means = np.clip(pooled if prior_means is None else np.asarray(prior_means, dtype=float), NEARLY, 1 - NEARLY)
    strength = prior_strength(counts, sizes, means)
    a, b = counts + strength * means, sizes - counts + strength * (1 - means)
    low, high = (beta.ppf(share, a, b) for share in ((1 - level) / 2, (1 + level) / 2))
    ranks = _rank_probabilities(a, b, seed)
    return [
        Shrunk(
            x=int(counts[i]), n=int(sizes[i]), raw=float(counts[i] / sizes[i]) if sizes[i] else None,
            shrunk=float(a[i] / (a[i] + b[i])), lo=float(low[i]), hi=float(high[i]),
            weight=float(strength / (strength + sizes[i])), prior_mean=float(means[i]), prior_m=strength,
            rank_prob=float(ranks[i]),
        )
        for i in range(len(counts))
    ]  # fmt: skip


def additive_rates(x: Sequence[int], n: Sequence[int], factors: Mapping[str, Sequence[Hashable]]) -> list[float]:
    """What a logistic model of main effects alone foretells for each cell: prior means for `shrink`.

    `factors` gives each cell's level of each factor. By scikit-learn, with a penalty so light (a normal prior of
    standard deviation 30 on the log odds) that it only keeps a level without events finite.
    """
    counts, sizes = np.asarray(x, dtype=float), np.asarray(n, dtype=float)
    if not 0 < counts.sum() < sizes.sum():
        return [float(counts.sum() / sizes.sum())] * len(counts)
    columns = [
        [float(level == wanted) for level in levels]
        for levels in factors.values()
        for wanted in sorted(set(levels), key=str)[1:]
    ]
    if not columns:
        return [float(counts.sum() / sizes.sum())] * len(counts)
    design = np.array(columns).T
    happened = np.repeat([1, 0], len(counts))
    model = LogisticRegression(C=900.0, max_iter=10_000, tol=1e-8)
    model.fit(np.vstack([design, design]), happened, sample_weight=np.concatenate([counts, sizes - counts]))
    return [float(rate) for rate in model.predict_proba(design)[:, 1]]


def prior_strength(x: ArrayLike, n: ArrayLike, prior_means: ArrayLike) -> float:
    """How little cells x of n differ from their prior means: M by maximum likelihood of the beta-binomial.

    Of so many pairs the prior mean counts in a shrunk rate: 0.1 where cells have little to do with it, 10⁷ where they
    differ by no more than chance. Source: J. C. Kleinman, J. Am. Stat. Assoc. 68 (1973) 46-54.
    """
    counts, sizes = np.asarray(x, dtype=float), np.asarray(n, dtype=float)
    means = np.clip(np.asarray(prior_means, dtype=float), NEARLY, 1 - NEARLY)

    def loss(log_m: float) -> float:
        a, b = math.exp(log_m) * means, math.exp(log_m) * (1 - means)
        return -float((betaln(counts + a, sizes - counts + b) - betaln(a, b)).sum())

    return math.exp(minimize_scalar(loss, bounds=(math.log(0.1), math.log(1e7)), method="bounded").x)


def _rank_probabilities(a: NDArray[np.float64], b: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    drawn = np.random.default_rng(seed).beta(a, b, size=(DRAWS, len(a)))
    top = max(1, round(TOP * len(a)))
    limit = np.partition(drawn, len(a) - top, axis=1)[:, len(a) - top]
    return np.asarray((drawn >= limit[:, None]).mean(axis=0))
