"""The folder of a run: its database, its finished stages, and how a killed run goes on.

Every table is written by one stage and not changed by a later one, and a stage that is done is a row of
`finished_stages` with the names of all tables there were. A run that was killed drops, on `--resume`, what is not
among the tables of the last finished stage, and goes on from there. (One transaction a stage would do the same, but
Splink registers views, which DuckDB does not take inside one.)
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from linkage.errors import LinkageError, RefusedError, UsageError
from linkage.manifest import RunLog
from linkage.sql import Connection, connect, execute, full_disk, ident, is_full_disk, rows

DATABASE = "run.duckdb"
FINISHED = "finished_stages"
RUN_OF = "run_of"
MEMORY_SHARE = 0.6  # of the machine's memory, where the user says nothing

Facts = dict[str, Any]


@dataclass
class Workspace:
    """An open run folder. `facts` holds what each finished stage said of itself, by stage."""

    folder: Path
    con: Connection
    log: RunLog
    facts: dict[str, Facts] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def run_stage(self, stage: str, work: Callable[[], Facts]) -> bool:
        """Run a stage, unless it is finished already; returns whether it ran."""
        if stage in self.facts:
            return False
        started = time.perf_counter()
        self.log.write("stage_started", stage=stage)
        facts = work()
        self._finish(stage, facts, round(time.perf_counter() - started, 3))
        self.log.write("stage_finished", stage=stage, **_counts(facts))
        return True

    def _finish(self, stage: str, facts: Facts, seconds: float) -> None:
        """Write the stage down, with the tables there are now: what a resumed run finds."""
        finished = {"stage": stage, "facts": json.dumps(facts), "seconds": seconds, "tables": _tables(self.con)}
        execute(self.con, f"insert into {FINISHED} values ($stage, $facts, $seconds, $tables)", finished)
        # As read back by a resumed run, so that both go on from the same values.
        self.facts[stage] = json.loads(json.dumps(facts))
        self.seconds[stage] = seconds

    def close(self, *, discard: bool = False) -> None:
        """Close the database; with `discard`, remove it: what is left holds no names or birth dates."""
        self.con.close()
        if discard:
            for path in (self.folder / DATABASE, self.folder / (DATABASE + ".wal")):
                path.unlink(missing_ok=True)


def _counts(facts: Mapping[str, Any]) -> Facts:
    """The facts of a stage that are plain counts: what a log line may hold."""
    return {name: value for name, value in facts.items() if isinstance(value, int | float)}


def open_workspace(folder: Path, *, resume: bool, threads: int | None, memory: str | None, fingerprint: str) -> Workspace:
    """Open a run folder, new or to be resumed.

    Raises UsageError where a run is in the folder and `resume` was not said, or there is none to resume;
    RefusedError where another process has it open, or what it was made from has changed (`fingerprint`).
    """
    database = folder / DATABASE
    if resume and not database.exists():
        raise UsageError("There is no run to resume.", where=str(folder), remedy="leave out --resume")
    if not resume and folder.exists() and any(folder.iterdir()):
        raise UsageError(
            "The output folder is not empty.", where=str(folder), expected="a new or empty folder",
            remedy="choose another --out, or give --resume to go on with the run that is there",
        )  # fmt: skip
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if is_full_disk(error):
            raise full_disk() from None
        raise UsageError("The output folder cannot be made.", where=str(folder), remedy="choose another --out") from None
    con = _open(database, threads=threads or os.cpu_count() or 1, memory=memory or default_memory())
    workspace = Workspace(folder, con, RunLog(folder / "log.jsonl"))
    _read_finished(workspace, fingerprint)
    return workspace


def _open(database: Path, *, threads: int, memory: str) -> Connection:
    try:
        return connect(database, threads=threads, memory=memory)
    except duckdb.Error as error:
        if is_full_disk(error):
            raise full_disk() from None
        if "memory_limit" in str(error) or "Unknown unit" in str(error) or isinstance(error, duckdb.ParserException):
            raise UsageError("The memory limit cannot be read.", where="--memory", expected="a size such as 8GB") from None
        if "lock" in str(error).lower():
            raise RefusedError(
                "Another process has this run open.", where=str(database), remedy="wait for it, or close it",
            ) from None  # fmt: skip
        raise LinkageError("The run's database cannot be opened.", where=str(database),
                           remedy="choose another --out and run again") from None  # fmt: skip


def _read_finished(workspace: Workspace, fingerprint: str) -> None:
    con = workspace.con
    execute(con, f"create table if not exists {FINISHED} (stage varchar, facts varchar, seconds double, tables varchar[])")
    execute(con, f"create table if not exists {RUN_OF} (fingerprint varchar)")
    known = rows(con, f"select fingerprint from {RUN_OF}")
    if not known:
        execute(con, f"insert into {RUN_OF} values ($fingerprint)", {"fingerprint": fingerprint})
    elif known[0][0] != fingerprint:
        workspace.close()
        raise RefusedError(
            "The project, its rules or its inputs have changed since this run began.",
            where=str(workspace.folder),
            expected="the same files and settings as at the start",
            remedy="start a new run with another --out",
        )
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
    return [str(name) for (name,) in rows(con, "select table_name from duckdb_tables() order by table_name")]


def default_memory() -> str:
    """60% of the machine's memory. DuckDB's own default limit is 80% of it, which tells how much there is."""
    with duckdb.connect() as con:
        text = str(con.execute("select current_setting('memory_limit')").fetchall()[0][0])
    number, unit = text.split()
    return f"{float(number) * MEMORY_SHARE / 0.8:.2f}{unit}"
