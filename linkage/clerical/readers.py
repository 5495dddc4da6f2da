"""The readers themselves: how far two of them agree, and how often they are wrong where the answer is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from statsmodels.stats.inter_rater import cohens_kappa

from linkage.clerical.draw import KNOWN_MATCH, KNOWN_NON_MATCH
from linkage.clerical.estimates import FEWEST_READ
from linkage.clerical.key import SampleKey
from linkage.clerical.workbook import ANSWERS, CANNOT_TELL, NO, YES
from linkage.diagnostics.subgroups import ALL
from linkage.stats import Interval, wilson


@dataclass(frozen=True)
class Agreement:
    """Of `pairs` read by both readers: the share answered alike, and Cohen's kappa with its 95% interval.

    kappa is agreement beyond chance over the three answers; None where both readers gave one answer only, so that
    chance would agree as well, or no pair was read twice.
    """

    pairs: int
    agreed: Interval | None
    kappa: float | None
    lo: float | None
    hi: float | None


@dataclass(frozen=True)
class ReaderError:
    """Planted pairs of a kind (`known_match`, `known_non_match`): the share answered wrongly, `unsure` ones aside.

    `error` is over those that were decided, all readers together; None where there are none.
    """

    kind: str
    subgroup: str
    planted: int
    unsure: int
    error: Interval | None


def agreement(key: SampleKey, answers: Mapping[int, str]) -> Agreement:
    """How far the two readers of the same pairs agree.

    Source: J. Cohen, Educ. Psychol. Meas. 20 (1960) 37-46, interval of J. L. Fleiss and others (1969), by statsmodels.
    """
    table = np.zeros((len(ANSWERS), len(ANSWERS)))
    first = {reading.pair: answers.get(reading.number) for reading in key.readings if reading.reader == 1}
    for reading in key.readings:
        one, two = first.get(reading.pair), answers.get(reading.number)
        if reading.reader == 2 and one and two:
            table[ANSWERS.index(one), ANSWERS.index(two)] += 1
    pairs = int(table.sum())
    alike = wilson(int(np.trace(table)), pairs)
    chance = float(table.sum(axis=0) @ table.sum(axis=1)) / pairs**2 if pairs else 1.0
    if chance == 1:
        return Agreement(pairs, alike, None, None, None)
    found = cohens_kappa(table)
    return Agreement(pairs, alike, float(found.kappa), max(-1.0, float(found.kappa_low)),
                     min(1.0, float(found.kappa_upp)))  # fmt: skip


def reader_errors(key: SampleKey, answers: Mapping[int, str]) -> tuple[ReaderError, ...]:
    """Errors on planted pairs, overall and in the subgroups of which enough were read: readers may know the names of
    some origins less well."""
    return tuple(_errors(key, answers))


def _errors(key: SampleKey, answers: Mapping[int, str]) -> Iterator[ReaderError]:
    for kind, wrong in ((KNOWN_MATCH, NO), (KNOWN_NON_MATCH, YES)):
        read = [
            (reading.pair.subgroup, answers[reading.number])
            for reading in key.readings
            if reading.pair.kind == kind and reading.number in answers
        ]
        yield _error(kind, ALL, [answer for _, answer in read], wrong)
        for group in sorted({group for group, _ in read} - {ALL}):
            told = [answer for own, answer in read if own == group]
            if len(told) >= FEWEST_READ:
                yield _error(kind, group, told, wrong)


def _error(kind: str, group: str, told: Sequence[str], wrong: str) -> ReaderError:
    unsure = told.count(CANNOT_TELL)
    return ReaderError(kind, group, len(told), unsure, wilson(told.count(wrong), len(told) - unsure))
