"""The school census as the department's collection system exports it: a CSV file per table and term.

Tables join by ids that mean nothing outside of one term. Dates are `2012-Jan-21 00:00:00`, whole numbers have a
point, and yes and no are True and False.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from linkage_synth.arrays import Ints, Texts, blank, texts
from linkage_synth.csv_files import write_csv
from linkage_synth.dates import NO_DATE, iso
from linkage_synth.formats.addresses import house_numbers, property_numbers, streets
from linkage_synth.formats.contract import Format, Output, Rows, Source, numbered
from linkage_synth.formats.known import Known
from linkage_synth.formats.npd_common import numbers, same
from linkage_synth.formats.numbers import HEXADECIMAL, tokens
from linkage_synth.formats.school_terms import (
    AUTUMN,
    SPRING,
    TERM_YEAR,
    Term,
    build_term,
    write_pupils,
)

FOLDER = "returns/school_census_export"
SOURCE = "census_export"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ON_ROLL = {
    AUTUMN: "hoursatsetting,schoollunchtaken,parttime,topupfunding,termlysessionspossible,senunitindicator,"
    "resourcedprovisionindicator,fundedhours,missingaddress,thirtyhourcode,servicechild,language,classtype,"
    "enrolstatus,boarder,plaa,senprovision,ncyearactual",
    SPRING: "hoursatsetting,schoollunchtaken,parttime,topupfunding,termlysessionspossible,senunitindicator,"
    "resourcedprovisionindicator,fundedhours,missingaddress,thirtyhourcode,ethnicity,servicechild,language,classtype,"
    "enrolstatus,boarder,plaa,senprovision,ncyearactual,youngcarer",
}
"""Columns after those of every pupil table, in the order of the export."""
NO_ADDRESS = 0.004
NO_PROPERTY_NUMBER = 0.15
EXTENDED = {
    "WBRI": ("WENG", "WENG"), "WOTH": ("WEEU", "WTUR"), "BAFR": ("BSOM", "BNGN"), "CHNE": ("CHKC", "CHKC"),
    "OOTH": ("OARA", "OAFG"),
}  # fmt: skip
"""Codes of the extended list that some schools use for the main ones."""
USES_EXTENDED = 0.2


def export_date(days: Ints) -> Texts:
    """2012-Jan-21 00:00:00, empty for `NO_DATE`."""
    cache: dict[str, str] = {"": ""}
    for text in set(iso(days)) - {""}:
        cache[text] = f"{text[:4]}-{_MONTHS[int(text[5:7]) - 1]}-{text[8:]} 00:00:00"
    return texts([cache[text] for text in iso(days)])


@dataclass(frozen=True)
class _Table:
    """Row ids of a pupil table: its own, the school's name in the system, and the file's."""

    ids: Texts
    school: Texts
    source: Texts
    census: Texts


def _ids(rng: np.random.Generator, size: int, length: int = 8) -> Texts:
    drawn = tokens(rng, size, length, HEXADECIMAL)
    return drawn if length == 8 else texts([f"{text[:8]}-{text[8:]}" for text in drawn])


def write(out: Path, known: Known) -> Output:
    """Write autumn 2023 and spring 2024. Primary rows are those of both pupil tables."""
    files: list[str] = []
    truth: list[Rows] = []
    for name in (AUTUMN, SPRING):
        rng = known.world.draw(f"school census export {name}")
        term = build_term(rng, known, name)
        stem = f"{FOLDER}/{TERM_YEAR[name]}_{name}"
        tables = _tables(rng, known, term)
        for table, columns in tables.items():
            path = f"{stem}_{table}.csv"
            write_csv(out / path, columns, len(next(iter(columns.values()))))
            files.append(path)
        for table, person in (("pupilonroll", term.person), ("pupilnolongeronroll", term.leaver)):
            truth.append(Rows(SOURCE, f"{stem}_{table}.csv", numbered(len(person)), person))
    return Output(tuple(files), tuple(truth))


def _tables(rng: np.random.Generator, known: Known, term: Term) -> dict[str, dict[str, Texts]]:
    places = known.world.places
    size = len(places.school_urn)
    census, file = _ids(rng, size), _ids(rng, size)
    native = texts([f"SCH{number}" for number in range(1, size + 1)])
    on = _Table(_ids(rng, len(term.person), 11), native[term.school], file[term.school], census[term.school])
    off = _Table(
        _ids(rng, len(term.leaver), 11), native[term.left_school], file[term.left_school], census[term.left_school]
    )
    code = places.authority_code[places.school_authority]
    schools = {
        "schoolcensustableid": census, "NativeId": native, "sourceid": file, "lea": code,
        "estab": numbers(places.school_estab), "urn": numbers(places.school_urn),
        "term": same(term.name[:3].upper(), size),
        "year": same(str(TERM_YEAR[term.name]), size), "referencedate": export_date(np.full(size, term.on)),
    }  # fmt: skip
    suffix = "onroll" if term.name == AUTUMN else ""
    tables = {
        "schoolcensus": schools,
        "pupilonroll": _on_roll(rng, known, term, on),
        "pupilnolongeronroll": _off_roll(rng, known, term, off),
        f"addresses{suffix}": _addresses(rng, known, term, on, term.person, f"addresses{suffix}", "pupilonrolltableid"),
        ("fsmperiodsonroll" if suffix else "fsmperiod"): _meals(rng, known, term, on),
    }
    if term.name == AUTUMN:
        tables["addressesoffroll"] = _addresses(
            rng, known, term, off, term.leaver, "addressesoffroll", "pupilnolongeronrolltableid"
        )
    else:
        tables["senneeds"] = _needs(rng, known, term, on)
    return tables


def _pupils(
    rng: np.random.Generator, known: Known, term: Term, table: _Table, person: Ints, school: Ints, name: str
) -> dict[str, Texts]:
    """Columns that both pupil tables begin with; the ethnicity is taken out by who needs it."""
    pupils = write_pupils(rng, known, term, person, school)
    return {
        f"{name}tableid": table.ids, "NativeId": table.school, "dob": export_date(pupils.birth),
        "surname": pupils.surname, "forename": pupils.forename, "middlenames": pupils.middle,
        "preferredsurname": pupils.preferred, "formersurname": pupils.former, "upn": pupils.upn,
        "formerupn": pupils.former_upn, "uniquelearnernumber": known.ulns_on(term.on)[person], "sex": pupils.sex,
        "entrydate": same("", len(person)), f"{name}orderseqcolumn": same("1", len(person)), "sourceid": table.source,
        "schoolcensustableid": table.census, "ethnicity": pupils.ethnicity,
    }  # fmt: skip


def _on_roll(rng: np.random.Generator, known: Known, term: Term, table: _Table) -> dict[str, Texts]:
    world, person, size = known.world, term.person, len(term.person)
    columns = _pupils(rng, known, term, table, person, term.school, "pupilonroll")
    ethnicity = columns.pop("ethnicity")
    columns["entrydate"] = export_date(term.entered)
    extended = known.world.draw("schools with extended codes").random(len(world.places.school_urn)) < USES_EXTENDED
    for row in np.flatnonzero(extended[term.school]).tolist():
        codes = EXTENDED.get(ethnicity[row])
        ethnicity[row] = codes[row % 2] if codes else ethnicity[row]
    year = world.schooling.national_curriculum_year[2024][person]
    adopted = known.adopted_before(term.on)
    after_care = np.isin(person, list(adopted.surname))
    meal = np.where(rng.random(size) < 0.7, "True", "False").astype(np.object_)
    carer = np.where(rng.random(size) < 0.006, "S", "N").astype(np.object_)
    filled = {
        "schoollunchtaken": meal, "parttime": same("False", size), "topupfunding": same("False", size),
        "termlysessionspossible": same("134.0", size), "missingaddress": blank(size), "ethnicity": ethnicity,
        "servicechild": same("N", size), "language": world.traits.language[person],
        "enrolstatus": term.status, "boarder": same("N", size), "plaa": np.where(after_care, "A", "N"),
        "senprovision": world.traits.sen[person], "youngcarer": carer,
        "ncyearactual": np.where(year == 0, "R", numbers(year)),
    }  # fmt: skip
    return columns | {name: filled.get(name, blank(size)) for name in _ON_ROLL[term.name].split(",")}


def _off_roll(rng: np.random.Generator, known: Known, term: Term, table: _Table) -> dict[str, Texts]:
    person, size = term.leaver, len(term.leaver)
    columns = _pupils(rng, known, term, table, person, term.left_school, "pupilnolongeronroll")
    ethnicity = columns.pop("ethnicity")
    columns["entrydate"] = export_date(np.where(term.left_on > 0, term.left_on - 500, NO_DATE))
    before, after = list(columns).index("entrydate") + 1, list(columns.items())
    columns = dict([*after[:before], ("leavingdate", export_date(term.left_on)), *after[before:]])
    columns |= {"parttime": same("False", size), "termlysessionspossible": same("61.0", size)}
    if term.name == SPRING:
        columns["ethnicity"] = ethnicity
    return columns | {"boarder": blank(size), "language": known.world.traits.language[person]}


def _addresses(
    rng: np.random.Generator, known: Known, term: Term, table: _Table, person: Ints, name: str, key: str
) -> dict[str, Texts]:
    """Addresses; of pupils who moved in the months before, some have the old one as a second row."""
    size = len(person)
    postcode, address = known.living_on(term.on)
    old_postcode, old_address = known.living_on(term.on - 200)
    there = np.flatnonzero(rng.random(size) >= NO_ADDRESS)
    moved = there[(address != old_address)[person[there]]]
    stale = rng.random(len(moved))
    only_old, both = moved[stale < 0.15], moved[stale > 0.6]
    row = np.r_[there, both]
    sequence = np.r_[np.ones(len(there), dtype=np.int64), np.full(len(both), 2)]
    is_old = np.r_[np.isin(there, only_old), np.ones(len(both), dtype=np.bool_)]
    order = np.lexsort((sequence, row))
    row, sequence, is_old = row[order], sequence[order], is_old[order]
    who = person[row]
    where = np.where(is_old, old_postcode[who], postcode[who])
    home = np.where(is_old, old_address[who], address[who])
    size = len(row)
    numbered_home = rng.random(size) >= NO_PROPERTY_NUMBER
    off_roll = name.endswith("offroll")
    uprn = np.where(numbered_home, property_numbers(home) + ".0", "")
    columns = {
        key: table.ids[row], "NativeId": table.school[row], f"{name}tableid": _ids(rng, size),
        f"{name}orderseqcolumn": numbers(sequence), "sourceid": table.source[row],
        "uniquepropertyreferencenumber": uprn, "postcode": known.postcodes(where),
    }  # fmt: skip
    if not off_roll:
        town = known.world.places.authority_code[known.world.places.postcode_authority[where]]
        columns |= {
            "saon": blank(size), "paon": house_numbers(home), "street": streets(where), "locality": blank(size),
            "town": "Town " + town, "administrativearea": blank(size), "posttown": blank(size),
        }  # fmt: skip
    return columns


def _meals(rng: np.random.Generator, known: Known, term: Term, table: _Table) -> dict[str, Texts]:
    traits, person = known.world.traits, term.person
    row = np.flatnonzero(traits.fsm_ever[person] == 1)
    now = traits.fsm[person[row]] == 1
    start = term.on - rng.integers(100, 1500, len(row))
    end = np.where(now, NO_DATE, np.minimum(start + rng.integers(90, 800, len(row)), term.on - 10))
    name = "fsmperiodsonroll" if term.name == AUTUMN else "fsmperiod"
    return {
        "pupilonrolltableid": table.ids[row], "NativeId": table.school[row], f"{name}tableid": _ids(rng, len(row)),
        f"{name}orderseqcolumn": same("1", len(row)), "sourceid": table.source[row],
        "fsmstartdate": export_date(start), "fsmenddate": export_date(end), "ukcountry": same("ENG", len(row)),
    }  # fmt: skip


def _needs(rng: np.random.Generator, known: Known, term: Term, table: _Table) -> dict[str, Texts]:
    traits, person = known.world.traits, term.person
    row = np.flatnonzero(traits.sen[person] != "N")
    return {
        "pupilonrolltableid": table.ids[row], "NativeId": table.school[row], "senneedstableid": _ids(rng, len(row)),
        "senneedsorderseqcolumn": same("1", len(row)), "sourceid": table.source[row],
        "sentyperank": same("1.0", len(row)), "sentype": traits.sen_type[person[row]],
    }  # fmt: skip


FORMAT = Format(
    "school_census_export",
    write,
    (Source(SOURCE, f'format = "school_census"\npath = "{FOLDER}/"', within=True),),
    (f"{FOLDER}/*.csv",),
)
