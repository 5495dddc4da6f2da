"""Persons and families: from accepted links to person ids, relationships and units, for a million persons.

One England is made and linked as a whole; its clean tables and judged pairs are then copied side by side, under keys,
identifiers and postcodes of their own, until they hold so many persons. What is measured begins with accepted links: in
a process of its own, at first with an empty registry, then with one that knows every record.
"""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import linkage_synth
from contestants import HERE, Limits, engine_command, engine_environment
from copied_tables import copy_tables
from measuring import measure

CHILDREN = 50_000
FORMATS = frozenset({"family_links", "school_census_export", "table"})
TARGET_PERSONS, TARGET_SECONDS, TARGET_MIB = 1_000_000, 180, 6 * 1024
TURNS = ("empty registry", "all known")
Row = dict[str, Any]


def run(data: Path, limits: Limits, *, persons: Sequence[int], children: int = CHILDREN) -> list[Row]:
    """Two rows for each number of persons: what was made, seconds and peak memory, seconds of the steps."""
    scratch = data / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    print(f"making and linking an England of {children:,} children", flush=True)
    linkage_synth.generate(scratch / "world", children=children, seed=1, formats=FORMATS)
    command = engine_command(scratch / "world" / "linkage-all.toml", scratch / "run", limits)
    measure(command, most_seconds=limits.most_seconds, environment=engine_environment())
    found = []
    for wanted in sorted(persons):
        working = scratch / "working.duckdb"
        working.unlink(missing_ok=True)
        shutil.rmtree(scratch / "registry", ignore_errors=True)
        copies = copies_for(wanted, _persons(scratch / "run"))
        copy_tables(scratch / "run", working, copies)
        for turn in TURNS:
            found.append({"turn": turn, "copies": copies, **_join(scratch, working, limits)})
            print(_cells(found[-1]), flush=True)
    shutil.rmtree(scratch)
    return found


def copies_for(wanted: int, persons: int) -> int:
    """How many copies hold that many persons at least."""
    return math.ceil(wanted / persons)


def _persons(folder: Path) -> int:
    path = folder / "persons.parquet"
    return int(duckdb.execute(f"select count(distinct person_id) from read_parquet('{path}')").fetchall()[0][0])


def _join(scratch: Path, working: Path, limits: Limits) -> Row:
    result = scratch / "joined.json"
    command = [
        sys.executable, str(HERE / "persons_only.py"), str(working), str(scratch / "registry"), str(result),
        str(limits.threads), limits.memory,
    ]  # fmt: skip
    measured = measure(command, most_seconds=limits.most_seconds, environment=engine_environment())
    told: Row = json.loads(result.read_text(encoding="utf-8"))
    return told | vars(measured)


def as_markdown(rows: Sequence[Row]) -> str:
    """A line for each measurement, whether the target is met, the seconds of the steps and the longest statements."""
    last = rows[-1]
    steps = (" | ".join([step, *(f"{row['seconds'][step]:.1f}" for row in rows)]) for step in last["seconds"])
    lines = [
        "| persons | registry | records | relationships | family units | whole s | processor s | peak MiB |",
        "|---:|---|---:|---:|---:|---:|---:|---:|",
        *map(_cells, rows),
        "",
        *(f"Target for {TARGET_PERSONS:,} persons, {row['turn']}: {TARGET_SECONDS} s and {TARGET_MIB:,} MiB, "
          f"{'met' if is_met(row) else '**missed**'}."
          for row in rows if row["persons"] >= TARGET_PERSONS),
        "",
        "| step, s | " + " | ".join(f"{row['persons']:,}, {row['turn']}" for row in rows) + " |",
        "|---|" + "---:|" * len(rows),
        *(f"| {cells} |" for cells in steps),
        "",
        "Longest statements of the last, s: "
        + "; ".join(f"`{' '.join(sql.split()[:8])}` {seconds:.1f}" for sql, seconds in last["hottest"]) + ".",
    ]  # fmt: skip
    return "\n".join(lines)


def is_met(row: Row) -> bool:
    """Whether both targets are met."""
    return bool(row["wall_seconds"] <= TARGET_SECONDS and row["peak_mib"] <= TARGET_MIB)


def _cells(row: Row) -> str:
    return (f"| {row['persons']:,} | {row['turn']} | {row['records']:,} | {row['relationships']:,} | {row['units']:,} "
            f"| {row['wall_seconds']:.1f} | {row['cpu_seconds']:.1f} | {row['peak_mib']:,.0f} |")  # fmt: skip
