"""Text of a cell: what counts as white space around it, in SQL and in Python, and tables of cells on the way in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import pyarrow as pa

from linkage.sql import Connection, execute, ident, literal, rows

# Space, tab, line ends, and what spreadsheets and web pages leave behind: non-breaking and narrow spaces, zero-width
# space, byte-order mark.
WHITE = " \t\r\n\v\f\u00a0\u2007\u202f\u200b\ufeff"


def trimmed(expression: str) -> str:
    """SQL: the text without white space around it; NULL where nothing is left.

    Most text begins and ends with a visible ASCII character, which is a good deal quicker to see than to trim.
    """
    visible = " and ".join(f"{side}({expression}, 1) between '!' and '~'" for side in ("left", "right"))
    return f"case when {visible} then {expression} else nullif(trim({expression}, {literal(WHITE)}), '') end"


def trim(text: str | None) -> str | None:
    """The same in Python, for the text of XML elements."""
    return (text.strip(WHITE) or None) if text else None


def without_point_zero(expression: str) -> str:
    """SQL: `1234.0`, a number that passed through a spreadsheet, as `1234`."""
    return rf"regexp_replace({expression}, '^(\d+)\.0+$', '\1')"


def stage_table(source: str, part: str) -> str:
    """Name of a temporary table of a source that is being read."""
    return f"stage__{source}__{part}"


def create_stage(con: Connection, table: str, columns: Mapping[str, str]) -> None:
    """An empty temporary table; `columns` maps names to SQL types."""
    listed = ", ".join(f"{ident(name)} {kind}" for name, kind in columns.items())
    execute(con, f"create or replace temp table {ident(table)} ({listed})")


def drop_stages(con: Connection, tables: Iterable[str]) -> None:
    """Forget temporary tables."""
    for table in tables:
        execute(con, f"drop table if exists temp.{ident(table)}")


def append(con: Connection, table: str, names: Sequence[str], records: Sequence[Sequence[object]]) -> None:
    """Add records (row-wise, in the order of the names) to a table; text columns except `row`, `rank` and `year`."""
    if not records:
        return
    arrays = [pa.array(column, pa.int64() if name in ("row", "rank", "year") else pa.string())
              for name, column in zip(names, zip(*records, strict=True), strict=True)]  # fmt: skip
    append_arrow(con, table, pa.table(arrays, names=list(names)))


def append_arrow(con: Connection, table: str, batch: pa.Table) -> None:
    """Add an arrow table to a table, matching columns by name."""
    with registered(con, batch) as view:
        execute(con, f"insert into {ident(table)} by name select * from {ident(view)}")


@contextmanager
def registered(con: Connection, batch: pa.Table | pa.RecordBatchReader) -> Iterator[str]:
    """Make an arrow table or stream a view for as long as the block lasts; gives its name."""
    view = "stage__arrow"
    con.register(view, batch)
    try:
        yield view
    finally:
        con.unregister(view)


def number(con: Connection, sql: str) -> int:
    """The one whole number that a query gives; NULL is 0."""
    value = rows(con, sql)[0][0]
    return int(str(value)) if value is not None else 0
