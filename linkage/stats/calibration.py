"""Whether confidences mean what they say: of the pairs given 0.9, are nine in ten one person?

Labels must come from all pairs, not from accepted ones alone, and a sample drawn with unequal chances needs its
weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from linkage.stats.rates import LEVEL
from linkage.stats.resampling import clustered_wilson

BINS = 10


@dataclass(frozen=True)
class CalibrationBin:
    """Pairs of like confidence: how many, their mean confidence, and the share that is true with its interval.

    Weighted where weights were given; the interval is Wilson's at the effective size (Σw)²/Σw².
    """

    bin: int
    n: int
    mean_confidence: float
    observed: float
    lo: float
    hi: float


@dataclass(frozen=True)
class CalibrationSummary:
    """Brier score and its parts, expected and largest calibration error, slope and intercept.

    brier = reliability - resolution + uncertainty + within, `within` being what the bins hide (0 where confidences are
    constant in each). Ideal slope 1 and intercept 0; a slope below 1 is over-confidence. Both are None where every
    label is the same, or confidences separate the labels. `ece` is biased upwards in small bins: give n beside it.
    """

    n: int
    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    within: float
    ece: float
    mce: float
    slope: float | None
    intercept: float | None


def calibration_table(
    score: ArrayLike,
    label: ArrayLike,
    *,
    bins: int = BINS,
    equal: str = "count",
    weight: ArrayLike | None = None,
    level: float = LEVEL,
) -> list[CalibrationBin]:
    """Reliability table of confidences `score` (0 to 1) and labels (0 or 1); bins that hold nobody are left out.

    `equal` is `count` (quantiles; ties stay together, so that there may be fewer bins) or `width` (of 1/bins each).
    Source: A. H. Murphy and R. L. Winkler, J. R. Statist. Soc. C 26 (1977) 41-47.
    """
    q, y, w = _checked(score, label, weight)
    found: list[CalibrationBin] = []
    for number in np.unique(numbers := _bin_numbers(q, bins, equal)):
        here = numbers == number
        total, squares = float(w[here].sum()), float((w[here] ** 2).sum())
        rate = float(np.average(y[here], weights=w[here]))
        size = total**2 / squares
        interval = clustered_wilson([rate * size], [size], level=level)
        assert interval is not None, "an empty bin was left out"
        mean = float(np.average(q[here], weights=w[here]))
        found.append(CalibrationBin(len(found) + 1, int(here.sum()), mean, rate, interval.lo, interval.hi))
    return found


def calibration_summary(
    score: ArrayLike,
    label: ArrayLike,
    *,
    bins: int = BINS,
    equal: str = "count",
    weight: ArrayLike | None = None,
) -> CalibrationSummary | None:
    """The table of `calibration_table` in a few numbers; None where there are no pairs.

    Sources: A. H. Murphy, J. Appl. Meteorol. 12 (1973) 595-600 (parts of the Brier score); M. P. Naeini and others,
    AAAI 2015 (ECE, MCE); D. R. Cox, Biometrika 45 (1958) 562-565 (slope and intercept, by statsmodels).
    """
    q, y, w = _checked(score, label, weight)
    if not len(q):
        return None
    share = w / w.sum()
    base = float(share @ y)
    brier = float(share @ (q - y) ** 2)
    reliability = resolution = ece = mce = 0.0
    numbers = _bin_numbers(q, bins, equal)
    for number in np.unique(numbers):
        here = numbers == number
        held = float(share[here].sum())
        mean, rate = (float(share[here] @ values[here]) / held for values in (q, y))
        reliability += held * (mean - rate) ** 2
        resolution += held * (rate - base) ** 2
        ece += held * abs(mean - rate)
        mce = max(mce, abs(mean - rate))
    uncertainty = base * (1 - base)
    slope, intercept = _slope_and_intercept(q, y, w)
    within = brier - (reliability - resolution + uncertainty)
    return CalibrationSummary(len(q), brier, reliability, resolution, uncertainty, within, ece, mce, slope, intercept)


def shift_prior(confidence: float, trained: float, wanted: float) -> float:
    """A confidence that was calibrated where a share `trained` of pairs is true, for pairs of which `wanted` is.

    odds' = odds [wanted/(1-wanted)] / [trained/(1-trained)]. Source: M. Saerens and others, Neural Computation 14
    (2002) 21-41.
    """
    assert 0 < trained < 1, "a prior is between 0 and 1, ends left out"
    assert 0 < wanted < 1, "a prior is between 0 and 1, ends left out"
    if confidence in (0, 1):
        return float(confidence)
    odds = confidence / (1 - confidence) * (wanted / (1 - wanted)) / (trained / (1 - trained))
    return odds / (1 + odds)


def _checked(score: ArrayLike, label: ArrayLike, weight: ArrayLike | None) -> tuple[NDArray[np.float64], ...]:
    q, y = np.asarray(score, dtype=float).ravel(), np.asarray(label, dtype=float).ravel()
    w = np.ones(len(q)) if weight is None else np.asarray(weight, dtype=float).ravel()
    if not len(q) == len(y) == len(w):
        raise ValueError("scores, labels and weights are one for each pair")
    if not (((q >= 0) & (q <= 1)).all() and np.isin(y, (0, 1)).all() and (w > 0).all()):
        raise ValueError("scores are from 0 to 1, labels 0 or 1, weights above 0, all of them known")
    return q, y, w


def _bin_numbers(q: NDArray[np.float64], bins: int, equal: str) -> NDArray[np.intp]:
    assert equal in ("count", "width"), "bins are of equal count or of equal width"
    if not len(q):
        return np.array([], dtype=np.intp)
    inner = np.arange(1, bins) / bins
    edges = np.unique(np.quantile(q, inner)) if equal == "count" else inner
    return np.searchsorted(edges, q, side="right")


def _slope_and_intercept(
    q: NDArray[np.float64], y: NDArray[np.float64], w: NDArray[np.float64]
) -> tuple[float | None, float | None]:
    """Logistic regression of the label on the log odds; no confidence counts as nearer to 0 or 1 than 1/(n+2)."""
    floor = 1 / (len(q) + 2)
    clipped = np.clip(q, floor, 1 - floor)
    no, yes = clipped[y == 0], clipped[y == 1]
    if not len(no) or not len(yes) or no.max() <= yes.min() or yes.max() <= no.min():
        return None, None  # the likelihood has no maximum
    odds = np.log(clipped / (1 - clipped))
    fitted = GLM(y, np.column_stack([np.ones(len(odds)), odds]), family=Binomial(), freq_weights=w).fit()
    intercept, slope = (float(value) for value in fitted.params)
    return slope, intercept
