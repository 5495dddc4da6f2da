"""Format `npd`: pupil-level tables of the National Pupil Database, keyed by pupil matching reference (PMR) or UPN.

A file is any of the families of `npd_tables`, with names (identifiable tier) or without. Tables have thousands of
columns; only the few that are known here are read.
"""

from __future__ import annotations

from collections.abc import Sequence

from linkage.findings import found, noted, summed
from linkage.identifiers import digits_sql, status_sql, value_sql
from linkage.project import SourceSpec
from linkage.sources.cells import create_stage, drop_stages, number, stage_table, without_point_zero
from linkage.sources.columns import Header
from linkage.sources.contract import Format, Part
from linkage.sources.files import SourceFile, year_in_name
from linkage.sources.grids import Grid
from linkage.sources.npd_tables import COLUMNS, FAMILIES, OTHER, PLASC, Layout, layout_of
from linkage.sources.supplies import (
    SUFFIXES,
    cut_number,
    end_year,
    known_tables,
    missing_code,
    no_table,
    opaque,
    unscoped,
)
from linkage.sql import Connection, Step, execute, ident, run_steps, table_step
from linkage.tables import Extract, Finding, rows_table

_YEAR, _MONTH = without_point_zero("birth_year"), without_point_zero("birth_month")
_HAS_YEAR = rf"regexp_full_match({_YEAR}, '(19|20)\d\d')"
_HAS_MONTH = f"try_cast({_MONTH} as integer) between 1 and 12"
# What a record gets from year and month of birth: as much of a date as is known.
_TO_MONTH = f"case when {_HAS_MONTH} then '-' || lpad({_MONTH}, 2, '0') else '' end"
_BIRTH = f"case when {_HAS_YEAR} then {_YEAR} || {_TO_MONTH} end"

# Fields of the row table -> what they are made of.
FIELD_SQL: dict[str, str] = {
    "upn": "upn", "former_upn": "former_upn", "uln": "uln", "pmr": "reference", "forename": "forename",
    "middle_names": "middle_names", "surname": "surname", "preferred_surname": "preferred_surname",
    "former_surname": "former_surname", "dob": f"coalesce(dob, {_BIRTH})", "postcode": "postcode", "authority": "la",
    "school_urn": "urn", "sex": "coalesce(sex, gender)", "ethnicity": "ethnicity", "language": "language",
    "sen": "sen", "fsm": "fsm",
}  # fmt: skip
# Fields that bear another name than the staged column, or several.
_STAGED_AS = {"dob": ("dob", "birth_year"), "sex": ("sex", "gender"), "authority": ("la",), "school_urn": ("urn",)}

WHAT = "a pupil table of the National Pupil Database"
EXPECTED = ("a column such as PupilMatchingRefAnonymous_SPR20 or KS4_PupilMatchingRefAnonymous, or a download of the "
            "portal with UPN or ULN")  # fmt: skip


def load(con: Connection, spec: SourceSpec, files: Sequence[SourceFile]) -> Extract:
    """Read the tables of a supply. A later year speaks louder; within a year a census does, and a main entry.

    Rows in which none of the columns has a value are excluded (`blank`). Raises InputError where no file is a table of
    the NPD.
    """
    stage = stage_table(spec.name, "npd")
    create_stage(con, stage, {"file": "varchar", "row": "bigint", "family_order": "integer", "table_year": "integer",
                              **dict.fromkeys(COLUMNS, "varchar")})  # fmt: skip
    tables, findings = known_tables(files, layout_of, spec.name)
    if not tables:
        raise no_table(files[0], what=WHAT, columns=EXPECTED)
    for grid, layout in tables:
        findings += _stage(con, grid, layout, spec, stage)

    fields = _fields([layout for _, layout in tables])
    excluded = _exclude_blank(con, stage)
    run_steps(con, [_rows_step(spec.name, stage, fields)])
    extract = Extract(
        source=spec.name,
        rows=rows_table(spec.name),
        fields=fields,
        excluded=excluded,
        findings=(*summed(findings), *_findings(con, spec, stage, [layout for _, layout in tables])),
    )
    drop_stages(con, [stage])
    return extract


def _stage(con: Connection, grid: Grid, layout: Layout, spec: SourceSpec, stage: str) -> list[Finding]:
    one = stage_table(spec.name, "file")
    noticed = list(grid.stage(con, one, layout.columns))
    execute(con, f"insert into {ident(stage)} by name\n"
                 f"select $file as file, $order as family_order, $year as table_year, *\n"
                 f"from {ident(one)} order by row",
            {"file": grid.name, "order": layout.family.order,
             "year": layout.year or spec.year or year_in_name(grid.name)})  # fmt: skip
    if not number(con, f"select count(*) from {ident(one)}"):
        noticed.append(found("FI005", spec.name, 1))
    if grid.header.repeated():
        noticed.append(found("FI004", spec.name, grid.header.repeated()))
    drop_stages(con, [one])
    return noticed


def _fields(layouts: Sequence[Layout]) -> tuple[str, ...]:
    """Fields that some table of the source has."""
    there = {column for layout in layouts for column in layout.columns}
    return tuple(name for name in FIELD_SQL if there.intersection(_STAGED_AS.get(name, (name,))))


