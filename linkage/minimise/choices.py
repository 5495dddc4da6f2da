"""What a copy for sharing keeps: an allow-list of fields, and how far birth dates and postcodes are cut.

Kept are what tells children apart (identifiers as pseudonyms, birth date, home, and names where asked for), the codes
that the project's rules or model compare, and the codes that it breaks its tables down by. All else is left out: free
text, address lines, property numbers, middle names, dates of death.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from linkage.errors import Fault, UsageError
from linkage.identifiers import FORMER_FIELD, SCHEMES
from linkage.packs import Packs
from linkage.project import Project
from linkage.schema import CHARACTERISTICS, IDENTIFIER_FIELDS
from linkage.strict import nearest

# Codes that a copy can hold; they single out nobody alone.
CODES: tuple[str, ...] = (*CHARACTERISTICS, "authority", "school_urn")
# What the engine may know of a record and a copy never holds.
NEVER: tuple[str, ...] = ("middle_names", "death_date", "address_line", "uprn")

FEWEST = 10  # records that share a value of a project's own subgroup, where the project names no number
KEPT, HASHED, LEFT_OUT = "kept", "keyed hash", "left out"


@dataclass(frozen=True)
class Choices:
    """What the user chose; the defaults are the least that still links."""

    names: Literal["drop", "keep"] = "drop"
    dob: Literal["day", "month", "year"] = "month"
    postcode: Literal["full", "sector", "district"] = "sector"
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    files: Literal["csv", "parquet"] = "csv"


@dataclass(frozen=True)
class Plan:
    """What becomes of every field. `schemes`: identifiers that are hashed; `codes`: codes that are kept.

    `fewest` is the number of records that must share a value of free text before a copy holds it.
    """

    choices: Choices
    schemes: tuple[str, ...]
    codes: tuple[str, ...]
    fewest: int

    @property
    def names(self) -> bool:
        """Whether forename and surname are kept."""
        return self.choices.names == "keep"

    @property
    def expected_dob(self) -> bool:
        """Whether expected birth dates are kept: to the day or not at all, for they have no precision to declare."""
        return self.choices.dob == "day" and self.has("dob")

    def has(self, field: str) -> bool:
        """Whether a field was not given to --drop."""
        return field not in self.choices.drop

    def treatments(self) -> dict[str, str]:
        """What is done to each field of `records`, in words, in the order of a record."""
        cut = {"day": KEPT, "month": "cut to the month", "year": "cut to the year"}[self.choices.dob]
        place = {"full": KEPT, "sector": "cut to the sector", "district": "cut to the district"}[self.choices.postcode]
        names = KEPT if self.names else LEFT_OUT
        return {
            "forename": names,
            "surname": names,
            "dob": cut if self.has("dob") else LEFT_OUT,
            "expected_dob": KEPT if self.expected_dob else LEFT_OUT,
            "postcode": place if self.has("postcode") else LEFT_OUT,
            **{code: KEPT if code in self.codes else LEFT_OUT for code in CODES},
            **dict.fromkeys(NEVER, LEFT_OUT),
        }


def make_plan(choices: Choices, packs: Packs, project: Project) -> Plan:
    """The plan for a project; raises UsageError for fields that cannot be kept or left out."""
    droppable = (*(field for field in IDENTIFIER_FIELDS if field != FORMER_FIELD), "dob", "postcode", *CODES)
    faults = [
        Fault(f"The field {name!r} cannot be {done}.", where=f"--{option}", expected=f"nearest: {nearest(name, known)}")
        for option, done, named, known in (
            ("keep", "kept", choices.keep, CODES),
            ("drop", "left out", choices.drop, droppable),
        )
        for name in named
        if name not in known
    ]
    if faults:
        raise UsageError.from_faults(faults)
    below = project.diagnostics.suppress_below
    groups = {*project.diagnostics.subgroups, *(name for spec in project.sources.values() for name in spec.subgroups)}
    wanted = {*_compared(packs), *groups, *choices.keep} - {*choices.drop}
    return Plan(
        choices,
        schemes=tuple(scheme.name for scheme in SCHEMES if scheme.name not in choices.drop),
        codes=tuple(code for code in CODES if code in wanted),
        fewest=FEWEST if below is None else max(below, 1),
    )


def _compared(packs: Packs) -> set[str]:
    """Columns of a record that rules match on, and that the model compares or blocks on."""
    found = {name for rule in packs.rules for name in rule.fields}
    if packs.model is not None:
        found |= {name for item in packs.model.comparison for name in item.columns}
        found |= {name for block in packs.model.block for side in block.sides for name in side}
    return found
