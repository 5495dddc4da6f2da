"""The list of vulnerable babies: kept by due date and the mother's name until the child is born and named."""

from pathlib import Path

import numpy as np

from linkage_synth.arrays import Ints
from linkage_synth.dates import NO_DATE, REFERENCE, YEAR_END
from linkage_synth.formats.clerks import Clerk, write_down
from linkage_synth.formats.contract import Output, Rows, Source, numbered
from linkage_synth.formats.known import Known
from linkage_synth.formats.parents import mothers_names
from linkage_synth.formats.sheets import date_cell, references, untidy_rows
from linkage_synth.workbooks import Sheet, write_workbook

PATH, SHEET = "local/vulnerable_babies.xlsx", "Pre-birth tracker"
KNOWN_TO_SOCIAL_CARE = 0.8
ANOTHER_BABY = 0.02
NEVER_UPDATED = 0.2
"""Share of children born since whose birth was not entered."""
CLERK = Clerk(name_wrong=0.06, upn_known=0.0, old_postcode=0.15, no_postcode=0.08)
COLUMNS = (
    "Tracker no", "Mother's first name", "Mother's surname", "Mother's D.O.B.", "EDD", "Baby's D.O.B.",
    "Baby's first name", "Baby's surname", "Baby's sex", "Post code", "Ethnic group", "Plan",
)  # fmt: skip
SOURCE = Source(
    "vulnerable_babies",
    f"""\
format = "table"
path = "{PATH}"
key = "Tracker no"
[sources.vulnerable_babies.columns]
forename = "Baby's first name"
surname = ["Baby's surname", "Mother's surname"]
expected_dob = {{ column = "EDD", format = "dayfirst" }}
dob = {{ column = "Baby's D.O.B.", format = "dayfirst" }}
sex = "Baby's sex"
postcode = "Post code"
guardian = {{ join = ["Mother's first name", "Mother's surname"] }}
[sources.vulnerable_babies.subgroups]
ethnicity = "Ethnic group"
""",
    unique=True,
)


def _people(rng: np.random.Generator, known: Known) -> Ints:
    families = known.world.families
    before = (families.unborn_in > 0) & (rng.random(len(families)) < KNOWN_TO_SOCIAL_CARE)
    last_year = families.born & (families.birth > YEAR_END[2023]) & (known.in_need == 1)
    some = families.born & (families.birth > YEAR_END[2023]) & (rng.random(len(families)) < ANOTHER_BABY)
    return rng.permutation(np.flatnonzero(before | last_year | some))


def write(out: Path, known: Known) -> Output:
    """Write the workbook. A baby not born by 31 March 2024 has no birth date, no name and no sex."""
    families = known.world.families
    rng = known.world.draw("vulnerable_babies")
    person = _people(rng, known)
    entries = write_down(rng, known, person, REFERENCE, CLERK)
    born = families.born[person] & (rng.random(len(person)) >= NEVER_UPDATED)
    due = (families.birth[person] + np.round(rng.normal(0, 8, len(person))).astype(np.int64)).tolist()
    birth = np.where(born, entries.birth, NO_DATE).tolist()
    first, last = mothers_names(rng, known.world, person)
    hers = (families.birth[person] - rng.integers(17 * 365, 40 * 365, len(person))).tolist()
    refs = references(rng, len(person), "VB-{:04d}")
    unnamed = rng.random(len(person)) < 0.15
    rows = untidy_rows(rng, entries, lambda row, child: [
        refs[row], first[row], last[row], date_cell(hers[row], row % 5 / 5), date_cell(due[row], row % 4 / 4),
        date_cell(birth[row], row % 3 / 3), ("Baby" if unnamed[row] else child.forename) if born[row] else "",
        child.surname if born[row] else "", child.sex if born[row] else "", child.postcode, child.ethnicity,
        "Pre-birth assessment",
    ])  # fmt: skip
    write_workbook(
        out / PATH,
        "Maternity safeguarding",
        [Sheet(SHEET, COLUMNS, rows, ("Vulnerable babies and pre-birth tracker", "", "EDD = date expected"))],
    )
    return Output((PATH,), (Rows("vulnerable_babies", f"{PATH}#{SHEET}", numbered(len(person)), person),))
