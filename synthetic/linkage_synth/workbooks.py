"""Workbooks that are the same, byte for byte, whenever they are written."""

import datetime
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import openpyxl

STAMP = (2024, 4, 9, 9, 0, 0)

Row = Sequence[object]


@dataclass(frozen=True)
class Sheet:
    """A sheet: rows above the header, the header, and the rows below it; an empty row is a blank line."""

    title: str
    header: Sequence[str]
    rows: Iterable[Row]
    banner: Sequence[str] = ()


def write_workbook(path: Path, creator: str, sheets: Iterable[Sheet]) -> None:
    """Write the sheets in order."""
    book = openpyxl.Workbook(write_only=True)
    stamp = datetime.datetime(*STAMP)
    book.properties.creator, book.properties.created, book.properties.modified = creator, stamp, stamp
    for each in sheets:
        sheet = book.create_sheet(each.title)
        for line in each.banner:
            sheet.append([line or None])
        if each.header:
            sheet.append(list(each.header))
        for row in each.rows:
            sheet.append([None if cell == "" else cell for cell in row])
    buffer = io.BytesIO()
    book.save(buffer)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_with_fixed_times(buffer.getvalue()))


def _with_fixed_times(workbook: bytes) -> bytes:
    """The same workbook with one time stamp everywhere: openpyxl writes the present time on saving."""
    stamp = f"{STAMP[0]}-{STAMP[1]:02d}-{STAMP[2]:02d}T{STAMP[3]:02d}:00:00Z".encode()
    result = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as old,
        zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for item in old.infolist():
            content = old.read(item)
            if item.filename == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>" + stamp, content)
            entry = zipfile.ZipInfo(item.filename, date_time=STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            new.writestr(entry, content)
    return result.getvalue()
