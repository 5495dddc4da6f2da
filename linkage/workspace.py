"""The folder of a run: its database, its finished stages, and how a killed run goes on.

Every table is written by one stage and not changed by a later one, and a stage that is done is a row of
`finished_stages` with the names of all tables there were. A run that was killed drops, on `--resume`, what is not
among the tables of the last finished stage, and goes on from there. (One transaction a stage would do the same, but
Splink registers views, which DuckDB does not take inside one.)
"""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from linkage.errors import RefusedError, UsageError
from linkage.interrupts import stop_if_heard
from linkage.manifest import RunLog
from linkage.sql import (
    Connection,
    connect,
    default_memory,
    default_threads,
    execute,
    full_disk,
    ident,
    is_full_disk,
    machine_limit,
    rows,
    was_interrupted,
)

DATABASE = "run.duckdb"
WORKING = (DATABASE, "run.duckdb.wal", "run.spill")  # everything in the folder that holds names and birth dates
MANIFEST = "manifest.json"
FINISHED = "finished_stages"
RUN_OF = "run_of"

Facts = dict[str, Any]


@dataclass
class Workspace:
    """An open run folder. `facts` holds what each finished stage said of itself, by stage."""

    folder: Path
    con: Connection
    log: RunLog
    facts: dict[str, Facts] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def run_stage(self, stage: str, work: Callable[[], Facts]) -> None:
        """Run a stage that is not finished yet.

        Raises what the stage raises, except that the machine's limits become RefusedError and a statement that was
        interrupted KeyboardInterrupt, whatever a library made of them.
        """
        started = time.perf_counter()
        self.log.write("stage_started", stage=stage)
        try:
            facts = work()
            stop_if_heard()
            self._finish(stage, facts, round(time.perf_counter() - started, 3))
        except BaseException as error:
            told = KeyboardInterrupt() if was_interrupted(error) else machine_limit(error) or error
            with contextlib.suppress(OSError):  # the disk may be what is full
                self.log.write("stage_failed", stage=stage, error=type(told).__name__)
            if told is error:
                raise
            raise told from error
        self.log.write("stage_finished", stage=stage, **_counts(facts))

    def _finish(self, stage: str, facts: Facts, seconds: float) -> None:
        """Write the stage down, with the tables there are now: what a resumed run finds."""
        finished = {"stage": stage, "facts": json.dumps(facts), "seconds": seconds, "tables": _tables(self.con)}
        execute(self.con, f"insert into {FINISHED} values ($stage, $facts, $seconds, $tables)", finished)
        # As read back by a resumed run, so that both go on from the same values.
        self.facts[stage] = json.loads(json.dumps(facts))
        self.seconds[stage] = seconds

    def close(self) -> None:
        """Close the database. On a full disk this fails to tidy up, which the next run does."""
        with contextlib.suppress(duckdb.Error):
            self.con.close()


def _counts(facts: Mapping[str, Any]) -> Facts:
    """The facts of a stage that are plain counts: what a log line may hold."""
    return {name: value for name, value in facts.items() if isinstance(value, int | float)}


def refuse_folder(folder: Path, *, resume: bool) -> None:
    """Raise UsageError where a new run would meet files, or a resumed one none: before anything else is done."""
    try:
        used = folder.exists() and any(folder.iterdir())
    except (OSError, ValueError):
        raise _unusable(folder) from None
    if resume and not any((folder / name).exists() for name in (DATABASE, MANIFEST)):
        raise UsageError("There is no run to resume.", where=str(folder), remedy="leave out --resume")
    if used and not resume:
        raise UsageError(
            "The output folder is not empty.", where=str(folder), expected="a new or empty folder",
            remedy="choose another --out, or give --resume to go on with the run that is there",
        )  # fmt: skip


def is_finished(folder: Path, fingerprint: str) -> bool:
    """Whether the run in the folder is complete; RefusedError where it was made from something else."""
    try:
        made_from = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["hashes"]["run"]
    except (OSError, ValueError, LookupError):
        return False
    if made_from != fingerprint:
        raise _changed(folder)
    return True


