"""Pooling estimates of several plausible linkages (or imputations) into one, with the uncertainty between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance

from scipy.stats import t as student

from linkage.stats.rates import LEVEL


@dataclass(frozen=True)
class Pooled:
    """A pooled estimate: total = within + (1 + 1/m) between. `df` is infinite where the linkages all agree.

    `fmi` is the share of the information that is lost to not knowing the links, 0 to 1.
    """

    estimate: float
    variance: float
    within: float
    between: float
    df: float
    lo: float
    hi: float
    fmi: float
    m: int

    @property
    def se(self) -> float:
        """Standard error: the square root of the total variance."""
        return math.sqrt(self.variance)


def rubin(
    estimates: Sequence[float], variances: Sequence[float], *, df_complete: float | None = None, level: float = LEVEL
) -> Pooled:
    """Pool the estimates of m ≥ 2 whole linkages, each with its own variance.

    T = W + (1 + 1/m) B; df = (m - 1) (1 + W / ((1 + 1/m) B))², and, where `df_complete` gives the degrees of freedom
    that a linkage without error would have, Barnard and Rubin's smaller df. Pool on a scale that is near normal (log
    of a ratio, logit of a rate). Sources: D. B. Rubin, Multiple Imputation for Nonresponse in Surveys (1987), chapter
    3; J. Barnard and D. B. Rubin, Biometrika 86 (1999) 948-955. Raises ValueError for fewer than two linkages.
    """
    m = len(estimates)
    if m < 2 or len(variances) != m or min(variances) < 0:
        raise ValueError("pooling needs two or more estimates, each with a variance that is not negative")
    within, between = fmean(variances), variance(estimates)
    added = (1 + 1 / m) * between
    total = within + added
    share = added / total if total else 0.0
    df = (m - 1) / share**2 if share else math.inf
    if df_complete is not None:
        observed = (df_complete + 1) / (df_complete + 3) * df_complete * (1 - share)
        df = 0.0 if observed == 0 else observed if math.isinf(df) else 1 / (1 / df + 1 / observed)
    half = _half_width(total, df, level)
    # Rubin (1987) 3.1.10; of a known total with no degrees of freedom left nothing is known.
    added_by_t = 0.0 if math.isinf(df) else 2 / (df + 3)
    fmi = ((share / (1 - share) + added_by_t) / (share / (1 - share) + 1)) if share < 1 else 1.0
    centre = fmean(estimates)
    return Pooled(centre, total, within, between, df, centre - half, centre + half, fmi if share else 0.0, m)


def _half_width(total: float, df: float, level: float) -> float:
    if total == 0:
        return 0.0
    return math.inf if df == 0 else float(student.ppf((1 + level) / 2, df)) * math.sqrt(total)
