"""A finished run, as the commands that look back at it find it in its folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from linkage.errors import InputError, UsageError
from linkage.match.pool import restore_pool
from linkage.sql import Connection, connect, execute, literal, rows

DATABASE = "run.duckdb"
MANIFEST = "manifest.json"


def read_manifest(run: Path, *, beside: Sequence[str] = ()) -> dict[str, Any]:
    """The manifest of a finished run.

    UsageError where it or one of the files `beside` it is not there, InputError where it is broken.
    """
    needed = (MANIFEST, *beside)
    if any(not (run / name).is_file() for name in needed):
        raise UsageError(
            "The folder holds no finished run.", where=str(run), expected=", ".join(needed),
            remedy="name the folder given as --out, or finish the run with --resume",
        )  # fmt: skip
    try:
        manifest = json.loads((run / MANIFEST).read_text(encoding="utf-8"))
    except ValueError:
        manifest = None
    if not isinstance(manifest, dict):
        raise InputError(
            "The manifest of the run cannot be read.", where=str(run / MANIFEST), expected="JSON as a run writes it",
            remedy="run the project again",
        )  # fmt: skip
    return manifest


def attach_working(con: Connection, run: Path, name: str) -> None:
    """Attach the run's working tables, to be read only, under a name.

    Raises UsageError where they were discarded, or another process has them open.
    """
    database = run / DATABASE
    if not database.is_file():
        raise UsageError(
            "The run has no working tables.", where=str(database), expected="a run without --discard-working",
            remedy="run the project again",
        )  # fmt: skip
    try:
        execute(con, f"attach {literal(str(database))} as {name} (read_only)")
    except duckdb.Error:
        raise UsageError(
            "The run's working tables cannot be opened.", where=str(database),
            expected="a database that no other process has open", remedy="wait until the run has finished",
        ) from None  # fmt: skip


def spill_beside(con: Connection, run: Path, name: str) -> None:
    """Let what does not fit in memory go beside the run, never to the folder the user happens to be in."""
    execute(con, f"set temp_directory = {literal(str(run / name))}")


@contextmanager
def working_tables(run: Path) -> Iterator[Connection]:
    """A connection in memory with the run's working tables attached as `working`, which is the current catalogue."""
    read_manifest(run)
    con = connect()
    try:
        spill_beside(con, run, "explain.spill")
        attach_working(con, run, "working")
        execute(con, "use working")
        restore_pool(con)
        yield con
    finally:
        con.close()


@dataclass(frozen=True)
class RecordName:
    """A record as a person names it, and as the working tables know it."""

    record_id: int
    source_no: int
    source: str
    key: str

    def __str__(self) -> str:
        return f"{self.source}:{self.key}"


def find_record(con: Connection, name: str) -> RecordName:
    """The record called SOURCE:KEY; UsageError where there is none, which never lists the keys there are."""
    source, colon, key = name.partition(":")
    counted = rows(con, "select source, count(*) from records group by source order by source")
    sizes = {str(held): int(str(n)) for held, n in counted}
    if not colon or source not in sizes:
        raise UsageError(
            "A record is named by its source and its key.", expected="SOURCE:KEY, SOURCE one of " + ", ".join(sizes),
            remedy="put quotes around it where the key has spaces",
        )  # fmt: skip
    found = rows(
        con,
        "select record_id, source_no, source, key from records where source = $source and key = $key",
        {"source": source, "key": key},
    )
    if not found:
        raise UsageError(
            "The source has no record with this key.", where=f"source {source}, {sizes[source]:,} records",
            remedy="look the key up in rows.parquet or records.parquet of the run",
        )  # fmt: skip
    record_id, source_no, source_name, key_found = found[0]
    return RecordName(int(str(record_id)), int(str(source_no)), str(source_name), str(key_found))
