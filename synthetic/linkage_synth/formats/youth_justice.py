"""The caseload of youth justice services: a workbook with a summary before the list, and aliases."""

from pathlib import Path

import numpy as np

from linkage_synth.dates import REFERENCE, age_on
from linkage_synth.formats.clerks import Clerk, write_down
from linkage_synth.formats.contract import Output, Rows, Source, numbered
from linkage_synth.formats.known import Known
from linkage_synth.formats.sheets import date_cell, references, untidy_rows
from linkage_synth.workbooks import Sheet, write_workbook

PATH, SHEET = "local/youth_justice.xlsx", "Caseload 2023-24"
SHARE = 0.006
CLERK = Clerk(name_wrong=0.08, date_wrong=0.015, known_as=0.35, upn_known=0.25, old_postcode=0.15, no_postcode=0.06)
COLUMNS = (
    "YJS No.", "Given name", "AKA", "Last name", "Birth date", "Gender", "Ethnic appearance", "Current postcode", "UPN",
    "Outcome", "Outcome date",
)  # fmt: skip
SOURCE = Source(
    "youth_justice",
    f"""\
format = "table"
path = "{PATH}"
sheet = "{SHEET}"
key = "YJS No."
[sources.youth_justice.columns]
forename = ["Given name", "AKA"]
surname = "Last name"
dob = {{ column = "Birth date", format = "dayfirst" }}
sex = "Gender"
postcode = "Current postcode"
upn = "UPN"
[sources.youth_justice.subgroups]
ethnicity = "Ethnic appearance"
""",
    unique=True,
)


def write(out: Path, known: Known) -> Output:
    """Write the workbook: children aged 10 to 17, more boys, more of those whom social care knows."""
    world = known.world
    rng = world.draw("youth_justice")
    age = age_on(world.families.birth, REFERENCE)
    chance = SHARE * np.where(world.families.is_girl, 0.4, 1.6) * np.where(known.in_need == 1, 5.0, 0.7)
    chance = chance * np.where(age >= 15, 2.0, 0.6)
    eligible = (age >= 10) & (age <= 17) & world.families.born
    person = rng.permutation(np.flatnonzero(eligible & (rng.random(len(age)) < chance)))
    entries = write_down(rng, known, person, REFERENCE, CLERK)
    aliases = world.names.known_as[person]
    refs = references(rng, len(person), "YJS{:06d}")
    on = (REFERENCE - rng.integers(1, 365, len(person))).tolist()
    outcomes = ("Referral Order", "Youth Conditional Caution", "Youth Rehabilitation Order", "Turnaround")
    rows = untidy_rows(rng, entries, lambda row, child: [
        refs[row], child.forename, aliases[row] if row % 2 else "", child.surname, child.birth, child.sex,
        child.ethnicity, child.postcode, child.upn, outcomes[row % len(outcomes)], date_cell(on[row], row % 7 / 10),
    ])  # fmt: skip
    summary: list[list[object]] = [["Gender", "Last name", "Cases"], ["M", "A-M", len(person) // 2], ["F", "N-Z", 9]]
    write_workbook(
        out / PATH,
        "Youth Justice Service",
        [
            Sheet("Summary", (), summary),
            Sheet(SHEET, COLUMNS, rows, ("YOUTH JUSTICE SERVICE", "OFFICIAL-SENSITIVE")),
            Sheet("Codes", (), [[outcome] for outcome in outcomes]),
        ],
    )
    return Output((PATH,), (Rows("youth_justice", f"{PATH}#{SHEET}", numbered(len(person)), person),))
