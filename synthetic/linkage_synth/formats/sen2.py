"""The SEN2 return on education, health and care plans: XML for 2024, the collection system's CSV export for 2023."""

from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from linkage_synth.arrays import Ints, Texts, blank, choose, texts
from linkage_synth.dates import YEAR_END, age_on, day, iso
from linkage_synth.formats.clerks import Clerk, Entries, write_down
from linkage_synth.formats.contract import Format, Output, Rows, Source, joined, numbered, write_by_authority
from linkage_synth.formats.known import Known
from linkage_synth.formats.numbers import HEXADECIMAL, tokens

CENSUS = {2023: day("2023-01-19"), 2024: day("2024-01-18")}
CLERK = Clerk(name_wrong=0.05, known_as=0.05, upn_known=0.94, upn_wrong=0.004, no_postcode=0.02, old_postcode=0.06)
REQUESTED_ONLY = 0.006
"""Share of other children of school age for whom a plan was asked for and not made."""
IN_CARE_OF_ANOTHER = 0.02


def _people(rng: np.random.Generator, known: Known, on: int) -> tuple[Ints, Ints]:
    """Children with a plan or a request for one, and their authority, in order of authority."""
    world = known.world
    age = age_on(world.families.birth, on)
    here = world.families.born & (age >= 1) & (world.traits.arrived_on <= on)
    planned = (world.traits.sen == "E") & (age >= 2)
    asked = (world.traits.sen != "E") & (rng.random(len(age)) < REQUESTED_ONLY)
    person = np.flatnonzero(here & (planned | asked))
    authority = world.homes.authority_on(world.families.household[person], on)
    other = rng.integers(0, world.places.authorities, len(person))
    authority = np.where(rng.random(len(person)) < IN_CARE_OF_ANOTHER, other, authority)
    order = np.lexsort((rng.random(len(person)), authority))
    return person[order], authority[order]


def _numbers(
    rng: np.random.Generator, known: Known, person: Ints, entries: Entries, on: int
) -> tuple[Texts, Texts, Texts]:
    """UPN, learner number of those who are 14 or older, and the reason where there is neither."""
    age = age_on(known.world.families.birth[person], on)
    uln = np.where(rng.random(len(person)) < np.where(age >= 16, 0.9, 0.15), known.ulns_on(on)[person], "")
    upn = np.where((age >= 16) & (rng.random(len(person)) < 0.15), "", entries.upn)
    old = texts(["UN2", "UN3", "UN5", "UN8", "UN9", "UN10"])[choose(rng, [0.3, 0.15, 0.1, 0.3, 0.1, 0.05], len(person))]
    reason = np.where(age < 6, "UN1", old)
    return upn, uln, np.where((upn == "") & (uln == ""), reason, "")


def write(out: Path, known: Known) -> Output:
    """Write both years, each in its form, one file per authority."""
    return joined(_write_export(out, known), _write_xml(out, known))


def _write_export(out: Path, known: Known) -> Output:
    rng, on = known.world.draw("sen2 2023"), CENSUS[2023]
    person, authority = _people(rng, known, on)
    entries = write_down(rng, known, person, on, CLERK)
    upn, uln, reason = _numbers(rng, known, person, entries, on)
    size = len(person)
    known_sex = np.where(entries.is_girl, "2", "1").astype(np.object_)
    first = np.searchsorted(authority, authority)
    columns = {
        "persontableid": tokens(rng, size, 8, HEXADECIMAL),
        "NativeId": "LA" + known.world.places.authority_code[authority],
        "personorderseqcolumn": (np.arange(size) - first + 1).astype(str).astype(np.object_),
        "sourceid": tokens(rng, known.world.places.authorities, 8, HEXADECIMAL)[authority],
        "sen2tableid": tokens(rng, known.world.places.authorities, 8, HEXADECIMAL)[authority],
        "surname": entries.names.surname,
        "forename": entries.names.forename,
        "personbirthdate": iso(entries.birth),
        "gendercurrent": np.where(rng.random(size) < 0.003, "9", known_sex),
        "ethnicity": entries.ethnicity,
        "postcode": entries.postcode,
        "upn": upn,
        "uniquelearnernumber": uln,
        "upnunknown": reason,
    }
    return write_by_authority(
        out, known, "returns/sen2/export/{code}/2023_person.csv", "sen2_2023", authority, columns, person
    )


