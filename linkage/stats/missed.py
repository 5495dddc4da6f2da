"""Links that no candidate was made for, and precision without a truth: from how often links are found twice."""

from __future__ import annotations

import math
from dataclasses import dataclass

from linkage.stats.rates import LEVEL, z_of


@dataclass(frozen=True)
class CaptureRecapture:
    """Two passes found a and b links, m of them both; `total` is how many there are, with its interval.

    `recall` is (a + b - m) / total. As passes fail on the same bad records, the total is a lower bound.
    """

    a: int
    b: int
    m: int
    total: float
    se: float
    lo: float
    hi: float

    @property
    def found(self) -> int:
        """Links that at least one pass found."""
        return self.a + self.b - self.m

    @property
    def missed(self) -> float:
        """Links that neither pass found."""
        return self.total - self.found

    @property
    def recall(self) -> float | None:
        """Share of all links that was found; None where there are none."""
        return self.found / self.total if self.total else None


def chapman(a: int, b: int, m: int, level: float = LEVEL) -> CaptureRecapture:
    """Capture-recapture of two passes (one by name, one by address): how many links there are in all.

    N = (a+1)(b+1)/(m+1) - 1; var = (a+1)(b+1)(a-m)(b-m) / ((m+1)²(m+2)). The interval is on the log of the missed, so
    that it never falls below what was found. a, b and m must be true links (take off the expected false first), the
    passes independent within the stratum. Sources: D. G. Chapman, Univ. California Publ. Stat. 1 (1951) 131-160;
    variance G. A. F. Seber, Biometrics 26 (1970) 13-22; interval A. Chao, Biometrics 43 (1987) 783-791.
    """
    assert 0 <= m <= min(a, b), "what both passes found, each of them found"
    total = (a + 1) * (b + 1) / (m + 1) - 1
    spread = (a + 1) * (b + 1) * (a - m) * (b - m) / ((m + 1) ** 2 * (m + 2))
    found = a + b - m
    missed = total - found
    if missed <= 0:
        return CaptureRecapture(a, b, m, total, 0.0, total, total)
    factor = math.exp(z_of(level) * math.sqrt(math.log(1 + spread / missed**2)))
    return CaptureRecapture(a, b, m, total, math.sqrt(spread), found + missed / factor, found + missed * factor)


@dataclass(frozen=True)
class DuplicateMethod:
    """Share `t` of records with a true link found, mean number `false_links` of false ones per record, and the PPV."""

    t: float
    false_links: float
    ppv: float


def duplicate_method(n0: int, n1: int, n2: int) -> DuplicateMethod | None:
    """Precision without a truth, from the records that have 0, 1 and 2 links; before one-to-one is enforced.

    A record has its one true link with chance t, and false ones by Poisson with mean l: r1 = n1/n0, r2 = n2/n0,
    l = r1 - √(r1² - 2 r2), t = (r1 - l)/(1 + r1 - l), PPV = t/(t + l). None where the counts do not fit that (r1² < 2
    r2, or n0 = 0): duplicates within the file, or siblings, make false links come in clusters. Source: T. Blakely and
    C. Salmond, Int. J. Epidemiol. 31 (2002) 1246-1252; the Poisson form follows from P0, P1 and P2.
    """
    if not n0 or (n1 / n0) ** 2 < 2 * n2 / n0:
        return None
    r1, r2 = n1 / n0, n2 / n0
    false_links = r1 - math.sqrt(r1 * r1 - 2 * r2)
    odds = r1 - false_links
    t = odds / (1 + odds)
    return DuplicateMethod(t, false_links, t / (t + false_links)) if t + false_links else None
