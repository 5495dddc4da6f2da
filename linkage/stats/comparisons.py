"""Two groups compared: differences and ratios of rates with intervals, and what could have been seen at all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from scipy.stats.contingency import relative_risk
from statsmodels.stats.proportion import confint_proportions_2indep, score_test_proportions_2indep

from linkage.stats.rates import LEVEL, z_of

HIGHER, LOWER = "higher", "lower"
NO_CLEAR_DIFFERENCE = "no clear difference"
NOT_ENOUGH_EVIDENCE = "not enough evidence"
POWER = 0.8  # the usual chance of seeing a difference that is there
LARGEST_UNSEEN_RATIO = 2.0  # a group whose rate could be twice as high unseen is not known to be like the others


@dataclass(frozen=True)
class Comparison:
    """A difference or ratio of two rates with its interval, and the method; `p` is of the test that they are equal.

    `estimate` is None where it is not defined (a ratio of two zeros) and infinite over a zero.
    """

    estimate: float | None
    lo: float
    hi: float
    p: float | None
    method: str


def newcombe(x1: int, n1: int, x2: int, n2: int, level: float = LEVEL) -> Comparison | None:
    """x1/n1 - x2/n2 with the hybrid score interval; None where a group is empty.

    d ∓ √((p1-l1)² + (u2-p2)²), √((u1-p1)² + (p2-l2)²) with Wilson's l and u. By statsmodels; p of the score test.
    Source: R. G. Newcombe, Stat. Med. 17 (1998) 873-890, method 10.
    """
    _refuse_impossible(x1, n1, x2, n2)
    if not n1 or not n2:
        return None
    lo, hi = confint_proportions_2indep(x1, n1, x2, n2, compare="diff", method="newcomb", alpha=1 - level)
    p = _score_p(x1, n1, x2, n2)
    return Comparison(x1 / n1 - x2 / n2, max(-1.0, float(lo)), min(1.0, float(hi)), p, "newcombe")


def risk_ratio(x1: int, n1: int, x2: int, n2: int, level: float = LEVEL) -> Comparison | None:
    """(x1/n1) / (x2/n2) with an interval; None where a group is empty.

    Log interval, se = √(1/x1 - 1/n1 + 1/x2 - 1/n2), by scipy (`katz`); where one count is 0, the score interval by
    statsmodels (`koopman`), which is open at that end: 0 or infinite. Where all of the other group count,
    the score interval is not to be had: the log interval adds a half to all four counts (`katz_half`). Of two zeros
    nothing is known: no estimate, 0 to infinity (`none`). Sources: D. Katz and others, Biometrics 34 (1978) 469-474;
    P. A. R. Koopman, Biometrics 40 (1984) 513-517; halves, F. J. Anscombe, Biometrika 43 (1956) 461-464.
    """
    _refuse_impossible(x1, n1, x2, n2)
    if not n1 or not n2:
        return None
    p = _score_p(x1, n1, x2, n2)
    if x1 == x2 == 0:
        return Comparison(None, 0.0, math.inf, p, "none")
    if x1 > 0 and x2 > 0 and (x1 < n1 or x2 < n2):
        found = relative_risk(x1, n1, x2, n2)
        interval = found.confidence_interval(level)
        return Comparison(float(found.relative_risk), float(interval.low), float(interval.high), p, "katz")
    if x2 == 0:  # the ratio the other way round, turned over
        turned = risk_ratio(x2, n2, x1, n1, level)
        assert turned is not None, "both groups have somebody"
        return Comparison(math.inf, 1 / turned.hi, math.inf, p, turned.method)
    if x2 == n2:
        return _katz_half(x1, n1, x2, n2, p, level)
    _, hi = confint_proportions_2indep(
        x1, n1, x2, n2, compare="ratio", method="score", correction=False, alpha=1 - level
    )  # fmt: skip
    return Comparison(0.0, 0.0, float(hi), p, "koopman")


def _katz_half(x1: int, n1: int, x2: int, n2: int, p: float | None, level: float) -> Comparison:
    half = z_of(level) * math.sqrt(sum(1 / (x + 0.5) - 1 / (n + 1) for x, n in ((x1, n1), (x2, n2))))
    centre = (x1 + 0.5) / (n1 + 1) / ((x2 + 0.5) / (n2 + 1))
    lo = 0.0 if x1 == 0 else centre * math.exp(-half)
    return Comparison(x1 / n1 / (x2 / n2), lo, centre * math.exp(half), p, "katz_half")


def excess_missed(x: int, n: int, rate_of_reference: float) -> float:
    """Children of a group of n, x of them missed, who would not be missed at the reference's rate: x - n rate.

    That is n (rate - rate of reference): below 0 where the group is better served than the reference.
    """
    return x - n * rate_of_reference


def minimum_detectable_ratio(
    n1: int, n2: int, rate_of_reference: float, *, power: float = POWER, level: float = LEVEL
) -> float | None:
    """The smallest ratio above 1, of a group of n1 to a reference of n2, that a test would find with this power.

    Arcsine approximation: h = (z of level + z of power) √(1/n1 + 1/n2), rate = sin²(arcsin √reference + h/2).
    Infinite where even a rate of 1 would be missed; None where a group is empty or the reference's rate is 0.
    Source: J. Cohen, Statistical Power Analysis for the Behavioral Sciences (2nd ed., 1988), chapter 6.
    """
    assert 0 <= rate_of_reference <= 1, "a rate is between 0 and 1"
    if not n1 or not n2 or not rate_of_reference:
        return None
    effect = (z_of(level) + NormalDist().inv_cdf(power)) * math.sqrt(1 / n1 + 1 / n2)
    angle = math.asin(math.sqrt(rate_of_reference)) + effect / 2
    return math.inf if angle > math.pi / 2 else math.sin(angle) ** 2 / rate_of_reference


def evidence(ratio: Comparison | None, detectable: float | None) -> str:
    """What a ratio of rates says: `higher`, `lower`, `no clear difference` or `not enough evidence`.

    The first two where the interval leaves out 1. Otherwise there is no clear difference only if a ratio of 2 would
    have been seen (`minimum_detectable_ratio` of at most 2): an underpowered cell never says "no bias" (trap 19).
    """
    if ratio is None or ratio.estimate is None:
        return NOT_ENOUGH_EVIDENCE
    if ratio.lo > 1:
        return HIGHER
    if ratio.hi < 1:
        return LOWER
    seen = detectable is not None and detectable <= LARGEST_UNSEEN_RATIO
    return NO_CLEAR_DIFFERENCE if seen else NOT_ENOUGH_EVIDENCE


def _score_p(x1: int, n1: int, x2: int, n2: int) -> float | None:
    """Two-sided p of the score test that two rates are equal; None where nobody or everybody counts."""
    if x1 + x2 in (0, n1 + n2):
        return None
    return float(score_test_proportions_2indep(x1, n1, x2, n2, compare="diff", correction=False).pvalue)


def _refuse_impossible(x1: int, n1: int, x2: int, n2: int) -> None:
    assert 0 <= x1 <= n1, "a rate counts x among n"
    assert 0 <= x2 <= n2, "a rate counts x among n"
