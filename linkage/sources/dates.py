"""Dates as a source writes them: which format a column is in, and dates for ordering rows."""

from __future__ import annotations

from collections.abc import Mapping

from linkage.sources.cells import number
from linkage.sql import Connection, ident, literal

# Date format -> pattern of the values that are written so.
ISO_OR_DAYFIRST: Mapping[str, str] = {
    "iso": r"\d{4}-\d{2}-\d{2}([ T].*)?",
    "dayfirst": r"\d{1,2}[/.-]\d{1,2}[/.-]\d{4}([ T].*)?",
}
EXPORT: Mapping[str, str] = {"%Y-%b-%d %H:%M:%S": r"\d{4}-[A-Za-z]{3}-\d{2} \d{2}:\d{2}:\d{2}"}

_ORDERING = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%d/%m/%Y", "%d/%m/%Y %H:%M:%S", "%Y-%b-%d %H:%M:%S", "%d-%b-%Y")


def declared_format(con: Connection, table: str, column: str, formats: Mapping[str, str]) -> dict[str, str]:
    """The column with the one format of these that its values are in; empty where that is none or several."""
    fitting = {
        name: number(con, f"select count(*) from {ident(table)} "
                          f"where regexp_full_match({ident(column)}, {literal(pattern)})")
        for name, pattern in formats.items()
    }  # fmt: skip
    present = [name for name, values in fitting.items() if values]
    return {column: present[0]} if len(present) == 1 else {}


def parsed(expression: str) -> str:
    """SQL: a date for putting rows in order; NULL where the text is none."""
    return f"try_strptime({expression}, [{', '.join(map(literal, _ORDERING))}])"
