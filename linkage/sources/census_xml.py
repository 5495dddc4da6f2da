"""School census: returns in XML, brought into the staging tables of the export.

How elements are nested has not been published where we could read it. So a pupil is an element of one of the names in
`PUPILS`, wherever it stands; whatever it holds is found by its local name, wherever that stands; addresses and meal
periods are the elements that hold a value of an address or a period.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from linkage.sources.cells import append, trim
from linkage.sources.census_layout import COLUMNS, Kind, Term, term_order
from linkage.sources.census_steps import Stages
from linkage.sources.columns import compact
from linkage.sources.files import SourceFile
from linkage.sources.kinds import another_kind
from linkage.sources.xmlfile import Element, elements, local_name
from linkage.sql import Connection

WHAT = "a school census return (XML with the root element Message and pupils on roll)"
# Name of the element -> whether the pupil is on the roll.
PUPILS: Mapping[str, bool] = {"PupilOnRoll": True, "PupilNoLongerOnRoll": False}
# Elements (compacted) that repeat inside a pupil: their values are not the pupil's.
_ADDRESS, _MEALS = frozenset({"address"}), frozenset({"fsmperiod"})
_REPEATED = frozenset({"learningaim", "termlyexclusion", "exclusion", "termlysessiondetail", "sessiondetail",
                       "senneed", "programmeaim"})  # fmt: skip
# Names of the Common Basic Data Set, where they are not those of the export.
_ALSO: Mapping[str, str] = {"fsmstartdate": "starts", "fsmenddate": "ends", "startdate": "starts", "enddate": "ends"}
_SCHOOL_ID = "1"
COLLECTIONS = ("SC", "SCHOOLCENSUS", "SCHOOL CENSUS")
BATCH = 20_000  # pupils held in memory at a time

_PLACE = ("file", "row", "term", "term_order", "on_roll")


@dataclass
class _Read:
    """Staged records by kind of table that are not written yet, and which columns were met."""

    records: dict[Kind, list[tuple[object, ...]]] = field(default_factory=dict)
    met: dict[Kind, set[str]] = field(default_factory=dict)

    def add(self, kind: Kind, place: tuple[object, ...], values: Mapping[str, str]) -> None:
        self.records.setdefault(kind, []).append((*place, *(values.get(name) for name in COLUMNS[kind])))
        self.met.setdefault(kind, set()).update(values)


def stage_xml(con: Connection, file: SourceFile, term: Term, stages: Stages) -> dict[Kind, frozenset[str]]:
    """Stage the pupils of a return, in constant memory; the columns that were met, by kind of table.

    Ids are good inside this one file. Raises InputError for a file without pupils, or of another collection.
    """
    read = _Read()
    place: tuple[object, ...] = (file.name, f"{file.name}#{term.group}", str(term.order))
    row = 0
    for element in elements(file, "Message", ("Header", *PUPILS), WHAT):
        name = local_name(element)
        if name == "Header":
            place = _read_header(element, file, place, read)
            continue
        row += 1
        _read_pupil(element, row, place, read, on_roll=PUPILS[name])
        if row % BATCH == 0:
            _write(con, stages, read)
    if not row:
        raise another_kind(file, WHAT)
    _write(con, stages, read)
    return {kind: frozenset(names) for kind, names in read.met.items()}


def _write(con: Connection, stages: Stages, read: _Read) -> None:
    for kind, records in read.records.items():
        append(con, stages.named(kind), (*_PLACE, *COLUMNS[kind]), records)
        records.clear()


def _read_header(header: Element, file: SourceFile, place: tuple[object, ...], read: _Read) -> tuple[object, ...]:
    """The school of a return: authority, establishment and census day; the place of its pupils, in the term it says."""
    values = dict(_leaves(header, frozenset()))
    if values.get("collection", "").upper() not in (*COLLECTIONS, ""):
        raise another_kind(file, WHAT)
    school = _by_column("school", values) | {"school_id": _SCHOOL_ID}
    name, group, order = place
    read.add("school", (name, 0, group, order, None), school)
    stated = re.match(r"20\d\d", values.get("year", ""))
    return (name, group, str(term_order(int(stated.group()), values["term"]))) if stated and "term" in values else place


def _read_pupil(pupil: Element, row: int, place: tuple[object, ...], read: _Read, *, on_roll: bool) -> None:
    name, group, order = place
    where = (name, row, group, order, "true" if on_roll else "false")
    own_id = {"on_id" if on_roll else "off_id": str(row)}
    apart = _ADDRESS | _MEALS | _REPEATED
    values = _by_column("pupils", dict(_leaves(pupil, apart)))
    read.add("pupils", where, values | own_id | {"school_id": _SCHOOL_ID})
    for number, address in enumerate(_inside(pupil, _ADDRESS), start=1):
        found = _by_column("addresses", dict(_leaves(address, frozenset())))
        read.add("addresses", where, found | own_id | {"sequence": str(number)})
    for period in _inside(pupil, _MEALS):
        found = {_ALSO[leaf]: text for leaf, text in _leaves(period, frozenset()) if leaf in _ALSO}
        read.add("meals", where, found | own_id)


def _by_column(kind: Kind, values: Mapping[str, str]) -> dict[str, str]:
    """Values by staged column, of the spelling that comes first."""
    picked = {column: next((values[name] for name in spellings if name in values), None)
              for column, spellings in COLUMNS[kind].items()}  # fmt: skip
    return {column: value for column, value in picked.items() if value is not None}


def _leaves(element: Element, apart: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Names (compacted) and texts of all leaves below an element, save those inside of repeated elements.

    In the order of the file from the last to the first, so that a dictionary of them has the first.
    """
    for child in reversed(element):
        name = compact(local_name(child))
        if not name or name in apart:
            continue
        if len(child):
            yield from _leaves(child, apart)
        elif text := trim(child.text):
            yield name, text


def _inside(element: Element, names: frozenset[str]) -> Iterator[Element]:
    return (child for child in element.iter() if compact(local_name(child)) in names)
