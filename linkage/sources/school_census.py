"""Format `school_census`: the pupils of a school census, as a portal download, a termly export of tables, or XML.

The export has a CSV file per table and term; its addresses and meals join the pupils by ids that mean nothing outside
of one term. The portal's download has everything in one line per pupil.
"""

from __future__ import annotations

from collections.abc import Sequence

from linkage.findings import found, noted, summed
from linkage.project import SourceSpec
from linkage.sources.cells import drop_stages, stage_table
from linkage.sources.census_layout import Layout, layout_of, term_of
from linkage.sources.census_steps import (
    FIELD_SQL,
    Stages,
    create_stages,
    exclude_nobody,
    table_steps,
    unjoined,
)
from linkage.sources.census_xml import COLLECTIONS, PUPILS, stage_xml
from linkage.sources.columns import Header, compact
from linkage.sources.contract import Format, Part, XmlForm
from linkage.sources.csvfile import CsvFile, read_header
from linkage.sources.dates import EXPORT, declared_format
from linkage.sources.files import SourceFile
from linkage.sources.kinds import WrongKindError
from linkage.sources.sen2_export import TABLE_IDS as SEN2_TABLES
from linkage.sql import Connection, execute, ident, run_steps
from linkage.tables import Extract, Finding, addresses_table, rows_table

SUFFIXES = (".csv", ".txt", ".xml")
# Columns of a portal's download, beside the names and numbers that any list of pupils has.
_DOWNLOAD = frozenset({
    "censusterm", "laestab", "enrolstatus", "ncyearactual", "senprovision", "fsmeligible", "fsmprotected", "everfsm6",
    "hoursatsetting", "primarysentype", "idacis", "idacir", "entrydate", "formerupn", "preferredsurname",
})  # fmt: skip
_LEAST_OF_DOWNLOAD = 4


def load(con: Connection, spec: SourceSpec, files: Sequence[SourceFile]) -> Extract:
    """Read a census. Rows are those of the pupil tables; a row on the roll speaks louder than one off it.

    Pupils with neither a UPN nor a name or birth date are excluded (`no_key`). Raises InputError where no file has
    pupils.
    """
    stages = Stages.of(spec.name)
    create_stages(con, stages)
    findings: list[Finding] = []
    layouts: list[Layout] = []
    for file in files:
        if file.suffix == ".xml":
            met = stage_xml(con, file, term_of(file, spec), stages)
            layouts += [Layout(kind, on_roll=True, columns=dict.fromkeys(names, 0)) for kind, names in met.items()]
            continue
        csv_file = read_header(file)
        layout = layout_of(csv_file.header)
        if layout is None:
            findings.append(found("FI006", spec.name, 1))
            continue
        layouts.append(layout)
        if layout.kind != "other":
            findings += _stage_file(con, csv_file, layout, spec, stages)
    if not any(layout.kind == "pupils" for layout in layouts):
        raise _no_pupils(files[0])

    fields = _fields(layouts, spec)
    has_addresses = "postcode" in fields or "uprn" in fields
    lost = unjoined(con, stages)
    if lost:
        findings.append(found("FI013", spec.name, lost))
    excluded = exclude_nobody(con, stages)
    run_steps(con, table_steps(spec.name, stages, fields, spec.authority, with_addresses=has_addresses))
    extract = Extract(
        source=spec.name,
        rows=rows_table(spec.name),
        fields=fields,
        addresses=addresses_table(spec.name) if has_addresses else None,
        date_formats=declared_format(con, stages.pupils, "dob", EXPORT),
        excluded=excluded,
        findings=(*summed(findings), *noted("FI018", spec.name, sum(file.suffix == ".xml" for file in files))),
    )
    drop_stages(con, stages.all())
    return extract


