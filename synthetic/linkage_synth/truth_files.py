"""The truth: which person every row is, and who the persons are."""

from pathlib import Path

import numpy as np

from linkage_synth.arrays import Bools, Ints, Texts, blank, texts
from linkage_synth.csv_files import write_csv
from linkage_synth.cultures import ETHNICITY_GROUPS, KEYS
from linkage_synth.dates import NO_DATE, REFERENCE, age_on, iso
from linkage_synth.families import Families
from linkage_synth.homes import Homes
from linkage_synth.places import Places
from linkage_synth.traits import Traits

AGE_BANDS = ((1, "0"), (5, "1-4"), (11, "5-10"), (16, "11-15"), (19, "16-18"))
"""Age under which each band ends, in completed years on 31 March 2024."""


class RowsOfTruth:
    """Collects the person behind every primary row, in the order in which the files are written."""

    def __init__(self, number: Ints) -> None:
        """`number` is the public number of each person."""
        self._number = number
        self.columns: dict[str, list[object]] = {"source": [], "file": [], "row": [], "person": []}
        self.rows_by_source: dict[str, int] = {}

    def add(self, source: str, files: Texts | str, rows: Ints, person: Ints) -> None:
        """Rows of one source, each with its file (or all with one) and its number in it."""
        size = len(person)
        order = np.arange(size)
        if not isinstance(files, str):
            order = np.lexsort((rows, files.astype(str)))
        self.columns["source"].extend([source] * size)
        self.columns["file"].extend([files] * size if isinstance(files, str) else files[order])
        self.columns["row"].extend(rows[order].tolist())
        self.columns["person"].extend(self._number[person[order]].tolist())
        self.rows_by_source[source] = self.rows_by_source.get(source, 0) + size

    def write(self, out: Path) -> str:
        """Write `truth/rows.csv`; gives its path."""
        path = "truth/rows.csv"
        write_csv(out / path, self.columns, len(self.columns["row"]))
        return path


def _group_numbers(groups: Ints, counts: Bools) -> Texts:
    """Text numbers of groups of two or more, empty for others."""
    numbers, place, size = np.unique(groups, return_inverse=True, return_counts=True)
    labels = texts([str(number + 1) for number in range(len(numbers))])
    return np.where((size[place] > 1) & counts, labels[place], "")


def write_persons(
    out: Path,
    *,
    places: Places,
    families: Families,
    homes: Homes,
    traits: Traits,
    number: Ints,
    in_need: Ints,
    looked_after: Bools,
) -> str:
    """Write `truth/persons.csv`, one row per person in order of number; gives its path."""
    path = "truth/persons.csv"
    alive = families.born
    age = age_on(families.birth, REFERENCE)
    band = blank(len(families))
    for under, label in reversed(AGE_BANDS):
        band = np.where(age < under, label, band)
    band = np.where(alive, band, "unborn")
    flags = np.array(["0", "1"], dtype=np.object_)
    columns: dict[str, Texts] = {
        "person": number.astype(np.object_),
        "mother": (families.mother + 1).astype(np.object_),
        "father": (families.father + 1).astype(np.object_),
        "sibling_group": _group_numbers(families.mother, np.ones(len(families), dtype=np.bool_)),
        "twin_group": _group_numbers(families.twin, families.twin >= 0),
        "sex": np.where(families.is_girl, "F", "M").astype(np.object_),
        "ethnicity": traits.ethnicity,
        "ethnicity_group": texts([ETHNICITY_GROUPS[code] for code in traits.ethnicity]),
        "culture": texts(list(KEYS))[families.culture],
        "age_band": band,
        "birth_date": iso(np.where(alive, families.birth, NO_DATE)),
        "expected_birth_date": iso(np.where(families.unborn_in > 0, families.birth, NO_DATE)),
        "unborn_in": np.where(families.unborn_in > 0, families.unborn_in.astype(np.object_), ""),
        "stillborn": flags[families.stillborn.astype(np.int64)],
        "arrived": flags[(traits.arrived_on != NO_DATE).astype(np.int64)],
        "uasc": flags[families.unaccompanied.astype(np.int64)],
        "cla": flags[looked_after.astype(np.int64)],
        "cin": flags[(in_need > 0).astype(np.int64)],
        "moved": flags[homes.moved_in(families.household, 2024).astype(np.int64)],
        "authority": places.authority_code[homes.authority_on(families.household, REFERENCE)],
        "fsm": traits.fsm.astype(np.object_),
        "sen": traits.sen,
        "language": traits.language,
        "idaci": traits.deprivation.astype(np.object_),
    }
    order = np.argsort(number, kind="stable")
    return_columns = {name: column[order] for name, column in columns.items()}
    write_csv(out / path, return_columns, len(number))
    return path
