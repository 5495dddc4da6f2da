"""Many comparisons at once: Holm for contrasts named before the run, Benjamini-Hochberg for exploration."""

from __future__ import annotations

from collections.abc import Sequence

from statsmodels.stats.multitest import multipletests

from linkage.stats.rates import LEVEL


def holm(p: Sequence[float | None]) -> list[float | None]:
    """Adjusted p values, in the order given: at most `a` of them falls below `a` by chance in a share `a` of families.

    None (a comparison that could not be made) stays None and does not count in the size of the family. By statsmodels.
    Source: S. Holm, Scand. J. Statist. 6 (1979) 65-70.
    """
    return _adjusted(p, "holm")


def benjamini_hochberg(p: Sequence[float | None]) -> list[float | None]:
    """q values, in the order given: of all comparisons with q below `a`, a share of at most `a` is expected false.

    Holds under independence and positive dependence. None stays None and does not count. By statsmodels.
    Source: Y. Benjamini and Y. Hochberg, J. R. Statist. Soc. B 57 (1995) 289-300.
    """
    return _adjusted(p, "fdr_bh")


def sidak_level(comparisons: int, level: float = LEVEL) -> float:
    """Confidence level for each of several intervals, so that all hold together with `level`: level^(1/comparisons).

    Source: Z. Šidák, J. Am. Stat. Assoc. 62 (1967) 626-633.
    """
    assert comparisons > 0, "a family has at least one comparison"
    return float(level ** (1 / comparisons))


def _adjusted(p: Sequence[float | None], method: str) -> list[float | None]:
    known = [value for value in p if value is not None]
    if not all(0 <= value <= 1 for value in known):
        raise ValueError("a p value is between 0 and 1")
    if not known:
        return [None] * len(p)
    adjusted = iter(multipletests(known, method=method)[1])
    return [None if value is None else float(next(adjusted)) for value in p]
