"""CSV and TSV files: the header by hand, the rows by DuckDB, and a second opinion where they do not agree.

DuckDB's reader is quick and strict, but it can give too few rows without an error (measured: a line end inside a
quoted header cell). So the number of rows is held against the number of lines, and where these differ or the reader
refuses, the standard library reads the file once to say what is wrong and how to take it.
"""

from __future__ import annotations

import csv
import glob
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

import duckdb

from linkage.errors import InputError, RefusedError
from linkage.sources.cells import WHITE, number, trimmed
from linkage.sources.columns import Header
from linkage.sources.files import SourceFile
from linkage.sources.findings import found
from linkage.sources.kinds import HEAD_BYTES, is_binary, looks_like
from linkage.sql import Connection, execute, ident, literal
from linkage.tables import Finding

MAX_LINE = 1 << 20  # characters
DELIMITERS = ",;\t|"

_DUCKDB_ENCODING = {"utf-8": "utf-8", "utf-16": "utf-16", "cp1252": "latin-1"}
_DUCKDB_LINE_END = {"\n": r"\n", "\r\n": r"\r\n", "\r": r"\r"}

# What Windows-1252 has where Latin-1, DuckDB's nearest encoding, has control characters.
_C1 = {bytes([b]).decode("latin-1"): bytes([b]).decode("cp1252", "ignore") for b in range(0x80, 0xA0)}
_CP1252_FROM = "".join(c1 for c1, meant in _C1.items() if meant)
_CP1252_TO = "".join(meant for meant in _C1.values() if meant)


@dataclass(frozen=True)
class CsvFile:
    """A delimited file whose header was read; `encoding` is Python's name."""

    file: SourceFile
    header: Header
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
        if self.encoding == "utf-8":
            taken = _try_scan(con, table, self, wanted, _Dialect())
            if taken is not None and taken == _lines_of(self.file.path) - 1:
                return ()
        else:
            taken = None
        return _stage_with_care(con, table, self, wanted, taken)


@dataclass(frozen=True)
class _Dialect:
    """How DuckDB is told to read: strictly, or with the leniency that the second opinion allows."""

    pad: bool = False
    mixed: bool = False


@dataclass(frozen=True)
class _Opinion:
    """What the standard library makes of a file: rows, rows that are short, rows with blank cells too many."""

    rows: int
    short: int
    long: int
    mixed: bool
    encoding: str


