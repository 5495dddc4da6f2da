"""A file of any tabular kind as one table of cells with a header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from linkage.sources.banners import below_banner
from linkage.sources.columns import Header
from linkage.sources.csvfile import DELIMITERS, read_header
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
        return _best_of(_sheets(file, sheet, wanted))[0]
    if file.suffix == ".parquet":
        return read_parquet(file)
    tab = "\t" if file.suffix in (".tsv", ".tab") else None
    csv_file = read_header(file, tab)
    return below_banner(csv_file, wanted, tab or DELIMITERS) if wanted else csv_file


def read_grids(file: SourceFile, sheet: str | None, wanted: Sequence[str]) -> tuple[list[Grid], int]:
    """The tables of a file, and how many sheets more have all columns that were found and are not among them.

    Several where `sheet` is a pattern (`20*`) that several sheets with a wanted column match; else one, as `read_grid`
    gives it.
    """
    if file.suffix not in WORKBOOK_SUFFIXES:
        return [read_grid(file, sheet, wanted)], 0
    found = _sheets(file, sheet, wanted)
    if sheet is not None and any(letter in sheet for letter in "*?["):
        return [table for _, table in found], 0
    best, most = _best_of(found)
    return [best], sum(score == most for score, _ in found) - 1


def _sheets(file: SourceFile, sheet: str | None, wanted: Sequence[str]) -> list[tuple[int, Sheet]]:
    """The sheets that have a header with a wanted column, each with the number of those that it has."""
    found = []
    for title, rows, top in read_sheets(file, sheet):
        at = find_header(top, wanted)
        if at is not None:
            header, above = at
            score = sum(header.position(name) is not None for name in wanted)
            found.append((score, Sheet(file, title, header, rows[above:])))
    if not found:
        names = ", ".join(repr(name) for name in wanted[:12])
        raise WrongKindError(
            "No sheet has a row with the column names.",
            file=file,
            expected=f"a header row near the top, with {names}{' …' if len(wanted) > 12 else ''}",
            remedy="check `path`, `format`, `sheet` and the column names in the project file",
        )
    return found


def _best_of(found: Sequence[tuple[int, Sheet]]) -> tuple[Sheet, int]:
    """The first sheet with most wanted columns, and how many it has."""
    most = max(score for score, _ in found)
    return next(table for score, table in found if score == most), most
