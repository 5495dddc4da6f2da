"""Places of groups in a league table, as far as their rates tell them: a rank without its interval is mostly noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from linkage.stats.rates import LEVEL, RATE_DECIMALS

DRAWS = 4000
LEAST = 0.5  # a case for and against, where all or none are: as certain as so few can be


@dataclass(frozen=True)
class Place:
    """The interval of a group's rank, 1 the lowest rate, and the chance that it is the lowest.

    `may_be_lowest`: it is in the smallest set of groups that holds the lowest one with the chance asked for.
    """

    lo: int
    hi: int
    chance_lowest: float
    may_be_lowest: bool


def places(rates: Sequence[float], sizes: Sequence[float], *, level: float = LEVEL, seed: int = 1) -> list[Place]:
    """Ranks of groups by their rates, each told from an effective number of cases (`FoundRecall.n_eff`, say).

    Rates are drawn from Beta(R n, (1-R) n), no side of it below ½, and ranked draw by draw: the interval is that of the
    ranks, the chance the share of draws. Groups as likely as the last one of the set are in it. Give shrunk rates and
    their sizes: the lowest raw rate is mostly that of a small group. Sources: N. M. Laird and T. A. Louis, J. Educ.
    Stat. 14 (1989) 29-46; H. Goldstein and D. J. Spiegelhalter, J. R. Stat. Soc. A 159 (1996) 385-443 (intervals of
    ranks); S. S. Gupta, Technometrics 7 (1965) 225-245 (the set that holds the lowest).
    """
    if not rates:
        return []
    rate, size = np.asarray(rates, dtype=float), np.asarray(sizes, dtype=float)
    drawn = np.random.default_rng(seed).beta(
        np.maximum(rate * size, LEAST), np.maximum((1 - rate) * size, LEAST), size=(DRAWS, len(rate))
    )
    ranks = np.argsort(np.argsort(drawn, axis=1, kind="stable"), axis=1, kind="stable") + 1
    low, high = np.quantile(ranks, [(1 - level) / 2, (1 + level) / 2], axis=0, method="inverted_cdf")
    chances = np.round((ranks == 1).mean(axis=0), RATE_DECIMALS)
    falling = np.sort(chances)[::-1]
    last = falling[min(int(np.searchsorted(np.cumsum(falling), level - 1e-9)), len(falling) - 1)]
    return [
        Place(int(lo), int(hi), float(chance), bool(chance >= last))
        for lo, hi, chance in zip(low, high, chances, strict=True)
    ]
