"""The list of children educated at home: a workbook of three sheets, with a banner above the names of its columns."""

from pathlib import Path

import numpy as np

from linkage_synth.arrays import NOBODY
from linkage_synth.dates import REFERENCE
from linkage_synth.formats.addresses import house_numbers, streets
from linkage_synth.formats.clerks import Clerk, write_down
from linkage_synth.formats.contract import Output, Rows, Source, numbered
from linkage_synth.formats.known import Known
from linkage_synth.formats.sheets import date_cell, references, untidy_rows
from linkage_synth.workbooks import Sheet, write_workbook

PATH, SHEET = "local/home_educated.xlsx", "EHE Register"
SHARE = 0.3
"""Of children of school age who are in no state school; the others go to independent schools."""
CLERK = Clerk(name_wrong=0.06, known_as=0.2, upn_known=0.5, old_postcode=0.12)
COLUMNS = (
    "Ref", "Child's first name", "Middle name(s)", "Family name", "D.O.B.", "Sex", "House and street", "Post code",
    "UPN (if known)", "Ethnic group", "Date EHE began", "Adviser",
)  # fmt: skip
SOURCE = Source(
    "home_educated",
    f"""\
format = "table"
path = "{PATH}"
key = "Ref"
[sources.home_educated.columns]
forename = "Child's first name"
middle_names = "Middle name(s)"
surname = "Family name"
dob = {{ column = "D.O.B.", format = "dayfirst" }}
sex = "Sex"
address_line = "House and street"
postcode = "Post code"
upn = "UPN (if known)"
[sources.home_educated.subgroups]
ethnicity = "Ethnic group"
""",
    unique=True,
)


def write(out: Path, known: Known) -> Output:
    """Write the workbook; rows are those of its second sheet."""
    world = known.world
    rng = world.draw("home_educated")
    grade = world.schooling.national_curriculum_year[2024]
    eligible = (world.schooling.school[2024] == NOBODY) & (grade >= 0) & (grade <= 11) & world.families.born
    person = np.flatnonzero(eligible & ~world.families.unaccompanied & (rng.random(len(grade)) < SHARE))
    person = rng.permutation(person)
    entries = write_down(rng, known, person, REFERENCE, CLERK)
    postcode, address = known.living_on(REFERENCE)
    lines = house_numbers(address[person]) + " " + streets(postcode[person])
    refs = references(rng, len(person), "EHE/{:05d}")
    began = (REFERENCE - rng.integers(20, 1500, len(person))).tolist()
    rows = untidy_rows(rng, entries, lambda row, child: [
        refs[row], child.forename, entries.names.middle[row], child.surname, child.birth, child.sex, lines[row],
        child.postcode, child.upn, child.ethnicity, date_cell(began[row], row % 10 / 10), "A. Mensah",
    ])  # fmt: skip
    guidance = [["Children whose parents have told us that they are taught at home"], ["Ask A. Mensah first"]]
    closed: list[list[object]] = [["Year", "Closed cases"], ["2022-23", 41], ["2023-24", 38]]
    write_workbook(
        out / PATH,
        "Education Welfare",
        [
            Sheet("Read me", (), guidance),
            Sheet(SHEET, COLUMNS, rows, ("Elective Home Education Register", "As at 31 March 2024", "")),
            Sheet("Closed", (), closed),
        ],
    )
    return Output((PATH,), (Rows("home_educated", f"{PATH}#{SHEET}", numbered(len(person)), person),))
