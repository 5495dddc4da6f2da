"""Rows of local spreadsheets, made untidy: one child a row, cells as people type them."""

import datetime
from collections.abc import Callable, Sequence

import numpy as np

from linkage_synth.arrays import Ints
from linkage_synth.dates import NO_DATE, dayfirst
from linkage_synth.formats.clerks import Entries
from linkage_synth.untidy import ethnicity_cell, name_cell, postcode_cell, sex_cell, upn_cell

BLANK_LINE = 0.006
DATE_AS_TEXT = 0.35


class Person:
    """The cells of one child, as typed."""

    def __init__(self, entries: Entries, row: int, draws: Sequence[float]) -> None:
        self.forename = name_cell(entries.names.forename[row], draws[0])
        self.surname = name_cell(entries.names.surname[row], draws[1])
        self.sex = sex_cell(bool(entries.is_girl[row]), draws[2])
        self.ethnicity = ethnicity_cell(entries.ethnicity[row], draws[3])
        self.postcode = postcode_cell(entries.postcode[row], draws[4])
        self.upn = upn_cell(entries.upn[row], draws[5])
        self.birth = date_cell(int(entries.birth[row]), draws[6])


def date_cell(days: int, draw: float) -> object:
    """A date, or its text day first; blank for `NO_DATE`."""
    if days == NO_DATE:
        return ""
    if draw < DATE_AS_TEXT:
        return str(dayfirst(np.array([days], dtype=np.int64))[0])
    return datetime.date(1970, 1, 1) + datetime.timedelta(days=days)


def untidy_rows(
    rng: np.random.Generator, entries: Entries, cells: Callable[[int, Person], Sequence[object]]
) -> list[Sequence[object]]:
    """A row per child, with a blank line here and there."""
    rows: list[Sequence[object]] = []
    for row, draws in enumerate(rng.random((len(entries.birth), 8)).tolist()):
        if draws[7] < BLANK_LINE:
            rows.append([])
        rows.append(cells(row, Person(entries, row, draws)))
    return rows


def references(rng: np.random.Generator, size: int, pattern: str) -> list[str]:
    """References of a list, none twice, in no order."""
    numbers: Ints = 1_000 + rng.permutation(size * 4 + 10)[:size]
    return [pattern.format(number) for number in numbers.tolist()]
