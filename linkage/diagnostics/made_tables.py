"""Tables whose rows are worked out in Python, a row a cell and never a row a child, kept and written as all others."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from linkage.diagnostics.match_rate import write_csv
from linkage.sql import Connection, run_steps, table_step
from linkage.stats import RATE_DECIMALS

NOT_ENOUGH = "not enough evidence"
TOLD = "told"
Cell = Mapping[str, object]
_TYPES = {"text": pa.string(), "count": pa.int64(), "number": pa.float64(), "flag": pa.bool_()}


def keep_table(con: Connection, table: str, columns: Mapping[str, str], cells: Sequence[Cell]) -> None:
    """Make a working table of cells; `columns` gives each its type: text, count, number or flag.

    What a cell does not have is NULL. Numbers are rounded to six decimals; an infinite one is NULL.
    """
    made = pa.table(
        {name: pa.array([_value(cell.get(name), kind) for cell in cells], _TYPES[kind])
         for name, kind in columns.items()}
    )  # fmt: skip
    con.register("made_cells", made)
    run_steps(con, (table_step(table, "select row_number() over () as cell_no, * from made_cells"),))
    con.unregister("made_cells")


def _value(value: object, kind: str) -> object:
    if kind != "number" or value is None:
        return value
    number = float(str(value))
    return round(number, RATE_DECIMALS) if math.isfinite(number) else None


def write_kept(con: Connection, table: str, columns: Mapping[str, str], path: Path) -> int:
    """Write a table of `keep_table` in the order of its cells; returns its rows."""
    return write_csv(con, table, tuple(columns), "cell_no", path)


def rows_of_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a diagnostic as it was written, all of them text; none where there is no such file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
