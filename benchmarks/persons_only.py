"""Accepted links into persons and families, and no further. Runs with the engine that is measured.

Usage: python persons_only.py WORKING.duckdb REGISTRY RESULT.json THREADS MEMORY
RESULT.json gets what was made, the seconds of every step and the statements that took longest. A registry that knows an
earlier run gives its ids; what happened is entered in it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from load_only import HOTTEST, Timed

from linkage.cluster.events import make_events
from linkage.cluster.persons import make_persons
from linkage.cluster.registry import Entered, enter, know, open_registry, remember_never
from linkage.families import load_family_rules, make_families
from linkage.match.pool import restore_pool
from linkage.sql import connect, count

LAST_YEAR = 2024  # of the synthetic England; its looked-after children's return is the third source
SOURCE_OF_YEAR = 2


def main(database: Path, folder: Path, result: Path, threads: int, memory: str) -> None:
    """What a run does from stage `persons` to `families`, and `registry`."""
    con: Any = Timed(connect(database, threads=threads, memory=memory))
    registry = open_registry(folder)
    key = f"run {len(registry.runs) + 1}"
    steps: dict[str, Callable[[], Any]] = {
        "pool": lambda: restore_pool(con),
        "read registry": lambda: (know(con, registry, model=""), remember_never(con)),
        "persons": lambda: make_persons(con, run_key=key),
        "events": lambda: make_events(con, changed=None),
        "families": lambda: make_families(
            con, load_family_rules(("families",), folder=folder), run_key=key, years={SOURCE_OF_YEAR: LAST_YEAR}
        ),
        "enter registry": lambda: enter(con, registry, Entered(key, registry.key.id, "", "")),
    }
    seconds, made = {}, {}
    for name, work in steps.items():
        started = time.perf_counter()
        made[name] = work()
        seconds[name] = time.perf_counter() - started
    found = {
        "records": count(con, "records"),
        "persons": made["persons"].persons,
        "repaired": made["persons"].broken,
        "relationships": count(con, "relationships"),
        "units": sum(made["families"].units.values()),
        "seconds": seconds,
        "hottest": sorted(con.seconds.items(), key=lambda item: -item[1])[:HOTTEST],
    }
    con.close()
    result.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
