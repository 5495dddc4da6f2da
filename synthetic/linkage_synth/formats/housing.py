"""Young people of 16 and 17 who came to the housing department: a workbook with a sheet for each year."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from linkage_synth.arrays import Ints
from linkage_synth.dates import REFERENCE, age_on
from linkage_synth.formats.clerks import Clerk, write_down
from linkage_synth.formats.contract import Output, Rows, Source, numbered
from linkage_synth.formats.known import Known
from linkage_synth.formats.sheets import date_cell, references, untidy_rows
from linkage_synth.workbooks import Sheet, write_workbook

PATH = "local/housing_16_17.xlsx"
SHEETS = ("2022-23", "2023-24")
SHEET = SHEETS[1]
SHARE = 0.05
CLERK = Clerk(name_wrong=0.07, date_wrong=0.012, known_as=0.3, upn_known=0.0, old_postcode=0.4, no_postcode=0.12)
COLUMNS = (
    "Case no", "Forename", "Surname", "Date of birth", "M/F", "Ethnicity", "Last settled postcode", "Date presented",
    "Outcome",
)  # fmt: skip
SOURCE = Source(
    "housing",
    f"""\
format = "table"
path = "{PATH}"
sheet = "{SHEET}"
key = "Case no"
[sources.housing.columns]
forename = "Forename"
surname = "Surname"
dob = {{ column = "Date of birth", format = "dayfirst" }}
sex = "M/F"
postcode = "Last settled postcode"
[sources.housing.subgroups]
ethnicity = "Ethnicity"
""",
    unique=True,
)


def write(out: Path, known: Known) -> Output:
    """Write both sheets; the source is the second one, so the first is in no truth."""
    rng = known.world.draw("housing")
    sheets: list[Sheet] = []
    person = np.zeros(0, dtype=np.int64)
    for title, on in zip(SHEETS, (REFERENCE - 366, REFERENCE), strict=True):
        person, rows = _year(rng, known, title, on)
        sheets.append(Sheet(title, COLUMNS, rows, ("16/17 year olds - homeless presentations",)))
    write_workbook(out / PATH, "Housing Options", sheets)
    return Output((PATH,), (Rows("housing", f"{PATH}#{SHEET}", numbered(len(person)), person),))


def _year(rng: np.random.Generator, known: Known, title: str, on: int) -> tuple[Ints, list[Sequence[object]]]:
    world = known.world
    age = age_on(world.families.birth, on)
    chance = SHARE * np.where(known.in_need == 1, 4.0, 0.7)
    eligible = (age >= 16) & (age <= 17) & world.families.born & (world.traits.arrived_on <= on)
    person = rng.permutation(np.flatnonzero(eligible & (rng.random(len(age)) < chance)))
    entries = write_down(rng, known, person, on, CLERK)
    refs = references(rng, len(person), "H{:05d}/" + title[2:4])
    came = (on - rng.integers(1, 365, len(person))).tolist()
    outcomes = ("Returned home", "Supported lodgings", "Referred to social care", "")
    rows = untidy_rows(rng, entries, lambda row, child: [
        refs[row], child.forename, child.surname, child.birth, child.sex, child.ethnicity, child.postcode,
        date_cell(came[row], row % 6 / 6), outcomes[row % len(outcomes)],
    ])  # fmt: skip
    return person, rows
