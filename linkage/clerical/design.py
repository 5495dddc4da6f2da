"""How many pairs of which stratum to read, and how sure the answer will be.

Sizes follow Neyman: more where the strata are large and the confidences in doubt, with a floor so that every stratum
can contradict what the engine thinks of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linkage.errors import RefusedError, UsageError
from linkage.stats import Stratified, neyman, stratified_rate, stratified_recall

FEWEST_PER_STRATUM = 30  # where the size allows; methods: n_h floor 30
FEWEST_AT_ALL = 2  # one reading has no variance
LEAST_DOUBT = 0.01  # a stratum is planned as if so many were other than it says: confidences can be too sure
MOST_PAIRS = 20_000  # read by people
HALF_WIDTH = 0.03
Counts = tuple[int, int, int]  # of a stratum: pairs, those read, those read as one person


@dataclass(frozen=True)
class Stratum:
    """Pairs of one band and subgroup: how many there are, and the share expected to be one person (0 to 1)."""

    number: int
    band: str
    is_found: bool
    subgroup: str
    pairs: int
    expected: float


@dataclass(frozen=True)
class Design:
    """A sample's strata and sizes, and half the width of the 95% intervals to hope for, where confidences are right.

    `recall_half_width` is None where no pair was left."""

    strata: tuple[Stratum, ...]
    sizes: tuple[int, ...]
    precision_half_width: float
    recall_half_width: float | None

    @property
    def size(self) -> int:
        """Pairs to be read, planted ones and second readings aside."""
        return sum(self.sizes)


def design_of_size(strata: Sequence[Stratum], size: int) -> Design:
    """The best use of `size` readings. Raises UsageError where they are too few for the strata, RefusedError where
    people could not read so many."""
    least = sum(min(FEWEST_AT_ALL, stratum.pairs) for stratum in strata)
    if size < least:
        raise UsageError("The sample is too small for its strata.", where="--size",
                         expected=f"at least {least:,}: {FEWEST_AT_ALL} of each of {len(strata)} strata",
                         remedy="read more, or use `--by all`")  # fmt: skip
    if min(size, sum(stratum.pairs for stratum in strata)) > MOST_PAIRS:
        raise RefusedError("The sample is larger than people can read.", where="--size or --half-width",
                           expected=f"at most {MOST_PAIRS:,} pairs", remedy="ask for a wider interval")  # fmt: skip
    return _design(strata, size)


def design_of_half_width(strata: Sequence[Stratum], half_width: float) -> Design:
    """The smallest sample whose intervals of precision and recall are both no wider than ± `half_width`.

    Raises UsageError for a width that is none; RefusedError where people could not read so much.
    """
    if not 0 < half_width < 0.5:
        raise UsageError("The half width of an interval is a share.", where="--half-width",
                         expected="more than 0 and less than 0.5, as in 0.03")  # fmt: skip
    low, high = sum(min(FEWEST_AT_ALL, s.pairs) for s in strata), sum(s.pairs for s in strata)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _is_within(_design(strata, middle), half_width) else (middle + 1, high)
    return design_of_size(strata, low)


def _is_within(design: Design, half_width: float) -> bool:
    return max(design.precision_half_width, design.recall_half_width or 0.0) <= half_width


def _design(strata: Sequence[Stratum], size: int) -> Design:
    fewest = min(FEWEST_PER_STRATUM, max(FEWEST_AT_ALL, size // (2 * len(strata))))
    doubted = [min(max(stratum.expected, LEAST_DOUBT), 1 - LEAST_DOUBT) for stratum in strata]
    sizes = neyman([stratum.pairs for stratum in strata], doubted, size, fewest=fewest)
    found, left = (
        [
            (stratum.pairs, n, round(n * share))
            for stratum, n, share in zip(strata, sizes, doubted, strict=True)
            if stratum.is_found is side
        ]
        for side in (True, False)
    )
    precision = rate_of(found)
    assert precision is not None, "a frame without links was refused"
    recall = stratified_recall(found, left) if left else None
    return Design(tuple(strata), tuple(sizes), _half(precision), _half(recall) if recall else None)


def rate_of(strata: Sequence[Counts]) -> Stratified | None:
    """`stats.stratified_rate` of strata; None where there are no pairs."""
    return stratified_rate([pairs for pairs, _, _ in strata], [n for _, n, _ in strata], [yes for *_, yes in strata])


def _half(rate: Stratified) -> float:
    return (rate.hi - rate.lo) / 2