def read_header(file: SourceFile, delimiter: str | None = None) -> CsvFile:
    """The header of a delimited file; the delimiter is the one that splits it into most columns.

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
    encoding = _encoding_by_mark(file, head)
    for attempt in (encoding, "cp1252"):
        try:
            record, line_end = _first_record(file, attempt, delimiter)
        except UnicodeDecodeError:
            continue
        names = tuple(name.strip(WHITE) for name in record.cells)
        return CsvFile(file, Header(names), record.delimiter, line_end, attempt)
    raise _wrong_encoding(file)


def not_a_table(file: SourceFile) -> InputError:
    """The error for a file that is no delimited text at all."""
    return InputError("The file is not a CSV file.", where=file.name,
                      expected=f"delimited text; it looks like {looks_like(file.path)}",
                      remedy="check `path` and `format` in the project file")  # fmt: skip


def _encoding_by_mark(file: SourceFile, head: bytes) -> str:
    if head[:2] == b"\xfe\xff":
        raise _wrong_encoding(file)
    return "utf-16" if head[:2] == b"\xff\xfe" else "utf-8"


def _wrong_encoding(file: SourceFile) -> InputError:
    return InputError("The text is in an encoding that cannot be read.", where=file.name,
                      expected="UTF-8 (or Windows-1252)",
                      remedy="save the file again as `CSV UTF-8`")  # fmt: skip


# --- the header ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Record:
    cells: list[str]
    delimiter: str


def _first_record(file: SourceFile, encoding: str, delimiter: str | None) -> tuple[_Record, str]:
    """The first record that is not blank, and how it ends."""
    best: tuple[_Record, str] | None = None
    for candidate in delimiter or DELIMITERS:
        with _open_text(file.path, encoding) as text:
            lines = _Lines(file, text)
            reader = csv.reader(lines, delimiter=candidate)
            try:
                cells = next((cells for cells in reader if any(cell.strip(WHITE) for cell in cells)), [])
            except csv.Error:
                raise _unreadable(file, 1) from None
        if best is None or len(cells) > len(best[0].cells):
            best = _Record(cells, candidate), lines.last_end or "\n"
    assert best is not None, "there is at least one delimiter"
    return best


def _open_text(path: Path, encoding: str) -> TextIO:
    return path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="")


class _Lines:
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


def _scan(table: str, csv_file: CsvFile, wanted: Mapping[str, int], dialect: _Dialect) -> tuple[str, ...]:
    """SQL that stages the wanted columns. Columns go by position, so a name in a header cannot do harm.

    The file is read into a table of its own first: the number of a row is then its place in that table, which DuckDB
    fills in the order of the file, and cells are trimmed on all cores (a running number would take one).
    """
    columns = ", ".join(f"'c{at}': 'VARCHAR'" for at in range(len(csv_file.header.names)))
    options = [
        literal(glob.escape(str(csv_file.file.path))),  # DuckDB takes a name for a pattern
        f"columns = {{{columns}}}",
        f"delim = {literal(csv_file.delimiter)}",
        f"encoding = {literal(_DUCKDB_ENCODING[csv_file.encoding])}",
        "auto_detect = false, all_varchar = true, header = true, quote = '\"', escape = '\"'",
        "strict_mode = false" if dialect.mixed else f"new_line = {literal(_DUCKDB_LINE_END[csv_file.line_end])}",
    ]
    if dialect.pad:
        options.append("null_padding = true, parallel = false")
    raw = ident(f"{table}__raw")
    used = ", ".join(f"c{at}" for at in sorted({0, *wanted.values()}))
    # A blank line in a file of one column cannot be told from a blank cell.
    only = f"\nwhere {trimmed('c0')} is not null" if len(csv_file.header.names) == 1 else ""
    cells = "".join(f", {_cell(csv_file, at)} as {ident(name)}" for name, at in wanted.items())
    return (
        f"create or replace temp table {raw} as\nselect {used}\nfrom read_csv({', '.join(options)}){only}",
        f"create or replace temp table {ident(table)} as\nselect rowid + 1 as row{cells}\nfrom {raw}",
        f"drop table {raw}",
    )


def _cell(csv_file: CsvFile, at: int) -> str:
    text = f"c{at}"
    if csv_file.encoding == "cp1252":
        text = f"translate({text}, {literal(_CP1252_FROM)}, {literal(_CP1252_TO)})"
    return trimmed(text)


def _try_scan(
    con: Connection, table: str, csv_file: CsvFile, wanted: Mapping[str, int], dialect: _Dialect
) -> int | None:
    """Number of rows staged; None where DuckDB refuses. What it says may quote the file and goes no further."""
    try:
        for sql in _scan(table, csv_file, wanted, dialect):
            execute(con, sql)
    except duckdb.Error:
        return None
    return number(con, f"select count(*) from {ident(table)}")


def _stage_with_care(
    con: Connection, table: str, csv_file: CsvFile, wanted: Mapping[str, int], taken: int | None
) -> tuple[Finding, ...]:
    opinion = _second_opinion(csv_file)
    if taken != opinion.rows:
        known = replace(csv_file, encoding=opinion.encoding)
        lenient = _Dialect(pad=opinion.short > 0, mixed=opinion.mixed or opinion.long > 0)
        if _try_scan(con, table, known, wanted, lenient) != opinion.rows:
            raise InputError("The rows of the file cannot be told apart with certainty.", where=csv_file.name,
                             expected=f"{opinion.rows} rows of {len(csv_file.header.names)} cells",
                             remedy="export the file again as CSV UTF-8")  # fmt: skip
    source = csv_file.file.source
    noted = (("SRC001", int(opinion.encoding == "cp1252")), ("SRC002", opinion.short), ("SRC015", int(opinion.mixed)))
    return tuple(found(code, source, count) for code, count in noted if count)


def _second_opinion(csv_file: CsvFile) -> _Opinion:
    """The file as the standard library reads it, strictly; raises InputError with the line that is wrong."""
    for encoding in ("utf-8", "cp1252") if csv_file.encoding == "utf-8" else (csv_file.encoding,):
        try:
            return _read_through(csv_file, encoding)
        except UnicodeDecodeError:
            continue
    raise _wrong_encoding(csv_file.file)


def _read_through(csv_file: CsvFile, encoding: str) -> _Opinion:
    width = len(csv_file.header.names)
    rows = short = long = 0
    ends: set[str] = set()
    with _open_text(csv_file.file.path, encoding) as text:
        lines = _Lines(csv_file.file, text)
        reader = csv.reader(lines, delimiter=csv_file.delimiter, strict=True)
        started = 1
        try:
            for cells in reader:
                if len(cells) > width:
                    if any(cell.strip(WHITE) for cell in cells[width:]):
                        raise _too_wide(csv_file, started, width)
                    long += 1
                # No cells at all: a blank line. In a file of one column a blank cell is one, too.
                counts = bool(cells) if width > 1 else any(cell.strip(WHITE) for cell in cells)
                rows += counts
                short += counts and len(cells) < width
                ends.add(lines.last_end)
                started = reader.line_num + 1
        except csv.Error:
            raise _unreadable(csv_file.file, started) from None
    return _Opinion(rows - 1, short, long, len(ends - {""}) > 1, encoding)


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
