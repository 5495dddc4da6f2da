"""A file of any tabular kind as one table of cells with a header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from linkage.sources.columns import Header
from linkage.sources.csvfile import read_header
from linkage.sources.files import SourceFile
from linkage.sources.kinds import WrongKindError
from linkage.sources.parquet import read_parquet
from linkage.sources.workbook import SUFFIXES as WORKBOOK_SUFFIXES
from linkage.sources.workbook import Sheet, find_header, read_sheets
from linkage.sql import Connection
from linkage.tables import Finding

CSV_SUFFIXES = (".csv", ".tsv", ".tab", ".txt")
SUFFIXES = (*CSV_SUFFIXES, ".parquet", *WORKBOOK_SUFFIXES)


class Grid(Protocol):
    """A table of cells: a CSV file, a Parquet file or a sheet of a workbook."""

    @property
    def name(self) -> str:
        """What `file` is in the row table."""

    @property
    def header(self) -> Header:
        """The column names."""

    def stage(self, con: Connection, table: str, wanted: Mapping[str, int]) -> tuple[Finding, ...]:
        """Make the temporary table `row, <wanted>`: trimmed text, NULL where blank, `row` from 1 as in the file."""


def read_grid(file: SourceFile, sheet: str | None, wanted: Sequence[str]) -> Grid:
    """The table of a file; in a workbook the sheet that is given, else the first that has most of the wanted columns.

    Raises InputError for a file that is not what its suffix says, for a workbook without any wanted column, and for any
    workbook where no column is wanted: then no header row can be told.
    """
    if file.suffix in WORKBOOK_SUFFIXES and wanted:
        return _best_sheet(file, sheet, wanted)
    if file.suffix == ".parquet":
        return read_parquet(file)
    return read_header(file, "\t" if file.suffix in (".tsv", ".tab") else None)


def _best_sheet(file: SourceFile, sheet: str | None, wanted: Sequence[str]) -> Sheet:
    best: tuple[int, Sheet] | None = None
    for title, rows, top in read_sheets(file, sheet):
        at = find_header(top, wanted)
        if at is None:
            continue
        header, above = at
        score = sum(header.position(name) is not None for name in wanted)
        if best is None or score > best[0]:
            best = score, Sheet(file, title, header, rows[above:])
        if score == len(wanted):
            break
    if best is None:
        names = ", ".join(repr(name) for name in wanted[:12])
        raise WrongKindError(
            "No sheet has a row with the column names.",
            file=file,
            expected=f"a header row near the top, with {names}{' …' if len(wanted) > 12 else ''}",
            remedy="check `path`, `format`, `sheet` and the column names in the project file",
        )
    return best[1]