def _stage_file(
    con: Connection, csv_file: CsvFile, layout: Layout, spec: SourceSpec, stages: Stages
) -> tuple[Finding, ...]:
    one = stage_table(spec.name, "file")
    noted = csv_file.stage(con, one, layout.columns)
    term = term_of(csv_file.file, spec)
    execute(con, f"insert into {ident(stages.named(layout.kind))} by name\n"
                 f"select $file as file, $term as term, $order as term_order, $on_roll as on_roll, *\n"
                 f"from {ident(one)} order by row",
            {"file": csv_file.name, "term": term.group, "order": term.order,
             "on_roll": layout.on_roll})  # fmt: skip
    drop_stages(con, [one])
    return noted


def _no_pupils(file: SourceFile) -> WrongKindError:
    return WrongKindError("No file has the pupils of a school census.", file=file,
                      expected="a download with the columns UPN, Surname, Forename and DOB, or an export table with "
                               "pupilonrolltableid or pupilnolongeronrolltableid, upn, surname and dob")  # fmt: skip


def _fields(layouts: Sequence[Layout], spec: SourceSpec) -> tuple[str, ...]:
    """Fields that some table of the source has, in the order of `FIELD_SQL`."""
    pupils = {column for layout in layouts if layout.kind == "pupils" for column in layout.columns}
    places = {column for layout in layouts if layout.kind == "addresses" for column in layout.columns}
    there = pupils | (places & {"postcode", "uprn"})
    if places & {"saon", "paon", "street", "line1", "line2"}:
        there.add("address_line")
    if "gender" in pupils:
        there.add("sex")
    if any(layout.kind == "meals" for layout in layouts):
        there.add("fsm")
    if spec.authority or "la" in pupils or any(layout.kind == "school" for layout in layouts):
        there.add("authority")
    return tuple(name for name in FIELD_SQL if name in there)


def part_of(header: Header, title: str) -> Part | None:
    """A table of a termly export, or a download: that has some columns that other lists of pupils have not."""
    layout = layout_of(header)
    names = {compact(name) for name in header.names}
    is_export = any(name.endswith("tableid") for name in names)
    if layout is None or names & SEN2_TABLES:
        return None
    if not is_export:
        return Part("pupils") if layout.kind == "pupils" and len(names & _DOWNLOAD) >= _LEAST_OF_DOWNLOAD else None
    if layout.kind in ("pupils", "addresses", "meals"):
        kind = "free school meals" if layout.kind == "meals" else layout.kind
        return Part(f"{kind} {'on roll' if layout.on_roll else 'no longer on roll'}")
    own = [name.lower().split("orderseq")[0] for name in header.names if "orderseq" in name.lower()]
    return Part("schools" if layout.kind == "school" else f"{own[0] if own else 'other table'} (not used)")


FORMAT = Format(
    name="school_census",
    what="a school census",
    title="School census: download from the portal, termly export of tables, or return in XML",
    files="CSV files, told apart by their columns, or XML; a file, a folder with tables of several terms, or a glob",
    suffixes=SUFFIXES,
    key="SCHOOL/UPN; SCHOOL/~HASH of the person's fields where the UPN is blank",
    fields=tuple(FIELD_SQL),
    notes=(
        "Rows are those of pupilonroll and pupilnolongeronroll, or the lines of a download.",
        "The school of a key is LAEstab, else Estab, else NativeId.",
        "A row on the roll speaks before one off it, main registration (M, C) before subsidiary, later before earlier.",
        "Addresses and meal periods join their pupils inside one term, which the file name states (2025_spring_…).",
        "Sex is from the sex or the gender column, whichever is filled.",
        "fsm of an export is eligibility on census day, or in a period without an end where that day is not known.",
        "XML returns are read by the names of elements, because their nesting is not confirmed: PupilOnRoll and "
        "PupilNoLongerOnRoll are pupils; the school and the term are in the header.",
        "SEN needs, exclusions, sessions and learning aims are recognised and not used.",
    ),
    load=load,
    part_of=part_of,
    xml=XmlForm("Message", rows=tuple(PUPILS), collections=COLLECTIONS, telling=tuple(PUPILS)),
)
