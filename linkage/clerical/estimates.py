"""What the readings say of the whole run: precision and recall, weighted by strata, overall and by subgroup.

Readers' answers are taken as they are (reader 1's, where a pair was read twice): how far they can be trusted is said
beside them, by `readers.py`. Pairs that nobody could tell are left out of the estimate, and the range says what it
would be if all of them were decided one way or the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from linkage.clerical.design import Counts, Stratum, rate_of
from linkage.clerical.draw import SAMPLED
from linkage.clerical.key import SampleKey
from linkage.clerical.workbook import CANNOT_TELL, NO, YES
from linkage.diagnostics.subgroups import ALL
from linkage.stats import Stratified, stratified_recall

FEWEST_READ = 10  # methods: an estimate from fewer is suppressed
ESTIMATED, TOO_LITTLE = "estimated", "not enough evidence"
PRECISION, RECALL = "precision", "recall_of_compared"


@dataclass(frozen=True)
class ReadStratum:
    """A stratum with what was read of it: `yes` + `no` + `unsure` readings of its `stratum.pairs` pairs."""

    stratum: Stratum
    yes: int
    no: int
    unsure: int

    @property
    def read(self) -> int:
        """Pairs that were read."""
        return self.yes + self.no + self.unsure

    @property
    def decided(self) -> Counts:
        """Pairs, decided ones and those of one person: the unsure count as not read."""
        return self.stratum.pairs, self.yes + self.no, self.yes

    @property
    def share(self) -> float | None:
        """p_h: of the decided pairs the share that is one person."""
        return self.yes / (self.yes + self.no) if self.yes + self.no else None

    @property
    def variance(self) -> float | None:
        """V_h of p_h, as in `stats.stratified_rate`; None where nothing was decided."""
        rate = rate_of([self.decided]) if self.yes + self.no else None
        return rate.se**2 if rate else None

    def as_if(self, unsure: str) -> Counts:
        """The counts if all that nobody could tell were `yes`, or `no`."""
        return self.stratum.pairs, self.read, self.yes + (self.unsure if unsure == YES else 0)


@dataclass(frozen=True)
class Estimate:
    """A rate (0 to 1) of the pairs in the frame, `pairs` many, from `read` readings, `unsure` of them undecided.

    `lo_unsure` and `hi_unsure` are the least and the greatest it would be if every undecided pair were decided. Where
    `status` is `not enough evidence`, the rate and its interval are None.
    """

    metric: str
    subgroup_var: str
    subgroup: str
    pairs: int
    read: int
    unsure: int
    est: float | None
    se: float | None
    lo: float | None
    hi: float | None
    lo_unsure: float | None
    hi_unsure: float | None
    status: str


def read_strata(key: SampleKey, answers: Mapping[int, str]) -> tuple[ReadStratum, ...]:
    """The answers of reader 1 to sampled pairs, counted by stratum."""
    counted: Counter[tuple[int | None, str]] = Counter(
        (reading.pair.stratum, answers[reading.number])
        for reading in key.readings
        if reading.reader == 1 and reading.pair.kind == SAMPLED and reading.number in answers
    )
    return tuple(
        ReadStratum(stratum, *(counted[stratum.number, answer] for answer in (YES, NO, CANNOT_TELL)))
        for stratum in key.strata
    )


def estimates(strata: Sequence[ReadStratum], by: str) -> tuple[Estimate, ...]:
    """Precision and recall over all pairs, then in each subgroup, in the order of the strata."""
    groups = list(dict.fromkeys(item.stratum.subgroup for item in strata)) if by != ALL else []
    return tuple(
        estimate
        for name, group in ((ALL, ALL), *((by, group) for group in groups))
        for estimate in _of_group([item for item in strata if group in (ALL, item.stratum.subgroup)], name, group)
    )


def _of_group(strata: Sequence[ReadStratum], name: str, group: str) -> Iterator[Estimate]:
    found = [item for item in strata if item.stratum.is_found]
    left = [item for item in strata if not item.stratum.is_found]
    yield _estimate(PRECISION, name, group, found, _precision(_decided(found)), (
        _precision([item.as_if(NO) for item in found]), _precision([item.as_if(YES) for item in found])))  # fmt: skip
    # Recall is least where the undecided found pairs are no links and the undecided left ones are.
    yield _estimate(RECALL, name, group, strata, _recall(_decided(found), _decided(left)), (
        _recall([item.as_if(NO) for item in found], [item.as_if(YES) for item in left]),
        _recall([item.as_if(YES) for item in found], [item.as_if(NO) for item in left])))  # fmt: skip


def _estimate(
    metric: str,
    name: str,
    group: str,
    strata: Sequence[ReadStratum],
    rate: Stratified | None,
    ends: tuple[Stratified | None, Stratified | None],
) -> Estimate:
    pairs, read, unsure = (
        sum(counts)
        for counts in (
            [item.stratum.pairs for item in strata],
            [item.read for item in strata],
            [item.unsure for item in strata],
        )
    )
    if rate is None or read - unsure < min(FEWEST_READ, pairs):
        return Estimate(metric, name, group, pairs, read, unsure, None, None, None, None, None, None, TOO_LITTLE)
    least, most = (end.rate if end else None for end in ends)
    return Estimate(metric, name, group, pairs, read, unsure, rate.rate, rate.se, rate.lo, rate.hi, least, most,
                    ESTIMATED)  # fmt: skip


def _decided(strata: Sequence[ReadStratum]) -> list[Counts]:
    return [item.decided for item in strata]


def _precision(strata: Sequence[Counts]) -> Stratified | None:
    """None where a stratum has pairs of which none was decided: nothing is known of them."""
    if not strata or _is_open(strata):
        return None
    return rate_of(strata)


def _recall(found: Sequence[Counts], left: Sequence[Counts]) -> Stratified | None:
    return None if _is_open(found) or _is_open(left) else stratified_recall(found, left)


def _is_open(strata: Sequence[Counts]) -> bool:
    return any(pairs and not read for pairs, read, _ in strata)
