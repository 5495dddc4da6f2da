"""What linkage error does to an answer: spurious disparities, tipping points, bounds and weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from linkage.stats.rates import LEVEL, z_of

TRIM = 0.99  # weights above this quantile are set to it


def spurious_disparity(recalls: Mapping[str, float]) -> dict[str, dict[str, float | None]]:
    """The rate ratio that a statistic would show between two groups if nothing but their recall differed.

    [group][reference] = recall of group / recall of reference; None where the reference's recall is 0. For an outcome
    that is seen only where the link is found, false links negligible: 0.85 against 0.95 shows 0.895. Follows
    from observed rate = rate times recall.
    """
    return {
        group: {reference: recall / other if other else None for reference, other in recalls.items()}
        for group, recall in recalls.items()
    }


@dataclass(frozen=True)
class Corrected:
    """A rate as it would be without linkage error, with standard error and interval; above 1 the recall is wrong."""

    estimate: float
    se: float
    lo: float
    hi: float


def correct_for_recall(
    x: int, n: int, recall: float, *, variance_of_recall: float = 0.0, false_rate: float = 0.0, level: float = LEVEL
) -> Corrected | None:
    """Rate x/n of an outcome that is seen only through a link, put right: p (1 - false_rate) / recall.

    Delta method on the log, so that se/estimate = √((1-p)/x + variance/recall²). None where n or the recall is 0. With
    x = 0 the upper end takes the rule of three, 3/n over the recall. Sources: observed rate = rate times recall; delta
    method, G. W. Oehlert, Am. Stat. 46 (1992) 27-29; rule of three, J. A. Hanley and A. Lippman-Hand, JAMA 249 (1983)
    1743-1745.
    """
    assert 0 <= x <= n, "a rate counts x among n"
    if not n or not recall:
        return None
    estimate = x / n * (1 - false_rate) / recall
    if not estimate:
        return Corrected(0.0, 0.0, 0.0, 3 / n / recall)
    relative = math.sqrt((1 - x / n) / x + variance_of_recall / recall**2)
    factor = math.exp(z_of(level) * relative)
    return Corrected(estimate, estimate * relative, estimate / factor, estimate * factor)


@dataclass(frozen=True)
class TippingPoint:
    """What the unlinked would have to be like for a conclusion to turn, and the bounds whatever they are like.

    `p_unlinked_needed` may fall outside 0 to 1: then nothing about the unlinked can turn it (`can_tip` False). Ratio
    and odds ratio are of the unlinked to the linked; None where they are not defined.
    """

    linked_share: float
    p_linked: float
    decision_value: float
    p_unlinked_needed: float | None
    ratio_needed: float | None
    or_needed: float | None
    manski_lo: float
    manski_hi: float

    @property
    def can_tip(self) -> bool:
        """Whether any rate among the unlinked brings the whole to the decision value."""
        return self.p_unlinked_needed is not None and 0 <= self.p_unlinked_needed <= 1


def tipping_point(linked_share: float, p_linked: float, decision_value: float) -> TippingPoint:
    """Solve f p_L + (1-f) p_U = decision value for the rate p_U of the unlinked; Manski's bounds [f p_L, f p_L + 1-f].

    All shares from 0 to 1. Needs no assumption about the unlinked, and so is always valid. Sources: C. F. Manski, Am.
    Econ. Rev. 80 (1990) 319-323; tipping points, X. Yan and others, J. Biopharm. Stat. 19 (2009) 1085-1098.
    """
    assert all(0 <= share <= 1 for share in (linked_share, p_linked, decision_value)), "shares are from 0 to 1"
    known = linked_share * p_linked
    unlinked = 1 - linked_share
    needed = (decision_value - known) / unlinked if unlinked else None
    ratio = needed / p_linked if needed is not None and p_linked else None
    odds = None
    if needed is not None and 0 <= needed < 1 and 0 < p_linked < 1:
        odds = needed / (1 - needed) / (p_linked / (1 - p_linked))
    return TippingPoint(linked_share, p_linked, decision_value, needed, ratio, odds, known, known + unlinked)


@dataclass(frozen=True)
class LinkageWeights:
    """Weights of the linked (None for the unlinked), in the order given, and how much they cost.

    `n_eff` is (Σw)²/Σw²; `trimmed` counts weights that were set to the 99th percentile; `overlap` is the smallest and
    largest chance to be linked, among the linked and among the unlinked.
    """

    weights: tuple[float | None, ...]
    n_eff: float
    trimmed: int
    overlap_linked: tuple[float, float]
    overlap_unlinked: tuple[float, float]


def linkage_weights(
    frame: pd.DataFrame, linked: Sequence[bool], *, times: Sequence[int] | None = None
) -> LinkageWeights:
    """Inverse-probability-of-linkage weights, P(linked) / P(linked | X): linked records speak for unlinked ones like
    them.

    X are the frame's columns, known for linked and unlinked alike: numbers as they are, anything else by level (give
    "unknown" a level of its own). `times` says how many records each row stands for (1 each without it). Logistic model
    by scikit-learn with a negligible penalty; stabilised, trimmed. Invalid where linkage depends on what is not in the
    frame, or false links are many; refit within each bootstrap replicate for a variance. ValueError where a number is
    missing or all or none are linked. Sources: J. M. Robins and others, Epidemiology 11 (2000) 550-560; trimming, S. R.
    Cole and M. A. Hernán, Am. J. Epidemiol. 168 (2008) 656-664.
    """
    is_linked = np.asarray(linked, dtype=bool)
    if len(frame) != len(is_linked) or is_linked.all() or not is_linked.any():
        raise ValueError("weights need linked and unlinked records, and X for each of them")
    n = np.ones(len(frame)) if times is None else np.asarray(times, dtype=float)
    if len(n) != len(frame) or (n <= 0).any():
        raise ValueError("each row stands for one record or more")
    numbers = frame.select_dtypes("number").astype(float)
    if not np.isfinite(numbers.to_numpy()).all():
        raise ValueError("a number is missing: make bands of it, with one for unknown")
    levels = frame.drop(columns=numbers.columns).astype(str)
    scaled = (numbers - numbers.mean()) / numbers.std(ddof=0).replace(0, 1)
    design = pd.concat([scaled, pd.get_dummies(levels, drop_first=True, dtype=float)], axis=1).to_numpy()
    share = float(n[is_linked].sum() / n.sum())
    chance = np.full(len(is_linked), share)
    if design.shape[1]:
        model = LogisticRegression(C=900.0, max_iter=10_000, tol=1e-8).fit(design, is_linked, sample_weight=n)
        chance = model.predict_proba(design)[:, 1]
    raw, here = share / chance[is_linked], n[is_linked]
    limit = _weighted_quantile(raw, here, TRIM)
    used = np.minimum(raw, limit)
    kept = iter(used.tolist())
    ends = [(float(chance[side].min()), float(chance[side].max())) for side in (is_linked, ~is_linked)]
    return LinkageWeights(
        tuple(next(kept) if own else None for own in is_linked.tolist()),
        float((here * used).sum() ** 2 / (here * used**2).sum()), int(here[raw > limit].sum()), ends[0], ends[1],
    )  # fmt: skip


def _weighted_quantile(values: NDArray[np.float64], times: NDArray[np.float64], share: float) -> float:
    """The quantile of values that each stand for several, as `numpy.quantile` has it of all of them listed."""
    order = np.argsort(values)
    last = np.cumsum(times[order]) - 1  # place of each value's last copy, from 0
    place = share * float(last[-1])
    below, above = (values[order][np.searchsorted(last, end)] for end in (np.floor(place), np.ceil(place)))
    return float(below + (above - below) * (place - np.floor(place)))
