"""Subgroup columns that the project names for a source of any format: looked up in its files, row by row.

A source's own importer reads what its format has; this reads what the project wants beside. The format `table` maps
such columns together with its fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from linkage.errors import Fault, InputError, LinkageError, ProjectError
from linkage.project import SourceSpec
from linkage.schema import CHARACTERISTICS, FIELD_NAMES, SUBGROUP_PREFIX
from linkage.sources.cells import append, create_stage, drop_stages, stage_table, trim
from linkage.sources.columns import Header
from linkage.sources.contract import Format, XmlForm
from linkage.sources.files import SourceFile
from linkage.sources.forms import is_table
from linkage.sources.grids import Grid, read_grid
from linkage.sources.workbook import SUFFIXES as WORKBOOK_SUFFIXES
from linkage.sources.workbook import Sheet, find_header, read_sheets
from linkage.sources.xmlfile import Element, elements, local_name
from linkage.sql import Connection, columns, execute, ident, run_steps, table_step
from linkage.tables import Extract

BATCH = 20_000  # rows of an XML file held in memory
_PLACE = {"file": "varchar", "row": "bigint"}


def add_subgroups(
    con: Connection, spec: SourceSpec, known: Format, files: Sequence[SourceFile], extract: Extract
) -> Extract:
    """The extract with the columns of `[sources.X.subgroups]` in its row table, which is written anew.

    A value is that of the row's own cell, in XML of the first element of that name inside of the row's. A canonical
    characteristic is filled where the project names its column, whatever the importer has read; any other name becomes
    `subgroup__NAME`. Rows of files without the column have none. Raises ProjectError for a name that is a field but no
    characteristic, and InputError where no file has the column or element.
    """
    wanted = {_target(name, spec): column for name, column in spec.subgroups.items()}
    stage = stage_table(spec.name, "subgroups")
    create_stage(con, stage, {**_PLACE, **dict.fromkeys(wanted, "varchar")})
    missing = set(wanted.values())
    seen: list[str] = []
    for file in files:
        if known.xml is not None and not is_table(file) and file.suffix not in WORKBOOK_SUFFIXES:
            met = _stage_xml(con, stage, file, known.xml, wanted)
            missing -= set(wanted.values()) & met
            seen += sorted(met)
            continue
        for grid in _grids(file, spec, known):
            missing -= {column for column in wanted.values() if grid.header.position(column) is not None}
            seen += grid.header.names
            _stage_grid(con, stage, grid, wanted)
    if missing:
        raise _no_columns(sorted(missing), seen, spec, len(files))
    _write(con, extract.rows, stage, wanted)
    drop_stages(con, [stage])
    return replace(extract, fields=tuple(dict.fromkeys([*extract.fields, *(set(wanted) & set(FIELD_NAMES))])))


def _target(name: str, spec: SourceSpec) -> str:
    """The column of the row table for a subgroup."""
    if name in CHARACTERISTICS:
        return name
    if name in FIELD_NAMES:
        raise ProjectError("A subgroup bears the name of a field that is no characteristic.",
                           where=f"[sources.{spec.name}.subgroups] {name}",
                           expected="a characteristic, or a name of your own",
                           remedy="give the subgroup another name")  # fmt: skip
    return SUBGROUP_PREFIX + name


def _grids(file: SourceFile, spec: SourceSpec, known: Format) -> Iterator[Grid]:
    """The tables of a file, with the header that the importer finds."""
    if file.suffix not in WORKBOOK_SUFFIXES:
        yield read_grid(file, None, ())
        return
    for title, rows, top in read_sheets(file, spec.sheet):
        at = find_header(top, known.headings)
        if at is not None:
            yield Sheet(file, title, at[0], rows[at[1] :])


def _stage_grid(con: Connection, stage: str, grid: Grid, wanted: Mapping[str, str]) -> None:
    places = {target: grid.header.position(column) for target, column in wanted.items()}
    there = {target: at for target, at in places.items() if at is not None}
    if there:
        one = f"{stage}__file"
        grid.stage(con, one, there)
        execute(con, f"insert into {ident(stage)} by name select $file as file, * from {ident(one)}",
                {"file": grid.name})  # fmt: skip
        drop_stages(con, [one])


def _stage_xml(
    con: Connection, stage: str, file: SourceFile, form: XmlForm, wanted: Mapping[str, str]
) -> frozenset[str]:
    """Stage the values of a file's rows; the names of the elements that occur inside of these."""
    met: set[str] = set()
    records: list[tuple[object, ...]] = []
    for row, element in enumerate(_outermost(file, form), start=1):
        found = _first_texts(element)
        met.update(found)
        records.append((file.name, row, *(found.get(column) for column in wanted.values())))
        if len(records) >= BATCH:
            append(con, stage, (*_PLACE, *wanted), records)
            records.clear()
    append(con, stage, (*_PLACE, *wanted), records)
    return frozenset(met)


def _outermost(file: SourceFile, form: XmlForm) -> Iterator[Element]:
    return elements(file, form.root, form.rows, f"XML with the root element {form.root}")


def _first_texts(element: Element) -> dict[str, str | None]:
    """Local name -> text of the first element below that has one; None where none has."""
    texts: dict[str, str | None] = {}
    for inner in element.iter():
        name = local_name(inner)
        if name and inner is not element and len(inner) == 0 and texts.get(name) is None:
            texts[name] = trim(inner.text)
    return texts


def _write(con: Connection, table: str, stage: str, wanted: Mapping[str, str]) -> None:
    """The row table with the values beside; it goes by way of a copy, as a table cannot be made from itself."""
    there = set(columns(con, table))
    copy = f"{stage}__rows"
    run_steps(con, (table_step(copy, f"select * from {ident(table)}"),))
    kept = ", ".join(f"r.{ident(name)}" for name in columns(con, table) if name not in wanted)
    added = ", ".join(
        f"coalesce(s.{ident(name)}, r.{ident(name)}) as {ident(name)}" if name in there else f"s.{ident(name)}"
        for name in wanted
    )
    run_steps(con, (table_step(table, f"""
select {kept}, {added}
from {ident(copy)} r left join {ident(stage)} s on s.file = r.file and s.row = r.row
order by r.file, r.row"""),))  # fmt: skip
    execute(con, f"drop table {ident(copy)}")


def _no_columns(missing: Sequence[str], seen: Sequence[str], spec: SourceSpec, files: int) -> LinkageError:
    """One error for all columns that no file has, each with the nearest one."""
    header = Header(tuple(dict.fromkeys(seen)))
    return InputError.from_faults(
        Fault(f"No file of the source has a column or element {name!r}.",
              where=f"[sources.{spec.name}.subgroups]: {files:,} {'file' if files == 1 else 'files'}",
              expected=header.hint(name, (*spec.subgroups.values(), *FIELD_NAMES)) or "a name that a file has",
              remedy="correct the name in the project file")
        for name in missing
    )  # fmt: skip