def _tag(name: str, value: str) -> str:
    return f"<{name}>{escape(value)}</{name}>" if value else ""


def _write_xml(out: Path, known: Known) -> Output:
    rng, on = known.world.draw("sen2 2024"), CENSUS[2024]
    person, authority = _people(rng, known, on)
    entries = write_down(rng, known, person, on, CLERK)
    upn, uln, reason = _numbers(rng, known, person, entries, on)
    sex = np.where(rng.random(len(person)) < 0.003, "U", np.where(entries.is_girl, "F", "M"))
    details = _plans(rng, known, person, on)
    columns = zip(
        entries.names.surname, entries.names.forename, iso(entries.birth), sex, entries.ethnicity, entries.postcode,
        upn, uln, reason, strict=True,
    )  # fmt: skip
    names = ("Surname", "Forename", "PersonBirthDate", "Sex", "Ethnicity", "Postcode", "UPN", "UniqueLearnerNumber",
             "UPNunknown")  # fmt: skip
    people = ["".join(_tag(name, str(value)) for name, value in zip(names, row, strict=True)) for row in columns]
    files, file, number = [], blank(len(person)), np.zeros(len(person), dtype=np.int64)
    for place in np.unique(authority).tolist():
        rows = np.flatnonzero(authority == place)
        code = known.world.places.authority_code[place]
        path = f"returns/sen2/xml/{code}/sen2_2024.xml"
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        with (out / path).open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(
                '<?xml version="1.0" encoding="utf-8"?>\n<Message>\n<Header><CollectionDetails>'
                "<Collection>SEN2</Collection><Year>2024</Year><ReferenceDate>2024-01-18</ReferenceDate>"
                f"</CollectionDetails><Source><SourceLevel>L</SourceLevel><LEA>{code}</LEA>"
                "<SoftwareCode>Synthetic England</SoftwareCode></Source></Header>\n<Persons>\n"
            )
            stream.writelines(f"<Person>{people[row]}\n{details[row]}</Person>\n" for row in rows.tolist())
            stream.write("</Persons>\n</Message>\n")
        files.append(path)
        file[rows], number[rows] = path, numbered(len(rows))
    return Output(tuple(files), (Rows("sen2_2024", file, number, person),))


def _plans(rng: np.random.Generator, known: Known, person: Ints, on: int) -> list[str]:
    """Requests of all, and plans of those who have one."""
    received = iso(np.maximum(on - rng.integers(30, 1500, len(person)), YEAR_END[2022] - 1500))
    planned = known.world.traits.sen[person] == "E"
    needs = known.world.traits.sen_type[person]
    return [
        f"<Requests><ReceivedDate>{date}</ReceivedDate><RequestOutcome>{'Y' if has else 'N'}</RequestOutcome>"
        "</Requests>\n" + (f"<ActivePlans><SENneed><SENtype>{need}</SENtype></SENneed></ActivePlans>\n" if has else "")
        for date, has, need in zip(received, planned.tolist(), needs, strict=True)
    ]


FORMAT = Format(
    "sen2",
    write,
    (
        Source("sen2_2023", 'format = "sen2"\npath = "returns/sen2/export/"\nyear = 2023', unique=True),
        Source("sen2_2024", 'format = "sen2"\npath = "returns/sen2/xml/"\nyear = 2024', unique=True),
    ),
    ("returns/sen2/export/*/*.csv", "returns/sen2/xml/*/*.xml"),
)
