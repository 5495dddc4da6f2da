"""Finding the columns of a table by the words of their headings, which drift between authorities and years.

For spreadsheets that people fill in (Annex A, S251) and for extracts whose variables bear a prefix; returns with
headings that never change look them up in their `Header`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from linkage.findings import found
from linkage.sources.cells import drop_stages, number, stage_table
from linkage.sources.columns import Header, compact
from linkage.sources.grids import Grid
from linkage.sql import Connection, execute, ident, literal
from linkage.tables import Finding

Layout = Mapping[str, tuple[str, ...]]
"""Staged column -> spellings of its heading, the best first."""

# What spreadsheets show for a formula that failed.
_FAILED = ("#N/A", "#N/A N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!")


@dataclass(frozen=True)
class Found:
    """Where the columns of a layout are, which of them are not there, and how many others the table has."""

    places: Mapping[str, int]
    missing: tuple[str, ...]
    unknown: int


def words(heading: str) -> str:
    """The heading as words in lower case: `Child's` is `child`, and punctuation is a blank."""
    plain = re.sub("['\u2019`]s\\b", "", heading.casefold())
    return " ".join(re.sub(r"[^a-z0-9]+", " ", plain).split())


def find_by_words(header: Header, layout: Layout, unused: Collection[str] = ()) -> Found:
    """Columns whose words are a spelling of the layout; else the only one that has all the words of a spelling.

    Spellings and `unused`, the headings that the layout knows and has no use for, are in the form of `words`.
    """
    headings = [words(name) for name in header.names]
    places: dict[str, int] = {}
    for column, spellings in layout.items():
        for spelling in spellings:
            if column not in places and spelling in headings:
                places[column] = headings.index(spelling)
    for column, spellings in layout.items():
        free = {at: set(heading.split()) for at, heading in enumerate(headings)
                if at not in places.values() and heading not in unused}  # fmt: skip
        for spelling in spellings:
            near = [at for at, heading in free.items() if set(spelling.split()) <= heading]
            if column not in places and len(near) == 1:
                places[column] = near[0]
    others = [heading for at, heading in enumerate(headings) if heading and at not in places.values()]
    return Found(places, tuple(column for column in layout if column not in places),
                 sum(heading not in unused for heading in others))  # fmt: skip


def find_compacted(header: Header, layout: Layout) -> dict[str, int]:
    """Columns whose letters and digits are a spelling of the layout; what `compact` makes of a heading."""
    at_name: dict[str, int] = {}
    for at, name in enumerate(header.names):
        at_name.setdefault(compact(name), at)
    return {
        column: next(at_name[spelling] for spelling in spellings if spelling in at_name)
        for column, spellings in layout.items()
        if any(spelling in at_name for spelling in spellings)
    }


def cell(expression: str) -> str:
    """SQL: the text of a cell; NULL for what a spreadsheet shows where a formula failed, such as `#N/A`."""
    failed = ", ".join(map(literal, _FAILED))
    has_failed = f"left({expression}, 1) = '#' and upper({expression}) in ({failed})"
    return f"case when {has_failed} then null else {expression} end"


def stage_columns(
    con: Connection, source: str, grid: Grid, stage: str, places: Mapping[str, int], constants: Mapping[str, object]
) -> list[Finding]:
    """Add the rows of a table to a staging table: the columns found, `row`, and the constants by name."""
    one = stage_table(source, "file")
    findings = list(grid.stage(con, one, places))
    if not number(con, f"select count(*) from {ident(one)}"):
        findings.append(found("FI005", source, 1))
    if grid.header.repeated():
        findings.append(found("FI004", source, grid.header.repeated()))
    cells = "".join(f", {cell(ident(name))} as {ident(name)}" for name in places)
    given = "".join(f", ${name} as {ident(name)}" for name in constants)
    execute(con, f"insert into {ident(stage)} by name\nselect row{given}{cells}\nfrom {ident(one)} order by row",
            constants)  # fmt: skip
    drop_stages(con, [one])
    return findings
