"""A finished run, as the commands that look back at it find it in its folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from linkage.errors import UsageError
from linkage.sql import Connection, execute, literal

DATABASE = "run.duckdb"
MANIFEST = "manifest.json"


def read_manifest(run: Path, *, beside: Sequence[str] = ()) -> dict[str, Any]:
    """The manifest of a finished run; UsageError where it or one of the files `beside` it is not there."""
    needed = (MANIFEST, *beside)
    if any(not (run / name).is_file() for name in needed):
        raise UsageError(
            "The folder holds no finished run.", where=str(run), expected=", ".join(needed),
            remedy="name the folder given as --out, or finish the run with --resume",
        )  # fmt: skip
    manifest = json.loads((run / MANIFEST).read_text(encoding="utf-8"))
    assert isinstance(manifest, dict), "a manifest is an object"
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
