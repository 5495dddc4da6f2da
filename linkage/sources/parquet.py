"""Parquet files, every column as text."""

from __future__ import annotations

import glob
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from linkage.errors import InputError
from linkage.sources.cells import trimmed
from linkage.sources.columns import Header
from linkage.sources.files import SourceFile
from linkage.sources.kinds import looks_like
from linkage.sql import Connection, execute, ident, literal, rows
from linkage.tables import Finding

_NESTED = ("STRUCT", "MAP", "UNION", "BLOB", "BIT")


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet file whose columns are known, with their DuckDB types."""

    file: SourceFile
    header: Header
    types: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name that rows are traced to."""
        return self.file.name

    def stage(self, con: Connection, table: str, wanted: Mapping[str, int]) -> tuple[Finding, ...]:
        """Make the temporary table `row, <wanted>`: values as text, dates in ISO form, whole numbers without `.0`.

        Raises InputError for a wanted column that holds lists or structures.
        """
        for at in wanted.values():
            if self.types[at].endswith("]") or self.types[at].startswith(_NESTED):
                raise InputError("A column holds structures and not values.",
                                 where=f"{self.name}, column {self.header.names[at]!r}",
                                 expected="text, numbers or dates",
                                 remedy="unnest the column before the file is written")  # fmt: skip
        cells = "".join(f", {self._cell(at)} as {ident(name)}" for name, at in wanted.items())
        try:
            execute(con, f"create or replace temp table {ident(table)} as\n"
                         f"select file_row_number + 1 as row{cells}\n"
                         f"from read_parquet({_pattern(self.file)}, file_row_number = true)")  # fmt: skip
        except duckdb.Error:
            raise _broken(self.file) from None
        return ()

    def _cell(self, at: int) -> str:
        column, kind = ident(self.header.names[at]), self.types[at]
        text = f"cast({column} as varchar)"
        if kind in ("DOUBLE", "FLOAT"):
            text = rf"regexp_replace({text}, '\.0$', '')"
        if kind.startswith("TIMESTAMP"):
            text = rf"regexp_replace({text}, ' 00:00:00(\+00)?$', '')"
        return trimmed(text)


def read_parquet(con: Connection, file: SourceFile) -> ParquetFile:
    """The columns of a Parquet file; InputError where it is none."""
    try:
        described = rows(con, f"describe select * from read_parquet({_pattern(file)})")
    except duckdb.Error:
        raise _broken(file) from None
    return ParquetFile(file, Header(tuple(str(row[0]) for row in described)), tuple(str(row[1]) for row in described))


def _pattern(file: SourceFile) -> str:
    return literal(glob.escape(str(file.path)))


def _broken(file: SourceFile) -> InputError:
    return InputError("The file is not a whole Parquet file.", where=file.name,
                      expected=f"a Parquet file without encryption; it looks like {looks_like(file.path)}",
                      remedy="write the file again, or check `path` in the project file")  # fmt: skip
