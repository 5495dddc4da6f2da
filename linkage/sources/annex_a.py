"""Format `annex_a`: the child-level lists that an authority prepares for an inspection by Ofsted (Annex A).

Lists 1 to 10 fold into one record per child. List 11 holds adults (adopters) and is left out as a whole; the names of
workers, which most lists have, are never read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from linkage.errors import InputError
from linkage.findings import found, summed
from linkage.project import SourceSpec
from linkage.sources.annex_a_layout import (
    ADOPTERS,
    LISTS,
    NAMES,
    PERSON,
    STAGED,
    SheetLayout,
    list_headings,
    list_number,
    sheet_layout,
)
from linkage.sources.annex_a_steps import FIELDS, table_steps
from linkage.sources.authorities import authority_of
from linkage.sources.births import differing_births
from linkage.sources.cells import create_stage, drop_stages, number, stage_table
from linkage.sources.columns import Header, compact
from linkage.sources.contract import Format, Part
from linkage.sources.csvfile import read_header
from linkage.sources.dates import ISO_OR_DAYFIRST, declared_format
from linkage.sources.files import SourceFile, year_in_name
from linkage.sources.grids import Grid
from linkage.sources.headings import stage_columns
from linkage.sources.kinds import WrongKindError
from linkage.sources.workbook import SUFFIXES as WORKBOOK_SUFFIXES
from linkage.sources.workbook import Sheet, find_header, read_sheets
from linkage.sql import Connection, execute, ident, run_steps
from linkage.tables import Extract, Finding, addresses_table, events_table, rows_table

SUFFIXES = (*WORKBOOK_SUFFIXES, ".csv")
# The lists in the order in which they speak for a child: first those on children whom the authority knows best.
SPEAKS = (8, 9, 7, 6, 10, 5, 4, 3, 2, 1)


def load(con: Connection, spec: SourceSpec, files: Sequence[SourceFile]) -> Extract:
    """Read the lists of a source: every row with a Child Unique ID is a row.

    Rows of List 11 (`adult`) and rows without an id (`no_key`) are excluded. Raises InputError where no sheet is a
    list, where a list has no column of ids, or where nothing says which authority the lists are of.
    """
    stage = stage_table(spec.name, "lists")
    create_stage(con, stage, {"file": "varchar", "row": "bigint", "rank": "bigint", "list": "bigint",
                              "authority": "varchar", **dict.fromkeys(STAGED, "varchar")})  # fmt: skip
    excluded: Counter[str] = Counter()
    findings: list[Finding] = []
    read: set[int] = set()
    for file in files:
        for title, grid in _grids(file, spec):
            layout = sheet_layout(title, grid.header)
            if layout is None:
                findings.append(found("FI006", spec.name, 1))
                continue
            read.add(layout.number)
            if layout.number == ADOPTERS:
                excluded["adult"] += _rows_of(con, spec, grid)
            else:
                findings += _stage_list(con, spec, file, grid, layout, stage)
    if not read - {ADOPTERS}:
        raise _no_list(files[0])
    excluded["no_key"] = number(con, f"select count(*) from {ident(stage)} where child is null")
    execute(con, f"delete from {ident(stage)} where child is null")
    run_steps(con, table_steps(spec.name, stage))
    findings += differing_births(con, spec.name)
    extract = Extract(
        source=spec.name,
        rows=rows_table(spec.name),
        fields=FIELDS,
        addresses=addresses_table(spec.name),
        events=events_table(spec.name),
        date_formats=_date_formats(con, stage),
        excluded={reason: count for reason, count in excluded.items() if count},
        findings=summed(findings),
    )
    drop_stages(con, [stage])
    return extract


def _grids(file: SourceFile, spec: SourceSpec) -> Iterator[tuple[str, Grid]]:
    """The tables of a file, each with the title that says which list it is; empty sheets are passed over."""
    if file.suffix not in WORKBOOK_SUFFIXES:
        yield file.path.stem, read_header(file)
        return
    for title, rows, top in read_sheets(file, spec.sheet):
        at = find_header(top, list_headings())
        if at is not None:
            header, above = at
            yield title, Sheet(file, title, header, rows[above:])


def _stage_list(
    con: Connection, spec: SourceSpec, file: SourceFile, grid: Grid, layout: SheetLayout, stage: str
) -> list[Finding]:
    if "child" not in layout.found.places:
        raise InputError("A list has no column with the ids of its children.", where=grid.name,
                         expected="a column `Child Unique ID`" + _hint(grid),
                         remedy="name the column as in Ofsted's template")  # fmt: skip
    year = spec.year or year_in_name(file.name) or 0
    constants = {"file": grid.name, "rank": year * 100 + len(SPEAKS) - SPEAKS.index(layout.number),
                 "list": layout.number, "authority": authority_of(file, spec)}  # fmt: skip
    findings = stage_columns(con, spec.name, grid, stage, layout.found.places, constants)
    if layout.found.unknown:
        findings.append(found("FI011", spec.name, layout.found.unknown))
    return findings + [found("FI012", spec.name, 1, field=name) for name in layout.found.missing]


def _hint(grid: Grid) -> str:
    hint = grid.header.hint("Child Unique ID", ("Gender", "Sex", "Ethnicity", "Date of Birth"))
    return f"; {hint}" if hint else ""


def _rows_of(con: Connection, spec: SourceSpec, grid: Grid) -> int:
    """How many rows a table has; nothing else of it is looked at."""
    one = stage_table(spec.name, "file")
    grid.stage(con, one, {})
    rows = number(con, f"select count(*) from {ident(one)}")
    drop_stages(con, [one])
    return rows


def _date_formats(con: Connection, stage: str) -> dict[str, str]:
    """Workbooks hold real dates, which become ISO text; where people typed them, the day comes first."""
    declared = declared_format(con, stage, "dob", ISO_OR_DAYFIRST) or {"dob": "dayfirst"}
    return {**declared, **dict.fromkeys(("valid_from", "valid_to", "date_from", "date_to"), "dayfirst")}


def _no_list(file: SourceFile) -> WrongKindError:
    return WrongKindError("No sheet is a list of Annex A with children.", file=file,
                      expected="sheets List 1 to List 10 with the column `Child Unique ID` near the top",
                      remedy="check `path`, `sheet` and `format` in the project file")  # fmt: skip


def part_of(header: Header, title: str) -> Part | None:
    """The list that a sheet or file is: it has a child's id, a birth date and what only that list has, or adopters."""
    layout = sheet_layout(title, header)
    if layout is None:
        return None
    titled, places = list_number(title) is not None, set(layout.found.places)
    names = {compact(name) for name in header.names}
    if layout.number == ADOPTERS:
        return Part(NAMES[ADOPTERS]) if titled or "individualadopteridentifier" in names else None
    own = places - set(PERSON) - {"disability"}
    is_list = {"child", "dob"} <= places and own and (titled or names & {"childuniqueid", "childuniqueidentifier"})
    return Part(NAMES[layout.number]) if is_list else None


FORMAT = Format(
    name="annex_a",
    what="an Annex A list",
    title="Annex A: child-level lists for Ofsted",
    files="workbooks with the sheets List 1 to List 11, or a CSV file per list; a file, a folder or a glob",
    suffixes=SUFFIXES,
    key="LA/Child Unique ID",
    fields=FIELDS,
    notes=(
        "Lists 1 to 10 fold into one record per child; a row's file is `book.xlsx#List 1`.",
        "The authority is from the project, else from a folder named by its three digits.",
        f"Lists speak for a child in the order {', '.join(map(str, SPEAKS))}; those of a later year before all others.",
        "List 11 holds adopters: its rows are excluded (adult). Names of workers are never read.",
        "The only postcode is that of a placement (List 8), so that a record has no home.",
        "cin is true for children in List 6, cpp in List 7, cla in List 8.",
        "Headings are found by their words; columns that are missing or not known are reported.",
        "Events: contact, early_help, referral, no_further_action, assessment, s47, icpc, cin, closure, cpp, "
        "looked_after, placement, care_leaver, family_id (code: family identifier), placed_for_adoption, adopted.",
    ),
    load=load,
    part_of=part_of,
    headings=list_headings(),
)
assert set(SPEAKS) == set(LISTS)
