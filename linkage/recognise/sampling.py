"""Samples of files: the first rows of every table, the first records of every document, in bounded memory."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from itertools import islice

import pyarrow as pa
import pyarrow.parquet as pq
import python_calamine as calamine

from linkage.recognise.contract import NotProposed, Place, Sample, Table
from linkage.recognise.documents import sample_document
from linkage.recognise.header_rows import is_named, where_header_is
from linkage.recognise.headings import fields_named
from linkage.recognise.places import WHOLE_BYTES, DataFile, what_it_looks_like
from linkage.sources.cells import WHITE
from linkage.sources.columns import Header
from linkage.sources.csvfile import DELIMITERS
from linkage.sources.kinds import decode_head, is_binary
from linkage.sources.workbook import HEADER_WITHIN, MAX_UNPACKED, cell_text
from linkage.sources.workbook import SUFFIXES as WORKBOOK_SUFFIXES

MOST_ROWS = 2_000
_MOST_COLUMNS = 2_000
# Of a wide table fewer rows are looked at.
_MOST_CELLS = 400_000
_FEWEST_ROWS = 200

Rows = list[tuple[str | None, ...]]


class _Unfit(Exception):  # noqa: N818
    """A file, or a sheet of it, of which there is no sample, with what it looks like and what to do."""

    def __init__(self, looks_like: str, remedy: str = "") -> None:
        super().__init__(looks_like)
        self.looks_like, self.remedy = looks_like, remedy


def samples_of(file: DataFile) -> Iterator[Sample | NotProposed]:
    """The samples of a file, one for each sheet of a workbook, or why there is none."""
    try:
        if file.suffix in WORKBOOK_SUFFIXES:
            yield from _sheets(file)
        elif file.suffix == ".parquet":
            yield _parquet(file)
        else:
            yield _text(file)
    except _Unfit as unfit:
        yield NotProposed(file.shown, unfit.looks_like, unfit.remedy)
    except (OSError, zipfile.BadZipFile, NotImplementedError, EOFError):
        yield NotProposed(file.shown, what_it_looks_like(file), "it cannot be read")


# --- text ----------------------------------------------------------------------------------------


def _text(file: DataFile) -> Sample:
    head, whole = file.head()
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise _Unfit("an empty file")
    start = decode_head(head[:65_536]).lstrip("\ufeff" + WHITE)
    if start.startswith("<"):
        sample = sample_document(Place(file.path, file.shown), head, whole=whole)
        if sample is None:
            raise _Unfit(what_it_looks_like(file), "it is cut off, broken or declares a document type")
        return sample
    if is_binary(head) or start.startswith(("PK\x03\x04", "%PDF", "{", "[")):
        raise _Unfit(what_it_looks_like(file))
    return _delimited(file, head, whole)


def _delimited(file: DataFile, head: bytes, whole: bool) -> Table:
    text = _decoded(head)
    text = text if whole else text[: text.rfind("\n") + 1] or text
    delimiter = "\t" if file.suffix in (".tsv", ".tab") else _delimiter(text)
    rows: Rows = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            stripped = tuple(cell.strip(WHITE) or None for cell in cells[:_MOST_COLUMNS])
            if any(stripped):
                rows.append(stripped)
            if len(rows) > MOST_ROWS:
                whole = False
                break
    except csv.Error:
        raise _Unfit("a text that is no table", "a line cannot be read as CSV") from None
    if max(map(len, rows), default=0) < 2 and len(rows) > 1 and max(len(row[0] or "") for row in rows) > 200:
        raise _Unfit("a text of another layout")
    return _table(Place(file.path, file.shown), rows, rows, whole=whole)


def _decoded(head: bytes) -> str:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return head.decode("utf-16", "replace")
    try:
        # The last letter may be cut in two.
        return codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        return head.decode("cp1252", "replace")


def _delimiter(text: str) -> str:
    """The delimiter that occurs most often outside of quotes in the first line, as the importers take it.

    That may be a banner: another is taken where the header that it makes names more fields.
    """
    first = next((line for line in text.splitlines() if line.strip(WHITE)), "")
    usual: str = max(DELIMITERS, key=re.sub(r'"[^"]*("|$)', "", first).count)
    told: dict[str, int] = {delimiter: _fields_named(text, delimiter) for delimiter in (usual, *DELIMITERS)}
    return next(delimiter for delimiter, fields in told.items() if fields == max(told.values()))


def _fields_named(text: str, delimiter: str) -> int:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = [tuple(cell.strip(WHITE) or None for cell in cells) for cells in islice(reader, HEADER_WITHIN)]
    except csv.Error:
        return 0
    return len(fields_named(where_header_is([row for row in rows if any(row)])[0].names))


# --- workbooks and Parquet -----------------------------------------------------------------------


def _sheets(file: DataFile) -> Iterator[Sample | NotProposed]:
    content, whole = file.head(WHOLE_BYTES)
    if not whole or _unpacked_size(content) > MAX_UNPACKED:
        raise _Unfit("a large workbook", "it is not looked into; save its sheets as CSV files")
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        titles = list(book.sheet_names)
    except calamine.PasswordError:
        raise _Unfit("a workbook with a password", "save a copy without a password in a safe place") from None
    except Exception:  # the reader has many kinds of error; what it says may quote cells
        raise _Unfit(what_it_looks_like(file), "it is no workbook that can be read") from None
    for title in titles:
        shown = f"{file.shown}#{title}"
        try:
            yield _sheet(Place(file.path, shown, title, len(titles)), book.get_sheet_by_name(title))
        except _Unfit as unfit:
            yield NotProposed(shown, unfit.looks_like, unfit.remedy)
        except Exception:  # as above
            yield NotProposed(shown, "a sheet that cannot be read")


def _unpacked_size(content: bytes) -> int:
    """Bytes that an xlsx file unpacks to; 0 for workbooks that are no archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return 0


