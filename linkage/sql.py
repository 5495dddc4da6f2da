"""The one place where SQL meets a connection: quoting, named steps, and the run's database.

Stages are functions that return `Step`s; the steps can be printed before they run. Identifiers are
quoted by `ident`, values are bound as `$parameters` or, where DuckDB takes no parameter (file options,
list literals), written by `literal`.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from linkage.errors import RefusedError

Connection = duckdb.DuckDBPyConnection


def ident(name: str) -> str:
    """The name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | int | float | None) -> str:
    """The value as an SQL literal, for the few places that take no parameter."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)


@dataclass(frozen=True)
class Step:
    """One named piece of SQL; `name` says what the step makes, in the words of the glossary."""

    name: str
    sql: str
    params: Mapping[str, object] = field(default_factory=dict)


def table_step(table: str, select: str, params: Mapping[str, object] | None = None) -> Step:
    """A step that makes `table` anew from a select statement."""
    return Step(table, f"create or replace table {ident(table)} as\n{select}", params or {})


def run_steps(con: Connection, steps: Iterable[Step]) -> None:
    """Run the steps in order; a full disk or an exhausted memory limit becomes a `RefusedError`."""
    for step in steps:
        execute(con, step.sql, step.params)


def execute(con: Connection, sql: str, params: Mapping[str, object] | None = None) -> Connection:
    """Run one statement with bound values. The machine's limits become a `RefusedError`."""
    try:
        return con.execute(sql, dict(params)) if params else con.execute(sql)
    except duckdb.OutOfMemoryException as error:
        raise RefusedError(
            "The memory limit is too small for this step.",
            expected="enough memory, or free disk space beside the output to spill to",
            remedy="give `--memory` a larger value, or free disk space, then use --resume",
        ) from error
    except duckdb.IOException as error:
        if is_full_disk(error):
            raise full_disk() from error
        raise


def full_disk() -> RefusedError:
    """The error for a disk that has no room left; what was already written stays."""
    return RefusedError(
        "The disk is full.",
        where="the folder given as --out, or its spill folder",
        expected="free space for the working tables",
        remedy="free some space, or choose another --out, then run again with --resume",
    )


def is_full_disk(error: Exception) -> bool:
    """Whether an error of DuckDB or of the system says that there is no room left to write."""
    text = str(error).lower()
    return any(words in text for words in ("no space left", "not enough space", "disk quota", "file too large"))


def rows(con: Connection, sql: str, params: Mapping[str, object] | None = None) -> list[tuple[object, ...]]:
    """All rows of a small result. Read whole: DuckDB 2 locks a connection with a half-read result."""
    return execute(con, sql, params).fetchall()


def count(con: Connection, table: str) -> int:
    """How many rows a table has."""
    return int(str(rows(con, f"select count(*) from {ident(table)}")[0][0]))


def has_table(con: Connection, table: str) -> bool:
    """Whether the current schema has a table or view of that name."""
    found = rows(con, "select 1 from information_schema.tables where table_name = $name", {"name": table})
    return bool(found)


def columns(con: Connection, table: str) -> tuple[str, ...]:
    """Column names of a table, in order."""
    found = rows(
        con,
        "select column_name from information_schema.columns where table_name = $name order by ordinal_position",
        {"name": table},
    )
    return tuple(str(row[0]) for row in found)


def connect(
    database: Path | None = None, *, threads: int = 2, memory: str = "4GB", read_only: bool = False
) -> Connection:
    """The run's connection: no network, a memory limit, spill beside the database.

    `database` None gives one in memory (tests, and commands that keep nothing).
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": threads,
        "memory_limit": memory,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": True,
    }
    # Never DuckDB's own default: it would spill personal data into the folder the user happens to stand in.
    spill = database.with_suffix(".spill") if database else Path(tempfile.gettempdir()) / f"linkage-{os.getpid()}.spill"
    config["temp_directory"] = str(spill)
    con = duckdb.connect(str(database) if database else ":memory:", read_only=read_only, config=config)
    # Time zone and locale of the machine must not change a date or an order.
    con.execute("set TimeZone = 'UTC'")
    con.execute("set enable_progress_bar = false")
    return con
