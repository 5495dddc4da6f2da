"""Files into clean records, and no further. Runs with the engine that is measured.

Usage: python load_only.py PROJECT WORKING.duckdb RESULT.json THREADS MEMORY
RESULT.json gets the rows, the records, the seconds of both stages and the statements that took longest.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from linkage.prepare import prepare_records
from linkage.project import read_project
from linkage.sources import load_source
from linkage.sql import connect, count

HOTTEST = 8


class Timed:
    """A connection that counts the seconds of every statement, by what the statement makes."""

    def __init__(self, con: Any) -> None:
        self.con = con
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def execute(self, sql: str, *parameters: Any) -> Any:
        """Execute and time it."""
        started = time.perf_counter()
        try:
            return self.con.execute(sql, *parameters)
        finally:
            self.seconds[" ".join(sql.split())[:60]] += time.perf_counter() - started

    def __getattr__(self, name: str) -> Any:
        return getattr(self.con, name)


def main(project_file: Path, database: Path, result: Path, threads: int, memory: str) -> None:
    """Load and prepare all sources of a project."""
    project = read_project(project_file)
    con: Any = Timed(connect(database, threads=threads, memory=memory))
    started = time.perf_counter()
    extracts = [load_source(con, spec, project.folder) for spec in project.sources.values()]
    loaded = time.perf_counter()
    prepare_records(con, tuple(project.sources.values()), extracts, unique=(), within=())
    prepared = time.perf_counter()
    hottest = sorted(con.seconds.items(), key=lambda item: -item[1])[:HOTTEST]
    told = {
        "rows": sum(count(con, extract.rows) for extract in extracts),
        "records": count(con, "records"),
        "load_seconds": loaded - started,
        "prepare_seconds": prepared - loaded,
        "hottest": [[sql, seconds] for sql, seconds in hottest],
    }
    con.close()
    result.write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