def _sheet(place: Place, sheet: calamine.CalamineSheet) -> Table:
    limit = MOST_ROWS + HEADER_WITHIN
    cells = sheet.to_python(skip_empty_area=False, nrows=limit)
    rows: Rows = [tuple(cell_text(cell) for cell in row[:_MOST_COLUMNS]) for row in cells]
    if not any(any(row) for row in rows):
        raise _Unfit("an empty sheet")
    top = [list(row) for row in rows[: HEADER_WITHIN + 1]]
    for (first, left), (last, right) in sheet.merged_cell_ranges or ():
        for row in top[first : last + 1]:
            row[left : right + 1] = [rows[first][left]] * (right + 1 - left)
    return _table(place, rows, [tuple(row) for row in top], whole=sheet.total_height <= limit)


def _parquet(file: DataFile) -> Table:
    try:
        if file.archive is None:
            source = pq.ParquetFile(file.path)
        elif file.size_bytes <= WHOLE_BYTES:
            source = pq.ParquetFile(pa.BufferReader(file.head(WHOLE_BYTES)[0]))
        else:
            raise _Unfit("a large Parquet file in an archive", "unpack the archive first")
        with source:
            names = tuple(source.schema_arrow.names)
            batch = next(source.iter_batches(batch_size=MOST_ROWS), None)
            whole = source.metadata.num_rows <= MOST_ROWS
    except _Unfit:
        raise
    except Exception:  # Arrow has many kinds of error for a damaged file
        raise _Unfit(what_it_looks_like(file), "it is no whole Parquet file") from None
    columns = [[cell_text(cell) for cell in column.to_pylist()] for column in batch.columns] if batch else []
    place = Place(file.path, file.shown)
    return Table(place, Header(names), list(zip(*columns, strict=True)) if columns else [], whole)


def _table(place: Place, rows: Rows, top: Sequence[Sequence[str | None]], *, whole: bool) -> Table:
    """The table under the header that is found; rows are brought to its width."""
    header, above = where_header_is(top)
    width = len(header.names)
    body = [(*row[:width], *[None] * (width - len(row))) for row in rows[above:] if any(row)]
    if not width or (width < 2 and not body):
        raise _Unfit("notes, not a table")
    named = is_named(header, body)
    rows_kept = min(MOST_ROWS, max(_FEWEST_ROWS, _MOST_CELLS // width))
    return Table(place, header, body[:rows_kept], whole and len(body) <= rows_kept, above - 1, named)
