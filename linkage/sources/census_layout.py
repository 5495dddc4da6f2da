"""School census: which table a file is, by its columns, and which term it belongs to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from linkage.project import SourceSpec
from linkage.sources.columns import Header, compact
from linkage.sources.files import SourceFile, year_in_name

Kind = Literal["pupils", "addresses", "meals", "school", "other"]

# Staged column -> spellings in the export and in the portal's download, compacted; the first that is there is taken.
_PUPIL: Mapping[str, tuple[str, ...]] = {
    "upn": ("upn",), "former_upn": ("formerupn",), "uln": ("uniquelearnernumber", "uln"),
    "forename": ("forename",), "middle_names": ("middlenames", "middlename"), "surname": ("surname",),
    "preferred_surname": ("preferredsurname",), "former_surname": ("formersurname",),
    "dob": ("dob", "personbirthdate", "birthdate"), "sex": ("sex",), "gender": ("gender", "gendercurrent"),
    "ethnicity": ("ethnicity",), "language": ("language",), "sen": ("senprovision",), "fsm": ("fsmeligible",),
    "school_urn": ("urn",), "la": ("la", "lea"), "laestab": ("laestab",), "estab": ("estab",),
    "native": ("nativeid",), "enrolment": ("enrolstatus",), "entry": ("entrydate",),
    "academic_year": ("academicyear", "acadyr"), "census_term": ("censusterm",),
    "postcode": ("postcode",), "uprn": ("uniquepropertyreferencenumber", "uprn"),
    "on_id": ("pupilonrolltableid",), "off_id": ("pupilnolongeronrolltableid",),
    "school_id": ("schoolcensustableid",),
}  # fmt: skip
_ADDRESS: Mapping[str, tuple[str, ...]] = {
    "on_id": ("pupilonrolltableid",), "off_id": ("pupilnolongeronrolltableid",),
    "postcode": ("postcode",), "uprn": ("uniquepropertyreferencenumber", "uprn"), "saon": ("saon",),
    "paon": ("paon",), "street": ("street",), "line1": ("addressline1",), "line2": ("addressline2",),
    "sequence": ("addressesonrollorderseqcolumn", "addressesoffrollorderseqcolumn", "addressesorderseqcolumn"),
}  # fmt: skip
_MEALS: Mapping[str, tuple[str, ...]] = {
    "on_id": ("pupilonrolltableid",), "off_id": ("pupilnolongeronrolltableid",),
    "starts": ("fsmstartdate",), "ends": ("fsmenddate",),
}  # fmt: skip
_SCHOOL: Mapping[str, tuple[str, ...]] = {
    "school_id": ("schoolcensustableid",), "la": ("lea", "la"), "estab": ("estab",), "day": ("referencedate",),
}  # fmt: skip
COLUMNS: Mapping[Kind, Mapping[str, tuple[str, ...]]] = {
    "pupils": _PUPIL, "addresses": _ADDRESS, "meals": _MEALS, "school": _SCHOOL, "other": {},
}  # fmt: skip

_TERMS = {"aut": 0, "spr": 1, "sum": 2}


@dataclass(frozen=True)
class Layout:
    """What a file is: the kind of its table, whether its pupils are on the roll, and where its columns are."""

    kind: Kind
    on_roll: bool
    columns: Mapping[str, int]


@dataclass(frozen=True)
class Term:
    """A term of a collection: `group` is what ids are good for, `order` puts terms in sequence (0: not known)."""

    group: str
    order: int


def layout_of(header: Header) -> Layout | None:
    """The layout that the column names tell, without regard to case, spaces and underscores; None for no census."""
    places: dict[str, int] = {}
    for at, name in enumerate(header.names):
        places.setdefault(compact(name), at)
    kind = _kind(frozenset(places))
    if kind is None:
        return None
    columns = {
        staged: next(places[spelling] for spelling in spellings if spelling in places)
        for staged, spellings in COLUMNS[kind].items()
        if any(spelling in places for spelling in spellings)
    }
    return Layout(kind, on_roll="off_id" not in columns or "on_id" in columns, columns=columns)


def term_of(file: SourceFile, spec: SourceSpec) -> Term:
    """The term that a file name (`2025_spring_pupilonroll.csv`) or the project states; ids join inside its folder."""
    path = PurePosixPath(file.name)
    named = re.search(r"(?<![a-z])(aut|spr|sum)(?:umn|ing|mer)?(?![a-z])", path.name.lower().replace("_", " "))
    year = year_in_name(path.name) or spec.year
    term = named.group(1) if named else (spec.term or "").lower()[:3]
    group = f"{path.parent}/{year or ''}_{term}"
    return Term(group, term_order(year, term))


def term_order(year: int | None, term: str) -> int:
    """A number that puts terms in sequence, 0 where the year is not known; a term goes by its first three letters."""
    season = _TERMS.get(term.lower()[:3], 0)
    # An academic year starts in autumn; spring and summer belong to the one before.
    return (year - (season > 0)) * 3 + season if year is not None else 0


def _kind(names: frozenset[str]) -> Kind | None:
    joins_pupils = bool(names & {"pupilonrolltableid", "pupilnolongeronrolltableid"})
    if "upn" in names and "dob" in names and names & {"surname", "forename"}:
        return "pupils"
    if joins_pupils and names & {"postcode", "uniquepropertyreferencenumber", "addressline1"}:
        return "addresses"
    if joins_pupils and "fsmstartdate" in names:
        return "meals"
    if {"schoolcensustableid", "estab"} <= names:
        return "school"
    if joins_pupils or "schoolcensustableid" in names:
        return "other"
    return None
