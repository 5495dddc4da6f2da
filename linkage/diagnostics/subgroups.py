"""Subgroups: the groups of children that every table is broken down by, as SQL over `records`.

`unknown` is a group like any other: a child whose ethnicity nobody wrote down is the child most easily missed.
"""

from __future__ import annotations

from collections.abc import Sequence

from linkage.errors import Fault, ProjectError
from linkage.schema import CHARACTERISTICS, ETHNICITY_MISSING, SUBGROUP_PREFIX, UNKNOWN
from linkage.sql import Connection, columns, ident, literal
from linkage.strict import nearest
from linkage.tables import RECORDS

# Record columns that may stand in a table; names, dates, homes and identifiers are no groups.
RECORD_SUBGROUPS: tuple[str, ...] = (*CHARACTERISTICS, "ethnicity_5", "authority", "school_urn", "district")
AGE = "age"
NOT_YET_BORN = "not yet born"
# First age (whole years) and name of each band; those of DfE's Children in need statistics, ages of 18 on together.
AGE_BANDS: tuple[tuple[int, str], ...] = (
    (18, "18 and over"), (16, "16 and 17"), (10, "10 to 15"), (5, "5 to 9"), (1, "1 to 4"), (0, "under 1"),
)  # fmt: skip
ALL = "all"  # the subgroup variable, and the subgroup, of a total


def checked_subgroups(con: Connection, names: Sequence[str]) -> tuple[str, ...]:
    """The names, each once; ProjectError for those that no table can be broken down by."""
    held = columns(con, RECORDS)
    mapped = tuple(name.removeprefix(SUBGROUP_PREFIX) for name in held if name.startswith(SUBGROUP_PREFIX))
    known = (AGE, *RECORD_SUBGROUPS, *mapped)
    faults = [
        Fault(
            f"There is no subgroup called {name!r}.",
            where="[diagnostics] subgroups",
            expected=f"age, a characteristic, or a name under [sources.….subgroups]; nearest: {nearest(name, known)}",
            remedy="correct it, or map a column of a source to it",
        )
        for name in names
        if name.removeprefix(SUBGROUP_PREFIX) not in known
    ]
    if faults:
        raise ProjectError.from_faults(faults)
    return tuple(dict.fromkeys(name.removeprefix(SUBGROUP_PREFIX) for name in names))


def subgroup_column_sql(name: str) -> str:
    """SQL: the subgroup of a record (alias `r` of `records`); never NULL, `unknown` where it is not known.

    The name must have passed `checked_subgroups`.
    """
    if name == AGE:
        return age_band_sql()
    if name == "ethnicity":
        return ethnicity_sql()
    column = name if name in RECORD_SUBGROUPS else SUBGROUP_PREFIX + name.removeprefix(SUBGROUP_PREFIX)
    return f"coalesce(r.{ident(column)}::varchar, {literal(UNKNOWN)})"


def ethnicity_sql() -> str:
    """SQL: label of the 19 groups; a source's own code where it has none; refused and not obtained are unknown."""
    missing = ", ".join(literal(code) for code in sorted(ETHNICITY_MISSING))
    known = f"coalesce(r.ethnicity_19, r.ethnicity, {literal(UNKNOWN)})"
    return f"case when r.ethnicity in ({missing}) then {literal(UNKNOWN)} else {known} end"


def subgroup_order_sql() -> str:
    """SQL: where a `subgroup` stands among those of its `subgroup_var`: ages by age, others alike, unknown last."""
    bands = [NOT_YET_BORN, *(band for _, band in reversed(AGE_BANDS))]
    ages = " ".join(f"when {literal(band)} then {number}" for number, band in enumerate(bands))
    return f"""
          case when subgroup = {literal(UNKNOWN)} then {len(bands)} when subgroup_var <> {literal(AGE)} then 0
            else case subgroup {ages} end end"""


def age_reference_sql() -> str:
    """SQL: the date at which ages are taken: 31 August of the year of the latest births.

    The date that ages of DfE's school statistics refer to. "Latest" leaves out one date in a thousand, so that a
    mistyped year does not make everybody older. NULL where no birth date is known to the day.
    """
    return f"""(
        select make_date(year(quantile_disc(dob, 0.999)), 8, 31) from {RECORDS} where dob_precision = 'day')"""


def age_band_sql() -> str:
    """SQL: band of the age in whole years; a month or year of birth counts from its first day."""
    reference = age_reference_sql()
    age = f"date_sub('year', r.dob, {reference})"
    bands = " ".join(f"when {age} >= {first} then {literal(band)}" for first, band in AGE_BANDS)
    return f"""
        case when coalesce(r.dob > {reference}, false) or r.dob is null and r.expected_dob is not null
          then {literal(NOT_YET_BORN)} {bands} else {literal(UNKNOWN)} end"""