def _exclude_blank(con: Connection, stage: str) -> dict[str, int]:
    blank = " and ".join(f"{name} is null" for name in COLUMNS if name not in ("year", "record_status", "natres"))
    rows = number(con, f"select count(*) from {ident(stage)} where {blank}")
    if rows:
        execute(con, f"delete from {ident(stage)} where {blank}")
    return {"blank": rows} if rows else {}


# --- rows ----------------------------------------------------------------------------------------

_MAIN = f"coalesce(try_cast({without_point_zero('record_status')} as integer) < 100, true)"


def _rows_step(source: str, stage: str, fields: tuple[str, ...]) -> Step:
    """The row table, keyed by reference, else by UPN, else by ULN, else by a hash.

    A row without any of these is hashed by its names, if it has some, else whole and with its file: two children
    without a name and an id must not fold because all that is known of them is a month of birth.
    """
    listed = "".join(f",\n       {FIELD_SQL[name]} as {ident(name)}" for name in fields)
    names = ", ".join(f"coalesce({name}, '')" for name in ("forename", "middle_names", "surname", "dob", "birth_year",
                                                           "birth_month", "sex", "gender"))  # fmt: skip
    whole = ", ".join(f"coalesce({name}, '')" for name in COLUMNS)
    year = f"coalesce({end_year('year')}, table_year)"
    rank = (f"coalesce({year}, 0) * 100 + family_order * 10 "
            f"+ case when {_MAIN} then 2 else 0 end + case when natres = '1' then 1 else 0 end")  # fmt: skip
    return table_step(rows_table(source), f"""
with known as (select *, {_id_sql()} as id, {opaque('pmr')} as reference from {ident(stage)}),
nameless as (
    select file, row, hash, row_number() over (partition by file, hash order by whole, row) as copy
    from (
        select file, row, whole,
               left(md5(case when coalesce(forename, surname) is not null then concat_ws(chr(31), {names})
                             else concat_ws(chr(31), file, whole) end), 12) as hash
        from (select *, concat_ws(chr(31), {whole}) as whole from known where id is null)
    )
)
select file, row,
       coalesce(id, '~' || hash || case when copy > 1 then '.' || copy else '' end) as key,
       cast({rank} as integer) as rank, cast({year} as integer) as year{listed}
from known left join nameless using (file, row)
order by file, row""")  # fmt: skip


def _id_sql() -> str:
    """SQL: what identifies the pupil of a row; a placeholder (`UN1`, 9999999999) does not."""
    known = [opaque("pmr")]
    for scheme in ("upn", "uln"):
        value = value_sql(scheme, scheme)
        status = status_sql(scheme, value, digits_sql(scheme, value))
        known.append(f"case when {scheme} is not null and {status} <> 'placeholder' then {value} end")
    return f"coalesce({', '.join(known)})"


# --- findings ------------------------------------------------------------------------------------


def _findings(con: Connection, spec: SourceSpec, stage: str, layouts: Sequence[Layout]) -> list[Finding]:
    def rows(condition: str) -> int:
        return number(con, f"select count(*) from {ident(stage)} where {condition}")

    kinds = {layout.anonymised for layout in layouts} - {None}
    nameless = number(con, f"select count(*) from {ident(rows_table(spec.name))} where left(key, 1) = '~'")
    wrong_birth = f"not {_HAS_YEAR} or (birth_month is not null and not coalesce({_HAS_MONTH}, false))"
    return [
        *(unscoped(spec, "pmr") if kinds else ()),
        *noted("FO003", spec.name, nameless),
        *noted("ID011", spec.name, rows(missing_code("pmr")), "pmr"),
        *noted("ID012", spec.name, rows(cut_number("pmr")), "pmr"),
        *noted("FI017", spec.name, sum(layout.family is OTHER for layout in layouts)),
        *noted("ID013", spec.name, len(kinds) - 1 if kinds else 0, "pmr"),
        *noted("FO006", spec.name, rows(f"not {_MAIN}")),
        *noted("DT018", spec.name, rows(f"dob is null and birth_year is not null and ({wrong_birth})"), "dob"),
        *noted("ID014", spec.name, sum(layout.others for layout in layouts), "pmr"),
    ]


def part_of(header: Header, title: str) -> Part | None:
    """The family of a table."""
    layout = layout_of(header)
    return Part(layout.family.title, layout.family not in (OTHER, PLASC)) if layout else None


FORMAT = Format(
    name="npd",
    what="a table of the NPD",
    title="National Pupil Database: pupil-level tables, anonymised or identifiable",
    files="CSV, TSV or Parquet tables, told apart by their columns; a file, a folder with many tables, or a glob",
    suffixes=SUFFIXES,
    key="the pupil matching reference; without one UPN, then ULN, then ~HASH of the row",
    fields=tuple(FIELD_SQL),
    notes=(
        "Families: " + "; ".join(family.title for family in (*FAMILIES, PLASC)) + ".",
        "Columns are found whatever their case, prefix (KS4_) and term (_SPR20); all others are not read.",
        "References are case-sensitive and compare inside one `supply`, which the project should name.",
        "A later year speaks for a pupil; within a year censuses do, and entries with a RecordStatus below 100.",
        "Year and month of birth make a birth date of the month; a full date is taken where there is one.",
        "Pseudonymised authorities and schools (_anon) are not taken for real ones.",
        "A row without any id is a record of its own, save that equal names and birth dates in two files make one.",
        "Tables of children in need and of looked-after children are formats of their own.",
    ),
    load=load,
    part_of=part_of,
)
