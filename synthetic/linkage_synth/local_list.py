"""A local early help list: a spreadsheet as people keep it, with headings, gaps and names in daily use."""

import datetime
import io
import re
import zipfile
from pathlib import Path

import numpy as np
import openpyxl

from linkage_synth.arrays import Bools, Floats, Ints, Texts
from linkage_synth.cultures import ETHNICITY_LABELS
from linkage_synth.dates import REFERENCE, age_on, dayfirst
from linkage_synth.errors import drop_accents, happens, write_birth, write_ethnicity, write_names, write_sex
from linkage_synth.families import Families
from linkage_synth.homes import Homes
from linkage_synth.identifiers import Upns
from linkage_synth.names import Names
from linkage_synth.places import Places
from linkage_synth.traits import Traits
from linkage_synth.upn_records import make_some_wrong

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
_STAMP = (2024, 4, 9, 9, 0, 0)


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


def _spaced(text: str, draw: float) -> str:
    if draw < 0.03:
        return f" {text}"
    if draw < 0.08:
        return f"{text} "
    if draw < 0.12:
        return text.upper()
    return text.lower() if draw < 0.14 else text


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

    birth = write_birth(
        rng, families.birth[person], risk, families.unaccompanied[person], REFERENCE, DATE_WRONG
    )
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


def _ethnic_group(code: str, draw: float) -> str:
    labels = ETHNICITY_LABELS.get(code)
    if labels is None:
        return ("", "Not known", "Refused")[int(draw * 3)]
    return labels[0] if draw < 0.6 else labels[int(draw * 97) % len(labels)]


def _sex(girl: bool, draw: float) -> str:
    if draw < 0.02:
        return ""
    plain = "F" if girl else "M"
    if draw < 0.1:
        return plain.lower()
    return ("Female" if girl else "Male") if draw < 0.22 else plain


def _postcode(postcode: str, draw: float) -> str:
    if draw < 0.12:
        return postcode.replace(" ", "")
    if draw < 0.18:
        return postcode.lower()
    return f"{postcode} " if draw < 0.22 else postcode


def _upn(upn: str, draw: float) -> str:
    if draw < 0.02:
        return upn.lower()
    return f"{upn[:4]} {upn[4:8]} {upn[8:]}".strip() if draw < 0.03 else upn


def _write_workbook(rng: np.random.Generator, path: Path, cells: _Cells) -> None:
    size = len(cells.birth)
    draws = rng.random((size, 8)).tolist()
    as_text = dayfirst(cells.birth)
    days = (datetime.date(1970, 1, 1) + datetime.timedelta(days=number) for number in cells.birth.tolist())
    workers = ("J. Cole", "A. Mensah", "S. Iqbal", "P. Nowak", "L. Grant")
    book = openpyxl.Workbook(write_only=True)
    stamp = datetime.datetime(*_STAMP)
    book.properties.creator, book.properties.created, book.properties.modified = "Early Help", stamp, stamp
    sheet = book.create_sheet(SHEET)
    for heading in _HEADING:
        sheet.append([heading or None])
    sheet.append(list(COLUMNS))
    for row, (day, draw) in enumerate(zip(days, draws, strict=True)):
        if draw[7] < BLANK_LINE:
            sheet.append([])
        sheet.append(
            [
                f"EH{cells.reference[row]:06d}",
                _spaced(cells.first_name[row], draw[0]),
                _spaced(cells.surname[row], draw[1]),
                day if draw[2] < 0.6 else as_text[row],
                _sex(bool(cells.girl[row]), draw[3]) or None,
                _ethnic_group(cells.ethnicity[row], draw[4]) or None,
                _postcode(cells.postcode[row], draw[5]) or None,
                _upn(cells.upn[row], draw[6]) or None,
                workers[int(draw[6] * len(workers))],
            ]
        )
    notes = book.create_sheet("Notes")
    for line in (
        "Ref = our own number",
        "UPN from the school where they told us",
        "Baby / Twin = not named yet",
        "Ask J. Cole",
    ):
        notes.append([line])
    buffer = io.BytesIO()
    book.save(buffer)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_with_fixed_times(buffer.getvalue()))


def _with_fixed_times(workbook: bytes) -> bytes:
    """The same workbook with one time stamp everywhere: openpyxl writes the present time on saving."""
    stamp = f"{_STAMP[0]}-{_STAMP[1]:02d}-{_STAMP[2]:02d}T{_STAMP[3]:02d}:00:00Z".encode()
    result = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as old,
        zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for item in old.infolist():
            content = old.read(item)
            if item.filename == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>" + stamp, content)
            entry = zipfile.ZipInfo(item.filename, date_time=_STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            new.writestr(entry, content)
    return result.getvalue()
