"""Format `table`: any CSV, TSV, Parquet file or workbook, with columns mapped by the project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from linkage.errors import Fault, InputError, ProjectError
from linkage.findings import found, summed
from linkage.project import ColumnMap, SourceSpec
from linkage.schema import DATE_FIELDS, FIELD_NAMES, IDENTIFIER_FIELDS, NAME_FIELDS, SUBGROUP_PREFIX, WHOLE_NAME
from linkage.sources.cells import drop_stages, number, stage_table
from linkage.sources.contract import Format
from linkage.sources.files import SourceFile
from linkage.sources.grids import SUFFIXES, Grid, read_grids
from linkage.sources.table_rows import drop_repeated_headers, exclude
from linkage.sources.table_values import ALTERNATIVES, cell, values
from linkage.sql import Connection, Step, execute, ident, literal, run_steps
from linkage.tables import Extract, Finding, rows_table

# Without one of these nothing can be compared.
COMPARABLE = (*IDENTIFIER_FIELDS, *NAME_FIELDS, "dob", "expected_dob")
# Column that scopes a learner reference; taken where the file has it.
UKPRN = "ukprn"


@dataclass(frozen=True)
class Plan:
    """Columns of the row table and where they are from; `strict` where the project named them.

    What a project did not name is taken by its canonical name, from the files that have it.
    """

    fields: Mapping[str, ColumnMap]
    key: str | None
    strict: bool

    def columns(self) -> tuple[str, ...]:
        """All column names that are looked for, each once."""
        named = [name for mapped in self.fields.values() for name in (*mapped.columns, *mapped.join)]
        return tuple(dict.fromkeys([*named, *([self.key] if self.key else [])]))

    def telling_fields(self) -> tuple[str, ...]:
        """The fields, of a whole name only one: what counts as a value of a row."""
        return tuple(name for name, mapped in self.fields.items() if not (mapped.order and name == "surname"))


def load(con: Connection, spec: SourceSpec, files: Sequence[SourceFile]) -> Extract:
    """Read the files of a source into its row table.

    The key is the declared column; without one it is the row number, with the file name before it where the source
    has several files or sheets. Excluded are rows without a key (`no_key`) or, where no key is declared, without any
    mapped value (`blank`), column names that are repeated (`header`) and lines under the table (`note`). Raises
    InputError for files that cannot be read or lack a mapped column.
    """
    plan = _plan(spec)
    read = [read_grids(file, spec.sheet, plan.columns()) for file in files]
    grids = [grid for tables, _ in read for grid in tables]
    plan = _narrowed(plan, grids)
    _check_columns(grids, plan, spec)
    _check_comparable(plan, grids[0])

    table = rows_table(spec.name)
    names = _row_columns(plan, spec)
    create_stage_of_rows(con, table, names)
    findings = [found("FI020", spec.name, unread) for _, unread in read if unread]
    excluded: Counter[str] = Counter()
    for at, grid in enumerate(grids):
        stage = stage_table(spec.name, f"file{at}")
        findings += _load_grid(con, spec, plan, grid, stage, excluded, several=len(grids) > 1)
    excluded.update(exclude(con, table, plan.telling_fields(), keyed=plan.key is not None))
    findings += _shared_keys(con, table, spec) if plan.key else ()
    return Extract(
        source=spec.name,
        rows=table,
        fields=tuple(name for name in names if name in FIELD_NAMES),
        date_formats={name: mapped.format for name, mapped in plan.fields.items()
                      if mapped.format and name in DATE_FIELDS},
        excluded=dict(excluded),
        findings=summed(findings),
    )  # fmt: skip


# --- the plan ------------------------------------------------------------------------------------


def _plan(spec: SourceSpec) -> Plan:
    fields = dict(spec.columns) or {name: ColumnMap(columns=(name,)) for name in FIELD_NAMES}
    if (whole := fields.pop(WHOLE_NAME, None)) is not None:
        ordered = whole.model_copy(update={"order": whole.order or "forename_first"})
        fields |= {"forename": ordered, "surname": ordered}
    for name, column in spec.subgroups.items():
        target = name if name in FIELD_NAMES else SUBGROUP_PREFIX + name
        mapped = spec.columns.get(target)
        if mapped and mapped.columns != (column,):
            raise ProjectError("A field is mapped twice, to different columns.",
                               where=f"[sources.{spec.name}]: columns.{name} and subgroups.{name}",
                               expected="one mapping per field", remedy="remove one of the two")  # fmt: skip
        fields[target] = mapped or ColumnMap(columns=(column,))
    return Plan(fields, spec.key, strict=bool(spec.columns))


def _narrowed(plan: Plan, grids: Sequence[Grid]) -> Plan:
    """The plan without canonical names that no file has; with the UKPRN column beside a learner reference."""
    fields = dict(plan.fields)
    if not plan.strict:
        fields = {name: mapped for name, mapped in fields.items()
                  if mapped.columns != (name,) or any(grid.header.has((name,)) for grid in grids)}  # fmt: skip
    if "learner_ref" in fields and any(grid.header.has((UKPRN,)) for grid in grids):
        fields[UKPRN] = ColumnMap(columns=(UKPRN,))
    return Plan(fields, plan.key, plan.strict)


def _check_columns(grids: Sequence[Grid], plan: Plan, spec: SourceSpec) -> None:
    """Raise one InputError for all columns that the project names and a file lacks."""
    own_names = {name for name, mapped in plan.fields.items() if mapped.columns == (name,)}
    optional = {UKPRN} if plan.strict else own_names
    faults = []
    for grid in grids:
        for column in plan.columns():
            if column in optional or grid.header.position(column) is not None:
                continue
            hint = grid.header.hint(column, plan.columns())
            faults.append(Fault(
                f"There is no column {column!r}.", where=f"{grid.name} (source {spec.name!r})",
                expected=hint or "column names in the first line, among them " + _listed(plan.columns()),
                remedy=f"correct the name under [sources.{spec.name}] in the project file, or the file",
            ))  # fmt: skip
    if faults:
        raise InputError.from_faults(faults)


def _check_comparable(plan: Plan, grid: Grid) -> None:
    if not any(name in COMPARABLE for name in plan.fields):
        raise InputError(
            "The source has no identifier, no name and no date of birth, so nothing can be linked.", where=grid.name,
            expected="columns for one or more of " + ", ".join(COMPARABLE),
            remedy="map them in the project file, as in: forename = \"First name\"",
        )  # fmt: skip


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names[:12]) + (" …" if len(names) > 12 else "")


# --- the rows ------------------------------------------------------------------------------------


def _row_columns(plan: Plan, spec: SourceSpec) -> dict[str, str]:
    """Columns of the row table after the four of every source, with their types."""
    names = dict.fromkeys(plan.fields, "varchar")
    for name in ("authority", UKPRN):
        if _stated(name, spec):
            names[name] = "varchar"
    for name, alternatives in ALTERNATIVES.items():
        if name in plan.fields and len(plan.fields[name].columns) > 1:
            names[alternatives] = "varchar[]"
    return names


def _stated(name: str, spec: SourceSpec) -> str | None:
    """What the project says of all rows of a source."""
    return {"authority": spec.authority, UKPRN: spec.ukprn}[name]


def create_stage_of_rows(con: Connection, table: str, names: Mapping[str, str]) -> None:
    """An empty row table."""
    listed = "".join(f", {ident(name)} {kind}" for name, kind in names.items())
    execute(con, f"create or replace table {ident(table)} "
                 f"(file varchar, row bigint, key varchar, rank integer{listed})")  # fmt: skip


def _load_grid(
    con: Connection, spec: SourceSpec, plan: Plan, grid: Grid, stage: str, excluded: Counter[str], *, several: bool
) -> list[Finding]:
    positions = {f"c{at}": at for at in map(grid.header.position, plan.columns()) if at is not None}
    findings = list(grid.stage(con, stage, positions))
    taken = number(con, f"select count(*) from {ident(stage)}")
    if grid.header.repeated():
        findings.append(found("FI004", spec.name, grid.header.repeated()))
    if not taken:
        findings.append(found("FI005", spec.name, 1))
    headings = [(f"c{at}", grid.header.names[at]) for at in dict.fromkeys(positions.values())]
    if repeated := drop_repeated_headers(con, stage, headings):
        excluded["header"] += repeated
    run_steps(con, [_insert_step(spec, plan, grid, stage, several=several)])
    drop_stages(con, [stage])
    return findings


def _insert_step(spec: SourceSpec, plan: Plan, grid: Grid, stage: str, *, several: bool) -> Step:
    by_row = "$file || ':' || row" if several else "cast(row as varchar)"
    key = cell(grid.header, plan.key) if plan.key else by_row
    row = {"file": "$file", "row": "row", "key": key, "rank": "0"}
    for name, mapped in plan.fields.items():
        row |= values(name, mapped, grid.header)
    for name in ("authority", UKPRN):
        if stated := _stated(name, spec):
            row[name] = f"coalesce({row.get(name, 'null')}, {literal(stated)})"
    select = ", ".join(f"{value} as {ident(name)}" for name, value in row.items())
    return Step(
        f"rows of {grid.name}",
        f"insert into {ident(rows_table(spec.name))} by name\nselect {select}\nfrom {ident(stage)}\norder by row",
        {"file": grid.name},
    )


def _shared_keys(con: Connection, table: str, spec: SourceSpec) -> list[Finding]:
    shared = number(con, f"select count(*) - count(distinct key) from {ident(table)}")
    return [found("FO001", spec.name, shared, field="key")] if shared else []


FORMAT = Format(
    name="table",
    what="a table",
    title="Any table, with columns mapped by the project",
    files="CSV, TSV, Parquet or Excel files with a row per child (or several); a file, a folder or a glob",
    suffixes=SUFFIXES,
    key="the column given as `key`; without one the number of the row",
    fields=FIELD_NAMES,
    notes=(
        "Columns are found by their exact name, then by the same name without regard to case and white space.",
        "Without a column map, columns that bear canonical names are taken.",
        "Further columns of `forename` and `surname` are names of equal standing; of any other field they fill gaps.",
        "Rows above the header are passed over, and a header may stand in two rows, in a workbook in merged cells.",
        'Of a workbook the sheet with most of the mapped columns is read; `sheet` names another, or several: "20*".',
        "full_name is a whole name: `Surname, Forename`; without a comma the order is forename_first, or as in "
        'full_name = { column = "Name", order = "surname_first" }.',
        'A date may stand in columns of year, month and day: dob = { join = ["Year of birth", "Month of birth"] }.',
        "`ukprn` is the provider of a source whose learner references have no column ukprn beside them.",
        "Real dates of a workbook become ISO text; whole numbers lose their `.0`.",
        "CSV is read as UTF-8 or UTF-16, else as Windows-1252, with the comma, semicolon, tab or bar of its header.",
        "Short rows of a CSV file are filled with blanks, longer ones refused.",
        "Excluded and counted: rows without the declared key (no_key) or without any value (blank), column names that "
        "are repeated (header), totals and notes under the table (note). Rows that share a key fold into one record.",
    ),
    load=load,
    part_of=None,
)
