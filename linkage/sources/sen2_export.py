"""SEN2 as tables: what COLLECT exports, a CSV file per module, joined by ids of that export."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from linkage.errors import InputError
from linkage.findings import found
from linkage.project import SourceSpec
from linkage.sources.authorities import stated_authority
from linkage.sources.cells import create_stage, drop_stages, number, stage_table
from linkage.sources.columns import compact
from linkage.sources.csvfile import CsvFile
from linkage.sources.files import SourceFile, year_in_name
from linkage.sources.headings import Layout, find_compacted, stage_columns
from linkage.sources.sen2_steps import EVENT_STAGE, PERSON_STAGE, Stages
from linkage.sql import Connection, execute, ident
from linkage.tables import Finding

# Table -> the columns that tell it, and those that are read. `id` is a table's own, `parent` that of the table above.
_TELLING: dict[str, frozenset[str]] = {
    "person": frozenset({"persontableid", "surname", "personbirthdate"}),
    "sen2": frozenset({"sen2tableid", "referencedate", "lea"}),
    "requests": frozenset({"requeststableid", "persontableid"}),
    "assessment": frozenset({"assessmenttableid", "requeststableid"}),
    "namedplan": frozenset({"namedplantableid", "assessmenttableid"}),
    "activeplans": frozenset({"activeplanstableid", "requeststableid"}),
    "placementdetail": frozenset({"placementdetailtableid", "activeplanstableid"}),
    "senneed": frozenset({"senneedtableid", "activeplanstableid"}),
    "plandetail": frozenset({"plandetailtableid", "namedplantableid"}),
}
TABLE_IDS = frozenset(name for telling in _TELLING.values() for name in telling if name.endswith("tableid"))
_COLUMNS: dict[str, Layout] = {
    "person": {
        "id": ("persontableid",), "parent": ("sen2tableid",), "upn": ("upn",), "uln": ("uniquelearnernumber", "uln"),
        "unknown": ("upnunknown",), "forename": ("forename",), "surname": ("surname",), "dob": ("personbirthdate",),
        "sex": ("sex",), "gender": ("gendercurrent", "gender"), "ethnicity": ("ethnicity",), "postcode": ("postcode",),
    },
    "sen2": {"id": ("sen2tableid",), "code": ("lea",), "date_from": ("referencedate",)},
    "requests": {"id": ("requeststableid",), "parent": ("persontableid",), "code": ("requestoutcome",),
                 "date_from": ("receiveddate",), "date_to": ("requestoutcomedate",)},
    "assessment": {"id": ("assessmenttableid",), "parent": ("requeststableid",), "code": ("assessmentoutcome",),
                   "date_from": ("assessmentoutcomedate",)},
    "namedplan": {"parent": ("assessmenttableid",), "code": ("ceasereason",), "date_from": ("startdate",),
                  "date_to": ("ceasedate",)},
    "activeplans": {"id": ("activeplanstableid",), "parent": ("requeststableid",), "code": ("transferla",)},
    "placementdetail": {"parent": ("activeplanstableid",), "code": ("urn",), "date_from": ("entrydate",),
                        "date_to": ("leavingdate",), "place": ("placementrank",)},
    "senneed": {"parent": ("activeplanstableid",), "code": ("sentype",)},
}  # fmt: skip
# Table -> the kind of event that it holds, and the tables above it up to the person.
_EVENTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "requests": ("ehc_request", ()),
    "assessment": ("ehc_assessment", ("requests",)),
    "namedplan": ("ehc_plan", ("assessment", "requests")),
    "activeplans": ("ehc_active", ("requests",)),
    "placementdetail": ("ehc_placement", ("activeplans", "requests")),
    "senneed": ("sen_need", ("activeplans", "requests")),
}
_STAGED = ("file", "row", "grp", "year", "stated", "id", "parent", "code", "date_from", "date_to", "place",
           *PERSON_STAGE[6:])  # fmt: skip


def table_of(table: CsvFile) -> str | None:
    """Which table of an export a file is, by its columns; None for none of them."""
    names = frozenset(compact(name) for name in table.header.names)
    return next((kind for kind, telling in _TELLING.items() if telling <= names), None)


def has_persons(tables: Sequence[CsvFile]) -> bool:
    """Whether one of the files is the table of persons."""
    return any(table_of(table) == "person" for table in tables)


def stage_export(con: Connection, tables: Sequence[CsvFile], spec: SourceSpec, stages: Stages) -> list[Finding]:
    """Stage the tables of exports; files of no table are left out, and counted.

    Raises InputError where neither the table `sen2`, the project nor a folder says which authority an export is of.
    """
    parts = {kind: stage_table(spec.name, kind) for kind in _COLUMNS}
    for part in parts.values():
        create_stage(con, part, {name: "bigint" if name in ("row", "year") else "varchar" for name in _STAGED})
    findings: list[Finding] = []
    for table in tables:
        kind = table_of(table)
        if kind is None:
            findings.append(found("FI006", spec.name, 1))
        elif kind in parts:
            constants = {"file": table.name, "grp": _group(table.file, kind),
                         "stated": stated_authority(table.file, spec),
                         "year": spec.year or year_in_name(table.file.path.name) or 0}  # fmt: skip
            places = find_compacted(table.header, _COLUMNS[kind])
            findings += stage_columns(con, spec.name, table, parts[kind], places, constants)
    _join_persons(con, parts, stages)
    _check_authorities(con, stages, tables, spec)
    lost = sum(_join_events(con, parts, kind, stages) for kind in _EVENTS)
    if lost:
        findings.append(found("FI013", spec.name, lost))
    drop_stages(con, parts.values())
    return findings


def _group(file: SourceFile, kind: str) -> str:
    """What an id is good in: the folder, and the part of the file name before the name of the table."""
    path = PurePosixPath(file.name)
    before = re.sub(rf"[ _-]*{kind}$", "", path.stem, flags=re.IGNORECASE)
    return f"{path.parent}/{before if before != path.stem else ''}"


def _join_persons(con: Connection, parts: dict[str, str], stages: Stages) -> None:
    """Persons with the authority and year of their export."""
    columns = ", ".join(f"person.{name}" for name in PERSON_STAGE[6:])
    year = r"try_cast(regexp_extract(header.date_from, '\d{4}') as bigint)"
    execute(con, f"""
