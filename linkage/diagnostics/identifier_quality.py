"""Identifier quality by subgroup: how many records hold a text of each linking field, and how many a usable one.

A group whose fields are worse has more missed links, whatever the model does. Completeness and validity only: how often
a field agrees among pairs (m, u) is in the report.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from linkage.diagnostics.match_rate import write_csv
from linkage.diagnostics.subgroups import ALL, checked_subgroups, subgroup_column_sql, subgroup_order_sql
from linkage.prepare.by_return import USABLE
from linkage.sql import Connection, Step, ident, literal, rows, run_steps, scratch_step, table_step
from linkage.stats import WILSON, wilson_sql
from linkage.tables import IDENTIFIERS, RECORDS

IDENTIFIER_QUALITY = "diagnostics__identifier_quality"
COLUMNS = (
    "source", "field", "subgroup_var", "subgroup", "records", "complete", "complete_pct", "complete_lo", "complete_hi",
    "valid", "valid_pct", "valid_lo", "valid_hi", "method",
)  # fmt: skip
ORDER = "source_no, field_no, var_no, subgroup_no, subgroup"

# Linking fields that have a raw text beside them, with the column that tells whether the text was usable.
FIELDS = {
    "forename": "forename", "surname": "surname", "dob": "dob", "postcode": "district", "sex": "sex",
    "ethnicity": "ethnicity",
}  # fmt: skip
_FLAGS, _COUNTS = "quality_flags", "quality_counts"


def identifier_quality(con: Connection, subgroups: Sequence[str]) -> None:
    """Make `diagnostics__identifier_quality`; ProjectError for a subgroup that there is not.

    One row per source, linking field or identifier that some record of the source holds, and subgroup, the total
    (`all`) among them. Of `records`, `complete` hold any text in the field, and of these `valid` a usable one: for an
    identifier a valid, temporary or former value. Percentages of records, and of complete records, with their 95%
    Wilson intervals; NULL where there are none.
    """
    names = checked_subgroups(con, subgroups)
    listed = rows(con, f"select distinct scheme from {IDENTIFIERS} order by scheme")
    schemes = [str(scheme) for (scheme,) in listed]
    run_steps(con, (_flags_step(names, schemes), _counts_step(names, schemes), _quality_step(names, schemes)))


def _flags_step(subgroups: Sequence[str], schemes: Sequence[str]) -> Step:
    """A row per record: its subgroups, and whether each field is complete (c) and valid (v)."""
    usable = ", ".join(literal(status) for status in USABLE)
    held = "".join(
        f", bool_or(scheme = {literal(scheme)}) as c{number}, "
        f"bool_or(scheme = {literal(scheme)} and status in ({usable})) as v{number}"
        for number, scheme in enumerate(schemes, start=len(FIELDS))
    )
    labels = [literal(ALL), *(subgroup_column_sql(name) for name in subgroups)]
    columns = [f"{label} as s{number}" for number, label in enumerate(labels)]
    columns += [
        f"r.{lead} is not null or r.{field}_raw is not null as c{number}, r.{lead} is not null as v{number}"
        for number, (field, lead) in enumerate(FIELDS.items())
    ]
    columns += [
        f"coalesce(i.{flag}{number}, false) as {flag}{number}"
        for number in range(len(FIELDS), len(FIELDS) + len(schemes))
        for flag in "cv"
    ]
    return scratch_step(
        _FLAGS,
        f"""
        with ids as (select record_id{held} from {IDENTIFIERS} group by record_id)
        select r.source_no, r.source, {", ".join(columns)}
        from {RECORDS} r left join ids i using (record_id)""",
    )


def _counts_step(subgroups: Sequence[str], schemes: Sequence[str]) -> Step:
    """A row per source and subgroup, with the counts of all fields side by side."""
    fields = range(len(FIELDS) + len(schemes))
    counts = ", ".join(f"count(*) filter (c{n}) as c{n}, count(*) filter (v{n}) as v{n}" for n in fields)
    return scratch_step(
        _COUNTS,
        "\nunion all\n".join(
            f"select source_no, source, {number} as var_no, {literal(name)} as subgroup_var, s{number} as subgroup, "
            f"count(*) as records, {counts} from {_FLAGS} group by all"
            for number, name in enumerate((ALL, *subgroups))
        ),
    )


def _quality_step(subgroups: Sequence[str], schemes: Sequence[str]) -> Step:
    """The counts one below the other, of fields that a source has, with percentages and intervals."""
    fields = "\nunion all\n".join(
        f"select source_no, source, {number} as field_no, {literal(field)} as field, var_no, subgroup_var, subgroup, "
        f"records, c{number} as complete, v{number} as valid from {_COUNTS}"
        for number, field in enumerate((*FIELDS, *schemes))
    )
    complete_lo, complete_hi = wilson_sql("complete", "records")
    valid_lo, valid_hi = wilson_sql("valid", "complete")
    percents = {
        "complete_pct": "complete / nullif(records, 0)", "complete_lo": complete_lo, "complete_hi": complete_hi,
        "valid_pct": "valid / nullif(complete, 0)", "valid_lo": valid_lo, "valid_hi": valid_hi,
    }  # fmt: skip
    listed = ", ".join(f"round(100 * ({share}), 4) as {ident(name)}" for name, share in percents.items())
    return table_step(
        IDENTIFIER_QUALITY,
        f"""
        with counted as ({fields}),
        held as (select source_no, field_no from counted where subgroup_var = {literal(ALL)} and complete > 0)
        select *, {subgroup_order_sql()} as subgroup_no, {listed}, {literal(WILSON)} as method
        from counted semi join held using (source_no, field_no)
        order by {ORDER}""",
    )


def write_identifier_quality(con: Connection, folder: Path) -> int:
    """Write `identifier_quality.csv` into the folder of diagnostics; returns its rows."""
    return write_csv(con, IDENTIFIER_QUALITY, COLUMNS, ORDER, folder / "identifier_quality.csv")
