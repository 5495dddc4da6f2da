"""Format `leo`: lookups and outcome tables of the Longitudinal Education Outcomes data (LEO).

A lookup says which ids LEO's own linkage holds to be one person (AE_ID). It is many-to-many, and so evidence: every id
is kept under every person it is said to belong to, and those that belong to several are counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from linkage.findings import found, noted, summed
from linkage.project import SourceSpec
from linkage.sources.cells import create_stage, drop_stages, number, stage_table
from linkage.sources.columns import Header, compact
from linkage.sources.contract import Format, Part
from linkage.sources.files import SourceFile
from linkage.sources.grids import Grid
from linkage.sources.supplies import (
    SUFFIXES,
    cut_number,
    known_tables,
    missing_code,
    no_table,
    opaque,
    unscoped,
)
from linkage.sql import Connection, Step, execute, ident, run_steps, table_step
from linkage.tables import Extract, Finding, rows_table

# Field of a record -> the names of its column, compacted; the first that is there is taken.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "leo_person_id": ("aeid",),
    "pmr": ("pupilmatchingrefanonymous", "hepupilmatchingrefanonymous", "pupilmatchingref", "pmr"),
    "edukey": ("edukey",),
    "pseudonym": ("recordid",),
}
# What a lookup holds of a person.
LOOKED_UP = ("pmr", "edukey", "pseudonym")
# A row is keyed by the person or by the person of the tax and benefit tables.
KEYS = ("leo_person_id", "edukey")

WHAT = "a table of LEO"
EXPECTED = "a column AE_ID or EDUKEY"


def load(con: Connection, spec: SourceSpec, files: Sequence[SourceFile]) -> Extract:
    """Read lookups and outcome tables. Every row is a row of the person whose AE_ID it has, else of its EDUKEY.

    Rows without either are excluded (`no_key`). Raises InputError where no file is a table of LEO.
    """
    stage = stage_table(spec.name, "leo")
    create_stage(con, stage, {"file": "varchar", "row": "bigint", **dict.fromkeys(COLUMNS, "varchar")})
    tables, findings = known_tables(files, layout_of, spec.name)
    if not tables:
        raise no_table(files[0], what=WHAT, columns=EXPECTED)
    for grid, layout in tables:
        findings += _stage(con, grid, layout, spec, stage)

    there = {name for _, layout in tables for name in layout}
    fields = tuple(name for name in COLUMNS if name in there)
    run_steps(con, [_rows_step(spec.name, stage, fields)])
    excluded = number(con, f"select count(*) from {ident(stage)}") - number(
        con, f"select count(*) from {ident(rows_table(spec.name))}"
    )
    extract = Extract(
        source=spec.name,
        rows=rows_table(spec.name),
        fields=fields,
        excluded={"no_key": excluded} if excluded else {},
        findings=(*summed(findings), *_findings(con, spec, stage, fields)),
    )
    drop_stages(con, [stage])
    return extract


def layout_of(header: Header) -> dict[str, int] | None:
    """Where the ids of a table are, whatever the case of its names; None for a table without a person of LEO."""
    places: dict[str, int] = {}
    for at, name in enumerate(header.names):
        places.setdefault(compact(name), at)
    found_at = {field: next((places[name] for name in names if name in places), None)
                for field, names in COLUMNS.items()}  # fmt: skip
    layout = {field: at for field, at in found_at.items() if at is not None}
    return layout if any(key in layout for key in KEYS) else None


def _stage(con: Connection, grid: Grid, layout: Mapping[str, int], spec: SourceSpec, stage: str) -> list[Finding]:
    one = stage_table(spec.name, "file")
    noticed = list(grid.stage(con, one, layout))
    execute(con, f"insert into {ident(stage)} by name select $file as file, * from {ident(one)} order by row",
            {"file": grid.name})  # fmt: skip
    if not number(con, f"select count(*) from {ident(one)}"):
        noticed.append(found("FI005", spec.name, 1))
    drop_stages(con, [one])
    return noticed


def _rows_step(source: str, stage: str, fields: Sequence[str]) -> Step:
    """The row table. An EDUKEY says that it is one, because it may be written like an AE_ID."""
    ids = ", ".join(f"{opaque(name)} as {name}" for name in COLUMNS)
    listed = ", ".join(map(ident, fields))
    return table_step(rows_table(source), f"""
select file, row, coalesce(leo_person_id, 'EDUKEY/' || edukey) as key, 0 as rank, {listed}
from (select file, row, {ids} from {ident(stage)})
where coalesce(leo_person_id, edukey) is not null
order by file, row""")  # fmt: skip


def _findings(con: Connection, spec: SourceSpec, stage: str, fields: Sequence[str]) -> list[Finding]:
    findings = [*unscoped(spec, fields[0])]
    for name in fields:
        for code, condition in (("ID011", missing_code(name)), ("ID012", cut_number(name))):
            met = number(con, f"select count(*) from {ident(stage)} where {condition}")
            findings += noted(code, spec.name, met, name)
    table = ident(rows_table(spec.name))
    for name in LOOKED_UP if "leo_person_id" in fields else ():
        if name in fields:
            findings += noted("ID015", spec.name, _in_several(con, table, of=name, among="leo_person_id"), name)
            findings += noted("ID016", spec.name, _in_several(con, table, of="leo_person_id", among=name), name)
    return findings


def _in_several(con: Connection, table: str, *, of: str, among: str) -> int:
    """How many values of one column occur with several values of another."""
    return number(con, f"select count(*) from (select {of} from {table} where {of} is not null and {among} is not null "
                       f"group by {of} having min({among}) <> max({among}))")  # fmt: skip


def part_of(header: Header, title: str) -> Part | None:
    """A lookup, which has little beside its ids, or another table of persons of LEO."""
    layout = layout_of(header)
    if layout is None:
        return None
    return Part("lookup of ids" if len(layout) > 1 and len(set(header.names)) <= len(layout) + 2 else "table")


FORMAT = Format(
    name="leo",
    what="a table of LEO",
    title="Longitudinal Education Outcomes (LEO): lookups of ids, and outcome tables",
    files="CSV, TSV or Parquet tables, told apart by their columns; a file, a folder or a glob",
    suffixes=SUFFIXES,
    key="AE_ID; EDUKEY/VALUE where a row has no AE_ID",
    fields=tuple(COLUMNS),
    notes=(
        "Lookups join AE_ID to PMR, to EDUKEY, or to RECORDID, the record of a learner that was sent for matching.",
        "Rows of one AE_ID are one record, which has all of their ids; RECORDID is a pseudonym.",
        "Lookups are evidence: ids under several AE_IDs are kept under each and counted.",
        "Outcome tables give records with their AE_ID or EDUKEY; what else they hold is not read.",
        "Ids compare inside one `supply`, which the project should name.",
    ),
    load=load,
    part_of=part_of,
)
