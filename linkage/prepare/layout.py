"""What a record consists of: its columns, their types, and which of them belong together.

The columns are those of docs/architecture.md. A `Group` is what folds as one: the precision of a birth date comes from
the row that the date comes from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Group:
    """Columns of a record that come from one row together.

    `lead` says whether a row has the value; `has_raw` adds LEAD_raw and LEAD_why, named after the first column.
    """

    columns: Mapping[str, str]
    lead: str
    has_raw: bool = False
    all_columns: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        name = next(iter(self.columns))
        beside = {f"{name}_raw": "varchar", f"{name}_why": "varchar"} if self.has_raw else {}
        object.__setattr__(self, "all_columns", {**self.columns, **beside})

    @property
    def name(self) -> str:
        """The first column, which names the group."""
        return next(iter(self.columns))


def _text(name: str) -> Group:
    return Group({name: "varchar"}, name)


GROUPS: tuple[Group, ...] = (
    Group({"forename": "varchar", "forename_phonetic": "varchar", "forename_key": "varchar"}, "forename", has_raw=True),
    Group({"middle_names": "varchar"}, "middle_names", has_raw=True),
    Group({"surname": "varchar", "surname_phonetic": "varchar", "surname_key": "varchar"}, "surname", has_raw=True),
    Group({"dob": "date", "dob_precision": "varchar"}, "dob", has_raw=True),
    Group({"expected_dob": "date"}, "expected_dob", has_raw=True),
    Group({"death_date": "date"}, "death_date", has_raw=True),
    Group(
        {"postcode": "varchar", "postcode_precision": "varchar", "sector": "varchar", "district": "varchar"},
        "district",
        has_raw=True,
    ),
    _text("address_line"),
    _text("uprn"),
    _text("authority"),
    _text("school_urn"),
    Group({"sex": "varchar"}, "sex", has_raw=True),
    Group(
        {"ethnicity": "varchar", "ethnicity_5": "varchar", "ethnicity_19": "varchar"},
        "ethnicity",
        has_raw=True,
    ),
    *(_text(name) for name in ("language", "sen", "fsm", "disability", "cin", "cpp", "cla", "uasc")),
)

# Lists of everything that any row of the record has; they fold by union.
LISTS: tuple[str, ...] = ("forenames", "surnames", "forename_keys", "surname_keys", "postcodes")

COLUMN_TYPES: dict[str, str] = {
    **{name: kind for group in GROUPS for name, kind in group.all_columns.items()},
    **dict.fromkeys(LISTS, "varchar[]"),
}
