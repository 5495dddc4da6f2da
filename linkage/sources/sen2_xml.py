"""SEN2 as XML: `Message/Persons/Person`, one return per authority and year."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from linkage.errors import InputError
from linkage.findings import found
from linkage.project import SourceSpec
from linkage.sources.authorities import stated_authority
from linkage.sources.cells import append
from linkage.sources.files import SourceFile, year_in_name
from linkage.sources.kinds import another_kind
from linkage.sources.sen2_steps import EVENT_STAGE, PERSON_STAGE, Stages
from linkage.sources.xmlfile import Element, elements, leaf_texts, local_name
from linkage.sql import Connection
from linkage.tables import Finding

WHAT = "a SEN2 return (XML with the root element Message and Persons)"
BATCH = 20_000  # persons held in memory at a time

# Staged column -> local name of the element, in lower case.
_ELEMENTS = ("upn", "uniquelearnernumber", "upnunknown", "forename", "surname", "personbirthdate", "sex",
             "gendercurrent", "ethnicity", "postcode")  # fmt: skip

Event = tuple[str | None, ...]


@dataclass
class _Read:
    """Persons and events of a file that are not written yet."""

    persons: list[tuple[object, ...]] = field(default_factory=list)
    events: list[tuple[object, ...]] = field(default_factory=list)


def stage_return(con: Connection, file: SourceFile, spec: SourceSpec, stages: Stages) -> list[Finding]:
    """Stage the persons of a return, in constant memory.

    Raises InputError for a return of another collection, and where nothing says which authority it is of.
    """
    read = _Read()
    authority: str | None = None
    year, row, listed, assumed = 0, 0, False, 0
    for element in elements(file, "Message", ("Header", "Person", "Persons"), WHAT):
        name = local_name(element)
        if name == "Header":
            stated = _header(element)
            if stated.get("collection", "SEN2").upper() != "SEN2":
                raise another_kind(file, WHAT)
            authority, year = _whose(stated, file, spec)
            assumed += stated.get("lea") != authority
        elif name == "Persons":
            listed = True
        else:
            if authority is None:
                authority, year = _whose({}, file, spec)
                assumed += 1
            row += 1
            _read_person(element, (file.name, row, year, authority), read)
            if len(read.persons) >= BATCH:
                _write(con, stages, read)
    _write(con, stages, read)
    if not row and not listed:
        raise another_kind(file, WHAT)
    counts = {"FI005": int(not row), "FI008": assumed}
    return [found(code, spec.name, count) for code, count in counts.items() if count]


def _write(con: Connection, stages: Stages, read: _Read) -> None:
    append(con, stages.persons, PERSON_STAGE, read.persons)
    append(con, stages.events, EVENT_STAGE, read.events)
    read.persons.clear()
    read.events.clear()


def _texts(element: Element) -> dict[str, str]:
    """Texts of the children by their local names in lower case: both PostCode and Postcode are seen."""
    return {name.lower(): text for name, text in leaf_texts(element).items()}


def _header(header: Element) -> dict[str, str]:
    stated: dict[str, str] = {}
    for part in header:
        stated = {**_texts(part), **stated}
    return stated


def _whose(stated: dict[str, str], file: SourceFile, spec: SourceSpec) -> tuple[str, int]:
    """Authority and year: from the header, else from the project, else from folder and file name; no year is 0."""
    own = stated.get("lea", "")
    authority = own if re.fullmatch(r"\d{3}", own) else stated_authority(file, spec)
    if authority is None:
        raise InputError("The return does not say which authority it is of.", where=f"{file.name}: Header",
                         expected="LEA in the header",
                         remedy=f'add `authority = "301"` to [sources.{spec.name}] in the project file')  # fmt: skip
    dated = re.match(r"(?:19|20)\d\d", stated.get("referencedate") or stated.get("year") or "")
    return authority, int(dated.group()) if dated else spec.year or year_in_name(file.path.name) or 0


def _read_person(person: Element, place: tuple[str, int, int, str], read: _Read) -> None:
    file, row, year, authority = place
    texts = _texts(person)
    read.persons.append((file, row, year, authority, file, str(row), *(texts.get(name) for name in _ELEMENTS)))
    # ActivePlans stand in a request by the schema; as a neighbour of the requests they are read, too.
    events = [*(event for request in _children(person, "requests") for event in _events(request)), *_active(person)]
    read.events += [(file, str(row), *event) for event in events]


def _children(element: Element, name: str) -> Iterator[Element]:
    return (child for child in element if local_name(child).lower() == name)


def _events(request: Element) -> Iterator[Event]:
    """The dated things of a request: kind, code, from, to, rank of a placement."""
    own = _texts(request)
    yield "ehc_request", own.get("requestoutcome"), own.get("receiveddate"), own.get("requestoutcomedate"), None
    for assessment in _children(request, "assessment"):
        texts = _texts(assessment)
        yield "ehc_assessment", texts.get("assessmentoutcome"), texts.get("assessmentoutcomedate"), None, None
        for plan in _children(assessment, "namedplan"):
            texts = _texts(plan)
            yield "ehc_plan", texts.get("ceasereason"), texts.get("startdate"), texts.get("ceasedate"), None
    yield from _active(request)


def _active(element: Element) -> Iterator[Event]:
    """The plans in force, with their placements and needs."""
    for active in _children(element, "activeplans"):
        yield "ehc_active", _texts(active).get("transferla"), None, None, None
        for part in active:
            texts = _texts(part)
            match local_name(part).lower():
                case "placementdetail":
                    yield ("ehc_placement", texts.get("urn"), texts.get("entrydate"), texts.get("leavingdate"),
                           texts.get("placementrank"))  # fmt: skip
                case "senneed":
                    yield "sen_need", texts.get("sentype"), None, None, None
                case _:
                    pass