insert into {ident(stages.persons)}
select person.file, person.row, coalesce({year}, person.year),
       coalesce(case when regexp_full_match(header.code, '[0-9]{{3}}') then header.code end, person.stated),
       person.grp, coalesce(person.id, 'row ' || person.row), {columns}
from {ident(parts["person"])} as person
left join (select grp, id, min(code) as code, min(date_from) as date_from
           from {ident(parts["sen2"])} group by all) as header
  on header.grp = person.grp and header.id = person.parent
order by person.file, person.row""")  # fmt: skip


def _check_authorities(con: Connection, stages: Stages, tables: Sequence[CsvFile], spec: SourceSpec) -> None:
    if number(con, f"select count(*) from {ident(stages.persons)} where authority is null"):
        table = next(table for table in tables if table_of(table) == "person")
        raise InputError("Nothing says which authority the export is of.", where=table.name,
                         expected="the exported table `sen2` with the column lea beside it",
                         remedy=f'add it, or `authority = "301"` to [sources.{spec.name}]')  # fmt: skip


def _join_events(con: Connection, parts: dict[str, str], kind: str, stages: Stages) -> int:
    """Stage the events of a table; gives how many of its rows belong to no person."""
    event, above = _EVENTS[kind]
    joins, last = "", "own"
    for at, table in enumerate(above):
        joins += f"\njoin {ident(parts[table])} as up{at} on up{at}.grp = {last}.grp and up{at}.id = {last}.parent"
        last = f"up{at}"
    joins += f"\njoin {ident(parts['person'])} as person on person.grp = {last}.grp and person.id = {last}.parent"
    before = number(con, f"select count(*) from {ident(stages.events)}")
    execute(con, f"insert into {ident(stages.events)} ({', '.join(EVENT_STAGE)})\n"
                 f"select person.grp, person.id, '{event}', own.code, own.date_from, own.date_to, own.place\n"
                 f"from {ident(parts[kind])} as own{joins}\norder by own.file, own.row")  # fmt: skip
    staged = number(con, f"select count(*) from {ident(stages.events)}") - before
    return max(0, number(con, f"select count(*) from {ident(parts[kind])}") - staged)
