"""The same England with its rows in another order: lines of CSV files, `Child` elements, rows of a sheet."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path

import openpyxl

# Where each row went: file -> old row number -> new row number, both from 1 as `rows.parquet` counts them.
Moves = dict[str, dict[int, int]]

HEADER_ROWS = 4  # of the sheet: two banners, a blank, the column names


def shuffle_england(england: Path, into: Path, *, seed: int) -> Moves:
    """A copy of the files in `into`, rows moved; returns where they went."""
    shutil.copytree(england, into)
    draw = random.Random(seed)
    moves: Moves = {}
    for path in sorted(into.glob("returns/**/*.csv")):
        moves[path.relative_to(into).as_posix()] = shuffle_csv(path, draw)
    for path in sorted(into.glob("returns/**/*.xml")):
        moves[path.relative_to(into).as_posix()] = shuffle_xml(path, draw)
    book = into / "local" / "early_help.xlsx"
    moves.update(shuffle_sheet(book, draw, into))
    return moves


def moved(size: int, draw: random.Random) -> tuple[list[int], dict[int, int]]:
    """The old places in their new order, and the new row of each old one."""
    order = list(range(size))
    draw.shuffle(order)
    return order, {old + 1: new + 1 for new, old in enumerate(order)}


def shuffle_csv(path: Path, draw: random.Random) -> dict[int, int]:
    header, *lines = path.read_bytes().decode("utf-8").splitlines(keepends=True)
    assert not any('"' in line for line in lines), "a quoted cell may hold a line end"
    order, moves = moved(len(lines), draw)
    path.write_bytes("".join([header, *(lines[old] for old in order)]).encode())
    return moves


def shuffle_xml(path: Path, draw: random.Random) -> dict[int, int]:
    text = path.read_text(encoding="utf-8")
    children = re.findall(r"<Child>.*?</Child>\n", text, re.S)
    order, moves = moved(len(children), draw)
    start, end = text.index("<Child>"), text.rindex("</Child>\n") + len("</Child>\n")
    path.write_text(text[:start] + "".join(children[old] for old in order) + text[end:], encoding="utf-8")
    return moves


def shuffle_sheet(path: Path, draw: random.Random, folder: Path) -> Moves:
    """Blank rows, which are not counted, stay where they are."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    rows = [row for row in sheet.iter_rows(min_row=HEADER_ROWS + 1) if any(cell.value is not None for cell in row)]
    values = [[cell.value for cell in row] for row in rows]
    order, moves = moved(len(rows), draw)
    for row, old in zip(rows, order, strict=True):
        for cell, value in zip(row, values[old], strict=True):
            cell.value = value
    book.save(path)
    return {f"{path.relative_to(folder).as_posix()}#{sheet.title}": moves}
