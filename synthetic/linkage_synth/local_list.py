"""A local early help list: a spreadsheet as people keep it, with headings, gaps and names in daily use."""

import datetime
from pathlib import Path

import numpy as np

from linkage_synth.arrays import Bools, Floats, Ints, Texts
from linkage_synth.dates import REFERENCE, age_on, dayfirst
from linkage_synth.errors import drop_accents, happens, write_birth, write_ethnicity, write_names, write_sex
from linkage_synth.families import Families
from linkage_synth.homes import Homes
from linkage_synth.identifiers import Upns
from linkage_synth.names import Names
from linkage_synth.places import Places
from linkage_synth.traits import Traits
from linkage_synth.untidy import ethnicity_cell, name_cell, postcode_cell, sex_cell, upn_cell
from linkage_synth.upn_records import make_some_wrong
from linkage_synth.workbooks import Sheet, write_workbook

SHARE = 0.08
MOST = 20_000
NAME_WRONG = 0.05
KNOWN_AS_WRITTEN = 0.25
"""Share of children with a name in daily use who are listed by it."""
DATE_WRONG = 0.01
UPN_KNOWN = 0.6
UPN_WRONG = 0.003
OLD_POSTCODE = 0.08
NO_POSTCODE = 0.03
BLANK_LINE = 0.008
COLUMNS = (
    "Ref", "Child's first name", "Family name", "D.O.B.", "M/F", "Ethnic group", "Post code",
    "UPN (if known)", "Worker",
)  # fmt: skip
SHEET = "Early Help 2023-24"
_HEADING = (
    "Early Help Service - family support list",
    "Extract for 2023-24. OFFICIAL-SENSITIVE. Do not forward",
    "",
)


def _people(rng: np.random.Generator, families: Families, in_need: Ints, traits: Traits) -> Ints:
    """Whole families, likelier where there is deprivation or social work."""
    eligible = families.born & ~families.unaccompanied
    size = int(eligible.sum())
    rows = min(round(SHARE * size), MOST)
    weight = np.zeros(len(families.mothers_culture))
    np.maximum.at(weight, families.mother, 0.4 + 2.5 * traits.deprivation + 2.0 * in_need)
    key = rng.exponential(1.0, len(weight)) / np.maximum(weight, 0.1)
    person = np.flatnonzero(eligible & (rng.random(len(families)) < 0.85))
    person = person[np.argsort(key[families.mother[person]], kind="stable")][:rows]
    return person[rng.permutation(len(person))]


def _first_names(families: Families, person: Ints, given: Texts, draws: Floats) -> Texts:
    """Placeholders for the youngest, titles for a few."""
    age = age_on(families.birth[person], REFERENCE)
    result = given.copy()
    for row, (years, twin, draw) in enumerate(
        zip(age.tolist(), families.twin[person].tolist(), draws.tolist(), strict=True)
    ):
        if twin >= 0 and years < 3 and draw < 0.4:
            is_second = person[row] > 0 and families.twin[person[row] - 1] == twin
            result[row] = "Twin 2" if is_second else "Twin 1"
        elif years == 0 and draw < 0.2:
            result[row] = "Baby"
        elif draw > 0.99:
            result[row] = ("Miss " if families.is_girl[person[row]] else "Master ") + given[row]
    return result


def write_local_list(
    rng: np.random.Generator,
    out: Path,
    *,
    places: Places,
    families: Families,
    names: Names,
    homes: Homes,
    traits: Traits,
    risk: Floats,
    upns: Upns,
    in_need: Ints,
) -> tuple[str, str, Ints]:
    """Write the workbook. Gives its path, the path with the sheet, and the person of every data row."""
    person = _people(rng, families, in_need, traits)
    size = len(person)
    risk = risk[person]
    written = write_names(rng, names, person, families.culture[person], happens(rng, NAME_WRONG, risk))
    known = (names.known_as[person] != "") & (rng.random(size) < KNOWN_AS_WRITTEN)
    written.forename = np.where(known, names.known_as[person], written.forename)
    drop_accents(written, np.flatnonzero(rng.random(size) < 0.5))
    first_name = _first_names(families, person, written.forename, rng.random(size))

    birth = write_birth(rng, families.birth[person], risk, families.unaccompanied[person], REFERENCE, DATE_WRONG)
    household = families.household[person]
    earlier = homes.postcode_on(household, REFERENCE - 366)
    present = homes.postcode_on(household, REFERENCE)
    postcode = places.postcode[np.where(rng.random(size) < OLD_POSTCODE, earlier, present)]
    postcode = np.where(happens(rng, NO_POSTCODE, risk), "", postcode)
    everyones = upns.held_on(REFERENCE)[0]
    upn = np.where(rng.random(size) < UPN_KNOWN, everyones[person], "")
    upn = make_some_wrong(rng, upn, person, families, everyones, UPN_WRONG)
    ethnicity = write_ethnicity(rng, traits.ethnicity[person], risk, 0.05)
    girl = write_sex(rng, families.is_girl[person], risk)
    reference = 4_000 + rng.permutation(size * 3)[:size]
    cells = _Cells(first_name, written.surname, birth, girl, ethnicity, postcode, upn, reference)
    path = "local/early_help.xlsx"
    _write_workbook(rng, out / path, cells)
    return path, f"{path}#{SHEET}", person


class _Cells:
    """The columns before they are made untidy."""

    def __init__(
        self, first_name: Texts, surname: Texts, birth: Ints, girl: Bools, ethnicity: Texts, postcode: Texts,
        upn: Texts, reference: Ints,
    ) -> None:  # fmt: skip
        self.first_name, self.surname, self.birth, self.girl = first_name, surname, birth, girl
        self.ethnicity, self.postcode, self.upn, self.reference = ethnicity, postcode, upn, reference


def _write_workbook(rng: np.random.Generator, path: Path, cells: _Cells) -> None:
    size = len(cells.birth)
    draws = rng.random((size, 8)).tolist()
    as_text = dayfirst(cells.birth)
    days = (datetime.date(1970, 1, 1) + datetime.timedelta(days=number) for number in cells.birth.tolist())
    workers = ("J. Cole", "A. Mensah", "S. Iqbal", "P. Nowak", "L. Grant")
    rows: list[list[object]] = []
    for row, (day, draw) in enumerate(zip(days, draws, strict=True)):
        if draw[7] < BLANK_LINE:
            rows.append([])
        rows.append(
            [
                f"EH{cells.reference[row]:06d}",
                name_cell(cells.first_name[row], draw[0]),
                name_cell(cells.surname[row], draw[1]),
                day if draw[2] < 0.6 else as_text[row],
                sex_cell(bool(cells.girl[row]), draw[3]),
                ethnicity_cell(cells.ethnicity[row], draw[4]),
                postcode_cell(cells.postcode[row], draw[5]),
                upn_cell(cells.upn[row], draw[6]),
                workers[int(draw[6] * len(workers))],
            ]
        )
    notes = (
        "Ref = our own number",
        "UPN from the school where they told us",
        "Baby / Twin = not named yet",
        "Ask J. Cole",
    )
    write_workbook(
        path, "Early Help", [Sheet(SHEET, COLUMNS, rows, _HEADING), Sheet("Notes", (), [[line] for line in notes])]
    )
