"""Sheets of a workbook: banner rows above the header, headers of two rows, cells of mixed types."""

from __future__ import annotations

import datetime as dt
import fnmatch
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import python_calamine as calamine

from linkage.errors import InputError, LinkageError, RefusedError
from linkage.sources.cells import WHITE, append_arrow, create_stage
from linkage.sources.columns import Header
from linkage.sources.files import SourceFile
from linkage.sources.kinds import WrongKindError, is_encrypted_workbook
from linkage.sql import Connection
from linkage.strict import nearest
from linkage.tables import Finding

SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
# A header is looked for in the first rows of a sheet.
HEADER_WITHIN = 100
# A workbook is read whole; one that unpacks to more than this is refused.
MAX_UNPACKED = 2 << 30
MAX_CELLS = 100_000_000

Cell = object
Row = Sequence[Cell]


@dataclass(frozen=True)
class Sheet:
    """A sheet whose header was found; `body` are the rows below it."""

    file: SourceFile
    title: str
    header: Header
    body: Sequence[Row]

    @property
    def name(self) -> str:
        """The name that rows are traced to."""
        return f"{self.file.name}#{self.title}"

    def stage(self, con: Connection, table: str, wanted: Mapping[str, int]) -> tuple[Finding, ...]:
        """Make the temporary table `row, <wanted>` of text; blank rows are left out and not counted."""
        create_stage(con, table, {"row": "bigint", **dict.fromkeys(wanted, "varchar")})
        body = [row for row in self.body if not _is_blank(row)]
        columns = [pa.array([cell_text(row[at]) for row in body], pa.string()) for at in wanted.values()]
        numbers = pa.array(range(1, len(body) + 1), pa.int64())
        append_arrow(con, table, pa.table([numbers, *columns], names=["row", *wanted]))
        return ()


def read_sheets(file: SourceFile, sheet: str | None) -> Iterator[tuple[str, list[Row], list[Row]]]:
    """Titles, rows and top rows of the sheets of a workbook, or of those that are asked for by name or pattern.

    In the top rows, which may be a header, every cell of a merged range has its text.

    Raises InputError for a file that is no workbook, asks for a password or has no such sheet, and RefusedError for
    one that unpacks to more than can be held.
    """
    book = _open(file)
    titles = list(book.sheet_names)
    meant = titles if sheet is None else [sheet] if sheet in titles else fnmatch.filter(titles, sheet)
    if not meant:
        raise InputError("The workbook has no such sheet.", where=f"{file.name}: sheet {sheet!r}",
                         expected=f"nearest: {nearest(sheet or '', titles)}",
                         remedy="check `sheet` in the project file")  # fmt: skip
    for title in meant:
        try:
            opened = book.get_sheet_by_name(title)
            _check_area(file, opened)
            rows: list[Row] = list(opened.to_python(skip_empty_area=False))
            merged = opened.merged_cell_ranges or ()
        except LinkageError:
            raise
        except Exception:  # what the reader says may quote cells
            raise InputError("A sheet of the workbook cannot be read.", where=f"{file.name}#{title}",
                             expected="a sheet of cells", remedy="save the workbook again") from None  # fmt: skip
        yield title, rows, _top(rows, merged)


def find_header(rows: Sequence[Row], wanted: Iterable[str]) -> tuple[Header, int] | None:
    """The first header that has all wanted columns, and the number of rows above the data; else the one with most.

    A header may stand in two rows: a column then goes by its lower cell, by its upper one where the lower is blank,
    or by both, as in `Child Surname`. None where no row has any of the columns.
    """
    names = tuple(wanted)
    best: tuple[int, Header, int] | None = None
    for above in range(min(len(rows), HEADER_WITHIN)):
        for header, depth in _headers_at(rows, above):
            score = sum(header.position(name) is not None for name in names)
            if score and (best is None or score > best[0]):
                best = score, header, above + depth
        if best and best[0] == len(names):
            break
    return (best[1], best[2]) if best else None


def cell_text(value: Cell) -> str | None:
    """A cell as text: dates in ISO form, whole numbers without a point, blank as None."""
    if isinstance(value, str):
        return value.strip(WHITE) or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "seconds")
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    return None if value is None else str(value)


def _open(file: SourceFile) -> calamine.CalamineWorkbook:
    if is_encrypted_workbook(file.path):
        raise InputError("The workbook asks for a password.", where=file.name, expected="a workbook without a password",
                         remedy="open it, save it without a password in a safe place, and use that copy")  # fmt: skip
    _check_size(file)
    try:
        return calamine.CalamineWorkbook.from_path(str(file.path))
    except calamine.PasswordError:
        raise InputError("The workbook asks for a password.", where=file.name, expected="a workbook without a password",
                         remedy="save a copy without a password in a safe place") from None  # fmt: skip
    except Exception:  # the reader has many kinds of error; what it says may quote cells
        raise WrongKindError("The file is not a workbook that can be read.", file=file,
                             expected="an Excel workbook (.xlsx)",
                             remedy="save it as .xlsx, or check `path` in the project file") from None  # fmt: skip


def _check_size(file: SourceFile) -> None:
    try:
        with zipfile.ZipFile(file.path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return  # an old .xls, or broken: the reader will say
    if unpacked > MAX_UNPACKED:
        raise RefusedError("The workbook is too large.", where=file.name, expected="less than 2 GiB when unpacked",
                           remedy="save its sheets as CSV files")  # fmt: skip


def _check_area(file: SourceFile, sheet: calamine.CalamineSheet) -> None:
    if sheet.total_height * sheet.total_width > MAX_CELLS:
        raise RefusedError("A sheet of the workbook is too large.", where=f"{file.name}#{sheet.name}",
                           expected="less than 100 million cells between the first and the last that is filled",
                           remedy="delete stray cells far from the table, or save it as a CSV file")  # fmt: skip


def _top(rows: Sequence[Row], merged: Iterable[tuple[tuple[int, int], tuple[int, int]]]) -> list[Row]:
    """The first rows, with the text of a merged range in all its cells: a header over two columns heads both."""
    top = [list(row) for row in rows[: HEADER_WITHIN + 1]]
    for (first, left), (last, right) in merged:
        for row in top[first : last + 1]:
            row[left : right + 1] = [rows[first][left]] * (right + 1 - left)
    return [tuple(row) for row in top]


def _headers_at(rows: Sequence[Row], above: int) -> Iterator[tuple[Header, int]]:
    """The header that a row makes alone, then the one it makes with the next row."""
    upper = [cell_text(cell) or "" for cell in rows[above]]
    yield Header(tuple(upper)), 1
    if above + 1 < len(rows):
        lower = [cell_text(cell) or "" for cell in rows[above + 1]]
        yield Header(tuple(low or up for up, low in zip(upper, lower, strict=True))), 2
        yield Header(tuple(" ".join(dict.fromkeys(filter(None, both))) for both in zip(upper, lower, strict=True))), 2


def _is_blank(row: Row) -> bool:
    return all(cell_text(cell) is None for cell in row)