def remove_working(folder: Path) -> None:
    """Remove the working tables: what is left holds no names or birth dates."""
    for path in map(folder.joinpath, WORKING):
        try:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except OSError:
            raise RefusedError("The working tables cannot be removed.", where=str(path),
                               remedy="close what has them open, then remove them by hand") from None  # fmt: skip


def abandon(workspace: Workspace) -> None:
    """Close a run of which nothing is finished, and leave its folder as empty as it was."""
    workspace.close()
    remove_working(workspace.folder)
    workspace.log.path.unlink(missing_ok=True)


def open_workspace(folder: Path, *, threads: int | None, memory: str | None, fingerprint: str) -> Workspace:
    """Open a run folder, new or to be resumed (`refuse_folder` first). None: all processors, 60% of the memory.

    Raises UsageError where the folder cannot be written; RefusedError where another process has it open, or what it
    was made from has changed (`fingerprint`).
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        raise full_disk() if is_full_disk(error) else _unusable(folder) from None
    con = _open(folder / DATABASE, threads=threads or default_threads(), memory=memory or default_memory())
    workspace = Workspace(folder, con, RunLog(folder / "log.jsonl"))
    try:
        _read_finished(workspace, fingerprint)
    except BaseException:
        workspace.close()
        raise
    # What a killed run had spilled; nobody else can be using it, as this process holds the database.
    shutil.rmtree(folder / "run.spill", ignore_errors=True)
    return workspace


def _open(database: Path, *, threads: int, memory: str) -> Connection:
    try:
        return connect(database, threads=threads, memory=memory)
    except duckdb.Error as error:
        refusal = machine_limit(error)
        if refusal:
            raise refusal from None
        said = str(error).lower()
        if "lock" in said or "being used by another process" in said:
            raise RefusedError(
                "Another process has this run open.", where=str(database), remedy="wait for it, or close it",
            ) from None  # fmt: skip
        if "not a valid duckdb database" in said or not isinstance(error, duckdb.IOException):
            raise RefusedError(
                "The run's database is damaged, or is of another version.", where=str(database),
                remedy="start a new run with another --out",
            ) from None  # fmt: skip
        raise _unusable(database.parent) from None


def _unusable(folder: Path) -> UsageError:
    return UsageError("The output folder cannot be used.", where=str(folder), expected="a folder that you may write to",
                      remedy="choose another --out")  # fmt: skip


def _changed(folder: Path) -> RefusedError:
    return RefusedError(
        "The project, its rules, its inputs or the engine have changed since this run began.",
        where=str(folder),
        expected="the same files, settings and versions as at the start",
        remedy="start a new run with another --out",
    )


def _read_finished(workspace: Workspace, fingerprint: str) -> None:
    con = workspace.con
    finished = "(stage varchar, facts varchar, seconds double, tables varchar[])"
    execute(con, f"create table if not exists {FINISHED} {finished}")
    execute(con, f"create table if not exists {RUN_OF} (fingerprint varchar)")
    known = rows(con, f"select fingerprint from {RUN_OF}")
    if not known:
        execute(con, f"insert into {RUN_OF} values ($fingerprint)", {"fingerprint": fingerprint})
    elif known[0][0] != fingerprint:
        raise _changed(workspace.folder)
    kept = [FINISHED, RUN_OF]
    for stage, facts, seconds, tables in rows(con, f"select * from {FINISHED} order by rowid"):
        workspace.facts[str(stage)] = json.loads(str(facts))
        workspace.seconds[str(stage)] = float(str(seconds))
        kept = [FINISHED, RUN_OF, *(str(name) for name in tables)] if isinstance(tables, list) else kept
    for name in _tables(con):
        if name not in kept:
            execute(con, f"drop table {ident(name)}")


def _tables(con: Connection) -> list[str]:
    """Names of all tables of the run; views there are none outside a stage."""
    for (view,) in rows(con, "select view_name from duckdb_views() where not internal"):
        execute(con, f"drop view {ident(str(view))}")
    return [
        str(name)
        for (name,) in rows(con, "select table_name from duckdb_tables() where not temporary order by table_name")
    ]
