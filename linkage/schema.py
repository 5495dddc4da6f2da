"""The one list of what a record can hold, and the codes that mean the same everywhere.

`FIELDS` are the canonical fields a source may fill (raw text, one column each in its row table);
what `prepare` makes of them is in `RECORD_COLUMNS`. Code lists carry their source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["identifier", "name", "date", "place", "code", "flag", "relation"]


@dataclass(frozen=True)
class Field:
    """A canonical field: its name, what kind of value it is, and what it means."""

    name: str
    kind: Kind
    meaning: str


FIELDS: tuple[Field, ...] = (
    Field("upn", "identifier", "unique pupil number, as the source holds it"),
    Field("former_upn", "identifier", "a unique pupil number the child had before"),
    Field("uln", "identifier", "unique learner number"),
    Field("nhs_number", "identifier", "NHS number"),
    Field("la_child_id", "identifier", "the authority's own id of the child; scoped to the authority"),
    Field("pmr", "identifier", "pupil matching reference; case-sensitive, scoped to its supply"),
    Field("leo_person_id", "identifier", "LEO's AE_ID; scoped to its supply"),
    Field("edukey", "identifier", "LEO's EDUKEY; scoped to its supply"),
    Field("learner_ref", "identifier", "the provider's learner reference; scoped to its UKPRN"),
    Field("pseudonym", "identifier", "any identifier the engine does not know; scoped to its supply"),
    Field("forename", "name", "first given name, or all given names in one field"),
    Field("middle_names", "name", "further given names"),
    Field("surname", "name", "family name"),
    Field("preferred_forename", "name", "given name in use, where it differs"),
    Field("preferred_surname", "name", "family name in use, where it differs"),
    Field("former_forename", "name", "a given name the child had before"),
    Field("former_surname", "name", "a family name the child had before"),
    Field("dob", "date", "date of birth"),
    Field("expected_dob", "date", "expected date of birth of an unborn child"),
    Field("death_date", "date", "date of death"),
    Field("postcode", "place", "home postcode"),
    Field("address_line", "place", "house and street, free text"),
    Field("uprn", "place", "unique property reference number of the home"),
    Field("authority", "place", "three-digit DfE number of the authority that returned the row"),
    Field("school_urn", "place", "unique reference number of the school"),
    Field("sex", "code", "M, F; codes of every year and source are mapped"),
    Field("ethnicity", "code", "DfE four-letter code, or a source's own code list"),
    Field("language", "code", "first language, DfE code"),
    Field("sen", "code", "special educational needs provision: N, K, E (and S, A, P of earlier years)"),
    Field("fsm", "code", "eligible for free school meals"),
    Field("disability", "code", "any disability recorded"),
    Field("cin", "flag", "child in need in the period of the source"),
    Field("cpp", "flag", "child protection plan in the period of the source"),
    Field("cla", "flag", "looked after in the period of the source"),
    Field("uasc", "flag", "unaccompanied asylum-seeking child"),
    Field("mother_id", "relation", "the source's id of the child's mother; scoped to the authority, else the supply"),
    Field("father_id", "relation", "the source's id of the child's father; scoped as mother_id"),
    Field("family_id", "relation", "the source's number of the child's family; scoped as mother_id"),
    Field("household_id", "relation", "the source's number of the household the child lives in; scoped as mother_id"),
    Field("guardian", "relation", "name of the child's mother, father or carer; used beside an address only"),
)

FIELD_NAMES: tuple[str, ...] = tuple(field.name for field in FIELDS)
IDENTIFIER_FIELDS: tuple[str, ...] = tuple(f.name for f in FIELDS if f.kind == "identifier")
NAME_FIELDS: tuple[str, ...] = tuple(f.name for f in FIELDS if f.kind == "name")
DATE_FIELDS: tuple[str, ...] = tuple(f.name for f in FIELDS if f.kind == "date")
# Say who belongs to whom and never who a child is: only families see them, and of matching what links unborn to born.
RELATION_FIELDS: tuple[str, ...] = tuple(f.name for f in FIELDS if f.kind == "relation")
CHARACTERISTICS: tuple[str, ...] = tuple(f.name for f in FIELDS if f.kind in ("code", "flag"))

# What a column map may name beside the fields: forename and surname in one column.
WHOLE_NAME = "full_name"
# A column of a source that the project names as a subgroup and that is no canonical field.
SUBGROUP_PREFIX = "subgroup__"

IdentifierStatus = Literal["valid", "temporary", "former", "invalid", "placeholder"]
DatePrecision = Literal["day", "month", "year"]

# DfE main ethnicity codes -> (5 groups of ONS, label of the 19-group standard). Source: the Common Basic Data
# Set's code list as used by the CIN census and SSDA903, grouped by the ONS census standard.
ETHNICITY_GROUPS: dict[str, tuple[str, str]] = {
    "WBRI": ("White", "White British"),
    "WIRI": ("White", "Irish"),
    "WIRT": ("White", "Traveller of Irish heritage"),
    "WROM": ("White", "Gypsy/Roma"),
    "WOTH": ("White", "Any other White background"),
    "MWBC": ("Mixed", "White and Black Caribbean"),
    "MWBA": ("Mixed", "White and Black African"),
    "MWAS": ("Mixed", "White and Asian"),
    "MOTH": ("Mixed", "Any other Mixed background"),
    "AIND": ("Asian", "Indian"),
    "APKN": ("Asian", "Pakistani"),
    "ABAN": ("Asian", "Bangladeshi"),
    "AOTH": ("Asian", "Any other Asian background"),
    "CHNE": ("Asian", "Chinese"),
    "BAFR": ("Black", "African"),
    "BCRB": ("Black", "Caribbean"),
    "BOTH": ("Black", "Any other Black background"),
    "OOTH": ("Other", "Any other ethnic group"),
}
# A child whose ethnicity is not known; never compared, always its own row in a table.
ETHNICITY_MISSING: frozenset[str] = frozenset({"REFU", "NOBT"})
UNKNOWN = "unknown"
