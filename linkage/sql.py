"""The one place where SQL meets a connection: quoting, named steps, and the run's database.

Stages are functions that return `Step`s; the steps can be printed before they run. Identifiers are
quoted by `ident`, values are bound as `$parameters` or, where DuckDB takes no parameter (file options,
list literals), written by `literal`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from linkage.errors import RefusedError

Connection = duckdb.DuckDBPyConnection

MEMORY_SHARE = 0.6  # of the machine's memory, where the user says nothing


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


def scratch_step(table: str, select: str, params: Mapping[str, object] | None = None) -> Step:
    """A step that makes a table that only its own stage needs: not written to disk, gone with the connection."""
    return Step(table, f"create or replace temp table {ident(table)} as\n{select}", params or {})


def run_steps(con: Connection, steps: Iterable[Step]) -> None:
    """Run the steps in order; a full disk or an exhausted memory limit becomes a `RefusedError`."""
    for step in steps:
        execute(con, step.sql, step.params)


def execute(con: Connection, sql: str, params: Mapping[str, object] | None = None) -> Connection:
    """Run one statement with bound values. The machine's limits become a `RefusedError`."""
    try:
        return con.execute(sql, dict(params)) if params else con.execute(sql)
    except duckdb.Error as error:
        refusal = machine_limit(error)
        if refusal is None:
            raise
        raise refusal from error


def machine_limit(error: BaseException) -> RefusedError | None:
    """The `RefusedError` for an error that comes of too little memory or disk; None for any other.

    What the error was raised from counts, too: Splink and the readers wrap what DuckDB and the system say.
    """
    for cause in _causes(error):
        if isinstance(cause, RefusedError):
            return cause
        if isinstance(cause, OSError | duckdb.Error) and is_full_disk(cause):
            return full_disk()
        if isinstance(cause, duckdb.OutOfMemoryException | MemoryError):
            return out_of_memory()
    return None


def was_interrupted(error: BaseException) -> bool:
    """Whether an error comes of Ctrl-C: DuckDB makes a RuntimeError of it while a statement runs."""
    return any(
        isinstance(cause, KeyboardInterrupt | duckdb.InterruptException)
        or (isinstance(cause, RuntimeError) and str(cause) == "Query interrupted")
        for cause in _causes(error)
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and what it was raised from or while handling."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def out_of_memory() -> RefusedError:
    """The error for a memory limit that a step does not fit into."""
    return RefusedError(
        "The memory limit is too small for this step.",
        expected="enough memory, or free disk space beside the output to spill to",
        remedy="give `--memory` a larger value, or free disk space, then use --resume",
    )


def full_disk() -> RefusedError:
    """The error for a disk that has no room left; what was already written stays."""
    return RefusedError(
        "The disk is full.",
        where="the folder given as --out, or its spill folder",
        expected="free space for the working tables",
        remedy="free some space and run again with --resume, or choose another --out",
    )


def is_full_disk(error: Exception) -> bool:
    """Whether an error of DuckDB or of the system says that there is no room left to write."""
    text = str(error).lower()
    return any(words in text for words in ("no space left", "not enough space", "disk quota", "file too large"))


def rows(con: Connection, sql: str, params: Mapping[str, object] | None = None) -> list[tuple[object, ...]]:
    """All rows of a small result. Read whole: DuckDB 2 locks a connection with a half-read result."""
    return execute(con, sql, params).fetchall()


def drop_scratch(con: Connection, *, keep: Iterable[str]) -> None:
    """Drop all temporary tables but these: what `scratch_step` made for a stage that is over."""
    found = rows(con, "select table_name from duckdb_tables() where temporary order by table_name")
    for name in {str(table) for (table,) in found} - set(keep):
        execute(con, f"drop table temp.{ident(name)}")


def count(con: Connection, table: str) -> int:
    """How many rows a table has."""
    return int(str(rows(con, f"select count(*) from {ident(table)}")[0][0]))


def has_table(con: Connection, table: str) -> bool:
    """Whether the current database, or the connection for itself, has a table or view of that name."""
    here = "table_catalog in (current_database(), 'temp')"  # not in the databases that are attached beside it
    found = rows(con, f"select 1 from information_schema.tables where table_name = $name and {here}", {"name": table})
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
    database: Path | None = None,
    *,
    threads: int = 2,
    memory: str = "4GB",
    read_only: bool = False,
    spill: Path | None = None,
) -> Connection:
    """A connection that reaches no network and has a memory limit; what does not fit goes to the folder `spill`.

    `database` None gives one in memory (tests, and commands that keep nothing). A database spills beside itself
    unless told otherwise, one in memory nowhere: DuckDB would take a folder of wherever the user happens to be.
    """  # fmt: skip
    beside = database.with_suffix(".spill") if database else None
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": threads,
        "memory_limit": memory,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": True,
        "temp_directory": str(spill or beside or ""),
    }
    con = duckdb.connect(str(database) if database else ":memory:", read_only=read_only, config=config)
    # Time zone and locale of the machine must not change a date or an order.
    con.execute("set TimeZone = 'UTC'")
    con.execute("set enable_progress_bar = false")
    return con


def default_threads() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on Windows and macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def default_memory() -> str:
    """60% of the machine's memory. DuckDB's own default limit is 80% of it, which tells how much there is."""
    with duckdb.connect() as con:
        text = str(con.execute("select current_setting('memory_limit')").fetchall()[0][0])
    number, unit = text.split()
    return f"{float(number) * MEMORY_SHARE / 0.8:.2f}{unit}"
