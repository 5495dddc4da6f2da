"""What `prepare` reads: one `Input` per source, and how their raw texts are gathered.

Working tables of this stage are temporary and begin with `prepare__`; only the tables named in
`linkage.tables` stay in the run's database.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from linkage.project import SourceSpec
from linkage.schema import SUBGROUP_PREFIX
from linkage.sql import Connection, Step, columns, execute, ident, literal, rows
from linkage.tables import Extract

# Tables of this stage that more than one step of folding reads.
ROW_KEYS = "prepare__row_keys"  # source_no, row_no (rowid of the row table), key, rank: every row
SHARED_ROWS = "prepare__shared_rows"  # cleaned rows whose key others share, with order_no within the key

# Characters that may stand around a value and mean nothing; files from Excel have the last two.
BLANKS = " \t\r\n\u00a0\ufeff"


@dataclass(frozen=True)
class Input:
    """A source as `prepare` sees it: its number, settings, tables, and the columns of its row table."""

    number: int
    spec: SourceSpec
    extract: Extract
    columns: frozenset[str]

    @property
    def supply(self) -> str:
        """Scope of the identifiers that mean something in one delivery of data only."""
        return self.spec.supply or self.extract.source

    @property
    def subgroups(self) -> tuple[str, ...]:
        """Columns that the project named as subgroups."""
        return tuple(sorted(name for name in self.columns if name.startswith(SUBGROUP_PREFIX)))

    def has(self, field: str) -> bool:
        """Whether the row table has that column."""
        return field in self.columns


def read_inputs(con: Connection, specs: Sequence[SourceSpec], extracts: Sequence[Extract]) -> tuple[Input, ...]:
    """The sources in the order of the project file; `extracts` stand in the same order as `specs`."""
    return tuple(
        Input(number, spec, extract, frozenset(columns(con, extract.rows)))
        for number, (spec, extract) in enumerate(zip(specs, extracts, strict=True))
    )


def working_table(name: str, select: str) -> Step:
    """A step that makes a temporary table of this stage anew; it never reaches the run's file."""
    return Step(name, f"create or replace temp table {ident(name)} as\n{select}")


def union_all(selects: Iterable[str], *, empty: str) -> str:
    """The selects one below the other; `empty` (a list of typed nulls) gives the columns where there are none."""
    return "\nunion all\n".join([*selects, f"select {empty} where false"])


def field_values(inputs: Iterable[Input], fields: Collection[str]) -> list[str]:
    """One select of (source_no, field, raw) per source and field that the source has."""
    return [
        f"select {source.number} as source_no, {literal(field)} as field, {ident(field)} as raw "
        f"from {ident(source.extract.rows)}"
        for source in inputs
        for field in fields
        if source.has(field)
    ]


def load_working_table(con: Connection, name: str, table: pa.Table) -> None:
    """Make a temporary table of this stage from rows that Python worked out."""
    con.register("arriving_rows", table)
    execute(con, f"create or replace temp table {ident(name)} as select * from arriving_rows")
    con.unregister("arriving_rows")


def drop_working_tables(con: Connection) -> None:
    """Drop the temporary tables of this stage, to give their memory back."""
    found = rows(con, "select table_name from duckdb_tables() where temporary and starts_with(table_name, 'prepare__')")
    for (name,) in found:
        execute(con, f"drop table {ident(str(name))}")
