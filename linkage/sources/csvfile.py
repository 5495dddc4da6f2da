"""CSV and TSV files: read by DuckDB, and by the standard library where the two do not agree.

DuckDB's reader is quick and strict, but it can give too few rows without an error (measured: a line end inside a
quoted header cell), and it reads neither Windows-1252 nor lines that end in different ways. So the number of rows is
held against the number of lines; where these differ, or DuckDB refuses, the standard library counts the rows or says
what is wrong with them, and loads the file if it has to.
"""

from __future__ import annotations

import csv
import glob
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import duckdb

from linkage.errors import InputError, RefusedError
from linkage.findings import found
from linkage.sources.cells import WHITE, append, create_stage, number, trimmed
from linkage.sources.columns import Header
from linkage.sources.files import SourceFile
from linkage.sources.kinds import HEAD_BYTES, WrongKindError, is_binary
from linkage.sql import Connection, execute, ident, literal
from linkage.tables import Finding

MAX_LINE = 1 << 20  # characters
DELIMITERS = ",;\t|"

_DUCKDB_LINE_END = {"\n": r"\n", "\r\n": r"\r\n", "\r": r"\r"}

BATCH = 50_000  # rows held in memory where the standard library loads


@dataclass(frozen=True)
class CsvFile:
    """A delimited file whose header ends with line `header_lines`; `encoding` is Python's name."""

    file: SourceFile
    header: Header
    header_lines: int
    delimiter: str
    line_end: str
    encoding: str

    @property
    def name(self) -> str:
        """The name that rows are traced to."""
        return self.file.name

    def stage(self, con: Connection, table: str, wanted: Mapping[str, int]) -> tuple[Finding, ...]:
        """Make the temporary table `row, <wanted>`: text without white space around, in the order of the file.

        `wanted` maps column names of the table to positions in the header. Raises InputError or RefusedError, with a
        line number and no more, where the file is not what its header promises.
        """
        # DuckDB may take another line for the header where that is not just the first one.
        usual = self.encoding == "utf-8" and self.header_lines == 1
        taken = _try_scan(con, table, self, wanted) if usual else None
        if taken is not None and taken == _lines_of(self.file.path) - 1:
            return ()
        opinion = _second_opinion(self)
        if taken != opinion.rows:
            _load_slowly(con, table, self, wanted, opinion.encoding)
        source = self.file.source
        noted = (
            ("FI001", int(opinion.encoding == "cp1252")), ("FI003", opinion.short), ("FI002", int(opinion.mixed)),
        )  # fmt: skip
        return tuple(found(code, source, count) for code, count in noted if count)


@dataclass(frozen=True)
class _Opinion:
    """What the standard library makes of a file: its rows, how many are short, whether line ends differ."""

    rows: int
    short: int
    mixed: bool
    encoding: str


