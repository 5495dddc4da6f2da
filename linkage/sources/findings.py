"""The coded observations of the importers: what was met and how it was taken. Never a value, always a count."""

from __future__ import annotations

from collections.abc import Iterable

from linkage.tables import Finding

MEANINGS: dict[str, str] = {
    "SRC001": "file is not UTF-8; read as Windows-1252",
    "SRC002": "rows with fewer cells than the header; the missing cells are taken as blank",
    "SRC003": "rows that share their key with another row of the source; they fold into one record",
    "SRC004": "file of a layout that this format does not know; left out",
    "SRC005": "no header file: children are known from the other files only",
    "SRC006": "column name that occurs more than once in a header; the first is taken",
    "SRC007": "file without a data row",
    "SRC008": "child with both a UPN and a reason why the UPN is unknown; both are kept",
    "SRC009": "child with both a birth date and an expected birth date; both are kept",
    "SRC010": "text between elements; passed over",
    "SRC011": "sex coded as in earlier years inside the newer element",
    "SRC012": "authority or year is not in the file; taken from the project or the file name",
    "SRC013": "row that joins no pupil of its term; left out",
    "SRC014": "year of the collection differs from the year of its reference date; the reference date is taken",
    "SRC015": "lines end in different ways in one file",
}  # fmt: skip


def found(code: str, source: str, count: int, field: str = "") -> Finding:
    """The finding of a code that `MEANINGS` lists."""
    return Finding(code, source, count, MEANINGS[code], field)


def summed(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding per code and field, with the counts of all added up, in the order of the codes."""
    counts: dict[tuple[str, str, str], int] = {}
    for item in findings:
        where = (item.code, item.source, item.field)
        counts[where] = counts.get(where, 0) + item.count
    return tuple(found(code, source, counts[code, source, field], field) for code, source, field in sorted(counts))
