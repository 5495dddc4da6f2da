"""The whole order of a check: look at the sources, count, and write what was found into one folder."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path

import pyarrow as pa

from linkage.diagnostics.match_rate import write_csv
from linkage.diagnostics.readiness import Readiness, check_project
from linkage.diagnostics.readiness.counts import FieldCount, IdentifierCount, ReturnCount, SourceCount
from linkage.diagnostics.readiness.duplicates import DuplicateCount
from linkage.diagnostics.readiness.evidence import Evidence
from linkage.diagnostics.readiness.hopes import Hope
from linkage.errors import UsageError
from linkage.findings import CATALOGUE
from linkage.project import Project
from linkage.report.check_page import PAGE, write_check_page
from linkage.sql import connect, execute, full_disk, ident, is_full_disk
from linkage.tables import Finding
from linkage.workspace import DATABASE, MANIFEST

# The table of each part of the readiness, and what one of its rows is.
TABLES: dict[str, tuple[str, type]] = {
    "sources": ("sources", SourceCount),
    "fields": ("fields", FieldCount),
    "fields_by_return": ("returns", ReturnCount),
    "identifiers": ("identifiers", IdentifierCount),
    "duplicates": ("duplicates", DuplicateCount),
    "findings": ("findings", Finding),
    "hopes": ("hopes", Hope),
    "evidence": ("evidence", Evidence),
}


def check(project: Project, out: Path) -> Readiness:
    """Check a project; write a CSV table for each part and `check.html` into the folder `out`. Returns the readiness.

    Tables of an earlier check are replaced, each when its successor is complete. Raises UsageError for a folder that
    cannot be written or that holds a run; and as `check_project` does.
    """
    _open_folder(out)
    readiness = check_project(project)
    try:
        write_check(readiness, out)
        write_check_page(readiness, project, out / PAGE)
    except OSError as error:
        raise full_disk() if is_full_disk(error) else _unusable(out) from None
    return readiness


def write_check(readiness: Readiness, folder: Path) -> None:
    """Write the tables of TABLES as CSV, rows in the order of the readiness, texts harmless in spreadsheets."""
    with connect() as con:
        for name, (part, kind) in TABLES.items():
            listed = [_line(item) for item in getattr(readiness, part)]
            columns = tuple(listed[0]) if listed else _columns(kind)
            arrived = pa.table({
                **{column: pa.array([line[column] for line in listed], None if listed else pa.string())
                   for column in columns},
                "place": pa.array(range(len(listed)), pa.int64()),
            })  # fmt: skip
            con.register("arriving", arrived)
            execute(con, f"create or replace table {ident(name)} as select * from arriving")
            con.unregister("arriving")
            write_csv(con, name, columns, "place", folder / f"{name}.csv")


def _line(item: object) -> dict[str, object]:
    """A row of a table; a finding comes with what the catalogue says of its code."""
    line: dict[str, object] = asdict(item)  # type: ignore[call-overload]
    if isinstance(item, Finding):
        known = CATALOGUE[item.code]
        return {"code": item.code, "severity": known.severity, **line, "explanation": known.explanation}
    return line


def _columns(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _open_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = [name for name in (DATABASE, MANIFEST) if (folder / name).exists()]
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        raise full_disk() if is_full_disk(error) else _unusable(folder) from None
    if taken:
        raise UsageError("The folder holds a run.", where=str(folder), expected="a folder of its own for the check",
                         remedy="choose another --out")  # fmt: skip


def _unusable(folder: Path) -> UsageError:
    return UsageError("The output folder cannot be used.", where=str(folder), expected="a folder that you may write to",
                      remedy="choose another --out")  # fmt: skip
