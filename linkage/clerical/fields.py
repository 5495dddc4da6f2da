"""What a reader sees of a record: the one place, with the workbook, where values of records leave the database.

Names stand as their sources wrote them, dates as a day that cannot be misread. No identifier is shown, lest planted
pairs give themselves away; nor the field that the strata are made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from linkage.diagnostics.subgroups import RECORD_SUBGROUPS
from linkage.errors import UsageError
from linkage.schema import SUBGROUP_PREFIX
from linkage.sql import Connection, columns, ident, rows
from linkage.strict import nearest
from linkage.tables import RECORDS


@dataclass(frozen=True)
class ShownField:
    """A column pair of the workbook: its heading, the columns of `records` it needs, and how it reads (SQL)."""

    name: str
    needs: tuple[str, ...]
    sql: str


def _date_sql(name: str) -> str:
    return f"coalesce(strftime(r.{name}, '%d %b %Y'), r.{name}_raw)"


FIELDS: tuple[ShownField, ...] = (
    ShownField("source", ("source",), "r.source"),
    ShownField("forename", ("forename", "forename_raw"), "coalesce(r.forename_raw, r.forename)"),
    ShownField("middle names", ("middle_names", "middle_names_raw"), "coalesce(r.middle_names_raw, r.middle_names)"),
    ShownField("surname", ("surname", "surname_raw"), "coalesce(r.surname_raw, r.surname)"),
    ShownField(
        "other names", ("forenames", "surnames", "forename", "surname"),
        "array_to_string(list_filter(list_concat(coalesce(r.forenames, []), coalesce(r.surnames, [])), "
        "lambda name: name is distinct from r.forename and name is distinct from r.surname), ', ')",
    ),
    ShownField(
        "birth date", ("dob", "dob_precision", "dob_raw"),
        "coalesce(case r.dob_precision when 'day' then strftime(r.dob, '%d %b %Y') "
        "when 'month' then strftime(r.dob, '%b %Y') when 'year' then strftime(r.dob, '%Y') end, r.dob_raw)",
    ),
    ShownField("expected birth date", ("expected_dob", "expected_dob_raw"), _date_sql("expected_dob")),
    ShownField("death date", ("death_date", "death_date_raw"), _date_sql("death_date")),
    ShownField("sex", ("sex",), "r.sex"),
    ShownField(
        "postcode", ("postcodes", "postcode_raw"),
        "coalesce(nullif(array_to_string(r.postcodes, ', '), ''), r.postcode_raw)",
    ),
    ShownField("address", ("address_line",), "r.address_line"),
    ShownField("authority", ("authority",), "r.authority"),
    ShownField("school", ("school_urn",), "r.school_urn"),
)  # fmt: skip


def shown_fields(con: Connection, *, by: str, more: Sequence[str] = ()) -> tuple[ShownField, ...]:
    """The fields that this run's readers see, `more` being characteristics they are shown besides.

    Raises UsageError for what is no characteristic, and for the subgroup of the strata, which readers must not know.
    """
    held = columns(con, RECORDS)
    mapped = tuple(name.removeprefix(SUBGROUP_PREFIX) for name in held if name.startswith(SUBGROUP_PREFIX))
    known = tuple(name for name in (*RECORD_SUBGROUPS, *mapped) if name.split("_")[0] != by.split("_")[0])
    for name in more:
        if name not in known:
            raise UsageError(
                f"The field {name!r} cannot be shown to readers.", where="--show",
                expected="a characteristic that the strata are not made of, and no identifier; nearest: "
                         + nearest(name, known),
            )  # fmt: skip
    usual = [field for field in FIELDS if set(field.needs) <= set(held) and by not in field.needs]
    return (*usual, *(_as_told(name, held) for name in dict.fromkeys(more) if (name,) not in {f.needs for f in usual}))


def _as_told(name: str, held: Iterable[str]) -> ShownField:
    column = name if name in held else SUBGROUP_PREFIX + name
    return ShownField(name, (column,), f"r.{ident(column)}::varchar")


def read_fields(
    con: Connection, fields: Sequence[ShownField], records: Iterable[int]
) -> dict[int, tuple[str | None, ...]]:
    """The fields of records, by record_id; None where a record has nothing."""
    listed = ", ".join(f"nullif(({field.sql})::varchar, '')" for field in fields)
    found = rows(
        con,
        f"select r.record_id, {listed} from {RECORDS} r join (select unnest($ids) as record_id) w using (record_id)",
        {"ids": sorted(set(records))},
    )
    return {int(str(row[0])): tuple(None if cell is None else str(cell) for cell in row[1:]) for row in found}