def read_header(file: SourceFile, delimiter: str | None = None) -> CsvFile:
    """The header of a delimited file.

    Raises InputError for a file that is empty, binary or in no known encoding, and RefusedError for a first line
    that is longer than a header can be. Reads no more than that line.
    """
    with file.path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise InputError("The file is empty.", where=file.name, expected="a line of column names, then rows",
                         remedy="export the file again")  # fmt: skip
    if is_binary(head) or head[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF") or head.lstrip()[:1] == b"<":
        raise not_a_table(file)
    encodings = ("utf-16",) if head[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8", "cp1252")
    for attempt in encodings:
        try:
            return _read_first_record(file, attempt, delimiter)
        except UnicodeError:
            continue
    raise _wrong_encoding(file)


def not_a_table(file: SourceFile) -> WrongKindError:
    """The error for a file that is no delimited text at all."""
    return WrongKindError("The file is not a CSV file.", file=file, expected="delimited text")


def _wrong_encoding(file: SourceFile) -> InputError:
    return InputError("The text is in an encoding that cannot be read.", where=file.name,
                      expected="UTF-8 (or Windows-1252)",
                      remedy="save the file again as `CSV UTF-8`")  # fmt: skip


# --- the header ----------------------------------------------------------------------------------


def _read_first_record(file: SourceFile, encoding: str, delimiter: str | None) -> CsvFile:
    """The header is the first record that is not blank."""
    delimiter = delimiter or _delimiter(file, encoding)
    with open_text(file.path, encoding) as text:
        lines = Lines(file, text)
        reader = csv.reader(lines, delimiter=delimiter)
        try:
            cells = next((cells for cells in reader if any(cell.strip(WHITE) for cell in cells)), [])
        except csv.Error:
            raise _unreadable(file, 1) from None
    names = tuple(cell.strip(WHITE) for cell in cells)
    return CsvFile(file, Header(names), reader.line_num, delimiter, lines.last_end or "\n", encoding)


def _delimiter(file: SourceFile, encoding: str) -> str:
    """The delimiter that occurs most often outside of quotes in the first line; a comma where none does."""
    with open_text(file.path, encoding) as text:
        first = next((line for line in Lines(file, text) if line.strip(WHITE)), "")
    bare = re.sub(r'"[^"]*("|$)', "", first)
    return max(DELIMITERS, key=bare.count)


def open_text(path: Path, encoding: str) -> TextIO:
    return path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="")


class Lines:
    """Lines of a text, each shorter than the limit; remembers how the last one ended."""

    def __init__(self, file: SourceFile, text: TextIO) -> None:
        self.last_end = ""
        self._file = file
        self._text = text
        self._number = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._text.readline(MAX_LINE):
            self._number += 1
            self.last_end = line[len(line.rstrip("\r\n")) :][-2:]
            if not self.last_end and len(line) >= MAX_LINE:
                raise RefusedError("A line of the file is too long.", where=f"{self._file.name}, line {self._number}",
                                   expected="lines of less than 1 MiB",
                                   remedy="check that the file is a CSV file with line ends")  # fmt: skip
            yield line


# --- the rows ------------------------------------------------------------------------------------


def _scan(table: str, csv_file: CsvFile, wanted: Mapping[str, int]) -> tuple[str, ...]:
    """SQL that stages the wanted columns. Columns go by position, so a name in a header cannot do harm.

    The file is read into a table of its own first: the number of a row is then its place in that table, which DuckDB
    fills in the order of the file, and cells are trimmed on all cores (a running number would take one).
    """
    columns = ", ".join(f"'c{at}': 'VARCHAR'" for at in range(len(csv_file.header.names)))
    used = ", ".join(f"c{at}" for at in sorted(set(wanted.values())) or [0])
    # A blank line in a file of one column cannot be told from a blank cell.
    only = f"\nwhere {trimmed('c0')} is not null" if len(csv_file.header.names) == 1 else ""
    return (
        f"create or replace temp table {_raw(table)} as\nselect {used}\nfrom read_csv(\n"
        # DuckDB takes a name for a pattern.
        f"    {literal(glob.escape(str(csv_file.file.path)))},\n"
        f"    columns = {{{columns}}}, delim = {literal(csv_file.delimiter)}, quote = '\"', escape = '\"',\n"
        f"    new_line = {literal(_DUCKDB_LINE_END[csv_file.line_end])}, encoding = 'utf-8',\n"
        f"    auto_detect = false, all_varchar = true, header = true\n){only}",
        *_number_and_trim(table, wanted),
    )


def _raw(table: str) -> str:
    return ident(f"{table}__raw")


def _number_and_trim(table: str, wanted: Mapping[str, int]) -> tuple[str, str]:
    cells = "".join(f", {trimmed(f'c{at}')} as {ident(name)}" for name, at in wanted.items())
    return (
        f"create or replace temp table {ident(table)} as\nselect rowid + 1 as row{cells}\nfrom {_raw(table)}",
        f"drop table {_raw(table)}",
    )


def _try_scan(con: Connection, table: str, csv_file: CsvFile, wanted: Mapping[str, int]) -> int | None:
    """Number of rows staged; None where DuckDB refuses. What it says may quote the file and goes no further."""
    try:
        for sql in _scan(table, csv_file, wanted):
            execute(con, sql)
    except duckdb.Error:
        return None
    return number(con, f"select count(*) from {ident(table)}")


def _load_slowly(con: Connection, table: str, csv_file: CsvFile, wanted: Mapping[str, int], encoding: str) -> None:
    """Stage the file as the standard library reads it: short rows filled, blank cells beyond the header dropped."""
    width = len(csv_file.header.names)
    is_row = _counts_as_row(width)
    used = sorted(set(wanted.values())) or [0]
    names = [f"c{at}" for at in used]
    create_stage(con, f"{table}__raw", dict.fromkeys(names, "varchar"))
    batch: list[list[str]] = []
    with open_text(csv_file.file.path, encoding) as text:
        reader = csv.reader(Lines(csv_file.file, text), delimiter=csv_file.delimiter, strict=True)
        for cells in reader:
            if reader.line_num <= csv_file.header_lines or not is_row(cells):
                continue
            padded = cells + [""] * (width - len(cells))
            batch.append([padded[at] for at in used])
            if len(batch) >= BATCH:
                append(con, f"{table}__raw", names, batch)
                batch.clear()
    append(con, f"{table}__raw", names, batch)
    for sql in _number_and_trim(table, wanted):
        execute(con, sql)


def _counts_as_row(width: int) -> Callable[[list[str]], bool]:
    """Whether cells are a row: no cells are a blank line, and in a file of one column a blank cell is one, too."""
    return bool if width > 1 else lambda cells: any(cell.strip(WHITE) for cell in cells)


def _second_opinion(csv_file: CsvFile) -> _Opinion:
    """What the standard library makes of the file, strictly; raises InputError with the line that is wrong."""
    for encoding in ("utf-8", "cp1252") if csv_file.encoding == "utf-8" else (csv_file.encoding,):
        try:
            return _read_through(csv_file, encoding)
        except UnicodeError:
            continue
    raise _wrong_encoding(csv_file.file)


def _read_through(csv_file: CsvFile, encoding: str) -> _Opinion:
    width = len(csv_file.header.names)
    is_row = _counts_as_row(width)
    rows = short = 0
    ends: set[str] = set()
    with open_text(csv_file.file.path, encoding) as text:
        lines = Lines(csv_file.file, text)
        reader = csv.reader(lines, delimiter=csv_file.delimiter, strict=True)
        started = 1
        try:
            for cells in reader:
                is_below = reader.line_num > csv_file.header_lines
                if is_below and len(cells) > width and any(cell.strip(WHITE) for cell in cells[width:]):
                    raise _too_wide(csv_file, started, width)
                if is_below and is_row(cells):
                    rows += 1
                    short += len(cells) < width
                ends.add(lines.last_end)
                started = reader.line_num + 1
        except csv.Error:
            raise _unreadable(csv_file.file, started) from None
    return _Opinion(rows, short, len(ends - {""}) > 1, encoding)


def _too_wide(csv_file: CsvFile, line: int, width: int) -> InputError:
    return InputError("A row has more cells than the header has columns.", where=f"{csv_file.name}, line {line}",
                      expected=f"{width} cells, as in the header",
                      remedy="put cells that hold a delimiter in double quotes, then export again")  # fmt: skip


def _unreadable(file: SourceFile, line: int) -> InputError:
    return InputError("A row cannot be read as CSV.", where=f"{file.name}, line {line}",
                      expected="a cell with a double quote in it has it doubled and is in double quotes",
                      remedy="mend the line, or export the file again")  # fmt: skip


def _lines_of(path: Path) -> int:
    """How many lines a file has, counted without reading them as text."""
    lines, last = 0, b"\n"
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            lines += block.count(b"\n")
            last = block[-1:]
    return lines + (last != b"\n")
