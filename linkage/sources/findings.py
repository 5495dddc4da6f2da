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
    "SRC030": "column that the layout does not have; not used",
    "SRC031": "table without a column of its layout",
    "SRC032": "birth dates that are all on the first of a month; known to the month only",
    "SRC033": "child id with a suffix that is no authority's; kept whole",
    "SRC034": "event of a type that is not known; left out of the events",
    "SRC035": "row without an identifier of the child; its key is made from its fields",
    "SRC036": "row without a pupil matching reference; it has the one of the same child's other rows as its key",
    "SRC037": "child whose rows have different birth dates; the one of the row that speaks for the child is taken",
    "SRC038": "values of CHILD_LA_CODE_ANON, so few that they are read as authorities and not as ids of children",
    "SRC039": "row whose id is that of a child with another birth or sex and a reference; they stay apart",
    "SRC040": "sheets with the same columns that were not read; name them in `sheet`, as in \"20*\"",
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
