"""CSV files whose header does not stand in the first line: banner rows above it, and headers of two rows."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from linkage.sources.cells import WHITE
from linkage.sources.columns import Header
from linkage.sources.csvfile import DELIMITERS, CsvFile, Lines, open_text
from linkage.sources.workbook import HEADER_WITHIN, find_header


def below_banner(csv_file: CsvFile, wanted: Sequence[str], delimiters: str = DELIMITERS) -> CsvFile:
    """The file with the header that has most of the wanted columns, whatever stands above it.

    The first line keeps its place unless another row has more of them. A banner may hold another delimiter than the
    table, so each is tried. Reads no more than the first rows.
    """
    best, most = csv_file, _score(csv_file.header, wanted)
    for delimiter in delimiters:
        if most == len(wanted):
            break
        rows, ends = _top(csv_file, delimiter)
        at = find_header(rows, wanted)
        if at is not None and (score := _score(at[0], wanted)) > most:
            best = replace(csv_file, header=_without_tail(at[0]), header_lines=ends[at[1] - 1], delimiter=delimiter)
            most = score
    return best


def _score(header: Header, wanted: Sequence[str]) -> int:
    return sum(header.position(name) is not None for name in wanted)


def _top(csv_file: CsvFile, delimiter: str) -> tuple[list[tuple[str, ...]], list[int]]:
    """The first records, all as wide as the widest, and the number of the line that each ends with."""
    records, ends = [], []
    with open_text(csv_file.file.path, csv_file.encoding) as text:
        reader = csv.reader(Lines(csv_file.file, text), delimiter=delimiter)
        try:
            for cells in islice(reader, HEADER_WITHIN + 1):
                records.append([cell.strip(WHITE) for cell in cells])
                ends.append(reader.line_num)
        except (csv.Error, UnicodeError):  # further down; the rows will say so
            pass
    width = max(map(len, records), default=0)
    return [tuple(cells + [""] * (width - len(cells))) for cells in records], ends


def _without_tail(header: Header) -> Header:
    """The header without blank names at its end, which come of wider lines elsewhere."""
    names = list(header.names)
    while names and not names[-1]:
        names.pop()
    return Header(tuple(names))
